package spool

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/ringmq/ringmq"

	"github.com/ringmq/ringmq/spool/internal/seglog"
)

// Start is where to begin reading, or where a new consumer begins.
type Start struct {
	kind     startKind
	sequence uint64
	time     time.Time
}

type startKind uint8

const (
	_ startKind = iota // as oldest
	oldest
	newest
	atSequence
	atTime
)

// FromOldest begins with the oldest message that there is.
func FromOldest() Start { return Start{kind: oldest} }

// FromNewest begins with the next message that is appended.
func FromNewest() Start { return Start{kind: newest} }

// FromSequence begins with the message of this sequence, or the first that there is after it.
func FromSequence(sequence uint64) Start { return Start{kind: atSequence, sequence: sequence} }

// FromTime begins with the first message that was appended at this time or later.
func FromTime(t time.Time) Start { return Start{kind: atTime, time: t} }

// String is "oldest", "newest", "sequence N", or "time N" in nanoseconds since 1970 UTC; for the zero Start, which stands
// for the oldest message or for where a consumer was, it is empty. [ParseStart] reads it.
func (s Start) String() string {
	switch s.kind {
	case oldest:
		return "oldest"
	case newest:
		return "newest"
	case atSequence:
		return "sequence " + strconv.FormatUint(s.sequence, 10)
	case atTime:
		return "time " + strconv.FormatInt(s.time.UnixNano(), 10)
	}
	return ""
}

// ParseStart reads what [Start.String] has written. Error: [ringmq.ErrInvalidOption].
func ParseStart(text string) (Start, error) {
	switch text {
	case "":
		return Start{}, nil
	case "oldest":
		return FromOldest(), nil
	case "newest":
		return FromNewest(), nil
	}
	switch word, number, _ := strings.Cut(text, " "); word {
	case "sequence":
		n, err := strconv.ParseUint(number, 10, 64)
		if err == nil {
			return FromSequence(n), nil
		}
	case "time":
		n, err := strconv.ParseInt(number, 10, 64)
		if err == nil {
			return FromTime(time.Unix(0, n)), nil
		}
	}
	return Start{}, fmt.Errorf("%w: a place in a spool, %q", ringmq.ErrInvalidOption, text)
}

// Reader reads the messages of a spool in order, and then those that are appended, without a hole or a duplicate. It sees
// a message when that is as safe as the policy says. One goroutine at a time may use it; it must be closed.
type Reader struct {
	s *Spool
	r *seglog.Reader
}

// Reader returns a reader. Any number may read at once, beside the senders and the consumers; none holds messages back
// from being removed, so a reader that is slow may find some gone: then the sequence jumps.
func (s *Spool) Reader(from Start) *Reader { return &Reader{s, s.read(from)} }

func (s *Spool) read(from Start) *seglog.Reader {
	switch from.kind {
	case newest:
		return s.log.ReadFrom(s.log.Next())
	case atSequence:
		return s.log.ReadFrom(from.sequence)
	case atTime:
		return s.log.ReadSince(max(from.time.UnixNano(), 1))
	}
	return s.log.ReadFrom(0)
}

// TryNext returns the next message, or ErrEnd if there is none now. The message is the caller's, to be released.
func (r *Reader) TryNext() (Record, error) {
	rec, err := r.r.Next()
	if err != nil {
		if errors.Is(err, ErrEnd) {
			return Record{}, ErrEnd
		}
		return Record{}, r.s.wrap(err)
	}
	return fromRecord(&rec), nil
}

// Next returns the next message, and waits for it if need be until ctx or the spool ends.
func (r *Reader) Next(ctx context.Context) (Record, error) {
	for {
		rec, err := r.TryNext()
		if !errors.Is(err, ErrEnd) {
			return rec, err
		}
		if err := r.r.Wait(ctx); err != nil {
			return Record{}, r.s.wrap(err)
		}
	}
}

// Close ends the use of the reader. The messages that it has returned stay valid.
func (r *Reader) Close() error { return r.s.wrap(r.r.Close()) }

// Records iterates over the messages from a start to the end that it meets. Each is valid until the next.
func (s *Spool) Records(from Start) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r := s.Reader(from)
		defer r.Close()
		for {
			rec, err := r.TryNext()
			if errors.Is(err, ErrEnd) || !yield(rec, err) || err != nil {
				return
			}
			rec.Message.Release()
		}
	}
}
