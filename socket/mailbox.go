package socket

import (
	"math"
	"sync/atomic"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/ring"
)

// mailbox is the inbound queue of one pipe: a lock-free ring from the goroutine that reads from the peer (over inproc:
// the peer's goroutine that sends) to the goroutine that receives.
//
// A mailbox that the receiver found empty is idle; whoever publishes to an idle mailbox puts its pipe on the socket's
// list of pipes with messages. So a busy mailbox costs its writer one store a batch and nothing else.
type mailbox struct {
	q      ring.Queue[ringmq.Message]
	hwm    atomic.Int64         // messages; 0: no limit
	reader atomic.Pointer[Pipe] // the pipe at the receiving end; nil while an inproc peer is not bound
	bell   chan struct{}        // rung instead where there is no pipe; nil for none
	_      [128]byte            // what changes with the traffic is kept apart from what does not
	active atomic.Bool          // its pipe is on the socket's list, or about to be
	paused atomic.Bool          // the writer waits for room
}

// blocks are shared by all mailboxes of the process.
var blocks ring.Pool[ringmq.Message]

func newMailbox(reader *Pipe, hwm int) *mailbox {
	b := new(mailbox)
	b.q.SetPool(&blocks)
	b.hwm.Store(int64(hwm))
	b.q.SetLag(min(maxLag, hwm/8))
	if hwm == 0 {
		b.q.SetLag(maxLag)
	}
	b.reader.Store(reader)
	return b
}

// room is the number of messages that may still be pushed before the mark. Writer only.
func (b *mailbox) room() int {
	hwm := b.hwm.Load()
	if hwm == 0 {
		return math.MaxInt
	}
	return int(max(hwm-int64(b.q.Len()), 0))
}

// half reports whether n messages are at most half of the mark.
func (b *mailbox) half(n int) bool {
	hwm := b.hwm.Load()
	return hwm == 0 || int64(n) <= hwm/2
}

// publish makes what was pushed visible and tells the receiving socket. Writer only.
func (b *mailbox) publish() {
	b.q.Publish()
	if !b.active.Load() && b.active.CompareAndSwap(false, true) {
		if p := b.reader.Load(); p != nil {
			p.core.activate(p)
			return
		}
		select {
		case b.bell <- struct{}{}:
		default:
		}
	}
}

// rest marks the mailbox as found empty, unless something has arrived meanwhile. Receiver only.
func (b *mailbox) rest() bool {
	b.active.Store(false)
	return b.q.Empty() || !b.active.CompareAndSwap(false, true)
}

// roomAgain reports, once for each pause, that the writer may go on: when half of the queue is taken. Receiver only.
func (b *mailbox) roomAgain() bool {
	return b.paused.Load() && b.half(b.q.Depth()) && b.paused.CompareAndSwap(true, false)
}

// pause says that the writer waits; false means that there is room again already. Writer only.
func (b *mailbox) pause() bool {
	b.paused.Store(true)
	return !b.half(b.q.Len()) || !b.paused.CompareAndSwap(true, false)
}
