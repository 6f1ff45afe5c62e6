package bench

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ringmq/ringmq"
)

// A stamp is the sequence number of a message in its round, from 0, with flags. It is in the first eight bytes of the
// message and, where there is room, in the last eight too, little-endian.
const (
	// flagMark: counting begins with this message.
	flagMark = 1 << 62
	// flagLast: the round ends with this message.
	flagLast = 1 << 63
	flags    = flagMark | flagLast
)

// ErrDamaged: a message did not arrive as it was sent, or not when it was due.
var ErrDamaged = errors.New("message is not the one that was due")

// putStamp writes the stamp into a buffer of at least [minSize] bytes.
func putStamp(buf []byte, stamp uint64) {
	binary.LittleEndian.PutUint64(buf, stamp)
	if len(buf) >= 2*minSize {
		binary.LittleEndian.PutUint64(buf[len(buf)-minSize:], stamp)
	}
}

// checker checks the messages of one round as they arrive. One goroutine may use it.
type checker struct {
	size int
	next uint64
}

// check returns the stamp of the message that is due, or an error that wraps [ErrDamaged].
func (c *checker) check(m ringmq.Message) (stamp uint64, err error) {
	if m.Len() != 1 || m.Size() != c.size {
		return 0, fmt.Errorf("%w: %d frames, %d bytes; due was number %d, 1 frame, %d bytes",
			ErrDamaged, m.Len(), m.Size(), c.next, c.size)
	}
	b := m.Frame(0)
	stamp = binary.LittleEndian.Uint64(b)
	if stamp&^flags != c.next {
		return 0, fmt.Errorf("%w: number %d; due was %d", ErrDamaged, stamp&^flags, c.next)
	}
	if len(b) >= 2*minSize && binary.LittleEndian.Uint64(b[len(b)-minSize:]) != stamp {
		return 0, fmt.Errorf("%w: number %d ends in other bytes than it begins with", ErrDamaged, c.next)
	}
	c.next++
	return stamp, nil
}
