package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
)

// buildLimit is how long it may take to fill a log before a run.
const buildLimit = 5 * time.Minute

// errSpace: the disk has little room for a log.
var errSpace = errors.New("not enough space for the log")

// logs are the folders with the logs of runs. One goroutine may use it.
type logs struct {
	dir  string
	made int
	row  string            // that the kept ones are of
	kept map[string]string // folders by entry
}

// lend has the run find its log in a folder of its own, filled if it is to be, and returns what is to be done when the
// run has ended. A disk that is busy with what the run before has left, or removed, is waited for.
func (l *logs) lend(ctx context.Context, s *single, row plan.Row) (giveBack func() error, err error) {
	if err := l.turn(row.Name); err != nil {
		return nil, err
	}
	s.Dir = l.kept[s.entry.Name]
	if s.Dir == "" {
		if err := l.fill(ctx, s); err != nil {
			return nil, errors.Join(err, os.RemoveAll(s.Dir))
		}
	}
	if s.entry.Keep {
		l.kept[s.entry.Name] = s.Dir
		return func() error { return nil }, syncDisk(l.dir)
	}
	return func() error { return os.RemoveAll(s.Dir) }, syncDisk(l.dir)
}

// turn removes what was kept for another row.
func (l *logs) turn(row string) error {
	if l.row == row {
		return nil
	}
	var errs []error
	for _, dir := range l.kept {
		errs = append(errs, os.RemoveAll(dir))
	}
	l.row, l.kept = row, map[string]string{}
	return errors.Join(errs...)
}

// fill makes a folder, and has a program make the log in it that there is to be, which it kills then.
func (l *logs) fill(ctx context.Context, s *single) error {
	s.Dir = filepath.Join(l.dir, "log"+strconv.Itoa(l.made))
	l.made++
	if err := os.Mkdir(s.Dir, 0o700); err != nil {
		return err
	}
	if err := space(l.dir, s.Case); err != nil || s.Prepared() == 0 {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, buildLimit, ErrTimeout)
	defer cancel()
	p, err := start(ctx, s.entry.Name+" "+proto.Builder, s.commandFor(proto.Builder, s.Case), s.entry.Env)
	if err != nil {
		return err
	}
	defer p.kill()
	_, err = p.expect(ctx, proto.Ready)
	return err
}

// space makes sure that a log does not fill the disk: it may take twice the bytes of its messages, and more.
func space(dir string, c proto.Case) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("statfs %s: %w", dir, err)
	}
	need := 3 * uint64(c.Size) * uint64(c.Prepared()+c.Warmup+c.Count)
	if free := fs.Bavail * uint64(fs.Bsize); free < need {
		return fmt.Errorf("%w: %s has %d MiB, should have %d", errSpace, dir, free>>20, need>>20)
	}
	return nil
}

// syncDisk returns when the disk that has the folder has written everything.
func syncDisk(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("syncfs %s: %w", dir, err)
	}
	return nil
}
