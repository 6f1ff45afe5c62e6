package feed

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAssign(t *testing.T) {
	symbols := []string{"AAPL", "MSFT"}
	cases := []struct {
		mode string
		n    int
		want []Topics
	}{
		{"all", 2, []Topics{{""}, {""}}},
		{"mix", 1, []Topics{{""}}},
		{"mix", 6, []Topics{{""}, {"AAPL"}, {"MSFT"}, {"AAPL"}, {""}, {"MSFT"}}},
		{"AAPL", 1, []Topics{{"AAPL"}}},
		{"AAPL, G", 2, []Topics{{"AAPL", "G"}, {"AAPL", "G"}}},
	}
	for _, c := range cases {
		got, err := Assign(c.mode, c.n, symbols)
		require.NoError(t, err, c.mode)
		require.Equal(t, c.want, got, c.mode)
	}
}

func TestAssignRefuses(t *testing.T) {
	for _, mode := range []string{"", "A,,B", "A,", " "} {
		_, err := Assign(mode, 1, []string{"A"})
		require.ErrorIs(t, err, errNoTopics, mode)
	}
	_, err := Assign("mix", 1, nil)
	require.ErrorIs(t, err, errNoSymbols)
	for _, mode := range []string{"mix", "all", "A"} {
		_, err = Assign(mode, 0, []string{"A"})
		require.ErrorIs(t, err, errNobody)
	}
}

func TestTopicsMatchByPrefix(t *testing.T) {
	cases := []struct {
		topics Topics
		topic  string
		want   bool
	}{
		{Topics{""}, "AAPL", true},
		{Topics{""}, "", true},
		{Topics{"A"}, "AAPL", true},
		{Topics{"GOOG"}, "GOOGL", true},
		{Topics{"GOOGL"}, "GOOG", false},
		{Topics{"MSFT", "A"}, "AMD", true},
		{Topics{"AAPL"}, "aapl", false},
		{nil, "AAPL", false},
	}
	for _, c := range cases {
		require.Equal(t, c.want, c.topics.Match(c.topic), "%q %q", c.topics, c.topic)
	}
}

// The count by topic against a count message by message.
func TestTallyExpected(t *testing.T) {
	subs, err := Assign("mix", 70, NewGenerator(1).Symbols())
	require.NoError(t, err)
	subs = append(subs, Topics{"A", "AA", "AAPL"}, Topics{"none"}, nil)
	var tally Tally
	want := uint64(0)
	for _, tick := range generate(t, 3, 5000) {
		tally.Add(tick.Symbol)
		for _, topics := range subs {
			for _, prefix := range topics {
				if strings.HasPrefix(tick.Symbol, prefix) {
					want++
					break
				}
			}
		}
	}
	require.EqualValues(t, 5000, tally.Published())
	require.Equal(t, want, tally.Expected(subs...))
	require.EqualValues(t, 5000, tally.Expected(Topics{""}))
	require.Zero(t, tally.Expected())
}
