// The receiving side: PULL, REP, or any number of SUBs. Workers, each a thread with sockets of its own, share the SUBs.

#ifndef RINGMQ_BENCH_RECEIVER_H
#define RINGMQ_BENCH_RECEIVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "control.h"
#include "lib.h"
#include "payload.h"
#include "sender.h"
#include "tally.h"
#include "timing.h"

// SILENCE_NS is how long a receiver waits, after "end", for messages that may have been lost.
#define SILENCE_NS SECOND

// BURST is how many messages a worker takes from one socket before it looks at the next.
enum { BURST = 256 };

struct subscriber {
	_Alignas(CACHE_LINE) struct lib_socket socket;
	struct tally tally;
	bool synced; // whether its last subscription has reached the publisher
};

struct receiver {
	const struct options *o;
	enum kind kind;
	struct subscriber *subs;
	struct worker *workers;
	uint64_t threads;
	atomic_ullong unsynced; // subscribers that are not synced yet
	atomic_flag started;    // set by whoever gets the first timed message of the process
	uint64_t cpu_ns;        // of the timed part
	uint64_t rss_before;    // bytes, before the sockets were opened
};

struct worker {
	_Alignas(CACHE_LINE) struct receiver *r;
	struct subscriber *subs; // the first of its own
	uint64_t n;
	uint64_t unfinished; // those that miss messages
	struct lib_poller poller;
	bool busy;        // a message has come since last_ns
	uint64_t last_ns; // when the last message had come
	pthread_t thread;
};

static void worker_synced(struct worker *w, struct subscriber *s, uint64_t topic)
{
	if (s->synced || topic != tally_last_topic(&s->tally))
		return;
	s->synced = true;
	if (atomic_fetch_sub(&w->r->unsynced, 1) == 1)
		control_ready();
}

static void worker_timed(struct worker *w, struct tally *t)
{
	if (t->received == 1) {
		t->first_ns = now_ns();
		if (!atomic_flag_test_and_set(&w->r->started))
			w->r->cpu_ns = cpu_ns();
	}
	if (t->received == t->expected && --w->unfinished == 0)
		w->last_ns = now_ns();
}

// worker_take receives one message from a socket, waiting for it if it is told to, and says whether it got one.
static inline bool worker_take(struct worker *w, struct subscriber *s, bool wait)
{
	struct tally *t = &s->tally;
	const uint8_t *bytes = lib_recv(&s->socket, t->size, wait);
	if (bytes == NULL)
		return false;
	uint64_t arrival = t->samples != NULL ? now_ns() : 0;
	w->busy = true;
	if (word_at(bytes + SEQUENCE_AT) == SYNC) {
		worker_synced(w, s, word_at(bytes + TOPIC_AT));
	} else if (tally_add(t, bytes)) {
		if (t->samples != NULL)
			t->samples[t->received - 1] = arrival - word_at(bytes + SCHEDULED_AT);
		worker_timed(w, t);
	}
	if (w->r->kind == REP)
		lib_reply(&s->socket);
	return true;
}

// worker_drain takes what is there, from each socket in turn, and says whether it got anything.
static bool worker_drain(struct worker *w)
{
	bool any = false;
	for (uint64_t i = 0; i < w->n; i++) {
		struct subscriber *s = &w->subs[i];
		for (int n = 0; n < BURST && w->unfinished > 0 && worker_take(w, s, false); n++)
			any = true;
	}
	return any;
}

// worker_wait is called when all sockets are empty.
static void worker_wait(struct worker *w)
{
	if (w->busy)
		w->last_ns = now_ns();
	w->busy = false;
	if (w->n == 1)
		worker_take(w, w->subs, true);
	else
		lib_poll(&w->poller);
}

// worker_silent says whether the run is over, and nothing more has come for long enough. The run of an idle process is
// over when it begins.
static bool worker_silent(const struct worker *w)
{
	const bool idle = w->r->o->idle > 0;
	const uint64_t ended = atomic_load(&control.ended_ns);
	const bool over = idle ? atomic_load(&w->r->unsynced) == 0 : ended > 0;
	const uint64_t since = ended > w->last_ns ? ended : w->last_ns;
	return over && !w->busy && now_ns() > since + (idle ? SETTLE_NS : SILENCE_NS);
}

// worker_blocks says whether the worker leaves the waiting to the receiving call, which is the fastest way for a single
// socket. Where messages may be lost any one may be the last, and only one that looks ahead knows when that had come;
// unless they are paced, when their latencies matter and not how long they take together.
static bool worker_blocks(const struct worker *w)
{
	const struct tally *t = &w->subs->tally;
	return w->n == 1 && (t->lossless || t->paced);
}

static void *worker_run(void *worker)
{
	struct worker *w = worker;
	const bool blocks = worker_blocks(w);
	while (w->unfinished > 0 && !worker_silent(w))
		if (blocks ? !worker_take(w, w->subs, true) : !worker_drain(w))
			worker_wait(w);
	return NULL;
}

static void worker_start(struct worker *w, struct receiver *r, uint64_t first, uint64_t end)
{
	*w = (struct worker){.r = r, .subs = &r->subs[first], .n = end - first, .unfinished = end - first};
	if (w->n > 1)
		for (uint64_t i = 0; i < w->n; i++)
			lib_watch(&w->poller, &w->subs[i].socket);
	if (pthread_create(&w->thread, NULL, worker_run, w) != 0)
		die("cannot start a thread");
}

static void receiver_subscribe(struct receiver *r, struct subscriber *s)
{
	const struct tally *t = &s->tally;
	if (r->o->symbols == 0)
		lib_subscribe(&s->socket, "", 0);
	for (uint64_t i = 0; i < r->o->persub; i++)
		lib_subscribe(&s->socket, &t->topics[(t->first_symbol + i) % t->symbols], WORD);
}

// receiver_threads is how many threads share the subscribers. Idle sockets need no more than one.
static uint64_t receiver_threads(const struct options *o)
{
	if (o->idle > 0)
		return 1;
	return o->threads > 0 ? o->threads : o->subs;
}

static void receiver_open(struct receiver *r, const struct options *o, const uint64_t *topics)
{
	static const enum kind kinds[] = {[PUSH_PULL] = PULL, [PUB_SUB] = SUB, [REQ_REP] = REP};
	*r = (struct receiver){
		.o = o,
		.kind = kinds[o->pattern],
		.subs = allocate(o->subs, sizeof *r->subs),
		.threads = receiver_threads(o),
		.started = ATOMIC_FLAG_INIT,
		.rss_before = rss_bytes(),
	};
	r->workers = allocate(r->threads, sizeof *r->workers);
	atomic_store(&r->unsynced, o->subs);
	for (uint64_t i = 0; i < o->subs; i++) {
		struct subscriber *s = &r->subs[i];
		s->tally = tally_make(o, topics, i, lib_lossless(o));
		if (o->rate > 0 && o->samples != NULL)
			s->tally.samples = samples_make(s->tally.expected);
		lib_open(&s->socket, r->kind, o);
		if (r->kind == SUB)
			receiver_subscribe(r, s);
	}
}

static void receiver_start(struct receiver *r)
{
	for (uint64_t i = 0; i < r->threads; i++)
		worker_start(&r->workers[i], r, i * r->o->subs / r->threads, (i + 1) * r->o->subs / r->threads);
	if (r->kind != SUB)
		control_ready();
}

static void receiver_idle(struct receiver *r)
{
	r->cpu_ns = cpu_ns();
	sleep_until(now_ns() + r->o->idle * SECOND);
}

// receiver_join returns when there is a result, and the harness asks for it.
static void receiver_join(struct receiver *r)
{
	for (uint64_t i = 0; i < r->threads; i++)
		pthread_join(r->workers[i].thread, NULL);
	if (r->o->idle > 0)
		receiver_idle(r);
	r->cpu_ns = cpu_ns() - r->cpu_ns;
	control_await_end();
}

static uint64_t receiver_received(const struct receiver *r)
{
	uint64_t received = 0;
	for (uint64_t i = 0; i < r->o->subs; i++)
		received += r->subs[i].tally.received;
	return received;
}

// receiver_ns is the time from the first timed message of any socket to the last.
static uint64_t receiver_ns(const struct receiver *r)
{
	uint64_t first = UINT64_MAX, last = 0;
	for (uint64_t i = 0; i < r->o->subs; i++)
		if (r->subs[i].tally.received > 0 && r->subs[i].tally.first_ns < first)
			first = r->subs[i].tally.first_ns;
	for (uint64_t i = 0; i < r->threads; i++)
		if (r->workers[i].last_ns > last)
			last = r->workers[i].last_ns;
	return first < last ? last - first : 0;
}

#endif
