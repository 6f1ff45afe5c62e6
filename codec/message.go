package codec

import (
	"reflect"
	"sync"

	"github.com/ringmq/ringmq"
)

var (
	encoders = sync.Pool{New: func() any { return newEncoder() }}
	decoders = sync.Pool{New: func() any { return newDecoder() }}
)

// Marshal returns a message of topic and the msgpack encoding of v, in memory of its own. A type whose EncodeMsgpack
// has a pointer receiver must be given by pointer. The error is an [*Error]. Safe for concurrent use as long as
// nobody writes to v meanwhile.
//
// It allocates the message; a program that sends many values of one type uses a [Sender].
func Marshal(topic string, v any) (ringmq.Message, error) {
	e := encoders.Get().(*encoder)
	defer e.putBack(&encoders)
	if err := e.encode(topic, v); err != nil {
		return ringmq.Message{}, &Error{Op: "encode", Topic: topic, Type: typeName(v), Err: err}
	}
	return ringmq.NewMessage(e.frames[0], e.frames[1]).Clone(), nil
}

// Unmarshal decodes the body of m, which has a topic and no envelope, into the value that v points to and returns the
// topic. m is still the caller's, to read or to release; the value shares no memory with it. On an error, an [*Error],
// the value may be half written. Safe for concurrent use with different v.
func Unmarshal(m ringmq.Message, v any) (topic string, err error) {
	d := decoders.Get().(*decoder)
	topic, err = d.decode(m, topicAndBody, v)
	if err != nil {
		return topic, err
	}
	d.putBack(&decoders)
	return topic, nil
}

// typeName names what v is or points to.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return "nil"
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.String()
}
