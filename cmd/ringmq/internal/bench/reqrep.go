package bench

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

// reqRound makes one round of round trips to the endpoint, and times each from before the send to after the receive.
func reqRound(ctx context.Context, c Case, endpoint string) (side Side, trips *hdrhistogram.Histogram, err error) {
	req, err := reqrep.NewReq(c.options()...)
	if err != nil {
		return side, nil, err
	}
	defer closing(ctx, req, &err)
	if err := req.Connect(endpoint); err != nil {
		return side, nil, err
	}
	trips = hdrhistogram.New(minLatency, maxLatency, latencyDigits)
	a := asker{checker: checker{size: c.Size}, req: req, buf: make([]byte, c.Size), trips: trips}
	side, err = a.run(ctx, newSchedule(c.Load, 1))
	return side, trips, err
}

// asker is the REQ side of one round.
type asker struct {
	checker
	meter
	req   *reqrep.Req
	buf   []byte
	trips *hdrhistogram.Histogram
}

func (a *asker) run(ctx context.Context, s *schedule) (side Side, err error) {
	counting := false
	for {
		stamp := s.next()
		trip, err := a.ask(ctx, stamp)
		if err != nil {
			return side, err
		}
		if counting {
			if err := a.trips.RecordValue(min(max(trip.Nanoseconds(), minLatency), maxLatency)); err != nil {
				return side, err
			}
		}
		switch {
		case stamp&flagMark != 0:
			a.mark(stamp)
			counting = true
		case stamp&flagLast != 0:
			return a.end(stamp), nil
		}
	}
}

// ask makes one round trip and checks the reply.
func (a *asker) ask(ctx context.Context, stamp uint64) (time.Duration, error) {
	putStamp(a.buf, stamp)
	begun := time.Now()
	if err := a.req.SendBytes(ctx, a.buf); err != nil {
		return 0, err
	}
	m, err := a.req.Recv(ctx)
	if err != nil {
		return 0, err
	}
	trip := time.Since(begun)
	_, err = a.check(m)
	m.Release()
	return trip, err
}

// repRound echoes one round at the endpoint, which is told to ready once it is bound.
func repRound(ctx context.Context, c Case, endpoint string, ready func(bound string) error) (side Side, err error) {
	rep, err := reqrep.NewRep(c.options()...)
	if err != nil {
		return side, err
	}
	defer closing(ctx, rep, &err)
	if err := bind(rep, endpoint, ready); err != nil {
		return side, err
	}
	s := sink{checker: checker{size: c.Size}}
	for {
		m, err := rep.Recv(ctx)
		if err != nil {
			return side, err
		}
		if done, err := s.echo(ctx, rep, m); done || err != nil {
			return s.side, err
		}
	}
}

func (s *sink) echo(ctx context.Context, rep *reqrep.Rep, m ringmq.Message) (done bool, err error) {
	if err := rep.SendBytes(ctx, m.Frame(0)); err != nil {
		return false, err
	}
	return s.take(&m)
}
