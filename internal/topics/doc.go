// Package topics holds the two subscription structures of publish-subscribe: the [Index] of a publisher, which says
// who takes a message, and the [Set] of a subscriber, which says whether to take it. A subscription is a prefix of the
// topic (RFC 29); a topic and a prefix are any bytes, of any length, none included.
//
// Both are plain data: no locks, no goroutines, no sockets. The caller serialises all calls to an Index, Match included,
// for it keeps what it found; those to a Set it serialises as it would those to a map. Zero values are ready to use and
// are not copied after first use. Topics that are passed in are copied where they are kept; topics that are passed to a
// callback are valid until it returns.
//
// Each is built on a radix tree whose labels end at the latest at the next multiple of 64 bytes from the start of the
// topic, so that no split or merge of nodes copies more than 64 bytes, however long the topics of a hostile peer are:
//
//	subscriptions "A", "AAPL", "AAPL.N", "AMZN"      * a prefix that somebody subscribes to
//
//	root ── "A"* ─┬─ "APL"* ── ".N"*
//	              └─ "MZN"*
//
// An Index answers from the tree in two steps, and remembers each:
//
//	topic ──cache──▶ its longest subscribed prefix ──results──▶ []P, the peers of that prefix and of those above it
//	 "AAPL.N.bid"       ".N"*
//
// The first step depends only on which prefixes exist, so a subscription invalidates no topic but those whose longest
// prefix it changes; the second is made again after any change. What is remembered is bounded in
// entries and in bytes: see limits.go.
package topics
