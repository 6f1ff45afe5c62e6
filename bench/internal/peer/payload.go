package peer

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Where the fields of a message begin.
const (
	topicAt    = 0
	sequenceAt = 8
	timeAt     = 16
)

// syncSequence is the number of messages that only tell subscribers that they are connected.
const syncSequence = math.MaxUint64

// le is how integers and checksums are laid out.
var le = binary.LittleEndian

// Topic is the name of a symbol: eight bytes, so that all subscriptions are of one length.
func Topic(symbol int) string { return fmt.Sprintf("S%07d", symbol) }

func topicWord(symbol int) uint64 { return le.Uint64([]byte(Topic(symbol))) }

// fill makes a message with the first symbol as its topic, number 0 and no time.
func fill(size int, paced bool) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*31 + 7)
	}
	le.PutUint64(b[topicAt:], topicWord(0))
	le.PutUint64(b[sequenceAt:], 0)
	if paced {
		le.PutUint64(b[timeAt:], 0)
	}
	return b
}

// Sum is the sum of all 8-byte words of b; a shorter last one is padded with zeros. Four sums are taken at once, since
// each addition waits for the one before it.
func Sum(b []byte) uint64 {
	var s0, s1, s2, s3 uint64
	for len(b) >= 32 {
		s0 += le.Uint64(b[0:8])
		s1 += le.Uint64(b[8:16])
		s2 += le.Uint64(b[16:24])
		s3 += le.Uint64(b[24:32])
		b = b[32:]
	}
	for ; len(b) >= 8; b = b[8:] {
		s0 += le.Uint64(b)
	}
	if len(b) > 0 {
		var word [8]byte
		copy(word[:], b)
		s1 += le.Uint64(word[:])
	}
	return s0 + s1 + s2 + s3
}
