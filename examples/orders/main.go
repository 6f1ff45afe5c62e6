package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// place is where the parts are, and how quick the shop is.
type place struct {
	dir           string // of the spools and of the list
	shop, kitchen string // endpoints that they are bound to
	between       time.Duration
	out           io.Writer
}

var parts = map[string]func(ctx context.Context, at place) error{"shop": shop, "kitchen": kitchen, "door": door}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	at := place{
		dir: "orders", shop: "tcp://127.0.0.1:6001", kitchen: "tcp://127.0.0.1:6002",
		between: 500 * time.Millisecond, out: os.Stdout,
	}
	var part func(context.Context, place) error
	if len(os.Args) == 2 {
		part = parts[os.Args[1]]
	}
	if part == nil {
		fmt.Fprintln(os.Stderr, "usage: orders shop|kitchen|door")
		os.Exit(2)
	}
	if err := part(ctx, at); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// spoolOf is the directory of a part's spool.
func (at place) spoolOf(part string) string { return filepath.Join(at.dir, part) }

// list is the file of what has been delivered.
func (at place) list() string { return filepath.Join(at.dir, "delivered.txt") }
