package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
	"github.com/ringmq/ringmq/security"
	"github.com/ringmq/ringmq/security/null"
)

func requireCode(t *testing.T, code string, err error) *session.HandshakeError {
	t.Helper()
	var e *session.HandshakeError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
	require.Contains(t, e.Error(), code)
	require.NotEmpty(t, e.Detail)
	return e
}

func TestHandshakeRejects(t *testing.T) {
	hello := greeting("\x01")
	properties := make([]string, 0, 2*257)
	for i := range 257 {
		properties = append(properties, fmt.Sprintf("X-%d", i), "")
	}
	for _, c := range []struct {
		name, in, code string
	}{
		{"signature without 7F", "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x01", session.CodeMalformedGreeting},
		{"v1 length 0", "\x00", session.CodeMalformedGreeting},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", session.CodeMalformedGreeting},
		{"TLS", "\x16\x03\x01\x00\xa5", session.CodeMalformedGreeting},
		{"v1 identity with MORE", "\x06\x01", session.CodeMalformedGreeting},
		{"v1 long identity with a flag", "\xff\x00\x00\x00\x00\x00\x00\x00\x06\x02", session.CodeMalformedGreeting},
		{"v1 with greeting, identity with MORE", signature + "\x00\x07\x01\x01", session.CodeMalformedFrame},
		{"v1 identity too large", "\xff\x00\x00\x00\x00\x00\x01\x00\x02\x00", session.CodeTooLarge},
		{"v1 identity absurdly large", "\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00", session.CodeTooLarge},
		{"v1 identity of 256", "\xff\x00\x00\x00\x00\x00\x00\x01\x01\x00" + strings.Repeat("i", 256), session.CodeMalformedIdentity},
		{"v1 identity reserved", "\x06\x00\x00abcd", session.CodeMalformedIdentity},
		{"v2 wrong type", signature + "\x01\x01", session.CodeIncompatibleSocketType},
		{"v2 no such type", signature + "\x01\x0b", session.CodeIncompatibleSocketType},
		{"v2 identity with MORE", signature + "\x01\x07\x01\x00", session.CodeMalformedFrame},
		{"v2 identity with COMMAND", signature + "\x01\x07\x04\x00", session.CodeMalformedFrame},
		{"v2 identity reserved", signature + "\x01\x07\x00\x01\x00", session.CodeMalformedIdentity},
		{"PLAIN", signature + "\x03" + afterMajor("\x01", "PLAIN"), session.CodeMechanismMismatch},
		{"no mechanism", signature + "\x03" + afterMajor("\x01", ""), session.CodeMechanismMismatch},
		{"NULL and more", signature + "\x03" + afterMajor("\x01", "NULL\x00X"), session.CodeMechanismMismatch},
		{"nul", signature + "\x03" + afterMajor("\x01", "null"), session.CodeMechanismMismatch},
		{"reserved flags", hello + "\x08", session.CodeMalformedFrame},
		{"command with MORE", hello + "\x05", session.CodeMalformedFrame},
		{"size of 2^63", hello + "\x06\x80", session.CodeMalformedFrame},
		{"READY above the package's limit", hello + "\x06\x00\x00\x00\x00\x00\x01\x00\x01", session.CodeTooLarge},
		{"READY of 2^63-1", hello + "\x06\x7f\xff\xff\xff\xff\xff\xff\xff", session.CodeTooLarge},
		{"READY without COMMAND", hello + "\x00" + pull[1:], session.CodeUnexpectedCommand},
		{"message at once", hello + "\x00\x05hello", session.CodeUnexpectedCommand},
		{"HELLO", hello + "\x04\x06\x05HELLO", session.CodeUnexpectedCommand},
		{"ready", hello + "\x04\x06\x05ready", session.CodeUnexpectedCommand},
		{"SUBSCRIBE at once", hello + "\x04\x0a\x09SUBSCRIBE", session.CodeUnexpectedCommand},
		{"empty command", hello + "\x04\x00", session.CodeMalformedCommand},
		{"command without name", hello + "\x04\x01\x00", session.CodeMalformedCommand},
		{"command name cut", hello + "\x04\x03\x05RE", session.CodeMalformedCommand},
		{"property cut", hello + "\x04\x15\x05READY\x0bSocket-Type\x00\x00\x00", session.CodeMalformedReady},
		{"property of no name", hello + "\x04\x0b\x05READY\x00\x00\x00\x00\x00", session.CodeMalformedReady},
		{"value of 2^31", hello + "\x04\x0d\x05READY\x01k\x80\x00\x00\x00v", session.CodeMalformedReady},
		{"too many properties", hello + ready(properties...), session.CodeMalformedReady},
		{"incompatible type", hello + ready("Socket-Type", "PUB"), session.CodeIncompatibleSocketType},
		{"unknown type", hello + ready("Socket-Type", "NOPE"), session.CodeIncompatibleSocketType},
		{"type in lower case", hello + ready("Socket-Type", "pull"), session.CodeIncompatibleSocketType},
		{"ERROR", hello + "\x04\x0a\x05ERROR\x03400", session.CodePeerError},
		{"ERROR without reason", hello + "\x04\x06\x05ERROR", session.CodePeerError},
		{"ERROR with half a reason", hello + "\x04\x08\x05ERROR\x034", session.CodePeerError},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := feedAnyhow(t, config(zmtp.Push), c.in)
			e := requireCode(t, c.code, r.err)
			require.False(t, r.done)
			require.False(t, e.Reconnect())
			if c.code == session.CodeTooLarge {
				require.ErrorIs(t, e, ringmq.ErrTooLarge)
			} else {
				require.ErrorIs(t, e, ringmq.ErrProtocol)
			}
			require.NoError(t, feed(config(zmtp.Push), c.in[:r.consumed-1], 1).err, "an earlier byte gave it away")
		})
	}
}

func TestRejectedIdentityOfRouterPeers(t *testing.T) {
	for _, id := range []string{"\x00reserved", strings.Repeat("i", 256)} {
		r := feedAnyhow(t, config(zmtp.Router), greeting("\x01")+ready("Socket-Type", "DEALER", "Identity", id))
		requireCode(t, session.CodeMalformedIdentity, r.err)
	}
}

func TestIncompatibleSocketTypeIsAnswered(t *testing.T) {
	r := feedAnyhow(t, config(zmtp.Push), greeting("\x01")+ready("Socket-Type", "PUB"))
	requireCode(t, session.CodeIncompatibleSocketType, r.err)
	require.Equal(t, greeting("\x01")+push+"\x04\x1f\x05ERROR\x18incompatible-socket-type", r.sent)

	peer := feedAnyhow(t, config(zmtp.Pull), r.sent[:64]+r.sent[64+len(push):])
	e := requireCode(t, session.CodePeerError, peer.err)
	require.Equal(t, `"incompatible-socket-type"`, e.Detail)
}

func TestMaxFrameCountsInTheHandshake(t *testing.T) {
	for _, c := range []struct {
		max  int64
		in   string
		code string
	}{
		{26, greeting("\x01") + pull, ""},
		{25, greeting("\x01") + pull, session.CodeTooLarge},
		{0, greeting("\x01") + pull, ""},
		{-1, greeting("\x01") + pull, ""},
		{1 << 40, greeting("\x01") + pull, ""},
		{1 << 40, greeting("\x01") + "\x06\x00\x00\x00\x00\x01\x00\x00\x00", session.CodeTooLarge},
		{5, "\x06\x00hello", ""},
		{4, "\x06\x00", session.CodeTooLarge},
		{4, signature + "\x01\x07\x00\x05", session.CodeTooLarge},
	} {
		cfg := config(zmtp.Push)
		cfg.MaxFrame = c.max
		r := feedAnyhow(t, cfg, c.in)
		if c.code == "" {
			require.NoError(t, r.err)
			require.True(t, r.done)
			continue
		}
		e := requireCode(t, c.code, r.err)
		require.ErrorIs(t, e, ringmq.ErrTooLarge)
	}
}

// scripted is a mechanism that answers from a list.
type scripted struct {
	answers []answer
	asked   []string
}

type answer struct {
	send []string
	done bool
	err  error
}

func (*scripted) Name() string { return "SCRIPT" }
func (*scripted) PeerMetadata() []byte {
	return zmtp.AppendProperty(nil, "Socket-Type", []byte("PULL"))
}

func (s *scripted) Next(command []byte) (send [][]byte, done bool, err error) {
	s.asked = append(s.asked, string(command))
	a := s.answers[0]
	s.answers = s.answers[1:]
	for _, body := range a.send {
		send = append(send, []byte(body))
	}
	return send, a.done, a.err
}

func withMechanism(answers ...answer) (*session.Config, *scripted) {
	s := &scripted{answers: answers}
	cfg := config(zmtp.Push)
	cfg.Mechanism = func(security.Params) security.Mechanism { return s }
	return cfg, s
}

var scriptGreeting = signature + "\x03" + afterMajor("\x01", "SCRIPT")

func TestMechanismOfSeveralSteps(t *testing.T) {
	cfg, s := withMechanism(answer{send: []string{"\x01A", "\x01B"}}, answer{}, answer{send: []string{"\x01C"}, done: true})
	r := feed(cfg, scriptGreeting+"\x04\x02\x01X"+"\x04\x02\x01Y"+"\x04\x02\x01Z", 1000)
	require.NoError(t, r.err)
	require.True(t, r.done)
	require.Equal(t, []string{"", "\x01X", "\x01Y"}, s.asked)
	require.Equal(t, scriptGreeting+"\x04\x02\x01A\x04\x02\x01B\x04\x02\x01C", r.sent)
	require.Equal(t, len(scriptGreeting)+8, r.consumed, "the third command is traffic")
}

func TestMechanismErrors(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		err       error
		code      string
		reconnect bool
	}{
		{&security.Error{Code: "malformed-hello", Detail: "x"}, "malformed-hello", false},
		{&security.Error{Code: "zap-temporary", Detail: "300", Temporary: true}, "zap-temporary", true},
		{cause, session.CodeMechanismFailed, false},
	} {
		cfg, _ := withMechanism(answer{send: []string{"\x01A"}}, answer{send: []string{"\x05ERROR\x00"}, err: c.err})
		r := feed(cfg, scriptGreeting+"\x04\x02\x01X", 1000)
		e := requireCode(t, c.code, r.err)
		require.ErrorIs(t, e, ringmq.ErrProtocol)
		require.ErrorIs(t, e, c.err)
		require.Equal(t, c.reconnect, e.Reconnect())
		require.Equal(t, scriptGreeting+"\x04\x02\x01A\x04\x07\x05ERROR\x00", r.sent, "what came with the error is sent")
	}
}

func TestMechanismNeverSeesERROR(t *testing.T) {
	cfg, s := withMechanism(answer{})
	r := feed(cfg, scriptGreeting+"\x04\x0a\x05ERROR\x03400", 1000)
	requireCode(t, session.CodePeerError, r.err)
	require.Equal(t, []string{""}, s.asked)
}

func TestMechanismIsToldItsRole(t *testing.T) {
	var got []security.Params
	cfg := config(zmtp.Push)
	cfg.Server = true
	cfg.Mechanism = func(p security.Params) security.Mechanism {
		got = append(got, p)
		return null.New(p)
	}
	session.NewHandshake(cfg)
	require.Equal(t, []security.Params{{Server: true, Metadata: []byte(push[8:])}}, got)
}

// TestSecuredSocketRefusesOldPeers is the guard against a downgrade.
func TestSecuredSocketRefusesOldPeers(t *testing.T) {
	for name, in := range map[string]string{
		"1.0":               "\x01\x00\x06\x00hello",
		"1.0, long":         "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x00",
		"1.0 with greeting": signature + "\x00\x07\x01\x00",
		"2.0":               signature + "\x01\x07\x00\x00",
		"2.0, major 2":      signature + "\x02\x07\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			cfg, s := withMechanism()
			r := feed(cfg, in, 1)
			requireCode(t, session.CodeUnsupportedVersion, r.err)
			require.Equal(t, scriptGreeting, r.sent, "the whole greeting at once, and no more")
			require.Empty(t, s.asked)
		})
	}
}
