package run

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeoutCause(context.Background(), d, ErrTimeout)
	t.Cleanup(cancel)
	return ctx
}

// shell starts a script as a contestant.
func shell(t *testing.T, ctx context.Context, script string) *process {
	p, err := start(ctx, "script", []string{"sh", "-c", script}, []string{"WORD=said"})
	require.NoError(t, err)
	t.Cleanup(p.kill)
	return p
}

func TestExpect(t *testing.T) {
	for _, c := range []struct{ script, rest, complaint string }{
		{`echo "ready for $WORD"`, "for said", ""},
		{"echo bound somewhere; echo ready", "", ""},
		{"echo sent; exec cat", "", `it said "sent", not "ready"`},
		{"echo error it broke; exit 1", "", "it broke"},
		{"echo why it ended >&2; exit 3", "", "why it ended"},
		{"exit 3", "", "exit status 3"},
		{"true", "", `it ended, no "ready"`},
	} {
		ctx := within(t, 20*time.Second)
		rest, err := shell(t, ctx, c.script).expect(ctx, proto.Ready)
		if c.complaint == "" {
			require.NoError(t, err, c.script)
			require.Equal(t, c.rest, rest)
		} else {
			require.ErrorIs(t, err, ErrPeer, c.script)
			require.ErrorContains(t, err, c.complaint)
		}
	}
}

func TestConversation(t *testing.T) {
	ctx := within(t, 20*time.Second)
	p := shell(t, ctx, `read word; echo "result ns=$word"; exec cat`)
	require.NoError(t, p.tell("12"))
	figures, err := p.figures(ctx)
	require.NoError(t, err)
	require.Equal(t, proto.Figures{proto.Nanos: 12}, figures)
	require.NoError(t, p.end(), "it ends with its input")

	p = shell(t, ctx, "echo result ns=many")
	_, err = p.figures(ctx)
	require.ErrorIs(t, err, ErrPeer)
}

// TestTimeout: a program that says nothing is killed, stopped or not.
func TestTimeout(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		ctx := within(t, 300*time.Millisecond)
		p := shell(t, ctx, "exec cat")
		if stopped {
			require.NoError(t, p.stop(ctx))
		}
		_, err := p.expect(ctx, proto.Ready)
		require.ErrorIs(t, err, ErrTimeout)
		require.Error(t, p.end(), "it was killed")
	}
}

func TestStartOfNothing(t *testing.T) {
	_, err := start(within(t, time.Second), "nothing", []string{"/does/not/exist"}, nil)
	require.ErrorIs(t, err, ErrPeer)
}

func TestHistogram(t *testing.T) {
	var raw []byte
	for i := range uint64(1000) {
		raw = binary.LittleEndian.AppendUint64(raw, (i+1)*1000)
	}
	h, err := histogram(raw)
	require.NoError(t, err)
	require.EqualValues(t, 1000, h.TotalCount())
	for percentile, us := range map[float64]float64{50: 500, 99: 990, 99.9: 999, 100: 1000} {
		require.InEpsilon(t, us*1000, float64(h.ValueAtPercentile(percentile)), 0.001)
	}
	_, err = histogram(raw[:9])
	require.ErrorIs(t, err, ErrPeer)
	_, err = histogram(binary.LittleEndian.AppendUint64(nil, 1<<62))
	require.ErrorIs(t, err, ErrPeer, "longer than any run")
}

func TestValues(t *testing.T) {
	pair := func(c proto.Case, sent, received proto.Figures) *single {
		return &single{Case: c, sender: new(process), receiver: new(process), sent: sent, received: received, harness: 1.5}
	}
	pushPull := proto.Case{Pattern: proto.PushPull, Count: 1000}
	v, err := pair(pushPull, proto.Figures{proto.Mallocs: 30}, proto.Figures{
		proto.Received: 1000, proto.Nanos: 1e6, proto.Mallocs: 20,
	}).values(false)
	require.NoError(t, err)
	require.Equal(t, Values{plan.Harness.Key: 1.5, plan.Arrived.Key: 100, plan.Rate.Key: 1e6, plan.Mallocs.Key: 0.05}, v)

	inproc := pair(pushPull, nil, proto.Figures{proto.Received: 1000, proto.Nanos: 1e6, proto.Mallocs: 20})
	inproc.sent, inproc.sender = inproc.received, inproc.receiver
	v, err = inproc.values(false)
	require.NoError(t, err)
	require.InDelta(t, 0.02, v[plan.Mallocs.Key], 1e-9, "one process counts once")

	some := proto.Figures{proto.Received: 400, proto.Nanos: 1e6}
	for _, lossy := range []bool{false, true} {
		_, err = pair(pushPull, nil, some).values(lossy)
		require.ErrorIs(t, err, ErrLost)
	}
	feed := proto.Case{Pattern: proto.PubSub, Count: 1000, NoDrop: true}
	_, err = pair(feed, nil, some).values(false)
	require.ErrorIs(t, err, ErrLost)
	v, err = pair(feed, nil, some).values(true)
	require.NoError(t, err)
	require.Equal(t, 40.0, v[plan.Arrived.Key])
	require.NotContains(t, v, plan.Mallocs.Key, "it is not in Go")
	feed.NoDrop = false
	_, err = pair(feed, nil, some).values(false)
	require.NoError(t, err)
	_, err = pair(feed, nil, proto.Figures{proto.Received: 0}).values(true)
	require.ErrorIs(t, err, ErrLost)

	idle := proto.Case{Pattern: proto.PubSub, Idle: 2, Subs: 10}
	v, err = pair(idle, proto.Figures{
		proto.CPU: 1e7, proto.HeapBefore: 100, proto.Heap: 350, proto.RSSBefore: 1000, proto.RSS: 3000,
	}, proto.Figures{proto.CPU: 3e7}).values(false)
	require.NoError(t, err)
	require.Equal(t, Values{
		plan.Harness.Key: 1.5, plan.CPU.Key: 2, plan.HeapPeer.Key: 25, plan.RSSPeer.Key: 200,
	}, v)
}

func TestCPU(t *testing.T) {
	start := cpuClock{all: 10 * time.Second, self: time.Second, spawned: 2 * time.Second}
	start.at = time.Now()
	end := cpuClock{
		at: start.at.Add(4 * time.Second), all: 14 * time.Second, self: 1500 * time.Millisecond, spawned: 4 * time.Second,
	}
	require.InDelta(t, 37.5, end.others(start), 1e-9, "1.5 of 4 s were neither ours nor our children's")
	end.all = start.all
	require.Zero(t, end.others(start), "the kernel counts in hundredths")
	now, err := readCPU()
	require.NoError(t, err)
	require.Positive(t, now.all)
}

func TestFirstError(t *testing.T) {
	out := "x.c: In function main:\nx.c:1:10: fatal error: zmq.h: No such file or directory\ncompilation terminated.\n"
	require.Equal(t, ": x.c:1:10: fatal error: zmq.h: No such file or directory", firstError([]byte(out)))
	require.Empty(t, firstError(nil))
}

func TestAbsent(t *testing.T) {
	r, absent, err := New(within(t, 20*time.Second), t.TempDir(), []string{plan.Libzmq, plan.Ringmq})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	require.Len(t, absent, 1)
	require.ErrorContains(t, absent[plan.Libzmq], "libzmqpeer.c")
	_, err = r.Run(within(t, time.Second), plan.Row{}, plan.Entry{Contestant: plan.Libzmq}, false)
	require.True(t, errors.Is(err, ErrNoContestant))
}
