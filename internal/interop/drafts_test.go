package interop_test

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/socket"
)

// draftLibrary is the environment variable with the path of a libzmq that was built with its draft socket types.
// Debian's is not: it has them for inproc only, and ends the program when one of them meets a stream.
// testdata/build-drafts.sh builds one that has.
const draftLibrary = "RINGMQ_DRAFT_LIBZMQ"

//go:embed testdata/drafts.py
var draftScript string

// requireDrafts returns the python3 to run; it skips the test where there is no library.
func requireDrafts(t testing.TB) (python string) {
	t.Helper()
	if os.Getenv(draftLibrary) == "" {
		t.Skip(draftLibrary + " names no libzmq with draft socket types")
	}
	python, err := exec.LookPath("python3")
	require.NoError(t, err)
	return python
}

// libzmqDrafts is libzmq with the draft types.
func libzmqDrafts(t testing.TB, kind, role, endpoint string, options ...string) *process {
	t.Helper()
	python := requireDrafts(t)
	args := append([]string{"-I", "-c", draftScript + peerScript, kind, role, endpoint}, options...)
	return launch(t, "libzmq's "+kind, exec.Command(python, args...))
}

// oneBody makes one frame of those that a numbered message has, for the types whose messages have one, after address
// frames that say whom it goes to.
type oneBody struct {
	anySocket
	address int
}

func (o oneBody) SendBytes(ctx context.Context, frames ...[]byte) error {
	return o.anySocket.SendBytes(ctx, joined(frames, o.address)...)
}

func joined(frames [][]byte, address int) [][]byte {
	var body []byte
	for _, f := range frames[address:] {
		body = append(body, f...)
	}
	return append(frames[:address:address], body)
}

// addresses are the types whose messages have one body, and the number of frames in front of it.
var addresses = map[string]int{
	"CLIENT": 0, "SERVER": 1, "PEER": 1, "CHANNEL": 0, "SCATTER": 0, "GATHER": 0, "RADIO": 1, "DISH": 1,
}

// expectBodies is expectStream for the types whose messages have one body.
func expectBodies(n int, head string, address int) string {
	frames, err := parse(head)
	if err != nil {
		panic(err) // a test is wrong
	}
	var d digest
	for i := range n {
		d.add(ringmq.NewMessage(joined(numbered(frames, i), address)...))
	}
	return d.String()
}

// TestDraftTraffic is TestTraffic for the draft types.
func TestDraftTraffic(t *testing.T) {
	for _, w := range wirings("drafts") {
		t.Run(w.String(), func(t *testing.T) {
			w.exchange(t, []exchange{
				{from: "CLIENT", to: "SERVER", run: converse},
				{from: "CHANNEL", to: "CHANNEL", run: converse},
				{from: "SCATTER", to: "GATHER", run: oneWay},
				{from: "RADIO", to: "DISH", run: radiate, head: text("group")},
				{from: "RADIO", to: "DISH", run: radiate, head: text("")},
			})
			t.Run("PEER", func(t *testing.T) { t.Parallel(); peerTraffic(t, w) })
		})
	}
}

// radiate is oneWay to a group, after the radio has learned who has joined it.
func radiate(t *testing.T, e exchange, from, to peer) {
	require.Equal(t, "done", do(to, "subscribe %s", e.head))
	awaitArrival(t, from, to, e.head+" "+text("begin"), e.head+" "+text("end"))
	oneWay(t, e, from, to)
}

// peerTraffic is converse between two PEERs. The one that connects speaks first: it knows the other's id.
func peerTraffic(t *testing.T, w wiring) {
	o, p := w.connect(t, "PEER", "PEER")
	e := exchange{from: "PEER", to: "PEER", head: "x"}.fit(w, "PEER")
	if w.weBind {
		converse(t, e, p, o)
		return
	}
	e.head = text("\x00\x00\x00\x01") // ours are counted from 1
	converse(t, e, o, p)
}

// TestGroupsWithLibzmq: groups match as a whole, and follow Join and Leave, with either end ours.
func TestGroupsWithLibzmq(t *testing.T) {
	for _, w := range wirings("drafts") {
		t.Run(w.String(), func(t *testing.T) {
			for _, weRadiate := range []bool{true, false} {
				t.Run(map[bool]string{true: "our-RADIO", false: "our-DISH"}[weRadiate], func(t *testing.T) {
					t.Parallel()
					var radio, dish peer
					if weRadiate {
						radio, dish = w.connect(t, "RADIO", "DISH")
					} else {
						dish, radio = w.connect(t, "DISH", "RADIO")
					}
					followGroups(t, radio, dish)
				})
			}
		})
	}
}

func followGroups(t *testing.T, radio, dish peer) {
	longest := text(strings.Repeat("g", radiodish.MaxGroup))
	for _, group := range []string{text("A"), text("AB"), longest} {
		require.Equal(t, "done", do(dish, "subscribe %s", group))
		awaitArrival(t, radio, dish, group+" "+text("begin"), group+" "+text("end"))
	}
	for _, step := range []struct {
		leave   string
		arrives []string
	}{
		{"", []string{text("A"), text("AB"), longest}},
		{text("A"), []string{text("AB"), longest}},
		{longest, []string{text("AB")}},
	} {
		if step.leave != "" {
			require.Equal(t, "done", do(dish, "unsubscribe %s", step.leave))
		}
		for _, group := range []string{text("A"), text(""), text("B"), text("ABC"), text("AB"), longest} {
			require.Equal(t, "sent", do(radio, "send %s %s", group, text("body")))
		}
		require.Equal(t, "sent", do(radio, "send %s %s", text("AB"), text("end")))
		for _, group := range step.arrives {
			require.Equal(t, expect(group+" "+text("body")), do(dish, "recv"))
		}
		require.Equal(t, expect(text("AB")+" "+text("end")), do(dish, "recv"))
	}
}

// TestRestartedDrafts: our sockets go on with a libzmq that takes the place of one that was killed. Groups are joined
// anew, and questions are answered.
func TestRestartedDrafts(t *testing.T) {
	const rounds = 3
	group := text("group")
	begin, end := group+" "+text("begin"), group+" "+text("end")
	for _, w := range wirings("drafts") {
		for _, c := range []struct {
			ours, theirs string
			once         func(t *testing.T, o, p peer)
		}{
			{"DISH", "RADIO", func(t *testing.T, o, p peer) { awaitArrival(t, p, o, begin, end) }},
			{"RADIO", "DISH", func(t *testing.T, o, p peer) {
				require.Equal(t, "done", do(p, "subscribe %s", group))
				awaitArrival(t, o, p, begin, end)
			}},
			{"CLIENT", "SERVER", func(t *testing.T, o, p peer) { asksOnce(t, o, p) }},
			{"SERVER", "CLIENT", func(t *testing.T, o, p peer) { asksOnce(t, p, o) }},
			{"CHANNEL", "CHANNEL", func(t *testing.T, o, p peer) { asksOnce(t, o, p); asksOnce(t, p, o) }},
		} {
			t.Run(w.String()+"/our-"+c.ours, func(t *testing.T) {
				t.Parallel()
				o := newOurs(t, c.ours)
				if c.ours == "DISH" {
					require.Equal(t, "done", do(o, "subscribe %s", group))
				}
				peers := w.rewire(t, o, c.theirs)
				for range rounds {
					p := peers.start()
					c.once(t, o, p)
					p.kill()
					o.await(socket.Disconnected)
				}
			})
		}
	}
}

// asksOnce sends a message and has it back.
func asksOnce(t *testing.T, from, to peer) {
	t.Helper()
	echoed := start(to, "echo 1")
	require.Equal(t, "sent", do(from, "send %s", text("question")))
	require.Equal(t, expect(text("question")), do(from, "recv"))
	echoed()
}
