package inproc

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/transport"
)

// mustBind binds addr to a function that appends to the returned list.
func mustBind(t *testing.T, tr *Transport, addr string) (accepted *[]any, unbind func()) {
	accepted = new([]any)
	bound, unbind, err := tr.Bind(addr, func(peer any) { *accepted = append(*accepted, peer) })
	require.NoError(t, err)
	require.Equal(t, "inproc://"+addr, bound)
	return accepted, unbind
}

func mustConnect(t *testing.T, tr *Transport, addr string, peer any) (cancel func() bool) {
	cancel, err := tr.Connect(addr, peer)
	require.NoError(t, err)
	return cancel
}

func TestRegistered(t *testing.T) {
	tr, scheme, addr, err := transport.Lookup("inproc://a name/with://anything*")
	require.NoError(t, err)
	require.Equal(t, Scheme, scheme)
	require.Equal(t, "a name/with://anything*", addr)
	require.Implements(t, (*transport.Local)(nil), tr)
	require.NoError(t, tr.ValidateBind(addr))
	require.NoError(t, tr.ValidateConnect(addr))
}

func TestEmptyName(t *testing.T) {
	tr := New()
	require.ErrorIs(t, tr.ValidateBind(""), ringmq.ErrInvalidEndpoint)
	require.ErrorIs(t, tr.ValidateConnect(""), ringmq.ErrInvalidEndpoint)
	_, _, err := tr.Bind("", func(any) {})
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	_, err = tr.Connect("", 1)
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
}

func TestBindThenConnect(t *testing.T) {
	tr := New()
	accepted, _ := mustBind(t, tr, "a")
	cancel := mustConnect(t, tr, "a", 1)
	require.Equal(t, []any{1}, *accepted, "before Connect returns")
	require.False(t, cancel())
}

func TestConnectThenBind(t *testing.T) {
	const waiters = 1000
	tr := New()
	var want []any
	for i := range waiters {
		mustConnect(t, tr, "a", i)
		want = append(want, i)
	}
	accepted, _ := mustBind(t, tr, "a")
	require.Equal(t, want, *accepted, "in order, before Bind returns")
	mustConnect(t, tr, "a", "late")
	require.Equal(t, append(want, "late"), *accepted)
}

func TestNamesAreApart(t *testing.T) {
	tr := New()
	a, _ := mustBind(t, tr, "a")
	mustConnect(t, tr, "A", 1)
	mustConnect(t, tr, "b", 2)
	require.Empty(t, *a)
	b, _ := mustBind(t, tr, "b")
	require.Equal(t, []any{2}, *b)
}

func TestDuplicateBind(t *testing.T) {
	tr := New()
	first, unbind := mustBind(t, tr, "a")
	_, _, err := tr.Bind("a", func(any) { t.Error("accepted by the loser") })
	require.ErrorIs(t, err, ringmq.ErrAddrInUse)
	e, ok := errors.AsType[*ringmq.Error](err)
	require.True(t, ok)
	require.Equal(t, "inproc://a", e.Endpoint)
	mustConnect(t, tr, "a", 1)
	require.Equal(t, []any{1}, *first)

	unbind()
	second, _ := mustBind(t, tr, "a")
	unbind() // again: not the second binding's
	mustConnect(t, tr, "a", 2)
	require.Equal(t, []any{1}, *first)
	require.Equal(t, []any{2}, *second)
}

func TestUnbindLetsPeersWait(t *testing.T) {
	tr := New()
	first, unbind := mustBind(t, tr, "a")
	unbind()
	mustConnect(t, tr, "a", 1)
	require.Empty(t, *first)
	second, _ := mustBind(t, tr, "a")
	require.Equal(t, []any{1}, *second)
}

func TestCancel(t *testing.T) {
	tr := New()
	var cancels []func() bool
	for i := range 4 {
		cancels = append(cancels, mustConnect(t, tr, "a", i))
	}
	require.True(t, cancels[1]())
	require.False(t, cancels[1](), "a second time")
	require.True(t, cancels[3]())
	accepted, _ := mustBind(t, tr, "a")
	require.Equal(t, []any{0, 2}, *accepted)
	require.False(t, cancels[0](), "accepted")
}

func TestNothingIsKept(t *testing.T) {
	tr := New()
	_, unbind := mustBind(t, tr, "a")
	unbind()
	cancel := mustConnect(t, tr, "b", 1)
	require.True(t, cancel())
	require.Empty(t, tr.names.byName)
}

// accept may use the transport: no lock is held while it runs.
func TestAcceptMayCallBack(t *testing.T) {
	tr := New()
	var accepted []any
	accept := func(peer any) {
		accepted = append(accepted, peer)
		if n := peer.(int); n < 3 {
			_, err := tr.Connect("a", n+1) // for itself
			require.NoError(t, err)
			_, _, err = tr.Bind(fmt.Sprint("other", len(accepted)), func(any) {})
			require.NoError(t, err)
			_, _, err = tr.Bind("a", func(any) {})
			require.ErrorIs(t, err, ringmq.ErrAddrInUse)
		}
	}
	mustConnect(t, tr, "a", 0)
	_, _, err := tr.Bind("a", accept)
	require.NoError(t, err)
	require.Equal(t, []any{0, 1, 2, 3}, accepted)
	mustConnect(t, tr, "a", 2)
	require.Equal(t, []any{0, 1, 2, 3, 2, 3}, accepted)
}

// While Bind hands over those who waited, a newcomer goes to the end of the queue.
func TestConnectWhileAdmitting(t *testing.T) {
	tr := New()
	inFirst, goOn := make(chan struct{}), make(chan struct{})
	var accepted []any
	mustConnect(t, tr, "a", 1)
	mustConnect(t, tr, "a", 2)
	cancelled := mustConnect(t, tr, "a", 3)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, err := tr.Bind("a", func(peer any) {
			if peer == 1 {
				close(inFirst)
				<-goOn
			}
			accepted = append(accepted, peer)
		})
		require.NoError(t, err)
	}()
	<-inFirst
	mustConnect(t, tr, "a", 4)
	require.True(t, cancelled(), "it still waits")
	close(goOn)
	<-done
	require.Equal(t, []any{1, 2, 4}, accepted)
}
