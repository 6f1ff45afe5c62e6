package peer

import "sync"

// newFeeds makes the feeds of senders, which have nothing to send yet. The sender's number is the topic of its messages.
func newFeeds(size, senders int) []*Feed {
	feeds := make([]*Feed, max(senders, 1))
	for i := range feeds {
		feeds[i] = &Feed{buf: fill(size, false)}
		le.PutUint64(feeds[i].buf[topicAt:], topicWord(i))
	}
	return feeds
}

// extend has the feeds make n messages more, spread evenly over them.
func extend(feeds []*Feed, n int) {
	for i, f := range feeds {
		f.end += uint64(n*(i+1)/len(feeds) - n*i/len(feeds))
	}
}

// takeSamples has the senders note how long each message took that they are yet to send.
func takeSamples(feeds []*Feed) {
	for _, f := range feeds {
		f.samples = newSamples(int(f.end - f.next))
	}
}

func samplesOf(feeds []*Feed) []uint64 {
	var all []uint64
	for _, f := range feeds {
		all = append(all, f.samples...)
	}
	return all
}

// Concurrently sends what the feeds make, each on a goroutine of its own, one message after the other. It returns when
// all are done, with the first error.
func Concurrently(feeds []*Feed, send func(b []byte) error) error {
	var all sync.WaitGroup
	var once sync.Once
	var failed error
	for _, f := range feeds {
		all.Go(func() {
			if err := f.drain(send); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	all.Wait()
	return failed
}

// drain sends what the feed makes.
func (f *Feed) drain(send func(b []byte) error) error {
	timed := cap(f.samples) > 0
	for b := f.Next(); b != nil; b = f.Next() {
		if !timed {
			if err := send(b); err != nil {
				return err
			}
			continue
		}
		begun := now()
		if err := send(b); err != nil {
			return err
		}
		f.samples = append(f.samples, uint64(now()-begun))
	}
	return nil
}
