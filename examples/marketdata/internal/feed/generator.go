package feed

import (
	"math"
	"math/rand/v2"
	"sort"
	"time"
)

// The shape of the made-up market. The mix of events is that of an hour of a liquid NASDAQ stock.
const (
	openingBell = 9*time.Hour + 30*time.Minute
	closingBell = 16 * time.Hour

	calmGap       = 200 * time.Microsecond // mean time between ticks over all symbols
	burstGap      = 5 * time.Microsecond   // the same in a burst
	burstStart    = 1.0 / 2000             // chance that a calm tick sets a burst off
	burstEnd      = 1.0 / 500              // chance that a tick ends it
	burstHotShare = 0.6                    // of a burst's ticks, how many are of the symbol that set it off

	zipfExponent = 1.1        // activity of the symbol of rank r goes as 1/r^zipfExponent
	moveChance   = 0.1        // that a tick moves the symbol's mid price by a cent
	cent         = 100        // in units of Tick.Price
	minMid       = 500 * cent // five dollars
	roundLot     = 100        // shares
	maxLots      = 50
)

// Chances of the kind of event, summed up; the rest are deletions.
const (
	upToNew    = 0.47
	upToExec   = 0.57
	upToHidden = 0.62
	upToCancel = 0.65
)

// Generator makes up an endless feed of about fifty symbols: activity by Zipf's law, prices that walk at random by
// the cent, events that come in bursts, orders in round lots that are later cancelled, deleted or executed. The same
// seed gives the same feed. One goroutine at a time may use it.
type Generator struct {
	rng      *rand.Rand
	books    []book
	activity []float64 // running sum by rank, up to 1
	now      time.Duration
	hot      *book // of the symbol that a burst is about; nil when calm
	orderID  uint64
}

var _ Source = (*Generator)(nil)

// book is what the generator remembers of one symbol.
type book struct {
	symbol string
	mid    int64  // in units of Tick.Price, a multiple of a cent
	live   []Tick // orders in the book, as they were when new less what was taken since; at most maxLiveOrders
}

// NewGenerator returns a generator that starts at the opening bell.
func NewGenerator(seed uint64) *Generator {
	g := &Generator{rng: rand.New(rand.NewPCG(seed, 0)), now: openingBell}
	sum := 0.0
	for rank, s := range listed {
		g.books = append(g.books, book{symbol: s.symbol, mid: s.dollars * 100 * cent})
		sum += math.Pow(float64(rank+1), -zipfExponent)
		g.activity = append(g.activity, sum)
	}
	for i := range g.activity {
		g.activity[i] /= sum
	}
	return g
}

// Symbols implements [Source].
func (g *Generator) Symbols() []string {
	names := make([]string, len(g.books))
	for i := range g.books {
		names[i] = g.books[i].symbol
	}
	return names
}

// Next implements [Source]. It never returns an error. After the closing bell the clock starts again at the opening
// bell; the books stay.
func (g *Generator) Next(t *Tick) error {
	b := g.pick()
	g.advance(b)
	if g.rng.Float64() < moveChance {
		b.mid = max(minMid, b.mid+cent*int64(1-2*g.rng.IntN(2)))
	}
	*t = g.event(b)
	t.Symbol, t.Time = b.symbol, g.now
	return nil
}

// pick chooses whose turn it is.
func (g *Generator) pick() *book {
	if g.hot != nil && g.rng.Float64() < burstHotShare {
		return g.hot
	}
	i := sort.SearchFloat64s(g.activity, g.rng.Float64())
	return &g.books[min(i, len(g.books)-1)]
}

// advance moves the clock to the next tick and starts or ends a burst.
func (g *Generator) advance(b *book) {
	gap := calmGap
	if g.hot != nil {
		gap = burstGap
	}
	g.now += time.Duration(g.rng.ExpFloat64() * float64(gap))
	if g.now >= closingBell {
		g.now = openingBell
	}
	switch chance := g.rng.Float64(); {
	case g.hot == nil && chance < burstStart:
		g.hot = b
	case g.hot != nil && chance < burstEnd:
		g.hot = nil
	}
}

// event makes up what happens in b. All but a new order and a hidden execution need an order that is there.
func (g *Generator) event(b *book) Tick {
	chance := g.rng.Float64()
	switch {
	case chance < upToNew || len(b.live) == 0:
		return g.newOrder(b)
	case chance < upToExec:
		return g.take(b, Execution)
	case chance < upToHidden:
		return g.hidden(b)
	case chance < upToCancel:
		return g.take(b, PartialCancel)
	}
	return g.take(b, Delete)
}

// newOrder puts an order into the book, some cents from the middle, in place of an old one if the book is full.
func (g *Generator) newOrder(b *book) Tick {
	g.orderID++
	t := Tick{Type: NewOrder, OrderID: g.orderID, Size: g.lots() * roundLot, Side: g.side()}
	away := cent * int64(1+g.rng.ExpFloat64()*3)
	t.Price = max(cent, b.mid-int64(t.Side)*away)
	if len(b.live) < maxLiveOrders {
		b.live = append(b.live, t)
	} else {
		b.live[g.rng.IntN(maxLiveOrders)] = t
	}
	return t
}

// take removes a live order or, by whole lots, a part of it. A partial cancel leaves something; of an order of one
// lot it becomes a deletion.
func (g *Generator) take(b *book, kind EventType) Tick {
	i := g.rng.IntN(len(b.live))
	order := &b.live[i]
	t := *order
	t.Type = kind
	switch {
	case kind == PartialCancel && order.Size > roundLot:
		t.Size = roundLot
	case kind == PartialCancel:
		t.Type = Delete
	case kind == Execution:
		t.Size = min(order.Size, g.lots()*roundLot)
	}
	order.Size -= t.Size
	if order.Size == 0 {
		b.live[i] = b.live[len(b.live)-1]
		b.live = b.live[:len(b.live)-1]
	}
	return t
}

// hidden is an execution against an order that nobody saw, so without an id.
func (g *Generator) hidden(b *book) Tick {
	return Tick{Type: HiddenExecution, Size: g.lots() * roundLot, Price: b.mid, Side: g.side()}
}

// lots is mostly one, seldom many.
func (g *Generator) lots() uint32 { return uint32(min(maxLots, 1+g.rng.ExpFloat64()*1.5)) }

func (g *Generator) side() int8 {
	if g.rng.IntN(2) == 0 {
		return Buy
	}
	return Sell
}
