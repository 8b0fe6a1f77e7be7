// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of statistics
 */
#include <kunit/test.h>

#include "../stat.h"
#include "threads.h"

/**
 * struct env - what a test has
 * @heap: a heap
 * @pin: a pin, not in use
 */
struct env {
	struct ktap_heap heap;
	u32 *pin;
};

/* A section goes on with preemption off, so what fails in it is reported later. */
static void enter(struct env *env)
{
	preempt_disable();
	ktap_pin(&env->heap, env->pin);
}

static void leave(struct env *env)
{
	ktap_unpin(env->pin);
	preempt_enable();
}

static int stat_init(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	if (!env || ktap_heap_init(&env->heap, 256 << 10, TEST_THREADS))
		return -ENOMEM;
	env->pin = &env->heap.pins[0].pin[0];
	test->priv = env;
	return 0;
}

static void stat_exit(struct kunit *test)
{
	struct env *env = test->priv;

	if (env)
		ktap_heap_destroy(&env->heap);
}

static u64 create(struct env *env, const struct ktap_agg *agg)
{
	u64 stat;

	enter(env);
	stat = ktap_stat_create(&env->heap, env->pin, agg);
	leave(env);
	return stat;
}

static int feed(struct env *env, u64 stat, s64 by)
{
	int ret;

	enter(env);
	ret = ktap_stat_feed(&env->heap, env->pin, stat, by);
	leave(env);
	return ret;
}

static struct ktap_stat_sum sum_of(struct env *env, u64 stat)
{
	struct ktap_stat_sum sum;

	enter(env);
	ktap_stat_sum(&env->heap, stat, &sum);
	leave(env);
	return sum;
}

static void stat_free(struct env *env, u64 stat)
{
	enter(env);
	ktap_stat_free(&env->heap, KTAP_REF_IDX(stat));
	leave(env);
}

/*
 * Parameters
 */

static const struct check_row {
	const char *name;
	struct ktap_agg agg;
	bool ok;
} check_rows[] = {
	{ "stat", { KTAP_AGG_STAT }, true },
	{ "hist", { KTAP_AGG_HIST }, true },
	{ "lhist(0, 10, 1)", { KTAP_AGG_LHIST, { 0, 10, 1 } }, true },
	{ "lhist(0, 1, 1000)", { KTAP_AGG_LHIST, { 0, 1, 1000 } }, true },
	{ "lhist(MIN, MAX, 2^60)", { KTAP_AGG_LHIST, { S64_MIN, S64_MAX, 1LL << 60 } }, true },
	{ "lhist of 4096 ranges", { KTAP_AGG_LHIST, { -7, 4087, 1 } }, true },
	{ "lhist of 4097 ranges", { KTAP_AGG_LHIST, { -7, 4088, 1 } } },
	{ "lhist of 4096 ranges, last not full", { KTAP_AGG_LHIST, { 0, 8187, 2 } }, true },
	{ "lhist of 4097 ranges, last not full", { KTAP_AGG_LHIST, { 0, 8189, 2 } } },
	{ "lhist(MIN, MAX, 1)", { KTAP_AGG_LHIST, { S64_MIN, S64_MAX, 1 } } },
	{ "lhist(5, 5, 1)", { KTAP_AGG_LHIST, { 5, 5, 1 } } },
	{ "lhist(5, 4, 1)", { KTAP_AGG_LHIST, { 5, 4, 1 } } },
	{ "lhist(0, 10, 0)", { KTAP_AGG_LHIST, { 0, 10, 0 } } },
	{ "lhist(0, 10, -1)", { KTAP_AGG_LHIST, { 0, 10, -1 } } },
	{ "llhist(10, 0, 6, 10)", { KTAP_AGG_LLHIST, { 10, 0, 6, 10 } }, true },
	{ "llhist(10, 0, 6, 20)", { KTAP_AGG_LLHIST, { 10, 0, 6, 20 } }, true },
	{ "llhist(2, 0, 61, 2)", { KTAP_AGG_LLHIST, { 2, 0, 61, 2 } }, true },
	{ "llhist(2, 0, 62, 2)", { KTAP_AGG_LLHIST, { 2, 0, 62, 2 } } },
	{ "llhist(10, 17, 17, 10)", { KTAP_AGG_LLHIST, { 10, 17, 17, 10 } }, true },
	{ "llhist(10, 18, 18, 10)", { KTAP_AGG_LLHIST, { 10, 18, 18, 10 } } },
	{ "llhist(10, 0, MAX, 10)", { KTAP_AGG_LLHIST, { 10, 0, S64_MAX, 10 } } },
	{ "llhist(1, 0, 6, 10)", { KTAP_AGG_LLHIST, { 1, 0, 6, 10 } } },
	{ "llhist(101, 0, 2, 101)", { KTAP_AGG_LLHIST, { 101, 0, 2, 101 } } },
	{ "llhist(100, 0, 2, 100)", { KTAP_AGG_LLHIST, { 100, 0, 2, 100 } }, true },
	{ "llhist(10, -1, 6, 10)", { KTAP_AGG_LLHIST, { 10, -1, 6, 10 } } },
	{ "llhist(10, 3, 2, 10)", { KTAP_AGG_LLHIST, { 10, 3, 2, 10 } } },
	{ "llhist(10, 0, 6, 9)", { KTAP_AGG_LLHIST, { 10, 0, 6, 9 } } },
	{ "llhist(10, 0, 6, 5)", { KTAP_AGG_LLHIST, { 10, 0, 6, 5 } } },
	{ "llhist(10, 0, 6, 0)", { KTAP_AGG_LLHIST, { 10, 0, 6, 0 } } },
	{ "llhist(10, 0, 6, -10)", { KTAP_AGG_LLHIST, { 10, 0, 6, -10 } } },
	/* 100 is no multiple of 30. */
	{ "llhist(10, 0, 6, 30)", { KTAP_AGG_LLHIST, { 10, 0, 6, 30 } } },
	{ "llhist(10, 0, 6, 5000)", { KTAP_AGG_LLHIST, { 10, 0, 6, 5000 } } },
	{ "llhist(10, 0, 6, MAX)", { KTAP_AGG_LLHIST, { 10, 0, 6, S64_MAX / 10 * 10 } } },
};

KUNIT_ARRAY_PARAM_DESC(check, check_rows, name);

static void test_check(struct kunit *test)
{
	const struct check_row *row = test->param_value;
	const char *wrong = ktap_agg_check(&row->agg);

	if (row->ok)
		KUNIT_EXPECT_STREQ(test, wrong ?: "", "");
	else
		KUNIT_EXPECT_NOT_NULL(test, wrong);
	/* The directory has room for all of them. */
	if (row->ok)
		KUNIT_EXPECT_LT(test, ktap_agg_range(&row->agg, S64_MAX),
				(u32)KTAP_MAX_RANGES);
}

/*
 * Ranges, as <linux/ktap.h> numbers them
 */

#define HIST	{ KTAP_AGG_HIST }
#define LHIST	{ KTAP_AGG_LHIST, { -10, 25, 10 } }
#define WIDE	{ KTAP_AGG_LHIST, { S64_MIN, S64_MAX, 1LL << 60 } }
#define LLHIST	{ KTAP_AGG_LLHIST, { 10, 1, 2, 20 } }
#define FINE	{ KTAP_AGG_LLHIST, { 10, 0, 1, 20 } }

static const struct range_row {
	const char *name;
	struct ktap_agg agg;
	s64 val;
	s32 range;
} range_rows[] = {
	{ "hist 0", HIST, 0, 0 },
	{ "hist 1", HIST, 1, 1 },
	{ "hist 2", HIST, 2, 2 },
	{ "hist 3", HIST, 3, 2 },
	{ "hist 4", HIST, 4, 3 },
	{ "hist 1023", HIST, 1023, 10 },
	{ "hist 1024", HIST, 1024, 11 },
	{ "hist MAX", HIST, S64_MAX, 63 },
	{ "hist -1", HIST, -1, -1 },
	{ "hist -2", HIST, -2, -2 },
	{ "hist -3", HIST, -3, -2 },
	{ "hist -4", HIST, -4, -3 },
	{ "hist -MAX", HIST, -S64_MAX, -63 },
	{ "hist MIN", HIST, S64_MIN, -64 },
	{ "lhist, least", LHIST, S64_MIN, -1 },
	{ "lhist, below", LHIST, -11, -1 },
	{ "lhist, first", LHIST, -10, 0 },
	{ "lhist, end of first", LHIST, -1, 0 },
	{ "lhist, second", LHIST, 0, 1 },
	{ "lhist, last step", LHIST, 20, 3 },
	{ "lhist, end of last step", LHIST, 24, 3 },
	{ "lhist, above", LHIST, 25, 4 },
	{ "lhist, most", LHIST, S64_MAX, 4 },
	{ "wide lhist, least", WIDE, S64_MIN, 0 },
	{ "wide lhist, -1", WIDE, -1, 7 },
	{ "wide lhist, 0", WIDE, 0, 8 },
	{ "wide lhist, next to most", WIDE, S64_MAX - 1, 15 },
	{ "wide lhist, most", WIDE, S64_MAX, 16 },
	{ "llhist, least", LLHIST, S64_MIN, -1 },
	{ "llhist, below", LLHIST, 9, -1 },
	{ "llhist, 10", LLHIST, 10, 0 },
	{ "llhist, 14", LLHIST, 14, 0 },
	{ "llhist, 15", LLHIST, 15, 1 },
	{ "llhist, 99", LLHIST, 99, 17 },
	{ "llhist, 100", LLHIST, 100, 18 },
	{ "llhist, 149", LLHIST, 149, 18 },
	{ "llhist, 150", LLHIST, 150, 19 },
	{ "llhist, 999", LLHIST, 999, 35 },
	{ "llhist, 1000", LLHIST, 1000, 36 },
	{ "llhist, most", LLHIST, S64_MAX, 36 },
	/* No step is smaller than 1. */
	{ "fine llhist, 0", FINE, 0, -1 },
	{ "fine llhist, 1", FINE, 1, 0 },
	{ "fine llhist, 9", FINE, 9, 8 },
	{ "fine llhist, 10", FINE, 10, 9 },
	{ "fine llhist, 14", FINE, 14, 9 },
	{ "fine llhist, 15", FINE, 15, 10 },
	{ "fine llhist, 99", FINE, 99, 26 },
	{ "fine llhist, 100", FINE, 100, 27 },
};

KUNIT_ARRAY_PARAM_DESC(range, range_rows, name);

static void test_range(struct kunit *test)
{
	const struct range_row *row = test->param_value;
	struct env *env = test->priv;
	struct ktap_val_range ranges[4];
	u64 stat = create(env, &row->agg);
	u32 from = 0, nr;

	KUNIT_EXPECT_NULL(test, ktap_agg_check(&row->agg));
	KUNIT_ASSERT_NE(test, stat, 0ULL);
	KUNIT_ASSERT_EQ(test, feed(env, stat, row->val), 0);
	KUNIT_ASSERT_EQ(test, feed(env, stat, row->val), 0);
	enter(env);
	nr = ktap_stat_ranges(&env->heap, stat, &from, ranges, ARRAY_SIZE(ranges));
	leave(env);
	KUNIT_ASSERT_EQ(test, nr, 1U);
	KUNIT_EXPECT_EQ(test, ranges[0].range, row->range);
	KUNIT_EXPECT_EQ(test, ranges[0].count, 2ULL);
}

/* How often a value is fed. */
static u64 times(u32 val)
{
	return 1 + val % 5;
}

/* The ranges come in order and one after the other, in pieces of any size. */
static void test_ranges(struct kunit *test)
{
	static const struct ktap_agg agg = { KTAP_AGG_LHIST, { 0, 1000, 1 } };
	static const u32 sizes[] = { 1, 7, 15, 16, 400 };
	struct ktap_val_range *ranges;
	struct env *env = test->priv;
	u64 stat = create(env, &agg);
	u32 i, j;

	ranges = kunit_kcalloc(test, 400, sizeof(*ranges), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ranges);
	for (i = 0; i < 1000; i++) {
		/* Parts of several CPUs, where there are. */
		test_thread_cpu(i / 7 % TEST_THREADS);
		for (j = 0; i % 3 == 0 && j < times(i); j++)
			KUNIT_ASSERT_EQ(test, feed(env, stat, i), 0);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 from = 0, at = 0, nr;

		do {
			enter(env);
			nr = ktap_stat_ranges(&env->heap, stat, &from, ranges, sizes[i]);
			leave(env);
			for (j = 0; j < nr; j++, at += 3) {
				KUNIT_ASSERT_EQ(test, ranges[j].range, (s32)at);
				KUNIT_ASSERT_EQ(test, ranges[j].count, times(at));
				KUNIT_ASSERT_EQ(test, ranges[j].__reserved, 0U);
			}
		} while (nr == sizes[i]);
		KUNIT_EXPECT_EQ(test, at, 1002U);
	}
}

/*
 * Numbers
 */

#define MOST	S64_MAX
#define LEAST	S64_MIN

static const struct sum_row {
	const char *name;
	u32 nr;
	s64 vals[8];
	s64 sum;
	s64 min;
	s64 max;
	s64 avg;
	s64 stddev;
} sum_rows[] = {
	{ "nothing", 0 },
	{ "0", 1, { 0 } },
	{ "5", 1, { 5 }, 5, 5, 5, 5, 0 },
	{ "-5", 1, { -5 }, -5, -5, -5, -5, 0 },
	{ "1 2", 2, { 1, 2 }, 3, 1, 2, 1, 0 },
	{ "-1 -2", 2, { -1, -2 }, -3, -2, -1, -1, 0 },
	{ "1 3", 2, { 1, 3 }, 4, 1, 3, 2, 1 },
	/* 2 and 2.87 */
	{ "2 4 4 4 5 5 7 9", 8, { 2, 4, 4, 4, 5, 5, 7, 9 }, 40, 2, 9, 5, 2 },
	{ "1 2 3 4 5 6 7 10", 8, { 1, 2, 3, 4, 5, 6, 7, 10 }, 38, 1, 10, 4, 2 },
	/* Just below and at 3: the variances are 80 / 9 and 9. */
	{ "0 4 8 -> 3.26", 3, { 0, 4, 8 }, 12, 0, 8, 4, 3 },
	{ "0 6", 2, { 0, 6 }, 6, 0, 6, 3, 3 },
	{ "0 5", 2, { 0, 5 }, 5, 0, 5, 2, 2 },
	{ "MAX", 1, { MOST }, MOST, MOST, MOST, MOST, 0 },
	{ "MIN", 1, { LEAST }, LEAST, LEAST, LEAST, LEAST, 0 },
	/* 2^63 - 1/2 */
	{ "MIN MAX", 2, { LEAST, MOST }, -1, LEAST, MOST, 0, MOST },
	{ "0 2^62", 2, { 0, 1LL << 62 }, 1LL << 62, 0, 1LL << 62, 1LL << 61, 1LL << 61 },
	{ "-2^40 2^40", 2, { -(1LL << 40), 1LL << 40 }, 0, -(1LL << 40), 1LL << 40, 0,
	  1LL << 40 },
	/* The sum wraps; the least and the greatest value are right. */
	{ "MAX 1", 2, { MOST, 1 }, LEAST, 1, MOST, LEAST / 2, -1 },
};

KUNIT_ARRAY_PARAM_DESC(sum, sum_rows, name);

static void test_sum(struct kunit *test)
{
	static const struct ktap_agg agg = { KTAP_AGG_STAT };
	const struct sum_row *row = test->param_value;
	struct env *env = test->priv;
	struct ktap_stat_sum sum;
	u32 parts, i;

	/* All in one part, and in as many as there can be. */
	for (parts = 1; parts <= TEST_THREADS; parts++) {
		u64 stat = create(env, &agg);

		for (i = 0; i < row->nr; i++) {
			test_thread_cpu(i % parts);
			KUNIT_ASSERT_EQ(test, feed(env, stat, row->vals[i]), 0);
		}
		sum = sum_of(env, stat);
		KUNIT_EXPECT_EQ(test, sum.count, (u64)row->nr);
		KUNIT_EXPECT_EQ(test, sum.sum, row->sum);
		KUNIT_EXPECT_EQ(test, sum.min, row->min);
		KUNIT_EXPECT_EQ(test, sum.max, row->max);
		KUNIT_EXPECT_EQ(test, sum.avg, row->avg);
		/* Not told where the sum has wrapped. */
		if (row->stddev >= 0)
			KUNIT_EXPECT_EQ(test, sum.stddev, row->stddev);
	}
}

static u32 some(u64 *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

#define MAX_VALS	200

/*
 * Random numbers against the definition, which fits into 64 bits as they are small:
 * d is right if (n d)^2 <= n Q - S^2 < (n (d + 1))^2. The same numbers further up
 * have the same deviation.
 */
static void test_definition(struct kunit *test)
{
	static const s64 offsets[] = { 0, 1, -1, 1LL << 33, -(1LL << 45), 1LL << 52 };
	static const struct ktap_agg agg = { KTAP_AGG_STAT };
	s64 *vals = kunit_kcalloc(test, MAX_VALS, sizeof(*vals), GFP_KERNEL);
	struct env *env = test->priv;
	struct ktap_stat_sum sum;
	u64 seed = 1;
	u32 round, i, j;

	KUNIT_ASSERT_NOT_NULL(test, vals);
	for (round = 0; round < 100; round++) {
		u32 n = 1 + some(&seed) % MAX_VALS, bits = 1 + some(&seed) % 20;
		s64 total = 0, least = S64_MAX, most = S64_MIN;
		u64 squares = 0;

		for (i = 0; i < n; i++) {
			vals[i] = (s64)(some(&seed) >> (31 - bits)) - (1LL << (bits - 1));
			total += vals[i];
			squares += vals[i] * vals[i];
			least = min(least, vals[i]);
			most = max(most, vals[i]);
		}
		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			u64 stat = create(env, &agg), var, nd;

			for (i = 0; i < n; i++) {
				test_thread_cpu((i ^ round) % TEST_THREADS);
				KUNIT_ASSERT_EQ(test, feed(env, stat, vals[i] + offsets[j]), 0);
			}
			sum = sum_of(env, stat);
			stat_free(env, stat);
			KUNIT_ASSERT_EQ(test, sum.count, (u64)n);
			KUNIT_ASSERT_EQ(test, sum.sum, total + n * offsets[j]);
			KUNIT_ASSERT_EQ(test, sum.min, least + offsets[j]);
			KUNIT_ASSERT_EQ(test, sum.max, most + offsets[j]);
			var = n * squares - (u64)(total * total);
			nd = n * sum.stddev;
			KUNIT_EXPECT_LE(test, nd * nd, var);
			KUNIT_EXPECT_GT(test, (nd + n) * (nd + n), var);
		}
	}
}

/* Sums of squares of more than 64 bits. */
static void test_carry(struct kunit *test)
{
	static const struct ktap_agg agg = { KTAP_AGG_STAT };
	struct env *env = test->priv;
	u64 stat = create(env, &agg);
	u32 i;

	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, feed(env, stat, 0x0ffffffffLL), 0);
		KUNIT_ASSERT_EQ(test, feed(env, stat, 0x1ffffffffLL), 0);
		KUNIT_ASSERT_EQ(test, sum_of(env, stat).stddev, 0x80000000LL);
	}
}

/*
 * Memory
 */

static u32 units_free(struct env *env)
{
	struct ktap_block *block;
	u32 head = 0, nr = 0, idx;

	enter(env);
	while ((idx = ktap_heap_alloc(&env->heap, env->pin, 1))) {
		block = ktap_heap_block(&env->heap, idx);
		*(u32 *)(block + 1) = head;
		head = idx;
		nr++;
	}
	while ((idx = head)) {
		block = ktap_heap_block(&env->heap, idx);
		head = *(u32 *)(block + 1);
		ktap_heap_free(&env->heap, idx);
	}
	leave(env);
	return nr;
}

/* Emptied it is as new; freed it is gone, and all its memory is back. */
static void test_life(struct kunit *test)
{
	static const struct ktap_agg aggs[] = {
		{ KTAP_AGG_STAT }, { KTAP_AGG_HIST }, { KTAP_AGG_LHIST, { 0, 4000, 1 } },
		{ KTAP_AGG_LLHIST, { 10, 0, 6, 100 } },
	};
	struct env *env = test->priv;
	u32 units = units_free(env), i, j;
	struct ktap_val_range range;

	for (i = 0; i < ARRAY_SIZE(aggs); i++) {
		u64 stat = create(env, &aggs[i]);
		u32 empty = units_free(env), from = 0, nr;

		KUNIT_ASSERT_NE(test, stat, 0ULL);
		for (j = 0; j < 1000; j++) {
			test_thread_cpu(j % TEST_THREADS);
			KUNIT_ASSERT_EQ(test, feed(env, stat, j), 0);
		}
		KUNIT_EXPECT_LT(test, units_free(env), empty);
		enter(env);
		ktap_stat_reset(&env->heap, stat);
		leave(env);
		KUNIT_EXPECT_EQ(test, sum_of(env, stat).count, 0ULL);
		KUNIT_EXPECT_EQ(test, sum_of(env, stat).agg.kind, aggs[i].kind);
		enter(env);
		nr = ktap_stat_ranges(&env->heap, stat, &from, &range, 1);
		leave(env);
		KUNIT_EXPECT_EQ(test, nr, 0U);
		KUNIT_EXPECT_EQ(test, units_free(env), empty);
		KUNIT_EXPECT_EQ(test, feed(env, stat, 5), 0);
		KUNIT_EXPECT_EQ(test, sum_of(env, stat).sum, 5LL);
		stat_free(env, stat);
		KUNIT_EXPECT_EQ(test, units_free(env), units);
		KUNIT_EXPECT_EQ(test, feed(env, stat, 5), -ESTALE);
		KUNIT_EXPECT_EQ(test, sum_of(env, stat).count, 0ULL);
		enter(env);
		from = 0;
		nr = ktap_stat_ranges(&env->heap, stat, &from, &range, 1);
		ktap_stat_reset(&env->heap, stat);
		leave(env);
		KUNIT_EXPECT_EQ(test, nr, 0U);
	}
}

/*
 * Threads
 */

struct job {
	struct env *env;
	u64 stat;
	bool own;	/* parts */
};

static u64 feed_much(void *arg, u32 nr)
{
	const struct job *job = arg;
	struct ktap_heap *heap = &job->env->heap;
	u32 *pin = &heap->pins[nr].pin[1];
	u32 rounds = 4000 * KTAP_TEST_SCALE, i;
	u64 errors = 0;

	test_thread_cpu(job->own ? nr : 0);
	for (i = 0; i < rounds; i++) {
		s64 val = i % 2 ? 1LL << 40 : -(1LL << 40);
		int ret;

		preempt_disable();
		ktap_pin(heap, pin);
		/* One goes beyond in both directions. */
		ret = ktap_stat_feed(heap, pin, job->stat,
				     i == rounds / 2 ? val * 2 + nr : val);
		ktap_unpin(pin);
		preempt_enable();
		errors += ret != 0;
	}
	return errors;
}

/* Nothing is lost, in one part that all feed or in several. */
static void test_threads_feed(struct kunit *test)
{
	static const struct ktap_agg agg = { .kind = KTAP_AGG_HIST };
	struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);
	u64 rounds = 4000 * KTAP_TEST_SCALE;
	struct env *env = test->priv;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, job);
	job->env = env;
	for (i = 0; i < 2; i++) {
		struct ktap_val_range ranges[8];
		struct ktap_stat_sum sum;
		u32 from = 0, nr;

		job->own = i;
		job->stat = create(env, &agg);
		KUNIT_EXPECT_EQ(test, test_threads(test, feed_much, job), 0ULL);
		sum = sum_of(env, job->stat);
		KUNIT_EXPECT_EQ(test, sum.count, TEST_THREADS * rounds);
		/* Of each thread one of -2^40 is twice that, and the number more. */
		KUNIT_EXPECT_EQ(test, sum.sum, -TEST_THREADS * (1LL << 40) +
				TEST_THREADS * (TEST_THREADS - 1) / 2);
		KUNIT_EXPECT_EQ(test, sum.min, -(1LL << 41));
		KUNIT_EXPECT_EQ(test, sum.max, 1LL << 40);
		/* 2^40, but for one in 4000 that is twice that. */
		KUNIT_EXPECT_GE(test, sum.stddev, 1LL << 40);
		KUNIT_EXPECT_LT(test, sum.stddev, (1LL << 40) + (1LL << 29));
		enter(env);
		nr = ktap_stat_ranges(&env->heap, job->stat, &from, ranges,
				      ARRAY_SIZE(ranges));
		leave(env);
		/* -2^41 is one below the others of the threads. */
		KUNIT_ASSERT_EQ(test, nr, 3U);
		KUNIT_EXPECT_EQ(test, ranges[0].range, -42);
		KUNIT_EXPECT_EQ(test, ranges[0].count, 1ULL);
		KUNIT_EXPECT_EQ(test, ranges[1].range, -41);
		KUNIT_EXPECT_EQ(test, ranges[1].count, TEST_THREADS * rounds / 2 - 1);
		KUNIT_EXPECT_EQ(test, ranges[2].range, 41);
		KUNIT_EXPECT_EQ(test, ranges[2].count, TEST_THREADS * rounds / 2);
	}
}

static struct kunit_case stat_cases[] = {
	KUNIT_CASE_PARAM(test_check, check_gen_params),
	KUNIT_CASE_PARAM(test_range, range_gen_params),
	KUNIT_CASE(test_ranges),
	KUNIT_CASE_PARAM(test_sum, sum_gen_params),
	KUNIT_CASE(test_definition),
	KUNIT_CASE(test_carry),
	KUNIT_CASE(test_life),
	KUNIT_CASE(test_threads_feed),
	{}
};

static struct kunit_suite stat_suite = {
	.name = "ktap_stat",
	.init = stat_init,
	.exit = stat_exit,
	.test_cases = stat_cases,
};

kunit_test_suite(stat_suite);
