package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringmq/ringmq/socket"
)

// flags are the values of the flags that the socket commands share; each command has those it needs.
type flags struct {
	side          string // which socket of several it is; empty if there is one
	bind, connect []string
	hwm           int
	linger        time.Duration
	heartbeat     time.Duration
	maxSize       int64
	identity      string
	timeout       time.Duration
	verbose       bool

	count     uint64
	interval  time.Duration
	waitPeers int
	format    string
	separator string
	topics    []string
	reply     string
	echo      bool
	delimiter bool
	to        string
	lossless  bool // a message that is dropped is a failure
}

// socket adds the flags that every socket has.
func (f *flags) socket(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVarP(&f.bind, "bind", "b", nil, "`endpoint` to bind to, such as tcp://*:5556 (repeatable)")
	fs.StringArrayVarP(&f.connect, "connect", "c", nil, "`endpoint` to connect to, such as ipc:///tmp/feed (repeatable)")
	f.tuning(fs)
	fs.VarP(durationVar(&f.timeout), "timeout", "t",
		"longest wait for one message to be received or taken, then exit status 3; 0: no limit")
	cmd.MarkFlagsOneRequired("bind", "connect")
}

// tuning adds the flags that are about no one endpoint.
func (f *flags) tuning(fs *pflag.FlagSet) {
	fs.Var(numberVar(&f.hwm, socket.DefaultHWM), "hwm", "high-water mark each way, in `messages` a peer; 0: no limit")
	fs.DurationVar(&f.linger, "linger", socket.DefaultLinger,
		"how long to wait at the end until queued messages are sent; negative: no limit")
	fs.DurationVar(&f.heartbeat, "heartbeat", 0, "`interval` of heartbeats; a peer that stays silent is disconnected")
	fs.Int64Var(&f.maxSize, "max-message-size", socket.DefaultMaxMessageSize,
		"largest message in `bytes` that is taken from a peer")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "say on standard error what happens to the connections")
}

func (f *flags) withIdentity(fs *pflag.FlagSet) {
	fs.StringVar(&f.identity, "identity", "", "routing `id` to announce to peers")
}

// text adds how messages are read and printed.
func (f *flags) text(fs *pflag.FlagSet) {
	fs.StringVarP(&f.format, "format", "f", formatText, "format of messages, given and printed: text, hex or json")
	fs.StringVarP(&f.separator, "separator", "s", "",
		`what separates the frames of a message in text and hex; may have escapes such as \t (default for text: `+
			`nothing on the way in, a tab on the way out; for hex: white space)`)
}

func (f *flags) sendCount(fs *pflag.FlagSet) {
	fs.Uint64VarP(&f.count, "count", "n", 0,
		"send `messages` in all: arguments over and over, or so many lines; 0: every one once")
	fs.Var(durationVar(&f.interval), "interval", "pause between two messages")
}

// talkCount is for commands that send and receive.
func (f *flags) talkCount(fs *pflag.FlagSet) {
	fs.Uint64VarP(&f.count, "count", "n", 0,
		"end after so many `messages` received; 0: no limit (default: one for each message sent)")
	fs.Var(durationVar(&f.interval), "interval", "pause between two messages sent")
}

func (f *flags) recvCount(fs *pflag.FlagSet) {
	fs.Uint64VarP(&f.count, "count", "n", 0, "end after so many `messages`; 0: no limit")
}

// options are the socket's options. They are checked by the socket's constructor.
func (f *flags) options() []socket.Option {
	opts := []socket.Option{
		socket.WithSendHWM(f.hwm), socket.WithRecvHWM(f.hwm),
		socket.WithLinger(f.linger), socket.WithMaxMessageSize(f.maxSize),
	}
	if f.heartbeat != 0 {
		opts = append(opts, socket.WithHeartbeat(socket.Heartbeat{Interval: f.heartbeat}))
	}
	if f.identity != "" {
		opts = append(opts, socket.WithIdentity(f.identity))
	}
	return opts
}

// layout is how messages are read and printed; its errors are about usage.
func (f *flags) layout() (layout, error) {
	sep, err := unescape(f.separator)
	if err != nil {
		return layout{}, fmt.Errorf("%w: --separator %q: %w", errUsage, f.separator, err)
	}
	switch f.format {
	case formatText, formatHex, formatJSON:
		return layout{format: f.format, separator: sep}, nil
	}
	return layout{}, fmt.Errorf("%w: --format %q: must be %s, %s or %s", errUsage, f.format, formatText, formatHex, formatJSON)
}

// unescape reads the escapes of a Go string, as a shell does not.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	return strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
}

// prefix begins a line about the socket.
func (f *flags) prefix() string {
	if f.side == "" {
		return ""
	}
	return f.side + ": "
}
