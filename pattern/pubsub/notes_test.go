package pubsub

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

func TestNotesKeepTheirOrderUpToTheMark(t *testing.T) {
	var n notes
	for i := range maxNotes {
		n.add(byte(i%2), []byte(fmt.Sprint(i)), nil)
	}
	require.True(t, n.behind())
	for i := range maxNotes {
		var m ringmq.Message
		_, ok := n.take(&m)
		require.True(t, ok)
		require.Equal(t, fmt.Sprint(i), string(m.Frame(0)[1:]))
	}
	_, ok := n.take(new(ringmq.Message))
	require.False(t, ok)
}

func TestNotesBeyondTheMarkAreWhatHasChanged(t *testing.T) {
	var n notes
	for range maxNotes {
		n.add(1, []byte("old"), nil)
	}
	for range 100_000 {
		n.add(1, []byte("flicker"), nil)
		n.add(0, []byte("flicker"), nil)
	}
	n.add(0, []byte("old"), nil)
	n.add(1, []byte("new"), nil)
	require.Len(t, n.later, 2)
	got := map[string]byte{}
	var m ringmq.Message
	for _, ok := n.take(&m); ok; _, ok = n.take(&m) {
		got[string(m.Frame(0)[1:])] = m.Frame(0)[0]
	}
	require.Equal(t, map[string]byte{"old": 0, "new": 1}, got)
}

// TestNotesOfPeersDoNotUndoEachOther: in manual mode each peer's are its own.
func TestNotesOfPeersDoNotUndoEachOther(t *testing.T) {
	var n notes
	for range maxNotes {
		n.add(1, []byte("old"), nil)
	}
	a, b := new(visitor), new(visitor)
	n.add(1, []byte("x"), a)
	n.add(0, []byte("x"), b)
	n.add(1, []byte("y"), b)
	n.add(0, []byte("y"), b)
	got := map[*visitor]string{}
	var m ringmq.Message
	for from, ok := n.take(&m); ok; from, ok = n.take(&m) {
		if from != nil {
			got[from] += string(m.Frame(0))
		}
	}
	require.Equal(t, map[*visitor]string{a: "\x01x", b: "\x00x"}, got)
}
