package zmtp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/zmtp"
)

const signature = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"

func nul(n int) string { return strings.Repeat("\x00", n) }

func TestGreetingBytes(t *testing.T) {
	for _, c := range []struct {
		name     string
		g        zmtp.Greeting
		identity int
		want     string
	}{
		{"NULL", zmtp.Greeting{Major: 3, Minor: 1, Mechanism: "NULL"}, 0, signature + "\x03\x01NULL" + nul(16+32)},
		{
			"CURVE server with identity",
			zmtp.Greeting{Major: 3, Minor: 1, Mechanism: "CURVE", AsServer: true},
			255,
			"\xff" + nul(6) + "\x01\x00\x7f\x03\x01CURVE" + nul(15) + "\x01" + nul(31),
		},
		{
			"longest mechanism",
			zmtp.Greeting{Major: 3, Mechanism: "ABCDEFGHIJKLMNOPQRST"},
			0,
			signature + "\x03\x00ABCDEFGHIJKLMNOPQRST" + nul(32),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := zmtp.AppendGreeting(nil, c.g, c.identity)
			require.Len(t, b, zmtp.GreetingSize)
			require.Equal(t, c.want, string(b))
			require.Equal(t, c.want[:10], string(zmtp.AppendSignature(nil, c.identity)))
			got, err := zmtp.ParseGreeting(b)
			require.NoError(t, err)
			require.Equal(t, c.g, got)
			for i := range b {
				_, err := zmtp.ParseGreeting(b[:i])
				require.ErrorIs(t, err, zmtp.ErrGreeting)
			}
		})
	}
}

func TestParseGreetingIgnoresPaddingAndFiller(t *testing.T) {
	b := []byte("\xffpadding8\x7f\x04\x09PLAIN" + nul(15) + "\x07" + strings.Repeat("x", 31))
	g, err := zmtp.ParseGreeting(b)
	require.NoError(t, err)
	require.Equal(t, zmtp.Greeting{Major: 4, Minor: 9, Mechanism: "PLAIN", AsServer: true}, g)
}

func TestParseGreetingRejectsOlderVersions(t *testing.T) {
	for _, major := range []string{"\x00", "\x01", "\x02"} {
		_, err := zmtp.ParseGreeting([]byte(signature + major + nul(53)))
		require.ErrorIs(t, err, zmtp.ErrGreeting)
	}
}

func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		in   string
		want zmtp.Protocol
		need int
	}{
		{"", zmtp.ProtocolUnknown, 1},
		{"\x01", zmtp.ProtocolUnversioned, 0},
		{"\x01\x00", zmtp.ProtocolUnversioned, 0},
		{"\x00", zmtp.ProtocolUnversioned, 0},
		{"GET / HTTP/1.1", zmtp.ProtocolUnversioned, 0},
		{"\xff", zmtp.ProtocolUnknown, 10},
		{"\xff\x00\x00\x00\x00\x00\x00\x00\x01", zmtp.ProtocolUnknown, 10},
		{"\xff\x00\x00\x00\x00\x00\x00\x01\x00\x00", zmtp.ProtocolUnversioned, 0},
		{"\xff\x00\x00\x00\x00\x00\x00\x01\x00\x7e", zmtp.ProtocolUnversioned, 0},
		{signature, zmtp.ProtocolVersioned, 11},
		{"\xff" + "anything" + "\x7f", zmtp.ProtocolVersioned, 11},
		{signature + "\x00", zmtp.ProtocolV1, 12},
		{signature + "\x01", zmtp.ProtocolV2, 12},
		{signature + "\x02", zmtp.ProtocolV2, 12},
		{signature + "\x03", zmtp.ProtocolV3, 64},
		{signature + "\x03\x00", zmtp.ProtocolV3, 64},
		{signature + "\x04", zmtp.ProtocolV3, 64},
		{signature + "\xff", zmtp.ProtocolV3, 64},
	} {
		got, need, err := zmtp.Recognise([]byte(c.in))
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%q", c.in)
		require.Equal(t, c.need, need, "%q", c.in)
	}
	_, _, err := zmtp.Recognise([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x01\x03"))
	require.ErrorIs(t, err, zmtp.ErrGreeting)
}

func TestSocketTypeCodes(t *testing.T) {
	for code, want := range []string{
		"PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB",
	} {
		got, ok := zmtp.SocketTypeByCode(byte(code))
		require.True(t, ok)
		require.Equal(t, want, got)
		back, ok := zmtp.SocketTypeCode(want)
		require.True(t, ok)
		require.EqualValues(t, code, back)
	}
	_, ok := zmtp.SocketTypeByCode(11)
	require.False(t, ok)
	_, ok = zmtp.SocketTypeCode("CLIENT")
	require.False(t, ok)
}

// TestPeerTypes holds the table against RFC 37's, pair by pair.
func TestPeerTypes(t *testing.T) {
	pairs := strings.Fields(`REQ-REP REQ-ROUTER REP-DEALER DEALER-DEALER DEALER-ROUTER ROUTER-ROUTER PUB-SUB PUB-XSUB
		XPUB-SUB XPUB-XSUB PUSH-PULL PAIR-PAIR CLIENT-SERVER RADIO-DISH SCATTER-GATHER PEER-PEER CHANNEL-CHANNEL`)
	want := map[string][]string{}
	for _, p := range pairs {
		a, b, _ := strings.Cut(p, "-")
		want[a] = append(want[a], b)
		if a != b {
			want[b] = append(want[b], a)
		}
	}
	require.Len(t, want, 19)
	for socketType, peers := range want {
		require.ElementsMatch(t, peers, zmtp.PeerTypes(socketType), socketType)
	}
	require.Empty(t, zmtp.PeerTypes("STREAM"))
}

func TestValidIdentity(t *testing.T) {
	require.True(t, zmtp.ValidIdentity(nil))
	require.True(t, zmtp.ValidIdentity([]byte("a\x00")))
	require.True(t, zmtp.ValidIdentity([]byte(strings.Repeat("i", 255))))
	require.False(t, zmtp.ValidIdentity([]byte(strings.Repeat("i", 256))))
	require.False(t, zmtp.ValidIdentity([]byte("\x00abcd")))
}

func TestHasIdentity(t *testing.T) {
	var have []string
	for _, socketType := range []string{
		"PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "SERVER", "PEER", "",
	} {
		if zmtp.HasIdentity(socketType) {
			have = append(have, socketType)
		}
	}
	require.Equal(t, []string{"REQ", "DEALER", "ROUTER"}, have)
}
