// Package wiretest talks to live sockets byte by byte, over TCP and Unix sockets, as peers that know nothing of this
// library: honest ones, old ones and hostile ones. It has no code of its own.
//
//	bytes_test.go      frames, commands and greetings, written out; nothing of internal/zmtp, which is under test
//	peer_test.go       the raw end of a connection
//	link_test.go       how a socket and a raw peer meet: tcp or ipc, and who of them dials
//	socket_test.go     the sockets, what they are sent and what they say of it in events
//
// The other files have one chapter each of what RFC 13, 15, 23 and 37 ask for and libzmq does. Where a chapter holds one
// of the mistakes that implementers of ZMTP have made before, the test says "Trap".
//
// That something does not happen cannot be waited for. It is shown by what comes next on the same connection: an
// exact sequence of bytes leaves no room for others, and the PONG to a PING says that everything before the PING was
// dealt with.
package wiretest
