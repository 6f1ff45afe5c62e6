package inproc

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// TestStress lets connectors, some of whom change their mind, race with binders that come and go. The legal outcomes
// for a peer are two:
//
//	cancel returned true    never accepted
//	else                    accepted once, by one of the binders or by the last Bind
func TestStress(t *testing.T) {
	const (
		names      = 3
		connectors = 16
		binders    = 8
		peersEach  = 500
	)
	tr := New()
	name := func(r *rand.Rand) string { return string(rune('a' + r.IntN(names))) }
	var accepted, cancelled [connectors * peersEach]atomic.Int32
	accept := func(peer any) { accepted[peer.(int)].Add(1) }

	var connecting, binding sync.WaitGroup
	for c := range connectors {
		connecting.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(c)))
			for i := range peersEach {
				peer := c*peersEach + i
				cancel, err := tr.Connect(name(r), peer)
				if err != nil {
					t.Error(err)
				}
				if r.IntN(2) == 0 && cancel() {
					cancelled[peer].Add(1)
				}
			}
		})
	}
	var stop atomic.Bool
	for b := range binders {
		binding.Go(func() {
			r := rand.New(rand.NewPCG(2, uint64(b)))
			for !stop.Load() {
				_, unbind, err := tr.Bind(name(r), accept)
				switch {
				case err == nil:
					unbind()
				case !errors.Is(err, ringmq.ErrAddrInUse):
					t.Error(err)
				}
			}
		})
	}
	connecting.Wait()
	stop.Store(true)
	binding.Wait()
	for n := range names {
		_, unbind, err := tr.Bind(string(rune('a'+n)), accept)
		require.NoError(t, err)
		unbind()
	}
	for peer := range accepted {
		require.EqualValues(t, 1, accepted[peer].Load()+cancelled[peer].Load(), "peer %d", peer)
	}
	require.Empty(t, tr.names.byName)
}

// Connectors that take turns are accepted in their order, however the binders interleave.
func TestStressOrder(t *testing.T) {
	const peers = 5000
	tr := New()
	var mu sync.Mutex
	var accepted []int
	accept := func(peer any) {
		mu.Lock()
		defer mu.Unlock()
		accepted = append(accepted, peer.(int))
	}
	var stop atomic.Bool
	var binder sync.WaitGroup
	binder.Go(func() {
		for !stop.Load() {
			_, unbind, err := tr.Bind("a", accept)
			if err != nil {
				t.Error(err)
				return
			}
			unbind()
		}
	})
	for i := range peers {
		mustConnect(t, tr, "a", i)
	}
	stop.Store(true)
	binder.Wait()
	_, _, err := tr.Bind("a", accept)
	require.NoError(t, err)
	require.Len(t, accepted, peers)
	require.True(t, slices.IsSorted(accepted))
}

// model is the plain form of names: one goroutine, one name.
type model struct {
	bound    bool
	waiting  []int
	accepted []int
}

func (m *model) connect(peer int) {
	m.waiting = append(m.waiting, peer)
	m.settle()
}

func (m *model) settle() {
	if m.bound {
		m.accepted = append(m.accepted, m.waiting...)
		m.waiting = nil
	}
}

func (m *model) cancel(peer int) bool {
	i := slices.Index(m.waiting, peer)
	if i < 0 {
		return false
	}
	m.waiting = slices.Delete(m.waiting, i, i+1)
	return true
}

// FuzzModel runs a sequence of operations, one a byte, against the model.
func FuzzModel(f *testing.F) {
	f.Add([]byte("ccbcucbx"))
	f.Add([]byte("cc\x80\x81bubu"))
	f.Fuzz(func(t *testing.T, ops []byte) {
		tr := New()
		var m model
		var accepted []int
		var cancels []func() bool
		unbind := func() {}
		for _, op := range ops {
			switch {
			case op >= 0x80 && len(cancels) > 0:
				peer := int(op-0x80) % len(cancels)
				require.Equal(t, m.cancel(peer), cancels[peer]())
			case op == 'b':
				_, u, err := tr.Bind("a", func(peer any) { accepted = append(accepted, peer.(int)) })
				require.Equal(t, m.bound, err != nil)
				if err == nil {
					unbind = u
				}
				m.bound = true
				m.settle()
			case op == 'u':
				unbind()
				m.bound = false
			default:
				cancel, err := tr.Connect("a", len(cancels))
				require.NoError(t, err)
				m.connect(len(cancels))
				cancels = append(cancels, cancel)
			}
			require.Equal(t, m.accepted, accepted)
			require.Equal(t, m.bound || len(m.waiting) > 0, len(tr.names.byName) == 1)
		}
	})
}
