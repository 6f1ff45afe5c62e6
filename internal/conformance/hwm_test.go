package conformance_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
)

// beyond is more than any mark that these tests set.
const beyond = 4000

// tryMany sends until the socket would block, and returns how many went, at most beyond.
func tryMany(t *testing.T, s sender) (n int) {
	t.Helper()
	for ; n < beyond; n++ {
		if err := s.TrySend(ringmq.NewString(fmt.Sprint(n))); err != nil {
			require.ErrorIs(t, err, ringmq.ErrWouldBlock)
			break
		}
	}
	return n
}

// TestInprocMarksAddUp: the one queue between two sockets of a process has both marks, and no limit if either has
// none; whoever binds, whoever comes first.
func TestInprocMarksAddUp(t *testing.T) {
	marks := []struct{ send, recv, want int }{
		{2, 3, 5},
		{1, 1, 2},
		{100, 1, 101},
		{1, 100, 101},
		{64, 64, 128},
		{1000, 1000, 2000},
		{0, 5, beyond},
		{5, 0, beyond},
		{0, 0, beyond},
	}
	for _, mark := range marks {
		for _, order := range []string{"pull binds", "push binds", "push connects first", "pull connects first"} {
			t.Run(fmt.Sprintf("%d+%d/%s", mark.send, mark.recv, order), func(t *testing.T) {
				push := open(t, pipeline.NewPush, socket.WithSendHWM(mark.send))
				pull := open(t, pipeline.NewPull, socket.WithRecvHWM(mark.recv))
				endpoint := freshInproc(t)
				switch order {
				case "pull binds":
					link(t, pull, push, endpoint)
				case "push binds":
					link(t, push, pull, endpoint)
				case "push connects first":
					require.NoError(t, push.Connect(endpoint))
					bind(t, pull, endpoint)
				case "pull connects first":
					require.NoError(t, pull.Connect(endpoint))
					bind(t, push, endpoint)
				}
				for round := range 2 {
					require.Equal(t, mark.want, tryMany(t, push), "round %d", round)
					for i := range mark.want {
						require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
					}
					requireEmpty(t, pull)
				}
			})
		}
	}
}

// TestInprocMarkGrowsWithThePeer: before somebody binds only the sender's own mark is there.
func TestInprocMarkGrowsWithThePeer(t *testing.T) {
	push := open(t, pipeline.NewPush, socket.WithSendHWM(2))
	pull := open(t, pipeline.NewPull, socket.WithRecvHWM(3))
	endpoint := freshInproc(t)
	require.NoError(t, push.Connect(endpoint))
	require.Equal(t, 2, tryMany(t, push))
	bind(t, pull, endpoint)
	require.Equal(t, 3, tryMany(t, push))
	require.EqualValues(t, 5, pull.Stats().Pending)
	drain(t, pull, 5)
	requireEmpty(t, pull)
}

// TestSendMarkWithoutAPeer: a peer that is connected to but not there takes exactly the mark.
func TestSendMarkWithoutAPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, mark := range []int{1, 2, 9, 1000} {
			push := open(t, pipeline.NewPush, socket.WithSendHWM(mark))
			endpoint := fresh()
			require.NoError(t, push.Connect(endpoint))
			require.Equal(t, mark, tryMany(t, push))
			require.EqualValues(t, mark, push.Stats().Queued)
			pull := open(t, pipeline.NewPull)
			bind(t, pull, endpoint)
			for i := range mark {
				require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
			}
		}
	})
}

// TestSendMarkIsEachPeers: two absent peers take twice as much.
func TestSendMarkIsEachPeers(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(4))
		require.NoError(t, push.Connect(fresh()))
		require.NoError(t, push.Connect(fresh()))
		require.Equal(t, 8, tryMany(t, push))
	})
}

// TestReceiverHoldsSenderUp: a peer that does not receive keeps exactly its mark; the sender keeps up to its own and
// the kernel has the rest. Then everything comes, in order.
func TestReceiverHoldsSenderUp(t *testing.T) {
	const sendMark, recvMark = 6, 4
	body := make([]byte, 64<<10)
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(sendMark))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(recvMark))
		endpoint := fresh()
		link(t, pull, push, endpoint)
		sent := fill(t, push, ringmq.NewMessage(body))
		if isLocal(endpoint) {
			require.Equal(t, sendMark+recvMark, sent)
		} else {
			awaitPending(t, pull, recvMark)
			require.LessOrEqual(t, push.Stats().Queued, uint64(sendMark))
		}
		ctx := deadline(t)
		done := begin(func() error { return push.Send(ctx, ringmq.NewString("last")) })
		for i := range sent {
			m, err := pull.Recv(deadline(t))
			require.NoError(t, err, "message %d of %d", i, sent)
			require.Equal(t, len(body), m.Size())
			m.Release()
		}
		require.NoError(t, result(t, done))
		require.Equal(t, []string{"last"}, recv(t, pull))
	})
}

// TestNoMark: 0 is no limit.
func TestNoMark(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(0))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(0))
		endpoint := fresh()
		require.NoError(t, push.Connect(endpoint))
		require.Equal(t, beyond, tryMany(t, push))
		bind(t, pull, endpoint)
		awaitPending(t, pull, beyond)
		drain(t, pull, beyond)
	})
}

// TestFullPeerIsPassedOver: PUSH does not wait for the one whose turn it is while another can take the message.
func TestFullPeerIsPassedOver(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(3))
		absent, endpoint := fresh(), fresh()
		require.NoError(t, push.Connect(absent))
		require.Equal(t, 3, tryMany(t, push))
		pull := open(t, pipeline.NewPull)
		link(t, pull, push, endpoint)
		for i := range 100 {
			send(t, push, fmt.Sprint(i))
			require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
		}
	})
}
