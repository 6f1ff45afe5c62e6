// The command line of a peer: PEER ROLE key=value …

#ifndef RINGMQ_BENCH_OPTIONS_H
#define RINGMQ_BENCH_OPTIONS_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

enum role { SENDER, RECEIVER, BOTH };

enum pattern { PUSH_PULL, PUB_SUB, REQ_REP };

struct options {
	enum role role;
	enum pattern pattern;
	const char *endpoint; // what to bind, or to connect to
	const char *samples;  // file that the latencies go to; NULL: none are taken
	uint64_t size;        // bytes of a message
	uint64_t count;       // timed messages
	uint64_t warmup;      // messages before them
	uint64_t subs;        // subscribers of a receiver
	uint64_t symbols;     // topics; 0: subscribers take everything
	uint64_t persub;      // topics of one subscriber
	uint64_t rate;        // messages a second; 0: as fast as they go
	uint64_t hwm;         // high-water mark of each socket; 0: the library's default
	uint64_t nodrop;      // 1: the publisher waits for slow subscribers, if the library can
	uint64_t threads;     // threads that share the subscribers; 0: one for each
	uint64_t idle;        // seconds to do nothing in, in place of sending; 0: send
};

// MAX_SYMBOLS is what the seven digits of a topic can tell apart.
enum { MAX_SYMBOLS = 10 * 1000 * 1000, MIN_SIZE = 16, MIN_PACED_SIZE = 24 };

static int choice(const char *what, const char *value, const char *const names[], int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	die("unknown %s \"%s\"", what, value);
}

static uint64_t number(const char *key, const char *value)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || *value == '-')
		die("%s=%s is not a number", key, value);
	return n;
}

// options_set stores one key. Keys that this peer has no use for are those of other contestants, and are passed over.
static void options_set(struct options *o, const char *key, const char *value)
{
	static const char *const patterns[] = {"push-pull", "pub-sub", "req-rep"};
	const struct {
		const char *key;
		uint64_t *value;
	} numbers[] = {
		{"size", &o->size},       {"count", &o->count},     {"warmup", &o->warmup}, {"subs", &o->subs},
		{"symbols", &o->symbols}, {"persub", &o->persub},   {"rate", &o->rate},     {"hwm", &o->hwm},
		{"nodrop", &o->nodrop},   {"threads", &o->threads}, {"idle", &o->idle},
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(key, numbers[i].key) == 0)
			*numbers[i].value = number(key, value);
	if (strcmp(key, "pattern") == 0)
		o->pattern = choice("pattern", value, patterns, 3);
	else if (strcmp(key, "endpoint") == 0)
		o->endpoint = value;
	else if (strcmp(key, "samples") == 0)
		o->samples = value;
}

static void options_check(const struct options *o)
{
	if (o->endpoint == NULL)
		die("endpoint is missing");
	if (o->size < (o->rate > 0 ? MIN_PACED_SIZE : MIN_SIZE) || o->size > INT32_MAX)
		die("size=%" PRIu64 " is out of range", o->size);
	if (o->subs < 1 || o->symbols > MAX_SYMBOLS || o->persub > o->symbols)
		die("subs, symbols or persub is out of range");
	if (o->symbols > 0 && o->persub == 0)
		die("persub is missing");
	if (o->count < (o->symbols > 0 ? o->symbols : 1) && o->idle == 0)
		die("count=%" PRIu64 " is too small", o->count);
	if (o->threads > o->subs)
		die("more threads than subscribers");
}

// options_parse reads the command line, of which argv[0] is the program. The options point into it. What has no meaning
// without another option is cleared.
static struct options options_parse(int argc, char **argv)
{
	static const char *const roles[] = {"sender", "receiver", "both"};
	struct options o = {.size = 64, .subs = 1};
	if (argc < 2)
		die("usage: %s sender|receiver|both key=value ...", argv[0]);
	o.role = choice("role", argv[1], roles, 3);
	for (int i = 2; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		if (equals == NULL)
			die("\"%s\" is not key=value", argv[i]);
		*equals = '\0';
		options_set(&o, argv[i], equals + 1);
	}
	if (o.pattern != PUB_SUB)
		o.subs = 1;
	if (o.symbols == 0)
		o.persub = 0;
	options_check(&o);
	return o;
}

#endif
