package conformance_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/ringmq/ringmq/pattern/clientserver"
	"github.com/ringmq/ringmq/pattern/dgram"
	"github.com/ringmq/ringmq/pattern/pair"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/radiodish"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/pattern/scattergather"
	"github.com/ringmq/ringmq/pattern/stream"
	"github.com/ringmq/ringmq/socket"
)

// constructor makes a socket of some type.
type constructor func(...socket.Option) (sock, error)

func maker[S sock](build func(...socket.Option) (S, error)) constructor {
	return func(opts ...socket.Option) (sock, error) { return build(opts...) }
}

// types are all there are.
var types = map[string]constructor{
	"PUSH":    maker(pipeline.NewPush),
	"PULL":    maker(pipeline.NewPull),
	"REQ":     maker(reqrep.NewReq),
	"REP":     maker(reqrep.NewRep),
	"DEALER":  maker(reqrep.NewDealer),
	"ROUTER":  maker(reqrep.NewRouter),
	"PUB":     maker(pubsub.NewPub),
	"SUB":     maker(pubsub.NewSub),
	"XPUB":    maker(pubsub.NewXPub),
	"XSUB":    maker(pubsub.NewXSub),
	"PAIR":    maker(pair.NewPair),
	"CHANNEL": maker(pair.NewChannel),
	"CLIENT":  maker(clientserver.NewClient),
	"SERVER":  maker(clientserver.NewServer),
	"PEER":    maker(clientserver.NewPeer),
	"SCATTER": maker(scattergather.NewScatter),
	"GATHER":  maker(scattergather.NewGather),
	"RADIO":   maker(radiodish.NewRadio),
	"DISH":    maker(radiodish.NewDish),
	"STREAM":  maker(stream.NewStream),
	"DGRAM":   maker(dgram.NewDgram),
}

// typeNames are the names of all types, in an order that does not change.
var typeNames = slices.Sorted(maps.Keys(types))

// home is an endpoint that a socket of the type can bind to.
func home(t *testing.T, s sock) string {
	switch s.Type() {
	case "STREAM":
		return freshTCP(t)
	case "DGRAM":
		return "udp://127.0.0.1:*"
	}
	return freshInproc(t)
}

// everyType has one socket of each.
func everyType(t *testing.T) (all []sock) {
	for _, name := range typeNames {
		all = append(all, open(t, types[name]))
	}
	return all
}
