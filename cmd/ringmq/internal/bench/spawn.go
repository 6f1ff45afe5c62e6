package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// ErrPeer: the peer ended without its figures.
var ErrPeer = errors.New("benchmark peer failed")

// remote is the running peer of one round, in a process or a goroutine.
type remote struct {
	in    io.Closer // closed: give up
	lines *json.Decoder
	wait  func() error // for the end, and why
}

// start starts the peer of a case and waits until it is bound.
func start(ctx context.Context, c Case) (r *remote, endpoint string, err error) {
	if c.Transport == "inproc" {
		r = startGoroutine(ctx, c, "inproc://ringmq-bench")
	} else if r, err = startProcess(ctx, c, wildcards[c.Transport]); err != nil {
		return nil, "", err
	}
	var l line
	if err := r.lines.Decode(&l); err != nil {
		return nil, "", r.failed(err)
	}
	return r, l.Endpoint, nil
}

// wildcards are endpoints of the system's choice.
var wildcards = map[string]string{"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*"}

// startGoroutine has the peer in this process, but speaks with it as with any other.
func startGoroutine(ctx context.Context, c Case, endpoint string) *remote {
	theirIn, in := io.Pipe()
	out, theirOut := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := peer(ctx, c, endpoint, theirIn, theirOut)
		_ = theirOut.Close() // the pipe's Close has no error
		ended <- err
	}()
	return &remote{in: in, lines: json.NewDecoder(out), wait: func() error { return <-ended }}
}

func startProcess(ctx context.Context, c Case, endpoint string) (*remote, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	arg, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	cmd := exec.CommandContext(ctx, self, PeerCommand, string(arg), endpoint)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	cmd.Cancel = func() error { // not Kill: what the peer made, such as the directory of ipc://*, is for it to remove
		_ = in.Close() // end may have closed it
		return nil
	}
	cmd.WaitDelay = farewell // for one that does not end even so
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	wait := func() error {
		err := cmd.Wait()
		if said := strings.TrimSpace(complaints.String()); err != nil && said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return err
	}
	return &remote{in: in, lines: json.NewDecoder(out), wait: wait}, nil
}

// figures waits for the peer's figures and its end.
func (r *remote) figures() (Side, error) {
	var l line
	if err := r.lines.Decode(&l); err != nil {
		return Side{}, r.failed(err)
	}
	if err := r.end(); err != nil {
		return Side{}, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	if l.Side == nil {
		return Side{}, fmt.Errorf("%w: its second line has no figures", ErrPeer)
	}
	return *l.Side, nil
}

// end tells the peer to give up, if it has not ended, and waits for that.
func (r *remote) end() error {
	_ = r.in.Close() // it may be gone already
	return r.wait()
}

// failed prefers the peer's own reason to the end of its output.
func (r *remote) failed(err error) error {
	if why := r.end(); why != nil {
		err = why
	}
	return fmt.Errorf("%w: %w", ErrPeer, err)
}
