package socket

import (
	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
)

// The peers of a raw socket (STREAM) speak no ZMTP: there is no handshake, what one read brings is a message of one
// frame, and of what is queued only the bodies travel.
//
//	out: |hdr|body|hdr|body|  ── strip ──> body body ── write(2) ──>
//	 in: ── read(2) ──> chunk | bytes … |  ──────────> one message a read

// parseRaw is the parser of a stream that has no frames: a header of no bytes and all there is.
func parseRaw(b []byte) (flags byte, size uint64, n int, err error) { return 0, uint64(len(b)), 0, nil }

// noHeader is what a raw peer sees of a frame's header.
func noHeader(dst []byte, _ byte, _ int) []byte { return dst }

// startRaw begins with traffic that has no frames.
func (d *decoder) startRaw(props *ringmq.Properties, limit int64) {
	d.props, d.max, d.parse, d.other = props, int(limit), parseRaw, true
}

// nextRaw sets m to the next bytes of a raw stream, size of them or as many as a message may have.
func (d *decoder) nextRaw(m *ringmq.Message, size uint64) {
	to := d.pos + min(int(size), d.max)
	*m = ringmq.Assemble(d.chunk, d.chunk.Buf[d.pos:to:to], nil)
	d.skip(to - d.pos)
}

// openRaw lets bytes flow. Holder of read.
func (cn *conn) openRaw() error {
	peer := &session.Peer{Properties: new(ringmq.Properties)}
	peer.Properties.Set(propPeerAddress, cn.peer)
	cn.dec.startRaw(peer.Properties, cn.pipe.opts.maxMessage)
	cn.header = noHeader
	if err := cn.welcome(peer); err != nil {
		return err
	}
	cn.pipe.note(cn.core.notesRaw(), nil, peer.Properties)
	cn.pipe.show()
	cn.core.writable.wake()
	return nil
}

// notesRaw reports whether the program is told, by an empty message, when the connection of a raw peer begins and ends.
func (c *Core) notesRaw() bool { return c.kind.Raw && !c.cfg.noStreamNotes }
