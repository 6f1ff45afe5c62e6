package soak

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/socket"
)

// wire is a bare connection to a server, that has gone through the handshake as a socket would. One goroutine uses it.
type wire struct{ net.Conn }

// served is the type of server that a peer of a type talks to.
var served = map[string]string{socket.PUSH: socket.PULL, socket.SUB: socket.PUB, socket.DEALER: socket.ROUTER}

// wire connects as a peer of the type.
func (l *life) wire(typ, identity string) (*wire, error) {
	scheme, address, _ := strings.Cut(l.bound[served[typ]][l.over], "://")
	network := map[string]string{"tcp": "tcp", "ipc": "unix"}[scheme]
	conn, err := new(net.Dialer).DialContext(l.ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{conn}
	if err = conn.SetDeadline(time.Now().Add(patience)); err == nil {
		err = w.shake(typ, identity)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// shake sends a greeting and READY, and waits for those of the server.
func (w *wire) shake(typ, identity string) error {
	metadata := zmtp.AppendProperty(nil, zmtp.PropSocketType, []byte(typ))
	if identity != "" {
		metadata = zmtp.AppendProperty(metadata, zmtp.PropIdentity, []byte(identity))
	}
	greeting := zmtp.AppendGreeting(nil, zmtp.Greeting{Major: 3, Minor: 1, Mechanism: "NULL"}, 0)
	if err := w.write(zmtp.AppendReady(greeting, metadata)); err != nil {
		return err
	}
	b := make([]byte, len(greeting)+2)
	if _, err := io.ReadFull(w, b); err != nil {
		return err
	}
	_, err := io.ReadFull(w, make([]byte, b[len(b)-1])) // a READY of ours is a short frame
	return err
}

func (w *wire) write(b []byte) error {
	_, err := w.Write(b)
	return err
}

func (w *wire) close() { _ = w.Close() }

// end says that there is no more, and waits until the server has found that. To close at once would leave it to the kernel
// whether what is underway still arrives.
func (w *wire) end() error {
	if err := w.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, w)
	return err
}

// vanish resets the connection, where the transport has that: its other side reads an error.
func (w *wire) vanish() {
	if c, ok := w.Conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	w.close()
}

func subscribe(topic string) []byte { return zmtp.AppendSubscribe(nil, []byte(topic)) }

// messages are n messages of the life as they travel, and a part of another.
func (l *life) messages(n int) (b []byte) {
	for seq := range n + 1 {
		whole := len(b)
		size := l.size()
		b = zmtp.AppendFrame(b, zmtp.FlagMore, header(l.id, seq, size))
		b = zmtp.AppendFrame(b, 0, body(l.id, seq, size))
		if seq == n {
			b = b[:whole+l.rand.IntN(len(b)-whole)]
		}
	}
	return b
}

// barePush ends in the middle of a message: in an orderly way, and then the others arrive; or not, and then some may.
func (l *life) barePush() error {
	w, err := l.wire(socket.PUSH, "")
	if err != nil {
		return err
	}
	defer w.close()
	n := l.rand.IntN(100)
	l.toPull.open(l.id)
	if err := w.write(l.messages(n)); err != nil {
		return err
	}
	if l.rand.IntN(2) == 0 {
		if err := w.end(); err != nil {
			return err
		}
		return l.toPull.settle(l, n)
	}
	w.vanish()
	return l.toPull.writeOff(l.id, n)
}

// bareDealer asks, reads nothing, and vanishes in the middle of a message while it is being answered.
func (l *life) bareDealer() error {
	w, err := l.wire(socket.DEALER, "")
	if err != nil {
		return err
	}
	defer w.close()
	n := l.rand.IntN(200)
	l.toRouter.open(l.id)
	// The answers may fill all buffers, but the ROUTER drops them then, and reads on.
	if err := w.write(l.messages(n)); err != nil {
		return err
	}
	w.vanish()
	return l.toRouter.writeOff(l.id, n)
}

// bareSub subscribes to what is for everybody, and vanishes in the middle of a subscription.
func (l *life) bareSub() error {
	w, err := l.wire(socket.SUB, "")
	if err != nil {
		return err
	}
	defer w.close()
	topic := fmt.Sprintf("life %d.", l.id)
	if err := w.write(append(subscribe(everybody), subscribe(topic)...)); err != nil {
		return err
	}
	if err := l.pub.WaitSubscribers(l.ctx, 1, topic); err != nil {
		return err
	}
	for range l.rand.IntN(5) {
		l.tick()
		if _, err := io.ReadFull(w, make([]byte, 1)); err != nil {
			return err
		}
	}
	if err := w.write(subscribe("half a topic")[:1+l.rand.IntN(8)]); err != nil {
		return err
	}
	w.vanish()
	return nil
}
