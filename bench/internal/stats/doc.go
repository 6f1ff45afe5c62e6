// Package stats has what is taken from the rounds of a benchmark: medians, and numbers made of several figures round by
// round, so that what disturbs a whole round falls out of them.
package stats
