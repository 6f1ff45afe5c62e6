package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/ringmq/ringmq"
)

// maxLine is the longest line of standard input, in bytes; as hexadecimal digits it holds the largest message that a
// peer takes by default.
const maxLine = 512 << 20

// input is where the messages to send come from: the arguments, or standard input by line if there are none. One
// goroutine may use it.
type input struct {
	layout layout
	args   []string
	lines  <-chan line // nil: arguments
	given  uint64
	count  uint64 // 0: each once
}

type line struct {
	text []byte
	err  error
}

// newInput reads standard input only if there are no arguments. What it reads ends with ctx; a read that waits for a
// terminal then is left behind.
func newInput(ctx context.Context, stdin io.Reader, args []string, l layout, count uint64) *input {
	in := &input{layout: l, args: args, count: count}
	if len(args) == 0 {
		in.lines = readLines(ctx, stdin)
	}
	return in
}

func readLines(ctx context.Context, r io.Reader) <-chan line {
	lines := make(chan line)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(r)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			select {
			case lines <- line{text: append([]byte(nil), s.Bytes()...)}:
			case <-ctx.Done():
				return
			}
		}
		if err := s.Err(); err != nil {
			select {
			case lines <- line{err: fmt.Errorf("standard input: %w", err)}:
			case <-ctx.Done():
			}
		}
	}()
	return lines
}

// next returns the next message; [io.EOF] after the last.
func (in *input) next(ctx context.Context) (ringmq.Message, error) {
	if in.count > 0 && in.given == in.count {
		return ringmq.Message{}, io.EOF
	}
	text, err := in.text(ctx)
	if err != nil {
		return ringmq.Message{}, err
	}
	in.given++
	m, err := in.layout.parse(text)
	if err != nil {
		return m, fmt.Errorf("message %d: %w", in.given, err)
	}
	return m, nil
}

func (in *input) text(ctx context.Context) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if in.lines == nil {
		n := uint64(len(in.args))
		if in.count == 0 && in.given == n {
			return nil, io.EOF
		}
		return []byte(in.args[in.given%n]), nil
	}
	select {
	case l, ok := <-in.lines:
		if ok {
			return l.text, l.err
		}
		if err := context.Cause(ctx); err != nil { // which ends the lines too
			return nil, err
		}
		return nil, io.EOF
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
