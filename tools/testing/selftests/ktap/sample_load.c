// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What samples are run on where a program of the system would not do
 *
 *	burn MS		burn() uses so much time of the CPU
 *	crowd N MS	N children do, all on one CPU
 *	nap N MS	sleeps N times
 *	calls N		calls getpriority() N times, and setpriority() twice as often
 *	allocs N SIZE	allocates memory N times
 *	threads N	makes N threads, which begin with thread_main()
 *	users		changes its user as root may, and then as it may not
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define noinline	__attribute__((noinline, noclone))

static long long used_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static noinline void spin(long n)
{
	while (n--)
		asm volatile("");
}

/* What a machine stands still for, as emulated ones do, is none of the time. */
static noinline int burn(long ms)
{
	long long left = ms * 1000000LL, last = used_ns(), now;

	while (left > 0) {
		spin(100000);
		now = used_ns();
		left -= now - last < 20000000 ? now - last : 20000000;
		last = now;
	}
	return 0;
}

static int crowd(int n, long ms)
{
	cpu_set_t set;
	int left = n;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return 1;
	while (left--)
		if (!fork())
			_exit(burn(ms));
	while (n--)
		if (wait(NULL) < 0)
			return 1;
	return 0;
}

static int nap(int n, long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (n--)
		if (nanosleep(&ts, NULL))
			return 1;
	return 0;
}

static int calls(int n)
{
	while (n--) {
		getpriority(PRIO_PROCESS, 0);
		setpriority(PRIO_PROCESS, 0, 0);
		setpriority(PRIO_PROCESS, 0, 0);
	}
	return 0;
}

static int allocs(int n, size_t size)
{
	void *p;

	while (n--) {
		p = malloc(size);
		/* Or the compiler leaves it out. */
		asm volatile("" : : "r" (p) : "memory");
		free(p);
	}
	return 0;
}

static noinline void *thread_main(void *arg)
{
	return arg;
}

static int threads(int n)
{
	pthread_t thread;

	while (n--)
		if (pthread_create(&thread, NULL, thread_main, NULL) ||
		    pthread_join(thread, NULL))
			return 1;
	return 0;
}

static int users(void)
{
	return setreuid(-1, 1000) || setreuid(-1, 0) || setfsuid(1001) ||
	       setresuid(1000, 1000, 1000) || !setuid(0) || !setresuid(-1, 0, -1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long a = argc > 2 ? atol(argv[2]) : 0;
	long b = argc > 3 ? atol(argv[3]) : 0;

	if (!strcmp(what, "burn"))
		return burn(a);
	if (!strcmp(what, "crowd"))
		return crowd(a, b);
	if (!strcmp(what, "nap"))
		return nap(a, b);
	if (!strcmp(what, "calls"))
		return calls(a);
	if (!strcmp(what, "allocs"))
		return allocs(a, b);
	if (!strcmp(what, "threads"))
		return threads(a);
	if (!strcmp(what, "users"))
		return users();
	fprintf(stderr, "usage: sample_load WHAT [N] [MS]\n");
	return 2;
}
