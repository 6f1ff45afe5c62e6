package wiretest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

// TestUnsentErrorIsExact: Close at the end of its linger period names as many messages as it drops, also while they are
// being written.
func TestUnsentErrorIsExact(t *testing.T) {
	overLinks(t, func(t *testing.T, l link) {
		for range 30 {
			push := open(t, pipeline.NewPush, quickly)
			p := l.meet(t, push).peer()
			p.shake(1, "PULL")
			go p.drain()
			for range 300 {
				send(t, push, text(2000))
			}
			var unsent *ringmq.UnsentError
			if err := push.Close(); errors.As(err, &unsent) && push.Stats().Dropped > 0 {
				require.EqualValues(t, push.Stats().Dropped, unsent.Messages)
			} else {
				require.Zero(t, push.Stats().Dropped, err)
			}
		}
	})
}
