package null

import (
	"bytes"
	"fmt"

	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/security"
)

// Name is the mechanism's name in the greeting.
const Name = "NULL"

// Mechanism is one side of the NULL handshake. It is used by one goroutine at a time.
type Mechanism struct {
	metadata []byte
	peer     []byte
}

var _ security.Mechanism = (*Mechanism)(nil)

// New returns the mechanism for one connection. NULL has no roles.
func New(p security.Params) *Mechanism { return &Mechanism{metadata: p.Metadata} }

// Factory is [New] in the form that a session takes.
func Factory(p security.Params) security.Mechanism { return New(p) }

// Name returns "NULL".
func (m *Mechanism) Name() string { return Name }

// Next sends READY first, whatever the peer has sent or not, and is done with the peer's READY.
func (m *Mechanism) Next(command []byte) (send [][]byte, done bool, err error) {
	if command == nil {
		return [][]byte{zmtp.AppendCommandBody(nil, zmtp.CmdReady, m.metadata)}, false, nil
	}
	name, data, err := zmtp.ParseCommand(command)
	if err != nil {
		return nil, false, &security.Error{Code: security.MalformedCommand, Detail: err.Error()}
	}
	if string(name) != zmtp.CmdReady {
		return nil, false, &security.Error{Code: security.UnexpectedCommand, Detail: fmt.Sprintf("%q", name)}
	}
	m.peer = bytes.Clone(data)
	return nil, true, nil
}

// PeerMetadata returns the metadata of the peer's READY.
func (m *Mechanism) PeerMetadata() []byte { return m.peer }
