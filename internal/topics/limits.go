package topics

const (
	// cell bounds the label of a tree node, in bytes: a label does not cross a multiple of cell, counted from the start
	// of the topic. It is the most that a split or a merge copies. A topic takes at most one more node for each cell.
	cell = 64

	// cachedTopic is the longest topic, in bytes, that the cache remembers; it makes a slot one cache line of 64 bytes.
	// A longer one, such as the body of a message without a topic frame, walks the tree each time.
	cachedTopic = 43

	// The topic cache of one Index is made with minSlots, 4 KiB, at the first Match that needs it. It holds half as many
	// topics as it has slots. When it is full it doubles, or at its limit forgets them all. The limit is slotsPerPrefix
	// for each subscribed prefix, since a short walk needs no large cache, but at least baseSlots, 1 MiB, and at most
	// maxSlots, 16 MiB. All are powers of two.
	minSlots       = 1 << 6
	baseSlots      = 1 << 14
	maxSlots       = 1 << 18
	slotsPerPrefix = 4

	// minResults and maxResults bound the peer lists that one Index remembers, in peers over all lists: 2 MiB of pointers
	// at the most. When they are full they start anew. A single longer list gets the room it needs.
	minResults = 64
	maxResults = 1 << 18

	// slack is the spare capacity, as a multiple of what is in use, from which a list that shrinks gives memory back;
	// one of at most smallList entries never does.
	slack     = 4
	smallList = 8
)
