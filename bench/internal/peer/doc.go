// Package peer is what the contestants in Go have in common: one run of a [proto.Case] in a process of its own, from the
// arguments to the result line. A contestant adds a [Library], which makes its sockets and moves messages between them
// and the two ends here, in loops of its own:
//
//	Feed.Next ──> send … receive ──> Tally.Take
//
// The same work is done for every contestant: the next number (and topic, and time) is written into one buffer, and of
// what arrives the length, the number and every byte are checked.
//
//	message  | topic | sequence | scheduled time, where messages are paced | filler |
//	bytes      0–7     8–15       16–23                                      …
//
// A contestant that keeps messages on a disk is a [Keeper] as well. Its log is read back when all is done: what was
// acknowledged must be in it.
//
//	Feed.Next ──> append, a goroutine for each sender … replay ──> auditor.take
//
// Integers are little-endian. The programs in C under bench/c do the same in the same way.
package peer
