package session_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

func TestHandshakeWithOldPeers(t *testing.T) {
	const signature8 = "\xff\x00\x00\x00\x00\x00\x00\x00\x09\x7f" // of a socket with an identity of 8 bytes
	named := func(socketType string) *session.Config {
		cfg := config(socketType)
		cfg.Identity = []byte("worker-7")
		return cfg
	}
	long := strings.Repeat("i", 255)
	for _, c := range []struct {
		name        string
		cfg         *session.Config
		in, sent    string
		version     session.Version
		socketType  string
		identity    string
		unversioned bool
	}{
		{"1.0", config(zmtp.Push), "\x01\x00", signature, session.Version{Major: 1}, "", "", true},
		{"1.0 with identity", config(zmtp.Push), "\x06\x00hello", signature, session.Version{Major: 1}, "", "hello", true},
		{
			"1.0, long identity frame", config(zmtp.Push), "\xff\x00\x00\x00\x00\x00\x00\x01\x00\x00" + long,
			signature,
			session.Version{Major: 1},
			"", long, true,
		},
		{"1.0, we have an identity", named(zmtp.Dealer), "\x01\x00", signature8 + "worker-7", session.Version{Major: 1}, "", "", true},
		{"1.0, a PUSH keeps its identity", named(zmtp.Push), "\x01\x00", signature, session.Version{Major: 1}, "", "", true},
		{
			"1.0 with greeting", config(zmtp.Push), signature + "\x00\x07\x06\x00hello",
			signature + "\x03\x08\x01\x00",
			session.Version{Major: 1},
			"PULL", "hello", false,
		},
		{
			"2.0", config(zmtp.Push), signature + "\x01\x07\x00\x00",
			signature + "\x03\x08\x00\x00",
			session.Version{Major: 2},
			"PULL", "", false,
		},
		{
			"2.0, major 2", config(zmtp.Push), signature + "\x02\x07\x00\x05hello",
			signature + "\x03\x08\x00\x00",
			session.Version{Major: 2},
			"PULL", "hello", false,
		},
		{
			"2.0, both have identities", named(zmtp.Dealer), signature + "\x01\x06\x00\x05hello",
			signature8 + "\x03\x05\x00\x08worker-7",
			session.Version{Major: 2},
			"ROUTER", "hello", false,
		},
		{
			"2.0, XPUB", config(zmtp.XSub), signature + "\x01\x09\x00\x00",
			signature + "\x03\x0a\x00\x00",
			session.Version{Major: 2},
			"XPUB", "", false,
		},
		{
			"2.0, long frame of a small identity", config(zmtp.Push),
			signature + "\x01\x07\x02\x00\x00\x00\x00\x00\x00\x00\x02ab",
			signature + "\x03\x08\x00\x00",
			session.Version{Major: 2},
			"PULL", "ab", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := feedAnyhow(t, c.cfg, c.in+"\x02\x00x")
			require.NoError(t, r.err)
			require.True(t, r.done)
			require.Equal(t, len(c.in), r.consumed)
			require.Equal(t, c.sent, r.sent)
			require.Equal(t, c.version, r.peer.Version)
			require.Equal(t, c.unversioned, r.peer.Unversioned)
			require.Equal(t, c.socketType, r.peer.SocketType)
			require.Equal(t, c.identity, string(r.peer.Identity))
			id, ok := r.peer.Properties.Get("Identity")
			require.True(t, ok)
			require.Equal(t, c.identity, id)
			requirePrefixesWait(t, c.cfg, c.in)
		})
	}
}

func TestTypesThatOldVersionsLackAreNotOffered(t *testing.T) {
	for version, in := range map[string]string{"1.0": "\x01\x00", "2.0": signature + "\x01"} {
		t.Run(version, func(t *testing.T) {
			r := feedAnyhow(t, config(zmtp.Client), in)
			requireCode(t, session.CodeIncompatibleSocketType, r.err)
		})
	}
}

func TestNudge(t *testing.T) {
	start := func() *session.Handshake {
		h := session.NewHandshake(config(zmtp.Push))
		require.Equal(t, signature, string(h.Start(nil)))
		return h
	}
	t.Run("completes eleven bytes, once", func(t *testing.T) {
		h := start()
		require.Equal(t, "x\x03", string(h.Nudge([]byte("x"))))
		require.Empty(t, h.Nudge(nil))
		out, _, err := h.Feed(nil, []byte(greeting("\x01")+pull))
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Equal(t, greeting("\x01")[11:]+push, string(out))
	})
	t.Run("goes on with 2.0", func(t *testing.T) {
		h := start()
		h.Nudge(nil)
		out, _, err := h.Feed(nil, []byte(signature+"\x01\x07\x00\x00"))
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Equal(t, "\x08\x00\x00", string(out))
	})
	t.Run("is nothing once the peer is known", func(t *testing.T) {
		for _, in := range []string{signature, signature + "\x03", "\x06\x00he", "\x01\x00", greeting("\x01") + pull} {
			h := start()
			_, _, err := h.Feed(nil, []byte(in))
			require.NoError(t, err)
			require.Empty(t, h.Nudge(nil), "%q", in)
		}
	})
	t.Run("is nothing for a secured socket", func(t *testing.T) {
		cfg, _ := withMechanism()
		h := session.NewHandshake(cfg)
		h.Start(nil)
		require.Empty(t, h.Nudge(nil))
	})
	t.Run("cuts off 1.0 for this connection only", func(t *testing.T) {
		h := start()
		h.Nudge(nil)
		_, _, err := h.Feed(nil, []byte("\x01\x00"))
		require.True(t, requireCode(t, session.CodeUnsupportedVersion, err).Reconnect())
	})
}
