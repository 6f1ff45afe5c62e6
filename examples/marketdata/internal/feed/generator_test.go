package feed

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func generate(t *testing.T, seed uint64, n int) []Tick {
	t.Helper()
	g := NewGenerator(seed)
	ticks := make([]Tick, n)
	for i := range ticks {
		if err := g.Next(&ticks[i]); err != nil {
			t.Fatal(err)
		}
	}
	return ticks
}

func TestGeneratorIsDeterministic(t *testing.T) {
	require.Equal(t, generate(t, 7, 5000), generate(t, 7, 5000))
	require.NotEqual(t, generate(t, 7, 50), generate(t, 8, 50))
}

// liveOrders follows the feed as a subscriber that keeps the books would.
type liveOrders map[uint64]Tick

// apply returns what is wrong with the tick, or nil.
func (l liveOrders) apply(tick Tick) error {
	o, known := l[tick.OrderID]
	switch {
	case tick.Type == NewOrder && known:
		return errors.New("order id used twice")
	case tick.Type == NewOrder:
		l[tick.OrderID] = tick
		return nil
	case tick.Type == HiddenExecution && tick.OrderID != 0:
		return errors.New("hidden execution with an order id")
	case tick.Type == HiddenExecution:
		return nil
	case !known || o.Symbol != tick.Symbol || o.Price != tick.Price || o.Side != tick.Side:
		return fmt.Errorf("order is not there: %+v", o)
	case tick.Size > o.Size || tick.Type == Delete && tick.Size != o.Size || tick.Type == PartialCancel && tick.Size == o.Size:
		return fmt.Errorf("wrong size: %+v", o)
	}
	o.Size -= tick.Size
	l[tick.OrderID] = o
	if o.Size == 0 {
		delete(l, tick.OrderID)
	}
	return nil
}

func TestGeneratorTicksAreSound(t *testing.T) {
	live, last := liveOrders{}, time.Duration(0)
	for i, tick := range generate(t, 1, 100_000) {
		err := errors.Join(tick.check(), live.apply(tick))
		if err != nil || tick.Time < last || tick.Size == 0 || tick.Size%roundLot != 0 || tick.Price%cent != 0 {
			t.Fatalf("tick %d: %+v: %v", i, tick, err)
		}
		last = tick.Time
	}
}

func TestGeneratorLooksLikeAMarket(t *testing.T) {
	const n = 100_000
	symbols := NewGenerator(1).Symbols()
	require.Len(t, symbols, 50)
	perSymbol, perType := map[string]int{}, map[EventType]int{}
	short, mids := 0, map[string]map[int64]bool{}
	ticks := generate(t, 1, n)
	for i, tick := range ticks {
		perSymbol[tick.Symbol]++
		perType[tick.Type]++
		if i > 0 && tick.Time-ticks[i-1].Time < 20*time.Microsecond {
			short++
		}
		if tick.Type == HiddenExecution {
			if mids[tick.Symbol] == nil {
				mids[tick.Symbol] = map[int64]bool{}
			}
			mids[tick.Symbol][tick.Price] = true
		}
	}
	require.Len(t, perSymbol, 50, "every symbol trades")
	require.Greater(t, perSymbol[symbols[0]], 10*perSymbol[symbols[49]], "activity falls off by rank")
	require.Greater(t, perSymbol[symbols[0]], n/10)
	for _, kind := range []EventType{NewOrder, PartialCancel, Delete, Execution, HiddenExecution} {
		require.Greater(t, perType[kind], n/100, "type %d", kind)
	}
	require.Greater(t, short, n/6, "bursts")
	require.Less(t, short, n/2, "calm")
	require.Greater(t, len(mids[symbols[0]]), 10, "the price moves")
}

// The clock runs into the closing bell after some hundred million ticks, so the test sets it.
func TestGeneratorDayEnds(t *testing.T) {
	g := NewGenerator(1)
	g.now = closingBell - 1
	var tick Tick
	require.NoError(t, g.Next(&tick))
	require.Equal(t, openingBell, tick.Time)
}

func BenchmarkGenerator(b *testing.B) {
	g := NewGenerator(1)
	var tick Tick
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Next(&tick); err != nil {
			b.Fatal(err)
		}
	}
}
