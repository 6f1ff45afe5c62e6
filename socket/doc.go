// Package socket is what all socket types have in common: endpoints, options, queues to each peer, waiting, statistics
// and the end. Programs use it for the options and for the types that the methods return; the socket types are in
// pattern/reqrep, pattern/pubsub and pattern/pipeline.
//
//	push, err := pipeline.NewPush(socket.WithSendHWM(10_000), socket.WithLinger(time.Second))
//
// A socket joins pipes, one a peer, by a [Pattern]:
//
//	        ┌ pattern ┐   ┌──────── pipe ────────┐   ┌ connection ┐
//	Send ──>│  route  │──>│ out: encoded bytes   │──>│  write(2)  │──>
//	        │         │   │ in:  lock-free ring  │<──│  read(2)   │<──
//	Recv <──│ in turn │<──└──────────────────────┘   └────────────┘
//
// Who writes: while traffic is quiet, the goroutine that sends, before Send returns; while it is dense, the same for many
// messages at a time, with an I/O loop for what is left over (package batching). Who reads: a goroutine that waits in Recv reads from the connection
// itself as long as that finds something ([Idle]); otherwise the loop reads, and wakes it.
//
// Over inproc there is no connection: Send puts the message into the peer's ring.
package socket
