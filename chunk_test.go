package ringmq

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counted is a chunk that counts how often it was recycled.
func counted() (*Chunk, *atomic.Int32) {
	n := new(atomic.Int32)
	return NewChunk(make([]byte, 64), nil, func(*Chunk) { n.Add(1) }), n
}

func TestChunkIsRecycledWithItsLastReference(t *testing.T) {
	for _, c := range []struct {
		name         string
		before       int // releases before Seal
		sealed, kept int // messages handed out, and of those released afterwards
		want         int32
	}{
		{"nothing handed out", 0, 0, 0, 1},
		{"all released before", 3, 3, 0, 1},
		{"all released after", 0, 3, 3, 1},
		{"some before, some after", 2, 5, 3, 1},
		{"one is held", 2, 5, 2, 0},
		{"all are held", 0, 5, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunk, recycled := counted()
			for range c.before {
				chunk.Release()
			}
			require.Zero(t, recycled.Load(), "not before Seal: more may be handed out")
			chunk.Seal(int64(c.sealed))
			for i := range c.kept {
				require.Zero(t, recycled.Load(), "%d are held", c.kept-i)
				chunk.Release()
			}
			require.Equal(t, c.want, recycled.Load())
		})
	}
}

func TestRetainIsForFurtherReceivers(t *testing.T) {
	chunk, recycled := counted()
	chunk.Retain(2)
	chunk.Seal(1)
	for range 2 {
		chunk.Release()
		require.Zero(t, recycled.Load())
	}
	chunk.Release()
	require.EqualValues(t, 1, recycled.Load())
}

func TestMessageReleaseGivesOneReferenceBack(t *testing.T) {
	chunk, recycled := counted()
	m := Assemble(chunk, []byte("m"), nil)
	c := m.Clone()
	chunk.Seal(1)
	c.Release()
	require.Zero(t, recycled.Load(), "a clone has no part in the chunk")
	m.Release()
	require.EqualValues(t, 1, recycled.Load())
	require.Equal(t, Message{}, m)
	m.Release()
	require.EqualValues(t, 1, recycled.Load(), "the zero message refers to nothing")
}

// A clone's properties are shared by its own copies, which may all be released.
func TestCloneMayBeReleasedAnyNumberOfTimes(t *testing.T) {
	var props Properties
	props.Add("a", "b")
	c := Assemble(NewChunk(nil, &props, nil), []byte("m"), nil).Clone()
	for range 3 {
		same := c
		same.Release()
	}
	_, ok := c.Property("a")
	require.True(t, ok)
}

func TestChunkWithoutRecycle(t *testing.T) {
	chunk := NewChunk(make([]byte, 8), nil, nil)
	for range 10 {
		chunk.Retain(3)
		chunk.Release()
	}
	chunk.Seal(1)
	chunk.Release()
	require.Len(t, chunk.Buf, 8)
}

func TestResetMakesAChunkNew(t *testing.T) {
	var first, second Properties
	second.Add("name", "second")
	recycled := 0
	chunk := NewChunk(make([]byte, 8), &first, func(*Chunk) { recycled++ })
	for round := 1; round <= 3; round++ {
		chunk.Seal(2)
		chunk.Release()
		chunk.Release()
		require.Equal(t, round, recycled)
		chunk.Reset(&second)
		value, ok := Assemble(chunk, nil, nil).Property("name")
		require.True(t, ok)
		require.Equal(t, "second", value)
	}
}

// TestReleaseStress has the holders of a chunk's messages release them while the writer hands further ones out and
// seals. Legal outcome: the chunk is recycled once, after the last release and the seal, and reused at once.
func TestReleaseStress(t *testing.T) {
	const rounds, holders, most = 2000, 3, 20
	free := make(chan *Chunk, 1)
	var held atomic.Int64
	var early, twice atomic.Int32
	free <- NewChunk(make([]byte, most), nil, func(c *Chunk) {
		if held.Load() != 0 {
			early.Add(1)
		}
		select {
		case free <- c:
		default:
			twice.Add(1)
		}
	})
	recycled := func() *Chunk {
		select {
		case c := <-free:
			return c
		case <-time.After(20 * time.Second):
			require.FailNow(t, "never recycled", "%d messages are held", held.Load())
			return nil
		}
	}
	messages := make(chan Message, most)
	var wg sync.WaitGroup
	for range holders {
		wg.Go(func() {
			for m := range messages {
				if m.Frame(0)[0] != 'm' {
					early.Add(1)
				}
				held.Add(-1)
				m.Release()
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		chunk := recycled()
		chunk.Reset(nil)
		n := r.IntN(most)
		for i := range n {
			chunk.Buf[i] = 'm'
			held.Add(1)
			messages <- Assemble(chunk, chunk.Buf[i:i+1], nil)
		}
		chunk.Seal(int64(n))
	}
	recycled()
	close(messages)
	wg.Wait()
	require.Zero(t, early.Load(), "recycled while a message was held")
	require.Zero(t, twice.Load()+int32(len(free)), "recycled twice")
}
