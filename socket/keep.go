package socket

import "github.com/ringmq/ringmq"

// Copies of small messages that wait lie in slabs, so that not each is an allocation. Slabs are small: a message that
// stays while those around it go pins its slabs.
const (
	keepSlab   = 4 << 10      // bytes
	keepInSlab = keepSlab / 8 // larger messages have memory of their own
	keepFrames = 64           // frames whose headers are allocated at once
)

// keeper makes messages that may wait. Send lock.
type keeper struct {
	slab   []byte
	frames [][]byte
}

// keep returns env and m as one message that nobody else writes to or releases. What belongs to the library and lies in
// no chunk is referenced, everything else copied: a message out of a chunk would pin what it was received with.
func (k *keeper) keep(env [][]byte, m *ringmq.Message, borrowed bool) ringmq.Message {
	first, rest := m.Parts()
	own := len(env) == 0 && !borrowed && m.Chunk() == nil
	var room []byte
	if !own {
		room = k.room(sizeOf(env, m))
	}
	frames := k.list(len(env) + 1 + len(rest))
	add := func(i int, f []byte) {
		if !own {
			n := len(room)
			room = append(room, f...)
			f = room[n:len(room):len(room)]
		}
		frames[i] = f
	}
	for i, f := range env {
		add(i, f)
	}
	add(len(env), first)
	for i, f := range rest {
		add(len(env)+1+i, f)
	}
	return ringmq.Assemble(nil, frames[0], frames[1:])
}

// room returns an empty slice with a capacity of n bytes.
func (k *keeper) room(n int) []byte {
	if n > keepInSlab {
		return make([]byte, 0, n)
	}
	if len(k.slab) < n {
		k.slab = make([]byte, keepSlab)
	}
	room := k.slab[:0:n]
	k.slab = k.slab[n:]
	return room
}

// list returns a list of n frames.
func (k *keeper) list(n int) [][]byte {
	if len(k.frames) < n {
		k.frames = make([][]byte, max(keepFrames, n))
	}
	list := k.frames[:n:n]
	k.frames = k.frames[n:]
	return list
}

// sizeOf is the number of bytes of all frames.
func sizeOf(env [][]byte, m *ringmq.Message) int {
	first, rest := m.Parts()
	n := len(first)
	for _, f := range rest {
		n += len(f)
	}
	for _, f := range env {
		n += len(f)
	}
	return n
}
