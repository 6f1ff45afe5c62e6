// Reqrep asks a server questions: a REQ and a REP socket that keep turns.
//
//	go run ./examples/reqrep [endpoint]
package main
