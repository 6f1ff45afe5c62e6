package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// The contestants.
const (
	Ringmq = "ringmq"
	Libzmq = "libzmq" // in C
	Zmq4   = "zmq4"   // github.com/go-zeromq/zmq4
	NNG    = "nng"    // in C
	NATS   = "nats"   // its server inside the publisher's process
	Limit  = "limit"  // bare sockets
)

// Names of entries that are contestants with other settings.
const (
	OneThread = "libzmq 1 thread"    // for all subscribers, which its users would choose where there are many
	RaisedHWM = "libzmq hwm 100,000" // instead of 1,000
	SyncEach  = "ringmq sync each"   // a sync for each message
	Written   = "ringmq written"     // no wait for the disk
	InMemory  = "ringmq memory"      // nor for the system
)

// Row is a case and the contestants that are measured in turn, once a round.
type Row struct {
	Name    string
	Table   string
	Case    proto.Case // without endpoint and files
	Entries []Entry
	Quick   string // what else is smaller in a quick run, if anything is
}

// Entry is a contestant of a row.
type Entry struct {
	Name       string   // unique in its row; the contestant's where there is no other of it
	Contestant string   // one of the above
	Set        []string // key=value that differ from the row's case
	Env        []string // of its processes
	Share      int      // it is given one message in so many, where it would take a minute for all; 0: all
	Stopped    bool     // there is a second subscriber process, which is stopped once it is connected
	Groups     string   // name of another entry: it writes groups as large as that one did in the same round
	Keep       bool     // its log is there for the rounds that follow, with what the rounds before have added
}

// Table is a table of rows, which are about the same metrics; the first one is the ratio's.
type Table struct {
	Name    string
	Title   string
	Metrics []Metric
}

// Metric is something that is measured in each round.
type Metric struct {
	Key   string
	Title string
	Unit  string
	More  bool // is better
}

// The metrics.
var (
	Rate       = Metric{"rate", "messages/s", "/s", true}
	Deliveries = Metric{"rate", "deliveries/s", "/s", true}
	P50        = Metric{"p50", "p50", "µs", false}
	P99        = Metric{"p99", "p99", "µs", false}
	P999       = Metric{"p99.9", "p99.9", "µs", false}
	Max        = Metric{"max", "max", "µs", false}
	Mallocs    = Metric{"mallocs", "mallocs/message", "", false} // of both sides
	Arrived    = Metric{"arrived", "arrived", "%", true}         // of what was sent
	CPU        = Metric{"cpu", "CPU of a core", "%", false}      // of both processes
	HeapPeer   = Metric{"heap", "heap a peer", "B", false}       // and stacks, of the publisher's process
	RSSPeer    = Metric{"rss", "RSS a peer", "B", false}         // of the publisher's process
	Group      = Metric{"group", "messages/sync", "", true}      // of a log
	Record     = Metric{"record", "bytes/message", "B", false}   // that a log takes on the disk
	Work       = Metric{"work", "CPU/message", "µs", false}      // of a process with a log, in which nobody receives
	Opening    = Metric{"opening", "opened in", "s", false}      // a log, after a crash
)

// How far a run was disturbed, in percent of a core.
var (
	// Harness is what the harness used while the programs ran.
	Harness = Metric{"harness", "CPU of the harness", "%", false}
	// Others is what everything else on the machine used, the kernel's own threads among it, and what a hypervisor gave
	// to others. It is known to the hundredth of a second, and so hardly for very short runs.
	Others = Metric{"others", "CPU of everything else", "%", false}
)

// Figure names what one entry of one row came to.
type Figure struct {
	Row, Entry string
	Metric     Metric
}

// Compare says how a target's figures make one number.
type Compare int

const (
	// Ratio is the first figure by the best of the others.
	Ratio Compare = iota
	// Difference is the first figure less the second.
	Difference
	// Value is the figure.
	Value
	// Evenness is the least of all figures by the greatest.
	Evenness
)

// Target is what is asked of the figures of a row. The number is made for each round; its median is what counts.
type Target struct {
	Row     string // where it is shown; its last figure comes from there
	Compare Compare
	Of      Figure
	Against []Figure
	AtLeast float64 // one of the two is set
	AtMost  float64
}

// String says what is asked, as in "messages/s ≥ 4 × libzmq".
func (t Target) String() string {
	bound := "≥ " + number(t.AtLeast)
	if t.AtLeast == 0 {
		bound = "≤ " + number(t.AtMost)
	}
	unit := strings.TrimPrefix(t.Of.Metric.Unit, "/s")
	switch t.Compare {
	case Ratio:
		return fmt.Sprintf("%s %s × %s", t.what(), bound, t.others())
	case Difference:
		return fmt.Sprintf("%s less that of %s %s %s", t.what(), t.others(), bound, unit)
	case Value:
		return strings.TrimSpace(fmt.Sprintf("%s %s %s", t.what(), bound, unit))
	}
	return fmt.Sprintf("least by greatest %s of %s, %s %s", t.Of.Metric.Title, t.name(t.Of), t.others(), bound)
}

// what names the metric, and whose it is if that is not plain.
func (t Target) what() string {
	if t.Of.Entry == Ringmq {
		return t.Of.Metric.Title
	}
	return t.Of.Metric.Title + " of " + t.Of.Entry
}

func (t Target) others() string {
	var names []string
	for _, f := range t.Against {
		names = append(names, t.name(f))
	}
	if t.Compare == Ratio && len(names) > 1 {
		return "the best of " + strings.Join(names, ", ")
	}
	return strings.Join(names, ", ")
}

// name is the entry where all figures are of one row, otherwise the row.
func (t Target) name(f Figure) string {
	if t.Of.Row == t.Row {
		return f.Entry
	}
	return f.Row
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Plan is all of it.
type Plan struct {
	Tables  []Table
	Rows    []Row
	Targets []Target
}

// Row finds a row by name.
func (p *Plan) Row(name string) (Row, bool) {
	for _, r := range p.Rows {
		if r.Name == name {
			return r, true
		}
	}
	return Row{}, false
}

// Entry finds an entry by name.
func (r Row) Entry(name string) (Entry, bool) {
	for _, e := range r.Entries {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Without is the row without the contestants in the map.
func (r Row) Without(absent map[string]error) Row {
	r.Entries = slices.DeleteFunc(slices.Clone(r.Entries), func(e Entry) bool { return absent[e.Contestant] != nil })
	return r
}

// CaseOf is the case that the entry is given. quick is for a run that should be short.
func (r Row) CaseOf(e Entry, quick bool) (proto.Case, error) {
	c, err := proto.ParseCase(append(r.Case.Args(), e.Set...))
	if quick {
		shorten(&c, quickShare)
	}
	if e.Share > 0 {
		shorten(&c, e.Share)
	}
	return c, err
}

// quickShare is what part of the messages a quick run has: one in so many.
const quickShare = 8

// quickBacklog is what part of a backlog it has.
const quickBacklog = 64

// shorten leaves enough for every subscriber to get something, and for every sender to have something. With a backlog it
// is that which takes time: the messages stay as many as they are.
func shorten(c *proto.Case, share int) {
	if c.Backlog > 0 {
		c.Backlog = max(c.Backlog/quickBacklog, 1)
		return
	}
	least := max(c.Senders, 1)
	if c.PerSub < c.Symbols {
		least = c.Symbols
	}
	c.Count = max(c.Count/share, least)
	c.Warmup /= share
	if c.Idle > 0 {
		c.Idle = max(c.Idle/share, 1)
	}
}

// Select returns the rows whose names match, with those entries whose names match.
func (p *Plan) Select(row, entry *regexp.Regexp) []Row {
	var rows []Row
	for _, r := range p.Rows {
		if !row.MatchString(r.Name) {
			continue
		}
		r.Entries = slices.DeleteFunc(slices.Clone(r.Entries), func(e Entry) bool {
			return !entry.MatchString(e.Name) && !entry.MatchString(e.Contestant)
		})
		if len(r.Entries) > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

// Contestants are those of the rows, each once.
func Contestants(rows []Row) []string {
	var all []string
	for _, r := range rows {
		for _, e := range r.Entries {
			if !slices.Contains(all, e.Contestant) {
				all = append(all, e.Contestant)
			}
		}
	}
	return all
}
