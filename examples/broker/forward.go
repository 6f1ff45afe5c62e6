package main

import (
	"context"

	"github.com/ringmq/ringmq"
)

type receiver interface {
	Recv(context.Context) (ringmq.Message, error)
}

type sender interface {
	Send(context.Context, ringmq.Message) error
}

// forward passes on every message as it is, envelope and all, until ctx ends.
func forward(ctx context.Context, from receiver, to sender) error {
	for {
		m, err := from.Recv(ctx)
		if err != nil {
			return err
		}
		if err := to.Send(ctx, m); err != nil {
			return err
		}
	}
}
