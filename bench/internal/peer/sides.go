package peer

import (
	"fmt"
	"os"
	"time"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// syncEvery is the time between the sync messages of a publisher.
const syncEvery = 10 * time.Millisecond

func (p *process) openSender() (side, error) {
	if p.Pattern == proto.ReqRep {
		r, err := p.lib.Requester(p.Case)
		return side{run: func() (proto.Figures, error) { return p.ask(r) }}, err
	}
	s, bound, err := p.lib.Sender(p.Case)
	if p.Idle > 0 {
		before := memoryBefore()
		return side{bound, func() (proto.Figures, error) { return p.sendNothing(s, before) }}, err
	}
	return side{bound, func() (proto.Figures, error) { return p.send(s) }}, err
}

func (p *process) send(s Sender) (proto.Figures, error) {
	feed := NewFeed(p.Case)
	p.ready()
	if err := p.awaitGo(s); err != nil {
		return nil, err
	}
	return p.metered(func() error { return s.Send(feed) })
}

// awaitGo waits for the harness. A publisher meanwhile tells its subscribers that they are connected.
func (p *process) awaitGo(s Sender) error {
	if p.Pattern != proto.PubSub {
		<-p.con.started
		return nil
	}
	sync := newSync(p.Case)
	ticks := time.NewTicker(syncEvery)
	defer ticks.Stop()
	for {
		if err := s.Send(sync.again()); err != nil {
			return err
		}
		select {
		case <-p.con.started:
			return nil
		case <-ticks.C:
		}
	}
}

// metered does the sender's measured part.
func (p *process) metered(do func() error) (proto.Figures, error) {
	figures := proto.Figures{}
	begun, start := now(), readUsage()
	if err := do(); err != nil {
		return nil, err
	}
	if !p.shared {
		figures[proto.Nanos] = float64(now() - begun)
		readUsage().since(start, figures)
	}
	p.con.say(proto.Sent)
	return figures, nil
}

// ask makes the round trips: the warm-up before it is ready, the timed ones when it is told to go.
func (p *process) ask(r Requester) (proto.Figures, error) {
	a := asker{
		r: r, feed: NewFeed(p.Case), tally: newGroup(p.Case).tallies[0],
		samples: newSamples(p.Warmup + p.Count),
	}
	if err := a.trips(p.Warmup); err != nil {
		return nil, err
	}
	p.ready()
	<-p.con.started
	figures, err := p.metered(func() error { return a.trips(p.Count) })
	if err != nil {
		return nil, err
	}
	return figures, writeSamples(p.Samples, a.samples[p.Warmup:])
}

// asker is the REQ side.
type asker struct {
	r       Requester
	feed    *Feed
	tally   *Tally // checks the replies
	samples []uint64
}

func (a *asker) trips(n int) error {
	for range n {
		request := a.feed.Next()
		begun := now()
		reply, err := a.r.Ask(request)
		if err != nil {
			return err
		}
		a.samples = append(a.samples, uint64(now()-begun))
		if !a.tally.Take(reply) && a.tally.Err() != nil {
			return a.tally.Err()
		}
	}
	return nil
}

func (p *process) openReceiver() (side, error) {
	g := newGroup(p.Case)
	if p.Pattern == proto.ReqRep {
		r, bound, err := p.lib.Replier(p.Case)
		return side{bound, func() (proto.Figures, error) { return p.receive(g, []func(*Tally) error{r.Serve}) }}, err
	}
	var loops []func(*Tally) error
	var at string
	for j := range g.tallies {
		r, bound, err := p.lib.Receiver(p.Case, p.topics(j))
		if err != nil {
			return side{}, fmt.Errorf("receiver %d of %d: %w", j+1, len(g.tallies), err)
		}
		loops, at = append(loops, r.Receive), bound
	}
	if p.Idle > 0 {
		return side{at, func() (proto.Figures, error) { return p.receiveNothing(g, loops) }}, nil
	}
	return side{at, func() (proto.Figures, error) { return p.receive(g, loops) }}, nil
}

func (p *process) topics(subscriber int) []string {
	if p.Symbols == 0 {
		return []string{""}
	}
	var topics []string
	for _, symbol := range mySymbols(p.Case, subscriber) {
		topics = append(topics, Topic(symbol))
	}
	return topics
}

// start runs a loop a socket. What it returns is the error of each that ends, or nil.
func (p *process) start(g *group, loops []func(*Tally) error) <-chan error {
	errs := make(chan error, len(loops))
	for i, loop := range loops {
		go func() { errs <- loop(g.tallies[i]) }()
	}
	go func() {
		g.ready.Wait()
		p.ready()
	}()
	return errs
}

// receive waits until each loop has all that it is to get, or what there is.
func (p *process) receive(g *group, loops []func(*Tally) error) (proto.Figures, error) {
	errs := p.start(g, loops)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-p.con.ended:
			g.watch.run(done)
		case <-done:
		}
	}()
	for range loops {
		if err := <-errs; err != nil {
			return nil, err
		}
	}
	figures := g.figures()
	var samples []uint64
	for _, t := range g.tallies {
		samples = append(samples, t.samples...)
	}
	return figures, writeSamples(p.Samples, samples)
}

// newSamples makes room for n samples, in memory that is there already: no page fault adds to a latency.
func newSamples(n int) []uint64 {
	samples := make([]uint64, n)
	for i := range samples {
		samples[i] = never
	}
	return samples[:0]
}

// writeSamples writes latencies in ns; nothing if there are none or nobody asks for them.
func writeSamples(name string, samples []uint64) error {
	if name == "" || len(samples) == 0 {
		return nil
	}
	b := make([]byte, 0, 8*len(samples))
	for _, s := range samples {
		b = le.AppendUint64(b, s)
	}
	return os.WriteFile(name, b, 0o600)
}
