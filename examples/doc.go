// Package examples holds runnable programs, one a folder; each runs with go run ./examples/NAME.
//
//	reqrep      a question and its answer
//	weather     publish and subscribe by topic
//	pipeline    work handed out to workers, results collected
//	broker      many clients, many workers, one endpoint for each side
//	marketdata  a market data feed to many subscribers, every message accounted for
//	orders      a pipeline of three processes that loses nothing, whichever of them is killed
//
// The first four take an endpoint as their argument; tcp://, ipc:// and inproc:// all do.
package examples
