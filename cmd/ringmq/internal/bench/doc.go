// Package bench takes the first figures of the library on the machine it runs on: throughput from PUSH to PULL and
// round trips between REQ and REP, over each transport and for each message size.
//
//	this process                                  peer process (a goroutine for inproc)
//	  PUSH or REQ ── stamped messages ──────────>  PULL or REP, checks every one
//	              <── replies (REQ/REP) ─────────
//	              <── one JSON line: endpoint ───  standard output
//	              <── one JSON line: figures ────
//	              ─── end of file: give up ──────> standard input
//
// Each round has a peer process and a connection of its own. The first [WarmUp] of a round is not counted. Rates are
// taken where messages arrive, latencies where the round trip began, and allocations on either side from
// [runtime.MemStats]. A message that is lost, repeated, out of order or damaged ends the benchmark with an error.
package bench
