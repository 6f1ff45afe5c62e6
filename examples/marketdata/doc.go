// Marketdata publishes a market data feed to many subscribers, and holds the library to account for every message.
//
//	go run ./examples/marketdata                                  a made-up feed of fifty symbols, 4 subscribers
//	go run ./examples/marketdata -endpoint ipc://* -subs 8        the same over another transport
//	go run ./examples/marketdata -procs                           each subscriber in a process of its own
//	go run ./examples/marketdata -rate 0 -hwm 1000                flat out, with drops
//	go run ./examples/marketdata -file AAPL_2012-06-21_message_10.csv -loop 200
//
// The last one replays order flow of NASDAQ in the LOBSTER layout. Ticks travel as typed messages (package codec)
// under their symbol as topic.
//
//	publisher                                    subscriber, -subs of them
//	  PUB  ── ticks, and probes before them ──>    SUB
//	  REP  <── joined? how many delivered? ────    REQ
//	       ─── how many there are in all ─────>
//
// A PUB socket tells nobody who listens, never waits and drops at its high-water mark. A program that must know what
// became of every message needs a second channel; this one uses REQ and REP, ten times a second:
//
//   - Start. The publisher sends probes under each topic until every subscriber says that it has had one under each of
//     its own. Its subscriptions are then in place, and it gets everything from the first tick on.
//   - End. The publisher's socket counts the drops for each peer while it sends, so after the last tick it is known how
//     many were sent to whom. Each subscriber is told its number and receives until it has as many. An end mark within
//     the feed would not do: it could be dropped like any other message.
//
// By default nothing is dropped: the publisher's high-water mark is off (-hwm 0), and its pace (-rate) is one that a
// small machine follows. Flat out (-rate 0) latency is the time in the publisher's queue, which grows for as long as
// the subscribers are slower than it; bound it with -hwm and see the drops.
//
// The exit status is 1 unless delivered + dropped = expected, where expected is the number of pairs of a message and
// a subscriber whose topics match; after wrong usage it is 2. Interrupting it, or a SIGTERM, ends the feed early;
// what was sent until then is still received and judged.
package main
