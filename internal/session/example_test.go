package session_test

import (
	"fmt"

	"github.com/ringmq/ringmq/internal/session"
	"github.com/ringmq/ringmq/internal/zmtp"
)

// Two sides of a connection whose bytes are carried by hand.
func ExampleHandshake() {
	push := session.NewHandshake(&session.Config{SocketType: zmtp.Push, PeerTypes: zmtp.PeerTypes(zmtp.Push)})
	pull := session.NewHandshake(&session.Config{SocketType: zmtp.Pull, PeerTypes: zmtp.PeerTypes(zmtp.Pull)})

	toPull, toPush := push.Start(nil), pull.Start(nil)
	for !push.Done() || !pull.Done() {
		fmt.Println(len(toPull), "bytes and", len(toPush), "bytes")
		fromPush, _, err := push.Feed(nil, toPush)
		if err != nil {
			fmt.Println(err)
			return
		}
		toPush, _, err = pull.Feed(nil, toPull)
		if err != nil {
			fmt.Println(err)
			return
		}
		toPull = fromPush
	}
	fmt.Println(push.Peer().SocketType, push.Peer().Version)
	// Output:
	// 10 bytes and 10 bytes
	// 1 bytes and 1 bytes
	// 53 bytes and 53 bytes
	// 28 bytes and 28 bytes
	// PULL {3 1}
}
