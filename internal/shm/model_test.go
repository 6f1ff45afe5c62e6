package shm

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// period is that of the stream that the tests send: no divisor of anything here.
const period = 251

// stream has any piece of up to RingSize bytes of the stream.
var stream = func() []byte {
	b := make([]byte, period+RingSize)
	for i := range b {
		b[i] = byte(i % period)
	}
	return b
}()

// piece is what the stream has from a position on.
func piece(from, size int) []byte { return stream[from%period:][:size] }

// FuzzModel compares the ring with a buffer of its size: what is written comes out, in order and once, whatever the sizes
// and however often the ring goes round, and whoever sleeps is woken when it is time and not before. Of an operation the
// first byte says what is done, and in which unit the next two are its size.
func FuzzModel(f *testing.F) {
	f.Add([]byte{1, 0, 9, 6, 0, 4, 6, 0, 9}) // a little, in two reads
	f.Add([]byte{                            // who sleeps is woken: by the first byte, and when half is free
		4, 0, 0, 3, 0x66, 0x66, 3, 0x66, 0x66, 5, 0, 0, 6, 0x66, 0x66, 14, 0, 1, 14, 0, 1, 4, 0, 0, 5, 0, 0,
	})
	f.Add([]byte{4, 0, 0, 7, 0, 0, 1, 0, 1, 4, 0, 0, 6, 0, 0, 6, 0, 9}) // who takes it back is not; nor for nothing
	for seed := range byte(4) {
		ops := make([]byte, 3*250)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(ops)
		f.Add(ops)
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		w, r := pair()
		m := &ringModel{t: t, w: w, r: r}
		for ; len(ops) >= 3; ops = ops[3:] {
			m.step(int(ops[0]), int(ops[1])<<8|int(ops[2]))
		}
	})
}

// ringModel is a ring and what it should be.
type ringModel struct {
	t          *testing.T
	w          *Writer
	r          *Reader
	wrote, got int // positions in the stream

	readerWaits, writerWaits bool
}

func (m *ringModel) held() int { return m.wrote - m.got }

func (m *ringModel) step(op, size int) {
	units := [...]int{5, 1, 13, 5, 1}
	units3 := units[op/8%3:]
	switch op % 8 {
	case 0, 1, 2, 3:
		m.write(units3[:op%4], size)
	case 4:
		m.readerWaits = m.held() == 0
		require.Equal(m.t, !m.readerWaits, m.r.Wait())
	case 5:
		m.writerWaits = m.held() > RingSize/2
		require.Equal(m.t, !m.writerWaits, m.w.Wait())
	case 6:
		m.read(size * units3[0] % RingSize)
	case 7:
		m.readerWaits = false
		m.r.Awake()
	}
	require.Equal(m.t, m.held() == 0, m.r.Empty())
}

// write writes a buffer for each unit.
func (m *ringModel) write(units []int, size int) {
	var bufs [][]byte
	all := 0
	for _, unit := range units {
		bufs = append(bufs, piece(m.wrote+all, size*unit%(RingSize/2)))
		all += size * unit % (RingSize / 2)
	}
	n, wake, err := m.w.Writev(bufs)
	require.NoError(m.t, err)
	require.Equal(m.t, min(all, RingSize-m.held()), n)
	m.wrote += n
	require.Equal(m.t, n > 0 && m.readerWaits, wake)
	m.readerWaits = m.readerWaits && !wake
}

func (m *ringModel) read(size int) {
	got := make([]byte, size)
	n, wake, err := m.r.Read(got)
	require.NoError(m.t, err)
	require.Equal(m.t, min(size, m.held()), n)
	require.True(m.t, bytes.Equal(piece(m.got, n), got[:n]), "%d bytes from %d on", n, m.got)
	m.got += n
	require.Equal(m.t, n > 0 && m.writerWaits && m.held() <= RingSize/2, wake)
	m.writerWaits = m.writerWaits && !wake
}
