package peer

import "fmt"

// audit finds out whether what was acknowledged to the senders is in the log: each message once, whole, and in the order
// in which its sender sent it. Nothing else may be there.
func (p *process) audit(log Log, skip uint64, feeds []*Feed) error {
	a := newAuditor(p.Size, feeds)
	if err := log.Replay(skip, a.take); err != nil {
		return err
	}
	return a.end()
}

// auditor checks the messages of several senders in one row. One goroutine may use it.
type auditor struct {
	size    int
	senders map[uint64]*account // by topic
}

// account is what is known of one sender.
type account struct {
	due, end uint64
	filler   uint64 // the sum of a message without its number
}

// newAuditor expects what the feeds have made.
func newAuditor(size int, feeds []*Feed) *auditor {
	a := &auditor{size: size, senders: make(map[uint64]*account, len(feeds))}
	message := fill(size, false)
	for i, f := range feeds {
		le.PutUint64(message[topicAt:], topicWord(i))
		a.senders[topicWord(i)] = &account{end: f.end, filler: Sum(message)}
	}
	return a
}

func (a *auditor) take(b []byte) error {
	if len(b) != a.size {
		return fmt.Errorf("%w: %d bytes in the log, should be %d", ErrMessage, len(b), a.size)
	}
	sender, number := a.senders[le.Uint64(b[topicAt:])], le.Uint64(b[sequenceAt:])
	switch {
	case sender == nil:
		return fmt.Errorf("%w: %q is no sender's", ErrMessage, b[topicAt:sequenceAt])
	case number != sender.due || number == sender.end:
		return fmt.Errorf("%w: number %d of %q in the log; number %d of %d was due", ErrMessage, number,
			b[topicAt:sequenceAt], sender.due, sender.end)
	case Sum(b) != number+sender.filler:
		return fmt.Errorf("%w: number %d of %q in the log: its checksum is %#x, should be %#x", ErrMessage, number,
			b[topicAt:sequenceAt], Sum(b), number+sender.filler)
	}
	sender.due++
	return nil
}

// end says whether anything is missing.
func (a *auditor) end() error {
	for _, s := range a.senders {
		if s.due != s.end {
			return fmt.Errorf("%w: the log ends before number %d of %d of a sender", ErrMessage, s.due, s.end)
		}
	}
	return nil
}
