package topics_test

import (
	"fmt"

	"github.com/ringmq/ringmq/internal/topics"
)

func ExampleIndex() {
	var ix topics.Index[string] // a publisher has pointers to pipes in the place of strings
	ix.Add([]byte("AAPL"), "alice")
	ix.Add([]byte("A"), "bob")
	ix.Add([]byte("AMZN"), "bob")
	fmt.Println(ix.Match([]byte("AAPL.N")))

	ix.RemovePeer("bob", func(topic []byte) { fmt.Printf("nobody takes %s\n", topic) })
	fmt.Println(ix.Match([]byte("AAPL.N")))
	// Output:
	// [alice bob]
	// nobody takes A
	// nobody takes AMZN
	// [alice]
}

func ExampleSet() {
	var s topics.Set
	s.Add([]byte("AAPL"))
	s.Add([]byte("AAPL"))
	fmt.Println(s.Remove([]byte("AAPL")))
	fmt.Println(s.Match([]byte("AAPL.N")))
	fmt.Println(s.Remove([]byte("AAPL")))
	fmt.Println(s.Match([]byte("AAPL.N")))
	// Output:
	// false true
	// true
	// true true
	// false
}
