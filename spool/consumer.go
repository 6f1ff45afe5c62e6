package spool

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/ledger"
	"github.com/ringmq/ringmq/spool/internal/seglog"
)

// ConsumerOptions are the choices for a consumer.
type ConsumerOptions struct {
	// Start is where a consumer begins that the spool does not know yet. One that it knows goes on where it was.
	Start Start
	// MaxDeliveries is how often a message is delivered before it is given up, and becomes a dead letter; 0 for no limit.
	MaxDeliveries int
}

// Consumer takes messages out of a spool, each at least once: a message comes again until it is acknowledged, also after
// a crash. Its state is kept in the spool under its name. Its methods may be called by any goroutine.
//
//	                 Next, Claim                Ack
//	in the spool ─────────────────> in flight ────────> done, for good
//	      ^   ^                      │  │  │
//	      │   └── Return: was not ───┘  │  └── Reject, or too many deliveries ──> dead letter
//	      └── Nack: again, later ───────┘
//
// Messages come in the order of their sequences; those that come again come when they are due, before any new one.
type Consumer struct {
	s       *Spool
	account *ledger.Account
	o       ConsumerOptions

	turn  sync.Mutex     // held while messages are read; taken before mu
	fresh *seglog.Reader // what has never been delivered by this Consumer
	next  uint64         // the least sequence that fresh has not come to
	again *seglog.Reader // what is to come again
	poke  chan struct{}  // sent to when there may be something to deliver
	done  chan struct{}  // closed by Close

	mu      sync.Mutex
	flight  map[uint64]flying
	later   schedule
	waiting int // goroutines in Next
	missed  uint64
	closed  bool
}

// flying is a message in flight.
type flying struct {
	deliveries uint64
	scheduled  bool // it has a deliver-at time: how often it came is not to be seen from its place
}

// first is what is known of how often a message came that lies before the last that was delivered: once, or not at all
// if it may still have been waiting for its time.
func (f flying) first() uint64 {
	if f.scheduled {
		return 0
	}
	return 1
}

// Consumer opens the consumer of that name, of 1 to [MaxName] bytes, making it if the spool does not know it. The spool
// keeps messages for it from then on, whether it is open or not, until [Spool.RemoveConsumer]. If it is open already the
// error is ErrInUse.
func (s *Spool) Consumer(name string, o ConsumerOptions) (*Consumer, error) {
	if name == "" || len(name) > MaxName {
		return nil, invalid("consumer name", name, fmt.Sprintf("1 to %d bytes", MaxName))
	}
	if o.MaxDeliveries < 0 {
		return nil, invalid("MaxDeliveries", o.MaxDeliveries, "0 or more")
	}
	if s.o.readOnly {
		return nil, s.wrap(ErrReadOnly)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, s.wrap(ErrClosed)
	case s.consumers[name] != nil:
		return nil, s.wrap(fmt.Errorf("%w: %q", ErrInUse, name))
	}
	account, err := s.account(name, o.Start)
	if err != nil {
		return nil, s.wrap(err)
	}
	floor, _ := account.Position()
	c := &Consumer{
		s: s, account: account, o: o, flight: map[uint64]flying{}, next: floor + 1,
		fresh: s.log.ReadFrom(floor + 1), again: s.log.ReadFrom(floor + 1),
		poke: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.consumers[name] = c
	return c, nil
}

// account returns the consumer's account; that of a new one begins at the start, durably, before anything is kept for it
// or removed.
func (s *Spool) account(name string, from Start) (*ledger.Account, error) {
	begin, err := s.sequenceOf(from)
	if err != nil {
		return nil, err
	}
	a, isNew := s.ledger.Account(ledger.Consumer, name)
	if !isNew {
		return a, nil
	}
	a.Done(ledger.Range{First: 1, Last: begin - 1})
	if err := s.ledger.Commit(); err != nil {
		s.ledger.CloseAccount(a)
		return nil, err
	}
	return a, nil
}

// sequenceOf is the sequence that a start stands for now.
func (s *Spool) sequenceOf(from Start) (uint64, error) {
	state := s.log.State()
	switch from.kind {
	case newest:
		return state.Next, nil
	case atSequence:
		return min(max(from.sequence, state.First), state.Next), nil
	case atTime:
		r := s.Reader(from)
		defer r.Close()
		rec, err := r.TryNext()
		if err == nil {
			rec.Message.Release()
			return rec.Sequence, nil
		}
		if errors.Is(err, ErrEnd) {
			return state.Next, nil
		}
		return 0, err
	}
	return state.First, nil
}

// RemoveConsumer forgets a consumer that is not open: nothing is kept for it any longer.
func (s *Spool) RemoveConsumer(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.readOnly {
		return s.wrap(ErrReadOnly)
	}
	if s.consumers[name] != nil {
		return s.wrap(fmt.Errorf("%w: %q", ErrInUse, name))
	}
	for _, a := range s.ledger.Accounts(ledger.Consumer) {
		if a.Name() == name {
			s.ledger.CloseAccount(a)
			s.wakeKeeper()
			return s.wrap(s.ledger.Commit())
		}
	}
	return s.wrap(fmt.Errorf("consumer %q: %w", name, ringmq.ErrNotFound))
}

// Name is the consumer's name.
func (c *Consumer) Name() string { return c.account.Name() }

// Close ends the use of the consumer. What is in flight will come again, from the next Consumer of that name.
func (c *Consumer) Close() error {
	c.s.mu.Lock()
	if c.s.consumers[c.Name()] == c {
		delete(c.s.consumers, c.Name())
	}
	c.s.mu.Unlock()
	return c.s.wrap(c.shut())
}
