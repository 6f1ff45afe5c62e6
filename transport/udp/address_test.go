package udp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

func TestGoodAddresses(t *testing.T) {
	v4, v6 := netip.MustParseAddr, netip.MustParseAddr
	both := map[string]address{
		"127.0.0.1:5555":             {ip: v4("127.0.0.1"), port: 5555},
		"[::1]:1":                    {ip: v6("::1"), port: 1},
		"[::ffff:127.0.0.1]:1":       {ip: v4("127.0.0.1"), port: 1},
		"[fe80::1%eth0]:1":           {ip: v6("fe80::1%eth0"), port: 1},
		"239.1.1.1:65535":            {ip: v4("239.1.1.1"), port: 65535},
		"[ff02::1]:5555":             {ip: v6("ff02::1"), port: 5555},
		"eth0;239.1.1.1:5555":        {nic: "eth0", ip: v4("239.1.1.1"), port: 5555},
		"*;239.1.1.1:5555":           {ip: v4("239.1.1.1"), port: 5555},
		"192.0.2.1;239.1.1.1:5555":   {nic: "192.0.2.1", ip: v4("239.1.1.1"), port: 5555},
		"eth0;[ff02::1]:5555":        {nic: "eth0", ip: v6("ff02::1"), port: 5555},
		"fe80::1%eth0;[ff02::1]:555": {nic: "fe80::1%eth0", ip: v6("ff02::1"), port: 555},
		"name:5555":                  {name: "name", port: 5555},
	}
	bind := map[string]address{
		"*:5555":      {ip: v4("0.0.0.0"), port: 5555},
		"*:*":         {ip: v4("0.0.0.0")},
		"*:0":         {ip: v4("0.0.0.0")},
		"127.0.0.1:*": {ip: v4("127.0.0.1")},
		"eth0:*":      {name: "eth0"},
	}
	connect := map[string]address{"host.example:5555": {name: "host.example", port: 5555}}
	check := func(good map[string]address, bind bool, validate func(string) error) {
		for addr, want := range good {
			got, err := parser{addr, bind}.parse()
			require.NoError(t, err, addr)
			require.Equal(t, want, got, addr)
			require.NoError(t, validate(addr))
		}
	}
	check(both, true, Transport{}.ValidateBind)
	check(both, false, Transport{}.ValidateConnect)
	check(bind, true, Transport{}.ValidateBind)
	check(connect, false, Transport{}.ValidateConnect)
	for addr := range bind {
		require.ErrorIs(t, Transport{}.ValidateConnect(addr), ringmq.ErrInvalidEndpoint, addr)
	}
}

// TestBadAddresses: the error has the endpoint and the part to blame.
func TestBadAddresses(t *testing.T) {
	for addr, value := range map[string]string{
		"":                      "",
		":":                     ":",
		"127.0.0.1":             "127.0.0.1",
		"127.0.0.1:":            "127.0.0.1:",
		":5555":                 ":5555",
		"::1:5555":              "::1:5555",
		"127.0.0.1:65536":       "65536",
		"127.0.0.1:-1":          "-1",
		"127.0.0.1:567bad":      "567bad",
		"127.0.0.1:x":           "x",
		"256.0.0.1:5555":        "256.0.0.1",
		"10.1:5555":             "10.1",
		"[::g]:5555":            "::g",
		"a/b:5555":              "a/b",
		" a:5555":               " a",
		";239.1.1.1:5555":       "",
		"a/b;239.1.1.1:5555":    "a/b",
		"eth0;127.0.0.1:5555":   "127.0.0.1",
		"eth0;[::1]:5555":       "::1",
		"eth0;name:5555":        "name",
		"eth0;lo;239.1.1.1:555": "lo;239.1.1.1",
		"eth0;239.1.1.1":        "239.1.1.1",
	} {
		for _, validate := range []func(string) error{Transport{}.ValidateBind, Transport{}.ValidateConnect} {
			err := validate(addr)
			require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint, addr)
			var e *ringmq.Error
			require.True(t, errors.As(err, &e))
			require.Equal(t, "udp://"+addr, e.Endpoint)
			require.Equal(t, value, e.Value, addr)
		}
	}
	require.ErrorIs(t, Transport{}.ValidateConnect("127.0.0.1:0"), ringmq.ErrInvalidEndpoint)
}

func FuzzAddress(f *testing.F) {
	for _, addr := range []string{"*:*", "[::1]:5555", "eth0;239.1.1.1:5555", "a;b;c:1", "host:1"} {
		f.Add(addr, true)
	}
	f.Fuzz(func(t *testing.T, addr string, bind bool) {
		a, err := parser{addr, bind}.parse()
		if err != nil {
			require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
			return
		}
		require.NotEqual(t, a.ip.IsValid(), a.name != "", "one of them")
		require.True(t, bind || a.port > 0)
		require.True(t, a.nic == "" || a.isGroup())
		require.Contains(t, addr, ":")
		require.Equal(t, strings.Contains(addr, ";") && a.nic == "", strings.HasPrefix(addr, "*;"))
	})
}
