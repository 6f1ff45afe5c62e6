package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
)

// TestMain is the peer process where a test starts one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == PeerCommand {
		if err := PeerMain(context.Background(), os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err) // peers built with -race would each sleep for a second at their end
	}
	leak.Main(m)
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestRun(t *testing.T) {
	for _, batch := range []int{0, 7} {
		t.Run(fmt.Sprintf("batch %d", batch), func(t *testing.T) {
			cfg := Config{
				Patterns: Patterns, Transports: Transports, Sizes: []int{minSize, 100, 100_000}, Rounds: 1,
				Load: Load{Count: 300, Batch: batch, HWM: 100},
			}
			calls := 0
			report, err := Run(within(t), cfg, func(_ Case, round int, r Round) {
				calls++
				require.Equal(t, 1, round)
				require.Positive(t, r.Sender.Elapsed)
			})
			require.NoError(t, err)
			require.Equal(t, 2*3*3, calls)
			for _, r := range report.Results {
				side := r.Rounds[0].Receiver
				require.EqualValues(t, 300-1-15, side.Messages, r.Case)
				if r.Pattern == ReqRep {
					trips := r.Rounds[0].Trips
					require.Positive(t, trips.P50, r.Case)
					require.LessOrEqual(t, trips.P50, trips.Max, r.Case)
				}
			}
		})
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(within(t))
	why := errors.New("had enough")
	cfg := Config{
		Patterns: []string{PushPull}, Transports: []string{"inproc", "tcp"}, Sizes: []int{8}, Rounds: 1,
		Load: Load{Count: 1000, HWM: 100},
	}
	report, err := Run(ctx, cfg, func(Case, int, Round) { cancel(why) })
	require.ErrorIs(t, err, why)
	require.ErrorContains(t, err, "push-pull tcp 8 B, round 1")
	require.Len(t, report.Results, 1)
}

func TestPeerFails(t *testing.T) {
	for _, transport := range Transports {
		t.Run(transport, func(t *testing.T) {
			_, err := measure(within(t), Case{Pattern: "nonsense", Transport: transport, Size: 8, Load: Load{Count: 100}})
			require.ErrorIs(t, err, ErrPeer)
			require.ErrorContains(t, err, `pattern "nonsense"`)
		})
	}
}

// TestPeerGivesUp: a peer whose parent has gone does not stay behind.
func TestPeerGivesUp(t *testing.T) {
	for _, pattern := range Patterns {
		var out bytes.Buffer
		c := Case{Pattern: pattern, Transport: "tcp", Size: 8, Load: Load{Count: 100, HWM: 100}}
		require.ErrorIs(t, peer(within(t), c, "tcp://127.0.0.1:*", new(bytes.Buffer), &out), context.Canceled)
	}
}

// TestInterruptedPeerCleansUp: the end of the context, by a Ctrl-C, leaves nothing behind in the file system.
func TestInterruptedPeerCleansUp(t *testing.T) {
	for _, pattern := range Patterns {
		dir, err := os.MkdirTemp("", "rq") // short: a socket is made in it
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		for _, name := range []string{"TMPDIR", "TMP"} { // as the systems have it
			t.Setenv(name, dir)
		}
		ctx, cancel := context.WithCancel(within(t))
		r, endpoint, err := start(ctx, Case{Pattern: pattern, Transport: "ipc", Size: 8, Load: Load{Count: 100, HWM: 100}})
		require.NoError(t, err)
		made, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.NotEmpty(t, made, endpoint)
		cancel()
		require.Error(t, r.wait(), "it has no figures")
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, pattern)
	}
}

func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name            string
			load            Load
			every           uint64
			markAt, lastSeq uint64
		}{
			{"count", Load{Count: 1000}, 1, 50, 999},
			{"least count", Load{Count: minCount}, 1, 5, minCount - 1},
			// A message takes a millisecond here. The clock is read before it.
			{"duration", Load{Duration: time.Second}, 1, 50, 1000},
			{"duration, seldom looked at", Load{Duration: time.Second}, 256, 256, 1024},
			{"duration of one message", Load{Duration: time.Microsecond}, 1, 1, 2},
		} {
			s := newSchedule(c.load, c.every)
			var marks, lasts []uint64
			for seq := uint64(0); len(lasts) == 0; seq++ {
				stamp := s.next()
				require.Equal(t, seq, stamp&^flags, c.name)
				if stamp&flagMark != 0 {
					marks = append(marks, seq)
				}
				if stamp&flagLast != 0 {
					lasts = append(lasts, seq)
				}
				time.Sleep(time.Millisecond)
			}
			require.Equal(t, []uint64{c.markAt}, marks, c.name)
			require.Equal(t, []uint64{c.lastSeq}, lasts, c.name)
		}
	})
}

func TestChecker(t *testing.T) {
	message := func(size int, stamp uint64) []byte {
		b := make([]byte, size)
		putStamp(b, stamp)
		return b
	}
	torn := message(64, 1)
	torn[63]++
	for _, c := range []struct {
		name string
		m    ringmq.Message
		ok   bool
	}{
		{"due", ringmq.NewMessage(message(64, 1)), true},
		{"due, with a flag", ringmq.NewMessage(message(64, 1|flagMark)), true},
		{"repeated", ringmq.NewMessage(message(64, 0)), false},
		{"one lost", ringmq.NewMessage(message(64, 2)), false},
		{"torn", ringmq.NewMessage(torn), false},
		{"short", ringmq.NewMessage(message(63, 1)), false},
		{"two frames", ringmq.NewMessage(message(32, 1), message(32, 1)), false},
		{"no frames", ringmq.Message{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := checker{size: 64, next: 1}
			_, err := check.check(c.m)
			if c.ok {
				require.NoError(t, err)
				require.EqualValues(t, 2, check.next)
			} else {
				require.ErrorIs(t, err, ErrDamaged)
			}
		})
	}
}

func TestReport(t *testing.T) {
	round := func(perSecond uint64, p50, most float64) Round {
		side := Side{Messages: perSecond, Elapsed: time.Second, Mallocs: perSecond / 4}
		return Round{Sender: side, Receiver: side, Trips: &Trips{P50: p50, P99: 2 * p50, P999: 3 * p50, Max: most}}
	}
	r := &Report{Go: "go1", System: "any/cpu", CPUs: 2, Version: "v1", rounds: 3, Results: []Result{
		{
			Case:   Case{Pattern: PushPull, Transport: "tcp", Size: 1000},
			Rounds: []Round{round(3000, 0, 0), round(1000, 0, 0), round(2000, 0, 0)},
		},
		{
			Case:   Case{Pattern: ReqRep, Transport: "inproc", Size: 64},
			Rounds: []Round{round(10, 5, 40), round(40, 7, 99), round(20, 6, 50), round(30, 8, 50)},
		},
	}}
	var b bytes.Buffer
	require.NoError(t, r.WriteTable(&b))
	require.Equal(t, `ringmq v1, go1, any/cpu, GOMAXPROCS 2; medians of 3 rounds

PUSH to PULL: messages a second as received; heap allocations for each message
  transport  bytes  batch  msg/s  least  most  MB/s  allocs PUSH  allocs PULL
        tcp   1000      1   2000   1000  3000   2.0       0.2500       0.2500

REQ/REP: time of a round trip in µs; heap allocations for each round trip
  transport  bytes  trips/s  p50   p99  p99.9  max of all  allocs REQ  allocs REP
     inproc     64       25  6.5  13.0   19.5        99.0    together      0.2417
`, b.String())
}

func TestSideWithoutMessages(t *testing.T) {
	require.Zero(t, Side{}.Rate())
	require.Zero(t, Side{}.AllocsPerMessage())
}
