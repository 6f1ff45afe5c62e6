package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// answering listens and answers every connection with the same bytes, whatever comes. It returns its endpoint.
func answering(t *testing.T, answer string) string {
	t.Helper()
	now := make(chan struct{})
	close(now)
	return answeringAt(t, now, answer)
}

// answeringAt is answering, from the time on that a channel is closed. It has to be.
func answeringAt(t *testing.T, when <-chan struct{}, answer string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			<-when
			_, _ = io.WriteString(c, answer)
			_, _ = io.Copy(io.Discard, c) // until it is hung up on
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-ended
	})
	return "tcp://" + ln.Addr().String()
}

// curve is a greeting of ZMTP 3.1 that asks for CURVE.
var curve = "\xff" + strings.Repeat("\x00", 8) + "\x7f\x03\x01CURVE" + strings.Repeat("\x00", 15+1+31)

// TestPeerThatDoesNotFit: the command says why, and fails.
func TestPeerThatDoesNotFit(t *testing.T) {
	for _, peer := range []struct{ name, endpoint, why string }{
		{"REP", start(t, "rep", "--bind", binds["tcp"], "--echo").endpoint(), "incompatible-socket-type"},
		{"HTTP", answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "malformed-greeting"},
		{"CURVE", answering(t, curve), "mechanism-mismatch"},
	} {
		for _, c := range []struct {
			name  string
			args  []string
			stdin string
			want  string
		}{
			{"few", []string{"push", "a", "b", "c"}, "", ""}, // dropped, or not even sent
			{"too many to queue", []string{"push"}, lines(3000), errStranded.Error()},
			{"receiving", []string{"pull"}, "", errStranded.Error()},
			{"subscribing", []string{"sub"}, "", errStranded.Error()},
			{"conversing", []string{"pair", "a"}, "", errStranded.Error()},
			{"publishing", []string{"pub", "--wait-peers", "1", "a"}, "", errStranded.Error()},
		} {
			t.Run(peer.name+", "+c.name, func(t *testing.T) {
				cmd := startReading(t, strings.NewReader(c.stdin), append(c.args, "--connect", peer.endpoint)...)
				cmd.requireFailure(statusFailed, c.want, "given up "+peer.endpoint)
				said := strings.Split(strings.TrimSpace(cmd.stderr.String()), "\n")
				require.Contains(t, said[0], peer.why)
				require.Contains(t, said[len(said)-1], peer.why)
			})
		}
	}
}

// TestRequestToAPeerThatDoesNotFit: the socket itself says that there will be no reply, and why.
func TestRequestToAPeerThatDoesNotFit(t *testing.T) {
	cmd := run(t, "req", "--connect", answering(t, curve), "m")
	cmd.requireFailure(statusFailed, "ringmq req: ", "mechanism-mismatch")
}

// TestDroppedIsAFailure: what was sent before the peer turned out not to fit is counted.
func TestDroppedIsAFailure(t *testing.T) {
	for _, end := range []bool{false, true} { // of the input, before or after the peer speaks
		r, w := io.Pipe()
		sent := make(chan struct{})
		push := startReading(t, r, "push", "--connect", answeringAt(t, sent, curve))
		for _, text := range []string{"first\nlast\n", "x"} { // once "x" is read, "last" has been taken and so "first" sent
			_, err := io.WriteString(w, text)
			require.NoError(t, err)
		}
		if end {
			require.NoError(t, w.Close())
		}
		close(sent)
		push.requireFailure(statusFailed, "message(s) ", "mechanism-mismatch") // dropped before the end, not sent at it
		require.NoError(t, w.Close())
	}
}

// TestSignalSaysDropped: a signal does not hide it.
func TestSignalSaysDropped(t *testing.T) {
	a := &app{running: true, stderr: new(bytes.Buffer)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := errors.Join(context.Canceled, &lostError{messages: 3, why: []error{errors.New("x: refused")}})
	require.Equal(t, 130, a.status(ctx, &cobra.Command{Use: "push"}, err))
	require.Equal(t, "push: 3 message(s) dropped: x: refused\n", a.stderr.(*bytes.Buffer).String())
}

// TestGivenUpButNotAlone: with another endpoint the command goes on.
func TestGivenUpButNotAlone(t *testing.T) {
	r, w := io.Pipe()
	wrong := answering(t, curve)
	push := startReading(t, r, "push", "--connect", wrong, "--bind", binds["tcp"])
	push.stderr.await(t, regexp.MustCompile("given up "+regexp.QuoteMeta(wrong)))
	pull := start(t, "pull", "--connect", push.endpoint(), "--count", "1")
	_, err := io.WriteString(w, "m\n")
	require.NoError(t, err)
	pull.requireOutput("m\n")
	require.NoError(t, w.Close())
	push.requireOutput("")
}

// TestSaysWhyNobodyIsThere: an endpoint that cannot be connected to is told of, and so is what is left unsent for it.
func TestSaysWhyNobodyIsThere(t *testing.T) {
	for endpoint, why := range map[string]string{
		"tcp://127.0.0.1:1":                        "refused",
		"ipc://" + filepath.Join(t.TempDir(), "s"): "no such file or directory",
	} {
		r, w := io.Pipe()
		push := startReading(t, r, "push", "--connect", endpoint, "--linger", "20ms")
		_, err := io.WriteString(w, "m\n")
		require.NoError(t, err)
		push.stderr.await(t, regexp.MustCompile("(?m)^PUSH connect "+regexp.QuoteMeta(endpoint)+": .*"+why+".*$"))
		require.NoError(t, w.Close())
		push.requireFailure(statusFailed)
		said := strings.Split(strings.TrimSpace(push.stderr.String()), "\n")
		require.Len(t, said, 2)
		require.Contains(t, said[1], "1 message(s) not sent to 1 peer(s): "+endpoint+": ")
		require.Contains(t, said[1], why)
		require.Equal(t, 1, strings.Count(said[1], endpoint))
	}
}

// TestTooLargeIsTold by the receiver: the sender cannot know.
func TestTooLargeIsTold(t *testing.T) {
	pull := start(t, "pull", "--bind", binds["tcp"], "--max-message-size", "1000")
	start(t, "push", "--connect", pull.endpoint(), strings.Repeat("x", 2000))
	pull.stderr.await(t, regexp.MustCompile("(?m)^PULL .*too large: a message of more than 1000 bytes$"))
	require.NotContains(t, pull.stdout.String(), "x")
}

// TestTroubleIsToldOnce, per endpoint and kind, and forgotten when all is well.
func TestTroubleIsToldOnce(t *testing.T) {
	const there, here = "tcp://there:1", "tcp://here:1"
	refused := &ringmq.Error{Op: "connect", Err: errors.New("refused")}
	rude := &ringmq.Error{Op: "handshake", Err: &socket.HandshakeError{Cause: socket.CauseProtocol, Err: ringmq.ErrProtocol}}
	lost := &ringmq.Error{Op: "handshake", Err: &socket.HandshakeError{Err: io.EOF}}
	var tr troubles
	for _, c := range []struct {
		event      socket.Event
		connecting bool
		first      bool
		last       error
	}{
		{socket.Event{Type: socket.ConnectDelayed, Endpoint: there}, true, false, nil},
		{socket.Event{Type: socket.ConnectFailed, Endpoint: there, Err: refused}, true, true, refused.Err},
		{socket.Event{Type: socket.ConnectFailed, Endpoint: there, Err: refused}, true, false, refused.Err},
		{socket.Event{Type: socket.HandshakeFailed, Endpoint: there, Err: lost}, true, true, lost.Err},
		{socket.Event{Type: socket.HandshakeSucceeded, Endpoint: there}, true, false, nil},
		{socket.Event{Type: socket.Disconnected, Endpoint: there, Err: io.EOF}, true, false, io.EOF},
		{socket.Event{Type: socket.Disconnected, Endpoint: there, Err: ringmq.ErrProtocol}, true, true, ringmq.ErrProtocol},
		{socket.Event{Type: socket.HandshakeFailed, Endpoint: here, Err: lost}, false, false, nil},
		{socket.Event{Type: socket.HandshakeFailed, Endpoint: here, Err: rude}, false, true, rude.Err},
		{socket.Event{Type: socket.HandshakeSucceeded, Endpoint: here}, false, false, rude.Err},
		{socket.Event{Type: socket.MonitorStopped, Err: ringmq.ErrClosed}, false, false, nil},
	} {
		require.Equal(t, c.first, tr.note(c.event, c.connecting), c.event)
		require.Equal(t, c.last, tr.at(c.event.Endpoint), c.event)
	}
}

// TestTimeoutSaysWhatIsWrong at the endpoints that are connected to, and where the others are bound.
func TestTimeoutSaysWhatIsWrong(t *testing.T) {
	l := &link{
		flags: &flags{connect: []string{"tcp://a:1", "tcp://b:1"}, timeout: time.Nanosecond},
		bound: []string{"tcp://127.0.0.1:5000"},
	}
	l.trouble.note(socket.Event{Type: socket.ConnectFailed, Endpoint: "tcp://b:1", Err: errors.New("refused")}, true)
	err := l.within(t.Context(), "waiting", func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	})
	require.EqualError(t, err, "timed out after 1ns waiting at tcp://127.0.0.1:5000, tcp://a:1, tcp://b:1 (refused)")
}

func TestPlain(t *testing.T) {
	a, b := &ringmq.Error{Op: "a", Err: ringmq.ErrClosed}, &ringmq.Error{Op: "b", Err: ringmq.ErrState}
	require.Equal(t, "a: socket is closed; x: b: "+ringmq.ErrState.Error(), plain(errors.Join(a, fmt.Errorf("x: %w", b))))
	require.Equal(t, "a: socket is closed; b: "+ringmq.ErrState.Error(), plain(errors.Join(a, b)))
}
