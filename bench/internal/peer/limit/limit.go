package limit

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

// bufferSize is that of the buffers, or of one frame if that is longer.
const bufferSize = 64 << 10

// Library opens connections.
type Library struct{}

var _ peer.Library = Library{}

// Sender connects, for push-pull.
func (Library) Sender(c proto.Case) (peer.Sender, string, error) {
	if c.Pattern != proto.PushPull || c.Transport == proto.Inproc {
		return nil, "", peer.ErrUnsupported
	}
	fd, err := connect(c.Endpoint)
	return &sender{fd, make([]byte, 0, max(bufferSize, frameLen(c.Size)))}, "", err
}

// Receiver binds, for push-pull.
func (Library) Receiver(c proto.Case, _ []string) (peer.Receiver, string, error) {
	if c.Pattern != proto.PushPull || c.Transport == proto.Inproc {
		return nil, "", peer.ErrUnsupported
	}
	fd, bound, err := listen(c.Endpoint)
	return &receiver{fd, make([]byte, max(bufferSize, frameLen(c.Size)))}, bound, err
}

// Requester connects.
func (Library) Requester(c proto.Case) (peer.Requester, error) {
	if c.Transport == proto.Inproc {
		return nil, peer.ErrUnsupported
	}
	fd, err := connect(c.Endpoint)
	if err != nil {
		return nil, err
	}
	return newPingPong(fd, c.Size)
}

// Replier binds.
func (Library) Replier(c proto.Case) (peer.Replier, string, error) {
	if c.Transport == proto.Inproc {
		return nil, "", peer.ErrUnsupported
	}
	fd, bound, err := listen(c.Endpoint)
	return &replier{fd, c.Size}, bound, err
}

type sender struct {
	fd  int
	buf []byte
}

func (s *sender) Send(f *peer.Feed) error {
	for b := f.Next(); b != nil; b = f.Next() {
		if len(s.buf)+frameLen(len(b)) > cap(s.buf) {
			if err := s.flush(); err != nil {
				return err
			}
		}
		s.buf = appendFrame(s.buf, b)
	}
	return s.flush()
}

func (s *sender) flush() error {
	err := writeAll(s.fd, s.buf)
	s.buf = s.buf[:0]
	return err
}

type receiver struct {
	listener int
	buf      []byte
}

func (r *receiver) Receive(t *peer.Tally) error {
	fd, err := accept(r.listener)
	if err != nil {
		return err
	}
	for have := 0; ; {
		n, err := read(fd, r.buf[have:])
		if err != nil {
			return err
		}
		body, rest := cutFrame(r.buf[:have+n])
		for ; body != nil; body, rest = cutFrame(rest) {
			if !t.Take(body) {
				return t.Err()
			}
		}
		have = copy(r.buf, rest)
	}
}

// pingPong sends and receives one message at a time on a descriptor that does not block.
type pingPong struct {
	fd      int
	in, out []byte
}

func newPingPong(fd, size int) (*pingPong, error) {
	p := &pingPong{fd: fd, in: make([]byte, frameLen(size)), out: make([]byte, 0, frameLen(size))}
	return p, unix.SetNonblock(fd, true)
}

func (p *pingPong) send(body []byte) error {
	p.out = appendFrame(p.out[:0], body)
	for b := p.out; len(b) > 0; {
		n, err := spinCall(syscall.SYS_WRITE, p.fd, b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (p *pingPong) receive() ([]byte, error) {
	for have := 0; ; {
		n, err := spinCall(syscall.SYS_READ, p.fd, p.in[have:])
		if err != nil {
			return nil, err
		}
		have += n
		if body, _ := cutFrame(p.in[:have]); body != nil {
			return body, nil
		}
	}
}

func (p *pingPong) Ask(request []byte) ([]byte, error) {
	if err := p.send(request); err != nil {
		return nil, err
	}
	return p.receive()
}

type replier struct{ listener, size int }

func (r *replier) Serve(t *peer.Tally) error {
	fd, err := accept(r.listener)
	if err != nil {
		return err
	}
	p, err := newPingPong(fd, r.size)
	if err != nil {
		return err
	}
	for {
		body, err := p.receive()
		if err != nil {
			return err
		}
		more := t.Take(body)
		if err := p.send(body); err != nil {
			return err
		}
		if !more {
			return t.Err()
		}
	}
}
