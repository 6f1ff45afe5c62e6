package transport_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
	_ "github.com/ringmq/ringmq/transport/inproc"
	_ "github.com/ringmq/ringmq/transport/ipc"
	_ "github.com/ringmq/ringmq/transport/tcp"
)

// fake is a transport with a name of its own.
type fake struct{ name string }

func (fake) ValidateBind(string) error    { return nil }
func (fake) ValidateConnect(string) error { return nil }

func init() { transport.Register("fake", fake{"fake"}) }

func TestLookup(t *testing.T) {
	for endpoint, want := range map[string][2]string{
		"tcp://127.0.0.1:5555":  {"tcp", "127.0.0.1:5555"},
		"ipc:///tmp/feed":       {"ipc", "/tmp/feed"},
		"inproc://a://b":        {"inproc", "a://b"},
		"fake://:":              {"fake", ":"},
		"tcp://not validated:x": {"tcp", "not validated:x"},
	} {
		t.Run(endpoint, func(t *testing.T) {
			tr, scheme, addr, err := transport.Lookup(endpoint)
			require.NoError(t, err)
			require.NotNil(t, tr)
			require.Equal(t, want, [2]string{scheme, addr})
			require.Equal(t, endpoint, transport.Endpoint(scheme, addr))
		})
	}
	tr, _, _, err := transport.Lookup("fake://x")
	require.NoError(t, err)
	require.Equal(t, fake{"fake"}, tr)
}

func TestLookupErrors(t *testing.T) {
	for endpoint, want := range map[string]error{
		"":                    ringmq.ErrInvalidEndpoint,
		"tcp":                 ringmq.ErrInvalidEndpoint,
		"tcp:/127.0.0.1:5555": ringmq.ErrInvalidEndpoint,
		"127.0.0.1:5555":      ringmq.ErrInvalidEndpoint,
		"://":                 ringmq.ErrInvalidEndpoint,
		"://a":                ringmq.ErrInvalidEndpoint,
		"tcp://":              ringmq.ErrInvalidEndpoint,
		"udp://127.0.0.1:1":   ringmq.ErrUnknownTransport,
		"TCP://127.0.0.1:1":   ringmq.ErrUnknownTransport,
		" tcp://127.0.0.1:1":  ringmq.ErrUnknownTransport,
	} {
		t.Run(endpoint, func(t *testing.T) {
			_, _, _, err := transport.Lookup(endpoint)
			require.ErrorIs(t, err, want)
			e, ok := errors.AsType[*ringmq.Error](err)
			require.True(t, ok)
			require.Equal(t, endpoint, e.Endpoint)
		})
	}
	_, _, _, err := transport.Lookup("udp://127.0.0.1:1")
	require.ErrorContains(t, err, `"udp"`)
	require.ErrorContains(t, err, "fake, inproc, ipc, tcp", "the error names the transports that there are")
}

func TestSchemes(t *testing.T) {
	require.Equal(t, []string{"fake", "inproc", "ipc", "tcp"}, transport.Schemes())
}

func TestRegisterPanics(t *testing.T) {
	require.Panics(t, func() { transport.Register("", fake{}) })
	require.Panics(t, func() { transport.Register("a://b", fake{}) })
	require.Panics(t, func() { transport.Register("nil", nil) })
	require.Panics(t, func() { transport.Register("fake", fake{"second"}) })
	tr, _, _, err := transport.Lookup("fake://x")
	require.NoError(t, err)
	require.Equal(t, fake{"fake"}, tr, "the first stays, and the registry is not left locked")
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"tcp://a:1", "://", "ipc://", "a://b://c", "inproc://*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		tr, scheme, addr, err := transport.Lookup(endpoint)
		if err != nil {
			require.True(t, errors.Is(err, ringmq.ErrInvalidEndpoint) || errors.Is(err, ringmq.ErrUnknownTransport))
			return
		}
		require.Equal(t, endpoint, scheme+"://"+addr)
		_ = tr.ValidateBind(addr) // must not panic, whatever they say
		_ = tr.ValidateConnect(addr)
	})
}

func Example() {
	for _, endpoint := range []string{"tcp://*:5556", "inproc://feed", "udp://239.0.0.1:5556"} {
		t, scheme, addr, err := transport.Lookup(endpoint)
		if err != nil {
			fmt.Println(err)
			continue
		}
		_, isStream := t.(transport.Stream)
		fmt.Println(scheme, addr, "stream:", isStream)
	}
	// Output:
	// tcp *:5556 stream: true
	// inproc feed stream: false
	// ringmq: udp://239.0.0.1:5556 "udp": registered: fake, inproc, ipc, tcp: unknown transport
}
