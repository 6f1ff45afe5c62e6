package proto

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrCase is wrapped by errors about a program's arguments.
var ErrCase = errors.New("invalid arguments")

// Roles of a program.
const (
	Sender   = "sender"   // PUSH, PUB or REQ
	Receiver = "receiver" // PULL, SUB or REP
	Both     = "both"     // of one process, for inproc and for logs on disk
	Builder  = "builder"  // fills the log of a row before the run, and is killed
)

// Patterns.
const (
	PushPull = "push-pull"
	PubSub   = "pub-sub"
	ReqRep   = "req-rep"
	Append   = "append"  // to a log
	Recover  = "recover" // a log, which is to open it after its process was killed
)

// Transports.
const (
	TCP    = "tcp"
	IPC    = "ipc"
	Inproc = "inproc"
	Disk   = "disk" // of Append and Recover
)

// How safe a message is in a log when it counts as sent.
const (
	SyncMemory  = "memory"  // as safe as the process
	SyncWritten = "written" // as safe as the system
	SyncGroup   = "group"   // on disk, with a sync for all that wait for one
	SyncEach    = "each"    // on disk, with a sync of its own
)

// Case is what one run measures. A field that is zero is left out of the arguments, and a program passes over keys that
// it has no use for.
type Case struct {
	Pattern   string // push-pull, pub-sub, req-rep, append or recover
	Transport string // tcp, ipc, inproc or disk
	Endpoint  string // to bind or connect to
	Size      int    // bytes of a message
	Count     int    // timed messages: as sent, or round trips; of recover, those in the log
	Warmup    int    // messages before those
	Subs      int    // sockets of the receiving process of pub-sub, and what its publisher may expect; 0: 1
	Symbols   int    // topics that the publisher goes through in turn; 0: one topic, and subscriptions to everything
	PerSub    int    // topics a subscriber takes
	Rate      int    // messages a second; 0: as fast as they go
	HWM       int    // messages, both ways, on every socket; 0: the library's default
	NoDrop    bool   // the publisher waits for its subscribers
	Threads   int    // libzmq: threads that receive for the subscribers; 0: one each
	Idle      int    // seconds to do nothing in, once subscribers are connected, in place of sending; 0: send
	Samples   string // file for the latencies
	Batching  string // ringmq: "immediate" in place of the default policy
	Spin      int    // ringmq: microseconds that a receiver polls for before it parks; 0: the default
	Sync      string // of a log; of push-pull, that of the spool that it goes through; "": it goes through none
	Senders   int    // append: how many there are, each with one message on its way; 0: 1
	Backlog   int    // append: messages that are in the log before the warm-up
	Check     bool   // recover: every record is read
	Groups    int    // limit: writes that the messages are spread over, each with a sync; 0: one for all senders at once
	Record    int    // limit: bytes that a message takes in the log; 0: its own
	Dir       string // for the log
}

// field is a key and where its value is: a *string, *int or *bool.
type field struct {
	key   string
	value any
}

func (c *Case) fields() []field {
	return []field{
		{"pattern", &c.Pattern},
		{"transport", &c.Transport},
		{"endpoint", &c.Endpoint},
		{"size", &c.Size},
		{"count", &c.Count},
		{"warmup", &c.Warmup},
		{"subs", &c.Subs},
		{"symbols", &c.Symbols},
		{"persub", &c.PerSub},
		{"rate", &c.Rate},
		{"hwm", &c.HWM},
		{"nodrop", &c.NoDrop},
		{"threads", &c.Threads},
		{"idle", &c.Idle},
		{"samples", &c.Samples},
		{"batching", &c.Batching},
		{"spin", &c.Spin},
		{"sync", &c.Sync},
		{"senders", &c.Senders},
		{"backlog", &c.Backlog},
		{"check", &c.Check},
		{"groups", &c.Groups},
		{"record", &c.Record},
		{"dir", &c.Dir},
	}
}

// Args is the case as arguments of a program.
func (c Case) Args() []string {
	var args []string
	for _, f := range c.fields() {
		if text := f.text(); text != "" {
			args = append(args, f.key+"="+text)
		}
	}
	return args
}

// text is the value as it travels, or "" for zero.
func (f field) text() string {
	switch v := f.value.(type) {
	case *string:
		return *v
	case *int:
		if *v != 0 {
			return strconv.Itoa(*v)
		}
	case *bool:
		if *v {
			return "1"
		}
	}
	return ""
}

// ParseCase reads what Args wrote. Errors wrap [ErrCase] and name the argument.
func ParseCase(args []string) (Case, error) {
	var c Case
	fields := map[string]any{}
	for _, f := range c.fields() {
		fields[f.key] = f.value
	}
	for _, arg := range args {
		key, text, ok := strings.Cut(arg, "=")
		if !ok {
			return c, fmt.Errorf("%w: %q is not key=value", ErrCase, arg)
		}
		if err := set(fields[key], text); err != nil {
			return c, fmt.Errorf("%w: %q: %w", ErrCase, arg, err)
		}
	}
	return c, c.check()
}

// set sets the field to a text; a nil field is one that nobody knows.
func set(to any, text string) (err error) {
	switch v := to.(type) {
	case *string:
		*v = text
	case *int:
		*v, err = strconv.Atoi(text)
		if err == nil && *v < 0 {
			err = errors.New("must not be negative")
		}
	case *bool:
		*v, err = strconv.ParseBool(text)
	}
	return err
}

// Bytes of a message that are not filler: topic and sequence; and the scheduled time where messages are paced.
const (
	minSize      = 16
	minPacedSize = 24
)

func (c Case) check() error {
	least := minSize
	if c.Rate > 0 {
		least = minPacedSize
	}
	switch {
	case !slices.Contains([]string{PushPull, PubSub, ReqRep, Append, Recover}, c.Pattern):
		return fmt.Errorf("%w: pattern=%s is none", ErrCase, c.Pattern)
	case !slices.Contains([]string{TCP, IPC, Inproc, Disk}, c.Transport):
		return fmt.Errorf("%w: transport=%s is none", ErrCase, c.Transport)
	case !slices.Contains([]string{"", SyncMemory, SyncWritten, SyncGroup, SyncEach}, c.Sync):
		return fmt.Errorf("%w: sync=%s is none", ErrCase, c.Sync)
	case (c.Transport == Disk) != (c.Pattern == Append || c.Pattern == Recover):
		return fmt.Errorf("%w: pattern=%s does not go with transport=%s", ErrCase, c.Pattern, c.Transport)
	case c.Transport == Disk && c.Sync == "":
		return fmt.Errorf("%w: pattern=%s needs a sync", ErrCase, c.Pattern)
	case c.Size < least:
		return fmt.Errorf("%w: size=%d: must be %d or more", ErrCase, c.Size, least)
	case c.Count < 1:
		return fmt.Errorf("%w: count=%d: must be 1 or more", ErrCase, c.Count)
	case c.Count < c.Senders:
		return fmt.Errorf("%w: count=%d: each of senders=%d must send something", ErrCase, c.Count, c.Senders)
	case c.Record > 0 && c.Record < c.Size:
		return fmt.Errorf("%w: record=%d: must be size=%d or more", ErrCase, c.Record, c.Size)
	case c.Symbols > 0 && (c.PerSub < 1 || c.PerSub > c.Symbols):
		return fmt.Errorf("%w: persub=%d: must be 1 to symbols=%d", ErrCase, c.PerSub, c.Symbols)
	case c.PerSub < c.Symbols && c.Count < c.Symbols:
		return fmt.Errorf("%w: count=%d: every one of symbols=%d must come", ErrCase, c.Count, c.Symbols)
	}
	return nil
}

// ReceiverBinds says which side binds: PULL, REP and PUB do.
func (c Case) ReceiverBinds() bool { return c.Pattern != PubSub }

// NeedsDisk says whether there is a log, for which there must be a Dir.
func (c Case) NeedsDisk() bool { return c.Sync != "" }

// Prepared is how many messages are in the log when the run begins.
func (c Case) Prepared() int {
	if c.Pattern == Recover {
		return c.Count
	}
	return c.Backlog
}

// Lossy says whether messages may be missing where they arrive.
func (c Case) Lossy() bool { return c.Pattern == PubSub && !c.NoDrop }

// Deliveries is the number of timed messages that receivers get if none is lost.
func (c Case) Deliveries() int {
	subs := 1
	if c.Pattern == PubSub {
		subs = max(c.Subs, 1)
	}
	if c.Symbols == 0 {
		return c.Count * subs
	}
	total := 0
	for j := range subs * c.PerSub {
		total += c.ofSymbol(j % c.Symbols)
	}
	return total
}

// ofSymbol is the number of timed messages that have the symbol as their topic.
func (c Case) ofSymbol(symbol int) int {
	before := func(end int) int { return (end - symbol + c.Symbols - 1) / c.Symbols }
	return before(c.Warmup+c.Count) - before(c.Warmup)
}
