// Broker puts a ROUTER and a DEALER between clients and workers, so that either may come and go: both know only the
// broker's endpoints. The envelope in front of each request finds the way back.
//
//	2 clients  REQ ──> ROUTER  broker  DEALER ──> REP  3 workers
//
//	go run ./examples/broker [endpoint of the clients' side]
package main
