package socket

import (
	"slices"

	"github.com/ringmq/ringmq"
)

// Fanout writes m to all the peers, encoding it once. A peer at its mark loses it, which is counted; with [WithNoDrop]
// none gets it, and the error is [ringmq.ErrWouldBlock]. Send lock held.
func (c *Core) Fanout(peers []*Pipe, m *ringmq.Message, borrowed bool) error {
	if c.cfg.noDrop && slices.ContainsFunc(peers, (*Pipe).full) {
		return ringmq.ErrWouldBlock
	}
	encoded := false
	for _, p := range peers {
		if !encoded && !p.Local() {
			c.bcast.Encode(m, !borrowed)
			encoded = true
		}
		if !p.WriteEncoded(&c.bcast, m, borrowed, len(peers)) {
			p.Drop()
		}
	}
	return nil
}

func (p *Pipe) full() bool { return !p.CanWrite() }
