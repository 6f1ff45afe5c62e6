package topics

// Set is the filter of one subscriber: what it subscribed to and how often. A topic stays until it was removed as
// often as it was added, as on a SUB or XSUB socket of libzmq. Match, All and Len only read: any number of goroutines
// may call them at a time, but none beside Add or Remove.
type Set struct {
	tree tree[int] // how often each topic was added and not removed
}

// Add counts one subscription to topic; first is true if the set did not have it, which is when an XSUB or SUB need
// tell its publishers.
func (s *Set) Add(topic []byte) (first bool) {
	n := s.tree.insert(topic)
	n.value++
	return n.value == 1
}

// Remove takes one subscription to topic back; last is true if that was the last, which is when publishers are sent
// CANCEL. known is false, and nothing happens, if the set does not have topic.
func (s *Set) Remove(topic []byte) (last, known bool) {
	n := s.tree.exact(topic)
	if n == nil {
		return false, false
	}
	n.value--
	if n.value > 0 {
		return false, true
	}
	s.tree.remove(n)
	return true, true
}

// Has reports whether topic itself is in the set.
func (s *Set) Has(topic []byte) bool { return s.tree.exact(topic) != nil }

// Match reports whether a prefix of topic is in the set. It does not allocate, and reads no more of topic than the
// longest subscription has.
func (s *Set) Match(topic []byte) bool {
	root := &s.tree.root
	return root.live || s.tree.deepest(topic) != root
}

// All calls visit for each distinct topic once, in the order of their bytes: what a subscriber sends again after a
// reconnect. visit does not change the set, and topic is valid until it returns.
func (s *Set) All(visit func(topic []byte)) {
	s.tree.all(func(topic []byte, _ *node[int]) { visit(topic) })
}

// Len is the number of distinct topics.
func (s *Set) Len() int { return s.tree.count }
