package inproc

import (
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// Scheme is the prefix of the endpoints of this transport.
const Scheme = "inproc"

func init() { transport.Register(Scheme, New()) }

// Transport is an inproc transport: a set of names. The one registered is that of the process.
type Transport struct {
	names names
}

var _ transport.Local = (*Transport)(nil)

// New returns a transport without names, apart from the process's own.
func New() *Transport { return &Transport{names: names{byName: make(map[string]*name)}} }

// ValidateBind refuses the empty name.
func (t *Transport) ValidateBind(addr string) error { return validate(addr) }

// ValidateConnect refuses the empty name.
func (t *Transport) ValidateConnect(addr string) error { return validate(addr) }

func validate(addr string) error {
	if addr == "" {
		return transport.Invalid(Scheme, addr, "", "no name")
	}
	return nil
}

// Bind takes the name addr and hands the peers that wait for it to accept, as [transport.Local] describes. The error
// wraps [ringmq.ErrAddrInUse] if the name is taken.
func (t *Transport) Bind(addr string, accept func(peer any)) (bound string, unbind func(), err error) {
	if err := validate(addr); err != nil {
		return "", nil, err
	}
	b := &binding{accept: accept}
	if !t.names.bind(addr, b) {
		err := fmt.Errorf("the name is bound: %w", ringmq.ErrAddrInUse)
		return "", nil, &ringmq.Error{Endpoint: transport.Endpoint(Scheme, addr), Err: err}
	}
	for peer, ok := t.names.admit(addr); ok; peer, ok = t.names.admit(addr) {
		accept(peer)
	}
	return transport.Endpoint(Scheme, addr), func() { t.names.unbind(addr, b) }, nil
}

// Connect hands peer to whoever is bound at addr, now or when somebody binds, as [transport.Local] describes.
func (t *Transport) Connect(addr string, peer any) (cancel func() bool, err error) {
	if err := validate(addr); err != nil {
		return nil, err
	}
	b, w := t.names.connect(addr, peer)
	if b != nil {
		b.accept(peer)
		return func() bool { return false }, nil
	}
	return func() bool { return t.names.cancel(addr, w) }, nil
}
