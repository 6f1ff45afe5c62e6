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
	clock  int // timerfd
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
	clock, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(epfd)
		_ = unix.Close(bell)
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	p := &epollPoller{epfd: epfd, bell: bell, clock: clock, streams: make(map[int32]*fdStream)}
	if err := p.init(); err != nil {
		for _, fd := range []int{epfd, bell, clock} {
			_ = unix.Close(fd)
		}
		return nil, err
	}
	return p, nil
}

func (p *epollPoller) init() error {
	for _, fd := range []int{p.bell, p.clock} {
		if err := p.ctl(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			return err
		}
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

// alarm sets a timer of the kernel: one of the runtime's would be up to a millisecond late.
func (p *epollPoller) alarm(d time.Duration) {
	once := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	_ = unix.TimerfdSettime(p.clock, 0, &once, nil)
}

func (p *epollPoller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.bell, one[:])
}

func (p *epollPoller) close() {
	_ = p.file.Close()
	_ = unix.Close(p.bell)
	_ = unix.Close(p.clock)
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
		} else if fd := int(p.events[i].Fd); fd == p.bell || fd == p.clock {
			var b [8]byte
			_, _ = unix.Read(fd, b[:])
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
