package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/ringmq/ringmq"
)

// local returns the address to bind to. The name of an interface goes before that of a host, as in libzmq.
func (h hostport) local(ctx context.Context, r *net.Resolver) (netip.AddrPort, error) {
	if h.name == "" {
		return netip.AddrPortFrom(h.ip, h.port), nil
	}
	ip, err := interfaceAddr(h.name)
	if errors.Is(err, errNoInterface) {
		ip, err = hostAddr(ctx, r, h.name)
	}
	return netip.AddrPortFrom(ip, h.port), err
}

var errNoInterface = errors.New("no such interface")

// interfaceAddr returns the first IPv4 address of the interface, or its first IPv6 address if it has none.
func interfaceAddr(name string) (netip.Addr, error) {
	nic, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}, errNoInterface
	}
	addrs, err := nic.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	var ips []netip.Addr
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			ips = append(ips, withZone(prefix.Addr(), nic.Name))
		}
	}
	ip, ok := preferIPv4(ips)
	if !ok {
		return ip, fmt.Errorf("interface %s has no IP address: %w", name, ringmq.ErrInvalidEndpoint)
	}
	return ip, nil
}

// withZone gives an address that means nothing without its interface (RFC 4007) the zone.
func withZone(ip netip.Addr, zone string) netip.Addr {
	if ip.Is6() && ip.IsLinkLocalUnicast() {
		return ip.WithZone(zone)
	}
	return ip
}

// hostAddr returns the first IPv4 address of the host, or its first address if it has none.
func hostAddr(ctx context.Context, r *net.Resolver, name string) (netip.Addr, error) {
	ips, err := r.LookupNetIP(ctx, "ip", name)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return netip.Addr{}, fmt.Errorf("neither an interface nor a known host: %w: %w", ringmq.ErrInvalidEndpoint, err)
	}
	if err != nil {
		return netip.Addr{}, err
	}
	ip, _ := preferIPv4(ips) // a lookup without an error has at least one
	return ip, nil
}

func preferIPv4(ips []netip.Addr) (ip netip.Addr, ok bool) {
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() {
			return ip, true
		}
	}
	if len(ips) == 0 {
		return netip.Addr{}, false
	}
	return ips[0], true
}
