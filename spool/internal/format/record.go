package format

import (
	"hash/crc32"
	"math"

	"github.com/ringmq/ringmq"
)

const (
	// RecordHeaderSize is the fixed part of a record, before its body.
	RecordHeaderSize = 48
	// Align is the multiple of bytes at which every record begins.
	Align = 8
	// MaxKey and MaxTarget bound the key of a message and the name of a consumer, in bytes.
	MaxKey    = math.MaxUint16
	MaxTarget = math.MaxUint8
	// MaxRecord bounds a whole record, in bytes. It is far below the 4 GiB that its size field could say, so that sizes
	// fit an int on 32-bit systems.
	MaxRecord = 1 << 30

	marker    = 0xA5
	headerCRC = RecordHeaderSize - 4 // offset of the header's checksum
	timeSize  = 8
	frameLen  = 4 // of the length of a frame
)

// Kind says what a record is.
type Kind uint8

// The kinds of records.
const (
	Message Kind = 1
	Index   Kind = 2
)

const (
	flagDeliverAt = 1 << iota
	flagTarget

	knownFlags = flagDeliverAt | flagTarget
)

// Record is one record. Key and the frames of a parsed record point into the bytes that it was parsed from.
type Record struct {
	Kind      Kind
	Sequence  uint64
	Time      int64 // of the append, nanoseconds since 1970 UTC
	Producer  uint64
	Unsynced  uint32 // records just before this one that were not known to be on disk
	DeliverAt int64  // nanoseconds since 1970 UTC; 0 at once
	Target    []byte // name of the only consumer that is to have the message; empty all
	Key       []byte
	Message   ringmq.Message
}

// Size is the length of the record on disk, without the bytes that align the next one.
func (r *Record) Size() int64 {
	first, rest := r.Message.Parts()
	n := int64(RecordHeaderSize + len(r.Key) + len(first) + frameLen*r.Message.Len() + 1)
	for _, f := range rest {
		n += int64(len(f))
	}
	if r.DeliverAt != 0 {
		n += timeSize
	}
	if len(r.Target) > 0 {
		n += int64(1 + len(r.Target))
	}
	return n
}

// Aligned is n rounded up to where the next record begins.
func Aligned(n int64) int64 { return (n + Align - 1) &^ (Align - 1) }

// Append appends the encoded record to dst, with the bytes that align the next one. The caller has checked the sizes
// against the limits; it keeps the record and what it points to.
func (r *Record) Append(dst []byte, seed uint32) []byte {
	start := len(dst)
	var header [RecordHeaderSize]byte
	dst = append(dst, header[:]...)
	dst = r.appendBody(dst)
	b := dst[start:]

	le.PutUint32(b, uint32(len(b)))
	le.PutUint32(b[4:], crc32.Update(seed, castagnoli, b[RecordHeaderSize:]))
	le.PutUint64(b[8:], r.Sequence)
	le.PutUint64(b[16:], uint64(r.Time))
	le.PutUint64(b[24:], r.Producer)
	le.PutUint32(b[32:], r.Unsynced)
	b[36] = byte(r.Kind)
	b[37] = r.flags()
	le.PutUint16(b[38:], uint16(len(r.Key)))
	le.PutUint32(b[40:], uint32(r.Message.Len()))
	le.PutUint32(b[headerCRC:], crc32.Update(seed, castagnoli, b[:headerCRC]))

	var padding [Align]byte
	return append(dst, padding[:Aligned(int64(len(b)))-int64(len(b))]...)
}

func (r *Record) appendBody(dst []byte) []byte {
	if r.DeliverAt != 0 {
		dst = le.AppendUint64(dst, uint64(r.DeliverAt))
	}
	if len(r.Target) > 0 {
		dst = append(append(dst, byte(len(r.Target))), r.Target...)
	}
	dst = append(dst, r.Key...)
	if first, rest := r.Message.Parts(); first != nil {
		dst = le.AppendUint32(dst, uint32(len(first)))
		for _, f := range rest {
			dst = le.AppendUint32(dst, uint32(len(f)))
		}
		dst = append(dst, first...)
		for _, f := range rest {
			dst = append(dst, f...)
		}
	}
	return append(dst, marker)
}

func (r *Record) flags() (f byte) {
	if r.DeliverAt != 0 {
		f |= flagDeliverAt
	}
	if len(r.Target) > 0 {
		f |= flagTarget
	}
	return f
}
