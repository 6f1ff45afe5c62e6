package topics

// results holds the peer lists that an Index gathered since its last change, one after the other.
type results[P any] struct {
	peers []P
	epoch uint64 // of the spans that are valid
}

// span is a list in results. The zero span is that of a new prefix. It is valid in epoch 0, which ends with the first
// subscription: nobody is on the list.
type span struct {
	epoch      uint64
	start, end uint32
}

// at returns the list s, which is of this epoch.
func (r *results[P]) at(s span) []P { return r.peers[s.start:s.end:s.end] }

// since returns the span of what was appended after reserve.
func (r *results[P]) since(start int) span {
	return span{epoch: r.epoch, start: uint32(start), end: uint32(len(r.peers))}
}

// forget empties the lists for a change of the index. It clears them, so that no peer that has gone is kept from the
// garbage collector; that costs no more than to gather them did.
func (r *results[P]) forget() {
	clear(r.peers)
	r.peers = r.peers[:0]
	r.epoch++
}

// reserve makes room for n peers. When it must start anew it leaves the old memory as it is to those who hold lists in
// it: that is one allocation for maxResults peers that the caller then sends to.
func (r *results[P]) reserve(n int) {
	if cap(r.peers)-len(r.peers) >= n {
		return
	}
	size := min(max(2*cap(r.peers), minResults), maxResults)
	r.peers = make([]P, 0, max(size, n))
	r.epoch++
}
