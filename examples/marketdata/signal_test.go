package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asProgram makes a process of the tests the program itself.
const asProgram = "RINGMQ_TEST_MARKETDATA"

// TestSignalsKeepTheReport: it is written, and nothing stays behind in the file system.
func TestSignalsKeepTheReport(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent a signal there")
	}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		dir, err := os.MkdirTemp("", "md") // short: a socket is made in it
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		cmd := exec.CommandContext(ctx, os.Args[0], "-endpoint", "ipc://*", "-procs", "-subs", "2", "-count", "100000000")
		cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir)
		var out bytes.Buffer
		cmd.Stdout = &out
		stderr, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(stderr)
		for lines.Scan() && !strings.Contains(lines.Text(), "to 2 subscribers") {
		}
		made, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.NotEmpty(t, made)
		require.NoError(t, cmd.Process.Signal(sig))
		for lines.Scan() { // what else there is
		}
		require.NoError(t, cmd.Wait(), sig)
		require.Contains(t, out.String(), "published  expected  delivered", sig)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, sig)
	}
}
