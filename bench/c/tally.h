// What one receiving socket must get, and what it got: sequence, checksum, count and latencies.

#ifndef RINGMQ_BENCH_TALLY_H
#define RINGMQ_BENCH_TALLY_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "payload.h"

// tally belongs to the thread that receives from its socket.
//
// Message k has the symbol k mod symbols. A subscriber takes a run of persub symbols, that may wrap around; so the
// sequences that it sees grow by one within a run, and by 1 + symbols - persub between two.
struct tally {
	const uint64_t *topics; // shared, read-only
	uint64_t symbols, persub, first_symbol;
	uint64_t size, warmup;
	uint64_t filler; // checksum of the template
	bool lossless;   // whether a missing message is an error
	bool paced;

	uint64_t next;   // sequence of the message that is due
	uint64_t symbol; // its symbol
	uint64_t left;   // messages until the end of the run, it included

	uint64_t expected, received; // timed messages
	uint64_t first_ns;           // arrival of the first timed message
	uint64_t *samples;           // latencies, one for each timed message; NULL: none are taken
};

// tally_offset is the place of a symbol within the run; persub or more if it is not in it.
static uint64_t tally_offset(const struct tally *t, uint64_t symbol)
{
	return (symbol + t->symbols - t->first_symbol) % t->symbols;
}

// tally_seek makes the message with this sequence the one that is due.
static void tally_seek(struct tally *t, uint64_t sequence)
{
	t->next = sequence;
	t->symbol = sequence % t->symbols;
	uint64_t offset = tally_offset(t, t->symbol);
	if (offset >= t->persub)
		die("message %" PRIu64 " was not subscribed to", sequence);
	t->left = t->persub - offset;
}

static void tally_advance(struct tally *t)
{
	t->next++;
	t->symbol++;
	if (--t->left == 0) {
		t->next += t->symbols - t->persub;
		t->symbol = t->first_symbol;
		t->left = t->persub;
	} else if (t->symbol == t->symbols) {
		t->symbol = 0;
	}
}

// tally_share is how many of the first n messages are for this socket.
static uint64_t tally_share(const struct tally *t, uint64_t n)
{
	uint64_t share = n / t->symbols * t->persub;
	for (uint64_t symbol = 0; symbol < n % t->symbols; symbol++)
		share += tally_offset(t, symbol) < t->persub;
	return share;
}

// tally_make returns the tally of subscriber number index.
static struct tally tally_make(const struct options *o, const uint64_t *topics, uint64_t index, bool lossless)
{
	struct tally t = {
		.topics = topics,
		.symbols = o->symbols > 0 ? o->symbols : 1,
		.persub = o->symbols > 0 ? o->persub : 1,
		.size = o->size,
		.warmup = o->warmup,
		.lossless = lossless,
		.paced = o->rate > 0,
	};
	uint8_t *template = template_make(o);
	t.filler = checksum(template, o->size);
	free(template);
	t.first_symbol = index * t.persub % t.symbols;
	t.expected = tally_share(&t, o->warmup + o->count) - tally_share(&t, o->warmup);
	tally_seek(&t, tally_offset(&t, 0) < t.persub ? 0 : t.first_symbol);
	return t;
}

// tally_last_topic is the topic that is subscribed to last.
static uint64_t tally_last_topic(const struct tally *t)
{
	return t->topics[(t->first_symbol + t->persub - 1) % t->symbols];
}

// tally_skip passes over messages that were lost.
static void tally_skip(struct tally *t, uint64_t sequence)
{
	if (sequence < t->next || t->lossless)
		die("message %" PRIu64 " came when %" PRIu64 " was due", sequence, t->next);
	tally_seek(t, sequence);
}

static void tally_check_sum(const struct tally *t, const uint8_t *bytes)
{
	uint64_t want = t->filler + t->topics[t->symbol] + t->next + (t->paced ? word_at(bytes + SCHEDULED_AT) : 0);
	uint64_t sum = checksum(bytes, t->size);
	if (sum != want)
		die("message %" PRIu64 " has checksum %016" PRIx64 ", not %016" PRIx64, t->next, sum, want);
}

// tally_add checks and counts a message, and says whether it is a timed one.
static bool tally_add(struct tally *t, const uint8_t *bytes)
{
	uint64_t sequence = word_at(bytes + SEQUENCE_AT);
	if (sequence != t->next)
		tally_skip(t, sequence);
	tally_check_sum(t, bytes);
	tally_advance(t);
	if (sequence < t->warmup)
		return false;
	if (t->received++ == t->expected)
		die("message %" PRIu64 " is one too many", sequence);
	return true;
}

// samples_make returns room for n samples, in memory that is there already: no page fault adds to a latency.
static uint64_t *samples_make(uint64_t n)
{
	uint64_t *samples = allocate(n, sizeof *samples);
	memset(samples, 0xff, n * sizeof *samples);
	return samples;
}

static void tally_write(const struct tally *t, FILE *file)
{
	if (fwrite(t->samples, sizeof *t->samples, t->received, file) != t->received)
		die("cannot write the samples: %s", strerror(errno));
}

#endif
