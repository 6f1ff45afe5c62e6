package format

import "github.com/ringmq/ringmq"

// parser takes values off the front of b; once there is not enough, ok is false and everything is zero.
type parser struct {
	b  []byte
	ok bool
}

func (p *parser) take(n int64) []byte {
	if !p.ok || n < 0 || n > int64(len(p.b)) {
		p.ok = false
		return nil
	}
	v := p.b[:n:n]
	p.b = p.b[n:]
	return v
}

func (p *parser) uint8() uint8 {
	if b := p.take(1); p.ok {
		return b[0]
	}
	return 0
}

func (p *parser) uint32() uint32 {
	if b := p.take(4); p.ok {
		return le.Uint32(b)
	}
	return 0
}

func (p *parser) uint64() uint64 {
	if b := p.take(8); p.ok {
		return le.Uint64(b)
	}
	return 0
}

// frames takes n lengths and the frames themselves; those after the first are appended to rest.
func (p *parser) frames(n int, rest [][]byte) (first []byte, _ [][]byte) {
	lengths := parser{b: p.take(frameLen * int64(n)), ok: p.ok}
	for i := range n {
		f := p.take(int64(lengths.uint32()))
		if i == 0 {
			first = f
		} else {
			rest = append(rest, f)
		}
	}
	return first, rest
}

func newMessage(first []byte, rest [][]byte) ringmq.Message {
	if len(rest) == 0 {
		rest = nil
	}
	return ringmq.Assemble(nil, first, rest)
}
