package inproc_test

import (
	"fmt"

	"github.com/ringmq/ringmq/transport/inproc"
)

func Example() {
	tr := inproc.New()
	if _, err := tr.Connect("feed", "early"); err != nil {
		fmt.Println(err)
	}
	bound, unbind, err := tr.Bind("feed", func(peer any) { fmt.Println("joined by", peer) })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer unbind()
	fmt.Println("bound", bound)
	if _, err := tr.Connect("feed", "late"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// joined by early
	// bound inproc://feed
	// joined by late
}
