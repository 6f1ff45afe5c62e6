package socket

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq"
)

// errLinger marks the end of the linger period, which is not an error of the caller's context.
var errLinger = errors.New("linger period is over")

// errClosing is why connections end when their socket does.
var errClosing = errors.New("this side closed the connection")

// notice wakes everybody who waits for a change.
type notice struct {
	waiting atomic.Int32
	mu      sync.Mutex
	ch      chan struct{}
	polls   pollers
}

func (n *notice) wake() {
	if n.waiting.Load() == 0 {
		return
	}
	n.mu.Lock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
	n.mu.Unlock()
	n.polls.signal()
}

// next returns a channel that the next wake closes. The caller counts itself in waiting before.
func (n *notice) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

// until waits until done returns true, looking again after each wake, or until ctx ends.
func (n *notice) until(ctx context.Context, done func() bool) bool {
	n.waiting.Add(1)
	defer n.waiting.Add(-1)
	for {
		ch := n.next()
		if done() {
			return true
		}
		select {
		case <-ch:
		case <-ctx.Done():
			return done()
		}
	}
}

func (c *Core) linger() time.Duration {
	if c.kind.NoLinger {
		return 0
	}
	return c.cfg.linger
}

// drained is told that everything queued on p was given to its connection.
func (c *Core) drained(*Pipe) { c.quiet.wake() }

// shutdown ends the socket. The first call does the work; others wait for it, as long as their ctx lets them. A linger
// period is the first's alone.
func (c *Core) shutdown(ctx context.Context) error {
	if c.ending.Swap(true) {
		select {
		case <-c.over:
			return nil
		default:
		}
		select {
		case <-c.over:
			return nil
		case <-ctx.Done():
		}
		if errors.Is(context.Cause(ctx), errLinger) {
			<-c.over
			return nil
		}
		return &ringmq.Error{Socket: c.kind.Name, Op: "close", Err: ended(ctx)}
	}
	defer close(c.over)
	return c.doShutdown(ctx)
}

func (c *Core) doShutdown(ctx context.Context) error {
	c.mu.Lock()
	c.closing.Store(true)
	listeners := c.listeners
	c.listeners = nil
	c.mu.Unlock()
	close(c.closed)
	c.readable.polls.signal()
	for _, ln := range listeners {
		ln.stop()
	}
	c.settleAcks()
	c.HoldsSend(func() {}) // no Send is under way after this
	for _, p := range c.allPipes() {
		p.kick() // a batching policy may hold messages back
		p.leaveUnread()
	}
	c.quiet.until(ctx, c.idle)
	err := c.unsent(ctx)
	c.stopPump()
	c.endAll(ctx)
	c.release()
	return errors.Join(err, c.endSpool())
}

// spawn runs f on a goroutine that Close waits for, unless Close has gone past waiting.
func (c *Core) spawn(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return false
	}
	c.work.Go(f)
	return true
}

// pastWaiting reports whether Close has gone past waiting.
func (c *Core) pastWaiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finished
}

// endAll ends every connection and every pipe. It returns when nothing of the socket runs any more.
func (c *Core) endAll(ctx context.Context) {
	c.mu.Lock()
	dialers := c.dialers
	c.dialers = nil
	c.finished = true
	c.mu.Unlock()
	c.quiet.wake()
	for _, d := range dialers {
		d.stop()
	}
	var wg sync.WaitGroup
	for _, cn := range c.allConns() {
		wg.Go(func() { cn.part(ctx) })
	}
	wg.Wait()
	for _, p := range c.allPipes() {
		if p.Local() {
			p.closeLocal()
		} else {
			c.abandon(p)
		}
	}
	c.work.Wait()
	for _, cn := range c.allConns() { // that came while dialling ended
		cn.fail(errClosing)
		<-cn.over
	}
	c.drive.stop()
	c.pulse.stop()
	c.sendMu.Lock()
	c.fan.bcast.Close()
	c.sendMu.Unlock()
	c.stopMonitors()
}

// part ends one connection: everything written is read by the peer first, if it is quick enough. Closing a TCP
// connection with unread input would make the kernel throw away what it has not sent.
func (cn *conn) part(ctx context.Context) {
	if cn.open.Load() && ctx.Err() == nil && cn.pipe.queued() == 0 {
		cn.theirs.Load().stop()
		cn.parting.Store(true)
		cn.stream.CloseWrite()
		if cn.seizeRead() {
			cn.stream.WatchRead(true)
			cn.driven = false
			cn.runRead(maxReads)
		}
		cn.awaitEnd(ctx)
	}
	cn.fail(errClosing)
	<-cn.over
}

// awaitEnd waits for the peer to close its side, longer if not everything has reached its system.
func (cn *conn) awaitEnd(ctx context.Context) {
	for {
		t := time.NewTimer(farewell)
		select {
		case <-cn.over:
		case <-ctx.Done():
		case <-t.C:
			if cn.stream.Pending()+cn.stream.Underway() > 0 {
				continue
			}
		}
		t.Stop()
		return
	}
}

// retire ends one pipe in the background: it leaves the pattern at once, and its connection closes when what is queued
// was written or the linger period is over. d is the connector of the pipe, if it has one. The caller has added one to
// c.work.
func (c *Core) retire(p *Pipe, d *connector) {
	p.muted.Store(true)
	c.HoldsSend(func() {
		if c.known(p) {
			c.pattern.Detach(p)
		}
	})
	c.writable.wake() // whoever waits for this peer waits no longer
	go c.dismiss(p, d)
}

// dismiss is what retire does in the background.
func (c *Core) dismiss(p *Pipe, d *connector) {
	defer c.work.Done()
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if limit := c.linger(); limit >= 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	hopeless := func() bool { return false }
	if d != nil && p.opts.stopsAt(StopAfterDisconnect) {
		d.stop()
		hopeless = func() bool { return p.since.Load() == 0 }
	}
	p.kick()
	p.leaveUnread()
	c.quiet.until(ctx, func() bool { return p.idle() || hopeless() || c.pastWaiting() }) // Close waits for it, too
	if d != nil {
		d.stop()
	}
	if p.Local() {
		p.closeLocal()
		return
	}
	if cn := p.conn.Load(); cn != nil {
		cn.part(ctx)
	}
	c.abandon(p)
}

// abandon detaches a pipe that has no connection and gets none any more.
func (c *Core) abandon(p *Pipe) {
	p.flush.seize()
	c.detach(p)
	p.flush.state.Store(taskBlocked)
}

// queued is the number of messages that wait on p to be given to its connection.
func (p *Pipe) queued() int {
	if l := p.local.Load(); l != nil {
		waiting := l.unsent()
		if p.back != nil {
			waiting += p.back.depth()
		}
		return waiting
	}
	appended, _ := p.taken()
	done, _, _ := p.doneWith()
	n := int(appended - done)
	if cn := p.conn.Load(); n == 0 && cn != nil && cn.open.Load() && !cn.dead.Load() && cn.stream.Pending() > 0 &&
		!p.core.kind.NoLinger { // whose subscriptions and acknowledgements are no messages
		return 1 // at least
	}
	return n
}

// idle reports whether nothing waits to be written on p, commands included.
func (p *Pipe) idle() bool {
	cn := p.conn.Load()
	return p.queued() == 0 && (cn == nil || cn.dead.Load() || !cn.open.Load() || p.ctl.pending.Load() == 0)
}

func (c *Core) idle() bool {
	return !slices.ContainsFunc(c.allPipes(), func(p *Pipe) bool { return !p.idle() }) && c.deliveryIdle()
}

// halt ends the writing to p for good, so that what is queued now is what was not sent. The caller holds no lock.
func (p *Pipe) halt() {
	p.flush.seize()
	p.flush.state.Store(taskOver)
}

// forsaken is messages that were given up with a peer.
type forsaken struct {
	pipe *Pipe
	n    int
}

// forsake counts n messages that are given up with the peer. While Close waits for them to be written they are what it
// returns, too.
func (p *Pipe) forsake(n int) {
	p.discarded.Add(uint64(n))
	c := p.core
	if n == 0 || !c.closing.Load() || c.kind.Broadcast || p.lane.Load() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forsaken = append(c.forsaken, forsaken{p, n})
}

// unsent is the error for messages that are still queued, of which nothing is written any more, or were given up since
// Close began.
func (c *Core) unsent(ctx context.Context) error {
	e := &ringmq.UnsentError{Socket: c.kind.Name, ByPeer: make(map[string]int)}
	count := func(p *Pipe, n int) {
		if n == 0 || p.lane.Load() != nil { // what is in a spool is not lost
			return
		}
		name := p.endpoint
		if p.accepted {
			name = p.Address()
		}
		e.ByPeer[name] += n
		e.Messages += n
	}
	queued := make(map[*Pipe]bool)
	for _, p := range c.allPipes() {
		if p.queued() == 0 || p.lane.Load() != nil {
			continue
		}
		if !p.Local() {
			p.halt()
		}
		n := p.queued()
		queued[p] = n > 0
		count(p, n)
	}
	c.mu.Lock()
	lost := c.forsaken
	c.mu.Unlock()
	for _, f := range lost {
		if !queued[f.pipe] { // else it was given up just now
			count(f.pipe, f.n)
		}
	}
	if e.Messages == 0 {
		return nil
	}
	if !errors.Is(context.Cause(ctx), errLinger) {
		e.Cause = ended(ctx)
	}
	return e
}

func (c *Core) allPipes() []*Pipe {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pipeList()
}

// pipeList is the pipes in the order in which they came. c.mu held.
func (c *Core) pipeList() []*Pipe {
	ps := make([]*Pipe, 0, len(c.pipes))
	for _, p := range c.pipes {
		ps = append(ps, p)
	}
	slices.SortFunc(ps, func(a, b *Pipe) int { return cmp.Compare(a.id, b.id) })
	return ps
}

func (c *Core) allConns() []*conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	cs := make([]*conn, 0, len(c.conns))
	for cn := range c.conns {
		cs = append(cs, cn)
	}
	return cs
}
