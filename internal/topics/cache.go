package topics

import "hash/maphash"

// cache maps topics of at most cachedTopic bytes to the node of their longest member: an open-addressed table, half
// full at the most, with the topics in the slots so that a hit reads one cache line and an insertion allocates nothing.
type cache[V any] struct {
	slots []slot[V] // len is 0 or a power of two
	used  int       // slots of this era
	era   uint32    // slots of another era are free; 0 only while there are no slots
	seed  maphash.Seed
}

// slot is one topic. It holds while its era is the cache's and its gen the node's; after that it may keep a removed node
// from the garbage collector, but none of its peers.
type slot[V any] struct {
	node  *node[V]
	gen   uint64
	era   uint32
	size  uint8
	topic [cachedTopic]byte
}

// find returns the slot of topic, or the free one where it would be.
func (c *cache[V]) find(topic []byte) *slot[V] {
	if c.slots == nil {
		c.renew(0)
	}
	mask := uint64(len(c.slots) - 1)
	for i := maphash.Bytes(c.seed, topic); ; i++ {
		s := &c.slots[i&mask]
		if s.era != c.era || string(s.topic[:s.size]) == string(topic) {
			return s
		}
	}
}

// put writes topic and its node into s, which find returned for it. The cache is not full if s is free.
func (c *cache[V]) put(s *slot[V], topic []byte, n *node[V], gen uint64) {
	if s.era != c.era {
		c.used++
		s.era = c.era
		s.size = uint8(copy(s.topic[:], topic))
	}
	s.node, s.gen = n, gen
}

func (c *cache[V]) full() bool { return c.used == len(c.slots)/2 }

// renew empties the cache, with the number of slots that it should have next when there are so many members. If that is
// the number that it has, it takes no time: it is a new era.
func (c *cache[V]) renew(members int) {
	if c.slots == nil {
		c.seed = maphash.MakeSeed()
	}
	if size := nextSize(len(c.slots), members); size != len(c.slots) {
		c.slots = make([]slot[V], size)
	}
	c.used = 0
	c.era++
}

// nextSize doubles slots, within the limit for so many members.
func nextSize(slots, members int) int {
	limit := baseSlots
	for limit < maxSlots && limit < slotsPerPrefix*members {
		limit *= 2
	}
	return min(max(2*slots, minSlots), limit)
}
