package crashtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// requester makes requests of the numbers from the first that is not in the spool on. Each is also its sequence.
type requester struct {
	req  *reqrep.Req
	list *list
}

// runRequester goes on where the process before was killed.
func runRequester(ctx context.Context, args []string) error {
	total, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return err
	}
	l, err := dialChecker(args[3])
	if err != nil {
		return err
	}
	sp, err := spool.Open(args[0], spool.WithSync(spool.Written), spool.WithSegmentSize(1<<20))
	if err != nil {
		return err
	}
	req, err := reqrep.NewReq(socket.WithSpool(sp), socket.WithLinger(0))
	if err != nil {
		return err
	}
	if _, err := req.Bind(args[1]); err != nil {
		return err
	}
	r := requester{req, l}
	n := sp.Stats().Last
	if _, ok := req.Unanswered(); ok {
		if err := r.finish(ctx, n); err != nil {
			return err
		}
	}
	for n++; n <= total; n++ {
		if err := req.Send(ctx, ringmq.NewString(strconv.FormatUint(n, 10))); err != nil {
			return err
		}
		if err := r.finish(ctx, n); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return errors.Join(req.Close(), sp.Close())
}

// finish has the reply to a request written down by the checker, unless the process before has had that done, and
// acknowledges it.
func (r *requester) finish(ctx context.Context, n uint64) error {
	st, err := r.list.ask(fmt.Sprintf("sent %d", n))
	if err != nil {
		return err
	}
	reply, err := r.req.Recv(ctx)
	if err != nil {
		return err
	}
	if st.Arrived < n {
		err = r.list.got([]ringmq.Message{reply})
	}
	return errors.Join(err, reply.Ack())
}

// runReplier replies to a request with what it says.
func runReplier(ctx context.Context, args []string) error {
	rep, err := reqrep.NewRep(socket.WithAck(), socket.WithReconnect(2*time.Millisecond, 20*time.Millisecond))
	if err != nil {
		return err
	}
	if err := rep.Connect(args[0]); err != nil {
		return err
	}
	for m, err := range rep.Messages(ctx) {
		if err != nil {
			break
		}
		if err := rep.Send(ctx, m); err != nil {
			return err
		}
	}
	return rep.Close()
}

// TestKillRequests kills the requester and two repliers at random. Every request has one reply that is processed.
func TestKillRequests(t *testing.T) {
	kills, requests := setting(t, "RINGMQ_CRASH_KILLS", 12), setting(t, "RINGMQ_CRASH_REQUESTS", 1200)
	for name, endpoint := range endpoints {
		t.Run(name, func(t *testing.T) {
			l, checker := startChecker(t)
			at := endpoint(t)
			actors := []*actor{
				start(t, "requester", t.TempDir(), at, fmt.Sprint(requests), checker),
				start(t, "replier", at),
				start(t, "replier", at),
			}
			st := story(t, l, requests, kills, func() { actors[rand.IntN(len(actors))].restart() })
			require.Equal(t, status{Sent: uint64(requests), Arrived: uint64(requests), MostOften: 1}, st)
		})
	}
}
