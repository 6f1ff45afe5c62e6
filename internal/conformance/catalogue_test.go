package conformance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/nettest"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

// TestReqWaitsForAPeer: without one it waits, and the turn stays the program's (libzmq's spec_req).
func TestReqWaitsForAPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		req, rep := open(t, reqrep.NewReq), open(t, reqrep.NewRep)
		require.ErrorIs(t, req.TrySend(ringmq.NewString("?")), ringmq.ErrWouldBlock)
		require.ErrorIs(t, req.Send(soon(t), ringmq.NewString("?")), context.DeadlineExceeded)
		_, err := req.TryRecv()
		require.ErrorIs(t, err, ringmq.ErrState)
		asked := blocked(t, func() error { return req.Send(deadline(t), ringmq.NewString("?")) })
		link(t, rep, req, fresh())
		require.NoError(t, result(t, asked))
		require.Equal(t, []string{"?"}, recv(t, rep))
		send(t, rep, "!")
		require.Equal(t, []string{"!"}, recv(t, req))
	})
}

// TestWildcardOfIPv6 there and back: what Bind returns for one can be connected to, of either family, and unbound
// (libzmq's unbind_wildcard).
func TestWildcardOfIPv6(t *testing.T) {
	nettest.IPv6(t)
	for wildcard, hosts := range map[string][]string{
		"tcp://[::]:*": {"[::1]", "127.0.0.1"}, "tcp://[::1]:*": {"[::1]"},
	} {
		t.Run(wildcard, func(t *testing.T) {
			pull := open(t, pipeline.NewPull)
			bound := bind(t, pull, wildcard)
			prefix, port, _ := strings.Cut(bound, "]:")
			require.Equal(t, strings.TrimSuffix(wildcard, "]:*"), prefix)
			for _, host := range hosts {
				push := open(t, pipeline.NewPush)
				join(t, pull, push, fmt.Sprintf("tcp://%s:%s", host, port))
				send(t, push, host)
				require.Equal(t, []string{host}, recv(t, pull))
			}
			require.ErrorIs(t, pull.Unbind(wildcard), ringmq.ErrNotFound)
			require.NoError(t, pull.Unbind(bound))
			require.ErrorIs(t, pull.Unbind(bound), ringmq.ErrNotFound)
		})
	}
}

// TestManySockets: more than the 1023 that a context of libzmq has room for, at once (libzmq's many_sockets).
func TestManySockets(t *testing.T) {
	const pairs = 600
	pushes, pulls := make([]*pipeline.Push, pairs), make([]*pipeline.Pull, pairs)
	for i := range pairs {
		pushes[i], pulls[i] = open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		require.NoError(t, pushes[i].Connect(bind(t, pulls[i], freshInproc(t))))
	}
	for i, push := range pushes {
		send(t, push, fmt.Sprint(i))
	}
	for i, pull := range pulls {
		require.Equal(t, []string{fmt.Sprint(i)}, recv(t, pull))
	}
}
