package limit

import "encoding/binary"

// A frame is what ZMTP 3 sends for a message of one frame: flags, length, body (RFC 23).
const (
	flagLong  = 2
	shortHead = 2 // flags, one byte
	longHead  = 9 // flags, eight bytes in network order
	maxShort  = 255
)

// appendFrame appends the frame of a message.
func appendFrame(to, body []byte) []byte {
	if len(body) <= maxShort {
		to = append(to, 0, byte(len(body)))
	} else {
		to = binary.BigEndian.AppendUint64(append(to, flagLong), uint64(len(body)))
	}
	return append(to, body...)
}

// cutFrame takes the first message off b. It returns a nil body if there is none that is whole.
func cutFrame(b []byte) (body, rest []byte) {
	head, length := shortHead, 0
	switch {
	case len(b) < shortHead:
		return nil, b
	case b[0]&flagLong == 0:
		length = int(b[1])
	case len(b) < longHead:
		return nil, b
	default:
		head, length = longHead, int(binary.BigEndian.Uint64(b[1:]))
	}
	if len(b) < head+length {
		return nil, b
	}
	return b[head : head+length], b[head+length:]
}

func frameLen(size int) int {
	if size <= maxShort {
		return shortHead + size
	}
	return longHead + size
}
