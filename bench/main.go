package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/ringmq/ringmq/bench/internal/peer"
	"github.com/ringmq/ringmq/bench/internal/peer/limit"
	"github.com/ringmq/ringmq/bench/internal/peer/nats"
	"github.com/ringmq/ringmq/bench/internal/peer/ringmq"
	"github.com/ringmq/ringmq/bench/internal/peer/zmq4"
	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/proto"
	"github.com/ringmq/ringmq/bench/internal/run"
)

// libraries are the contestants in Go.
var libraries = map[string]peer.Library{
	plan.Ringmq: ringmq.Library{},
	plan.Limit:  limit.Library{},
	plan.Zmq4:   zmq4.Library{},
	plan.NATS:   nats.Library{},
}

func main() {
	if isPeer(os.Args) {
		os.Exit(peerMain(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := harness(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// isPeer reports whether this program is to be a contestant in Go.
func isPeer(args []string) bool { return len(args) > 2 && args[1] == run.PeerCommand }

// peerMain is a contestant: its name, the role and the case. What fails it says in the language of package proto.
func peerMain(args []string) (status int) {
	library, ok := libraries[args[0]]
	if !ok {
		fmt.Printf("%s no contestant %q\n", proto.Error, args[0])
		return 1
	}
	if peer.Main(library, args[1:], os.Stdin, os.Stdout) != nil {
		return 1
	}
	return 0
}
