package codec

import (
	"errors"
	"fmt"
)

// ErrMalformed: a received message is not two frames with one msgpack value in the second, or the value does not
// decode into the Go type. Match it with [errors.Is].
var ErrMalformed = errors.New("malformed message")

// errTarget is the caller's fault, not the peer's.
var errTarget = errors.New("the value to decode into must be a non-nil pointer")

// Error says which message failed to encode or decode, and why. It shares no memory with the message.
type Error struct {
	Op     string // "encode" or "decode"
	Topic  string // frame 0, or what the sender gave
	Type   string // the Go type, such as "feed.Tick"
	Frames int    // frames of the received message; 0 when encoding
	Bytes  int    // bytes of the received message, over all frames; 0 when encoding
	Err    error  // wraps ErrMalformed when a peer's bytes are at fault, else is the encoder's error
}

// Error reads `codec: decode "AAPL" as feed.Tick (2 frames, 41 bytes): malformed message: …`.
func (e *Error) Error() string {
	size := ""
	if e.Frames > 0 || e.Bytes > 0 {
		size = fmt.Sprintf(" (%d frames, %d bytes)", e.Frames, e.Bytes)
	}
	return fmt.Sprintf("codec: %s %.*q as %s%s: %v", e.Op, maxShownTopic, e.Topic, e.Type, size, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errNil: the body says that there is no value, to a type that always has one.
var errNil = errors.New("the body is a nil")

// malformed wraps a cause found in a peer's bytes.
func malformed(cause error) error { return fmt.Errorf("%w: %w", ErrMalformed, cause) }
