package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/ringmq/ringmq"
	"github.com/ringmq/ringmq/pattern/pipeline"
)

// square is one worker: it takes numbers from work and sends their squares to results until ctx ends.
func square(ctx context.Context, work, results string) (err error) {
	pull, err1 := pipeline.NewPull()
	push, err2 := pipeline.NewPush()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pull.Close(), push.Close()) }()
	if err := errors.Join(pull.Connect(work), push.Connect(results)); err != nil {
		return err
	}
	for {
		task, err := pull.Recv(ctx)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(task.Frame(0)))
		if err != nil {
			return err
		}
		if err := push.Send(ctx, ringmq.NewString(strconv.Itoa(n*n))); err != nil {
			return err
		}
	}
}

// collect is the sink: it adds up one result a task.
func collect(ctx context.Context, sink *pipeline.Pull) (sum int, err error) {
	for range tasks {
		result, err := sink.Recv(ctx)
		if err != nil {
			return sum, err
		}
		n, err := strconv.Atoi(string(result.Frame(0)))
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
}
