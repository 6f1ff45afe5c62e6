// Package proto is the language that the harness and the programs under measurement speak, whatever library those use
// and whatever language they are written in.
//
//	harness                         sender                receiver
//	   │                               │  <─ bound ENDPOINT ─ │     (the other way round for pub-sub)
//	   │ <──────── ready ───────────── │                      │
//	   │ <──────── ready ────────────────────────────────────  │
//	   │ ───────── go ───────────────> │ ══ messages ═══════> │
//	   │ <──────── sent ────────────── │                      │
//	   │ ───────── end ─────────────────────────────────────> │     what has not come within a second is lost
//	   │ <──────── result ns=… ─────── │                      │
//	   │ <──────── result ns=… ──────────────────────────────  │
//
// A log on disk is in one process, which is both; what is in it before the run, a builder of another process has put there,
// which is killed once it is ready.
//
// Each program has its [Case] as key=value arguments and speaks on its standard input and output, a line at a time. In
// place of any line it may write "error TEXT" and exit with status 1. It ends when its standard input is closed.
package proto
