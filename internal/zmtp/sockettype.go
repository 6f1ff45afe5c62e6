package zmtp

import "slices"

// Socket types as the Socket-Type property names them (RFC 37).
const (
	Pair    = "PAIR"
	Pub     = "PUB"
	Sub     = "SUB"
	Req     = "REQ"
	Rep     = "REP"
	Dealer  = "DEALER"
	Router  = "ROUTER"
	Pull    = "PULL"
	Push    = "PUSH"
	XPub    = "XPUB"
	XSub    = "XSUB"
	Client  = "CLIENT"
	Server  = "SERVER"
	Radio   = "RADIO"
	Dish    = "DISH"
	Scatter = "SCATTER"
	Gather  = "GATHER"
	Peer    = "PEER"
	Channel = "CHANNEL"
)

// codesV2 has each socket type at the index of its byte in a ZMTP 2.0 greeting. RFC 13 ends with PUSH; libzmq has
// always sent 9 and 10 for the last two.
var codesV2 = [...]string{Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, XPub, XSub}

// SocketTypeCode returns the byte for a socket type in a ZMTP 2.0 greeting; ok is false for a type that has none.
func SocketTypeCode(socketType string) (code byte, ok bool) {
	i := slices.Index(codesV2[:], socketType)
	return byte(max(i, 0)), i >= 0
}

// SocketTypeByCode is the reverse of [SocketTypeCode].
func SocketTypeByCode(code byte) (socketType string, ok bool) {
	if int(code) >= len(codesV2) {
		return "", false
	}
	return codesV2[code], true
}

// PeerTypes returns the socket types that may talk to one of the given type, by the table of RFC 37 ("The Socket-Type
// Property"); nil for a type that does not exist. The caller does not write to the slice.
func PeerTypes(socketType string) []string { return peerTypes[socketType] }

var peerTypes = map[string][]string{
	Pair:    {Pair},
	Pub:     {Sub, XSub},
	XPub:    {Sub, XSub},
	Sub:     {Pub, XPub},
	XSub:    {Pub, XPub},
	Req:     {Rep, Router},
	Rep:     {Req, Dealer},
	Dealer:  {Rep, Dealer, Router},
	Router:  {Req, Dealer, Router},
	Push:    {Pull},
	Pull:    {Push},
	Client:  {Server},
	Server:  {Client},
	Radio:   {Dish},
	Dish:    {Radio},
	Scatter: {Gather},
	Gather:  {Scatter},
	Peer:    {Peer},
	Channel: {Channel},
}

// HasIdentity says whether sockets of the type announce an identity that their peers heed: REQ, DEALER and ROUTER
// (RFC 37, "The Identity Property").
func HasIdentity(socketType string) bool {
	return socketType == Req || socketType == Dealer || socketType == Router
}
