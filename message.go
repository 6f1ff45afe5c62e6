package ringmq

import "slices"

// Message is one message: an ordered list of frames that travel and arrive together or not at all.
//
// It is a small value: copying it copies a few words and shares the frames. The zero value has no frames and cannot
// be sent. A Message has no locks; one goroutine at a time may call Release on it, any number may read it.
//
// Who owns the bytes: once a Send returns nil the frames belong to the library and then to whoever receives them,
// and the sender never writes to them again. On an error the sender has them back. Received frames are read-only:
// over inproc several receivers may share them.
type Message struct {
	first []byte
	rest  [][]byte
	chunk *Chunk
}

// NewMessage returns a message of the given frames. It does not copy them. A frame may be empty or nil; both travel
// as an empty frame.
func NewMessage(frames ...[]byte) Message {
	switch len(frames) {
	case 0:
		return Message{}
	case 1:
		return Message{first: notNil(frames[0])}
	}
	return Message{first: notNil(frames[0]), rest: frames[1:]}
}

// NewString returns a message whose frames are copies of the given strings.
func NewString(frames ...string) Message {
	bs := make([][]byte, len(frames))
	for i, f := range frames {
		bs[i] = []byte(f)
	}
	return NewMessage(bs...)
}

// Assemble returns a message of the frame first and the frames of rest, all of them in the memory of chunk (which may
// be nil). It is for code that makes messages out of received bytes; programs use [NewMessage]. The caller answers
// for the reference on chunk that Release gives back.
func Assemble(chunk *Chunk, first []byte, rest [][]byte) Message {
	return Message{first: notNil(first), rest: rest, chunk: chunk}
}

// notNil keeps a nil first frame apart from no frame at all.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Len is the number of frames.
func (m Message) Len() int {
	if m.first == nil {
		return 0
	}
	return 1 + len(m.rest)
}

// Frame returns frame i without copying it. It panics if i is not in [0, Len), as an index into a slice does.
func (m Message) Frame(i int) []byte {
	if i == 0 && m.first != nil {
		return m.first
	}
	return m.rest[i-1]
}

// Frames returns all frames in a new slice; the bytes are shared, not copied. It allocates: a hot loop uses Len and
// Frame.
func (m Message) Frames() [][]byte {
	if m.first == nil {
		return nil
	}
	fs := make([][]byte, 0, 1+len(m.rest))
	return append(append(fs, m.first), m.rest...)
}

// Parts returns the first frame, nil if there is none, and the others. It is for hot paths: unlike the other methods it
// does not copy the Message that it is called on.
func (m *Message) Parts() (first []byte, rest [][]byte) { return m.first, m.rest }

// Rest returns the frames after the first, without copying or allocating; nil for a message of one frame. The caller
// does not write to the slice.
func (m Message) Rest() [][]byte { return m.rest }

// Size is the sum of the frames' lengths, in bytes.
func (m Message) Size() int {
	n := len(m.first)
	for _, f := range m.rest {
		n += len(f)
	}
	return n
}

// Chunk is the receive chunk that the frames point into, or nil for a message made by [NewMessage].
func (m Message) Chunk() *Chunk { return m.chunk }

// Property returns what is known of the peer that sent a received message: "Socket-Type", "Identity",
// "Peer-Address", and every property of the peer's READY metadata (RFC 23), "X-…" among them. Names are compared
// without regard to case, as RFC 23 asks. What a peer says of its own "User-Id" or "Peer-Address" is not believed. A
// message that was not received has none.
func (m Message) Property(name string) (string, bool) {
	if m.chunk == nil || m.chunk.props == nil {
		return "", false
	}
	return m.chunk.props.Get(name)
}

// Clone returns a deep copy in memory of its own, which pins no receive chunk; properties are kept. It is the way to
// keep a small message for long: see [Message.Release] for how much a kept message pins.
func (m Message) Clone() Message {
	if m.first == nil {
		return Message{}
	}
	buf := make([]byte, 0, m.Size())
	take := func(f []byte) []byte {
		n := len(buf)
		buf = append(buf, f...)
		return slices.Clip(buf[n:len(buf):len(buf)])
	}
	c := Message{first: take(m.first)}
	if len(m.rest) > 0 {
		c.rest = make([][]byte, len(m.rest))
		for i, f := range m.rest {
			c.rest[i] = take(f)
		}
	}
	if o := m.chunk; o != nil && (o.props != nil || o.ticket != nil || o.plan != nil) {
		c.chunk = &Chunk{props: o.props, ticket: o.ticket, plan: o.plan, unpooled: true}
	}
	return c
}

// Release gives the memory of a received message back to the pool, early: the frames must not be touched afterwards,
// through m or through any copy of it. It is optional; a message that is never released is left to the garbage
// collector. Call it at most once for a received message, from one goroutine; m is the zero Message afterwards.
//
// A kept message pins the chunk that it was read into, which is shared with the messages that arrived beside it: 4 to
// 64 KiB, or for a message larger than that at most twice its size or 512 KiB, whichever is more.
func (m *Message) Release() {
	c := m.chunk
	*m = Message{}
	if c != nil {
		c.Release()
	}
}
