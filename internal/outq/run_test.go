package outq

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// encodeRun encodes the messages as one run and returns how many fit.
func encodeRun(b *Broadcast, ms []ringmq.Message, reference bool) int {
	b.Encode(&ms[0], reference)
	n := 1
	for n < len(ms) && b.Extend(&ms[n], reference) {
		n++
	}
	return n
}

// appendUpTo appends the first n messages of what b has encoded.
func appendUpTo(q *Queue, b *Broadcast, n int) int {
	if n == b.Messages() {
		return q.AppendEncoded(b)
	}
	return q.AppendFirst(b, n)
}

func wires(ms []ringmq.Message) (out []byte) {
	for _, m := range ms {
		out = append(out, wire(m)...)
	}
	return out
}

// mixed is n messages of one and of several frames, with empty ones among them, all to be copied.
func mixed(n int) (ms []ringmq.Message) {
	for i := range n {
		ms = append(ms, []ringmq.Message{sized(i % 7), sized(1, i%300), sized(0, 0, 0), sized(300)}[i%4])
	}
	return ms
}

func TestRunIsWhatItsMessagesAre(t *testing.T) {
	ms := mixed(40)
	var b Broadcast
	require.Equal(t, len(ms), encodeRun(&b, ms, true))
	require.Equal(t, len(ms), b.Messages())
	require.Equal(t, len(wires(ms)), b.Size())
	for n := 1; n <= len(ms); n++ {
		var q Queue
		q.Init()
		q.Append(nil, ref(ringmq.NewString("before")), true)
		require.Equal(t, len(wires(ms[:n])), appendUpTo(&q, &b, n))
		q.Append(nil, ref(ringmq.NewString("behind")), true)
		require.Equal(t, n+2, q.Queued())
		got, msgs := drain(&q, 100)
		want := append(wire(ringmq.NewString("before")), wires(ms[:n])...)
		require.True(t, bytes.Equal(append(want, wire(ringmq.NewString("behind"))...), got), "cut at %d", n)
		require.Equal(t, n+2, msgs)
	}
}

func TestExtendRefusesWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		first, next ringmq.Message
		reference   bool
		want        bool
	}{
		"two small ones":              {sized(1), sized(2), true, true},
		"a frame to be referenced":    {sized(1), sized(ReferenceAt), true, false},
		"behind a referenced frame":   {sized(ReferenceAt), sized(1), true, false},
		"a large one to be copied":    {sized(1), sized(ReferenceAt), false, true},
		"more than the block":         {sized(denseBlock / 2), sized(denseBlock / 2), false, false},
		"exactly the rest of a block": {sized(denseBlock - 9 - 102), sized(100), false, true},
		"a byte more than the rest":   {sized(denseBlock - 9 - 102), sized(101), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			var b Broadcast
			b.Encode(&c.first, c.reference)
			size, msgs := b.Size(), 1
			require.Equal(t, c.want, b.Extend(&c.next, c.reference))
			want := wire(c.first)
			if c.want {
				want, msgs = append(want, wire(c.next)...), 2
			} else {
				require.Equal(t, size, b.Size(), "nothing is done")
			}
			require.Equal(t, msgs, b.Messages())
			var q Queue
			q.Init()
			require.Equal(t, len(want), q.AppendEncoded(&b))
			got, _ := drain(&q, 1<<20)
			require.True(t, bytes.Equal(want, got))
		})
	}
}

// TestRunIsNotCopiedBehindItsNeighbour: the runs of a queue that takes them all are one span.
func TestRunIsNotCopiedBehindItsNeighbour(t *testing.T) {
	ms := mixed(10)
	var b Broadcast
	var q Queue
	q.Init()
	for range 4 {
		require.Equal(t, len(ms), encodeRun(&b, ms, true))
		q.AppendEncoded(&b)
	}
	spans := 0
	for s := q.cur; s != nil; s = s.next.Load() {
		spans++
	}
	require.LessOrEqual(t, spans, 3)
	require.Equal(t, 4*len(ms), q.Queued())
}

// TestRunsInParallel gives runs, some of them cut, to queues that are written at the same time. Legal outcomes: each
// queue writes what it was given, in order, and nothing else, whatever became of the blocks meanwhile.
func TestRunsInParallel(t *testing.T) {
	const queues, runs = 3, 600
	var qs [queues]Queue
	var want, got [queues][]byte
	var given, written [queues]int
	for i := range qs {
		qs[i].Init()
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range qs {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			for last := false; !last; runtime.Gosched() {
				select {
				case <-stop:
					last = true
				default:
				}
				out, n := drain(&qs[i], 1+r.IntN(50_000))
				got[i] = append(got[i], out...)
				written[i] += n
			}
		})
	}
	r := rand.New(rand.NewPCG(5, 6))
	var b Broadcast
	for k := range runs {
		ms := mixed(1 + r.IntN(60))
		n := encodeRun(&b, ms, k%2 == 0)
		for i := range qs {
			if fit := r.IntN(n + 1); fit > 0 {
				appendUpTo(&qs[i], &b, fit)
				want[i] = append(want[i], wires(ms[:fit])...)
				given[i] += fit
			}
		}
	}
	b.Close()
	close(stop)
	wg.Wait()
	for i := range qs {
		require.True(t, bytes.Equal(want[i], got[i]), "queue %d", i)
		require.Equal(t, given[i], written[i])
		require.Zero(t, qs[i].Queued())
	}
}

// FuzzRuns gives the runs of one broadcast, cut where the script says, to two queues beside messages of their own, and
// compares what each writes with a list of messages.
func FuzzRuns(f *testing.F) {
	f.Add([]byte{0, 10, 200, 40, 3, 130, 250, 9, 60, 61, 62, 220, 255, 7})
	f.Add([]byte{59, 1, 59, 240, 59, 2, 119, 119, 254, 180, 181, 3, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var b Broadcast
		var qs [2]Queue
		var model [2][][]byte // messages not wholly written
		var got [2][]byte     // bytes written since the last boundary
		for i := range qs {
			qs[i].Init()
		}
		for k, op := range ops {
			i := k % 2
			q, n := &qs[i], int(op%60)+1
			switch m := shapes[int(op)%len(shapes)]; {
			case op < 120: // a run for both, of which the second queue takes a part
				ms := mixed(n)
				if op >= 60 {
					ms = append(ms, m)
				}
				all := encodeRun(&b, ms, op%2 == 0)
				for j, fit := range [2]int{all, all * n / 60} {
					for _, m := range ms[:fit] {
						model[j] = append(model[j], wire(m))
					}
					if fit > 0 {
						require.Equal(t, len(wires(ms[:fit])), appendUpTo(&qs[j], &b, fit))
					}
				}
			case op < 150:
				q.Append(nil, &m, op%2 == 0)
				model[i] = append(model[i], wire(m))
			case op < 180: // a message of parts for one of them
				b.Encode(&m, op%2 == 0)
				q.AppendEncoded(&b)
				model[i] = append(model[i], wire(m))
			case op < 240:
				size := 0
				for _, p := range q.Gather(make([][]byte, 0, 1+n%5), 1<<(op%18)) {
					got[i] = append(got[i], p...)
					size += len(p)
				}
				for range q.Advance(size) {
					require.True(t, bytes.HasPrefix(got[i], model[i][0]))
					got[i], model[i] = got[i][len(model[i][0]):], model[i][1:]
				}
			case op < 245:
				q.Rewind()
				got[i] = nil
			case op < 250:
				require.Equal(t, len(model[i]), q.Drop())
				model[i], got[i] = nil, nil
			case op < 253:
				q.Trim()
			default:
				b.Close()
			}
			require.Equal(t, len(model[i]), q.Queued())
		}
		for i := range qs {
			rest, _ := drain(&qs[i], 1<<20)
			require.True(t, bytes.Equal(bytes.Join(model[i], nil), append(got[i], rest...)))
		}
	})
}
