// Package session is one ZMTP connection from its first byte to its last handshake byte, and the few questions about
// traffic that need no state. It is sans-IO: bytes in, bytes out; no clock, no goroutine, no descriptor.
//
//	h := session.NewHandshake(&session.Config{SocketType: zmtp.Dealer, PeerTypes: zmtp.PeerTypes(zmtp.Dealer)})
//	out := h.Start(nil)
//	for !h.Done() {
//		write(out)
//		in := read()
//		out, n, err = h.Feed(nil, in) // on err: write out, then close
//		rest = in[n:]                 // once Done, the first bytes of traffic
//	}
//	write(out) // READY may be in it; traffic may follow in the same write
//	peer := h.Peer()
//
// How much of our greeting is on its way at which point, for the NULL mechanism:
//
//	we send                        once the peer has shown
//	FF, identity length + 1, 7F    nothing: at once
//	03                             a signature, so not ZMTP 1.0; or nothing for NudgeAfter
//	01, NULL, filler               major 3 or later
//	READY                          its whole greeting
//
// Ten bytes, then, and not the eleven that RFC 37 has a peer send which looks out for ZMTP 2.0 only: a peer of
// ZMTP 1.0 takes the ten for the header of our identity frame and would take the eleventh for a part of the identity
// or for the next frame. RFC 37 asks for the same ten under "Detecting ZMTP 1.0 and 2.0 Peers". It is also what libzmq
// sends, so that a peer that needs more before it speaks cannot talk to libzmq either; every known one sends at least
// its own ten unasked, and those are all that we wait for, so that two of us, or one and libzmq, never wait for one
// another. For a peer that does wait for the eleventh byte there is [Handshake.Nudge].
//
// With a mechanism other than NULL, peers older than 3.0 are refused and nothing is gained by holding back: the whole
// greeting goes out at once.
//
// # Who may send when
//
// Out of Feed comes everything that has to precede our first message: once Done, READY was both sent and received,
// and traffic may follow in the same write.
package session
