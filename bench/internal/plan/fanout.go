package plan

import (
	"fmt"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

const (
	// deliveries is how many messages arrive in a row of fan-out, over all subscribers.
	deliveries    = 12_000_000
	nngDeliveries = 600_000
	// evenness is how much of a figure may be lost while its cause grows a hundredfold.
	evenness = 0.75
)

// spinning is ringmq with a receiver that never parks between two messages: the user's choice where a core is spare.
var spinning = Entry{Name: "ringmq, spinning", Contestant: Ringmq, Set: []string{"spin=5000"}}

var oneThread = Entry{Name: OneThread, Contestant: Libzmq, Set: []string{"threads=1"}}

func (b *builder) fanOut() {
	feed := proto.Case{Pattern: proto.PubSub, Transport: proto.TCP, Size: 64, NoDrop: true}
	var growth []Figure
	for _, subs := range []int{1, 8, 64, 256} {
		c := feed
		c.Subs, c.Count = subs, deliveries/subs
		c.Warmup = c.Count / 20
		entries, best := append(plain(Ringmq, Libzmq, NATS), slow(NNG, nngDeliveries, deliveries)), []string{Libzmq}
		if subs > 1 {
			entries, best = append(entries, oneThread), append(best, oneThread.Name)
		}
		b.row(fanOut, fmt.Sprintf("pub-sub tcp 64 B %d SUB", subs), c, entries...)
		b.atLeast(Deliveries, 4, best...)
		if subs > 1 {
			growth = append(growth, b.figure(Ringmq, Deliveries))
		}
	}
	b.target(Target{Compare: Evenness, Of: growth[0], Against: growth[1:], AtLeast: evenness})
	c := feed
	c.Subs, c.Symbols, c.PerSub = 64, 1000, 10
	c.Count = deliveries / 2 * c.Symbols / (c.Subs * c.PerSub)
	c.Warmup = c.Count / 20
	b.row(fanOut, "pub-sub tcp 64 B 64 SUB of 10 in 1,000 symbols", c, append(plain(Ringmq, Libzmq, NATS), oneThread)...)
	b.atLeast(Deliveries, 5, Libzmq, oneThread.Name)
}

func (b *builder) roundTrips() {
	for _, transport := range []string{proto.TCP, proto.IPC, proto.Inproc} {
		c := proto.Case{Pattern: proto.ReqRep, Transport: transport, Size: 64, Count: tripsCount, Warmup: tripsWarmup}
		name := fmt.Sprintf("req-rep %s 64 B", transport)
		if transport == proto.Inproc {
			b.row(trips, name, c, plain(Ringmq, Libzmq)...)
			b.atMost(P50, 0.05, Libzmq)
			continue
		}
		b.row(trips, name, c, plain(Ringmq, Libzmq, Limit, Zmq4, NNG)...)
		b.atMost(P50, 0.25, Libzmq)
		b.atMost(P999, 0.5, Libzmq)
		b.atMost(P50, 1.5, Limit)
		if transport == proto.TCP {
			b.target(Target{Of: b.figure(Ringmq, Mallocs), Compare: Value, AtMost: 0.01})
		}
	}
}

// paced is a feed of so many messages a second for some seconds. Nothing is dropped, so that nothing that is late can be
// left out of the figures.
func paced(rate, seconds int) proto.Case {
	return proto.Case{
		Pattern: proto.PubSub, Transport: proto.TCP, Size: 64, NoDrop: true, Subs: 1,
		Rate: rate, Count: rate * seconds, Warmup: rate / 5,
	}
}

const pacedSeconds = 3

func (b *builder) oneWay() {
	for _, r := range []struct {
		rate int
		name string
	}{{1_000, "1,000"}, {10_000, "10,000"}, {100_000, "100,000"}} {
		b.row(oneWay, fmt.Sprintf("pub-sub tcp 64 B at %s/s", r.name), paced(r.rate, pacedSeconds),
			append(plain(Ringmq, Libzmq, NATS, NNG), spinning)...)
		for _, who := range []string{Ringmq, spinning.Name} {
			b.mostOf(who, P50, 0.3, Libzmq)
			b.mostOf(who, P99, 0.5, Libzmq)
		}
	}
}

// itself compares ringmq with itself.
func (b *builder) itself() {
	b.row(itself, "req-rep tcp 64 B and the collector", proto.Case{
		Pattern: proto.ReqRep, Transport: proto.TCP, Size: 64, Count: 2 * tripsCount, Warmup: tripsWarmup,
	}, append(plain(Ringmq), Entry{Name: "GOGC=off", Contestant: Ringmq, Env: []string{"GOGC=off"}})...)
	b.atMost(P999, 1.1, "GOGC=off")
	b.row(itself, "pub-sub tcp 64 B every 50 µs", paced(20_000, pacedSeconds),
		Entry{Name: "adaptive", Contestant: Ringmq},
		Entry{Name: "immediate", Contestant: Ringmq, Set: []string{"batching=immediate"}})
	b.target(Target{
		Compare: Difference, Of: b.figure("adaptive", P50), Against: b.figures(P50, []string{"immediate"}), AtMost: 2,
	})
	var entries []Entry
	topics := []int{10, 1_000, 100_000}
	for _, n := range topics {
		entries = append(entries, Entry{
			Name: fmt.Sprintf("%d topics", n), Contestant: Ringmq,
			Set: []string{fmt.Sprintf("symbols=%d", n), fmt.Sprintf("persub=%d", n)},
		})
	}
	b.row(itself, "pub-sub tcp 64 B at 10,000/s, subscriptions", paced(10_000, pacedSeconds), entries...)
	b.target(Target{
		Compare: Evenness, Of: b.figure(entries[0].Name, P50),
		Against: b.figures(P50, []string{entries[1].Name, entries[2].Name}), AtLeast: evenness,
	})
}

func (b *builder) special() {
	c := proto.Case{
		Pattern: proto.PubSub, Transport: proto.TCP, Size: 64, Subs: 1, Count: manyMessages / 2, Warmup: warmup,
	}
	with := func(contestant string) []Entry {
		return []Entry{
			{Name: contestant, Contestant: contestant},
			{Name: contestant + " beside a stopped one", Contestant: contestant, Stopped: true},
		}
	}
	b.row(beside, "pub-sub tcp 64 B and a stopped SUB", c, append(with(Ringmq), with(Libzmq)...)...)
	b.target(Target{
		Compare: Ratio, Of: b.figure("ringmq beside a stopped one", Rate),
		Against: b.figures(Rate, []string{Ringmq}), AtLeast: 0.95,
	})
	b.row(idle, "1,000 idle SUB", proto.Case{
		Pattern: proto.PubSub, Transport: proto.TCP, Size: 64, Subs: 1000, Count: 1, Idle: 3,
	}, append(plain(Ringmq), oneThread)...)
	b.target(Target{Of: b.figure(Ringmq, CPU), Compare: Value, AtMost: 1})
	b.target(Target{Of: b.figure(Ringmq, HeapPeer), Compare: Value, AtMost: 16 << 10})
}
