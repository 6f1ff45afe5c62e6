package stream

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Stream receives from its peers in turn, with the peer's routing id as first frame, and sends to the peer that the
// first frame names. A peer has an id of five bytes that begins with a zero byte, made up for it, or the one that
// [Stream.ConnectAs] gives it. Its methods may be called by any number of goroutines at once.
//
// Send waits where the peer is at its high-water mark, and is [ringmq.ErrNoRoute] for an id that no peer has or has any
// longer. [ringmq.ErrInvalidMessage] is for a message that is not an id and bytes. While a peer that Connect made is not
// there, what is sent to it queues; what was queued for one that is lost is dropped and counted.
type Stream struct {
	socket.Socket
	socket.Sender
	socket.Receiver
	stream *stream
}

// NewStream makes a STREAM socket. The error is for a bad option.
func NewStream(opts ...socket.Option) (*Stream, error) {
	s := &stream{routes: make(map[string]*socket.Pipe)}
	build := func(c *socket.Core) socket.Pattern { s.Core = c; return s }
	c, err := socket.New(socket.KindOf(socket.STREAM), build, opts...)
	if err != nil {
		return nil, err
	}
	return &Stream{socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c), s}, nil
}

// Connect is [socket.Socket.Connect].
func (s *Stream) Connect(endpoint string) error {
	_, err := s.stream.connect(endpoint, "")
	return err
}

// ConnectPeer is Connect that returns the routing id of the peer. Bytes may be sent to it at once, and queue until it
// is there; the id stays the same when the connection is lost and made again. (ZMQ_ROUTING_ID after zmq_connect)
func (s *Stream) ConnectPeer(endpoint string) (id string, err error) {
	return s.stream.connect(endpoint, "")
}

// ConnectAs is ConnectPeer with an id of the program's choice: 1 to 255 bytes that do not begin with a zero byte.
// Errors, beside those of Connect: [ringmq.ErrInvalidOption] for an id that is none, [ringmq.ErrState] for one that a
// peer has. (ZMQ_CONNECT_ROUTING_ID; libzmq ends the program for an id that is taken)
func (s *Stream) ConnectAs(endpoint, id string) error {
	if id == "" || len(id) > maxID || id[0] == 0 {
		return &ringmq.Error{
			Socket: socket.STREAM, Op: "connect", Endpoint: endpoint, Value: id,
			Err: fmt.Errorf("%w: a routing id has 1 to %d bytes, the first not zero", ringmq.ErrInvalidOption, maxID),
		}
	}
	_, err := s.stream.connect(endpoint, id)
	return err
}

// maxID is the length of the longest routing id in bytes, as RFC 23 has it for identities.
const maxID = 255

type stream struct {
	socket.Fair
	connecting sync.Mutex              // one Connect at a time: taken before the send lock
	name       string                  // for the pipe that Connect is making; "": to be made up; send lock
	routes     map[string]*socket.Pipe // send lock
	auto       uint32                  // send lock
}

// connect connects to the endpoint, whose peer gets the id, or one that is made up if it is empty.
func (s *stream) connect(endpoint, id string) (string, error) {
	s.connecting.Lock()
	defer s.connecting.Unlock()
	taken := false
	s.Core.HoldsSend(func() {
		s.name = id
		_, taken = s.routes[id]
	})
	if taken {
		return "", &ringmq.Error{
			Socket: socket.STREAM, Op: "connect", Endpoint: endpoint, Value: id,
			Err: fmt.Errorf("%w: another peer has the routing id", ringmq.ErrState),
		}
	}
	p, err := s.Core.Connect(endpoint)
	if err != nil {
		return "", err
	}
	return string(p.Tag()), nil
}

// Attach gives the pipe its id, for as long as it is there.
func (s *stream) Attach(p *socket.Pipe) {
	id := []byte(s.name)
	if p.Accepted() || s.name == "" {
		id = s.newID()
	}
	s.routes[string(id)] = p
	p.SetTag(id)
}

// newID makes up an id that no peer has. They run upwards, so that one is not given out again until all others have been.
func (s *stream) newID() []byte {
	for {
		s.auto++
		id := binary.BigEndian.AppendUint32([]byte{0}, s.auto)
		if s.routes[string(id)] == nil {
			return id
		}
	}
}

func (s *stream) Detach(p *socket.Pipe) {
	if id := string(p.Tag()); s.routes[id] == p {
		delete(s.routes, id)
	}
}

func (s *stream) Send(m *ringmq.Message, borrowed bool) error {
	if err := s.Core.WantFrames(m, 2); err != nil {
		return err
	}
	id, _ := m.Parts()
	p := s.routes[string(id)]
	if p == nil {
		return s.Core.SendError(string(id), ringmq.ErrNoRoute)
	}
	body := *m
	socket.Strip(&body, 1)
	switch {
	case body.Size() == 0:
		s.Core.HangUp(p)
	case !p.Write(nil, &body, borrowed):
		return ringmq.ErrWouldBlock
	}
	return nil
}

func (s *stream) Recv(m *ringmq.Message) error {
	p := s.Core.Next(m)
	if p == nil {
		return ringmq.ErrWouldBlock
	}
	s.Core.Prepend(p.Tag(), m)
	return nil
}
