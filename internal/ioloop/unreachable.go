package ioloop

import "time"

// Reporter is a Stream whose operating system knows whether that of the peer still answers.
type Reporter interface {
	Stream
	// Unreachable reports that the peer's system has left unanswered for d what was sent to it, or several questions
	// whether it can take more. One whose program does not read answers that it can take no more, and is reachable.
	// It is false where the system does not know.
	Unreachable(d time.Duration) bool
}
