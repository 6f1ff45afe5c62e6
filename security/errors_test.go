package security_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/security"
)

func TestErrorSaysWhatAndWraps(t *testing.T) {
	err := &security.Error{Code: security.UnexpectedCommand, Detail: `"HELLO"`}
	require.EqualError(t, err, `unexpected-command: "HELLO"`)
	require.ErrorIs(t, err, ringmq.ErrProtocol)
}
