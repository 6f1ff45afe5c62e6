package topics

// Match returns every peer with a subscription that is a prefix of topic, each once. For one topic the order stays the
// same until a subscription to one of its prefixes changes. The slice belongs to the index; it is valid until the next
// Add, Remove or RemovePeer.
//
// A topic that was matched lately costs a look into the cache. Another costs a walk over as much of it as is
// subscribed to, and no allocation but for the growth of what is remembered, up to its bounds.
func (ix *Index[P]) Match(topic []byte) []P {
	n := ix.longest(topic)
	if n.value.list.epoch != ix.results.epoch {
		n.value.list = ix.gather(n)
	}
	return ix.results.at(n.value.list)
}

// longest returns the longest subscribed prefix of topic, or the root. If there is no other prefix than the empty one
// it does not look at topic.
func (ix *Index[P]) longest(topic []byte) *node[audience[P]] {
	if ix.tree.root.kids == nil {
		return &ix.tree.root
	}
	if len(topic) > cachedTopic {
		return ix.tree.deepest(topic)
	}
	s := ix.cache.find(topic)
	if s.era == ix.cache.era && s.gen == s.node.value.gen {
		return s.node
	}
	n := ix.tree.deepest(topic)
	if s.era != ix.cache.era && ix.cache.full() {
		ix.cache.renew(ix.tree.count)
		s = ix.cache.find(topic)
	}
	ix.cache.put(s, topic, n, n.value.gen)
	return n
}

// gather lists the peers of n and of all prefixes above it.
func (ix *Index[P]) gather(n *node[audience[P]]) span {
	total := 0
	for up := n; up != nil; up = up.parent {
		total += len(up.value.peers)
	}
	ix.results.reserve(total)
	ix.stamp++
	from := len(ix.results.peers)
	for ; n != nil; n = n.parent {
		for _, who := range n.value.peers {
			if who.seen != ix.stamp {
				who.seen = ix.stamp
				ix.results.peers = append(ix.results.peers, who.id)
			}
		}
	}
	return ix.results.since(from)
}
