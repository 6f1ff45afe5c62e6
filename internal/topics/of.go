package topics

import "slices"

// Peers is the number of peers with a subscription.
func (ix *Index[P]) Peers() int { return len(ix.peers) }

// Of calls visit for each subscription of p, in the order of their bytes. visit does not use the index, and topic is
// valid until it returns. The cost depends on the subscriptions of p alone.
func (ix *Index[P]) Of(p P, visit func(topic []byte)) {
	who := ix.peers[p]
	if who == nil {
		return
	}
	nodes := make([]*node[audience[P]], 0, len(who.at))
	for n := range who.at {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, compare)
	var buf []byte
	for _, n := range nodes {
		buf = n.topic(buf[:0])
		visit(slices.Clip(buf))
	}
}
