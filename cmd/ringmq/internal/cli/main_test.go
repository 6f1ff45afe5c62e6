package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/ringmq/ringmq/internal/leak"
)

// TestMain is the tool itself where a test, or bench, runs this program with a command.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(Main())
	}
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err) // peers built with -race would each sleep for a second at their end
	}
	leak.Main(m)
}
