package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// What a record of the log is.
const (
	snapshot = 1
	changes  = 2
)

// The entries of a record.
const (
	opAccount = iota + 1
	opClosed
	opDone
	opGiven
	opCount
	opFloor
)

// MaxName bounds the name of an account, in bytes.
const MaxName = 255

var errEntries = errors.New("entries of the ledger do not add up")

func entry(dst []byte, op byte, fields ...uint64) []byte {
	dst = append(dst, op)
	for _, f := range fields {
		dst = binary.AppendUvarint(dst, f)
	}
	return dst
}

func (a *Account) appendAccount(dst []byte) []byte {
	dst = entry(dst, opAccount, a.id, uint64(a.kind), uint64(len(a.name)))
	return append(dst, a.name...)
}

func (a *Account) appendDone(dst []byte, ranges []Range) []byte {
	if len(ranges) == 0 {
		return dst
	}
	var n uint64
	for _, r := range ranges {
		n += (r.Last-r.First)/maxRange + 1
	}
	dst = entry(dst, opDone, a.id, n)
	var end uint64
	for _, r := range ranges {
		for first := r.First; first <= r.Last; first = end + 1 {
			dst = binary.AppendUvarint(dst, first-end) // may wrap around, and does so again when it is read
			end = min(r.Last, first+maxRange-1)
			dst = binary.AppendUvarint(dst, end-first)
		}
	}
	return dst
}

// appendAll appends everything that there is to say of the account.
func (a *Account) appendAll(dst []byte) []byte {
	dst = a.appendAccount(dst)
	dst = entry(dst, opFloor, a.id, a.done.floor)
	var ranges []Range
	a.done.Ranges(func(r Range) { ranges = append(ranges, r) })
	dst = a.appendDone(dst, ranges)
	dst = entry(dst, opGiven, a.id, a.given)
	for _, n := range slices.Sorted(maps.Keys(a.counts)) {
		dst = entry(dst, opCount, a.id, n, a.counts[n])
	}
	return dst
}

// appendChanges appends what has changed since the last time.
func (a *Account) appendChanges(dst []byte) []byte {
	if a.opened {
		dst = a.appendAccount(dst)
	}
	if a.closed {
		return entry(dst, opClosed, a.id)
	}
	if a.newFloor {
		dst = entry(dst, opFloor, a.id, a.done.floor)
	}
	dst = a.appendDone(dst, a.newDone)
	if a.newGiven {
		dst = entry(dst, opGiven, a.id, a.given)
	}
	for _, n := range a.newCounts {
		if count, ok := a.counts[n]; ok {
			dst = entry(dst, opCount, a.id, n, count)
		}
	}
	return dst
}

// flushed forgets what has changed.
func (a *Account) flushed() {
	a.listed, a.opened, a.newFloor, a.newGiven = false, false, false, false
	a.newDone, a.newCounts = a.newDone[:0], a.newCounts[:0]
}

// fields takes numbers off the front of b; once there are none left, ok is false.
type fields struct {
	b  []byte
	ok bool
}

func (f *fields) next() uint64 {
	v, n := binary.Uvarint(f.b)
	if !f.ok || n <= 0 {
		f.ok = false
		return 0
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) text(n uint64) string {
	if !f.ok || n > MaxName || n > uint64(len(f.b)) {
		f.ok = false
		return ""
	}
	s := string(f.b[:n])
	f.b = f.b[n:]
	return s
}

// apply takes a record of the log into account.
func (l *Ledger) apply(b []byte) error {
	if len(b) == 0 || b[0] != snapshot && b[0] != changes {
		return errEntries
	}
	if b[0] == snapshot {
		l.accounts, l.byID, l.unknown = map[key]*Account{}, map[uint64]*Account{}, 0
	}
	f := fields{b[1:], true}
	for len(f.b) > 0 {
		op := f.b[0]
		f.b = f.b[1:]
		if err := l.applyEntry(op, &f); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) applyEntry(op byte, f *fields) error {
	id := f.next()
	if op == opAccount {
		kind, name := Kind(f.next()), ""
		name = f.text(f.next())
		if !f.ok || kind != Consumer && kind != Producer {
			return errEntries
		}
		if l.byID[id] == nil { // it may have been opened while a snapshot was taken, and be in both
			l.add(&Account{l: l, id: id, kind: kind, name: name})
		}
		return nil
	}
	a := l.byID[id]
	switch {
	case op == opClosed && a != nil:
		l.remove(a)
		return nil
	case op == opClosed:
		return nil // it was closed while a snapshot was taken
	case a == nil:
		// It was opened in a segment that has gone: then there is a snapshot to come.
		a = &Account{l: l}
		l.unknown++
	}
	switch op {
	case opDone:
		a.applyDone(f)
	case opGiven:
		a.given = max(a.given, f.next())
	case opCount:
		a.applyCount(f.next(), f.next())
	case opFloor:
		a.done.Add(Range{1, f.next()})
	default:
		return fmt.Errorf("%w: there is no entry %d", errEntries, op)
	}
	if !f.ok {
		return errEntries
	}
	return nil
}

func (a *Account) applyDone(f *fields) {
	var end uint64
	for n := f.next(); n > 0 && f.ok; n-- {
		r := Range{First: end + f.next()}
		r.Last = r.First + f.next()
		if end = r.Last; !f.ok || r.First == 0 || r.Last < r.First || r.Last-r.First >= maxRange {
			f.ok = false
			return
		}
		a.done.Add(r)
		a.forgetCounts(r)
	}
}

func (a *Account) applyCount(sequence, count uint64) {
	if a.done.Contains(sequence) {
		return
	}
	if a.counts == nil {
		a.counts = map[uint64]uint64{}
	}
	a.counts[sequence] = count
}
