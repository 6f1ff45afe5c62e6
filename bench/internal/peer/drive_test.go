package peer

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// nothing is a library that cannot do anything.
type nothing struct{}

func (nothing) Sender(proto.Case) (Sender, string, error) { return nil, "", ErrUnsupported }

func (nothing) Receiver(proto.Case, []string) (Receiver, string, error) {
	return nil, "", ErrUnsupported
}

func (nothing) Requester(proto.Case) (Requester, error) { return nil, ErrUnsupported }

func (nothing) Replier(proto.Case) (Replier, string, error) { return nil, "", ErrUnsupported }

// pipe is PUSH and PULL over a channel.
type pipe struct {
	nothing
	c chan []byte
}

func (p pipe) Sender(proto.Case) (Sender, string, error)               { return p, "", nil }
func (p pipe) Receiver(proto.Case, []string) (Receiver, string, error) { return p, "pipe", nil }

func (p pipe) Send(f *Feed) error {
	for b := f.Next(); b != nil; b = f.Next() {
		p.c <- bytes.Clone(b)
	}
	return nil
}

func (p pipe) Receive(t *Tally) error {
	for t.Take(<-p.c) {
	}
	return t.Err()
}

func TestMainRefuses(t *testing.T) {
	for args, complaint := range map[string]string{
		"":              "usage",
		"sender size=1": "pattern",
		"juggler transport=tcp pattern=push-pull size=16 count=1":  `role "juggler"`,
		"sender transport=tcp pattern=push-pull size=16 count=1":   "not supported",
		"receiver transport=tcp pattern=push-pull size=16 count=1": "not supported",
		"both transport=inproc pattern=push-pull size=16 count=1":  "not supported",
		"both transport=inproc pattern=req-rep size=16 count=1":    "not supported",
	} {
		in, stdin := io.Pipe()
		var out bytes.Buffer
		err := Main(nothing{}, strings.Fields(args), in, &out)
		require.ErrorContains(t, err, complaint, args)
		require.Equal(t, "error "+err.Error()+"\n", out.String())
		require.NoError(t, stdin.Close())
	}
}

// TestConversation holds one by hand.
func TestConversation(t *testing.T) {
	theirs, stdin := io.Pipe()
	stdout, ours := io.Pipe()
	done := make(chan error, 1)
	go func() {
		args := strings.Fields("both transport=inproc pattern=push-pull size=32 count=100 warmup=5")
		done <- Main(pipe{c: make(chan []byte)}, args, theirs, ours)
	}()
	lines := bufio.NewScanner(stdout)
	next := func() string {
		require.True(t, lines.Scan())
		return lines.Text()
	}
	require.Equal(t, "ready", next())
	_, err := io.WriteString(stdin, "go\n")
	require.NoError(t, err)
	require.Equal(t, "sent", next())
	word, rest := proto.ParseLine(next())
	require.Equal(t, proto.Result, word)
	figures, err := proto.ParseFigures(rest)
	require.NoError(t, err)
	require.EqualValues(t, 100, figures[proto.Received])
	require.Positive(t, figures[proto.Nanos])
	require.NoError(t, stdin.Close())
	require.NoError(t, <-done)
}

// TestHarnessLeaves: a program whose input ends before its result does not stay behind.
func TestHarnessLeaves(t *testing.T) {
	args := strings.Fields("receiver transport=inproc pattern=push-pull size=32 count=100")
	p := pipe{c: make(chan []byte)}
	require.ErrorIs(t, Main(p, args, new(bytes.Buffer), io.Discard), ErrLeft)
	p.c <- nil // the receiver ends too, for it is no message
}

func TestPacerIsNeverEarly(t *testing.T) {
	p := newPacer(20_000)
	var first uint64
	for k := range uint64(40) {
		due := p.wait(k)
		require.GreaterOrEqual(t, uint64(now()), due)
		if k == 0 {
			first = due
		}
		require.Equal(t, first+k*50_000, due)
	}
}

func TestClockIsTheSystems(t *testing.T) {
	base, offset := calibrate()
	require.InDelta(t, float64(now()), float64(offset)+float64(clockBase.Sub(base))+float64(now()-clockOffset), 1e5)
}

func TestSamplesFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "samples")
	require.NoError(t, writeSamples(name, nil))
	require.NoFileExists(t, name)
	require.NoError(t, writeSamples(name, []uint64{1, 258}))
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0}, b)
	require.NoError(t, writeSamples("", []uint64{1}))
}

func TestUsage(t *testing.T) {
	start := usage{cpu: 5, mem: runtime.MemStats{Mallocs: 10, NumGC: 254}}
	end := usage{cpu: 12, mem: runtime.MemStats{Mallocs: 13, NumGC: 258}}
	end.mem.PauseNs[253] = 99 // before the start
	end.mem.PauseNs[254], end.mem.PauseNs[255], end.mem.PauseNs[0], end.mem.PauseNs[1] = 3, 8, 7, 2
	f := proto.Figures{}
	end.since(start, f)
	require.Equal(t, proto.Figures{proto.CPU: 7, proto.Mallocs: 3, proto.GCs: 4, proto.GCPause: 8}, f)
	noteMemory(f, proto.Heap, proto.RSS)
	require.Positive(t, f[proto.Heap])
	require.Positive(t, f[proto.RSS])
}
