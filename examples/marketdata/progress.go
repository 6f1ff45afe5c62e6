package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// How often progress is shown, on a terminal and elsewhere.
const (
	progressTerminal = time.Second
	progressFile     = 5 * time.Second
)

func progressEvery(w io.Writer) time.Duration {
	f, ok := w.(*os.File)
	if !ok {
		return progressFile
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return progressFile
	}
	return progressTerminal
}

// announce says what is about to run.
func announce(w io.Writer, o options, p *publisher, count int64) {
	from, pace := "made-up feed", "flat out"
	if o.file != "" {
		from = o.file
	}
	if o.rate > 0 {
		pace = fmt.Sprintf("%d/s", o.rate)
	}
	fmt.Fprintf(w, "%s: %d ticks, %s, to %d subscribers over %s\n", from, count, pace, len(p.topics), p.endpoint)
	for i, topics := range p.topics {
		names := strings.Join(topics, ", ")
		if names == "" {
			names = "everything"
		}
		if i < maxAnnounced {
			fmt.Fprintf(w, "  subscriber %d: %s\n", i, names)
		}
	}
	if more := len(p.topics) - maxAnnounced; more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

// maxAnnounced is how many subscribers are listed by their topics.
const maxAnnounced = 8

// showProgress writes a line now and then until stop is called, which waits for the last one.
func showProgress(w io.Writer, p *publisher, c *control) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		start := time.Now()
		t := time.NewTicker(progressEvery(w))
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				s := p.pub.Stats()
				fmt.Fprintf(w, "%4.0f s  %d published  %d delivered  %d queued  %d dropped\n",
					time.Since(start).Seconds(), p.published(), c.delivered(), s.Queued, s.Dropped)
			}
		}
	})
	return func() { close(done); wg.Wait() }
}
