// Package format is the spool on disk, version 1: how segments, records and indexes are encoded, parsed and judged. It
// does no I/O.
//
// A segment is a file named after the sequence of its first record, in 20 decimal digits, and ".seg". Numbers are
// little-endian; every part begins at a multiple of 8 bytes. The checksum is CRC-32C (Castagnoli) throughout.
//
//	being written  | header | record | record | record | zeros, up to the preallocated size …
//	sealed         | header | record | record | … | index record | trailer |
//
// # Header, 64 bytes
//
//	offset size
//	 0      8   magic "RMQSPOOL"
//	 8      2   version, 1
//	10      2   length of the header, 64
//	12      4   zero
//	16      8   sequence of the first record, as in the file's name
//	24      8   sequence of the last record of the segment before; 0 if there was none
//	32      8   time of creation, in nanoseconds since 1970 UTC
//	40     20   zero
//	60      4   checksum of bytes 0 to 60
//
// Magic, version and checksum stay where they are in every version, so that a reader can tell a version that it does
// not know from a damaged file. Sequences run without a gap inside a segment. The segment before may have ended earlier
// than one below the first sequence here: then the numbers between were skipped, on purpose.
//
// # Record, 48 bytes and a body
//
//	 0      4   size: from here through the marker. The next record begins at the next multiple of 8
//	 4      4   checksum of the body, bytes 48 to size
//	 8      8   sequence
//	16      8   time of the append, in nanoseconds since 1970 UTC; never less than that of the record before
//	24      8   producer: a random number that each opening of a spool draws
//	32      4   unsynced: how many records just before this one were not known to be on disk when it was written;
//	            2^32-1 if that many or more
//	36      1   kind: 1 message, 2 index
//	37      1   flags: 1 there is a deliver-at time, 2 there is a target
//	38      2   length of the key
//	40      4   number of frames
//	44      4   checksum of bytes 0 to 44
//	48          the body:
//	        8     deliver-at time, in nanoseconds since 1970 UTC, if flag 1
//	        1+n   target: length and name of the only consumer that is to have the message, if flag 2
//	        n     key
//	        4*n   length of each frame
//	        …     frames
//	        1     marker 0xA5
//
// The checksums of records are seeded: they begin with the checksum of the 8 bytes of the segment's first sequence, so
// that a record which strays into another segment is not taken for one of its own.
//
// # Index record and trailer
//
// A sealed segment ends with a record of kind 2 whose sequence and time are those of the last message, and whose only
// frame is the sparse index:
//
//	 0      8   number of messages in the segment
//	 8      8   time of the first message
//	16   24*n   for about each 64 KiB of records: sequence, time and offset in the file of a message
//
// The file ends with 16 bytes: the offset of the index record, and the magic "RMQINDEX". Index and trailer hold nothing
// that the records do not: when they are damaged they are made again.
//
// # Torn or corrupt
//
// The end of the log is the first place in the last segment where no valid record begins. If nothing but zeros follow,
// the log ended there. Otherwise something was written there, and what it is decides between the harmless end of a
// crash and damage that must be reported:
//
//	record  |................................|M     every byte was written: the marker M is there, and so is
//	sectors      |         |         |              something in each sector. If it is invalid, it is corrupt.
//
//	        |..............0000000000000000000|0    cut short: torn
//	        |....|000000000|..................|M    a sector did not reach the disk: torn
//
// The preallocated space reads as zeros, a disk writes sectors of 512 bytes whole or not at all, and a write is torn
// only where nobody was told that it is safe. So a record is torn if its marker, or a sector's share of it, or its
// first 8 bytes are zeros ([Torn]). And even then it is corrupt if a later record vouches for it, by an "unsynced" that
// says it was on disk: then it is not the crash that has taken it away.
//
// The "zeros" of a message itself may pass for a sector that is missing; then damage in the very last records is
// reported as a torn tail, with the number of bytes that were cut.
package format
