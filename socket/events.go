package socket

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
)

// EventType says what happened. The lives of an endpoint that is connected to, of a connection and of a listener are
// each told in one order:
//
//	ConnectDelayed ─┬─> ConnectFailed ─┬─> ConnectRetried ─> ConnectDelayed …
//	                │                  └─> ConnectStopped
//	                └─> Connected ─┐
//	               Accepted ───────┴─┬─> HandshakeFailed
//	                                 ├─> HandshakeSucceeded ─┬─> Disconnected
//	                                 │                       └─> Closed
//	                                 └─> Closed
//	Listening ─> Accepted, AcceptFailed … ─> ListenerClosed
//
// So each Connected and each Accepted is followed by one end: HandshakeFailed, Disconnected or Closed. After an end that
// was not ours comes, on the side that connected, ConnectRetried or ConnectStopped. Of an attempt that Disconnect or
// Close ends before it is Connected nothing more is told.
type EventType uint8

// The events; in brackets those of zmq_socket_monitor(3).
const (
	// Listening: Bind succeeded. (ZMQ_EVENT_LISTENING)
	Listening EventType = iota + 1
	// BindFailed: Bind failed; Err. (ZMQ_EVENT_BIND_FAILED)
	BindFailed
	// Accepted: a peer has connected to us; the handshake is next. (ZMQ_EVENT_ACCEPTED)
	Accepted
	// AcceptFailed: taking a connection failed; Err. (ZMQ_EVENT_ACCEPT_FAILED)
	AcceptFailed
	// ListenerClosed: Unbind or Close has ended a listener; Err if what it leaves, such as the file of an ipc
	// endpoint, could not be removed. (ZMQ_EVENT_CLOSED, ZMQ_EVENT_CLOSE_FAILED)
	ListenerClosed
	// ConnectDelayed: an attempt to connect has begun. (ZMQ_EVENT_CONNECT_DELAYED)
	ConnectDelayed
	// Connected: we have connected to a peer; the handshake is next. (ZMQ_EVENT_CONNECTED)
	Connected
	// ConnectFailed: the attempt failed; Err. (ZMQ_EVENT_CLOSED)
	ConnectFailed
	// ConnectRetried: the next attempt comes after Delay. (ZMQ_EVENT_CONNECT_RETRIED)
	ConnectRetried
	// ConnectStopped: there will be no further attempt, since it would end in the same way; Err. The endpoint may be
	// connected to anew.
	ConnectStopped
	// HandshakeSucceeded: messages may flow. (ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
	HandshakeSucceeded
	// HandshakeFailed: the connection ended before that; Err wraps a [HandshakeError]. (ZMQ_EVENT_HANDSHAKE_FAILED_…)
	HandshakeFailed
	// Disconnected: the connection was lost, or ended for a fault of the peer; Err. (ZMQ_EVENT_DISCONNECTED)
	Disconnected
	// Closed: this side has ended the connection, by Disconnect, Unbind or Close. libzmq tells nothing.
	Closed
	// Evicted: a subscriber was too slow and is being disconnected; Err. Disconnected follows. See [Evict].
	Evicted
	// DeliveryAcknowledged: the peer acknowledges what we send through a spool.
	DeliveryAcknowledged
	// DeliveryOnWrite: it does not; a message counts as acknowledged when it is written. See [AckOnWrite].
	DeliveryOnWrite
	// DeliveryFailed: a spool returned an error that no call could return; Err.
	DeliveryFailed
	// MonitorStopped: the last event of a monitor; Err says whether its context has ended or its socket is closed.
	// (ZMQ_EVENT_MONITOR_STOPPED)
	MonitorStopped
)

var eventNames = [...]string{
	"", "listening", "bind failed", "accepted", "accept failed", "listener closed", "connect delayed", "connected",
	"connect failed", "connect retried", "connect stopped", "handshake succeeded", "handshake failed", "disconnected",
	"closed", "evicted", "delivery acknowledged", "delivery on write", "delivery failed", "monitor stopped",
}

// String is the event's name, such as "handshake succeeded".
func (t EventType) String() string {
	if int(t) < len(eventNames) {
		return eventNames[t]
	}
	return fmt.Sprintf("event %d", uint8(t))
}

// Event is something that happened to a socket's connections.
type Event struct {
	Type     EventType
	Time     time.Time
	Endpoint string // as Bind returned it, or as it was given to Connect
	Peer     string // address of the peer, from Connected or Accepted on
	PeerID   uint64 // ID of the peer, as [Socket.Peers] has it; 0 for an event that is about a listener
	Identity string // routing id that the peer announced, from HandshakeSucceeded on
	Delay    time.Duration
	Missed   uint64 // events that this reader has missed since the one before, for being behind
	Err      error
}

// Why connections end; the Err of events wraps them, or [ringmq.ErrProtocol], [ringmq.ErrTooLarge], io.EOF, or what the
// operating system has said.
var (
	// ErrHandshakeTimeout: see [WithHandshakeTimeout].
	ErrHandshakeTimeout = errors.New("the peer did not complete the handshake in time")
	// ErrPeerSilent: see [WithHeartbeat].
	ErrPeerSilent = errors.New("the peer was silent for too long")
)

// HandshakeCause says whose fault it was that a handshake failed.
type HandshakeCause uint8

const (
	// CauseNoDetail: the connection was lost, or the time was over. (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
	CauseNoDetail HandshakeCause = iota
	// CauseProtocol: one side broke the rules, or the two do not fit. (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
	CauseProtocol
	// CauseAuth: one side was not let in. (ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
	CauseAuth
)

// String is "no detail", "protocol" or "auth".
func (c HandshakeCause) String() string { return [...]string{"no detail", "protocol", "auth"}[c] }

// HandshakeError is why a handshake failed. Find it in the Err of a [HandshakeFailed] with errors.As.
type HandshakeError struct {
	Cause HandshakeCause
	// Code names the fault for CauseProtocol, such as "mechanism-mismatch", "incompatible-socket-type" or
	// "malformed-ready".
	Code string
	// Status is the status code of RFC 27 for CauseAuth: 300, 400 or 500.
	Status int
	Err    error // never nil
}

// Error is that of Err.
func (e *HandshakeError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *HandshakeError) Unwrap() error { return e.Err }

// handshakeError finds out the cause of err.
func handshakeError(err error) *HandshakeError {
	e := &HandshakeError{Err: err}
	var refused *session.HandshakeError
	switch {
	case errors.As(err, &refused) && refused.Status != 0:
		e.Cause, e.Status = CauseAuth, refused.Status
	case refused != nil:
		e.Cause, e.Code = CauseProtocol, refused.Code
	case errors.Is(err, ringmq.ErrProtocol):
		e.Cause = CauseProtocol
	}
	return e
}

// about is an event of the pipe's peer.
func (p *Pipe) about(t EventType, err error) Event {
	return Event{
		Type: t, Endpoint: p.endpoint, Peer: p.Address(), PeerID: p.id, Identity: string(p.Identity()), Err: err,
	}
}

// ending is the event of the connection's end.
func (cn *conn) ending() Event {
	e := cn.pipe.about(Disconnected, nil)
	e.Peer = cn.peer
	switch {
	case cn.parting.Load(), errors.Is(cn.failure, errClosing):
		e.Type = Closed
	case cn.open.Load():
		e.Err = cn.wrapped("connection", cn.failure)
	default:
		e.Type, e.Err = HandshakeFailed, cn.wrapped("handshake", handshakeError(cn.failure))
	}
	return e
}
