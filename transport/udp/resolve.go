package udp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/ringmq/ringmq"
)

// interfaceOf returns the interface that has the name, or the address.
func interfaceOf(s string) (*net.Interface, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return named(s)
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for i := range all {
		if ips, err := addresses(&all[i]); err == nil && slices.Contains(ips, ip.Unmap()) {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("no interface has the address %s: %w", s, ringmq.ErrInvalidEndpoint)
}

func named(name string) (*net.Interface, error) {
	nic, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("no interface %q: %w: %w", name, ringmq.ErrInvalidEndpoint, err)
	}
	return nic, nil
}

// addressOf returns the address that stands for an interface.
func addressOf(name string) (netip.Addr, error) {
	nic, err := named(name)
	if err != nil {
		return netip.Addr{}, err
	}
	ips, err := addresses(nic)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(ips) == 0 {
		return netip.Addr{}, fmt.Errorf("interface %q has no IP address: %w", name, ringmq.ErrInvalidEndpoint)
	}
	return preferred(ips), nil
}

func addresses(nic *net.Interface) (ips []netip.Addr, err error) {
	addrs, err := nic.Addrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			ips = append(ips, prefix.Addr().Unmap())
		}
	}
	return ips, err
}

func lookUp(ctx context.Context, host string) (netip.Addr, error) {
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, err
	}
	return preferred(ips), nil // a lookup without an error has at least one
}

// preferred is the first IPv4 address, or the first if there is none.
func preferred(ips []netip.Addr) netip.Addr {
	i := slices.IndexFunc(ips, func(ip netip.Addr) bool { return ip.Unmap().Is4() })
	return ips[max(i, 0)].Unmap()
}
