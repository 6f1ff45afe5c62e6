package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// errStranded ends a command whose endpoints have all been given up.
var errStranded = errors.New("no endpoint is left to talk to")

// troubles is what has gone wrong at the endpoints of a link. Any number of goroutines may use it.
type troubles struct {
	mu       sync.Mutex
	told     map[trouble]bool
	last     map[string]error // by endpoint; not of one that is connected to
	attached bool             // every endpoint was bound or connected to
}

// trouble is told once.
type trouble struct {
	endpoint string
	event    socket.EventType
}

// watch prints events from now until the socket has closed: with --verbose every one, else what keeps an endpoint from
// being of use, once each. strand is called when no endpoint is left.
func (l *link) watch(strand func()) {
	events := l.socket.Monitor(context.Background())
	l.aside.Go(func() {
		for e := range events {
			first := l.trouble.note(e, slices.Contains(l.flags.connect, e.Endpoint))
			switch {
			case l.flags.verbose:
				fmt.Fprintln(l.stderr, l.flags.prefix()+describe(e))
			case first && e.Type == socket.ConnectStopped:
				fmt.Fprintf(l.stderr, "%sgiven up %s\n", l.flags.prefix(), e.Endpoint)
			case first:
				fmt.Fprintln(l.stderr, l.flags.prefix()+plain(e.Err))
			}
			if e.Type == socket.ConnectStopped && l.stranded() {
				strand()
			}
		}
	})
}

// note takes an event down and reports whether it is one to tell of, for the first time.
func (t *troubles) note(e socket.Event, connecting bool) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Type == socket.HandshakeSucceeded && connecting {
		delete(t.last, e.Endpoint)
	}
	if e.Err == nil || e.Type == socket.MonitorStopped {
		return false
	}
	if t.last == nil {
		t.last, t.told = make(map[string]error), make(map[trouble]bool)
	}
	if serious(e, connecting) || connecting {
		t.last[e.Endpoint] = e.Err
	}
	what := trouble{e.Endpoint, e.Type}
	first = serious(e, connecting) && !t.told[what]
	t.told[what] = t.told[what] || first
	return first
}

// serious reports whether an event says that something is wrong. Peers that connect to us may come and go as they like,
// if they keep the rules; and whoever we connect to may go.
func serious(e socket.Event, connecting bool) bool {
	switch e.Type {
	case socket.ConnectFailed, socket.ConnectStopped, socket.AcceptFailed:
		return true
	case socket.HandshakeFailed:
		var why *socket.HandshakeError
		return connecting || errors.As(e.Err, &why) && why.Cause != socket.CauseNoDetail
	case socket.Disconnected:
		return errors.Is(e.Err, ringmq.ErrProtocol) || errors.Is(e.Err, ringmq.ErrTooLarge)
	}
	return false
}

// settled is told that every endpoint was bound or connected to.
func (t *troubles) settled() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attached = true
}

// at is what went wrong last at the endpoint; nil if all is well.
func (t *troubles) at(endpoint string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return root(t.last[endpoint])
}

// root is an error of the library without its circumstances.
func root(err error) error {
	var e *ringmq.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// stranded reports whether every endpoint was given up.
func (l *link) stranded() bool {
	l.trouble.mu.Lock()
	attached := l.trouble.attached
	l.trouble.mu.Unlock()
	return attached && len(l.flags.bind) == 0 && len(l.socket.Peers()) == 0
}

// endpoints are all of them, each with what is wrong there, for messages about the socket.
func (l *link) endpoints() string {
	return strings.Join(append(slices.Clone(l.bound), l.dialled()...), ", ")
}

// dialled are the endpoints that are connected to, each with what is wrong there.
func (l *link) dialled() (list []string) {
	for _, endpoint := range l.flags.connect {
		if err := l.trouble.at(endpoint); err != nil {
			endpoint += " (" + plain(err) + ")"
		}
		list = append(list, endpoint)
	}
	return list
}

// lostError: messages were dropped although every one was to arrive.
type lostError struct {
	messages uint64
	why      []error // may be empty
}

// Error reads "3 message(s) dropped: tcp://127.0.0.1:5557: …".
func (e *lostError) Error() string {
	s := fmt.Sprintf("%d message(s) dropped", e.messages)
	if err := errors.Join(e.why...); err != nil {
		s += ": " + plain(err)
	}
	return s
}

// lost is an error if messages were dropped that closed, the error of Close, does not tell of; with the reasons, unless
// said is an error that was told before. The socket is closed, and all of its events were seen.
func (l *link) lost(closed, said error) error {
	if !l.flags.lossless {
		return nil
	}
	n, unsent := l.socket.Stats().Dropped, new(ringmq.UnsentError)
	if errors.As(closed, &unsent) {
		n -= min(n, uint64(unsent.Messages))
	}
	if n == 0 {
		return nil
	}
	e := &lostError{messages: n}
	if said != nil {
		return e
	}
	for _, endpoint := range append(slices.Clone(l.bound), l.flags.connect...) {
		if err := l.trouble.at(endpoint); err != nil {
			e.why = append(e.why, fmt.Errorf("%s: %w", endpoint, err))
		}
	}
	return e
}

// plain is an error on one line, without the library's prefixes.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), libraryPrefix)
	text = strings.ReplaceAll(text, "\n"+libraryPrefix, "; ")
	text = strings.ReplaceAll(text, ": "+libraryPrefix, ": ")
	return strings.ReplaceAll(text, "\n", "; ")
}

// libraryPrefix begins each error of the library. The tool says by itself who it is.
const libraryPrefix = "ringmq: "

// describe is an event as a line.
func describe(e socket.Event) string {
	s := e.Time.Format("15:04:05.000 ") + e.Type.String()
	if e.Type == socket.Listening {
		s += " at"
	}
	if e.Endpoint != "" {
		s += " " + e.Endpoint
	}
	if e.Peer != "" {
		s += ", peer " + e.Peer
	}
	if e.Identity != "" {
		s += ", identity " + string(appendID([]byte(e.Identity), ""))
	}
	if e.Delay > 0 {
		s += ", again in " + e.Delay.Round(time.Millisecond).String()
	}
	if e.Err != nil {
		s += ": " + plain(root(e.Err))
	}
	return s
}
