package spool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq/spool/internal/vfstest"
)

// story is what a test has done with a spool until the disk stopped, and what it was told.
type story struct {
	added, refused []string
	acked          map[uint64]bool // told that it is acknowledged, and committed
	tried          map[uint64]bool // acknowledged, perhaps
	dead           map[uint64]bool // told that it is a dead letter
}

// tell plays the story: messages are appended, delivered, acknowledged out of order, given up, requeued.
func (y *story) tell(fsys *vfstest.FS) (err error) {
	y.acked, y.tried, y.dead = map[uint64]bool{}, map[uint64]bool{}, map[uint64]bool{}
	s, err := Open(dir, withFS(fsys), WithSegmentSize(MinSegmentSize), WithRetention(Retention{Bytes: 1 << 40}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c, err := s.Consumer("c", ConsumerOptions{})
	if err != nil {
		return err
	}
	for i := range 20 {
		text := fmt.Sprintf("message %d", i+1)
		if _, err := s.Append(context.Background(), Entry{Message: textMessage(text)}); err != nil {
			y.refused = append(y.refused, text)
			return err
		}
		y.added = append(y.added, text)
		d, err := c.TryNext()
		if err != nil {
			return err
		}
		if err := y.handle(s, c, d); err != nil {
			return err
		}
	}
	return nil
}

func (y *story) handle(s *Spool, c *Consumer, d Delivery) error {
	switch d.Sequence % 5 {
	case 1:
		return nil // stays in flight
	case 2:
		y.tried[d.Sequence] = true
		if err := c.Reject(d.Sequence, "no"); err != nil {
			return err
		}
		y.dead[d.Sequence] = true
		return nil
	}
	y.tried[d.Sequence] = true
	if err := c.Ack(Range{d.Sequence, d.Sequence}); err != nil {
		return err
	}
	if err := s.Commit(); err != nil {
		return err
	}
	y.acked[d.Sequence] = true
	return nil
}

// check holds what a spool has against the story.
func (y *story) check(t *testing.T, fsys *vfstest.FS, at string) {
	t.Helper()
	s, err := Open(dir, withFS(fsys), WithSegmentSize(MinSegmentSize), WithRetention(Retention{Bytes: 1 << 40}))
	require.NoError(t, err, at)
	defer func() { require.NoError(t, s.Close(), at) }()
	all := append(append([]string(nil), y.added...), y.refused...)
	n := 0
	for r, err := range s.Records(FromOldest()) {
		require.NoError(t, err, at)
		require.Less(t, n, len(all), at)
		require.Equal(t, all[n], string(r.Message.Frame(0)), at)
		n++
	}
	require.GreaterOrEqual(t, n, len(y.added), at)

	c, err := s.Consumer("c", ConsumerOptions{})
	require.NoError(t, err, at)
	come := map[uint64]bool{}
	for {
		d, err := c.TryNext()
		if errors.Is(err, ErrEnd) {
			break
		}
		require.NoError(t, err, at)
		come[d.Sequence] = true
	}
	dead := map[uint64]bool{}
	letters, err := s.DeadLetters()
	require.NoError(t, err, at)
	for letter, err := range letters.All() {
		require.NoError(t, err, at)
		require.Equal(t, all[letter.Was-1], string(letter.Message.Frame(0)), at)
		dead[letter.Was] = true
	}
	for sequence := uint64(1); sequence <= uint64(n); sequence++ {
		require.False(t, y.acked[sequence] && come[sequence], "%s: %d comes again", at, sequence)
		require.False(t, y.dead[sequence] && !dead[sequence], "%s: dead letter %d is lost", at, sequence)
		if !come[sequence] && !dead[sequence] {
			require.True(t, y.tried[sequence], "%s: %d is lost", at, sequence)
		}
	}
}

func TestCrashBetweenAnyTwoOperations(t *testing.T) {
	for n := 0; ; n++ {
		fsys := vfstest.New()
		fsys.Fail = vfstest.After(n, vfstest.ErrCrashed)
		var y story
		if err := y.tell(fsys); err == nil {
			require.Greater(t, n, 100)
			return
		} else {
			require.ErrorIs(t, err, vfstest.ErrCrashed)
		}
		y.check(t, fsys.Crash(nil), fmt.Sprintf("operation %d, nothing else got there", n))
		y.check(t, fsys.Kill(), fmt.Sprintf("operation %d, everything got there", n))
		for seed := range uint64(5) {
			y.check(t, fsys.Crash(rand.New(rand.NewPCG(seed, uint64(n)))), fmt.Sprintf("operation %d, seed %d", n, seed))
		}
	}
}

// TestFlippedBit flips a bit at every byte of a spool with all its parts: everything is there, or damage is reported.
func TestFlippedBit(t *testing.T) {
	fsys := vfstest.New()
	var y story
	require.NoError(t, y.tell(fsys))
	for _, path := range fsys.Paths() {
		pristine, _ := fsys.Bytes(path)
		for off := range pristine {
			if testing.Short() && off%7 != 0 {
				continue
			}
			damaged := fsys.Clone()
			b, _ := damaged.Bytes(path)
			b[off] ^= 1 << (off % 8)
			y.checkDamaged(t, damaged, fmt.Sprintf("%s, byte %d", path, off))
		}
	}
}

func (y *story) checkDamaged(t *testing.T, fsys *vfstest.FS, at string) {
	t.Helper()
	v := surveyor{ctx: t.Context(), fs: fsys, dir: dir}
	require.NoError(t, v.all(), at)
	if len(v.found.Damage) > 0 {
		for _, e := range v.found.Damage {
			require.True(t, strings.HasPrefix(e.Segment, dir), at)
		}
		return
	}
	require.LessOrEqual(t, len(v.found.Torn), 1, at)
	if len(v.found.Torn) == 0 {
		y.check(t, fsys, at)
	}
}
