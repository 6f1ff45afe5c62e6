package wiretest

import (
	"context"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// A request to a peer that speaks something else: the error says what was wrong with it.
func TestNoRouteSaysWhy(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		req := open(t, reqrep.NewReq)
		at := l.meet(t, req)
		send(t, req, "request")
		at.peer().send("HTTP/1.1 400 Bad Request\r\n\r\n")
		_, err := req.Recv(within(t))
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		require.ErrorIs(t, err, ringmq.ErrProtocol)
		var why *socket.HandshakeError
		require.ErrorAs(t, err, &why)
		require.Equal(t, socket.CauseProtocol, why.Cause)
		require.Equal(t, "malformed-greeting", why.Code)
	})
}

// The same after the handshake, on either side.
func TestNoRouteSaysTheFault(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		req := open(t, reqrep.NewReq)
		seen := watch(t, req)
		at := l.meet(t, req)
		p := at.peer()
		p.shake(1, "REP")
		seen.ready(at, 1)
		send(t, req, "request")
		p.expect(frame(more, ""), frame(0, "request"))
		p.send(raw(0x08, 0))
		_, err := req.Recv(within(t))
		require.ErrorIs(t, err, ringmq.ErrNoRoute)
		require.ErrorIs(t, err, ringmq.ErrProtocol)
	})
}

// unsent closes s at once and returns what that says.
func unsent(t *testing.T, s interface{ Shutdown(context.Context) error }) *ringmq.UnsentError {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var e *ringmq.UnsentError
	require.ErrorAs(t, s.Shutdown(ctx), &e)
	return e
}

// Messages for a peer that never was there: why it was not.
func TestUnsentSaysWhyNobodyIsThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refused, absent := "tcp://"+ln.Addr().String(), "ipc://"+filepath.Join(t.TempDir(), "s")
	require.NoError(t, ln.Close())
	push := open(t, pipeline.NewPush)
	seen := watch(t, push)
	for _, endpoint := range []string{refused, absent} {
		require.NoError(t, push.Connect(endpoint))
		send(t, push, "x")
	}
	seen.of(socket.ConnectFailed, &place{endpoint: refused})
	seen.of(socket.ConnectFailed, &place{endpoint: absent})
	e := unsent(t, push)
	require.ErrorIs(t, e.Reasons[refused], syscall.ECONNREFUSED)
	require.ErrorIs(t, e.Reasons[absent], fs.ErrNotExist)
	require.ErrorContains(t, e, refused+": ")
	require.ErrorContains(t, e, absent+": ")
}

// One that was lost, and has come back since, has no reason; one that was lost again has the last one.
func TestUnsentReasonIsTheLast(t *testing.T) {
	overConnectors(t, func(t *testing.T, l link) {
		for _, back := range []bool{true, false} {
			push := open(t, pipeline.NewPush, quickly)
			seen := watch(t, push)
			at := l.meet(t, push)
			at.peer().hangUp()
			seen.of(socket.HandshakeFailed, at)
			p := at.peer().slow()
			p.shake(1, "PULL")
			seen.ready(at, 1)
			for range 8 { // more than the kernel takes
				send(t, push, strings.Repeat("x", 3<<20))
			}
			if !back {
				require.NoError(t, at.ln.Close())
				p.hangUp()
				seen.of(socket.ConnectFailed, at)
			}
			e := unsent(t, push)
			if back {
				require.Nil(t, e.Reasons)
				continue
			}
			require.NotNil(t, e.Reasons[at.endpoint])
			require.NotErrorIs(t, e.Reasons[at.endpoint], io.EOF)
		}
	})
}
