package udp

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ringmq/ringmq/transport"
)

// wildcard stands for every IPv4 interface as a host, for one of the system's choice before a group, and for a port of
// the system's choice.
const wildcard = "*"

// address is one parsed endpoint. Of ip and name one is set.
type address struct {
	nic  string     // before the semicolon; "" is the system's choice
	ip   netip.Addr // literal; for the wildcard 0.0.0.0
	name string     // an interface or a host
	port uint16     // 0: the system chooses
}

func (a address) isGroup() bool { return a.ip.IsMulticast() }

// parser carries what its errors and its rules need.
type parser struct {
	addr string
	bind bool
}

func (p parser) invalid(value, reason string) error {
	return transport.Invalid(Scheme, p.addr, value, reason)
}

func (p parser) parse() (a address, err error) {
	nic, rest, hasNIC := strings.Cut(p.addr, ";")
	if !hasNIC {
		nic, rest = "", p.addr
	}
	host, port, err := net.SplitHostPort(rest)
	switch {
	case err != nil || host == "" || port == "":
		return a, p.invalid(rest, "want host:port, with an IPv6 address in brackets")
	case hasNIC && !validName(nic):
		return a, p.invalid(nic, "not an interface")
	}
	if a.port, err = p.port(port); err != nil {
		return a, err
	}
	if a, err = p.host(a, host); err != nil {
		return a, err
	}
	if hasNIC && !a.isGroup() {
		return a, p.invalid(host, "an interface goes before a multicast address")
	}
	if nic != wildcard {
		a.nic = nic
	}
	return a, nil
}

func (p parser) port(s string) (uint16, error) {
	if p.bind && s == wildcard {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 && !p.bind {
		return 0, p.invalid(s, "the port is not a number from 1 to 65535")
	}
	return uint16(n), nil
}

// host completes a with the address or the name in s.
func (p parser) host(a address, s string) (address, error) {
	ip, err := netip.ParseAddr(s)
	switch {
	case err == nil:
		a.ip = ip.Unmap()
	case s == wildcard && p.bind:
		a.ip = netip.IPv4Unspecified()
	case s == wildcard:
		return a, p.invalid(s, "* is for binding: a connect needs a host")
	case strings.Contains(s, ":") || strings.Trim(s, "0123456789.") == "" || !validName(s):
		return a, p.invalid(s, "not an address and not the name of a host or interface")
	default:
		a.name = s
	}
	return a, nil
}

// validName keeps out what cannot be the name of an interface or a host on any system.
func validName(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && !strings.ContainsAny(s, "/\\;[]\"'<>?#\x00")
}
