package codec

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/ringmq/ringmq"
)

// MessageReceiver is the side of a socket that a [Receiver] needs; every ringmq socket that receives has it.
type MessageReceiver interface {
	Recv(ctx context.Context) (ringmq.Message, error)
}

// Receiver receives values of type T over a socket. Any number of goroutines may use it at once, as they may the
// socket; each message goes to one of them. It holds nothing that must be closed; the socket stays the caller's.
//
// A message is released as soon as it is decoded, so a kept value pins no receive chunk. Errors are the socket's,
// unchanged, or an [*Error] that wraps [ErrMalformed]: then the message is consumed and the next call goes on with
// the next.
type Receiver[T any] struct {
	socket MessageReceiver
	layout layout
	pool   sync.Pool // of *incoming[T]
}

// incoming has room for the value, which the decoder fills through a pointer, beside the buffers.
type incoming[T any] struct {
	decoder
	value T
}

// NewReceiver returns a Receiver of T over r, whose messages have a topic and a body.
func NewReceiver[T any](r MessageReceiver) *Receiver[T] {
	return &Receiver[T]{socket: r, layout: topicAndBody}
}

// NewBodyReceiver returns a Receiver of T over r, whose messages have a body and no topic, which is always "". It is
// for what a [NewBodySender] sends.
func NewBodyReceiver[T any](r MessageReceiver) *Receiver[T] {
	return &Receiver[T]{socket: r, layout: bodyAlone}
}

// Recv waits for the next message and returns its topic and its decoded value. A type that must not be copied, such
// as one with a lock in it, is received with RecvInto. On an error v is zero; topic is that of the malformed message,
// if it has one. To Recv, as to RecvInto and All, a message with an envelope is malformed: see RecvFrom.
func (r *Receiver[T]) Recv(ctx context.Context) (topic string, v T, err error) {
	m, err := r.socket.Recv(ctx)
	if err != nil {
		return "", v, err
	}
	in := r.take()
	topic, err = in.decode(m, r.layout, &in.value)
	m.Release()
	if err == nil {
		v = in.value
		r.putBack(in)
	}
	return topic, v, err
}

// RecvFrom is Recv over a socket whose messages have an envelope, such as a ROUTER, SERVER or PEER; where one has none,
// from is nil. The envelope is the caller's, in memory of its own; [Sender.SendTo] takes it as the way back. A malformed
// message has its envelope returned with the error, for whoever wants to answer that too. An envelope may have as many
// frames as the socket lets through.
func (r *Receiver[T]) RecvFrom(ctx context.Context) (from Envelope, topic string, v T, err error) {
	m, err := r.socket.Recv(ctx)
	if err != nil {
		return nil, "", v, err
	}
	from, inner := r.layout.open(m)
	in := r.take()
	topic, err = in.decode(inner, r.layout, &in.value)
	m.Release()
	if err == nil {
		v = in.value
		r.putBack(in)
	}
	return from, topic, v, err
}

// RecvInto is Recv into a value of the caller's, whose slices and maps are used again. As in encoding/json, fields
// that the body does not have keep the value that they had; clear v first where that matters. On an error v may be
// half written.
func (r *Receiver[T]) RecvInto(ctx context.Context, v *T) (topic string, err error) {
	m, err := r.socket.Recv(ctx)
	if err != nil {
		return "", err
	}
	in := r.take()
	topic, err = in.decode(m, r.layout, v)
	m.Release()
	if err == nil {
		r.putBack(in)
	}
	return topic, err
}

// Item is one received value, as All yields it.
type Item[T any] struct {
	Topic string
	Value T
}

// All yields received values until the loop ends. A malformed message is yielded as its error, with the topic set,
// and the loop may go on; an error of the socket or the end of ctx is yielded once, as the last.
func (r *Receiver[T]) All(ctx context.Context) iter.Seq2[Item[T], error] {
	return func(yield func(Item[T], error) bool) {
		for {
			topic, v, err := r.Recv(ctx)
			if !yield(Item[T]{topic, v}, err) {
				return
			}
			if err != nil && !errors.Is(err, ErrMalformed) {
				return
			}
		}
	}
}

func (r *Receiver[T]) take() *incoming[T] {
	if in, ok := r.pool.Get().(*incoming[T]); ok {
		return in
	}
	in := new(incoming[T])
	in.init()
	return in
}

// putBack forgets the value: it is the caller's now.
func (r *Receiver[T]) putBack(in *incoming[T]) {
	if in.poolable() {
		in.value = *new(T)
		r.pool.Put(in)
	}
}
