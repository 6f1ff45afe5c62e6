package zmtp

import (
	"fmt"

	"github.com/ringmq/ringmq"
)

// What a peer can get wrong. Each wraps [ringmq.ErrProtocol] and ends the connection.
var (
	// ErrReservedFlags: a bit that RFC 23 reserves is set in a frame's flags.
	ErrReservedFlags = fmt.Errorf("zmtp: reserved bit in frame flags: %w", ringmq.ErrProtocol)
	// ErrCommandMore: a command frame with the MORE bit; a command is one frame.
	ErrCommandMore = fmt.Errorf("zmtp: command frame with MORE: %w", ringmq.ErrProtocol)
	// ErrFrameSize: a size of 2^63 or more, or a ZMTP 1.0 length of 0.
	ErrFrameSize = fmt.Errorf("zmtp: impossible frame size: %w", ringmq.ErrProtocol)
	// ErrGreeting: the bytes are no greeting of ZMTP 2.0 or later.
	ErrGreeting = fmt.Errorf("zmtp: malformed greeting: %w", ringmq.ErrProtocol)
	// ErrCommand: a command without a name, or shorter than its name or its fixed fields.
	ErrCommand = fmt.Errorf("zmtp: malformed command: %w", ringmq.ErrProtocol)
	// ErrProperties: metadata that is cut short, or has an empty or forbidden name, or a value of 2^31 bytes or more.
	ErrProperties = fmt.Errorf("zmtp: malformed metadata: %w", ringmq.ErrProtocol)
)
