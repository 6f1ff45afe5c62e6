package delivery

import "time"

// Limits of the protocol, and of what is kept.
const (
	// Property is the name of the property in READY.
	Property = "X-Ringmq-Delivery"
	// PropertySubscriber is the name of the property that has the name of a durable subscriber.
	PropertySubscriber = "X-Ringmq-Subscriber"
	// Version is the only version there is.
	Version = "1"
	// MaxWindow is the largest window that may be announced, in messages.
	MaxWindow = 1 << 20
	// MaxRanges is the greatest number of ranges in an ACK, and of messages in a NAK: what one command can make us keep.
	MaxRanges = 1 << 10
	// MaxDelay is the longest delay that a receiver can ask for, so that none can have a message put off for ever.
	MaxDelay = 24 * time.Hour
	// MemoryWindow is how many sequences back a receiver without a spool remembers what it has processed, of each of
	// MemoryProducers producers.
	MemoryWindow    = 1 << 16
	MemoryProducers = 1 << 8
	// MaxPlace bounds the place at which a subscriber wants to begin, in bytes.
	MaxPlace = 64
	// slack is the number of entries that a window may have beyond twice those in flight.
	slack = 64
)
