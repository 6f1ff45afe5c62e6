package zmtp

import "encoding/binary"

// Names of commands (RFC 23, RFC 37). They are compared byte by byte, as libzmq compares them.
const (
	CmdReady     = "READY"
	CmdError     = "ERROR"
	CmdSubscribe = "SUBSCRIBE"
	CmdCancel    = "CANCEL"
	CmdJoin      = "JOIN"
	CmdLeave     = "LEAVE"
	CmdPing      = "PING"
	CmdPong      = "PONG"
)

const (
	// MaxPingContext is the most that a PING may carry for its PONG to echo, in bytes (RFC 37).
	MaxPingContext = 16

	// MaxErrorReason is the longest reason of an ERROR command, in bytes: its length field is one byte (RFC 23).
	MaxErrorReason = 255

	pingTTL = 2 // bytes of PING's time-to-live field
)

// AppendCommandBody appends what goes into a command's frame: the name, of 1 to 255 bytes, and the data.
func AppendCommandBody(dst []byte, name string, data []byte) []byte {
	return append(appendName(dst, name), data...)
}

// AppendCommand appends a whole command frame. The frame is long when name and data exceed 255 bytes together, which
// a SUBSCRIBE does from a topic of 246 bytes.
func AppendCommand(dst []byte, name string, data []byte) []byte {
	return AppendCommandBody(appendCommandHeader(dst, name, len(data)), name, data)
}

func appendCommandHeader(dst []byte, name string, data int) []byte {
	return AppendHeader(dst, FlagCommand, 1+len(name)+data)
}

func appendName(dst []byte, name string) []byte {
	return append(append(dst, byte(len(name))), name...)
}

// AppendReady appends a READY frame with metadata made by [AppendProperty].
func AppendReady(dst, metadata []byte) []byte { return AppendCommand(dst, CmdReady, metadata) }

// AppendSubscribe appends a SUBSCRIBE frame: for peers of ZMTP 3.1, see [AppendSubscribeMessage] for older ones.
func AppendSubscribe(dst, topic []byte) []byte { return AppendCommand(dst, CmdSubscribe, topic) }

// AppendCancel appends a CANCEL frame: for peers of ZMTP 3.1, see [AppendCancelMessage] for older ones.
func AppendCancel(dst, topic []byte) []byte { return AppendCommand(dst, CmdCancel, topic) }

// AppendJoin appends a JOIN frame (RFC 37, "The Radio-Dish Pattern").
func AppendJoin(dst, group []byte) []byte { return AppendCommand(dst, CmdJoin, group) }

// AppendLeave appends a LEAVE frame, which undoes [AppendJoin].
func AppendLeave(dst, group []byte) []byte { return AppendCommand(dst, CmdLeave, group) }

// AppendPing appends a PING frame. The peer may drop the connection once it has been silent for ttl tenths of a
// second; 0 sets no such limit. libzmq multiplies the ttl in 16 bits, so keep it at or below 655. Of context the
// first [MaxPingContext] bytes are sent.
func AppendPing(dst []byte, ttl uint16, context []byte) []byte {
	context = context[:min(len(context), MaxPingContext)]
	dst = appendName(appendCommandHeader(dst, CmdPing, pingTTL+len(context)), CmdPing)
	return append(binary.BigEndian.AppendUint16(dst, ttl), context...)
}

// AppendPong appends a PONG frame that echoes the first [MaxPingContext] bytes of context.
func AppendPong(dst, context []byte) []byte {
	return AppendCommand(dst, CmdPong, context[:min(len(context), MaxPingContext)])
}

// AppendError appends an ERROR frame with the first [MaxErrorReason] bytes of reason.
func AppendError(dst []byte, reason string) []byte {
	reason = reason[:min(len(reason), MaxErrorReason)]
	dst = appendName(appendCommandHeader(dst, CmdError, 1+len(reason)), CmdError)
	return appendName(dst, reason)
}

// ParseCommand splits the body of a command frame into name and data, which are parts of body. It does not hold a
// name to RFC 23's letters: a command that nobody knows is ignored, whatever its name.
func ParseCommand(body []byte) (name, data []byte, err error) {
	if len(body) == 0 || body[0] == 0 || len(body)-1 < int(body[0]) {
		return nil, nil, ErrCommand
	}
	end := 1 + int(body[0])
	return body[1:end:end], body[end:], nil
}

// ParsePing splits the data of a PING into the time-to-live, in tenths of a second, and the context that the PONG
// echoes: at most [MaxPingContext] bytes, the rest is dropped.
func ParsePing(data []byte) (ttl uint16, context []byte, err error) {
	if len(data) < pingTTL {
		return 0, nil, ErrCommand
	}
	context = data[pingTTL:]
	return binary.BigEndian.Uint16(data), context[:min(len(context), MaxPingContext)], nil
}

// ParseError returns the reason out of the data of an ERROR.
func ParseError(data []byte) (reason []byte, err error) {
	if len(data) == 0 || len(data)-1 != int(data[0]) {
		return nil, ErrCommand
	}
	return data[1:], nil
}
