package conformance_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/transport"
	inproctransport "github.com/ringmq/ringmq/transport/inproc"
)

// TestCloseOfPeersThatAreSentOff: what Disconnect and Unbind have left to be sent is sent, within the linger period, also
// if the socket is closed right after them, and whatever it has not received.
func TestCloseOfPeersThatAreSentOff(t *testing.T) {
	const n = 100
	body, lingers := make([]byte, 200<<10), socket.WithLinger(patience)
	type sides struct{ server, client sock }
	for name, c := range map[string]struct {
		open   func(t *testing.T) sides
		unbind bool // it is the server that sends
	}{
		"PUSH disconnects": {open: func(t *testing.T) sides {
			return sides{open(t, pipeline.NewPull, socket.WithRecvHWM(10)), open(t, pipeline.NewPush, lingers)}
		}},
		"PUSH unbinds": {open: func(t *testing.T) sides {
			return sides{open(t, pipeline.NewPush, lingers), open(t, pipeline.NewPull, socket.WithRecvHWM(10))}
		}, unbind: true},
		"DEALER disconnects": {open: func(t *testing.T) sides {
			return sides{open(t, reqrep.NewDealer, socket.WithRecvHWM(10)), open(t, reqrep.NewDealer, lingers, socket.WithRecvHWM(1))}
		}},
		"DEALER unbinds": {open: func(t *testing.T) sides {
			return sides{open(t, reqrep.NewDealer, lingers, socket.WithRecvHWM(1)), open(t, reqrep.NewDealer, socket.WithRecvHWM(10))}
		}, unbind: true},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				s := c.open(t)
				endpoint := bind(t, s.server, fresh())
				join(t, s.server, s.client, endpoint)
				from, to := s.client, s.server
				if c.unbind {
					from, to = to, from
				}
				if other, ok := to.(sender); ok {
					for range 200 {
						send(t, other, "never received")
					}
					eventually(t, "some of it came", func() bool { return from.Stats().Pending > 0 })
				}
				for range n {
					require.NoError(t, from.(sender).SendBytes(deadline(t), body))
				}
				leave := from.Disconnect
				if c.unbind {
					leave = from.Unbind
				}
				closed := begin(func() error { return errors.Join(leave(endpoint), from.Close()) })
				eventually(t, "Close has begun", func() bool {
					return errors.Is(from.(sender).TrySend(ringmq.NewString("late")), ringmq.ErrClosed)
				})
				drain(t, to.(receiver), n)
				require.NoError(t, result(t, closed))
				require.Zero(t, from.Stats().Dropped)
			})
		})
	}
}

// TestCloseWaitsNoLongerThanMessagesLast: a socket that may wait for ever waits until its last message is too old.
func TestCloseWaitsNoLongerThanMessagesLast(t *testing.T) {
	for _, leave := range []bool{false, true} {
		t.Run(fmt.Sprintf("Disconnect %t", leave), func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				push := open(t, pipeline.NewPush, socket.WithLinger(-1), socket.WithSendMaxAge(50*time.Millisecond))
				endpoint := fresh()
				require.NoError(t, push.Connect(endpoint)) // nobody is there
				for range 3 {
					send(t, push, "for nobody")
				}
				if leave {
					require.NoError(t, push.Disconnect(endpoint))
					eventually(t, "it is gone", func() bool { return len(push.Peers()) == 0 })
				}
				require.NoError(t, within(t, "Close", push.Close))
				require.EqualValues(t, 3, push.Stats().Losses.Expired)
			})
		})
	}
}

// heldUp is inproc whose Connect, where that is asked for, returns after the next one.
type heldUp struct {
	*inproctransport.Transport
	mu   sync.Mutex
	hold func()
	next chan struct{}
}

func (h *heldUp) Connect(addr string, peer any) (func() bool, error) {
	cancel, err := h.Transport.Connect(addr, peer)
	h.mu.Lock()
	hold, next := h.hold, h.next
	h.hold = nil
	h.mu.Unlock()
	switch {
	case hold != nil:
		hold()
		<-next
	case next != nil:
		close(next)
		h.mu.Lock()
		h.next = nil
		h.mu.Unlock()
	}
	return cancel, err
}

// TestCloseOfAConnectThatWaitsTwice: a Connect that was refused, and waits for its name anew before the first attempt is
// over, leaves nothing behind.
func TestCloseOfAConnectThatWaitsTwice(t *testing.T) {
	h := &heldUp{Transport: inproctransport.New()}
	scheme := fmt.Sprintf("held-up-%d", serial.Add(1))
	transport.Register(scheme, h)
	endpoint := scheme + "://name"
	server := open(t, pair.NewPair)
	bound := bind(t, server, endpoint)
	join(t, server, open(t, pair.NewPair), endpoint)
	refused := open(t, pair.NewPair, socket.WithReconnect(time.Millisecond, time.Millisecond))
	h.mu.Lock()
	h.next = make(chan struct{})
	h.hold = func() { require.NoError(t, server.Unbind(bound)) } // so that the next attempt waits
	h.mu.Unlock()
	require.NoError(t, refused.Connect(endpoint))
	require.NoError(t, within(t, "Close", refused.Close))
	waits := 0
	_, unbind, err := h.Bind("name", func(any) { waits++ })
	require.NoError(t, err)
	unbind()
	require.Zero(t, waits, "closed sockets that wait for the name")
}
