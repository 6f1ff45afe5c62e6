package ringmq

import (
	"strings"
	"sync/atomic"
)

// Chunk is a block of received bytes that the frames of many messages point into, with the properties of the peer
// they came from. The engine makes chunks; programs see them only through [Message.Release] and [Message.Property].
//
// A chunk counts its references. It starts with the writer's share, so large that no number of early releases can use
// it up; Seal swaps that for the number of messages handed out. When the last is released the chunk goes to the
// recycle function. A chunk with a message that is never released is never recycled and is left to the garbage
// collector.
type Chunk struct {
	// Buf is the whole block. Only the goroutine that owns the reading side writes to it.
	Buf []byte

	props    *Properties
	recycle  func(*Chunk)
	refs     atomic.Int64
	unpooled bool

	parent *Chunk // of a chunk that stands for one message: the one that the message lies in
	ticket Ticket // of that message, if it is to be acknowledged
	plan   *plan  // what the sender has said about it
}

// writerShare exceeds the number of messages that a chunk can hold.
const writerShare = int64(1) << 40

// NewChunk returns a chunk over buf whose messages have the properties props. recycle, if not nil, is called once,
// on whichever goroutine releases the last message after Seal.
func NewChunk(buf []byte, props *Properties, recycle func(*Chunk)) *Chunk {
	c := &Chunk{Buf: buf, recycle: recycle}
	c.Reset(props)
	return c
}

// Reset makes a recycled chunk ready for another use.
func (c *Chunk) Reset(props *Properties) {
	c.props = props
	c.unpooled = c.recycle == nil
	c.refs.Store(writerShare)
}

// Properties are those of the peer that the messages came from; nil if nothing is known.
func (c *Chunk) Properties() *Properties { return c.props }

// Seal ends the writer's share: messages is the number of references handed out, one for each message. The writer
// does not touch the chunk afterwards.
func (c *Chunk) Seal(messages int64) {
	if c.refs.Add(messages-writerShare) == 0 && c.recycle != nil {
		c.recycle(c)
	}
}

// Retain adds n references: for a message that is handed to n further receivers.
func (c *Chunk) Retain(n int64) {
	if !c.unpooled {
		c.refs.Add(n)
	}
}

// Release gives one reference back.
func (c *Chunk) Release() {
	if !c.unpooled && c.refs.Add(-1) == 0 {
		c.recycle(c)
	}
}

// Properties are the names and values known of a peer, in the order they were announced. They are set before the
// first message is handed out and only read afterwards, by any goroutine.
type Properties struct {
	names, values []string
}

// Add appends a property; a name that is there already keeps its first value.
func (p *Properties) Add(name, value string) {
	if _, ok := p.Get(name); ok {
		return
	}
	p.names = append(p.names, name)
	p.values = append(p.values, value)
}

// Set sets a property, in place of what the peer may have said.
func (p *Properties) Set(name, value string) {
	for i, n := range p.names {
		if strings.EqualFold(n, name) {
			p.names[i], p.values[i] = name, value
			return
		}
	}
	p.Add(name, value)
}

// Get returns the value of a property; names are compared without regard to case (RFC 23).
func (p *Properties) Get(name string) (string, bool) {
	if p == nil {
		return "", false
	}
	for i, n := range p.names {
		if strings.EqualFold(n, name) {
			return p.values[i], true
		}
	}
	return "", false
}

// All returns the properties as a new map.
func (p *Properties) All() map[string]string {
	if p == nil {
		return nil
	}
	m := make(map[string]string, len(p.names))
	for i, n := range p.names {
		m[n] = p.values[i]
	}
	return m
}
