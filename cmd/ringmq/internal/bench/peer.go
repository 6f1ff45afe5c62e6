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

// PeerCommand is the hidden subcommand of the program that runs [PeerMain].
const PeerCommand = "bench-peer"

// PeerMain is the peer process. Its arguments are the case as JSON and the endpoint to bind to, r and w its standard
// input and output.
func PeerMain(ctx context.Context, args []string, r io.Reader, w io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("%w: %s takes a case and an endpoint", ErrConfig, PeerCommand)
	}
	var c Case
	if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return peer(ctx, c, args[1], r, w)
}

// peer is the receiving side of one round: it is bound to the endpoint and writes its two lines to w. The end of r
// tells it to give up.
func peer(ctx context.Context, c Case, endpoint string, r io.Reader, w io.Writer) error {
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
