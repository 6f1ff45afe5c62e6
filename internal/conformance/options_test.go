package conformance_test

import (
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/batching"
	"github.com/ringmq/ringmq/internal/ioloop"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
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
		"Heartbeat lenient":  socket.WithHeartbeat(socket.Heartbeat{Interval: time.Millisecond, Lenient: true}),
		"Heartbeat":          socket.WithHeartbeat(socket.Heartbeat{Interval: time.Second, Timeout: time.Second, TTL: 65500 * time.Millisecond}),
		"MaxMessageSize 1":   socket.WithMaxMessageSize(1),
		"MaxMessageSize max": socket.WithMaxMessageSize(socket.MaxMessageSizeLimit),
		"Identity 1":         socket.WithIdentity("x"),
		"Identity 255":       socket.WithIdentity(string(make255())),
		"SharedMemory":       socket.WithSharedMemory(true),
		"NoSharedMemory":     socket.WithSharedMemory(false),
		"Metadata":           socket.WithMetadata("X-a", "v"),
		"Engine":             socket.WithEngine(engine),
		"Mandatory":          socket.WithMandatory(),
		"NoDrop":             socket.WithNoDrop(),
		"Verbose":            socket.WithVerbose(),
		"Verboser":           socket.WithVerboser(),
		"Manual":             socket.WithManual(),
		"ManualLastValue":    socket.WithManualLastValue(),
		"Welcome empty":      socket.WithWelcome(ringmq.NewString("")),
		"OnlyFirstSubscribe": socket.WithOnlyFirstSubscribe(false),
		"InvertMatching":     socket.WithInvertMatching(),
		"VerboseUnsubscribe": socket.WithVerboseUnsubscribe(),
		"Overflow":           socket.WithOverflow(socket.DropNewest()),
		"SendHWMBytes 1":     socket.WithSendHWMBytes(1),
		"SendHWMBytes max":   socket.WithSendHWMBytes(math.MaxInt),
		"SendMaxAge 1":       socket.WithSendMaxAge(1),
		"SendMaxAge max":     socket.WithSendMaxAge(math.MaxInt64),
		"Conflate":           socket.WithConflate(),
		"ConnectTimeout 0":   socket.WithConnectTimeout(0),
		"ConnectTimeout max": socket.WithConnectTimeout(math.MaxInt64),
		"KeepAlive":          socket.WithTCPKeepAlive(socket.KeepAlive{}),
		"KeepAlive max":      socket.WithTCPKeepAlive(socket.KeepAlive{Idle: 32767 * time.Second, Interval: 32767 * time.Second, Count: 127}),
		"SendBuffer 1":       socket.WithSendBuffer(1),
		"RecvBuffer max":     socket.WithRecvBuffer(1 << 30),
		"IPv6":               socket.WithIPv6(),
		"AcceptFilter":       socket.WithTCPAcceptFilter("10.1.2.3/8", "0.0.0.0/0", "::/0", "fd00::1", "127.0.0.1"),
		"Linux: UID":         socket.WithIPCFilterUID(0, math.MaxInt32),
		"Linux: GID":         socket.WithIPCFilterGID(0),
		"Linux: PID":         socket.WithIPCFilterPID(1),
		"SOCKSProxy":         socket.WithSOCKSProxy("proxy.example.com:1080", "", ""),
		"SOCKSProxy user":    socket.WithSOCKSProxy("[::1]:1080", string(make255()), string(make255())),
		"Linux: Backlog":     socket.WithBacklog(math.MaxInt32),
		"Linux: TOS 0":       socket.WithTOS(0),
		"Linux: TOS max":     socket.WithTOS(0xfc),
		"Linux: Priority":    socket.WithPriority(6),
		"Linux: UserTimeout": socket.WithTCPUserTimeout(math.MaxInt32 * time.Millisecond),
		"Linux: Device":      socket.WithBindToDevice("fifteen-letters"),
		"StreamNotify on":    socket.WithStreamNotify(true),
		"StreamNotify off":   socket.WithStreamNotify(false),
		"MulticastHops 1":    socket.WithMulticastHops(1),
		"MulticastHops max":  socket.WithMulticastHops(socket.MaxMulticastHops),
		"MulticastLoop on":   socket.WithMulticastLoop(true),
		"MulticastLoop off":  socket.WithMulticastLoop(false),
		"Correlate":          socket.WithCorrelate(),
		"Relaxed":            socket.WithRelaxed(),
		"Handover":           socket.WithHandover(),
		"RouterNotify 0":     socket.WithRouterNotify(0),
		"RouterNotify both":  socket.WithRouterNotify(socket.NotifyConnect | socket.NotifyDisconnect),
		"ProbeRouter":        socket.WithProbeRouter(),
		"Hello 1":            socket.WithHello([]byte{0}),
		"Hello max":          socket.WithHello(make([]byte, socket.MaxGreeting)),
		"DisconnectMessage":  socket.WithDisconnectMessage([]byte("gone")),
		"HiccupMessage":      socket.WithHiccupMessage([]byte("hiccup")),
		"Immediate":          socket.WithImmediate(),
		"ReconnectStop 0":    socket.WithReconnectStop(0),
		"ReconnectStop all":  socket.WithReconnectStop(socket.StopRefused | socket.StopHandshakeFailed | socket.StopAfterDisconnect),
		"NoReconnect":        socket.WithNoReconnect(),
		"Spool":              socket.WithSpool(openSpool(t, t.TempDir())),
		"Ack":                socket.WithAck(),
		"AutoAck":            socket.WithAutoAck(),
		"Window 1":           socket.WithWindow(1),
		"Window max":         socket.WithWindow(1 << 20),
		"Redelivery zero":    socket.WithRedelivery(socket.Redelivery{}),
		"Redelivery":         socket.WithRedelivery(socket.Redelivery{AckTimeout: time.Millisecond, Backoff: 1, MaxBackoff: 1, MaxDeliveries: 1}),
		"PlainPeers":         socket.WithPlainPeers(socket.AckOnWrite),
	} {
		t.Run(name, func(t *testing.T) {
			onlyWhereItIs(t, name)
			shut(t, open(t, reqrep.NewDealer, opt))
		})
	}
}

// onlyWhereItIs skips what other systems lack.
func onlyWhereItIs(t *testing.T, name string) {
	if strings.HasPrefix(name, "Linux:") && runtime.GOOS != "linux" {
		t.Skip("an option of Linux")
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
		"Overflow":            {socket.WithOverflow(socket.Evict()), "Overflow", "Evict", "DropNewest on a socket that is not PUB"},
		"Overflow BlockFor":   {socket.WithOverflow(socket.BlockFor(0)), "Overflow", "BlockFor(0s)", "more than 0"},
		"SendHWMBytes 0":      {socket.WithSendHWMBytes(0), "SendHWMBytes", "0", "more than 0"},
		"SendMaxAge 0":        {socket.WithSendMaxAge(0), "SendMaxAge", "0s", "more than 0"},
		"Welcome":             {socket.WithWelcome(ringmq.Message{}), "Welcome", "0 frames", "at least one frame"},
		"ConnectTimeout":      {socket.WithConnectTimeout(-1), "ConnectTimeout", "-1ns", "0"},
		"KeepAlive idle":      {socket.WithTCPKeepAlive(socket.KeepAlive{Idle: time.Second - 1}), "TCPKeepAlive", "999.999", "1 s"},
		"KeepAlive interval":  {socket.WithTCPKeepAlive(socket.KeepAlive{Interval: 32768 * time.Second}), "TCPKeepAlive", "9h6m8s", "9h6m7s"},
		"KeepAlive negative":  {socket.WithTCPKeepAlive(socket.KeepAlive{Idle: -1}), "TCPKeepAlive", "-1ns", "0"},
		"KeepAlive count":     {socket.WithTCPKeepAlive(socket.KeepAlive{Count: 128}), "TCPKeepAlive", "128", "127"},
		"SendBuffer 0":        {socket.WithSendBuffer(0), "SendBuffer", "0", "1"},
		"RecvBuffer -1":       {socket.WithRecvBuffer(-1), "RecvBuffer", "-1", "1"},
		"RecvBuffer huge":     {socket.WithRecvBuffer(1<<30 + 1), "RecvBuffer", fmt.Sprint(1<<30 + 1), fmt.Sprint(1 << 30)},
		"AcceptFilter none":   {socket.WithTCPAcceptFilter(), "TCPAcceptFilter", "", "networks"},
		"AcceptFilter empty":  {socket.WithTCPAcceptFilter(""), "TCPAcceptFilter", `""`, "networks"},
		"AcceptFilter bits":   {socket.WithTCPAcceptFilter("::/0", "1.2.3.4/33"), "TCPAcceptFilter", "1.2.3.4/33", "networks"},
		"AcceptFilter cut":    {socket.WithTCPAcceptFilter("1.2.3.4/"), "TCPAcceptFilter", "1.2.3.4/", "networks"},
		"AcceptFilter minus":  {socket.WithTCPAcceptFilter("1.2.3.4/-1"), "TCPAcceptFilter", "1.2.3.4/-1", "networks"},
		"AcceptFilter IPv6":   {socket.WithTCPAcceptFilter("::1/129"), "TCPAcceptFilter", "::1/129", "networks"},
		"AcceptFilter mapped": {socket.WithTCPAcceptFilter("::ffff:10.0.0.0/104"), "TCPAcceptFilter", "::ffff:10", "networks"},
		"AcceptFilter zone":   {socket.WithTCPAcceptFilter("fe80::1%eth0"), "TCPAcceptFilter", "fe80::1%eth0", "networks"},
		"AcceptFilter name":   {socket.WithTCPAcceptFilter("localhost"), "TCPAcceptFilter", "localhost", "networks"},
		"Linux: UID":          {socket.WithIPCFilterUID(0, -1), "IPCFilterUID", "-1", "0"},
		"Linux: UID none":     {socket.WithIPCFilterUID(), "IPCFilterUID", "", "one"},
		"Linux: GID":          {socket.WithIPCFilterGID(-1), "IPCFilterGID", "-1", "0"},
		"Linux: PID":          {socket.WithIPCFilterPID(0), "IPCFilterPID", "0", "1"},
		"SOCKSProxy none":     {socket.WithSOCKSProxy("", "", ""), "SOCKSProxy", "", "host:port"},
		"SOCKSProxy port":     {socket.WithSOCKSProxy("proxy", "", ""), "SOCKSProxy", "proxy", "host:port"},
		"SOCKSProxy any":      {socket.WithSOCKSProxy("*:1080", "", ""), "SOCKSProxy", "*:1080", "host:port"},
		"SOCKSProxy source":   {socket.WithSOCKSProxy("a:1;b:2", "", ""), "SOCKSProxy", "a:1;b:2", "host:port"},
		"SOCKSProxy user":     {socket.WithSOCKSProxy("a:1", strings.Repeat("x", 256), ""), "SOCKSProxy", "a:1", "255"},
		"SOCKSProxy password": {socket.WithSOCKSProxy("a:1", "x", strings.Repeat("x", 256)), "SOCKSProxy", "a:1", "255"},
		"SOCKSProxy no user":  {socket.WithSOCKSProxy("a:1", "", "x"), "SOCKSProxy", "a:1", "user name"},
		"Listener nil":        {socket.WithListener(nil), "Listener", "nil", "*net.TCPListener"},
		"Listener typed nil":  {socket.WithListener((*net.TCPListener)(nil)), "Listener", "nil", "*net.TCPListener"},
		"Listener of what":    {socket.WithListener(struct{ net.Listener }{}), "Listener", "", "*net.TCPListener"},
		"Linux: Backlog":      {socket.WithBacklog(0), "Backlog", "0", "1"},
		"Linux: TOS negative": {socket.WithTOS(-4), "TOS", "-4", "0"},
		"Linux: TOS of ECN":   {socket.WithTOS(0x2a), "TOS", "42", "multiple of 4"},
		"Linux: TOS large":    {socket.WithTOS(256), "TOS", "256", "252"},
		"Linux: Priority":     {socket.WithPriority(-1), "Priority", "-1", "0"},
		"Linux: UserTimeout":  {socket.WithTCPUserTimeout(time.Millisecond - 1), "TCPUserTimeout", "999.999µs", "1ms"},
		"Linux: Device none":  {socket.WithBindToDevice(""), "BindToDevice", "", "15"},
		"Linux: Device long":  {socket.WithBindToDevice("sixteen-letters-"), "BindToDevice", "sixteen", "15"},
		"Linux: Device path":  {socket.WithBindToDevice("a/b"), "BindToDevice", "a/b", "name"},
		"MulticastHops 0":     {socket.WithMulticastHops(0), "MulticastHops", "0", "1 to 255"},
		"MulticastHops many":  {socket.WithMulticastHops(256), "MulticastHops", "256", "1 to 255"},
		"RouterNotify":        {socket.WithRouterNotify(4), "RouterNotify", "4", "NotifyConnect"},
		"Hello none":          {socket.WithHello(nil), "Hello", "", "1"},
		"Hello long":          {socket.WithHello(make([]byte, socket.MaxGreeting+1)), "Hello", "\x00", "65536"},
		"DisconnectMessage":   {socket.WithDisconnectMessage(nil), "DisconnectMessage", "", "65536"},
		"HiccupMessage":       {socket.WithHiccupMessage(nil), "HiccupMessage", "", "65536"},
		"ReconnectStop":       {socket.WithReconnectStop(8), "ReconnectStop", "8", "StopRefused"},
		"Spool":               {socket.WithSpool(nil), "Spool", "nil", "spool"},
		"Ack":                 {socket.WithAck(), "Ack", "PUSH", "PULL"},
		"AutoAck":             {socket.WithAutoAck(), "Ack", "PUSH", "PULL"},
		"Window 0":            {socket.WithWindow(0), "Window", "0", "1 to"},
		"Window huge":         {socket.WithWindow(1<<20 + 1), "Window", "1048577", "1048576"},
		"Redelivery timeout":  {socket.WithRedelivery(socket.Redelivery{AckTimeout: 1}), "Redelivery", "1ns", "1 ms"},
		"Redelivery backoff":  {socket.WithRedelivery(socket.Redelivery{Backoff: 2, MaxBackoff: 1}), "Redelivery", "2ns", "backoff"},
		"Redelivery negative": {socket.WithRedelivery(socket.Redelivery{Backoff: -1}), "Redelivery", "-1ns", "backoff"},
		"Redelivery count":    {socket.WithRedelivery(socket.Redelivery{MaxDeliveries: -1}), "Redelivery", "-1", "deliveries"},
		"PlainPeers":          {socket.WithPlainPeers(2), "PlainPeers", "2", "AckOnWrite"},
		"Durable":             {socket.WithDurable("s"), "Durable", "PUSH", "SUB"},
		"Durable empty":       {socket.WithDurable(""), "Durable", "", "1 to"},
		"Durable long":        {socket.WithDurable(strings.Repeat("x", 300)), "Durable", "xxx", "1 to"},
		"Replay":              {socket.WithReplay(spool.FromSequence(7)), "Replay", "sequence 7", "durable"},
		"Replay zero":         {socket.WithReplay(spool.Start{}), "Replay", "", "starts"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			onlyWhereItIs(t, name)
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
		{Loops: -1},
		{Loops: 257},
		{CPUs: []int{-1}},
		{CPUs: []int{ioloop.Cores()[0], 1 << 20}},
		{CPUs: []int{ioloop.Cores()[0], ioloop.Cores()[0]}},
		{Pinned: true, Loops: len(ioloop.Cores()) + 1},
		{Pinned: true, Loops: 2, CPUs: ioloop.Cores()[:1]},
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
	cores := ioloop.Cores()
	for name, cfg := range map[string]socket.EngineConfig{
		"default": {}, "two loops": {Loops: 2}, "pinned": {Loops: min(2, len(cores)), Pinned: true},
		"core": {Pinned: true, CPUs: cores[len(cores)-1:]}, "no cores named": {Pinned: true, CPUs: []int{}},
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
		t.Run("replaced all the time", func(t *testing.T) {
			const delay = 20 * time.Millisecond
			push := open(t, pipeline.NewPush, socket.WithConflate(), socket.WithBatching(batching.Fixed(2, 0, delay)))
			pull := open(t, pipeline.NewPull)
			link(t, pull, push, fresh())
			arrived := begin(func() error { _, err := pull.Recv(deadline(t)); return err })
			again := time.NewTicker(delay / 20)
			defer again.Stop()
			for ctx := deadline(t); ; {
				require.NoError(t, push.SendBytes(ctx, []byte("newest")))
				select {
				case err := <-arrived:
					require.NoError(t, err)
					return
				case <-again.C:
				}
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
