package topics

import (
	"bytes"
	"slices"
)

// fork holds the children of a node, at most 256, by the first byte of their labels. The bytes are apart from the
// nodes so that a search reads one or two cache lines.
type fork[V any] struct {
	first []byte // ascending
	nodes []*node[V]
}

func (f *fork[V]) child(b byte) *node[V] {
	i := bytes.IndexByte(f.first, b)
	if i < 0 {
		return nil
	}
	return f.nodes[i]
}

// add puts k among the children; none begins with the same byte.
func (f *fork[V]) add(k *node[V]) {
	i, _ := slices.BinarySearch(f.first, k.label[0])
	f.first = slices.Insert(f.first, i, k.label[0])
	f.nodes = slices.Insert(f.nodes, i, k)
}

// replace puts k in the place of the child that begins with the same byte.
func (f *fork[V]) replace(k *node[V]) { f.nodes[f.index(k)] = k }

func (f *fork[V]) remove(k *node[V]) {
	i := f.index(k)
	f.first = shrink(slices.Delete(f.first, i, i+1))
	f.nodes = shrink(slices.Delete(f.nodes, i, i+1))
}

// after returns the child that follows k, or nil.
func (f *fork[V]) after(k *node[V]) *node[V] {
	if i := f.index(k) + 1; i < len(f.nodes) {
		return f.nodes[i]
	}
	return nil
}

func (f *fork[V]) index(k *node[V]) int { return bytes.IndexByte(f.first, k.label[0]) }

// shrink moves s to memory of its own size when most of what it has is idle: a peer that subscribes to much and takes
// it back leaves nothing behind. The cost is spread over the removals that came before.
func shrink[T any](s []T) []T {
	if cap(s) <= smallList || cap(s) < slack*len(s) {
		return s
	}
	return append(make([]T, 0, len(s)), s...)
}
