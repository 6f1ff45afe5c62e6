package session

import "github.com/ringmq/ringmq/internal/zmtp"

// greet runs at each length of the peer's greeting that tells something new, and answers with as much of ours.
func (h *Handshake) greet(dst []byte) ([]byte, error) {
	protocol, need, err := zmtp.Recognise(h.buf)
	if err != nil {
		return dst, wrap(CodeMalformedGreeting, "signature", err)
	}
	h.protocol = protocol
	switch protocol {
	case zmtp.ProtocolVersioned:
		dst = h.sendGreeting(dst, zmtp.SignatureSize+1)
	case zmtp.ProtocolUnversioned:
		return h.unversioned(dst)
	case zmtp.ProtocolV1, zmtp.ProtocolV2:
		return h.greetOld(dst, need)
	case zmtp.ProtocolV3:
		dst = h.sendGreeting(dst, zmtp.GreetingSize)
	}
	h.want = need
	if len(h.buf) == zmtp.GreetingSize {
		return h.greeted(dst)
	}
	return dst, nil
}

// sendGreeting appends our greeting up to byte end, as far as it has not been sent.
func (h *Handshake) sendGreeting(dst []byte, end int) []byte {
	if h.sent >= end {
		return dst
	}
	dst = append(dst, h.greeting[h.sent:end]...)
	h.sent = end
	return dst
}

// greeted has the whole greeting of a peer of 3.0 or later, and opens the mechanism's exchange.
func (h *Handshake) greeted(dst []byte) ([]byte, error) {
	g, err := zmtp.ParseGreeting(h.buf)
	if err != nil {
		return dst, wrap(CodeMalformedGreeting, "greeting", err)
	}
	if g.Mechanism != h.mech.Name() {
		return dst, protocolError(CodeMechanismMismatch, "ours is %s, the peer's %q", h.mech.Name(), g.Mechanism)
	}
	h.peer.Version = negotiated(g)
	h.nextFrame(zmtp.ParseHeader, (*Handshake).command)
	return h.advance(dst, nil)
}

// negotiated is the lower of our version, 3.1, and the peer's, which is at least 3.0.
func negotiated(g zmtp.Greeting) Version {
	if g.Major == zmtp.Major && g.Minor == 0 {
		return Version{Major: zmtp.Major}
	}
	return Version{Major: zmtp.Major, Minor: zmtp.Minor}
}
