package examples_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSmallExamplesHaveUsage: -h is no endpoint.
func TestSmallExamplesHaveUsage(t *testing.T) {
	for _, name := range []string{"reqrep", "weather", "pipeline", "broker"} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // it may have to be compiled
		defer cancel()
		out, err := exec.CommandContext(ctx, "go", "run", "./"+name, "-h").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "usage: "+name+" [endpoint")
	}
}

// TestEveryExampleIsListed in the package's documentation.
func TestEveryExampleIsListed(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() {
			require.True(t, strings.Contains(string(doc), "//\t"+e.Name()+" "), e.Name())
		}
	}
}
