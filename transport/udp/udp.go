package udp

import (
	"context"
	"net"
	"net/netip"

	"github.com/ringmq/ringmq/transport"
)

// Scheme is the prefix of the endpoints of this transport.
const Scheme = "udp"

func init() { transport.Register(Scheme, Transport{}) }

// Transport is the UDP transport. It has no state.
type Transport struct{}

var _ transport.Datagram = Transport{}

// ValidateBind checks an address to bind to; see the package for the syntax.
func (Transport) ValidateBind(addr string) error {
	_, err := parser{addr, true}.parse()
	return err
}

// ValidateConnect checks an address to connect to; see the package for the syntax.
func (Transport) ValidateConnect(addr string) error {
	_, err := parser{addr, false}.parse()
	return err
}

// Open binds to addr, and joins the group if that is one. The error wraps [ringmq.ErrAddrInUse] if the port is taken,
// and [ringmq.ErrInvalidEndpoint] if addr does not parse or names no interface.
func (Transport) Open(_ context.Context, addr string, m transport.Multicast) (transport.DatagramSocket, error) {
	a, err := parser{addr, true}.parse()
	if err != nil {
		return transport.DatagramSocket{}, err
	}
	s, err := a.open(m)
	if err != nil {
		return s, transport.Failed(Scheme, addr, err)
	}
	return s, nil
}

func (a address) open(m transport.Multicast) (s transport.DatagramSocket, err error) {
	ip, nic := a.ip, (*net.Interface)(nil)
	switch {
	case a.name != "":
		ip, err = addressOf(a.name)
	case a.nic != "":
		nic, err = interfaceOf(a.nic)
	}
	if err != nil {
		return s, err
	}
	at := net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, a.port))
	if a.isGroup() {
		s.UDPConn, err = net.ListenMulticastUDP(network(ip), nic, at)
	} else {
		s.UDPConn, err = net.ListenUDP(network(ip), at)
	}
	if err != nil {
		return s, err
	}
	s.Endpoint = a.bound(s.LocalAddr().(*net.UDPAddr))
	return s, tuned(s.UDPConn, options{ipv4: ip.Is4(), nic: nic, onlyOwn: a.isGroup(), Multicast: m})
}

// bound is the endpoint with the real port. A group keeps its address, which is not that of the socket.
func (a address) bound(local *net.UDPAddr) string {
	at := local.AddrPort()
	if a.isGroup() {
		at = netip.AddrPortFrom(a.ip, at.Port())
	}
	if a.nic != "" {
		return transport.Endpoint(Scheme, a.nic+";"+at.String())
	}
	return transport.Endpoint(Scheme, at.String())
}

// Aim makes a socket that sends to addr from a port of the system's choice.
func (Transport) Aim(ctx context.Context, addr string, m transport.Multicast) (transport.DatagramSocket, error) {
	a, err := parser{addr, false}.parse()
	if err != nil {
		return transport.DatagramSocket{}, err
	}
	s, err := a.aim(ctx, m)
	if err != nil {
		return s, transport.Failed(Scheme, addr, err)
	}
	s.Endpoint = transport.Endpoint(Scheme, addr)
	return s, nil
}

func (a address) aim(ctx context.Context, m transport.Multicast) (s transport.DatagramSocket, err error) {
	ip, nic := a.ip, (*net.Interface)(nil)
	switch {
	case a.name != "":
		ip, err = lookUp(ctx, a.name)
	case a.nic != "":
		nic, err = interfaceOf(a.nic)
	}
	if err != nil {
		return s, err
	}
	s.Target = netip.AddrPortFrom(ip, a.port)
	if s.UDPConn, err = net.ListenUDP(network(ip), nil); err != nil {
		return s, err
	}
	return s, tuned(s.UDPConn, options{ipv4: ip.Is4(), nic: nic, Multicast: m})
}

// network keeps an IPv4 address to IPv4: with "udp" package net would bind 0.0.0.0 as [::].
func network(ip netip.Addr) string {
	if ip.Is4() {
		return "udp4"
	}
	return "udp6"
}
