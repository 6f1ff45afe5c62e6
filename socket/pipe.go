package socket

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/internal/outq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// Pipe is a socket's two-way queue to one peer. One that Connect made lives until Disconnect and survives
// reconnections; an accepted one lives as long as its connection.
//
//	Send ─ pattern ─> out ──flush──> connection ──read──> in ─ pattern ─> Recv
//
// Write and CanWrite are called with the socket's send lock held.
type Pipe struct {
	core     *Core
	id       uint64
	endpoint string // as given to Bind or Connect
	accepted bool
	opts     *config    // of its endpoint; those that are the socket's are in core.cfg
	dialer   *connector // of a pipe that Connect made

	// Sending over a connection: out is shared between the holder of the send lock, which appends, and the holder of
	// the flush task, which writes.
	out      outq.Queue
	sendHWM  int // messages
	flush    task
	conn     atomic.Pointer[conn]
	hold     *time.Timer  // of a batching policy that holds messages back; send lock
	holding  atomic.Bool  // it runs for messages that are still queued
	bytes    int          // encoded, added since the last decision to write; send lock
	credit   int          // messages that WriteShort may add without a look at the marks; send lock
	creditAt uint64       // messages written when it was given
	ended    atomic.Int64 // when the last write was over

	stream       atomic.Bool // messages come in a dense stream: see batching.Coalesce
	watched      atomic.Bool // the loop is going to visit
	coalesce     int         // bytes that the sender gathers then; send lock
	coalesceMsgs int         // or messages

	ctl    commands
	ctlOut []byte // commands being written; holder of flush

	// Sending over inproc: the peer's mailbox; nil over a connection.
	local     atomic.Pointer[link]
	datagrams *datagrams // where the link leads, if the peer is none; set before the pipe is attached

	back   *backlog // of options that take messages out of the queue again, else nil
	latest *latest  // of WithConflate, else nil

	in       *mailbox
	direct   *conn  // receivers decode its messages by themselves; receive lock
	directly uint64 // messages received so; receive lock
	clear    bool   // it is direct, and nothing is in the mailbox; receive lock

	peer    atomic.Pointer[session.Peer]
	address atomic.Pointer[string]
	fault   atomic.Pointer[error] // why there is no connection; see blame
	since   atomic.Int64          // when the peer was ready, in Unix nanoseconds; 0 while there is none
	seen    atomic.Int64          // when the last connection that is over last had input, on the coarse clock; 0: never

	dropped   atomic.Uint64 // messages for this peer that were dropped at the mark
	missed    misses
	discarded atomic.Uint64 // messages queued for this peer that were given up with it
	passed    uint64        // messages passed to an inproc peer; send lock
	gone      atomic.Bool   // detached
	muted     atomic.Bool   // disconnected: what it has received is thrown away
	expelled  atomic.Bool   // another peer has taken its place

	tag atomic.Pointer[[]byte]

	lane     atomic.Pointer[outbox] // that what is sent to the peer comes out of; nil without a spool
	replayed bool                   // a durable subscriber has asked for what is past; send lock
}

// commands are encoded frames that go out ahead of queued messages: handshake, subscriptions, heartbeats.
type commands struct {
	mu      sync.Mutex
	buf     []byte
	pending atomic.Int32 // bytes in buf
}

func (c *commands) add(encode func(dst []byte) []byte) {
	c.mu.Lock()
	c.buf = encode(c.buf)
	c.pending.Store(int32(len(c.buf)))
	c.mu.Unlock()
}

func (c *commands) take(into []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.buf
	c.buf = into[:0]
	c.pending.Store(0)
	return taken
}

// newPipe makes a pipe of an endpoint with the options of the socket.
func (c *Core) newPipe(endpoint string, accepted bool) *Pipe {
	return c.pipeAs(&c.cfg, endpoint, accepted)
}

// pipeAs makes a pipe of an endpoint with options of its own, which do not change.
func (c *Core) pipeAs(opts *config, endpoint string, accepted bool) *Pipe {
	p := &Pipe{core: c, id: c.nextID.Add(1), endpoint: endpoint, accepted: accepted, opts: opts}
	p.out.Init()
	p.sendHWM, p.coalesceMsgs = math.MaxInt, math.MaxInt
	if opts.sendHWM > 0 {
		p.sendHWM, p.coalesceMsgs = opts.sendHWM, max(opts.sendHWM/2, 1)
	}
	if c.outbox != nil { // the window is the mark
		p.lane.Store(c.outbox)
		p.coalesceMsgs = max(c.cfg.delivery.window/4, 1)
	}
	p.flush.state.Store(taskBlocked)
	p.in = newMailbox(p, opts.recvHWM)
	if c.cfg.backlogs() {
		p.back = newBacklog(p)
	}
	if k, ok := c.pattern.(*conflating); ok {
		p.latest = &latest{mu: &k.mu}
	}
	return p
}

// ID is unique among the pipes of a socket and never 0.
func (p *Pipe) ID() uint64 { return p.id }

// Identity is the routing id that the peer announced, or nil.
func (p *Pipe) Identity() []byte {
	if peer := p.peer.Load(); peer != nil {
		return peer.Identity
	}
	return nil
}

// Version is the ZMTP version that the peer speaks: 3.1 over inproc, 0.0 while there is no peer.
func (p *Pipe) Version() (major, minor uint8) {
	if peer := p.peer.Load(); peer != nil {
		return peer.Version.Major, peer.Version.Minor
	}
	return 0, 0
}

// FiltersItself reports whether the peer is of ZMTP 1.0 without a greeting (libzmq 2): as a subscriber it takes
// everything and filters by itself, as a publisher it is not told of subscriptions.
func (p *Pipe) FiltersItself() bool {
	peer := p.peer.Load()
	return peer != nil && peer.Unversioned
}

// Tag is what the pattern has set, such as a routing id; nil at first. Any goroutine may call it.
func (p *Pipe) Tag() []byte {
	if t := p.tag.Load(); t != nil {
		return *t
	}
	return nil
}

// SetTag sets the tag; b is not written to any more.
func (p *Pipe) SetTag(b []byte) { p.tag.Store(&b) }

// Accepted reports whether the pipe came through Bind.
func (p *Pipe) Accepted() bool { return p.accepted }

// Leaving reports whether the pipe is on its way out, after Disconnect or Unbind: what it has received is thrown away.
func (p *Pipe) Leaving() bool { return p.muted.Load() }

// Unsent is the number of messages that wait for a connection, this one or the next. Send lock held.
func (p *Pipe) Unsent() int {
	waiting := 0
	if p.back != nil {
		waiting = p.back.depth()
	}
	if l := p.local.Load(); l != nil {
		return waiting + l.unsent()
	}
	return waiting + p.out.Queued()
}

// CanWrite reports whether a Write would be taken: the pipe is there and its mark for sending is not reached.
func (p *Pipe) CanWrite() bool {
	if p.back != nil {
		return !p.gone.Load() && p.back.writable()
	}
	return p.canWrite(p.local.Load())
}

func (p *Pipe) canWrite(l *link) bool {
	switch {
	case p.gone.Load():
		return false
	case l != nil:
		return l.canWrite()
	}
	return p.out.Queued() < p.sendHWM
}

// Write queues the frames of env and then of m as one message. It returns false if the mark for sending is reached.
// If borrowed is set the frames are copied before it returns; otherwise they are given away.
func (p *Pipe) Write(env [][]byte, m *ringmq.Message, borrowed bool) bool {
	if p.back != nil {
		return p.keep(&p.core.keeper, env, m, borrowed, 1)
	}
	if o := p.lane.Load(); o != nil {
		return o.writeTo(p, env, m, borrowed)
	}
	l := p.local.Load()
	if !p.canWrite(l) {
		return false
	}
	p.put(l, env, m, borrowed)
	return true
}

// MaxShort is the size in bytes of the largest frame that WriteShort takes.
const MaxShort = 255

// WriteShort is Write of a message of one frame of at most [MaxShort] bytes, which is borrowed, while messages come in a
// stream and gather: they need nothing then but to be put beside each other. It returns false, without a trace, if that
// is not so.
func (p *Pipe) WriteShort(body []byte) bool {
	if p.credit <= 0 {
		return false
	}
	if l := p.local.Load(); l != nil {
		return l.writeShort(body)
	}
	if p.flush.state.Load() != taskWatched || p.out.Done() != p.creditAt || p.bytes >= p.coalesce-MaxShort {
		return false // it is to be written now, or the stream may be over
	}
	p.credit--
	p.bytes += p.out.AppendShort(body)
	if p.flush.state.Load() != taskWatched {
		p.written(1) // the loop has come by meanwhile, and may not do so again
	}
	return true
}

// put is Write where there is room.
func (p *Pipe) put(l *link, env [][]byte, m *ringmq.Message, borrowed bool) {
	if l != nil {
		l.write(env, m, borrowed)
		if p.back == nil {
			p.credit = l.to.room()
		}
		return
	}
	p.bytes += p.out.Append(env, m, !borrowed)
	p.written(1)
}

// WriteEncoded queues the message that b has encoded last, which is m; see [Core.Fanout].
func (p *Pipe) WriteEncoded(b *outq.Broadcast, m *ringmq.Message, borrowed bool, peers int) bool {
	l := p.local.Load()
	if !p.canWrite(l) {
		return false
	}
	if l != nil {
		p.credit = 0
		return l.write(nil, m, borrowed)
	}
	p.bytes += p.out.AppendEncoded(b)
	p.written(peers)
	return true
}

// Sent reports whether m came from the peer that is there now, not from one before a reconnection.
func (p *Pipe) Sent(m *ringmq.Message) bool {
	peer, c := p.peer.Load(), m.Chunk()
	return peer != nil && !p.gone.Load() && c != nil && c.Properties() == peer.Properties
}

// Local reports whether the peer is in this process, where messages are passed as they are.
func (p *Pipe) Local() bool { return p.local.Load() != nil }

// Drop counts a message that the pattern dropped because the pipe was full, or gone.
func (p *Pipe) Drop() { p.drop(1) }

func (p *Pipe) drop(n int) {
	if p.gone.Load() {
		p.core.unrouted.Add(uint64(n)) // its own counts are closed
		return
	}
	p.dropped.Add(uint64(n))
}

// written decides who writes what was just appended. While somebody is writing, or is going to, or cannot, there is
// nothing to decide: this is the whole cost of a send in dense traffic.
func (p *Pipe) written(peers int) {
	switch p.flush.state.Load() {
	case taskIdle:
		p.decide(peers, p.out.Queued())
	case taskWatched:
		done := p.out.Done()
		switch queued := int(p.out.Appended() - done); {
		case p.bytes >= p.coalesce || queued >= p.coalesceMsgs:
			p.bytes = 0
			if !p.core.claim(p) && p.flush.wake() {
				p.post()
			}
		case queued == 1: // the stream may be over
			p.decide(peers, queued)
		case queued > 1 && p.back == nil: // else it was written just now
			p.credit, p.creditAt = p.coalesceMsgs-queued-1, done
		}
	case taskRunning:
		if p.flush.wake() {
			p.post()
		}
	}
}

func (p *Pipe) decide(peers, queued int) {
	if peers == 1 { // else it was counted for all of them
		p.core.pace.count(now())
	}
	d := p.core.cfg.batching.Decide(batching.State{
		Messages: queued, Bytes: p.bytes, Burst: p.core.pace.burst, Peers: peers,
	})
	if d.Action == batching.Hold {
		p.holdFor(d.Delay)
		return
	}
	if p.hold != nil {
		p.holding.Store(false)
	}
	switch d.Action {
	case batching.Inline:
		if p.core.claim(p) {
			p.bytes = 0
			return
		}
	case batching.Coalesce:
		p.coalesce = d.Bytes
		if p.flush.state.Load() == taskWatched {
			return
		}
		p.stream.Store(p.back == nil) // else the loop goes on at once
	}
	if p.flush.wake() {
		p.post()
	}
	p.bytes = 0
}

// holdFor has the loop write after d, unless it is going to already: it is the oldest message that waits for d, and also
// the one that has come into its place.
func (p *Pipe) holdFor(d time.Duration) {
	switch {
	case p.holding.Swap(true):
	case p.hold == nil:
		p.hold = time.AfterFunc(d, p.heldEnough)
	default:
		p.hold.Reset(d)
	}
}

func (p *Pipe) heldEnough() {
	p.holding.Store(false)
	p.kick()
}

// leaveUnread is [conn.leaveUnread] of the connection that there may be.
func (p *Pipe) leaveUnread() {
	if cn := p.conn.Load(); cn != nil {
		cn.leaveUnread()
	}
}

// kick has the loop write.
func (p *Pipe) kick() {
	if p.flush.unblock() {
		p.post()
	}
}

// post has the connection's loop flush; without a connection the task stays blocked.
func (p *Pipe) post() {
	for {
		if cn := p.conn.Load(); cn != nil {
			cn.loop.Post((*pipeFlusher)(p))
			return
		}
		if !p.flush.begin() {
			return
		}
		for !p.flush.block() { // whatever it was notified of, there is nothing to do without a connection
		}
		if p.conn.Load() == nil || !p.flush.unblock() {
			return
		}
		// One came meanwhile, and its own kick may have found the task scheduled.
	}
}

// pipeFlusher is the pipe as work for a loop.
type pipeFlusher Pipe

// Run flushes on the loop.
func (f *pipeFlusher) Run() {
	if p := (*Pipe)(f); p.flush.begin() {
		p.runFlush(maxWrites)
	}
}

// command queues an encoded command and has it written.
func (p *Pipe) command(encode func(dst []byte) []byte) {
	p.ctl.add(encode)
	p.kick()
}

// SendSubscribe tells the peer of a subscription, or of its end, in the encoding that the peer understands: commands
// from ZMTP 3.1 on, messages before (RFC 37). A peer that filters by itself is told nothing. The pipe must be Ready.
// Subscriptions do not count against the mark. Send lock held.
func (p *Pipe) SendSubscribe(topic []byte, on bool) {
	switch l := p.local.Load(); {
	case l != nil:
		l.subscribe(topic, on)
	case !p.FiltersItself():
		p.command(func(dst []byte) []byte { return p.appendSubscribe(dst, topic, on) })
	}
	p.play()
}

// SendSubscriptions tells the peer of all topics that all visits, at once.
func (p *Pipe) SendSubscriptions(all func(visit func(topic []byte))) {
	switch l := p.local.Load(); {
	case l != nil:
		all(func(topic []byte) { l.subscribe(topic, true) })
	case !p.FiltersItself():
		p.command(func(dst []byte) []byte {
			all(func(topic []byte) { dst = p.appendSubscribe(dst, topic, true) })
			return dst
		})
	}
	if p.core.acker != nil {
		all(func([]byte) { p.play() }) // once
	}
}

func (p *Pipe) appendSubscribe(dst, topic []byte, on bool) []byte {
	major, minor := p.Version()
	switch {
	case major == 1:
		return zmtp.AppendFrameV1(dst, 0, append([]byte{b2u(on)}, topic...))
	case (major == 2 || minor == 0) && on:
		return zmtp.AppendSubscribeMessage(dst, topic)
	case major == 2 || minor == 0:
		return zmtp.AppendCancelMessage(dst, topic)
	case on:
		return zmtp.AppendSubscribe(dst, topic)
	}
	return zmtp.AppendCancel(dst, topic)
}

func b2u(b bool) byte {
	if b {
		return 1
	}
	return 0
}
