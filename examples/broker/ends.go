package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/reqrep"
)

const clients, workers, requests = 2, 3, 3

// ask is one client.
func ask(ctx context.Context, endpoint string, id int, answers chan<- string) (err error) {
	req, err := reqrep.NewReq()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, req.Close()) }()
	if err := req.Connect(endpoint); err != nil {
		return err
	}
	for n := range requests {
		if err := req.Send(ctx, ringmq.NewString(fmt.Sprintf("client %d, request %d", id, n))); err != nil {
			return err
		}
		answer, err := req.Recv(ctx)
		if err != nil {
			return err
		}
		select {
		case answers <- string(answer.Frame(0)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// work is one worker: it answers requests until ctx ends.
func work(ctx context.Context, endpoint string, id int) (err error) {
	rep, err := reqrep.NewRep()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rep.Close()) }()
	if err := rep.Connect(endpoint); err != nil {
		return err
	}
	for {
		request, err := rep.Recv(ctx)
		if err == nil {
			err = rep.Send(ctx, ringmq.NewString(fmt.Sprintf("%s: answered by worker %d", request.Frame(0), id)))
		}
		if err != nil {
			return err
		}
	}
}
