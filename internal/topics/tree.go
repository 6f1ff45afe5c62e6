package topics

// tree is a radix tree from topics to values. Its shape depends on its members alone: a node is the root, a member, a
// fork, or a topic of a multiple of cell bytes that a longer member passes through. Nothing recurses: a topic may be as
// long as a frame. A member keeps its node, and the node its address, until it is removed.
type tree[V any] struct {
	root  node[V]
	count int // members
}

type node[V any] struct {
	label  string // the bytes of the topic after the parent's; empty at the root only
	parent *node[V]
	kids   *fork[V] // nil if there are none
	end    int      // length of the whole topic
	live   bool     // the topic is a member
	value  V        // the zero value unless live, but for what the owner of the tree leaves there
}

// exact returns the node of topic, or nil if it is not a member.
func (t *tree[V]) exact(topic []byte) *node[V] {
	n := &t.root
	for n != nil && n.end < len(topic) {
		n = n.step(topic)
	}
	if n == nil || !n.live {
		return nil
	}
	return n
}

// deepest returns the longest member that is a prefix of topic, or the root if there is none. It reads no more of
// topic than the members have.
func (t *tree[V]) deepest(topic []byte) *node[V] {
	best := &t.root
	for n := best.step(topic); n != nil; n = n.step(topic) {
		if n.live {
			best = n
		}
	}
	return best
}

// step returns the child on the way to topic, of which n is a prefix, or nil if there is none.
func (n *node[V]) step(topic []byte) *node[V] {
	if n.kids == nil || n.end == len(topic) {
		return nil
	}
	k := n.kids.child(topic[n.end])
	if k == nil || k.end > len(topic) || string(topic[n.end:k.end]) != k.label {
		return nil
	}
	return k
}

// insert makes topic a member and returns its node.
func (t *tree[V]) insert(topic []byte) *node[V] {
	n := &t.root
	for n.end < len(topic) {
		n = n.extend(topic)
	}
	if !n.live {
		n.live = true
		t.count++
	}
	return n
}

// extend returns the child on the way to topic that shares most with it, having made it so that it is a prefix of topic.
func (n *node[V]) extend(topic []byte) *node[V] {
	rest := topic[n.end:]
	if n.kids == nil {
		n.kids = new(fork[V])
	}
	k := n.kids.child(rest[0])
	if k == nil {
		label := string(rest[:min(len(rest), cell-n.end%cell)])
		k = &node[V]{label: label, parent: n, end: n.end + len(label)}
		n.kids.add(k)
		return k
	}
	if m := shared(k.label, rest); m < len(k.label) {
		return k.split(m)
	}
	return k
}

// shared is the length of the common prefix of label and topic.
func shared(label string, topic []byte) int {
	n := min(len(label), len(topic))
	for i := range n {
		if label[i] != topic[i] {
			return i
		}
	}
	return n
}

// split puts a new node above n that takes the first m bytes of its label, and returns it. Both labels are copies, so
// that neither keeps the memory of the other.
func (n *node[V]) split(m int) *node[V] {
	up := &node[V]{
		label:  string([]byte(n.label[:m])),
		parent: n.parent,
		end:    n.end - len(n.label) + m,
		kids:   new(fork[V]),
	}
	n.parent.kids.replace(up)
	n.label, n.parent = string([]byte(n.label[m:])), up
	up.kids.add(n)
	return up
}

// remove ends the membership of n and of every node that only led to it.
func (t *tree[V]) remove(n *node[V]) {
	n.live = false
	t.count--
	for n.parent != nil && n.kids == nil && !n.live {
		up := n.parent
		up.drop(n)
		n = up
	}
	if n.parent != nil && !n.live && len(n.kids.nodes) == 1 && n.end%cell != 0 {
		n.dissolve()
	}
}

// drop takes the child k, which has no children, out of the tree.
func (n *node[V]) drop(k *node[V]) {
	k.parent = nil
	n.kids.remove(k)
	if len(n.kids.nodes) == 0 {
		n.kids = nil
	}
}

// dissolve takes n, which has one child, out of the tree; the child takes its label over.
func (n *node[V]) dissolve() {
	k := n.kids.nodes[0]
	k.label, k.parent = n.label+k.label, n.parent
	n.parent.kids.replace(k)
	n.parent, n.kids = nil, nil
}
