package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// noise is n bytes that no other call returns.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(serial.Add(1))})
	_, _ = r.Read(b)
	return b
}

// shapes are messages by the sizes of their frames: around the limits of the encoding (255 bytes), of chunks (64 KiB)
// and far above.
func shapes() map[string][]int {
	many := make([]int, 10_000)
	for i := range many {
		many[i] = i % 40
	}
	return map[string][]int{
		"empty":          {0},
		"empties":        {0, 0, 0},
		"ends empty":     {5, 0},
		"begins empty":   {0, 5},
		"short and long": {254, 255, 256, 257, 0, 1},
		"chunk":          {64<<10 - 9, 64 << 10, 64<<10 + 1},
		"megabyte":       {1 << 20},
		"8 MiB":          {8 << 20},
		"8 MiB among":    {3, 8 << 20, 0, 70_000, 1},
		"empty frames":   make([]int, 1000),
		"many frames":    many,
	}
}

func shaped(sizes []int) [][]byte {
	fs := make([][]byte, len(sizes))
	for i, n := range sizes {
		fs[i] = noise(n)
	}
	return fs
}

func requireFrames(t *testing.T, want [][]byte, m ringmq.Message) {
	t.Helper()
	require.Equal(t, len(want), m.Len())
	for i, f := range want {
		if !bytes.Equal(f, m.Frame(i)) { // a diff of megabytes helps nobody
			t.Fatalf("frame %d of %d: %d bytes, want %d, or others", i, len(want), len(m.Frame(i)), len(f))
		}
	}
}

func TestFramesArriveAsSent(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		for name, sizes := range shapes() {
			t.Run(name, func(t *testing.T) {
				want := shaped(sizes)
				copies := ringmq.NewMessage(want...).Clone()
				require.NoError(t, push.Send(deadline(t), copies))
				require.NoError(t, push.SendBytes(deadline(t), want...))
				require.NoError(t, push.TrySend(ringmq.NewString("behind")))
				for range 2 {
					m, err := pull.Recv(deadline(t))
					require.NoError(t, err)
					requireFrames(t, want, m)
				}
				require.Equal(t, []string{"behind"}, recv(t, pull))
			})
		}
	})
}

// TestNilFramesTravelAsEmpty: a nil frame is an empty one.
func TestNilFramesTravelAsEmpty(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		require.NoError(t, push.Send(deadline(t), ringmq.NewMessage(nil, nil)))
		require.NoError(t, push.SendBytes(deadline(t), nil))
		require.Equal(t, []string{"", ""}, recv(t, pull))
		require.Equal(t, []string{""}, recv(t, pull))
	})
}

func TestMessageWithoutFrames(t *testing.T) {
	push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
	link(t, pull, push, freshInproc(t))
	ctx := deadline(t)
	require.ErrorIs(t, push.Send(ctx, ringmq.Message{}), ringmq.ErrInvalidMessage)
	require.ErrorIs(t, push.TrySend(ringmq.NewMessage()), ringmq.ErrInvalidMessage)
	require.ErrorIs(t, push.SendBytes(ctx), ringmq.ErrInvalidMessage)
	_, err := push.SendBatch(ctx, make([]ringmq.Message, 1))
	require.ErrorIs(t, err, ringmq.ErrInvalidMessage)
	requireEmpty(t, pull)
}

// TestMessageTooLarge: one byte over the limit ends the connection, nothing of the message arrives, and other peers
// notice nothing. Inproc has no such limit: nothing is read on a stranger's word.
func TestMessageTooLarge(t *testing.T) {
	const limit = 1000
	for name, sizes := range map[string][]int{"one frame": {limit + 1}, "two frames": {limit / 2, limit/2 + 1}} {
		t.Run(name, func(t *testing.T) {
			onStreams(t, func(t *testing.T, fresh func() string) {
				pull := open(t, pipeline.NewPull, socket.WithMaxMessageSize(limit))
				bound := bind(t, pull, fresh())
				events := pull.Monitor(deadline(t))
				good, bad := open(t, pipeline.NewPush), open(t, pipeline.NewPush)
				join(t, pull, good, bound)
				join(t, pull, bad, bound)
				require.NoError(t, bad.SendBytes(deadline(t), noise(limit/2), noise(limit/2)))
				require.NoError(t, bad.SendBytes(deadline(t), noise(limit)))
				drain(t, pull, 2)
				require.NoError(t, bad.SendBytes(deadline(t), shaped(sizes)...))
				ev := await(t, events, socket.Disconnected)
				require.ErrorIs(t, ev.Err, ringmq.ErrTooLarge)
				send(t, good, "fine")
				require.Equal(t, []string{"fine"}, recv(t, pull))
				requireEmpty(t, pull)
			})
		})
	}
}

// TestSendBytesCopies: the caller's buffer is its own again when SendBytes returns, wherever the message is then.
func TestSendBytesCopies(t *testing.T) {
	sizes := []int{0, 1, 100, 255, 256, 4096, 8 << 10, 9 << 10, 64 << 10, 300 << 10}
	fillWith := func(b []byte, x byte) []byte {
		for i := range b {
			b[i] = x
		}
		return b
	}
	check := func(t *testing.T, pull *pipeline.Pull, n int) {
		for i := range n {
			m, err := pull.Recv(deadline(t))
			require.NoError(t, err)
			want := fillWith(make([]byte, sizes[i%len(sizes)]), byte(i))
			requireFrames(t, [][]byte{want, want}, m)
		}
	}
	sendAll := func(t *testing.T, push *pipeline.Push, n int) {
		buf := make([]byte, 300<<10)
		frames := make([][]byte, 2)
		for i := range n {
			b := fillWith(buf[:sizes[i%len(sizes)]], byte(i))
			frames[0], frames[1] = b, b
			if err := push.SendBytes(deadline(t), frames...); err != nil {
				t.Error(err)
				return
			}
			fillWith(b, 0xee)
			frames[0], frames[1] = nil, nil
		}
	}
	everywhere(t, func(t *testing.T, fresh func() string) {
		t.Run("connected", func(t *testing.T) {
			push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
			link(t, pull, push, fresh())
			sendAll(t, push, 100)
			check(t, pull, 100)
		})
		t.Run("queued before there is a peer", func(t *testing.T) {
			push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
			endpoint := fresh()
			require.NoError(t, push.Connect(endpoint))
			sendAll(t, push, 50)
			bind(t, pull, endpoint)
			check(t, pull, 50)
		})
		t.Run("at the mark", func(t *testing.T) {
			push := open(t, pipeline.NewPush, socket.WithSendHWM(1))
			pull := open(t, pipeline.NewPull, socket.WithRecvHWM(1))
			link(t, pull, push, fresh())
			done := make(chan struct{})
			go func() { sendAll(t, push, 200); close(done) }()
			check(t, pull, 200)
			<-done
		})
	})
}

// TestRefusedMessageIsTheCallers: after an error the message is whole and can be sent again.
func TestRefusedMessageIsTheCallers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		frames := shaped([]int{10, 0, 100_000})
		m := ringmq.NewMessage(frames...)
		copies := m.Clone().Frames()
		require.ErrorIs(t, push.TrySend(m), ringmq.ErrWouldBlock)
		require.ErrorIs(t, push.Send(soon(t), m), context.DeadlineExceeded)
		requireFrames(t, copies, m)
		link(t, pull, push, fresh())
		require.NoError(t, push.Send(deadline(t), m))
		got, err := pull.Recv(deadline(t))
		require.NoError(t, err)
		requireFrames(t, copies, got)
	})
}

// TestKeptMessagesStay: a message that is not released is never written over, whatever becomes of its neighbours; nor
// is a clone of one that is.
func TestKeptMessagesStay(t *testing.T) {
	const n = 3000
	body := func(i int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("%05d", i)), 1+i%300) }
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithMetadata("X-From", "here"))
		pull := open(t, pipeline.NewPull)
		link(t, pull, push, fresh())
		ctx := deadline(t)
		var kept, clones []ringmq.Message
		done := make(chan error, 1)
		go func() {
			for i := range n {
				if err := push.SendBytes(ctx, body(i), body(i+1)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for i := range n {
			m, err := pull.Recv(ctx)
			require.NoError(t, err)
			requireFrames(t, [][]byte{body(i), body(i + 1)}, m)
			switch i % 3 {
			case 0:
				kept = append(kept, m)
				continue
			case 1:
				clones = append(clones, m.Clone())
			}
			m.Release()
			require.Zero(t, m.Len())
		}
		require.NoError(t, result(t, done))
		for i, m := range kept {
			requireFrames(t, [][]byte{body(3 * i), body(3*i + 1)}, m)
		}
		for i, m := range clones {
			requireFrames(t, [][]byte{body(3*i + 1), body(3*i + 2)}, m)
			from, _ := m.Property("X-From")
			require.Equal(t, "here", from)
			clones[i].Release()
		}
		for i := range kept {
			kept[i].Release()
		}
	})
}

// TestForwardedMessages: a received message can be sent on, and its frames are the next receiver's.
func TestForwardedMessages(t *testing.T) {
	const n = 2000
	everywhere(t, func(t *testing.T, fresh func() string) {
		push, in := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		out, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, in, push, fresh())
		link(t, pull, out, fresh())
		ctx := deadline(t)
		go func() {
			for m, err := range in.Messages(ctx) {
				if err != nil || out.Send(ctx, m) != nil {
					return
				}
			}
		}()
		go func() {
			for i := range n {
				if push.SendBytes(ctx, fmt.Appendf(nil, "%d", i), make([]byte, i%5000)) != nil {
					return
				}
			}
		}()
		for i := range n {
			m, err := pull.Recv(ctx)
			require.NoError(t, err)
			requireFrames(t, [][]byte{fmt.Appendf(nil, "%d", i), make([]byte, i%5000)}, m)
			m.Release()
		}
	})
}
