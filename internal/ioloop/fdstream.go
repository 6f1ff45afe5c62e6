//go:build linux && !ringmq_portable

package ioloop

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxIovecs is the number of pieces written with one writev(2). The kernel's limit is 1024; the array lives on the
// writer's stack.
const maxIovecs = 64

// always are the events of every registration. Without RDHUP the end of a stream that arrives together with data would
// go unnoticed: the edge is one.
const always = unix.EPOLLET | unix.EPOLLRDHUP

// fdStream is a non-blocking socket descriptor that we own.
type fdStream struct {
	p             *epollPoller
	h             Handler
	fd            int
	local, remote net.Addr
	freed         func() // if not nil, called when nothing uses the descriptor any more

	// refs keeps the descriptor open while a call uses it: 1 for being open and 1 for each call in progress.
	refs   atomic.Int32
	closed atomic.Bool

	mu   sync.Mutex // guards mask and the registration
	mask uint32
}

// attachFD duplicates the descriptor of c, closes c and registers the duplicate: package net lets go of it.
func attachFD(p *epollPoller, c net.Conn, h Handler) (Stream, error) {
	s, err := newFD(c)
	if err != nil {
		return nil, err
	}
	s.h = h
	return s, s.register(p)
}

func newFD(c net.Conn) (*fdStream, error) {
	defer c.Close()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, err := dup(raw)
	if err != nil {
		return nil, err
	}
	s := &fdStream{fd: fd, local: c.LocalAddr(), remote: c.RemoteAddr(), mask: unix.EPOLLIN}
	s.refs.Store(1)
	return s, nil
}

// register has the poller tell the handler of events. On an error the stream is closed.
func (s *fdStream) register(p *epollPoller) error {
	s.p = p
	p.mu.Lock()
	p.streams[int32(s.fd)] = s
	p.mu.Unlock()
	err := p.ctl(unix.EPOLL_CTL_ADD, s.fd, s.mask|always)
	if err != nil {
		s.Close()
	}
	return err
}

func dup(raw syscall.RawConn) (fd int, err error) {
	ctlErr := raw.Control(func(orig uintptr) {
		fd, err = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 3)
	})
	if ctlErr != nil {
		return -1, ctlErr
	}
	return fd, os.NewSyscallError("fcntl", err)
}

// enter keeps the descriptor open until leave.
func (s *fdStream) enter() bool {
	for {
		n := s.refs.Load()
		if n == 0 || s.closed.Load() {
			return false
		}
		if s.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *fdStream) leave() {
	if s.refs.Add(-1) == 0 {
		_ = unix.Close(s.fd)
		if s.freed != nil {
			s.freed()
		}
	}
}

func (s *fdStream) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if !s.enter() {
		return 0, net.ErrClosed
	}
	defer s.leave()
	for {
		// RawSyscall: the descriptor never blocks, so the scheduler need not be told.
		n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch {
		case e == unix.EINTR:
			continue
		case e == unix.EAGAIN:
			return 0, ErrAgain
		case e != 0:
			return 0, os.NewSyscallError("read", e)
		case n == 0:
			return 0, io.EOF
		}
		return int(n), nil
	}
}

func (s *fdStream) Writev(bufs [][]byte) (int, error) {
	if !s.enter() {
		return 0, net.ErrClosed
	}
	defer s.leave()
	for {
		n, e := s.writev(bufs)
		switch {
		case e == unix.EINTR:
			continue
		case e == unix.EAGAIN:
			return 0, ErrAgain
		case e != 0:
			return 0, os.NewSyscallError("write", e)
		}
		return int(n), nil
	}
}

func (s *fdStream) writev(bufs [][]byte) (uintptr, unix.Errno) {
	if len(bufs) == 1 && len(bufs[0]) > 0 {
		b := bufs[0]
		n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		return n, e
	}
	var iov [maxIovecs]unix.Iovec
	k := 0
	for _, b := range bufs {
		if k == maxIovecs {
			break
		}
		if len(b) > 0 {
			iov[k].Base = &b[0]
			iov[k].SetLen(len(b))
			k++
		}
	}
	if k == 0 {
		return 0, 0
	}
	n, _, e := unix.RawSyscall(unix.SYS_WRITEV, uintptr(s.fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(k))
	return n, e
}

func (s *fdStream) WatchRead(on bool)  { s.watch(unix.EPOLLIN, on) }
func (s *fdStream) WatchWrite(on bool) { s.watch(unix.EPOLLOUT, on) }

func (s *fdStream) watch(bit uint32, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mask := s.mask &^ bit
	if on {
		mask |= bit
	}
	if mask == s.mask || s.closed.Load() {
		return
	}
	s.mask = mask
	// It can fail only for a descriptor that is not registered, which closed excludes.
	_ = s.p.ctl(unix.EPOLL_CTL_MOD, s.fd, mask|always)
}

func (s *fdStream) CloseWrite() {
	if s.enter() {
		_ = unix.Shutdown(s.fd, unix.SHUT_WR)
		s.leave()
	}
}

func (s *fdStream) Close() {
	s.mu.Lock()
	if s.closed.Swap(true) {
		s.mu.Unlock()
		return
	}
	// Before the descriptor's number can be used again.
	s.p.mu.Lock()
	delete(s.p.streams, int32(s.fd))
	s.p.mu.Unlock()
	_ = s.p.ctl(unix.EPOLL_CTL_DEL, s.fd, 0)
	s.mu.Unlock()
	s.leave()
}

func (s *fdStream) Underway() int {
	if _, ok := s.remote.(*net.TCPAddr); !ok || !s.enter() {
		return 0
	}
	defer s.leave()
	return unacknowledged(uintptr(s.fd))
}

func (s *fdStream) Pending() int         { return 0 }
func (s *fdStream) Drivable() bool       { return true }
func (s *fdStream) LocalAddr() net.Addr  { return s.local }
func (s *fdStream) RemoteAddr() net.Addr { return s.remote }
