// A peer of the benchmark, over the library that the including program has put behind lib.h: its roles and results.
//
//	options   what is asked for          control   the lines to and from the harness
//	payload   what is in a message       tally     whether the right ones came
//	sender    PUSH, PUB, REQ             receiver  PULL, SUB, REP
//
// Headers hold the code, so that a peer is one translation unit: the compiler sees through lib_send and lib_recv.

#ifndef RINGMQ_BENCH_PEER_H
#define RINGMQ_BENCH_PEER_H

#include <inttypes.h>
#include <stdio.h>

#include "control.h"
#include "lib.h"
#include "options.h"
#include "payload.h"
#include "receiver.h"
#include "sender.h"
#include "tally.h"

// peer is one process: a sender, a receiver, or both.
struct peer {
	struct options o;
	bool sends, receives;
	struct sender sender;
	struct receiver receiver;
};

// peer_bind makes the endpoint that was asked for the one that there is.
static void peer_bind(struct peer *p, struct lib_socket *s)
{
	p->o.endpoint = lib_bind(s, p->o.endpoint);
	if (p->o.role != BOTH)
		say("bound %s", p->o.endpoint);
}

static void peer_open_receiver(struct peer *p, const uint64_t *topics)
{
	struct receiver *r = &p->receiver;
	receiver_open(r, &p->o, topics);
	if (r->kind != SUB)
		peer_bind(p, &r->subs[0].socket);
	else
		for (uint64_t i = 0; i < p->o.subs; i++)
			lib_connect(&r->subs[i].socket, p->o.endpoint);
}

static void peer_open_sender(struct peer *p, const uint64_t *topics)
{
	sender_open(&p->sender, &p->o, topics);
	if (p->sender.kind == PUB)
		peer_bind(p, &p->sender.socket);
	else
		lib_connect(&p->sender.socket, p->o.endpoint);
}

// peer_open opens the side that binds before the one that connects.
static void peer_open(struct peer *p)
{
	const uint64_t *topics = topics_make(p->o.symbols);
	if (p->sends && p->o.pattern == PUB_SUB)
		peer_open_sender(p, topics);
	if (p->receives)
		peer_open_receiver(p, topics);
	if (p->sends && p->o.pattern != PUB_SUB)
		peer_open_sender(p, topics);
}

// peer_write_samples writes the latencies: round trips as REQ saw them, or of paced messages as subscribers did.
static void peer_write_samples(const struct peer *p)
{
	bool round_trips = p->sends && p->o.pattern == REQ_REP, paced = p->receives && p->o.rate > 0;
	if (p->o.samples == NULL || (!round_trips && !paced))
		return;
	FILE *file = fopen(p->o.samples, "wb");
	if (file == NULL)
		die("cannot create %s: %s", p->o.samples, strerror(errno));
	if (round_trips)
		tally_write(&p->sender.replies, file);
	else
		for (uint64_t i = 0; i < p->o.subs; i++)
			tally_write(&p->receiver.subs[i].tally, file);
	if (fclose(file) != 0)
		die("cannot write %s: %s", p->o.samples, strerror(errno));
}

static noreturn void peer_report_idle(uint64_t cpu, uint64_t rss_before)
{
	uint64_t rss = rss_bytes();
	control_report("cpu_ns=%" PRIu64 " rss_bytes_before=%" PRIu64 " rss_bytes=%" PRIu64, cpu, rss_before, rss);
}

static noreturn void peer_report_timed(uint64_t ns, uint64_t received, uint64_t cpu)
{
	control_report("ns=%" PRIu64 " received=%" PRIu64 " cpu_ns=%" PRIu64, ns, received, cpu);
}

// peer_report tells what was measured where messages arrive, round trips where they began; or the sender's own use.
static noreturn void peer_report(const struct peer *p)
{
	const struct sender *s = &p->sender;
	const struct receiver *r = &p->receiver;
	if (p->o.idle > 0 && p->receives)
		peer_report_idle(r->cpu_ns, r->rss_before);
	if (p->o.idle > 0)
		peer_report_idle(s->cpu_ns, s->rss_before);
	if (p->sends && p->o.pattern == REQ_REP)
		peer_report_timed(s->ns, s->replies.received, s->cpu_ns);
	if (p->receives)
		peer_report_timed(receiver_ns(r), receiver_received(r), r->cpu_ns);
	control_report("ns=%" PRIu64 " cpu_ns=%" PRIu64, s->ns, s->cpu_ns);
}

// peer_main is main: it does the run that the command line asks for.
static int peer_main(int argc, char **argv)
{
	static struct peer p;
	p.o = options_parse(argc, argv);
	p.sends = p.o.role != RECEIVER;
	p.receives = p.o.role != SENDER;
	control_start(p.sends + p.receives);
	lib_start(&p.o);
	peer_open(&p);
	if (p.receives)
		receiver_start(&p.receiver);
	if (p.sends)
		sender_run(&p.sender);
	if (p.receives)
		receiver_join(&p.receiver);
	peer_write_samples(&p);
	peer_report(&p);
}

#endif
