package proxy_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/proxy"
	"github.com/ringmq/ringmq/socket"
)

// TestBackPressure: nobody receives behind the proxy, so it stops reading, with little in hand, and the producer waits;
// then everything arrives. The stream is longer than what marks and the system's buffers hold together.
func TestBackPressure(t *testing.T) {
	const total = 1000
	filler := make([]byte, 64<<10)
	for _, mark := range []int{1, 10, 100} {
		t.Run(fmt.Sprint(mark), func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				marks := []socket.Option{socket.WithSendHWM(mark), socket.WithRecvHWM(mark)}
				front, back := open(t, pipeline.NewPull, marks...), open(t, pipeline.NewPush, marks...)
				push, pull := open(t, pipeline.NewPush, marks...), open(t, pipeline.NewPull, marks...)
				link(t, fresh(), front, push)
				link(t, fresh(), back, pull)
				r := start(t, proxy.NewStreamer(front, back))
				var taken atomic.Int64
				sent := async(t, func() error {
					for i := range total {
						if err := push.Send(deadline(t), ringmq.NewMessage([]byte(strconv.Itoa(i)), filler)); err != nil {
							return err
						}
						taken.Add(1)
					}
					return nil
				})

				inHand := func() int {
					for passed := uint64(0); ; { // until none was passed on between two looks
						s, p := front.Stats(), r.proxy.Stats().Forward.Messages
						if p == passed {
							return int(s.Received-s.Pending) - int(passed)
						}
						passed = p
					}
				}
				// A receiver at its mark reads on when half of that has been taken.
				eventually(t, "a jam", func() bool { return 2*int(front.Stats().Pending) >= mark && inHand() > 0 })
				require.LessOrEqual(t, inHand(), 64)
				require.Less(t, taken.Load(), int64(total))

				for i := range total {
					m, err := pull.Recv(deadline(t))
					require.NoError(t, err)
					require.Equal(t, strconv.Itoa(i), string(m.Frame(0)))
					m.Release()
				}
				sent()
				r.stop()
				require.Zero(t, r.proxy.Stats().Forward.Dropped)
			})
		})
	}
}

// endless always has as many messages as are asked for, and notes how many that was.
type endless struct {
	mu    sync.Mutex
	asked []int
	read  int
	limit int // messages until it has none any more
}

func (e *endless) RecvBatch(ctx context.Context, dst []ringmq.Message) (int, error) {
	if e.count() == e.limit { // one goroutine reads
		<-ctx.Done()
		return 0, ctx.Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(dst), e.limit-e.read)
	for i := range n {
		dst[i] = ringmq.NewMessage([]byte(strconv.Itoa(e.read + i)))
	}
	e.read += n
	e.asked = append(e.asked, len(dst))
	return n, nil
}

func (e *endless) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.read
}

// valve takes messages up to a number, then blocks until it is opened further, or returns if its context has ended when it
// would have to wait, as sockets do.
type valve struct {
	mu      sync.Mutex
	got     []string
	room    int
	opened  chan struct{}
	blocked chan struct{} // gets a value whenever the sender begins to wait
}

func newValve(room int) *valve {
	return &valve{room: room, opened: make(chan struct{}), blocked: make(chan struct{}, 1)}
}

func (v *valve) open(room int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.room += room
	close(v.opened)
	v.opened = make(chan struct{})
}

func (v *valve) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.got)
}

func (v *valve) SendBatch(ctx context.Context, ms []ringmq.Message) (n int, err error) {
	for {
		n += v.take(ms[n:])
		if n == len(ms) {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		default:
			v.wait(ctx)
		}
	}
}

func (v *valve) take(ms []ringmq.Message) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for n < len(ms) && v.room > 0 {
		v.got = append(v.got, string(ms[n].Frame(0)))
		v.room--
		n++
	}
	return n
}

func (v *valve) wait(ctx context.Context) {
	v.mu.Lock()
	opened, room := v.opened, v.room
	v.mu.Unlock()
	if room > 0 {
		return
	}
	v.blocked <- struct{}{}
	select {
	case <-opened:
	case <-ctx.Done():
	}
}

// TestPace: batches grow as long as nothing blocks, and begin at one again after each wait.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		rooms  []int // what the valve takes before each wait; without limit in the end
		asked  []int
		inHand []int // at each wait
	}{
		{nil, []int{1, 2, 4, 8, 16, 32, 64, 64}, nil},
		{[]int{0}, []int{1, 1, 2, 4}, []int{1}},
		{[]int{1, 1, 1}, []int{1, 2, 1, 1}, []int{2, 1, 1}},
		{[]int{5, 6}, []int{1, 2, 4, 1, 2, 4, 1}, []int{2, 3}},
		{[]int{127 + 10, 64}, []int{1, 2, 4, 8, 16, 32, 64, 64, 1, 2, 4, 8, 1}, []int{54, 5}},
	} {
		t.Run(fmt.Sprint(c.rooms), func(t *testing.T) {
			rooms := append(c.rooms, 1000)
			from, to := &endless{limit: 300}, newValve(rooms[0])
			r := start(t, proxy.NewStreamer(from, to))
			for i, room := range rooms[1:] {
				<-to.blocked
				require.Equal(t, c.inHand[i], from.count()-to.count(), "wait %d", i)
				to.open(room)
			}
			eventually(t, "all messages", func() bool { return r.proxy.Stats().Forward.Messages == 300 })
			r.stop()
			require.Equal(t, c.asked, from.asked[:len(c.asked)])
			for i, text := range to.got {
				require.Equal(t, strconv.Itoa(i), text)
			}
		})
	}
}
