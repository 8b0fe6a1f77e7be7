// SPDX-License-Identifier: GPL-2.0
/*
 * A load whose events are known: it does one thing so many times and says how many
 * nanoseconds that took. In a guest whose time is the count of instructions these
 * are instructions.
 *
 * usage: load [-s] read|switch|call NUMBER
 *        load parent
 *
 * With -s the parent is stopped meanwhile. The second says how many nanoseconds its
 * parent has run until now, and how many kilobytes of memory it had at most.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/wait.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long read_clock(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		die("clock_gettime");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static int tell_parent(void)
{
	char line[128];
	clockid_t clock;
	long kb = 0;
	FILE *file;

	if (clock_getcpuclockid(getppid(), &clock))
		die("clock_getcpuclockid");
	printf("%lld", read_clock(clock));
	snprintf(line, sizeof(line), "/proc/%d/status", getppid());
	file = fopen(line, "r");
	if (!file)
		die(line);
	while (!kb && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmHWM:", 6))
			kb = atol(line + 6);
	fclose(file);
	printf(" %ld\n", kb);
	return 0;
}

/* One system call each, of one byte. */
static void load_read(long nr)
{
	int fd = open("/dev/zero", O_RDONLY);
	char c;

	if (fd < 0)
		die("/dev/zero");
	while (nr--)
		if (read(fd, &c, 1) != 1)
			die("read");
	close(fd);
}

/* Two switches each, on one processor. */
static void load_switch(long nr)
{
	int to[2], from[2];
	char c = 0;
	pid_t pid;

	if (pipe(to) || pipe(from))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(to[1]);
		while (read(to[0], &c, 1) == 1)
			if (write(from[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	while (nr--)
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			die("pipe");
	close(to[1]);
	waitpid(pid, NULL, 0);
}

__attribute__((noinline, noclone, used)) long load_function(long a, long b)
{
	__asm__ volatile("" : "+r"(a), "+r"(b));
	return a + b;
}

static void load_call(long nr)
{
	while (nr--)
		load_function(nr, 1);
}

static void signal_parent(bool wanted, int signo)
{
	if (wanted && kill(getppid(), signo))
		die("kill");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(long nr);
	} loads[] = {
		{ "read", load_read },
		{ "switch", load_switch },
		{ "call", load_call },
	};
	bool stops = argc > 1 && !strcmp(argv[1], "-s");
	long long start;
	unsigned int i;
	long nr;

	if (argc == 2 && !strcmp(argv[1], "parent"))
		return tell_parent();
	argc -= stops;
	argv += stops;
	nr = argc == 3 ? atol(argv[2]) : 0;
	for (i = 0; nr > 0 && i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (strcmp(argv[1], loads[i].name))
			continue;
		/* What happens the first time only does not count. */
		loads[i].run(10);
		signal_parent(stops, SIGSTOP);
		start = now();
		loads[i].run(nr);
		printf("%lld\n", now() - start);
		signal_parent(stops, SIGCONT);
		return 0;
	}
	fprintf(stderr, "usage: load [-s] read|switch|call NUMBER, or load parent\n");
	return 2;
}
