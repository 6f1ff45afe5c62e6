package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

const (
	// headStart is how long an address is tried before the next is tried as well (RFC 8305, 5).
	headStart = 250 * time.Millisecond
	// maxAddrs is the number of addresses of one name that are tried: a name server may say what it likes.
	maxAddrs = 16
)

// dialFunc makes one connection.
type dialFunc func(context.Context, netip.AddrPort) (net.Conn, error)

// outcome is how one attempt ended.
type outcome struct {
	conn net.Conn
	err  error
}

// attempts are those under way. One goroutine uses it.
type attempts struct {
	dial     dialFunc
	outcomes chan outcome
	running  int
}

// race tries the addresses, each a little after the one before or as soon as an attempt has failed, and returns the
// first connection, or the errors of all. When it returns no attempt is under way any more.
func race(ctx context.Context, addrs []netip.AddrPort, dial dialFunc) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	a := &attempts{dial: dial, outcomes: make(chan outcome)}
	defer a.await() // once they are cancelled
	defer cancel()
	next := time.NewTimer(0)
	defer next.Stop()
	var errs []error
	for len(addrs) > 0 || a.running > 0 {
		select {
		case <-next.C:
			if len(addrs) > 0 {
				a.start(ctx, addrs[0])
				addrs = addrs[1:]
				next.Reset(headStart)
			}
		case o := <-a.outcomes:
			a.running--
			if o.err == nil {
				return o.conn, nil
			}
			errs = append(errs, o.err)
			next.Reset(0)
		}
	}
	return nil, errors.Join(errs...)
}

func (a *attempts) start(ctx context.Context, addr netip.AddrPort) {
	a.running++
	go func() {
		c, err := a.dial(ctx, addr)
		a.outcomes <- outcome{c, err}
	}()
}

// await waits for the attempts that are left, and closes what they have made.
func (a *attempts) await() {
	for ; a.running > 0; a.running-- {
		if o := <-a.outcomes; o.err == nil {
			o.conn.Close()
		}
	}
}

// alternate sorts the addresses so that the families take turns, each in its own order (RFC 8305, 4).
func alternate(addrs []netip.Addr) []netip.Addr {
	var families [2][]netip.Addr // that of the first address, and the other
	for _, a := range addrs {
		a = a.Unmap()
		i := 0
		if a.Is4() != addrs[0].Unmap().Is4() {
			i = 1
		}
		families[i] = append(families[i], a)
	}
	sorted := make([]netip.Addr, 0, len(addrs))
	for i := range addrs {
		for _, family := range families {
			if i < len(family) {
				sorted = append(sorted, family[i])
			}
		}
	}
	return sorted
}
