// Package ring holds the lock-free queue that joins one writing goroutine to one reading goroutine.
//
// A [Queue] is a list of fixed blocks of slots. The writer fills slots privately and makes them visible with one
// store, so a batch of any size costs one synchronised write; the reader looks at that word only when it has used up
// what it saw before. Blocks that the reader has emptied go back to a [Pool], so queues in steady use do
// not allocate, and a queue that was never used has no block at all.
//
//	           consumed           published      written
//	              v                   v             v
//	… block ─> [..xxxx] ─> [xxxxxxxxxxxx] ─> [xxxxxxx....]
//	             reader may take            writer only
//
// "One goroutine" means one at a time: a side may move between goroutines as long as something that synchronises,
// a lock or a compare-and-swap, lies between two of them.
package ring
