package codec

import (
	"context"
	"reflect"
	"sync"
)

// MessageSender is the side of a socket that a [Sender] needs; every ringmq socket that sends has it. SendBytes must
// have copied the frames, and must be done with the slice of frames, when it returns.
type MessageSender interface {
	SendBytes(ctx context.Context, frames ...[]byte) error
}

// Sender sends values of type T over a socket. Any number of goroutines may use it at once, as they may the socket.
// It holds nothing that must be closed; the socket stays the caller's.
type Sender[T any] struct {
	socket MessageSender
	layout layout
	pool   sync.Pool // of *outgoing[T]
}

// outgoing carries the value beside the buffers: msgpack takes an interface, and a pointer into the pooled struct
// goes into one without an allocation.
type outgoing[T any] struct {
	encoder
	value T
}

// NewSender returns a Sender of T over s, whose messages have a topic and a body.
func NewSender[T any](s MessageSender) *Sender[T] {
	return &Sender[T]{socket: s, layout: topicAndBody}
}

// NewBodySender returns a Sender of T over s, whose messages have a body and no topic; each topic that it is given must
// be "". It is for the socket types whose messages have one frame: CLIENT, SERVER, PEER, CHANNEL, SCATTER and GATHER.
func NewBodySender[T any](s MessageSender) *Sender[T] {
	return &Sender[T]{socket: s, layout: bodyAlone}
}

// Send encodes v and sends it under topic. v is the caller's again when Send returns. A value that msgpack cannot
// encode, such as a channel, or a topic where there is none, is an [*Error]; every other error is the socket's,
// unchanged, and what it says of the message's fate holds. Memory that v points to must not be written to meanwhile.
func (s *Sender[T]) Send(ctx context.Context, topic string, v T) error {
	o := s.take()
	o.value = v
	return s.send(ctx, nil, topic, o)
}

// SendTo is Send with an envelope in front, as a ROUTER, SERVER or PEER needs it to find the peer: that of
// [Receiver.RecvFrom], to answer, or one that the caller made. The envelope is the caller's again when SendTo returns.
func (s *Sender[T]) SendTo(ctx context.Context, to Envelope, topic string, v T) error {
	o := s.take()
	o.value = v
	return s.send(ctx, to, topic, o)
}

// send sends the value of o, which it puts back. It is apart so that Send does not copy the value once more.
func (s *Sender[T]) send(ctx context.Context, to Envelope, topic string, o *outgoing[T]) error {
	var err error
	if s.layout == bodyAlone && topic != "" {
		err = errTopic
	} else {
		err = o.encode(topic, &o.value)
	}
	if err != nil {
		err = &Error{Op: "encode", Topic: topic, Type: reflect.TypeFor[T]().String(), Err: err}
	} else {
		err = s.socket.SendBytes(ctx, o.message(to, s.layout)...)
	}
	s.putBack(o)
	return err
}

func (s *Sender[T]) take() *outgoing[T] {
	if o, ok := s.pool.Get().(*outgoing[T]); ok {
		return o
	}
	o := new(outgoing[T])
	o.init()
	return o
}

// putBack forgets the value and the envelope, which hold on to memory of the caller's.
func (s *Sender[T]) putBack(o *outgoing[T]) {
	if o.poolable() {
		o.value = *new(T)
		clear(o.enveloped)
		s.pool.Put(o)
	}
}
