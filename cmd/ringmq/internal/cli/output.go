package cli

import (
	"bufio"
	"io"
	"os"
	"sync"

	"github.com/ringmq/ringmq"
)

// output prints messages, one a line. One goroutine may use it.
type output struct {
	layout layout
	w      *bufio.Writer
	buf    []byte
}

func newOutput(w io.Writer, l layout) *output {
	l.visible = isTerminal(w)
	return &output{layout: l, w: bufio.NewWriter(w)}
}

// print may keep the line until flush.
func (o *output) print(m ringmq.Message) error {
	o.buf = o.layout.append(o.buf[:0], m)
	_, err := o.w.Write(o.buf)
	return err
}

func (o *output) flush() error { return o.w.Flush() }

// isTerminal takes every character device for one, which does no harm to the others.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// lockedWriter lets several goroutines write lines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
