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
		n.add(byte(i%2), []byte(fmt.Sprint(i)))
	}
	require.True(t, n.behind())
	for i := range maxNotes {
		var m ringmq.Message
		require.True(t, n.take(&m))
		require.Equal(t, fmt.Sprint(i), string(m.Frame(0)[1:]))
	}
	require.False(t, n.take(new(ringmq.Message)))
}

func TestNotesBeyondTheMarkAreWhatHasChanged(t *testing.T) {
	var n notes
	for range maxNotes {
		n.add(1, []byte("old"))
	}
	for range 100_000 {
		n.add(1, []byte("flicker"))
		n.add(0, []byte("flicker"))
	}
	n.add(0, []byte("old"))
	n.add(1, []byte("new"))
	require.Len(t, n.later, 2)
	got := map[string]byte{}
	var m ringmq.Message
	for n.take(&m) {
		got[string(m.Frame(0)[1:])] = m.Frame(0)[0]
	}
	require.Equal(t, map[string]byte{"old": 0, "new": 1}, got)
}
