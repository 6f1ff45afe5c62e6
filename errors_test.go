package ringmq

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Err: ErrClosed}, "ringmq: socket is closed"},
		{&Error{Op: "send", Err: ErrWouldBlock}, "ringmq: send: operation would block"},
		{
			&Error{Socket: "PUSH", Op: "bind", Endpoint: "tcp://127.0.0.1:5555", Err: ErrAddrInUse},
			"ringmq: PUSH bind tcp://127.0.0.1:5555: address already in use",
		},
		{
			&Error{Socket: "SUB", Op: "handshake", Endpoint: "ipc:///tmp/x", Peer: "10.0.0.1:99", Err: ErrProtocol},
			"ringmq: SUB handshake ipc:///tmp/x (peer 10.0.0.1:99): protocol violation",
		},
		{&Error{Op: "option", Value: "a\n\"b\"", Err: ErrInvalidOption}, `ringmq: option "a\n\"b\"": invalid option`},
		{
			&UnsentError{Socket: "PUSH", Messages: 3, ByPeer: map[string]int{"a": 1, "b": 2}},
			"ringmq: PUSH close: 3 message(s) not sent to 2 peer(s)",
		},
		{
			&UnsentError{Socket: "PUB", Messages: 1, ByPeer: map[string]int{"a": 1}, Cause: context.Canceled},
			"ringmq: PUB close: 1 message(s) not sent to 1 peer(s): context canceled",
		},
		{
			&UnsentError{
				Socket: "PUSH", Messages: 3, ByPeer: map[string]int{"a": 1, "b": 1, "c": 1},
				Reasons: map[string]error{"c": errors.New("no such host"), "b": errors.New("refused")},
			},
			"ringmq: PUSH close: 3 message(s) not sent to 3 peer(s): b: refused, c: no such host",
		},
	} {
		require.EqualError(t, c.err, c.want)
	}
}

func TestErrorsAreMatched(t *testing.T) {
	sentinels := []error{
		ErrClosed, ErrState, ErrNoRoute, ErrWouldBlock, ErrInvalidEndpoint, ErrUnknownTransport, ErrAddrInUse,
		ErrInvalidOption, ErrTooLarge, ErrNotFound, ErrProtocol, ErrInvalidMessage,
	}
	texts := map[string]bool{}
	for _, s := range sentinels {
		require.False(t, texts[s.Error()], "%q twice", s)
		texts[s.Error()] = true
		err := fmt.Errorf("program: %w", &Error{Socket: "REQ", Op: "send", Err: fmt.Errorf("%w: why", s)})
		for _, other := range sentinels {
			require.Equal(t, s == other, errors.Is(err, other))
		}
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "REQ", e.Socket)
	}
}

func TestUnsentErrorIsItsCause(t *testing.T) {
	err := fmt.Errorf("program: %w", &UnsentError{Messages: 7, Cause: context.DeadlineExceeded})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var unsent *UnsentError
	require.ErrorAs(t, err, &unsent)
	require.Equal(t, 7, unsent.Messages)
	late := &UnsentError{Reasons: map[string]error{"a": context.DeadlineExceeded}}
	require.NotErrorIs(t, late, context.DeadlineExceeded, "it was the time-out of an attempt to connect")
	require.NoError(t, errors.Unwrap(&UnsentError{}), "the end of the linger period has no cause")
}
