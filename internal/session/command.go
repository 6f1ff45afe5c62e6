package session

import (
	"slices"
	"strings"

	"github.com/ringmq/ringmq/internal/zmtp"
)

// command takes one frame of the exchange that follows the greeting of 3.0.
func (h *Handshake) command(dst []byte, flags byte, body []byte) ([]byte, error) {
	if flags&zmtp.FlagCommand == 0 {
		return dst, protocolError(CodeUnexpectedCommand, "a message before the end of the handshake")
	}
	name, data, err := zmtp.ParseCommand(body)
	if err != nil {
		return dst, wrap(CodeMalformedCommand, "handshake command", err)
	}
	if string(name) == zmtp.CmdError {
		return dst, refusedByPeer(data)
	}
	return h.advance(dst, body)
}

// refusedByPeer: an ERROR is one even if its reason cannot be read.
func refusedByPeer(data []byte) *HandshakeError {
	reason, err := zmtp.ParseError(data)
	if err != nil {
		reason = data[:min(len(data), zmtp.MaxErrorReason)]
	}
	return PeerError(reason)
}

// advance hands a command to the mechanism, or nil to open the exchange, and sends what it answers.
func (h *Handshake) advance(dst, command []byte) ([]byte, error) {
	h.open = true
	send, done, err := h.mech.Next(command)
	for _, body := range send {
		dst = zmtp.AppendFrame(dst, zmtp.FlagCommand, body)
	}
	if err != nil {
		return dst, mechanismError(h.mech.Name(), err)
	}
	if done {
		return h.meet(dst)
	}
	if command != nil {
		h.nextFrame(zmtp.ParseHeader, (*Handshake).command)
	}
	return dst, nil
}

// meet reads the peer's metadata and decides whether our sockets talk to each other.
func (h *Handshake) meet(dst []byte) ([]byte, error) {
	if err := h.readMetadata(h.mech.PeerMetadata()); err != nil {
		return dst, err
	}
	if t := h.peer.SocketType; t != "" && !slices.Contains(h.cfg.PeerTypes, t) {
		// RFC 23 has the peer told. The reason is without blanks, which its grammar does not allow.
		return zmtp.AppendError(dst, CodeIncompatibleSocketType),
			protocolError(CodeIncompatibleSocketType, "ours is %s, the peer's %q", h.cfg.SocketType, t)
	}
	if err := h.readIdentity(); err != nil {
		return dst, err
	}
	h.peer.Mechanism = h.mech.Name()
	h.finish()
	return dst, nil
}

func (h *Handshake) readMetadata(metadata []byte) error {
	count := 0
	err := zmtp.ParseProperties(metadata, func(name string, value []byte) error {
		if count++; count > maxProperties {
			return protocolError(CodeMalformedReady, "more than %d properties", maxProperties)
		}
		if !strings.EqualFold(name, zmtp.PropUserID) {
			h.peer.Properties.Add(name, string(value))
		}
		return nil
	})
	if _, ok := err.(*HandshakeError); ok || err == nil {
		h.peer.SocketType, _ = h.peer.Properties.Get(zmtp.PropSocketType)
		return err
	}
	return wrap(CodeMalformedReady, "metadata", err)
}

// readIdentity heeds the Identity property of the types that have one; that of others "shall be ignored" (RFC 37).
func (h *Handshake) readIdentity() error {
	id, ok := h.peer.Properties.Get(zmtp.PropIdentity)
	if !ok || h.peer.SocketType != "" && !zmtp.HasIdentity(h.peer.SocketType) {
		return nil
	}
	return h.setIdentity([]byte(id))
}
