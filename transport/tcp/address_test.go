package tcp

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

func TestParseBind(t *testing.T) {
	for addr, want := range map[string]string{
		"*:*":                           "*:0",
		"*:0":                           "*:0",
		"*:5555":                        "*:5555",
		"0.0.0.0:5555":                  "0.0.0.0:5555",
		"127.0.0.1:*":                   "127.0.0.1:0",
		"127.0.0.1:65535":               "127.0.0.1:65535",
		"localhost:1":                   "localhost:1",
		"eth0:5555":                     "eth0:5555",
		"eth0.100:5555":                 "eth0.100:5555",
		"br-3f_a:5555":                  "br-3f_a:5555",
		"vEthernet (Standard):5":        "vEthernet (Standard):5",
		"Drahtloses Gerät:5":            "Drahtloses Gerät:5",
		"feed.example.com.:5":           "feed.example.com.:5",
		"[::]:0":                        "[::]:0",
		"[::]:*":                        "[::]:0",
		"[::1]:5555":                    "[::1]:5555",
		"[2001:DB8:0::1]:5":             "[2001:db8::1]:5",
		"[fe80::1%eth0]:5":              "[fe80::1%eth0]:5",
		"[::ffff:127.0.0.1]:5":          "127.0.0.1:5",
		"127.0.0.1:05555":               "127.0.0.1:5555",
		strings.Repeat("a", 253) + ":1": strings.Repeat("a", 253) + ":1",
	} {
		t.Run(addr, func(t *testing.T) {
			h, err := parseBind(addr)
			require.NoError(t, err)
			require.Equal(t, want, h.String())
			require.NoError(t, Transport{}.ValidateBind(addr))
		})
	}
}

func TestParseConnect(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:5555":               "127.0.0.1:5555",
		"localhost:5555":               "localhost:5555",
		"feed-1.example.com:5555":      "feed-1.example.com:5555",
		"0.0.0.0:5555":                 "0.0.0.0:5555",
		"[::1]:5555":                   "[::1]:5555",
		"[fe80::1%en0]:5555":           "[fe80::1%en0]:5555",
		"127.0.0.1:0;127.0.0.1:5555":   "127.0.0.1:0;127.0.0.1:5555",
		"*:6000;127.0.0.1:5555":        "*:6000;127.0.0.1:5555",
		"eth0:*;feed.example.com:5555": "eth0:0;feed.example.com:5555",
		"[::1]:6000;[::1]:5555":        "[::1]:6000;[::1]:5555",
	} {
		t.Run(addr, func(t *testing.T) {
			r, err := parseConnect(addr)
			require.NoError(t, err)
			require.Equal(t, want, r.String())
			require.NoError(t, Transport{}.ValidateConnect(addr))
		})
	}
}

// malformed is refused for binding and for connecting.
var malformed = map[string]string{ // address: part that the error names
	"":                              "",
	":":                             ":",
	"5555":                          "5555",
	"localhost":                     "localhost",
	"localhost:":                    "localhost:",
	":5555":                         ":5555",
	"*":                             "*",
	"localhost:567bad":              "567bad",
	"localhost:bad":                 "bad",
	"localhost:65536":               "65536",
	"localhost:-1":                  "-1",
	"localhost:+1":                  "+1",
	"localhost:1_0":                 "1_0",
	"localhost:0x10":                "0x10",
	"localhost: 5":                  " 5",
	"localhost:５":                   "５",
	"localhost:**":                  "**",
	"localhost:1:2":                 "localhost:1:2",
	"::1:5555":                      "::1:5555",
	"[::1]":                         "[::1]",
	"[::1]5555":                     "[::1]5555",
	"[::1:5555":                     "[::1:5555",
	"[]:5555":                       "[]:5555",
	"[*]:5555":                      "[*]:5555",
	"[127.0.0.1]:5555":              "[127.0.0.1]:5555",
	"[localhost]:5555":              "[localhost]:5555",
	"[::g]:5555":                    "::g",
	"[fe80::1%]:5555":               "fe80::1%",
	"[fe80::1%a\n]:5555":            "fe80::1%a\n",
	"[fe80::1%a/b]:5555":            "fe80::1%a/b",
	"10.1:5555":                     "10.1",
	"256.0.0.1:5555":                "256.0.0.1",
	"1.2.3.4.5:5555":                "1.2.3.4.5",
	"010.0.0.1:5555":                "010.0.0.1",
	"...:5555":                      "...",
	" localhost:5555":               " localhost",
	"local\x00host:5555":            "local\x00host",
	"a/b:5555":                      "a/b",
	"tcp://a:5555":                  "tcp://a:5555",
	"a%b:5555":                      "a%b",
	"*.example.com:5555":            "*.example.com",
	"\xff:5555":                     "\xff",
	"a:1;":                          "",
	strings.Repeat("a", 254) + ":1": strings.Repeat("a", 254),
}

func TestMalformed(t *testing.T) {
	for addr, value := range malformed {
		t.Run(addr, func(t *testing.T) {
			requireInvalid(t, Transport{}.ValidateConnect(addr), addr, value)
			if !strings.Contains(addr, ";") {
				requireInvalid(t, Transport{}.ValidateBind(addr), addr, value)
			}
		})
	}
}

func TestMalformedBind(t *testing.T) {
	for addr, value := range map[string]string{
		"a:1;b:2":        "a:1;b:2",
		"127.0.0.1:1;":   "1;",
		"[::1%a;b]:5555": "::1%a;b",
	} {
		t.Run(addr, func(t *testing.T) { requireInvalid(t, Transport{}.ValidateBind(addr), addr, value) })
	}
}

func TestMalformedConnect(t *testing.T) {
	for addr, value := range map[string]string{
		"*:5555":          "*:5555",
		"localhost:*":     "localhost:*",
		"*:*":             "*:*",
		"localhost:0":     "0",
		"localhost:00":    "00",
		"local host:5555": "local host",
		";localhost:5555": "",
		"a:1;*:5555":      "*:5555",
		"a:1;b:0":         "0",
		"a:x;b:5555":      "x",
		"a:1;b:2;c:3":     "b:2;c:3",
	} {
		t.Run(addr, func(t *testing.T) { requireInvalid(t, Transport{}.ValidateConnect(addr), addr, value) })
	}
}

func requireInvalid(t *testing.T, err error, addr, value string) {
	t.Helper()
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	e, ok := errors.AsType[*ringmq.Error](err)
	require.True(t, ok)
	require.Equal(t, "tcp://"+addr, e.Endpoint)
	require.Equal(t, value, e.Value)
}

func FuzzParseBind(f *testing.F) {
	for _, s := range []string{"*:*", "[::1%lo]:5", "127.0.0.1:567bad", "[::ffff:1.2.3.4]:1", "eth0:1", "[::1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		h, err := parseBind(addr)
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
			return
		}
		require.NotEqual(t, h.ip.IsValid(), h.name != "", "an address or a name")
		again, err := parseBind(h.String())
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}

func FuzzParseConnect(f *testing.F) {
	for _, s := range []string{"a:1", "*:0;a:1", "[::1]:0;[::1]:5", "a:1;b:0", ";", "a:1;b:2;c:3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		r, err := parseConnect(addr)
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
			return
		}
		require.NotZero(t, r.target.port)
		again, err := parseConnect(r.String())
		require.NoError(t, err)
		require.Equal(t, r, again)
		require.NoError(t, Transport{}.ValidateBind(r.target.String()), "where one connects to, one can bind")
	})
}
