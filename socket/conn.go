package socket

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/transport"
)

// conn is one connection that carries ZMTP: it joins a stream to a pipe. The holder of the read task reads, the holder
// of the pipe's flush task writes.
type conn struct {
	core *Core
	pipe *Pipe
	loop *ioloop.Loop
	peer string // address

	stream ioloop.Stream
	dialer *connector // nil if accepted

	read task // with it: hand, dec and what Recv's driver has of it
	hand *session.Handshake
	said int64 // bytes of the handshake that were given out to be sent; holder of read
	took bool  // the peer's offer of shared memory; holder of read
	dec  decoder
	open atomic.Bool // the handshake is through: messages flow

	seen   atomic.Int64 // when input last came, on the coarse clock; stored by the holder of read
	hungUp atomic.Bool  // the end of the stream comes after what is there

	driven bool // reading is the receiver's, not the loop's; holder of read

	// Holder of the pipe's flush task.
	pieces       [maxPieces][]byte
	ctlBuf       []byte
	writeWatched bool
	header       func(dst []byte, flags byte, size int) []byte // appends a frame's header; nil: as it is in the queue
	frameRest    uint64                                        // bytes of the frame's body that are still to be converted
	converted    int                                           // bytes of the queue that ctlOut stands for

	broken atomic.Pointer[brokenWrite]

	deadline *time.Timer // of the handshake
	nudge    *time.Timer

	signs  sign
	pings  atomic.Bool // the pulse visits it
	pinged int64       // when the first PING went out that nothing has come after; 0: none. The pulse's
	theirs atomic.Pointer[theirs]

	once    sync.Once
	failure error // why it ended; set before over is closed
	dead    atomic.Bool
	parting atomic.Bool   // our side has ended its direction: input is thrown away
	over    chan struct{} // closed when the connection is cleaned up
}

// connect makes a connection of a byte stream; its pipe is there already if this side dialled.
func (c *Core) connect(nc net.Conn, p *Pipe, d *connector) (*conn, error) {
	cn := &conn{core: c, pipe: p, loop: c.group.Next(), dialer: d, over: make(chan struct{}), peer: address(nc)}
	cn.read.state.Store(taskRunning) // nobody reads before the connection is complete
	stream, err := cn.attach(nc)
	if err != nil {
		return nil, err
	}
	cn.stream = stream
	if err := c.enlist(cn); err != nil {
		stream.Close()
		return nil, err
	}
	p.ctl.take(nil)
	p.conn.Store(cn)
	if c.kind.Raw {
		if err := cn.openRaw(); err != nil {
			cn.fail(err)
		}
	} else {
		cn.shakeHands()
	}
	p.kick()
	cn.read.state.Store(taskScheduled)
	cn.loop.Post((*connReader)(cn))
	if d != nil && d.isStopped() {
		cn.fail(errClosing) // Disconnect came while this was being made
	}
	return cn, nil
}

// shakeHands begins the handshake. Holder of read.
func (cn *conn) shakeHands() {
	cn.hand = session.NewHandshake(cn.pipe.handshakeConfig())
	cn.handshake(func(dst []byte) []byte { return cn.hand.Start(dst) })
	if t := cn.pipe.opts.handshake; t > 0 {
		cn.deadline = time.AfterFunc(t, func() { cn.fail(ErrHandshakeTimeout) })
	}
	cn.nudge = time.AfterFunc(session.NudgeAfter, cn.push)
}

func address(c net.Conn) string { return transport.PeerAddr(c).String() }

// push moves a peer that has sent nothing yet.
func (cn *conn) push() {
	if !cn.seizeRead() {
		return
	}
	if !cn.open.Load() && !cn.dead.Load() {
		cn.handshake(func(dst []byte) []byte { return cn.hand.Nudge(dst) })
		cn.pipe.kick()
	}
	cn.giveUp() // it may have been scheduled
	cn.runRead(maxReads)
}

// Ready is the loop's call for what the stream may be ready for.
func (cn *conn) Ready(ev ioloop.Events) {
	if ev&ioloop.Hangup != 0 {
		cn.hungUp.Store(true)
	}
	switch {
	case ev&ioloop.Readable == 0:
	case cn.read.start():
		cn.runRead(maxReads)
	case ev&ioloop.Hangup != 0 && cn.takeBack(): // receivers may be long in coming to the end
		cn.giveUp()
		cn.runRead(maxReads)
	}
	if ev&ioloop.Writable != 0 && cn.pipe.conn.Load() == cn && cn.pipe.flush.unblock() && cn.pipe.flush.begin() {
		cn.pipe.runFlush(maxWrites)
	}
}

// connReader is the connection as work for a loop.
type connReader conn

// Run reads on the loop.
func (r *connReader) Run() {
	cn := (*conn)(r)
	if !cn.read.begin() {
		return
	}
	cn.giveUp() // it was left to the loop by a receiver that drove
	cn.runRead(maxReads)
}

// runRead reads until there is nothing more, the mailbox is full, or rounds reads are made, after which the loop goes
// on; with rounds 0, which is a receiver's, it reads once and leaves the rest to the next call. The caller has begun
// the read task and holds no lock.
func (cn *conn) runRead(rounds int) {
	for i := 0; ; i++ {
		switch got, err := cn.readOnce(rounds == 0); {
		case err != nil:
			cn.fail(err)
			cn.read.state.Store(taskBlocked)
			return
		case got == readDirect:
			cn.core.goDirect(cn)
			return
		case got == readPaused && rounds > 0:
			cn.theirs.Load().paused()
			cn.leaveUnread()
			if cn.read.block() {
				return
			}
		case rounds == 0, got == readShort:
			if cn.read.end() {
				return
			}
		case i >= rounds:
			cn.read.state.Store(taskScheduled)
			cn.loop.Post((*connReader)(cn))
			return
		}
	}
}

// readResult says how one read ended.
type readResult uint8

const (
	readMore   readResult = iota // there may be more
	readShort                    // there was no more
	readPaused                   // the mailbox is full
	readDirect                   // what came is left to receivers
)

// readOnce reads once and deals with what came. A receiver that finds the mailbox full comes again when it has emptied
// it; anybody else is told. Holder of read.
func (cn *conn) readOnce(receiver bool) (readResult, error) {
	if cn.dead.Load() {
		return readShort, nil
	}
	if cn.dec.held() && cn.open.Load() && !cn.parting.Load() { // from before a pause
		if more, err := cn.deliver(receiver); err != nil || !more {
			return readPaused, err
		}
	}
	buf := cn.dec.room()
	n, err := cn.stream.Read(buf)
	if err == ioloop.ErrAgain {
		return cn.nothingRead()
	}
	if err != nil {
		return 0, err
	}
	if cn.parting.Load() {
		return readMore, nil
	}
	cn.seen.Store(coarse.now())
	cn.signs.given()
	if cn.dec.took(n); !cn.open.Load() {
		if err := cn.shake(); err != nil || !cn.open.Load() {
			return readMore, err
		}
	}
	if receiver && cn.core.kind.Direct {
		return readDirect, nil
	}
	if more, err := cn.deliver(receiver); err != nil || !more {
		return readPaused, err
	}
	if n < len(buf) && !cn.hungUp.Load() {
		return readShort, nil
	}
	return readMore, nil
}

// deliver decodes what was read, up to the mark, and shows it to the receiver at once.
func (cn *conn) deliver(receiver bool) (more bool, err error) {
	for {
		more, err = cn.dec.run(cn)
		if cn.pipe.in.q.Unpublished() > 0 {
			cn.pipe.in.publish()
		}
		if more || err != nil || receiver || cn.pipe.in.pause() {
			return more, err
		}
	}
}

// shake goes on with the handshake.
func (cn *conn) shake() error {
	in := cn.dec.pending()
	var n int
	var err error
	cn.takeOffer()
	cn.handshake(func(dst []byte) []byte {
		dst, n, err = cn.hand.Feed(dst, in)
		return dst
	})
	cn.dec.skip(n)
	if err != nil {
		cn.pipe.kick() // the peer is told why
		return err
	}
	if cn.hand.Done() {
		if err := cn.established(); err != nil {
			return err
		}
	}
	cn.pipe.kick()
	return nil
}

// established lets messages flow.
func (cn *conn) established() error {
	cn.stopTimers()
	peer := cn.hand.Peer()
	peer.Properties.Set(propPeerAddress, cn.peer)
	cn.dec.startTraffic(peer, cn.pipe.opts.maxMessage)
	if peer.Version.Major == 1 {
		cn.header = zmtp.AppendHeaderV1
	}
	cn.share(peer)
	if err := cn.welcome(peer); err != nil {
		return err
	}
	if cn.wantsPings(peer) {
		cn.pings.Store(true)
		cn.core.pulse.begin()
	}
	cn.core.event(cn.pipe.about(HandshakeSucceeded, nil))
	cn.core.writable.wake()
	return nil
}

// welcome takes in the peer, who is known now. Holder of read.
func (cn *conn) welcome(peer *session.Peer) error {
	cn.pipe.greet(peer, cn.peer)
	if cn.dialer != nil {
		cn.dialer.succeeded()
	}
	if err := cn.core.admit(cn.pipe); err != nil {
		return err
	}
	cn.open.Store(true)
	return nil
}

func (cn *conn) stopTimers() {
	if cn.deadline != nil {
		cn.deadline.Stop()
	}
	if cn.nudge != nil {
		cn.nudge.Stop()
	}
	cn.theirs.Load().end()
}

// fail ends the connection for the reason err. Any goroutine may call it, holding any lock: the cleaning up is the
// loop's.
func (cn *conn) fail(err error) {
	cn.once.Do(func() {
		cn.failure = err
		cn.dead.Store(true)
		cn.loop.Post((*connCloser)(cn))
	})
}

// brokenWrite is why nothing can be written any more.
type brokenWrite struct{ err error }

// failWrite is told that the stream takes no more. What the peer has sent before it went is still read, up to the end of
// the stream, which is where the connection ends then: if the mailbox is full, when receivers have come so far. Holder
// of the flush task.
func (cn *conn) failWrite(err error) {
	cn.broken.Store(&brokenWrite{err})
	cn.hungUp.Store(true)
	if cn.read.wake() {
		cn.loop.Post((*connReader)(cn))
	}
	cn.leaveUnread()
}

// leaveUnread ends a connection that can neither be written to nor read to its end, because the mailbox is full and nobody
// receives from it any more. It is called after each of these has come about.
func (cn *conn) leaveUnread() {
	b := cn.broken.Load()
	if b != nil && cn.pipe.in.paused.Load() && (cn.core.closing.Load() || cn.pipe.muted.Load()) {
		cn.fail(b.err)
	}
}

// nothingRead is the result of a read that has found nothing: the end, where nothing can be written any more. A stream
// that somebody reads ahead from will tell of its end.
func (cn *conn) nothingRead() (readResult, error) {
	if b := cn.broken.Load(); b != nil && cn.stream.Drivable() {
		return 0, b.err
	}
	return readShort, nil
}

// connCloser is the end of a connection as work for a loop.
type connCloser conn

// Run closes the connection and gives its pipe back.
func (k *connCloser) Run() {
	cn := (*conn)(k)
	cn.seizeRead()
	cn.read.state.Store(taskOver)
	cn.pipe.flush.seize()
	cn.stopTimers()
	cn.lastWords()
	cn.stream.Close()
	cn.dec.close()
	cn.core.lost(cn)
	cn.core.delist(cn)
	close(cn.over)
}

// lastWords tells the peer why its handshake was refused. Holder of the flush task.
func (cn *conn) lastWords() {
	var refused *session.HandshakeError
	if errors.As(cn.failure, &refused) && cn.pipe.ctl.pending.Load() > 0 && len(cn.pipe.ctlOut) == 0 {
		cn.ctlBuf = cn.pipe.ctl.take(cn.ctlBuf)
		_, _ = cn.stream.Writev(append(cn.pieces[:0], cn.ctlBuf)) // the connection ends either way
	}
}

// wrapped is err with the circumstances of the connection.
func (cn *conn) wrapped(op string, err error) error {
	return &ringmq.Error{Socket: cn.core.kind.Name, Op: op, Endpoint: cn.pipe.endpoint, Peer: cn.peer, Err: err}
}

// command deals with a command of the peer. The body is only borrowed.
func (cn *conn) command(body []byte) error {
	kind, arg, err := session.ParseTraffic(body)
	if err != nil {
		return err
	}
	switch kind {
	case session.CommandSubscribe, session.CommandCancel:
		cn.core.pattern.Subscribe(cn.pipe, arg, kind == session.CommandSubscribe)
	case session.CommandJoin, session.CommandLeave:
		cn.core.pattern.Join(cn.pipe, arg, kind == session.CommandJoin)
	case session.CommandPing:
		return cn.answer(arg)
	case session.CommandError:
		return session.PeerError(arg)
	case session.CommandUnknown:
		return cn.core.extension(cn.pipe, body)
	}
	return nil
}

// answer answers a PING. One that finds too many answers unsent is passed over: they say the same.
func (cn *conn) answer(arg []byte) error {
	ttl, context, err := zmtp.ParsePing(arg)
	if err != nil {
		return fmt.Errorf("%w: %w", ringmq.ErrProtocol, err)
	}
	cn.obey(ttl)
	cn.pong(context)
	return nil
}

func (cn *conn) pong(context []byte) {
	if cn.pipe.ctl.pending.Load() < maxPongBacklog {
		cn.pipe.command(func(dst []byte) []byte { return zmtp.AppendPong(dst, context) })
	}
}
