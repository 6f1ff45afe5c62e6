package shm

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// RingSize is the number of bytes that a ring holds: a power of two. It is what a socket's buffers hold in Linux.
const RingSize = 256 << 10

// ErrCorrupt means that the peer has written nonsense into the memory that is shared with it.
var ErrCorrupt = errors.New("the peer's shared memory is corrupt")

// control is what the two sides of a ring tell each other.
type control struct {
	head        atomic.Uint64
	_           [120]byte
	tail        atomic.Uint64
	_           [120]byte
	readerWaits atomic.Uint32
	_           [124]byte
	writerWaits atomic.Uint32
	_           [124]byte
}

// Writer is the sending side of a ring. One goroutine at a time writes; any may call Wait.
type Writer struct {
	c    *control
	data []byte
	head atomic.Uint64
	tail uint64 // as last seen
}

// Reader is the receiving side of a ring. One goroutine at a time reads; any may call the other methods.
type Reader struct {
	c    *control
	data []byte
	head uint64 // as last seen
	tail atomic.Uint64
}

// at finds ring i in the memory of a segment.
func at(mem []byte, i int) (*control, []byte) {
	from := dataOffset + i*RingSize
	return (*control)(unsafe.Pointer(&mem[controlOffset+i*controlStride])), mem[from : from+RingSize : from+RingSize]
}

func (w *Writer) open(mem []byte, i int) { w.c, w.data = at(mem, i) }
func (r *Reader) open(mem []byte, i int) { r.c, r.data = at(mem, i) }

// Writev copies as much of bufs into the ring as there is room for. wake: the reader sleeps and is to be woken.
func (w *Writer) Writev(bufs [][]byte) (n int, wake bool, err error) {
	head := w.head.Load()
	for _, b := range bufs {
		room, err := w.room(head, len(b))
		if err != nil {
			return 0, false, err
		}
		k := min(len(b), room)
		w.put(head, b[:k])
		head += uint64(k)
		n += k
		if k < len(b) {
			break
		}
	}
	if n == 0 {
		return 0, false, nil
	}
	w.head.Store(head)
	w.c.head.Store(head)
	return n, w.c.readerWaits.Load() != 0 && w.c.readerWaits.Swap(0) != 0, nil
}

// room is the number of bytes that are free, at least want if there are so many.
func (w *Writer) room(head uint64, want int) (int, error) {
	if n := RingSize - int(head-w.tail); n >= want {
		return n, nil
	}
	tail := w.c.tail.Load()
	if head-tail > RingSize {
		return 0, ErrCorrupt
	}
	w.tail = tail
	return RingSize - int(head-tail), nil
}

func (w *Writer) put(head uint64, b []byte) {
	k := copy(w.data[head%RingSize:], b)
	copy(w.data, b[k:])
}

// Wait says that the writer is about to sleep, until half of the ring is free. It returns true if that is so already.
func (w *Writer) Wait() bool {
	w.c.writerWaits.Store(1)
	if w.head.Load()-w.c.tail.Load() > RingSize/2 {
		return false
	}
	w.c.writerWaits.Store(0)
	return true
}

// Read copies what there is into p. wake: the writer sleeps, and there is room for it again.
func (r *Reader) Read(p []byte) (n int, wake bool, err error) {
	tail := r.tail.Load()
	have, err := r.have(tail, len(p))
	if err != nil || have == 0 || len(p) == 0 {
		return 0, false, err
	}
	n = min(have, len(p))
	k := copy(p[:n], r.data[tail%RingSize:])
	copy(p[k:n], r.data)
	tail += uint64(n)
	r.tail.Store(tail)
	r.c.tail.Store(tail)
	wake = r.c.writerWaits.Load() != 0 && r.c.head.Load()-tail <= RingSize/2 && r.c.writerWaits.Swap(0) != 0
	return n, wake, nil
}

// have is the number of bytes that can be read, at least want if there are so many.
func (r *Reader) have(tail uint64, want int) (int, error) {
	if int(r.head-tail) < want {
		head := r.c.head.Load()
		if head-tail > RingSize {
			return 0, ErrCorrupt
		}
		r.head = head
	}
	return int(r.head - tail), nil
}

// Wait says that the reader is about to sleep, until there is something to read. It returns true if there is already.
func (r *Reader) Wait() bool {
	r.c.readerWaits.Store(1)
	if r.Empty() {
		return false
	}
	r.c.readerWaits.Store(0)
	return true
}

// Awake takes back what Wait said.
func (r *Reader) Awake() { r.c.readerWaits.Store(0) }

// Empty reports whether there is nothing to read.
func (r *Reader) Empty() bool { return r.c.head.Load() == r.tail.Load() }
