package proxy

import "sync/atomic"

// Stats are a proxy's counts since it was made.
type Stats struct {
	Forward Flow // from the frontend to the backend; the only one of a streamer and of a proxy with one socket
	Back    Flow // from the backend to the frontend

	Captured       uint64 // copies that the capture socket has taken
	CaptureDropped uint64 // copies that it could not take at once
	Paused         bool
}

// Flow are the counts of one direction.
type Flow struct {
	Messages uint64 // whole messages passed on
	Bytes    uint64 // in their frames
	Dropped  uint64 // messages that were read and could not be passed on; see the package
}

// Stats returns the counts. While messages pass they may be a batch apart from each other.
func (p *Proxy) Stats() Stats {
	s := Stats{Forward: p.forward.flow.load(), Paused: p.gate.isPaused()}
	if p.back != nil {
		s.Back = p.back.flow.load()
	}
	if c := p.capture; c != nil {
		s.Captured, s.CaptureDropped = c.copied.Load(), c.dropped.Load()
	}
	return s
}

// flow is Flow as it is counted: written by one pump, read by anybody.
type flow struct {
	messages, bytes, dropped atomic.Uint64
}

func (f *flow) add(messages, bytes int) {
	f.messages.Add(uint64(messages))
	f.bytes.Add(uint64(bytes))
}

func (f *flow) load() Flow {
	return Flow{Messages: f.messages.Load(), Bytes: f.bytes.Load(), Dropped: f.dropped.Load()}
}
