// Package reqrep has the sockets of request and reply (RFC 28).
//
// REQ and REP keep turns: a REQ sends, then receives; a REP receives, then sends; a call out of turn is
// [ringmq.ErrState]. [Req.Request] does both at once, and may be given up. With [socket.WithSpool] a request outlives the
// process that has made it. DEALER and ROUTER keep no turns: a DEALER sends to its peers in turn and receives from any, a
// ROUTER sees whom each message comes from and says whom it goes to. Between them they make asynchronous clients, servers
// and brokers.
//
// On the wire a request carries the way back in front, its envelope: any number of routing ids, put there by the ROUTERs
// that it passed, and an empty delimiter frame.
//
//	REQ      sends      [body]
//	wire                [""] [body], of a Request [number] [""] [body]
//	ROUTER   receives   [id] [""] [body]
//	DEALER   forwards   [id] [""] [body]
//	REP      receives   [body], keeps [id] [""], and puts it in front of its reply
package reqrep
