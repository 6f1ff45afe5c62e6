package shm

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a side may sleep before the test says that nobody will wake it.
const patience = 20 * time.Second

// TestRingStress joins a writer and a reader that run at once and sleep whenever they may, with pieces of several sizes.
// Legal outcomes:
//
//   - the reader sees every byte once and in order, and none before it was given to Writev;
//   - what was taken by Writev and is not read is never more than the ring holds;
//   - a side is woken at most once for each time that it said it would sleep, and at least once for each that it slept:
//     the one too many is a wake-up that crossed a Wait that found what it wanted;
//   - nobody sleeps for ever.
func TestRingStress(t *testing.T) {
	for _, c := range []struct{ total, write, buffers, read int }{
		{50_000, 1, 1, 1},
		{4 << 20, 9000, 1, 7000},
		{4 << 20, 70_000, 3, 3000},        // the writer waits for room
		{4 << 20, 500, 2, RingSize},       // the reader waits for bytes
		{16 << 20, RingSize, 2, RingSize}, // all of the ring at once
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			w, r := pair()
			s := &stress{w: w, r: r, total: c.total, data: newSleeper(), room: newSleeper()}
			errs := make(chan error, 2)
			var wg sync.WaitGroup
			wg.Go(func() { errs <- s.write(c.write, c.buffers) })
			wg.Go(func() { errs <- s.read(c.read) })
			wg.Wait()
			require.NoError(t, <-errs)
			require.NoError(t, <-errs)
			require.True(t, r.Empty())
			s.data.requireLegal(t)
			s.room.requireLegal(t)
		})
	}
}

type stress struct {
	w          *Writer
	r          *Reader
	total      int
	given      atomic.Int64 // bytes that Writev was called with, at the most
	asked      atomic.Int64 // bytes that Read may have taken, at the most
	data, room *sleeper
}

func (s *stress) write(most, buffers int) error {
	for sent := 0; sent < s.total; {
		var bufs [][]byte
		size := 0
		for i := range buffers {
			n := min(1+(sent+i*most/3)%most, s.total-sent-size)
			bufs = append(bufs, piece(sent+size, n))
			size += n
		}
		s.given.Store(int64(sent + size))
		n, wake, err := s.w.Writev(bufs)
		if err != nil {
			return err
		}
		if n > size {
			return fmt.Errorf("%d bytes of %d written", n, size)
		}
		sent += n
		if held := int64(sent) - s.asked.Load(); held > RingSize {
			return fmt.Errorf("%d bytes in the ring", held)
		}
		if wake {
			s.data.ring()
		}
		if n == 0 && !s.room.sleep(s.w.Wait) {
			return fmt.Errorf("the writer sleeps for ever, after %d bytes", sent)
		}
	}
	return nil
}

func (s *stress) read(most int) error {
	p := make([]byte, most)
	for got := 0; got < s.total; {
		s.asked.Store(int64(got + len(p)))
		n, wake, err := s.r.Read(p)
		if err != nil {
			return err
		}
		if !bytes.Equal(piece(got, n), p[:n]) {
			return fmt.Errorf("other bytes from %d on, among %d", got, n)
		}
		got += n
		if given := s.given.Load(); int64(got) > given {
			return fmt.Errorf("%d bytes read of %d that were written", got, given)
		}
		if wake {
			s.room.ring()
		}
		if n == 0 && !s.data.sleep(s.r.Wait) {
			return fmt.Errorf("the reader sleeps for ever, after %d bytes", got)
		}
	}
	return nil
}

// sleeper is how one side sleeps and the other wakes it, and the tally of both.
type sleeper struct {
	bell        chan struct{}
	said, slept int // the sleeper's
	rung        int // the other side's
}

func newSleeper() *sleeper { return &sleeper{bell: make(chan struct{}, 1)} }

func (s *sleeper) ring() {
	s.rung++
	select {
	case s.bell <- struct{}{}:
	default: // one that crossed a Wait is still there, and will do
	}
}

// sleep says that it will sleep, and does so unless there is no need to. It returns false if nobody wakes it.
func (s *sleeper) sleep(wait func() bool) bool {
	s.said++
	runtime.Gosched() // so that what it waits for comes between its last look and the Wait
	if wait() {
		return true
	}
	select {
	case <-s.bell:
		s.slept++
		return true
	case <-time.After(patience):
		return false
	}
}

func (s *sleeper) requireLegal(t *testing.T) {
	t.Helper()
	require.LessOrEqual(t, s.slept, s.rung)
	require.LessOrEqual(t, s.rung, s.said)
}
