package zmtp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/zmtp"
)

func parseAll(b []byte) (ps []zmtp.Property, err error) {
	err = zmtp.ParseProperties(b, func(name string, value []byte) error {
		ps = append(ps, zmtp.Property{Name: name, Value: value})
		return nil
	})
	return ps, err
}

func TestPropertiesRoundTrip(t *testing.T) {
	want := []zmtp.Property{
		{Name: "Socket-Type", Value: []byte("PUSH")},
		{Name: "Identity", Value: []byte{}},
		{Name: "X-a_b.c+9", Value: []byte{0, 1, 255}},
		{Name: strings.Repeat("n", 255), Value: []byte(strings.Repeat("v", 300))},
	}
	var b []byte
	ends := map[int]bool{0: true}
	for _, p := range want {
		b = zmtp.AppendProperty(b, p.Name, p.Value)
		ends[len(b)] = true
	}
	got, err := parseAll(b)
	require.NoError(t, err)
	require.Equal(t, want, got)
	for i := range b {
		_, err := parseAll(b[:i])
		if ends[i] {
			require.NoError(t, err, "cut between properties, at %d", i)
			continue
		}
		require.ErrorIs(t, err, zmtp.ErrProperties, "cut at %d", i)
	}
}

func TestParsePropertiesRejects(t *testing.T) {
	for name, in := range map[string]string{
		"empty name":                "\x00\x00\x00\x00\x01v",
		"name alone":                "\x01n",
		"name and cut value length": "\x01n\x00\x00\x00",
		"blank in name":             "\x03a b\x00\x00\x00\x00",
		"NUL in name":               "\x02a\x00\x00\x00\x00\x00",
		"name not ASCII":            "\x02\xc3\xa4\x00\x00\x00\x00",
		"value cut":                 "\x01n\x00\x00\x00\x02v",
		"value of 2^31":             "\x01n\x80\x00\x00\x00",
		"value of 2^32-1":           "\x01n\xff\xff\xff\xff",
		"bad after good":            "\x01n\x00\x00\x00\x01v\x00",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseAll([]byte(in))
			require.ErrorIs(t, err, zmtp.ErrProperties)
			require.ErrorIs(t, err, ringmq.ErrProtocol)
		})
	}
}

func TestParsePropertiesStopsWithVisit(t *testing.T) {
	b := zmtp.AppendProperty(zmtp.AppendProperty(nil, "a", nil), "b", nil)
	stop, calls := errors.New("stop"), 0
	err := zmtp.ParseProperties(b, func(string, []byte) error { calls++; return stop })
	require.ErrorIs(t, err, stop)
	require.Equal(t, 1, calls)
}

func TestValidPropertyName(t *testing.T) {
	for _, name := range []string{"X-Key", "a", "Z", "0", "-_.+", strings.Repeat("n", 255)} {
		require.True(t, zmtp.ValidPropertyName(name), name)
	}
	for _, name := range []string{"", "a b", "a:b", "ä", "a\x00", strings.Repeat("n", 256)} {
		require.False(t, zmtp.ValidPropertyName(name), name)
	}
}

func FuzzParseProperties(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00"))
	f.Add([]byte("\x01n\x80\x00\x00\x00"))
	f.Add(zmtp.AppendProperty(zmtp.AppendProperty(nil, "Socket-Type", []byte("PUSH")), "X-k", nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, err := parseAll(b)
		if err != nil {
			require.ErrorIs(t, err, zmtp.ErrProperties)
			return
		}
		var again []byte
		for _, p := range ps {
			require.True(t, zmtp.ValidPropertyName(p.Name))
			again = zmtp.AppendProperty(again, p.Name, p.Value)
		}
		require.Equal(t, string(b), string(again))
	})
}
