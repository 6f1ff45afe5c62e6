package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// local returns the address to bind to, with IPv6 preferred or IPv4. The name of an interface goes before that of a
// host, as in libzmq.
func (h hostport) local(ctx context.Context, r *net.Resolver, v6 bool) (netip.AddrPort, error) {
	switch {
	case h.name == "":
		return netip.AddrPortFrom(h.ip, h.port), nil
	case h.name == wildcard && v6:
		return netip.AddrPortFrom(netip.IPv6Unspecified(), h.port), nil
	case h.name == wildcard:
		return netip.AddrPortFrom(netip.IPv4Unspecified(), h.port), nil
	}
	ip, err := interfaceAddr(h.name, v6)
	if errors.Is(err, errNoInterface) {
		ip, err = hostAddr(ctx, r, h.name, v6)
	}
	return netip.AddrPortFrom(ip, h.port), err
}

// errNoAddress is for a name that stands for nothing, at this time.
var errNoAddress = errors.New("no address of this machine")

var errNoInterface = errors.New("no such interface")

// interfaceAddr returns the first address of the interface that is of the preferred family, or its first if none is.
func interfaceAddr(name string, v6 bool) (netip.Addr, error) {
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
	ip, ok := prefer(v6, ips)
	if !ok {
		return ip, fmt.Errorf("%w: the interface %s has none", errNoAddress, name)
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

// hostAddr returns the first address of the host that is of the preferred family, or its first if none is.
func hostAddr(ctx context.Context, r *net.Resolver, name string, v6 bool) (netip.Addr, error) {
	ips, err := r.LookupNetIP(ctx, "ip", name)
	if err != nil && ctx.Err() != nil { // the answer may come at the same time
		return netip.Addr{}, ctx.Err()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return netip.Addr{}, fmt.Errorf("%w: neither an interface nor a known host: %w", errNoAddress, err)
	}
	if err != nil {
		return netip.Addr{}, err
	}
	ip, _ := prefer(v6, ips) // a lookup without an error has at least one
	return ip, nil
}

// prefer returns the first address of the family, or the first of all.
func prefer(v6 bool, ips []netip.Addr) (ip netip.Addr, ok bool) {
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is6() == v6 {
			return ip, true
		}
	}
	if len(ips) == 0 {
		return netip.Addr{}, false
	}
	return ips[0].Unmap(), true
}

// remote returns the addresses to connect to, in the order in which they are tried.
func (h hostport) remote(ctx context.Context, r *net.Resolver) ([]netip.AddrPort, error) {
	ips := []netip.Addr{h.ip}
	if h.name != "" {
		var err error
		if ips, err = r.LookupNetIP(ctx, "ip", h.name); err != nil {
			return nil, err
		}
		ips = alternate(ips)
	}
	addrs := make([]netip.AddrPort, 0, maxAddrs)
	for _, ip := range ips[:min(len(ips), maxAddrs)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, h.port))
	}
	return addrs, nil
}
