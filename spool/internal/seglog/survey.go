package seglog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfs"
)

// Surveyor is told what there is in a log, damaged or not. Each function may be nil.
type Surveyor struct {
	// Record is called for each valid record, in order; the record is its until it returns. An error ends the survey.
	Record func(*format.Record) error
	// Damage is called for each place where a record, an index or a header is not what it was.
	Damage func(*CorruptError)
	// Torn is called if the last segment ends with a write that was never finished.
	Torn func(*Torn)
	// Progress is called before each segment, with how many bytes of how many are done.
	Progress func(segment string, done, total int64)
}

// Survey reads everything in a log's directory, past any damage, and changes nothing. Its error is that of reading, of
// ctx or of the surveyor; damage is none.
func Survey(ctx context.Context, fsys vfs.FS, dir string, to Surveyor) error {
	l := &Log{o: Options{FS: fsys, Dir: dir, ReadOnly: true}}
	names, err := l.names()
	if err != nil {
		return err
	}
	v := survey{Surveyor: to.withDefaults(), ctx: ctx}
	files := make([]vfs.File, 0, len(names))
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for _, name := range names {
		f, err := fsys.OpenRead(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && len(files) == 0 {
			continue // its owner has removed it
		}
		if err != nil {
			return err
		}
		files = append(files, f)
		size, err := f.Size()
		if err != nil {
			return err
		}
		v.total += size
	}
	names = names[len(names)-len(files):]
	for i, f := range files {
		v.last = i == len(files)-1
		if err := v.segment(filepath.Join(dir, names[i]), f); err != nil {
			return err
		}
	}
	return nil
}

func (to Surveyor) withDefaults() Surveyor {
	if to.Record == nil {
		to.Record = func(*format.Record) error { return nil }
	}
	if to.Damage == nil {
		to.Damage = func(*CorruptError) {}
	}
	if to.Torn == nil {
		to.Torn = func(*Torn) {}
	}
	if to.Progress == nil {
		to.Progress = func(string, int64, int64) {}
	}
	return to
}

// survey is a survey under way.
type survey struct {
	Surveyor
	ctx         context.Context
	done, total int64
	last        bool   // this is the last segment
	hole        bool   // records are missing at the end of the segment before, and that was said
	after       uint64 // sequence of the last record that was found
}

func (v *survey) segment(path string, f vfs.File) error {
	size, err := f.Size()
	if err != nil {
		return err
	}
	v.Progress(path, v.done, v.total)
	v.done += size
	first, _ := format.ParseSegmentName(filepath.Base(path))
	s := &segment{path: path, first: first, seed: format.Seed(first), end: format.HeaderSize, last: v.after}
	if err := v.header(s, f, size); err != nil {
		return err
	}
	for s.end < size {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		broken := v.records(s, f, size)
		if broken == nil {
			return nil
		}
		if _, ok := errors.AsType[*format.Damage](broken); !ok {
			return broken
		}
		err := v.damage(s, f, size, broken)
		if now, _ := f.Size(); errors.Is(err, errCut) && now < size {
			size, err = now, nil // the owner has cut off what it had preallocated
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// header looks at the header. What it says is not needed: the file's name says it too.
func (v *survey) header(s *segment, f vfs.File, size int64) error {
	b := make([]byte, min(size, format.HeaderSize))
	if err := readFull(f, b, 0); err != nil {
		return err
	}
	h, err := format.ParseSegmentHeader(b)
	switch {
	case err != nil:
	case h.First != s.first:
		err = &format.Damage{Reason: "header is that of another segment"}
	case v.after != 0 && h.Previous != v.after && !v.hole:
		err = &format.Damage{Reason: fmt.Sprintf("segment follows sequence %d", h.Previous)}
	}
	v.hole = false
	if err != nil {
		return v.badHeader(s, f, b, size, err)
	}
	return nil
}

// badHeader reports a header, unless it is that of a segment whose creation was not finished.
func (v *survey) badHeader(s *segment, f vfs.File, b []byte, size int64, broken error) error {
	end, err := dataEnd(f, int64(len(b)), size)
	if err != nil {
		return err
	}
	if v.last && format.TornHeader(b, end > int64(len(b))) {
		v.Torn(&Torn{Segment: s.path, Bytes: int64(len(b)), After: v.after, Reason: broken.Error()})
		return nil
	}
	v.Damage(&CorruptError{Segment: s.path, After: v.after, Err: broken})
	return nil
}

// records hands out records up to the index, or the first place where there is none.
func (v *survey) records(s *segment, f io.ReaderAt, size int64) error {
	c := cursor{ahead: blockSize}
	defer c.close()
	c.open(f, s.seed, s.end)
	c.limit = size
	for {
		h, b, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Kind == format.Index {
			s.end = size
			return nil
		}
		if h.Sequence <= v.after {
			return &format.Damage{Reason: fmt.Sprintf("record with sequence %d is out of order", h.Sequence)}
		}
		r, err := h.Decode(b, c.blk.scratch(h.Frames()))
		if err != nil {
			return err
		}
		if err := v.Record(&r); err != nil {
			return err
		}
		v.after, s.last = h.Sequence, h.Sequence
		s.end = c.off
	}
}

// damage reports what is at s.end and moves that to the next valid record.
func (v *survey) damage(s *segment, f vfs.File, size int64, broken error) error {
	end, err := dataEnd(f, s.end, size)
	if err != nil {
		return err
	}
	b := make([]byte, end-min(s.end, end))
	if err := readFull(f, b, s.end); err != nil && len(b) > 0 {
		return err
	}
	at := s.end
	s.end = size
	for off := 0; ; off += format.Align {
		h, n := findRecord(b[min(off, len(b)):], s.seed)
		if n < 0 {
			break
		}
		if off += n; h.Kind == format.Index || h.Sequence > v.after {
			s.end = at + int64(off)
			break
		}
	}
	switch {
	case v.last && len(b) == 0:
	case v.last && s.end == size && format.Torn(b, at, s.seed):
		v.Torn(&Torn{Segment: s.path, Offset: at, Bytes: int64(len(b)), After: v.after, Reason: broken.Error()})
	default:
		v.hole = s.end == size
		v.Damage(&CorruptError{Segment: s.path, Offset: at, After: v.after, Err: broken})
	}
	return nil
}
