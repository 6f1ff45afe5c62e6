package transport

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddrFilter(t *testing.T) {
	for _, tc := range []struct {
		filter, peer string
		want         bool
	}{
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.0.0.0/8", "::ffff:10.1.1.1", true},
		{"0.0.0.0/0", "1.2.3.4", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "1.2.3.4", false},
		{"fe80::/10", "fe80::1%eth0", true},
		{"127.0.0.1/32", "127.0.0.2", false},
	} {
		f := AddrFilter{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix(tc.filter)}
		err := f.Admit(netip.MustParseAddr(tc.peer))
		require.Equal(t, tc.want, err == nil, "%v", tc)
		if !tc.want {
			require.ErrorIs(t, err, ErrFiltered)
			require.ErrorContains(t, err, netip.MustParseAddr(tc.peer).Unmap().String())
		}
	}
	require.NoError(t, AddrFilter{}.Admit(netip.MustParseAddr("1.2.3.4")))
}
