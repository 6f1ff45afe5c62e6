package radiodish

import "github.com/ringmq/ringmq/socket"

var _ socket.CanSend = (*radio)(nil)

// CanSend: a radio never waits, unless it must not drop.
func (s *radio) CanSend() bool { return s.core.CanFanout() }
