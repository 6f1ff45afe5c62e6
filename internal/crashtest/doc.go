// Package crashtest kills processes that send and receive through spools, at random, and holds what arrives against the
// list of a checker, which is a process of its own and is not killed.
//
//	test ── starts, kills, asks ──> sender ──> receivers
//	  └──────────────> checker <── sent ─┘         │
//	                      ^──────── got ───────────┘
//
// A sender tells the checker what Send has returned for; a receiver tells it what it has got, and acknowledges that when
// the checker has written it down. A requester tells the checker what it asks for and which replies it has got; repliers tell
// it nothing. RINGMQ_CRASH_KILLS, RINGMQ_CRASH_MESSAGES and RINGMQ_CRASH_REQUESTS make the run longer:
//
//	RINGMQ_CRASH_KILLS=500 RINGMQ_CRASH_MESSAGES=1000000 go test -timeout 2h ./internal/crashtest
package crashtest
