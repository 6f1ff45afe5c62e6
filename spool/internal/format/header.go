package format

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// Version is the version of the format that this package reads and writes.
const Version = 1

// HeaderSize is the length of a segment's header, where its first record begins.
const HeaderSize = 64

const (
	headerMagic = "RMQSPOOL"
	headerSum   = HeaderSize - 4 // offset of the checksum
)

var (
	le         = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// SegmentHeader begins each segment.
type SegmentHeader struct {
	First    uint64 // sequence of the first record
	Previous uint64 // last sequence of the segment before, 0 if there was none
	Created  int64  // nanoseconds since 1970 UTC
}

// VersionError says that a segment is of a version that this package does not know.
type VersionError struct{ Version uint16 }

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("format version %d; this program knows version %d", e.Version, Version)
}

// Append appends the encoded header to dst.
func (h SegmentHeader) Append(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, HeaderSize)...)
	b := dst[n:]
	copy(b, headerMagic)
	le.PutUint16(b[8:], Version)
	le.PutUint16(b[10:], HeaderSize)
	le.PutUint64(b[16:], h.First)
	le.PutUint64(b[24:], h.Previous)
	le.PutUint64(b[32:], uint64(h.Created))
	le.PutUint32(b[headerSum:], crc32.Checksum(b[:headerSum], castagnoli))
	return dst
}

// ParseSegmentHeader reads the header at the start of b. The error is a [*VersionError] for an intact header of another
// version and a [*Damage] for anything else that is wrong.
func ParseSegmentHeader(b []byte) (SegmentHeader, error) {
	if len(b) < HeaderSize {
		return SegmentHeader{}, damaged("segment header is cut short")
	}
	b = b[:HeaderSize]
	if string(b[:len(headerMagic)]) != headerMagic {
		return SegmentHeader{}, damaged("no segment header")
	}
	if le.Uint32(b[headerSum:]) != crc32.Checksum(b[:headerSum], castagnoli) {
		return SegmentHeader{}, damaged("checksum of the segment header is wrong")
	}
	if v := le.Uint16(b[8:]); v != Version {
		return SegmentHeader{}, &VersionError{v}
	}
	h := SegmentHeader{First: le.Uint64(b[16:]), Previous: le.Uint64(b[24:]), Created: int64(le.Uint64(b[32:]))}
	if h.First <= h.Previous {
		return SegmentHeader{}, damaged("segment begins before the one before it ends")
	}
	return h, nil
}

// TornHeader reports whether a segment whose header is invalid was never finished: its creation was interrupted, and it
// cannot hold a record. b is the header as far as it is there; rest says whether anything but zeros follows it.
func TornHeader(b []byte, rest bool) bool {
	return !rest && (len(b) < HeaderSize || isZero(b[headerSum:HeaderSize]))
}

const (
	segmentSuffix = ".seg"
	nameDigits    = 20 // of the largest uint64
)

// SegmentName is the name of the file of the segment that begins with the sequence first.
func SegmentName(first uint64) string {
	return fmt.Sprintf("%0*d%s", nameDigits, first, segmentSuffix)
}

// ParseSegmentName is the inverse of SegmentName; ok is false for the name of any other file.
func ParseSegmentName(name string) (first uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != nameDigits {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0 && SegmentName(first) == name
}

// Seed is what the checksums of the records of a segment begin with.
func Seed(first uint64) uint32 {
	return crc32.Checksum(le.AppendUint64(nil, first), castagnoli)
}
