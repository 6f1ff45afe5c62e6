package codec

import (
	"bytes"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"
)

// skips is the model: msgpack's own decoder passes over one value and the bytes are used up.
func skips(b []byte) bool {
	r := bytes.NewReader(b)
	return msgpack.NewDecoder(r).Skip() == nil && r.Len() == 0
}

// fillings go into length fields. The model takes lengths from 2 GiB on for negative where an int has 32 bits.
func fillings() []byte {
	if strconv.IntSize == 32 {
		return []byte{0x00, 0x01, 0x7f}
	}
	return []byte{0x00, 0x01, 0x7f, 0x80, 0xc0}
}

// Every code, with every short tail of each of the fillings, against the model.
func TestScannerAgreesOnEveryCode(t *testing.T) {
	var s scanner
	for code := range 256 {
		for _, fill := range fillings() {
			for n := range 40 {
				b := append([]byte{byte(code)}, bytes.Repeat([]byte{fill}, n)...)
				require.Equal(t, skips(b), s.check(b) == nil, "% x: %v", b, s.check(b))
			}
		}
	}
}

func TestScannerFindsExtensions(t *testing.T) {
	b := []byte{0x93, 0xd4, 7, 1, 0xc7, 0, 7, 0xc7, 2, 7, 8, 9}
	var s scanner
	require.NoError(t, s.check(b))
	require.Equal(t, []span{{3, 4}, {7, 7}, {10, 12}}, s.exts)
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte{0x93, 0xd4, 7, 1, 0xc7, 0, 7, 0xc7, 2, 7, 8, 9})
	f.Add([]byte{0xdf, 0, 0, 0, 1, 0xa1, 'k', 0xcb, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0xde, 0xff, 0xff, 0xc0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if strconv.IntSize == 32 {
			t.Skip("the model is wrong about long lengths where an int has 32 bits")
		}
		var s scanner
		err := s.check(b)
		if err == nil {
			require.True(t, skips(b))
			return
		}
		if !errors.Is(err, errDepth) {
			require.False(t, skips(b), "%v", err)
		}
	})
}
