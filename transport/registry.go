package transport

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ringmq/ringmq"
)

// registry is written by init functions and read at every Bind and Connect, which are rare: a plain mutex does.
var registry = struct {
	sync.Mutex
	byScheme map[string]Transport
}{byScheme: make(map[string]Transport)}

// Register makes t the transport of the endpoints that begin with scheme and "://". A transport's package calls it
// from init. It panics if t is nil, and if scheme is empty, contains "://" or is taken: errors of the program, that no
// input can cause.
func Register(scheme string, t Transport) {
	if scheme == "" || strings.Contains(scheme, separator) || t == nil {
		panic(fmt.Sprintf("transport: Register(%q, %T): needs a scheme and a transport", scheme, t))
	}
	registry.Lock()
	defer registry.Unlock()
	if _, taken := registry.byScheme[scheme]; taken {
		panic(fmt.Sprintf("transport: Register(%q): scheme is taken", scheme))
	}
	registry.byScheme[scheme] = t
}

// Lookup splits an endpoint and finds its transport. It does not look at the address: t.ValidateBind and
// t.ValidateConnect do. The error wraps [ringmq.ErrInvalidEndpoint] if there is no "://" or nothing on one side of it,
// and [ringmq.ErrUnknownTransport] if no transport is registered for the scheme. Schemes are in lower case.
func Lookup(endpoint string) (t Transport, scheme, addr string, err error) {
	scheme, addr, ok := strings.Cut(endpoint, separator)
	if !ok || scheme == "" || addr == "" {
		return nil, "", "", &ringmq.Error{
			Endpoint: endpoint,
			Err:      fmt.Errorf("want transport://address: %w", ringmq.ErrInvalidEndpoint),
		}
	}
	registry.Lock()
	t, ok = registry.byScheme[scheme]
	registry.Unlock()
	if !ok {
		return nil, "", "", &ringmq.Error{Endpoint: endpoint, Value: scheme, Err: unknown()}
	}
	return t, scheme, addr, nil
}

func unknown() error {
	known := "none"
	if s := Schemes(); len(s) > 0 {
		known = strings.Join(s, ", ")
	}
	return fmt.Errorf("registered: %s: %w", known, ringmq.ErrUnknownTransport)
}

// Schemes returns the registered schemes, sorted.
func Schemes() []string {
	registry.Lock()
	defer registry.Unlock()
	return slices.Sorted(maps.Keys(registry.byScheme))
}
