package cli

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// notNegative is the value of a flag that is 0 or more.
type notNegative[T int | time.Duration] struct {
	at    *T
	parse func(string) (T, error)
	kind  string // as the help has it
}

var (
	_ pflag.Value = notNegative[int]{}
	_ pflag.Value = notNegative[time.Duration]{}
)

func numberVar(at *int, value int) pflag.Value {
	*at = value
	return notNegative[int]{at, strconv.Atoi, "int"}
}

func durationVar(at *time.Duration) pflag.Value {
	return notNegative[time.Duration]{at, time.ParseDuration, "duration"}
}

var errNegative = errors.New("must be 0 or more")

// Set implements [pflag.Value].
func (v notNegative[T]) Set(s string) error {
	n, err := v.parse(s)
	if err == nil && n < 0 {
		err = errNegative
	}
	if err != nil {
		return err
	}
	*v.at = n
	return nil
}

// String implements [pflag.Value]. "0" keeps the default out of the help.
func (v notNegative[T]) String() string {
	if v.at == nil || *v.at == 0 {
		return "0"
	}
	return fmt.Sprint(*v.at)
}

// Type implements [pflag.Value].
func (v notNegative[T]) Type() string { return v.kind }

// noMessages is for commands that only receive.
func noMessages(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q: %s takes no messages; it has flags only", args[0], cmd.Name())
	}
	return nil
}
