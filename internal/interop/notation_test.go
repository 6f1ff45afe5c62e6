package interop_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/ringmq/ringmq"
)

// longestShown is the length in bytes of the longest frame that answers show in full.
const longestShown = 32

// longestFrame is the length in bytes of the longest frame that the notation can give.
const longestFrame = 8 << 20

// period is that of generated frames. It is prime, so that no power of two, where buffers have their borders, is a
// multiple of it.
const period = 251

// pattern is what generated frames are cut out of; nobody writes to it.
var pattern = func() []byte {
	p := make([]byte, period)
	for i := range p {
		p[i] = byte((i*7 + 13) % period)
	}
	return bytes.Repeat(p, longestFrame/period+2)
}()

// content returns size bytes that begin at another place of the pattern for another seed.
func content(size, seed int) []byte {
	start := seed % period
	return pattern[start : start+size : start+size]
}

// parse makes the frames of a message out of their notation.
func parse(notation string) ([][]byte, error) {
	var frames [][]byte
	for _, f := range strings.Fields(notation) {
		frame, err := parseFrame(f)
		if err != nil {
			return nil, fmt.Errorf("frame %q: %w", f, err)
		}
		frames = append(frames, frame)
	}
	return frames, nil
}

func parseFrame(f string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(f, "x"); ok {
		return hex.DecodeString(digits)
	}
	var size, seed int
	if _, err := fmt.Sscanf(f, "%d@%d", &size, &seed); err != nil {
		return nil, err
	}
	return content(size, seed), nil
}

// text is the notation of a frame of the given bytes.
func text(s string) string { return "x" + hex.EncodeToString([]byte(s)) }

// sized is the notation of a message of frames of the given sizes.
func sized(sizes []int) string {
	var fs []string
	for i, n := range sizes {
		fs = append(fs, fmt.Sprintf("%d@%d", n, n+i))
	}
	return strings.Join(fs, " ")
}

// shown is the answer for a received message of the frames.
func shown(frames [][]byte) string {
	answer := "got"
	for _, f := range frames {
		if len(f) <= longestShown {
			answer += " x" + hex.EncodeToString(f)
		} else {
			answer += fmt.Sprintf(" %d#%08x", len(f), crc32.ChecksumIEEE(f))
		}
	}
	return answer
}

// expect is the answer for a message in notation, received as it was sent.
func expect(notation string) string {
	frames, err := parse(notation)
	if err != nil {
		panic(err) // a test is wrong
	}
	return shown(frames)
}

// numbered is message i of a stream. The head stays the caller's.
func numbered(head [][]byte, i int) [][]byte {
	return append(head[:len(head):len(head)], []byte(strconv.Itoa(i)), content(i*7%200+1, i))
}

// digest sums up a run of messages, their order and the borders of their frames. It is used by one goroutine.
type digest uint32

func (d *digest) add(m ringmq.Message) {
	sum := uint32(*d)
	var word [4]byte
	for i := range m.Len() {
		binary.BigEndian.PutUint32(word[:], uint32(len(m.Frame(i))))
		sum = crc32.Update(sum, crc32.IEEETable, word[:])
		sum = crc32.Update(sum, crc32.IEEETable, m.Frame(i))
	}
	*d = digest(crc32.Update(sum, crc32.IEEETable, []byte{0xff, 0xff, 0xff, 0xff}))
}

func (d *digest) String() string { return fmt.Sprintf("got %08x", uint32(*d)) }

// expectStream is the answer for n numbered messages, received in order.
func expectStream(n int, head string) string {
	frames, err := parse(head)
	if err != nil {
		panic(err) // a test is wrong
	}
	var d digest
	for i := range n {
		d.add(ringmq.NewMessage(numbered(frames, i)...))
	}
	return d.String()
}
