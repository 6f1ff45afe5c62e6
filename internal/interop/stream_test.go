package interop_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// noted receives the note that a peer has come or gone, and returns its id.
func noted(t *testing.T, p peer) (id string) {
	t.Helper()
	got := strings.Fields(do(p, "recv"))
	require.Len(t, got, 3)
	require.Equal(t, "x", got[2])
	return got[1]
}

// TestStreamWithLibzmq: bytes both ways, and who hangs up, with either end ours.
func TestStreamWithLibzmq(t *testing.T) {
	for _, w := range wirings("libzmq") {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			o, p := w.connect(t, "STREAM", "STREAM")
			toThem, toUs := noted(t, o), noted(t, p)
			for _, n := range []int{1, 255, 256, 1000} {
				require.Equal(t, "sent", do(o, "send %s %d@%d", toThem, n, n))
				require.Equal(t, expect(fmt.Sprintf("%s %d@%d", toUs, n, n)), do(p, "recv"))
				require.Equal(t, "sent", do(p, "send %s %d@%d", toUs, n, n))
				require.Equal(t, expect(fmt.Sprintf("%s %d@%d", toThem, n, n)), do(o, "recv"))
			}
			if w.weBind { // then nobody connects again
				require.Equal(t, "sent", do(o, "send %s x", toThem))
				require.Equal(t, toUs, noted(t, p))
				return
			}
			require.Equal(t, "sent", do(p, "send %s x", toUs))
			require.Equal(t, toThem, noted(t, o))
			require.Equal(t, toThem, noted(t, o), "we have come back")
		})
	}
}

// TestStreamReadsZMTP: what a DEALER of libzmq says first is the greeting of ZMTP, byte by byte.
func TestStreamReadsZMTP(t *testing.T) {
	o := newOurs(t, "STREAM").bind("tcp://127.0.0.1:0")
	libzmq(t, "DEALER", "connect", o.Endpoint())
	id := noted(t, o)
	require.Equal(t, expect(id+" "+text("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")), do(o, "recv"))
}

// TestStreamServesHTTP to the client of package net/http, which asks several times over one connection.
func TestStreamServesHTTP(t *testing.T) {
	s, err := stream.NewStream(socket.WithStreamNotify(false))
	require.NoError(t, err)
	defer s.Close()
	bound, err := s.Bind("tcp://127.0.0.1:*")
	require.NoError(t, err)
	body := strings.Repeat("0123456789", 100_000)
	go func() {
		asked := map[string]string{} // by id, up to the end of the header
		for m, err := range s.Messages(t.Context()) {
			if err != nil {
				return
			}
			id := string(m.Frame(0))
			if asked[id] += string(m.Frame(1)); !strings.HasSuffix(asked[id], "\r\n\r\n") {
				continue
			}
			asked[id] = ""
			head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(body))
			_ = s.Send(t.Context(), ringmq.NewString(id, head))
			_ = s.Send(t.Context(), ringmq.NewString(id, body))
		}
	}()
	client := http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	for range 5 {
		page, err := client.Get("http" + strings.TrimPrefix(bound, "tcp"))
		require.NoError(t, err)
		got, err := io.ReadAll(page.Body)
		require.NoError(t, err)
		require.NoError(t, page.Body.Close())
		require.Equal(t, body, string(got))
	}
	require.Len(t, s.Peers(), 1)
}

// TestStreamAsksHTTP of the server of package net/http, which closes when it has answered.
func TestStreamAsksHTTP(t *testing.T) {
	page := strings.Repeat("page ", 50_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, page)
	}))
	defer server.Close()
	s, err := stream.NewStream(socket.WithReconnect(time.Minute, time.Minute))
	require.NoError(t, err)
	defer s.Close()
	id, err := s.ConnectPeer("tcp" + strings.TrimPrefix(server.URL, "http"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, s.Send(ctx, ringmq.NewString(id, "GET / HTTP/1.0\r\n\r\n")))
	var answer strings.Builder
	for notes := 0; notes < 2; {
		m, err := s.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, id, string(m.Frame(0)))
		if answer.Write(m.Frame(1)); len(m.Frame(1)) == 0 {
			notes++
		}
	}
	require.True(t, strings.HasPrefix(answer.String(), "HTTP/1.0 200 OK\r\n"))
	require.True(t, strings.HasSuffix(answer.String(), "\r\n\r\n"+page))
}
