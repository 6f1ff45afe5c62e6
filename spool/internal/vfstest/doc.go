// Package vfstest is a file system in memory for tests, which fails where it is told to, and which can crash: it then
// forgets what was not synced, or some of it, sector by sector, as a disk would.
//
// It is as unkind as POSIX allows. A sector that was written and not synced has, after a crash, any of the contents that
// it had since the last sync. A name that was created or removed without a sync of the directory is or is not there.
// After a sync that failed, what was written before it reads as if all were well, and is on disk only if it is written
// again: a later sync that succeeds does not help.
//
//	fsys := vfstest.New()
//	fsys.Fail = vfstest.After(17, vfstest.ErrCrashed) // the 18th operation that changes something, and all that follow
//	…
//	disk := fsys.Crash(rand.New(rand.NewPCG(1, 2))) // what the next process finds
package vfstest
