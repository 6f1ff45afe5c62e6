package cli

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/ringmq/ringmq"
)

// The values of --format.
const (
	formatText = "text"
	formatHex  = "hex"
	formatJSON = "json"
)

// layout turns messages into lines and back. It does not change and may be used by any goroutine.
//
//	text   the frames as they are, joined by the separator
//	hex    the frames as hexadecimal digits, joined by the separator
//	json   an array with a string for each frame, or {"hex":"00ff"} for one that is not UTF-8
type layout struct {
	format    string
	separator string // "": the default of the format
	visible   bool   // text for a terminal: what is not printable is escaped, so that it cannot steer the terminal
}

// errFormat: an argument or a line is not in the format asked for.
var errFormat = errors.New("not in the format")

// parse makes a message of one argument or line. The message does not refer to s.
func (l layout) parse(s []byte) (ringmq.Message, error) {
	switch l.format {
	case formatHex:
		return l.parseHex(s)
	case formatJSON:
		return parseJSON(s)
	}
	if l.separator == "" {
		return ringmq.NewMessage(bytes.Clone(s)), nil
	}
	return ringmq.NewMessage(bytes.Split(bytes.Clone(s), []byte(l.separator))...), nil
}

func (l layout) parseHex(s []byte) (ringmq.Message, error) {
	frames := bytes.Fields(s)
	if l.separator != "" {
		frames = bytes.Split(s, []byte(l.separator))
	} else if len(frames) == 0 {
		frames = [][]byte{nil}
	}
	decoded := make([][]byte, len(frames))
	for i, f := range frames {
		b, err := hex.DecodeString(string(bytes.TrimSpace(f)))
		if err != nil {
			return ringmq.Message{}, fmt.Errorf("%w hex: frame %d %q: %w", errFormat, i, f, err)
		}
		decoded[i] = b
	}
	return ringmq.NewMessage(decoded...), nil
}

// parseJSON takes an array of frames, or one frame by itself.
func parseJSON(s []byte) (ringmq.Message, error) {
	var frames []jsonFrame
	if !bytes.HasPrefix(bytes.TrimSpace(s), []byte("[")) {
		frames = make([]jsonFrame, 1)
		if err := json.Unmarshal(s, &frames[0]); err != nil {
			return ringmq.Message{}, fmt.Errorf("%w json: %q: %w", errFormat, s, err)
		}
	} else if err := json.Unmarshal(s, &frames); err != nil {
		return ringmq.Message{}, fmt.Errorf("%w json: %q: %w", errFormat, s, err)
	}
	if len(frames) == 0 {
		return ringmq.Message{}, fmt.Errorf("%w json: a message needs at least one frame", errFormat)
	}
	raw := make([][]byte, len(frames))
	for i, f := range frames {
		raw[i] = f
	}
	return ringmq.NewMessage(raw...), nil
}

// append adds the message to dst as a line, with its end.
func (l layout) append(dst []byte, m ringmq.Message) []byte {
	if l.format == formatJSON {
		return append(appendJSON(dst, m), '\n')
	}
	sep := l.separatorOut()
	for i := range m.Len() {
		if i > 0 {
			dst = append(dst, sep...)
		}
		dst = l.appendFrame(dst, m.Frame(i))
	}
	return append(dst, '\n')
}

// separatorOut is what separates frames that are printed.
func (l layout) separatorOut() string {
	switch {
	case l.separator != "":
		return l.separator
	case l.format == formatHex:
		return " "
	}
	return "\t"
}

func (l layout) appendFrame(dst, frame []byte) []byte {
	switch {
	case l.format == formatHex:
		return hex.AppendEncode(dst, frame)
	case l.visible:
		return appendVisible(dst, frame)
	}
	return append(dst, frame...)
}

// appendVisible escapes what a terminal would not show as it is, but for tabs.
func appendVisible(dst, b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = fmt.Appendf(dst, `\x%02x`, b[0])
		case unicode.IsPrint(r) || r == '\t':
			dst = append(dst, b[:n]...)
		default:
			q := strconv.AppendQuoteRuneToASCII(nil, r)
			dst = append(dst, q[1:len(q)-1]...)
		}
		b = b[n:]
	}
	return dst
}

func appendJSON(dst []byte, m ringmq.Message) []byte {
	dst = append(dst, '[')
	for i := range m.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONFrame(dst, m.Frame(i))
	}
	return append(dst, ']')
}

func appendJSONFrame(dst, frame []byte) []byte {
	if !utf8.Valid(frame) {
		dst = append(dst, `{"hex":"`...)
		return append(hex.AppendEncode(dst, frame), `"}`...)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(string(frame)); err != nil {
		panic(fmt.Sprintf("cli: a string is always JSON: %v", err))
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// jsonFrame is a frame as a string, or as {"hex":"…"}.
type jsonFrame []byte

var _ json.Unmarshaler = (*jsonFrame)(nil)

// UnmarshalJSON implements [json.Unmarshaler].
func (f *jsonFrame) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err == nil && s != nil {
		*f = []byte(*s)
		return nil
	}
	var o struct{ Hex *string }
	if err := json.Unmarshal(b, &o); err != nil || o.Hex == nil {
		return errors.New(`a frame is a string or {"hex":"…"}`)
	}
	raw, err := hex.DecodeString(*o.Hex)
	*f = raw
	return err
}
