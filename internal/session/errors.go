package session

import (
	"errors"
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/security"
)

// Why a handshake failed, as Code of a [HandshakeError]. A mechanism can add codes of its own.
const (
	// CodeMalformedGreeting: the first bytes are no greeting and no identity frame.
	CodeMalformedGreeting = "malformed-greeting"
	// CodeUnsupportedVersion: a peer older than ZMTP 3.0, which our mechanism does not allow, or one of ZMTP 1.0 that
	// spoke after a nudge.
	CodeUnsupportedVersion = "unsupported-version"
	// CodeMechanismMismatch: the greetings name different mechanisms.
	CodeMechanismMismatch = "mechanism-mismatch"
	// CodeMalformedFrame: a frame header that breaks the framing rules.
	CodeMalformedFrame = "malformed-frame"
	// CodeMalformedCommand: a command frame whose body is no command.
	CodeMalformedCommand = security.MalformedCommand
	// CodeUnexpectedCommand: a message, or a command that does not belong where it came.
	CodeUnexpectedCommand = security.UnexpectedCommand
	// CodeMalformedReady: metadata that does not parse, or has too many properties.
	CodeMalformedReady = "malformed-ready"
	// CodeMalformedIdentity: an identity of more than 255 bytes, or one that begins with 0.
	CodeMalformedIdentity = "malformed-identity"
	// CodeIncompatibleSocketType: the peer's socket type does not talk to ours.
	CodeIncompatibleSocketType = "incompatible-socket-type"
	// CodePeerError: the peer sent ERROR; Detail is its reason.
	CodePeerError = "peer-error"
	// CodeTooLarge: a frame above the limit. The error wraps ringmq.ErrTooLarge.
	CodeTooLarge = "too-large"
	// CodeMechanismFailed: the mechanism refused without a code.
	CodeMechanismFailed = "mechanism-failed"
)

// HandshakeError is why a peer was refused, or refused us. It wraps [ringmq.ErrProtocol], or [ringmq.ErrTooLarge].
type HandshakeError struct {
	Code   string // one of the Code constants, or a mechanism's own
	Detail string // what exactly, for the log; it may quote the peer
	Status int    // that the peer's ERROR gave as its reason, 300, 400 or 500 (RFC 27); else 0
	Err    error  // never nil

	temporary bool
}

// Error reads "handshake: mechanism-mismatch: ours is NULL, the peer's \"PLAIN\": protocol violation".
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("handshake: %s: %s: %v", e.Code, e.Detail, e.Err)
}

// Unwrap returns the cause.
func (e *HandshakeError) Unwrap() error { return e.Err }

// Reconnect says whether a connector should try this endpoint again. After a breach of protocol, or an ERROR from the
// peer, it should not (RFC 23, "Error Handling"): the next attempt would end in the same way.
func (e *HandshakeError) Reconnect() bool { return e.temporary }

// PeerError is the error for an ERROR command with the given reason. One may also come as the first traffic: from a
// peer that learned our socket type after we had finished.
func PeerError(reason []byte) *HandshakeError {
	return &HandshakeError{
		Code: CodePeerError, Detail: fmt.Sprintf("%q", reason), Status: statuses[string(reason)], Err: ringmq.ErrProtocol,
	}
}

// statuses are the reasons of an ERROR that stand for a refusal by the peer's authenticator.
var statuses = map[string]int{"300": 300, "400": 400, "500": 500}

func protocolError(code, format string, args ...any) *HandshakeError {
	return &HandshakeError{Code: code, Detail: fmt.Sprintf(format, args...), Err: ringmq.ErrProtocol}
}

// wrap gives an error of the codec, which wraps ringmq.ErrProtocol already, a code and a place.
func wrap(code, where string, err error) *HandshakeError {
	return &HandshakeError{Code: code, Detail: where, Err: err}
}

func mechanismError(name string, err error) *HandshakeError {
	var refusal *security.Error
	if errors.As(err, &refusal) {
		return &HandshakeError{Code: refusal.Code, Detail: name, Err: err, temporary: refusal.Temporary}
	}
	return &HandshakeError{Code: CodeMechanismFailed, Detail: name, Err: fmt.Errorf("%w: %w", ringmq.ErrProtocol, err)}
}
