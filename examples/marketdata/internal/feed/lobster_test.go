package feed

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const threeLines = "34200.004241176,1,16113575,18,5853300,1\n" +
	"34200.00426064,4,0,100,5853200,-1\r\n" +
	"34201,7,0,0,-1,-1" // no line end

func threeTicks() []Tick {
	return []Tick{
		{Symbol: "AAPL", Time: 34200_004241176, Type: NewOrder, OrderID: 16113575, Size: 18, Price: 5853300, Side: Buy},
		{Symbol: "AAPL", Time: 34200_004260640, Type: Execution, Size: 100, Price: 5853200, Side: Sell},
		{Symbol: "AAPL", Time: 34201_000000000, Type: Halt, Price: -1, Side: Sell},
	}
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func open(t *testing.T, path string, loop bool) *Lobster {
	t.Helper()
	l, err := OpenLobster(path, loop)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func readAll(t *testing.T, s Source) (ticks []Tick) {
	t.Helper()
	for {
		var tick Tick
		err := s.Next(&tick)
		if errors.Is(err, io.EOF) {
			return ticks
		}
		require.NoError(t, err)
		ticks = append(ticks, tick)
	}
}

func TestLobster(t *testing.T) {
	l := open(t, writeFile(t, "AAPL_2012-06-21_message_10.csv", threeLines), false)
	require.Equal(t, []string{"AAPL"}, l.Symbols())
	require.Equal(t, threeTicks(), readAll(t, l))
	require.ErrorIs(t, l.Next(new(Tick)), io.EOF)
}

func TestLobsterLoop(t *testing.T) {
	path := writeFile(t, "AAPL_x.csv", threeLines)
	l := open(t, path, true)
	for range 3 {
		for _, want := range threeTicks() {
			var got Tick
			require.NoError(t, l.Next(&got))
			require.Equal(t, want, got)
		}
	}
	require.Nil(t, l.file, "further passes need no file")
}

func TestLobsterErrors(t *testing.T) {
	cases := []struct{ name, line, field, value string }{
		{"no fields", "", "", ""},
		{"too few fields", "1,1,1,1,1", "", "1,1,1,1,1"},
		{"too many fields", "1,1,1,1,1,1,1", "", "1,1,1,1,1,1,1"},
		{"long line", strings.Repeat("9", 1000), "", strings.Repeat("9", 64)},
		{"time not a number", "x,1,1,1,1,1", "time", "x"},
		{"time empty", ",1,1,1,1,1", "time", ""},
		{"time negative", "-1.5,1,1,1,1,1", "time", "-1.5"},
		{"time without decimals", "1.,1,1,1,1,1", "time", "1."},
		{"time too precise", "1.0123456789,1,1,1,1,1", "time", "1.0123456789"},
		{"time decimals signed", "1.-5,1,1,1,1,1", "time", "1.-5"},
		{"time of tomorrow", "86400,1,1,1,1,1", "time", "86400"},
		{"type 0", "1,0,1,1,1,1", "type", "0"},
		{"type 8", "1,8,1,1,1,1", "type", "8"},
		{"type wraps", "1,257,1,1,1,1", "type", "257"},
		{"order id negative", "1,1,-1,1,1,1", "order id", "-1"},
		{"size too large", "1,1,1,4294967296,1,1", "size", "4294967296"},
		{"size with space", "1,1,1, 1,1,1", "size", " 1"},
		{"price a fraction", "1,1,1,1,1.5,1", "price", "1.5"},
		{"price negative", "1,1,1,1,-1,1", "price", "-1"},
		{"direction 0", "1,1,1,1,1,0", "direction", "0"},
		{"direction wraps", "1,1,1,1,1,257", "direction", "257"},
		{"direction huge", "1,1,1,1,1,99999999999999999999", "direction", "99999999999999999999"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := writeFile(t, "AAPL_x.csv", "1,1,1,1,1,1\n"+c.line+"\n2,1,1,1,1,1\n")
			l := open(t, path, false)
			require.NoError(t, l.Next(new(Tick)))
			var e *ParseError
			require.ErrorAs(t, l.Next(new(Tick)), &e)
			require.Equal(t, ParseError{File: path, Line: 2, Field: c.field, Value: c.value, Err: e.Err}, *e)
			require.Contains(t, e.Error(), path+":2: "+c.field)
			var next Tick
			require.NoError(t, l.Next(&next), "the lines after a bad one can be read")
			require.Equal(t, 2*time.Second, next.Time)
		})
	}
}

func TestLobsterFiles(t *testing.T) {
	for _, name := range []string{"AAPL.csv", "_2012.csv", "ABCDEFGHIJKLMNOPQ_2012.csv"} {
		_, err := OpenLobster(writeFile(t, name, threeLines), false)
		require.ErrorIs(t, err, errFileName, name)
	}
	_, err := OpenLobster(filepath.Join(t.TempDir(), "AAPL_none.csv"), false)
	require.ErrorIs(t, err, os.ErrNotExist)
	for _, loop := range []bool{false, true} {
		require.ErrorIs(t, open(t, writeFile(t, "AAPL_empty.csv", ""), loop).Next(new(Tick)), errEmpty)
	}
	bad := open(t, writeFile(t, "AAPL_bad.csv", "nonsense\n"), true)
	require.Error(t, bad.Next(new(Tick)))
	require.ErrorIs(t, bad.Next(new(Tick)), io.EOF)
}

// sampleFile is the excerpt of real data beside the module, where there is one.
func sampleFile(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", "data", "AAPL_2012-06-21_message_10.csv")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the LOBSTER sample is not there, so the reader is not tried on real data: %v", err)
	}
	return path
}

func TestLobsterOnRealData(t *testing.T) {
	path := sampleFile(t)
	ticks := readAll(t, open(t, path, false))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	require.Len(t, ticks, len(lines))
	require.Equal(t, Tick{
		Symbol: "AAPL", Time: 34200_004241176, Type: NewOrder, OrderID: 16113575, Size: 18, Price: 5853300, Side: Buy,
	}, ticks[0])
	for i := 1; i < len(ticks); i++ {
		require.GreaterOrEqual(t, ticks[i].Time, ticks[i-1].Time)
		require.NoError(t, ticks[i].check())
	}
}

func FuzzLobsterLine(f *testing.F) {
	for _, line := range strings.Split(threeLines, "\n") {
		f.Add(line)
	}
	f.Add("34200.0000000001,1,1,1,1,1")
	f.Fuzz(func(t *testing.T, line string) {
		var tick Tick
		l := newLobster(strings.NewReader(line), "X_f.csv", "X", false)
		if l.Next(&tick) == nil {
			require.NoError(t, tick.check())
		}
	})
}

func BenchmarkLobster(b *testing.B) {
	l := newLobster(strings.NewReader(strings.Repeat(threeLines+"\n", 1000)), "AAPL_x.csv", "AAPL", false)
	line, err := l.readLine()
	require.NoError(b, err)
	var tick Tick
	b.ReportAllocs()
	for b.Loop() {
		if err := l.parse(line, &tick); err != nil {
			b.Fatal(err)
		}
	}
}
