/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Tests that many threads take part in
 *
 * The numbers of repetitions are for the boot of a slow test kernel; where there
 * is more time, KTAP_TEST_SCALE multiplies them.
 */
#ifndef _KTAP_TESTS_THREADS_H
#define _KTAP_TESTS_THREADS_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>

#include "../core_internal.h"

#ifndef KTAP_TEST_SCALE
#define KTAP_TEST_SCALE		1
#endif

#define TEST_THREADS		4

/* In user space each thread says which CPU it is; in the kernel it is on one. */
static inline void test_thread_cpu(u32 nr)
{
#ifdef KTAP_TEST_CPU
	KTAP_TEST_CPU = nr;
#endif
}

/**
 * struct test_thread - one of the threads
 * @nr: its number
 * @fn: what it runs
 * @arg: what it is about, for all threads
 * @errors: what @fn returned
 * @done: it has ended
 */
struct test_thread {
	u32 nr;
	u64 (*fn)(void *arg, u32 nr);
	void *arg;
	u64 errors;
	struct completion done;
};

static inline int test_thread_main(void *data)
{
	struct test_thread *thread = data;

	thread->errors = thread->fn(thread->arg, thread->nr);
	complete(&thread->done);
	return 0;
}

/**
 * test_threads - Run a function in TEST_THREADS threads at once
 * @test: test
 * @fn: the function, which gets @arg and the number of its thread, and returns
 *      how much went wrong
 * @arg: passed to @fn
 *
 * Return: how much went wrong.
 */
static inline u64 test_threads(struct kunit *test, u64 (*fn)(void *arg, u32 nr),
			       void *arg)
{
	struct test_thread *threads;
	u64 errors = 0;
	u32 nr, i;

	threads = kunit_kcalloc(test, TEST_THREADS, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	for (nr = 0; nr < TEST_THREADS; nr++) {
		struct test_thread *thread = &threads[nr];

		thread->nr = nr;
		thread->fn = fn;
		thread->arg = arg;
		init_completion(&thread->done);
		if (IS_ERR(kthread_run(test_thread_main, thread, "ktap-test/%u", nr)))
			break;
	}
	for (i = 0; i < nr; i++) {
		wait_for_completion(&threads[i].done);
		errors += threads[i].errors;
	}
	KUNIT_ASSERT_EQ(test, nr, (u32)TEST_THREADS);
	return errors;
}

#endif /* _KTAP_TESTS_THREADS_H */
