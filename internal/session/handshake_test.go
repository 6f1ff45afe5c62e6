package session_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

const (
	signature = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"
	major     = "\x03"
	push      = "\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH"
	pull      = "\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PULL"
	dealer    = "\x04\x29\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
)

// afterMajor is the rest of a greeting.
func afterMajor(minor, mechanism string) string {
	return minor + mechanism + strings.Repeat("\x00", 20-len(mechanism)+32)
}

// greeting is that of a peer of ZMTP 3.x with the NULL mechanism.
func greeting(minor string) string { return signature + major + afterMajor(minor, "NULL") }

func config(socketType string) *session.Config {
	return &session.Config{SocketType: socketType, PeerTypes: zmtp.PeerTypes(socketType)}
}

// result is all that can be seen of a handshake that was fed some input.
type result struct {
	sent     string
	consumed int
	done     bool
	err      error
	peer     session.Peer
}

// feed runs a handshake over in, given in pieces of at most size bytes.
func feed(cfg *session.Config, in string, size int) result {
	h := session.NewHandshake(cfg)
	r := result{sent: string(h.Start(nil))}
	for rest := []byte(in); len(rest) > 0 && !r.done && r.err == nil; {
		piece := rest[:min(size, len(rest))]
		out, n, err := h.Feed(nil, piece)
		r.sent += string(out)
		r.consumed += n
		r.done, r.err = h.Done(), err
		rest = rest[n:]
	}
	if r.done {
		r.peer = *h.Peer()
	}
	return r
}

// feedAnyhow feeds in in one piece and byte by byte, and holds that it makes no difference.
func feedAnyhow(t *testing.T, cfg *session.Config, in string) result {
	t.Helper()
	whole := feed(cfg, in, max(len(in), 1))
	for _, size := range []int{1, 7} {
		require.Equal(t, whole, feed(cfg, in, size), "in pieces of %d", size)
	}
	return whole
}

// requirePrefixesWait feeds every proper prefix of a good handshake, which must neither end it nor fail.
func requirePrefixesWait(t *testing.T, cfg *session.Config, in string) {
	t.Helper()
	for i := range in {
		r := feedAnyhow(t, cfg, in[:i])
		require.NoError(t, r.err, "prefix of %d bytes", i)
		require.False(t, r.done, "prefix of %d bytes", i)
		require.Equal(t, i, r.consumed)
	}
}

func TestHandshakeBytes(t *testing.T) {
	const traffic = "\x00\x05hello\x04\x0b\x09SUBSCRIBEA"
	h := session.NewHandshake(config(zmtp.Dealer))
	require.Equal(t, signature, string(h.Start(nil)))

	for _, step := range []struct{ in, out string }{
		{signature[:9], ""},
		{signature[9:], major},
		{major, afterMajor("\x01", "NULL")},
		{afterMajor("\x01", "NULL")[:52], ""},
		{afterMajor("\x01", "NULL")[52:], dealer},
		{dealer[:5], ""},
	} {
		out, n, err := h.Feed(nil, []byte(step.in))
		require.NoError(t, err)
		require.Equal(t, len(step.in), n)
		require.Equal(t, step.out, string(out), "after %q", step.in)
		require.False(t, h.Done())
	}
	out, n, err := h.Feed([]byte("kept"), []byte(dealer[5:]+traffic))
	require.NoError(t, err)
	require.True(t, h.Done())
	require.Equal(t, len(dealer)-5, n, "traffic is left")
	require.Equal(t, "kept", string(out))

	_, n, err = h.Feed(nil, []byte(traffic))
	require.NoError(t, err)
	require.Zero(t, n, "nothing is consumed once done")
}

func TestHandshakeWithCurrentPeers(t *testing.T) {
	const traffic = "\x00\x01x"
	longReady := "\x06\x00\x00\x00\x00\x00\x00\x00\x1a" + pull[2:]
	for _, c := range []struct {
		name    string
		cfg     *session.Config
		in      string
		sent    string
		version session.Version
	}{
		{"3.1", config(zmtp.Push), greeting("\x01") + pull, greeting("\x01") + push, session.Version{Major: 3, Minor: 1}},
		{"3.0", config(zmtp.Push), greeting("\x00") + pull, greeting("\x01") + push, session.Version{Major: 3}},
		{"3.9", config(zmtp.Push), greeting("\x09") + pull, greeting("\x01") + push, session.Version{Major: 3, Minor: 1}},
		{
			"4.0", config(zmtp.Push), signature + "\x04" + afterMajor("\x00", "NULL") + pull,
			greeting("\x01") + push,
			session.Version{Major: 3, Minor: 1},
		},
		{
			"any padding, as-server", config(zmtp.Push),
			"\xffpadding!\x7f\x03\x01NULL" + strings.Repeat("\x00", 16) + "\x01" + strings.Repeat("\x00", 31) + pull,
			greeting("\x01") + push,
			session.Version{Major: 3, Minor: 1},
		},
		{
			"long frame of a small command", config(zmtp.Push), greeting("\x01") + longReady,
			greeting("\x01") + push,
			session.Version{Major: 3, Minor: 1},
		},
		{
			"we bind", &session.Config{SocketType: zmtp.Push, PeerTypes: []string{zmtp.Pull}, Server: true},
			greeting("\x01") + pull, greeting("\x01") + push,
			session.Version{Major: 3, Minor: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := feedAnyhow(t, c.cfg, c.in+traffic)
			require.NoError(t, r.err)
			require.True(t, r.done)
			require.Equal(t, len(c.in), r.consumed)
			require.Equal(t, c.sent, r.sent)
			require.Equal(t, c.version, r.peer.Version)
			require.Equal(t, zmtp.Pull, r.peer.SocketType)
			require.False(t, r.peer.Unversioned)
			requirePrefixesWait(t, c.cfg, c.in)
		})
	}
}

func ready(properties ...string) string {
	var metadata []byte
	for i := 0; i < len(properties); i += 2 {
		metadata = zmtp.AppendProperty(metadata, properties[i], []byte(properties[i+1]))
	}
	return string(zmtp.AppendReady(nil, metadata))
}

func TestPeerMetadata(t *testing.T) {
	for _, c := range []struct {
		name     string
		ready    string
		identity string
		want     map[string]string
	}{
		{"type only", ready("Socket-Type", "REQ"), "", map[string]string{"Socket-Type": "REQ"}},
		{
			"identity of a REQ", ready("Socket-Type", "REQ", "Identity", "client"), "client",
			map[string]string{"Socket-Type": "REQ", "Identity": "client"},
		},
		{
			"names in any case, any order", ready("IDENTITY", "client", "socket-type", "DEALER"), "client",
			map[string]string{"socket-type": "DEALER", "IDENTITY": "client"},
		},
		{
			"of the application's", ready("Socket-Type", "REQ", "X-hello", "world"), "",
			map[string]string{"Socket-Type": "REQ", "X-hello": "world"},
		},
		{
			"the first of two counts", ready("Socket-Type", "REQ", "SOCKET-TYPE", "PUB"), "",
			map[string]string{"Socket-Type": "REQ"},
		},
		{"no socket type", ready("Identity", "client"), "client", map[string]string{"Identity": "client"}},
		{"nothing at all", ready(), "", map[string]string{}},
		{
			"longest identity", ready("Socket-Type", "REQ", "Identity", strings.Repeat("i", 255)),
			strings.Repeat("i", 255),
			map[string]string{"Socket-Type": "REQ", "Identity": strings.Repeat("i", 255)},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := feedAnyhow(t, config(zmtp.Router), greeting("\x01")+c.ready)
			require.NoError(t, r.err)
			require.True(t, r.done)
			require.Equal(t, c.identity, string(r.peer.Identity))
			require.Equal(t, c.want, r.peer.Properties.All())
		})
	}
}

func TestIdentityOfOtherTypesIsIgnored(t *testing.T) {
	for _, id := range []string{"client", "\x00reserved", strings.Repeat("i", 256)} {
		r := feedAnyhow(t, config(zmtp.Pull), greeting("\x01")+ready("Socket-Type", "PUSH", "Identity", id))
		require.NoError(t, r.err)
		require.True(t, r.done)
		require.Nil(t, r.peer.Identity)
	}
}

func TestOurMetadata(t *testing.T) {
	cfg := config(zmtp.Dealer)
	cfg.Identity = []byte("me")
	cfg.Metadata = []session.Property{{Name: "X-a", Value: []byte("1")}, {Name: "X-b"}}
	r := feedAnyhow(t, cfg, greeting("\x01"))
	require.Equal(t, "\xff\x00\x00\x00\x00\x00\x00\x00\x03\x7f"+greeting("\x01")[10:]+
		ready("Socket-Type", "DEALER", "Identity", "me", "X-a", "1", "X-b", ""), r.sent)

	cfg = config(zmtp.Push)
	cfg.Identity = []byte("me")
	r = feedAnyhow(t, cfg, greeting("\x01"))
	require.Equal(t, greeting("\x01")+push, r.sent, "a PUSH does not announce its identity")
}

func TestHandshakeDoesNotKeepInput(t *testing.T) {
	h := session.NewHandshake(config(zmtp.Router))
	in := []byte(greeting("\x01") + ready("Socket-Type", "REQ", "Identity", "client", "X-k", "value"))
	_, _, err := h.Feed(nil, in)
	require.NoError(t, err)
	clear(in)
	require.Equal(t, "client", string(h.Peer().Identity))
	v, _ := h.Peer().Properties.Get("X-k")
	require.Equal(t, "value", v)
}

func TestErrorStays(t *testing.T) {
	h := session.NewHandshake(config(zmtp.Push))
	_, _, first := h.Feed(nil, []byte(greeting("\x01")+ready("Socket-Type", "PUB")))
	require.ErrorIs(t, first, ringmq.ErrProtocol)
	out, n, err := h.Feed(nil, []byte(pull))
	require.Equal(t, first, err)
	require.Zero(t, n)
	require.Empty(t, out)
	require.False(t, h.Done())
}
