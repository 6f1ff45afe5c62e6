package main

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/ringmq/ringmq/examples/marketdata/internal/feed"
)

// openSource returns where the ticks come from and how many to take. A file is read through once beforehand, so that a
// bad line is found before anything is sent. Close is never nil.
func openSource(o options) (src feed.Source, count int64, closeSource func() error, err error) {
	if o.file == "" {
		return feed.NewGenerator(o.seed), o.count, func() error { return nil }, nil
	}
	lines, err := countTicks(o.file)
	if err != nil {
		return nil, 0, nil, err
	}
	if most := math.MaxInt64 / lines; o.loop > most { // lines is not 0: a file without events is an error
		return nil, 0, nil, fmt.Errorf("%w: the file has %d ticks", &rangeError{"loop", o.loop, 1, most}, lines)
	}
	l, err := feed.OpenLobster(o.file, true)
	if err != nil {
		return nil, 0, nil, err
	}
	return l, lines * o.loop, l.Close, nil
}

func countTicks(path string) (n int64, err error) {
	l, err := feed.OpenLobster(path, false)
	if err != nil {
		return 0, err
	}
	defer l.Close() // only read
	var t feed.Tick
	for {
		switch err := l.Next(&t); {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return 0, err
		}
		n++
	}
}
