package seglog

import "time"

func (l *Log) wakeBackground() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// background writes what nobody waits for, and syncs behind the writers. It ends with Close.
func (l *Log) background() {
	defer close(l.done)
	for {
		select {
		case <-l.kick:
		case <-l.closing:
			return
		}
		if l.o.Level == Memory {
			l.pause()
			if l.Flush() != nil {
				l.wakeBackground() // the records are still pending: try again after another pause
			}
		}
		l.syncBehind()
	}
}

// pause lets records gather for as long as they may stay in memory, or until Close.
func (l *Log) pause() {
	t := time.NewTimer(l.o.FlushEvery)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.closing:
	}
}

// syncBehind syncs the active segment if much of it was written and not synced. Writers go on meanwhile.
func (l *Log) syncBehind() {
	l.mu.Lock()
	s := l.active
	if s == nil || s.written-s.synced < syncBehind || l.failed != nil {
		l.mu.Unlock()
		return
	}
	file, upto, last := s.file, s.written, l.kernel.Load()
	l.mu.Unlock()
	err := file.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case s.finished: // sealed meanwhile, and synced with that
	case err != nil:
		l.fail(err)
	default:
		s.synced = max(s.synced, upto)
		raise(&l.disk, last)
	}
}
