package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
)

// twoResults are of subscribers that got the ticks of one symbol, one of them not all.
func twoResults() (a, b Result) {
	ra, rb := NewRecorder(1), NewRecorder(1)
	for i := range int64(1000) {
		sent := 1_000_000_000 + i*1_000_000
		tick := Tick{Symbol: "A", SymbolSeq: uint64(i + 1), Sent: sent}
		ra.Record(&tick, sent+(i+1)*1000) // 1 µs to 1 ms
		if i%100 != 50 {
			rb.Record(&tick, sent+2_000_000)
		}
	}
	return ra.Result(0), rb.Result(4)
}

func TestRecorder(t *testing.T) {
	a, b := twoResults()
	require.EqualValues(t, 1000, a.Delivered)
	require.Zero(t, a.Gaps)
	require.EqualValues(t, 1_000_001_000, a.First)
	require.EqualValues(t, 2_000_000_000, a.Last)
	require.InEpsilon(t, 500*time.Microsecond, a.Latency.Quantile(0.5), 0.01)
	require.EqualValues(t, 990, b.Delivered)
	require.EqualValues(t, []uint64{4, 10, 10, 0}, []uint64{b.Dropped, b.Gaps, b.Missed, b.Late})
}

func TestReport(t *testing.T) {
	a, b := twoResults()
	for _, order := range [][]Result{{a, b}, {b, a}, {Result{}, b, a}} {
		total := NewReport(0, 0, 0, order...).Total
		require.Equal(t, []int64{a.First, b.Last}, []int64{total.First, total.Last})
	}
	r := NewReport(1000, 2000, 6, a, b, Result{})
	require.NoError(t, r.Check())
	require.EqualValues(t, 1990, r.Total.Delivered)
	require.EqualValues(t, 10, r.Total.Dropped)
	require.InEpsilon(t, 1990/1.001, r.DeliveriesPerSecond(), 0.01)
	s := r.Summary()
	require.InEpsilon(t, 1000, s.Latency.P50, 0.01)
	require.InEpsilon(t, 2000, s.Latency.P90, 0.01)
	require.InEpsilon(t, 2000, s.Latency.Max, 0.01)
	require.EqualValues(t, 1000, a.Latency.Count(), "merging leaves the parts alone")
}

func TestReportCheck(t *testing.T) {
	for _, c := range []struct {
		expected, bySender uint64
		want               string
	}{
		{10, 0, "1 missing"},
		{10, 1, ""},
		{10, 3, "2 too many"},
	} {
		err := NewReport(10, c.expected, c.bySender, Result{Delivered: 8, Dropped: 1}).Check()
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, ErrUnaccounted)
		require.ErrorContains(t, err, c.want)
	}
}

func TestReportWithoutDeliveries(t *testing.T) {
	r := NewReport(0, 0, 0)
	require.NoError(t, r.Check())
	require.Zero(t, r.DeliveriesPerSecond())
	require.Equal(t, Summary{}, r.Summary())
	require.NoError(t, r.WriteJSON(&bytes.Buffer{}))
}

func TestReportJSON(t *testing.T) {
	a, b := twoResults()
	var out bytes.Buffer
	require.NoError(t, NewReport(1000, 2000, 6, a, b).WriteJSON(&out))
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")))
	var m map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &m))
	require.ElementsMatch(t,
		[]string{"published", "expected", "delivered", "dropped", "gaps", "deliveries_per_s", "latency_us"}, keys(m))
	latency, ok := m["latency_us"].(map[string]any)
	require.True(t, ok)
	require.ElementsMatch(t, []string{"p50", "p99", "p999", "max"}, keys(latency))
	require.EqualValues(t, 1990, m["delivered"])
	require.InEpsilon(t, 2000, latency["max"], 0.01)
}

func keys(m map[string]any) (ks []string) {
	for k := range m {
		ks = append(ks, k)
	}
	return ks
}

func TestReportTable(t *testing.T) {
	res := Result{Delivered: 3, Gaps: 1, Late: 2, First: 1, Last: 1 + int64(time.Second), Latency: NewLatency()}
	res.Latency.Record(1500 * time.Nanosecond)
	res.Latency.Record(-1)
	var out bytes.Buffer
	require.NoError(t, NewReport(4, 4, 1, res).WriteTable(&out))
	require.Equal(t, ``+
		"  published  expected  delivered  dropped  gaps  deliveries/s\n"+
		"          4         4          3        1     1             3\n"+
		"\n"+
		"  latency µs  p50  p90  p99  p99.9  max\n"+
		"              0.0  1.5  1.5    1.5  1.5\n"+
		"2 deliveries were repeated or out of order\n"+
		"1 latencies were below 0 or above a minute\n", out.String())
}

type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestReportTableWriteErrors(t *testing.T) {
	res := Result{Late: 1, Latency: NewLatency()}
	res.Latency.Record(-1)
	var whole bytes.Buffer
	r := NewReport(1, 1, 0, res)
	require.NoError(t, r.WriteTable(&whole))
	for n := range whole.Len() {
		require.ErrorIs(t, r.WriteTable(&brokenWriter{left: n}), errBroken, "after %d bytes", n)
	}
}

func TestResultTravelsAsJSON(t *testing.T) {
	a, b := twoResults()
	a.Latency.Record(-1)
	wire, err := json.Marshal(a)
	require.NoError(t, err)
	require.Less(t, len(wire), 8<<10)
	var back Result
	require.NoError(t, json.Unmarshal(wire, &back))

	want, got := NewReport(1, 1, 0, a, b), NewReport(1, 1, 0, back, b)
	require.Equal(t, want.Summary(), got.Summary())
	require.EqualValues(t, 1, got.Total.Latency.Clamped())
	require.Equal(t, want.Total.Latency.Count(), got.Total.Latency.Count())
}

func TestLatencyRefusesForeignHistograms(t *testing.T) {
	for _, h := range []*hdrhistogram.Histogram{
		hdrhistogram.New(1, maxLatency, 2), hdrhistogram.New(1, maxLatency/2, 3), hdrhistogram.New(1000, maxLatency, 3),
	} {
		b, err := h.EncodeV2()
		require.NoError(t, err)
		wire, err := json.Marshal(latencyJSON{HDR: string(b)})
		require.NoError(t, err)
		require.ErrorContains(t, new(Latency).UnmarshalJSON(wire), "latency: want 1 to")
	}
	require.Error(t, new(Latency).UnmarshalJSON([]byte(`{"hdr":"xx"}`)))
	require.Error(t, new(Latency).UnmarshalJSON([]byte(`[]`)))
}

func TestLatencyRange(t *testing.T) {
	l := NewLatency()
	require.Zero(t, l.Quantile(0.5))
	for _, d := range []time.Duration{-time.Hour, 0, time.Minute, time.Hour} {
		l.Record(d)
	}
	require.EqualValues(t, 4, l.Count())
	require.EqualValues(t, 2, l.Clamped())
	require.InEpsilon(t, time.Minute, l.Quantile(1), 0.001)
}
