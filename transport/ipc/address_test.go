package ipc

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

func TestValid(t *testing.T) {
	for _, addr := range []string{
		"/tmp/feed.sock",
		"feed.sock",
		"./feed.sock",
		"./*",
		"./@feed",
		"with space",
		"größe",
		"/",
		strings.Repeat("a", MaxPath),
	} {
		t.Run(addr, func(t *testing.T) {
			require.NoError(t, Transport{}.ValidateBind(addr))
			require.NoError(t, Transport{}.ValidateConnect(addr))
		})
	}
}

func TestInvalid(t *testing.T) {
	for addr, reason := range map[string]string{
		"":                               "no path",
		"@":                              "no name",
		"a\x00b":                         "NUL",
		"\x00name":                       "NUL",
		strings.Repeat("a", MaxPath+1):   "the system allows",
		strings.Repeat("ü", MaxPath/2+1): "the system allows",
	} {
		t.Run(addr, func(t *testing.T) {
			requireInvalid(t, Transport{}.ValidateBind(addr), addr, reason)
			requireInvalid(t, Transport{}.ValidateConnect(addr), addr, reason)
		})
	}
}

func TestWildcardIsForBinding(t *testing.T) {
	require.NoError(t, Transport{}.ValidateBind("*"))
	requireInvalid(t, Transport{}.ValidateConnect("*"), "*", "for binding")
}

func TestAbstractNames(t *testing.T) {
	if !hasAbstract {
		requireInvalid(t, Transport{}.ValidateBind("@feed"), "@feed", "./@feed")
		requireInvalid(t, Transport{}.ValidateConnect("@feed"), "@feed", "./@feed")
		return
	}
	longest := "@" + strings.Repeat("a", MaxPath-1)
	require.NoError(t, Transport{}.ValidateBind(longest))
	require.NoError(t, Transport{}.ValidateConnect(longest))
	requireInvalid(t, Transport{}.ValidateBind(longest+"a"), longest+"a", "the system allows")
	requireInvalid(t, Transport{}.ValidateBind("@a\x00b"), "@a\x00b", "NUL")
}

func requireInvalid(t *testing.T, err error, addr, reason string) {
	t.Helper()
	require.ErrorIs(t, err, ringmq.ErrInvalidEndpoint)
	require.ErrorContains(t, err, reason)
	e, ok := errors.AsType[*ringmq.Error](err)
	require.True(t, ok)
	require.Equal(t, "ipc://"+addr, e.Endpoint)
	require.Equal(t, addr, e.Value)
}

// FuzzValidate compares with the rules as the manual puts them.
func FuzzValidate(f *testing.F) {
	for _, s := range []string{"*", "@", "@a", "/tmp/a", "a\x00", strings.Repeat("a", MaxPath+1)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		legal := len(addr) > 0 && len(addr) <= MaxPath && strings.IndexByte(addr, 0) < 0 && addr != "@" &&
			(hasAbstract || addr[0] != '@')
		bind, connect := Transport{}.ValidateBind(addr), Transport{}.ValidateConnect(addr)
		require.Equal(t, legal, bind == nil, "%v", bind)
		require.Equal(t, legal && addr != "*", connect == nil, "%v", connect)
		if bind != nil {
			require.ErrorIs(t, bind, ringmq.ErrInvalidEndpoint)
		}
	})
}
