package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// model is what a decoder must make of its input: a plain parser of the whole of it at once.
type model struct {
	limit  int
	v1     bool
	events []string // messages and subscriptions, in the order in which they came
	pongs  []byte
}

// refused is the first byte of a message that the pattern refuses; consumed and discarded are of those that it deals
// with itself and that it throws away.
const (
	refused   = 'R'
	consumed  = 'C'
	discarded = 'D'
)

func (m *model) parse(in []byte) error {
	var frames []string
	start, payload := 0, 0
	for at := 0; ; {
		flags, size, n, err := m.header(in[at:])
		if err != nil || n == 0 {
			return err
		}
		command := flags&zmtp.FlagCommand != 0
		between := uint64(at - start - payload) // bytes of the message so far: headers, and commands between the frames
		switch {
		case size > uint64(m.limit),
			!command && uint64(payload)+size > uint64(m.limit),
			command && len(frames) > 0 && between+size > uint64(maxBetween+zmtp.MaxHeader*len(frames)):
			return ringmq.ErrTooLarge
		}
		if uint64(len(in)-at-n) < size {
			return nil
		}
		body := string(in[at+n : at+n+int(size)])
		at += n + int(size)
		if command {
			if err := m.command(body); err != nil {
				return err
			}
			if len(frames) == 0 {
				start = at
			}
			continue
		}
		if len(frames) == maxFrames {
			return ringmq.ErrTooLarge
		}
		frames = append(frames, body)
		payload += len(body)
		if flags&zmtp.FlagMore == 0 {
			m.events = append(m.events, messageText(frames))
			if strings.HasPrefix(frames[0], string(refused)) {
				return ringmq.ErrProtocol
			}
			frames, payload, start = nil, 0, at
		}
	}
}

// header is ParseHeader and ParseHeaderV1, written down as RFC 37 and RFC 15 say it.
func (m *model) header(in []byte) (flags byte, size uint64, n int, err error) {
	if m.v1 {
		return headerV1(in)
	}
	if len(in) > 0 && (in[0] > 7 || in[0]&5 == 5) {
		return 0, 0, 0, ringmq.ErrProtocol
	}
	if len(in) < 2 {
		return 0, 0, 0, nil
	}
	if in[0]&2 == 0 {
		return in[0], uint64(in[1]), 2, nil
	}
	if in[1] >= 0x80 {
		return 0, 0, 0, ringmq.ErrProtocol
	}
	if len(in) < 9 {
		return 0, 0, 0, nil
	}
	return in[0] &^ 2, binary.BigEndian.Uint64(in[1:]), 9, nil
}

func headerV1(in []byte) (flags byte, size uint64, n int, err error) {
	switch {
	case len(in) > 0 && in[0] == 0:
		return 0, 0, 0, ringmq.ErrProtocol
	case len(in) >= 2 && in[0] < 0xFF:
		return in[1] & 1, uint64(in[0]) - 1, 2, nil
	case len(in) < 10 || in[0] < 0xFF:
		return 0, 0, 0, nil
	}
	length := binary.BigEndian.Uint64(in[1:])
	if length == 0 || length >= 1<<63 {
		return 0, 0, 0, ringmq.ErrProtocol
	}
	return in[9] & 1, length - 1, 10, nil
}

func (m *model) command(body string) error {
	kind, arg, err := session.ParseTraffic([]byte(body))
	if err != nil {
		return err
	}
	switch kind {
	case session.CommandSubscribe:
		m.events = append(m.events, "+"+string(arg))
	case session.CommandCancel:
		m.events = append(m.events, "-"+string(arg))
	case session.CommandPing:
		if _, context, err := zmtp.ParsePing(arg); err == nil && len(m.pongs) < maxPongBacklog {
			m.pongs = zmtp.AppendPong(m.pongs, context)
		}
	case session.CommandError:
		return session.PeerError(arg)
	}
	return nil
}

// messageText writes a message down so that different messages differ.
func messageText[F string | []byte](frames []F) string {
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(strconv.Itoa(len(f)))
		b.WriteByte(':')
		b.WriteString(string(f))
	}
	return b.String()
}

// rig is a decoder with just as much of a connection around it as it needs, and the pattern that it delivers to.
type rig struct {
	Base
	testing.TB
	cn     *conn
	rand   *rand.Rand
	events []string
	queued []string // the messages that were put into the mailbox
	popped int
	kept   []keptMessage
	chunk  *ringmq.Chunk // as last seen
}

// keptMessage is a message that the program holds on to.
type keptMessage struct {
	m    ringmq.Message
	text string
}

func newRig(t testing.TB, hwm int, seed uint64) *rig {
	r := &rig{TB: t, rand: rand.New(rand.NewPCG(seed, 0))}
	c := newReceiving(hwm)
	c.pattern = r
	r.cn = &conn{core: c, pipe: c.newPipe("", true), hand: new(session.Handshake)}
	r.cn.once.Do(func() {}) // it has no loop to fail on
	return r
}

func (r *rig) Deliver(_ *Pipe, m *ringmq.Message) Verdict {
	text := messageText(m.Frames())
	r.events = append(r.events, text)
	if first := m.Frame(0); len(first) > 0 {
		switch first[0] {
		case refused:
			return Refuse
		case discarded:
			return Discard
		case consumed:
			r.receive(*m, text)
			return Consumed
		}
	}
	r.queued = append(r.queued, text)
	return Enqueue
}

func (r *rig) Subscribe(_ *Pipe, topic []byte, on bool) {
	r.events = append(r.events, map[bool]string{true: "+", false: "-"}[on]+string(topic))
}

// receive is the program's part: it gives one message back at once and holds another to the end.
func (r *rig) receive(m ringmq.Message, text string) {
	if r.rand.IntN(3) == 0 {
		r.kept = append(r.kept, keptMessage{m, text})
		return
	}
	m.Release()
}

// pop receives up to n messages.
func (r *rig) pop(n int) {
	for range n {
		m, ok := r.cn.pipe.in.q.Pop()
		if !ok {
			return
		}
		text := r.queued[r.popped]
		r.popped++
		r.requireSame(text, messageText(m.Frames()), "a message changed before it was received")
		r.receive(m, text)
	}
}

// start begins with traffic: lead are the bytes that came in one read with the end of the handshake.
func (r *rig) start(v1 bool, limit int, lead []byte) {
	d := &r.cn.dec
	handshake := copy(d.room(), "the end of the handshake")
	n := copy(d.room()[handshake:], lead)
	require.Equal(r, len(lead), n)
	d.took(handshake + n)
	d.skip(handshake)
	peer := &session.Peer{Version: session.Version{Major: 3, Minor: 1}, Properties: new(ringmq.Properties)}
	if v1 {
		peer.Version = session.Version{Major: 1}
	}
	d.startTraffic(peer, int64(limit))
	r.chunk = d.chunk
}

// feed has the decoder read in, in pieces of any size up to piece, as a connection does; the program receives now and
// then, and whenever the mailbox is full.
func (r *rig) feed(in []byte, piece int) error {
	d := &r.cn.dec
	for {
		for d.held() {
			more, err := r.decode()
			if err != nil {
				return err
			}
			if more {
				break
			}
			r.pop(1 + r.rand.IntN(4))
		}
		if len(in) == 0 {
			return nil
		}
		buf := d.room()
		require.NotEmpty(r, buf, "a read into no room would be taken for the end of what is there")
		r.checkGrowth()
		n := copy(buf, in[:min(1+r.rand.IntN(piece), len(in))])
		in = in[n:]
		d.took(n)
		if _, err := r.decode(); err != nil {
			return err
		}
		if r.rand.IntN(4) == 0 {
			r.pop(r.rand.IntN(8))
		}
	}
}

func (r *rig) decode() (more bool, err error) {
	more, err = r.cn.dec.run(r.cn)
	r.cn.pipe.in.publish()
	return more, err
}

// checkGrowth bounds a new chunk by what has arrived of the message in it, whatever its header announces.
func (r *rig) checkGrowth() {
	if d := &r.cn.dec; d.chunk != r.chunk {
		r.chunk = d.chunk
		require.LessOrEqual(r, len(d.chunk.Buf), 4*d.end+512<<10)
	}
}

// finish ends the connection and looks at every message that is still held.
func (r *rig) finish() {
	r.cn.stopTimers()
	r.cn.dec.close()
	r.pop(len(r.queued))
	require.Equal(r, len(r.queued), r.popped, "messages that were delivered and not queued")
	for _, k := range r.kept {
		r.requireSame(k.text, messageText(k.m.Frames()), "a message changed while it was held")
	}
}

// requireSame does not print messages of a megabyte.
func (r *rig) requireSame(want, got, why string) {
	r.Helper()
	if want != got {
		require.Fail(r, why, "%.60q (%d bytes) became %.60q (%d bytes)", want, len(want), got, len(got))
	}
}

// trial is one run of a decoder.
type trial struct {
	in         []byte
	lead       int // bytes of in that come with the handshake
	v1         bool
	limit      int
	hwm        int
	piece      int
	seed       uint64
	wantEvents int // at least, so that a test cannot pass empty-handed
}

// check compares the decoder with the model.
func (c trial) check(t testing.TB) {
	t.Helper()
	want := &model{limit: c.limit, v1: c.v1}
	wantErr := want.parse(c.in)
	got := newRig(t, c.hwm, c.seed)
	got.start(c.v1, c.limit, c.in[:c.lead])
	err := got.feed(c.in[c.lead:], c.piece)
	got.finish()

	require.Len(t, got.events, len(want.events))
	for i, e := range want.events {
		got.requireSame(e, got.events[i], fmt.Sprintf("event %d", i))
	}
	require.Equal(t, string(want.pongs), string(got.cn.pipe.ctl.buf))
	require.GreaterOrEqual(t, len(got.events), c.wantEvents)
	if wantErr == nil {
		require.NoError(t, err)
		return
	}
	require.Error(t, err, "in place of %v", wantErr)
	for _, sentinel := range []error{ringmq.ErrTooLarge, ringmq.ErrProtocol} {
		require.Equal(t, errors.Is(wantErr, sentinel), errors.Is(err, sentinel), "%v in place of %v", err, wantErr)
	}
}
