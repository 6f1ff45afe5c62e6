package socket

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzMailbox compares a mailbox with a plain model, whatever the order in which its two sides call it. Of the input the
// first byte is the mark, or 0, and the second says whether there is a pipe at the receiving end. Then a byte below 64
// pushes so many messages and one more, as far as there is room, and one above 127 takes so many less 128; of those
// between, the last two bits choose publish, rest, pause or roomAgain.
func FuzzMailbox(f *testing.F) {
	const publish, rest, pause, roomAgain, take = 64, 65, 66, 67, 128
	f.Add([]byte{0, 0, 3, publish, rest, take + 4, rest, publish, 0, publish})
	f.Add([]byte{0, 1, 3, publish, rest, take + 4, rest, publish, 0, publish})
	f.Add([]byte{2, 0, 1, publish, pause, roomAgain, take + 1, roomAgain, roomAgain, 0, pause, publish, take + 2, roomAgain})
	f.Add([]byte{200, 0, 63, 63, 63, 63, pause, publish, take + 99, roomAgain, take + 5, roomAgain, pause, take + 120, rest})
	f.Add([]byte{16, 1, 15, pause, publish, take + 7, roomAgain, take + 1, roomAgain, take + 1, roomAgain, take + 1, roomAgain})
	f.Add([]byte{8, 0, pause, roomAgain, 0, pause, publish, take + 1, pause}) // there is room all the time
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) < 2 {
			return
		}
		m := newMailModel(t, int(ops[0]), ops[1]%2 == 0)
		for _, op := range ops[2:] {
			m.step(op)
		}
		m.finish()
	})
}

// mailModel is a mailbox and what it should hold.
type mailModel struct {
	t    *testing.T
	b    *mailbox
	core *Core // nil if there is no pipe at the receiving end
	hwm  int
	lag  int // by how much the writer may believe that more is held

	pushed, visible, taken int
	active, paused         bool
}

func newMailModel(t *testing.T, hwm int, piped bool) *mailModel {
	m := &mailModel{t: t, hwm: hwm, lag: maxLag}
	if hwm > 0 {
		m.lag = min(maxLag, hwm/8)
	}
	if piped {
		m.core = newReceiving(hwm)
		m.b = m.core.newPipe("", true).in
		return m
	}
	m.b = newMailbox(nil, hwm)
	m.b.bell = make(chan struct{}, 1)
	return m
}

func (m *mailModel) step(op byte) {
	switch {
	case op < 64:
		for range min(int(op)+1, m.room()) {
			msg := numberedMessage(0, m.pushed)
			m.b.q.Push(msg)
			m.pushed++
		}
	case op >= 128:
		for range op - 128 {
			m.take()
		}
	case op%4 == 0:
		m.publish()
	case op%4 == 1:
		m.rest()
	case op%4 == 2:
		m.pause()
	default:
		m.roomAgain()
	}
	require.Equal(m.t, m.active, m.b.active.Load())
	require.Equal(m.t, m.paused, m.b.paused.Load())
	require.True(m.t, m.active || m.visible == m.taken, "nobody would come for %d messages", m.visible-m.taken)
}

// room may be short by the lag, and never promises more than there is.
func (m *mailModel) room() int {
	room, most := m.b.room(), math.MaxInt
	if m.hwm > 0 {
		most = m.hwm - (m.pushed - m.taken)
		require.GreaterOrEqual(m.t, room, most-m.lag)
	}
	require.LessOrEqual(m.t, room, most)
	require.GreaterOrEqual(m.t, room, 0)
	return room
}

func (m *mailModel) take() {
	msg, ok := m.b.q.Pop()
	require.Equal(m.t, m.taken < m.visible, ok)
	if ok {
		_, n := numbersOf(msg)
		require.Equal(m.t, m.taken, n)
		m.taken++
	}
}

// publish tells the receiver once, until it rests.
func (m *mailModel) publish() {
	m.b.publish()
	m.visible = m.pushed
	told := 0
	if m.core != nil {
		told = len(m.core.inbox)
		m.core.takeInbox()
	} else if len(m.b.bell) > 0 {
		<-m.b.bell
		told = 1
	}
	require.Equal(m.t, !m.active, told == 1, "told %d times", told)
	m.active = true
}

func (m *mailModel) rest() {
	m.active = m.visible > m.taken
	require.Equal(m.t, !m.active, m.b.rest())
}

// half tells whether n messages, or the lag more, are half of the mark at the most: surely, or perhaps.
func (m *mailModel) half(n int) (surely, perhaps bool) {
	return m.hwm == 0 || n+m.lag <= m.hwm/2, m.hwm == 0 || n <= m.hwm/2
}

func (m *mailModel) pause() {
	surely, perhaps := m.half(m.pushed - m.taken)
	m.paused = m.b.pause()
	require.True(m.t, !m.paused || !surely, "the writer waits for what it has")
	require.True(m.t, m.paused || perhaps, "the writer goes on without room")
}

func (m *mailModel) roomAgain() {
	surely, perhaps := m.half(m.visible - m.taken)
	again := m.b.roomAgain()
	require.True(m.t, !again || m.paused && perhaps, "the writer is told of no room, or twice")
	require.True(m.t, again || !m.paused || !surely, "the writer is not told")
	m.paused = m.paused && !again
}

// finish takes everything: who finds nothing left knows exactly how much room there is.
func (m *mailModel) finish() {
	m.publish()
	for m.taken < m.visible {
		m.take()
	}
	require.Nil(m.t, m.b.q.Peek())
	m.lag = 0
	m.roomAgain()
	require.False(m.t, m.b.paused.Load(), "the writer waits for ever")
	m.room()
	m.rest()
	require.False(m.t, m.b.active.Load())
}
