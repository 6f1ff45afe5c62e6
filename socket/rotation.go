package socket

import (
	"slices"

	"github.com/ringmq/ringmq"
)

// Rotation sends each message to the next pipe in turn that can take it (RFC 28, "round-robin"). Send lock held for
// all its methods.
type Rotation struct {
	pipes []*Pipe
	next  int
}

// Add puts a pipe at the end of the turn.
func (r *Rotation) Add(p *Pipe) { r.pipes = append(r.pipes, p) }

// Remove takes a pipe out.
func (r *Rotation) Remove(p *Pipe) {
	i := slices.Index(r.pipes, p)
	if i < 0 {
		return
	}
	r.pipes = slices.Delete(r.pipes, i, i+1)
	if r.next > i {
		r.next--
	}
}

// Len is the number of pipes.
func (r *Rotation) Len() int { return len(r.pipes) }

// Send writes env and m to the next pipe that can take them and returns it, or nil if none can.
func (r *Rotation) Send(env [][]byte, m *ringmq.Message, borrowed bool) *Pipe {
	for range r.pipes {
		if r.next >= len(r.pipes) {
			r.next = 0
		}
		p := r.pipes[r.next]
		r.next++
		if p.Write(env, m, borrowed) {
			return p
		}
	}
	return nil
}

// SendShort is Send of a message of one short frame; see [ShortSender].
func (r *Rotation) SendShort(body []byte) bool {
	if r.next >= len(r.pipes) {
		r.next = 0
	}
	if len(r.pipes) == 0 || !r.pipes[r.next].WriteShort(body) {
		return false
	}
	r.next++
	return true
}

// Strip takes the first n frames off m, which has more.
func Strip(m *ringmq.Message, n int) {
	if n > 0 {
		rest := m.Rest()
		*m = ringmq.Assemble(m.Chunk(), rest[n-1], rest[n:])
	}
}
