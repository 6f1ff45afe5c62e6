// Package interop tests the sockets against other implementations of ZMTP: libzmq, through Debian's python3-zmq, and
// github.com/go-zeromq/zmq4. It has no code of its own besides the tests.
//
// Whoever takes part in a test is a peer: one socket that obeys one line of text at a time and answers each with one
// line. So an exchange is written once, and run with our socket on either end, bound or connecting, over every
// transport. libzmq's peers are processes, which can be stopped and killed; all that a zmq4 socket has open can be closed
// at once, as if its process had been killed:
//
//	         ┌ ours    goroutine ── ringmq socket ──┐
//	test ────┤                                      │ tcp, ipc
//	commands └ theirs  goroutine ── zmq4 socket  ───┤
//	answers         or python3 ──── libzmq socket ──┘
//
// A message is written as its frames: x6162 has the bytes given, in hexadecimal; 70000@3 has 70000 bytes that follow
// from the number 3. Answers show long frames as 70000#c0ffee00, size and CRC-32. A numbered message is its head, given
// with the command, then its number in decimal digits, then 1 to 200 bytes. A digest is the CRC-32 of frames and their
// borders over a run of messages.
//
//	command            does                                            answer
//	send FRAME...      sends one message                               sent
//	recv               receives one                                    got FRAME...
//	property NAME      libzmq only: receives one, tells a property     got VALUE
//	poll MS            waits up to so long for a message               yes, or no
//	stream N FRAME...  sends the numbered messages 0 to N-1            sent
//	drain N            receives N                                      got DIGEST
//	ask N FRAME...     N times: sends a numbered message, receives     got DIGEST
//	echo N             N times: receives, sends the same back          got DIGEST
//	subscribe FRAME    adds a subscription, or joins a group           done
//	unsubscribe FRAME  takes it back                                   done
//	await EVENT        libzmq only: waits for a monitor event          event EVENT
//	quiet MS           libzmq only: whether no connection ended so long  yes, or no
//
// Tests with libzmq skip where it is not installed, and fail instead if RINGMQ_REQUIRE_LIBZMQ is 1. Those of its draft
// types (CLIENT, SERVER, RADIO, DISH and so on) need a libzmq that was built with them, which distributions' are not;
// they skip unless RINGMQ_DRAFT_LIBZMQ names one. testdata/build-drafts.sh says how to make it. In the notation a
// message of SERVER or PEER begins with the routing id, one of RADIO or DISH with the group; a numbered message of these
// types, and of CLIENT, CHANNEL, SCATTER and GATHER, has its number and what follows in one frame.
package interop
