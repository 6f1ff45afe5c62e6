// Package vfs is the file layer under the spool: the few file operations that a log needs, as interfaces, and the
// operating system behind them.
//
// Everything that the spool does to a disk goes through an [FS], so that a test can put one in its place that runs out
// of space, fails, writes short, or loses what was not synced. What an FS promises is what POSIX does, and no more:
//
//	WriteAt   the bytes are the kernel's: they survive the process, not the machine
//	Sync      the bytes of the file and its size survive the machine; after an error, nothing is known of the bytes
//	          written since the last Sync that succeeded, and a later success says nothing about them
//	SyncDir   the names in a directory survive the machine; until then a new file may vanish and a removed one return
//
// On Linux, Sync is fdatasync(2), Preallocate is fallocate(2), and [File.MapWrites] turns small writes into copies into
// a shared mapping, which cost no system call. Elsewhere Sync is what os.File.Sync is, and the others do the nearest
// thing.
package vfs
