package proxy

// maxBatch is the number of messages that a direction reads at a time, and so has in hand, at most. Beyond some dozens
// the locks and system calls of a batch are shared by enough messages for the rest not to matter.
const maxBatch = 64
