package shm

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// pair is a ring in ordinary memory.
func pair() (*Writer, *Reader) {
	a, b := sides()
	return &a.out, &b.in
}

type side struct {
	in  Reader
	out Writer
}

// sides are the two of a segment in ordinary memory.
func sides() (first, second *side) {
	mem := make([]byte, Size)
	first, second = new(side), new(side)
	open(mem, true, &first.in, &first.out)
	open(mem, false, &second.in, &second.out)
	return first, second
}

func TestRingsOfASegmentCross(t *testing.T) {
	a, b := sides()
	for _, way := range []struct {
		w    *Writer
		r    *Reader
		text string
	}{{&a.out, &b.in, "from the first"}, {&b.out, &a.in, "from the second"}} {
		n, _, err := way.w.Writev([][]byte{[]byte(way.text)})
		require.NoError(t, err)
		require.Equal(t, len(way.text), n)
		got := make([]byte, 100)
		n, _, err = way.r.Read(got)
		require.NoError(t, err)
		require.Equal(t, way.text, string(got[:n]))
	}
}

// What is written comes out, in order and once, whatever the sizes and however often the ring goes round.
func TestRingAgainstABuffer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	w, r := pair()
	var model bytes.Buffer
	next := byte(0)
	for range 1_000 {
		if rng.IntN(2) == 0 {
			bufs := make([][]byte, rng.IntN(4))
			for i := range bufs {
				bufs[i] = make([]byte, rng.IntN(RingSize/3))
				for j := range bufs[i] {
					bufs[i][j] = next
					next += 7
				}
			}
			all := bytes.Join(bufs, nil)
			n, _, err := w.Writev(bufs)
			require.NoError(t, err)
			require.Equal(t, min(len(all), RingSize-model.Len()), n)
			model.Write(all[:n])
			next -= byte(7 * (len(all) - n))
			continue
		}
		got := make([]byte, rng.IntN(RingSize/2))
		n, _, err := r.Read(got)
		require.NoError(t, err)
		want := model.Next(n)
		require.True(t, bytes.Equal(want, got[:n]))
		require.Equal(t, model.Len() == 0, r.Empty())
	}
}

func TestWhoSleepsIsWoken(t *testing.T) {
	w, r := pair()
	require.False(t, r.Wait())
	_, wake, err := w.Writev([][]byte{{1}})
	require.NoError(t, err)
	require.True(t, wake)
	_, wake, err = w.Writev([][]byte{{2}})
	require.NoError(t, err)
	require.False(t, wake, "once is enough")
	require.True(t, r.Wait(), "there is something already")

	r.Awake()
	n, wake, err := w.Writev([][]byte{make([]byte, 2*RingSize)})
	require.NoError(t, err)
	require.False(t, wake, "the reader does not sleep")
	require.Equal(t, RingSize-2, n)
	require.False(t, w.Wait())
	_, wake, err = r.Read(make([]byte, RingSize/2-1))
	require.NoError(t, err)
	require.False(t, wake, "not half of it is free")
	_, wake, err = r.Read(make([]byte, 1))
	require.NoError(t, err)
	require.True(t, wake)
	require.True(t, w.Wait(), "there is room already")
}

// Two goroutines that sleep whenever they may pass everything on: no wake-up is lost.
func TestRingBetweenGoroutines(t *testing.T) {
	const total = 4 << 20
	w, r := pair()
	data, room := make(chan struct{}, 1), make(chan struct{}, 1)
	ring := func(c chan struct{}) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	failed := make(chan error, 1)
	go func() {
		b := make([]byte, 10_000)
		for i := range b {
			b[i] = byte(i % 251)
		}
		for sent := 0; sent < total; {
			from := sent % 251
			n, wake, err := w.Writev([][]byte{b[from:min(from+1+sent%9000, from+total-sent)]})
			if sent += n; wake {
				ring(data)
			}
			if n == 0 && err == nil && !w.Wait() {
				<-room
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	got, p := 0, make([]byte, 7000)
	for got < total {
		n, wake, err := r.Read(p)
		require.NoError(t, err)
		for i, b := range p[:n] {
			if b != byte((got+i)%251) {
				require.Equal(t, byte((got+i)%251), b, "byte %d", got+i)
			}
		}
		if got += n; wake {
			ring(room)
		}
		if n == 0 && !r.Wait() {
			<-data
		}
	}
	require.NoError(t, <-failed)
}

// A peer that scribbles in the words that are shared is found out, or gets nonsense; it never gets further.
func TestHostileWords(t *testing.T) {
	for _, word := range []uint64{RingSize + 1, RingSize * 2, math.MaxUint64, math.MaxUint64 - RingSize, 1 << 63} {
		_, r := pair()
		r.c.head.Store(word)
		_, _, err := r.Read(make([]byte, 10))
		require.ErrorIs(t, err, ErrCorrupt)
		require.True(t, r.Wait(), "nobody sleeps on it")

		w, _ := pair()
		_, _, err = w.Writev([][]byte{make([]byte, RingSize)})
		require.NoError(t, err)
		w.c.tail.Store(word)
		_, _, err = w.Writev([][]byte{{1}})
		require.ErrorIs(t, err, ErrCorrupt)
	}
}

func FuzzHostileRing(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 255, 254, 0, 0, 9})
	f.Add(bytes.Repeat([]byte{7, 200, 3}, 50))
	f.Fuzz(func(t *testing.T, ops []byte) {
		w, r := pair()
		in := bytes.NewReader(ops)
		for op, err := in.ReadByte(); err == nil; op, err = in.ReadByte() {
			var word [8]byte
			_, _ = io.ReadFull(in, word[:1+op%8])
			v := uint64(word[0]) | uint64(word[1])<<10 | uint64(word[2])<<20 | uint64(word[7])<<56
			switch op % 6 {
			case 0:
				w.c.head.Store(v)
			case 1:
				w.c.tail.Store(v)
			case 2:
				n, _, err := w.Writev([][]byte{make([]byte, v%(2*RingSize))})
				require.LessOrEqual(t, n, RingSize)
				require.True(t, err == nil || err == ErrCorrupt)
			case 3:
				p := make([]byte, v%(2*RingSize))
				n, _, err := r.Read(p)
				require.LessOrEqual(t, n, min(len(p), RingSize))
				require.True(t, err == nil || err == ErrCorrupt)
			case 4:
				r.Wait()
			case 5:
				w.Wait()
			}
		}
	})
}
