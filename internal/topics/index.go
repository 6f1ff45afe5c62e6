package topics

import "slices"

// Index is the subscription index of one publisher: which peers, of type P, subscribe to which prefixes. P is a small
// value such as a pointer to the peer's pipe. A peer's subscriptions are a set, not counted: a libzmq SUB sends
// SUBSCRIBE for each of several equal calls but CANCEL only for the last, so the "additive" wording of RFC 29 would
// leave it subscribed for good.
//
// One goroutine at a time may use it; Match counts as a use, for it keeps what it found.
type Index[P comparable] struct {
	tree    tree[audience[P]]
	peers   map[P]*peer[P] // those with a subscription
	cache   cache[audience[P]]
	results results[P]
	stamp   uint64 // of the latest gather
}

// audience is what an Index knows of one prefix.
type audience[P comparable] struct {
	peers []*peer[P] // who subscribes to exactly this prefix
	list  span       // who takes a topic of which this is the longest subscribed prefix
	gen   uint64     // counts the events after which such a topic may have another longest prefix
}

// Add subscribes p to topic. added is false, and nothing happens, if p already has it; first is true if no peer had
// it, which is when an XPUB tells its application.
func (ix *Index[P]) Add(topic []byte, p P) (first, added bool) {
	n := ix.tree.insert(topic)
	who := ix.peer(p)
	if !who.subscribe(n) {
		return false, false
	}
	ix.results.forget()
	first = len(n.value.peers) == 1
	if first {
		ix.above(n).value.gen++
	}
	return first, true
}

// above returns the longest subscribed prefix that is shorter than n, or the root. When n is new, the topics that n is
// now the longest prefix of had this one, and no others did that n is a prefix of.
func (ix *Index[P]) above(n *node[audience[P]]) *node[audience[P]] {
	root := &ix.tree.root
	for n != root {
		if n = n.parent; n.live {
			break
		}
	}
	return n
}

// Remove takes the subscription of p to topic back. removed is false, and nothing happens, if p does not have it; last
// is true if no other peer has it, which is when an XPUB tells its application.
func (ix *Index[P]) Remove(topic []byte, p P) (last, removed bool) {
	n, who := ix.tree.exact(topic), ix.peers[p]
	if n == nil || who == nil || !who.unsubscribe(n) {
		return false, false
	}
	ix.results.forget()
	if len(who.at) == 0 {
		delete(ix.peers, p)
	}
	return ix.bury(n), true
}

// RemovePeer takes all subscriptions of p back and then calls last, unless it is nil, for each topic that no other peer
// has, in the order of their bytes: the unsubscriptions that an XPUB reports for a peer that has gone. The cost depends
// on the subscriptions of p alone. last does not use the index, and topic is valid until it returns.
func (ix *Index[P]) RemovePeer(p P, last func(topic []byte)) {
	who := ix.peers[p]
	if who == nil {
		return
	}
	ix.results.forget()
	delete(ix.peers, p)
	gone := who.leave()
	if last == nil {
		for _, n := range gone {
			ix.bury(n)
		}
		return
	}
	slices.SortFunc(gone, compare)
	var buf []byte
	for _, n := range gone {
		buf = n.topic(buf[:0])
		ix.bury(n)
		last(slices.Clip(buf))
	}
}

// bury removes n from the tree if nobody subscribes to it any more, and reports whether it did.
func (ix *Index[P]) bury(n *node[audience[P]]) bool {
	if len(n.value.peers) > 0 {
		return false
	}
	n.value.gen++
	ix.tree.remove(n)
	return true
}

// Has reports whether any peer subscribes to exactly this topic.
func (ix *Index[P]) Has(topic []byte) bool { return ix.tree.exact(topic) != nil }

// Topics is the number of distinct prefixes that peers subscribe to.
func (ix *Index[P]) Topics() int { return ix.tree.count }

// All calls visit for each of those prefixes, in the order of their bytes, with the number of peers that subscribe to
// exactly that one. visit does not change the index, and topic is valid until it returns.
func (ix *Index[P]) All(visit func(topic []byte, peers int)) {
	ix.tree.all(func(topic []byte, n *node[audience[P]]) { visit(topic, len(n.value.peers)) })
}
