package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/transport"
)

// datagrams joins a pipe to a socket of datagrams. There is no connection, and nobody is known at the far end: the pipe
// has a link that leads nowhere. One goroutine sends what is put there, another receives.
//
//	Send ─ pattern ─> link's mailbox ── send ──> sendto(2)
//	Recv <─ pattern ─ pipe's mailbox <─ receive ── recvfrom(2)
type datagrams struct {
	core *Core
	pipe *Pipe
	box  *mailbox // what is to be sent
	over chan struct{}
	work sync.WaitGroup // its goroutines

	mu    sync.Mutex
	sock  *transport.DatagramSocket // nil before it is open
	ended bool

	out []byte // the datagram being sent; the sending goroutine's

	// The receiving goroutine's.
	buf    []byte
	frames [2][]byte // of the message
	from   []byte    // its first frame, if that is an address
	copies link      // what is received is copied out of buf
}

// newDatagrams makes the link of a pipe, on which messages may be put now.
func (c *Core) newDatagrams(p *Pipe) *datagrams {
	hwm := p.opts.sendHWM
	if p.back != nil {
		hwm = 1 // everything else waits there
	}
	g := &datagrams{core: c, pipe: p, box: newMailbox(nil, hwm), over: make(chan struct{})}
	g.box.bell = make(chan struct{}, 1)
	p.datagrams = g
	p.local.Store(&link{from: p, to: g.box})
	return g
}

// Datagrams reports whether the pipe leads to an address that datagrams are sent to, or to one where they are received.
// Whoever is there has no socket type and announces nothing.
func (p *Pipe) Datagrams() bool { return p.datagrams != nil }

// bindDatagrams receives at an address, and sends from there if the socket type does.
func (c *Core) bindDatagrams(t transport.Datagram, addr string, opts *config) (*listener, error) {
	sock, err := t.Open(context.Background(), addr, c.cfg.multicast)
	if err != nil {
		return nil, err
	}
	p := c.pipeAs(opts, sock.Endpoint, true)
	g := c.newDatagrams(p)
	if err := g.start(sock, sock.LocalAddr().String()); err != nil {
		return nil, err
	}
	return &listener{core: c, bound: sock.Endpoint, stop: g.stopReceiving, pipe: p}, nil
}

// connectDatagrams makes a pipe whose messages are sent to an address.
func (c *Core) connectDatagrams(t transport.Datagram, endpoint, addr string, opts *config) *connector {
	d := &connector{core: c, endpoint: endpoint, addr: addr, datagram: t, delay: opts.reconnectMin}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.pipe = c.pipeAs(opts, endpoint, false)
	d.pipe.dialer = d
	c.newDatagrams(d.pipe)
	return d
}

// aim is one attempt to find out where to send. What is sent meanwhile waits in the link.
func (d *connector) aim() error {
	sock, err := d.datagram.Aim(d.ctx, d.addr, d.core.cfg.multicast)
	if err != nil {
		return err
	}
	d.core.event(Event{Type: Connected, Endpoint: d.endpoint, Peer: sock.Target.String()})
	return d.pipe.datagrams.start(sock, sock.Target.String())
}

// start lets messages flow. On an error the socket is closed.
func (g *datagrams) start(sock transport.DatagramSocket, address string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pipe.greet(&session.Peer{Properties: new(ringmq.Properties)}, address)
	err := error(ringmq.ErrClosed)
	if !g.ended {
		err = g.core.admit(g.pipe)
	}
	if err != nil {
		sock.Close()
		return err
	}
	g.sock = &sock
	if g.sends() {
		g.work.Go(g.send)
	}
	if g.core.kind.Datagrams != SendGroups {
		g.buf = make([]byte, maxDatagramIn)
		g.work.Go(g.receive)
	}
	return nil
}

func (g *datagrams) sends() bool { return g.core.kind.Datagrams != RecvGroups }

// stopReceiving is the end of a Bind. A socket that sends too is closed with its pipe, when what is queued is sent.
func (g *datagrams) stopReceiving() {
	if g.sends() {
		_ = g.sock.SetReadDeadline(time.Unix(0, 1)) // it fails only for a socket that is closed
	} else {
		g.end()
	}
	g.core.event(Event{Type: ListenerClosed, Endpoint: g.pipe.endpoint})
}

// end closes the socket, and returns when nothing of it runs any more. The caller holds no lock.
func (g *datagrams) end() {
	g.mu.Lock()
	if !g.ended {
		g.ended = true
		close(g.over)
		if g.sock != nil {
			_ = g.sock.Close() // what it could say, nobody asks
		}
	}
	g.mu.Unlock()
	g.work.Wait()
}

// send sends what is put on the link, until the end.
func (g *datagrams) send() {
	q := &g.box.q
	defer q.Tell() // what is left is given up, and counted
	for {
		m := q.Peek()
		if g.tellRoom(); m == nil {
			g.core.quiet.wake()
			if !g.box.rest() {
				continue
			}
			select {
			case <-g.box.bell:
				continue
			case <-g.over:
				return
			}
		}
		sent := *m
		switch err := g.sendOne(&sent); {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			g.pipe.discarded.Add(1)
		}
		q.Consume()
		sent.Release()
	}
}

// tellRoom takes what waits in a backlog, and wakes senders when the queue has come down to half its mark.
func (g *datagrams) tellRoom() {
	b := g.pipe.back
	if b != nil && b.depth() > 0 {
		g.core.HoldsSend(g.pipe.passOn)
	}
	if g.core.writable.waiting.Load() == 0 {
		return
	}
	if b != nil && b.halved() || b == nil && g.box.half(g.box.q.Depth()) {
		g.core.writable.wake()
	}
}

func (g *datagrams) sendOne(m *ringmq.Message) error {
	first, rest := m.Parts()
	to, b := g.sock.Target, rest[0]
	if g.core.kind.Datagrams == Addressed {
		to, _ = netip.ParseAddrPort(string(first)) // the pattern has looked at it
	} else {
		g.out = zmtp.AppendDatagram(g.out[:0], first, b)
		b = g.out
	}
	_, err := g.sock.WriteToUDPAddrPort(b, to)
	return err
}

// receive receives until the end.
func (g *datagrams) receive() {
	for {
		n, from, err := g.sock.ReadFromUDPAddrPort(g.buf)
		switch {
		case err == nil:
			g.take(g.buf[:n], from)
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		default:
			select { // it may fail again at once
			case <-g.over:
			case <-time.After(acceptPause):
			}
		}
	}
}

// take makes a message of a datagram. One for which there is no room is dropped and counted; what is none is passed over.
func (g *datagrams) take(b []byte, from netip.AddrPort) {
	if g.core.kind.Datagrams == Addressed {
		g.from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port()).AppendTo(g.from[:0])
		g.frames = [2][]byte{g.from, b}
	} else {
		group, body, ok := zmtp.ParseDatagram(b)
		if !ok {
			return
		}
		g.frames = [2][]byte{group, body}
	}
	m := ringmq.Assemble(nil, g.frames[0], g.frames[1:])
	if g.core.pattern.Deliver(g.pipe, &m) != Enqueue {
		return
	}
	in := g.pipe.in
	if in.room() == 0 || int64(len(b)) > g.pipe.opts.maxMessage {
		g.pipe.Drop()
		return
	}
	g.copies.pass(in.q.Slot(), nil, &m, true)
	in.q.Commit()
	in.publish()
}

// FitsDatagram returns an error if a datagram of so many bytes is not sent. It wraps [ringmq.ErrTooLarge].
func (c *Core) FitsDatagram(bytes int) error {
	if bytes <= MaxDatagram {
		return nil
	}
	return c.badMessage(ringmq.ErrTooLarge, fmt.Sprintf("the datagram has %d bytes, at most %d can be sent", bytes, MaxDatagram))
}
