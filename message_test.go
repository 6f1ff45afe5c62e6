package ringmq

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewMessage(t *testing.T) {
	for _, c := range []struct {
		name   string
		frames [][]byte
		want   []string
		size   int
	}{
		{"none", nil, nil, 0},
		{"no frames", [][]byte{}, nil, 0},
		{"one", [][]byte{[]byte("one")}, []string{"one"}, 3},
		{"one, empty", [][]byte{{}}, []string{""}, 0},
		{"one, nil", [][]byte{nil}, []string{""}, 0},
		{"two", [][]byte{[]byte("one"), []byte("three")}, []string{"one", "three"}, 8},
		{"the first is nil", [][]byte{nil, []byte("b")}, []string{"", "b"}, 1},
		{"the last is nil", [][]byte{[]byte("a"), nil}, []string{"a", ""}, 1},
		{"all are nil", [][]byte{nil, nil, nil}, []string{"", "", ""}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireFrames(t, c.want, NewMessage(c.frames...))
			require.Equal(t, c.size, NewMessage(c.frames...).Size())
			requireFrames(t, c.want, NewString(c.want...))
			requireFrames(t, c.want, NewMessage(c.frames...).Clone())
		})
	}
}

// requireFrames looks at the frames in every way there is.
func requireFrames(t *testing.T, want []string, m Message) {
	t.Helper()
	require.Equal(t, len(want), m.Len())
	frames := m.Frames()
	require.Len(t, frames, len(want))
	first, rest := m.Parts()
	require.Equal(t, len(rest), len(m.Rest()))
	if len(want) == 0 {
		require.Nil(t, first)
		require.Empty(t, rest)
		require.Nil(t, frames)
	}
	for i, f := range want {
		require.Equal(t, f, string(frames[i]))
		require.Equal(t, f, string(m.Frame(i)))
		if i == 0 {
			require.Equal(t, f, string(first))
			require.NotNil(t, first, "an empty frame is a frame")
			continue
		}
		require.Equal(t, f, string(rest[i-1]))
		require.Equal(t, f, string(m.Rest()[i-1]))
	}
}

func TestFramePanicsOutsideOfTheMessage(t *testing.T) {
	for frames := range 3 {
		m := NewMessage(make([][]byte, frames)...)
		for _, i := range []int{-2, -1, frames, frames + 1} {
			require.Panics(t, func() { m.Frame(i) }, "frame %d of %d", i, frames)
		}
	}
}

func TestZeroMessage(t *testing.T) {
	var m Message
	requireFrames(t, nil, m)
	require.Zero(t, m.Size())
	require.Nil(t, m.Chunk())
	require.Equal(t, Message{}, m.Clone())
	_, ok := m.Property("Socket-Type")
	require.False(t, ok)
	m.Release()
	requireFrames(t, nil, m)
}

func TestMessagesShareTheBytesTheyAreMadeOf(t *testing.T) {
	a, b := []byte("a"), []byte("b")
	m := NewMessage(a, b)
	same := m
	a[0], b[0] = 'x', 'y'
	requireFrames(t, []string{"x", "y"}, m)
	requireFrames(t, []string{"x", "y"}, same)
}

func TestNewStringCopies(t *testing.T) {
	m := NewString("one", "two")
	m.Frame(0)[0] = 'x'
	requireFrames(t, []string{"xne", "two"}, m)
}

func TestFramesIsANewSlice(t *testing.T) {
	m := NewString("one", "two")
	fs := m.Frames()
	fs[0], fs[1] = nil, nil
	requireFrames(t, []string{"one", "two"}, m)
}

func TestCloneSharesNothing(t *testing.T) {
	m := NewString("one", "", "three")
	c := m.Clone()
	for i := range m.Len() {
		clear(m.Frame(i))
	}
	requireFrames(t, []string{"one", "", "three"}, c)
	for i := range c.Len() { // nor do its frames with each other
		_ = append(c.Frame(i), "overrun"...)
	}
	requireFrames(t, []string{"one", "", "three"}, c)
}

func TestCloneAllocatesFewTimes(t *testing.T) {
	m := NewString("one", "two", "three", "four", "five")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { m.Clone() }), 2.0, "the bytes and the list of frames")
}

func TestAssemble(t *testing.T) {
	for _, c := range []struct {
		first []byte
		rest  [][]byte
		want  []string
	}{
		{[]byte("a"), nil, []string{"a"}},
		{nil, nil, []string{""}},
		{nil, [][]byte{[]byte("b")}, []string{"", "b"}},
		{[]byte("a"), [][]byte{[]byte("b"), nil}, []string{"a", "b", ""}},
	} {
		for _, chunk := range []*Chunk{nil, NewChunk(nil, nil, nil)} {
			m := Assemble(chunk, c.first, c.rest)
			requireFrames(t, c.want, m)
			require.Same(t, chunk, m.Chunk())
		}
	}
}

func TestProperty(t *testing.T) {
	var props Properties
	props.Add("Socket-Type", "PUSH")
	props.Add("X-Empty", "")
	props.Add("SOCKET-TYPE", "the first counts")
	received := Assemble(NewChunk(nil, &props, nil), []byte("m"), nil)
	for name, m := range map[string]Message{
		"received": received, "cloned": received.Clone(), "cloned twice": received.Clone().Clone(),
	} {
		t.Run(name, func(t *testing.T) {
			for _, asked := range []string{"Socket-Type", "socket-type", "SOCKET-TYPE"} {
				value, ok := m.Property(asked)
				require.True(t, ok, asked)
				require.Equal(t, "PUSH", value)
			}
			value, ok := m.Property("x-empty")
			require.True(t, ok)
			require.Empty(t, value)
			_, ok = m.Property("Socket")
			require.False(t, ok)
		})
	}
	for name, m := range map[string]Message{
		"made":            NewString("m"),
		"without":         Assemble(NewChunk(nil, nil, nil), []byte("m"), nil),
		"without, cloned": Assemble(NewChunk(nil, nil, nil), []byte("m"), nil).Clone(),
	} {
		_, ok := m.Property("Socket-Type")
		require.False(t, ok, name)
	}
}

func TestProperties(t *testing.T) {
	var none *Properties
	require.Nil(t, none.All())
	_, ok := none.Get("a")
	require.False(t, ok)

	var p Properties
	require.Empty(t, p.All())
	p.Add("A", "1")
	p.Add("b", "2")
	p.Add("a", "3")
	all := p.All()
	require.Equal(t, map[string]string{"A": "1", "b": "2"}, all)
	all["A"] = "changed"
	value, _ := p.Get("a")
	require.Equal(t, "1", value, "All is a copy")
}

func ExampleMessage() {
	m := NewString("AAPL", "189.25")
	fmt.Println(m.Len(), m.Size())
	fmt.Printf("%s %s\n", m.Frame(0), m.Frame(1))
	// Output:
	// 2 10
	// AAPL 189.25
}
