//go:build linux && !ringmq_portable

package ioloop

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxEvents is the number of events taken from the kernel at once.
const maxEvents = 128

// epollPoller waits on an epoll set. The set's own descriptor is registered with the Go netpoller, through file.
type epollPoller struct {
	epfd   int
	bell   int // eventfd
	file   *os.File
	raw    syscall.RawConn
	peek   func(uintptr) bool // made once: block must not allocate
	events [maxEvents]unix.EpollEvent
	ready  [maxEvents]*fdStream

	mu      sync.Mutex
	streams map[int32]*fdStream
}

func newPoller() (poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(epfd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	p := &epollPoller{epfd: epfd, bell: bell, streams: make(map[int32]*fdStream)}
	if err := p.init(); err != nil {
		_ = unix.Close(epfd)
		_ = unix.Close(bell)
		return nil, err
	}
	return p, nil
}

func (p *epollPoller) init() error {
	if err := p.ctl(unix.EPOLL_CTL_ADD, p.bell, unix.EPOLLIN); err != nil {
		return err
	}
	// os.NewFile hands a descriptor to the netpoller only if it is non-blocking.
	if err := unix.SetNonblock(p.epfd, true); err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	p.file = os.NewFile(uintptr(p.epfd), "epoll")
	raw, err := p.file.SyscallConn()
	if err != nil {
		return err
	}
	p.raw = raw
	p.peek = func(uintptr) bool { return p.anyReady() }
	return nil
}

func (p *epollPoller) ctl(op, fd int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.epfd, op, fd, &ev))
}

// anyReady asks without taking: poll(2) on the set's descriptor leaves the events in it.
func (p *epollPoller) anyReady() bool {
	fds := [1]unix.PollFd{{Fd: int32(p.epfd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return n > 0 || (err != nil && err != unix.EINTR)
}

func (p *epollPoller) block() { _ = p.raw.Read(p.peek) }

// pauseTime is how long a pause asks for; the kernel's timer slack adds up to 50 µs.
const pauseTime = 50 * time.Microsecond

func (p *epollPoller) pause() {
	fds := [1]unix.PollFd{{Fd: int32(p.epfd), Events: unix.POLLIN}}
	t := unix.NsecToTimespec(int64(pauseTime))
	_, _ = unix.Ppoll(fds[:], &t, nil) // an interruption only makes the pause shorter
}

func (p *epollPoller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.bell, one[:])
}

func (p *epollPoller) close() {
	_ = p.file.Close()
	_ = unix.Close(p.bell)
}

func (p *epollPoller) poll(*Loop) bool {
	n, err := unix.EpollWait(p.epfd, p.events[:], 0)
	if err != nil || n <= 0 {
		return false
	}
	p.lookUp(n)
	for i, s := range p.ready[:n] {
		p.ready[i] = nil
		if s != nil {
			s.h.Ready(toEvents(p.events[i].Events))
		} else if int(p.events[i].Fd) == p.bell {
			var b [8]byte
			_, _ = unix.Read(p.bell, b[:])
		}
	}
	return true
}

// lookUp finds the streams of the first n events. A stream that was closed since is missing; one whose descriptor was
// closed and used again gets a hint too many, which does no harm.
func (p *epollPoller) lookUp(n int) {
	p.mu.Lock()
	for i := range n {
		p.ready[i] = p.streams[p.events[i].Fd]
	}
	p.mu.Unlock()
}

func toEvents(e uint32) (ev Events) {
	if e&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR|unix.EPOLLRDHUP) != 0 {
		ev |= Readable
	}
	if e&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		ev |= Writable
	}
	if e&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		ev |= Hangup
	}
	return ev
}

// Attach takes over c and tells h of its events, reading being watched from the start. On an error c is closed.
func (l *Loop) Attach(c net.Conn, h Handler) (Stream, error) {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		return attachFD(l.poller.(*epollPoller), c, h)
	}
	return newNetStream(l, c, h), nil
}
