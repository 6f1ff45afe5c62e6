package transport

import (
	"fmt"
	"net"

	"github.com/ringmq/ringmq"
)

// separator stands between the scheme and the address of an endpoint.
const separator = "://"

// Endpoint joins a scheme and an address.
func Endpoint(scheme, addr string) string { return scheme + separator + addr }

// Invalid is the error for an address that does not parse: value is the part to blame, reason says what is wrong with
// it. It wraps [ringmq.ErrInvalidEndpoint].
func Invalid(scheme, addr, value, reason string) error {
	return &ringmq.Error{
		Endpoint: Endpoint(scheme, addr),
		Value:    value,
		Err:      fmt.Errorf("%s: %w", reason, ringmq.ErrInvalidEndpoint),
	}
}

// Failed is the error for a bind or a connect that the system refused. It wraps err, and [ringmq.ErrAddrInUse] too if
// that is what err means.
func Failed(scheme, addr string, err error) error {
	if IsAddrInUse(err) {
		err = fmt.Errorf("%w: %w", ringmq.ErrAddrInUse, err)
	}
	return &ringmq.Error{Endpoint: Endpoint(scheme, addr), Err: err}
}

// TurnedAway closes a connection and returns the error of Accept for it, as [Listener] describes: its Peer is set.
func TurnedAway(endpoint string, c net.Conn, err error) error {
	peer := PeerAddr(c).String() // a Unix socket that is closed cannot tell
	c.Close()
	return &ringmq.Error{Endpoint: endpoint, Peer: peer, Err: err}
}
