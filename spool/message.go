package spool

import (
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
)

// Entry is a message to be appended.
type Entry struct {
	// Message has at least one frame. Append copies it: the caller keeps the frames.
	Message ringmq.Message
	// Key, if not empty, says that messages of the same key are to be kept in order.
	Key []byte
	// DeliverAt, if not zero, is when the message is to be delivered, and not before.
	DeliverAt time.Time
	// For, if set, is the name of the one consumer that the message is for: to others it is as if it were not there. The spool
	// keeps it only if it knows that consumer.
	For string
}

// Durability is how far a message has come.
type Durability uint8

// What a message survives.
const (
	InMemory Durability = iota // nothing
	InKernel                   // the end of the process
	OnDisk                     // the end of the machine
)

// String is "memory", "kernel" or "disk".
func (d Durability) String() string { return [...]string{"memory", "kernel", "disk"}[d] }

// Receipt says what has become of a message.
type Receipt struct {
	// Sequence is the message's number in the spool, from 1 on, in the order of appending.
	Sequence uint64
	// Producer is a random number that each Open of a spool draws. Sequences of records that a crash has lost are given
	// out again, but never by the same producer: together the two tell a message from all others.
	Producer uint64
	// Time is when it was appended; never before that of the message before it, whatever the clock does.
	Time time.Time
	// Reached is how safe it is.
	Reached Durability

	scheduled bool // it is to be delivered at a time of its own
}

// Record is a message in a spool.
type Record struct {
	Sequence  uint64
	Producer  uint64
	Time      time.Time
	DeliverAt time.Time // zero for at once
	// Key and the frames of Message point into a block of memory that is shared with the records read beside it. They are
	// valid until Message is released; see [ringmq.Message.Release].
	Key     []byte
	Message ringmq.Message
}

func (e *Entry) check() error {
	switch {
	case e.Message.Len() == 0:
		return ringmq.ErrInvalidMessage
	case len(e.For) > MaxName:
		return fmt.Errorf("%w: the name of a consumer, of %d bytes", ringmq.ErrTooLarge, len(e.For))
	}
	return nil
}

func (e *Entry) record() format.Record {
	return format.Record{Message: e.Message, Key: e.Key, Target: []byte(e.For), DeliverAt: nanoseconds(e.DeliverAt)}
}

func fromRecord(r *format.Record) Record {
	return Record{
		Sequence: r.Sequence, Producer: r.Producer, Time: time.Unix(0, r.Time), DeliverAt: timeOf(r.DeliverAt),
		Key: r.Key, Message: r.Message,
	}
}

// nanoseconds since 1970 UTC, 0 for the zero time.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}
