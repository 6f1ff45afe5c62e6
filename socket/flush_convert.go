package socket

import "github.com/ringmq/ringmq/internal/zmtp"

// writeTranscoded writes to a peer whose frames look different from those in the queue: one of ZMTP 1.0, or a raw one,
// which has none. What is converted stays in the queue until it is written.
func (p *Pipe) writeTranscoded(cn *conn, bufs [][]byte) flushed {
	if len(p.ctlOut) == 0 {
		out := cn.ctlBuf[:0]
		for _, b := range p.out.Gather(bufs, chunkSize) {
			var n int
			out, n = cn.convert(out, b)
			if cn.converted += n; n < len(b) {
				break // the rest of a header comes with the next round
			}
		}
		cn.ctlBuf, p.ctlOut = out, out
	}
	if len(p.ctlOut) == 0 && cn.converted == 0 {
		return p.nothing(cn, true)
	}
	bufs = append(bufs[:0], p.ctlOut)
	n, err := cn.stream.Writev(bufs)
	res := p.wrote(cn, n, len(p.ctlOut), err)
	if len(p.ctlOut) == 0 && cn.converted > 0 {
		p.out.Advance(cn.converted)
		cn.converted = 0
		p.core.wrote(p)
	}
	return res
}

// convert converts the frames in b, which may begin and end inside a body, and returns how much it has used up.
func (cn *conn) convert(dst, b []byte) (out []byte, n int) {
	for n < len(b) {
		if cn.frameRest > 0 {
			k := int(min(cn.frameRest, uint64(len(b)-n)))
			dst = append(dst, b[n:n+k]...)
			n += k
			cn.frameRest -= uint64(k)
			continue
		}
		flags, size, h, err := zmtp.ParseHeader(b[n:])
		if err != nil || h == 0 {
			break
		}
		dst = cn.header(dst, flags, int(size))
		n += h
		cn.frameRest = size
	}
	return dst, n
}
