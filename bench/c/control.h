// The conversation with the harness: lines on stdout, and the commands "go" and "end" on stdin.

#ifndef RINGMQ_BENCH_CONTROL_H
#define RINGMQ_BENCH_CONTROL_H

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "timing.h"

// control is the state of the run as the harness has told it. Any thread may read it through the functions below.
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool go;                   // guarded by lock
	_Atomic uint64_t ended_ns; // when "end" came; 0: it has not
	atomic_int unready;        // sides of this process that are not ready yet
	atomic_bool reported;      // the result is there
} control = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void vsay(const char *format, va_list args)
{
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
}

// say prints one line, whole, whatever other threads print.
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	flockfile(stdout);
	vsay(format, args);
	funlockfile(stdout);
	va_end(args);
}

// die reports an error and ends the process. It keeps stdout locked, so that no other thread has the last word.
__attribute__((format(printf, 1, 2))) static noreturn void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	flockfile(stdout);
	fputs("error ", stdout);
	vsay(format, args);
	_exit(1);
}

// CACHE_LINE is the alignment that keeps what one thread writes apart from what others use.
#define CACHE_LINE 64

// allocate returns zeroed memory, aligned to a cache line, or does not return.
static void *allocate(size_t n, size_t size)
{
	size_t bytes = (n * size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	void *p = n <= SIZE_MAX / size - 1 ? aligned_alloc(CACHE_LINE, bytes) : NULL;
	if (p == NULL)
		die("out of memory");
	return memset(p, 0, bytes);
}

static void control_command(const char *line)
{
	pthread_mutex_lock(&control.lock);
	if (strcmp(line, "go") == 0)
		control.go = true;
	else if (strcmp(line, "end") == 0)
		atomic_store(&control.ended_ns, now_ns());
	pthread_cond_broadcast(&control.changed);
	pthread_mutex_unlock(&control.lock);
}

// control_listen is the thread that reads stdin. Its end is the end of the process, whatever that is busy with: the
// harness has had enough, or is gone. A peer has failed if that is before its result.
static void *control_listen(void *unused)
{
	char line[64];
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		control_command(line);
	}
	_exit(atomic_load(&control.reported) ? 0 : 1);
	return unused;
}

// control_start begins to listen. sides is how often control_ready has to be called for the process to be ready.
static void control_start(int sides)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&control.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	atomic_store(&control.unready, sides);

	pthread_t thread;
	if (pthread_create(&thread, NULL, control_listen, NULL) != 0)
		die("cannot start a thread");
	pthread_detach(thread);
}

static void control_ready(void)
{
	if (atomic_fetch_sub(&control.unready, 1) == 1)
		say("ready");
}

// control_go waits for "go", at most until the time deadline_ns, and says whether it has come.
static bool control_go(uint64_t deadline_ns)
{
	struct timespec deadline = timespec_of(deadline_ns);
	int failed = 0;
	pthread_mutex_lock(&control.lock);
	while (!control.go && failed == 0)
		failed = pthread_cond_timedwait(&control.changed, &control.lock, &deadline);
	bool go = control.go;
	pthread_mutex_unlock(&control.lock);
	return go;
}

// control_await_end waits for "end".
static void control_await_end(void)
{
	pthread_mutex_lock(&control.lock);
	while (atomic_load(&control.ended_ns) == 0)
		pthread_cond_wait(&control.changed, &control.lock);
	pthread_mutex_unlock(&control.lock);
}

// control_report prints the result, and keeps the process until the harness lets it go: with its sockets open, since
// what it has sent may still be under way.
__attribute__((format(printf, 1, 2))) static noreturn void control_report(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	atomic_store(&control.reported, true);
	flockfile(stdout);
	fputs("result ", stdout);
	vsay(format, args);
	funlockfile(stdout);
	va_end(args);
	for (;;)
		pause();
}

#endif
