package conformance_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

func TestGoodOptions(t *testing.T) {
	engine, err := socket.NewEngine(socket.EngineConfig{})
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	for name, opt := range map[string]socket.Option{
		"SendHWM 0":          socket.WithSendHWM(0),
		"SendHWM 1":          socket.WithSendHWM(1),
		"SendHWM max":        socket.WithSendHWM(math.MaxInt),
		"RecvHWM 0":          socket.WithRecvHWM(0),
		"RecvHWM max":        socket.WithRecvHWM(math.MaxInt),
		"Linger 0":           socket.WithLinger(0),
		"Linger -1":          socket.WithLinger(-1),
		"Linger max":         socket.WithLinger(math.MaxInt64),
		"Batching adaptive":  socket.WithBatching(batching.Adaptive()),
		"Batching immediate": socket.WithBatching(batching.Immediate()),
		"Batching fixed":     socket.WithBatching(batching.Fixed(0, 0, 0)),
		"Idle spin 0":        socket.WithIdle(socket.Spin(0)),
		"Idle spin max":      socket.WithIdle(socket.Spin(socket.MaxSpin)),
		"Idle park":          socket.WithIdle(socket.Park()),
		"Idle adaptive":      socket.WithIdle(socket.Adaptive(time.Microsecond)),
		"Reconnect":          socket.WithReconnect(1, 1),
		"Reconnect max":      socket.WithReconnect(1, math.MaxInt64),
		"Handshake 0":        socket.WithHandshakeTimeout(0),
		"Handshake":          socket.WithHandshakeTimeout(time.Nanosecond),
		"Heartbeat zero":     socket.WithHeartbeat(socket.Heartbeat{}),
		"Heartbeat":          socket.WithHeartbeat(socket.Heartbeat{Interval: time.Second, Timeout: time.Second, TTL: 65500 * time.Millisecond}),
		"MaxMessageSize 1":   socket.WithMaxMessageSize(1),
		"MaxMessageSize max": socket.WithMaxMessageSize(socket.MaxMessageSizeLimit),
		"Identity 1":         socket.WithIdentity("x"),
		"Identity 255":       socket.WithIdentity(string(make255())),
		"Metadata":           socket.WithMetadata("X-a", "v"),
		"Engine":             socket.WithEngine(engine),
		"Mandatory":          socket.WithMandatory(),
		"NoDrop":             socket.WithNoDrop(),
	} {
		t.Run(name, func(t *testing.T) {
			shut(t, open(t, reqrep.NewDealer, opt))
		})
	}
}

// TestBadOptions: the error names the socket, the option, the value and what would have been good; every constructor
// refuses.
func TestBadOptions(t *testing.T) {
	tests := map[string]struct {
		opt                 socket.Option
		option, value, good string
	}{
		"zero":                {socket.Option{}, "Option", "", ""},
		"SendHWM":             {socket.WithSendHWM(-1), "SendHWM", "-1", "0"},
		"SendHWM min":         {socket.WithSendHWM(math.MinInt), "SendHWM", "-", "0"},
		"RecvHWM":             {socket.WithRecvHWM(-1), "RecvHWM", "-1", "0"},
		"Batching":            {socket.WithBatching(nil), "Batching", "nil", "policy"},
		"Idle negative":       {socket.WithIdle(socket.Spin(-1)), "Idle", "-1", "10ms"},
		"Idle long":           {socket.WithIdle(socket.Spin(socket.MaxSpin + 1)), "Idle", "10.000001ms", "10ms"},
		"Idle adaptive":       {socket.WithIdle(socket.Adaptive(time.Hour)), "Idle", "1h0m0s", "10ms"},
		"Reconnect 0":         {socket.WithReconnect(0, time.Second), "Reconnect", "1s", "min"},
		"Reconnect negative":  {socket.WithReconnect(-1, 1), "Reconnect", "-1ns", "min"},
		"Reconnect reversed":  {socket.WithReconnect(2, 1), "Reconnect", "2ns", "max"},
		"Handshake":           {socket.WithHandshakeTimeout(-1), "HandshakeTimeout", "-1ns", "0"},
		"Heartbeat interval":  {socket.WithHeartbeat(socket.Heartbeat{Interval: -1}), "Heartbeat", "-1ns", "0"},
		"Heartbeat short":     {socket.WithHeartbeat(socket.Heartbeat{Interval: time.Millisecond - 1}), "Heartbeat", "999.999µs", "1 ms"},
		"Heartbeat timeout":   {socket.WithHeartbeat(socket.Heartbeat{Timeout: -1}), "Heartbeat", "-1ns", "0"},
		"Heartbeat TTL":       {socket.WithHeartbeat(socket.Heartbeat{TTL: -1}), "Heartbeat", "-1ns", "0"},
		"Heartbeat TTL long":  {socket.WithHeartbeat(socket.Heartbeat{TTL: 66 * time.Second}), "Heartbeat", "1m6s", "65.5"},
		"MaxMessageSize 0":    {socket.WithMaxMessageSize(0), "MaxMessageSize", "0", "1"},
		"MaxMessageSize -1":   {socket.WithMaxMessageSize(-1), "MaxMessageSize", "-1", "1"},
		"MaxMessageSize huge": {socket.WithMaxMessageSize(socket.MaxMessageSizeLimit + 1), "MaxMessageSize", fmt.Sprint(int64(socket.MaxMessageSizeLimit) + 1), fmt.Sprint(socket.MaxMessageSizeLimit)},
		"Identity empty":      {socket.WithIdentity(""), "Identity", "", "255"},
		"Identity long":       {socket.WithIdentity(strings.Repeat("x", 256)), "Identity", "xxx", "255"},
		"Identity zero":       {socket.WithIdentity("\x00x"), "Identity", "x", "zero"},
		"Metadata name":       {socket.WithMetadata("Name", "v"), "Metadata", "Name", "X-"},
		"Metadata X-":         {socket.WithMetadata("X-", "v"), "Metadata", "X-", "X-"},
		"Metadata none":       {socket.WithMetadata("", ""), "Metadata", "", "X-"},
		"Metadata value":      {socket.WithMetadata("X-Name", ""), "Metadata", "X-Name", "value"},
		"Metadata long":       {socket.WithMetadata("X-"+strings.Repeat("x", 254), "v"), "Metadata", "X-x", "255"},
		"Metadata character":  {socket.WithMetadata("X-a b", "v"), "Metadata", "X-a b", "letters"},
		"Engine":              {socket.WithEngine(nil), "Engine", "nil", "engine"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := pipeline.NewPush(test.opt)
			require.ErrorIs(t, err, ringmq.ErrInvalidOption)
			var e *ringmq.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "PUSH", e.Socket)
			require.Contains(t, e.Op, test.option)
			require.Contains(t, e.Value, test.value)
			require.ErrorContains(t, e.Err, test.good)
			_, err = pipeline.NewPush(socket.WithLinger(0), test.opt, socket.WithLinger(0))
			require.ErrorIs(t, err, ringmq.ErrInvalidOption)
		})
	}
	for name, build := range types {
		_, err := build(socket.WithSendHWM(-1))
		var e *ringmq.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, name, e.Socket)
	}
}

func TestBadEngines(t *testing.T) {
	for _, cfg := range []socket.EngineConfig{
		{Loops: -1}, {Loops: 257}, {CPUs: []int{-1}}, {CPUs: []int{0, runtime.NumCPU()}},
	} {
		_, err := socket.NewEngine(cfg)
		require.ErrorIs(t, err, ringmq.ErrInvalidOption, "%+v", cfg)
	}
}

// TestLaterOptionWins where two set the same.
func TestLaterOptionWins(t *testing.T) {
	push := open(t, pipeline.NewPush, socket.WithSendHWM(7), socket.WithSendHWM(2))
	require.NoError(t, push.Connect(freshInproc(t)))
	require.Equal(t, 2, tryMany(t, push))
}

// TestEngines: sockets on loops of their own, pinned ones included, which outlive them and cannot be closed before.
func TestEngines(t *testing.T) {
	for name, cfg := range map[string]socket.EngineConfig{
		"default": {}, "two loops": {Loops: 2}, "pinned": {Loops: 2, Pinned: true}, "core": {Pinned: true, CPUs: []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			engine, err := socket.NewEngine(cfg)
			require.NoError(t, err)
			on := socket.WithEngine(engine)
			everywhere(t, func(t *testing.T, fresh func() string) {
				pull := open(t, pipeline.NewPull, on)
				bound := bind(t, pull, fresh())
				var pushes []*pipeline.Push
				for range 4 {
					pushes = append(pushes, open(t, pipeline.NewPush, on))
					join(t, pull, pushes[len(pushes)-1], bound)
				}
				require.Error(t, engine.Close(), "it is in use")
				for _, push := range pushes {
					_, err := push.SendBatch(deadline(t), numbers(300))
					require.NoError(t, err)
					for i := range 300 {
						require.Equal(t, numbers(300)[i].Frame(0), []byte(recv(t, pull)[0]))
					}
					shut(t, push)
				}
				shut(t, pull)
			})
			require.NoError(t, engine.Close())
			require.NoError(t, engine.Close())
			_, err = pipeline.NewPush(on)
			require.True(t, errors.Is(err, ringmq.ErrClosed), "%v", err)
		})
	}
}

// TestIdleStrategies change how long a message takes, not what arrives: a ping-pong, a burst, a late one and a wait
// that ends.
func TestIdleStrategies(t *testing.T) {
	for name, idle := range map[string]socket.Idle{
		"park": socket.Park(), "yield": socket.Yield(200 * time.Microsecond), "spin": socket.Spin(200 * time.Microsecond), "longest spin": socket.Spin(socket.MaxSpin),
		"adaptive": socket.Adaptive(socket.DefaultSpin), "adaptive 0": socket.Adaptive(0),
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				a, b := open(t, reqrep.NewDealer, socket.WithIdle(idle)), open(t, reqrep.NewDealer, socket.WithIdle(idle))
				link(t, a, b, fresh())
				ctx := deadline(t)
				go func() {
					for m, err := range b.Messages(ctx) {
						if err != nil || b.Send(ctx, m) != nil {
							return
						}
					}
				}()
				for _, m := range numbers(100) {
					require.NoError(t, a.Send(ctx, m))
					require.Equal(t, string(m.Frame(0)), recv(t, a)[0])
				}
				_, err := a.SendBatch(ctx, numbers(500))
				require.NoError(t, err)
				for _, m := range numbers(500) {
					require.Equal(t, string(m.Frame(0)), recv(t, a)[0])
				}
				_, err = a.Recv(soon(t))
				require.Error(t, err)
				send(t, a, "after a pause")
				require.Equal(t, []string{"after a pause"}, recv(t, a))
			})
		})
	}
}

// TestBatchingPolicies: nothing is lost or reordered, whatever the policy; a quiet message goes too.
func TestBatchingPolicies(t *testing.T) {
	const n = 2000
	for _, policy := range []batching.Policy{
		batching.Adaptive(), batching.Immediate(), batching.Fixed(0, 0, 0), batching.Fixed(10, 0, time.Millisecond),
		batching.Fixed(0, 500, time.Millisecond), batching.Fixed(7, 100, 100*time.Microsecond),
		batching.Fixed(1_000_000, 0, time.Millisecond),
	} {
		t.Run(policy.String(), func(t *testing.T) {
			everywhere(t, func(t *testing.T, fresh func() string) {
				with := socket.WithBatching(policy)
				push, pull := open(t, pipeline.NewPush, with), open(t, pipeline.NewPull)
				link(t, pull, push, fresh())
				ctx := deadline(t)
				done := make(chan error, 1)
				go func() {
					_, err := push.SendBatch(ctx, numbers(n))
					done <- err
				}()
				for _, m := range numbers(n) {
					require.Equal(t, string(m.Frame(0)), recv(t, pull)[0])
				}
				require.NoError(t, result(t, done))
				for i := range 5 {
					send(t, push, "alone")
					require.Equal(t, []string{"alone"}, recv(t, pull), i)
				}
			})
		})
	}
}

// TestHeldMessages: Fixed keeps a message back for its delay, no longer; a full batch goes at once, and so does all
// when the socket closes.
func TestHeldMessages(t *testing.T) {
	onStreams(t, func(t *testing.T, fresh func() string) {
		t.Run("delay", func(t *testing.T) {
			const delay = 60 * time.Millisecond
			push := open(t, pipeline.NewPush, socket.WithBatching(batching.Fixed(100, 0, delay)))
			pull := open(t, pipeline.NewPull)
			link(t, pull, push, fresh())
			for range 3 {
				start := time.Now()
				send(t, push, "held")
				send(t, push, "with it")
				require.Equal(t, []string{"held"}, recv(t, pull))
				require.GreaterOrEqual(t, time.Since(start), delay)
				require.Equal(t, []string{"with it"}, recv(t, pull))
			}
		})
		t.Run("count and bytes", func(t *testing.T) {
			for _, policy := range []batching.Policy{
				batching.Fixed(5, 0, time.Hour), batching.Fixed(0, 5000, time.Hour),
			} {
				held := 0
				for range 8 {
					push := open(t, pipeline.NewPush, socket.WithBatching(policy), socket.WithLinger(patience))
					pull := open(t, pipeline.NewPull)
					link(t, pull, push, fresh())
					for range 4 {
						send(t, push, longTopic(1000))
					}
					got := 0
					if _, err := pull.TryRecv(); err == nil {
						got++ // they have joined a write that was under way
					} else if push.Stats().Queued == 4 {
						held++
					}
					for range 9 {
						send(t, push, longTopic(1000))
					}
					drain(t, pull, 9-got) // four at most are held
					require.NoError(t, within(t, "Close", push.Close))
					drain(t, pull, 4)
				}
				require.Positive(t, held)
			}
		})
		t.Run("close", func(t *testing.T) {
			hold := socket.WithBatching(batching.Fixed(100, 0, time.Hour))
			push, pull := open(t, pipeline.NewPush, hold, socket.WithLinger(patience)), open(t, pipeline.NewPull)
			link(t, pull, push, fresh())
			send(t, push, "held")
			require.NoError(t, within(t, "Close", push.Close))
			require.Equal(t, []string{"held"}, recv(t, pull))
		})
	})
}
