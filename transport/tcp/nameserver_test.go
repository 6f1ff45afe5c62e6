package tcp

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

// nameServer is a DNS server (RFC 1035) on the loopback interface that knows the IPv4 addresses it was told and
// answers NXDOMAIN to all else.
type nameServer struct {
	addr string

	mu    sync.Mutex
	hosts map[string]netip.Addr
}

func newNameServer(t *testing.T) *nameServer {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	s := &nameServer{hosts: make(map[string]netip.Addr)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.serve(conn)
	}()
	t.Cleanup(func() {
		conn.Close()
		<-served
	})
	s.addr = conn.LocalAddr().String()
	return s
}

// transport returns a transport that asks s and nobody else.
func (s *nameServer) transport() Transport {
	return Transport{resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp4", s.addr)
		},
	}}
}

func (s *nameServer) set(host, ip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[host] = netip.MustParseAddr(ip)
}

func (s *nameServer) serve(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		conn.WriteTo(s.answer(buf[:n]), from)
	}
}

// answer replies to a query of one question: header (12 bytes), labels, type, class.
func (s *nameServer) answer(query []byte) []byte {
	const headerLen, typeA = 12, 1
	var name strings.Builder
	end := headerLen
	for query[end] != 0 {
		label := query[end+1 : end+1+int(query[end])]
		name.Write(append(label[:len(label):len(label)], '.'))
		end += 1 + len(label)
	}
	qtype := binary.BigEndian.Uint16(query[end+1:])

	s.mu.Lock()
	ip, known := s.hosts[name.String()]
	s.mu.Unlock()
	flags, answers := uint16(0x8183), uint16(0) // response, recursion, NXDOMAIN
	if known {
		flags = 0x8180
	}
	if known && qtype == typeA {
		answers = 1
	}
	reply := append([]byte{}, query[:2]...) // id
	for _, v := range []uint16{flags, 1, answers, 0, 0} {
		reply = binary.BigEndian.AppendUint16(reply, v)
	}
	reply = append(reply, query[headerLen:end+5]...)
	if answers == 1 {
		reply = append(reply, 0xc0, headerLen, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4) // the name above, IN, no caching
		reply = append(reply, ip.AsSlice()...)
	}
	return reply
}
