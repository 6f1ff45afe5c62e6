package format

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

var table = crc32.MakeTable(crc32.Castagnoli)

// TestRecordByteForByte writes a record down by hand, as the package page says.
func TestRecordByteForByte(t *testing.T) {
	seed := Seed(7)
	r := Record{
		Kind: Message, Sequence: 9, Time: 1_000, Producer: 0xABCD, Unsynced: 2, DeliverAt: 5_000,
		Target: []byte("me"), Key: []byte("key"), Message: ringmq.NewString("frame", "", "z"),
	}
	body := binary.LittleEndian.AppendUint64(nil, 5_000)
	body = append(body, 2, 'm', 'e', 'k', 'e', 'y')
	for _, n := range []uint32{5, 0, 1} {
		body = binary.LittleEndian.AppendUint32(body, n)
	}
	body = append(body, "framez\xA5"...)
	want := binary.LittleEndian.AppendUint32(nil, uint32(48+len(body)))
	want = binary.LittleEndian.AppendUint32(want, crc32.Update(seed, table, body))
	for _, n := range []uint64{9, 1_000, 0xABCD} {
		want = binary.LittleEndian.AppendUint64(want, n)
	}
	want = binary.LittleEndian.AppendUint32(want, 2)
	want = append(want, 1, 3, 3, 0)
	want = binary.LittleEndian.AppendUint32(want, 3)
	want = binary.LittleEndian.AppendUint32(want, crc32.Update(seed, table, want))
	want = append(want, body...)
	require.Equal(t, int64(len(want)), r.Size())
	want = append(want, make([]byte, (8-len(want)%8)%8)...)
	require.Equal(t, want, r.Append(nil, seed))
	require.Equal(t, int64(len(want)), Aligned(r.Size()))
}

func TestHeaderByteForByte(t *testing.T) {
	want := append([]byte("RMQSPOOL\x01\x00\x40\x00\x00\x00\x00\x00"), make([]byte, 48)...)
	binary.LittleEndian.PutUint64(want[16:], 12)
	binary.LittleEndian.PutUint64(want[24:], 10)
	binary.LittleEndian.PutUint64(want[32:], 99)
	binary.LittleEndian.PutUint32(want[60:], crc32.Checksum(want[:60], table))
	h := SegmentHeader{First: 12, Previous: 10, Created: 99}
	require.Equal(t, want, h.Append(nil))
	got, err := ParseSegmentHeader(want)
	require.NoError(t, err)
	require.Equal(t, h, got)
	for n := range want {
		_, err := ParseSegmentHeader(want[:n])
		require.Error(t, err)
		want[n] ^= 4
		_, err = ParseSegmentHeader(want)
		require.Error(t, err, n)
		want[n] ^= 4
	}
	_, err = ParseSegmentHeader(SegmentHeader{First: 3, Previous: 3}.Append(nil))
	require.Error(t, err)
}

// decode parses a record as a reader does.
func decode(b []byte, seed uint32) (Record, error) {
	if len(b) < RecordHeaderSize {
		return Record{}, damaged("short")
	}
	h, err := ParseHeader(b, seed)
	if err != nil {
		return Record{}, err
	}
	if h.Size > int64(len(b)) {
		return Record{}, damaged("short")
	}
	if err := h.Check(b, seed); err != nil {
		return Record{}, err
	}
	return h.Decode(b, make([][]byte, 0, h.Frames()))
}

func TestRoundTrip(t *testing.T) {
	for _, r := range []Record{
		{Kind: Message, Sequence: 1},
		{Kind: Message, Sequence: 1 << 60, Time: -5, Message: ringmq.NewString("")},
		{Kind: Message, Sequence: 2, Unsynced: 1<<32 - 1, Message: ringmq.NewString("a", "", strings.Repeat("b", 5000))},
		{Kind: Message, Sequence: 3, Key: make([]byte, MaxKey), Target: make([]byte, MaxTarget), DeliverAt: 1},
		{Kind: Index, Sequence: 0, Message: ringmq.NewString("x")},
	} {
		b := r.Append([]byte("before"), 5)[6:]
		got, err := decode(b, 5)
		require.NoError(t, err)
		require.Equal(t, b, got.Append(nil, 5))
		require.Equal(t, r.Message.Frames(), got.Message.Frames())
		_, err = decode(b, 6)
		require.Error(t, err)
	}
}

func TestSegmentNames(t *testing.T) {
	require.Equal(t, "00000000000000000042.seg", SegmentName(42))
	for _, first := range []uint64{1, 42, 1<<64 - 1} {
		got, ok := ParseSegmentName(SegmentName(first))
		require.True(t, ok)
		require.Equal(t, first, got)
	}
	for _, name := range []string{"", "1.seg", "00000000000000000000.seg", "99999999999999999999.seg", "0000000000000000004x.seg", "00000000000000000042.tmp"} {
		_, ok := ParseSegmentName(name)
		require.False(t, ok, name)
	}
}

func TestSummary(t *testing.T) {
	s := Summary{
		Records: 5, Last: 9, FirstTime: 1, LastTime: 7,
		Entries: []Entry{{5, 1, 64}, {8, 1, 300}, {9, 7, 400}},
	}
	const off = 512
	b := s.Append(nil, 3, off)
	at, err := ParseTrailer(b[len(b)-TrailerSize:], off+int64(len(b)))
	require.NoError(t, err)
	require.Equal(t, int64(off), at)
	got, err := ParseSummary(b[:len(b)-TrailerSize], 3, off)
	require.NoError(t, err)
	require.Equal(t, &s, got)
	for n := range b {
		b[n] ^= 1
		at, trailer := ParseTrailer(b[len(b)-TrailerSize:], off+int64(len(b)))
		_, index := ParseSummary(b[:len(b)-TrailerSize], 3, off)
		moved := trailer == nil && at != off
		padding := int64(n) >= s.size() && n < len(b)-TrailerSize
		require.True(t, trailer != nil || index != nil || moved || padding, n)
		b[n] ^= 1
	}
	for _, bad := range [][]Entry{{{5, 1, 63}}, {{5, 1, 512}}, {{5, 1, 64}, {5, 2, 65}}, {{5, 1, 64}, {6, 0, 65}}, {{5, 1, 64}, {6, 1, 64}}} {
		s.Entries = bad
		b := s.Append(nil, 3, off)
		_, err := ParseSummary(b[:len(b)-TrailerSize], 3, off)
		require.Error(t, err, "%v", bad)
	}
}

// size is the length of the index record without padding.
func (s *Summary) size() int64 {
	r := Record{Message: ringmq.NewMessage(make([]byte, indexFixed+entrySize*len(s.Entries)))}
	return r.Size()
}

func TestUnsyncedAndVouches(t *testing.T) {
	for _, c := range []struct {
		next, synced uint64
		want         uint32
	}{{1, 0, 0}, {5, 4, 0}, {5, 0, 4}, {5, 9, 0}, {1 << 40, 0, 1<<32 - 1}} {
		require.Equal(t, c.want, Unsynced(c.next, c.synced), "%v", c)
	}
	h := Header{Kind: Message, Sequence: 10, Unsynced: 3}
	for sequence, want := range map[uint64]bool{1: true, 6: true, 7: false, 9: false, 10: false, 11: false} {
		require.Equal(t, want, h.Vouches(sequence), sequence)
	}
	h.Unsynced = maxUnsynced
	require.False(t, h.Vouches(1))
}

func TestTorn(t *testing.T) {
	r := Record{Kind: Message, Sequence: 1, Message: ringmq.NewString(strings.Repeat("x", 1200))}
	whole := r.Append(nil, 1)
	for _, c := range []struct {
		name string
		off  int64
		harm func(b []byte) []byte
		torn bool
	}{
		{"wrong byte", 64, func(b []byte) []byte { b[100] ^= 1; return b }, false},
		{"wrong header", 64, func(b []byte) []byte { b[9] ^= 1; return b }, false},
		{"wrong size", 64, func(b []byte) []byte { b[2] ^= 1; return b }, false},
		{"wrong marker", 64, func(b []byte) []byte { b[r.Size()-1] ^= 1; return b }, false},
		{"no marker", 64, func(b []byte) []byte { b[r.Size()-1] = 0; return b }, true},
		{"no beginning", 64, func(b []byte) []byte { clear(b[:8]); return b }, true},
		{"cut in the header", 64, func(b []byte) []byte { return b[:40] }, true},
		{"cut in the body", 64, func(b []byte) []byte { return b[:500] }, true},
		{"zeros after the header", 64, func(b []byte) []byte { clear(b[48:]); b[20] ^= 1; return b }, true},
		{"a sector", 64, func(b []byte) []byte { clear(b[512-64 : 1024-64]); return b }, true},
		{"almost a sector", 64, func(b []byte) []byte { clear(b[513-64 : 1024-64]); return b }, false},
		{"a sector's worth, not aligned", 64, func(b []byte) []byte { clear(b[300:812]); return b }, false},
		{"the end of the header", 512 - 40, func(b []byte) []byte { clear(b[40:552]); return b }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.torn, Torn(c.harm([]byte(string(whole))), c.off, 1))
		})
	}
}

func TestZeros(t *testing.T) {
	for _, n := range []int{0, 1, 7, 4095, 4096, 4097, 10_000} {
		b := make([]byte, n+3)
		require.True(t, isZero(b))
		require.Zero(t, DataEnd(b))
		b[n] = 1
		require.False(t, isZero(b))
		require.Equal(t, n+1, DataEnd(b))
	}
}

func TestDead(t *testing.T) {
	d := Dead{Sequence: 1, Time: 2, Deliveries: 3, Consumer: "c", Reason: "why"}
	b := d.Append(nil)
	got, err := ParseDead(b)
	require.NoError(t, err)
	require.Equal(t, d, got)
	for n := range len(b) - len(d.Reason) {
		_, err := ParseDead(b[:n])
		require.Error(t, err)
	}
}

// resum makes the checksums of a record right, so that a fuzzer gets behind them.
func resum(b []byte, seed uint32) {
	if len(b) < RecordHeaderSize {
		return
	}
	if size := binary.LittleEndian.Uint32(b); size > RecordHeaderSize && int64(size) <= int64(len(b)) {
		b[size-1] = marker
		binary.LittleEndian.PutUint32(b[4:], crc32.Update(seed, table, b[RecordHeaderSize:size]))
	}
	binary.LittleEndian.PutUint32(b[headerCRC:], crc32.Update(seed, table, b[:headerCRC]))
}

// FuzzRecord parses anything; what parses is the same when it is encoded again.
func FuzzRecord(f *testing.F) {
	for _, r := range []Record{
		{Kind: Message, Sequence: 1, Message: ringmq.NewString("one", "two")},
		{Kind: Message, Sequence: 2, Key: []byte("key"), Target: []byte("t"), DeliverAt: 3},
		{Kind: Index, Message: ringmq.NewString("index")},
	} {
		f.Add(r.Append(nil, 1), true)
		f.Add(r.Append(nil, 1), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, sum bool) {
		if sum {
			resum(b, 1)
		}
		Torn(b, 64, 1)
		r, err := decode(b, 1)
		if err != nil {
			return
		}
		again := r.Append(nil, 1)
		if r.flags() != b[37] {
			return // a deliver-at time of 0, or an empty target, says the same as none
		}
		require.Equal(t, fmt.Sprintf("%x", b[:r.Size()]), fmt.Sprintf("%x", again[:r.Size()]))
	})
}

func FuzzSummary(f *testing.F) {
	s := Summary{Records: 2, Last: 2, Entries: []Entry{{1, 1, 64}}}
	good := s.Append(nil, 1, 128)
	good = good[:len(good)-TrailerSize]
	f.Add(good, int64(128))
	padded := bytes.Clone(good)
	padded[len(padded)-1]++ // the bytes that align the next record say nothing
	f.Add(padded, int64(128))
	keyed := Record{Kind: Index, Key: []byte("key"), Message: ringmq.NewMessage(make([]byte, indexFixed))}
	f.Add(keyed.Append(nil, 1), int64(128))
	f.Fuzz(func(t *testing.T, b []byte, off int64) {
		resum(b, 1)
		got, err := ParseSummary(b, 1, off)
		if err != nil {
			return
		}
		again := got.Append(nil, 1, off)
		size := le.Uint32(b)
		require.Equal(t, b[RecordHeaderSize:size], again[RecordHeaderSize:size])
	})
}
