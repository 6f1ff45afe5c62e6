package wiretest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// shakeV1 is the handshake of ZMTP 1.0 (RFC 15): an identity frame each way and no greeting. Our signature is the
// header of ours: a length of 1 in the long form, flags 7F, and no body.
func (p *peer) shakeV1() {
	p.t.Helper()
	p.send(1, 0)
	p.expect(signature)
}

// shakeV2 is the handshake of ZMTP 2.0 (RFC 13) with the codes of our socket type and of the peer's.
func (p *peer) shakeV2(ours, theirs int) {
	p.t.Helper()
	p.send(signature, 1, theirs, frame(0))
	p.expect(signature, 3, ours, 0, 0)
}

// shakeV1Greeting is what libzmq 3.0 does: the greeting of ZMTP 2.0 with major 0, then the framing of ZMTP 1.0.
func (p *peer) shakeV1Greeting(ours, theirs int) {
	p.t.Helper()
	p.send(signature, 0, theirs, frameV1(0))
	p.expect(signature, 3, ours, 1, 0)
}

// old is how to talk to a peer of before 3.0.
type old struct {
	name    string
	version string
	shake   func(p *peer, ours, theirs int)
	frame   func(flags int, parts ...any) []byte
}

var olds = []old{
	{"1.0", "1.0", func(p *peer, _, _ int) { p.shakeV1() }, frameV1},
	{"1.0 with a greeting", "1.0", (*peer).shakeV1Greeting, frameV1},
	{"2.0", "2.0", (*peer).shakeV2, frame},
}

func overOlds(t *testing.T, test func(t *testing.T, o old, l link)) {
	for _, o := range olds {
		t.Run(o.name, func(t *testing.T) {
			overLinks(t, func(t *testing.T, l link) { test(t, o, l) })
		})
	}
}

// Codes of socket types in a greeting of ZMTP 2.0 (RFC 13).
var codes = map[string]int{
	"PUB": 1, "SUB": 2, "REQ": 3, "REP": 4, "DEALER": 5, "ROUTER": 6, "PULL": 7, "PUSH": 8, "XPUB": 9, "XSUB": 10,
	"PAIR": 0,
}

func TestOldHandshakeOfEveryType(t *testing.T) {
	for _, k := range kinds {
		for _, o := range olds {
			ours, there := codes[k.name]
			if !there {
				continue
			}
			t.Run(k.name+" "+o.name, func(t *testing.T) {
				s := k.open(t)
				seen := watch(t, s)
				at := links[0].meet(t, s)
				p := at.peer()
				o.shake(p, ours, codes[k.peer])
				seen.ready(at, 1)
				require.Equal(t, o.version, s.Peers()[0].Version)
			})
		}
	}
}

// Types that came with ZMTP 3 have no peers that are older.
func TestNewTypesRefuseOldPeers(t *testing.T) {
	for _, k := range kinds {
		if _, old := codes[k.name]; old {
			continue
		}
		for version, hello := range map[string][]byte{
			"1.0": {1, 0}, "1.0 with a greeting": raw(signature, 0), "2.0": raw(signature, 1),
		} {
			t.Run(k.name+" "+version, func(t *testing.T) {
				s := k.open(t)
				seen := watch(t, s)
				at := links[0].meet(t, s)
				p := at.peer()
				p.send(hello)
				_, err := p.drain()
				require.False(t, isTimeout(err))
				seen.ended(at, p, cause{
					typ: socket.HandshakeFailed, is: ringmq.ErrProtocol, code: session.CodeIncompatibleSocketType,
				})
			})
		}
	}
}

// Data both ways, over all sizes at which either framing changes.
func TestDataWithOldPeers(t *testing.T) {
	overOlds(t, func(t *testing.T, o old, l link) {
		dealer := open(t, reqrep.NewDealer)
		p := l.meet(t, dealer).peer()
		o.shake(p, 5, 6)
		for _, n := range append([]int{252, 253, 510}, sizes...) {
			p.send(o.frame(more, "in"), o.frame(0, text(n)))
			require.Equal(t, []string{"in", text(n)}, recv(t, dealer))
			send(t, dealer, text(n), "out")
			p.expect(o.frame(more, text(n)), o.frame(0, "out"))
		}
	})
}

// Written out: where the framing of ZMTP 1.0 changes.
func TestFramesV1AreByteExact(t *testing.T) {
	dealer := open(t, reqrep.NewDealer)
	p := links[0].meet(t, dealer).peer()
	p.shakeV1()
	p.send(0x04, 0x01, "one", 0xFE, 0x01, text(253), 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0x01, text(254))
	p.send(0xFF, 0, 0, 0, 0, 0, 0, 0, 3, 0, "ab") // a short one in the long form
	require.Equal(t, []string{"one", text(253), text(254), "ab"}, recv(t, dealer))
	p.send(1, 0xFE) // RFC 15 reserves the other flags, and has them ignored
	require.Equal(t, []string{""}, recv(t, dealer))
	send(t, dealer, "", text(253), text(254), text(255))
	p.expect(0x01, 0x01, 0xFE, 0x01, text(253), 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0x01, text(254))
	p.expect(0xFF, 0, 0, 0, 0, 0, 0, 1, 0, 0x00, text(255))
}

// Many messages at once, more than the conversion to ZMTP 1.0 takes in one go, in every position to its buffers.
func TestDenseTrafficToOldPeers(t *testing.T) {
	overOlds(t, func(t *testing.T, o old, l link) {
		const messages = 3000
		push := open(t, pipeline.NewPush, socket.WithSendHWM(0))
		p := l.meet(t, push).peer()
		o.shake(p, 8, 7)
		var ms []ringmq.Message
		var want []byte
		for i := range messages {
			head, body := fmt.Sprint(i), strings.Repeat("y", i*7%700)
			ms = append(ms, ringmq.NewString(head, body))
			want = append(append(want, o.frame(more, head)...), o.frame(0, body)...)
		}
		n, err := push.SendBatch(within(t), ms)
		require.NoError(t, err)
		require.Equal(t, messages, n)
		p.expect(want)
	})
}

// Large frames are referenced by our side, not copied: the conversion must find its way through them too.
func TestLargeFramesToOldPeers(t *testing.T) {
	overOlds(t, func(t *testing.T, o old, l link) {
		push := open(t, pipeline.NewPush)
		p := l.meet(t, push).peer()
		o.shake(p, 8, 7)
		large := []string{text(1 << 20), "", strings.Repeat("z", 200_000), "small", text(3 << 20)}
		send(t, push, large...)
		send(t, push, "next")
		for i, f := range large {
			p.expect(o.frame(map[bool]int{true: 0, false: more}[i == len(large)-1], f))
		}
		p.expect(o.frame(0, "next"))
	})
}

// What has been converted and not been written counts as queued: Close waits for it.
func TestCloseSendsAllToOldPeers(t *testing.T) {
	overOlds(t, func(t *testing.T, o old, l link) {
		const messages = 40
		push := open(t, pipeline.NewPush, socket.WithLinger(patience))
		p := l.meet(t, push).peer().slow()
		o.shake(p, 8, 7)
		for range messages {
			send(t, push, text(chunk/2))
		}
		closed := make(chan error, 1)
		go func() { closed <- push.Close() }()
		for range messages {
			p.expect(o.frame(0, text(chunk/2)))
		}
		p.expectEnd()
		require.NoError(t, <-closed)
	})
}

// Our identity, and the peer's, where there is no READY to carry them.
func TestIdentityOfOldPeers(t *testing.T) {
	router := open(t, reqrep.NewRouter, socket.WithIdentity("us"))
	at := links[0].meet(t, router)
	ours := raw(0xFF, zeros(7), 3, 0x7F)
	one, two := at.peer(), at.peer()
	one.send(frameV1(0, "old"))
	one.expect(ours, "us")
	two.send(signature, 1, 5, frame(0, "less old"))
	two.expect(ours, 3, 6, frame(0, "us"))
	for p, id := range map[*peer]string{one: "old", two: "less old"} {
		p.send(map[bool][]byte{true: frameV1(0, "hello"), false: frame(0, "hello")}[p == one])
		require.Equal(t, []string{id, "hello"}, recv(t, router))
	}
	send(t, router, "old", "to you")
	one.expect(frameV1(0, "to you"))
	send(t, router, "less old", "to you")
	two.expect(frame(0, "to you"))
}

// Byte by byte: nothing may depend on how the old handshake is cut up.
func TestOldHandshakeInPieces(t *testing.T) {
	for name, stream := range map[string][]byte{
		"1.0":                 raw(frameV1(0, "id"), frameV1(more, "a"), frameV1(0, text(300))),
		"1.0, long identity":  raw(0xFF, u64(3), 0, "id", frameV1(more, "a"), frameV1(0, text(300))),
		"1.0 with a greeting": raw(signature, 0, 8, frameV1(0, "id"), frameV1(more, "a"), frameV1(0, text(300))),
		"2.0":                 raw(signature, 1, 8, frame(0, "id"), frame(more, "a"), frame(0, text(300))),
		"2.0 as major 2":      raw(signature, 2, 8, frame(0, "id"), frame(more, "a"), frame(0, text(300))),
	} {
		t.Run(name, func(t *testing.T) {
			pull := open(t, pipeline.NewPull)
			p := links[0].meet(t, pull).peer()
			for _, b := range stream {
				p.send(int(b))
			}
			require.Equal(t, []string{"a", text(300)}, recv(t, pull))
		})
	}
}
