package spool

import (
	"strconv"
	"sync"

	"github.com/ringmq/ringmq/spool/internal/ledger"
)

// Verdict says what a receiver is to do with a message.
type Verdict uint8

// The verdicts of [Dedup.Begin].
const (
	// New: process it, then call Done, or Abandon.
	New Verdict = iota
	// Duplicate: it was processed; acknowledge it, and no more.
	Duplicate
	// UnderWay: it is being processed at this moment; let this copy go, it is acknowledged with the other.
	UnderWay
)

// Dedup is the memory of a receiver: which messages of each producer it has processed. It is kept in the spool, so that
// it survives what the acknowledgements of a consumer survive. Its methods may be called by any goroutine.
//
//	switch d.Begin(producer, sequence) {
//	case spool.New:
//		… process …
//		d.Done(producer, sequence)
//		err := sp.Commit() // one for many messages
//		… acknowledge …
//	case spool.Duplicate:
//		… acknowledge …
//	}
//
// It remembers the last [DedupWindow] sequences of each of [MaxProducers]. Of what lies further back it knows nothing: a
// message from there passes for new, since to process it twice is better than not at all.
type Dedup struct {
	s *Spool

	mu        sync.Mutex
	producers map[uint64]*producer
	clock     uint64 // counts the calls of Begin
}

type producer struct {
	account *ledger.Account
	busy    map[uint64]bool // sequences that are being processed
	highest uint64
	forgot  uint64 // nothing below is remembered
	used    uint64 // when it was heard of last, by the clock
}

// Dedup returns the receiver's memory.
func (s *Spool) Dedup() (*Dedup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, s.wrap(ErrClosed)
	case s.o.readOnly:
		return nil, s.wrap(ErrReadOnly)
	case s.dedup != nil:
		return s.dedup, nil
	}
	d := &Dedup{s: s, producers: map[uint64]*producer{}}
	for _, a := range s.ledger.Accounts(ledger.Producer) {
		id, err := strconv.ParseUint(a.Name(), producerBase, 64)
		if err != nil {
			continue // not one of ours: there is no harm in it
		}
		d.producers[id] = newProducer(a)
	}
	s.dedup = d
	return d, nil
}

// producerBase is the base of the number that a producer's account is named after.
const producerBase = 16

func newProducer(a *ledger.Account) *producer {
	p := &producer{account: a, busy: map[uint64]bool{}, highest: a.Max()}
	p.forget()
	return p
}

// forget keeps the window from growing; a little late, so that it is not done each time.
func (p *producer) forget() {
	if p.highest > p.forgot+DedupWindow+DedupWindow/4 {
		p.forgot = p.highest - DedupWindow
		p.account.Forget(p.forgot)
	}
}

// Begin says what to do with a message, and if it is new notes that it is being processed.
func (d *Dedup) Begin(producer, sequence uint64) Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.producer(producer)
	d.clock++
	p.used = d.clock
	switch {
	case p.busy[sequence]:
		return UnderWay
	case p.account.Contains(sequence):
		return Duplicate
	}
	p.busy[sequence] = true
	return New
}

// Done notes that a message has been processed. That is as safe as the spool promises after [Spool.Commit].
func (d *Dedup) Done(producer, sequence uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.producer(producer)
	delete(p.busy, sequence)
	p.account.Done(ledger.Range{First: sequence, Last: sequence})
	p.highest = max(p.highest, sequence)
	p.forget()
	d.s.wakeKeeper()
}

// Abandon notes that a message has not been processed after all: it is new when it comes again.
func (d *Dedup) Abandon(producer, sequence uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.producer(producer).busy, sequence)
}

func (d *Dedup) producer(id uint64) *producer {
	p := d.producers[id]
	if p == nil {
		if len(d.producers) >= MaxProducers {
			d.forgetOne()
		}
		a, _ := d.s.ledger.Account(ledger.Producer, strconv.FormatUint(id, producerBase))
		p = newProducer(a)
		d.producers[id] = p
	}
	return p
}

// forgetOne forgets the producer that was not heard of for longest, among those with nothing under way.
func (d *Dedup) forgetOne() {
	var oldest uint64
	var found *producer
	for id, p := range d.producers {
		if len(p.busy) == 0 && (found == nil || p.used < found.used) {
			oldest, found = id, p
		}
	}
	if found != nil {
		d.s.ledger.CloseAccount(found.account)
		delete(d.producers, oldest)
	}
}
