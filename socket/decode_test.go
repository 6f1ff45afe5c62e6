package socket

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// body is a frame's body that shows where it was torn or overwritten.
func body(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7) ^ byte(i>>8) ^ byte(n)
	}
	if n > 0 {
		b[0] = 'x' // no mark of the rig
	}
	return b
}

// encode is a message as it travels.
func encode(v1 bool, frames ...[]byte) (b []byte) {
	for i, f := range frames {
		var flags byte
		if i < len(frames)-1 {
			flags = zmtp.FlagMore
		}
		if v1 {
			b = zmtp.AppendFrameV1(b, flags, f)
		} else {
			b = zmtp.AppendFrame(b, flags, f)
		}
	}
	return b
}

var pieces = []int{1 << 10, 5000, 64 << 10, 1 << 20}

func TestDecodeFramesOfEverySize(t *testing.T) {
	sizes := []int{
		0, 1, 253, 254, 255, 256, smallChunk - 2, smallChunk, smallChunk + 1, chunkSize - 9, chunkSize, chunkSize + 1,
		growAtOnce - 9, growAtOnce, growAtOnce + 1, 700_001,
	}
	for _, size := range sizes {
		for _, v1 := range []bool{false, true} {
			for i, piece := range pieces {
				t.Run(fmt.Sprintf("%d bytes, v1=%v, pieces of %d", size, v1, piece), func(t *testing.T) {
					in := slices.Concat(encode(v1, []byte("before")), encode(v1, body(size)), encode(v1, []byte("a"), body(size)))
					trial{in: in, v1: v1, limit: math.MaxInt32, hwm: i, piece: piece, wantEvents: 3}.check(t)
				})
			}
		}
	}
}

func TestDecodeByteByByte(t *testing.T) {
	in := slices.Concat(
		encode(false, []byte("single")), encode(false, []byte("one"), nil, body(300)),
		zmtp.AppendSubscribe(nil, []byte("topic")), encode(false, nil), zmtp.AppendPing(nil, 0, []byte("context")),
		encode(false, body(600)), encode(false, []byte("kept")), encode(false, []byte("Discard me")),
		encode(false, []byte("Consume me"), body(10)),
	)
	for lead := range 40 {
		trial{in: in, lead: lead, limit: 1000, hwm: 1, piece: 1, wantEvents: 7}.check(t)
	}
	for end := range len(in) {
		trial{in: in[:end], limit: 1000, hwm: 1, piece: 1}.check(t)
	}
}

// Whatever the mark, reading goes on where it stopped.
func TestDecodePausesAtTheMark(t *testing.T) {
	var in []byte
	for i := range 3000 {
		in = append(in, encode(false, fmt.Appendf(nil, "message %d", i), body(i%50))...)
		if i%7 == 0 {
			in = append(in, encode(false, body(i))...)
		}
	}
	for _, hwm := range []int{1, 2, 3, 10, 100, 1000} {
		for _, piece := range pieces {
			trial{in: in, limit: 1 << 20, hwm: hwm, piece: piece, wantEvents: 3000}.check(t)
		}
	}
}

// With the mark at 1 nothing more than one message is ever made before it is taken.
func TestDecodeMakesNoMoreThanTheMark(t *testing.T) {
	in := slices.Repeat(encode(false, []byte("message")), 100)
	r := newRig(t, 1, 0)
	r.start(false, 1000, in)
	for n := 1; n <= 100; n++ {
		more, err := r.decode()
		require.NoError(t, err)
		require.False(t, more)
		require.Len(t, r.queued, n)
		require.Equal(t, n < 100, r.cn.dec.held())
		r.pop(1)
		r.cn.pipe.in.q.Peek()
	}
	more, err := r.decode()
	require.NoError(t, err)
	require.True(t, more)
	r.finish()
}

func TestDecodeCommandsBetweenFrames(t *testing.T) {
	more := func(b []byte, f string) []byte { return zmtp.AppendFrame(b, zmtp.FlagMore, []byte(f)) }
	in := zmtp.AppendSubscribe(more(nil, "one"), []byte("first"))
	in = zmtp.AppendPing(more(in, "two"), 0, []byte("hello"))
	in = zmtp.AppendCancel(in, []byte("first"))
	in = zmtp.AppendFrame(in, 0, []byte("three"))
	r := newRig(t, 0, 0)
	r.start(false, 1000, nil)
	require.NoError(t, r.feed(in, len(in)))
	require.Equal(t, []string{"+first", "-first", "3:one3:two5:three"}, r.events)
	require.Equal(t, zmtp.AppendPong(nil, []byte("hello")), r.cn.pipe.ctl.buf)
	r.finish()
	for piece := range 20 {
		trial{in: slices.Repeat(in, 300), limit: 1000, hwm: piece, piece: 1 + 33*piece, wantEvents: 900}.check(t)
	}
}

// A peer that sends commands only, as a subscriber does, costs its publisher no block of messages.
func TestDecodeTakesNoBlockForCommands(t *testing.T) {
	r := newRig(t, 0, 0)
	r.start(false, 1000, nil)
	require.NoError(t, r.feed(zmtp.AppendSubscribe(nil, []byte("topic")), 5))
	require.Equal(t, []string{"+topic"}, r.events)
	require.Nil(t, r.cn.pipe.in.q.Spare())
	require.NoError(t, r.feed(encode(false, []byte("message")), 3))
	require.NotNil(t, r.cn.pipe.in.q.Spare())
	r.finish()
}

// The commands that wait in memory with the frames of an unfinished message are bounded; outside they are not.
func TestDecodeBoundsCommandsInAMessage(t *testing.T) {
	const limit = 1 << 20
	ping := zmtp.AppendPing(nil, 0, []byte("0123456789"))
	pings := func(bytes int) []byte { return slices.Repeat(ping, bytes/len(ping)) }
	inside := func(frame, bytes int) []byte {
		in := zmtp.AppendFrame(nil, zmtp.FlagMore, body(frame))
		return slices.Concat(in, pings(bytes), encode(false, []byte("last")))
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"outside":                {slices.Concat(pings(4*maxBetween), encode(false, []byte("m"))), nil},
		"as many as may be":      {inside(0, maxBetween), nil},
		"too many":               {inside(0, maxBetween+2*len(ping)), ringmq.ErrTooLarge},
		"payload does not count": {inside(limit/2, maxBetween), nil},
		"nor does it make room":  {inside(1000, maxBetween+2*len(ping)), ringmq.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, (&model{limit: limit}).parse(c.in))
			trial{in: c.in, limit: limit, piece: 3000}.check(t)
		})
	}
}

func TestDecodeBoundsTheFrames(t *testing.T) {
	empty := []byte{zmtp.FlagMore, 0}
	for frames, want := range map[int]error{maxFrames: nil, maxFrames + 1: ringmq.ErrTooLarge} {
		in := append(slices.Repeat(empty, frames-1), 0, 0)
		require.Equal(t, want, (&model{limit: 1000}).parse(in))
		trial{in: append(in, encode(false, []byte("next"))...), limit: 1000, piece: 5000}.check(t)
	}
}

func TestDecodeBoundsTheMessage(t *testing.T) {
	const limit = 1000
	for name, c := range map[string]struct {
		frames []int
		want   error
	}{
		"one frame at the limit":   {[]int{limit}, nil},
		"one frame above":          {[]int{limit + 1}, ringmq.ErrTooLarge},
		"many frames at the limit": {[]int{499, 1, 0, 500}, nil},
		"many frames above":        {[]int{499, 1, 1, 500}, ringmq.ErrTooLarge},
		"the last is empty":        {[]int{500, 500, 0}, nil},
	} {
		for _, v1 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, v1=%v", name, v1), func(t *testing.T) {
				frames := make([][]byte, len(c.frames))
				for i, n := range c.frames {
					frames[i] = body(n)
				}
				in := encode(v1, frames...)
				require.Equal(t, c.want, (&model{limit: limit, v1: v1}).parse(in))
				for piece := range 20 {
					trial{in: slices.Repeat(in, 10), v1: v1, limit: limit, piece: 1 + 77*piece}.check(t)
				}
			})
		}
	}
}

// A header's word costs at most growAtOnce: the rest grows with what arrives.
func TestDecodeTrustsNoHeader(t *testing.T) {
	for name, header := range map[string][]byte{
		"one frame": zmtp.AppendHeader(nil, 0, math.MaxInt32),
		"command":   zmtp.AppendHeader(nil, zmtp.FlagCommand, math.MaxInt32),
		"the second frame": zmtp.AppendHeader(
			zmtp.AppendFrame(nil, zmtp.FlagMore, []byte("x")), 0, math.MaxInt32-1),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0, 0)
			r.start(false, math.MaxInt32, nil)
			require.NoError(t, r.feed(header, 5))
			for arrived := len(header); arrived < 3<<20; arrived += 100_000 {
				require.NoError(t, r.feed(make([]byte, 100_000), 64<<10)) // checks the growth
			}
			r.finish()
			require.Empty(t, r.events)
		})
	}
}

// A connection with little traffic keeps to small chunks, one with much goes over to large ones and back.
func TestDecodeSizesItsChunks(t *testing.T) {
	r := newRig(t, 0, 0)
	r.start(false, math.MaxInt32, nil)
	size := func() int { return len(r.cn.dec.chunk.Buf) }
	require.Equal(t, smallChunk, size())
	quiet := encode(false, body(100))
	for range 1000 {
		require.NoError(t, r.feed(quiet, 1000))
	}
	require.Equal(t, smallChunk, size())
	require.NoError(t, r.feed(slices.Repeat(encode(false, body(chunkSize/3)), 40), math.MaxInt32))
	require.GreaterOrEqual(t, size(), chunkSize)
	for range 3000 {
		require.NoError(t, r.feed(quiet, 1000))
	}
	require.Equal(t, smallChunk, size())
	r.finish()
}

func TestDecodeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
		text string
	}{
		"reserved flag":    {"\x08", ringmq.ErrProtocol, "reserved bit"},
		"command and more": {"\x05\x00", ringmq.ErrProtocol, "MORE"},
		"negative size":    {"\x02\x80", ringmq.ErrProtocol, "size"},
		"empty command":    {"\x04\x00", ringmq.ErrProtocol, "command"},
		"ping cut short":   {"\x04\x06\x04PING\x00", ringmq.ErrProtocol, "command"},
		"too large":        {"\x00\x65", ringmq.ErrTooLarge, "more than 100 bytes"},
		"largest size":     {"\x02\x7f\xff\xff\xff\xff\xff\xff\xff", ringmq.ErrTooLarge, "more than 100 bytes"},
		"largest command":  {"\x06\x7f\xff\xff\xff\xff\xff\xff\xff", ringmq.ErrTooLarge, "more than 100 bytes"},
		"largest in all":   {"\x01\x01a\x02\x7f\xff\xff\xff\xff\xff\xff\xff", ringmq.ErrTooLarge, "more than 100 bytes"},
		"refused":          {"\x00\x01R", ringmq.ErrProtocol, "must not send to a PULL"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0, 0)
			r.start(false, 100, []byte("\x00\x04good"))
			err := r.feed([]byte(c.in), 1)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, "4:good", r.events[0], "what came before counts")
			r.finish()
		})
	}
}

func TestDecodedMessagesKnowTheirPeer(t *testing.T) {
	r := newRig(t, 0, 0)
	r.start(false, 1<<20, nil)
	r.cn.dec.props.Add("Peer-Address", "here")
	require.NoError(t, r.feed(encode(false, body(100_000)), 10_000))
	m, ok := r.cn.pipe.in.q.Pop()
	require.True(t, ok)
	address, ok := m.Property("peer-address")
	require.True(t, ok)
	require.Equal(t, "here", address)
	require.NoError(t, r.feed(nil, 1))
	r.cn.dec.close()
}

// Random traffic of the kind that peers send, with some that break the rules at the end.
func TestDecodeRandomTraffic(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		c := trial{v1: r.IntN(4) == 0, limit: 1 << (8 + r.IntN(11)), hwm: r.IntN(40), piece: pieces[r.IntN(len(pieces))], seed: seed}
		c.in = traffic(r, c.v1, c.limit)
		c.lead = r.IntN(min(len(c.in), 1000) + 1)
		t.Run(fmt.Sprintf("seed %d: %d bytes, v1=%v", seed, len(c.in), c.v1), func(t *testing.T) { c.check(t) })
	}
}

func traffic(r *rand.Rand, v1 bool, limit int) (b []byte) {
	for want := 200 << r.IntN(12); len(b) < want; {
		frames := make([][]byte, 1+r.IntN(1+r.IntN(6)))
		for i := range frames {
			frames[i] = body(r.IntN(min(limit, 8<<r.IntN(14))) / len(frames))
			if n := r.IntN(40); n < 2 && len(frames[i]) > 0 {
				frames[i][0] = "CD"[n]
			}
		}
		b = append(b, encode(v1, frames...)...)
		if !v1 && r.IntN(5) == 0 {
			b = zmtp.AppendSubscribe(b, []byte(strings.Repeat("topic", r.IntN(20))))
		}
		if !v1 && r.IntN(9) == 0 {
			b = zmtp.AppendPing(b, uint16(r.IntN(2)), []byte("context"))
		}
	}
	switch r.IntN(4) {
	case 0:
		return append(b, encode(v1, body(limit+1))...)
	case 1:
		return append(b, 0, 0xFF)
	case 2:
		return b[:len(b)-1]
	}
	return b
}

// FuzzDecoder feeds arbitrary bytes in arbitrary pieces, over and over, so that they fill many chunks.
func FuzzDecoder(f *testing.F) {
	for _, s := range []string{
		"", "\x00\x05hello", "\x01\x01a\x00\x01b", "\x01\x01a\x04\x0a\x09SUBSCRIBE\x00\x01b", "\x04\x09\x04PING\x00\x01ctx",
		"\x02\x00\x00\x00\x00\x00\x00\x00\x03abc", "\x02\x00\x00\x00\x00\x00\x10\x00\x00", "\x08", "\x05\x00", "\x00\x02Rx",
		"\x00\x02Cx\x00\x02Dx", "\x06\x00hello", "\xff\x00\x00\x00\x00\x00\x00\x00\x06\x01hello\x02\x00x", "\x04\x07\x05ERROR\x00",
		"\xff000000000", "\x02\x01a\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		for _, v1 := range []bool{false, true} {
			f.Add([]byte(s), uint64(len(s)), uint16(300), uint8(len(s)%4), uint16(1), uint8(0), v1)
			f.Add([]byte(s), uint64(len(s)), uint16(60_000), uint8(0), uint16(5000), uint8(200), v1)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, seed uint64, limit uint16, hwm uint8, piece uint16, repeat uint8, v1 bool) {
		const most = 1 << 20 // bytes: enough for every size of chunk
		if n := 1 + int(repeat); len(in)*n <= most {
			in = slices.Repeat(in, n)
		}
		trial{
			in: in, lead: int(seed % uint64(min(len(in), 1000)+1)), v1: v1,
			limit: 1 + int(limit), hwm: int(hwm), piece: 1 + int(piece), seed: seed,
		}.check(t)
	})
}
