package nettest

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// patience is how long a datagram may take over this machine's own network.
const patience = time.Second

// probeGroup is joined to find out whether there is multicast (RFC 2365, organization-local scope).
var probeGroup = net.IPv4(239, 192, 7, 250)

// IPv6 skips the test where nobody can bind to [::1].
func IPv6(t testing.TB) {
	t.Helper()
	c, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	_ = c.Close()
}

// Address skips the test where this machine does not have the address.
func Address(t testing.TB, host string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no address %s here: %v", host, err)
	}
	_ = l.Close()
}

// Ports are taken from below those that systems give to outgoing connections, one of which could take a port meanwhile; a
// connector that knocks at one of those can even meet itself. Test processes run at once, and each has a block of ports,
// the first of which it holds as a sign of that.
const (
	firstPort = 10_000
	blocks    = 400
	blockSize = 50
)

var (
	held  net.Listener // kept for the life of the process
	block = claim()
	taken atomic.Uint32
)

// claim returns the first port of a block that no other process has; the system gives it back when this one ends.
func claim() int {
	for i := range blocks {
		base := firstPort + (os.Getpid()+i)%blocks*blockSize
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base)); err == nil {
			held = l
			return base
		}
	}
	return 0
}

// TCP is an address of 127.0.0.1 that nobody is bound to, and that no other test is given soon: it may be bound to by
// one socket after the other.
func TCP(t testing.TB) string {
	t.Helper()
	if held == nil {
		t.Fatalf("no block of ports is free from %d to %d", firstPort, firstPort+blocks*blockSize-1)
	}
	for range blockSize {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", block+1+int(taken.Add(1)%(blockSize-1))))
		if err == nil {
			_ = l.Close()
			return l.Addr().String()
		}
	}
	t.Fatalf("no port is free from %d to %d", block, block+blockSize-1)
	return ""
}

// Loopback is the loopback interface, without which hardly any test can run.
func Loopback(t testing.TB) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, nic := range all {
		if nic.Flags&net.FlagLoopback != 0 && nic.Flags&net.FlagUp != 0 {
			return &nic
		}
	}
	t.Fatal("there is no loopback interface")
	return nil
}

// Multicast skips the test where what is sent to a group over nic does not come back; nil is the interface that the
// system's routes say.
func Multicast(t testing.TB, nic *net.Interface) {
	t.Helper()
	if err := comesBack(nic); err != nil {
		t.Skipf("no multicast here: %v", err)
	}
}

func comesBack(nic *net.Interface) error {
	c, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	defer c.Close()
	group := &net.UDPAddr{IP: probeGroup, Port: c.LocalAddr().(*net.UDPAddr).Port}
	p := ipv4.NewPacketConn(c)
	if err := p.JoinGroup(nic, group); err != nil {
		return err
	}
	if nic != nil {
		if err := p.SetMulticastInterface(nic); err != nil {
			return err
		}
	}
	if err := p.SetMulticastLoopback(true); err != nil {
		return err
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.WriteTo([]byte("probe"), group); err != nil {
		return err
	}
	_, _, err = c.ReadFrom(make([]byte, 16))
	return err
}
