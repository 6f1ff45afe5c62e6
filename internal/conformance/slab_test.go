package conformance_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// lent is message i: frames of sizes that chance chooses, filled with what tells messages apart.
func lent(r *rand.Rand, i int) (frames [][]byte) {
	for range 1 + r.IntN(3) {
		size := r.IntN([]int{10, 300, 9000, 40_000}[r.IntN(4)])
		frames = append(frames, bytes.Repeat([]byte{byte(i), byte(i >> 8), byte(len(frames))}, size/3))
	}
	return frames
}

// TestKeptMessagesStayWhatTheyAre: what a program keeps of messages whose bytes were only lent to Send is not written
// over, in whatever order the others are released.
func TestKeptMessagesStayWhatTheyAre(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		const total = 3000
		push, pull := open(t, pipeline.NewPush, socket.WithSendHWM(20)), open(t, pipeline.NewPull, socket.WithRecvHWM(20))
		link(t, pull, push, fresh())
		ctx := deadline(t)
		sent := begin(func() error {
			r := rand.New(rand.NewPCG(1, 2))
			for i := range total {
				frames := lent(r, i)
				if err := push.SendBytes(ctx, frames...); err != nil {
					return err
				}
				for _, f := range frames {
					clear(f) // they are the sender's again
				}
			}
			return nil
		})
		same, keep := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
		type kept struct {
			m    ringmq.Message
			want [][]byte
		}
		var held []kept
		check := func(k *kept) {
			require.Equal(t, len(k.want), k.m.Len())
			for i, f := range k.want {
				require.True(t, bytes.Equal(f, k.m.Frame(i)), "frame %d of %d", i, k.m.Len())
			}
		}
		for i := range total {
			m, err := pull.Recv(ctx)
			require.NoError(t, err)
			held = append(held, kept{m, lent(same, i)})
			check(&held[len(held)-1])
			for len(held) > keep.IntN(60) { // the oldest, the latest or any
				k := keep.IntN(len(held))
				check(&held[k])
				held[k].m.Release()
				held[k] = held[len(held)-1]
				held = held[:len(held)-1]
			}
		}
		require.NoError(t, result(t, sent))
		for i := range held {
			check(&held[i])
		}
	})
}

// TestPeersBeyondThePolledAreNotStarved: receivers poll a few connections by themselves. What these send is received
// too when one more peer comes than can be polled, and is kept busy.
func TestPeersBeyondThePolledAreNotStarved(t *testing.T) {
	pull := open(t, pipeline.NewPull, socket.WithIdle(socket.Spin(socket.MaxSpin)))
	endpoint := bind(t, pull, freshTCP(t))
	var first []*pipeline.Push
	for range 4 {
		push := open(t, pipeline.NewPush)
		join(t, pull, push, endpoint)
		first = append(first, push)
	}
	for range 10 { // they are polled now
		for _, push := range first {
			send(t, push, "early")
			recv(t, pull)
		}
	}
	busy := open(t, pipeline.NewPush)
	require.NoError(t, busy.Connect(endpoint))
	send(t, busy, "busy")
	require.Equal(t, []string{"busy"}, recv(t, pull))
	send(t, first[0], "news")
	for round := 0; ; round++ {
		require.Less(t, round, 50_000, "it is starved")
		send(t, busy, "busy")
		if recv(t, pull)[0] == "news" {
			return
		}
	}
}
