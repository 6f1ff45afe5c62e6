package security

// Mechanism is one side of the handshake of one connection. It is used by one goroutine at a time and for one
// connection only.
type Mechanism interface {
	// Name is what both greetings must say, such as "NULL": at most 20 of A to Z, 0 to 9, "-", "_", "." and "+".
	Name() string

	// Next takes the body of a command frame, and nil for the call that opens the handshake, and returns the bodies of
	// the command frames to send, in order. An ERROR from the peer never reaches it: the session deals with that.
	//
	// The mechanism reads command only during the call. It does not touch what it returned in send afterwards. Once
	// done is true, or err is not nil, there are no further calls; what comes with it in send is still sent. An err
	// should be an [Error].
	Next(command []byte) (send [][]byte, done bool, err error)

	// PeerMetadata is the peer's metadata in the form of RFC 23, valid once Next has returned done. The mechanism
	// vouches for who sent it, not for its syntax.
	PeerMetadata() []byte
}

// Params is what a mechanism is told of its connection.
type Params struct {
	// Server is the role for mechanisms that have two. It comes from configuration: the as-server byte of a greeting
	// says nothing, since libzmq servers send 0.
	Server bool

	// Metadata is ours, in the form of RFC 23. The mechanism does not write to it.
	Metadata []byte
}

// Factory makes the mechanism for one connection. It may be called by many goroutines at once.
type Factory func(Params) Mechanism
