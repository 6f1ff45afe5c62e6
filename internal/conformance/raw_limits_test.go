package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/dgram"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// waiting are options under which messages wait as such, and none is lost as long as there is room.
var waiting = map[string][]socket.Option{
	"SendMaxAge":   {socket.WithSendMaxAge(time.Hour)},
	"SendHWMBytes": {socket.WithSendHWMBytes(1 << 20)},
	"DropOldest":   {socket.WithOverflow(socket.DropOldest())},
	"Conflate":     {socket.WithOverflow(socket.Conflate(func(m *ringmq.Message) []byte { return m.Frame(1) }))},
}

// TestDatagramsThatWait: the limits of what waits for a peer are for datagrams too.
func TestDatagramsThatWait(t *testing.T) {
	const n = 200
	for name, opts := range waiting {
		t.Run(name, func(t *testing.T) {
			overUDP(t, func(t *testing.T, endpoint string) {
				dish, radio := open(t, radiodish.NewDish), open(t, radiodish.NewRadio, opts...)
				require.NoError(t, dish.Join("A"))
				require.NoError(t, radio.Connect(bind(t, dish, endpoint)))
				for i := range n {
					send(t, radio, "A", fmt.Sprint(i))
				}
				for i := range n {
					require.Equal(t, []string{"A", fmt.Sprint(i)}, recv(t, dish))
				}
				eventually(t, "all are sent", func() bool { return radio.Stats().Sent == n })
				require.Zero(t, radio.Stats().Dropped+radio.Stats().Queued)
			})
		})
	}
}

// TestDatagramsBothWaysWait: a sender waits at the mark in bytes, and goes on.
func TestDatagramsBothWaysWait(t *testing.T) {
	const n = 200
	overUDP(t, func(t *testing.T, endpoint string) {
		a, b := open(t, dgram.NewDgram, socket.WithSendHWMBytes(100)), open(t, dgram.NewDgram)
		bind(t, a, endpoint)
		to := address(bind(t, b, endpoint))
		for i := range n {
			send(t, a, to, fmt.Sprint(i))
			require.Equal(t, fmt.Sprint(i), recv(t, b)[1])
		}
		done := begin(func() error {
			for i := range n {
				if err := a.Send(deadline(t), ringmq.NewString(to, fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		})
		for i := range n {
			require.Equal(t, fmt.Sprint(i), recv(t, b)[1])
		}
		require.NoError(t, result(t, done))
	})
}

// TestDatagramsThatWaitForNobodyYet: where a host is not known yet, the policy is kept, and Close says what was left.
func TestDatagramsThatWaitForNobodyYet(t *testing.T) {
	const mark, over = 8, 3
	radio := open(t, radiodish.NewRadio, socket.WithSendHWM(mark), socket.WithOverflow(socket.DropOldest()))
	require.NoError(t, radio.Connect("udp://ringmq.invalid:5555"))
	for range mark + over {
		require.NoError(t, radio.TrySend(ringmq.NewString("A", "body")))
	}
	require.Equal(t, socket.Losses{Oldest: over}, radio.Stats().Losses)
	require.EqualValues(t, mark, radio.Stats().Queued)
	var unsent *ringmq.UnsentError
	require.ErrorAs(t, within(t, "Close", radio.Close), &unsent)
	require.Equal(t, mark, unsent.Messages)

	radio = open(t, radiodish.NewRadio, socket.WithSendMaxAge(time.Millisecond))
	require.NoError(t, radio.Connect("udp://ringmq.invalid:5555"))
	require.NoError(t, radio.TrySend(ringmq.NewString("A", "body")))
	eventually(t, "it has expired", func() bool { return radio.Stats().Losses.Expired == 1 && radio.Stats().Queued == 0 })
	shut(t, radio)
}

// TestStreamsThatWait: the limits are for peers without frames too.
func TestStreamsThatWait(t *testing.T) {
	const n = 200
	for _, name := range []string{"SendMaxAge", "SendHWMBytes"} {
		t.Run(name, func(t *testing.T) {
			from, to := open(t, stream.NewStream, waiting[name]...), open(t, stream.NewStream)
			id, err := from.ConnectPeer(bind(t, to, "tcp://127.0.0.1:*"))
			require.NoError(t, err)
			want, got := "", ""
			for i := range n {
				want += fmt.Sprintln(i)
				send(t, from, id, fmt.Sprintln(i))
			}
			for len(got) < len(want) {
				got += recv(t, to)[1] // the first is the note of the connection
			}
			require.Equal(t, want, got)
			eventually(t, "all are sent", func() bool { return from.Stats().Sent == n })
			require.Zero(t, from.Stats().Dropped)
		})
	}
}
