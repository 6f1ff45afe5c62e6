package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/ledger"
	"github.com/ringmq/ringmq/spool/internal/seglog"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Progress is told how far long work has come: the file that is next, and how many bytes of how many are done in its
// directory. It may be nil.
type Progress func(file string, done, total int64)

// Findings is what was found in a spool, its state and its dead letters among it.
type Findings struct {
	Messages    uint64 // intact, in the spool
	DeadLetters uint64 // intact
	First, Last uint64 // sequences of the first and the last intact message, 0 if there is none
	Damage      []*CorruptError
	Torn        []Torn // ends that a crash has left, which is no damage: the next Open cuts them off
}

// Verify reads everything in a spool's directory and checks it. Nothing is changed, and another process may own the
// spool: what it is writing at that moment may then be found torn. Damage is in the findings; the error is that of
// reading, or of ctx.
func Verify(ctx context.Context, dir string, progress Progress) (Findings, error) {
	v := surveyor{ctx: ctx, fs: vfs.OS{}, dir: dir, progress: progress}
	return v.found, v.wrap(v.all())
}

// Salvage copies everything that is intact in a damaged spool into a new one, whose directory must not be there or be
// empty. Messages keep their sequences, times and producers, and their order; where some are missing the sequence jumps.
// Acknowledgements that are lost bring messages back that were acknowledged. The damaged spool is left as it is, and
// nobody may have it open.
func Salvage(ctx context.Context, from, to string, progress Progress) (Findings, error) {
	return salvage(ctx, vfs.OS{}, from, to, progress)
}

func salvage(ctx context.Context, fsys vfs.FS, from, to string, progress Progress) (_ Findings, err error) {
	o := config{fs: fsys, sync: Written, segmentSize: DefaultSegmentSize}
	lock, err := takeLock(from, o)
	if err != nil {
		return Findings{}, fmt.Errorf("spool: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	for _, dir := range []string{logDir, stateDir} {
		if names, err := fsys.ReadDir(filepath.Join(to, dir)); err == nil && len(names) > 0 {
			return Findings{}, fmt.Errorf("spool %s: directory is not empty: %w", to, fs.ErrExist)
		}
	}
	v := surveyor{ctx: ctx, fs: fsys, dir: from, to: to, config: o, progress: progress}
	err = v.wrap(v.all())
	return v.found, err
}

// surveyor goes through a spool's directory, and copies it if there is where to.
type surveyor struct {
	ctx      context.Context
	fs       vfs.FS
	dir      string
	to       string // "" to look only
	config   config
	progress Progress
	found    Findings
}

func (v *surveyor) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("spool %s: %w", v.dir, err)
}

func (v *surveyor) all() error {
	if _, err := v.fs.ReadDir(filepath.Join(v.dir, logDir)); err != nil {
		return err // it is no spool
	}
	if err := v.messages("", v.message); err != nil {
		return err
	}
	if err := v.state(""); err != nil {
		return err
	}
	if err := v.messages(deadDir, func(*format.Record) { v.found.DeadLetters++ }); err != nil {
		return err
	}
	return v.state(deadDir)
}

func (v *surveyor) message(r *format.Record) {
	v.found.Messages++
	v.found.Last = r.Sequence
	if v.found.First == 0 {
		v.found.First = r.Sequence
	}
}

// survey goes through one of the logs.
func (v *surveyor) survey(part, name string, record func(*format.Record) error) error {
	return seglog.Survey(v.ctx, v.fs, filepath.Join(v.dir, part, name), seglog.Surveyor{
		Record:   record,
		Damage:   func(e *seglog.CorruptError) { v.found.Damage = append(v.found.Damage, e) },
		Torn:     func(t *seglog.Torn) { v.found.Torn = append(v.found.Torn, Torn(*t)) },
		Progress: v.progress,
	})
}

// messages goes through the messages of the spool, or of that of the dead letters.
func (v *surveyor) messages(part string, count func(*format.Record)) error {
	if v.to == "" {
		return v.survey(part, logDir, func(r *format.Record) error {
			count(r)
			return nil
		})
	}
	log, _, err := seglog.Open(v.config.log(filepath.Join(v.to, part, logDir), nil))
	if err != nil {
		return err
	}
	err = v.survey(part, logDir, func(r *format.Record) error {
		count(r)
		return log.Restore(v.ctx, r)
	})
	return errors.Join(err, log.Close())
}

// state goes through the state of consumers and receivers.
func (v *surveyor) state(part string) error {
	if v.to == "" {
		return v.survey(part, stateDir, nil)
	}
	l, _, err := ledger.Open(ledger.Options{FS: v.fs, Dir: filepath.Join(v.to, part, stateDir), Disk: true})
	if err != nil {
		return err
	}
	err = v.survey(part, stateDir, func(r *format.Record) error {
		if err := l.Replay(r); err != nil {
			v.found.Damage = append(v.found.Damage, &CorruptError{
				Segment: filepath.Join(v.dir, part, stateDir), After: r.Sequence - 1, Err: err,
			})
		}
		return nil
	})
	return errors.Join(err, l.Settle(), l.Close())
}
