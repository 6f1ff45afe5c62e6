package topics

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetCounts(t *testing.T) {
	type step struct {
		op, topic string
		changes   bool // first or last
		known     bool // of Remove
		distinct  int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"as often as added", []step{
			{"add", "A", true, false, 1},
			{"add", "A", false, false, 1},
			{"remove", "A", false, true, 1},
			{"remove", "A", true, true, 0},
			{"remove", "A", false, false, 0},
		}},
		{"a prefix of a member is unknown", []step{
			{"add", "AAPL", true, false, 1},
			{"remove", "AA", false, false, 1},
			{"remove", "AAPL.N", false, false, 1},
			{"remove", "", false, false, 1},
		}},
		{"a fork is unknown", []step{
			{"add", "AAPL", true, false, 1},
			{"add", "AMZN", true, false, 2},
			{"remove", "A", false, false, 2},
		}},
		{"the empty topic", []step{
			{"remove", "", false, false, 0},
			{"add", "", true, false, 1},
			{"add", "", false, false, 1},
			{"remove", "", false, true, 1},
			{"remove", "", true, true, 0},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Set
			for i, st := range tt.steps {
				if st.op == "add" {
					require.Equal(t, st.changes, s.Add([]byte(st.topic)), "step %d", i)
				} else {
					last, known := s.Remove([]byte(st.topic))
					require.Equal(t, st.changes, last, "step %d", i)
					require.Equal(t, st.known, known, "step %d", i)
				}
				require.Equal(t, st.distinct, s.Len(), "step %d", i)
			}
		})
	}
}

func TestSetMatch(t *testing.T) {
	tests := []struct {
		name, topic string
		members     []string
		want        bool
	}{
		{"nothing takes nothing", "", nil, false},
		{"empty prefix takes the empty topic", "", []string{""}, true},
		{"empty prefix takes all", "x", []string{""}, true},
		{"equal", "AAPL", []string{"AAPL"}, true},
		{"longer", "AAPL.N", []string{"AAPL"}, true},
		{"shorter", "AAP", []string{"AAPL"}, false},
		{"a fork is no member", "AX", []string{"AAPL", "AMZN"}, false},
		{"shorter of two", "AAX", []string{"AAPL", "A"}, true},
		{"binary", "\x00\xff\x01", []string{"\x00\xff"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Set
			for _, m := range tt.members {
				s.Add([]byte(m))
			}
			require.Equal(t, tt.want, s.Match([]byte(tt.topic)))
		})
	}
}

func TestSetAllIsSortedAndDistinct(t *testing.T) {
	var s Set
	for _, m := range []string{"b", "", "ab", "a", "b", "\xff", "\x00"} {
		s.Add([]byte(m))
	}
	var got []string
	s.All(func(topic []byte) { got = append(got, string(topic)) })
	require.Equal(t, []string{"", "\x00", "a", "ab", "b", "\xff"}, got)
}

func TestSetCopiesTopics(t *testing.T) {
	var s Set
	buf := []byte("AAPL")
	s.Add(buf)
	copy(buf, "XXXX")
	require.True(t, s.Match([]byte("AAPL")))
	require.False(t, s.Match(buf))
}
