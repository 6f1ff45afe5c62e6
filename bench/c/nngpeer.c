// nngpeer is NNG as a contestant of the benchmark: nng_sendmsg and nng_recvmsg, with the largest buffers that it has.
//
// Two things set it apart. A publisher cannot wait for slow subscribers: what does not fit into a buffer is lost. And a
// PULL has no buffer: it reads the next message only when this one has been taken, which takes several changes of
// thread. Programs that keep many asynchronous receives going at once avoid that, and get some five times the rate.

#define _GNU_SOURCE

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <poll.h>

struct lib_socket {
	nng_socket nng;
	nng_msg *message; // received last; NULL: none, or handed back
};

struct lib_poller {
	struct pollfd *fds;
	nfds_t n;
};

#include "peer.h"

// MAX_BUFFER is the most messages that NNG lets a buffer hold.
enum { MAX_BUFFER = 8192 };

// check ends the process unless an NNG call went well.
static void check(const char *what, int error)
{
	if (error != 0)
		die("%s: %s", what, nng_strerror(error));
}

static void lib_start(const struct options *o) { (void)o; }

static bool lib_lossless(const struct options *o) { return o->pattern != PUB_SUB; }

// set_buffer sets the size of a buffer, in messages, on the kinds of socket that have it.
static void set_buffer(struct lib_socket *s, const char *option, const struct options *o)
{
	int n = o->hwm > 0 && o->hwm < MAX_BUFFER ? (int)o->hwm : MAX_BUFFER;
	int error = nng_socket_set_int(s->nng, option, n);
	if (error != NNG_ENOTSUP && error != NNG_EREADONLY)
		check(option, error);
}

static void lib_open(struct lib_socket *s, enum kind kind, const struct options *o)
{
	static int (*const open[])(nng_socket *) = {
		[PUSH] = nng_push0_open, [PULL] = nng_pull0_open, [PUB] = nng_pub0_open,
		[SUB] = nng_sub0_open,   [REQ] = nng_req0_open,   [REP] = nng_rep0_open,
	};
	check("open", open[kind](&s->nng));
	set_buffer(s, NNG_OPT_SENDBUF, o);
	set_buffer(s, NNG_OPT_RECVBUF, o);
	check(NNG_OPT_RECVMAXSZ, nng_socket_set_size(s->nng, NNG_OPT_RECVMAXSZ, 0)); // no limit
	if (kind != REQ) // for which a time-out would give the request up
		check(NNG_OPT_RECVTIMEO, nng_socket_set_ms(s->nng, NNG_OPT_RECVTIMEO, WAIT_MS));
}

static const char *lib_bind(struct lib_socket *s, const char *endpoint)
{
	static char bound[NNG_MAXADDRLEN];
	nng_listener listener;
	int port;
	check(endpoint, nng_listen(s->nng, endpoint, &listener, 0));
	if (nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) != 0)
		return endpoint; // not TCP
	int host = (int)(strrchr(endpoint, ':') - endpoint);
	snprintf(bound, sizeof bound, "%.*s:%d", host, endpoint, port);
	return bound;
}

static void lib_connect(struct lib_socket *s, const char *endpoint)
{
	check(endpoint, nng_dial(s->nng, endpoint, NULL, 0));
}

static void lib_subscribe(struct lib_socket *s, const void *prefix, size_t size)
{
	check(NNG_OPT_SUB_SUBSCRIBE, nng_socket_set(s->nng, NNG_OPT_SUB_SUBSCRIBE, prefix, size));
}

static void lib_send(struct lib_socket *s, const uint8_t *bytes, size_t size)
{
	nng_msg *message;
	check("nng_msg_alloc", nng_msg_alloc(&message, size));
	memcpy(nng_msg_body(message), bytes, size);
	check("nng_sendmsg", nng_sendmsg(s->nng, message, 0));
}

static const uint8_t *lib_recv(struct lib_socket *s, size_t size, bool wait)
{
	if (s->message != NULL)
		nng_msg_free(s->message);
	s->message = NULL;
	int error = nng_recvmsg(s->nng, &s->message, wait ? 0 : NNG_FLAG_NONBLOCK);
	if (error == NNG_EAGAIN || error == NNG_ETIMEDOUT)
		return NULL;
	check("nng_recvmsg", error);
	if (nng_msg_len(s->message) != size)
		die("a message has %zu bytes, not %zu", nng_msg_len(s->message), size);
	return nng_msg_body(s->message);
}

static void lib_reply(struct lib_socket *s)
{
	check("nng_sendmsg", nng_sendmsg(s->nng, s->message, 0));
	s->message = NULL;
}

static void lib_watch(struct lib_poller *p, struct lib_socket *s)
{
	p->fds = realloc(p->fds, (p->n + 1) * sizeof *p->fds);
	if (p->fds == NULL)
		die("out of memory");
	p->fds[p->n] = (struct pollfd){.events = POLLIN};
	check(NNG_OPT_RECVFD, nng_socket_get_int(s->nng, NNG_OPT_RECVFD, &p->fds[p->n++].fd));
}

static void lib_poll(struct lib_poller *p)
{
	if (poll(p->fds, p->n, WAIT_MS) < 0 && errno != EINTR)
		die("poll: %s", strerror(errno));
}

int main(int argc, char **argv) { return peer_main(argc, argv); }
