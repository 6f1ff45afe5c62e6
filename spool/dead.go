package spool

import (
	"context"
	"iter"
	"path/filepath"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/ledger"
)

// deadAccount is whose acknowledgements say which dead letters have been dealt with.
const deadAccount = "dead letters"

// DeadLetters is the place of the messages that consumers have given up, a spool inside the spool. Its methods may be
// called by any goroutine.
type DeadLetters struct {
	s    *Spool // of the dead letters
	main *Spool
	done *ledger.Account
}

// DeadLetter is a message that was given up.
type DeadLetter struct {
	// Record is as it was in the spool, but for Sequence and Time: those are of the dead letter.
	Record
	Consumer   string // who gave it up
	Reason     string
	Deliveries int       // how often the consumer was given it
	Was        uint64    // the sequence that it had
	Appended   time.Time // when it was appended to the spool
}

// DeadLetters returns the dead letters of the spool. If there never was one, they are empty. They are as safe as the
// spool's own messages, and are kept until they are requeued or purged.
func (s *Spool) DeadLetters() (*DeadLetters, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, s.wrap(ErrClosed)
	}
	if s.dead != nil {
		return s.dead, nil
	}
	o := config{
		fs: s.o.fs, sync: max(s.o.sync, Written), segmentSize: min(s.o.segmentSize, deadSegmentSize),
		check: s.o.check, readOnly: s.o.readOnly,
	}
	inner, err := open(filepath.Join(s.dir, deadDir), o)
	if err != nil {
		return nil, s.wrap(err)
	}
	done, _ := inner.ledger.Account(ledger.Consumer, deadAccount)
	s.dead = &DeadLetters{s: inner, main: s, done: done}
	return s.dead, nil
}

// deadSegmentSize is small, since dead letters are few.
const deadSegmentSize = 4 << 20

// add adds a message; the record's stays the caller's.
func (d *DeadLetters) add(r *format.Record, why format.Dead) error {
	first, rest := r.Message.Parts()
	frames := append([][]byte{why.Append(nil), first}, rest...)
	_, err := d.s.Append(context.Background(), Entry{Message: ringmq.NewMessage(frames...), Key: r.Key})
	return err
}

// All iterates over the dead letters, oldest first, as they are when it comes to them. Each is valid until the next.
func (d *DeadLetters) All() iter.Seq2[DeadLetter, error] { return d.from(FromOldest()) }

func (d *DeadLetters) from(start Start) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		for r, err := range d.s.Records(start) {
			var letter DeadLetter
			if err == nil {
				if d.done.Contains(r.Sequence) {
					continue
				}
				letter, err = d.letter(r)
			}
			if !yield(letter, err) {
				return
			}
		}
	}
}

func (d *DeadLetters) letter(r Record) (DeadLetter, error) {
	first, rest := r.Message.Parts()
	why, err := format.ParseDead(first)
	if err != nil {
		return DeadLetter{}, d.s.wrap(err)
	}
	r.Message = ringmq.NewMessage(rest...) // in the memory of the record, which the iterator releases
	return DeadLetter{
		Record: r, Consumer: why.Consumer, Reason: why.Reason, Deliveries: int(why.Deliveries),
		Was: why.Sequence, Appended: time.Unix(0, why.Time),
	}, nil
}

// Len is how many dead letters there are.
func (d *DeadLetters) Len() int {
	floor, above := d.done.Position()
	return int(d.s.log.Next() - 1 - floor - uint64(above))
}

// Get returns a dead letter, in memory of its own.
func (d *DeadLetters) Get(sequence uint64) (DeadLetter, error) {
	for letter, err := range d.from(FromSequence(sequence)) {
		if err != nil {
			return DeadLetter{}, err
		}
		if letter.Sequence != sequence {
			break
		}
		letter.Message = letter.Message.Clone()
		letter.Key = append([]byte(nil), letter.Key...)
		return letter, nil
	}
	return DeadLetter{}, d.s.wrap(ErrNoSuchMessage)
}

// Requeue puts a message back into the spool, at its end and with a new sequence, for the consumer that gave it up and
// no other, and takes it off the dead letters.
func (d *DeadLetters) Requeue(ctx context.Context, sequence uint64) (Receipt, error) {
	letter, err := d.Get(sequence)
	if err != nil {
		return Receipt{}, err
	}
	r := format.Record{Message: letter.Message, Key: letter.Key, Target: []byte(letter.Consumer)}
	if err := d.main.log.Append(ctx, &r); err != nil {
		return Receipt{}, d.main.wrap(err)
	}
	return d.main.receipt(&r), d.Purge(sequence)
}

// Purge takes dead letters off for good. Those that are gone already do not matter.
func (d *DeadLetters) Purge(sequences ...uint64) error {
	for _, n := range sequences {
		if n < d.s.log.Next() {
			d.done.Done(ledger.Range{First: n, Last: n})
		}
	}
	return d.commit()
}

// PurgeAll takes all dead letters off that there are now, and returns how many there were.
func (d *DeadLetters) PurgeAll() (int, error) {
	n, last := d.Len(), d.s.log.Next()-1
	d.done.Done(ledger.Range{First: 1, Last: last})
	return n, d.commit()
}

func (d *DeadLetters) commit() error {
	if d.s.o.readOnly {
		return d.s.wrap(ErrReadOnly)
	}
	d.s.wakeKeeper()
	return d.s.Commit()
}
