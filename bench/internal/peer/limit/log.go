package limit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

var _ peer.Keeper = Library{}

// OpenLog makes a file with room for all messages.
func (Library) OpenLog(c proto.Case) (peer.Log, error) {
	if c.Sync != proto.SyncGroup || c.Prepared() > 0 {
		return nil, peer.ErrUnsupported
	}
	l := &log{size: c.Size, record: max(c.Record, c.Size), count: c.Count, groups: c.Groups}
	if l.groups == 0 {
		l.groups = c.Count / max(c.Senders, 1)
	}
	f, err := os.Create(filepath.Join(c.Dir, "log"))
	if err != nil {
		return nil, err
	}
	l.fd, l.file = int(f.Fd()), f
	room := int64(c.Warmup+c.Count) * int64(l.record)
	if err := unix.Fallocate(l.fd, 0, 0, room); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return nil, fmt.Errorf("fallocate: %w", err)
	}
	return l, f.Sync()
}

// log is a file of records of one length: the message, and zeros.
type log struct {
	file          *os.File // keeps fd open
	fd            int
	size, record  int
	count, groups int // messages come in groups as large as if so many messages made so many groups
	messages      int
	syncs         uint64
	buf           []byte
}

// Append takes a message of each sender in turn: it is one that waits for the others. There is a write and a sync for
// each group, and no goroutine that would have to be told of it.
func (l *log) Append(feeds []*peer.Feed) error {
	for made, group := 0, 1; ; group++ {
		n := l.gather(feeds, made, group*l.count/l.groups)
		if n == 0 {
			return nil
		}
		if err := l.write(); err != nil {
			return err
		}
		made += n
		l.messages += n
	}
}

// gather puts the messages into the buffer with which so many are upto, if there are as many. What is made goes on with
// the sender after the last.
func (l *log) gather(feeds []*peer.Feed, made, upto int) (n int) {
	l.buf = l.buf[:0]
	upto = max(upto, made+1)
	for silent := 0; made+n < upto && silent < len(feeds); {
		b := feeds[(made+n+silent)%len(feeds)].Next()
		if b == nil {
			silent++
			continue
		}
		silent = 0
		n++
		l.buf = append(l.buf, b...)
		for range l.record - l.size {
			l.buf = append(l.buf, 0)
		}
	}
	return n
}

func (l *log) write() error {
	off := int64(l.messages) * int64(l.record)
	for b := l.buf; len(b) > 0; {
		n, err := unix.Pwrite(l.fd, b, off)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("pwrite: %w", err)
		}
		b, off = b[max(n, 0):], off+int64(max(n, 0))
	}
	l.syncs++
	for {
		if err := unix.Fdatasync(l.fd); err != unix.EINTR {
			return err
		}
	}
}

func (l *log) Holds() peer.Holding {
	return peer.Holding{
		Messages: uint64(l.messages), Bytes: uint64(l.messages) * uint64(l.record), Syncs: l.syncs,
	}
}

func (l *log) Replay(skip uint64, take func([]byte) error) error {
	begin := int64(skip) * int64(l.record)
	all := io.NewSectionReader(l.file, begin, int64(l.messages)*int64(l.record)-begin)
	b := make([]byte, l.record)
	for {
		if _, err := io.ReadFull(all, b); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := take(b[:l.size]); err != nil {
			return err
		}
	}
}
