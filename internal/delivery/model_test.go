package delivery

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ringmq/ringmq"
)

// pair is a Window and an Intake with a wire of bytes between them, beside a plain model of both.
type pair struct {
	window *Window
	intake Intake
	limit  int
	clock  int64
	there  [][]byte // commands and, nil, messages on their way to the receiver
	back   [][]byte // commands on their way to the sender
	items  []Item   // sent, by number less 1

	inHand  map[uint64]Item // arrived and not dealt with, by number
	flight  map[uint64]Item // what the sender should think is in flight, by number
	sent    map[uint64]int64
	expired map[uint64]Item
	acked   map[uint64]bool // by the receiver
	refused map[uint64]Refusal

	done, late []Item // as the window has told
	given      map[Item]Refusal
}

func (p *pair) Done(it Item)                { p.done = append(p.done, it) }
func (p *pair) Late(it Item)                { p.late = append(p.late, it) }
func (p *pair) Refused(it Item, by Refusal) { p.given[it] = by }

func newPair(t *rapid.T) *pair {
	limit := rapid.IntRange(1, 8).Draw(t, "window")
	return &pair{
		window: NewWindow(limit), limit: limit,
		inHand: map[uint64]Item{}, flight: map[uint64]Item{}, sent: map[uint64]int64{}, expired: map[uint64]Item{},
		acked: map[uint64]bool{}, refused: map[uint64]Refusal{}, given: map[Item]Refusal{},
	}
}

func (p *pair) send(t *rapid.T) {
	require.Equal(t, p.limit-len(p.flight), p.window.Room())
	if p.window.Room() == 0 {
		return
	}
	it := Item{
		Sequence:   rapid.Uint64Range(1, 20).Draw(t, "sequence"),
		Producer:   rapid.Uint64Range(1, 2).Draw(t, "producer"),
		Deliveries: rapid.IntRange(1, 3).Draw(t, "deliveries"),
	}
	if n := len(p.items); n > 0 && rapid.Bool().Draw(t, "follows") {
		it = Item{p.items[n-1].Sequence + 1, p.items[n-1].Producer, 1, ""}
	}
	seq, tell := p.window.Send(it, p.clock)
	if tell {
		p.there = append(p.there, AppendSeq(nil, seq))
	}
	p.there = append(p.there, nil)
	p.items = append(p.items, it)
	number := uint64(len(p.items))
	p.flight[number], p.sent[number] = it, p.clock
}

// arrive takes the next frame off the wire.
func (p *pair) arrive(t *rapid.T) {
	if len(p.there) == 0 {
		return
	}
	frame := p.there[0]
	p.there = p.there[1:]
	if frame != nil {
		c, err := Parse(split(frame))
		require.NoError(t, err)
		p.intake.Announce(*c.Seq)
		return
	}
	a, err := p.intake.Arrive()
	require.NoError(t, err)
	it := p.items[a.Number-1]
	require.Equal(t, it, Item{a.Sequence, a.Producer, a.Deliveries, ""})
	p.inHand[a.Number] = it
}

func (p *pair) draw(t *rapid.T) (uint64, bool) {
	if len(p.inHand) == 0 {
		return 0, false
	}
	n := rapid.SampledFrom(slices.Sorted(maps.Keys(p.inHand))).Draw(t, "number")
	delete(p.inHand, n)
	return n, true
}

func (p *pair) ack(t *rapid.T) {
	if n, ok := p.draw(t); ok {
		p.intake.Ack(n)
		p.acked[n] = true
		p.intake.Ack(n) // once more says nothing
		p.intake.Refuse(n, 0)
	}
}

func (p *pair) refuse(t *rapid.T) {
	if n, ok := p.draw(t); ok {
		d := time.Duration(rapid.IntRange(0, 5).Draw(t, "delay")) * time.Millisecond
		p.intake.Refuse(n, d)
		p.refused[n] = Refusal{n, d}
	}
}

func (p *pair) report(t *rapid.T) {
	fresh := p.intake.Fresh()
	r, ok := p.intake.Report()
	require.Equal(t, fresh > 0, ok)
	require.Zero(t, p.intake.Fresh())
	if !ok {
		return
	}
	if len(r.Refused) > 0 {
		body, rest := AppendNak(nil, r.Refused)
		require.Empty(t, rest)
		p.back = append(p.back, body)
	}
	p.back = append(p.back, AppendAck(nil, r.Upto, r.Ranges))
}

// apply takes the next command off the wire and compares what the window tells with what the model knows.
func (p *pair) apply(t *rapid.T) {
	if len(p.back) == 0 {
		return
	}
	c, err := Parse(split(p.back[0]))
	require.NoError(t, err)
	p.back = p.back[1:]
	p.done, p.late, p.given = nil, nil, map[Item]Refusal{}
	require.NoError(t, p.window.Apply(c.Report, p))
	var done, late []Item
	given := map[Item]Refusal{}
	covered := func(n uint64) bool {
		return n <= c.Report.Upto || slices.ContainsFunc(c.Report.Ranges, func(r Range) bool { return r.First <= n && n <= r.Last })
	}
	for _, f := range c.Report.Refused {
		require.Equal(t, p.refused[f.Number], f)
		if it, ok := p.flight[f.Number]; ok {
			given[it] = f
		}
		delete(p.flight, f.Number)
		delete(p.expired, f.Number)
	}
	for _, n := range slices.Sorted(maps.Keys(p.flight)) {
		if covered(n) {
			require.True(t, p.acked[n], "%d counts as acknowledged and is not", n)
			done = append(done, p.flight[n])
			delete(p.flight, n)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(p.expired)) {
		if covered(n) {
			require.True(t, p.acked[n])
			late = append(late, p.expired[n])
			delete(p.expired, n)
		}
	}
	require.Equal(t, done, p.done)
	require.Equal(t, late, p.late)
	require.Equal(t, given, p.given)
}

func (p *pair) expire(t *rapid.T) {
	p.clock++
	before := p.clock - rapid.Int64Range(0, 10).Draw(t, "age")
	var got, want []Item
	p.window.Expire(before, func(it Item) { got = append(got, it) })
	for _, n := range slices.Sorted(maps.Keys(p.flight)) {
		if p.sent[n] <= before {
			want = append(want, p.flight[n])
			p.expired[n] = p.flight[n]
			delete(p.flight, n)
		}
	}
	for len(p.expired) > p.limit { // the oldest are forgotten
		delete(p.expired, slices.Min(slices.Collect(maps.Keys(p.expired))))
	}
	require.Equal(t, want, got)
}

func (p *pair) check(t *rapid.T) {
	require.Equal(t, len(p.flight), p.window.Len())
	require.LessOrEqual(t, len(p.window.entries), 2*p.limit+slack)
	require.LessOrEqual(t, len(p.window.late), p.limit)
	oldest, ok := p.window.Oldest()
	require.Equal(t, len(p.flight) > 0, ok)
	if ok {
		require.Equal(t, p.sent[slices.Min(slices.Collect(maps.Keys(p.flight)))], oldest)
	}
}

// TestWindowAndIntake: whatever the order of events, the sender knows at each moment exactly what the receiver has told.
func TestWindowAndIntake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(t)
		t.Repeat(map[string]func(*rapid.T){
			"send": p.send, "arrive": p.arrive, "ack": p.ack, "refuse": p.refuse, "report": p.report, "apply": p.apply,
			"expire": p.expire, "": p.check,
		})
		// In the end everything arrives and is acknowledged.
		for len(p.there) > 0 {
			p.arrive(t)
		}
		for len(p.inHand) > 0 {
			p.ack(t)
		}
		for p.report(t); len(p.back) > 0; {
			p.apply(t)
		}
		require.Zero(t, p.window.Len())
		require.Empty(t, p.intake.acked)
		require.Equal(t, uint64(len(p.items)), p.intake.dealt.Floor())
	})
}

// TestDrain: at the end of a connection everything in flight is given back, and nothing else.
func TestDrain(t *testing.T) {
	w := NewWindow(10)
	var want []string
	for n := uint64(1); n <= 6; n++ {
		w.Send(Item{Sequence: n}, 0)
		if n != 2 {
			want = append(want, fmt.Sprint(n, n <= 4))
		}
	}
	p := &pair{given: map[Item]Refusal{}}
	require.NoError(t, w.Apply(&Report{Upto: 0, Ranges: []Range{{2, 2}}}, p))
	var got []string
	w.Drain(4, func(it Item, written bool) { got = append(got, fmt.Sprint(it.Sequence, written)) })
	require.Equal(t, want, got)
}

// TestReportOfWhatWasNotSent: a peer cannot acknowledge, or refuse, what it was not given.
func TestReportOfWhatWasNotSent(t *testing.T) {
	w := NewWindow(10)
	w.Send(Item{Sequence: 1}, 0)
	p := &pair{given: map[Item]Refusal{}}
	for _, r := range []Report{{Upto: 2}, {Ranges: []Range{{2, 2}}}, {Refused: []Refusal{{Number: 2}}}} {
		require.ErrorIs(t, w.Apply(&r, p), ringmq.ErrProtocol)
		require.Equal(t, 1, w.Len())
	}
	require.Empty(t, p.done)
	require.Empty(t, p.given)
}

// TestSet compares the set with a map.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		model := map[uint64]bool{}
		number := rapid.Uint64Range(1, 40)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := number.Draw(t, "n")
				require.Equal(t, !model[n], s.Add(n))
				model[n] = true
			},
			"raise": func(t *rapid.T) {
				upto := number.Draw(t, "upto")
				s.Raise(upto)
				for n := uint64(1); n <= upto; n++ {
					model[n] = true
				}
			},
			"": func(t *rapid.T) {
				floor := uint64(0)
				for model[floor+1] {
					floor++
				}
				require.Equal(t, floor, s.Floor())
				for n := uint64(1); n <= 42; n++ {
					require.Equal(t, model[n], s.Contains(n), n)
				}
				for i, r := range s.above {
					require.LessOrEqual(t, r.First, r.Last)
					require.True(t, i == 0 && r.First > floor+1 || i > 0 && r.First > s.above[i-1].Last+1)
				}
			},
		})
	})
}

// TestKeys: of one key nothing overtakes, and all that is in flight is with one peer.
func TestKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k Keys
		type flying struct {
			it   Item
			peer uint64
		}
		var flight []flying
		back := map[string]map[uint64]bool{"a": {}, "b": {}}
		next := uint64(1)
		take := func(t *rapid.T, it Item) {
			peer := rapid.Uint64Range(1, 2).Draw(t, "peer")
			may := true
			for _, f := range flight {
				may = may && (f.it.Key != it.Key || f.peer == peer)
			}
			for n := range back[it.Key] {
				may = may && n >= it.Sequence
			}
			require.Equal(t, may, k.May(it, peer))
			if may {
				k.Take(it, peer)
				delete(back[it.Key], it.Sequence)
				flight = append(flight, flying{it, peer})
			}
		}
		land := func(t *rapid.T) (Item, bool) {
			if len(flight) == 0 {
				return Item{}, false
			}
			i := rapid.IntRange(0, len(flight)-1).Draw(t, "which")
			it := flight[i].it
			flight = slices.Delete(flight, i, i+1)
			return it, true
		}
		waiting := func(t *rapid.T) (Item, bool) {
			key := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
			if len(back[key]) == 0 {
				return Item{}, false
			}
			return Item{Key: key, Sequence: rapid.SampledFrom(slices.Sorted(maps.Keys(back[key]))).Draw(t, "back")}, true
		}
		t.Repeat(map[string]func(*rapid.T){
			"fresh": func(t *rapid.T) {
				take(t, Item{Key: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), Sequence: next})
				next++
			},
			"again": func(t *rapid.T) {
				if it, ok := waiting(t); ok {
					take(t, it)
				}
			},
			"done": func(t *rapid.T) {
				if it, ok := land(t); ok {
					k.Done(it)
				}
			},
			"back": func(t *rapid.T) {
				if it, ok := land(t); ok {
					k.Back(it)
					back[it.Key][it.Sequence] = true
				}
			},
			"settled": func(t *rapid.T) {
				if it, ok := waiting(t); ok {
					k.Settled(it)
					delete(back[it.Key], it.Sequence)
				}
			},
			"wait": func(t *rapid.T) {
				it := Item{Key: "a", Sequence: next}
				next++
				k.Wait(it)
				back[it.Key][it.Sequence] = true
			},
			"forget": func(*rapid.T) {
				k.Forget()
				clear(back["a"])
				clear(back["b"])
			},
			"": func(t *rapid.T) {
				held := map[string]bool{}
				for _, f := range flight {
					held[f.it.Key] = true
				}
				for key, ns := range back {
					if len(ns) > 0 {
						held[key] = true
					}
				}
				require.Equal(t, len(held), k.Len())
			},
		})
		require.True(t, k.May(Item{Sequence: next}, 1), "a message without a key waits for nothing")
	})
}
