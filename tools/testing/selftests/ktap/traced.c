// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - A program to be traced by the tests that run the tool
 *
 *	traced CALLS [wait]	call its functions and the marker so often; with "wait"
 *				only after a line was read
 *	traced state		say whether functions have a breakpoint, and the semaphore
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define noinline	__attribute__((noinline, noclone))

/* What <sys/sdt.h> makes of a marker, so that this needs none. */
#if defined(__x86_64__)
volatile unsigned short traced_semaphore __attribute__((section(".probes")));

#define MARKER(a, b)							\
	asm volatile("990: nop\n"					\
		     ".pushsection .note.stapsdt, \"\", \"note\"\n"	\
		     ".balign 4\n"					\
		     ".4byte 992f - 991f, 994f - 993f, 3\n"		\
		     "991: .asciz \"stapsdt\"\n"			\
		     "992: .balign 4\n"					\
		     "993: .8byte 990b, _.stapsdt.base, traced_semaphore\n" \
		     ".asciz \"ktap_test\"\n"				\
		     ".asciz \"hit\"\n"					\
		     ".asciz \"-8@%0 -8@%1\"\n"				\
		     "994: .balign 4\n"					\
		     ".popsection\n"					\
		     ".ifndef _.stapsdt.base\n"				\
		     ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n" \
		     ".weak _.stapsdt.base\n"				\
		     ".hidden _.stapsdt.base\n"				\
		     "_.stapsdt.base: .space 1\n"			\
		     ".size _.stapsdt.base, 1\n"			\
		     ".popsection\n"					\
		     ".endif\n" : : "r" (a), "r" (b))

#define BREAKPOINT	0xcc
#else
static volatile unsigned short traced_semaphore;

#define MARKER(a, b)	asm volatile("" : : "r" (a), "r" (b))
#define BREAKPOINT	-1
#endif

noinline long traced_function(long a, long b)
{
	/* At the first instruction others may want a place without the semaphore. */
	asm volatile("nop");
	MARKER(a, b);
	return a + b;
}

noinline long traced_other(long a)
{
	asm volatile("" : "+r" (a));
	return -a;
}

static int has_breakpoint(const void *func)
{
	return *(const volatile unsigned char *)func == BREAKPOINT;
}

int main(int argc, char *argv[])
{
	char line[16];
	long i;

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "state")) {
		printf("%d %d\n", has_breakpoint((void *)traced_function) +
		       has_breakpoint((void *)traced_other), traced_semaphore);
		return 0;
	}
	if (argc > 2 && !fgets(line, sizeof(line), stdin))
		return 1;
	for (i = 0; i < atol(argv[1]); i++) {
		traced_function(i, i * 2);
		traced_other(i);
		getppid();
	}
	return 0;
}
