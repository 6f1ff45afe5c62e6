package session

import (
	"bytes"
	"slices"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// unversioned goes on with a peer of ZMTP 1.0. Our signature was the header of our identity frame; its body follows.
// What the peer sent is the beginning of its own identity frame and stays in buf. Whatever speaks another protocol
// altogether ends up here too, unless it begins with FF.
func (h *Handshake) unversioned(dst []byte) ([]byte, error) {
	if err := h.refuseOld(); err != nil {
		return dst, err
	}
	if _, err := h.oldCode(); err != nil {
		return dst, err
	}
	if h.sent > zmtp.SignatureSize {
		return dst, &HandshakeError{
			Code: CodeUnsupportedVersion, Detail: "ZMTP 1.0 peer spoke too late",
			Err: ringmq.ErrProtocol, temporary: true,
		}
	}
	h.peer.Version, h.peer.Unversioned = Version{Major: 1}, true
	h.thisFrame(parseFirstV1, (*Handshake).identityFrame)
	return append(dst, h.cfg.identity()...), nil
}

// parseFirstV1 reads the header of an identity frame in place of a greeting. libzmq 2 sends it with no flag set, not
// even the reserved ones; text such as an HTTP request has some bit there, and would pass for an identity otherwise.
func parseFirstV1(b []byte) (flags byte, size uint64, n int, err error) {
	flags, size, n, err = zmtp.ParseHeaderV1(b)
	if n > 0 && b[n-1] != 0 {
		return 0, 0, 0, zmtp.ErrReservedFlags
	}
	return flags, size, n, err
}

// greetOld goes on with a peer that has the greeting of ZMTP 2.0. Our socket type and identity go out as soon as the
// major version is known; the peer's own type is the last byte of its greeting.
func (h *Handshake) greetOld(dst []byte, need int) ([]byte, error) {
	if err := h.refuseOld(); err != nil {
		return dst, err
	}
	if h.want < need {
		h.want = need
		return h.sendOldGreeting(dst)
	}
	return dst, h.greetedOld()
}

func (h *Handshake) sendOldGreeting(dst []byte) ([]byte, error) {
	code, err := h.oldCode()
	if err != nil {
		return dst, err
	}
	dst = append(h.sendGreeting(dst, zmtp.SignatureSize+1), code)
	if h.protocol == zmtp.ProtocolV1 {
		return zmtp.AppendFrameV1(dst, 0, h.cfg.identity()), nil
	}
	return zmtp.AppendFrame(dst, 0, h.cfg.identity()), nil
}

// oldCode is the code of our socket type in the greeting of ZMTP 2.0. Types that came later have none, and no peers of
// 1.0 either.
func (h *Handshake) oldCode() (byte, error) {
	code, ok := zmtp.SocketTypeCode(h.cfg.SocketType)
	if !ok {
		return 0, protocolError(CodeIncompatibleSocketType, "ZMTP before 3.0 has no %s", h.cfg.SocketType)
	}
	return code, nil
}

func (h *Handshake) greetedOld() error {
	code := h.buf[zmtp.GreetingSizeV2-1]
	socketType, ok := zmtp.SocketTypeByCode(code)
	if !ok || !slices.Contains(h.cfg.PeerTypes, socketType) {
		return protocolError(CodeIncompatibleSocketType, "ours is %s, the peer's %q (code %d)",
			h.cfg.SocketType, socketType, code)
	}
	h.peer.SocketType = socketType
	h.peer.Properties.Add(zmtp.PropSocketType, socketType)
	if h.protocol == zmtp.ProtocolV1 {
		h.peer.Version = Version{Major: 1}
		h.nextFrame(zmtp.ParseHeaderV1, (*Handshake).identityFrame)
		return nil
	}
	h.peer.Version = Version{Major: 2}
	h.nextFrame(zmtp.ParseHeader, (*Handshake).identityFrame)
	return nil
}

// refuseOld guards against a downgrade to a version that has no security (RFC 37, "Security Considerations").
func (h *Handshake) refuseOld() error {
	if h.takesOldPeers() {
		return nil
	}
	return protocolError(CodeUnsupportedVersion, "%s needs ZMTP 3.0", h.mech.Name())
}

// identityFrame is the last of the handshake before 3.0.
func (h *Handshake) identityFrame(dst []byte, flags byte, body []byte) ([]byte, error) {
	if flags != 0 {
		return dst, protocolError(CodeMalformedFrame, "identity frame with flags %#x", flags)
	}
	if err := h.setIdentity(body); err != nil {
		return dst, err
	}
	h.peer.Properties.Add(zmtp.PropIdentity, string(body))
	h.finish()
	return dst, nil
}

func (h *Handshake) setIdentity(id []byte) error {
	if !zmtp.ValidIdentity(id) {
		return protocolError(CodeMalformedIdentity, "%d bytes that begin %.16q", len(id), id)
	}
	h.peer.Identity = bytes.Clone(id)
	return nil
}
