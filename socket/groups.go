package socket

import "github.com/ringmq/ringmq/internal/zmtp"

// SendJoin tells the peer that messages of the groups are wanted, or are not any more (RFC 37, "The Radio-Dish
// Pattern"). The pipe must be Ready. What it sends does not count against the mark. Send lock held.
func (p *Pipe) SendJoin(on bool, groups ...string) {
	if l := p.local.Load(); l != nil {
		for _, g := range groups {
			l.join([]byte(g), on)
		}
		return
	}
	appendOne := zmtp.AppendLeave
	if on {
		appendOne = zmtp.AppendJoin
	}
	p.command(func(dst []byte) []byte {
		for _, g := range groups {
			dst = appendOne(dst, []byte(g))
		}
		return dst
	})
}

func (l *link) join(group []byte, on bool) {
	if l.other != nil {
		l.other.core.pattern.Join(l.other, group, on)
	}
}
