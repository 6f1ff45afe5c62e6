package ioloop

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each byte that comes after a Read said ErrAgain is announced by an event.
func TestNothingIsLostBetweenErrAgainAndTheEvent(t *testing.T) {
	const total = 200 << 10
	for _, trustShort := range []bool{false, true} {
		t.Run(fmt.Sprintf("trustShort=%v", trustShort), func(t *testing.T) {
			forEachStream(t, func(f *fixture) {
				sent := sequence(total)
				wait := inBackground(func() error { return writeInPieces(f.peer, sent) })
				require.True(f, bytes.Equal(sent, f.read(untilEnd, 700, trustShort)))
				require.NoError(f, wait())
			})
		})
	}
}

// writeInPieces writes b with pauses of many lengths, and closes.
func writeInPieces(c net.Conn, b []byte) error {
	r := rand.New(rand.NewPCG(1, 2))
	for len(b) > 0 {
		n := min(1+r.IntN(3000), len(b))
		if _, err := c.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
		for range r.IntN(4) {
			runtime.Gosched()
		}
	}
	return c.Close()
}

// drainer reads on the loop, as little as it must: a short read is the last unless a hang-up was reported.
type drainer struct {
	mu     sync.Mutex // held until stream is set
	stream Stream
	got    []byte
	hungUp bool
	end    chan error
}

func (d *drainer) Ready(ev Events) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hungUp = d.hungUp || ev&Hangup != 0
	var buf [64]byte
	for {
		n, err := d.stream.Read(buf[:])
		d.got = append(d.got, buf[:n]...)
		switch {
		case err == ErrAgain, err == nil && n < len(buf) && !d.hungUp:
			return
		case err != nil:
			select {
			case d.end <- err:
			default: // said already
			}
			return
		}
	}
}

func (d *drainer) bytes() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got
}

func TestEndThatComesWithDataIsSeen(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		for i := range 100 {
			near, far := f.pair(f)
			d := &drainer{end: make(chan error, 1)}
			d.mu.Lock()
			var err error
			d.stream, err = f.attach(f.loop, near, d)
			d.mu.Unlock()
			require.NoError(f, err)
			sent := sequence(1 + i)
			_, err = far.Write(sent)
			require.NoError(f, err)
			require.NoError(f, far.Close())
			require.Equal(f, io.EOF, within(f, d.end))
			d.stream.Close()
			require.Equal(f, sent, d.bytes())
		}
	})
}

// A stream that is there already, with data and its end, is announced after Attach.
func TestWhatWasThereBeforeIsReported(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		if !f.halfClose || f.agreed {
			return // nothing is ever there before a pipe is read, or memory is shared
		}
		near, far := f.pair(f)
		_, err := far.Write([]byte("early"))
		require.NoError(f, err)
		require.NoError(f, far.Close())
		f.seen = newRecorder()
		f.stream, err = f.attach(f.loop, near, f.seen)
		require.NoError(f, err)
		f.Cleanup(f.stream.Close)
		f.seen.await(f, Readable)
		require.Equal(f, "early", string(f.read(untilEnd, 64, true)))
	})
}

func TestWatchReadOffAndOn(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		send := func(b string) {
			_, err := io.WriteString(f.peer, b)
			require.NoError(f, err)
		}
		send("first")
		require.Equal(f, "first", string(f.read(5, 64, false)))
		f.stream.WatchRead(false)
		f.roundTrip()
		f.seen.take(Readable)

		send("unheard")
		require.Equal(f, "unheard", f.poll(7), "Read needs no event")
		f.roundTrip()
		require.Zero(f, f.seen.take(Readable), "an event that was not asked for")

		send("there already")
		f.stream.WatchRead(true)
		f.seen.await(f, Readable)
		require.Equal(f, "there already", string(f.read(13, 64, false)))

		f.stream.WatchRead(false)
		require.NoError(f, f.peer.Close())
		f.stream.WatchRead(true)
		require.Empty(f, f.read(untilEnd, 64, true), "the end is a readiness too")
	})
}

// poll reads n bytes without an event.
func (f *fixture) poll(n int) string {
	f.Helper()
	var got []byte
	buf := make([]byte, n)
	eventually(f, "bytes", func() bool {
		k, err := f.stream.Read(buf[:n-len(got)])
		if err != ErrAgain {
			require.NoError(f, err)
		}
		got = append(got, buf[:k]...)
		return len(got) == n
	})
	return string(got)
}

func TestWritevUnderAFullPeer(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		data := sequence(4 << 20) // more than lies between two ends
		piece := func(from, n int) []byte { return data[from:min(from+n, len(data))] }
		written, partial := 0, false
		for {
			bufs := [][]byte{piece(written, 5000), piece(written+5000, 70_001)}
			n, err := f.stream.Writev(bufs)
			written += n
			partial = partial || err == nil && n < len(bufs[0])+len(bufs[1])
			if err == ErrAgain {
				require.Zero(f, n)
				break
			}
			require.NoError(f, err)
		}
		require.True(f, partial, "the last write before ErrAgain takes a part")

		f.stream.WatchWrite(true)
		wait := inBackground(func() error { return expect(f.peer, data) })
		f.seen.await(f, Writable)
		f.write(data[written:])
		require.NoError(f, wait())
	})
}

// expect reads want.
func expect(c io.Reader, want []byte) error {
	buf := make([]byte, 64<<10)
	for at := 0; at < len(want); {
		n, err := c.Read(buf)
		if at+n > len(want) || !bytes.Equal(buf[:n], want[at:at+n]) {
			return fmt.Errorf("other bytes than were written, %d to %d", at, at+n)
		}
		if at += n; err != nil && at < len(want) {
			return fmt.Errorf("after %d bytes of %d: %w", at, len(want), err)
		}
	}
	return nil
}

// An event for a readiness that is there already comes with WatchWrite, also the second time.
func TestWatchWriteReportsRoom(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		for range 3 {
			f.stream.WatchWrite(true)
			f.seen.await(f, Writable)
			f.stream.WatchWrite(false)
			f.roundTrip()
			f.seen.take(Writable)
		}
	})
}

func TestWritevOfManyPieces(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		const pieces = 1000
		data := sequence(64 * pieces)
		wait := inBackground(func() error { return expect(f.peer, data) })
		for at := 0; at < len(data); {
			n, err := f.stream.Writev(cut(data[at:], pieces))
			if at += n; err == ErrAgain {
				f.stream.WatchWrite(true)
				f.seen.await(f, Writable)
				continue
			}
			require.NoError(f, err)
			require.Positive(f, n)
		}
		require.NoError(f, wait())
	})
}

// cut makes up to pieces pieces of up to 64 bytes, with empty ones between them.
func cut(b []byte, pieces int) [][]byte {
	bufs := make([][]byte, 0, 2*pieces)
	for len(b) > 0 && len(bufs) < 2*pieces {
		n := min(64, len(b))
		bufs = append(bufs, b[:n:n], nil)
		b = b[n:]
	}
	return bufs
}

func TestWritevDoesNotKeepItsPieces(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		data := sequence(64 << 10)
		wait := inBackground(func() error { return expect(f.peer, data) })
		buf := make([]byte, 100)
		for at := 0; at < len(data); {
			k := copy(buf, data[at:])
			n, err := f.stream.Writev([][]byte{buf[:k/2], buf[k/2 : k]})
			clear(buf)
			if at += n; err == ErrAgain {
				f.stream.WatchWrite(true)
				f.seen.await(f, Writable)
				continue
			}
			require.NoError(f, err)
		}
		require.NoError(f, wait())
	})
}

// What takes no room never has to wait for it.
func TestWritevOfNothing(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		for _, bufs := range [][][]byte{nil, {nil}, {{}, {}}} {
			n, err := f.stream.Writev(bufs)
			require.NoError(f, err)
			require.Zero(f, n)
		}
	})
}

func TestCloseWriteDeliversEverythingAndThenTheEnd(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		data := sequence(1 << 20)
		wait := inBackground(func() error {
			if err := expect(f.peer, data); err != nil || !f.halfClose {
				return err
			}
			if n, err := f.peer.Read(make([]byte, 1)); err != io.EOF {
				return fmt.Errorf("read %d, %w instead of the end", n, err)
			}
			return nil
		})
		f.write(data)
		f.stream.CloseWrite()
		require.NoError(f, wait())

		_, err := f.stream.Writev([][]byte{{1}})
		require.Error(f, err)
		require.NotEqual(f, ErrAgain, err)
		_, err = io.WriteString(f.peer, "farewell")
		require.NoError(f, err)
		require.Equal(f, "farewell", string(f.read(8, 64, false)), "the other direction lives on")
	})
}

func TestPendingIsWhatTheSystemHasNotTaken(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		written := 0
		for data := sequence(64 << 10); ; {
			n, err := f.stream.Writev([][]byte{data})
			if written += n; err == ErrAgain {
				break
			}
			require.NoError(f, err)
		}
		require.LessOrEqual(f, f.stream.Pending(), written)
		if f.name == "adapted pipe" || f.name == "attached pipe" {
			require.Equal(f, written, f.stream.Pending(), "a pipe takes nothing before it is read")
		}
		f.stream.WatchWrite(true)
		wait := inBackground(func() error {
			_, err := io.CopyN(io.Discard, f.peer, int64(written))
			return err
		})
		for f.stream.Pending() > 0 {
			f.seen.await(f, Writable) // every time some bytes have gone
		}
		require.NoError(f, wait())
	})
}

func TestAfterClose(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		f.stream.Close()
		_, err := f.stream.Read(make([]byte, 1))
		require.ErrorIs(f, err, net.ErrClosed)
		_, err = f.stream.Writev([][]byte{{1}})
		require.ErrorIs(f, err, net.ErrClosed)
		_, err = f.peer.Read(make([]byte, 1))
		require.Error(f, err, "the peer sees the end")
		f.stream.Close()
		f.stream.CloseWrite()
		f.stream.WatchRead(false)
		f.stream.WatchWrite(true)
		f.roundTrip()
	})
}

func TestAddresses(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		require.Equal(f, f.peer.RemoteAddr().String(), f.stream.LocalAddr().String())
		require.Equal(f, f.peer.LocalAddr().String(), f.stream.RemoteAddr().String())
	})
}

// A connection that the peer resets ends reading and writing with an error, which is announced.
func TestResetIsReported(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		c, ok := f.peer.(*net.TCPConn)
		if !ok {
			return
		}
		require.NoError(f, c.SetLinger(0))
		require.NoError(f, c.Close())
		var err error
		for err = ErrAgain; err == ErrAgain; _, err = f.stream.Read(make([]byte, 1)) {
			f.seen.await(f, Readable)
		}
		require.Error(f, err)
		require.NotEqual(f, io.EOF, err)
		eventually(f, "a failed write", func() bool {
			_, err := f.stream.Writev([][]byte{{1}})
			return err != nil && err != ErrAgain
		})
	})
}

// Close while others are at it: their calls end with an error, and none of them touches the descriptor when somebody
// else has its number.
func TestCloseWhileInUse(t *testing.T) {
	forEachStream(t, func(f *fixture) {
		for range 30 {
			closeInUse(f)
		}
	})
}

func closeInUse(f *fixture) {
	near, far := f.pair(f)
	s, err := f.attach(f.loop, near, newRecorder())
	require.NoError(f, err)
	var users, peer sync.WaitGroup
	peer.Go(func() { _, _ = io.Copy(io.Discard, far) })
	peer.Go(func() {
		for noise := bytes.Repeat([]byte{0xEE}, 1000); ; {
			if _, err := far.Write(noise); err != nil {
				return
			}
		}
	})

	read, wrote := make(chan struct{}), make(chan struct{})
	var closed atomic.Bool
	users.Go(func() { useUntilClosed(read, func() (int, error) { return s.Read(make([]byte, 100)) }) })
	users.Go(func() { useUntilClosed(wrote, func() (int, error) { return s.Writev([][]byte{{0xEE}, {0xEE}}) }) })
	users.Go(func() {
		for on := false; !closed.Load(); on = !on {
			s.WatchRead(on)
			s.WatchWrite(!on)
			s.Pending()
			runtime.Gosched()
		}
	})
	<-read
	<-wrote
	for range 2 {
		users.Go(func() {
			s.Close()
			closed.Store(true)
		})
	}
	requireUndisturbed(f)
	users.Wait()
	require.NoError(f, far.Close())
	peer.Wait()
}

// useUntilClosed closes started after the first call that moved a byte, and returns when one fails.
func useUntilClosed(started chan struct{}, call func() (int, error)) {
	moved := false
	for {
		n, err := call()
		if !moved && (n > 0 || err != nil && err != ErrAgain) {
			moved = true
			close(started)
		}
		if err != nil && err != ErrAgain {
			return
		}
		runtime.Gosched()
	}
}

// requireUndisturbed makes connections, which take the lowest free descriptors, and sees that nobody else reads or
// writes there.
func requireUndisturbed(t testing.TB) {
	for i := range 3 {
		a, b := tcpPair(t)
		for _, c := range [][2]net.Conn{{a, b}, {b, a}} {
			mark := []byte{byte(i), 0x55, 0xAA}
			_, err := c[0].Write(mark)
			require.NoError(t, err)
			require.NoError(t, expect(c[1], mark))
		}
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
	}
}
