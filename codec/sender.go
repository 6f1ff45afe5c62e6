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
	pool   sync.Pool // of *outgoing[T]
}

// outgoing carries the value beside the buffers: msgpack takes an interface, and a pointer into the pooled struct
// goes into one without an allocation.
type outgoing[T any] struct {
	encoder
	value T
}

// NewSender returns a Sender of T over s.
func NewSender[T any](s MessageSender) *Sender[T] {
	return &Sender[T]{socket: s}
}

// Send encodes v and sends it under topic. v is the caller's again when Send returns. A value that msgpack cannot
// encode, such as a channel, is an [*Error]; every other error is the socket's, unchanged, and what it says of the
// message's fate holds. Memory that v points to must not be written to meanwhile.
func (s *Sender[T]) Send(ctx context.Context, topic string, v T) error {
	o := s.take()
	o.value = v
	err := o.encode(topic, &o.value)
	if err != nil {
		err = &Error{Op: "encode", Topic: topic, Type: reflect.TypeFor[T]().String(), Err: err}
	} else {
		err = s.socket.SendBytes(ctx, o.frames[:]...)
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

// putBack forgets the value, which may hold on to memory of the caller's.
func (s *Sender[T]) putBack(o *outgoing[T]) {
	if o.poolable() {
		o.value = *new(T)
		s.pool.Put(o)
	}
}
