package session_test

import (
	"net"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// connPair returns the two ends of a connection over loopback.
func connPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	a, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	b, err = l.Accept()
	require.NoError(t, err)
	deadline := time.Now().Add(10 * time.Second)
	for _, c := range []net.Conn{a, b} {
		require.NoError(t, c.SetDeadline(deadline))
		t.Cleanup(func() { _ = c.Close() })
	}
	return a, b
}

// shake runs a handshake over conn and returns it with the traffic read beyond its end.
func shake(conn net.Conn, cfg *session.Config) (*session.Handshake, []byte, error) {
	h := session.NewHandshake(cfg)
	out, buf := h.Start(nil), make([]byte, 4096)
	for {
		if _, err := conn.Write(out); err != nil {
			return h, nil, err
		}
		n, err := conn.Read(buf)
		if err != nil {
			return h, nil, err
		}
		var used int
		out, used, err = h.Feed(nil, buf[:n])
		if err != nil || h.Done() {
			_, werr := conn.Write(out)
			return h, buf[used:n], firstOf(err, werr)
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestInteropGoZeroMQ: the other Go implementation announces 3.0 and sends its whole greeting at once.
func TestInteropGoZeroMQ(t *testing.T) {
	ours, theirs := connPair(t)
	opened := make(chan error, 1)
	var conn *zmq4.Conn
	go func() {
		var err error
		conn, err = zmq4.Open(theirs, null.Security(), zmq4.Dealer, zmq4.SocketIdentity("them"), true, nil)
		opened <- err
	}()
	cfg := config(zmtp.Router)
	cfg.Identity = []byte("us")
	h, rest, err := shake(ours, cfg)
	require.NoError(t, err)
	require.NoError(t, <-opened)
	require.Empty(t, rest)
	require.Equal(t, session.Version{Major: 3}, h.Peer().Version)
	require.Equal(t, zmtp.Dealer, h.Peer().SocketType)
	require.Equal(t, "them", string(h.Peer().Identity))
	require.Equal(t, "ROUTER", conn.Peer.Meta["Socket-Type"])
	require.Equal(t, "us", conn.Peer.Meta["Identity"])

	_, err = ours.Write(zmtp.AppendFrame(zmtp.AppendFrame(nil, zmtp.FlagMore, []byte("a")), 0, []byte("b")))
	require.NoError(t, err)
	msg, err := conn.RecvMsg()
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("a"), []byte("b")}, msg.Frames)
}

func TestInteropGoZeroMQOtherMechanism(t *testing.T) {
	ours, theirs := connPair(t)
	opened := make(chan error, 1)
	go func() {
		_, err := zmq4.Open(theirs, named{null.Security()}, zmq4.Pull, nil, true, nil)
		opened <- err
	}()
	_, _, err := shake(ours, config(zmtp.Push))
	requireCode(t, session.CodeMechanismMismatch, err)
	require.Error(t, <-opened)
}

// named is NULL under another name.
type named struct{ zmq4.Security }

func (named) Type() zmq4.SecurityType { return zmq4.PlainSecurity }
