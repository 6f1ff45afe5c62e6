package outq

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// TestCommandsAreNoMessages: commands between messages are written in their places and counted nowhere, however little is
// written at a time.
func TestCommandsAreNoMessages(t *testing.T) {
	command := zmtp.AppendFrame(nil, zmtp.FlagCommand, []byte("\x03SEQ123"))
	var want []byte
	var ends []int // of messages, in want
	fill := func(q *Queue) {
		want, ends = want[:0], ends[:0]
		for i, m := range []ringmq.Message{
			ringmq.NewString("a"), ringmq.NewString("b", "c"), ringmq.NewString(string(make([]byte, 300))), ringmq.NewString("d"),
		} {
			if i != 1 {
				require.Equal(t, len(command), q.AppendCommand(command))
				want = append(want, command...)
			}
			q.Append(nil, &m, true)
			for k := range m.Len() {
				flags := byte(zmtp.FlagMore)
				if k == m.Len()-1 {
					flags = 0
				}
				want = zmtp.AppendFrame(want, flags, m.Frame(k))
			}
			ends = append(ends, len(want))
		}
	}
	for step := 1; step <= 40; step++ {
		var q Queue
		q.Init()
		fill(&q)
		require.Equal(t, 4, q.Queued())
		var got []byte
		for !q.Empty() {
			piece := q.Gather(make([][]byte, 0, 1), step)[0]
			got = append(got, piece...)
			q.Advance(len(piece))
			done := 0
			for _, end := range ends {
				if end <= len(got) {
					done++
				}
			}
			require.EqualValues(t, done, q.Done(), "step %d, after %d bytes", step, len(got))
		}
		require.Equal(t, want, got)
		require.False(t, q.MidMessage())
		require.Zero(t, q.Drop())
	}
}
