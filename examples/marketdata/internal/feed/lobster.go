package feed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Lobster reads a LOBSTER message file: order flow of one symbol of NASDAQ for one day, a line an event, no header:
//
//	34200.004241176,1,16113575,18,5853300,1
//	time            |  order id |  price  direction
//	                type        size
//
// The file is read as it is consumed. One goroutine at a time may use it.
type Lobster struct {
	file   io.Closer
	lines  *bufio.Reader // nil after the first pass
	name   string
	symbol string
	line   int
	loop   bool
	seen   []Tick // with loop: the ticks of the first pass
	next   int    // with loop, after the first pass: index into seen
}

var _ Source = (*Lobster)(nil)

// ParseError says where a message file does not parse.
type ParseError struct {
	File  string
	Line  int    // from 1
	Field string // "time", "type", "order id", "size", "price" or "direction"; empty for the line as a whole
	Value string // what was there, shortened
	Err   error
}

// Error reads `AAPL_….csv:12: price "x": not a number`.
func (e *ParseError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s:%d: %v: %q", e.File, e.Line, e.Err, e.Value)
	}
	return fmt.Sprintf("%s:%d: %s %q: %v", e.File, e.Line, e.Field, e.Value, e.Err)
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

var (
	errFileName = errors.New("a message file's name begins with the symbol and an underscore, as in AAPL_2012-06-21")
	errEmpty    = errors.New("the file has no events")
	errLineSize = fmt.Errorf("line longer than %d bytes", maxLine)
)

// OpenLobster opens the file at path; the symbol is the file name up to the first underscore. With loop the ticks
// are kept in memory and come again, with the same times, when the file ends; Next then never returns io.EOF
// unless no line of the file was good. Close the Lobster when done.
func OpenLobster(path string, loop bool) (*Lobster, error) {
	f, err := os.Open(path) // first: a file that is missing is not to be told of its name
	if err != nil {
		return nil, err
	}
	symbol, _, ok := strings.Cut(filepath.Base(path), "_")
	if !ok || symbol == "" || len(symbol) > maxSymbol {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, errFileName), f.Close())
	}
	l := newLobster(f, path, symbol, loop)
	l.file = f
	return l, nil
}

func newLobster(r io.Reader, name, symbol string, loop bool) *Lobster {
	return &Lobster{lines: bufio.NewReaderSize(r, 1<<16), name: name, symbol: symbol, loop: loop}
}

// Symbols implements [Source].
func (l *Lobster) Symbols() []string { return []string{l.symbol} }

// Close closes the file, if the last line or an error has not done so already.
func (l *Lobster) Close() error {
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}

// Next implements [Source]. An error is io.EOF, a [*ParseError], or one of reading; after a ParseError the
// next call goes on with the next line.
func (l *Lobster) Next(t *Tick) error {
	if l.lines == nil {
		return l.replay(t)
	}
	line, err := l.readLine()
	if errors.Is(err, io.EOF) {
		return l.firstPassDone(t)
	}
	if err != nil {
		return err
	}
	if err := l.parse(line, t); err != nil {
		return err
	}
	if l.loop {
		l.seen = append(l.seen, *t)
	}
	return nil
}

// readLine returns the next line without its end, valid until the next call.
func (l *Lobster) readLine() ([]byte, error) {
	b, err := l.lines.ReadSlice('\n')
	if len(b) == 0 && err != nil {
		return nil, err
	}
	l.line++
	if len(b) > maxLine {
		return nil, l.fail("", b, errLineSize)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimRight(b, "\r\n"), nil
}

// firstPassDone ends the feed, or with loop starts the second pass.
func (l *Lobster) firstPassDone(t *Tick) error {
	l.lines = nil
	if err := l.Close(); err != nil {
		return err
	}
	if l.line == 0 {
		return fmt.Errorf("%s: %w", l.name, errEmpty)
	}
	return l.replay(t)
}

// replay yields the ticks of the first pass over and over; without loop there are none.
func (l *Lobster) replay(t *Tick) error {
	if len(l.seen) == 0 {
		return io.EOF
	}
	*t = l.seen[l.next]
	l.next = (l.next + 1) % len(l.seen)
	return nil
}
