// Package ledger keeps what has been done with messages: which of them each consumer has acknowledged and how often it
// was given the others, and which messages of each producer a receiver has processed. It is a small log of its own, with
// the guarantees of any other (package seglog), that is read when it is opened and kept in memory.
//
// An account is a set of sequences, with a few counts beside it. Changes gather in memory, and [Ledger.Flush] appends
// them as one record. They only ever add to the sets, so to apply one again does no harm, and a change that is lost
// costs a message that comes once more, and never one that does not come. [Ledger.Commit] is for who wants to be sure.
//
// When the log has grown to a few times what is in memory, a snapshot is appended, and the segments before it go.
//
// # Format
//
// A record of the log is a message of one frame: a byte that is 1 for a snapshot, which replaces all that comes before
// it, or 2 for changes; then entries, each a byte and its fields. Numbers are unsigned varints (encoding/binary).
//
//	1  account    id, kind (1 consumer, 2 producer), length of the name, name
//	2  closed     id
//	3  done       id, number of ranges, and for each: first sequence less the end of the range before, length less 1
//	4  given      id, highest sequence that was given to the consumer
//	5  count      id, sequence, how often it was given to the consumer
//	6  floor      id, sequence: it and all below are done
package ledger
