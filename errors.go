package ringmq

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Sentinel errors. Match them with [errors.Is]; the errors that calls return wrap them in an [Error] that names the
// endpoint, the peer and the value. The libzmq errno that each stands for is in brackets.
var (
	// ErrClosed: the socket is closed or shutting down (ETERM, ENOTSOCK).
	ErrClosed = errors.New("socket is closed")
	// ErrState: the call does not fit the state of the request-reply exchange (EFSM).
	ErrState = errors.New("call out of turn for this socket's state")
	// ErrNoRoute: no peer has the routing id (EHOSTUNREACH).
	ErrNoRoute = errors.New("no route to peer")
	// ErrWouldBlock: nothing to receive, or no peer can take a message now (EAGAIN).
	ErrWouldBlock = errors.New("operation would block")
	// ErrInvalidEndpoint: the endpoint does not parse (EINVAL, ENAMETOOLONG, ENODEV).
	ErrInvalidEndpoint = errors.New("invalid endpoint")
	// ErrUnknownTransport: no transport is registered for the prefix (EPROTONOSUPPORT).
	ErrUnknownTransport = errors.New("unknown transport")
	// ErrUnsupported: the socket type does not use the transport, or not in this direction (ENOCOMPATPROTO).
	ErrUnsupported = errors.New("transport does not suit the socket type")
	// ErrAddrInUse: another socket is bound to the address (EADDRINUSE).
	ErrAddrInUse = errors.New("address already in use")
	// ErrInvalidOption: an option's value is out of range (EINVAL).
	ErrInvalidOption = errors.New("invalid option")
	// ErrTooLarge: a frame, message or name exceeds a limit (EMSGSIZE).
	ErrTooLarge = errors.New("too large")
	// ErrNotFound: nothing is bound or connected there (ENOENT).
	ErrNotFound = errors.New("not found")
	// ErrProtocol: a peer broke the ZMTP rules (EPROTO). It reaches programs through monitor events.
	ErrProtocol = errors.New("protocol violation")
	// ErrInvalidMessage: the message has no frames, or lacks one that the pattern needs (EINVAL).
	ErrInvalidMessage = errors.New("invalid message")
)

// Error says what failed, where and with whom. Empty fields are unknown or do not apply.
type Error struct {
	Op       string // the call, such as "bind", or the phase, such as "handshake"
	Socket   string // the socket type, such as "PUSH"
	Endpoint string // as given to Bind or Connect
	Peer     string // address of the peer
	Value    string // the offending value
	Err      error  // one of the sentinels, or an error that wraps one, or an error of the operating system
}

// Error reads "ringmq: PUSH bind tcp://127.0.0.1:5555: address already in use".
func (e *Error) Error() string {
	var where []string
	for _, s := range []string{e.Socket, e.Op, e.Endpoint} {
		if s != "" {
			where = append(where, s)
		}
	}
	if e.Peer != "" {
		where = append(where, "(peer "+e.Peer+")")
	}
	if e.Value != "" {
		where = append(where, strconv.Quote(e.Value))
	}
	if len(where) == 0 {
		return fmt.Sprintf("ringmq: %v", e.Err)
	}
	return fmt.Sprintf("ringmq: %s: %v", strings.Join(where, " "), e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// UnsentError is what Close and Shutdown return when messages were still queued at the end of the linger period or of
// the context, or when their peer left for good while Close waited: they were not sent and are counted as dropped.
type UnsentError struct {
	Socket   string         // the socket type
	Messages int            // messages not sent, over all peers
	ByPeer   map[string]int // messages not sent, by endpoint or peer address
	Cause    error          // the context's error, or nil after the linger period

	// Reasons is why a peer was not there, by its name in ByPeer: how the last attempt to connect has failed, or the last
	// connection ended. A peer that was connected, and slow, has none; nil if no peer has.
	Reasons map[string]error
}

// Error names the number of messages, and the peers whose absence has a reason, with it.
func (e *UnsentError) Error() string {
	s := fmt.Sprintf("ringmq: %s close: %d message(s) not sent to %d peer(s)", e.Socket, e.Messages, len(e.ByPeer))
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	sep := ": "
	for _, peer := range slices.Sorted(maps.Keys(e.Reasons)) {
		s += sep + peer + ": " + e.Reasons[peer].Error()
		sep = ", "
	}
	return s
}

// Unwrap returns the cause. The reasons are not unwrapped: one of them may be a time-out, which is none of the caller's
// context.
func (e *UnsentError) Unwrap() error { return e.Cause }
