package crashtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/internal/leak"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// roleVar is set for the processes that the test starts: the role, and what it needs to know.
const roleVar = "RINGMQ_CRASH_ROLE"

var roles = map[string]func(ctx context.Context, args []string) error{
	"checker": runChecker, "sender": runSender, "receiver": runReceiver,
	"requester": runRequester, "replier": runReplier,
}

func TestMain(m *testing.M) {
	role := roles[os.Getenv(roleVar)]
	if role == nil {
		leak.Main(m)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // the end of the test, or its wish that the process end
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := role(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	// keys is the number of keys among the messages.
	keys = 16
	// batch is the number of messages that are sent, and received, together.
	batch = 64
	// ahead is how far a sender may be ahead of the receivers, so that there is something to be killed.
	ahead = 1000
)

// runSender sends the numbers from the first that is not in the spool on. Each is also its sequence.
func runSender(ctx context.Context, args []string) error {
	dir, endpoint := args[0], args[1]
	total, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return err
	}
	list, err := dialChecker(args[3])
	if err != nil {
		return err
	}
	sp, err := spool.Open(dir, spool.WithSync(spool.Written), spool.WithSegmentSize(1<<20))
	if err != nil {
		return err
	}
	push, err := pipeline.NewPush(socket.WithSpool(sp), socket.WithWindow(256), socket.WithLinger(0))
	if err != nil {
		return err
	}
	if _, err := push.Bind(endpoint); err != nil {
		return err
	}
	last := sp.Stats().Last // of which a sender that was killed may not have told
	if err := list.sent(ctx, last); err != nil {
		return err
	}
	for n := last + 1; n <= total; {
		var ms []ringmq.Message
		for ; len(ms) < batch && n <= total; n++ {
			ms = append(ms, ringmq.NewString(strconv.FormatUint(n, 10)).WithKey([]byte{byte(n % keys)}))
		}
		if _, err := push.SendBatch(ctx, ms); err != nil {
			return err
		}
		if err := list.sent(ctx, n-1); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return errors.Join(push.Close(), sp.Close())
}

// runReceiver tells the checker what it gets, and acknowledges it then.
func runReceiver(ctx context.Context, args []string) error {
	endpoint := args[0]
	list, err := dialChecker(args[1])
	if err != nil {
		return err
	}
	opts := []socket.Option{socket.WithAck(), socket.WithReconnect(2*time.Millisecond, 20*time.Millisecond)}
	if dir := args[2]; dir != "" {
		sp, err := spool.Open(dir, spool.WithSync(spool.Written))
		if err != nil {
			return err
		}
		defer sp.Close()
		opts = append(opts, socket.WithSpool(sp))
	}
	pull, err := pipeline.NewPull(opts...)
	if err != nil {
		return err
	}
	if err := pull.Connect(endpoint); err != nil {
		return err
	}
	ms := make([]ringmq.Message, batch)
	for {
		n, err := pull.RecvBatch(ctx, ms)
		if err != nil {
			break
		}
		if err := list.got(ms[:n]); err != nil {
			return err
		}
		for i := range ms[:n] {
			if err := ms[i].Ack(); err != nil {
				return err
			}
			ms[i].Release()
		}
	}
	return pull.Close()
}
