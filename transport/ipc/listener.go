package ipc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// listener is a bound address. What Close has to remove is decided when it is made.
type listener struct {
	*net.UnixListener
	path    string
	options transport.Options
	close   func() error
}

// Accept waits for the next connection, and gives it its options if the filters let it in.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	if err := admit(c, l.options); err != nil {
		return nil, transport.TurnedAway(l.Endpoint(), c, err)
	}
	return c, nil
}

// Close stops listening and removes the files that Listen made.
func (l *listener) Close() error { return l.close() }

// Endpoint has the path as it was given, or for * the one that was chosen.
func (l *listener) Endpoint() string { return transport.Endpoint(Scheme, l.path) }

// listenWildcard makes a directory and a socket in it.
func listenWildcard(ctx context.Context, o transport.Options) (*listener, error) {
	dir, err := os.MkdirTemp("", "ringmq-") // mode 0700
	if err != nil {
		return nil, err
	}
	l, err := listenIn(ctx, dir, o)
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	closeSocket := l.close
	l.close = sync.OnceValue(func() error { return errors.Join(closeSocket(), os.Remove(dir)) })
	return l, nil
}

func listenIn(ctx context.Context, dir string, o transport.Options) (*listener, error) {
	path := filepath.Join(dir, "socket")
	if len(path) > MaxPath {
		return nil, fmt.Errorf("%s is longer than %d bytes, choose a shorter TMPDIR: %w",
			path, MaxPath, ringmq.ErrInvalidEndpoint)
	}
	return listenPath(ctx, path, o)
}

func listenAbstract(ctx context.Context, name string, o transport.Options) (*listener, error) {
	ul, err := open(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return &listener{UnixListener: ul, path: name, options: o, close: sync.OnceValue(ul.Close)}, nil
}

func listenPath(ctx context.Context, path string, o transport.Options) (*listener, error) {
	file, err := filepath.Abs(path) // the process may have another directory when it closes
	if err != nil {
		return nil, err
	}
	ul, err := takePath(ctx, path, o)
	if err != nil {
		return nil, err
	}
	ours := identify(file)
	l := &listener{UnixListener: ul, path: path, options: o}
	// Remove first: while ul is open the system cannot give the number of our file to another one.
	l.close = sync.OnceValue(func() error { return errors.Join(removeSame(file, ours), ul.Close()) })
	return l, nil
}

func open(ctx context.Context, path string, o transport.Options) (*net.UnixListener, error) {
	lc := net.ListenConfig{Control: prepare(o)}
	nl, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	ul := nl.(*net.UnixListener)
	if err := transport.SetBacklog(ul, o.Backlog); err != nil {
		return nil, errors.Join(err, ul.Close())
	}
	ul.SetUnlinkOnClose(false) // package net would remove whatever is at the path by then
	return ul, nil
}

// identify returns what tells the file from any other that is ever at its path, or nil if there is none.
func identify(file string) fs.FileInfo {
	info, err := os.Lstat(file)
	if err != nil {
		return nil
	}
	os.SameFile(info, info) // Windows reads the identity at the first comparison: make that now
	return info
}

// removeSame removes the file if it still is the one that was identified.
func removeSame(file string, was fs.FileInfo) error {
	now := identify(file)
	if was == nil || now == nil || !os.SameFile(was, now) {
		return nil
	}
	err := os.Remove(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
