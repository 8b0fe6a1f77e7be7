// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the heap
 */
#include <kunit/test.h>

#include "../heap.h"
#include "threads.h"

#define MAX_BLOCKS	(KTAP_HEAP_MIN / KTAP_UNIT)

/**
 * struct env - what a test has
 * @heap: a heap of the least size
 * @pin: a pin, not in use
 * @blocks: indices of blocks
 * @again: the same
 */
struct env {
	struct ktap_heap heap;
	u32 *pin;
	u32 blocks[MAX_BLOCKS];
	u32 again[MAX_BLOCKS];
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

static int heap_init(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	if (!env || ktap_heap_init(&env->heap, KTAP_HEAP_MIN, TEST_THREADS))
		return -ENOMEM;
	env->pin = &env->heap.pins[0].pin[0];
	test->priv = env;
	return 0;
}

static void heap_exit(struct kunit *test)
{
	struct env *env = test->priv;

	if (env)
		ktap_heap_destroy(&env->heap);
}

static void test_size(struct kunit *test)
{
	static const u64 sizes[] = {
		0, 1, KTAP_HEAP_MIN - 1, KTAP_HEAP_MAX + 1, U64_MAX,
	};
	struct ktap_heap heap = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ(test, ktap_heap_init(&heap, sizes[i], 1), -EINVAL);
	ktap_heap_destroy(&heap);
}

/* Take all there is in blocks of @size. Returns their number. */
static u32 take_all(struct env *env, u32 size, u32 *blocks, u32 max)
{
	u32 nr = 0, idx;

	enter(env);
	while (nr < max && (idx = ktap_heap_alloc(&env->heap, env->pin, size)))
		blocks[nr++] = idx;
	leave(env);
	return nr;
}

static void free_all(struct env *env, const u32 *blocks, u32 nr)
{
	enter(env);
	while (nr)
		ktap_heap_free(&env->heap, blocks[--nr]);
	leave(env);
}

static const struct class_row {
	const char *name;
	u32 size;
	u32 units;
} class_rows[] = {
	{ "1 byte", 1, 1 },
	{ "a unit", KTAP_UNIT, 1 },
	{ "a unit and a byte", KTAP_UNIT + 1, 2 },
	{ "two units", 2 * KTAP_UNIT, 2 },
	{ "three units", 3 * KTAP_UNIT, 4 },
	{ "1000 bytes", 1000, 16 },
	{ "a quarter", KTAP_HEAP_MIN / 4, MAX_BLOCKS / 4 },
};

KUNIT_ARRAY_PARAM_DESC(class, class_rows, name);

/* Blocks are as large as asked for, do not overlap, and come back. */
static void test_class(struct kunit *test)
{
	const struct class_row *row = test->param_value;
	struct env *env = test->priv;
	u32 *blocks = env->blocks, i, round, nr;
	/* Unit 0 is never handed out. */
	u32 most = (MAX_BLOCKS - 1) / row->units;

	for (round = 0; round < 3; round++) {
		nr = take_all(env, row->size, blocks, MAX_BLOCKS);
		KUNIT_ASSERT_EQ(test, nr, most);
		for (i = 0; i < nr; i++) {
			struct ktap_block *block = ktap_heap_block(&env->heap, blocks[i]);

			KUNIT_EXPECT_EQ(test, 1U << block->class, row->units);
			memset(block + 1, i, row->units * KTAP_UNIT - sizeof(*block));
		}
		for (i = 0; i < nr; i++) {
			const u8 *data = ktap_heap_block(&env->heap, blocks[i]);

			data += sizeof(struct ktap_block);
			KUNIT_EXPECT_EQ(test, data[0], (u8)i);
			KUNIT_EXPECT_EQ(test, data[row->size > 8 ? row->size - 9 : 0],
					(u8)i);
		}
		free_all(env, blocks, nr);
	}
}

/* Nothing is larger than the largest class. */
static void test_too_large(struct kunit *test)
{
	struct env *env = test->priv;
	static const size_t sizes[] = {
		KTAP_HEAP_MIN + 1, (size_t)KTAP_UNIT << (KTAP_HEAP_CLASSES - 1),
		((size_t)KTAP_UNIT << (KTAP_HEAP_CLASSES - 1)) + 1, SIZE_MAX / 2,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 idx;

		enter(env);
		idx = ktap_heap_alloc(&env->heap, env->pin, sizes[i]);
		leave(env);
		KUNIT_EXPECT_EQ(test, idx, 0U);
	}
}

/* Small blocks are taken from large ones when there is nothing else. */
static void test_split(struct kunit *test)
{
	struct env *env = test->priv;
	u32 *blocks = env->blocks, nr;

	nr = take_all(env, KTAP_HEAP_MIN / 4, blocks, MAX_BLOCKS);
	KUNIT_ASSERT_EQ(test, nr, 3U);
	free_all(env, blocks, nr);
	nr = take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS);
	KUNIT_EXPECT_EQ(test, nr, MAX_BLOCKS - 1);
	free_all(env, blocks, nr);
	nr = take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS);
	KUNIT_EXPECT_EQ(test, nr, MAX_BLOCKS - 1);
}

/* And large ones from small ones, in whatever order those were freed. */
static void test_join(struct kunit *test)
{
	static const u32 strides[] = { 1, 2, 7, 64, 101, 254 };
	struct env *env = test->priv;
	u32 *blocks = env->blocks, i, j, nr;

	for (i = 0; i < ARRAY_SIZE(strides); i++) {
		nr = take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS);
		KUNIT_ASSERT_EQ(test, nr, MAX_BLOCKS - 1);
		/* All of them, for strides and their number have no common divisor. */
		for (j = 0; j < nr; j++)
			env->again[j] = blocks[j * strides[i] % nr];
		free_all(env, env->again, nr);
		nr = take_all(env, KTAP_HEAP_MIN / 4, blocks, MAX_BLOCKS);
		KUNIT_EXPECT_EQ(test, nr, 3U);
		free_all(env, blocks, nr);
		/* And half of the heap, for nothing is on a boundary. */
		nr = take_all(env, KTAP_HEAP_MIN / 2, blocks, MAX_BLOCKS);
		KUNIT_EXPECT_EQ(test, nr, 1U);
		free_all(env, blocks, nr);
	}
}

/* What is in use stays as it is, and nothing is joined across it. */
static void test_join_around(struct kunit *test)
{
	struct env *env = test->priv;
	u32 *blocks = env->blocks, changed = 0, i, j, nr, large;

	nr = take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS);
	KUNIT_ASSERT_EQ(test, nr, MAX_BLOCKS - 1);
	/* Every eighth stays: between them are runs of seven units. */
	for (i = 0; i < nr; i++) {
		memset(ktap_heap_block(&env->heap, blocks[i]) + sizeof(struct ktap_block),
		       0x5a, KTAP_UNIT - sizeof(struct ktap_block));
		if (blocks[i] % 8)
			free_all(env, &blocks[i], 1);
	}
	KUNIT_EXPECT_EQ(test, take_all(env, 8 * KTAP_UNIT, env->again, MAX_BLOCKS), 0U);
	large = take_all(env, 4 * KTAP_UNIT, env->again, MAX_BLOCKS);
	KUNIT_EXPECT_EQ(test, large, (u32)MAX_BLOCKS / 8);
	for (i = 0; i < large; i++)
		memset(ktap_heap_block(&env->heap, env->again[i]) +
		       sizeof(struct ktap_block), 0xa5,
		       4 * KTAP_UNIT - sizeof(struct ktap_block));
	for (i = 0; i < nr; i++) {
		const u8 *data = ktap_heap_block(&env->heap, blocks[i]);

		for (j = sizeof(struct ktap_block); j < KTAP_UNIT; j++)
			changed += blocks[i] % 8 == 0 && data[j] != 0x5a;
	}
	KUNIT_EXPECT_EQ(test, changed, 0U);
	/* The other three of each seven. */
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, env->again, MAX_BLOCKS),
			3U * MAX_BLOCKS / 8);
}

/* Blocks of all sizes come and go, and large ones can be had each time. */
static void test_join_churn(struct kunit *test)
{
	u32 rounds = 200 * KTAP_TEST_SCALE, failed = 0, seed = 1, round, i;
	struct env *env = test->priv;
	u32 *blocks = env->blocks;

	for (round = 0; round < rounds; round++) {
		u32 nr = 0, large;

		enter(env);
		do {
			seed = seed * 1664525 + 1013904223;
			blocks[nr] = ktap_heap_alloc(&env->heap, env->pin,
						     KTAP_UNIT << (seed >> 29) % 6);
		} while (blocks[nr] && ++nr < MAX_BLOCKS);
		/* Not in the order in which they were taken. */
		for (i = 0; i < nr; i += 2)
			ktap_heap_free(&env->heap, blocks[i]);
		for (i = 1; i < nr; i += 2)
			ktap_heap_free(&env->heap, blocks[i]);
		large = ktap_heap_alloc(&env->heap, env->pin, KTAP_HEAP_MIN / 2);
		if (large)
			ktap_heap_free(&env->heap, large);
		leave(env);
		failed += !large;
	}
	KUNIT_EXPECT_EQ(test, failed, 0U);
}

/* What was freed is not handed out while a section of that time goes on. */
static void test_epoch(struct kunit *test)
{
	struct env *env = test->priv;
	u32 *reader = &env->heap.pins[1].pin[2];
	u32 blocks[MAX_BLOCKS], nr;

	nr = take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS);
	ktap_pin(&env->heap, reader);
	free_all(env, blocks, nr);
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS), 0U);
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS), 0U);
	ktap_unpin(reader);
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS), nr);
	free_all(env, blocks, nr);

	/* A section that begins after the block was freed is in the way of less. */
	ktap_pin(&env->heap, reader);
	ktap_unpin(reader);
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, blocks, MAX_BLOCKS), nr);
}

/* One at a time, over and over: never full, and nothing new is touched. */
static void test_churn(struct kunit *test)
{
	u32 rounds = 20000 * KTAP_TEST_SCALE, failed = 0, outside = 0, i;
	struct env *env = test->priv;

	for (i = 0; i < rounds; i++) {
		u32 size = i % 7 ? KTAP_UNIT : 3 * KTAP_UNIT;
		u32 idx;

		enter(env);
		idx = ktap_heap_alloc(&env->heap, env->pin, size);
		if (idx)
			ktap_heap_free(&env->heap, idx);
		leave(env);
		failed += !idx;
		outside += idx >= MAX_BLOCKS;
	}
	KUNIT_EXPECT_EQ(test, failed, 0U);
	KUNIT_EXPECT_EQ(test, outside, 0U);
	KUNIT_EXPECT_LE(test, (u32)atomic_read(&env->heap.bump), (u32)MAX_BLOCKS);
}

/* A reference is good for as long as the block is what it was. */
static void test_reference(struct kunit *test)
{
	struct env *env = test->priv;
	void *found, *other, *gone, *again;
	u64 ref, next;
	u32 idx;

	enter(env);
	idx = ktap_heap_alloc(&env->heap, env->pin, sizeof(struct ktap_object));
	ref = ktap_heap_publish(&env->heap, idx, KTAP_KIND_TAB);
	found = ktap_heap_find(&env->heap, KTAP_KIND_TAB, ref);
	other = ktap_heap_find(&env->heap, KTAP_KIND_STAT, ref);
	ktap_heap_free(&env->heap, idx);
	gone = ktap_heap_find(&env->heap, KTAP_KIND_TAB, ref);
	next = ktap_heap_publish(&env->heap, idx, KTAP_KIND_TAB);
	again = ktap_heap_find(&env->heap, KTAP_KIND_TAB, ref);
	leave(env);
	KUNIT_EXPECT_EQ(test, KTAP_REF_IDX(ref), idx);
	KUNIT_EXPECT_PTR_EQ(test, found, ktap_heap_block(&env->heap, idx));
	KUNIT_EXPECT_NULL(test, other);
	KUNIT_EXPECT_NULL(test, gone);
	KUNIT_EXPECT_NE(test, ref, next);
	KUNIT_EXPECT_NULL(test, again);
	KUNIT_EXPECT_NULL(test, ktap_heap_find(&env->heap, KTAP_KIND_TAB, 0));
}

/* Generations begin anew after the last one that has room, and none is 0. */
static void test_generation(struct kunit *test)
{
	struct env *env = test->priv;
	u64 last, first;
	u32 idx;

	enter(env);
	idx = ktap_heap_alloc(&env->heap, env->pin, sizeof(struct ktap_object));
	atomic_set(&env->heap.gen, BIT(KTAP_GEN_BITS) - 2);
	last = ktap_heap_publish(&env->heap, idx, KTAP_KIND_TAB);
	first = ktap_heap_publish(&env->heap, idx, KTAP_KIND_TAB);
	leave(env);
	KUNIT_EXPECT_EQ(test, KTAP_REF_GEN(last), (u32)BIT(KTAP_GEN_BITS) - 1);
	KUNIT_EXPECT_EQ(test, KTAP_REF_GEN(first), 1U);
}

/*
 * Threads take, fill, check and free blocks through the same lists. Two of them
 * share a slot of pointers, where one finds what the other one has unlinked: it
 * has to find it whole for as long as its section goes on.
 */
struct shared {
	struct env *env;
	atomic64_t slot[8];
};

struct filled {
	struct ktap_block block;
	u32 idx;
	u32 fill[13];
};

static bool filled_whole(const struct filled *blk)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(blk->fill); i++) {
		if (READ_ONCE(blk->fill[i]) != blk->idx * 16 + i)
			return false;
	}
	return true;
}

static u64 share_blocks(void *arg, u32 nr)
{
	struct shared *shared = arg;
	struct ktap_heap *heap = &shared->env->heap;
	u32 *pin = &heap->pins[nr].pin[0];
	u32 rounds = 3000 * KTAP_TEST_SCALE;
	u64 errors = 0;
	u32 round, i;

	for (round = 0; round < rounds; round++) {
		atomic64_t *slot = &shared->slot[(round * 5 + nr) % 8];
		struct filled *blk;
		u32 idx, old;

		preempt_disable();
		ktap_pin(heap, pin);
		idx = ktap_heap_alloc(heap, pin, sizeof(*blk));
		if (idx) {
			blk = ktap_heap_block(heap, idx);
			WRITE_ONCE(blk->idx, idx);
			for (i = 0; i < ARRAY_SIZE(blk->fill); i++)
				WRITE_ONCE(blk->fill[i], idx * 16 + i);
			old = atomic64_xchg(slot, idx);
			if (old) {
				blk = ktap_heap_block(heap, old);
				errors += READ_ONCE(blk->idx) != old || !filled_whole(blk);
				ktap_heap_free(heap, old);
			}
		}
		/* Not taken out: others may do that while it is looked at. */
		slot = &shared->slot[(round * 3 + nr) % 8];
		old = atomic64_read(slot);
		if (old) {
			blk = ktap_heap_block(heap, old);
			errors += READ_ONCE(blk->idx) != old;
			errors += !filled_whole(blk);
			errors += READ_ONCE(blk->idx) != old;
		}
		ktap_unpin(pin);
		preempt_enable();
	}
	return errors;
}

static void test_share(struct kunit *test)
{
	struct shared *shared = kunit_kzalloc(test, sizeof(*shared), GFP_KERNEL);
	struct env *env = test->priv;
	u32 idx, i;

	KUNIT_ASSERT_NOT_NULL(test, shared);
	shared->env = env;
	KUNIT_EXPECT_EQ(test, test_threads(test, share_blocks, shared), 0ULL);
	/* Nothing was lost. */
	for (i = 0; i < ARRAY_SIZE(shared->slot); i++) {
		idx = atomic64_read(&shared->slot[i]);
		if (idx)
			free_all(env, &idx, 1);
	}
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, env->blocks, MAX_BLOCKS),
			MAX_BLOCKS - 1);
}

/* Threads that each have blocks of their own of all sizes. */
static u64 own_blocks(void *arg, u32 nr)
{
	struct env *env = arg;
	struct ktap_heap *heap = &env->heap;
	u32 *pin = &heap->pins[nr].pin[1];
	u32 rounds = 3000 * KTAP_TEST_SCALE;
	u32 own[8] = {}, size[8] = {};
	u64 errors = 0;
	u32 round, i;

	for (round = 0; round < rounds; round++) {
		u32 at = (round * 7 + nr) % ARRAY_SIZE(own);

		preempt_disable();
		ktap_pin(heap, pin);
		if (own[at]) {
			const u8 *data = ktap_heap_block(heap, own[at]);

			for (i = sizeof(struct ktap_block); i < size[at]; i++)
				errors += data[i] != (u8)(nr * 8 + at);
			ktap_heap_free(heap, own[at]);
		}
		size[at] = 48U << (round + nr) % 4;
		own[at] = ktap_heap_alloc(heap, pin, size[at]);
		if (own[at])
			memset(ktap_heap_block(heap, own[at]) + sizeof(struct ktap_block),
			       nr * 8 + at, size[at] - sizeof(struct ktap_block));
		ktap_unpin(pin);
		preempt_enable();
	}
	preempt_disable();
	ktap_pin(heap, pin);
	for (i = 0; i < ARRAY_SIZE(own); i++) {
		if (own[i])
			ktap_heap_free(heap, own[i]);
	}
	ktap_unpin(pin);
	preempt_enable();
	return errors;
}

static void test_own(struct kunit *test)
{
	struct env *env = test->priv;

	KUNIT_EXPECT_EQ(test, test_threads(test, own_blocks, env), 0ULL);
	/* All is there again, in one piece. */
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_HEAP_MIN / 2, env->blocks, MAX_BLOCKS), 1U);
	KUNIT_EXPECT_EQ(test, take_all(env, KTAP_UNIT, env->blocks, MAX_BLOCKS),
			MAX_BLOCKS / 2 - 1);
}

static struct kunit_case heap_cases[] = {
	KUNIT_CASE(test_size),
	KUNIT_CASE_PARAM(test_class, class_gen_params),
	KUNIT_CASE(test_too_large),
	KUNIT_CASE(test_split),
	KUNIT_CASE(test_join),
	KUNIT_CASE(test_join_around),
	KUNIT_CASE(test_join_churn),
	KUNIT_CASE(test_epoch),
	KUNIT_CASE(test_churn),
	KUNIT_CASE(test_reference),
	KUNIT_CASE(test_generation),
	KUNIT_CASE(test_share),
	KUNIT_CASE(test_own),
	{}
};

static struct kunit_suite heap_suite = {
	.name = "ktap_heap",
	.init = heap_init,
	.exit = heap_exit,
	.test_cases = heap_cases,
};

kunit_test_suite(heap_suite);
