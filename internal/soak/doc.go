// Package soak has the test that runs for long: peers that come and go by the hundred, over tcp and ipc, on one ROUTER,
// one PUB and one PULL. It has no code of its own, only tests.
//
// What a peer is and how it ends is chosen at random: a socket that closes once everything is sent, one that does not
// linger, one that never reads its answers, a subscriber that is slow, or a bare connection that vanishes in the middle
// of a message. Each message bears the number of its sender's life and its own, so that it can be accounted for:
//
//	to PULL, to ROUTER   arrives once and in order; what does not is in the sender's Stats as dropped
//	from ROUTER          arrives, or is in the ROUTER's Stats as dropped, or went to a connection that has ended
//	from PUB             arrives, or is in the PUB's Stats as dropped for that subscriber
//
// When all have gone, the three sockets still being open, goroutines, descriptors and the heap are back where they were
// before; and a Close with peers that do not read ends with the linger period and says what it did not send.
//
// As part of all tests it is short, and bound by the number of lives, not by time. For as long as one likes:
//
//	RINGMQ_SOAK=5m RINGMQ_SOAK_PEERS=200 go test -race -v -timeout 0 -run TestSoak ./internal/soak
package soak
