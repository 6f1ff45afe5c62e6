package delivery

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// told is an Outcome that writes down what it is told.
type told struct{ done, late, refused []uint64 }

func (o *told) Done(it Item)               { o.done = append(o.done, it.Sequence) }
func (o *told) Late(it Item)               { o.late = append(o.late, it.Sequence) }
func (o *told) Refused(it Item, _ Refusal) { o.refused = append(o.refused, it.Sequence) }

// TestWindowOfRequests: acknowledgements say nothing, refusals count, and what is forgotten is in nobody's hands.
func TestWindowOfRequests(t *testing.T) {
	w, o := NewWindow(8), new(told)
	for n := uint64(11); n <= 14; n++ {
		w.Send(Item{Sequence: n}, int64(n))
	}
	report := Report{Refused: []Refusal{{Number: 2}}, Upto: 3}
	require.NoError(t, w.ApplyRefusals(&report, o))
	require.Equal(t, &told{refused: []uint64{12}}, o)
	require.Equal(t, 3, w.Len())
	require.ErrorIs(t, w.ApplyRefusals(&Report{Upto: 5}, o), ringmq.ErrProtocol)

	w.Forget(11)
	w.Forget(12)
	w.Expire(13, func(it Item) { require.Equal(t, uint64(13), it.Sequence) })
	w.Forget(13) // it is late
	require.NoError(t, w.Apply(&Report{Upto: 4}, o))
	require.Equal(t, &told{done: []uint64{14}, refused: []uint64{12}}, o)
	require.Zero(t, w.Len())
}
