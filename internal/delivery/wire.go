package delivery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/ringmq/ringmq"
)

// Names of the commands.
const (
	cmdSeq = "SEQ"
	cmdAck = "ACK"
	cmdNak = "NAK"

	cmdPlay = "PLAY"
)

// Flags of SEQ.
const (
	seqProducer   = 1 << 0
	seqDeliveries = 1 << 1
	seqKnown      = seqProducer | seqDeliveries
)

// Seq says which message comes next.
type Seq struct {
	Sequence   uint64
	Producer   uint64
	Other      bool // the producer is not that of the message before
	Deliveries int  // 1 or more
}

// Refusal is a message that a receiver does not process.
type Refusal struct {
	Number uint64
	Delay  time.Duration
}

// Report is what a receiver says about what it got.
type Report struct {
	Refused []Refusal // first
	Upto    uint64    // all up to this number are dealt with
	Ranges  []Range   // acknowledged beyond that
}

// AppendSeq appends the body of a SEQ command.
func AppendSeq(dst []byte, s Seq) []byte {
	var flags byte
	if s.Other {
		flags |= seqProducer
	}
	if s.Deliveries > 1 {
		flags |= seqDeliveries
	}
	dst = binary.AppendUvarint(append(appendName(dst, cmdSeq), flags), s.Sequence)
	if s.Other {
		dst = binary.LittleEndian.AppendUint64(dst, s.Producer)
	}
	if s.Deliveries > 1 {
		dst = binary.AppendUvarint(dst, uint64(s.Deliveries))
	}
	return dst
}

// AppendNak appends the body of a NAK command, for the first MaxRanges refusals, and returns the others.
func AppendNak(dst []byte, rs []Refusal) ([]byte, []Refusal) {
	dst = appendName(dst, cmdNak)
	n := min(len(rs), MaxRanges)
	for _, r := range rs[:n] {
		dst = binary.AppendUvarint(dst, r.Number)
		dst = binary.AppendUvarint(dst, uint64(r.Delay.Milliseconds()))
	}
	return dst, rs[n:]
}

// AppendAck appends the body of an ACK command; the ranges are in order, lie beyond upto+1 and are at most MaxRanges.
func AppendAck(dst []byte, upto uint64, rs []Range) []byte {
	dst = binary.AppendUvarint(appendName(dst, cmdAck), upto)
	last := upto
	for _, r := range rs {
		dst = binary.AppendUvarint(dst, r.First-last-1)
		dst = binary.AppendUvarint(dst, r.Last-r.First)
		last = r.Last
	}
	return dst
}

// AppendPlay appends the body of a PLAY command; the place is of at most MaxPlace bytes.
func AppendPlay(dst []byte, place string) []byte { return append(appendName(dst, cmdPlay), place...) }

func appendName(dst []byte, name string) []byte { return append(append(dst, byte(len(name))), name...) }

// Command is a command of a peer: one field is set, or none if it is not of this protocol.
type Command struct {
	Seq    *Seq
	Play   *string
	Report *Report
}

// errMalformed is for what cannot be read.
var errMalformed = fmt.Errorf("%w: malformed delivery command", ringmq.ErrProtocol)

// Parse reads a command by its name and what follows that. The error wraps [ringmq.ErrProtocol].
func Parse(name, data []byte) (Command, error) {
	p := parser{data, nil}
	var c Command
	switch string(name) {
	case cmdSeq:
		c.Seq = p.seq()
	case cmdAck:
		c.Report = p.ack()
	case cmdNak:
		c.Report = p.nak()
	case cmdPlay:
		c.Play = p.place()
	default:
		return c, nil
	}
	if p.err == nil && len(p.rest) > 0 {
		p.fail("bytes left over")
	}
	if p.err != nil {
		return Command{}, fmt.Errorf("%w: %s: %w", errMalformed, name, p.err)
	}
	return c, nil
}

// parser reads what is left of a command. After an error all that it reads is zero.
type parser struct {
	rest []byte
	err  error
}

func (p *parser) fail(why string) {
	if p.err == nil {
		p.err = errors.New(why)
	}
	p.rest = nil
}

// number reads an integer of at least least.
func (p *parser) number(least uint64) uint64 {
	if p.err != nil {
		return 0
	}
	v, n := binary.Uvarint(p.rest)
	if n <= 0 || v < least {
		p.fail("an integer that is cut short, too long or too small")
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func (p *parser) bytes(n int) []byte {
	if len(p.rest) < n {
		p.fail("cut short")
		return make([]byte, n)
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) seq() *Seq {
	flags := p.bytes(1)[0]
	if flags&^seqKnown != 0 {
		p.fail("unknown flags")
	}
	s := &Seq{Sequence: p.number(1), Other: flags&seqProducer != 0, Deliveries: 1}
	if s.Other && p.err == nil {
		s.Producer = binary.LittleEndian.Uint64(p.bytes(8))
	}
	if flags&seqDeliveries != 0 {
		s.Deliveries = int(min(p.number(2), maxDeliveries))
	}
	return s
}

// maxDeliveries is what a greater count is taken for.
const maxDeliveries = 1 << 30

func (p *parser) ack() *Report {
	r := &Report{Upto: p.number(0)}
	last := r.Upto
	for p.err == nil && len(p.rest) > 0 {
		if len(r.Ranges) == MaxRanges {
			p.fail("too many ranges")
		}
		first := last + p.number(1) + 1
		end := first + p.number(0)
		if first <= last || end < first {
			p.fail("a range beyond the last number")
		}
		r.Ranges = append(r.Ranges, Range{first, end})
		last = end
	}
	return r
}

func (p *parser) place() *string {
	if len(p.rest) > MaxPlace {
		p.fail("a long place")
	}
	place := string(p.rest)
	p.rest = nil
	return &place
}

func (p *parser) nak() *Report {
	r := new(Report)
	for p.err == nil && (len(p.rest) > 0 || len(r.Refused) == 0) {
		if len(r.Refused) == MaxRanges {
			p.fail("too many messages")
		}
		n, delay := p.number(1), p.number(0)
		r.Refused = append(r.Refused, Refusal{n, time.Duration(min(delay, uint64(MaxDelay.Milliseconds()))) * time.Millisecond})
	}
	return r
}
