package crashtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
)

// status is what the checker knows.
type status struct {
	Sent       uint64 // the highest number that Send has returned for
	Arrived    uint64 // numbers that have arrived
	Missing    uint64 // numbers up to Sent that have not, in an audit
	Duplicates uint64 // arrivals of numbers that had arrived before
	MostOften  uint64 // how often the most frequent number has arrived
	Trouble    string // the first thing that is wrong
}

// checker is the list. Its lines are "sent N", "got N=SEQUENCE …", "status" and "audit", which looks for what is missing;
// each is answered by a line.
type checker struct {
	mu    sync.Mutex
	st    status
	times map[uint64]uint64 // arrivals, by number
	last  [keys]uint64      // the last number of each key that arrived for the first time
}

// runChecker takes connections until the test is over.
func runChecker(ctx context.Context, _ []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	context.AfterFunc(ctx, func() { _ = l.Close() })
	c := &checker{times: make(map[uint64]uint64)}
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go c.serve(nc)
	}
}

// serve answers lines. The last one of a process that was killed may be cut short, and says nothing then.
func (c *checker) serve(nc net.Conn) {
	defer nc.Close()
	for r := bufio.NewReaderSize(nc, 1<<16); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := io.WriteString(nc, c.take(strings.Fields(line))+"\n"); err != nil {
			return
		}
	}
}

func (c *checker) take(words []string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch words[0] {
	case "sent":
		n, _ := strconv.ParseUint(words[1], 10, 64)
		c.st.Sent = max(c.st.Sent, n)
	case "got":
		for _, w := range words[1:] {
			c.arrived(w)
		}
	}
	c.st.Missing = 0
	if words[0] == "audit" {
		for n := uint64(1); n <= c.st.Sent; n++ {
			if c.times[n] == 0 {
				c.st.Missing++
			}
		}
	}
	answer, _ := json.Marshal(c.st) // plain fields
	return string(answer)
}

func (c *checker) arrived(word string) {
	number, sequence, _ := strings.Cut(word, "=")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || number != sequence {
		c.trouble("%q arrived, which has another sequence or is no number", word)
		return
	}
	c.times[n]++
	c.st.MostOften = max(c.st.MostOften, c.times[n])
	if c.times[n] > 1 {
		c.st.Duplicates++
		return
	}
	c.st.Arrived++
	key := n % keys
	if n < c.last[key] {
		c.trouble("%d arrived after %d, of the same key", n, c.last[key])
	}
	c.last[key] = n
}

func (c *checker) trouble(format string, args ...any) {
	if c.st.Trouble == "" {
		c.st.Trouble = fmt.Sprintf(format, args...)
	}
}

// list is a connection to the checker.
type list struct {
	nc net.Conn
	r  *bufio.Reader
}

func dialChecker(address string) (*list, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &list{nc, bufio.NewReader(nc)}, nil
}

func (l *list) ask(line string) (st status, err error) {
	if _, err = io.WriteString(l.nc, line+"\n"); err != nil {
		return st, err
	}
	answer, err := l.r.ReadBytes('\n')
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(answer, &st)
}

// sent tells that everything up to n was sent, and waits while the receivers are too far behind.
func (l *list) sent(ctx context.Context, n uint64) error {
	for {
		st, err := l.ask(fmt.Sprintf("sent %d", n))
		if err != nil || n < st.Arrived+ahead {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// got tells what has arrived, and waits until it is written down.
func (l *list) got(ms []ringmq.Message) error {
	var line strings.Builder
	line.WriteString("got")
	for _, m := range ms {
		d, _ := m.Delivery()
		fmt.Fprintf(&line, " %s=%d", m.Frame(0), d.Sequence)
	}
	_, err := l.ask(line.String())
	return err
}
