package ipc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"

	"github.com/ringmq/ringmq/transport"
)

// confirmAfter is the time between the two refusals that make a socket stale. The first may come from a socket of
// another process that is between bind(2) and listen(2).
const confirmAfter = 10 * time.Millisecond

// binding lets one goroutine at a time bind a path, so that none takes another's new socket for a stale one.
var binding sync.Mutex

// takePath binds the path, in the place of a stale socket if there is one.
func takePath(ctx context.Context, path string, o transport.Options) (*net.UnixListener, error) {
	binding.Lock()
	defer binding.Unlock()
	ul, err := open(ctx, path, o)
	if !transport.IsAddrInUse(err) {
		return ul, err
	}
	if reason := removeStale(ctx, path); reason != nil {
		return nil, fmt.Errorf("%w (%w)", err, reason)
	}
	return open(ctx, path, o)
}

// removeStale removes the socket at the path if nobody listens on it; otherwise the error says what is there.
func removeStale(ctx context.Context, path string) error {
	found, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // its owner has removed it meanwhile
	case err != nil:
		return err
	case found.Mode().Type() != fs.ModeSocket:
		return errNotSocket
	}
	if err := confirmStale(ctx, path, pause); err != nil {
		return err
	}
	// A socket that replaced the stale one may have been given the same number, but has a later time.
	if now, err := os.Lstat(path); err == nil && !now.ModTime().Equal(found.ModTime()) {
		return errLive
	}
	return removeSame(path, found)
}

var (
	errNotSocket = errors.New("there is a file that is not a socket")
	errLive      = errors.New("somebody listens there")
)

// confirmStale returns nil if the socket refuses connections both before and after pause.
func confirmStale(ctx context.Context, path string, pause func(context.Context) error) error {
	if err := probe(ctx, path); err != nil {
		return err
	}
	if err := pause(ctx); err != nil {
		return err
	}
	return probe(ctx, path)
}

// pause waits for confirmAfter.
func pause(ctx context.Context) error {
	timer := time.NewTimer(confirmAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// probe returns nil if the socket refuses connections. Any other answer, a full backlog or a lack of permission, is
// taken for a sign of life.
func probe(ctx context.Context, path string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		c.Close()
		return errLive
	case transport.IsRefused(err):
		return nil
	}
	return err
}
