package peer

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"sync/atomic"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

var (
	// ErrUnsupported: the library does not do that.
	ErrUnsupported = errors.New("not supported by this contestant")
	// ErrUsage: the program was called in a wrong way.
	ErrUsage = errors.New("usage: peer ROLE key=value…")
	// ErrLeft: the harness closed the standard input before there was a result.
	ErrLeft = errors.New("the harness is gone")
)

// outcome is what a side of a run, or the whole, came to.
type outcome struct {
	figures proto.Figures
	err     error
}

// Main is one run: its arguments are the role and the case. It returns when in ends.
func Main(lib Library, args []string, in io.Reader, out io.Writer) error {
	con := newConsole(in, out)
	done := make(chan outcome, 1)
	go func() {
		figures, err := run(lib, args, con)
		done <- outcome{figures, err}
	}()
	select {
	case <-con.left:
		return ErrLeft
	case o := <-done:
		if o.err != nil {
			con.say(proto.Error, o.err)
			return o.err
		}
		con.say(proto.Result, o.figures)
	}
	<-con.left // sockets stay open until then
	return nil
}

func run(lib Library, args []string, con *console) (proto.Figures, error) {
	if len(args) == 0 {
		return nil, ErrUsage
	}
	c, err := proto.ParseCase(args[1:])
	if err != nil {
		return nil, err
	}
	p := &process{Case: c, lib: lib, con: con}
	switch args[0] {
	case proto.Sender:
		return p.alone(p.openSender)
	case proto.Receiver:
		return p.alone(p.openReceiver)
	case proto.Both:
		if c.Transport == proto.Disk {
			return p.onDisk()
		}
		return p.together()
	case proto.Builder:
		return p.build()
	}
	return nil, fmt.Errorf("%w: role %q", ErrUsage, args[0])
}

// process is one run.
type process struct {
	proto.Case
	lib      Library
	con      *console
	notReady atomic.Int32 // sides
	shared   bool         // both sides are here: what is used is counted once, by the receiver
}

// side is one end of the run, ready to be run on a goroutine. bound is its endpoint, "" if it has connected.
type side struct {
	bound string
	run   func() (proto.Figures, error)
}

// alone runs one side; the other one is another process.
func (p *process) alone(open func() (side, error)) (proto.Figures, error) {
	p.notReady.Store(1)
	s, err := open()
	if err != nil {
		return nil, err
	}
	if s.bound != "" {
		p.con.say(proto.Bound, s.bound)
	}
	return s.run()
}

// together runs both sides. The one that binds is opened first.
func (p *process) together() (proto.Figures, error) {
	p.shared = true
	p.notReady.Store(2)
	first, second := p.openReceiver, p.openSender
	if !p.ReceiverBinds() {
		first, second = second, first
	}
	a, err := first()
	if err != nil {
		return nil, err
	}
	b, err := second()
	if err != nil {
		return nil, err
	}
	return both(a.run, b.run)
}

// both runs two sides at once. The first error is the error of both.
func both(a, b func() (proto.Figures, error)) (proto.Figures, error) {
	done := make(chan outcome)
	for _, run := range []func() (proto.Figures, error){a, b} {
		go func() {
			figures, err := run()
			done <- outcome{figures, err}
		}()
	}
	all := proto.Figures{}
	for range 2 {
		o := <-done
		if o.err != nil {
			return nil, o.err
		}
		maps.Copy(all, o.figures)
	}
	return all, nil
}

// ready tells the harness that a side is ready, when all sides of this process are.
func (p *process) ready() {
	if p.notReady.Add(-1) == 0 {
		p.con.say(proto.Ready)
	}
}
