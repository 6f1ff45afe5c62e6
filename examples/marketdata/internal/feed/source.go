package feed

// Source yields ticks in the order of their time. One goroutine at a time may use it.
type Source interface {
	// Next fills in t, all but Seq, SymbolSeq and Sent, and returns io.EOF after the last tick.
	Next(t *Tick) error
	// Symbols returns the symbols that may come, most active first.
	Symbols() []string
}

// Sequencer numbers ticks on their way out. One goroutine at a time may use it; the zero value starts from 1.
type Sequencer struct {
	last     uint64
	bySymbol map[string]uint64
}

// Stamp sets Seq and SymbolSeq.
func (s *Sequencer) Stamp(t *Tick) {
	if s.bySymbol == nil {
		s.bySymbol = make(map[string]uint64)
	}
	s.last++
	n := s.bySymbol[t.Symbol] + 1
	s.bySymbol[t.Symbol] = n
	t.Seq, t.SymbolSeq = s.last, n
}
