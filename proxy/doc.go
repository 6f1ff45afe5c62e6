// Package proxy passes messages between two sockets, for programs that stand in the middle: peers on either side know
// the proxy's endpoints and not each other's.
//
//	p := proxy.New(frontend, backend)
//	err := p.Run(ctx) // until Stop, the end of ctx, or of a socket
//
// The three shapes of the field, and what they are made of:
//
//	forwarder  New(XSUB, XPUB)            PUB ──> XSUB│XPUB ──> SUB     subscriptions travel the other way
//	queue      New(ROUTER, DEALER)        REQ <──> ROUTER│DEALER <──> REP
//	streamer   NewStreamer(PULL, PUSH)    PUSH ──> PULL│PUSH ──> PULL
//	itself     New(DEALER, DEALER)        one socket on both sides: what it receives it sends
//
// Any two sockets go together that have the methods of [Socket], or of [Receiver] and [Sender] for one way. The sockets
// stay the caller's, who binds, connects and closes them, before, during or after Run.
//
// # Back-pressure
//
// A direction reads, then sends, then reads again. Where the far side blocks (a PUSH or DEALER at its high-water mark or
// without a peer, an XPUB with socket.WithNoDrop) nothing more is read, so that messages queue in the near side's peers
// up to their marks, as they would without a proxy. In hand a direction has at most the messages of one batch: one to
// begin with and after each wait, twice as many whenever a whole batch was there to be read and went without waiting.
// A lone message is passed on at once.
//
// Sockets that drop where others block (PUB, XPUB, ROUTER) count that in their own Stats. What the proxy counts as
// dropped is what it had read and could not pass on: for a route that is gone (a ROUTER with socket.WithMandatory), of a
// form that the far side cannot send, or in hand when the proxy was cut short.
//
// # Ownership
//
// A message is not copied: the frames that were received are those that are sent. With [WithCapture] a third socket gets
// every message that was read, both ways, before it is passed on. It shares the frames, so its receivers must not write
// to them, as no receiver may. The capture socket is never waited for: copies that it cannot take at once are dropped
// and counted.
package proxy
