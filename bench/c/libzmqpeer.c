// libzmqpeer is libzmq as a contestant of the benchmark: one context with its default I/O thread, and the plain calls
// zmq_send and zmq_msg_recv; large messages are sent without a copy.

#define _GNU_SOURCE

#include <zmq.h>

struct lib_socket {
	void *zmq;
	int type;
	zmq_msg_t message; // reused: each zmq_msg_recv closes what it held
};

struct lib_poller {
	zmq_pollitem_t *items;
	int n;
};

#include "peer.h"

// BACKLOG holds the subscribers that connect at once: one that the kernel turns away comes again a second later.
enum { BACKLOG = 1024 };

// LARGE is the size from which on it is faster, over TCP, to lend a message to libzmq than to have it copied.
enum { LARGE = 32 * 1024 };

static void *context;

static noreturn void fail(const char *what) { die("%s: %s", what, zmq_strerror(errno)); }

static void lib_start(const struct options *o)
{
	context = zmq_ctx_new();
	if (context == NULL)
		fail("zmq_ctx_new");
	if (o->subs >= ZMQ_MAX_SOCKETS_DFLT && zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int)o->subs + 1) != 0)
		fail("ZMQ_MAX_SOCKETS");
}

static bool lib_lossless(const struct options *o) { return o->pattern != PUB_SUB || o->nodrop; }

static void set_int(struct lib_socket *s, int option, int value)
{
	if (zmq_setsockopt(s->zmq, option, &value, sizeof value) != 0)
		fail("zmq_setsockopt");
}

static void lib_open(struct lib_socket *s, enum kind kind, const struct options *o)
{
	static const int types[] = {
		[PUSH] = ZMQ_PUSH, [PULL] = ZMQ_PULL, [PUB] = ZMQ_PUB,
		[SUB] = ZMQ_SUB,   [REQ] = ZMQ_REQ,   [REP] = ZMQ_REP,
	};
	s->type = types[kind];
	s->zmq = zmq_socket(context, s->type);
	if (s->zmq == NULL)
		fail("zmq_socket");
	zmq_msg_init(&s->message);
	set_int(s, ZMQ_BACKLOG, BACKLOG);
	set_int(s, ZMQ_RCVTIMEO, WAIT_MS);
	if (o->hwm > 0) {
		set_int(s, ZMQ_SNDHWM, (int)o->hwm);
		set_int(s, ZMQ_RCVHWM, (int)o->hwm);
	}
	if (kind == PUB && o->nodrop)
		set_int(s, ZMQ_XPUB_NODROP, 1);
	if (kind == PUSH)
		set_int(s, ZMQ_IMMEDIATE, 1); // no queue, so not writable, before there is a connection
}

static const char *lib_bind(struct lib_socket *s, const char *endpoint)
{
	static char bound[1024];
	size_t size = sizeof bound;
	if (zmq_bind(s->zmq, endpoint) != 0)
		fail(endpoint);
	if (zmq_getsockopt(s->zmq, ZMQ_LAST_ENDPOINT, bound, &size) != 0)
		fail("ZMQ_LAST_ENDPOINT");
	return bound;
}

static void lib_connect(struct lib_socket *s, const char *endpoint)
{
	zmq_pollitem_t writable = {.socket = s->zmq, .events = ZMQ_POLLOUT};
	if (zmq_connect(s->zmq, endpoint) != 0)
		fail(endpoint);
	while (s->type == ZMQ_PUSH && zmq_poll(&writable, 1, -1) != 1) {
	}
}

static void lib_subscribe(struct lib_socket *s, const void *prefix, size_t size)
{
	if (zmq_setsockopt(s->zmq, ZMQ_SUBSCRIBE, prefix, size) != 0)
		fail("ZMQ_SUBSCRIBE");
}

// block is a large message that libzmq has, or has done with. Its filler stays the same from one use to the next.
struct block {
	struct block *next;
	uint8_t bytes[];
};

static struct {
	pthread_mutex_t lock;
	struct block *free;
} blocks = {.lock = PTHREAD_MUTEX_INITIALIZER};

// block_free is called by libzmq, on whatever thread is the last to use the block.
static void block_free(void *bytes, void *block)
{
	(void)bytes;
	struct block *b = block;
	pthread_mutex_lock(&blocks.lock);
	b->next = blocks.free;
	blocks.free = b;
	pthread_mutex_unlock(&blocks.lock);
}

// block_make returns a copy of the message. Of one that is not new it copies only what differs between messages.
static struct block *block_make(const uint8_t *bytes, size_t size)
{
	pthread_mutex_lock(&blocks.lock);
	struct block *b = blocks.free;
	if (b != NULL)
		blocks.free = b->next;
	pthread_mutex_unlock(&blocks.lock);
	if (b == NULL) {
		b = allocate(1, sizeof *b + size);
		memcpy(b->bytes, bytes, size);
	}
	memcpy(b->bytes, bytes, MIN_PACED_SIZE);
	return b;
}

static void send_block(struct lib_socket *s, struct block *b, size_t size)
{
	zmq_msg_t message;
	if (zmq_msg_init_data(&message, b->bytes, size, block_free, b) != 0)
		fail("zmq_msg_init_data");
	while (zmq_msg_send(&message, s->zmq, 0) < 0)
		if (errno != EINTR)
			fail("zmq_msg_send");
}

static void lib_send(struct lib_socket *s, const uint8_t *bytes, size_t size)
{
	if (size >= LARGE) {
		send_block(s, block_make(bytes, size), size);
		return;
	}
	while (zmq_send(s->zmq, bytes, size, 0) < 0)
		if (errno != EINTR)
			fail("zmq_send");
}

static const uint8_t *lib_recv(struct lib_socket *s, size_t size, bool wait)
{
	int n = zmq_msg_recv(&s->message, s->zmq, wait ? 0 : ZMQ_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail("zmq_msg_recv");
		return NULL;
	}
	if ((size_t)n != size)
		die("a message has %d bytes, not %zu", n, size);
	return zmq_msg_data(&s->message);
}

static void lib_reply(struct lib_socket *s)
{
	while (zmq_msg_send(&s->message, s->zmq, 0) < 0)
		if (errno != EINTR)
			fail("zmq_msg_send");
}

static void lib_watch(struct lib_poller *p, struct lib_socket *s)
{
	p->items = realloc(p->items, (size_t)(p->n + 1) * sizeof *p->items);
	if (p->items == NULL)
		die("out of memory");
	p->items[p->n++] = (zmq_pollitem_t){.socket = s->zmq, .events = ZMQ_POLLIN};
}

static void lib_poll(struct lib_poller *p)
{
	if (zmq_poll(p->items, p->n, WAIT_MS) < 0 && errno != EINTR)
		fail("zmq_poll");
}

int main(int argc, char **argv) { return peer_main(argc, argv); }
