package peer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// errBacklog: the builder's messages are not all there.
var errBacklog = errors.New("messages are missing from the log")

// Keeper is a Library that keeps messages on a disk.
type Keeper interface {
	// OpenLog opens the log in the case's folder, which is there. What a process that was killed has left of it is
	// recovered first. Logs last until the process ends, which is as good as killed then.
	OpenLog(c proto.Case) (Log, error)
}

// Log keeps messages on a disk. One goroutine may use it.
type Log interface {
	// Append appends what the feeds make, until those end, and returns when all of it is as safe as the case asks for.
	// Each feed is a sender, which has one message on its way: the next is made when that is safe.
	Append(feeds []*Feed) error
	// Holds says what has been appended, by processes before this one too.
	Holds() Holding
	// Replay gives the messages to take, in the order of the log, without so many of the first. An error of take ends it.
	Replay(skip uint64, take func(b []byte) error) error
}

// Holding is what a log holds.
type Holding struct {
	Messages uint64
	Bytes    uint64 // with everything that is about messages; 0: not known
	Syncs    uint64 // groups of messages that were written and synced together, by this process; 0: not known
}

// onDisk is a run that has no other side.
func (p *process) onDisk() (proto.Figures, error) {
	p.notReady.Store(1)
	keeper, err := p.keeper()
	if err != nil {
		return nil, err
	}
	if p.Pattern == proto.Recover {
		return p.recover(keeper)
	}
	return p.append(keeper)
}

func (p *process) keeper() (Keeper, error) {
	keeper, ok := p.lib.(Keeper)
	if !ok {
		return nil, ErrUnsupported
	}
	return keeper, nil
}

// build fills the log of a run, and is killed when it is ready.
func (p *process) build() (proto.Figures, error) {
	p.notReady.Store(1)
	keeper, err := p.keeper()
	if err != nil {
		return nil, err
	}
	log, err := keeper.OpenLog(p.Case)
	if err != nil {
		return nil, err
	}
	feeds := newFeeds(p.Size, 1)
	extend(feeds, p.Prepared())
	if err := log.Append(feeds); err != nil {
		return nil, err
	}
	p.ready()
	return proto.Figures{}, nil
}

// append appends the warm-up before it is ready and the timed messages when it is told to go. Then it looks whether all
// of them are in the log.
func (p *process) append(keeper Keeper) (proto.Figures, error) {
	log, err := keeper.OpenLog(p.Case)
	if err != nil {
		return nil, err
	}
	old := log.Holds().Messages
	if old < uint64(p.Backlog) {
		return nil, fmt.Errorf("%w: it holds %d, should hold %d", errBacklog, old, p.Backlog)
	}
	feeds := newFeeds(p.Size, p.Senders)
	extend(feeds, p.Warmup)
	if err := log.Append(feeds); err != nil {
		return nil, err
	}
	extend(feeds, p.Count)
	if p.Samples != "" {
		takeSamples(feeds)
	}
	p.ready()
	<-p.con.started
	before, after := log.Holds(), Holding{}
	figures, err := p.metered(func() error {
		err := log.Append(feeds)
		after = log.Holds()
		return err
	})
	if err != nil {
		return nil, err
	}
	after.since(before, figures)
	if err := p.audit(log, old, feeds); err != nil {
		return nil, err
	}
	figures[proto.Received] = float64(p.Count)
	return figures, writeSamples(p.Samples, samplesOf(feeds))
}

// since adds what has been appended since to the figures, where that is known.
func (h Holding) since(before Holding, figures proto.Figures) {
	if h.Syncs > 0 {
		figures[proto.Syncs] = float64(h.Syncs - before.Syncs)
	}
	if h.Bytes > 0 {
		figures[proto.LogBytes] = float64(h.Bytes - before.Bytes)
	}
}

// recover opens what the builder has left, which is on the disk and not in the system's memory, as after a crash of the
// machine. Then it reads all of it.
func (p *process) recover(keeper Keeper) (proto.Figures, error) {
	if err := forget(p.Dir); err != nil {
		return nil, err
	}
	p.ready()
	<-p.con.started
	var log Log
	figures, err := p.metered(func() (err error) {
		log, err = keeper.OpenLog(p.Case)
		return err
	})
	if err != nil {
		return nil, err
	}
	feeds := newFeeds(p.Size, 1)
	extend(feeds, p.Count)
	if err := p.audit(log, 0, feeds); err != nil {
		return nil, err
	}
	figures[proto.Received] = float64(p.Count)
	return figures, nil
}

// forget writes the files in a folder to the disk and takes them out of the page cache.
func forget(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Sync(); err != nil {
			return err
		}
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
}
