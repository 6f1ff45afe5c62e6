package tcp

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ringmq/ringmq/transport"
)

// wildcard stands for every interface as a host, and for a port of the system's choice.
const wildcard = "*"

// maxHost is the length of the longest DNS name in its text form, in bytes (RFC 1035, 2.3.4).
const maxHost = 253

// hostport is one parsed HOST:PORT. Of ip and name one is set.
type hostport struct {
	ip   netip.Addr // a literal address
	name string     // an interface or a host, or the wildcard
	port uint16     // 0: the system chooses
}

// String is the form that package net and this package parse to the same value again.
func (h hostport) String() string {
	host := h.name
	if host == "" {
		host = h.ip.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(int(h.port)))
}

// route is a parsed address to connect to.
type route struct {
	source *hostport // nil: the system chooses
	target hostport
}

// String is the form that parseConnect parses to the same value again.
func (r route) String() string {
	if r.source == nil {
		return r.target.String()
	}
	return r.source.String() + ";" + r.target.String()
}

// parser carries the whole address for its errors.
type parser struct{ addr string }

func (p parser) invalid(value, reason string) error {
	return transport.Invalid(Scheme, p.addr, value, reason)
}

func parseBind(addr string) (hostport, error) {
	return parser{addr}.bind(addr)
}

func parseConnect(addr string) (route, error) {
	p := parser{addr}
	source, target, hasSource := strings.Cut(addr, ";")
	if !hasSource {
		h, err := p.connect(addr)
		return route{target: h}, err
	}
	s, err := p.bind(source)
	if err != nil {
		return route{}, err
	}
	t, err := p.connect(target)
	return route{source: &s, target: t}, err
}

func (p parser) bind(s string) (hostport, error) {
	host, port, err := p.split(s)
	if err != nil {
		return hostport{}, err
	}
	var h hostport
	if port != wildcard {
		if h.port, err = p.port(port); err != nil {
			return hostport{}, err
		}
	}
	if host == wildcard {
		h.name = wildcard
		return h, nil
	}
	return p.host(h, host)
}

func (p parser) connect(s string) (hostport, error) {
	host, port, err := p.split(s)
	switch {
	case err != nil:
		return hostport{}, err
	case host == wildcard || port == wildcard:
		return hostport{}, p.invalid(s, "* is for binding: a connect needs a host and a port")
	case strings.Contains(host, " "):
		return hostport{}, p.invalid(host, "not an address and not the name of a host")
	}
	var h hostport
	if h.port, err = p.port(port); err != nil {
		return hostport{}, err
	}
	if h.port == 0 {
		return hostport{}, p.invalid(port, "a connect needs a port from 1 to 65535")
	}
	return p.host(h, host)
}

// split returns the host without its brackets, and the port; both have at least one character.
func (p parser) split(s string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(s)
	switch {
	case err != nil:
		return "", "", p.invalid(s, "want host:port, with an IPv6 address in brackets")
	case host == "":
		return "", "", p.invalid(s, "no host before the port")
	case port == "":
		return "", "", p.invalid(s, "no port after the host")
	case s[0] == '[' && !strings.Contains(host, ":"):
		return "", "", p.invalid(s, "brackets are for an IPv6 address")
	}
	return host, port, nil
}

func (p parser) port(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, p.invalid(s, "the port is not a number from 0 to 65535")
	}
	return uint16(n), nil
}

// host completes h with the address or the name in s.
func (p parser) host(h hostport, s string) (hostport, error) {
	ip, err := netip.ParseAddr(s)
	switch {
	case err == nil && (ip.Zone() == "" || validName(ip.Zone())):
		h.ip = ip.Unmap()
	case err == nil || strings.Contains(s, ":"):
		return hostport{}, p.invalid(s, "not an IPv6 address")
	case strings.Trim(s, "0123456789.") == "":
		return hostport{}, p.invalid(s, "not an IPv4 address")
	case !validName(s):
		return hostport{}, p.invalid(s, "not an address and not the name of a host or interface")
	default:
		h.name = s
	}
	return h, nil
}

// validName holds for every name that a host or an interface can have on some system, and keeps out what would change
// the meaning of the endpoint. Windows has interfaces with spaces and with letters of every script.
func validName(s string) bool {
	never := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("*/\\:;[]%\"'<>?#", r) }
	return len(s) <= maxHost && utf8.ValidString(s) && s == strings.TrimSpace(s) && !strings.ContainsFunc(s, never)
}
