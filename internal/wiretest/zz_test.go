package wiretest

import (
	"testing"
	"time"

	"github.com/ringmq/ringmq/pattern/reqrep"
	"github.com/ringmq/ringmq/socket"
)

func TestZZ(t *testing.T) {
	for range 200 {
		t.Run("x", func(t *testing.T) {
			
			dealer := open(t, reqrep.NewDealer)
			seen := watch(t, dealer)
			p := links[0].meet(t, dealer).peer()
			p.shake(1, "ROUTER")
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for range 10 {
				a := time.Now()
				p.send(message("alive"))
				b := time.Now()
				recv(t, dealer)
				c := time.Now()
				<-tick.C
				if d := c.Sub(a); d > 100*time.Millisecond {
					t.Error("send", b.Sub(a), "recv", c.Sub(b), "tick", time.Since(c))
				}
			}
			_ = seen
			_ = socket.Connected
		})
	}
}
