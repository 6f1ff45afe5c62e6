package run

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// ErrPeer is wrapped by the errors of programs under measurement.
var ErrPeer = errors.New("peer failed")

// farewell is how long a program may take to end once its input is closed.
const farewell = 3 * time.Second

// process is a program that runs. One goroutine may use it.
type process struct {
	name   string // for errors
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string // closed at the end of its output
	stderr bytes.Buffer
}

// start starts a program. It is killed when ctx ends.
func start(ctx context.Context, name string, command, env []string) (*process, error) {
	p := &process{name: name, cmd: exec.CommandContext(ctx, command[0], command[1:]...), lines: make(chan string, 8)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = farewell
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, p.failed(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, p.failed(err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, p.failed(err)
	}
	p.in = in
	go p.read(out)
	return p, nil
}

func (p *process) read(out io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		p.lines <- s.Text()
	}
}

func (p *process) failed(err error) error { return fmt.Errorf("%w: %s: %w", ErrPeer, p.name, err) }

// expect waits for a line that begins with the word and returns the rest of it.
func (p *process) expect(ctx context.Context, word string) (string, error) {
	for {
		select {
		case <-ctx.Done():
			return "", p.failed(fmt.Errorf("no %q: %w", word, context.Cause(ctx)))
		case line, ok := <-p.lines:
			if !ok {
				return "", p.failed(fmt.Errorf("it ended, no %q%s", word, p.complaint()))
			}
			got, rest := proto.ParseLine(line)
			switch got {
			case word:
				return rest, nil
			case proto.Error:
				return "", p.failed(errors.New(rest))
			case proto.Bound: // nobody waits for that of a process that is alone
			default:
				return "", p.failed(fmt.Errorf("it said %q, not %q", line, word))
			}
		}
	}
}

// complaint is the first line that a program that has ended said on its standard error, or how it ended.
func (p *process) complaint() string {
	err := p.end()
	said, _, _ := strings.Cut(strings.TrimSpace(p.stderr.String()), "\n")
	if said != "" {
		return ": " + said
	}
	if err != nil {
		return ": " + err.Error()
	}
	return ""
}

// figures waits for the result.
func (p *process) figures(ctx context.Context) (proto.Figures, error) {
	rest, err := p.expect(ctx, proto.Result)
	if err != nil {
		return nil, err
	}
	f, err := proto.ParseFigures(rest)
	if err != nil {
		return nil, p.failed(err)
	}
	return f, nil
}

func (p *process) tell(word string) error {
	if _, err := io.WriteString(p.in, word+"\n"); err != nil {
		return p.failed(err)
	}
	return nil
}

// stop stops the program, and returns when it has stopped.
func (p *process) stop(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return p.failed(err)
	}
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			return p.failed(err)
		}
		// The state follows the name, which is in brackets.
		if state := text[bytes.LastIndexByte(text, ')')+1:]; bytes.HasPrefix(state, []byte(" T")) {
			return nil
		}
		select {
		case <-ctx.Done():
			return p.failed(context.Cause(ctx))
		case <-time.After(time.Millisecond):
		}
	}
}

// end closes the program's input, which ends it, and waits for that; it kills one that does not listen.
func (p *process) end() error {
	_ = p.in.Close() // it may be gone already
	stubborn := time.AfterFunc(farewell, func() { _ = p.cmd.Process.Kill() })
	defer stubborn.Stop()
	for range p.lines {
	}
	return p.cmd.Wait()
}

// kill ends a program that cannot end by itself.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	for range p.lines {
	}
	_ = p.cmd.Wait() // it was killed
}
