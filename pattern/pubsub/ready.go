package pubsub

import "github.com/ringmq/ringmq/socket"

var (
	_ socket.CanSend    = (*pub)(nil)
	_ socket.CanSend    = (*xpub)(nil)
	_ socket.CanReceive = (*xpub)(nil)
	_ socket.CanSend    = (*xsub)(nil)
)

// CanSend: a publisher never waits, unless it must not drop.
func (s *publisher) CanSend() bool { return s.core.CanFanout() }

// CanRecv is for notes as for messages.
func (s *xpub) CanRecv() bool { return s.notes.any() || s.core.CanNext() }

func (n *notes) any() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.list)+len(n.later) > 0
}

// CanSend: an XSUB never waits.
func (s *xsub) CanSend() bool { return true }
