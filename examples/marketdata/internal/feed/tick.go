package feed

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// EventType is what happened to an order, by LOBSTER's numbers.
type EventType uint8

// The event types.
const (
	NewOrder        EventType = 1
	PartialCancel   EventType = 2
	Delete          EventType = 3
	Execution       EventType = 4 // of a visible limit order
	HiddenExecution EventType = 5
	CrossTrade      EventType = 6
	Halt            EventType = 7 // also quoting and trading resumed; order, size and price have no meaning
)

// The sides of an order.
const (
	Buy  int8 = 1
	Sell int8 = -1
)

// Tick is one event of one symbol's order book. It is a plain value.
type Tick struct {
	Symbol    string
	Seq       uint64        // the publisher's count of all ticks, from 1
	SymbolSeq uint64        // the publisher's count of this symbol's ticks, from 1: a gap in it is a missed tick
	Time      time.Duration // since midnight at the exchange
	Sent      int64         // when the publisher sent it, in ns since 1970 by its clock; 0 before that
	Type      EventType
	OrderID   uint64 // 0 for a hidden execution
	Size      uint32 // shares
	Price     int64  // dollars × 10,000
	Side      int8   // Buy or Sell, of the order that the event concerns
}

// ErrBadTick: a received tick is not an array of ten values of the right types and ranges.
var ErrBadTick = errors.New("bad tick")

// tickFields is the number of values that a tick travels as:
//
//	[symbol, seq, symbolSeq, orderID, size, type, time, sent, price, side]
//
// An array costs a third of the bytes and of the time of a map with names. Every number takes the fewest bytes that
// hold it; the unsigned ones come first.
const tickFields = 10

var (
	_ msgpack.CustomEncoder = (*Tick)(nil)
	_ msgpack.CustomDecoder = (*Tick)(nil)
)

// EncodeMsgpack implements [msgpack.CustomEncoder].
func (t *Tick) EncodeMsgpack(enc *msgpack.Encoder) error {
	if err := enc.EncodeArrayLen(tickFields); err != nil {
		return err
	}
	if err := enc.EncodeString(t.Symbol); err != nil {
		return err
	}
	for _, n := range [...]uint64{t.Seq, t.SymbolSeq, t.OrderID, uint64(t.Size), uint64(t.Type)} {
		if err := enc.EncodeUint(n); err != nil {
			return err
		}
	}
	for _, n := range [...]int64{int64(t.Time), t.Sent, t.Price, int64(t.Side)} {
		if err := enc.EncodeInt(n); err != nil {
			return err
		}
	}
	return nil
}

// DecodeMsgpack implements [msgpack.CustomDecoder]. On an error, which wraps [ErrBadTick], t is unchanged.
func (t *Tick) DecodeMsgpack(dec *msgpack.Decoder) error {
	got, err := decodeTick(dec)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadTick, err)
	}
	*t = got
	return nil
}

func decodeTick(dec *msgpack.Decoder) (t Tick, err error) {
	n, err := dec.DecodeArrayLen()
	if err != nil {
		return t, err
	}
	if n != tickFields {
		return t, fmt.Errorf("want %d fields, got %d", tickFields, n)
	}
	if t.Symbol, err = decodeSymbol(dec); err != nil {
		return t, fmt.Errorf("symbol: %w", err)
	}
	var size, kind uint64
	for _, p := range [...]*uint64{&t.Seq, &t.SymbolSeq, &t.OrderID, &size, &kind} {
		if *p, err = decodeUint(dec); err != nil {
			return t, err
		}
	}
	var at, side int64
	for _, p := range [...]*int64{&at, &t.Sent, &t.Price, &side} {
		if *p, err = decodeInt(dec); err != nil {
			return t, err
		}
	}
	if size > math.MaxUint32 || kind > math.MaxUint8 || side != int64(int8(side)) {
		return t, fmt.Errorf("size %d, type %d or side %d is out of range", size, kind, side)
	}
	t.Size, t.Type, t.Time, t.Side = uint32(size), EventType(kind), time.Duration(at), int8(side)
	return t, t.check()
}

// decodeSymbol refuses a nil, which msgpack would take for an empty string, before anything else does.
func decodeSymbol(dec *msgpack.Decoder) (string, error) {
	c, err := dec.PeekCode()
	if err != nil {
		return "", err
	}
	if !msgpcode.IsString(c) {
		return "", fmt.Errorf("code %#x is not a string", c)
	}
	return dec.DecodeString()
}

// decodeUint refuses what msgpack would turn into a number: a nil, and a negative one by wrapping it.
func decodeUint(dec *msgpack.Decoder) (uint64, error) {
	c, err := dec.PeekCode()
	if err != nil {
		return 0, err
	}
	if c > msgpcode.PosFixedNumHigh && (c < msgpcode.Uint8 || c > msgpcode.Uint64) {
		return 0, fmt.Errorf("code %#x is not an unsigned integer", c)
	}
	return dec.DecodeUint64()
}

// decodeInt refuses a nil, which msgpack would take for 0.
func decodeInt(dec *msgpack.Decoder) (int64, error) {
	c, err := dec.PeekCode()
	if err != nil {
		return 0, err
	}
	if c == msgpcode.Nil {
		return 0, fmt.Errorf("code %#x is not an integer", c)
	}
	return dec.DecodeInt64()
}

// check says which field is out of range. Prices may be negative only in a halt, where they are a flag.
func (t *Tick) check() error {
	switch {
	case t.Symbol == "" || len(t.Symbol) > maxSymbol:
		return fmt.Errorf("symbol %.32q: want 1 to %d bytes", t.Symbol, maxSymbol)
	case t.Type < NewOrder || t.Type > Halt:
		return fmt.Errorf("event type %d: want %d to %d", t.Type, NewOrder, Halt)
	case t.Time < 0 || t.Time >= day:
		return fmt.Errorf("time %v: want less than %v after midnight", t.Time, day)
	case t.Side != Buy && t.Side != Sell:
		return fmt.Errorf("side %d: want %d or %d", t.Side, Buy, Sell)
	case t.Price < 0 && t.Type != Halt:
		return fmt.Errorf("price %d: want 0 or more", t.Price)
	}
	return nil
}
