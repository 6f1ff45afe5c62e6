package delivery

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
)

// split is the name of a command and what follows.
func split(body []byte) (name, data []byte) { return body[1 : 1+body[0]], body[1+body[0]:] }

// TestBytes holds the encoder to the package's documentation.
func TestBytes(t *testing.T) {
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"seq":            {AppendSeq(nil, Seq{Sequence: 300, Deliveries: 1}), "03534551 00 ac02"},
		"seq, producer":  {AppendSeq(nil, Seq{Sequence: 1, Producer: 2, Other: true, Deliveries: 1}), "03534551 01 01 0200000000000000"},
		"seq, delivery":  {AppendSeq(nil, Seq{Sequence: 1, Deliveries: 3}), "03534551 02 01 03"},
		"seq, both":      {AppendSeq(nil, Seq{Sequence: 1, Producer: 2, Other: true, Deliveries: 3}), "03534551 03 01 0200000000000000 03"},
		"ack":            {AppendAck(nil, 5, nil), "0341434b 05"},
		"ack, selective": {AppendAck(nil, 5, []Range{{7, 7}, {10, 12}}), "0341434b 05 01 00 02 02"},
		"nak": {
			first(AppendNak(nil, []Refusal{{4, 0}, {300, 1500*time.Millisecond + 1}})), "034e414b 04 00 ac02 dc0b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(test.want), []byte(" "), nil)))
			require.NoError(t, err)
			require.Equal(t, want, test.body)
			cmd, err := Parse(split(test.body))
			require.NoError(t, err)
			require.True(t, cmd.Seq != nil || cmd.Report != nil)
			for n := range len(test.body) - 4 { // every truncation that is one
				cut := test.body[:4+n]
				c, err := Parse(split(cut))
				if err == nil {
					require.NotEqual(t, cmd, c)
					continue
				}
				require.ErrorIs(t, err, ringmq.ErrProtocol)
			}
		})
	}
}

func first(b []byte, _ []Refusal) []byte { return b }

func TestMalformed(t *testing.T) {
	long := func(name string, pair ...byte) string {
		return name + string(bytes.Repeat(pair, MaxRanges+1))
	}
	for name, body := range map[string]string{
		"flags":               "\x03SEQ\x04\x01",
		"no flags":            "\x03SEQ",
		"sequence 0":          "\x03SEQ\x00\x00",
		"left over":           "\x03SEQ\x00\x01\x00",
		"delivery 1":          "\x03SEQ\x02\x01\x01",
		"integer of 11 bytes": "\x03ACK\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"gap 0":               "\x03ACK\x05\x00\x00",
		"half a range":        "\x03ACK\x05\x01",
		"beyond the last":     "\x03ACK\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01\x00",
		"too many ranges":     long("\x03ACK\x00", 1, 0),
		"nothing refused":     "\x03NAK",
		"number 0":            "\x03NAK\x00\x00",
		"too many refused":    long("\x03NAK", 1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(split([]byte(body)))
			require.ErrorIs(t, err, ringmq.ErrProtocol)
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	c, err := Parse([]byte("NAK"), []byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	require.NoError(t, err)
	require.Equal(t, MaxDelay, c.Report.Refused[0].Delay)
	c, err = Parse([]byte("SEQ"), []byte("\x02\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	require.NoError(t, err)
	require.Equal(t, maxDeliveries, c.Seq.Deliveries)
	c, err = Parse([]byte("OTHER"), []byte("\xff"))
	require.NoError(t, err)
	require.Equal(t, Command{}, c)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("SEQ"), []byte{3, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3})
	f.Add([]byte("ACK"), []byte{5, 1, 0, 2, 2})
	f.Add([]byte("NAK"), []byte{4, 0, 9, 9})
	f.Fuzz(func(t *testing.T, name, data []byte) {
		c, err := Parse(name, data)
		switch {
		case err != nil:
			require.ErrorIs(t, err, ringmq.ErrProtocol)
		case c.Seq != nil:
			again, err := Parse(split(AppendSeq(nil, *c.Seq)))
			require.NoError(t, err)
			require.Equal(t, c, again)
		case c.Report != nil && c.Report.Refused == nil:
			again, err := Parse(split(AppendAck(nil, c.Report.Upto, c.Report.Ranges)))
			require.NoError(t, err)
			require.Equal(t, c, again)
		}
	})
}

func TestOffer(t *testing.T) {
	for value, want := range map[string]Offer{
		"":                                  {},
		"1":                                 {},
		"2 receive":                         {},
		"1 receive":                         {Receive: true},
		"1 send=16":                         {Window: 16},
		"1 later receive send=16 send=none": {Window: 16, Receive: true},
		"1 send=0":                          {},
		"1 send=-1":                         {},
		"1 send=1048577":                    {},
		"1 send=99999999999999999999":       {},
	} {
		require.Equal(t, want, ParseOffer(value), value)
	}
	for _, o := range []Offer{{}, {Window: 1}, {Receive: true}, {Window: MaxWindow, Receive: true}} {
		require.Equal(t, o, ParseOffer(o.String()))
	}
}

// FuzzParseOffer: whatever a peer says, its window is within the bounds and nothing is offered in another version; what
// was understood is the same when it is said again.
func FuzzParseOffer(f *testing.F) {
	for _, s := range []string{
		"", "1", "2 receive", "1 receive", "1 send=16", "1 later receive send=16 send=none", "1 send=0", "1 send=-1",
		"1 send=1048576 receive", "1 send=1048577", "1 send=99999999999999999999", "1  send=+7", " 1 receive",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		o := ParseOffer(value)
		require.GreaterOrEqual(t, o.Window, 0)
		require.LessOrEqual(t, o.Window, MaxWindow)
		if value != Version && !strings.HasPrefix(value, Version+" ") {
			require.Equal(t, Offer{}, o)
		}
		require.Equal(t, strings.Contains(value+" ", " receive ") && strings.HasPrefix(value, Version+" "), o.Receive)
		require.Equal(t, o, ParseOffer(o.String()))
	})
}

func TestMemory(t *testing.T) {
	var m Memory
	require.False(t, m.Seen(ID{1, 1}))
	for n := uint64(1); n <= 4*MemoryWindow; n += 2 {
		m.Done(ID{1, n})
	}
	last := uint64(4*MemoryWindow - 1)
	require.True(t, m.Seen(ID{1, last}))
	require.False(t, m.Seen(ID{1, last - 1}), "it was never done")
	require.True(t, m.Seen(ID{1, last - 100}))
	require.False(t, m.Seen(ID{1, 1}), "it lies beyond the window")
	require.LessOrEqual(t, len(m.producers[1].done.above), MemoryWindow+1)
	m.Done(ID{2, math.MaxUint64 - 1})
	require.True(t, m.Seen(ID{2, math.MaxUint64 - 1}))
	for n := range uint64(MemoryProducers) { // of which 1 and 2 make room for the last
		require.True(t, m.Seen(ID{1, last}))
		m.Done(ID{3 + n, 1})
	}
	require.Len(t, m.producers, MemoryProducers)
	require.True(t, m.Seen(ID{1, last}), "it is asked for all the time")
	require.NotContains(t, m.producers, uint64(2))
}

func TestUnannouncedMessage(t *testing.T) {
	var in Intake
	_, err := in.Arrive()
	require.ErrorIs(t, err, ringmq.ErrProtocol)
	in.Announce(Seq{Sequence: 7, Deliveries: 1})
	_, err = in.Arrive()
	require.ErrorIs(t, err, ringmq.ErrProtocol, "a sequence of no producer")
	in.Announce(Seq{Sequence: 7, Producer: 9, Other: true, Deliveries: 2})
	a, err := in.Arrive()
	require.NoError(t, err)
	require.Equal(t, Arrival{ID{9, 7}, 1, 2}, a)
	in.Announce(Seq{Sequence: 20, Deliveries: 1})
	a, err = in.Arrive()
	require.NoError(t, err)
	require.Equal(t, Arrival{ID{9, 20}, 2, 1}, a)
	a, err = in.Arrive()
	require.NoError(t, err)
	require.Equal(t, Arrival{ID{9, 21}, 3, 1}, a)
}
