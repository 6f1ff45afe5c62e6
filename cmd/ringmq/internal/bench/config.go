package bench

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringmq/ringmq/socket"
)

// Patterns and transports that can be measured, in the order in which they are by default.
var (
	Patterns   = []string{PushPull, ReqRep}
	Transports = []string{"tcp", "ipc", "inproc"}
	// Sizes are the default message sizes, in bytes.
	Sizes = []int{64, 1024}
)

// The values of [Case.Pattern].
const (
	PushPull = "push-pull"
	ReqRep   = "req-rep"
)

// ErrConfig is wrapped by errors about a Config.
var ErrConfig = errors.New("invalid benchmark")

// Config says what to measure: every pattern over every transport with every size.
type Config struct {
	Patterns, Transports []string
	Sizes                []int // bytes
	Rounds               int
	Load
}

// Load is what all cases of a benchmark have in common.
type Load struct {
	Count    uint64        `json:"count,omitempty"`       // messages a round, warm-up included; 0: bounded by Duration
	Duration time.Duration `json:"duration_ns,omitempty"` // of a round, warm-up included
	Batch    int           `json:"batch,omitempty"`       // messages a SendBatch and RecvBatch of push-pull; 0: one by one
	HWM      int           `json:"hwm"`                   // high-water mark each way, in messages
}

// Case is one line of the table.
type Case struct {
	Pattern   string `json:"pattern"`
	Transport string `json:"transport"`
	Size      int    `json:"size"`
	Load
}

// Validate returns an error that wraps [ErrConfig] and names the value.
func (c Config) Validate() error {
	if err := allKnown("pattern", c.Patterns, Patterns); err != nil {
		return err
	}
	if err := allKnown("transport", c.Transports, Transports); err != nil {
		return err
	}
	for _, size := range c.Sizes {
		if err := inRange("size", size, minSize, maxSize); err != nil {
			return err
		}
	}
	if err := inRange("rounds", c.Rounds, 1, 1000); err != nil {
		return err
	}
	return c.Load.validate()
}

func (l Load) validate() error {
	switch {
	case l.Count == 0 && l.Duration <= 0:
		return fmt.Errorf("%w: a round needs a count or a duration above 0", ErrConfig)
	case l.Count != 0 && l.Count < minCount:
		return fmt.Errorf("%w: count %d: must be %d or more", ErrConfig, l.Count, minCount)
	case l.HWM < 0:
		return fmt.Errorf("%w: hwm %d: must be 0 (no limit) or more", ErrConfig, l.HWM)
	}
	return inRange("batch", l.Batch, 0, maxBatch)
}

func allKnown(what string, got, known []string) error {
	for _, v := range got {
		if !slices.Contains(known, v) {
			return fmt.Errorf("%w: %s %q: must be one of %q", ErrConfig, what, v, known)
		}
	}
	if len(got) == 0 {
		return fmt.Errorf("%w: no %s", ErrConfig, what)
	}
	return nil
}

func inRange(what string, got, low, high int) error {
	if got < low || got > high {
		return fmt.Errorf("%w: %s %d: must be %d to %d", ErrConfig, what, got, low, high)
	}
	return nil
}

// cases lists the lines of the table, pattern by pattern.
func (c Config) cases() []Case {
	var all []Case
	for _, p := range c.Patterns {
		for _, t := range c.Transports {
			for _, s := range c.Sizes {
				all = append(all, Case{Pattern: p, Transport: t, Size: s, Load: c.Load})
			}
		}
	}
	return all
}

func (c Case) options() []socket.Option {
	return []socket.Option{socket.WithSendHWM(c.HWM), socket.WithRecvHWM(c.HWM)}
}

func (c Case) String() string { return fmt.Sprintf("%s %s %d B", c.Pattern, c.Transport, c.Size) }
