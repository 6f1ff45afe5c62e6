// What a peer needs of a messaging library. The program that includes this has defined, before:
//
//	struct lib_socket   a socket, and the message that it received last
//	struct lib_poller   a set of sockets to wait for, all zero when empty
//
// and defines the functions after. Each ends the process with an error if the library fails. A socket is used by one
// thread at a time.

#ifndef RINGMQ_BENCH_LIB_H
#define RINGMQ_BENCH_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum kind { PUSH, PULL, PUB, SUB, REQ, REP };

// WAIT_MS is the longest time that the waiting functions wait: how often a receiver looks whether the run is over.
enum { WAIT_MS = 100 };

// lib_start comes before all others.
static void lib_start(const struct options *o);

// lib_lossless says whether the messages of this run must all arrive.
static bool lib_lossless(const struct options *o);

// lib_open opens a socket, which stays open until the process ends.
static void lib_open(struct lib_socket *s, enum kind kind, const struct options *o);

// lib_bind returns the endpoint that it has got, to be freed by nobody.
static const char *lib_bind(struct lib_socket *s, const char *endpoint);

// lib_connect returns once a PUSH can send; other kinds may still be connecting.
static void lib_connect(struct lib_socket *s, const char *endpoint);

static void lib_subscribe(struct lib_socket *s, const void *prefix, size_t size);

// lib_send sends a copy of the bytes. It waits for room, where the kind of socket does.
static void lib_send(struct lib_socket *s, const uint8_t *bytes, size_t size);

// lib_recv returns the bytes of the next message, valid until the socket is used again; another size than this one is
// an error. If there is no message it returns NULL: at once, or with wait after WAIT_MS. A REQ waits for its reply.
static const uint8_t *lib_recv(struct lib_socket *s, size_t size, bool wait);

// lib_reply sends the message that was received last back to where it came from.
static void lib_reply(struct lib_socket *s);

// lib_watch adds a socket to the set.
static void lib_watch(struct lib_poller *p, struct lib_socket *s);

// lib_poll waits until one of the sockets has a message, or for WAIT_MS.
static void lib_poll(struct lib_poller *p);

#endif
