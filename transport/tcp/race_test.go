package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// host is how an address behaves that is dialled.
type host struct {
	after time.Duration // time until it answers; negative: never
	err   error
}

var errHost = errors.New("the host says no")

// hosts are dialled by their ports, and note when.
type hosts struct {
	list  []host
	began []time.Duration // since the start, by host
	conns []*probe        // by host; nil where there is none
}

// probe is a connection that knows whether it was closed.
type probe struct {
	net.Conn
	closed bool
}

func (p *probe) Close() error {
	p.closed = true
	return nil
}

func (h *hosts) race(ctx context.Context) (won int, err error) {
	start := time.Now()
	h.began, h.conns = make([]time.Duration, len(h.list)), make([]*probe, len(h.list))
	var addrs []netip.AddrPort
	for i := range h.list {
		addrs = append(addrs, netip.AddrPortFrom(netip.IPv6Loopback(), uint16(i)))
		h.began[i] = -1
	}
	c, err := race(ctx, addrs, func(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
		i := int(addr.Port())
		h.began[i] = time.Since(start)
		return h.dial(ctx, i)
	})
	for i, p := range h.conns {
		if p != nil && net.Conn(p) == c {
			return i, nil
		}
	}
	return -1, err
}

func (h *hosts) dial(ctx context.Context, i int) (net.Conn, error) {
	var answer <-chan time.Time
	if h.list[i].after >= 0 {
		answer = time.After(h.list[i].after)
	}
	select {
	case <-answer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if h.list[i].err != nil {
		return nil, h.list[i].err
	}
	h.conns[i] = &probe{}
	return h.conns[i], nil
}

func TestRace(t *testing.T) {
	const never, ms = -1, time.Millisecond
	for name, tc := range map[string]struct {
		list  []host
		won   int
		began []time.Duration
		took  time.Duration
	}{
		"the first":           {[]host{{after: 10 * ms}, {}}, 0, []time.Duration{0, never}, 10 * ms},
		"the second":          {[]host{{after: never}, {after: ms}}, 1, []time.Duration{0, headStart}, headStart + ms},
		"after a refusal":     {[]host{{err: errHost}, {after: ms}, {}}, 1, []time.Duration{0, 0, never}, ms},
		"the slow one":        {[]host{{after: 400 * ms}, {after: never}}, 0, []time.Duration{0, headStart}, 400 * ms},
		"all refuse":          {[]host{{err: errHost}, {after: ms, err: errHost}}, -1, []time.Duration{0, 0}, ms},
		"refusals in between": {[]host{{after: never}, {err: errHost}, {after: ms}}, 2, []time.Duration{0, headStart, headStart}, headStart + ms},
		"alone":               {[]host{{after: time.Hour}}, 0, []time.Duration{0}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				h := &hosts{list: tc.list}
				won, err := h.race(t.Context())
				require.Equal(t, tc.won, won)
				require.Equal(t, tc.won < 0, errors.Is(err, errHost))
				require.Equal(t, tc.began, h.began)
				require.Equal(t, tc.took, time.Since(start))
			})
		})
	}
}

func TestRaceIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*headStart/2)
		defer cancel()
		h := &hosts{list: []host{{after: -1}, {after: -1}, {after: -1}}}
		start := time.Now()
		won, err := h.race(ctx)
		require.Equal(t, -1, won)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*headStart/2, time.Since(start))
	})
}

// Two that answer at once: one is taken, and the other closed.
func TestRaceClosesTheLoser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			h := &hosts{list: []host{{after: headStart}, {after: 0}}}
			won, err := h.race(t.Context())
			require.NoError(t, err)
			for i, p := range h.conns {
				require.True(t, p == nil || p.closed == (i != won))
			}
		}
	})
}

func TestAlternate(t *testing.T) {
	for _, tc := range []struct{ in, want []string }{
		{[]string{"::1", "::2", "::3", "1.1.1.1", "2.2.2.2"}, []string{"::1", "1.1.1.1", "::2", "2.2.2.2", "::3"}},
		{[]string{"1.1.1.1", "::1", "::2"}, []string{"1.1.1.1", "::1", "::2"}},
		{[]string{"::ffff:1.1.1.1", "2.2.2.2"}, []string{"1.1.1.1", "2.2.2.2"}},
		{nil, []string{}},
	} {
		var in []netip.Addr
		for _, a := range tc.in {
			in = append(in, netip.MustParseAddr(a))
		}
		got := []string{}
		for _, a := range alternate(in) {
			got = append(got, a.String())
		}
		require.Equal(t, tc.want, got)
	}
}
