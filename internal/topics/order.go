package topics

import "slices"

// all calls visit for every member, in the order of their bytes. visit does not change the tree and does not keep or
// change topic.
func (t *tree[V]) all(visit func(topic []byte, n *node[V])) {
	var buf []byte
	for n := &t.root; n != nil; n = n.next() {
		buf = append(buf[:n.end-len(n.label)], n.label...)
		if n.live {
			visit(slices.Clip(buf), n)
		}
	}
}

// next returns the node that follows n in the order of their topics, or nil after the last.
func (n *node[V]) next() *node[V] {
	if n.kids != nil {
		return n.kids.nodes[0]
	}
	for ; n.parent != nil; n = n.parent {
		if sibling := n.parent.kids.after(n); sibling != nil {
			return sibling
		}
	}
	return nil
}

// topic appends the topic of n to buf, which is empty.
func (n *node[V]) topic(buf []byte) []byte {
	buf = slices.Grow(buf, n.end)[:n.end]
	for ; n.parent != nil; n = n.parent {
		copy(buf[n.end-len(n.label):], n.label)
	}
	return buf
}

// compare orders two nodes of one tree as [bytes.Compare] orders their topics. It writes neither topic down: those of
// nested subscriptions can be far longer, all together, than the tree.
func compare[V any](a, b *node[V]) int {
	var fromA, fromB *node[V] // the children of a and b that the climb came through
	for a != b {
		// A topic is longer than that of any node above it, so the longer of two different ones is not above the other.
		if a.end >= b.end {
			fromA, a = a, a.parent
		} else {
			fromB, b = b, b.parent
		}
	}
	switch {
	case fromA == nil && fromB == nil:
		return 0
	case fromA == nil:
		return -1
	case fromB == nil:
		return 1
	}
	return int(fromA.label[0]) - int(fromB.label[0])
}
