package delivery

import (
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
)

// ID tells a message from all others.
type ID struct{ Producer, Sequence uint64 }

// Arrival is a message that has arrived.
type Arrival struct {
	ID
	Number     uint64
	Deliveries int
}

// Intake is what a receiver knows of the messages of one connection. One goroutine at a time may use it.
type Intake struct {
	arrived  uint64 // messages
	next     Seq    // what the next message is; its Sequence is 0 before the first SEQ
	dealt    Set    // numbers that the program, or we for it, have dealt with
	reported uint64 // the floor of dealt that was reported last
	acked    ranges // acknowledged since the last report, beyond its floor
	refused  []Refusal
	fresh    int // dealt with since the last report
}

// Announce takes note of a SEQ command.
func (t *Intake) Announce(s Seq) {
	if !s.Other {
		s.Producer = t.next.Producer
	}
	s.Other = s.Other || t.next.Other // from the first on there is one
	t.next = s
}

// Counts reports whether messages are numbered: from the first SEQ on.
func (t *Intake) Counts() bool { return t.next.Sequence != 0 }

// Arrive numbers a message that has arrived. The error, for one whose producer was not announced, wraps
// [ringmq.ErrProtocol].
func (t *Intake) Arrive() (Arrival, error) {
	if !t.next.Other {
		return Arrival{}, fmt.Errorf("%w: a message without a producer", ringmq.ErrProtocol)
	}
	t.arrived++
	a := Arrival{ID{t.next.Producer, t.next.Sequence}, t.arrived, t.next.Deliveries}
	t.next.Sequence++
	t.next.Deliveries = 1
	return a, nil
}

// Ack notes that a message is done with.
func (t *Intake) Ack(number uint64) {
	if t.dealt.Add(number) {
		t.acked.add(number)
		t.fresh++
	}
}

// Pass notes that a message is done with of which the peer hears otherwise.
func (t *Intake) Pass(number uint64) { t.dealt.Add(number) }

// Refuse notes that a message is not processed, and may come again after the delay.
func (t *Intake) Refuse(number uint64, delay time.Duration) {
	if t.dealt.Add(number) {
		t.refused = append(t.refused, Refusal{number, max(min(delay, MaxDelay), 0)})
		t.fresh++
	}
}

// Fresh is the number of messages that were dealt with since the last report.
func (t *Intake) Fresh() int { return t.fresh }

// Report returns what is to be said; false if there is nothing new.
func (t *Intake) Report() (r Report, ok bool) {
	if t.fresh == 0 {
		return r, false
	}
	r.Refused, t.refused = t.refused, nil
	r.Upto = t.dealt.Floor()
	t.reported = r.Upto
	t.acked.cut(r.Upto)
	n := min(len(t.acked), MaxRanges)
	r.Ranges = append([]Range(nil), t.acked[:n]...)
	t.acked = append(t.acked[:0], t.acked[n:]...)
	t.fresh = len(t.acked) // what did not find room
	return r, true
}
