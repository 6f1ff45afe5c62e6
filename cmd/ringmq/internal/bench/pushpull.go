package bench

import (
	"context"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

// pushRound sends one round to the endpoint.
func pushRound(ctx context.Context, c Case, endpoint string) (side Side, err error) {
	push, err := pipeline.NewPush(c.options()...)
	if err != nil {
		return side, err
	}
	defer closing(ctx, push, &err)
	if err := push.Connect(endpoint); err != nil {
		return side, err
	}
	if c.Batch > 0 {
		return pushBatches(ctx, push, c)
	}
	return pushSingly(ctx, push, c)
}

// pushSingly sends from one buffer over and over.
func pushSingly(ctx context.Context, push *pipeline.Push, c Case) (side Side, err error) {
	var m meter
	s := newSchedule(c.Load, lookEvery)
	buf := make([]byte, c.Size)
	for {
		stamp := s.next()
		if stamp&flagMark != 0 {
			m.mark(stamp)
		}
		putStamp(buf, stamp)
		if err := push.SendBytes(ctx, buf); err != nil {
			return side, err
		}
		if stamp&flagLast != 0 {
			return m.end(stamp), nil
		}
	}
}

// pushBatches sends with SendBatch. What is sent belongs to the library, so each batch is cut from new memory: one
// allocation a batch, which the figures include.
func pushBatches(ctx context.Context, push *pipeline.Push, c Case) (side Side, err error) {
	var m meter
	s := newSchedule(c.Load, lookEvery)
	frames := make([][]byte, c.Batch)
	batch := make([]ringmq.Message, 0, c.Batch)
	for {
		batch = batch[:0]
		slab := make([]byte, c.Batch*c.Size)
		var stamp uint64
		for len(batch) < c.Batch && stamp&flagLast == 0 {
			stamp = s.next()
			if stamp&flagMark != 0 {
				m.mark(stamp)
			}
			i := len(batch)
			frames[i] = slab[i*c.Size : (i+1)*c.Size : (i+1)*c.Size]
			putStamp(frames[i], stamp)
			batch = append(batch, ringmq.NewMessage(frames[i:i+1]...))
		}
		if _, err := push.SendBatch(ctx, batch); err != nil {
			return side, err
		}
		if stamp&flagLast != 0 {
			return m.end(stamp), nil
		}
	}
}

// pullRound receives one round at the endpoint, which is told to ready once it is bound.
func pullRound(ctx context.Context, c Case, endpoint string, ready func(bound string) error) (side Side, err error) {
	pull, err := pipeline.NewPull(c.options()...)
	if err != nil {
		return side, err
	}
	defer closing(ctx, pull, &err)
	if err := bind(pull, endpoint, ready); err != nil {
		return side, err
	}
	s := sink{checker: checker{size: c.Size}}
	if c.Batch > 0 {
		return s.pullBatches(ctx, pull, c.Batch)
	}
	return s.pullSingly(ctx, pull)
}

// sink takes the messages of one round.
type sink struct {
	checker
	meter
	side Side
}

func (s *sink) pullSingly(ctx context.Context, pull *pipeline.Pull) (Side, error) {
	for {
		m, err := pull.Recv(ctx)
		if err != nil {
			return s.side, err
		}
		if done, err := s.take(&m); done || err != nil {
			return s.side, err
		}
	}
}

func (s *sink) pullBatches(ctx context.Context, pull *pipeline.Pull, size int) (Side, error) {
	batch := make([]ringmq.Message, size)
	for {
		n, err := pull.RecvBatch(ctx, batch)
		if err != nil {
			return s.side, err
		}
		for i := range n {
			if done, err := s.take(&batch[i]); done || err != nil {
				return s.side, err
			}
		}
	}
}

// take checks a message and gives its memory back.
func (s *sink) take(m *ringmq.Message) (done bool, err error) {
	stamp, err := s.check(*m)
	m.Release()
	if err != nil || stamp&flags == 0 {
		return false, err
	}
	if stamp&flagMark != 0 {
		s.mark(stamp)
		return false, nil
	}
	s.side = s.end(stamp)
	return true, nil
}
