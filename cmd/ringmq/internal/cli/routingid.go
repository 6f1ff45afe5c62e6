package cli

import (
	"bytes"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Routing ids in text: as they are, or as 0x and hexadecimal digits where that would not be a frame of a line, or would
// be taken for such digits. So each id has one form, and each form is of one id.

const hexPrefix = "0x"

// appendID returns the form of a routing id. sep, if there is one, separates the frames of a line.
func appendID(id []byte, sep string) []byte {
	if !needsDigits(id, sep) {
		return id
	}
	return hex.AppendEncode([]byte(hexPrefix), id)
}

// parseID is the other way round. What only looks like digits, such as 0x41, which no id is printed as, is an id itself.
func parseID(form []byte, sep string) []byte {
	if id, ok := fromDigits(form); ok && needsDigits(id, sep) {
		return id
	}
	return form
}

func needsDigits(id []byte, sep string) bool {
	if !utf8.Valid(id) || bytes.IndexFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return true
	}
	if sep != "" && bytes.Contains(id, []byte(sep)) {
		return true
	}
	digits, ok := fromDigits(id)
	return ok && needsDigits(digits, sep)
}

func fromDigits(form []byte) (id []byte, ok bool) {
	digits, ok := strings.CutPrefix(string(form), hexPrefix)
	if !ok {
		return nil, false
	}
	id, err := hex.DecodeString(digits)
	return id, err == nil
}
