// Package delivery is at-least-once delivery between two sockets, sans-IO: what a sender knows of the messages that a peer
// has not acknowledged, what a receiver knows of those that it has not reported, and the commands in which they tell each
// other. No clock, no goroutine, no lock, no disk.
//
//	spool ──> Window ──> SEQ, message, message, … ──> Intake ──> program
//	  ^         │                                        │
//	  └── done ─┘<───────────── ACK, NAK <───────────────┘
//
// # Who takes part
//
// A socket that takes part says so in READY (RFC 23), with the property X-Ringmq-Delivery. Its value is words, separated by
// one space: the version, then what the socket does, in any order. Words that are not known are passed over; a version that
// is not known is as if the property were not there.
//
//	1                the version
//	send=N           it numbers what it sends, and has at most N messages on their way to one peer
//	receive          it acknowledges what it receives
//
// In one direction of a connection the protocol is in force if that side has said send and the other has said receive. A
// peer to which that does not apply is never sent any of the commands below.
//
// A subscriber that is durable has a name, which is the value of another property, X-Ringmq-Subscriber. It says PLAY when
// it has said what it subscribes to; before that a publisher with a spool sends it nothing.
//
// # Numbers
//
// The messages of a direction that is in force are numbered from 1 on, by counting them, beginning with the one that follows
// the first SEQ command; a new connection begins anew. What comes before has nothing to do with all this: a ROUTER sends so
// to a peer that has no name under which it could be known again.
//
// The number does not travel. What identifies a message beyond its connection is its producer, which is drawn at random
// when a spool is opened, and its sequence, which is its place in that spool. Those do not travel either where they follow
// from the message before: same producer, next sequence, first delivery. Otherwise, and before the first message that is
// numbered, a SEQ command stands before the message. Commands may stand before, between and behind other frames, as always
// (RFC 37).
//
// # Commands
//
// A command is a frame with the flag 0x04 whose body begins with its name, as RFC 23 has it. What follows the name is
// below; integers in brackets are unsigned LEB128 (as in Protocol Buffers), of at most 64 bits and ten bytes.
//
//	SEQ  03 'S' 'E' 'Q'  flags  (sequence)  [producer]  [(deliveries)]
//
//	     flags       1 byte: 01 producer is there, 02 deliveries is there; other bits are 0
//	     sequence    of the next message, 1 or more
//	     producer    8 bytes, little-endian; if it is not there it is that of the message before
//	     deliveries  how often the next message has been given to a receiver, this time included, 2 or more; 1 if it is not
//	                 there. Later messages begin with 1 again.
//
//	ACK  03 'A' 'C' 'K'  (up to)  { (gap) (more) }
//
//	     up to       every message up to this number has been dealt with: acknowledged, unless it was refused before
//	     gap, more   a range beyond that is acknowledged: it begins gap+1 numbers after the end of the last range, or after
//	                 up to, with gap at least 1; and it has more+1 messages. At most MaxRanges.
//
//	NAK  03 'N' 'A' 'K'  { (number) (delay) }
//
//	     number      of a message that the receiver does not process
//	     delay       in milliseconds, after which it may be sent again, to whomever; more than MaxDelay counts as MaxDelay.
//	                 At least one pair and at most MaxRanges.
//
//	PLAY 04 'P' 'L' 'A' 'Y'  place
//
//	     place       where a durable subscriber wants to begin, as text of at most 64 bytes: empty to go on where it was, or
//	                 for one that is not known yet with what is published next; "oldest", "newest", "sequence N", or "time N"
//	                 in nanoseconds since 1970 UTC, in decimal, to begin there whatever was acknowledged.
//
// Each acknowledgement of a number is sent once: what a command says about ranges it need not repeat in the next. A number
// that has not been given out yet, an integer that does not end, or bytes left over, break the protocol, and the connection
// ends. About a number that was dealt with before, an acknowledgement says nothing new and is passed over.
//
// # What a sender does
//
// A message stays in its window until it is acknowledged, is refused, is not acknowledged in time, or the connection ends.
// In all cases but the first it is given back to the spool, which has it sent again. A late acknowledgement counts.
//
// # What a receiver does
//
// It remembers the producer and sequence of what the program has acknowledged; a message of which it knows that is
// acknowledged again at once, and not shown to the program. It gathers acknowledgements: a quarter of the window or a
// millisecond, whichever comes first, and no more than the peer takes.
//
// # Requests
//
// What a REQ sends is acknowledged by the reply, wherever that comes from, and by nothing else: it stays in flight whatever an
// ACK says, and a receiver need not send one. A NAK counts as ever. A request that comes again wants its reply again: so a
// receiver does not remember what a REQ has sent, but for those requests that its program has not replied to yet.
package delivery
