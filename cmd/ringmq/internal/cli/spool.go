package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringmq/ringmq/spool"
)

func (a *app) spoolCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spool COMMAND",
		Short: "Look at a spool, and see to it",
		Long: `Shows what is in the directory of a spool, and sees to it. What only reads does so beside the program that owns the
spool; the others need it for themselves.

` + statusHelp,
		Args: cobra.ArbitraryArgs,
		RunE: noCommand,
	}
	cmd.AddCommand(a.spoolLsCommand(), a.spoolCatCommand(), a.spoolVerifyCommand(), a.spoolCompactCommand(), a.dlqCommand())
	return cmd
}

// onSpool is a command that does something with the spool of its first argument.
func (a *app) onSpool(use, short string, opts []spool.Option, do func(s *spool.Spool, cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.MinimumNArgs(1),
		RunE: a.body(func(cmd *cobra.Command, args []string) error {
			s, err := spool.Open(args[0], opts...)
			if err != nil {
				return err
			}
			return errors.Join(do(s, cmd, args[1:]), s.Close())
		}),
	}
}

// reading is how a spool is opened that another process may own.
var reading = []spool.Option{spool.WithReadOnly()}

func (a *app) spoolLsCommand() *cobra.Command {
	cmd := a.onSpool("ls DIRECTORY", "List what is in a spool: segments, consumers, dead letters", reading,
		func(s *spool.Spool, _ *cobra.Command, _ []string) error { return a.listSpool(s) })
	cmd.Args = cobra.ExactArgs(1)
	return cmd
}

func (a *app) listSpool(s *spool.Spool) error {
	st := s.Stats()
	fmt.Fprintf(a.stdout, "messages %d to %d, %d bytes in %d segment(s)\n", st.First, st.Last, st.Bytes, st.Segments)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SEGMENT\tFIRST\tLAST\tMESSAGES\tBYTES\tSINCE")
	for _, seg := range s.Segments() {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\n", seg.Path, seg.First, seg.Last, seg.Messages, seg.Bytes, clock(seg.From))
	}
	fmt.Fprintln(w, "CONSUMER\tACKNOWLEDGED UP TO\tPENDING")
	for _, c := range s.Consumers() {
		fmt.Fprintf(w, "%q\t%d\t%d\n", c.Name, c.Floor, c.Pending)
	}
	dead, err := deadLetters(s)
	if err == nil && dead != nil {
		fmt.Fprintf(w, "DEAD LETTERS\t%d\n", dead.Len())
	}
	return errors.Join(err, w.Flush())
}

// clock is a time as it is printed; a dash for none.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// deadLetters are those of a spool, or nil if it never had one and is only read.
func deadLetters(s *spool.Spool) (*spool.DeadLetters, error) {
	dead, err := s.DeadLetters()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return dead, err
}

func (a *app) spoolCatCommand() *cobra.Command {
	f := new(flags)
	from := ""
	cmd := a.onSpool("cat DIRECTORY", "Print the messages of a spool", reading, func(s *spool.Spool, _ *cobra.Command, _ []string) error {
		start, err := spool.ParseStart(from)
		if err != nil {
			return err
		}
		l, err := f.layout()
		if err != nil {
			return err
		}
		out := newOutput(a.stdout, l)
		n := uint64(0)
		for r, err := range s.Records(start) {
			if err != nil {
				return errors.Join(err, out.flush())
			}
			if err := out.print(r.Message); err != nil {
				return err
			}
			if n++; n == f.count {
				break
			}
		}
		return out.flush()
	})
	cmd.Args = cobra.ExactArgs(1)
	cmd.Example = `  ringmq spool cat /var/lib/feed --from 'sequence 1000' --count 10`
	f.text(cmd.Flags())
	f.recvCount(cmd.Flags())
	cmd.Flags().StringVar(&from, "from", "oldest", `where to begin: oldest, newest, "sequence N", or "time N" in nanoseconds since 1970 UTC`)
	return cmd
}

func (a *app) spoolVerifyCommand() *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use: "verify DIRECTORY", Short: "Read and check everything in a spool; exit status 1 if there is damage",
		Args: cobra.ExactArgs(1),
		RunE: a.body(func(cmd *cobra.Command, args []string) error {
			var progress spool.Progress
			if verbose {
				progress = a.progress
			}
			found, err := spool.Verify(cmd.Context(), args[0], progress)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%d message(s), %d to %d, and %d dead letter(s) are intact\n",
				found.Messages, found.First, found.Last, found.DeadLetters)
			for _, torn := range found.Torn {
				fmt.Fprintf(a.stdout, "torn by a crash, which the next opening mends: %+v\n", torn)
			}
			var errs []error
			for _, d := range found.Damage {
				errs = append(errs, d)
			}
			return errors.Join(errs...)
		}),
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "say on standard error how far it has come")
	return cmd
}

// progress says how far long work has come.
func (a *app) progress(file string, done, total int64) {
	fmt.Fprintf(a.stderr, "%3d %%  %s\n", 100*done/max(total, 1), file)
}

func (a *app) spoolCompactCommand() *cobra.Command {
	cmd := a.onSpool("compact DIRECTORY", "Remove the segments that all consumers have done with", nil,
		func(s *spool.Spool, _ *cobra.Command, _ []string) error {
			before := s.Stats()
			if err := s.Compact(); err != nil {
				return err
			}
			after := s.Stats()
			_, err := fmt.Fprintf(a.stdout, "%d segment(s) removed, %d bytes are left\n", before.Segments-after.Segments, after.Bytes)
			return err
		})
	cmd.Args = cobra.ExactArgs(1)
	return cmd
}

func (a *app) dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dlq COMMAND", Short: "Look at dead letters, and deal with them", Args: cobra.ArbitraryArgs, RunE: noCommand,
	}
	cmd.AddCommand(a.dlqLsCommand(), a.dlqRequeueCommand(), a.dlqPurgeCommand())
	return cmd
}

func (a *app) dlqLsCommand() *cobra.Command {
	f := new(flags)
	cmd := a.onSpool("ls DIRECTORY", "List dead letters, with the message below each", reading,
		func(s *spool.Spool, _ *cobra.Command, _ []string) error {
			l, err := f.layout()
			if err != nil {
				return err
			}
			dead, err := deadLetters(s)
			if err != nil || dead == nil {
				return err
			}
			out := newOutput(a.stdout, l)
			for letter, err := range dead.All() {
				if err != nil {
					return err
				}
				fmt.Fprintf(out.w, "%d: was %d, appended %s, given up by %q after %d deliveries: %s\n",
					letter.Sequence, letter.Was, clock(letter.Appended), letter.Consumer, letter.Deliveries, letter.Reason)
				if err := out.print(letter.Message); err != nil {
					return err
				}
			}
			return out.flush()
		})
	cmd.Args = cobra.ExactArgs(1)
	f.text(cmd.Flags())
	return cmd
}

func (a *app) dlqRequeueCommand() *cobra.Command {
	return a.onDeadLetters("requeue DIRECTORY NUMBER...", "Put dead letters back, for the consumer that gave them up",
		func(cmd *cobra.Command, dead *spool.DeadLetters, n uint64) error {
			r, err := dead.Requeue(cmd.Context(), n)
			if err == nil {
				fmt.Fprintf(a.stdout, "%d is %d now\n", n, r.Sequence)
			}
			return err
		})
}

func (a *app) dlqPurgeCommand() *cobra.Command {
	return a.onDeadLetters("purge DIRECTORY NUMBER...", "Remove dead letters for good",
		func(_ *cobra.Command, dead *spool.DeadLetters, n uint64) error { return dead.Purge(n) })
}

// onDeadLetters is a command that does something with each dead letter that it is given the number of.
func (a *app) onDeadLetters(use, short string, do func(*cobra.Command, *spool.DeadLetters, uint64) error) *cobra.Command {
	cmd := a.onSpool(use, short, nil, func(s *spool.Spool, cmd *cobra.Command, args []string) error {
		dead, err := s.DeadLetters()
		if err != nil {
			return err
		}
		for _, arg := range args {
			n, err := strconv.ParseUint(arg, 10, 64)
			if err != nil {
				return fmt.Errorf("%w: %q is no number of a dead letter", errUsage, arg)
			}
			if err := do(cmd, dead, n); err != nil {
				return err
			}
		}
		return nil
	})
	cmd.Args = cobra.MinimumNArgs(2)
	return cmd
}
