package security

import (
	"fmt"

	"github.com/ringmq/ringmq"
)

// What a mechanism can find wrong, as Code of an [Error]. A mechanism may have codes of its own besides.
const (
	// UnexpectedCommand: a command that does not belong at this point of the handshake.
	UnexpectedCommand = "unexpected-command"
	// MalformedCommand: a body that is no command, or fields that the command must have are missing or too long.
	MalformedCommand = "malformed-command"
)

// Error is why a mechanism refuses a peer.
type Error struct {
	Code   string // such as UnexpectedCommand
	Detail string // what exactly, for the log

	// Temporary says that the same peer may be accepted later with the same credentials, so that a connector tries
	// again. No fault of protocol is.
	Temporary bool
}

// Error reads "unexpected-command: HELLO".
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Detail) }

// Unwrap returns [ringmq.ErrProtocol].
func (e *Error) Unwrap() error { return ringmq.ErrProtocol }
