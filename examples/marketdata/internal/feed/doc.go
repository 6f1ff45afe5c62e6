// Package feed is the part of the market data example that needs no sockets: where ticks come from, what they look
// like on the wire, who gets which, and how a run is judged.
//
//	Lobster or Generator ── Tick ──> Sequencer ──> publisher ═══> subscriber ──> Result ──> Report
//	                                                   │              │                       ^
//	                                                 Tally ── expected by prefix match ───────┘
//
// A [Source] yields ticks: a [Lobster] reads them from a file of real order flow, a [Generator] makes them up. The
// [Sequencer] numbers them, so that a subscriber's [GapTracker] can tell what it missed. [Assign] gives each
// subscriber its topics; the [Tally] of what was published then says exactly how many deliveries that comes to, and
// the [Report] holds the library to it: delivered + dropped = expected.
//
// The topic of a tick is its symbol. Subscriptions match by prefix, as everywhere in the protocol (RFC 29): a
// subscription to "A" also gets "AAPL".
package feed
