package socket

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringmq/ringmq"
)

// Idle says what a receiver does while there is nothing to receive: poll its connections itself for a time, which
// finds a message within a microsecond or two and takes a core, and then park, which costs nothing but some 30 µs to
// be woken.
type Idle struct {
	spin     time.Duration
	adaptive bool
	yield    bool
}

// Spin always polls for d before it parks; up to [MaxSpin].
func Spin(d time.Duration) Idle { return Idle{spin: d} }

// Yield is Spin that gives way to the program's other goroutines between any two looks: it takes what they leave.
func Yield(d time.Duration) Idle { return Idle{spin: d, yield: true} }

// Park never polls.
func Park() Idle { return Idle{} }

// Adaptive polls for up to d, but only while messages have lately come within d: a socket without traffic parks at
// once.
func Adaptive(d time.Duration) Idle { return Idle{spin: d, adaptive: true} }

func (i Idle) valid() bool { return i.spin >= 0 && i.spin <= MaxSpin }

// maxCredit is the number of fruitless spins after which an adaptive receiver parks at once.
const maxCredit = 8

// parkedShare is the number of spins within which a message has to come to a parked receiver so that it tries polling
// again: two peers that answer each other and both park are some 100 µs apart, and 10 if they poll.
const parkedShare = 2

// driver lets receivers read from their socket's connections by themselves: a message then needs no other goroutine.
// While it does, the loop is not told of input. A watch gives the connections back to the loop when the receiver stays
// away.
type driver struct {
	core   *Core
	conns  atomic.Pointer[[]*conn] // those to poll; nil: none, or too many
	credit atomic.Int32            // what an adaptive spin has left
	seq    atomic.Uint64           // rises with each spin
	active atomic.Bool             // connections may be driven

	mu    sync.Mutex
	timer *time.Timer
	seen  uint64
}

// spin polls from start for as long as the idle strategy allows. ErrWouldBlock: nothing came.
func (c *Core) spin(ctx context.Context, start int64, take func(*ringmq.Message) error) (m ringmq.Message, err error) {
	d := &c.drive
	limit := int64(c.cfg.idle.spin)
	if limit == 0 || c.cfg.idle.adaptive && d.credit.Load() <= 0 {
		return m, ringmq.ErrWouldBlock // reading by itself would only cost the loop and this goroutine a change of hands
	}
	if d.conns.Load() != nil {
		d.seq.Add(1)
	}
	c.gather(start)
	polling.Add(1)
	defer polling.Add(-1)
	for i := 1; ; i++ {
		d.poll()
		m, err := c.tryRecv(take)
		if err != ringmq.ErrWouldBlock {
			d.credit.Store(maxCredit)
			return m, err
		}
		if now()-start >= limit {
			d.credit.Add(-1)
			return m, err
		}
		if c.cfg.idle.yield || i%yieldAfter() == 0 {
			if ctx.Err() != nil {
				return m, err
			}
			runtime.Gosched()
		}
	}
}

// polling is the number of receivers of the process that poll, and processors that of goroutines that can run at once.
var (
	polling    atomic.Int32
	processors atomic.Int32
)

// yieldAfter is the number of looks after which a receiver lets other goroutines run. While a processor is left over for
// them they need not wait for that, and whoever yields may be moved to another core for nothing.
func yieldAfter() int {
	if polling.Load() < processors.Load() {
		return spinsBetweenYields * spareYields
	}
	return spinsBetweenYields
}

// waited takes note of a message that came after t ns to a receiver that had parked: had it come much later, polling
// would not have been worth while. Being woken is most of a short wait.
func (d *driver) waited(t int64) {
	if i := d.core.cfg.idle; i.adaptive && t < parkedShare*int64(i.spin) && d.credit.Load() < maxCredit {
		d.credit.Add(1)
	}
}

// lull is when a receiver last found nothing, and how many messages it had taken by then.
type lull struct {
	at    int64
	taken uint64
}

// gather lets a few messages come together if they come densely: a receiver right behind a sender takes the cache lines
// away that the sender is writing to, which costs both more than the messages do.
func (c *Core) gather(start int64) {
	c.recvMu.Lock()
	n, gap := int64(c.taken-c.lull.taken), start-c.lull.at
	c.lull = lull{start, c.taken}
	c.recvMu.Unlock()
	if n > 0 && gap < n*int64(denseArrival) {
		for now()-start < int64(gatherPause) {
		}
	}
}

// poll reads once from each connection that the loop is not reading from.
func (d *driver) poll() {
	conns := d.conns.Load()
	if conns == nil {
		return
	}
	for _, cn := range *conns {
		if cn.read.tryBegin() || cn.read.begin() { // also what a loop has not come to yet
			cn.driveOnce()
		}
	}
}

// drives reports whether receivers read by themselves: nobody is parked, and the connections are few.
func (c *Core) drives() bool { return c.drive.conns.Load() != nil && c.readable.n.Load() == 0 }

// takeOver takes the reading from the loop now and then, if a receiver that is kept busy can do it: it never comes to
// look by itself as long as the loop is ahead of it. The caller polls when it finds nothing. Receive lock held.
func (c *Core) takeOver() {
	if c.taken-c.tookOver < takeOverEvery {
		return
	}
	c.tookOver = c.taken
	conns := c.drive.conns.Load()
	if conns == nil || c.readable.n.Load() > 0 || c.cfg.idle.spin == 0 {
		return
	}
	for _, cn := range *conns {
		if cn.open.Load() && cn.read.tryBegin() {
			cn.takeOver()
			if !cn.read.end() {
				cn.read.state.Store(taskScheduled)
				cn.loop.Post((*connReader)(cn))
			}
		}
	}
}

// driveOnce is the receiver's read. From the first one on the loop is not told of input.
func (cn *conn) driveOnce() {
	cn.takeOver()
	cn.runRead(0)
}

// takeOver has the loop not be told of input. Holder of read.
func (cn *conn) takeOver() {
	if cn.dead.Load() {
		return
	}
	if !cn.driven {
		cn.driven = true
		cn.stream.WatchRead(false)
	}
	cn.core.drive.begin() // also for one whose watch has ended
}

// giveUp undoes takeOver. Holder of read.
func (cn *conn) giveUp() {
	if cn.driven {
		cn.driven = false
		cn.stream.WatchRead(true)
	}
}

// begin starts the watch.
func (d *driver) begin() {
	if d.active.Load() || d.active.Swap(true) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer == nil {
		d.timer = time.AfterFunc(driveWatch, d.watch)
	} else {
		d.timer.Reset(driveWatch)
	}
}

// watch hands the connections back if no receiver has polled since the last time.
func (d *driver) watch() {
	d.mu.Lock()
	idle := d.seen == d.seq.Load()
	d.seen = d.seq.Load()
	if !idle && d.active.Load() {
		d.timer.Reset(driveWatch)
	}
	d.mu.Unlock()
	if idle {
		d.handBack()
	}
}

// handBack gives driven connections back to their loops.
func (d *driver) handBack() {
	if !d.active.Swap(false) {
		return
	}
	c := d.core
	c.mu.Lock()
	conns := make([]*conn, 0, maxDriven)
	for cn := range c.conns {
		conns = append(conns, cn)
	}
	c.mu.Unlock()
	for _, cn := range conns {
		if !cn.handBack() {
			d.begin() // another receiver polls it at this moment; look again
		}
	}
}

// handBack has the loop watch the input again. It returns false if somebody is reading. A connection that waits for
// room in the mailbox is the loop's when it goes on.
func (cn *conn) handBack() bool {
	for !cn.takeBack() && !cn.read.tryBegin() {
		switch cn.read.state.Load() {
		case taskRunning, taskNotified:
			return cn.dead.Load()
		case taskIdle: // since then
		default:
			if cn.pipe.in.roomAgain() {
				cn.pipe.resume()
			}
			return true
		}
	}
	cn.giveUp()
	if cn.dec.held() || !cn.read.end() {
		cn.runRead(maxReads) // what a receiver has left goes on like any other input
	}
	return true
}

// stop ends the watch.
func (d *driver) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.active.Store(false)
	if d.timer != nil {
		d.timer.Stop()
	}
}

// String is "park", or "spin", "yield" or "adaptive" with the time.
func (i Idle) String() string {
	switch {
	case i.adaptive:
		return "adaptive " + i.spin.String()
	case i.spin == 0:
		return "park"
	case i.yield:
		return "yield " + i.spin.String()
	}
	return "spin " + i.spin.String()
}
