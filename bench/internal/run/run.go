package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

var (
	// ErrNoContestant: the contestant is not there on this machine.
	ErrNoContestant = errors.New("no such contestant here")
	// ErrTimeout: the run took too long.
	ErrTimeout = errors.New("timed out")
	// ErrLost: messages did not arrive although nothing may be lost.
	ErrLost = errors.New("messages lost")
)

// limit is how long one run may take. afterSent is how long the receivers may take when all is sent: a second of silence
// counts as the end where messages may be lost.
const (
	limit     = 60 * time.Second
	afterSent = 20 * time.Second
)

// Runner runs programs. One goroutine may use it.
type Runner struct {
	commands map[string][]string // of contestants, without role and case
	lossy    map[string]bool     // contestants that cannot wait for subscribers
	dir      string              // for endpoints and files
	logs     logs
	runs     int
}

// Values are what one run came to, by the key of a metric.
type Values map[string]float64

// Run does one run of an entry of a row.
func (r *Runner) Run(ctx context.Context, row plan.Row, e plan.Entry, quick bool) (v Values, err error) {
	command, ok := r.commands[e.Contestant]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoContestant, e.Contestant)
	}
	c, err := row.CaseOf(e, quick)
	if err != nil {
		return nil, err
	}
	one := &single{
		Case: c, entry: e, command: command,
		samples: filepath.Join(r.dir, "samples"+strconv.Itoa(r.runs)),
	}
	r.runs++
	one.Endpoint = r.endpoint(c.Transport)
	if c.NeedsDisk() {
		giveBack, err := r.logs.lend(ctx, one, row)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, giveBack()) }()
	}
	return r.measure(ctx, one)
}

// measure does a run for which everything is there.
func (r *Runner) measure(ctx context.Context, one *single) (Values, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTimeout)
	defer cancel()
	start, err := readCPU()
	if err != nil {
		return nil, err
	}
	if err := one.run(ctx); err != nil {
		return nil, err
	}
	values, err := one.values(r.lossy[one.entry.Contestant])
	if err != nil {
		return nil, err
	}
	end, err := readCPU()
	values[plan.Others.Key] = end.others(start)
	return values, err
}

// endpoint is where the binding side is to bind.
func (r *Runner) endpoint(transport string) string {
	switch transport {
	case proto.IPC:
		return "ipc://" + filepath.Join(r.dir, strconv.Itoa(r.runs)+".sock")
	case proto.Inproc:
		return "inproc://bench"
	case proto.Disk:
		return ""
	}
	return "tcp://127.0.0.1:0"
}

// single is one run.
type single struct {
	proto.Case
	entry   plan.Entry
	command []string
	samples string

	processes        []*process // all of them
	sender, receiver *process   // the same for inproc and for logs
	sent, received   proto.Figures
	harness          float64 // percent of a core
}

// start starts a program and has it ended with the run.
func (s *single) start(ctx context.Context, role string, c proto.Case) (*process, error) {
	p, err := start(ctx, s.entry.Name+" "+role, s.commandFor(role, c), s.entry.Env)
	if err == nil {
		s.processes = append(s.processes, p)
	}
	return p, err
}

func (s *single) commandFor(role string, c proto.Case) []string {
	return append(append(slices.Clone(s.command), role), c.Args()...)
}

// run returns when all programs have ended.
func (s *single) run(ctx context.Context) error {
	defer s.close()
	if err := s.open(ctx); err != nil {
		return err
	}
	cpu, begun := used(unix.RUSAGE_SELF), time.Now()
	err := s.measure(ctx)
	s.harness = percent(used(unix.RUSAGE_SELF)-cpu, time.Since(begun))
	return err
}

// open starts the programs, the one that binds first, and waits until they are ready.
func (s *single) open(ctx context.Context) (err error) {
	if s.Transport == proto.Inproc || s.Transport == proto.Disk {
		s.sender, err = s.start(ctx, proto.Both, s.withSamples())
		s.receiver = s.sender
		if err != nil {
			return err
		}
	} else if err := s.openPair(ctx); err != nil {
		return err
	}
	for _, p := range s.processes {
		if _, err := p.expect(ctx, proto.Ready); err != nil {
			return err
		}
	}
	return s.stopOne(ctx)
}

// openPair starts sender and receiver in processes of their own.
func (s *single) openPair(ctx context.Context) (err error) {
	first, second, firstRole, secondRole := &s.receiver, &s.sender, proto.Receiver, proto.Sender
	if !s.ReceiverBinds() {
		first, second, firstRole, secondRole = second, first, secondRole, firstRole
	}
	if *first, err = s.start(ctx, firstRole, s.caseOf(firstRole)); err != nil {
		return err
	}
	if s.Endpoint, err = (*first).expect(ctx, proto.Bound); err != nil {
		return err
	}
	*second, err = s.start(ctx, secondRole, s.caseOf(secondRole))
	if err == nil && s.entry.Stopped {
		_, err = s.start(ctx, secondRole, s.Case)
	}
	return err
}

// caseOf has the samples file with the side that takes the samples.
func (s *single) caseOf(role string) proto.Case {
	if (role == proto.Sender) == (s.Pattern == proto.ReqRep) {
		return s.withSamples()
	}
	return s.Case
}

func (s *single) withSamples() proto.Case {
	c := s.Case
	if c.Pattern == proto.ReqRep || c.Rate > 0 || c.Pattern == proto.Append && c.Backlog > 0 {
		c.Samples = s.samples
	}
	return c
}

// stopOne stops the third process, if there is one.
func (s *single) stopOne(ctx context.Context) error {
	if !s.entry.Stopped {
		return nil
	}
	return s.processes[len(s.processes)-1].stop(ctx)
}

// measure is the measured part: from go to the results.
func (s *single) measure(ctx context.Context) (err error) {
	if s.Idle > 0 {
		if err := s.receiver.tell(proto.Go); err != nil {
			return err
		}
	}
	if err := s.sender.tell(proto.Go); err != nil {
		return err
	}
	if _, err := s.sender.expect(ctx, proto.Sent); err != nil {
		return err
	}
	if err := s.receiver.tell(proto.End); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, afterSent, fmt.Errorf("%w: %v after all was sent", ErrTimeout, afterSent))
	defer cancel()
	if s.received, err = s.receiver.figures(ctx); err != nil {
		return err
	}
	if s.sent = s.received; s.sender != s.receiver {
		s.sent, err = s.sender.figures(ctx)
	}
	return err
}

// close ends all programs.
func (s *single) close() {
	for _, p := range s.processes {
		if s.entry.Stopped {
			p.kill()
		} else {
			_ = p.end() // what it did wrong is known by now
		}
	}
}
