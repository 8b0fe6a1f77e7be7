// SPDX-License-Identifier: GPL-2.0
/*
 * A load whose events are known: it does one thing so many times and says how many
 * nanoseconds that took. In a guest whose time is the count of instructions these
 * are instructions.
 *
 * usage: load read|switch|call NUMBER
 */
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

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
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
	long long start;
	unsigned int i;
	long nr;

	nr = argc == 3 ? atol(argv[2]) : 0;
	for (i = 0; nr > 0 && i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (strcmp(argv[1], loads[i].name))
			continue;
		/* What happens the first time only does not count. */
		loads[i].run(10);
		start = now();
		loads[i].run(nr);
		printf("%lld\n", now() - start);
		return 0;
	}
	fprintf(stderr, "usage: load read|switch|call NUMBER\n");
	return 2;
}
