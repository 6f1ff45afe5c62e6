package codec

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/ringmq/ringmq"
)

// decoder takes the frames of one message at a time apart. One goroutine at a time owns it, between a Get from a pool
// and putBack; after an error it is not used again, because msgpack may have left off in the middle of a recording.
// It must not be copied.
type decoder struct {
	scan   scanner
	body   body
	dec    *msgpack.Decoder
	topics map[string]string // the topics seen lately, so that each is one string
	typ    reflect.Type      // of the last value to decode into, a pointer
	fit    fit               // of typ
	size   int               // of the last body, in bytes
}

func newDecoder() *decoder {
	d := new(decoder)
	d.init()
	return d
}

func (d *decoder) init() {
	d.dec = msgpack.NewDecoder(nil)
	d.topics = make(map[string]string)
}

// decode checks the message, which has no envelope, and decodes its body into the value that v points to.
func (d *decoder) decode(m ringmq.Message, l layout, v any) (topic string, err error) {
	if l == topicAndBody && m.Len() > 0 {
		topic = d.topic(m.Frame(0))
	}
	if err := d.decodeFrames(m, l, v); err != nil {
		return topic, &Error{
			Op: "decode", Topic: topic, Type: typeName(v), Frames: m.Len(), Bytes: m.Size(), Err: err,
		}
	}
	return topic, nil
}

func (d *decoder) decodeFrames(m ringmq.Message, l layout, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return errTarget
	}
	if m.Len() != int(l) {
		return malformed(fmt.Errorf("want %v, got %d", l, m.Len()))
	}
	b := m.Frame(int(l) - 1)
	d.size = len(b)
	if err := d.scan.check(b); err != nil {
		return malformed(err)
	}
	if b[0] == msgpcode.Nil && !nilable(target.Type().Elem().Kind()) {
		return malformed(errNil)
	}
	if err := d.decodeBody(b, v, target.Type()); err != nil {
		return malformed(err)
	}
	return nil
}

// nilable says whether a body that is a nil means something to the type. To msgpack it means the zero value of any
// type, and it does not ask the type's own decoder.
func nilable(k reflect.Kind) bool {
	return k == reflect.Pointer || k == reflect.Map || k == reflect.Slice || k == reflect.Interface
}

// decodeBody decodes a body that the scanner has passed, if it fits t, the type of v. The recover is for what bytes can
// provoke inside msgpack or in a type's own decoder, where a well-formed value of the wrong kind may end in a reflect
// panic.
func (d *decoder) decodeBody(b []byte, v any, t reflect.Type) (err error) {
	d.body.reset(b, d.scan.exts)
	defer d.body.reset(nil, nil)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while decoding: %v", p)
		}
	}()
	if d.typ != t {
		d.typ, d.fit = t, fitOf(t)
	}
	if d.fit != nil {
		if _, err := d.fit.check(b); err != nil {
			return err
		}
	}
	d.dec.Reset(&d.body)
	if err := d.dec.Decode(v); err != nil {
		return err
	}
	if n := d.body.left(); n > 0 {
		return fmt.Errorf("the type's decoder left %d bytes of the value unread", n)
	}
	return nil
}

// topic returns b as a string, the same one each time for a topic that repeats.
func (d *decoder) topic(b []byte) string {
	if s, ok := d.topics[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(s) > maxKeptTopic {
		return s
	}
	if len(d.topics) == maxTopics {
		clear(d.topics)
	}
	d.topics[s] = s
	return s
}

func (d *decoder) putBack(pool *sync.Pool) {
	if d.poolable() {
		pool.Put(d)
	}
}

func (d *decoder) poolable() bool { return d.size <= maxPooled }
