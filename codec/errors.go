package codec

import (
	"errors"
	"fmt"
)

// ErrMalformed: a received message does not have the frames that it should, or not one msgpack value in the last of
// them, or the value does not fit the Go type. Match it with [errors.Is].
var ErrMalformed = errors.New("malformed message")

// These are the caller's fault, not the peer's.
var (
	errTarget = errors.New("the value to decode into must be a non-nil pointer")
	errTopic  = errors.New("there is a topic, and the messages of a body sender have none")
)

// Error says which message failed to encode or decode, and why. It shares no memory with the message.
type Error struct {
	Op     string // "encode" or "decode"
	Topic  string // the received one, or what the sender gave
	Type   string // the Go type, such as "feed.Tick"
	Frames int    // frames of the received message, but for the envelope that RecvFrom took; 0 when encoding
	Bytes  int    // bytes in these frames; 0 when encoding
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
