package delivery

// Memory is a receiver's memory of what it has processed, for the time of the process. One goroutine at a time may use
// it.
type Memory struct {
	producers map[uint64]*past
	clock     uint64
}

// past is what is remembered of one producer.
type past struct {
	done    Set
	highest uint64
	used    uint64 // when it was asked for last, by the clock
}

// Seen reports whether a message was processed. Of what lies more than MemoryWindow sequences back, nothing is known.
func (m *Memory) Seen(id ID) bool {
	p := m.producers[id.Producer]
	if p == nil {
		return false
	}
	m.clock++
	p.used = m.clock
	near := id.Sequence > p.highest || p.highest-id.Sequence < MemoryWindow
	return near && p.done.Contains(id.Sequence)
}

// Done notes that a message was processed.
func (m *Memory) Done(id ID) {
	p := m.producers[id.Producer]
	if p == nil {
		p = m.enter(id.Producer)
		p.done.Raise(id.Sequence - min(id.Sequence, MemoryWindow))
	}
	p.done.Add(id.Sequence)
	if p.highest = max(p.highest, id.Sequence); p.highest-p.done.Floor() > 2*MemoryWindow {
		p.done.Raise(p.highest - MemoryWindow)
	}
}

// enter begins to remember a producer, and forgets another if there are too many.
func (m *Memory) enter(producer uint64) *past {
	if m.producers == nil {
		m.producers = make(map[uint64]*past)
	}
	if len(m.producers) >= MemoryProducers {
		m.forgetOne()
	}
	m.clock++
	p := &past{used: m.clock}
	m.producers[producer] = p
	return p
}

func (m *Memory) forgetOne() {
	var oldest uint64
	var found *past
	for id, p := range m.producers {
		if found == nil || p.used < found.used {
			oldest, found = id, p
		}
	}
	delete(m.producers, oldest)
}
