package peer

import (
	"time"

	"github.com/ringmq/ringmq/bench/internal/proto"
)

// settle is how long a process that is to be idle may go on with what it was doing.
const settle = 200 * time.Millisecond

// memoryBefore is what the publisher's process has before anyone connects.
func memoryBefore() proto.Figures {
	figures := proto.Figures{}
	noteMemory(figures, proto.HeapBefore, proto.RSSBefore)
	return figures
}

// sendNothing is the publisher of a run without messages, once its subscribers are connected.
func (p *process) sendNothing(s Sender, figures proto.Figures) (proto.Figures, error) {
	p.ready()
	if err := p.awaitGo(s); err != nil {
		return nil, err
	}
	p.idle(figures)
	p.con.say(proto.Sent)
	return figures, nil
}

// receiveNothing is the subscribers of such a run. Their loops wait for ever.
func (p *process) receiveNothing(g *group, loops []func(*Tally) error) (proto.Figures, error) {
	figures := proto.Figures{}
	errs := p.start(g, loops)
	select {
	case <-p.con.started:
		p.idle(figures)
		return figures, nil
	case err := <-errs:
		return nil, err
	}
}

// idle notes what doing nothing takes.
func (p *process) idle(figures proto.Figures) {
	time.Sleep(settle)
	begun, start := now(), readUsage()
	time.Sleep(time.Duration(p.Idle) * time.Second)
	readUsage().since(start, figures)
	figures[proto.Nanos] = float64(now() - begun)
	noteMemory(figures, proto.Heap, proto.RSS)
}
