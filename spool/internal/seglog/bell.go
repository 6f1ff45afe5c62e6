package seglog

import "slices"

// bell wakes those who wait for something to change. The log's lock guards it.
type bell struct {
	waiting []chan struct{} // each of capacity 1, owned by who waits
}

// add has the next ring wake whoever receives from c.
func (b *bell) add(c chan struct{}) { b.waiting = append(b.waiting, c) }

// remove is for who no longer waits.
func (b *bell) remove(c chan struct{}) {
	if i := slices.Index(b.waiting, c); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	}
}

func (b *bell) ring() {
	for i, c := range b.waiting {
		select {
		case c <- struct{}{}:
		default:
		}
		b.waiting[i] = nil
	}
	b.waiting = b.waiting[:0]
}
