package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestInputIsCutShort: the end of the context is not taken for the end of the input, whichever is seen first.
func TestInputIsCutShort(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	closed := make(chan line)
	close(closed)
	in := &input{lines: closed}
	cancelling := &endsWhenAsked{Context: ctx, end: func() { cancel(errStranded) }}
	_, err := in.text(cancelling)
	require.ErrorIs(t, err, errStranded)
	_, err = newInput(ctx, strings.NewReader("a\n"), nil, layout{}, 0).next(ctx)
	require.ErrorIs(t, err, errStranded)
}

// endsWhenAsked is a context that ends when somebody begins to wait for its end, who does not learn of it.
type endsWhenAsked struct {
	context.Context
	end func()
}

func (c *endsWhenAsked) Done() <-chan struct{} {
	c.end()
	return nil
}

func (c *endsWhenAsked) Deadline() (time.Time, bool) { return time.Time{}, false }
