package plan

import (
	"fmt"
	"strconv"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

const (
	// syncs is how many messages each sender has, and so how many groups there are if all senders are in each.
	syncs = 1000
	// mostGrouped bounds the bytes that are appended group by group: with many senders the disk takes longer for those
	// than for the syncs.
	mostGrouped = 128 << 20
	// mostUnsynced and manyUnsynced bound what is appended without waiting for the disk, in bytes and in messages.
	mostUnsynced = 256 << 20
	manyUnsynced = 1_000_000
	// segmentOf1KiB is how many messages of 1 KiB there are in a segment of a spool.
	segmentOf1KiB = 62_137
	// recoverable is how large a log is opened after a crash.
	recoverable = 1 << 30
)

// backlogs are the bytes that are in a log, in messages, when it is appended to.
var backlogs = []int{1 << 20, 100 << 20, 10 << 30}

// spool is about messages on a disk. What has large files comes last: a disk is not at once what it was before.
func (b *builder) spool() {
	for _, size := range []int{64, 1 << 10} {
		for _, senders := range []int{1, 16, 256} {
			b.append(size, senders)
		}
	}
	for _, size := range []int{64, 1 << 10} {
		b.throughSpool(size)
	}
	b.recovery()
	b.backlog()
}

// append has a row for a size and a number of senders: by default a message is safe when a sync has been made for all
// that wait for one.
func (b *builder) append(size, senders int) {
	messages := min(syncs*senders, mostGrouped/size)
	unsynced := min(manyUnsynced, mostUnsynced/size)
	limit := Entry{Name: Limit, Contestant: Limit, Groups: Ringmq}
	// Those that have a sync for each message have fewer of them.
	each := Entry{
		Name: SyncEach, Contestant: Ringmq, Set: []string{"sync=" + proto.SyncEach}, Share: messages / syncs,
	}
	b.row(spool, fmt.Sprintf("append %s %s", bytes(size), count(senders, "sender")), proto.Case{
		Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncGroup,
		Size: size, Senders: senders, Count: messages, Warmup: messages / 10,
	},
		Entry{Name: Ringmq, Contestant: Ringmq}, limit, slow(NATS, syncs, messages), each,
		without(Written, proto.SyncWritten, unsynced), without(InMemory, proto.SyncMemory, unsynced))
	b.atLeast(Rate, 0.8, Limit)
	b.atLeast(Rate, 5, NATS)
}

// without is ringmq with a policy that does not wait for the disk, and with so many messages.
func without(name, policy string, messages int) Entry {
	return Entry{Name: name, Contestant: Ringmq, Set: []string{
		"sync=" + policy, "count=" + strconv.Itoa(messages), "warmup=" + strconv.Itoa(messages/10),
	}}
}

func count(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return fmt.Sprintf("%d %s", n, of)
}

// throughSpool compares a PUSH with a spool to one without.
func (b *builder) throughSpool(size int) {
	const spooled = "ringmq with a spool"
	messages := min(manyMessages/2, 4*mostUnsynced/size)
	b.row(spool, fmt.Sprintf("push-pull tcp %s and a spool", bytes(size)), proto.Case{
		Pattern: proto.PushPull, Transport: proto.TCP, Size: size, Count: messages, Warmup: messages / 20,
	}, Entry{Name: Ringmq, Contestant: Ringmq},
		Entry{Name: spooled, Contestant: Ringmq, Set: []string{"sync=" + proto.SyncWritten}, Share: 8})
	b.target(Target{
		Compare: Ratio, Of: b.figure(spooled, Rate), Against: b.figures(Rate, []string{Ringmq}), AtLeast: 0.5,
	})
}

// recovery opens a log whose process was killed. By default a spool takes the index of a segment that was finished at its
// word.
func (b *builder) recovery() {
	const all = "ringmq every record"
	b.row(spool, fmt.Sprintf("recover a log of %s", bytes(recoverable)), proto.Case{
		Pattern: proto.Recover, Transport: proto.Disk, Sync: proto.SyncWritten, Size: 1 << 10, Count: recoverable >> 10,
	}, Entry{Name: Ringmq, Contestant: Ringmq, Keep: true},
		Entry{Name: all, Contestant: Ringmq, Set: []string{"check=1"}, Keep: true})
	b.quick(fmt.Sprintf("the log has %s", bytes(recoverable/quickShare)))
	for _, who := range []string{Ringmq, all} {
		b.target(Target{Compare: Value, Of: b.figure(who, Opening), AtMost: 3})
	}
}

// backlog appends two segments' worth to logs of several sizes: each run comes to the end of a segment as often. The target
// is about an append that does not wait for the disk: messages a second are as many as the disk takes, which is faster
// after a rest, and the CPU time is more where it is slower.
func (b *builder) backlog() {
	var entries []Entry
	var figures []Figure
	b.row(spool, "append 1 KiB to a backlog", proto.Case{
		Pattern: proto.Append, Transport: proto.Disk, Sync: proto.SyncWritten,
		Size: 1 << 10, Senders: 1, Backlog: 1, Count: 2 * segmentOf1KiB, Warmup: segmentOf1KiB / 10,
	})
	for _, n := range backlogs {
		e := Entry{
			Name: "behind " + bytes(n), Contestant: Ringmq, Set: []string{"backlog=" + strconv.Itoa(n>>10)},
			Keep: n > recoverable, // it takes long to make, and what a run adds is little beside it
		}
		entries = append(entries, e)
		figures = append(figures, b.figure(e.Name, P50))
	}
	b.plan.Rows[len(b.plan.Rows)-1].Entries = entries
	b.quick(fmt.Sprintf("the backlogs are of one %dth of the size", quickBacklog))
	b.target(Target{Compare: Evenness, Of: figures[0], Against: figures[1:], AtLeast: evenness})
}

// quick says what a quick run makes smaller in the row added last.
func (b *builder) quick(what string) { b.plan.Rows[len(b.plan.Rows)-1].Quick = what }
