package codec_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/socket"
)

// endpoint is what all sockets have.
type endpoint interface {
	Bind(endpoint string) (string, error)
	Connect(endpoint string) error
	Close() error
}

type duplex interface {
	endpoint
	codec.MessageSender
	codec.MessageReceiver
}

// opened makes a socket and closes it when the test ends.
func opened[S endpoint](t *testing.T, open func(...socket.Option) (S, error)) S {
	t.Helper()
	s, err := open(socket.WithLinger(0))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func made[S duplex](open func(...socket.Option) (S, error)) func(*testing.T) duplex {
	return func(t *testing.T) duplex { return opened(t, open) }
}

func inproc(t *testing.T) string {
	return "inproc://" + strings.ReplaceAll(t.Name(), "/", "-")
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// wrappers are those of a socket, and the topic that its messages may have.
type wrappers struct {
	sender   func(codec.MessageSender) *codec.Sender[level]
	receiver func(codec.MessageReceiver) *codec.Receiver[level]
	topic    string
}

var (
	withTopic = wrappers{codec.NewSender[level], codec.NewReceiver[level], "topic"}
	bodyAlone = wrappers{codec.NewBodySender[level], codec.NewBodyReceiver[level], ""}
)

// A typed question is answered with a typed value, along the way that it came.
func TestQuestionsAndAnswers(t *testing.T) {
	req, rep := made(reqrep.NewReq), made(reqrep.NewRep)
	dealer, router := made(reqrep.NewDealer), made(reqrep.NewRouter)
	client, server := made(clientserver.NewClient), made(clientserver.NewServer)
	delimiter := codec.Envelope{{}}
	for name, tt := range map[string]struct {
		asker, answerer func(*testing.T) duplex
		with            wrappers
		to              codec.Envelope // in front of the question, and of the answer when it is back
		from            int            // frames in front of the question when it arrives
	}{
		"REQ to REP":                        {asker: req, answerer: rep, with: withTopic},
		"REQ to ROUTER":                     {asker: req, answerer: router, with: withTopic, from: 2},
		"DEALER to REP":                     {asker: dealer, answerer: rep, with: withTopic, to: delimiter},
		"DEALER to ROUTER":                  {asker: dealer, answerer: router, with: withTopic, from: 1},
		"DEALER to ROUTER with a delimiter": {asker: dealer, answerer: router, with: withTopic, to: delimiter, from: 2},
		"DEALER to ROUTER, body alone":      {asker: dealer, answerer: router, with: bodyAlone, from: 1},
		"DEALER to DEALER":                  {asker: dealer, answerer: dealer, with: withTopic},
		"PAIR to PAIR":                      {asker: made(pair.NewPair), answerer: made(pair.NewPair), with: withTopic},
		"CHANNEL to CHANNEL":                {asker: made(pair.NewChannel), answerer: made(pair.NewChannel), with: bodyAlone},
		"CLIENT to SERVER":                  {asker: client, answerer: server, with: bodyAlone, from: 1},
	} {
		t.Run(name, func(t *testing.T) {
			asker, answerer := tt.asker(t), tt.answerer(t)
			_, err := answerer.Bind(inproc(t))
			require.NoError(t, err)
			require.NoError(t, asker.Connect(inproc(t)))
			ask(t, tt.with, asker, answerer, tt.to, tt.from, tt.to)
		})
	}
}

// ask sends a question and its answer. The question arrives with so many frames in front, the answer with back.
func ask(t *testing.T, with wrappers, asker, answerer duplex, to codec.Envelope, from int, back codec.Envelope) {
	ctx := within(t)
	require.NoError(t, with.sender(asker).SendTo(ctx, to, with.topic, level{1, 2}))
	question, topic, v, err := with.receiver(answerer).RecvFrom(ctx)
	require.NoError(t, err)
	require.Len(t, question, from)
	require.Equal(t, with.topic, topic)
	require.Equal(t, level{1, 2}, v)

	require.NoError(t, with.sender(answerer).SendTo(ctx, question, topic, level{3, 4}))
	answer, topic, v, err := with.receiver(asker).RecvFrom(ctx)
	require.NoError(t, err)
	require.Equal(t, back, answer)
	require.Equal(t, with.topic, topic)
	require.Equal(t, level{3, 4}, v)
}

func TestPeerToPeer(t *testing.T) {
	alice, bob := opened(t, clientserver.NewPeer), opened(t, clientserver.NewPeer)
	_, err := bob.Bind(inproc(t))
	require.NoError(t, err)
	id, err := alice.ConnectPeer(inproc(t))
	require.NoError(t, err)
	to := codec.Envelope{binary.BigEndian.AppendUint32(nil, id)}
	ask(t, bodyAlone, alice, bob, to, 1, to)
}

// One that sends to one that receives. A publisher drops what nobody has subscribed to yet, so sends until it is heard.
func TestOneWay(t *testing.T) {
	for name, tt := range map[string]struct {
		sender   func(*testing.T) (endpoint, codec.MessageSender)
		receiver func(*testing.T) (endpoint, codec.MessageReceiver)
		with     wrappers
	}{
		"PUSH to PULL": {
			func(t *testing.T) (endpoint, codec.MessageSender) { s := opened(t, pipeline.NewPush); return s, s },
			func(t *testing.T) (endpoint, codec.MessageReceiver) { s := opened(t, pipeline.NewPull); return s, s },
			withTopic,
		},
		"PUB to SUB": {
			func(t *testing.T) (endpoint, codec.MessageSender) { s := opened(t, pubsub.NewPub); return s, s },
			func(t *testing.T) (endpoint, codec.MessageReceiver) {
				s := opened(t, pubsub.NewSub)
				require.NoError(t, s.Subscribe("top"))
				return s, s
			},
			withTopic,
		},
		"XPUB to XSUB": {
			func(t *testing.T) (endpoint, codec.MessageSender) { s := opened(t, pubsub.NewXPub); return s, s },
			func(t *testing.T) (endpoint, codec.MessageReceiver) {
				s := opened(t, pubsub.NewXSub)
				require.NoError(t, s.SendBytes(t.Context(), []byte("\x01top")))
				return s, s
			},
			withTopic,
		},
		"RADIO to DISH": {
			func(t *testing.T) (endpoint, codec.MessageSender) { s := opened(t, radiodish.NewRadio); return s, s },
			func(t *testing.T) (endpoint, codec.MessageReceiver) {
				s := opened(t, radiodish.NewDish)
				require.NoError(t, s.Join("topic"))
				return s, s
			},
			withTopic,
		},
		"SCATTER to GATHER": {
			func(t *testing.T) (endpoint, codec.MessageSender) {
				s := opened(t, scattergather.NewScatter)
				return s, s
			},
			func(t *testing.T) (endpoint, codec.MessageReceiver) {
				s := opened(t, scattergather.NewGather)
				return s, s
			},
			bodyAlone,
		},
	} {
		t.Run(name, func(t *testing.T) {
			in, receiver := tt.receiver(t)
			_, err := in.Bind(inproc(t))
			require.NoError(t, err)
			out, sender := tt.sender(t)
			require.NoError(t, out.Connect(inproc(t)))

			ctx, cancel := context.WithCancel(within(t))
			sent := make(chan error, 1)
			go func() {
				s := tt.with.sender(sender)
				for {
					if err := s.Send(ctx, tt.with.topic, level{1, 2}); err != nil {
						sent <- err
						return
					}
					if ctx.Err() != nil {
						sent <- ctx.Err()
						return
					}
				}
			}()
			topic, v, err := tt.with.receiver(receiver).Recv(ctx)
			cancel()
			require.ErrorIs(t, <-sent, context.Canceled)
			require.NoError(t, err)
			require.Equal(t, tt.with.topic, topic)
			require.Equal(t, level{1, 2}, v)
		})
	}
}

func TestEnvelopeIsACopy(t *testing.T) {
	l := newLoop()
	to := codec.Envelope{[]byte("id"), {}}
	require.NoError(t, codec.NewSender[level](l).SendTo(t.Context(), to, "t", level{1, 2}))
	from, topic, v, err := codec.NewReceiver[level](l).RecvFrom(t.Context())
	require.NoError(t, err)
	require.Equal(t, to, from)
	require.Equal(t, "t", topic)
	require.Equal(t, level{1, 2}, v)
}

// A malformed question can be answered.
func TestMalformedMessageKeepsItsEnvelope(t *testing.T) {
	l := newLoop()
	r := codec.NewReceiver[level](l)
	require.NoError(t, l.SendBytes(t.Context(), []byte("id"), []byte("t"), []byte("nonsense")))
	from, topic, v, err := r.RecvFrom(t.Context())
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.Equal(t, codec.Envelope{[]byte("id")}, from)
	require.Equal(t, "t", topic)
	require.Zero(t, v)
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 2, e.Frames)

	require.NoError(t, l.SendBytes(t.Context(), []byte("nonsense")))
	from, _, _, err = r.RecvFrom(t.Context())
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.Nil(t, from)
}

func TestRecvFromPassesSocketErrors(t *testing.T) {
	l := newLoop()
	close(l.queue)
	_, _, _, err := codec.NewReceiver[level](l).RecvFrom(t.Context())
	require.Equal(t, ringmq.ErrClosed, err)
}

func TestRecvRefusesAnEnvelope(t *testing.T) {
	l := newLoop()
	require.NoError(t, codec.NewSender[level](l).SendTo(t.Context(), codec.Envelope{[]byte("id")}, "t", level{}))
	_, _, err := codec.NewReceiver[level](l).Recv(t.Context())
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.ErrorContains(t, err, "want 2 frames, topic and body, got 3")

	require.NoError(t, codec.NewSender[level](l).Send(t.Context(), "t", level{}))
	_, _, err = codec.NewBodyReceiver[level](l).Recv(t.Context())
	require.ErrorIs(t, err, codec.ErrMalformed)
	require.ErrorContains(t, err, "want 1 frame, the body, got 2")
}

func TestBodySenderHasNoTopic(t *testing.T) {
	l := newLoop()
	err := codec.NewBodySender[level](l).Send(t.Context(), "t", level{})
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "t", e.Topic)
	require.False(t, errors.Is(err, codec.ErrMalformed))
	require.Empty(t, l.queue)
}
