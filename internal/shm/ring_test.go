package shm

import (
	"bytes"
	"io"
	"math"
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
