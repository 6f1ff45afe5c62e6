package socket

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

func TestDequeAgainstAList(t *testing.T) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var d deque
		var list []kept
		for i := range 500 {
			k := kept{size: rnd.IntN(100), at: int64(i)}
			switch rnd.IntN(5) {
			case 0:
				require.Equal(t, k, *d.slot(d.pushFront(k)))
				list = append([]kept{k}, list...)
			case 1, 2:
				place := d.pushBack(k)
				list = append(list, k)
				require.Equal(t, k, *d.slot(place))
			case 3:
				if n := len(list); n > 0 && rnd.IntN(2) == 0 {
					require.Equal(t, list[n-1], d.popBack())
					list = list[:n-1]
				} else if n > 0 {
					require.Equal(t, list[0], d.popFront())
					list = list[1:]
				}
			case 4:
				if n := len(list); n > 0 {
					at := rnd.IntN(n)
					d.replace(d.first+uint64(at), k)
					list[at] = k
				}
			}
			require.Equal(t, len(list), d.n)
			if i%20 == 0 {
				requireHolds(t, &d, list)
			}
		}
	}
}

func requireHolds(t *testing.T, d *deque, list []kept) {
	bytes := 0
	for at, k := range list {
		bytes += k.size
		require.Equal(t, k, *d.slot(d.first + uint64(at)))
	}
	require.Equal(t, bytes, d.bytes)
}

// kernel stands for a connection: it takes what a backlog offers, any number of bytes at a time.
type kernel struct {
	t    *testing.T
	b    *backlog
	tail []byte // of a message that is not wholly written
	got  []message
}

// message is what a test message says.
type message struct {
	key byte
	n   uint64
}

// write takes up to n bytes, and reads the messages that are complete: one that was cut would be no frame.
func (k *kernel) write(n int) {
	k.b.offer()
	bufs := k.b.pipe.out.Gather(make([][]byte, 0, 4), max(n, 1))
	written := 0
	for _, buf := range bufs {
		buf = buf[:min(len(buf), n-written)]
		k.tail = append(k.tail, buf...)
		written += len(buf)
	}
	if written == 0 {
		return
	}
	k.b.pipe.out.Advance(written)
	for {
		flags, size, head, err := zmtp.ParseHeader(k.tail)
		require.NoError(k.t, err)
		if head == 0 || uint64(len(k.tail)-head) < size {
			return
		}
		require.Zero(k.t, flags&^zmtp.FlagLong)
		body := k.tail[head:]
		k.got = append(k.got, message{body[0], binary.BigEndian.Uint64(body[1:])})
		k.tail = k.tail[head+int(size):]
	}
}

// reset is the end of the connection.
func (k *kernel) reset() {
	k.b.takeBack()
	k.tail = nil
}

// testMessage is a key, a number and padding.
func testMessage(key byte, n uint64, size int) ringmq.Message {
	return ringmq.NewMessage(append(binary.BigEndian.AppendUint64([]byte{key}, n), make([]byte, size)...))
}

func testKey(m *ringmq.Message) []byte { return m.Frame(0)[:1] }

func newTestBacklog(t *testing.T, opts ...Option) *backlog {
	cfg, err := configure(opts)
	require.NoError(t, err)
	c := &Core{cfg: cfg}
	return c.newPipe("", false).back
}

// TestBacklogAgainstAModel: whatever is sent, written in part and taken back: nothing is lost without a count, nothing
// comes twice on one connection or in the wrong order, and the newest message is always there.
func TestBacklogAgainstAModel(t *testing.T) {
	for name, test := range map[string]struct {
		opts  []Option
		drops bool
		keys  int
	}{
		"oldest":           {[]Option{WithOverflow(DropOldest()), WithSendHWM(7)}, true, 1},
		"oldest, one":      {[]Option{WithOverflow(DropOldest()), WithSendHWM(1)}, true, 1},
		"oldest, bytes":    {[]Option{WithOverflow(DropOldest()), WithSendHWM(0), WithSendHWMBytes(5000)}, true, 1},
		"by key":           {[]Option{WithOverflow(Conflate(testKey)), WithSendHWM(9)}, true, 12},
		"by key, bytes":    {[]Option{WithOverflow(Conflate(testKey)), WithSendHWM(9), WithSendHWMBytes(4000)}, true, 12},
		"conflate":         {[]Option{WithConflate()}, true, 1},
		"newest, bytes":    {[]Option{WithSendHWMBytes(20_000), WithSendHWM(50)}, false, 1},
		"newest, no marks": {[]Option{WithSendMaxAge(time.Hour), WithSendHWM(0)}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				runBacklog(t, rand.New(rand.NewPCG(seed, 2)), newTestBacklog(t, test.opts...), test.drops, test.keys)
			}
		})
	}
}

func runBacklog(t *testing.T, rnd *rand.Rand, b *backlog, drops bool, keys int) {
	k := &kernel{t: t, b: b}
	var copies keeper
	var taken uint64
	var last message
	for n := range uint64(400) {
		switch rnd.IntN(9) {
		case 0, 1, 2, 3, 4:
			key := byte(rnd.IntN(keys))
			m := testMessage(key, n, rnd.IntN(1200))
			room := b.takes(m.Size())
			require.Equal(t, room, b.add(&copies, nil, &m, rnd.IntN(2) == 0))
			if room {
				taken, last = taken+1, message{key, n}
			}
			require.True(t, room || !drops)
		case 5, 6, 7:
			k.write(rnd.IntN(3000))
		default:
			if rnd.IntN(4) == 0 {
				k.reset()
			}
		}
		requireMarks(t, b, drops)
		require.Equal(t, taken, b.appended()-b.returned+b.losses().messages())
	}
	for b.pipe.out.Done() < b.appended() {
		k.write(5000)
	}
	require.Len(t, k.got, int(taken-b.losses().messages()))
	require.True(t, slices.Contains(k.got, last), "the newest")
	requireOrder(t, k.got)
	require.True(t, b.halved())
	require.Zero(t, b.waiting.bytes+b.offered.bytes)
	require.Empty(t, b.places)
}

func requireMarks(t *testing.T, b *backlog, drops bool) {
	n, bytes := b.waiting.n, b.waiting.bytes
	if !drops {
		n, bytes = n+b.offered.n, bytes+b.offered.bytes
	}
	require.True(t, b.hwm == 0 || n <= b.hwm, "%d messages", n)
	require.True(t, b.opts.maxBytes == 0 || n <= 1 || bytes <= b.opts.maxBytes, "%d bytes", bytes)
}

// requireOrder asserts that the messages of each key come in order, each once.
func requireOrder(t *testing.T, got []message) {
	last := map[byte]uint64{}
	for _, m := range got {
		if before, ok := last[m.key]; ok {
			require.Greater(t, m.n, before)
		}
		last[m.key] = m.n
	}
}

// TestBacklogConflatesInPlace: the newest of each key, in the order in which the keys fell behind; the oldest key makes
// way for one too many.
func TestBacklogConflatesInPlace(t *testing.T) {
	b := newTestBacklog(t, WithOverflow(Conflate(nil)), WithSendHWM(2))
	for i, topic := range []string{"a", "b", "a", "b", "a", "c", "b"} {
		m := ringmq.NewString(topic, fmt.Sprint(i))
		require.True(t, b.add(nil, nil, &m, false))
	}
	for _, want := range []string{"6", "5"} {
		msg, ok := b.next()
		require.True(t, ok)
		require.Equal(t, want, string(msg.m.Frame(1)))
	}
	require.Equal(t, Losses{Conflated: 4, Oldest: 1}, b.losses())
}

// TestBacklogExpires: what has waited for too long is not offered; what was offered and comes back is judged again.
func TestBacklogExpires(t *testing.T) {
	b := newTestBacklog(t, WithSendMaxAge(time.Hour))
	k := &kernel{t: t, b: b}
	for n := range uint64(4) {
		m := testMessage(0, n, 10)
		require.True(t, b.add(nil, nil, &m, false))
	}
	k.write(1)
	require.Equal(t, 4, b.offered.n)
	k.reset()
	age := func(n int) {
		for i := range n {
			b.waiting.slot(b.waiting.first + uint64(i)).at -= int64(2 * time.Hour)
		}
	}
	age(2)
	k.write(1000)
	require.Equal(t, []message{{0, 2}, {0, 3}}, k.got)
	require.Equal(t, Losses{Expired: 2}, b.losses())
	m := testMessage(0, 4, 10)
	require.True(t, b.add(nil, nil, &m, false))
	age(1)
	require.EqualValues(t, b.pipe.out.Done(), b.appended(), "who asks does not see it either")
	require.Equal(t, Losses{Expired: 3}, b.losses())
}

// TestBacklogCopies what is lent to it or lies in a chunk, and nothing else.
func TestBacklogCopies(t *testing.T) {
	chunk := ringmq.NewChunk(make([]byte, 8), nil, nil)
	for name, c := range map[string]struct {
		chunk    *ringmq.Chunk
		env      [][]byte
		borrowed bool
		copied   bool
	}{
		"given":    {},
		"lent":     {borrowed: true, copied: true},
		"received": {chunk: chunk, copied: true},
		"enclosed": {env: [][]byte{[]byte("id")}, copied: true},
	} {
		t.Run(name, func(t *testing.T) {
			var k keeper
			for _, size := range []int{1, keepInSlab / 2, keepInSlab, keepInSlab + 1, 3 * keepSlab} {
				first, second := make([]byte, size), []byte("second")
				m := ringmq.Assemble(c.chunk, first, [][]byte{second})
				got := k.keep(c.env, &m, c.borrowed)
				first[0], second[0] = 1, 'S'
				require.Equal(t, len(c.env)+2, got.Len())
				require.Equal(t, c.copied, got.Frame(len(c.env))[0] == 0)
				require.Equal(t, c.copied, string(got.Frame(len(c.env)+1)) == "second")
				require.Nil(t, got.Chunk())
			}
		})
	}
}

// BenchmarkBacklog is what a message costs on its way through a backlog, with one that is written as it is offered; to
// be compared with BenchmarkAppend of internal/outq, which the path without one costs.
func BenchmarkBacklog(b *testing.B) {
	for name, opts := range map[string][]Option{
		"bytes":  {WithSendHWMBytes(1 << 30)},
		"age":    {WithSendMaxAge(time.Hour)},
		"oldest": {WithOverflow(DropOldest())},
		"by key": {WithOverflow(Conflate(nil))},
	} {
		b.Run(name, func(b *testing.B) {
			cfg, err := configure(append(opts, WithSendHWM(0)))
			require.NoError(b, err)
			back := (&Core{cfg: cfg}).newPipe("", false).back
			m := ringmq.NewMessage(make([]byte, 64))
			var copies keeper
			bufs := make([][]byte, 0, maxPieces)
			b.ReportAllocs()
			for i := range b.N {
				back.add(&copies, nil, &m, true)
				if i%64 < 63 {
					continue
				}
				back.offer()
				n := 0
				for _, buf := range back.pipe.out.Gather(bufs, maxWrite) {
					n += len(buf)
				}
				back.pipe.out.Advance(n)
			}
		})
	}
}
