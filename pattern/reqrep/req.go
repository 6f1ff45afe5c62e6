package reqrep

import (
	"context"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/socket"
)

// Req sends a request to its peers in turn and receives the reply. Its methods may be called by any number of
// goroutines at once, but there is one request at a time.
//
// [Req.Request] is a request and its reply in one call, which may be given up at any time. With Send and Recv the turns
// are the caller's to keep: a reply that does not come keeps the socket from sending until it is known that none will,
// unless it was made [socket.WithRelaxed].
//
// When the peer that was asked is gone, Recv returns [ringmq.ErrNoRoute] and the next request may be sent. A request
// that had not been written yet is not lost with a connection: it goes out on the next.
//
// With [socket.WithSpool] a request is on disk when Send returns, and is sent again, whatever crashes in between, until the
// program has dealt with the reply: it says so by Ack of the reply, or by sending the next request. With Nack the request is
// sent again. A program that begins anew asks [Req.Unanswered] whether there is a request that an earlier process has made,
// and receives the reply to it with Recv. A peer may get a request more than once, which the Delivery of the request tells it;
// that of a reply is the request's.
//
//	req, err := reqrep.NewReq(socket.WithSpool(sp))
//	…
//	if request, ok := req.Unanswered(); ok {
//		reply, err := req.Recv(ctx)
//		… // process the reply to the request
//		err = reply.Ack()
//	}
type Req struct {
	socket.Socket
	socket.Sender
	socket.Receiver
	state *req  // without a spool
	kept  *kept // with one
}

// NewReq makes a REQ socket. The error is for a bad option.
func NewReq(opts ...socket.Option) (*Req, error) {
	s := new(Req)
	build := func(c *socket.Core) socket.Pattern {
		if c.Keeps() {
			s.kept = newKept(c)
			return s.kept
		}
		s.state = newReq(c)
		return s.state
	}
	c, err := socket.New(socket.KindOf(socket.REQ), build, opts...)
	if err != nil {
		return nil, err
	}
	s.Socket, s.Sender, s.Receiver = socket.NewSocket(c), socket.NewSender(c), socket.NewReceiver(c)
	return s, nil
}

// Request sends m, as Send does, and returns the reply to it. If ctx ends before, or the peer is lost, it returns an
// error and the request is given up: the socket is ready for the next one, and a reply that comes too late is thrown
// away. Whether the request was carried out is then not known; nothing is sent twice. Calls from many goroutines follow
// one another. The frames belong to the library whatever the outcome: after an error they may have been sent, or be about to.
//
// The request carries a number by which its reply is known, as with [socket.WithCorrelate].
//
// With a spool, the end of ctx ends only the waiting: a request that is in the spool stays there, and Recv returns the reply
// to it; see [Req.Unanswered] and [Req.GiveUp].
//
// Errors: those of Send; [ringmq.ErrNoRoute] if the peer that was asked is gone; [ringmq.ErrState] between a Send and its
// Recv, as those two are between the parts of a Request.
func (s *Req) Request(ctx context.Context, m ringmq.Message) (ringmq.Message, error) {
	if s.kept != nil {
		return s.kept.request(ctx, m)
	}
	r := s.state
	if err := r.core.Enter(ctx, r.calls, "request"); err != nil {
		return ringmq.Message{}, err
	}
	defer func() { <-r.calls }()
	if err := r.core.SendBy(ctx, &m, r.ask); err != nil {
		return ringmq.Message{}, err
	}
	reply, err := r.core.RecvBy(ctx, r.answer)
	if err != nil {
		r.giveUp()
	}
	return reply, err
}
