package zmtp

import "encoding/binary"

// The framing of ZMTP 1.0 (RFC 15) puts the flags after the length, and the length counts the flags byte:
//
//	short   length u8, 1 to 254 | flags | body of length-1 bytes
//	long    FF | length u64     | flags | body of length-1 bytes

const (
	// MaxHeaderV1 is the length in bytes of the longest frame header of ZMTP 1.0.
	MaxHeaderV1 = longHeaderV1

	shortHeaderV1 = 2  // u8 length, flags
	longHeaderV1  = 10 // FF, u64 length, flags

	// longV1 in place of the short length says that a long one follows.
	longV1 = 0xFF
)

// AppendHeaderV1 appends the header of a ZMTP 1.0 frame whose body has size bytes. Of flags only FlagMore exists in
// this version; the rest is not sent.
func AppendHeaderV1(dst []byte, flags byte, size int) []byte {
	length := size + 1
	if length < longV1 {
		return append(dst, byte(length), flags&FlagMore)
	}
	dst = binary.BigEndian.AppendUint64(append(dst, longV1), uint64(length))
	return append(dst, flags&FlagMore)
}

// AppendFrameV1 appends a whole ZMTP 1.0 frame, copying body.
func AppendFrameV1(dst []byte, flags byte, body []byte) []byte {
	return append(AppendHeaderV1(dst, flags, len(body)), body...)
}

// ParseHeaderV1 reads the ZMTP 1.0 frame header at the start of b, with the results of [ParseHeader]: size is the
// length of the body, without the flags byte. Of the flags only FlagMore survives: RFC 15 reserves the others and has
// the receiver ignore them. A length of 0, which has no room for the flags, is ErrFrameSize.
func ParseHeaderV1(b []byte) (flags byte, size uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, nil
	}
	if b[0] == longV1 {
		return parseLongV1(b)
	}
	if b[0] == 0 {
		return 0, 0, 0, ErrFrameSize
	}
	if len(b) < shortHeaderV1 {
		return 0, 0, 0, nil
	}
	return b[1] & FlagMore, uint64(b[0]) - 1, shortHeaderV1, nil
}

func parseLongV1(b []byte) (flags byte, size uint64, n int, err error) {
	if len(b) < longHeaderV1 {
		return 0, 0, 0, nil
	}
	length := binary.BigEndian.Uint64(b[1:])
	if length == 0 || length>>63 != 0 {
		return 0, 0, 0, ErrFrameSize
	}
	return b[9] & FlagMore, length - 1, longHeaderV1, nil
}
