// Package security says what a security mechanism of ZMTP is: the exchange of commands that follows the greeting and
// ends with each side knowing the other's metadata (RFC 23, "Authentication and Confidentiality").
//
// A mechanism is sans-IO. The session that owns a connection makes one [Mechanism] for it, moves the bodies of command
// frames between it and the wire, and asks for the peer's metadata at the end:
//
//	m := factory(security.Params{Server: bound, Metadata: ours})
//	send, done, err := m.Next(nil)            // what goes out before anything has come in
//	send, done, err = m.Next(commandFromPeer) // until done or err
//	theirs := m.PeerMetadata()
//
// Messages that follow are not the business of Next. A mechanism that encrypts them will say so by implementing a
// second interface, which the engine asks for once, when the handshake is done; it then seals each outbound frame
// before it is framed, into the buffer of that one connection, and opens each inbound one after its header was read.
// NULL and PLAIN lack it, so their messages pay one nil comparison.
//
// This package is a leaf. The mechanisms are in its sub-packages, above internal/zmtp and below internal/session.
package security
