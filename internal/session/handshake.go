package session

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/security"
	"github.com/ringmq/ringmq/security/null"
)

// Handshake is one connection before traffic. It is used by one goroutine at a time.
//
// What arrives is gathered in buf until a unit is complete: as much of the greeting as tells something new, or one
// frame. Then the step runs, which either asks for more or begins another unit.
type Handshake struct {
	cfg  *Config
	mech security.Mechanism
	open bool // the mechanism has begun

	greeting [zmtp.GreetingSize]byte // ours, for a peer of 3.0 or later
	sent     int                     // how many bytes of it went out

	protocol zmtp.Protocol
	buf      []byte // the unit so far
	want     int    // the length of buf at which step runs; never below len(buf)
	step     func(h *Handshake, dst []byte) ([]byte, error)
	frames   frames

	peer Peer
	done bool
	err  error // the first error; it stays
}

// NewHandshake returns the handshake of one connection. It keeps cfg and does not write to it.
func NewHandshake(cfg *Config) *Handshake {
	h := &Handshake{cfg: cfg, mech: cfg.mechanism(cfg.Metadata), want: 1, step: (*Handshake).greet}
	ours := zmtp.Greeting{Major: zmtp.Major, Minor: zmtp.Minor, Mechanism: h.mech.Name(), AsServer: h.asServer()}
	zmtp.AppendGreeting(h.greeting[:0], ours, len(cfg.identity()))
	h.peer.Properties = new(ringmq.Properties)
	return h
}

// Start appends to dst what is sent before anything has arrived. It is called once.
func (h *Handshake) Start(dst []byte) []byte {
	if h.takesOldPeers() {
		return h.sendGreeting(dst, zmtp.SignatureSize)
	}
	return h.sendGreeting(dst, zmtp.GreetingSize)
}

// Nudge appends to dst what may move a peer that has been silent for [NudgeAfter]: the byte that completes the eleven
// of RFC 37. It appends nothing where that was sent already. A peer that turns out to be of ZMTP 1.0 afterwards cannot
// be talked to on this connection any more; the error then says to reconnect.
func (h *Handshake) Nudge(dst []byte) []byte {
	if h.protocol != zmtp.ProtocolUnknown {
		return dst
	}
	return h.sendGreeting(dst, zmtp.SignatureSize+1)
}

// Announce adds a property to the metadata of this connection alone. It returns false if the metadata may have been sent
// already.
func (h *Handshake) Announce(p Property) bool {
	if h.open || h.done || h.err != nil {
		return false
	}
	h.mech = h.cfg.mechanism(append(h.cfg.Metadata[:len(h.cfg.Metadata):len(h.cfg.Metadata)], p))
	return true
}

// Feed takes the next bytes from the peer. It consumes the first n of in, which is all of them until the handshake is
// done: what follows the last byte of the handshake is left. It appends to dst what is to be sent, which on an error
// should still be sent before the connection is closed. The error is a [*HandshakeError], and comes again from every
// later call. in is not kept.
func (h *Handshake) Feed(dst, in []byte) (out []byte, n int, err error) {
	for h.err == nil && !h.done {
		take := min(h.want-len(h.buf), len(in)-n)
		h.buf = append(h.buf, in[n:n+take]...)
		n += take
		if len(h.buf) < h.want {
			break
		}
		dst, h.err = h.step(h, dst)
	}
	return dst, n, h.err
}

// Done says whether the handshake has succeeded.
func (h *Handshake) Done() bool { return h.done }

// Peer is the other side, valid once the handshake is done.
func (h *Handshake) Peer() *Peer { return &h.peer }

// finish ends the handshake well and lets go of its memory.
func (h *Handshake) finish() {
	h.done = true
	h.buf, h.mech = nil, nil
}

// takesOldPeers: ZMTP before 3.0 has no mechanisms, so a socket that asks for one refuses it (RFC 37).
func (h *Handshake) takesOldPeers() bool { return h.mech.Name() == null.Name }

// asServer is the greeting's byte for our role, which for NULL must be zero.
func (h *Handshake) asServer() bool { return h.cfg.Server && h.mech.Name() != null.Name }
