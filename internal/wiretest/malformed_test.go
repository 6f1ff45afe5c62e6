package wiretest

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

// malformed is input that breaks the rules, or looks as if it did, and what is to come of it.
type malformed struct {
	of    *victim // nil: a ROUTER
	opts  []socket.Option
	most  int  // bytes that may be allocated for each peer beside twice what it sends; 0: perHostile
	early bool // bytes are all that the peer says, from its greeting on; otherwise they follow a good handshake
	bytes []byte
	cut   bool // and then it says that no more will come

	stays bool   // the connection does, and the peer is served
	end   cause  // of the connection, if it does not
	again bool   // then a connector comes back; otherwise it must not
	reply []byte // what the peer is sent; nil for an early peer: not looked at
}

// malformedInput has the rows of the table of malformed input in docs/conformance.md, each with its cases.
func malformedInput() map[string]map[string]malformed {
	rows := maps.Clone(malformedHandshakes)
	maps.Copy(rows, malformedTraffic)
	return rows
}

// Malformed input, of several peers at once: the close and the event are the right ones, who comes back and who does
// not, little memory is taken, nothing of it reaches the program, and an honest peer of the same socket is served before
// and after.
func TestMalformedInput(t *testing.T) {
	for row, cases := range malformedInput() {
		t.Run(row, func(t *testing.T) {
			for name, c := range cases {
				t.Run(name, func(t *testing.T) { overLinks(t, c.try) })
			}
		})
	}
}

// Hostile peers at once, and what may be allocated for one of them in bytes, the test's own needs included.
const (
	hostilePeers = 3
	perHostile   = 1 << 20
)

func (c malformed) try(t *testing.T, l link) {
	v := c.of
	if v == nil {
		v = aRouter
	}
	s := v.open(t, append([]socket.Option{quickly}, c.opts...)...)
	seen := watch(t, s)
	honest := l.meet(t, s).peer()
	honest.shake(1, v.theirs, "Identity", "honest")
	honest.expect(v.first)
	v.talk(t, s, honest)

	var places []*place
	taken := allocated(func() {
		var peers []*peer
		for range hostilePeers {
			at := l.meet(t, s)
			places, peers = append(places, at), append(peers, c.strike(seen, at, v))
		}
		for i, at := range places {
			c.requireOutcome(l, seen, at, peers[i], v)
		}
	})
	require.Less(t, taken, uint64(hostilePeers*(max(perHostile, c.most)+2*len(c.bytes))))
	v.talk(t, s, honest)

	at := places[0]
	switch {
	case l.connecting && c.stays:
	case l.connecting && !c.again:
		requireGivenUp(t, l, s, seen, at)
	default: // the listener, or the connector, goes on
		at.peer().shake(1, v.theirs)
		seen.ready(at, 1)
	}
}

// strike has a peer say what it has to say.
func (c malformed) strike(seen *events, at *place, v *victim) *peer {
	at.t.Helper()
	p := at.peer()
	if !c.early {
		p.shake(1, v.theirs)
		p.expect(v.first)
		seen.ready(at, 1)
	}
	_, _ = p.conn.Write(c.bytes) // the connection may end before all are written
	if c.cut {
		p.halfClose()
	}
	return p
}

func (c malformed) requireOutcome(l link, seen *events, at *place, p *peer, v *victim) {
	p.t.Helper()
	ours := raw(greeting, goldenReady[v.name])
	if c.stays {
		if c.early {
			p.expect(ours)
			seen.ready(at, 1)
		}
		p.expect(c.reply)
		p.sync()
		require.Zero(p.t, seen.seenOf(socket.Disconnected, at))
		return
	}
	got, err := p.drain()
	require.False(p.t, isTimeout(err))
	switch {
	case err != nil: // a reset may have overtaken the rest
	case !c.early:
		require.Equal(p.t, raw(c.reply), got)
	case c.reply != nil:
		require.Equal(p.t, raw(ours, c.reply), got)
	}
	seen.ended(at, p, c.end)
	if l.connecting && !c.again {
		seen.of(socket.ConnectStopped, at)
	}
}

// victim is a socket type that hostile peers talk to.
type victim struct {
	name, theirs string
	open         func(*testing.T, ...socket.Option) common
	first        []byte // what it sends to each peer of its own accord
	// talk goes through an exchange with an honest peer, whose message must be the next that s receives.
	talk func(t *testing.T, s common, honest *peer)
}

var (
	aRouter = &victim{"ROUTER", "DEALER", opener(reqrep.NewRouter), nil, func(t *testing.T, s common, p *peer) {
		t.Helper()
		(&honest{t, s.(*reqrep.Router), p}).exchange()
	}}
	aReq = &victim{"REQ", "REP", opener(reqrep.NewReq), nil, func(t *testing.T, s common, p *peer) {
		t.Helper()
		ask(t, s.(*reqrep.Req), p)
	}}
	aRep = &victim{"REP", "DEALER", opener(reqrep.NewRep), nil, func(t *testing.T, s common, p *peer) {
		t.Helper()
		rep := s.(*reqrep.Rep)
		p.send(message("", "request"))
		require.Equal(t, []string{"request"}, recv(t, rep))
		send(t, rep, "reply")
		p.expect(message("", "reply"))
	}}
	aDish = &victim{"DISH", "RADIO", openDish, command("JOIN", "A"), func(t *testing.T, s common, p *peer) {
		t.Helper()
		p.send(message("A", "honest"))
		require.Equal(t, []string{"A", "honest"}, recv(t, s.(*radiodish.Dish)))
	}}
	aServer = &victim{"SERVER", "CLIENT", opener(clientserver.NewServer), nil, func(t *testing.T, s common, p *peer) {
		t.Helper()
		p.send(message("honest"))
		require.Equal(t, "honest", body(t, s.(*clientserver.Server)))
	}}
)

func openDish(t *testing.T, opts ...socket.Option) common {
	t.Helper()
	dish := open(t, radiodish.NewDish, opts...)
	require.NoError(t, dish.Join("A"))
	return dish
}
