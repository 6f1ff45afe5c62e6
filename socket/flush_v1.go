package socket

import "github.com/ringmq/ringmq/internal/zmtp"

// writeTranscoded writes to a peer of ZMTP 1.0, whose frames look different. What was converted counts as written:
// such a peer is rare, and the buffer is no larger than the kernel's.
func (p *Pipe) writeTranscoded(cn *conn, bufs [][]byte) flushed {
	if len(p.ctlOut) == 0 {
		consumed := 0
		out := cn.ctlBuf[:0]
		for _, b := range p.out.Gather(bufs, chunkSize) {
			var n int
			if out, n = cn.toV1(out, b); n < len(b) {
				consumed += n
				break // the rest of a header comes with the next round
			}
			consumed += len(b)
		}
		cn.ctlBuf, p.ctlOut = out, out
		if consumed > 0 {
			p.out.Advance(consumed)
			p.core.wrote(p)
		}
	}
	if len(p.ctlOut) == 0 {
		return p.nothing(cn, true)
	}
	bufs = append(bufs[:0], p.ctlOut)
	n, err := cn.stream.Writev(bufs)
	return p.wrote(cn, n, len(p.ctlOut), err)
}

// toV1 converts the frames in b, which may begin and end inside a body, and returns how much it has used up.
func (cn *conn) toV1(dst, b []byte) (out []byte, n int) {
	for n < len(b) {
		if cn.v1Body > 0 {
			k := int(min(cn.v1Body, uint64(len(b)-n)))
			dst = append(dst, b[n:n+k]...)
			n += k
			cn.v1Body -= uint64(k)
			continue
		}
		flags, size, h, err := zmtp.ParseHeader(b[n:])
		if err != nil || h == 0 {
			break
		}
		dst = zmtp.AppendHeaderV1(dst, flags, int(size))
		n += h
		cn.v1Body = size
	}
	return dst, n
}
