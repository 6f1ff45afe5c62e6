package seglog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// onDisk is a folder for files that are to be on a disk, which the system's own may not be: RINGMQ_BENCH_DIR says where.
func onDisk(b *testing.B) string {
	base := os.Getenv("RINGMQ_BENCH_DIR")
	if base == "" {
		return b.TempDir()
	}
	d, err := os.MkdirTemp(base, "spool")
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(d) })
	return d
}

func BenchmarkAppend(b *testing.B) {
	for _, level := range levels {
		for _, size := range []int{64, 1024} {
			for _, senders := range []int{1, 16, 256} {
				b.Run(fmt.Sprintf("%s/%dB/senders=%d", level.name, size, senders), func(b *testing.B) {
					benchmarkAppend(b, level.o, size, senders)
				})
			}
		}
	}
}

func benchmarkAppend(b *testing.B, o Options, size, senders int) {
	fsys := &counting{}
	o.FS, o.Dir = fsys, onDisk(b)
	o.MaxBytes, o.Full = 1<<30, Drop
	l, _, err := Open(o)
	require.NoError(b, err)
	defer l.Close()
	r := record{Message: ringmq.NewMessage(make([]byte, size))}
	require.NoError(b, l.Append(context.Background(), &r)) // the first segment is there
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan error, senders)
	for i := range senders {
		n := b.N / senders
		if i < b.N%senders {
			n++
		}
		go func() {
			r := record{Message: ringmq.NewMessage(make([]byte, size))}
			for range n {
				if err := l.Append(context.Background(), &r); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range senders {
		require.NoError(b, <-done)
	}
	if n := fsys.syncs.Load(); o.Level == Disk && n > 0 {
		b.ReportMetric(float64(b.N)/float64(n), "records/sync")
	}
}

// counting counts how often files are synced.
type counting struct {
	vfs.OS
	syncs atomic.Int64
}

type countingFile struct {
	vfs.File
	fs *counting
}

func (c *counting) Create(name string) (vfs.File, error) {
	f, err := c.OS.Create(name)
	return countingFile{f, c}, err
}

func (f countingFile) Sync() error {
	f.fs.syncs.Add(1)
	return f.File.Sync()
}

// BenchmarkBareSync is what Append at level Disk is measured against: appending to a file, and fdatasync, in batches.
func BenchmarkBareSync(b *testing.B) {
	for _, size := range []int{128, 16 * 128, 256 * 128, 1088, 16 * 1088, 256 * 1088} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f, err := vfs.OS{}.Create(filepath.Join(onDisk(b), "bare"))
			require.NoError(b, err)
			defer f.Close()
			buf := []byte(strings.Repeat("x", size))
			b.SetBytes(int64(size))
			b.ResetTimer()
			for i := range b.N {
				_, err := f.WriteAt(buf, int64(i)*int64(size))
				require.NoError(b, err)
				require.NoError(b, f.Sync())
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{64, 1024} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			l, _, err := Open(Options{FS: vfs.OS{}, Dir: onDisk(b), Level: Kernel})
			require.NoError(b, err)
			defer l.Close()
			rs := make([]record, 1000)
			for i := range rs {
				rs[i].Message = ringmq.NewMessage(make([]byte, size))
			}
			const batches = 200
			for range batches {
				_, err := l.AppendBatch(context.Background(), rs)
				require.NoError(b, err)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			r := l.ReadFrom(0)
			for range b.N {
				rec, err := r.Next()
				if errors.Is(err, ErrEnd) {
					r.Close()
					r = l.ReadFrom(0)
					continue
				}
				require.NoError(b, err)
				rec.Message.Release()
			}
			r.Close()
		})
	}
}

// BenchmarkRecovery opens a log of 1 GiB after a crash.
func BenchmarkRecovery(b *testing.B) {
	for _, check := range []bool{false, true} {
		b.Run(fmt.Sprintf("check=%v", check), func(b *testing.B) {
			o := Options{FS: vfs.OS{}, Dir: onDisk(b), Level: Kernel, Check: check}
			l, _, err := Open(o)
			require.NoError(b, err)
			rs := make([]record, 1000)
			for i := range rs {
				rs[i].Message = ringmq.NewMessage(make([]byte, 1024))
			}
			for l.State().Size < 1<<30 {
				_, err := l.AppendBatch(context.Background(), rs)
				require.NoError(b, err)
			}
			require.NoError(b, l.Close())
			b.ResetTimer()
			for range b.N {
				start := time.Now()
				l, report, err := Open(o)
				require.NoError(b, err)
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/open")
				require.Positive(b, report.Records)
				require.NoError(b, l.Close())
			}
		})
	}
}
