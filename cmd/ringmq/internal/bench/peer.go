package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// line is one line that the peer writes: where it is bound, then what it counted.
type line struct {
	Endpoint string `json:"endpoint,omitempty"`
	Side     *Side  `json:"side,omitempty"`
}

// Peer is the receiving side of one round: it is bound to the endpoint and writes its two lines to w. The end of r
// tells it to give up.
func Peer(ctx context.Context, c Case, endpoint string, r io.Reader, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, r) // an error is an end too
		cancel()
	}()
	out := json.NewEncoder(w)
	ready := func(bound string) error { return out.Encode(line{Endpoint: bound}) }
	var side Side
	var err error
	switch c.Pattern {
	case PushPull:
		side, err = pullRound(ctx, c, endpoint, ready)
	case ReqRep:
		side, err = repRound(ctx, c, endpoint, ready)
	default:
		err = fmt.Errorf("%w: pattern %q", ErrConfig, c.Pattern)
	}
	if err != nil {
		return err
	}
	return out.Encode(line{Side: &side})
}

// bind tells ready where the socket is bound.
func bind(s interface{ Bind(string) (string, error) }, endpoint string, ready func(bound string) error) error {
	bound, err := s.Bind(endpoint)
	if err != nil {
		return err
	}
	return ready(bound)
}

// closing closes the socket at the end of a round: after its last message, or at once if the round is given up.
func closing(ctx context.Context, s interface{ Shutdown(context.Context) error }, err *error) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if *err != nil {
		cancel()
		_ = s.Shutdown(ctx) // what is left unsent does not matter any more
		return
	}
	*err = errors.Join(*err, s.Shutdown(ctx))
}
