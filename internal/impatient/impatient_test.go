package impatient_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/impatient"
)

func TestEndsWhenWaitedFor(t *testing.T) {
	c := impatient.New()
	require.NoError(t, c.Err())
	<-c.Done()
	require.ErrorIs(t, c.Err(), ringmq.ErrWouldBlock)
	require.ErrorIs(t, context.Cause(c), ringmq.ErrWouldBlock)
}

// TestEndsWithWhatIsMadeOfIt: a time limit of its own does not make it patient.
func TestEndsWithWhatIsMadeOfIt(t *testing.T) {
	ctx, cancel := context.WithTimeout(impatient.New(), time.Hour)
	defer cancel()
	<-ctx.Done()
	require.ErrorIs(t, ctx.Err(), ringmq.ErrWouldBlock)
}
