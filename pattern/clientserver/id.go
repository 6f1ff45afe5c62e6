package clientserver

import (
	"encoding/binary"

	"github.com/ringmq/ringmq"
)

// idSize is the length in bytes of the frame that holds a routing id.
const idSize = 4

// RoutingID returns the id in front of a message that a SERVER or PEER received: the peer that sent it. It is 0, which
// no peer has, for a message without one.
func RoutingID(m ringmq.Message) uint32 {
	first, _ := m.Parts()
	return readID(first)
}

// To returns a message for a SERVER or PEER to send: body, which is not copied, to the peer with the id. Where the id
// is that of a message m at hand, m.Frame(0) is the same frame without making it anew, such as for SendBytes.
func To(id uint32, body []byte) ringmq.Message {
	m := &struct {
		id   [idSize]byte
		rest [1][]byte
	}{rest: [1][]byte{body}}
	binary.BigEndian.PutUint32(m.id[:], id)
	return ringmq.Assemble(nil, m.id[:], m.rest[:])
}

func readID(frame []byte) uint32 {
	if len(frame) != idSize {
		return 0
	}
	return binary.BigEndian.Uint32(frame)
}
