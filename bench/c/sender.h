// The sending side: PUSH, PUB or REQ. It lives on one thread.

#ifndef RINGMQ_BENCH_SENDER_H
#define RINGMQ_BENCH_SENDER_H

#include <stdint.h>

#include "control.h"
#include "lib.h"
#include "payload.h"
#include "tally.h"
#include "timing.h"

// SYNC_NS is the time between two rounds of sync messages.
#define SYNC_NS (10 * MILLISECOND)

// SETTLE_NS is how long an idle process waits before it counts what it uses.
#define SETTLE_NS (200 * MILLISECOND)

// FOREVER is a time that does not come, and that a 32-bit time_t can hold.
#define FOREVER (INT32_MAX * SECOND)

struct sender {
	const struct options *o;
	enum kind kind;
	struct lib_socket socket;
	const uint64_t *topics; // shared, read-only
	uint64_t symbols;
	uint8_t *bytes;       // of the next message
	struct tally replies; // REQ only

	uint64_t ns, cpu_ns; // of the timed part
	uint64_t rss_before; // bytes, before anyone connects
};

static void sender_open(struct sender *s, const struct options *o, const uint64_t *topics)
{
	static const enum kind kinds[] = {[PUSH_PULL] = PUSH, [PUB_SUB] = PUB, [REQ_REP] = REQ};
	*s = (struct sender){
		.o = o,
		.kind = kinds[o->pattern],
		.topics = topics,
		.symbols = o->symbols > 0 ? o->symbols : 1,
		.bytes = template_make(o),
	};
	lib_open(&s->socket, s->kind, o);
	s->rss_before = rss_bytes();
	if (s->kind == REQ) {
		s->replies = tally_make(o, topics, 0, true);
		s->replies.samples = samples_make(o->count);
	}
}

static void sender_put(struct sender *s, uint64_t sequence, uint64_t symbol)
{
	put_word(s->bytes + TOPIC_AT, s->topics[symbol]);
	put_word(s->bytes + SEQUENCE_AT, sequence);
}

static void sender_sync(struct sender *s)
{
	for (uint64_t symbol = 0; symbol < s->symbols; symbol++) {
		sender_put(s, SYNC, symbol);
		lib_send(&s->socket, s->bytes, s->o->size);
	}
}

static void sender_await_go(struct sender *s)
{
	while (!control_go(s->kind == PUB ? now_ns() + SYNC_NS : FOREVER))
		sender_sync(s);
}

// sender_stream sends all messages, each at its time if they are paced: a late one at once, and none left out.
static void sender_stream(struct sender *s)
{
	const uint64_t rate = s->o->rate, total = s->o->warmup + s->o->count;
	const uint64_t start = now_ns();
	uint64_t symbol = 0;
	for (uint64_t sequence = 0; sequence < total; sequence++) {
		sender_put(s, sequence, symbol);
		if (rate > 0) {
			uint64_t due = start + sequence * SECOND / rate;
			put_word(s->bytes + SCHEDULED_AT, due);
			pace(due);
		}
		lib_send(&s->socket, s->bytes, s->o->size);
		if (++symbol == s->symbols)
			symbol = 0;
	}
}

static uint64_t sender_round_trip(struct sender *s)
{
	const uint8_t *reply;
	sender_put(s, s->replies.next, s->replies.symbol);
	uint64_t start = now_ns();
	lib_send(&s->socket, s->bytes, s->o->size);
	do
		reply = lib_recv(&s->socket, s->o->size, true);
	while (reply == NULL);
	uint64_t ns = now_ns() - start;
	tally_add(&s->replies, reply);
	return ns;
}

static void sender_warm_up(struct sender *s)
{
	for (uint64_t i = 0; i < s->o->warmup; i++)
		sender_round_trip(s);
}

static void sender_round_trips(struct sender *s)
{
	for (uint64_t i = 0; i < s->o->count; i++)
		s->replies.samples[i] = sender_round_trip(s);
}

static void sender_idle(struct sender *s)
{
	uint64_t start = now_ns() + SETTLE_NS;
	sleep_until(start);
	s->cpu_ns = cpu_ns();
	sleep_until(start + s->o->idle * SECOND);
}

// sender_run does the run from "ready" to "sent".
static void sender_run(struct sender *s)
{
	if (s->kind == REQ)
		sender_warm_up(s);
	control_ready();
	sender_await_go(s);
	uint64_t start = now_ns();
	s->cpu_ns = cpu_ns();
	if (s->o->idle > 0)
		sender_idle(s);
	else if (s->kind == REQ)
		sender_round_trips(s);
	else
		sender_stream(s);
	s->ns = now_ns() - start;
	s->cpu_ns = cpu_ns() - s->cpu_ns;
	say("sent");
}

#endif
