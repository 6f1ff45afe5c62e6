package soak

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
)

// A message is two frames: of which life it is and which of its messages, and as many bytes as that says.
const headerSize = 16

func header(life uint64, seq, size int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, headerSize), life)
	b = binary.BigEndian.AppendUint32(b, uint32(seq))
	return binary.BigEndian.AppendUint32(b, uint32(size))
}

// filler is what the second frame of a message consists of.
func filler(life uint64, seq int) byte { return byte(life*31) + byte(seq) }

func body(life uint64, seq, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = filler(life, seq)
	}
	return b
}

// parse is the reverse. It returns an error unless all bytes are those that were sent.
func parse(frames [][]byte) (life uint64, seq int, err error) {
	if len(frames) != 2 || len(frames[0]) != headerSize {
		return 0, 0, fmt.Errorf("a message of %d frames, %q", len(frames), frames)
	}
	life = binary.BigEndian.Uint64(frames[0])
	seq = int(binary.BigEndian.Uint32(frames[0][8:]))
	if size := int(binary.BigEndian.Uint32(frames[0][12:])); size != len(frames[1]) {
		return life, seq, fmt.Errorf("message %d of life %d has %d bytes, not %d", seq, life, len(frames[1]), size)
	}
	for i, b := range frames[1] {
		if b != filler(life, seq) {
			return life, seq, fmt.Errorf("message %d of life %d has %#x at byte %d of %d", seq, life, b, i, len(frames[1]))
		}
	}
	return life, seq, nil
}

// account is what has come of one life. Its ledger's lock guards it.
type account struct {
	got  int
	most int           // that may come; below 0: it is not said yet
	more chan struct{} // something has come
}

// ledger has the accounts of all lives that send, for one receiver. Any goroutine may use it.
type ledger struct {
	mu       sync.Mutex
	accounts map[uint64]*account
}

func newLedger() *ledger { return &ledger{accounts: make(map[uint64]*account)} }

func (l *ledger) open(life uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts[life] = &account{most: -1, more: make(chan struct{}, 1)}
}

// arrived is told of each message. The frames belong to the caller.
func (l *ledger) arrived(frames [][]byte) error {
	life, seq, err := parse(frames)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[life]
	switch {
	case a == nil:
		return fmt.Errorf("message %d of life %d, all of which was there", seq, life)
	case seq != a.got:
		return fmt.Errorf("message %d of life %d came where %d was next", seq, life, a.got)
	case a.most >= 0 && seq >= a.most:
		return fmt.Errorf("message %d of life %d, which has sent %d", seq, life, a.most)
	}
	a.got++
	select {
	case a.more <- struct{}{}:
	default:
	}
	return nil
}

// settle waits until n messages of the life have come, and closes the account: there must not be more.
func (l *ledger) settle(of *life, n int) error {
	l.mu.Lock()
	a := l.accounts[of.id]
	l.mu.Unlock()
	for {
		l.mu.Lock()
		got := a.got
		if got == n {
			delete(l.accounts, of.id)
		}
		l.mu.Unlock()
		switch {
		case got == n:
			return nil
		case got > n:
			return fmt.Errorf("life %d has sent %d messages, and %d came", of.id, n, got)
		}
		select {
		case <-a.more:
			of.progress()
		case <-of.ctx.Done():
			return fmt.Errorf("life %d has sent %d messages, and %d came: %w", of.id, n, got, context.Cause(of.ctx))
		}
	}
}

// writeOff says that of the life n messages may come, or fewer: those that a reset has taken from the kernel are in
// nobody's count.
func (l *ledger) writeOff(life uint64, n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[life]
	if a.most = n; a.got > n {
		return fmt.Errorf("life %d has sent %d messages, and %d came", life, n, a.got)
	}
	return nil
}

// clear forgets the accounts, when nothing can come any more, and returns how many were not written off.
func (l *ledger) clear() (unsettled int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.accounts {
		if a.most < 0 {
			unsettled++
		}
	}
	l.accounts = make(map[uint64]*account)
	return unsettled
}
