package format

import (
	"fmt"
	"hash/crc32"
)

// Damage says why bytes are not what they should be: a segment header or a record.
type Damage struct{ Reason string }

// Error is the reason.
func (d *Damage) Error() string { return d.Reason }

func damaged(format string, args ...any) error { return &Damage{fmt.Sprintf(format, args...)} }

// Header is the fixed part of a record, with a checksum that was found right.
type Header struct {
	Size     int64 // of the whole record
	body     uint32
	Sequence uint64
	Time     int64
	Producer uint64
	Unsynced uint32
	Kind     Kind
	flags    byte
	key      int
	frames   int
}

// IsEnd reports whether the log ends at b, which has at least 8 bytes: no record begins with 8 zero bytes.
func IsEnd(b []byte) bool { return isZero(b[:Align]) }

// ParseHeader reads the fixed part of a record at the start of b, which has at least [RecordHeaderSize] bytes.
func ParseHeader(b []byte, seed uint32) (Header, error) {
	b = b[:RecordHeaderSize]
	if le.Uint32(b[headerCRC:]) != crc32.Update(seed, castagnoli, b[:headerCRC]) {
		return Header{}, damaged("checksum of the record header is wrong")
	}
	h := Header{
		Size:     int64(le.Uint32(b)),
		body:     le.Uint32(b[4:]),
		Sequence: le.Uint64(b[8:]),
		Time:     int64(le.Uint64(b[16:])),
		Producer: le.Uint64(b[24:]),
		Unsynced: le.Uint32(b[32:]),
		Kind:     Kind(b[36]),
		flags:    b[37],
		key:      int(le.Uint16(b[38:])),
	}
	frames := int64(le.Uint32(b[40:]))
	h.frames = int(min(frames, MaxRecord))
	return h, h.check(frames)
}

// check bounds what the header says, before anything is read or allocated on its word.
func (h *Header) check(frames int64) error {
	least := RecordHeaderSize + int64(h.key) + frameLen*frames + 1
	switch {
	case h.Size < least || h.Size > MaxRecord:
		return damaged("record has an impossible size of %d bytes", h.Size)
	case h.Kind != Message && h.Kind != Index:
		return damaged("record is of an unknown kind %d", h.Kind)
	case h.flags&^knownFlags != 0:
		return damaged("record has unknown flags %#x", h.flags)
	case h.Sequence == 0 && h.Kind == Message:
		return damaged("message has no sequence")
	}
	return nil
}

// Span is how many bytes the record takes, with those that align the next one.
func (h *Header) Span() int64 { return Aligned(h.Size) }

// Check compares the body's checksum; b begins where the header did and has at least Size bytes.
func (h *Header) Check(b []byte, seed uint32) error {
	if b[h.Size-1] != marker || crc32.Update(seed, castagnoli, b[RecordHeaderSize:h.Size]) != h.body {
		return damaged("checksum of the record body is wrong")
	}
	return nil
}

// Frames is the number of frames that [Header.Decode] needs room for, beyond the first.
func (h *Header) Frames() int { return max(h.frames-1, 0) }

// Decode reads the body that Check found right. The record points into b; rest, which has length 0 and a capacity of at
// least Frames, is where its frames after the first are listed. The message is without a chunk.
func (h *Header) Decode(b []byte, rest [][]byte) (Record, error) {
	r := Record{
		Kind: h.Kind, Sequence: h.Sequence, Time: h.Time, Producer: h.Producer, Unsynced: h.Unsynced,
	}
	p := parser{b: b[RecordHeaderSize : h.Size-1], ok: true}
	if h.flags&flagDeliverAt != 0 {
		r.DeliverAt = int64(p.uint64())
	}
	if h.flags&flagTarget != 0 {
		r.Target = p.take(int64(p.uint8()))
	}
	r.Key = p.take(int64(h.key))
	first, rest := p.frames(h.frames, rest)
	if !p.ok || len(p.b) > 0 {
		return Record{}, damaged("record body does not add up")
	}
	if h.frames > 0 {
		r.Message = newMessage(first, rest)
	}
	return r, nil
}
