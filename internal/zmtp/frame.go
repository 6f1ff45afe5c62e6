package zmtp

import "encoding/binary"

// Flag bits of a frame (RFC 23, "Framing"). FlagLong is the codec's own business: the append functions set it by the
// size, and the parse functions strip it from the flags that they return.
const (
	FlagMore    byte = 1 << 0 // another frame of the same message follows
	FlagLong    byte = 1 << 1 // the size field has eight bytes
	FlagCommand byte = 1 << 2 // the body is a command, not part of a message

	flagsKnown = FlagMore | FlagLong | FlagCommand
)

const (
	// MaxHeader is the length in bytes of the longest frame header of ZMTP 2.0 and later.
	MaxHeader = longHeader

	// ShortHeader is the length in bytes of the header of a short frame: flags, u8 size.
	ShortHeader = 2

	longHeader = 9 // flags, u64 size

	// maxShort is the largest body that fits a short frame.
	maxShort = 255
)

// AppendHeader appends the header of a frame of ZMTP 2.0 and later whose body has size bytes. The flags are FlagMore
// or FlagCommand or none; size is not negative.
func AppendHeader(dst []byte, flags byte, size int) []byte {
	if size <= maxShort {
		return append(dst, flags, byte(size))
	}
	return binary.BigEndian.AppendUint64(append(dst, flags|FlagLong), uint64(size))
}

// AppendFrame appends a whole frame, copying body.
func AppendFrame(dst []byte, flags byte, body []byte) []byte {
	return append(AppendHeader(dst, flags, len(body)), body...)
}

// ParseHeader reads the frame header of ZMTP 2.0 and later at the start of b. It returns the flags without FlagLong,
// the length of the body, and the n bytes that the header takes. With n and err zero it needs more bytes.
//
// A long header with a small size is accepted. An error is one of ErrReservedFlags, ErrCommandMore and ErrFrameSize,
// and is reported as soon as the bytes there are show it. The size is the peer's word, up to 2^63-1: bound it before
// any memory depends on it.
func ParseHeader(b []byte) (flags byte, size uint64, n int, err error) {
	if flags, size, ok := ParseShort(b); ok {
		return flags, uint64(size), ShortHeader, nil
	}
	return parseHeader(b)
}

// ParseShort is the part of [ParseHeader] that a decoder wants inlined into its loop: ok is true when b starts with
// the whole two-byte header of a short frame of a message, which is nearly every frame there is. Otherwise the decoder
// calls ParseHeader.
func ParseShort(b []byte) (flags byte, size int, ok bool) {
	if len(b) < ShortHeader || b[0] > FlagMore {
		return 0, 0, false
	}
	return b[0], int(b[1]), true
}

func parseHeader(b []byte) (flags byte, size uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, nil
	}
	flags = b[0] &^ FlagLong
	switch {
	case b[0]&^flagsKnown != 0:
		return 0, 0, 0, ErrReservedFlags
	case flags == FlagCommand|FlagMore:
		return 0, 0, 0, ErrCommandMore
	case flags == b[0]:
		return parseShortSize(flags, b)
	}
	return parseLongSize(flags, b)
}

func parseShortSize(flags byte, b []byte) (byte, uint64, int, error) {
	if len(b) < ShortHeader {
		return 0, 0, 0, nil
	}
	return flags, uint64(b[1]), ShortHeader, nil
}

func parseLongSize(flags byte, b []byte) (byte, uint64, int, error) {
	if len(b) >= 2 && b[1]&0x80 != 0 {
		return 0, 0, 0, ErrFrameSize
	}
	if len(b) < longHeader {
		return 0, 0, 0, nil
	}
	return flags, binary.BigEndian.Uint64(b[1:]), longHeader, nil
}
