// Package conformance has the suite that says what the sockets do, over every transport. It has no code of its own,
// only tests: each body is given a function that returns a fresh endpoint, and runs once for tcp, for ipc by path and,
// on Linux, by abstract name, and for inproc.
//
//	func TestPushIsSeenByPull(t *testing.T) {
//		everywhere(t, func(t *testing.T, fresh func() string) {
//			push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
//			link(t, pull, push, fresh())
//			send(t, push, "hello")
//			require.Equal(t, []string{"hello"}, recv(t, pull))
//		})
//	}
//
// The tests are written against the RFCs and the behaviour of libzmq, not against this implementation, and use only
// what programs can use. What the transports are allowed to differ in is named where it matters: a stream has the
// kernel's buffers between the two high-water marks, inproc has one queue of exactly their sum; a listener that is
// unbound closes its connections, an inproc name leaves them; inproc passes over a message that would end a connection.
//
// # Waiting
//
// No test sleeps. Messages and monitor events are waited for; what shows only in counts, such as a queue that has
// filled, is polled. That something does not arrive is shown by a later message that does. Every call that may block
// has a deadline of [patience], and every Close is watched: a hang is a failure that names the call.
package conformance
