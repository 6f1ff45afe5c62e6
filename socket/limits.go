package socket

import (
	"math"
	"time"
)

// Defaults of options.
const (
	// DefaultHWM is the high-water mark each way, in messages a peer, as libzmq's.
	DefaultHWM = 1000
	// DefaultLinger is how long Close waits for queued messages. libzmq waits for ever, which hangs a program whose
	// peer is gone; [ringmq.UnsentError] says what a shorter wait left behind.
	DefaultLinger = 5 * time.Second
	// DefaultReconnectMin and DefaultReconnectMax bound the time between attempts to connect.
	DefaultReconnectMin = 100 * time.Millisecond
	DefaultReconnectMax = 5 * time.Second
	// DefaultHandshakeTimeout is libzmq's.
	DefaultHandshakeTimeout = 30 * time.Second
	// DefaultHeartbeat is the time between PINGs. Devices that watch over connections forget idle ones after a minute at
	// the earliest, most after four or more; and for a thousand idle peers it comes to some 70 small packets a second.
	DefaultHeartbeat = 30 * time.Second
	// DefaultHeartbeatTimeout is how long a peer's system may leave PINGs unanswered: two are lost before it is given up.
	DefaultHeartbeatTimeout = 2 * DefaultHeartbeat
	// DefaultMaxMessageSize bounds what one peer can make us keep for one message, in bytes.
	DefaultMaxMessageSize = 256 << 20
	// MaxMessageSizeLimit is the largest limit that can be set, and the largest message that can be sent, in bytes.
	MaxMessageSizeLimit = math.MaxInt32
	// MaxDatagram is the largest datagram that is sent, in bytes: libzmq cuts off what is longer when it receives.
	MaxDatagram = 8192
	// DefaultSpin is how long a receiver polls before it parks, while that pays. A ping-pong over loopback takes some
	// 10 µs, waking a parked goroutine some 50 µs more. So a feed of 7,000 messages a second or more finds its
	// receivers awake.
	DefaultSpin = 150 * time.Microsecond
	// MaxSpin is the longest spin that can be asked for.
	MaxSpin = 10 * time.Millisecond
)

// Limits and tunables of the engine.
const (
	// chunkSize is the size of a receive chunk in bytes: what one read(2) takes at the most, and what a kept message
	// pins.
	chunkSize = 64 << 10
	// minRead is the room in bytes below which a chunk is given up for a new one.
	minRead = 4 << 10
	// maxReads bounds the reads of one connection a wake-up of its loop, so that no peer starves the others.
	maxReads = 8
	// maxPieces is the number of pieces gathered for one write.
	maxPieces = 16
	// maxWrite is the number of bytes gathered for one write: more does not raise the throughput.
	maxWrite = 256 << 10
	// maxWrites bounds the writes to one connection a wake-up of its loop.
	maxWrites = 8
	// maxFrames bounds the frames of one message. An empty frame costs its sender 2 bytes and us 24.
	maxFrames = 1 << 16
	// maxBetween is the number of bytes that commands between the frames of one message may take.
	maxBetween = 64 << 10
	// maxDatagramIn is the number of bytes that no datagram exceeds (RFC 768).
	maxDatagramIn = 64<<10 - 1
	// frameSlab is the number of frame headers that are allocated at once.
	frameSlab = 256
	// maxPongBacklog is the number of bytes of unsent commands above which a PING is not answered: a peer that sends
	// PINGs and does not read costs only itself.
	maxPongBacklog = 4 << 10
	// unaskedPong is the time between the PINGs of a peer that has sent one only, for want of anything better, and
	// minPongGap the shortest that is taken for its habit.
	unaskedPong = 250 * time.Millisecond
	minPongGap  = 5 * time.Millisecond
	// pulseBurst is the number of connections that are sent PINGs at once, and pulsePause the time to the next so many.
	pulseBurst = 64
	pulsePause = 10 * time.Millisecond
	// maxLag is the number of received messages that the reading side may not know of yet.
	maxLag = 32
	// streamPause is the time since the last write under which the loop leaves a stream of messages to its sender.
	streamPause = 50 * time.Microsecond
	// streamGap is the time for which a stream that a gap has cut short may go on as one.
	streamGap = 200 * time.Microsecond
	// maxHot is the number of pipes that are looked at on each Recv even if they had nothing last time.
	maxHot = 4
	// maxRun is the number of messages that are encoded for many peers before each is given them.
	maxRun = 4096
	// takeOverEvery is the number of messages after which a busy receiver takes the reading from the loop.
	takeOverEvery = 256
	// maxDriven is the number of connections of one socket that a receiver polls by itself.
	maxDriven = 4
	// denseArrival is the time between two messages under which a receiver lets a few of them gather, and gatherPause
	// how long it does.
	denseArrival = 250 * time.Nanosecond
	gatherPause  = time.Microsecond
	// spinsBetweenYields is how often a receiver looks before it lets another goroutine run, and spareYields how many
	// times as often where a processor is left over for others.
	spinsBetweenYields = 16
	spareYields        = 16
	// roomSpin is how long a sender waits for room before it parks, where a receiver of this process makes it.
	roomSpin = 50 * time.Microsecond
	// driveWatch is how often it is checked that a receiver that polled its connections still does.
	driveWatch = 5 * time.Millisecond
	// coarseTick is the step of the clock that tells when a peer was last seen.
	coarseTick = 10 * time.Millisecond
	// farewell is how long Close waits for a peer to read what was written to it: closing a TCP connection with
	// unread input makes the kernel throw away output.
	farewell = 200 * time.Millisecond
	// localRetry is the time until a connector over inproc tries a name again whose socket is closing.
	localRetry = time.Millisecond
	// monitorBuffer is the number of events that wait for a slow reader before further ones are dropped and counted.
	monitorBuffer = 1024
	// acceptPause is how long a listener waits after a failed accept, such as for want of descriptors.
	acceptPause = 50 * time.Millisecond
)
