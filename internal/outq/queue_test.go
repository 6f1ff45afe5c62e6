package outq

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// wire is the plain model: the frames of one message, one after another.
func wire(m ringmq.Message) []byte {
	var b []byte
	for i := range m.Len() {
		var flags byte
		if i < m.Len()-1 {
			flags = zmtp.FlagMore
		}
		b = zmtp.AppendFrame(b, flags, m.Frame(i))
	}
	return b
}

func ref(m ringmq.Message) *ringmq.Message { return &m }

// drain writes at most step bytes at a time until the queue is empty.
func drain(q *Queue, step int) (out []byte, msgs int) {
	for !q.Empty() {
		bufs := q.Gather(make([][]byte, 0, 4), step)
		n := 0
		for _, b := range bufs {
			out = append(out, b...)
			n += len(b)
		}
		msgs += q.Advance(n)
	}
	return out, msgs
}

func sized(sizes ...int) ringmq.Message {
	fs := make([][]byte, len(sizes))
	for i, n := range sizes {
		fs[i] = bytes.Repeat([]byte{byte(n)}, n)
	}
	return ringmq.NewMessage(fs...)
}

var shapes = []ringmq.Message{
	sized(0), sized(1), sized(255), sized(256), sized(64), sized(0, 0, 0), sized(5, 300, 0),
	sized(ReferenceAt - 1), sized(ReferenceAt), sized(3, ReferenceAt), sized(ReferenceAt, 3),
	sized(ReferenceAt, ReferenceAt+1), sized(1, ReferenceAt, 2, 70_000, 0), sized(denseBlock), sized(100_000, 1),
}

func TestWhatIsAppendedIsWritten(t *testing.T) {
	for _, step := range []int{1 << 20, 4096, 100, 1} {
		for _, reference := range []bool{false, true} {
			var q Queue
			q.Init()
			var want []byte
			for _, m := range shapes {
				q.Append(nil, &m, reference)
				want = append(want, wire(m)...)
			}
			require.Equal(t, len(shapes), q.Queued())
			got, msgs := drain(&q, step)
			require.True(t, bytes.Equal(want, got), "step %d reference %v", step, reference)
			require.Equal(t, len(shapes), msgs)
			require.Zero(t, q.Queued())
			require.False(t, q.MidMessage())
		}
	}
}

func TestEnvelopeGoesFirst(t *testing.T) {
	var q Queue
	q.Init()
	q.Append([][]byte{[]byte("id"), {}}, ref(ringmq.NewString("body")), true)
	got, _ := drain(&q, 1000)
	require.Equal(t, wire(ringmq.NewString("id", "", "body")), got)
}

func TestRewindRepeatsOnlyTheUnfinishedMessage(t *testing.T) {
	for _, m := range shapes {
		w := wire(m)
		for _, cut := range []int{0, 1, len(w) / 2, len(w) - 1, len(w)} {
			var q Queue
			q.Init()
			q.Append(nil, ref(ringmq.NewString("first")), true)
			q.Append(nil, &m, true)
			q.Append(nil, ref(ringmq.NewString("last")), true)
			first := len(wire(ringmq.NewString("first")))
			write(&q, first+cut)
			require.Equal(t, cut > 0 && cut < len(w), q.MidMessage())
			if q.MidMessage() {
				require.Equal(t, len(w)-cut, q.MessageRest())
			} else {
				require.Zero(t, q.MessageRest())
			}
			q.Rewind()
			want := wire(ringmq.NewString("last"))
			if cut < len(w) {
				want = append(bytes.Clone(w), want...)
			}
			got, _ := drain(&q, 1<<20)
			require.True(t, bytes.Equal(want, got))
		}
	}
}

// write writes exactly n bytes.
func write(q *Queue, n int) {
	for n > 0 {
		bufs := q.Gather(make([][]byte, 0, 8), n)
		k := 0
		for _, b := range bufs {
			k += len(b)
		}
		q.Advance(k)
		n -= k
	}
}

func TestDropCountsEveryMessageOnce(t *testing.T) {
	for cut := range 40 {
		var q Queue
		q.Init()
		for range 3 {
			q.Append(nil, ref(ringmq.NewString("0123456789")), false)
		}
		write(&q, cut%37)
		done := int(q.Done())
		require.Equal(t, 3-done, q.Drop())
		require.Zero(t, q.Queued())
		require.True(t, q.Empty())
		q.Append(nil, ref(ringmq.NewString("after")), false)
		got, _ := drain(&q, 100)
		require.Equal(t, wire(ringmq.NewString("after")), got)
	}
}

func TestSubscriberOfEverythingHasOneSpan(t *testing.T) {
	var b Broadcast
	var q Queue
	q.Init()
	for range 100 {
		b.Encode(ref(ringmq.NewString("topic", "body")), true)
		q.AppendEncoded(&b)
	}
	spans := 0
	for s := q.cur; s != nil; s = s.next.Load() {
		spans++
	}
	require.LessOrEqual(t, spans, 3, "the sentinel, a copy of the first message, and one span for all others")
	require.Equal(t, 100, q.Queued())
}

func TestTrimGivesTheBlockBack(t *testing.T) {
	var q Queue
	q.Init()
	q.Append(nil, ref(ringmq.NewString("x")), false)
	q.Trim()
	require.NotNil(t, q.blk, "not while something is queued")
	drain(&q, 100)
	q.Trim()
	require.Nil(t, q.blk)
	q.Append(nil, ref(ringmq.NewString("y")), false)
	got, _ := drain(&q, 100)
	require.Equal(t, wire(ringmq.NewString("y")), got)
}

func TestSteadyUseDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops items at random under the race detector")
	}
	var q Queue
	q.Init()
	m := sized(64)
	bufs := make([][]byte, 0, 8)
	cycle := func() {
		for range 2000 {
			q.Append(nil, &m, false)
		}
		for !q.Empty() {
			n := 0
			for _, b := range q.Gather(bufs, 1<<20) {
				n += len(b)
			}
			q.Advance(n)
		}
	}
	cycle()
	require.Less(t, testing.AllocsPerRun(50, cycle), 5.0, "for 2000 messages")
}

// TestStress appends on one goroutine and writes on another, with writes cut at random places and rewinds. Legal
// outcomes: every whole message, once, in order; after a rewind the bytes since the last boundary again.
func TestStress(t *testing.T) {
	const total = 30_000
	var q Queue
	q.Init()
	var bc Broadcast
	var wg sync.WaitGroup
	wg.Go(func() {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range total {
			m := numbered(i)
			if r.IntN(2) == 0 {
				q.Append(nil, &m, true)
			} else {
				bc.Encode(&m, true)
				if r.IntN(3) == 0 { // somebody else's message lies between
					bc.Encode(&m, true)
				}
				q.AppendEncoded(&bc)
			}
			for q.Queued() > 1000 {
				runtime.Gosched()
			}
		}
	})
	r := rand.New(rand.NewPCG(3, 4))
	var got []byte
	for i := 0; i < total; {
		bufs := q.Gather(make([][]byte, 0, 6), 1+r.IntN(40_000))
		n := 0
		for _, b := range bufs {
			got = append(got, b...)
			n += len(b)
		}
		if n == 0 {
			runtime.Gosched()
			continue
		}
		if cut := r.IntN(4); cut == 0 {
			keep := r.IntN(n + 1)
			got = got[:len(got)-n+keep]
			n = keep
		}
		for range q.Advance(n) {
			w := wire(numbered(i))
			if !bytes.HasPrefix(got, w) {
				t.Fatalf("message %d differs", i)
			}
			got = got[len(w):]
			i++
		}
		if r.IntN(10) == 0 {
			q.Rewind()
			got = got[:0]
		}
	}
	wg.Wait()
	require.True(t, q.Empty())
	require.EqualValues(t, total, q.Done())
}

func numbered(i int) ringmq.Message {
	body := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
	switch i % 50 {
	case 7:
		return ringmq.NewMessage(body, bytes.Repeat(body, ReferenceAt/3+1), body)
	case 9:
		return ringmq.NewMessage(bytes.Repeat(body, 100))
	}
	return ringmq.NewMessage(body, body)
}

// FuzzModel runs a script of appends, cut writes, rewinds and drops against a list of messages.
func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 200, 17, 4, 5, 210, 3, 240, 250, 6, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var q Queue
		var bc Broadcast
		q.Init()
		var model [][]byte // messages not wholly written
		var got []byte     // bytes written since the last boundary
		check := func(msgs int) {
			for range msgs {
				require.True(t, bytes.HasPrefix(got, model[0]))
				got, model = got[len(model[0]):], model[1:]
			}
		}
		for _, op := range ops {
			switch m := shapes[int(op)%len(shapes)]; {
			case op < 90:
				q.Append(nil, &m, op%2 == 0)
				model = append(model, wire(m))
			case op < 180:
				bc.Encode(&m, op%2 == 0)
				if op%3 == 0 {
					bc.Encode(&m, op%2 == 0)
				}
				q.AppendEncoded(&bc)
				model = append(model, wire(m))
			case op < 240:
				n := 0
				for _, b := range q.Gather(make([][]byte, 0, 1+int(op)%5), 1<<(op%18)) {
					got = append(got, b...)
					n += len(b)
				}
				check(q.Advance(n))
				if q.MidMessage() {
					require.Equal(t, len(model[0])-len(got), q.MessageRest())
				}
			case op < 250:
				q.Rewind()
				got = got[:0]
			case op == 255:
				require.Equal(t, len(model), q.Drop())
				model, got = nil, nil
			default:
				q.Trim()
			}
			require.Equal(t, len(model), q.Queued())
			require.Equal(t, len(got) > 0, q.MidMessage())
		}
		rest, _ := drain(&q, 1<<20)
		require.True(t, bytes.Equal(bytes.Join(model, nil), append(got, rest...)))
	})
}

func BenchmarkAppend(b *testing.B) {
	m := sized(64)
	bufs := make([][]byte, 0, 8)
	var q Queue
	q.Init()
	b.ReportAllocs()
	for i := range b.N {
		q.Append(nil, &m, false)
		if i%1000 == 999 {
			n := 0
			for _, p := range q.Gather(bufs, 1<<20) {
				n += len(p)
			}
			q.Advance(n)
		}
	}
}

func BenchmarkFanOut64(b *testing.B) {
	m := sized(8, 64)
	bufs := make([][]byte, 0, 8)
	qs := make([]Queue, 64)
	for i := range qs {
		qs[i].Init()
	}
	var bc Broadcast
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		bc.Encode(&m, false)
		for j := range qs {
			qs[j].AppendEncoded(&bc)
		}
		if i%1000 != 999 {
			continue
		}
		for j := range qs {
			n := 0
			for _, p := range qs[j].Gather(bufs, 1<<20) {
				n += len(p)
			}
			qs[j].Advance(n)
		}
	}
}
