package conformance_test
import ("testing";"fmt"
"github.com/ringmq/ringmq/pattern/pipeline"
	"github.com/ringmq/ringmq/socket")
func TestZZ(t *testing.T) {
	for _, n := range []int{10, 1000, 1024,1025, 5000, 9000, 10000} {
		push := open(t, pipeline.NewPush, socket.WithSendHWM(0))
		pull := open(t, pipeline.NewPull, socket.WithRecvHWM(0))
		endpoint := freshInproc(t)
		push.Connect(endpoint)
		for i := range n { send(t, push, fmt.Sprint(i)) }
		bind(t, pull, endpoint)
		fmt.Println(n, pull.Stats().Pending, pull.Stats().Received)
		k := 0
		for { _, err := pull.TryRecv(); if err != nil {break}; k++ }
		fmt.Println("got", k, pull.Stats().Pending)
	}
}
