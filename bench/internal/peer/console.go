package peer

import (
	"bufio"
	"fmt"
	"io"
	"sync"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// console is the process's end of the conversation with the harness. Any goroutine may use it.
type console struct {
	mu  sync.Mutex
	out io.Writer

	started chan struct{} // closed: go
	ended   chan struct{} // closed: end
	left    chan struct{} // closed: the harness is gone, or has had enough
}

func newConsole(in io.Reader, out io.Writer) *console {
	c := &console{
		out: out, started: make(chan struct{}), ended: make(chan struct{}), left: make(chan struct{}),
	}
	go c.listen(in)
	return c
}

// listen blocks in read(2), on a thread that does nothing else.
func (c *console) listen(in io.Reader) {
	defer close(c.left)
	started, ended := sync.OnceFunc(func() { close(c.started) }), sync.OnceFunc(func() { close(c.ended) })
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch word, _ := proto.ParseLine(lines.Text()); word {
		case proto.Go:
			started()
		case proto.End:
			ended()
		}
	}
}

// say writes a line. An error cannot be told to anybody: the harness is gone, and listen notices that.
func (c *console) say(words ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.out, words...)
}
