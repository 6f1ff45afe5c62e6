// Pipeline hands out numbers to workers that square them, and sums up the results: PUSH and PULL sockets.
//
//	ventilator  PUSH ──> PULL  3 workers  PUSH ──> PULL  sink
//
//	go run ./examples/pipeline [endpoint of the ventilator]
package main
