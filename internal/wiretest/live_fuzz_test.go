package wiretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// A live socket is fuzzed as a whole: it is bound, and for some inputs connects to the peer that misbehaves; each input
// is what one peer sends, cut into writes. The socket lives on from input to input, and so does an honest peer, which
// must be served after each.

// live is such a socket. One goroutine at a time fuzzes it.
type live struct {
	common
	peer    string       // the type of socket that it talks to
	address string       // of its endpoint, a Unix socket
	ln      net.Listener // that it connects to
	to      string       // the endpoint of ln
	honest  net.Conn
	proof   func(string) any // has the honest peer served, with a word that nobody else knows; the fault, or nil
	heard   chan struct{}    // a socket that only receives has received the word
}

const (
	liveLimit = 64 << 10 // bytes of the largest message, and of the largest input
	liveMark  = 4        // low, so that it is reached
	// liveMost is what an input may have allocated: so many bytes, and so many for each of its own.
	liveMost, liveMostEach = 2 << 20, 200
)

// liveKinds are the sockets: by what they do with messages.
var liveKinds = []struct {
	peer string
	open func(...socket.Option) (common, error)
	how  func(*live)
}{
	{"DEALER", as(reqrep.NewRouter), echoes},
	{"REQ", as(reqrep.NewRep), echoes},
	{"CLIENT", as(clientserver.NewServer), echoes},
	{"", as(stream.NewStream), echoes},
	{"PUSH", as(pipeline.NewPull), receives},
	{"ROUTER", as(reqrep.NewDealer), receives},
	{"SCATTER", as(scattergather.NewGather), receives},
	{"PUB", as(pubsub.NewSub), receives},
	{"XPUB", as(pubsub.NewXSub), receives},
	{"RADIO", as(radiodish.NewDish), receives},
	{"SUB", as(pubsub.NewPub), publishes},
	{"XSUB", as(pubsub.NewXPub), publishes},
	{"DISH", as(radiodish.NewRadio), publishes},
}

func as[S common](open func(...socket.Option) (S, error)) func(...socket.Option) (common, error) {
	return func(opts ...socket.Option) (common, error) { return open(opts...) }
}

// FuzzLivePeer feeds a socket what a peer may send. The input's first byte chooses the socket, the second who connects
// and how far the handshake is done well, the third how the rest is cut.
func FuzzLivePeer(f *testing.F) {
	sockets := make([]*live, len(liveKinds))
	for i, k := range liveKinds {
		l, err := openLive(k.peer, k.open, k.how)
		require.NoError(f, err)
		f.Cleanup(l.close)
		sockets[i] = l
		addLiveSeeds(f, i)
	}
	for _, l := range sockets { // from here on there are as many goroutines as there will be
		if fault := l.serves(); fault != nil {
			f.Fatal(l.Type(), fault)
		}
	}
	running := runtime.NumGoroutine()
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < 3 || len(in) > liveLimit {
			return // the first three bytes say what to do
		}
		l, before := sockets[int(in[0])%len(sockets)], allocatedEver()
		if err := l.meet(in[1]&1 != 0, preludes(l.peer)[int(in[1]>>1)%preludeCount], in[3:], int(in[2])); err != nil {
			t.Fatalf("%s: %v", l.Type(), err)
		}
		if fault := l.serves(); fault != nil {
			t.Fatalf("%s does not serve its honest peer: %v", l.Type(), fault)
		}
		if n := allocatedEver() - before; n > liveMost+liveMostEach*uint64(len(in)) {
			t.Fatalf("%s: %d bytes were allocated for %d of input", l.Type(), n, len(in))
		}
		awaitLive(t, l.Type()+" forgets its peer", func() bool { return len(l.Peers()) == 1 })
		awaitLive(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= running+4 }) // the fuzzer's own
	})
}

// awaitLive waits for what comes at once, mostly: it costs little then.
func awaitLive(t *testing.T, what string, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); runtime.Gosched() {
		if time.Since(begin) > patience {
			buf := make([]byte, 1<<20)
			t.Fatalf("in vain: %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// allocatedEver is the number of bytes that were ever allocated; unlike runtime.ReadMemStats it does not stop the world.
func allocatedEver() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// word is one that no input has in it.
func word() string { return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) }

// typesV2 are socket types as ZMTP 2.0 has them (RFC 15).
var typesV2 = map[string]int{"PUB": 1, "SUB": 2, "REQ": 3, "REP": 4, "DEALER": 5, "ROUTER": 6, "PULL": 7, "PUSH": 8}

// preludeCount is the number of preludes.
const preludeCount = 6

// preludes are the beginnings of a peer of the type: from nothing at all to a whole handshake, of each version.
func preludes(typ string) [preludeCount][]byte {
	if typ == "" {
		return [preludeCount][]byte{}
	}
	return [preludeCount][]byte{
		{},
		greeting,
		raw(greeting, ready(typ)),
		raw(greetingOf(3, 0, "NULL"), ready(typ, "Identity", "fuzz")),
		raw(signature, 1, typesV2[typ], 0, 0), // ZMTP 2.0
		raw(1, 0),                             // ZMTP 1.0
	}
}

func addLiveSeeds(f *testing.F, kind int) {
	for p := range preludeCount {
		for i, b := range [][]byte{
			{},
			message("a", "b"),
			message("", "x"),
			raw(message("\x01a"), message("\x00a"), frameV1(0, "x"), frameV1(more, "y")),
			raw(command("SUBSCRIBE", "a"), command("CANCEL", "a"), command("JOIN", "g"), command("LEAVE", "g")),
			raw(ping(1, "context"), pong("x"), command("ERROR", 3, "why"), command("OTHER", "x")),
			raw(frame(more, "a"), ping(0, ""), frame(lastOne, text(300))),
			raw(0x02, u64(1<<40)),
			raw(frame(0x80, "x")),
			greeting,
			ready("PUSH"),
		} {
			f.Add(raw(kind, 2*p+i%2, []int{0, 1, 3}[i%3], b))
		}
	}
}

// openLive makes the socket, and lets its honest peer in.
func openLive(peer string, open func(...socket.Option) (common, error), how func(*live)) (l *live, err error) {
	s, err := open(
		socket.WithLinger(0), socket.WithNoReconnect(), socket.WithMaxMessageSize(liveLimit),
		socket.WithRecvHWM(liveMark), socket.WithSendHWM(liveMark),
	)
	if err != nil {
		return nil, err
	}
	l = &live{common: s, peer: peer, heard: make(chan struct{}, 1)}
	bound, err := s.Bind("ipc://*")
	if err != nil {
		return nil, err
	}
	l.address = strings.TrimPrefix(bound, "ipc://")
	path := filepath.Join(filepath.Dir(l.address), fmt.Sprintf("fuzz-%d", os.Getpid()))
	if l.ln, err = net.Listen("unix", path); err != nil {
		return nil, err
	}
	l.to = "ipc://" + path
	if l.honest, err = net.Dial("unix", l.address); err != nil {
		return nil, err
	}
	if peer != "" {
		if err := shakeLive(l.honest, peer); err != nil {
			return nil, err
		}
	}
	how(l)
	return l, nil
}

func (l *live) close() {
	_ = l.ln.Close() // first: its file is in a directory of the socket's
	_ = l.Close()
	_ = l.honest.Close()
}

// shakeLive goes through the handshake of the honest peer.
func shakeLive(c net.Conn, typ string) error {
	if _, err := c.Write(raw(greeting, ready(typ, "Identity", "honest"))); err != nil {
		return err
	}
	b := make([]byte, len(greeting)+2)
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, b[len(b)-1]))
	return err
}

// meet has a peer say what the input is, until the socket has nothing more to do with it.
func (l *live) meet(connects bool, prelude, in []byte, cut int) error {
	c, err := l.call(connects)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _ = c.Write(prelude) // it may have been thrown out already, here and later
	for n := 0; cut > 0 && len(in) > cut && n < 32; n++ {
		_, _ = c.Write(in[:cut])
		in = in[cut:]
	}
	_, _ = c.Write(in)
	_ = c.(*net.UnixConn).CloseWrite()
	if _, err := io.Copy(io.Discard, c); isTimeout(err) {
		return errors.New("it keeps a peer that has ended")
	}
	if connects {
		if err := l.Disconnect(l.to); err != nil && !errors.Is(err, ringmq.ErrNotFound) { // it has seen the end
			return err
		}
	}
	return nil
}

func (l *live) call(connects bool) (net.Conn, error) {
	if !connects {
		return net.Dial("unix", l.address)
	}
	if err := l.Connect(l.to); err != nil {
		return nil, err
	}
	_ = l.ln.(*net.UnixListener).SetDeadline(time.Now().Add(patience))
	return l.ln.Accept()
}

// serves has the honest peer served.
func (l *live) serves() any {
	if err := l.honest.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return l.proof(word())
}

// echoes has what the socket receives sent back.
func echoes(l *live) {
	go func() {
		for {
			m, err := l.common.(receiver).Recv(context.Background())
			if err != nil {
				return
			}
			if l.peer == "" && len(m.Frame(1)) == 0 {
				continue // a STREAM says that a peer has come or gone; sent back it would end the connection
			}
			_ = l.common.(sender).Send(context.Background(), m) // the peer may have gone
		}
	}()
	l.proof = func(word string) any {
		b := []byte(word)
		switch l.peer {
		case "DEALER", "CLIENT":
			b = message(word)
		case "REQ":
			b = message("", word)
		}
		if _, err := l.honest.Write(b); err != nil {
			return err
		}
		return l.expect(b)
	}
}

// expect has the honest peer read b, and nothing else.
func (l *live) expect(b []byte) any {
	got := make([]byte, len(b))
	if n, err := io.ReadFull(l.honest, got); err != nil || string(b) != string(got) {
		return fmt.Sprintf("%q, not %q: %v", got[:n], b, err)
	}
	return nil
}

// receives has what the socket receives looked at.
func receives(l *live) {
	first := ""
	switch s := l.common.(type) {
	case *pubsub.Sub:
		_ = s.Subscribe("")
	case *pubsub.XSub:
		_ = s.SendBytes(context.Background(), []byte{1})
	case *radiodish.Dish:
		first = "group"
		_ = s.Join(first)
	}
	var want atomic.Pointer[string]
	go func() {
		for {
			m, err := l.common.(receiver).Recv(context.Background())
			if err != nil {
				return
			}
			if w := want.Load(); w != nil && string(m.Frame(m.Len()-1)) == *w {
				l.heard <- struct{}{}
			}
			m.Release()
		}
	}()
	l.proof = func(word string) any {
		b := message(word)
		if first != "" {
			b = message(first, word)
		}
		want.Store(&word)
		if _, err := l.honest.Write(b); err != nil {
			return err
		}
		select {
		case <-l.heard:
			return nil
		case <-time.After(patience):
			return "it has not received what was sent"
		}
	}
}

// publishes has the socket send to its honest peer.
func publishes(l *live) {
	if r, ok := l.common.(receiver); ok {
		go func() {
			for {
				if _, err := r.Recv(context.Background()); err != nil {
					return
				}
			}
		}()
	}
	subscribe, first := command("SUBSCRIBE", ""), []string(nil)
	if l.peer == "DISH" {
		subscribe, first = command("JOIN", "group"), []string{"group"}
	}
	_, _ = l.honest.Write(raw(subscribe, ping(0, "")))
	_ = l.expect(pong("")) // it is subscribed
	l.proof = func(word string) any {
		frames := append(first, word)
		if err := l.common.(sender).Send(context.Background(), ringmq.NewString(frames...)); err != nil {
			return err
		}
		return l.expect(message(frames...))
	}
}
