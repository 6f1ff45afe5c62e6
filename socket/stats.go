package socket

import (
	"maps"
	"time"
)

// Stats are a socket's counts of whole messages since it was made, over all peers, past ones included.
type Stats struct {
	// Sent counts messages given to a connection, or to the peer's queue over inproc.
	Sent uint64
	// Received counts messages that were queued to be received.
	Received uint64
	// Dropped counts messages that were thrown away: for a peer at its high-water mark, where the pattern drops; and
	// those that were queued for a peer when it went for good or the socket was closed.
	Dropped uint64
	// Queued is the number of messages that wait to be sent, now.
	Queued uint64
	// Pending is the number of messages that wait to be received, now.
	Pending uint64
	// MissedEvents counts monitor events that found their reader behind.
	MissedEvents uint64
	// Losses is what Dropped is made of.
	Losses Losses
	// Peers has the same for each peer there is, by its ID.
	Peers map[uint64]PeerStats
}

// PeerStats are the counts of one peer; see [Stats].
type PeerStats struct {
	Endpoint                                 string
	Sent, Received, Dropped, Queued, Pending uint64
	Losses                                   Losses // what Dropped is made of
}

// Peer is one peer of a socket.
type Peer struct {
	ID         uint64 // unique in the socket
	Endpoint   string // as Bind returned it, or as it was given to Connect
	Address    string // network address; of the last connection, if there is none now
	Connected  bool   // the handshake is through
	Accepted   bool   // the peer has connected to us, not we to it
	Since      time.Time
	SocketType string
	Identity   string // what it announced
	// RoutingID is what stands in front of messages from and to this peer, where the socket has routing ids (ROUTER,
	// SERVER, PEER).
	RoutingID  string
	Version    string            // of ZMTP, such as "3.1"; "" for a peer that does not speak it
	Mechanism  string            // of security, such as "NULL"; "" over inproc and before ZMTP 3.0
	Properties map[string]string // what it announced
	// LastSeen is when something last arrived from the peer, a heartbeat included, in this connection or the one
	// before. It may lie up to 20 ms too far back. Over inproc a peer that is connected is seen now.
	LastSeen time.Time
	PeerStats
}

func (s *Stats) add(p PeerStats) {
	s.Sent += p.Sent
	s.Received += p.Received
	s.Dropped += p.Dropped
	s.Losses.add(p.Losses)
	s.Queued += p.Queued
	s.Pending += p.Pending
}

// taken is the number of messages ever queued for a connection, and ever passed over inproc. The caller does not hold
// the send lock.
func (p *Pipe) taken() (appended, passed uint64) {
	p.core.sendMu.Lock()
	defer p.core.sendMu.Unlock()
	p.core.endRun(false)
	if p.back != nil {
		return p.back.appended(), p.passed
	}
	return p.out.Appended(), p.passed
}

// doneWith is the number of messages that are not in the outbound queue any more; that of those among them that wait
// for another connection, and that of messages that were given up and never were in it.
func (p *Pipe) doneWith() (done, takenBack, givenUp uint64) {
	if p.back != nil {
		return p.back.doneWith()
	}
	return p.out.Done(), 0, 0
}

func (p *Pipe) receivedDirectly() (n uint64) {
	p.core.HoldsRecv(func() { n = p.directly })
	return n
}

func (p *Pipe) stats() PeerStats {
	appended, passed := p.taken() // first: what it drops counts
	s := PeerStats{
		Endpoint: p.endpoint,
		Received: p.in.q.Published() + p.receivedDirectly(),
		Losses:   p.losses(),
		Pending:  uint64(p.in.q.Depth()),
	}
	done, takenBack, givenUp := p.doneWith()
	s.Dropped = s.Losses.messages() + p.lost() + givenUp
	if p.latest != nil {
		p.latest.count(&s)
	}
	if l := p.local.Load(); l != nil {
		s.Sent = passed - min(passed, p.discarded.Load()) // which counts notes of the peer's arrival too
		if p.back != nil {
			s.Queued = uint64(p.back.depth())
		}
		if l.other == nil && !p.gone.Load() {
			s.Queued += uint64(l.to.q.Depth())
			s.Sent -= min(s.Sent, uint64(l.to.q.Depth()))
		}
		return s
	}
	s.Sent = done - p.discarded.Load() - takenBack
	s.Queued = appended - min(done, appended) // more may have been queued and written since
	return s
}

// lost is the number of messages that were given up with the peer. What is in a spool is not.
func (p *Pipe) lost() uint64 {
	if p.lane.Load() != nil {
		return 0
	}
	return p.discarded.Load()
}

func (c *Core) stats() Stats {
	c.mu.Lock()
	pipes, s := c.pipeList(), c.past // together: a pipe that goes meanwhile is in one of them
	c.mu.Unlock()
	c.HoldsRecv(func() {
		for _, p := range pipes {
			p.in.q.Tell() // the writer may know of fewer
			if p.direct != nil {
				_ = p.spill() // an error comes again, to the receiver
			}
		}
	})
	s.Pending, s.Queued = 0, 0
	s.Dropped += c.unrouted.Load()
	s.MissedEvents = c.monitor.missed.Load()
	s.Peers = make(map[uint64]PeerStats, len(pipes))
	for _, p := range pipes {
		ps := p.stats()
		s.Peers[p.id] = ps
		s.add(ps)
	}
	return s
}

func (c *Core) peers() []Peer {
	pipes := c.allPipes()
	list := make([]Peer, 0, len(pipes))
	for _, p := range pipes {
		list = append(list, p.describe())
	}
	return list
}

func (p *Pipe) describe() Peer {
	d := Peer{
		ID: p.id, Endpoint: p.endpoint, Address: p.Address(), Accepted: p.accepted, LastSeen: p.lastSeen(),
		PeerStats: p.stats(),
	}
	peer, since := p.peer.Load(), p.since.Load()
	if peer == nil || since == 0 {
		return d
	}
	d.Connected, d.Since = true, time.Unix(0, since)
	d.SocketType, d.Identity, d.Mechanism = peer.SocketType, string(peer.Identity), peer.Mechanism
	d.RoutingID = string(p.Tag())
	if peer.Version.Major > 0 {
		d.Version = string([]byte{'0' + peer.Version.Major, '.', '0' + peer.Version.Minor})
	}
	d.Properties = maps.Clone(peer.Properties.All())
	return d
}
