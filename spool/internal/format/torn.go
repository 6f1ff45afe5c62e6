package format

import "bytes"

// Sector is the number of bytes that a disk writes whole or not at all.
const Sector = 512

// Torn reports whether the invalid record that begins at offset off of a segment can be what a crash left of a write
// that was under way, as the package page says. b is what the file has from off to its end, or as much of it as there
// is data, and is taken to go on with zeros.
func Torn(b []byte, off int64, seed uint32) bool {
	if len(b) < RecordHeaderSize {
		return true // the marker, at the least, is not there
	}
	if IsEnd(b) {
		return true
	}
	h, err := ParseHeader(b, seed)
	if err != nil {
		return missesSector(b[:RecordHeaderSize], off) || isZero(b[RecordHeaderSize:])
	}
	if h.Size > int64(len(b)) || b[h.Size-1] == 0 {
		return true
	}
	return missesSector(b[:h.Size], off)
}

// missesSector reports whether a sector's share of b, which lies at offset off, is all zeros.
func missesSector(b []byte, off int64) bool {
	for len(b) > 0 {
		n := min(Sector-off%Sector, int64(len(b)))
		if isZero(b[:n]) {
			return true
		}
		b, off = b[n:], off+n
	}
	return false
}

var zeros [4096]byte

func isZero(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if !bytes.Equal(b[:n], zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// DataEnd is the length of b without the zeros at its end.
func DataEnd(b []byte) int {
	n := len(b)
	for n >= len(zeros) && bytes.Equal(b[n-len(zeros):n], zeros[:]) {
		n -= len(zeros)
	}
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return n
}

// Vouches reports whether the record says that the one with the given sequence, which comes before it, was on disk when
// this one was written.
func (h *Header) Vouches(sequence uint64) bool {
	return h.Kind == Message && h.Sequence > sequence && h.Unsynced != maxUnsynced &&
		h.Sequence-uint64(h.Unsynced) > sequence
}

const maxUnsynced = 1<<32 - 1

// Unsynced is the value of the field of that name for the record with the sequence next, when all up to synced are on
// disk.
func Unsynced(next, synced uint64) uint32 {
	return uint32(min(next-1-min(synced, next-1), maxUnsynced))
}
