package socket

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzTask compares a task with a plain model, whatever the order of the calls: one call for each byte, as its users make
// them. A loop begins no more often than it was asked to, and only who holds the task gives it up.
func FuzzTask(f *testing.F) {
	const wake, unblock, begin, tryBegin, claim, take, seize, end, block, watch, over, start = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	f.Add([]byte{wake, wake, begin, wake, end, end, end, tryBegin, block, wake, unblock, begin, watch, claim, end})
	f.Add([]byte{wake, seize, end, begin, wake, seize, end, wake, begin, end, begin}) // what was posted is seized
	f.Add([]byte{tryBegin, unblock, block, block, take, watch, wake, begin, watch, take, watch, tryBegin, seize, over})
	f.Add([]byte{seize, over, wake, unblock, begin, tryBegin, claim, take, seize, end})
	f.Add([]byte{start, start, end, end, tryBegin, watch, start, block, start, unblock, start, begin, over, start})
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := &taskModel{t: t}
		for _, op := range ops {
			m.step(op % 12)
		}
	})
}

// taskModel is a task, what is known of it, and the work that it is about.
type taskModel struct {
	t *testing.T
	k task

	held, again   bool // somebody works; and was told meanwhile that there is more
	posted        bool // a loop is to begin
	waits         bool // for an unblock
	watched, over bool

	begins      int // that loops still owe
	added, seen int // pieces of work, and how many of them a holder has found
}

func (m *taskModel) step(op byte) {
	free := !m.held && !m.posted && !m.over
	switch {
	case op == 0:
		m.call(m.k.wake, free && !m.waits)
	case op == 1:
		m.call(m.k.unblock, free)
	case op == 2 && m.begins > 0:
		m.begins--
		m.enter(m.k.begin(), m.posted)
	case op == 3:
		m.enter(m.k.tryBegin(), free && !m.waits && !m.watched)
	case op == 4:
		m.enter(m.k.claim(), m.watched)
	case op == 5:
		m.enter(m.k.take(), free)
	case op == 6:
		done, ok := m.k.trySeize()
		require.Equal(m.t, !m.held, done, "it waits for who is at work, and for nobody else")
		m.enter(ok, !m.held && !m.over)
	case op == 7 && m.held:
		m.leave(m.k.end())
	case op == 8 && m.held:
		m.waits = m.leave(m.k.block())
	case op == 9 && m.held:
		m.watched = m.leave(m.k.watch())
	case op == 11:
		m.added++
		begun := m.k.start()
		m.again = m.again || m.held
		m.enter(begun, free && !m.waits)
	case op == 10 && m.held:
		m.k.state.Store(taskOver)
		m.held, m.again, m.over = false, false, true
	}
	m.requireNothingLost()
}

// call adds a piece of work and says so. posts: a loop is to begin.
func (m *taskModel) call(wake func() bool, posts bool) {
	m.added++
	require.Equal(m.t, posts, wake())
	m.again = m.again || m.held
	if posts {
		m.begins++
		m.posted, m.waits, m.watched = true, false, false
	}
}

// enter is for who takes the task up, or not: then it finds all that there is to do.
func (m *taskModel) enter(entered, want bool) {
	require.Equal(m.t, want, entered)
	if entered {
		m.held, m.posted, m.waits, m.watched = true, false, false, false
		m.seen = m.added
	}
}

// leave is for who gives the task up, or finds that there is more to do.
func (m *taskModel) leave(left bool) bool {
	require.Equal(m.t, !m.again, left)
	if m.again {
		m.seen = m.added
	}
	m.held, m.again = !left, false
	return left
}

// requireNothingLost: what nobody has found yet is somebody's business: the holder's, who was told, a loop's, which will
// begin, or that of the unblock that the task waits for.
func (m *taskModel) requireNothingLost() {
	if m.posted {
		require.Positive(m.t, m.begins, "nobody will begin")
	}
	if m.seen < m.added {
		require.True(m.t, m.held && m.again || m.posted || m.waits || m.over, "a wake was lost")
	}
	require.Equal(m.t, m.name(), stateNames[m.k.state.Load()])
}

func (m *taskModel) name() string {
	switch {
	case m.over:
		return "over"
	case m.held && m.again:
		return "notified"
	case m.held:
		return "running"
	case m.posted:
		return "scheduled"
	case m.waits:
		return "blocked"
	case m.watched:
		return "watched"
	}
	return "idle"
}
