package format

import "github.com/ringmq/ringmq"

const (
	// IndexInterval is about how many bytes of records there are for each entry of the index.
	IndexInterval = 64 << 10
	// TrailerSize is the length of the end of a sealed segment, after its index record.
	TrailerSize = 16

	trailerMagic = "RMQINDEX"
	entrySize    = 24
	indexFixed   = 16
)

// Entry is one entry of a sparse index: a message and where it is in the file.
type Entry struct {
	Sequence uint64
	Time     int64
	Offset   int64
}

// Summary is what the index record of a sealed segment says of it.
type Summary struct {
	Records             uint64
	Last                uint64 // sequence of the last message, the segment's Previous if there is none
	FirstTime, LastTime int64
	Entries             []Entry
}

// Append appends the index record and the trailer of a segment to dst, which goes to offset off of the file.
func (s *Summary) Append(dst []byte, seed uint32, off int64) []byte {
	b := make([]byte, 0, indexFixed+entrySize*len(s.Entries))
	b = le.AppendUint64(b, s.Records)
	b = le.AppendUint64(b, uint64(s.FirstTime))
	for _, e := range s.Entries {
		b = le.AppendUint64(b, e.Sequence)
		b = le.AppendUint64(b, uint64(e.Time))
		b = le.AppendUint64(b, uint64(e.Offset))
	}
	r := Record{Kind: Index, Sequence: s.Last, Time: s.LastTime, Message: ringmq.NewMessage(b)}
	dst = r.Append(dst, seed)
	dst = le.AppendUint64(dst, uint64(off))
	return append(dst, trailerMagic...)
}

// ParseTrailer returns the offset of the index record of a segment of the given size that ends with b, [TrailerSize]
// bytes.
func ParseTrailer(b []byte, size int64) (off int64, err error) {
	off = int64(le.Uint64(b))
	if string(b[8:TrailerSize]) != trailerMagic {
		return 0, damaged("segment has no trailer")
	}
	if off < HeaderSize || off%Align != 0 || off > size-TrailerSize-RecordHeaderSize || size-off > MaxRecord {
		return 0, damaged("trailer has an impossible offset %d", off)
	}
	return off, nil
}

// ParseSummary reads the index record that begins at offset off of a segment and fills b.
func ParseSummary(b []byte, seed uint32, off int64) (*Summary, error) {
	if len(b) < RecordHeaderSize {
		return nil, damaged("index is cut short")
	}
	h, err := ParseHeader(b, seed)
	if err != nil {
		return nil, err
	}
	if h.Kind != Index || h.flags != 0 || h.key != 0 || h.frames != 1 || h.Span() != int64(len(b)) {
		return nil, damaged("trailer does not point to an index")
	}
	if err := h.Check(b, seed); err != nil {
		return nil, err
	}
	r, err := h.Decode(b, nil)
	if err != nil {
		return nil, err
	}
	s := &Summary{Last: h.Sequence, LastTime: h.Time}
	return s, s.parse(r.Message.Frame(0), off)
}

func (s *Summary) parse(b []byte, end int64) error {
	p := parser{b: b, ok: true}
	s.Records = p.uint64()
	s.FirstTime = int64(p.uint64())
	if !p.ok || len(p.b)%entrySize != 0 {
		return damaged("index does not add up")
	}
	s.Entries = make([]Entry, len(p.b)/entrySize)
	for i := range s.Entries {
		e := Entry{Sequence: p.uint64(), Time: int64(p.uint64()), Offset: int64(p.uint64())}
		if e.Offset < HeaderSize || e.Offset >= end || i > 0 && !s.Entries[i-1].before(e) {
			return damaged("index is out of order")
		}
		s.Entries[i] = e
	}
	return nil
}

func (e Entry) before(f Entry) bool {
	return e.Sequence < f.Sequence && e.Time <= f.Time && e.Offset < f.Offset
}
