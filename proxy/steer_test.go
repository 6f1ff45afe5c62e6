package proxy_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
)

// stream is a streamer between two peers over inproc, where a message that was sent has arrived.
type stream struct {
	*running
	push  *pipeline.Push
	front *pipeline.Pull
	back  *pipeline.Push
	pull  *pipeline.Pull
}

func newStream(t *testing.T, opts ...proxy.Option) *stream {
	t.Helper()
	s := unlinked(t, opts...)
	link(t, fresh("inproc"), s.back, s.pull)
	return s
}

// unlinked is newStream without the way from back to pull.
func unlinked(t *testing.T, opts ...proxy.Option) *stream {
	t.Helper()
	s := &stream{
		push: open(t, pipeline.NewPush), front: open(t, pipeline.NewPull),
		back: open(t, pipeline.NewPush), pull: open(t, pipeline.NewPull),
	}
	link(t, fresh("inproc"), s.front, s.push)
	s.running = start(t, proxy.NewStreamer(s.front, s.back, opts...))
	return s
}

// hold has the proxy take one message that it cannot pass on.
func (s *stream) hold(text string) {
	s.t.Helper()
	send(s.t, s.push, text)
	eventually(s.t, "the proxy to read", func() bool { return s.front.Stats().Pending == 0 })
}

func TestPause(t *testing.T) {
	s := newStream(t)
	send(t, s.push, "before")
	require.Equal(t, []string{"before"}, recv(t, s.pull))
	for range 3 {
		require.NoError(t, s.proxy.Pause(deadline(t)))
		require.True(t, s.proxy.Stats().Paused)
		send(t, s.push, "meanwhile")
		require.EqualValues(t, 1, s.front.Stats().Pending, "nobody reads")
		s.proxy.Resume()
		require.Equal(t, []string{"meanwhile"}, recv(t, s.pull))
		require.False(t, s.proxy.Stats().Paused)
	}
	s.stop()
	require.EqualValues(t, 4, s.proxy.Stats().Forward.Messages)
}

func TestPauseBeforeRun(t *testing.T) {
	push, front := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
	back, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
	link(t, fresh("inproc"), front, push)
	link(t, fresh("inproc"), back, pull)
	p := proxy.NewStreamer(front, back)
	require.NoError(t, p.Pause(deadline(t)))
	require.NoError(t, p.Pause(deadline(t)), "twice is once")
	r := start(t, p)
	send(t, push, "x")
	require.EqualValues(t, 1, front.Stats().Pending)
	p.Resume()
	require.Equal(t, []string{"x"}, recv(t, pull))
	r.stop()
}

// TestPauseWaits for what is in hand, and stands when it has waited for long enough.
func TestPauseWaits(t *testing.T) {
	s := unlinked(t)
	s.hold("first")
	require.ErrorIs(t, s.proxy.Pause(over()), context.Canceled)
	send(t, s.push, "second")
	paused := async(t, func() error { return s.proxy.Pause(deadline(t)) })
	link(t, fresh("inproc"), s.back, s.pull)
	require.Equal(t, []string{"first"}, recv(t, s.pull))
	paused()
	require.EqualValues(t, 1, s.front.Stats().Pending)
	s.proxy.Resume()
	require.Equal(t, []string{"second"}, recv(t, s.pull))
}

// TestResumeEndsPause also for one who still waits for it to begin.
func TestResumeEndsPause(t *testing.T) {
	s := unlinked(t)
	s.hold("x")
	paused := async(t, func() error { return s.proxy.Pause(deadline(t)) })
	eventually(t, "a pause", func() bool { return s.proxy.Stats().Paused })
	s.proxy.Resume()
	paused()
}

// TestPausesLoseNothing has a stream that is paused and resumed all the time.
func TestPausesLoseNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		front, back := open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		push, pull := open(t, pipeline.NewPush), open(t, pipeline.NewPull)
		link(t, fresh(), front, push)
		link(t, fresh(), back, pull)
		r := start(t, proxy.NewStreamer(front, back))
		ctx, cancel := context.WithCancel(deadline(t))
		pauses := async(t, func() error {
			for ctx.Err() == nil {
				if err := r.proxy.Pause(ctx); err != nil && ctx.Err() == nil {
					return err
				}
				r.proxy.Resume()
			}
			return nil
		})
		sent := async(t, func() error { return produce(deadline(t), push, many) })
		require.NoError(t, consume(deadline(t), pull, many))
		sent()
		cancel()
		pauses()
		r.stop()
		require.Equal(t, proxy.Flow{Messages: many, Bytes: sizeOf(many)}, r.proxy.Stats().Forward)
	})
}

// TestStopPassesOn what is in hand.
func TestStopPassesOn(t *testing.T) {
	s := unlinked(t)
	s.hold("first")
	require.Error(t, s.proxy.Pause(over()), "so that Stop need not come first")
	send(t, s.push, "second")
	stopped := async(t, func() error { return s.proxy.Stop(deadline(t)) })
	require.NoError(t, s.pull.Connect(bind(t, s.back)))
	stopped()
	require.NoError(t, s.end())
	require.Equal(t, []string{"first"}, recv(t, s.pull))
	require.EqualValues(t, 1, s.front.Stats().Pending, "the second was left")
}

func bind(t *testing.T, s sock) string {
	t.Helper()
	at, err := s.Bind(fresh("inproc"))
	require.NoError(t, err)
	return at
}

// TestStopCutsShort: what still waits when the context of Stop ends is dropped and counted.
func TestStopCutsShort(t *testing.T) {
	s := unlinked(t)
	s.hold("x")
	require.ErrorIs(t, s.proxy.Stop(over()), context.Canceled)
	require.NoError(t, s.end())
	require.Equal(t, proxy.Flow{Dropped: 1}, s.proxy.Stats().Forward)
	require.NoError(t, s.proxy.Stop(deadline(t)), "once more")
}

func TestStopWhilePaused(t *testing.T) {
	s := newStream(t)
	require.NoError(t, s.proxy.Pause(deadline(t)))
	s.stop()
}

func TestStopBeforeRun(t *testing.T) {
	p := proxy.NewStreamer(open(t, pipeline.NewPull), open(t, pipeline.NewPush))
	require.NoError(t, p.Stop(deadline(t)))
	require.NoError(t, p.Run(deadline(t)))
}

func TestRunsOnce(t *testing.T) {
	s := newStream(t)
	send(t, s.push, "x")
	require.Equal(t, []string{"x"}, recv(t, s.pull))
	require.ErrorIs(t, s.proxy.Run(deadline(t)), ringmq.ErrState)
	s.stop()
	require.ErrorIs(t, s.proxy.Run(deadline(t)), ringmq.ErrState)
}

// TestContextEnds: Run returns the cause, paused or not, and drops what still waits.
func TestContextEnds(t *testing.T) {
	cause := errors.New("enough")
	for _, paused := range []bool{false, true} {
		push, front, back := open(t, pipeline.NewPush), open(t, pipeline.NewPull), open(t, pipeline.NewPush)
		link(t, fresh("inproc"), front, push)
		p := proxy.NewStreamer(front, back)
		ctx, cancel := context.WithCancelCause(deadline(t))
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		send(t, push, "x")
		eventually(t, "the proxy to read", func() bool { return front.Stats().Pending == 0 })
		if paused {
			require.Error(t, p.Pause(over()))
		}
		cancel(cause)
		require.Equal(t, cause, <-ended)
		require.Equal(t, proxy.Flow{Dropped: 1}, p.Stats().Forward)
		require.NoError(t, p.Pause(deadline(t)))
		require.NoError(t, p.Stop(deadline(t)))
	}
}

// TestSocketCloses: the end of any socket ends Run, both directions, with an error that says which it was.
func TestSocketCloses(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func() string) {
		for _, side := range []proxy.Side{proxy.Frontend, proxy.Backend} {
			t.Run(string(side), func(t *testing.T) {
				front, back := open(t, reqrep.NewRouter), open(t, reqrep.NewDealer)
				client, worker := open(t, reqrep.NewDealer), open(t, reqrep.NewDealer)
				link(t, fresh(), front, client)
				link(t, fresh(), back, worker)
				r := start(t, proxy.New(front, back))
				send(t, client, "x")
				require.Len(t, recv(t, worker), 2)
				closing := map[proxy.Side]sock{proxy.Frontend: front, proxy.Backend: back}[side]
				err := closing.Close() // a message that was just sent need not have been written
				if u := (*ringmq.UnsentError)(nil); !errors.As(err, &u) {
					require.NoError(t, err)
				}
				r.requireEnd(side)
			})
		}
	})
}

// requireEnd waits for the end that the closing of a socket brings.
func (r *running) requireEnd(side proxy.Side) {
	r.t.Helper()
	err := r.end()
	var typed *proxy.Error
	require.ErrorAs(r.t, err, &typed)
	require.Equal(r.t, side, typed.Side)
	require.ErrorIs(r.t, err, ringmq.ErrClosed)
	require.ErrorContains(r.t, err, "proxy: "+string(side)+": ")
	require.NoError(r.t, r.proxy.Stop(deadline(r.t)))
}

// TestBlockedSocketCloses: the message that waits for it is counted.
func TestBlockedSocketCloses(t *testing.T) {
	s := unlinked(t)
	s.hold("x")
	require.NoError(t, s.back.Close())
	s.requireEnd(proxy.Backend)
	require.Equal(t, proxy.Flow{Dropped: 1}, s.proxy.Stats().Forward)
}
