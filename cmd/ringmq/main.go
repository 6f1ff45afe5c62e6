package main

import (
	"os"

	"github.com/ringmq/ringmq/cmd/ringmq/internal/cli"
)

func main() { os.Exit(cli.Main()) }
