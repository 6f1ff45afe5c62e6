package socket

import (
	"errors"

	"github.com/ringmq/ringmq/internal/ioloop"
)

// flushed says how a round of writing ended.
type flushed uint8

const (
	flushDrained flushed = iota // everything is written
	flushMore                   // there is more, and room for it
	flushFull                   // the connection takes no more for now
	flushGated                  // no peer: messages stay queued
)

// runFlush writes what is queued, at most rounds times; then the loop goes on with it. The caller has begun the flush
// task and holds no lock.
func (p *Pipe) runFlush(rounds int) {
	for i := 0; ; i++ {
		cn := p.conn.Load()
		if cn == nil {
			if p.flush.block() {
				return
			}
			continue
		}
		switch p.writeSome(cn) {
		case flushMore:
			if i >= rounds {
				p.flush.state.Store(taskScheduled)
				p.post()
				return
			}
		case flushDrained:
			if p.watched.Load() {
				cn.loop.PutOff((*pipeVisit)(p)) // its sender keeps up by itself
			}
			t := now()
			p.ended.Store(t)
			p.core.pace.wrote.Store(t)
			p.core.drained(p)
			if p.settle(cn) {
				return
			}
		case flushFull:
			cn.stream.WatchWrite(true)
			cn.writeWatched = true
			if p.flush.block() {
				return
			}
		case flushGated:
			if p.flush.block() {
				return
			}
		}
	}
}

// settle ends a flush that has written everything. While messages come in a stream the loop visits the pipe.
func (p *Pipe) settle(cn *conn) bool {
	if !p.stream.Load() {
		return p.flush.end()
	}
	p.visit(cn)
	if !p.flush.watch() {
		return false
	}
	if !p.watched.Load() {
		p.visit(cn) // a visit has just ended without the task
	}
	return true
}

// visit has the loop of cn visit the pipe, unless one is going to.
func (p *Pipe) visit(cn *conn) {
	if !p.watched.Swap(true) {
		cn.loop.Later((*pipeVisit)(p))
	}
}

// pipeVisit is the loop's visit to a pipe that messages come to in a stream.
type pipeVisit Pipe

// Run flushes what has gathered. If nothing has, the stream is over. While somebody else is writing, the visit is put
// off.
func (v *pipeVisit) Run() {
	p := (*Pipe)(v)
	cn := p.conn.Load()
	switch {
	case cn != nil && p.flush.state.Load() == taskWatched && now()-p.ended.Load() < int64(streamPause):
		cn.loop.Later(v) // the sender keeps up by itself
	case p.flush.take():
		p.watched.Store(false)
		p.stream.Store(cn != nil && !p.out.Empty())
		if p.out.Empty() && p.core.sendMu.TryLock() { // sender and writer at once
			p.out.Trim()
			p.core.sendMu.Unlock()
		}
		p.runFlush(maxWrites)
	case cn != nil:
		cn.loop.Later(v)
	default:
		p.watched.Store(false) // its connection is being closed
	}
}

// writeSome makes one write. Commands go ahead of messages but never into the middle of one.
func (p *Pipe) writeSome(cn *conn) flushed {
	bufs := cn.pieces[:0]
	limit := maxWrite
	if len(p.ctlOut) == 0 && p.ctl.pending.Load() > 0 {
		if p.out.MidMessage() {
			limit = p.out.MessageRest()
		} else {
			cn.ctlBuf = p.ctl.take(cn.ctlBuf)
			p.ctlOut = cn.ctlBuf
		}
	}
	if len(p.ctlOut) > 0 {
		bufs = append(bufs, p.ctlOut)
	}
	open := cn.open.Load()
	if open && p.back != nil {
		p.back.offer()
	}
	if open && cn.header != nil {
		return p.writeTranscoded(cn, bufs)
	}
	if open {
		bufs = p.out.Gather(bufs, limit)
	}
	if len(bufs) == 0 {
		return p.nothing(cn, open)
	}
	total := 0
	for _, b := range bufs {
		total += len(b)
	}
	n, err := cn.stream.Writev(bufs)
	clear(bufs)
	return p.wrote(cn, n, total, err)
}

func (p *Pipe) nothing(cn *conn, open bool) flushed {
	if !open {
		return flushGated
	}
	if (p.muted.Load() || p.core.closing.Load()) && cn.stream.Pending() > 0 {
		return flushFull // the stream says when it has got rid of everything
	}
	if cn.writeWatched {
		cn.writeWatched = false
		cn.stream.WatchWrite(false)
	}
	return flushDrained
}

// wrote accounts for n of total bytes written: commands first, then messages.
func (p *Pipe) wrote(cn *conn, n, total int, err error) flushed {
	if err != nil {
		if !errors.Is(err, ioloop.ErrAgain) {
			cn.failWrite(err)
			return flushGated
		}
		return flushFull
	}
	k := min(n, len(p.ctlOut))
	p.ctlOut = p.ctlOut[k:]
	if n > k {
		p.out.Advance(n - k)
		p.core.wrote(p)
	}
	if n < total {
		return flushFull
	}
	return flushMore
}
