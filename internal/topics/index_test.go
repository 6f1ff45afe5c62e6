package topics

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// subscribe fills an index from lines such as "alice: A AAPL"; "-" is the empty topic.
func subscribe(lines ...string) *Index[string] {
	ix := new(Index[string])
	for _, line := range lines {
		p, list, _ := strings.Cut(line, ": ")
		for _, topic := range strings.Fields(list) {
			ix.Add([]byte(strings.TrimPrefix(topic, "-")), p)
		}
	}
	return ix
}

// dump is the index as "topic=peers" in order.
func dump(ix *Index[string]) (lines []string) {
	ix.All(func(topic []byte, peers int) { lines = append(lines, fmt.Sprintf("%s=%d", topic, peers)) })
	return lines
}

func TestIndexKeepsASetForEachPeer(t *testing.T) {
	type step struct {
		op, topic, peer string
		edge, done      bool // first and added, or last and removed
	}
	tests := []struct {
		name  string
		steps []step
		left  []string
	}{
		{"several SUBSCRIBEs, one CANCEL", []step{
			{"add", "A", "p", true, true},
			{"add", "A", "p", false, false},
			{"remove", "A", "p", true, true},
			{"remove", "A", "p", false, false},
		}, nil},
		{"two peers", []step{
			{"add", "A", "p", true, true},
			{"add", "A", "q", false, true},
			{"remove", "A", "p", false, true},
			{"remove", "A", "p", false, false},
			{"remove", "A", "q", true, true},
		}, nil},
		{"another peer's topic is unknown", []step{
			{"add", "A", "p", true, true},
			{"remove", "A", "q", false, false},
			{"add", "B", "q", true, true},
			{"remove", "A", "q", false, false},
		}, []string{"A=1", "B=1"}},
		{"prefixes are apart", []step{
			{"add", "AAPL", "p", true, true},
			{"add", "A", "p", true, true},
			{"add", "", "p", true, true},
			{"remove", "AA", "p", false, false},
			{"remove", "A", "p", true, true},
		}, []string{"=1", "AAPL=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ix Index[string]
			for i, st := range tt.steps {
				f := ix.Add
				if st.op == "remove" {
					f = ix.Remove
				}
				edge, done := f([]byte(st.topic), st.peer)
				require.Equal(t, st.edge, edge, "step %d", i)
				require.Equal(t, st.done, done, "step %d", i)
			}
			require.Equal(t, tt.left, dump(&ix))
			require.Equal(t, len(tt.left), ix.Topics())
		})
	}
}

func TestIndexMatch(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	tests := []struct {
		name  string
		lines []string
		topic string
		want  []string
	}{
		{"nobody", nil, "A", nil},
		{"everyone takes all", []string{"p: -", "q: -"}, "A", []string{"p", "q"}},
		{"everyone takes the empty topic", []string{"p: -", "q: A"}, "", []string{"p"}},
		{"each once", []string{"p: - A AA AAPL", "q: AA"}, "AAPL", []string{"p", "q"}},
		{"longest prefix first", []string{"p: A", "q: AAPL"}, "AAPL", []string{"q", "p"}},
		{"siblings do not", []string{"p: AAPL", "q: AMZN"}, "AMZN.N", []string{"q"}},
		{"longer do not", []string{"p: AAPL"}, "AAP", nil},
		{"a message as topic", []string{"p: - x", "q: xy"}, long, []string{"p"}},
		{"longest cached topic", []string{"p: x", "q: xy"}, long[:cachedTopic], []string{"p"}},
		{"a byte too long", []string{"p: x", "q: xy"}, long[:cachedTopic+1], []string{"p"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ix := subscribe(tt.lines...)
			for range 3 {
				require.ElementsMatch(t, tt.want, ix.Match([]byte(tt.topic)))
			}
		})
	}
}

func TestIndexRemovePeer(t *testing.T) {
	x := strings.Repeat("x", 2*cell)
	tests := []struct {
		name  string
		lines []string
		gone  []string
		left  []string
	}{
		{"unknown peer", []string{"q: A"}, nil, []string{"A=1"}},
		{"sorted", []string{"p: b - ab a c aa"}, []string{"", "a", "aa", "ab", "b", "c"}, nil},
		{"shared topics stay", []string{"p: A B C", "q: B"}, []string{"A", "C"}, []string{"B=1"}},
		{"forks go", []string{"p: AAPL AMZN", "q: B"}, []string{"AAPL", "AMZN"}, []string{"B=1"}},
		{"long", []string{"p: " + x + " x", "q: " + x + "y"}, []string{"x", x}, []string{x + "y=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ix := subscribe(tt.lines...)
			var gone []string
			ix.RemovePeer("p", func(topic []byte) { gone = append(gone, string(topic)) })
			require.Equal(t, tt.gone, gone)
			require.Equal(t, tt.left, dump(ix))
			require.NotContains(t, ix.peers, "p")

			silent := subscribe(tt.lines...)
			silent.RemovePeer("p", nil)
			require.Equal(t, tt.left, dump(silent))
		})
	}
}

func TestIndexForgetsAPeerWithoutSubscriptions(t *testing.T) {
	ix := subscribe("p: A B")
	ix.Remove([]byte("A"), "p")
	ix.Remove([]byte("B"), "p")
	require.Empty(t, ix.peers)
}

func TestIndexGivesMemoryBack(t *testing.T) {
	ix := subscribe("p: keep", "q: keep")
	name := func(i int) []byte { return fmt.Appendf(nil, "%05d", i) }
	for i := range 1000 {
		ix.Add(name(i), "p")
		ix.Add([]byte("crowd"), string(name(i)))
	}
	for i := range 1000 {
		ix.Remove(name(i), "p")
		ix.RemovePeer(string(name(i)), nil)
	}
	require.LessOrEqual(t, ix.peers["p"].peak, smallList)
	checkTree(t, &ix.tree, []string{"keep"})
	for i := range 999 {
		ix.Add([]byte("keep"), string(name(i)))
	}
	for i := range 999 {
		ix.RemovePeer(string(name(i)), nil)
	}
	require.LessOrEqual(t, cap(ix.tree.exact([]byte("keep")).value.peers), smallList)
	require.ElementsMatch(t, []string{"p", "q"}, ix.Match([]byte("keep")))
}

// The last of an audience takes the place of one that leaves, and must be found there.
func TestIndexAudienceLeavesInAnyOrder(t *testing.T) {
	for _, order := range []string{"pqr", "prq", "qpr", "qrp", "rpq", "rqp"} {
		t.Run(order, func(t *testing.T) {
			ix := subscribe("p: A", "q: A", "r: A")
			for i, p := range order {
				last, removed := ix.Remove([]byte("A"), string(p))
				require.True(t, removed)
				require.Equal(t, i == 2, last)
				require.ElementsMatch(t, strings.Split(order[i+1:], ""), ix.Match([]byte("A")))
			}
		})
	}
}
