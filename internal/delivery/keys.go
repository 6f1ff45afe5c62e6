package delivery

import "slices"

// Keys keeps the messages of a key in order, while those of others pass: all of a key that are in flight are in flight to
// one peer, and none goes ahead of one that has been given back. One goroutine at a time may use it.
type Keys struct {
	held map[string]*holder
}

// holder is where the messages of a key are.
type holder struct {
	peer   uint64   // who has those in flight
	flight int      // how many
	back   []uint64 // sequences that were given back, in order
}

// May reports whether a message may go to a peer now.
func (k *Keys) May(it Item, peer uint64) bool {
	h := k.held[it.Key]
	if h == nil || it.Key == "" {
		return true
	}
	return (h.flight == 0 || h.peer == peer) && (len(h.back) == 0 || it.Sequence <= h.back[0])
}

// Take notes that a message goes to a peer.
func (k *Keys) Take(it Item, peer uint64) {
	if it.Key == "" {
		return
	}
	h := k.holder(it.Key)
	h.peer = peer
	h.flight++
	if i, found := slices.BinarySearch(h.back, it.Sequence); found {
		h.back = slices.Delete(h.back, i, i+1)
	}
}

func (k *Keys) holder(key string) *holder {
	if k.held == nil {
		k.held = make(map[string]*holder)
	}
	h := k.held[key]
	if h == nil {
		h = new(holder)
		k.held[key] = h
	}
	return h
}

// Done notes that a message is no longer in flight, and does not come again.
func (k *Keys) Done(it Item) { k.land(it, false) }

// Back notes that a message is no longer in flight, and comes again: later ones wait for it.
func (k *Keys) Back(it Item) { k.land(it, true) }

func (k *Keys) land(it Item, again bool) {
	h := k.held[it.Key]
	if h == nil {
		return
	}
	h.flight--
	if again {
		h.await(it.Sequence)
	}
	k.tidy(it.Key, h)
}

// Settled notes that a message that was given back does not come again after all.
func (k *Keys) Settled(it Item) {
	h := k.held[it.Key]
	if h == nil {
		return
	}
	if i, found := slices.BinarySearch(h.back, it.Sequence); found {
		h.back = slices.Delete(h.back, i, i+1)
	}
	k.tidy(it.Key, h)
}

// Wait notes that a message is the next to go and cannot go now: later ones wait for it.
func (k *Keys) Wait(it Item) {
	if it.Key != "" {
		k.holder(it.Key).await(it.Sequence)
	}
}

func (h *holder) await(sequence uint64) {
	if i, found := slices.BinarySearch(h.back, sequence); !found {
		h.back = slices.Insert(h.back, i, sequence)
	}
}

// Forget gives up waiting for messages that were given back: there are none.
func (k *Keys) Forget() {
	for key, h := range k.held {
		h.back = nil
		k.tidy(key, h)
	}
}

func (k *Keys) tidy(key string, h *holder) {
	if h.flight == 0 && len(h.back) == 0 {
		delete(k.held, key)
	}
}

// Len is the number of keys with messages in flight or given back.
func (k *Keys) Len() int { return len(k.held) }
