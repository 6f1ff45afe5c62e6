package feed

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// column is one field of a line after the time. set returns whether n is in the field's range.
type column struct {
	name string
	want error
	set  func(t *Tick, n int64) bool
}

// columns are in the order of the file; the range of a price depends on the type before it.
var columns = [...]column{
	{"type", fmt.Errorf("want %d to %d", NewOrder, Halt), func(t *Tick, n int64) bool {
		t.Type = EventType(n)
		return n >= int64(NewOrder) && n <= int64(Halt)
	}},
	{"order id", errors.New("want 0 or more"), func(t *Tick, n int64) bool {
		t.OrderID = uint64(n)
		return n >= 0
	}},
	{"size", fmt.Errorf("want 0 to %d", uint32(math.MaxUint32)), func(t *Tick, n int64) bool {
		t.Size = uint32(n)
		return n >= 0 && n <= math.MaxUint32
	}},
	{"price", errors.New("want 0 or more, but in a halt"), func(t *Tick, n int64) bool {
		t.Price = n
		return n >= 0 || t.Type == Halt
	}},
	{"direction", fmt.Errorf("want %d or %d", Buy, Sell), func(t *Tick, n int64) bool {
		t.Side = int8(n)
		return n == int64(Buy) || n == int64(Sell)
	}},
}

var (
	errColumns = fmt.Errorf("want %d fields separated by commas", 1+len(columns))
	errNumber  = errors.New("not a whole number")
	errTime    = errors.New("want seconds after midnight, with at most 9 decimals")
)

// parse fills in t from one line. On an error, a *ParseError, t may be half written.
func (l *Lobster) parse(line []byte, t *Tick) (err error) {
	if bytes.Count(line, []byte(",")) != len(columns) {
		return l.fail("", line, errColumns)
	}
	*t = Tick{Symbol: l.symbol}
	field, rest, _ := bytes.Cut(line, []byte(","))
	if t.Time, err = parseTime(string(field)); err != nil {
		return l.fail("time", field, err)
	}
	for _, c := range columns {
		field, rest, _ = bytes.Cut(rest, []byte(","))
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return l.fail(c.name, field, errNumber)
		}
		if !c.set(t, n) {
			return l.fail(c.name, field, c.want)
		}
	}
	return nil
}

// parseTime reads "34200.00426064" exactly: a float64 would lose nanoseconds.
func parseTime(s string) (time.Duration, error) {
	whole, decimals, point := strings.Cut(s, ".")
	sec, err := strconv.ParseUint(whole, 10, 32)
	if err != nil || len(decimals) > 9 || point && decimals == "" {
		return 0, errTime
	}
	nanos := uint64(0)
	if point {
		nanos, err = strconv.ParseUint(decimals+"000000000"[len(decimals):], 10, 32)
	}
	d := time.Duration(sec)*time.Second + time.Duration(nanos)
	if err != nil || d >= day {
		return 0, errTime
	}
	return d, nil
}

// fail copies value, which is in the read buffer, and no more of it than a message has room for.
func (l *Lobster) fail(field string, value []byte, err error) error {
	return &ParseError{
		File: l.name, Line: l.line, Field: field, Value: string(value[:min(len(value), 64)]), Err: err,
	}
}
