// Package ioloop runs the I/O of many connections on a few loops.
//
// A [Loop] is one goroutine that owns one epoll set. It waits for descriptors and for work that other goroutines
// post, and hands both to the handlers, one after another; a handler never blocks.
//
//	user goroutines ── Post ──> posted list ─┐
//	                              doorbell ──┤ Loop ──> Handler.Ready / Runner.Run
//	kernel ── edge-triggered epoll events ───┘
//
// The doorbell (an eventfd) is rung only when the loop sleeps: while it is awake a Post costs a short lock.
//
// By default a loop is an unlocked goroutine that sleeps in the Go netpoller on its own epoll descriptor (an epoll
// descriptor can itself be polled), so an idle process uses no CPU and holds no thread. A pinned loop locks its
// thread, sets the affinity to one core and spins there: that pays when cores are spare.
//
// A [Stream] is a connection that never blocks. On Linux it is a raw descriptor; on any other system, for connections
// that have no descriptor, and everywhere under the build tag ringmq_portable it is an adaptor over package net with
// a goroutine for each direction, and the code above cannot tell the difference.
package ioloop
