// Package spool keeps messages on disk until they are acknowledged: the at-least-once half of a socket, without a broker.
//
// A sender appends a message and gets a receipt that says how safe it is. Consumers, each with a name, take messages out
// and acknowledge them; a message comes again until it is acknowledged, whatever crashes in between. Readers look at the
// same messages without taking anything.
//
//	sp, err := spool.Open("/var/lib/feed", spool.WithSync(spool.GroupCommit))
//	defer sp.Close()
//	receipt, err := sp.Append(ctx, spool.Entry{Message: msg}) // on disk when it returns
//
//	c, err := sp.Consumer("billing", spool.ConsumerOptions{MaxDeliveries: 5})
//	for {
//		d, err := c.Next(ctx)
//		…
//		err = c.Ack(spool.Range{First: d.Sequence, Last: d.Sequence})
//	}
//
// # On disk
//
//	LOCK      locked by the process that owns the spool, whose number is in it
//	log/      the messages: segments of records, in order
//	state/    what consumers have acknowledged and receivers have processed: a log of the same form
//	dead/     the dead letters, a spool with log/ and state/, once there was one
//
// A log is a row of segment files, each named after its first sequence:
//
//	segment   | header | record | record | … | index | trailer |
//	record    | size | CRC | sequence | time | producer | unsynced | kind | flags | key and frame counts | CRC |
//	          | deliver-at | target | key | frame lengths | frames | marker | zeros up to a multiple of 8 |
//
// Numbers are little-endian and checksums CRC-32C. The format, byte for byte, is written down beside its encoder, in
// spool/internal/format; that of the records in state/ in spool/internal/ledger. It has a version: a file of one that
// this program does not know is refused with a [*VersionError].
//
// # What is promised
//
// When Append has returned nil, the message survives what its policy says ([Memory], [Written], [GroupCommit],
// [SyncEach]). Readers and consumers see it from then on and not before, so nothing that was delivered is taken back by
// such a crash. When Append has returned an error the message is not in the spool and is not going to be, with one
// exception, the [*FailedError].
//
// Sequences begin with 1 and have no gaps, except where a crash has taken messages that were seen and not protected
// from it, where [Salvage] found some missing, and where retention has removed them. Messages are never reordered.
//
// It is assumed that the disk keeps what it has said it has synced, that it writes sectors of 512 bytes whole or not at
// all, and that file lengths and names survive once the file and the directory are synced. It is not assumed that
// anything else does: unsynced sectors may be there in any combination.
//
// # After a crash
//
// Open reads the last segment to the first record that is not valid. If that can be what a crash left of a write that
// nobody was told is safe, it is cut off and reported ([Recovery]). Otherwise it is damage, and so is anything that is
// wrong in an earlier segment: Open, or the reader that comes to it, returns a [*CorruptError] with segment and offset.
// Earlier segments are taken at the word of their index unless [WithCheck] asks for more, so Open takes the time to read
// one segment, however large the spool. [Verify] reads everything; [Salvage] saves what is intact.
//
// A full disk, a read-only one, and a write that was short are errors of the Append that met them. They leave the spool
// as it was, and usable. A failed sync is different: what the page cache shows then may never reach the disk. The spool
// refuses everything from there on with a [*FailedError]; Open writes the last segment anew before it trusts it.
//
// # Building delivery upon it
//
// A socket that is given a spool, with socket.WithSpool, does all that follows. What a sending socket does, with windows of messages in flight to several peers:
//
//	Send                   r := sp.Append(m); if c.Claim(r) and a peer has room: send m to it, from memory.
//	                       If Claim says no, or no peer has room after it (c.Return(r.Sequence)): leave it to the pump.
//	pump: a peer has room  d := c.TryNext(); send d to the peer, with d.Producer, d.Sequence and d.Deliveries.
//	                       On ErrEnd look again after the next Append, Nack or Return, and at c.Due().
//	peer acknowledges      c.Ack for each range; cumulative is Range{1, n} if all before n went to this peer.
//	peer refuses           c.Nack(sequence, delay)
//	acknowledgement late   c.Nack(sequence, backoff by d.Deliveries)
//	peer is gone           c.Nack for what it had, or c.Return for what was never written to it
//	restart                nothing to do: what is not acknowledged comes again, with its deliveries counted
//	too many deliveries    nothing to do: ConsumerOptions.MaxDeliveries makes it a dead letter
//
// A program that has a goroutine for the pump calls Next instead of TryNext, and needs no timers. One consumer serves all
// peers of a PUSH or a DEALER; a publisher has one for each durable subscriber. To keep the order by key, the pump holds
// a message back, in memory, while an earlier one of the same key is in flight to another peer.
//
// What a receiving socket does to process each message once: ask [Dedup] with the producer and the sequence that came
// with the message; after the program is done with it Done, then [Spool.Commit], one for many messages, and then the
// acknowledgement to the peer. A crash before the commit brings the message again, and one after it brings it to a
// receiver that knows it.
package spool
