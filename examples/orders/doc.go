// Orders is a pipeline that loses no order, whichever part of it is killed, and whenever.
//
//	shop ── PUSH ──> PULL  kitchen  PUSH ──> PULL  door
//	spool            spool: what it has cooked,    spool: what it has delivered
//	                 and what it has to pass on
//
//	go run ./examples/orders shop       takes an order every half second
//	go run ./examples/orders kitchen    cooks it
//	go run ./examples/orders door       delivers it, and writes it down in orders/delivered.txt
//
// Each part is a process with a spool of its own, in the directory orders. README.md says what to try.
package main
