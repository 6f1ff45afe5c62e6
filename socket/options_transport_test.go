package socket

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// An option that the system lacks fails, whatever its value.
func TestOptionThatTheSystemLacks(t *testing.T) {
	for _, has := range []bool{true, false} {
		_, err := configure([]Option{needs(has, WithIPv6())})
		require.Equal(t, has, err == nil)
		if !has {
			require.ErrorIs(t, err, ringmq.ErrInvalidOption)
			require.ErrorIs(t, err, errors.ErrUnsupported)
			require.ErrorContains(t, err, "option IPv6")
		}
	}
}
