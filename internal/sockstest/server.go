package sockstest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Config says how a [Server] behaves.
type Config struct {
	Username, Password string            // if set, what a client has to send
	Hosts              map[string]string // what the names stand for that the proxy knows
	Refuse             byte              // if set, the reply to every request, such as 2: not allowed by the rule set
	Hold               <-chan struct{}   // if set, clients get no answer until it is closed
	Whole              bool              // answers are written whole
}

// Server is a proxy on the loopback interface. Its methods may be called by any number of goroutines at once.
type Server struct {
	// Addr is where it listens, "127.0.0.1:43211".
	Addr string

	cfg  Config
	stop chan struct{}
	wg   sync.WaitGroup

	mu       sync.Mutex
	requests []string
	conns    map[net.Conn]bool
}

// Start runs a proxy until the end of the test.
func Start(t testing.TB, cfg Config) *Server {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{Addr: l.Addr().String(), cfg: cfg, stop: make(chan struct{}), conns: map[net.Conn]bool{}}
	s.wg.Go(func() { s.accept(l) })
	t.Cleanup(func() {
		close(s.stop)
		_ = l.Close()
		s.closeAll()
		s.wg.Wait()
	})
	return s
}

// Requests are the targets that clients have asked for, as they were asked for: "feed.invalid:5555".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if s.keep(c) {
			s.wg.Go(func() { s.serve(c) })
		}
	}
}

// keep notes a connection that ends with the server; it is closed at once if the server has ended.
func (s *Server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		_ = c.Close()
		return false
	default:
	}
	s.conns[c] = true
	return true
}

func (s *Server) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

func (s *Server) serve(c net.Conn) {
	defer c.Close()
	if s.cfg.Hold != nil {
		select {
		case <-s.cfg.Hold:
		case <-s.stop:
			return
		}
	}
	if s.authenticate(c) != nil {
		return
	}
	target, err := s.request(c)
	if err != nil {
		return
	}
	if s.cfg.Refuse != 0 {
		_ = s.reply(c, s.cfg.Refuse)
		return
	}
	s.relay(c, target)
}

// Methods and replies of RFC 1928.
const (
	version       = 5
	noAuth        = 0
	byPassword    = 2
	noMethod      = 0xff
	granted       = 0
	unreachable   = 4
	addrIPv4      = 1
	addrName      = 3
	addrIPv6      = 4
	authVersion   = 1
	authFailed    = 1
	authSucceeded = 0
)

var errClient = errors.New("the client is not served")

// authenticate reads the methods that the client knows and chooses one.
func (s *Server) authenticate(c net.Conn) error {
	methods, err := readCounted(c, 1)
	if err != nil {
		return err
	}
	want := byte(noAuth)
	if s.cfg.Username != "" {
		want = byPassword
	}
	for _, m := range methods {
		if m != want {
			continue
		}
		if err := s.answer(c, version, want); err != nil || want == noAuth {
			return err
		}
		return s.checkPassword(c)
	}
	_ = s.answer(c, version, noMethod)
	return errClient
}

func (s *Server) checkPassword(c net.Conn) error {
	name, err := readCounted(c, 1)
	if err != nil {
		return err
	}
	password, err := readCounted(c, 0)
	if err != nil {
		return err
	}
	if string(name) != s.cfg.Username || string(password) != s.cfg.Password {
		_ = s.answer(c, authVersion, authFailed)
		return errClient
	}
	return s.answer(c, authVersion, authSucceeded)
}

// request reads what the client wants to be connected to, and returns what that stands for.
func (s *Server) request(c net.Conn) (target string, err error) {
	var head [4]byte // version, command, reserved, kind of address
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return "", err
	}
	host, err := readHost(c, head[3])
	if err != nil {
		return "", err
	}
	var port [2]byte
	if _, err := io.ReadFull(c, port[:]); err != nil {
		return "", err
	}
	join := func(host string) string { return net.JoinHostPort(host, strconv.Itoa(int(port[0])<<8|int(port[1]))) }
	s.mu.Lock()
	s.requests = append(s.requests, join(host))
	s.mu.Unlock()
	if known, ok := s.cfg.Hosts[host]; ok {
		host = known
	}
	return join(host), nil
}

func readHost(c net.Conn, kind byte) (string, error) {
	switch kind {
	case addrName:
		name, err := readCounted(c, 0)
		return string(name), err
	case addrIPv4, addrIPv6:
		ip := make(net.IP, map[byte]int{addrIPv4: net.IPv4len, addrIPv6: net.IPv6len}[kind])
		_, err := io.ReadFull(c, ip)
		return ip.String(), err
	}
	return "", fmt.Errorf("%w: address of kind %d", errClient, kind)
}

// relay connects to the target and passes bytes both ways until both have ended.
func (s *Server) relay(c net.Conn, target string) {
	far, err := net.Dial("tcp", target)
	if err != nil {
		_ = s.reply(c, unreachable)
		return
	}
	defer far.Close()
	if !s.keep(far) || s.reply(c, granted) != nil {
		return
	}
	s.wg.Go(func() { pass(far, c) })
	pass(c, far)
}

// pass copies until from ends, and tells to.
func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.(*net.TCPConn).CloseWrite()
}

func (s *Server) reply(c net.Conn, code byte) error {
	return s.answer(c, version, code, 0, addrIPv4, 0, 0, 0, 0, 0, 0)
}

// readCounted skips some bytes and reads a count of one byte and so many bytes.
func readCounted(c net.Conn, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil, err
	}
	b := make([]byte, head[skip])
	_, err := io.ReadFull(c, b)
	return b, err
}

// answer writes a byte at a time, if it may.
func (s *Server) answer(c net.Conn, bytes ...byte) error {
	if s.cfg.Whole {
		_, err := c.Write(bytes)
		return err
	}
	for _, b := range bytes {
		if _, err := c.Write([]byte{b}); err != nil {
			return err
		}
	}
	return nil
}
