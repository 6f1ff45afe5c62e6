package seglog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/spool/internal/format"
	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// written makes a log of the given texts and returns its disk after a crash, with the path and the contents of the last
// segment.
func written(t *testing.T, o Options, texts []string) (fsys *vfstest.FS, path string, contents []byte) {
	t.Helper()
	fsys = vfstest.New()
	o.FS = fsys
	l := mustOpen(t, o)
	appendText(t, l, texts...)
	fsys = fsys.Kill() // before Close cuts off what was preallocated
	require.NoError(t, l.Close())
	paths := fsys.Paths()
	path = paths[len(paths)-1]
	contents, ok := fsys.Bytes(path)
	require.True(t, ok)
	return fsys, path, contents
}

// TestTornTail cuts the last record at each of its bytes, with zeros behind it or nothing at all.
func TestTornTail(t *testing.T) {
	for _, length := range []int{1, 40, 700, 2000} {
		o := small(nil)
		o.SegmentSize = 16 << 10
		texts := append(numbered(1, 8), strings.Repeat("x", length))
		fsys, path, whole := written(t, o, texts)
		end := format.DataEnd(whole)
		span := int(format.Aligned((&record{Message: text("%s", texts[8]).Message}).Size()))
		start := (end+format.Align-1)/format.Align*format.Align - span
		for cut := start; cut <= end; cut++ {
			for _, short := range []bool{false, true} {
				at := fmt.Sprintf("length %d, cut at %d of %d to %d, short %v", length, cut, start, end, short)
				torn := slices.Clone(whole)
				clear(torn[cut:])
				if short {
					torn = torn[:cut]
				}
				fsys.Put(path, torn)
				o.FS = fsys
				requireTorn(t, o, texts, cut-start, cut == end, at)
			}
		}
	}
}

// requireTorn wants all but the last text, unless it is whole, and a report of what was cut off, if anything.
func requireTorn(t *testing.T, o Options, texts []string, left int, whole bool, at string) {
	t.Helper()
	l, report, err := Open(o)
	require.NoError(t, err, at)
	defer l.Close()
	want := texts
	if !whole {
		want = texts[:len(texts)-1]
	}
	require.Equal(t, want, readAll(t, l, 0), at)
	if whole || left == 0 {
		require.Nil(t, report.Torn, at)
		return
	}
	require.NotNil(t, report.Torn, at)
	require.Equal(t, uint64(len(want)), report.Torn.After, at)
	require.LessOrEqual(t, report.Torn.Bytes, int64(left), at)
	require.Positive(t, report.Torn.Bytes, at)
	appendText(t, l, "goes on")
	require.Equal(t, append(slices.Clone(want), "goes on"), readAll(t, l, 0), at)
}

// TestMissingSectors takes away every set of sectors that two large records at the end may have lost.
func TestMissingSectors(t *testing.T) {
	o := small(nil)
	o.SegmentSize = 16 << 10
	texts := append(numbered(1, 3), strings.Repeat("x", 1300), strings.Repeat("y", 1300))
	_, _, whole := written(t, o, texts[:3])
	first := format.DataEnd(whole)
	fsys, path, whole := written(t, Options{Level: Kernel, Dir: dir, SegmentSize: o.SegmentSize}, texts)
	from, to := first/format.Sector, format.DataEnd(whole)/format.Sector
	o.FS = fsys
	for set := range 1 << (to - from + 1) {
		torn := slices.Clone(whole)
		for s := from; s <= to; s++ {
			if set&(1<<(s-from)) != 0 {
				clear(torn[max(s*format.Sector, first):min((s+1)*format.Sector, len(torn))])
			}
		}
		fsys.Put(path, torn)
		l, report, err := Open(o)
		require.NoError(t, err, set)
		got := readAll(t, l, 0)
		require.NoError(t, l.Close())
		require.GreaterOrEqual(t, len(got), 3)
		require.Equal(t, texts[:len(got)], got)
		if !slices.Equal(torn, whole) {
			require.Less(t, len(got), 5)
			require.Equal(t, report.Torn != nil, format.DataEnd(torn) > int(end(t, got)))
		}
	}
}

// end is where the records of these texts end in the first segment.
func end(t *testing.T, texts []string) int64 {
	t.Helper()
	n := int64(format.HeaderSize)
	for _, s := range texts {
		r := text("%s", s)
		n += format.Aligned(r.Size())
	}
	return n
}

// TestFlippedBit flips each bit of a small log, at every byte: all is there, or the damage is reported.
func TestFlippedBit(t *testing.T) {
	o := small(nil)
	o.SegmentSize = MinSegmentSize
	texts := numbered(1, 40)
	fsys, _, _ := written(t, o, texts)
	require.GreaterOrEqual(t, len(fsys.Paths()), 3)
	for _, path := range fsys.Paths() {
		pristine, _ := fsys.Bytes(path)
		for off := range pristine {
			for bit := range 8 {
				if testing.Short() && bit != off%8 {
					continue
				}
				for _, check := range []bool{false, true} {
					o.Check = check
					damagedFS := fsys.Clone()
					b, _ := damagedFS.Bytes(path)
					b[off] ^= 1 << bit
					o.FS = damagedFS
					requireReported(t, o, texts, fmt.Sprintf("%s, byte %d, bit %d", path, off, bit))
				}
			}
		}
	}
}

// requireReported wants all texts, or an error that says where, or a report of a torn end.
func requireReported(t *testing.T, o Options, texts []string, at string) {
	t.Helper()
	l, report, err := Open(o)
	if err != nil {
		requireLocated(t, err, at)
		return
	}
	defer l.Close()
	got, err := tryReadAll(l, 0)
	require.Equal(t, fmt.Sprint(texts[:len(got)]), fmt.Sprint(got), at)
	if len(got) == len(texts) {
		require.NoError(t, err, at)
		return
	}
	if err != nil {
		require.False(t, o.Check, "%s: Open should have found it", at)
		requireLocated(t, err, at)
		return
	}
	require.NotNil(t, report.Torn, at)
	require.GreaterOrEqual(t, len(got), len(texts)-1, "%s: more than the last record was cut off", at)
}

func requireLocated(t *testing.T, err error, at string) {
	t.Helper()
	if _, ok := errors.AsType[*format.VersionError](err); ok {
		return
	}
	corrupt, ok := errors.AsType[*CorruptError](err)
	require.True(t, ok, "%s: %v", at, err)
	require.NotEmpty(t, corrupt.Segment, at)
}

// TestVouchedRecordIsNotTorn takes a sector away that a later record says was on disk.
func TestVouchedRecordIsNotTorn(t *testing.T) {
	o := small(nil)
	o.SegmentSize = 16 << 10
	texts := []string{"1", strings.Repeat("x", 1500), "3", "4"}
	fsys, path, whole := written(t, o, texts)
	clear(whole[format.Sector : 2*format.Sector])
	fsys.Put(path, whole)
	o.FS = fsys
	_, _, err := Open(o)
	var corrupt *CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Equal(t, CorruptError{path, end(t, texts[:1]), 1, corrupt.Err}, *corrupt)
}

func TestUnknownVersion(t *testing.T) {
	o := small(nil)
	fsys, path, whole := written(t, o, numbered(1, 2))
	binary.LittleEndian.PutUint16(whole[8:], format.Version+1)
	sum := crc32.Checksum(whole[:format.HeaderSize-4], crc32.MakeTable(crc32.Castagnoli))
	binary.LittleEndian.PutUint32(whole[format.HeaderSize-4:], sum)
	fsys.Put(path, whole)
	o.FS = fsys
	_, _, err := Open(o)
	var version *format.VersionError
	require.ErrorAs(t, err, &version)
	require.Equal(t, uint16(format.Version+1), version.Version)
	require.ErrorContains(t, err, path)
}

func TestMissingSegment(t *testing.T) {
	o := small(nil)
	o.SegmentSize = MinSegmentSize
	fsys, _, _ := written(t, o, numbered(1, 60))
	paths := fsys.Paths()
	require.Greater(t, len(paths), 3)
	require.NoError(t, fsys.Remove(paths[1]))
	o.FS = fsys
	_, _, err := Open(o)
	var corrupt *CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Equal(t, paths[2], corrupt.Segment)
}

func TestSwappedSegments(t *testing.T) {
	o := small(nil)
	o.SegmentSize = MinSegmentSize
	fsys, _, _ := written(t, o, numbered(1, 60))
	paths := fsys.Paths()
	a, _ := fsys.Bytes(paths[0])
	b, _ := fsys.Bytes(paths[1])
	fsys.Put(paths[0], b)
	fsys.Put(paths[1], a)
	o.FS = fsys
	_, _, err := Open(o)
	require.ErrorAs(t, err, new(*CorruptError))
}

// TestStrayRecord puts a valid record of another segment where one is missing.
func TestStrayRecord(t *testing.T) {
	o := small(nil)
	fsys, path, whole := written(t, o, numbered(1, 5))
	r := record{Kind: format.Message, Sequence: 6}
	copy(whole[end(t, numbered(1, 5)):], r.Append(nil, format.Seed(2)))
	fsys.Put(path, whole)
	o.FS = fsys
	_, _, err := Open(o)
	require.ErrorAs(t, err, new(*CorruptError))
}

func TestDamagedIndexIsMadeAgain(t *testing.T) {
	o := small(nil)
	o.SegmentSize = MinSegmentSize
	texts := numbered(1, 60)
	fsys, _, _ := written(t, o, texts)
	first := fsys.Paths()[0]
	b, _ := fsys.Bytes(first)
	b[len(b)-format.TrailerSize-10] ^= 1
	o.FS = fsys
	l, report, err := Open(o)
	require.NoError(t, err)
	defer l.Close()
	require.Equal(t, []string{first}, report.Reindexed)
	require.Equal(t, texts, readAll(t, l, 0))
}

// TestOwnerCutsBesideReaders: between any two reads of somebody who only looks, the owner may close the log and cut off
// what it had preallocated.
func TestOwnerCutsBesideReaders(t *testing.T) {
	o := small(nil)
	texts := numbered(1, 200)
	pristine, path, _ := written(t, o, texts)
	whole := pristine.Clone()
	o.FS = whole
	require.NoError(t, mustOpen(t, o).Close())
	rest, _ := whole.Bytes(path)

	look := map[string]func(fsys *vfstest.FS) []string{
		"open": func(fsys *vfstest.FS) []string {
			o := o
			o.FS, o.ReadOnly = fsys, true
			return readAll(t, mustOpen(t, o), 0)
		},
		"survey": func(fsys *vfstest.FS) (got []string) {
			require.NoError(t, Survey(ctx(t), fsys, dir, Surveyor{
				Record: func(r *format.Record) error {
					got = append(got, string(r.Message.Frame(0)))
					return nil
				},
				Damage: func(e *CorruptError) { require.NoError(t, e) },
				Torn:   func(torn *Torn) { require.Nil(t, torn) },
			}))
			return got
		},
	}
	for name, look := range look {
		t.Run(name, func(t *testing.T) {
			for n, more := 0, true; more; n++ {
				fsys, reads := pristine.Clone(), 0
				more = false
				fsys.Fail = func(op vfstest.Op) error {
					if op.Path != path || op.Kind != vfstest.Read && op.Kind != vfstest.Open {
						return nil
					}
					if reads++; reads <= n || more {
						return nil
					}
					more = true
					f, err := fsys.Open(path)
					require.NoError(t, err)
					require.NoError(t, f.Truncate(int64(len(rest))))
					return f.Close()
				}
				require.Equal(t, texts, look(fsys), "cut before read %d", n)
			}
		})
	}
}
