package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"text/tabwriter"
)

// Report is the outcome of a benchmark.
type Report struct {
	Go      string   `json:"go"`
	System  string   `json:"system"`
	CPUs    int      `json:"cpus"`
	Version string   `json:"version"` // of the module, with the revision where it is known
	Results []Result `json:"results"`
	rounds  int
}

// Result is one case with all of its rounds.
type Result struct {
	Case
	Rounds []Round `json:"rounds"`
}

func newReport(cfg Config) *Report {
	r := &Report{
		Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0),
		Version: "unknown", rounds: cfg.Rounds,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		r.Version = info.Main.Version
	}
	return r
}

// median is the median over the rounds of what f takes from each.
func (r Result) median(f func(Round) float64) float64 {
	vs := r.values(f)
	n := len(vs)
	return (vs[(n-1)/2] + vs[n/2]) / 2
}

// values are what f takes from each round, sorted.
func (r Result) values(f func(Round) float64) []float64 {
	vs := make([]float64, len(r.Rounds))
	for i, round := range r.Rounds {
		vs[i] = f(round)
	}
	slices.Sort(vs)
	return vs
}

// WriteJSON writes the report with every round as one indented JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "ringmq %s, %s, %s, GOMAXPROCS %d; medians of %d rounds\n", r.Version, r.Go, r.System, r.CPUs, r.rounds)
	if err := r.table(w, PushPull, throughputTitle, throughputHead, throughputRow); err != nil {
		return err
	}
	return r.table(w, ReqRep, latencyTitle, latencyHead, latencyRow)
}

// table writes one pattern's results under its head, or nothing if there are none.
func (r *Report) table(w io.Writer, pattern, title, head string, row func(Result) string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows := 0
	for _, res := range r.Results {
		if res.Pattern != pattern {
			continue
		}
		if rows++; rows == 1 {
			fmt.Fprintf(w, "\n%s\n", title)
			fmt.Fprintln(tw, head)
		}
		fmt.Fprintln(tw, row(res))
	}
	return tw.Flush()
}

const (
	throughputTitle = "PUSH to PULL: messages a second as received; heap allocations for each message"
	throughputHead  = "transport\tbytes\tbatch\tmsg/s\tleast\tmost\tMB/s\tallocs PUSH\tallocs PULL\t"
	latencyTitle    = "REQ/REP: time of a round trip in µs; heap allocations for each round trip"
	latencyHead     = "transport\tbytes\ttrips/s\tp50\tp99\tp99.9\tmax of all\tallocs REQ\tallocs REP\t"
)

func throughputRow(r Result) string {
	rate := func(r Round) float64 { return r.Receiver.Rate() }
	median, all := r.median(rate), r.values(rate)
	return fmt.Sprintf("%s\t%d\t%d\t%.0f\t%.0f\t%.0f\t%.1f\t%s\t", r.Transport, r.Size, max(r.Batch, 1),
		median, all[0], all[len(all)-1], median*float64(r.Size)/1e6, r.allocs())
}

func latencyRow(r Result) string {
	maxes := r.values(func(r Round) float64 { return r.Trips.Max })
	return fmt.Sprintf("%s\t%d\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t", r.Transport, r.Size,
		r.median(func(r Round) float64 { return r.Sender.Rate() }),
		r.median(func(r Round) float64 { return r.Trips.P50 }),
		r.median(func(r Round) float64 { return r.Trips.P99 }),
		r.median(func(r Round) float64 { return r.Trips.P999 }),
		maxes[len(maxes)-1], r.allocs())
}

// allocs fills two columns. Over inproc both sides are one process, and the figure is for the two together.
func (r Result) allocs() string {
	receiver := r.median(func(r Round) float64 { return r.Receiver.AllocsPerMessage() })
	if r.Transport == "inproc" {
		return fmt.Sprintf("together\t%.4f", receiver)
	}
	return fmt.Sprintf("%.4f\t%.4f", r.median(func(r Round) float64 { return r.Sender.AllocsPerMessage() }), receiver)
}
