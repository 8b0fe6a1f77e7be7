// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What usym_test.sh traces
 *
 * main() calls mid(), that leaf(), and there is the label that is probed, behind where
 * the frame was made:
 *
 *	calls N		N times
 *	fork N		the same in a child
 *	inline		a label in a function that was inlined into an inlined function
 *	signal N	when SIGUSR1 comes
 *	dlopen FILE	leaf() by way of a function of a library
 *	exec COMMAND	after a call
 *	jit		leaf() by way of code that is made, and named as perf has it
 *	map N		what it maps for code and unmaps again N times, then as calls 1
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define noinline	__attribute__((noinline, noclone))
#define SKIP		4

int leaf(int a);

static noinline void nothing(void)
{
	asm volatile("");
}

/* What calls nothing need not have a frame. */
noinline int leaf(int a)
{
	asm volatile(".globl leaf_inside\nleaf_inside: nop" : "+r" (a));
	nothing();
	return a + 1;
}

static noinline int mid(int a)
{
	return leaf(a) + 1;
}

static noinline int calls(int n)
{
	int a = 0;

	while (n--)
		a = mid(a);
	return a < 0;
}

static inline __attribute__((always_inline)) void inner(void)
{
	asm volatile(".globl inlined_inside\ninlined_inside: nop");
}

static inline __attribute__((always_inline)) int outer(int a)
{
	nothing();
	if (a)
		inner();
	nothing();
	return a - 1;
}

static noinline int call_inlined(void)
{
	return outer(1);
}

static noinline int call_forked(int n)
{
	int status;

	if (!fork())
		_exit(calls(n));
	return wait(&status) < 0 || status;
}

static noinline int call_when_told(int n)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ready");
	fflush(stdout);
	sigwait(&set, &sig);
	return calls(n);
}

static noinline int call_library(const char *path)
{
	void *lib = dlopen(path, RTLD_NOW);
	int (*call)(int (*)(int), int) = lib ? dlsym(lib, "library_call") : NULL;

	if (!call) {
		puts(dlerror());
		return 1;
	}
	return call(leaf, 1) < 0;
}

#ifdef __x86_64__
/* Makes a frame and calls what its first argument is. */
static const unsigned char code[] = {
	0x55,				/* push %rbp */
	0x48, 0x89, 0xe5,		/* mov %rsp, %rbp */
	0xff, 0xd7,			/* call *%rdi */
	0x5d,				/* pop %rbp */
	0xc3,				/* ret */
};

static noinline int call_made(void)
{
	int (*made)(int (*)(int));
	char path[50];
	FILE *file;
	void *mem;

	mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return 1;
	memcpy(mem, code, sizeof(code));
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	file = fopen(path, "w");
	if (!file)
		return 1;
	fprintf(file, "%lx %zx made: by hand\n", (unsigned long)mem, sizeof(code));
	fclose(file);
	made = mem;
	made(leaf);
	/* Those that make code stay for a while. */
	sleep(2);
	return 0;
}
#else
static int call_made(void)
{
	return SKIP;
}
#endif

static noinline int map_often(int n)
{
	void *mem;

	while (n--) {
		mem = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (mem == MAP_FAILED || munmap(mem, 4096))
			return 1;
	}
	return calls(1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *arg = argc > 2 ? argv[2] : "1";

	if (!strcmp(what, "calls"))
		return calls(atoi(arg));
	if (!strcmp(what, "fork"))
		return call_forked(atoi(arg));
	if (!strcmp(what, "inline"))
		return call_inlined();
	if (!strcmp(what, "signal"))
		return call_when_told(atoi(arg));
	if (!strcmp(what, "dlopen"))
		return call_library(arg);
	if (!strcmp(what, "jit"))
		return call_made();
	if (!strcmp(what, "map"))
		return map_often(atoi(arg));
	if (strcmp(what, "exec") || calls(1))
		return 1;
	execv(arg, argv + 2);
	return 1;
}
