// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What the samples of memory of programs are run on
 *
 *	sizes	300 pieces of 100 bytes and 20 of 40000, each freed
 *	leak	before that 10 of malloc() of 1000 bytes each, 5 of calloc() of 10 times 300, and
 *		one of 50 that realloc() makes 7000 of, which are kept
 */
#include <stdlib.h>
#include <string.h>

#define noinline	__attribute__((noinline, noclone))

/* A compiler leaves out what nobody uses. */
static void *used(void *mem)
{
	asm volatile("" : "+r" (mem));
	return mem;
}

static noinline void keep_malloc(void)
{
	used(malloc(1000));
}

static noinline void keep_calloc(void)
{
	used(calloc(10, 300));
}

static noinline void keep_realloc(void)
{
	used(realloc(used(malloc(50)), 7000));
}

static noinline void free_again(size_t size)
{
	free(used(malloc(size)));
}

static noinline void free_100(void)
{
	free_again(100);
}

static noinline void free_40000(void)
{
	free_again(40000);
}

/* All calls come from one place. */
static noinline void repeat(int n, void (*func)(void))
{
	while (n--)
		func();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "leak")) {
		repeat(10, keep_malloc);
		repeat(5, keep_calloc);
		repeat(1, keep_realloc);
	} else if (argc != 2 || strcmp(argv[1], "sizes")) {
		return 1;
	}
	repeat(300, free_100);
	repeat(20, free_40000);
	return 0;
}
