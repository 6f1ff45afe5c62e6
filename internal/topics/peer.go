package topics

// peer is the set of subscriptions of one peer. Both directions know where the other end is, so that to subscribe or
// unsubscribe costs the same however many topics the peer has and however many peers the topic has.
type peer[P comparable] struct {
	id   P
	at   map[*node[audience[P]]]int // where the peer is in the audience of each prefix that it subscribes to
	peak int                        // largest len(at) since at was made
	seen uint64                     // stamp of the latest gather that met the peer
}

// peer returns the record of p, which it makes if there is none.
func (ix *Index[P]) peer(p P) *peer[P] {
	who := ix.peers[p]
	if who != nil {
		return who
	}
	if ix.peers == nil {
		ix.peers = make(map[P]*peer[P])
	}
	who = &peer[P]{id: p, at: make(map[*node[audience[P]]]int)}
	ix.peers[p] = who
	return who
}

// subscribe reports whether who did not subscribe to n before.
func (who *peer[P]) subscribe(n *node[audience[P]]) bool {
	if _, ok := who.at[n]; ok {
		return false
	}
	who.at[n] = len(n.value.peers)
	who.peak = max(who.peak, len(who.at))
	n.value.peers = append(n.value.peers, who)
	return true
}

// unsubscribe reports whether who subscribed to n.
func (who *peer[P]) unsubscribe(n *node[audience[P]]) bool {
	i, ok := who.at[n]
	if !ok {
		return false
	}
	delete(who.at, n)
	who.tidy()
	n.value.vacate(n, i)
	return true
}

// tidy moves at to a smaller map when most of it is idle, since a map never shrinks.
func (who *peer[P]) tidy() {
	if who.peak <= smallList || who.peak < slack*len(who.at) {
		return
	}
	at := make(map[*node[audience[P]]]int, len(who.at))
	for n, i := range who.at {
		at[n] = i
	}
	who.at, who.peak = at, len(at)
}

// leave takes all subscriptions of who back and returns, in no order, the prefixes that nobody is left on.
func (who *peer[P]) leave() (gone []*node[audience[P]]) {
	for n, i := range who.at {
		n.value.vacate(n, i)
		if len(n.value.peers) == 0 {
			gone = append(gone, n)
		}
	}
	return gone
}

// vacate gives the place i in the audience of n to the last peer there.
func (a *audience[P]) vacate(n *node[audience[P]], i int) {
	end := len(a.peers) - 1
	if i < end {
		moved := a.peers[end]
		a.peers[i], moved.at[n] = moved, i
	}
	a.peers[end] = nil
	a.peers = shrink(a.peers[:end])
}
