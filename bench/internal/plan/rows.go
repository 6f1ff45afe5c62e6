package plan

import (
	"fmt"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// Names of tables.
const (
	pushPull = "push-pull"
	fanOut   = "fan-out"
	trips    = "round-trips"
	oneWay   = "one-way"
	itself   = "ringmq-itself"
	beside   = "slow-subscriber"
	idle     = "idle"
	spool    = "spool"
)

var tables = []Table{
	{pushPull, "PUSH to PULL", []Metric{Rate}},
	{fanOut, "PUB to SUB", []Metric{Deliveries, Arrived}},
	{trips, "REQ/REP round trips", []Metric{P50, P99, P999, Max}},
	{oneWay, "PUB to SUB one way, paced", []Metric{P50, P99, P999, Max, Arrived}},
	{itself, "ringmq beside itself: REQ/REP round trips, paced PUB to SUB one way", []Metric{P50, P99, P999, Max}},
	{beside, "PUB to one SUB, alone and beside a stopped one", []Metric{Rate, Arrived}},
	{idle, "PUB with idle SUBs", []Metric{CPU, HeapPeer, RSSPeer}},
	{spool, "Messages on a disk", []Metric{Rate, Group, P50, Max, Work, Opening}},
}

const (
	manyMessages = 8_000_000
	warmup       = 200_000
	tripsCount   = 40_000
	tripsWarmup  = 4_000
	// zmq4Messages and nngMessages take some three seconds.
	zmq4Messages = 300_000
	nngMessages  = 80_000
)

// Full is the whole plan.
func Full() *Plan {
	b := &builder{plan: &Plan{Tables: tables}}
	b.pushPull()
	b.fanOut()
	b.roundTrips()
	b.oneWay()
	b.itself()
	b.special()
	b.spool()
	return b.plan
}

// builder adds rows; targets are about the row added last.
type builder struct{ plan *Plan }

func (b *builder) row(table, name string, c proto.Case, entries ...Entry) {
	b.plan.Rows = append(b.plan.Rows, Row{Name: name, Table: table, Case: c, Entries: entries})
}

func (b *builder) last() string { return b.plan.Rows[len(b.plan.Rows)-1].Name }

// atLeast asks for a ratio to the best of some entries.
func (b *builder) atLeast(m Metric, factor float64, entries ...string) {
	b.target(Target{Compare: Ratio, Of: b.figure(Ringmq, m), Against: b.figures(m, entries), AtLeast: factor})
}

func (b *builder) atMost(m Metric, factor float64, entries ...string) {
	b.mostOf(Ringmq, m, factor, entries...)
}

func (b *builder) mostOf(who string, m Metric, factor float64, entries ...string) {
	b.target(Target{Compare: Ratio, Of: b.figure(who, m), Against: b.figures(m, entries), AtMost: factor})
}

func (b *builder) target(t Target) {
	t.Row = b.last()
	b.plan.Targets = append(b.plan.Targets, t)
}

func (b *builder) figure(entry string, m Metric) Figure { return Figure{b.last(), entry, m} }

func (b *builder) figures(m Metric, entries []string) []Figure {
	var all []Figure
	for _, e := range entries {
		all = append(all, b.figure(e, m))
	}
	return all
}

// plain are entries of contestants that occur once in their row and get the row's case as it is.
func plain(contestants ...string) []Entry {
	var all []Entry
	for _, c := range contestants {
		all = append(all, Entry{Name: c, Contestant: c})
	}
	return all
}

// slow is an entry of a contestant that gets some enough of the count messages of its row.
func slow(contestant string, enough, count int) Entry {
	return Entry{Name: contestant, Contestant: contestant, Share: count / enough}
}

func (b *builder) pushPull() {
	throughput := func(transport string, size, count int, entries ...Entry) {
		b.row(pushPull, fmt.Sprintf("push-pull %s %s", transport, bytes(size)), proto.Case{
			Pattern: proto.PushPull, Transport: transport, Size: size, Count: count, Warmup: min(warmup, count/10),
		}, append(entries, slow(NNG, nngMessages, count))...)
	}
	zmq4 := slow(Zmq4, zmq4Messages, manyMessages)
	raised := Entry{Name: RaisedHWM, Contestant: Libzmq, Set: []string{"hwm=100000"}}
	throughput(proto.TCP, 64, manyMessages, append(plain(Ringmq, Libzmq, Limit), raised, zmq4)...)
	b.atLeast(Rate, 4, Libzmq)
	b.atLeast(Rate, 0.4, Limit)
	b.atLeast(Rate, 100, Zmq4)
	b.target(Target{Of: b.figure(Ringmq, Mallocs), Compare: Value, AtMost: 0.01})
	for _, size := range []struct {
		bytes, count int
		factor       float64
	}{{16, manyMessages, 4}, {1 << 10, manyMessages / 4, 2.5}, {64 << 10, manyMessages / 128, 1.2}} {
		throughput(proto.TCP, size.bytes, size.count, plain(Ringmq, Libzmq, Limit)...)
		b.atLeast(Rate, size.factor, Libzmq)
	}
	throughput(proto.IPC, 64, manyMessages, plain(Ringmq, Libzmq, Limit)...)
	b.atLeast(Rate, 5, Libzmq)
	throughput(proto.Inproc, 64, manyMessages, append(plain(Ringmq, Libzmq), zmq4)...)
	b.atLeast(Rate, 5, Libzmq)
}

func bytes(n int) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
