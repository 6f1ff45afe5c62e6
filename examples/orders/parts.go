package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket"
	"github.com/ringmq/ringmq/spool"
)

// shop takes orders, whose numbers are those of its spool: the next one is known after any crash.
func shop(ctx context.Context, at place) (err error) {
	sp, err := spool.Open(at.spoolOf("shop"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sp.Close()) }()
	push, err := pipeline.NewPush(socket.WithSpool(sp), socket.WithLinger(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, push.Close()) }()
	if _, err := push.Bind(at.shop); err != nil {
		return err
	}
	for n := sp.Stats().Last + 1; ; n++ {
		order := ringmq.NewString(strconv.FormatUint(n, 10), "two teapots")
		if err := push.Send(ctx, order); err != nil { // it is on disk when Send returns
			return err
		}
		fmt.Fprintf(at.out, "order %d is taken\n", n)
		select {
		case <-time.After(at.between):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// kitchen passes an order on before it says that it is done with it: a crash in between cooks it twice, and never not.
func kitchen(ctx context.Context, at place) (err error) {
	sp, err := spool.Open(at.spoolOf("kitchen"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sp.Close()) }()
	push, err := pipeline.NewPush(socket.WithSpool(sp), socket.WithLinger(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, push.Close()) }()
	if _, err := push.Bind(at.kitchen); err != nil {
		return err
	}
	return each(ctx, at.shop, sp, func(m ringmq.Message) error {
		fmt.Fprintf(at.out, "order %s is cooked\n", m.Frame(0))
		return push.SendBytes(ctx, m.Frame(0), m.Frame(1))
	})
}

// door delivers, and writes down what it has delivered.
func door(ctx context.Context, at place) (err error) {
	sp, err := spool.Open(at.spoolOf("door"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sp.Close()) }()
	list, err := os.OpenFile(at.list(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	return each(ctx, at.kitchen, sp, func(m ringmq.Message) error {
		fmt.Fprintf(at.out, "order %s is delivered\n", m.Frame(0))
		_, err := fmt.Fprintf(list, "%s\t%s\n", m.Frame(0), m.Frame(1))
		return err
	})
}

// each receives orders and acknowledges each that was dealt with. What was acknowledged is remembered in the spool.
func each(ctx context.Context, endpoint string, sp *spool.Spool, deal func(ringmq.Message) error) (err error) {
	pull, err := pipeline.NewPull(socket.WithSpool(sp), socket.WithReconnect(50*time.Millisecond, time.Second))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pull.Close()) }()
	if err := pull.Connect(endpoint); err != nil {
		return err
	}
	for m, err := range pull.Messages(ctx) {
		if err == nil {
			err = deal(m)
		}
		if err == nil {
			err = m.Ack()
		}
		if err != nil {
			return err
		}
		m.Release()
	}
	return nil
}
