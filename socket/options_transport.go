package socket

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
	"github.com/ringmq/ringmq/transport/tcp"
)

// network is the part of a socket's options that is for transports.
type network struct {
	transport      transport.Options
	connectTimeout time.Duration
	listeners      []net.Listener
}

// KeepAlive configures [WithTCPKeepAlive]. The system counts in seconds; parts of a second are rounded up.
type KeepAlive struct {
	// Idle is how long a connection is silent before the first probe; 0: as the system has it (2 hours on Linux).
	Idle time.Duration
	// Interval is the time between probes; 0: as the system has it (75 s on Linux).
	Interval time.Duration
	// Count is the number of probes without an answer after which the connection is given up; 0: as the system has it
	// (9 on Linux).
	Count int
}

// Linux takes no longer times and no more probes (MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT).
const (
	maxKeepAlive      = math.MaxInt16 * time.Second
	maxKeepAliveCount = 127
)

func (k KeepAlive) valid() bool {
	ok := func(d time.Duration) bool { return d == 0 || d >= time.Second && d <= maxKeepAlive }
	return ok(k.Idle) && ok(k.Interval) && k.Count >= 0 && k.Count <= maxKeepAliveCount
}

// config is k as package net wants it, where 0 is a default of its own and a negative value leaves things alone.
func (k KeepAlive) config() net.KeepAliveConfig {
	c := net.KeepAliveConfig{Enable: true, Idle: k.Idle, Interval: k.Interval, Count: k.Count}
	if c.Idle == 0 {
		c.Idle = -1
	}
	if c.Interval == 0 {
		c.Interval = -1
	}
	if c.Count == 0 {
		c.Count = -1
	}
	return c
}

// needs is o where the system has what o sets, and elsewhere an option that fails: nothing is passed over in silence.
func needs(has bool, o Option) Option {
	if has {
		return o
	}
	return Option{o.name, func(*config) error {
		return &ringmq.Error{
			Op: "option " + o.name, Err: fmt.Errorf("%w: not on this system: %w", ringmq.ErrInvalidOption, errors.ErrUnsupported),
		}
	}}
}

// WithConnectTimeout sets how long one attempt to connect may take over tcp and ipc, the look-up of a name and a proxy
// included; the next follows as after any failure. 0, the default, leaves it to the system, which takes some two
// minutes. (ZMQ_CONNECT_TIMEOUT)
func WithConnectTimeout(d time.Duration) Option {
	return option("ConnectTimeout", d, d >= 0, "0 (the system's) or more",
		func(c *config, d time.Duration) { c.connectTimeout = d })
}

// WithTCPKeepAlive has the system probe silent TCP connections and end those that do not answer (RFC 9293, 3.8.4).
// Default as the system has it, which is off. [WithHeartbeat] does so on every transport, and in shorter times.
// (ZMQ_TCP_KEEPALIVE, _IDLE, _INTVL, _CNT)
func WithTCPKeepAlive(k KeepAlive) Option {
	return option("TCPKeepAlive", k, k.valid(), fmt.Sprintf("times of 0 or from 1 s to %v, and 0 to %d probes", maxKeepAlive, maxKeepAliveCount),
		func(c *config, k KeepAlive) { c.transport.KeepAlive = k.config() })
}

// WithTCPUserTimeout sets how long bytes that were sent over TCP may stay without an acknowledgement before the
// connection is given up (RFC 5482), in milliseconds at the finest. Default the system's, some 15 minutes. Linux only:
// elsewhere the constructor returns an error that wraps [errors.ErrUnsupported]. (ZMQ_TCP_MAXRT)
func WithTCPUserTimeout(d time.Duration) Option {
	const most = math.MaxInt32 * time.Millisecond
	return needs(transport.HasUserTimeout, option("TCPUserTimeout", d, d >= time.Millisecond && d <= most,
		fmt.Sprintf("1ms to %v", most), func(c *config, d time.Duration) { c.transport.UserTimeout = d }))
}

// maxBuffer keeps clear of where Linux, which doubles the size, would overflow.
const maxBuffer = 1 << 30

// WithSendBuffer sets the size in bytes of the buffer that the system keeps for what a connection sends, over tcp and
// ipc. The system may grant less. Default the system's, which over TCP adapts by itself. (ZMQ_SNDBUF)
func WithSendBuffer(bytes int) Option {
	return bufferOption("SendBuffer", bytes, func(c *config, n int) { c.transport.SendBuffer = n })
}

// WithRecvBuffer is [WithSendBuffer] for what a connection receives. (ZMQ_RCVBUF)
func WithRecvBuffer(bytes int) Option {
	return bufferOption("RecvBuffer", bytes, func(c *config, n int) { c.transport.RecvBuffer = n })
}

func bufferOption(name string, bytes int, set func(*config, int)) Option {
	return option(name, bytes, bytes > 0 && bytes <= maxBuffer, fmt.Sprintf("1 to %d bytes", maxBuffer), set)
}

// WithTOS sets the type of service of the packets of TCP connections, that is a DSCP (RFC 2474) times four: the two
// lowest bits are the congestion control's (RFC 3168). It holds for IPv6's traffic class too. Default 0. Linux and
// darwin only: elsewhere the constructor returns an error that wraps [errors.ErrUnsupported]. (ZMQ_TOS)
func WithTOS(tos int) Option {
	return needs(transport.HasTOS, option("TOS", tos, tos >= 0 && tos <= 0xff && tos&3 == 0, "0 to 252, a multiple of 4",
		func(c *config, tos int) { c.transport.TOS = tos }))
}

// WithPriority sets the priority of the packets of TCP connections in the queues of this machine (SO_PRIORITY of
// socket(7)); above 6 it takes a privilege, for want of which Bind and attempts to connect fail. Default 0. Linux only:
// elsewhere the constructor returns an error that wraps [errors.ErrUnsupported]. (ZMQ_PRIORITY)
func WithPriority(priority int) Option {
	return needs(transport.HasPriority, option("Priority", priority, priority >= 0 && priority <= math.MaxInt32, "0 or more",
		func(c *config, n int) { c.transport.Priority = n }))
}

// WithBacklog sets how many connections to tcp and ipc endpoints the system completes and holds until the socket takes
// them. Default the system's (net.core.somaxconn on Linux, which is also the most it grants). Not on Windows: there the
// constructor returns an error that wraps [errors.ErrUnsupported]. (ZMQ_BACKLOG)
func WithBacklog(connections int) Option {
	return needs(transport.HasBacklog, option("Backlog", connections, connections > 0 && connections <= math.MaxInt32, "1 or more connections",
		func(c *config, n int) { c.transport.Backlog = n }))
}

// maxDevice is the length of the longest name of an interface in bytes: IFNAMSIZ has room for a NUL byte (netdevice(7)).
const maxDevice = 15

// WithBindToDevice has TCP connections use no other network interface than the one named, such as "eth0". Where there
// is none of the name, or the privilege is wanting, Bind and attempts to connect fail. Linux only: elsewhere the
// constructor returns an error that wraps [errors.ErrUnsupported]. (ZMQ_BINDTODEVICE)
func WithBindToDevice(name string) Option {
	ok := name != "" && len(name) <= maxDevice && !strings.ContainsAny(name, "/\x00 \t\n")
	return needs(transport.HasDevice, option("BindToDevice", name, ok, fmt.Sprintf("the name of an interface, 1 to %d bytes", maxDevice),
		func(c *config, name string) { c.transport.Device = name }))
}

// WithIPv6 has a Bind to tcp://*:PORT take connections over IPv6 and IPv4; of several addresses of an interface or a
// host to bind to it takes one of IPv6. Default off, IPv4. Addresses of both kinds can be bound and connected to in any
// case. (ZMQ_IPV6)
func WithIPv6() Option {
	return option("IPv6", true, true, "", func(c *config, on bool) { c.transport.IPv6 = on })
}

// WithTCPAcceptFilter has the socket take connections to tcp:// endpoints only from the networks, in CIDR notation such as
// "10.0.0.0/8" or "fd00::/8" (RFC 4632, RFC 4291), or single addresses. Others are closed before anything is read from
// them or sent; the event is [AcceptFailed], with their address and an error that wraps [transport.ErrFiltered]. Default
// all. (ZMQ_TCP_ACCEPT_FILTER)
func WithTCPAcceptFilter(networks ...string) Option {
	filter, bad := parseNetworks(networks)
	return option("TCPAcceptFilter", bad, bad == "" && len(filter) > 0, `one or more networks such as "10.0.0.0/8", or addresses`,
		func(c *config, _ string) { c.transport.Networks = filter })
}

// parseNetworks returns the first of the networks that does not parse in bad.
func parseNetworks(networks []string) (filter transport.AddrFilter, bad string) {
	for _, n := range networks {
		prefix, err := netip.ParsePrefix(n)
		if ip, notIP := netip.ParseAddr(n); notIP == nil && ip.Zone() == "" {
			prefix, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil || prefix.Addr().Is4In6() { // peers are looked at as IPv4
			return nil, strconv.Quote(n)
		}
		filter = append(filter, prefix.Masked())
	}
	return filter, ""
}

// WithIPCFilterUID has the socket take connections to ipc:// endpoints only from processes that run as one of the users,
// besides those that [WithIPCFilterGID] and [WithIPCFilterPID] let in. Others are closed before anything is read from
// them or sent; the event is [AcceptFailed], with an error that names the process and wraps [transport.ErrFiltered].
// Default all. Linux and darwin only: elsewhere the constructor returns an error that wraps [errors.ErrUnsupported].
// (ZMQ_IPC_FILTER_UID)
func WithIPCFilterUID(users ...int) Option {
	return processOption("IPCFilterUID", users, 0, func(f *transport.ProcessFilter) *[]int { return &f.UIDs })
}

// WithIPCFilterGID is [WithIPCFilterUID] for the group that a process runs as. (ZMQ_IPC_FILTER_GID)
func WithIPCFilterGID(groups ...int) Option {
	return processOption("IPCFilterGID", groups, 0, func(f *transport.ProcessFilter) *[]int { return &f.GIDs })
}

// WithIPCFilterPID is [WithIPCFilterUID] for processes. (ZMQ_IPC_FILTER_PID)
func WithIPCFilterPID(processes ...int) Option {
	return processOption("IPCFilterPID", processes, 1, func(f *transport.ProcessFilter) *[]int { return &f.PIDs })
}

func processOption(name string, ids []int, least int, list func(*transport.ProcessFilter) *[]int) Option {
	ok := len(ids) > 0 && slices.Min(ids) >= least
	return needs(transport.HasCredentials, option(name, ids, ok, fmt.Sprintf("one or more ids of %d or more", least),
		func(c *config, ids []int) { *list(&c.transport.Processes) = slices.Clone(ids) }))
}

// maxCredential is the length in bytes of the longest user name and password (RFC 1929).
const maxCredential = 255

// WithSOCKSProxy has connections over tcp made through the SOCKS5 proxy at address (RFC 1928), "host:port". The names of
// endpoints are looked up by the proxy. username and password of up to 255 bytes are offered to it (RFC 1929), unless
// username is empty. An attempt that the proxy refuses has failed like any other. (ZMQ_SOCKS_PROXY, ZMQ_SOCKS_USERNAME,
// ZMQ_SOCKS_PASSWORD)
func WithSOCKSProxy(address, username, password string) Option {
	err := tcp.Transport{}.ValidateConnect(address)
	ok := err == nil && !strings.Contains(address, ";") && len(username) <= maxCredential && len(password) <= maxCredential &&
		(username != "" || password == "")
	return option("SOCKSProxy", address, ok, "host:port, with a user name and password of up to 255 bytes, or none",
		func(c *config, address string) {
			c.transport.Proxy = &transport.Proxy{Address: address, Username: username, Password: password}
		})
}

// WithListener gives the socket a listener that is bound already, such as one that the service manager has opened: a
// *net.TCPListener or a *net.UnixListener of streams. The next Bind to a tcp:// or an ipc:// endpoint takes it over: of
// the endpoint only the transport counts, and what Bind returns says where it listens. Given several, each Bind takes
// the next of its transport; when there are no more, Bind makes its own. Unbind and Close close a listener that was
// taken; one that was not stays the caller's. A descriptor becomes a listener with [net.FileListener]. (ZMQ_USE_FD)
func WithListener(l net.Listener) Option {
	return option("Listener", l, schemeOf(l) != "", "a *net.TCPListener or a *net.UnixListener of streams",
		func(c *config, l net.Listener) { c.listeners = append(c.listeners, l) })
}
