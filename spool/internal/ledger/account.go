package ledger

// Kind says whose account it is.
type Kind uint8

// The kinds of accounts.
const (
	Consumer Kind = 1
	Producer Kind = 2
)

// Account is what is known of one consumer or producer. Its methods may be called by any goroutine.
type Account struct {
	l    *Ledger
	id   uint64
	kind Kind
	name string

	// The ledger's lock guards the rest.
	done   Set
	given  uint64            // the highest sequence that was given to the consumer
	counts map[uint64]uint64 // how often it was given messages that it has not done; those given once are left out
	closed bool

	// What has changed since the last flush.
	listed    bool // the account is in the ledger's list of those with changes
	opened    bool // the ledger's log does not know the account yet
	newFloor  bool
	newGiven  bool
	newDone   []Range
	newCounts []uint64 // sequences
}

// Name is the consumer's name, or what the ledger's user calls the producer.
func (a *Account) Name() string { return a.name }

// Done adds a range to what is done.
func (a *Account) Done(r Range) {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	if r.First > r.Last || r.Last <= a.done.floor || a.closed {
		return
	}
	floor := a.done.floor
	a.done.Add(r)
	if a.done.floor != floor {
		a.newFloor = true
	}
	if r.First > floor+1 {
		a.note(r)
	}
	a.forgetCounts(r)
	a.changed()
}

// note remembers a range for the next flush; ranges that follow each other are one.
func (a *Account) note(r Range) {
	if n := len(a.newDone); n > 0 && a.newDone[n-1].Last+1 == r.First {
		a.newDone[n-1].Last = r.Last
		return
	}
	a.newDone = append(a.newDone, r)
}

func (a *Account) forgetCounts(r Range) {
	if len(a.counts) == 0 {
		return
	}
	if r.Last-r.First < uint64(len(a.counts)) {
		for n := r.First; n <= r.Last; n++ {
			delete(a.counts, n)
		}
		return
	}
	for n := range a.counts {
		if n >= r.First && n <= r.Last {
			delete(a.counts, n)
		}
	}
}

// Contains reports whether a sequence is done.
func (a *Account) Contains(sequence uint64) bool {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	return a.done.Contains(sequence)
}

// NextOpen is the first sequence from the given one on that is not done.
func (a *Account) NextOpen(from uint64) uint64 {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	return a.done.NextMissing(from)
}

// Position returns the highest sequence that is done with all below it, and how many are done above.
func (a *Account) Position() (floor uint64, above int) {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	return a.done.floor, a.done.above
}

// Max is the highest sequence that the account knows of, done or given.
func (a *Account) Max() uint64 {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	return max(a.done.Max(), a.given)
}

// Ranges returns what is done above the floor.
func (a *Account) Ranges() (all []Range) {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	a.done.Ranges(func(r Range) { all = append(all, r) })
	return all
}

// Forget drops what is known of sequences below the given one and above the floor.
func (a *Account) Forget(below uint64) {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	a.done.Forget(below)
}

// Count is how often a message was given to the consumer. What was given once is known only by its place before the
// last that was given; first says how often a message was if nothing else is known of it, 0 or 1.
func (a *Account) Count(sequence, first uint64) uint64 {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	if n, ok := a.counts[sequence]; ok {
		return n
	}
	if sequence <= a.given {
		return first
	}
	return 0
}

// Given notes that the consumer has come to a message, and has been given it count times. If first is what Count is to
// say of it anyway, the count is not kept.
func (a *Account) Given(sequence, count, first uint64) {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	if sequence > a.given {
		a.given, a.newGiven = sequence, true
		a.changed()
	}
	if _, ok := a.counts[sequence]; !ok && count == first {
		return
	}
	if a.counts == nil {
		a.counts = map[uint64]uint64{}
	}
	a.counts[sequence] = count
	a.newCounts = append(a.newCounts, sequence)
	a.changed()
}

// changed has the next flush look at the account.
func (a *Account) changed() {
	if !a.listed {
		a.listed = true
		a.l.dirty = append(a.l.dirty, a)
	}
}
