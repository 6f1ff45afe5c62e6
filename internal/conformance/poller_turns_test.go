package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// TestPollerOfTurns: REQ and REP are readable and writable when it is their turn.
func TestPollerOfTurns(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		const both = socket.Readable | socket.Writable
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		link(t, rep, req, fresh())
		asks, answers := polling(t, both, req), polling(t, both, rep)
		is := func(p *socket.Poller, s socket.Pollable, want socket.Readiness) {
			t.Helper()
			require.Equal(t, []socket.Ready{{Socket: s, Readiness: want}}, wait(t, p, 1))
		}
		for range 3 {
			is(asks, req, socket.Writable)
			requireIdle(t, answers)
			send(t, req, "?")
			requireIdle(t, asks)
			is(answers, rep, socket.Readable)
			recv(t, rep)
			is(answers, rep, socket.Writable)
			send(t, rep, "!")
			is(asks, req, socket.Readable)
			requireIdle(t, answers)
			recv(t, req)
		}
		// The turn changes on another goroutine, while the poller waits.
		send(t, req, "?")
		recv(t, rep)
		send(t, rep, "!")
		awaitPending(t, req, 1)
		require.NoError(t, asks.Change(req, socket.Writable))
		done := blocked(t, func() error { is(asks, req, socket.Writable); return nil })
		recv(t, req)
		require.NoError(t, result(t, done))
	})
}

// TestPollerSeesEveryReply: also one to a request that was sent after the poller had last looked, of a socket that nothing
// but its replies is waited for.
func TestPollerSeesEveryReply(t *testing.T) {
	for name, opts := range map[string]func(t *testing.T) []socket.Option{
		"plain": func(*testing.T) []socket.Option { return nil },
		"spooled": func(t *testing.T) []socket.Option {
			return []socket.Option{socket.WithSpool(openSpool(t, t.TempDir()))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				req, rep := open(t, reqrep.NewReq, opts(t)...), open(t, reqrep.NewRep, socket.WithAutoAck())
				link(t, rep, req, fresh())
				p := polling(t, socket.Readable, req)
				for i := range 6 {
					if i%2 == 0 {
						requireIdle(t, p)
					}
					send(t, req, "?")
					recv(t, rep)
					done := begin(func() error { wait(t, p, 1); return nil })
					send(t, rep, "!")
					require.NoError(t, result(t, done))
					m, err := req.Recv(deadline(t))
					require.NoError(t, err)
					if name == "spooled" {
						require.NoError(t, m.Ack())
					}
				}
			})
		})
	}
}
