package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/ringmq/ringmq/bench/internal/plan"
	"github.com/ringmq/ringmq/bench/internal/report"
	"github.com/ringmq/ringmq/bench/internal/result"
	"github.com/ringmq/ringmq/bench/internal/run"
)

var (
	errNoRows  = errors.New("no row has such a contestant")
	errAbsent  = errors.New("a contestant is not there")
	errDiffer  = errors.New("the two runs differ")
	errCompare = errors.New("-compare takes two files")
	errExtra   = errors.New("there are no arguments but flags")
)

// Rounds are fewer where a run should be short.
const (
	fullRounds  = 5
	quickRounds = 2
)

// settings are the flags.
type settings struct {
	rounds      int
	rows        string
	contestants string
	quick       bool
	list        bool
	require     bool
	compare     bool
	json        string
	out         string

	files []string // to compare
}

func parse(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.IntVar(&s.rounds, "rounds", 0, "measure each contestant of a row `n` times (default 5, with -quick 2)")
	flags.StringVar(&s.rows, "rows", ".", "measure the rows whose names match `regexp`")
	flags.StringVar(&s.contestants, "contestants", ".", "measure the contestants whose names match `regexp`")
	flags.BoolVar(&s.quick, "quick", false, "one eighth of the messages, two rounds: under three minutes for all")
	flags.BoolVar(&s.list, "list", false, "list rows, contestants and targets, and measure nothing")
	flags.BoolVar(&s.require, "require", false, "fail if a contestant is not there, instead of leaving it out")
	flags.BoolVar(&s.compare, "compare", false, "say whether two results.json, given as `OLD NEW`, agree on every verdict")
	flags.StringVar(&s.json, "json", "", "write the results to a `file` too")
	flags.StringVar(&s.out, "out", "", "write results.json, results.md and the charts into a `folder` "+
		"(default results, if all rows are measured in full)")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.files = flags.Args()
	return s, s.check()
}

// check refuses what does not fit, and sets the defaults that depend on other flags.
func (s *settings) check() error {
	switch {
	case s.compare && len(s.files) != 2:
		return errCompare
	case !s.compare && len(s.files) > 0:
		return errExtra
	}
	if s.rounds <= 0 {
		s.rounds = fullRounds
		if s.quick {
			s.rounds = quickRounds
		}
	}
	if s.out == "" && !s.quick && s.rows == "." && s.contestants == "." {
		s.out = "results"
	}
	return nil
}

// harness does what the flags ask for. Results go to out, progress to progress.
func harness(ctx context.Context, args []string, out, progress io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	p := plan.Full()
	if s.compare {
		return compare(out, s.files, p.Targets)
	}
	rows, err := s.choose(p)
	if err != nil {
		return err
	}
	if s.list {
		return report.List(out, p, rows)
	}
	r, err := s.measure(ctx, progress, rows)
	if r == nil {
		return err
	}
	r.Judge(p.Targets)
	return errors.Join(err, s.publish(out, p, r))
}

// choose returns the rows to measure.
func (s settings) choose(p *plan.Plan) ([]plan.Row, error) {
	row, err := regexp.Compile(s.rows)
	if err != nil {
		return nil, err
	}
	entry, err := regexp.Compile(s.contestants)
	if err != nil {
		return nil, err
	}
	rows := p.Select(row, entry)
	if len(rows) == 0 {
		return nil, errNoRows
	}
	return rows, nil
}

// measure measures the rows. When it is interrupted it returns those that it has.
func (s settings) measure(ctx context.Context, progress io.Writer, rows []plan.Row) (r *result.Report, err error) {
	runner, absent, err := run.New(ctx, sources(), plan.Contestants(rows))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, runner.Close()) }()
	r = &result.Report{System: result.ThisSystem(), Rounds: s.rounds, Quick: s.quick, Absent: map[string]string{}}
	for name, why := range absent {
		fmt.Fprintf(progress, "%s is left out: %v\n", name, why)
		r.Absent[name] = why.Error()
		if s.require {
			return nil, fmt.Errorf("%w: %s: %w", errAbsent, name, why)
		}
	}
	suite := run.Suite{
		Runner: runner, Rows: present(rows, absent), Rounds: s.rounds, Quick: s.quick, Progress: progress,
	}
	r.Rows, err = suite.Run(ctx)
	return r, err
}

// present leaves out the contestants that are not there.
func present(rows []plan.Row, absent map[string]error) []plan.Row {
	var all []plan.Row
	for _, row := range rows {
		if row = row.Without(absent); len(row.Entries) > 0 {
			all = append(all, row)
		}
	}
	return all
}

// publish writes the results wherever they are wanted.
func (s settings) publish(out io.Writer, p *plan.Plan, r *result.Report) error {
	if err := report.Text(out, p, r); err != nil {
		return err
	}
	if s.json != "" {
		if err := r.Write(s.json); err != nil {
			return err
		}
	}
	if s.out == "" {
		return nil
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	if err := r.Write(filepath.Join(s.out, "results.json")); err != nil {
		return err
	}
	md, err := os.Create(filepath.Join(s.out, "results.md"))
	if err != nil {
		return err
	}
	if err := errors.Join(report.Markdown(md, p, r), md.Close()); err != nil {
		return err
	}
	return report.Charts(s.out, p, r)
}

func compare(out io.Writer, files []string, targets []plan.Target) error {
	older, err := result.Read(files[0], targets)
	if err != nil {
		return err
	}
	newer, err := result.Read(files[1], targets)
	if err != nil {
		return err
	}
	differ, err := report.Compare(out, older, newer)
	if err == nil && differ > 0 {
		return errDiffer
	}
	return err
}

// sources is the folder of this program, as seen from here: the repository's root or the folder itself.
func sources() string {
	if _, err := os.Stat(filepath.Join("bench", "c")); err == nil {
		return "bench"
	}
	return "."
}
