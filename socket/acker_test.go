package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/delivery"
)

// TestAckerSparesAPeerThatDoesNotRead: as long as a peer has not read what it was told, nothing more is added to that; what
// there is to tell is kept as numbers, and told at once when it reads again.
func TestAckerSparesAPeerThatDoesNotRead(t *testing.T) {
	core, err := New(KindOf(PULL), func(*Core) Pattern { return Base{} }, WithAck())
	require.NoError(t, err)
	defer NewSocket(core).Close()
	a, err := newAcker(core) // one that no goroutine serves
	require.NoError(t, err)
	p := core.newPipe("tcp://test", true)
	a.begin(p, 8)
	a.announce(p, delivery.Seq{Sequence: 1, Producer: 1, Other: true, Deliveries: 1})
	receive := func(n int) {
		for range n {
			m := ringmq.NewString("m")
			_, verdict := a.arrive(p, &m)
			require.Equal(t, Enqueue, verdict)
			require.NoError(t, m.Ack())
		}
	}
	receive(3)
	p.ctl.pending.Store(maxAckBacklog + 1)
	require.Empty(t, a.collect(false))
	receive(1000)
	require.Empty(t, a.collect(false))
	require.Len(t, a.some, 1, "it is going to be tried again")
	p.ctl.pending.Store(maxAckBacklog)
	notes := a.collect(false)
	require.Len(t, notes, 1)
	require.Equal(t, delivery.Report{Upto: 1003}, notes[0].report)
	require.Empty(t, a.collect(true), "everything is said")
	receive(1)
	p.ctl.pending.Store(maxAckBacklog + 1)
	require.Len(t, a.collect(true), 1, "the last words are said in any case")
}

// TestReportOfAnEarlierConnection is not said to the peer of the next one.
func TestReportOfAnEarlierConnection(t *testing.T) {
	core, err := New(KindOf(PULL), func(*Core) Pattern { return Base{} }, WithAck())
	require.NoError(t, err)
	defer NewSocket(core).Close()
	a := core.acker
	p := core.newPipe("tcp://test", false)
	for range 2 {
		a.begin(p, 8)
		a.announce(p, delivery.Seq{Sequence: 1, Producer: 1, Other: true, Deliveries: 1})
		a.mu.Lock()
		n := note{p, a.intakes[p], delivery.Report{Upto: 1}}
		a.mu.Unlock()
		a.end(p)
		a.begin(p, 8)
		a.say(&n)
		require.Zero(t, p.ctl.pending.Load())
	}
}

// TestCopiesAreBounded: of a message that the program has not taken yet, the copies beyond a few are refused.
func TestCopiesAreBounded(t *testing.T) {
	core, err := New(KindOf(PULL), func(*Core) Pattern { return Base{} }, WithAck())
	require.NoError(t, err)
	defer NewSocket(core).Close()
	a, err := newAcker(core)
	require.NoError(t, err)
	p := core.newPipe("tcp://test", true)
	a.begin(p, 8)
	var first ringmq.Message
	for i := range maxCopies + 3 {
		a.announce(p, delivery.Seq{Sequence: 1, Producer: 1, Other: true, Deliveries: 1})
		m := ringmq.NewString("m")
		_, verdict := a.arrive(p, &m)
		if i == 0 {
			require.Equal(t, Enqueue, verdict)
			first = m
		} else {
			require.Equal(t, Discard, verdict)
		}
	}
	refused := []delivery.Refusal{{Number: maxCopies + 2, Delay: copyDelay}, {Number: maxCopies + 3, Delay: copyDelay}}
	require.Equal(t, refused, a.collect(true)[0].report.Refused)
	require.NoError(t, first.Ack())
	require.Equal(t, delivery.Report{Upto: maxCopies + 3}, a.collect(true)[0].report)
}

// TestRequestsThatComeAgain: a REP is not given a request that it has, or is going to have, as long as its reply finds the
// requester; after that it is.
func TestRequestsThatComeAgain(t *testing.T) {
	core, err := New(KindOf(REP), func(*Core) Pattern { return Base{} }, WithAck())
	require.NoError(t, err)
	defer NewSocket(core).Close()
	a := core.acker
	p, q := core.newPipe("tcp://test", true), core.newPipe("tcp://test", false)
	arrive := func(on *Pipe) (m ringmq.Message, v Verdict) {
		a.announceLocal(on, delivery.Seq{Sequence: 1, Producer: 1, Other: true, Deliveries: 1}, true)
		m = ringmq.NewString("m")
		_, v = a.arrive(on, &m)
		return m, v
	}
	first, verdict := arrive(p)
	require.Equal(t, Enqueue, verdict)
	for range maxCopies + 1 {
		_, verdict = arrive(p)
		require.Equal(t, Discard, verdict, "it is in the queue")
	}
	require.False(t, core.Stale(&first))
	_, verdict = arrive(q)
	require.Equal(t, Discard, verdict, "the program has it")
	require.NoError(t, first.Ack())
	require.False(t, core.Refused(first.Ticket()), "a REP acknowledges by its reply")
	a.end(p)
	second, verdict := arrive(q)
	require.Equal(t, Enqueue, verdict, "the requester cannot be replied to where it came from first")
	a.end(q) // which Connect made: what has arrived stays in the queue
	third, verdict := arrive(q)
	require.Equal(t, Enqueue, verdict)
	require.True(t, core.Stale(&second), "the copy that can be replied to is taken in its place")
	require.False(t, core.Stale(&third))
	core.Replied(third.Ticket())
	_, verdict = arrive(q)
	require.Equal(t, Enqueue, verdict, "it comes again, and so the reply was lost")
	require.Empty(t, a.collect(true), "the reply is the acknowledgement")
}
