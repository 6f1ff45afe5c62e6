package proto

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// full has another value in every field.
var full = Case{
	Pattern: PubSub, Transport: TCP, Endpoint: "tcp://127.0.0.1:0", Size: 64, Count: 1000, Warmup: 10, Subs: 8,
	Symbols: 100, PerSub: 5, Rate: 7, HWM: 9, NoDrop: true, Threads: 2, Idle: 3, Samples: "/tmp/s", Batching: "immediate", Spin: 5000,
	Sync: SyncGroup, Senders: 16, Backlog: 50, Check: true, Groups: 70, Record: 128, Dir: "/tmp/log",
}

func TestCaseTravels(t *testing.T) {
	for _, c := range []Case{
		full,
		{Pattern: ReqRep, Transport: IPC, Size: 16, Count: 1},
		{Pattern: Append, Transport: Disk, Size: 16, Count: 1, Sync: SyncMemory},
	} {
		got, err := ParseCase(c.Args())
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), "%s is not tested", v.Type().Field(i).Name)
	}
}

func TestParseCase(t *testing.T) {
	for _, c := range []struct{ args, complaint string }{
		{"size=16 count=1 colour=blue", ""},
		{"size=16 count=1 pattern=tartan", "pattern=tartan is none"},
		{"size=16 count=1 transport=pigeon", "transport=pigeon is none"},
		{"size=16 count=1 size=32", ""},
		{"size=16 count", `"count" is not key=value`},
		{"size=16 count=many", `"count=many"`},
		{"size=16 count=-1", "must not be negative"},
		{"size=16 count=1 nodrop=maybe", `"nodrop=maybe"`},
		{"size=15 count=1", "size=15: must be 16 or more"},
		{"size=23 count=1 rate=1", "size=23: must be 24 or more"},
		{"size=16", "count=0"},
		{"size=16 count=9 symbols=8", "persub=0: must be 1 to symbols=8"},
		{"size=16 count=9 symbols=8 persub=9", "persub=9"},
		{"size=16 count=7 symbols=8 persub=2", "every one of symbols=8 must come"},
		{"size=16 count=7 symbols=8 persub=8", ""},
		{"size=16 count=7 sync=tomorrow", "sync=tomorrow is none"},
		{"size=16 count=7 sync=written", ""},
		{"size=16 count=7 transport=disk", "pattern=pub-sub does not go with transport=disk"},
		{"size=16 count=7 pattern=append", "pattern=append does not go with transport=tcp"},
		{"size=16 count=7 pattern=recover transport=disk", "pattern=recover needs a sync"},
		{"size=16 count=7 pattern=append transport=disk sync=each", ""},
		{"size=16 count=7 pattern=append transport=disk sync=each senders=8", "each of senders=8"},
		{"size=16 count=7 record=15", "record=15: must be size=16 or more"},
	} {
		_, err := ParseCase(strings.Fields("pattern=pub-sub transport=tcp " + c.args))
		if c.complaint == "" {
			require.NoError(t, err, c.args)
		} else {
			require.ErrorIs(t, err, ErrCase, c.args)
			require.ErrorContains(t, err, c.complaint)
		}
	}
}

// TestDeliveries counts message by message.
func TestDeliveries(t *testing.T) {
	for _, c := range []Case{
		{Pattern: PushPull, Count: 10, Warmup: 3},
		{Pattern: ReqRep, Count: 10},
		{Pattern: PubSub, Count: 10, Warmup: 3, Subs: 4},
		{Pattern: PubSub, Count: 10},
		{Pattern: PubSub, Count: 25, Warmup: 7, Subs: 3, Symbols: 10, PerSub: 4},
		{Pattern: PubSub, Count: 31, Warmup: 0, Subs: 7, Symbols: 10, PerSub: 3},
		{Pattern: PubSub, Count: 3, Warmup: 5, Subs: 2, Symbols: 10, PerSub: 10},
	} {
		want := 0
		for sub := range max(c.Subs, 1) {
			for k := c.Warmup; k < c.Warmup+c.Count; k++ {
				if c.Symbols == 0 || (k%c.Symbols-sub*c.PerSub%c.Symbols+c.Symbols)%c.Symbols < c.PerSub {
					want++
				}
			}
		}
		require.Equal(t, want, c.Deliveries(), "%+v", c)
	}
}

func TestPrepared(t *testing.T) {
	for _, c := range []struct {
		Case
		needsDisk bool
		prepared  int
	}{
		{Case{Pattern: PushPull, Count: 9}, false, 0},
		{Case{Pattern: PushPull, Count: 9, Sync: SyncWritten}, true, 0},
		{Case{Pattern: Append, Count: 9, Backlog: 4, Sync: SyncWritten}, true, 4},
		{Case{Pattern: Recover, Count: 9, Sync: SyncWritten}, true, 9},
	} {
		require.Equal(t, c.needsDisk, c.NeedsDisk())
		require.Equal(t, c.prepared, c.Prepared())
	}
}

func TestFiguresTravel(t *testing.T) {
	f := Figures{Nanos: 123456789012, Received: 0, CPU: 0.25}
	require.Equal(t, "cpu_ns=0.25 ns=123456789012 received=0", f.String())
	got, err := ParseFigures(f.String())
	require.NoError(t, err)
	require.Equal(t, f, got)
	for _, bad := range []string{"ns", "ns=", "ns=x", "ns=1 cpu_ns"} {
		_, err := ParseFigures(bad)
		require.Error(t, err, bad)
	}
}

func TestParseLine(t *testing.T) {
	for _, c := range []struct{ line, word, rest string }{
		{"ready", "ready", ""},
		{"bound tcp://127.0.0.1:1 \r", "bound", "tcp://127.0.0.1:1"},
		{"error it is  bad", "error", "it is  bad"},
		{"", "", ""},
	} {
		word, rest := ParseLine(c.line)
		require.Equal(t, []string{c.word, c.rest}, []string{word, rest})
	}
}

// FuzzParseCase: what is accepted means the same when it is written and read again.
func FuzzParseCase(f *testing.F) {
	f.Add("pattern=push-pull transport=ipc size=16 count=1")
	f.Add(strings.Join(full.Args(), " "))
	f.Add("pattern=pub-sub transport=tcp size=16 count=7 symbols=8 persub=2")
	f.Add("size=9223372036854775807 count==")
	f.Fuzz(func(t *testing.T, args string) {
		c, err := ParseCase(strings.Fields(args))
		if err != nil {
			require.ErrorIs(t, err, ErrCase)
			return
		}
		again, err := ParseCase(c.Args())
		require.NoError(t, err)
		require.Equal(t, c, again, fmt.Sprintf("%q", args))
	})
}
