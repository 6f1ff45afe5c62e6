package interop_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// requestModes are the options of a REQ, ours and theirs.
var requestModes = []struct {
	name   string
	ours   []socket.Option
	theirs []string
}{
	{"plain", nil, nil},
	{"correlate", []socket.Option{socket.WithCorrelate()}, []string{"req_correlate=1"}},
	{"relaxed", []socket.Option{socket.WithRelaxed()}, []string{"req_relaxed=1"}},
	{
		"relaxed and correlate",
		[]socket.Option{socket.WithRelaxed(), socket.WithCorrelate()},
		[]string{"req_relaxed=1", "req_correlate=1"},
	},
}

// TestRequestsInAllModes: our REQ with their REP, and theirs with ours.
func TestRequestsInAllModes(t *testing.T) {
	requireLibzmq(t)
	for _, mode := range requestModes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			req := newOurs(t, "REQ", mode.ours...)
			theirREP := libzmq(t, "REP", "connect", req.bind(endpoint(t, "tcp")).Endpoint())
			echo := start(theirREP, "echo 20")
			got := do(req, "ask 20")
			require.Equal(t, echo(), got)

			rep := newOurs(t, "REP").bind(endpoint(t, "tcp"))
			theirREQ := libzmq(t, "REQ", "connect", rep.Endpoint(), mode.theirs...)
			echo = start(rep, "echo 20")
			got = do(theirREQ, "ask 20")
			require.Equal(t, echo(), got)
		})
	}
}

// TestLateReplies: libzmq's REP answers requests that we have given up, and the one that we wait for; and the other way
// round.
func TestLateReplies(t *testing.T) {
	requireLibzmq(t)
	relaxed := requestModes[3]
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		req := newOurs(t, "REQ", relaxed.ours...)
		p := libzmq(t, "REP", "connect", req.bind(endpoint(t, "tcp")).Endpoint())
		testLateReplies(t, req, p)
	})
	t.Run("theirs", func(t *testing.T) {
		t.Parallel()
		rep := newOurs(t, "REP").bind(endpoint(t, "tcp"))
		testLateReplies(t, libzmq(t, "REQ", "connect", rep.Endpoint(), relaxed.theirs...), rep)
	})
}

func testLateReplies(t *testing.T, req, rep peer) {
	t.Helper()
	for i := range 5 {
		for j := range 3 {
			require.Equal(t, "sent", do(req, "send x%02x%02x", i, j))
		}
		for j := range 3 {
			require.Equal(t, fmt.Sprintf("got x%02x%02x", i, j), do(rep, "recv"))
			require.Equal(t, "sent", do(rep, "send x%02x%02x", i, j))
		}
		require.Equal(t, fmt.Sprintf("got x%02x02", i), do(req, "recv"))
	}
}

// TestRequestTimesOut: Request gives a slow REP up, and finds it ready when it is.
func TestRequestTimesOut(t *testing.T) {
	t.Parallel()
	requireLibzmq(t)
	o := newOurs(t, "REQ")
	req := o.ringSocket.(*reqrep.Req)
	rep := libzmq(t, "REP", "connect", o.bind(endpoint(t, "tcp")).Endpoint())
	o.await(socket.HandshakeSucceeded)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), beat)
		_, err := req.Request(ctx, ringmq.NewString("a"))
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, "got x61", do(rep, "recv"))
		require.Equal(t, "sent", do(rep, "send x6c"))
		echo := start(rep, "echo 1")
		ctx, cancel = context.WithTimeout(t.Context(), patience)
		m, err := req.Request(ctx, ringmq.NewString("b"))
		cancel()
		require.NoError(t, err)
		require.Equal(t, "b", string(m.Frame(0)))
		echo()
	}
}
