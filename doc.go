// Package ringmq holds the two things that every other package of the library shares: the [Message] and the errors.
//
// A program uses a socket type out of a package below pattern, such as pattern/pubsub, with options out of socket:
//
//	sub, err := pubsub.NewSub(socket.WithRecvHWM(10_000))
//	defer sub.Close()
//	err = sub.Subscribe("AAPL")
//	err = sub.Connect("tcp://127.0.0.1:5556") // or ipc://, inproc://: nothing else changes
//	for {
//		msg, err := sub.Recv(ctx)
//		fmt.Printf("%s %s\n", msg.Frame(0), msg.Frame(1))
//	}
//
// Where the bytes of a received message are:
//
//	chunk  | hdr frame 0 | hdr frame 1 | hdr frame 0 | hdr frame 0 …   64 KiB, read(2) wrote it
//	              ^             ^             ^
//	Message 1   first        rest[0]          |
//	Message 2                               first
//
// Nothing is copied on the way from the kernel to the program. The chunk lives as long as a message in it is
// referenced, or until each was given back with [Message.Release].
//
// This package is a leaf: it imports nothing of the library.
package ringmq
