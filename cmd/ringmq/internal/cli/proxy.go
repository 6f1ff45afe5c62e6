package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/pattern/pubsub"
	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/proxy"
	"github.com/ringmq/ringmq/socket"
)

// relay are the sockets of a proxy command.
type relay struct {
	*app
	frontend, backend, capture *flags
	every                      time.Duration // between two lines of statistics; 0: none
}

func (a *app) proxyCommand() *cobra.Command {
	common := new(flags)
	r := &relay{
		app:      a,
		frontend: &flags{side: string(proxy.Frontend)},
		backend:  &flags{side: string(proxy.Backend)},
		capture:  &flags{side: string(proxy.Capture)},
	}
	cmd := &cobra.Command{
		Use:   "proxy [flags] forwarder|queue|streamer",
		Short: "Pass messages between two sets of peers that do not know each other",
		Long: `Passes messages between a frontend and a backend:

  forwarder  from PUB peers at the frontend to SUB peers at the backend, and the subscriptions back
  queue      requests of REQ and DEALER peers at the frontend to REP, DEALER and ROUTER peers at the backend, in turn,
             and the replies back
  streamer   from PUSH peers at the frontend to PULL peers at the backend, in turn

A copy of every message, both ways, is published at --capture-bind or --capture-connect, for SUB peers. Nothing waits
for these.

` + statusHelp,
		Example: `  ringmq proxy queue --frontend-bind 'tcp://*:5555' --backend-bind 'tcp://*:5556' --stats 10s
  ringmq proxy forwarder --frontend-connect tcp://feed:5556 --backend-bind 'tcp://*:5556' --capture-bind ipc:///tmp/tap`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"forwarder", "queue", "streamer"},
	}
	r.addFlags(cmd, common)
	cmd.RunE = a.body(func(cmd *cobra.Command, args []string) error {
		for _, f := range r.sides() {
			side, bind, connect := f.side, f.bind, f.connect
			*f = *common
			f.side, f.bind, f.connect, f.format = side, bind, connect, formatText
		}
		return r.run(cmd.Context(), args[0])
	})
	return cmd
}

func (r *relay) sides() []*flags { return []*flags{r.frontend, r.backend, r.capture} }

func (r *relay) addFlags(cmd *cobra.Command, common *flags) {
	fs := cmd.Flags()
	for _, f := range r.sides() {
		fs.StringArrayVar(&f.bind, f.side+"-bind", nil, "`endpoint` to bind the "+f.side+" to (repeatable)")
		fs.StringArrayVar(&f.connect, f.side+"-connect", nil, "`endpoint` to connect the "+f.side+" to (repeatable)")
	}
	cmd.MarkFlagsOneRequired("frontend-bind", "frontend-connect")
	cmd.MarkFlagsOneRequired("backend-bind", "backend-connect")
	common.tuning(fs)
	fs.Var(durationVar(&r.every), "stats", "print statistics at this `interval` and at the end; 0: not at all")
}

func (r *relay) run(ctx context.Context, kind string) error {
	switch kind {
	case "forwarder":
		return join(ctx, r, pubsub.NewXSub, pubsub.NewXPub, bothWays)
	case "queue":
		return join(ctx, r, reqrep.NewRouter, reqrep.NewDealer, bothWays)
	}
	return join(ctx, r, pipeline.NewPull, pipeline.NewPush, oneWay)
}

func bothWays[F, B proxy.Socket](front F, back B, opts ...proxy.Option) *proxy.Proxy {
	return proxy.New(front, back, opts...)
}

func oneWay[F proxy.Receiver, B proxy.Sender](front F, back B, opts ...proxy.Option) *proxy.Proxy {
	return proxy.NewStreamer(front, back, opts...)
}

// join opens the sockets and passes messages between them.
func join[F, B anySocket](
	ctx context.Context, r *relay,
	newFront func(...socket.Option) (F, error), newBack func(...socket.Option) (B, error),
	build func(F, B, ...proxy.Option) *proxy.Proxy,
) error {
	front, err := newFront(r.frontend.options()...)
	if err != nil {
		return err
	}
	return r.with(ctx, r.frontend, front, func(ctx context.Context, _ *link) error {
		back, err := newBack(r.backend.options()...)
		if err != nil {
			return err
		}
		return r.with(ctx, r.backend, back, func(ctx context.Context, _ *link) error {
			return r.withCapture(ctx, func(opts ...proxy.Option) error { return r.pass(ctx, build(front, back, opts...)) })
		})
	})
}

func (r *relay) captures() bool { return len(r.capture.bind)+len(r.capture.connect) > 0 }

// withCapture opens the capture socket, if there is to be one. That it has no endpoint left ends nothing.
func (r *relay) withCapture(ctx context.Context, work func(...proxy.Option) error) error {
	if !r.captures() {
		return work()
	}
	tap, err := pubsub.NewPub(r.capture.options()...)
	if err != nil {
		return err
	}
	return r.with(ctx, r.capture, tap, func(context.Context, *link) error { return work(proxy.WithCapture(tap)) })
}

// pass passes messages until ctx ends, and then, for as long as --linger says, what the proxy has in hand.
func (r *relay) pass(ctx context.Context, p *proxy.Proxy) error {
	ended := make(chan error, 1)
	go func() { ended <- p.Run(context.WithoutCancel(ctx)) }()
	defer r.say(p)
	var tick <-chan time.Time
	if r.every > 0 {
		t := time.NewTicker(r.every)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-tick:
			r.say(p)
		case err := <-ended:
			return err
		case <-ctx.Done():
			return errors.Join(r.stop(p), <-ended)
		}
	}
}

// stop gives up what cannot be passed on in time: the statistics have it.
func (r *relay) stop(p *proxy.Proxy) error {
	ctx := context.Background()
	if linger := r.backend.linger; linger >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, linger, errTimeout)
		defer cancel()
	}
	err := p.Stop(ctx)
	if errors.Is(err, errTimeout) {
		s := p.Stats()
		return fmt.Errorf("%d message(s) given up", s.Forward.Dropped+s.Back.Dropped)
	}
	return err
}

// say prints the statistics, if they were asked for.
func (r *relay) say(p *proxy.Proxy) {
	if r.every <= 0 {
		return
	}
	s := p.Stats()
	line := "forward " + flowText(s.Forward) + "; back " + flowText(s.Back)
	if r.captures() {
		line += fmt.Sprintf("; captured %d messages, %d dropped", s.Captured, s.CaptureDropped)
	}
	fmt.Fprintln(r.stdout, line)
}

func flowText(f proxy.Flow) string {
	return fmt.Sprintf("%d messages, %d bytes, %d dropped", f.Messages, f.Bytes, f.Dropped)
}
