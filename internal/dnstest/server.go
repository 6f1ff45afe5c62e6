package dnstest

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Server answers queries. Its methods may be called by any number of goroutines at once.
type Server struct {
	addr string

	mu      sync.Mutex
	hosts   map[string][]netip.Addr
	queries map[string]int
}

// Start runs a server until the end of the test.
func Start(t testing.TB) *Server {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{addr: conn.LocalAddr().String(), hosts: map[string][]netip.Addr{}, queries: map[string]int{}}
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.serve(conn)
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-served
	})
	return s
}

// Resolver returns one that asks s and nobody else.
func (s *Server) Resolver() *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp4", s.addr)
		},
	}
}

// Silent returns a resolver whose server never answers.
func Silent() *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
}

// Set tells the addresses of a host, in place of those that it had. The name ends in a dot, so that no resolver puts
// a domain behind it.
func (s *Server) Set(host string, ips ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[host] = nil
	for _, ip := range ips {
		s.hosts[host] = append(s.hosts[host], netip.MustParseAddr(ip))
	}
}

// Queries is how often IPv4 addresses of the host were asked for.
func (s *Server) Queries(host string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries[host]
}

func (s *Server) serve(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		_, _ = conn.WriteTo(s.answer(buf[:n]), from)
	}
}

// Of RFC 1035, 4.1.1 and 3.2.2, and RFC 3596.
const (
	headerLen = 12
	typeA     = 1
	typeAAAA  = 28
	good      = 0x8180 // a response, recursion
	nxDomain  = 0x8183
)

// answer replies to a query of one question: header, labels, type, class.
func (s *Server) answer(query []byte) []byte {
	name, end := readName(query)
	kind := binary.BigEndian.Uint16(query[end:])
	ips, known := s.lookUp(name, kind)
	flags := uint16(nxDomain)
	if known {
		flags = good
	}
	reply := append([]byte{}, query[:2]...) // id
	for _, v := range []uint16{flags, 1, uint16(len(ips)), 0, 0} {
		reply = binary.BigEndian.AppendUint16(reply, v)
	}
	reply = append(reply, query[headerLen:end+4]...)
	for _, ip := range ips {
		b := ip.AsSlice()
		reply = append(reply, 0xc0, headerLen, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(b))) // the name above, IN, no caching
		reply = append(reply, b...)
	}
	return reply
}

// readName returns the name of the question, and where it ends.
func readName(query []byte) (name string, end int) {
	var b strings.Builder
	for end = headerLen; query[end] != 0; {
		size := int(query[end])
		b.Write(query[end+1 : end+1+size])
		b.WriteByte('.')
		end += 1 + size
	}
	return b.String(), end + 1
}

func (s *Server) lookUp(name string, kind uint16) (ips []netip.Addr, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == typeA {
		s.queries[name]++
	}
	all, known := s.hosts[name]
	for _, ip := range all {
		if kind == typeA && ip.Is4() || kind == typeAAAA && ip.Is6() {
			ips = append(ips, ip)
		}
	}
	return ips, known
}
