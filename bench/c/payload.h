// What is in a message, and its checksum. All words are little-endian.
//
//	0       8          16          24
//	| topic | sequence | scheduled | filler …            the scheduled time only if paced, else filler
//
// Byte i of the filler is (i*31+7) mod 256. The topic is "S" and the seven digits of the symbol.

#ifndef RINGMQ_BENCH_PAYLOAD_H
#define RINGMQ_BENCH_PAYLOAD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are stored as they are in memory");

enum { TOPIC_AT = 0, SEQUENCE_AT = 8, SCHEDULED_AT = 16, WORD = 8 };

// SYNC is the sequence of the messages that tell subscribers that their subscriptions have arrived.
#define SYNC UINT64_MAX

static uint64_t word_at(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, WORD);
	return word;
}

static void put_word(uint8_t *p, uint64_t word) { memcpy(p, &word, WORD); }

// checksum adds up the words of a message; a shorter last one is padded with zeros. Four sums, so that one addition
// need not wait for another.
static uint64_t checksum(const uint8_t *p, size_t size)
{
	uint64_t a = 0, b = 0, c = 0, d = 0, tail = 0;
	for (; size >= 4 * WORD; p += 4 * WORD, size -= 4 * WORD) {
		a += word_at(p);
		b += word_at(p + WORD);
		c += word_at(p + 2 * WORD);
		d += word_at(p + 3 * WORD);
	}
	for (; size >= WORD; p += WORD, size -= WORD)
		a += word_at(p);
	memcpy(&tail, p, size);
	return a + b + c + d + tail;
}

static uint64_t topic_of(uint64_t symbol)
{
	char topic[3 * WORD];
	snprintf(topic, sizeof topic, "S%07u", (unsigned)symbol);
	return word_at((const uint8_t *)topic);
}

// topics_make returns the topic of each symbol; of the one that stands for none if there are none.
static uint64_t *topics_make(uint64_t symbols)
{
	uint64_t n = symbols > 0 ? symbols : 1;
	uint64_t *topics = allocate(n, sizeof *topics);
	for (uint64_t i = 0; i < n; i++)
		topics[i] = topic_of(i);
	return topics;
}

// template_make returns a message of filler with topic, sequence and, if paced, scheduled time left at zero.
static uint8_t *template_make(const struct options *o)
{
	uint8_t *bytes = allocate(1, o->size);
	for (size_t i = o->rate > 0 ? MIN_PACED_SIZE : MIN_SIZE; i < o->size; i++)
		bytes[i] = (uint8_t)(i * 31 + 7);
	return bytes;
}

#endif
