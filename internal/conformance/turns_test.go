package conformance_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// handOut are the types that give each message to one peer, in turn, with one that receives from them.
var handOut = []struct{ from, to string }{
	{"PUSH", "PULL"}, {"DEALER", "ROUTER"}, {"SCATTER", "GATHER"}, {"CLIENT", "SERVER"},
}

// overHandOut runs body for each pair, over every transport.
func overHandOut(t *testing.T, body func(t *testing.T, from, to constructor, fresh func() string)) {
	t.Helper()
	for _, pair := range handOut {
		t.Run(pair.from, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) { body(t, types[pair.from], types[pair.to], fresh) })
		})
	}
}

// last is the last frame of the next message: what was sent, whatever the type puts in front.
func last(t *testing.T, s sock) string {
	t.Helper()
	frames := recv(t, s.(receiver))
	return frames[len(frames)-1]
}

// TestTakesTurns: each of n peers gets every n-th message (RFC 28, 30, 41, 49), whoever binds.
func TestTakesTurns(t *testing.T) {
	const peers, each = 3, 50
	overHandOut(t, func(t *testing.T, from, to constructor, fresh func() string) {
		for _, order := range []string{"sender binds", "sender connects"} {
			t.Run(order, func(t *testing.T) {
				s := open(t, from)
				bound := bind(t, s, fresh())
				var all []sock
				for range peers {
					r := open(t, to)
					if all = append(all, r); order == "sender binds" {
						join(t, s, r, bound)
					} else {
						link(t, r, s, fresh())
					}
				}
				for i := range peers * each {
					send(t, s.(sender), strconv.Itoa(i))
				}
				seen := map[int]bool{}
				for _, r := range all {
					first, err := strconv.Atoi(last(t, r))
					require.NoError(t, err)
					require.Less(t, first, peers)
					seen[first] = true
					for k := 1; k < each; k++ {
						require.Equal(t, strconv.Itoa(first+k*peers), last(t, r))
					}
					requireEmpty(t, r.(receiver))
				}
				require.Len(t, seen, peers)
			})
		}
	})
}

// TestServesPeersInTurn: while all have messages waiting, no peer is served twice before the others.
func TestServesPeersInTurn(t *testing.T) {
	const peers, each = 4, 30
	overHandOut(t, func(t *testing.T, from, to constructor, fresh func() string) {
		r := open(t, to)
		bound := bind(t, r, fresh())
		for i := range peers {
			s := open(t, from)
			join(t, r, s, bound)
			for range each {
				send(t, s.(sender), strconv.Itoa(i))
			}
		}
		awaitPending(t, r, peers*each)
		for range each {
			round := map[string]bool{}
			for range peers {
				round[last(t, r)] = true
			}
			require.Len(t, round, peers)
		}
	})
}
