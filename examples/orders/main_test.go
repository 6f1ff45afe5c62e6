package main

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/spool"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is how long anything may take.
const patience = 20 * time.Second

// staff is a part that is at work, until it is sent home.
type staff struct {
	cancel context.CancelFunc
	done   chan error
}

func hire(t *testing.T, part string, at place) *staff {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &staff{cancel, make(chan error, 1)}
	go func() { s.done <- parts[part](ctx, at) }()
	t.Cleanup(cancel)
	return s
}

func (s *staff) home(t *testing.T) {
	t.Helper()
	s.cancel()
	select {
	case err := <-s.done:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(patience):
		t.Fatal("it does not go home")
	}
}

// delivered waits until the orders up to n have been delivered.
func delivered(t *testing.T, at place, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		b, err := os.ReadFile(at.list())
		times := map[int]int{}
		for line := range strings.Lines(string(b)) {
			number, _, _ := strings.Cut(line, "\t")
			i, err := strconv.Atoi(number)
			require.NoError(t, err)
			times[i]++
		}
		for i := 1; i <= n && err == nil; i++ {
			if times[i] == 0 {
				return false
			}
		}
		return err == nil
	}, patience, time.Millisecond)
}

// TestOrders: whoever goes home and comes back, every order is delivered, and none is left out.
func TestOrders(t *testing.T) {
	at := place{
		dir: t.TempDir(), shop: "tcp://" + nettest.TCP(t), kitchen: "tcp://" + nettest.TCP(t),
		between: 2 * time.Millisecond, out: io.Discard,
	}
	all := map[string]*staff{}
	for part := range parts {
		all[part] = hire(t, part, at)
	}
	n := 0
	for _, part := range []string{"kitchen", "shop", "door", "kitchen"} {
		n += 20
		delivered(t, at, n)
		all[part].home(t)
		all[part] = hire(t, part, at)
	}
	all["shop"].home(t)
	sp, err := spool.Open(at.spoolOf("shop"))
	require.NoError(t, err)
	n = int(sp.Stats().Last)
	require.NoError(t, sp.Close())
	all["shop"] = hire(t, "shop", at) // some may still be in its spool
	delivered(t, at, n)
	all["shop"].home(t)
	all["kitchen"].home(t)
	all["door"].home(t)
}
