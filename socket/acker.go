package socket

import (
	"sync"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/spool"
)

const (
	// ackDelay is how long acknowledgements gather before they are sent, unless there are many.
	ackDelay = time.Millisecond
	// maxAckBatch is how many of one peer are sent without waiting any longer, at the most.
	maxAckBatch = 256
	// maxAckBacklog is the number of bytes of unsent commands above which a peer is told nothing more: one that does not
	// read costs only itself.
	maxAckBacklog = 4 << 10
	// maxCopies is how many further copies of a message are waited with for the program to be done with the first. A copy
	// beyond that is refused, to come again, if it must, after copyDelay.
	maxCopies = 16
	copyDelay = time.Minute
	// parcelSlab is the number of parcels that are allocated at once; a message that is kept pins them.
	parcelSlab = 32
)

// acker acknowledges what has been received. The program's goroutines say what; a goroutine of its own tells the peers.
type acker struct {
	core *Core
	auto bool

	mu       sync.Mutex // guards what follows; see reliable.go
	intakes  map[*Pipe]*intake
	memory   memory
	underway map[delivery.ID]*parcel // messages that were received and are not settled
	slab     []parcel
	news     []*Pipe // that there is something to tell
	closed   bool

	some   chan struct{} // sent to when there is something to tell
	many   chan struct{} // sent to when there is much
	ending chan struct{}
	ended  chan struct{}
}

// intake is what arrives over one pipe.
type intake struct {
	delivery.Intake
	batch   int  // acknowledgements that are sent without waiting
	asks    bool // the peer is a REQ, to which the reply is the acknowledgement
	playing bool // the publisher was asked to begin
}

// place is where a parcel has arrived.
type place struct {
	pipe   *Pipe
	in     *intake
	number uint64
}

// memory is what remembers which messages have been processed: of the spool, or of this process alone.
type memory interface {
	Seen(id delivery.ID) bool
	Done(id delivery.ID)
	Commit() error // what was done before is as safe as it gets
}

// briefly remembers as long as the socket is there.
type briefly struct{ delivery.Memory }

// Commit has nothing to do.
func (*briefly) Commit() error { return nil }

// durably remembers in a spool.
type durably struct {
	dedup *spool.Dedup
	spool *spool.Spool
}

// Seen asks the spool, which need not know what is under way.
func (d durably) Seen(id delivery.ID) bool {
	if d.dedup.Begin(id.Producer, id.Sequence) == spool.Duplicate {
		return true
	}
	d.dedup.Abandon(id.Producer, id.Sequence)
	return false
}

// Done tells the spool.
func (d durably) Done(id delivery.ID) { d.dedup.Done(id.Producer, id.Sequence) }

// Commit makes it safe.
func (d durably) Commit() error { return d.spool.Commit() }

func newAcker(c *Core) (*acker, error) {
	a := &acker{
		core: c, auto: c.cfg.delivery.autoAck, memory: new(briefly),
		intakes: make(map[*Pipe]*intake), underway: make(map[delivery.ID]*parcel),
		some: make(chan struct{}, 1), many: make(chan struct{}, 1), ending: make(chan struct{}), ended: make(chan struct{}),
	}
	if s := c.cfg.delivery.spool; s != nil {
		dedup, err := s.Dedup()
		if err != nil {
			return nil, err
		}
		a.memory = durably{dedup, s}
	}
	return a, nil
}

// begin begins the intake of a pipe whose peer numbers what it sends, with at most window messages on their way.
func (a *acker) begin(p *Pipe, window int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := a.intake(p)
	in.batch = max(min(window/4, maxAckBatch), 1)
	if peer := p.peer.Load(); peer != nil {
		in.asks = peer.SocketType == zmtp.Req
	}
}

// intake returns the intake of p, which over inproc may begin before this side is told of the peer. a.mu held.
func (a *acker) intake(p *Pipe) *intake {
	in := a.intakes[p]
	if in == nil {
		in = &intake{batch: 1}
		a.intakes[p] = in
	}
	return in
}

// end ends the intake of a pipe. Where the pipe ends with it, what has arrived and was not received is given up: it comes
// again over another pipe, and would get out of order with what follows it there.
func (a *acker) end(p *Pipe) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.intakes, p)
	if !p.accepted && !p.muted.Load() {
		return
	}
	for id, pc := range a.underway {
		if pc.at.pipe == p && !pc.handed {
			pc.settled = true
			delete(a.underway, id)
		}
	}
}

// announce takes note of which message comes next over p.
func (a *acker) announce(p *Pipe, s delivery.Seq) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if in := a.intakes[p]; in != nil {
		in.Announce(s)
	}
}

// announceLocal is announce for a peer in this process, which may come before p is told of the peer. asks: it is a REQ.
func (a *acker) announceLocal(p *Pipe, s delivery.Seq, asks bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := a.intake(p)
	in.asks = asks
	in.Announce(s)
}

// arrive numbers a message, and decides what becomes of it. The parcel is nil if it needs no acknowledgement.
func (a *acker) arrive(p *Pipe, m *ringmq.Message) (*parcel, Verdict) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := a.intakes[p]
	if in == nil || !in.Counts() {
		return nil, Enqueue
	}
	arrival, err := in.Arrive()
	if err != nil {
		return nil, Refuse
	}
	at := place{p, in, arrival.Number}
	if in.asks {
		return a.request(at, arrival, m)
	}
	if a.memory.Seen(arrival.ID) {
		in.Ack(arrival.Number)
		a.noted(at)
		return nil, Discard
	}
	pc := a.underway[arrival.ID]
	if pc != nil && !pc.overdue(p) {
		if len(pc.also) < maxCopies {
			pc.also = append(pc.also, at)
		} else {
			in.Refuse(at.number, copyDelay)
			a.noted(at)
		}
		return nil, Discard
	}
	return a.wrap(pc, at, arrival, m), Enqueue
}

// request is arrive for a message of a REQ. One that comes again wants its reply again, unless the reply to the first is
// still to go to where that has come from. a.mu held.
func (a *acker) request(at place, arrival delivery.Arrival, m *ringmq.Message) (*parcel, Verdict) {
	pc := a.underway[arrival.ID]
	if pc != nil && a.intakes[pc.at.pipe] == pc.at.in {
		if a.replies() || !pc.handed {
			if len(pc.also) < maxCopies {
				pc.also = append(pc.also, at)
			} else {
				at.in.Pass(at.number)
			}
			return nil, Discard
		}
	} else if pc != nil && !pc.handed {
		pc.settled = true // this one is taken in its place
	}
	return a.wrap(nil, at, arrival, m), Enqueue
}

// replies reports whether the program cannot but reply to a request that it has, before it gets another.
func (a *acker) replies() bool { return a.core.kind.Name == zmtp.Rep }

// noted has what is new at a place told to the peer. a.mu held.
func (a *acker) noted(at place) {
	fresh := at.in.Fresh()
	if fresh == 0 || a.intakes[at.pipe] != at.in {
		return
	}
	if a.news = remember(a.news, at.pipe); len(a.news) == 1 {
		signal(a.some)
	}
	if fresh == at.in.batch {
		signal(a.many)
	}
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// run tells the peers, until stop.
func (a *acker) run() {
	defer close(a.ended)
	timer := time.NewTimer(ackDelay)
	defer timer.Stop()
	for {
		select {
		case <-a.some:
		case <-a.ending:
			a.tell(true)
			return
		}
		timer.Reset(ackDelay)
		select {
		case <-timer.C:
		case <-a.many:
		case <-a.ending:
		}
		a.tell(false)
	}
}

// note is what one peer is to be told.
type note struct {
	pipe   *Pipe
	in     *intake
	report delivery.Report
}

// tell tells the peers what is new, once the memory of it is safe. A peer that does not read is told later, unless this
// is the last time.
func (a *acker) tell(last bool) {
	notes := a.collect(last)
	if len(notes) == 0 {
		return
	}
	if err := a.memory.Commit(); err != nil {
		a.core.trouble(err) // the messages come again
		return
	}
	for i := range notes {
		a.say(&notes[i])
	}
}

// say tells a peer, if it is still that of the connection over which the messages came: the numbers of the next one are
// others.
func (a *acker) say(n *note) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.intakes[n.pipe] == n.in {
		n.pipe.report(&n.report)
	}
}

func (a *acker) collect(last bool) (notes []note) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var later []*Pipe
	for _, p := range a.news {
		in := a.intakes[p]
		if in == nil {
			continue
		}
		if !last && !p.hears() {
			later = append(later, p)
			continue
		}
		if r, ok := in.Report(); ok {
			notes = append(notes, note{p, in, r})
		}
		if in.Fresh() > 0 {
			later = append(later, p)
		}
	}
	if a.news = later; len(later) > 0 {
		signal(a.some)
	}
	return notes
}

// stop tells the peers what there is to tell, and no more: messages that are acknowledged later come again.
func (a *acker) stop() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	close(a.ending)
	<-a.ended
}
