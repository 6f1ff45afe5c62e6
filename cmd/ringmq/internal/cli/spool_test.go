package cli

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool"
)

// newSpool returns the directory of a spool with the messages 1 to n, of which a consumer has had done with all but the
// second and the third, and given up the second.
func newSpool(t *testing.T, n int) (dir string, s *spool.Spool) {
	t.Helper()
	dir = t.TempDir()
	s, err := spool.Open(dir, spool.WithSegmentSize(spool.MinSegmentSize))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // the test may have closed it
	c, err := s.Consumer("billing", spool.ConsumerOptions{})
	require.NoError(t, err)
	for i := 1; i <= n; i++ {
		_, err := s.Append(t.Context(), spool.Entry{Message: ringmq.NewString("order", fmt.Sprint(i))})
		require.NoError(t, err)
		d, err := c.TryNext()
		require.NoError(t, err)
		d.Message.Release()
		switch i {
		case 2:
			require.NoError(t, c.Reject(2, "no such customer"))
		case 3:
		default:
			require.NoError(t, c.Ack(spool.Range{First: d.Sequence, Last: d.Sequence}))
		}
	}
	require.NoError(t, s.Commit())
	return dir, s
}

// TestSpoolBesideItsOwner: what only reads works while another has the spool; what changes it does not.
func TestSpoolBesideItsOwner(t *testing.T) {
	dir, s := newSpool(t, 5)
	ls := start(t, "spool", "ls", dir)
	ls.wait()
	require.Zero(t, ls.status, ls.stderr)
	require.Regexp(t, `^messages 1 to 5, \d+ bytes in 1 segment\(s\)\n(.*\n)*"billing" +2 +1\nDEAD LETTERS +1\n$`, ls.stdout.String())
	start(t, "spool", "cat", dir, "--format", "json", "--from", "sequence 4").
		requireOutput("[\"order\",\"4\"]\n[\"order\",\"5\"]\n")
	start(t, "spool", "cat", dir, "--count", "1").requireOutput("order\t1\n")
	start(t, "spool", "verify", dir).requireOutput("5 message(s), 1 to 5, and 1 dead letter(s) are intact\n")
	dlq := start(t, "spool", "dlq", "ls", dir)
	dlq.wait()
	require.Zero(t, dlq.status, dlq.stderr)
	require.Regexp(t, `^1: was 2, appended \S+, given up by "billing" after 1 deliveries: no such customer\norder\t2\n$`, dlq.stdout.String())
	pid := fmt.Sprint(os.Getpid())
	start(t, "spool", "compact", dir).requireFailure(statusFailed, pid)
	start(t, "spool", "dlq", "purge", dir, "1").requireFailure(statusFailed, pid)
	require.NoError(t, s.Close())
}

func TestDeadLetterQueue(t *testing.T) {
	dir, s := newSpool(t, 3)
	require.NoError(t, s.Close())
	start(t, "spool", "dlq", "requeue", dir, "1").requireOutput("1 is 4 now\n")
	start(t, "spool", "dlq", "ls", dir).requireOutput("")
	start(t, "spool", "cat", dir, "--from", "sequence 4").requireOutput("order\t2\n")

	dir, s = newSpool(t, 3)
	require.NoError(t, s.Close())
	start(t, "spool", "dlq", "purge", dir, "1").requireOutput("")
	start(t, "spool", "dlq", "ls", dir).requireOutput("")
	start(t, "spool", "dlq", "requeue", dir, "1").requireFailure(statusFailed, "no such message")
	start(t, "spool", "dlq", "purge", dir, "first").requireFailure(statusUsage, "first")
}

func TestSpoolCompact(t *testing.T) {
	dir, s := newSpool(t, 400)
	c, err := s.Consumer("audit", spool.ConsumerOptions{}) // has done with nothing, and holds everything
	require.NoError(t, err)
	require.Error(t, c.Nack(1, time.Second))
	require.NoError(t, c.Close())
	before := len(s.Segments())
	require.Greater(t, before, 2)
	require.NoError(t, s.Close())
	start(t, "spool", "compact", dir).requireOutput(fmt.Sprintf("0 segment(s) removed, %d bytes are left\n", bytesOf(t, dir)))
	s, err = spool.Open(dir)
	require.NoError(t, err)
	c, err = s.Consumer("billing", spool.ConsumerOptions{})
	require.NoError(t, err)
	require.NoError(t, c.Ack(spool.Range{First: 3, Last: 3}))
	require.NoError(t, s.RemoveConsumer("audit"))
	require.NoError(t, s.Close())
	compact := start(t, "spool", "compact", dir)
	compact.wait()
	require.Zero(t, compact.status, compact.stderr)
	s, err = spool.Open(dir)
	require.NoError(t, err)
	require.Less(t, len(s.Segments()), before)
	require.NoError(t, s.Close())
}

func bytesOf(t *testing.T, dir string) int64 {
	t.Helper()
	s, err := spool.Open(dir, spool.WithReadOnly())
	require.NoError(t, err)
	defer s.Close()
	return s.Stats().Bytes
}

func TestSpoolVerifyFindsDamage(t *testing.T) {
	dir, s := newSpool(t, 400)
	path := s.Segments()[0].Path
	require.NoError(t, s.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	b[len(b)/2] ^= 1
	require.NoError(t, os.WriteFile(path, b, 0o600))
	start(t, "spool", "verify", "-v", dir).requireFailure(statusFailed, path, "%")
}

func TestSpoolUsage(t *testing.T) {
	start(t, "spool").requireFailure(statusUsage, "no command")
	start(t, "spool", "mend").requireFailure(statusUsage, "mend")
	start(t, "spool", "ls").requireFailure(statusUsage)
	start(t, "spool", "dlq").requireFailure(statusUsage, "no command")
	start(t, "spool", "dlq", "purge", "x").requireFailure(statusUsage)
	start(t, "spool", "ls", t.TempDir()+"/none").requireFailure(statusFailed, "none")
	dir, s := newSpool(t, 3)
	require.NoError(t, s.Close())
	start(t, "spool", "cat", dir, "--from", "there").requireFailure(statusUsage, "there")
	start(t, "spool", "cat", dir, "--format", "xml").requireFailure(statusUsage, "xml")
}
