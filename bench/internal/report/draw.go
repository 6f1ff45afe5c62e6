package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ringmq/ringmq/bench/internal/plan"
)

const (
	barWidth   = 0.55 * vg.Centimeter
	height     = 11 * vg.Centimeter
	leastWidth = 16 * vg.Centimeter
)

func (c *chart) save(name string) error {
	p := plot.New()
	p.Title.Text = c.table.Title + "\n" + c.unit()
	p.Y.Label.Text = " " // room
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, ticks{}
	p.X.Tick.Marker = plot.ConstantTicks(c.xTicks())
	p.X.Tick.Length = 0
	p.Add(c)
	for _, n := range c.names {
		p.Legend.Add(n, swatch{c.colour(n)})
	}
	p.Legend.Top, p.Legend.Padding = true, 2*vg.Millimeter
	p.Title.Padding = 4 * vg.Millimeter
	for _, style := range []*font.Font{&p.Title.TextStyle.Font, &p.Legend.TextStyle.Font} {
		style.Variant = "Sans"
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font.Variant = "Sans"
	}
	p.BackgroundColor = color.White
	return p.Save(max(vg.Length(c.width+legendRoom+4)*barWidth, leastWidth), height, name)
}

// unit says what the bars, and the whiskers, are.
func (c *chart) unit() string {
	switch m := c.table.Metrics[0]; {
	case m.Key == plan.P50.Key:
		return "p50, up to p99 and p99.9, µs"
	case m.Unit == "/s":
		return m.Title
	default:
		return m.Title + ", " + m.Unit
	}
}

func (c *chart) xTicks() []plot.Tick {
	var all []plot.Tick
	for i, text := range labels(c.groups) {
		all = append(all, plot.Tick{Value: c.middle[i], Label: text})
	}
	return all
}

// DataRange leaves room below and above the marks, and for the legend.
func (c *chart) DataRange() (xmin, xmax, ymin, ymax float64) {
	ymin, ymax = math.Inf(1), 0
	for _, b := range c.bars {
		for _, v := range append([]float64{b.value}, b.marks...) {
			if v > 0 {
				ymin, ymax = min(ymin, v), max(ymax, v)
			}
		}
	}
	return -0.5, c.width + legendRoom, math.Pow(10, math.Floor(math.Log10(ymin/1.5))), ymax * 1.5
}

// Plot draws the bars.
func (c *chart) Plot(to draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&to)
	bottom := y(p.Y.Min)
	for _, b := range c.bars {
		left, right, top := x(b.at), x(b.at+0.85), y(b.value)
		fill(to, c.colour(b.name), vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: right, Y: top}})
		whiskers(to, b, (left+right)/2, (right-left)/4, y)
	}
}

func fill(to draw.Canvas, c color.Color, r vg.Rectangle) {
	to.SetColor(c)
	to.Fill(r.Path())
}

// whiskers draws a line from the bar's value through the marks, with a stroke across at each.
func whiskers(to draw.Canvas, b bar, middle, half vg.Length, y func(float64) vg.Length) {
	style := draw.LineStyle{Color: color.Black, Width: vg.Points(0.7)}
	for _, m := range b.marks {
		if m <= 0 {
			continue
		}
		to.StrokeLine2(style, middle, y(b.value), middle, y(m))
		to.StrokeLine2(style, middle-half, y(m), middle+half, y(m))
	}
}

// swatch is a colour in the legend.
type swatch struct{ colour color.Color }

// Thumbnail fills the space in the legend.
func (s swatch) Thumbnail(c *draw.Canvas) {
	fill(*c, s.colour, c.Rectangle)
}

// ticks labels the powers of ten.
type ticks struct{}

// Ticks returns the ticks of a logarithmic axis.
func (ticks) Ticks(least, most float64) []plot.Tick {
	var all []plot.Tick
	for v := math.Pow(10, math.Floor(math.Log10(least))); v <= most; v *= 10 {
		all = append(all, plot.Tick{Value: v, Label: power(v)})
		for i := 2.0; i < 10; i++ {
			all = append(all, plot.Tick{Value: v * i})
		}
	}
	return slices.DeleteFunc(all, func(t plot.Tick) bool { return t.Value < least || t.Value > most })
}

func power(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.0f M", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.0f k", v/1e3)
	}
	return fmt.Sprintf("%g", v)
}

// colours of entries are the same in all charts, and are told apart with red-green blindness too.
var colours = map[string]color.Color{
	plan.Ringmq:    color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	plan.Libzmq:    color.RGBA{0x00, 0x72, 0xb2, 0xff},
	plan.OneThread: color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	plan.RaisedHWM: color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	plan.Limit:     color.RGBA{0x99, 0x99, 0x99, 0xff},
	plan.NATS:      color.RGBA{0x00, 0x9e, 0x73, 0xff},
	plan.Zmq4:      color.RGBA{0xe6, 0x9f, 0x00, 0xff},
	plan.NNG:       color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	plan.SyncEach:  color.RGBA{0xf0, 0xa0, 0x60, 0xff},
	plan.Written:   color.RGBA{0xf0, 0xe4, 0x42, 0xff},
	plan.InMemory:  color.RGBA{0x33, 0x33, 0x33, 0xff},
}

// others are for entries that occur in one row.
var others = []color.Color{
	color.RGBA{0xf0, 0xa0, 0x60, 0xff},
	color.RGBA{0x33, 0x33, 0x33, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0x99, 0x99, 0x99, 0xff},
}

func (c *chart) colour(name string) color.Color {
	if fixed, ok := colours[name]; ok {
		return fixed
	}
	return others[slices.Index(c.names, name)%len(others)]
}
