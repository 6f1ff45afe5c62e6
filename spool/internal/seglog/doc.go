// Package seglog is the log under the spool: records appended to segment files, made durable in groups, recovered after
// a crash, and read by any number of readers while it grows. What is on disk is said by package format.
//
// # One way in
//
// Every append takes the same way, and its policy only says where along it the caller may turn back:
//
//	Append ──encode──> pending ──write──> kernel ──fdatasync──> disk
//	                      |                  |                     |
//	level                Memory            Kernel                 Disk
//
// Encoding happens under the lock, so that records lie in the file in the order of their sequences. Writing and syncing
// happen outside of it, by one goroutine at a time, the leader: the first that finds nobody leading takes all that is
// pending, for itself and for those who have come meanwhile, and those wait for it. While it waits for the disk the
// next group gathers; when it is done it wakes its own group, and one of the next to lead that.
//
//	senders  a b c          d e f g h                 i j
//	leader   a: write+sync [a b c]   d: write+sync [d e f g h]   …
//
// A leader that finds fewer companions than the last group had gives the others a moment to come along: they have just
// been woken from that group, and would otherwise always miss the next one.
//
// # What readers see
//
// A reader sees a record once it has reached the level that the log promises: what was handed out cannot be taken back
// by a crash that the policy covers. At level Memory a reader that comes to the end writes what is pending first, so
// readers only ever read files.
//
// # Failure
//
// A write that fails, or is short, is undone: the file is cut back to where it was, everybody whose record was pending
// gets the error and still has the message, and the sequences are used again. At level Memory there is nobody to tell:
// the records stay pending, and are written again later. A sync that fails is final, because nobody can know what is on
// disk then: the log refuses everything until it is opened again, and opening writes the last segment anew before it
// trusts it, since the page cache may show data that never reached the disk.
//
// A segment is sealed, with an index, and synced before the next one is made. So only the last can have a torn end.
package seglog
