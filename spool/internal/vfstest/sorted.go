package vfstest

import (
	"cmp"
	"maps"
	"slices"
)

// sorted is the keys of a map in an order that does not depend on the run, so that a seed finds the same again.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
