//go:build linux && !ringmq_portable

package ioloop

import (
	"io"
	"math"
	"net"
	"os"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/internal/shm"
)

// maxPassed is the number of descriptors that one read can bring; the kernel closes what is beyond.
const maxPassed = 4

// maxBells bounds the reads of bells a wake-up of the loop.
const maxBells = 4

// sharedStream is a Unix domain socket that may hand over to shared memory. From then on the socket carries bells: a
// byte wakes the side that sleeps, whatever it is; and the end of the stream.
type sharedStream struct {
	*fdStream
	loop *Loop
	h    Handler
	seg  *shm.Segment // nil: nothing was offered, or not yet
	fd   int          // to be offered with the first byte; -1 afterwards, and on the side that accepts

	handshake atomic.Int64 // bytes of the handshake that are sent over the socket; no limit before it is agreed
	sent      atomic.Int64 // of them
	begun     bool         // the first bytes have come; the reader's

	shared  atomic.Bool // the handshake is through: reading is from memory
	ended   atomic.Bool // the peer will write no more
	watched atomic.Bool // the loop is told of input
	blocked atomic.Bool // the loop is told of room
	parted  atomic.Bool // this side will write no more
}

var _ Sharer = (*sharedStream)(nil)

// AttachShared is Attach for a connection whose peer is on this machine: it can go on in shared memory. offer: it is
// this side that offers it. Without the means it is Attach.
func (l *Loop) AttachShared(c net.Conn, h Handler, offer bool) (Stream, error) {
	if _, ok := c.(*net.UnixConn); !ok {
		return l.Attach(c, h)
	}
	s := &sharedStream{loop: l, h: h, fd: -1}
	s.handshake.Store(math.MaxInt64)
	s.watched.Store(true)
	if offer {
		seg, fd, err := shm.Create()
		if err != nil {
			return l.Attach(c, h)
		}
		s.seg, s.fd = seg, fd
	}
	fd, err := newFD(c)
	if err != nil {
		s.forget()
		return nil, err
	}
	fd.h, fd.freed = s, s.forget
	s.fdStream = fd
	return s, fd.register(l.poller.(*epollPoller))
}

// forget gives back what nobody uses any more.
func (s *sharedStream) forget() {
	if s.fd >= 0 {
		_ = unix.Close(s.fd)
	}
	if s.seg != nil {
		_ = s.seg.Close()
	}
}

func (s *sharedStream) Offered() bool { return s.seg != nil }

func (s *sharedStream) Share(handshake int64) {
	s.handshake.Store(handshake)
	s.shared.Store(true)
	s.fdStream.WatchRead(true) // for the bells, whoever reads
	s.loop.Post(s)             // the peer does not ring before it was asked to
}

// Ready is the loop's call for the socket.
func (s *sharedStream) Ready(ev Events) {
	if s.shared.Load() {
		if ev&Readable != 0 && s.heard() {
			s.ended.Store(true)
			ev |= Hangup
		}
		if s.blocked.Load() {
			ev |= Writable
		}
	}
	s.h.Ready(ev)
}

// Run is a wake-up that needed no bell.
func (s *sharedStream) Run() { s.Ready(Readable) }

// heard takes the bells from the socket and reports whether it has come to its end.
func (s *sharedStream) heard() bool {
	var bells [256]byte
	for range maxBells {
		if _, err := s.fdStream.Read(bells[:]); err != nil {
			return err != ErrAgain
		}
	}
	s.loop.Post(s) // a peer that does nothing but ring waits its turn
	return false
}

// bell wakes the peer. If the socket is full of bells it has been woken; the error is for a peer that is gone.
func (s *sharedStream) bell() error {
	one := [1]byte{1}
	if _, err := unix.Write(s.fdStream.fd, one[:]); err != unix.EAGAIN {
		return os.NewSyscallError("write", err)
	}
	return nil
}

func (s *sharedStream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !s.enter() {
		return 0, net.ErrClosed
	}
	defer s.leave()
	switch {
	case s.shared.Load():
		return s.readShared(p)
	case s.begun:
		return s.fdStream.Read(p)
	}
	return s.receive(p)
}

// readShared reads from memory. If the loop is to be told of further input and p is not filled, the peer has been asked
// to ring.
func (s *sharedStream) readShared(p []byte) (n int, err error) {
	for n < len(p) {
		ended := s.ended.Load()
		k, wake, err := s.seg.In.Read(p[n:])
		if wake {
			_ = s.bell() // reading comes to the end by itself
		}
		n += k
		switch {
		case err != nil:
			return n, err
		case k == 0 && ended && n == 0:
			return 0, io.EOF
		case k == 0 && (ended || !s.watched.Load()):
			return n, again(n)
		case k > 0 && !s.watched.Load():
			return n, nil
		}
		if !s.seg.In.Wait() {
			return n, again(n)
		}
	}
	return n, nil
}

func again(n int) error {
	if n == 0 {
		return ErrAgain
	}
	return nil
}

// receive reads the first bytes from the socket, and what the peer offers beside them. The kernel ends a read behind bytes
// that descriptors came with, though there may be more.
func (s *sharedStream) receive(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(maxPassed*4))
	for {
		n, oobn, _, _, err := unix.Recvmsg(s.fdStream.fd, p, oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, ErrAgain
		case err != nil:
			return 0, os.NewSyscallError("recvmsg", err)
		}
		s.take(oob[:oobn])
		if n == 0 {
			return 0, io.EOF
		}
		s.begun = true
		if k, err := s.fdStream.Read(p[n:]); err == nil {
			n += k
		}
		return n, nil
	}
}

// take looks at the descriptors that have come; one that is no offer, or not the first, is closed.
func (s *sharedStream) take(oob []byte) {
	if len(oob) == 0 {
		return
	}
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			s.accept(fd)
		}
	}
}

// accept takes one descriptor of the peer's, which is closed in any case.
func (s *sharedStream) accept(fd int) {
	if s.seg == nil {
		if seg, err := shm.Open(fd); err == nil {
			s.seg = seg
			_ = unix.Close(fd)
			return
		}
	}
	go unix.Close(fd) // on a file system of the peer's it may block
}

func (s *sharedStream) Writev(bufs [][]byte) (int, error) {
	if !s.enter() {
		return 0, net.ErrClosed
	}
	defer s.leave()
	if !slices.ContainsFunc(bufs, func(b []byte) bool { return len(b) > 0 }) {
		return 0, nil
	}
	if rest := s.handshake.Load() - s.sent.Load(); rest > 0 {
		return s.send(upTo(bufs, rest))
	}
	if s.parted.Load() {
		return 0, os.NewSyscallError("write", unix.EPIPE)
	}
	n, wake, err := s.seg.Out.Writev(bufs)
	if err == nil && (wake || n == 0 && s.ended.Load()) {
		err = s.bell() // a peer that has ended its direction may still read, or be gone
	}
	if err == nil {
		err = again(n)
	}
	return n, err
}

// upTo is the first n bytes of bufs, or all of them.
func upTo(bufs [][]byte, n int64) [][]byte {
	for i, b := range bufs {
		if int64(len(b)) >= n {
			return append(bufs[:i:i], b[:n])
		}
		n -= int64(len(b))
	}
	return bufs
}

// send writes to the socket, and offers with the first byte.
func (s *sharedStream) send(bufs [][]byte) (n int, err error) {
	if s.fd < 0 {
		n, err = s.fdStream.Writev(bufs)
	} else {
		n, err = s.sendOffer(bufs)
	}
	s.sent.Add(int64(max(n, 0)))
	return n, err
}

func (s *sharedStream) sendOffer(bufs [][]byte) (int, error) {
	for {
		n, err := unix.SendmsgBuffers(s.fdStream.fd, bufs, unix.UnixRights(s.fd), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, ErrAgain
		case err != nil:
			return 0, os.NewSyscallError("sendmsg", err)
		}
		_ = unix.Close(s.fd)
		s.fd = -1
		return n, nil
	}
}

func (s *sharedStream) WatchRead(on bool) {
	s.watched.Store(on)
	switch {
	case !s.shared.Load():
		s.fdStream.WatchRead(on)
	case s.enter():
		defer s.leave()
		if !on {
			s.seg.In.Awake()
		} else if s.seg.In.Wait() || s.ended.Load() {
			s.loop.Post(s)
		}
	}
}

func (s *sharedStream) WatchWrite(on bool) {
	if s.sent.Load() < s.handshake.Load() {
		s.fdStream.WatchWrite(on)
		return
	}
	s.blocked.Store(on)
	if on && s.enter() {
		defer s.leave()
		if s.seg.Out.Wait() {
			s.loop.Post(s)
		}
	}
}

// CloseWrite has the peer find the end behind what was written.
func (s *sharedStream) CloseWrite() {
	s.parted.Store(true)
	s.fdStream.CloseWrite()
}
