package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/socket"
)

// tuned waits until what the dishes have joined and left so far has reached the radio, and leaves them empty: a radio
// is told in the order in which groups were joined, so one that is tried until it works comes after all others.
func tuned(t *testing.T, radio sender, dishes ...*radiodish.Dish) {
	t.Helper()
	for _, dish := range dishes {
		settle(t, radio, dish, dish.Join, dish.Leave)
	}
}

// TestGroupsMatchAsAWhole, byte by byte; the empty one is a group like any other.
func TestGroupsMatchAsAWhole(t *testing.T) {
	long := longTopic(radiodish.MaxGroup)
	tests := map[string]struct{ joined, yes, no []string }{
		"one":     {[]string{"AAPL"}, []string{"AAPL"}, []string{"AAP", "AAPL.O", "", "aapl", "XAAPL"}},
		"several": {[]string{"A", "B", "AB"}, []string{"B", "A", "AB"}, []string{"", "ABC", "C", "BA"}},
		"empty":   {[]string{""}, []string{""}, []string{"x", " "}},
		"none":    {nil, nil, []string{"", "x"}},
		"binary":  {[]string{"\xff\x01", "\x01"}, []string{"\x01", "\xff\x01"}, []string{"\x02", "\xff", "\x01\x01"}},
		"longest": {[]string{long}, []string{long}, []string{long[1:], long[:254]}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				radio, dish := open(t, radiodish.NewRadio), open(t, radiodish.NewDish)
				for _, group := range test.joined {
					require.NoError(t, dish.Join(group))
				}
				link(t, radio, dish, fresh())
				tuned(t, radio, dish)
				requireFiltered(t, radio, dish, test.yes, test.no)
			})
		})
	}
}

// TestEachDishHasItsGroups, and all members of a group get each message once.
func TestEachDishHasItsGroups(t *testing.T) {
	const n = 100
	everywhere(t, func(t *testing.T, fresh func() string) {
		radio := open(t, radiodish.NewRadio)
		bound := bind(t, radio, fresh())
		groups := [][]string{{"A"}, {"B"}, {"A", "B"}, {"C"}, {}}
		var dishes []*radiodish.Dish
		for _, gs := range groups {
			dish := open(t, radiodish.NewDish)
			join(t, radio, dish, bound)
			for _, g := range gs {
				require.NoError(t, dish.Join(g))
			}
			dishes = append(dishes, dish)
		}
		tuned(t, radio, dishes...)
		for i := range n {
			send(t, radio, "A", fmt.Sprint(i))
			require.NoError(t, radio.SendBytes(deadline(t), []byte("B"), fmt.Append(nil, i)))
		}
		for i, gs := range groups {
			for k := range n {
				for _, g := range []string{"A", "B"} {
					if slices.Contains(gs, g) {
						require.Equal(t, []string{g, fmt.Sprint(k)}, recv(t, dishes[i]))
					}
				}
			}
			requireEmpty(t, dishes[i])
		}
	})
}

// TestJoinAndLeave take effect at the next message, on a connection that is there and, when it connects, on one that
// is not; calls that do not fit what was joined are errors.
func TestJoinAndLeave(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		radio, dish := open(t, radiodish.NewRadio), open(t, radiodish.NewDish)
		require.ErrorIs(t, dish.Leave("A"), ringmq.ErrNotFound)
		require.NoError(t, dish.Join("A"))
		require.ErrorIs(t, dish.Join("A"), ringmq.ErrState)
		require.NoError(t, dish.Join("B"))
		require.NoError(t, dish.Leave("B"))
		require.ErrorIs(t, dish.Leave("B"), ringmq.ErrNotFound)
		link(t, radio, dish, fresh())
		for range 3 {
			tuned(t, radio, dish)
			send(t, radio, "B", "no")
			send(t, radio, "A", "yes")
			require.Equal(t, []string{"A", "yes"}, recv(t, dish))
			require.NoError(t, dish.Leave("A"))
			require.NoError(t, dish.Join("B"))
			tuned(t, radio, dish)
			send(t, radio, "A", "no")
			send(t, radio, "B", "yes")
			require.Equal(t, []string{"B", "yes"}, recv(t, dish))
			require.NoError(t, dish.Leave("B"))
			require.NoError(t, dish.Join("A"))
		}
		requireEmpty(t, dish)
	})
}

// TestGroupNames: at most 255 bytes, none of them zero (RFC 48).
func TestGroupNames(t *testing.T) {
	dish, radio := open(t, radiodish.NewDish), open(t, radiodish.NewRadio)
	for group, want := range map[string]error{
		strings.Repeat("g", 256):   ringmq.ErrTooLarge,
		strings.Repeat("g", 10000): ringmq.ErrTooLarge,
		"\x00":                     ringmq.ErrInvalidOption,
		"a\x00":                    ringmq.ErrInvalidOption,
		"a\x00b":                   ringmq.ErrInvalidOption,
	} {
		err := dish.Join(group)
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, "DISH join")
		require.ErrorIs(t, dish.Leave(group), ringmq.ErrNotFound)
		if want == ringmq.ErrInvalidOption {
			want = ringmq.ErrInvalidMessage
		}
		err = radio.TrySend(ringmq.NewString(group, "body"))
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, "RADIO send")
	}
}

// TestMessagesThatAreNoGroupAndBody are refused, and nothing of them travels.
func TestMessagesThatAreNoGroupAndBody(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		radio, dish := open(t, radiodish.NewRadio), open(t, radiodish.NewDish)
		require.NoError(t, dish.Join("A"))
		link(t, radio, dish, fresh())
		tuned(t, radio, dish)
		ctx := deadline(t)
		for _, frames := range [][]string{{"A"}, {""}, {"A", "body", "more"}, {"A", "", "", ""}} {
			m := ringmq.NewString(frames...)
			require.ErrorIs(t, radio.Send(ctx, m), ringmq.ErrInvalidMessage, "%q", frames)
			require.ErrorIs(t, radio.SendBytes(ctx, m.Frames()...), ringmq.ErrInvalidMessage, "%q", frames)
		}
		send(t, radio, "A", "body")
		require.Equal(t, []string{"A", "body"}, recv(t, dish))
		requireEmpty(t, dish)
	})
}

// numberedBody is a body of 64 KiB, few of which fill the kernel's buffers, that says which it is.
func numberedBody(n int) string { return fmt.Sprintf("%08d", n) + strings.Repeat("x", 64<<10) }

// numberOf reads a numberedBody.
func numberOf(t *testing.T, m []string) (n int) {
	t.Helper()
	_, err := fmt.Sscanf(m[1][:8], "%d", &n)
	require.NoError(t, err)
	return n
}

// TestRadioNeverWaits: not without peers, nor without members, and not for a dish at its mark. That one loses what is
// above the marks, which is counted, and the others lose nothing.
func TestRadioNeverWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		radio := open(t, radiodish.NewRadio, socket.WithSendHWM(8))
		require.NoError(t, radio.TrySend(ringmq.NewString("A", "to nobody")))
		slow, quick := open(t, radiodish.NewDish, socket.WithRecvHWM(4)), open(t, radiodish.NewDish)
		bound := bind(t, radio, fresh())
		join(t, radio, slow, bound)
		join(t, radio, quick, bound)
		require.NoError(t, radio.TrySend(ringmq.NewString("A", "to no member")))
		before := radio.Stats()
		require.Zero(t, before.Sent+before.Dropped+before.Queued)
		require.NoError(t, slow.Join("A"))
		require.NoError(t, quick.Join("A"))
		tuned(t, radio, slow, quick)

		before = radio.Stats()
		sent := 0
		for ; radio.Stats().Dropped-before.Dropped < 20; sent++ {
			require.Less(t, sent, 100_000)
			require.NoError(t, radio.TrySend(ringmq.NewString("A", numberedBody(sent))))
			require.Equal(t, sent, numberOf(t, recv(t, quick)))
		}
		dropped, last := int(radio.Stats().Dropped-before.Dropped), -1
		for range sent - dropped {
			n := numberOf(t, recv(t, slow))
			require.Greater(t, n, last)
			last = n
		}
		tuned(t, radio, slow)
		requireEmpty(t, slow)
	})
}

// TestRadioThatDropsNothing waits for its slowest member, until there is room or the member leaves.
func TestRadioThatDropsNothing(t *testing.T) {
	marks := []socket.Option{socket.WithSendHWM(6), socket.WithRecvHWM(6)}
	everywhere(t, func(t *testing.T, fresh func() string) {
		radio := open(t, radiodish.NewRadio, append(marks, socket.WithNoDrop())...)
		dish := open(t, radiodish.NewDish, marks...)
		require.NoError(t, dish.Join("A"))
		link(t, radio, dish, fresh())
		tuned(t, radio, dish)
		sent := fill(t, radio, ringmq.NewString("A", numberedBody(0)))
		require.NoError(t, radio.TrySend(ringmq.NewString("B", "to no member")))
		done := begin(func() error { return radio.Send(deadline(t), ringmq.NewString("A", "last")) })
		drain(t, dish, sent)
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"A", "last"}, recv(t, dish))

		fill(t, radio, ringmq.NewString("A", numberedBody(0)))
		done = begin(func() error { return radio.Send(deadline(t), ringmq.NewString("A", "to nobody")) })
		require.NoError(t, dish.Leave("A"))
		require.NoError(t, result(t, done))
		require.Zero(t, radio.Stats().Dropped)
	})
}

// TestGroupsOutliveConnections: a radio that comes back, and another one, are told all groups.
func TestGroupsOutliveConnections(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		dish, endpoint := open(t, radiodish.NewDish), fresh()
		require.NoError(t, dish.Connect(endpoint))
		for i := range 4 {
			require.NoError(t, dish.Join(fmt.Sprint("group ", i)))
			radio := open(t, radiodish.NewRadio, socket.WithLinger(patience))
			bind(t, radio, endpoint)
			awaitPeers(t, radio, 1)
			tuned(t, radio, dish)
			for k := range 5 {
				send(t, radio, fmt.Sprint("group ", k), "body")
			}
			for k := range i + 1 {
				require.Equal(t, []string{fmt.Sprint("group ", k), "body"}, recv(t, dish))
			}
			shut(t, radio)
			awaitPeers(t, dish, 0)
		}
		requireEmpty(t, dish)
	})
}

// TestDishServesRadiosInTurn: while all have messages waiting, none is served twice before the others.
func TestDishServesRadiosInTurn(t *testing.T) {
	const radios, each = 3, 30
	everywhere(t, func(t *testing.T, fresh func() string) {
		dish := open(t, radiodish.NewDish)
		require.NoError(t, dish.Join("A"))
		for i := range radios {
			radio := open(t, radiodish.NewRadio)
			link(t, radio, dish, fresh())
			for radio.Stats().Sent+radio.Stats().Queued < each {
				send(t, radio, "A", fmt.Sprint(i))
			}
		}
		awaitPending(t, dish, radios*each)
		for range each {
			round := map[string]bool{}
			for range radios {
				round[recv(t, dish)[1]] = true
			}
			require.Len(t, round, radios)
		}
	})
}
