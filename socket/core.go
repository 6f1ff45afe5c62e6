package socket

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/internal/session"
)

// Core is what every socket is made of. Pattern packages make one with [New], hold it in their socket types through
// [Socket], [Sender] and [Receiver], and call its Next and Fanout from their Pattern.
//
// Locks, in the order in which they are taken: the send lock or the receive lock, never both; the pattern's own; mu; then
// the leaves. The I/O side takes the send lock for a moment when a connection becomes ready or is lost.
type Core struct {
	kind     Kind
	cfg      config
	pattern  Pattern
	receive  func(*ringmq.Message) error // the pattern's Recv
	straight *atomic.Bool                // the pattern's, if it is [Straight]
	group    *ioloop.Group
	release  func()
	nextID   atomic.Uint64

	sendMu  sync.Mutex
	claims  [inlineClaims]*Pipe // pipes whose flush this send has taken on; send lock
	nclaims int
	fan     fanout // send lock
	keeper  keeper // send lock
	pace    pace
	scratch [][]byte       // frames of the borrowed message in Send; send lock
	give    ringmq.Message // the message in Send; send lock
	short   ShortSender    // the pattern, if it is one

	recvMu sync.Mutex
	turns  []*Pipe // pipes with messages, taken in turn; receive lock
	turn   int
	slab   [][]byte       // for frames put in front; receive lock
	got    ringmq.Message // what the pattern handed over last; receive lock
	taken  uint64         // messages ever taken from pipes; receive lock
	lull   lull           // receive lock

	tookOver uint64 // taken when takeOver last looked; receive lock

	inboxMu sync.Mutex
	inbox   []*Pipe      // pipes that became active and are not in turns yet
	inboxN  atomic.Int32 // len(inbox)

	readable waitlist
	near     atomic.Bool // it has had a peer in this process
	writable notice      // whom there is room for differs from sender to sender: all look again
	quiet    notice      // something was drained, for Close
	arrivals notice      // a peer is there, for WaitPeers
	drive    driver
	pulse    pulse
	unrouted atomic.Uint64

	spooled    spooled     // what Send does; nil unless it sends through a spool
	outbox     *outbox     // that is it, if each message goes to whichever peer,
	publisher  *publisher  // or that, if it goes to all,
	dispatcher *dispatcher // or that, if it goes to the one that it names
	asker      *Asker      // around the outbox of a REQ
	acker      *acker      // nil unless it acknowledges what it receives

	closing atomic.Bool
	closed  chan struct{} // closed when the socket no longer sends or receives
	over    chan struct{} // closed when nothing of the socket runs any more
	ending  atomic.Bool   // somebody closes it

	mu        sync.Mutex // guards what follows
	pipes     map[uint64]*Pipe
	conns     map[*conn]struct{}
	listeners []*listener
	dialers   []*connector
	given     []net.Listener // that no Bind has taken over
	finished  bool           // no new connections any more
	work      sync.WaitGroup // goroutines that dial, accept or flush
	past      Stats          // sums over the pipes that are gone
	forsaken  []forsaken     // given up since Close began
	monitor   monitors
}

// inlineClaims is the number of peers that one Send writes to by itself.
const inlineClaims = 4

// waitlist wakes goroutines that wait for something to change. A waiter registers, looks again, and then waits.
type waitlist struct {
	n     atomic.Int32
	ch    chan struct{}
	polls pollers
}

func (w *waitlist) wake() {
	if w.n.Load() == 0 {
		return
	}
	select {
	case w.ch <- struct{}{}:
	default:
	}
	w.polls.signal()
}

// New makes the core of a socket of the given kind. build makes its pattern.
func New(kind Kind, build func(*Core) Pattern, opts ...Option) (*Core, error) {
	cfg, err := configure(opts)
	if err == nil {
		err = cfg.fits(kind.Name)
	}
	if err != nil {
		return nil, named(kind.Name, err)
	}
	cfg.only(kind.Name)
	c := &Core{
		kind: kind, cfg: cfg, closed: make(chan struct{}), over: make(chan struct{}),
		pipes: make(map[uint64]*Pipe), conns: make(map[*conn]struct{}), given: cfg.listeners,
	}
	c.readable.ch = make(chan struct{}, 1)
	if c.group, c.release, err = cfg.engine.use(); err != nil {
		return nil, named(kind.Name, err)
	}
	processors.Store(int32(runtime.GOMAXPROCS(0)))
	c.drive.core, c.pulse.core = c, c
	c.fan.wait, c.fan.backlogs = cfg.noDrop || cfg.overflow.kind == blockFor, cfg.backlogs()
	if c.pattern = build(c); cfg.conflate {
		c.pattern = &conflating{Pattern: c.pattern, core: c}
	}
	if err := c.startDelivery(); err != nil {
		c.release()
		return nil, named(kind.Name, err)
	}
	c.receive = c.pattern.Recv
	if c.spooled == nil {
		c.short, _ = c.pattern.(ShortSender)
	}
	if s, ok := c.pattern.(Straight); ok {
		c.straight = s.Straight()
	}
	return c, nil
}

// named puts the socket type into an error of ours.
func named(kind string, err error) error {
	if e, ok := err.(*ringmq.Error); ok {
		e.Socket = kind
		return e
	}
	return &ringmq.Error{Socket: kind, Err: err}
}

// handshakeConfig is what a connection tells its peer.
func (p *Pipe) handshakeConfig() *session.Config {
	return &session.Config{
		SocketType: p.core.kind.Name, Identity: p.opts.identity, Metadata: p.opts.metadata,
		MaxFrame: p.opts.maxMessage, Server: p.accepted, PeerTypes: p.core.kind.Peers,
	}
}

// HoldsSend runs f with the send lock held: for what a pattern's own methods change.
func (c *Core) HoldsSend(f func()) {
	c.sendMu.Lock()
	c.endRun(false)
	f()
	c.unlockSend()
}

// HoldsRecv runs f with the receive lock held.
func (c *Core) HoldsRecv(f func()) {
	c.recvMu.Lock()
	defer c.recvMu.Unlock()
	f()
}

// RecvChanged wakes receivers that wait: the pattern may have a message for them now.
func (c *Core) RecvChanged() { c.readable.wake() }

// SendChanged wakes senders that wait: there may be room for their messages now.
func (c *Core) SendChanged() { c.writable.wake() }

// Drop counts a message that was dropped because it had no peer to go to.
func (c *Core) Drop() { c.unrouted.Add(1) }

// Mandatory reports whether a message without a peer is an error; see [WithMandatory].
func (c *Core) Mandatory() bool { return c.cfg.mandatory }

// OutOfTurn is the error of a call that does not fit the state of the exchange.
func (c *Core) OutOfTurn(op, why string) error {
	return &ringmq.Error{Socket: c.kind.Name, Op: op, Err: fmt.Errorf("%w: %s", ringmq.ErrState, why)}
}

// SendError is an error about the value.
func (c *Core) SendError(value string, err error) error {
	return &ringmq.Error{Socket: c.kind.Name, Op: "send", Value: value, Err: err}
}

// IsClosed reports whether Close or Shutdown was called.
func (c *Core) IsClosed() bool { return c.closing.Load() }

// Closed is the error of a call on a closed socket.
func (c *Core) Closed(op string) error { return c.errClosed(op) }

func (c *Core) errClosed(op string) error {
	return &ringmq.Error{Socket: c.kind.Name, Op: op, Err: ringmq.ErrClosed}
}

// ended is why ctx ended: its error, and its cause where it has one.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// errEnded is the error of a call whose ctx has ended.
func (c *Core) errEnded(ctx context.Context, op string) error {
	if c.closing.Load() {
		return c.errClosed(op)
	}
	return &ringmq.Error{Socket: c.kind.Name, Op: op, Err: ended(ctx)}
}

// wait blocks until woken, or until ctx ends or the socket closes.
func (c *Core) wait(ctx context.Context, woken <-chan struct{}, op string) error {
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return c.errEnded(ctx, op)
	case <-c.closed:
		return c.errClosed(op)
	}
}
