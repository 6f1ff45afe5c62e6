// Package inproc is the transport "inproc": peers in one process, joined through a name. Importing it registers it.
//
// Endpoints, after zmq_inproc(7): inproc://NAME, where NAME is any string but the empty one. There are no wildcards; one
// set of names serves the whole process, and it has nothing to do with other transports' names.
//
// Bind and Connect may come in either order. Peers that connect to a name that nobody has bound wait for it, any number
// of them, and are handed over in the order in which they came:
//
//	            Bind                  last waiter accepted           unbind
//	unbound ────────────> admitting ────────────────────────> open ──────────> unbound
//	Connect: waits        Connect: waits, for the             Connect: accepted
//	                      binding goroutine to take it        on its own goroutine
//
// so that once Bind has returned, every Connect accepts before it returns.
package inproc
