// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Run KUnit suites in user space
 *
 * What the suites and the core need of the kernel and what is more than a few
 * lines is here: the runner, memory, threads, the points at which an NMI comes.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <malloc.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <unistd.h>

#include "shared.h"

/*
 * Memory
 */

#define ALIGNMENT	64
/* From here on memory comes from mmap(), each page of it at the cost of a fault. */
#define LARGE_PIECE	(64U << 10)

struct test_alloc test_alloc;

/*
 * Large pieces that were freed, for a fuzzer that makes the same ones for each run.
 * The address sanitizer knows that nobody has them.
 */
static struct {
	void *p;
	size_t size;
} spare[16];
static pthread_mutex_t spare_lock = PTHREAD_MUTEX_INITIALIZER;

static void *take_spare(size_t size)
{
	void *p = NULL;
	u32 i;

	pthread_mutex_lock(&spare_lock);
	for (i = 0; i < ARRAY_SIZE(spare) && !p; i++) {
		if (spare[i].size >= size && spare[i].size < size + LARGE_PIECE)
			swap(p, spare[i].p);
	}
	pthread_mutex_unlock(&spare_lock);
	return p;
}

static bool keep_spare(void *p, size_t size)
{
	u32 place = ARRAY_SIZE(spare);
	u32 i;

	pthread_mutex_lock(&spare_lock);
	for (i = 0; i < ARRAY_SIZE(spare); i++) {
		if (spare[i].p == p)
			abort();
		if (!spare[i].p)
			place = i;
	}
	if (place < ARRAY_SIZE(spare)) {
		ASAN_POISON_MEMORY_REGION(p, size);
		spare[place].p = p;
		spare[place].size = size;
	}
	pthread_mutex_unlock(&spare_lock);
	return place < ARRAY_SIZE(spare);
}

static void *large_piece(size_t size)
{
	size_t room = (size + LARGE_PIECE - 1) / LARGE_PIECE * LARGE_PIECE;
	void *p = take_spare(room);

	if (!p && posix_memalign(&p, ALIGNMENT, room))
		return NULL;
	ASAN_POISON_MEMORY_REGION(p, room);
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return p;
}

void *test_malloc(size_t nr, size_t size, bool zero)
{
	void *p;

	if (__builtin_mul_overflow(nr, size, &size))
		return NULL;
	if (test_alloc.countdown && !--test_alloc.countdown)
		return NULL;
	if (size >= LARGE_PIECE) {
		p = large_piece(size);
		if (!p)
			return NULL;
	/* The kernel has an address for nothing too. */
	} else if (posix_memalign(&p, ALIGNMENT, size ?: 1)) {
		return NULL;
	}
	/* What was not asked to be zero is not. */
	memset(p, zero ? 0 : 0xa5, size);
	__atomic_fetch_add(&test_alloc.live, 1, __ATOMIC_RELAXED);
	return p;
}

void test_free(const void *p)
{
	size_t size = malloc_usable_size((void *)p);

	if (!p)
		return;
	__atomic_fetch_sub(&test_alloc.live, 1, __ATOMIC_RELAXED);
	if (size < LARGE_PIECE || !keep_spare((void *)p, size))
		free((void *)p);
}

/*
 * Random numbers: splitmix64 (S. Vigna, public domain), from its description
 */

u64 test_seed = 1;
u64 test_now;

u64 test_random(u64 *seed)
{
	u64 z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/*
 * Threads
 */

struct thread {
	int (*fn)(void *data);
	void *data;
};

__thread bool test_in_thread;

static void *thread_main(void *arg)
{
	struct thread task = *(struct thread *)arg;

	test_in_thread = true;
	free(arg);
	task.fn(task.data);
	return NULL;
}

struct task_struct *kthread_run(int (*fn)(void *data), void *data,
				const char *name, ...)
{
	struct thread *task = malloc(sizeof(*task));
	pthread_t thread;

	task->fn = fn;
	task->data = data;
	if (pthread_create(&thread, NULL, thread_main, task)) {
		free(task);
		return ERR_PTR(-ENOMEM);
	}
	pthread_detach(thread);
	/* Not to be looked at: it may be gone. */
	return (struct task_struct *)&test_alloc;
}

void init_completion(struct completion *x)
{
	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->cond, NULL);
	x->done = false;
}

void complete(struct completion *x)
{
	pthread_mutex_lock(&x->lock);
	x->done = true;
	pthread_cond_signal(&x->cond);
	pthread_mutex_unlock(&x->lock);
}

void wait_for_completion(struct completion *x)
{
	pthread_mutex_lock(&x->lock);
	while (!x->done)
		pthread_cond_wait(&x->cond, &x->lock);
	pthread_mutex_unlock(&x->lock);
}

/*
 * NMIs
 */

__thread struct test_points test_points;
__thread unsigned int test_cpu = UINT_MAX;

void test_point_reached(void)
{
	struct test_points *points = &test_points;

	if (points->bound && !--points->bound) {
		tap_result(false, "comes to an end");
		tap_note("an operation went on for ever, NMI: %d", points->in_nmi);
		fflush(stdout);
		_exit(1);
	}
	if (points->in_nmi || !points->countdown || --points->countdown)
		return;
	points->in_nmi = true;
	points->nmi(points->arg);
	points->in_nmi = false;
}

/*
 * Output
 */

static unsigned int tap_nr, tap_failures;
static const char *tap_indent = "";

void tap_note(const char *fmt, ...)
{
	va_list args;

	printf("%s# ", tap_indent);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void tap_result(bool ok, const char *name)
{
	printf("%s%sok %u - %s\n", tap_indent, ok ? "" : "not ", ++tap_nr, name);
	tap_failures += !ok;
	fflush(stdout);
}

int tap_end(void)
{
	printf("%s1..%u\n", tap_indent, tap_nr);
	return tap_failures ? 1 : 0;
}

/*
 * KUnit
 */

struct kunit_memory {
	struct kunit_memory *next;
	void *p;
};

static struct kunit_suite *suites;

void kunit_register(struct kunit_suite *suite)
{
	suite->next = suites;
	suites = suite;
}

void *kunit_kcalloc(struct kunit *test, size_t nr, size_t size, gfp_t gfp)
{
	struct kunit_memory *memory = malloc(sizeof(*memory));

	memory->p = test_malloc(nr, size, true);
	memory->next = test->memory;
	test->memory = memory;
	return memory->p;
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kcalloc(test, 1, size, gfp);
}

static void free_memory(struct kunit *test)
{
	while (test->memory) {
		struct kunit_memory *memory = test->memory;

		test->memory = memory->next;
		test_free(memory->p);
		free(memory);
	}
}

void kunit_values(const char *left, long long a, const char *right, long long b)
{
	tap_note("%s == %lld (0x%llx), %s == %lld (0x%llx)", left, a, a, right, b, b);
}

void kunit_strings(const char *a, const char *b)
{
	tap_note("is:        \"%s\"", a);
	tap_note("should be: \"%s\"", b);
}

void kunit_fail(struct kunit *test, const char *file, int line, bool abort,
		const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tap_note("%s:%d: %s", file, line, text);
	test->failed = true;
	if (abort)
		longjmp(test->abort, 1);
}

static void run_one(struct kunit_suite *suite, struct kunit_case *c,
		    const void *param, const char *name)
{
	struct kunit test = { .param_value = param };
	long live = test_alloc.live;
	bool inited = false;

	if (!setjmp(test.abort)) {
		if (suite->init && suite->init(&test))
			kunit_fail(&test, __FILE__, __LINE__, true, "init failed");
		inited = true;
		c->run_case(&test);
	}
	if (suite->exit && inited)
		suite->exit(&test);
	free_memory(&test);
	if (test_alloc.live != live)
		kunit_fail(&test, __FILE__, __LINE__, false, "%ld pieces of memory lost",
			   test_alloc.live - live);
	tap_result(!test.failed, name);
}

static void run_suite(struct kunit_suite *suite)
{
	struct kunit_case *c;

	printf("# Subtest: %s\n", suite->name);
	for (c = suite->test_cases; c->run_case; c++) {
		char name[2 * KUNIT_PARAM_DESC_SIZE], desc[KUNIT_PARAM_DESC_SIZE];
		const void *param = NULL;

		if (!c->generate_params) {
			snprintf(name, sizeof(name), "%s.%s", suite->name, c->name);
			run_one(suite, c, NULL, name);
			continue;
		}
		while ((param = c->generate_params(param, desc))) {
			snprintf(name, sizeof(name), "%s.%s: %s", suite->name,
				 c->name, desc);
			run_one(suite, c, param, name);
		}
	}
}

/**
 * kunit_run - Run suites
 * @only: name of the one to run, or NULL for all
 *
 * Return: exit status.
 */
int kunit_run(const char *only)
{
	struct kunit_suite *suite;

	for (suite = suites; suite; suite = suite->next) {
		if (!only || !strcmp(only, suite->name))
			run_suite(suite);
	}
	return tap_end();
}
