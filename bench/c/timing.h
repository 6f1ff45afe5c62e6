// Clocks, the pacer, and what the process has used. All times are in nanoseconds.

#ifndef RINGMQ_BENCH_TIMING_H
#define RINGMQ_BENCH_TIMING_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)

// SPIN_NS is how long before its time the pacer stops sleeping: more than a wake-up takes.
#define SPIN_NS UINT64_C(150000)

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
}

static void sleep_until(uint64_t due_ns)
{
	struct timespec due = timespec_of(due_ns);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {
	}
}

// pace returns at due_ns, to within the cost of reading the clock; at once if that is over.
static void pace(uint64_t due_ns)
{
	if (due_ns > now_ns() + SPIN_NS)
		sleep_until(due_ns - SPIN_NS);
	while (now_ns() < due_ns) {
	}
}

static uint64_t timeval_ns(struct timeval t) { return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_usec * 1000; }

// cpu_ns is the time that all threads of the process have run for, in user and kernel mode.
static uint64_t cpu_ns(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
}

// rss_bytes is the resident memory of the process; 0 if the system does not tell.
static uint64_t rss_bytes(void)
{
	unsigned long long total = 0, resident = 0;
	FILE *statm = fopen("/proc/self/statm", "r");
	if (statm == NULL)
		return 0;
	int fields = fscanf(statm, "%llu %llu", &total, &resident);
	fclose(statm);
	return fields == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

#endif
