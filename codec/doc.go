// Package codec sends and receives Go values over any ringmq socket whose messages are those of ZMTP, encoded as
// msgpack. STREAM and DGRAM carry bytes and datagrams of other protocols instead, and are none of its business.
//
// A message of this package ends with two frames, so that a SUB socket filters on the topic without decoding anything,
// and a program in another language reads the body with any msgpack library:
//
//	envelope  any number of frames, mostly none: see below
//	topic     1 frame: bytes as given; may be empty
//	body      1 frame: exactly one msgpack value; a struct is a map from field name (or msgpack tag) to value
//
// A [Sender] and a [Receiver] wrap a socket for one type; [Marshal] and [Unmarshal] do the same for a single message:
//
//	quotes := codec.NewSender[Quote](pub)
//	err := quotes.Send(ctx, "AAPL", Quote{Bid: 5853300, Ask: 5853400})
//
//	quotes := codec.NewReceiver[Quote](sub)
//	topic, quote, err := quotes.Recv(ctx)
//
// # Which wrapper for which socket
//
//	PUB SUB XPUB XSUB, PUSH PULL, PAIR, REQ REP, DEALER  NewSender, NewReceiver
//	RADIO DISH                                           the same; the topic is the group
//	ROUTER                                               the same, with RecvFrom and SendTo
//	CHANNEL, SCATTER GATHER, CLIENT                      NewBodySender, NewBodyReceiver
//	SERVER, PEER                                         the same, with RecvFrom and SendTo
//
// A ROUTER, SERVER or PEER has frames in front of the message that say which peer it comes from or goes to, its
// [Envelope]. [Receiver.RecvFrom] returns them, and [Sender.SendTo] takes them:
//
//	from, topic, question, err := questions.RecvFrom(ctx)
//	err = answers.SendTo(ctx, from, topic, answer)
//
// Send has no envelope, so over a ROUTER it would spend the topic as a routing id. A DEALER needs both methods only if
// its peer is a REP, which wants an empty frame in front: Envelope{nil}.
//
// The messages of other types have one frame and so no room for a topic: [NewBodySender] and [NewBodyReceiver] make
// wrappers for the body alone. The subscriptions that an XPUB receives and an XSUB sends are no values of a Go type:
// they go through the socket itself.
//
// # What a peer can do
//
// Received bytes are not trusted. The whole body is walked before the first byte of it is decoded: each declared
// length must fit in the bytes that are there, nesting is bounded, one value must fill the frame exactly, and integers
// and arrays must fit the Go type. What does not pass is an [Error] that wraps [ErrMalformed], as is what msgpack then
// refuses; a panic while decoding (a slice as the key of a map, a fault in a type's own DecodeMsgpack) becomes one too.
// The memory that a body can make the decoder take is bounded by the number of its bytes times the size of the largest
// slice or map element in the type; the socket's limit on message size bounds the former.
//
// To fit means: an integer is in the range of the Go integer, or of an int64 for a Go float; an array has as many
// elements as the Go array, and is not empty for a struct that has fields. The error names the field. Not looked into
// are types that decode themselves, such as by a DecodeMsgpack, and what an interface points to already; a type with
// a decoder from msgpack.Register is taken for what its kind says.
//
// Decoded values never share memory with the message: a [Receiver] gives the message back as soon as it is decoded.
//
// # What msgpack decides
//
// Encoding follows github.com/vmihailenco/msgpack/v5, struct tags and custom encoders included. Three of its rules are
// worth knowing. A nil inside a body decodes as the zero value of anything; a body that is a nil is malformed unless
// the type is a pointer, map, slice or interface. Fields that the type does not have are skipped, and fields that the body
// does not have keep their value, so that both ends may grow. The contents of an extension are opaque: an extension
// decoder gets them through ReadFull, and the tag option intern, which decodes inside them, is refused by the receiver.
package codec
