package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

func frames(fs ...string) []string { return fs }

func framesOf(m ringmq.Message) []string {
	var fs []string
	for _, f := range m.Frames() {
		fs = append(fs, string(f))
	}
	return fs
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name   string
		layout layout
		in     string
		want   []string
	}{
		{"text", layout{format: formatText}, "a b\tc", frames("a b\tc")},
		{"text, empty", layout{format: formatText}, "", frames("")},
		{"text, separated", layout{format: formatText, separator: "::"}, "a::b:c::", frames("a", "b:c", "")},
		{"hex", layout{format: formatHex}, " 00fF  61\t62 ", frames("\x00\xff", "a", "b")},
		{"hex, empty", layout{format: formatHex}, "", frames("")},
		{"hex, separated", layout{format: formatHex, separator: ","}, "61,,62", frames("a", "", "b")},
		{"json", layout{format: formatJSON}, ` ["a", "", {"hex":"00ff"}]`, frames("a", "", "\x00\xff")},
		{"json, one frame", layout{format: formatJSON}, `"é\n"`, frames("é\n")},
		{"json, one frame in hex", layout{format: formatJSON}, `{"hex":""}`, frames("")},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := c.layout.parse([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.want, framesOf(m))
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ format, in string }{
		{formatHex, "6"},
		{formatHex, "6x"},
		{formatJSON, ""},
		{formatJSON, "[]"},
		{formatJSON, "[1]"},
		{formatJSON, "null"},
		{formatJSON, "[null]"},
		{formatJSON, `{"hex":"0"}`},
		{formatJSON, `{}`},
		{formatJSON, `["a"`},
		{formatJSON, `"a" "b"`},
	} {
		t.Run(c.format+" "+c.in, func(t *testing.T) {
			_, err := layout{format: c.format}.parse([]byte(c.in))
			require.ErrorIs(t, err, errFormat)
		})
	}
}

func TestAppend(t *testing.T) {
	m := ringmq.NewString("a<b", "", "\x00\xff")
	for _, c := range []struct {
		name   string
		layout layout
		want   string
	}{
		{"text", layout{format: formatText}, "a<b\t\t\x00\xff\n"},
		{"text, separated", layout{format: formatText, separator: "|"}, "a<b||\x00\xff\n"},
		{"text, on a terminal", layout{format: formatText, visible: true}, "a<b\t\t\\x00\\xff\n"},
		{"hex", layout{format: formatHex}, "613c62  00ff\n"},
		{"hex, separated", layout{format: formatHex, separator: ","}, "613c62,,00ff\n"},
		{"json", layout{format: formatJSON}, `["a<b","",{"hex":"00ff"}]` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, "before "+c.want, string(c.layout.append([]byte("before "), m)))
		})
	}
}

func TestAppendVisible(t *testing.T) {
	got := appendVisible(nil, []byte("é\t\x1b[31m\x7f\u202e\n\xc3"))
	require.Equal(t, "é\t\\x1b[31m\\x7f\\u202e\\n\\xc3", string(got))
}

func TestAppendID(t *testing.T) {
	for _, c := range []struct{ id, sep, want string }{
		{"Ann", "", "Ann"},
		{"Ann", "n", "0x416e6e"},
		{"\x00\x00\x00\x00\x01", "\t", "0x0000000001"},
		{"A\xff", "", "0x41ff"},
		{"0x41", "", "0x41"}, // of A there are no digits
		{"0x41ff", "", "0x307834316666"},
		{"0x307834316666", "", "0x3078333037383334333136363636"},
		{"0x", "", "0x"},
		{"0x4", "", "0x4"},
	} {
		require.Equal(t, c.want, string(appendID([]byte(c.id), c.sep)), c.id)
		require.Equal(t, c.id, string(parseID([]byte(c.want), c.sep)), c.id)
	}
	require.Equal(t, "A\xff", string(parseID([]byte("0x41FF"), "")))
}

// FuzzID: each id has a form that reads back.
func FuzzID(f *testing.F) {
	f.Add([]byte("0x307834316666"), "|")
	f.Add([]byte("a\tb"), "\t")
	f.Fuzz(func(t *testing.T, id []byte, sep string) {
		require.Equal(t, string(id), string(parseID(appendID(id, sep), sep)))
	})
}

// FuzzLayout: what is printed in json, or in hex with a separator, reads back as the same frames; no input panics.
func FuzzLayout(f *testing.F) {
	f.Add([]byte("a"), []byte(""))
	f.Add([]byte(`["a",{"hex":"00"}]`), []byte("\x00\xff"))
	f.Add([]byte("61 62"), []byte("\u2028<"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		m := ringmq.NewMessage(a, b)
		for _, l := range []layout{{format: formatJSON}, {format: formatHex, separator: ","}} {
			line := l.append(nil, m)
			back, err := l.parse(line[:len(line)-1])
			require.NoError(t, err)
			require.Equal(t, framesOf(m), framesOf(back))
			if m, err := l.parse(a); err == nil {
				require.Positive(t, m.Len())
			}
		}
	})
}
