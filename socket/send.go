package socket

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/ringmq/ringmq"
)

// Sender is the sending half of a socket. Its methods may be called by any number of goroutines at once; the messages
// of one goroutine keep their order to each peer.
type Sender struct{ core *Core }

// NewSender returns the sending half of c.
func NewSender(c *Core) Sender { return Sender{c} }

// Send queues m for a peer, as the pattern says, and waits while none can take it. Once it returns nil the frames
// belong to the library; on an error the caller has them back. Errors: [ringmq.ErrClosed], [ringmq.ErrInvalidMessage],
// [ringmq.ErrTooLarge], what the pattern adds, and the context's own: once that has ended, nothing is sent even if it
// need not wait.
func (s Sender) Send(ctx context.Context, m ringmq.Message) error {
	if ctx.Err() != nil {
		return s.core.errEnded(ctx, "send")
	}
	if o := s.core.spooled; o != nil {
		own := m
		return o.send(ctx, &own, false)
	}
	return s.core.send(ctx, &m)
}

// TrySend is Send without waiting: [ringmq.ErrWouldBlock] if no peer can take m now.
func (s Sender) TrySend(m ringmq.Message) error {
	if o := s.core.spooled; o != nil {
		own := m
		return o.trySend(&own)
	}
	return s.core.trySend(&m, false)
}

// SendBytes sends a message of copies of the frames: the caller may write to them again as soon as it returns.
// Otherwise it is Send.
func (s Sender) SendBytes(ctx context.Context, frames ...[]byte) error {
	if ctx.Err() != nil {
		return s.core.errEnded(ctx, "send")
	}
	if o := s.core.spooled; o != nil {
		m := lent(frames)
		return o.send(ctx, &m, true)
	}
	return s.core.sendBytes(ctx, frames)
}

// lent is a message of frames that are borrowed, and whose list it does not keep.
func lent(frames [][]byte) ringmq.Message {
	if len(frames) == 1 {
		return ringmq.Assemble(nil, frames[0], nil)
	}
	return ringmq.NewMessage(slices.Clone(frames)...)
}

// SendBatch sends the messages in order, as Send does, and returns how many were taken; an error is about the one that
// follows, which the caller has back together with those after it.
func (s Sender) SendBatch(ctx context.Context, ms []ringmq.Message) (n int, err error) {
	if o := s.core.spooled; o != nil {
		if ctx.Err() != nil {
			return 0, s.core.errEnded(ctx, "send")
		}
		return o.sendBatch(ctx, ms)
	}
	for n < len(ms) {
		if ctx.Err() != nil {
			return n, s.core.errEnded(ctx, "send")
		}
		k, err := s.core.sendSome(ms[n:])
		n += k
		if err == nil {
			continue
		}
		if err != ringmq.ErrWouldBlock {
			return n, err
		}
		if err := s.core.send(ctx, &ms[n]); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// check refuses what cannot travel.
func (c *Core) check(m *ringmq.Message) error {
	if first, rest := m.Parts(); first != nil && rest == nil && len(first) <= MaxMessageSizeLimit {
		return nil
	}
	return c.checkAll(m)
}

func (c *Core) checkAll(m *ringmq.Message) error {
	first, rest := m.Parts()
	if first == nil {
		return c.badMessage(ringmq.ErrInvalidMessage, "a message needs at least one frame")
	}
	total := uint64(len(first))
	for _, f := range rest {
		total += uint64(len(f))
	}
	if total > MaxMessageSizeLimit {
		return c.badMessage(ringmq.ErrTooLarge,
			fmt.Sprintf("the message has %d bytes, at most %d can be sent", total, MaxMessageSizeLimit))
	}
	return nil
}

func (c *Core) badMessage(err error, why string) error {
	return &ringmq.Error{Socket: c.kind.Name, Op: "send", Err: fmt.Errorf("%w: %s", err, why)}
}

// lockSend takes the send lock, unless the socket is closed.
func (c *Core) lockSend() error {
	c.sendMu.Lock()
	if c.closing.Load() {
		c.sendMu.Unlock()
		return c.errClosed("send")
	}
	return nil
}

// unlockSend gives the lock back and then writes to the pipes that were claimed.
func (c *Core) unlockSend() {
	if c.nclaims == 0 {
		c.sendMu.Unlock()
		return
	}
	claims, n := c.claims, c.nclaims
	c.claims, c.nclaims = [inlineClaims]*Pipe{}, 0
	c.sendMu.Unlock()
	for _, p := range claims[:n] {
		p.runFlush(maxWrites)
	}
}

// trySend sends without waiting. late: the sender has waited for as long as it is to wait for slow peers.
func (c *Core) trySend(m *ringmq.Message, late bool) error {
	if err := c.lockSend(); err != nil {
		return err
	}
	c.fan.late = late
	c.give = *m // the pattern takes it by reference, and the caller's need not be allocated
	err := c.check(&c.give)
	if err == nil {
		err = c.pattern.Send(&c.give, false)
	}
	c.give = ringmq.Message{}
	c.pace.stuck = c.pace.stuck || err == ringmq.ErrWouldBlock
	c.unlockSend()
	return err
}

func (c *Core) send(ctx context.Context, m *ringmq.Message) error {
	if first, rest := m.Parts(); c.short != nil && first != nil && rest == nil && len(first) <= MaxShort && c.sendShort(first) {
		return nil
	}
	if err := c.trySend(m, false); err != ringmq.ErrWouldBlock {
		return err
	}
	own := *m
	return c.await(ctx, func(late bool) error { return c.trySend(&own, late) })
}

// sendSome sends as many of ms as go without waiting, under one lock; fewer if something is to be written, which waits
// for the lock to be given up.
func (c *Core) sendSome(ms []ringmq.Message) (n int, err error) {
	if err := c.lockSend(); err != nil {
		return 0, err
	}
	c.fan.late = false
	for err == nil && n < len(ms) && c.nclaims == 0 {
		if err = c.check(&ms[n]); err == nil {
			err = c.pattern.Send(&ms[n], false)
		}
		if err == nil {
			n++
		}
	}
	c.pace.stuck = c.pace.stuck || err == ringmq.ErrWouldBlock
	c.unlockSend()
	return n, err
}

// sendShort sends a message of one short frame where there is nothing to do but to put it beside the one before.
func (c *Core) sendShort(body []byte) bool {
	c.sendMu.Lock()
	sent := !c.closing.Load() && c.short.SendShort(body)
	c.unlockSend()
	return sent
}

func (c *Core) sendBytes(ctx context.Context, frames [][]byte) error {
	if c.short != nil && len(frames) == 1 && len(frames[0]) <= MaxShort && c.sendShort(frames[0]) {
		return nil
	}
	err := c.trySendBytes(frames, false)
	if err != ringmq.ErrWouldBlock {
		return err
	}
	// It has to wait, which costs more than this allocation.
	own := append([][]byte(nil), frames...)
	return c.await(ctx, func(late bool) error { return c.trySendBytes(own, late) })
}

// trySendBytes lends the frames to the pattern. The list of frames is copied into the socket's own, so that a caller's
// argument list need not be allocated.
func (c *Core) trySendBytes(frames [][]byte, late bool) error {
	if err := c.lockSend(); err != nil {
		return err
	}
	c.fan.late = late
	if len(frames) == 1 {
		c.give = ringmq.Assemble(nil, frames[0], nil)
	} else {
		c.scratch = append(c.scratch[:0], frames...)
		c.give = ringmq.NewMessage(c.scratch...)
	}
	err := c.check(&c.give)
	if err == nil {
		err = c.pattern.Send(&c.give, true)
	}
	clear(c.scratch)
	c.give = ringmq.Message{}
	c.pace.stuck = c.pace.stuck || err == ringmq.ErrWouldBlock
	c.unlockSend()
	return err
}

// await calls try, again whenever there may be room, until it returns anything but ErrWouldBlock. After the time of
// [BlockFor] it is told that it is late.
func (c *Core) await(ctx context.Context, try func(late bool) error) error {
	c.writable.waiting.Add(1)
	defer c.writable.waiting.Add(-1)
	patient, cancel := c.patience(ctx)
	defer cancel()
	for {
		room := c.writable.next()
		late := patient.Err() != nil && ctx.Err() == nil
		if err := try(late); err != ringmq.ErrWouldBlock {
			return err
		}
		if c.soon(room) {
			continue
		}
		if err := c.wait(patient, room, "send"); err != nil && (late || ctx.Err() != nil || c.closing.Load()) {
			return err
		}
	}
}

// patience is ctx, until the time of [BlockFor] is over.
func (c *Core) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := c.cfg.overflow.wait; d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}

// soon waits a moment for room that a receiver in this process is about to make: parking and being woken takes longer
// than half a queue of messages.
func (c *Core) soon(room <-chan struct{}) bool {
	if !c.near.Load() {
		return false
	}
	for start := now(); now()-start < int64(roomSpin); runtime.Gosched() {
		select {
		case <-room:
			return true
		default:
		}
	}
	return false
}

// claim takes on the flush of p, to be done when the send lock is given up. Send lock held.
func (c *Core) claim(p *Pipe) bool {
	if c.nclaims == len(c.claims) || !p.flush.tryBegin() && !p.flush.claim() {
		return false
	}
	c.claims[c.nclaims] = p
	c.nclaims++
	return true
}

// wrote wakes senders when a pipe has come down to half its mark.
func (c *Core) wrote(p *Pipe) {
	if o := p.lane.Load(); o != nil {
		o.written(p)
	}
	if c.writable.waiting.Load() > 0 && p.room() {
		c.writable.wake()
	}
}

// room reports whether the queue is down to half the mark. The sender's count may be a little behind.
func (p *Pipe) room() bool {
	if p.back != nil {
		return p.back.halved()
	}
	appended, _ := p.taken()
	queued := int64(appended) - int64(p.out.Done())
	return queued <= int64(p.opts.sendHWM/2)
}
