package topics

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkTree fails unless t has the one shape that its members allow and its members are want, in order.
func checkTree[V any](t testing.TB, tr *tree[V], want []string) {
	t.Helper()
	var got []string
	tr.all(func(topic []byte, n *node[V]) {
		got = append(got, string(topic))
		require.Equal(t, string(topic), string(n.topic(nil)))
		require.Same(t, n, tr.exact(topic))
	})
	require.Equal(t, slices.Sorted(slices.Values(want)), got)
	require.Equal(t, len(want), tr.count)
	for n := &tr.root; n != nil; n = n.next() {
		checkNode(t, n)
	}
}

func checkNode[V any](t testing.TB, n *node[V]) {
	t.Helper()
	children := 0
	if n.kids != nil {
		children = len(n.kids.nodes)
		require.NotZero(t, children, "an empty fork")
		require.Len(t, n.kids.first, children)
		require.True(t, slices.IsSorted(n.kids.first))
		require.Less(t, cap(n.kids.nodes), max(smallList+1, slack*children), "idle memory")
	}
	for i := range children {
		k := n.kids.nodes[i]
		require.Same(t, n, k.parent)
		require.Equal(t, n.kids.first[i], k.label[0])
		require.Equal(t, n.end+len(k.label), k.end)
		require.Equal(t, n.end/cell, (k.end-1)/cell, "label crosses a cell")
	}
	needed := n.parent == nil || n.live || children > 1 || children == 1 && n.end%cell == 0
	require.True(t, needed, "node at %d is not needed", n.end)
}

func TestTreeShape(t *testing.T) {
	long := strings.Repeat("x", 3*cell)
	tests := []struct {
		name    string
		members []string
		nodes   int // without the root
	}{
		{"none", nil, 0},
		{"empty topic is the root", []string{""}, 0},
		{"one", []string{"AAPL"}, 1},
		{"nested", []string{"A", "AAPL", "AAPL.N"}, 3},
		{"nested backwards", []string{"AAPL.N", "AAPL", "A"}, 3},
		{"fork", []string{"AAPL", "AMZN"}, 3},
		{"fork that is a member", []string{"AAPL", "AMZN", "A"}, 3},
		{"no common prefix", []string{"a", "b", "\x00", "\xff"}, 4},
		{"one cell", []string{long[:cell]}, 1},
		{"a byte more", []string{long[:cell+1]}, 2},
		{"fork at the border of a cell", []string{long[:cell] + "a", long[:cell] + "b"}, 3},
		{"fork before the border", []string{long[:cell-1] + "a", long[:cell-1] + "b"}, 3},
		{"fork in the second cell", []string{long, long[:cell+9] + "a"}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tr tree[int]
			for _, m := range tt.members {
				tr.insert([]byte(m))
			}
			checkTree(t, &tr, tt.members)
			require.Equal(t, tt.nodes, countNodes(&tr)-1)
			for i, m := range tt.members {
				tr.remove(tr.exact([]byte(m)))
				checkTree(t, &tr, tt.members[i+1:])
			}
			require.Nil(t, tr.root.kids)
		})
	}
}

func countNodes[V any](tr *tree[V]) (n int) {
	for k := &tr.root; k != nil; k = k.next() {
		n++
	}
	return n
}

func TestTreeDeepest(t *testing.T) {
	var tr tree[int]
	for _, m := range []string{"A", "AAPL", "AAPL.N", "B\x00"} {
		tr.insert([]byte(m))
	}
	tests := []struct{ topic, want string }{
		{"", ""},
		{"A", "A"},
		{"AAP", "A"},
		{"AAPX", "A"},
		{"AAPL", "AAPL"},
		{"AAPL.", "AAPL"},
		{"AAPL.N", "AAPL.N"},
		{"AAPL.N.bid", "AAPL.N"},
		{"B", ""},
		{"B\x00", "B\x00"},
		{"B\x01", ""},
		{"Z", ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q", tt.topic), func(t *testing.T) {
			require.Equal(t, tt.want, string(tr.deepest([]byte(tt.topic)).topic(nil)))
		})
	}
}

func TestTreeCompare(t *testing.T) {
	x := strings.Repeat("x", cell)
	members := []string{"", "\x00", "A", "AA", "AB", "B", "\xff", x, x + "a", x + "b", x + x}
	var tr tree[int]
	for _, m := range members {
		tr.insert([]byte(m))
	}
	for _, a := range members {
		for _, b := range members {
			got := compare(tr.exact([]byte(a)), tr.exact([]byte(b)))
			require.Equal(t, strings.Compare(a, b), sign(got), "%q %q", a, b)
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }

func TestForkGivesMemoryBack(t *testing.T) {
	var tr tree[int]
	for b := range 256 {
		tr.insert([]byte{byte(b)})
	}
	for b := range 254 {
		tr.remove(tr.exact([]byte{byte(b)}))
	}
	checkTree(t, &tr, []string{"\xfe", "\xff"})
}

// A frame may be a gigabyte; 16 MiB would already show recursion or copies that grow with the square.
func TestTreeLongTopics(t *testing.T) {
	topic := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	var tr tree[int]
	tr.insert(topic)
	require.True(t, tr.exact(topic).live)
	for n := 1; n < len(topic); n *= 2 {
		tr.insert(topic[:n])
	}
	require.Equal(t, len(topic)/2, tr.deepest(topic[:len(topic)-1]).end)
	for n := 1; n < len(topic); n *= 2 {
		tr.remove(tr.exact(topic[:n]))
	}
	require.Equal(t, len(topic)/cell, countNodes(&tr)-1)
	tr.remove(tr.exact(topic))
	require.Nil(t, tr.root.kids)
}

// To subscribe below, and to take it back, costs a peer as many bytes as it sends, not as the topic above it has.
func TestTreeSplitCopiesACellAtTheMost(t *testing.T) {
	topic := bytes.Repeat([]byte("x"), 1<<20)
	var tr tree[int]
	tr.insert(topic)
	before := countNodes(&tr)
	for n := 1; n < 4*cell; n++ {
		tr.insert(topic[:n])
		require.LessOrEqual(t, countNodes(&tr), before+1)
		tr.remove(tr.exact(topic[:n]))
		require.Equal(t, before, countNodes(&tr))
	}
	for n := &tr.root; n != nil; n = n.next() {
		require.LessOrEqual(t, len(n.label), cell)
	}
}
