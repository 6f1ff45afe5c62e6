package socket

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// waitFor looks until done returns true.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); runtime.Gosched() {
		require.True(t, time.Now().Before(end), what)
	}
}
