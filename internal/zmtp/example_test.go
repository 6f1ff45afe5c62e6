package zmtp_test

import (
	"fmt"

	"github.com/ringmq/ringmq/internal/zmtp"
)

// A decoder's loop over what one read brought.
func ExampleParseHeader() {
	in := zmtp.AppendFrame(nil, zmtp.FlagMore, []byte("AAPL"))
	in = zmtp.AppendFrame(in, 0, []byte("189.98"))
	in = append(in, 0, 5, 'c', 'u') // the rest comes with the next read

	for {
		flags, size, n, err := zmtp.ParseHeader(in)
		if err != nil || n == 0 || size > uint64(len(in)-n) {
			break
		}
		end := n + int(size)
		fmt.Printf("%q more=%t\n", in[n:end], flags&zmtp.FlagMore != 0)
		in = in[end:]
	}
	fmt.Printf("kept: %d bytes\n", len(in))
	// Output:
	// "AAPL" more=true
	// "189.98" more=false
	// kept: 4 bytes
}
