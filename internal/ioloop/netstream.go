package ioloop

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// closeWithin is how long what was written before a Close may take to reach the operating system, which would send it
// on by itself had it come there.
const closeWithin = time.Second

// Sizes of the two buffers of a netStream, in bytes. They stand for the kernel's socket buffers.
const (
	netReadBuffer  = 64 << 10
	netWriteBuffer = 128 << 10
)

// netStream makes a non-blocking stream of any net.Conn: one goroutine reads ahead into a buffer, one writes out of
// another, and the loop is told when a buffer becomes ready.
type netStream struct {
	l *Loop
	h Handler
	c net.Conn

	mu      sync.Mutex
	in      []byte // bytes read ahead and not taken
	inErr   error
	wantIn  sync.Cond // the reader waits for in to be taken
	out     []byte    // bytes not yet given to the writer
	writing int       // bytes the writer is writing
	outErr  error
	wantOut sync.Cond // the writer waits for out
	finish  bool      // CloseWrite was called
	closed  bool

	watchRead, watchWrite bool
	events                Events // to be reported
	posted                atomic.Bool
}

func newNetStream(l *Loop, c net.Conn, h Handler) *netStream {
	s := &netStream{l: l, h: h, c: c, watchRead: true}
	s.wantIn.L, s.wantOut.L = &s.mu, &s.mu
	go s.readAhead()
	go s.writeBehind()
	return s
}

// Run reports the events on the loop.
func (s *netStream) Run() {
	s.mu.Lock()
	s.posted.Store(false)
	ev := s.events
	s.events = 0
	s.mu.Unlock()
	if ev != 0 {
		s.h.Ready(ev)
	}
}

// report posts ev if it is watched; mu is held.
func (s *netStream) report(ev Events) {
	if ev == Readable && !s.watchRead || ev == Writable && !s.watchWrite {
		return
	}
	s.events |= ev
	if !s.posted.Swap(true) {
		s.l.Post(s)
	}
}

func (s *netStream) readAhead() {
	buf := make([]byte, netReadBuffer)
	for {
		n, err := s.c.Read(buf)
		s.mu.Lock()
		s.in, s.inErr = buf[:n], err
		if n > 0 || err != nil {
			s.report(Readable)
		}
		for len(s.in) > 0 && !s.closed {
			s.wantIn.Wait()
		}
		stop := err != nil || s.closed
		s.mu.Unlock()
		if stop {
			return
		}
	}
}

func (s *netStream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case len(s.in) > 0:
		n := copy(p, s.in)
		if s.in = s.in[n:]; len(s.in) == 0 {
			s.wantIn.Signal()
			if s.inErr != nil {
				s.report(Readable) // the end came together with the data
			}
		}
		return n, nil
	case s.inErr != nil:
		return 0, s.inErr
	}
	return 0, ErrAgain
}

func (s *netStream) writeBehind() {
	var buf []byte
	for {
		s.mu.Lock()
		for len(s.out) == 0 && !s.finish && !s.closed && s.outErr == nil {
			s.wantOut.Wait()
		}
		if s.outErr != nil || len(s.out) == 0 {
			closed := s.closed
			s.mu.Unlock()
			s.lastByteOut(closed)
			return
		}
		buf, s.out = s.out, buf[:0]
		s.writing = len(buf)
		s.mu.Unlock()

		_, err := s.c.Write(buf)
		s.mu.Lock()
		s.writing = 0
		if err != nil {
			s.outErr = err
		}
		s.report(Writable)
		s.mu.Unlock()
	}
}

// lastByteOut ends the connection, or its direction, when everything is written or nothing more can be.
func (s *netStream) lastByteOut(closed bool) {
	if closed {
		_ = s.c.Close()
		return
	}
	if c, ok := s.c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	s.mu.Lock()
	for !s.closed {
		s.wantOut.Wait()
	}
	s.mu.Unlock()
	_ = s.c.Close()
}

func (s *netStream) Writev(bufs [][]byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.finish:
		return 0, net.ErrClosed
	case s.outErr != nil:
		return 0, s.outErr
	}
	n, full := 0, false
	for _, b := range bufs {
		room := netWriteBuffer - s.writing - len(s.out)
		if room <= 0 && len(b) > 0 {
			full = true
			break
		}
		b = b[:min(len(b), max(room, 0))]
		s.out = append(s.out, b...)
		n += len(b)
	}
	if n == 0 && full {
		return 0, ErrAgain
	}
	s.wantOut.Signal()
	return n, nil
}

func (s *netStream) WatchRead(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := on && !s.watchRead
	s.watchRead = on
	if added && (len(s.in) > 0 || s.inErr != nil) {
		s.report(Readable)
	}
}

func (s *netStream) WatchWrite(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := on && !s.watchWrite
	s.watchWrite = on
	if added && (s.writing+len(s.out) < netWriteBuffer || s.outErr != nil) {
		s.report(Writable)
	}
}

func (s *netStream) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writing + len(s.out)
}

func (s *netStream) Underway() (n int) {
	c, ok := s.c.(*net.TCPConn)
	if !ok {
		return 0
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { n = unacknowledged(fd) }) // an error says that it is closed
	}
	return n
}

func (s *netStream) CloseWrite() {
	s.mu.Lock()
	s.finish = true
	s.wantOut.Signal()
	s.mu.Unlock()
}

func (s *netStream) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.wantIn.Signal()
	s.wantOut.Signal()
	s.mu.Unlock()
	now := time.Now()
	_ = s.c.SetReadDeadline(now)
	_ = s.c.SetWriteDeadline(now.Add(closeWithin))
}

func (s *netStream) Drivable() bool       { return false }
func (s *netStream) LocalAddr() net.Addr  { return s.c.LocalAddr() }
func (s *netStream) RemoteAddr() net.Addr { return s.c.RemoteAddr() }
