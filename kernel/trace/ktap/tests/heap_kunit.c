// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the heap, of cells and of arithmetic
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
	return errors;
}

static void test_own(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, test_threads(test, own_blocks, test->priv), 0ULL);
}

/*
 * Cells
 */

#define STR(name, text)							\
	static const struct {						\
		struct ktap_str str;					\
		char data[sizeof(text)];				\
	} name = { { sizeof(text) - 1, KTAP_STR_MADE }, text }

STR(str_empty, "");
STR(str_short, "abc");
STR(str_nul, "a\0b");
STR(str_long, "a text that is longer than what has room in a block of one unit");

static const struct cell_row {
	const char *name;
	struct ktap_value val;
	bool block;
} cell_rows[] = {
	{ "nil", { .type = KTAP_T_NIL } },
	{ "false", { .type = KTAP_T_FALSE } },
	{ "true", { .type = KTAP_T_TRUE } },
	{ "0", { .i = 0, .type = KTAP_T_INT } },
	{ "-1", { .i = -1, .type = KTAP_T_INT } },
	{ "most of 63 bits", { .i = S64_MAX / 2, .type = KTAP_T_INT } },
	{ "least of 63 bits", { .i = S64_MIN / 2, .type = KTAP_T_INT } },
	{ "least above 63 bits", { .i = S64_MAX / 2 + 1, .type = KTAP_T_INT }, true },
	{ "most below 63 bits", { .i = S64_MIN / 2 - 1, .type = KTAP_T_INT }, true },
	{ "most", { .i = S64_MAX, .type = KTAP_T_INT }, true },
	{ "least", { .i = S64_MIN, .type = KTAP_T_INT }, true },
	{ "table", { .tab = 12345, .type = KTAP_T_TAB } },
	{ "last table", { .tab = U32_MAX, .type = KTAP_T_TAB } },
	{ "empty string", { .str = &str_empty.str, .type = KTAP_T_STR }, true },
	{ "short string", { .str = &str_short.str, .type = KTAP_T_STR }, true },
	{ "string with NUL", { .str = &str_nul.str, .type = KTAP_T_STR }, true },
	{ "long string", { .str = &str_long.str, .type = KTAP_T_STR }, true },
};

KUNIT_ARRAY_PARAM_DESC(cell, cell_rows, name);

static void test_cell(struct kunit *test)
{
	const struct cell_row *row = test->param_value;
	char *room = kunit_kzalloc(test, 256, GFP_KERNEL);
	struct ktap_arena arena = { .half = { room, room }, .size = 256 };
	struct ktap_value val = { .type = KTAP_T_NR };
	struct env *env = test->priv;
	int bump = atomic_read(&env->heap.bump);
	int make, read, set;
	atomic64_t cell = {};
	u64 word = 0;

	KUNIT_ASSERT_NOT_NULL(test, room);
	enter(env);
	make = ktap_cell_make(&env->heap, env->pin, &row->val, &word);
	set = ktap_cell_set(&env->heap, &cell, word);
	read = ktap_cell_read(&env->heap, &arena, atomic64_read(&cell), &val);
	leave(env);
	KUNIT_EXPECT_EQ(test, make, 0);
	KUNIT_EXPECT_EQ(test, set, 0);
	KUNIT_EXPECT_EQ(test, read, 0);
	KUNIT_EXPECT_EQ(test, (u64)ktap_cell_type(word),
			row->val.type);
	KUNIT_EXPECT_EQ(test, atomic_read(&env->heap.bump) != bump, row->block);
	KUNIT_ASSERT_EQ(test, val.type, row->val.type);
	switch (val.type) {
	case KTAP_T_INT:
		KUNIT_EXPECT_EQ(test, val.i, row->val.i);
		break;
	case KTAP_T_TAB:
		KUNIT_EXPECT_EQ(test, val.tab, row->val.tab);
		break;
	case KTAP_T_STR:
		KUNIT_EXPECT_EQ(test, val.str->len, row->val.str->len);
		KUNIT_EXPECT_EQ(test, val.str->id, KTAP_STR_MADE);
		KUNIT_EXPECT_MEMEQ(test, val.str->data, row->val.str->data,
				   row->val.str->len + 1);
		break;
	}

	/* No room for a string; the value stays as it is. */
	arena.used = arena.size;
	val.type = KTAP_T_NR;
	enter(env);
	read = ktap_cell_read(&env->heap, &arena, atomic64_read(&cell), &val);
	set = ktap_cell_set(&env->heap, &cell, KTAP_CELL_NIL);
	leave(env);
	KUNIT_EXPECT_EQ(test, read, row->val.type == KTAP_T_STR ? -ENOSPC : 0);
	KUNIT_EXPECT_EQ(test, set, 0);
}

/* Setting a cell over and over gives back what was in it. */
static void test_cell_free(struct kunit *test)
{
	struct env *env = test->priv;
	u32 failed = 0, i;
	atomic64_t cell = {};
	u64 word;

	for (i = 0; i < 10000; i++) {
		const struct ktap_value *val = &cell_rows[i % ARRAY_SIZE(cell_rows)].val;

		enter(env);
		if (ktap_cell_make(&env->heap, env->pin, val, &word) ||
		    ktap_cell_set(&env->heap, &cell, word))
			failed++;
		leave(env);
	}
	KUNIT_EXPECT_EQ(test, failed, 0U);
}

static void test_cell_full(struct kunit *test)
{
	struct ktap_value val = { .str = &str_short.str, .type = KTAP_T_STR };
	struct env *env = test->priv;
	u64 word = 0;
	int ret;

	take_all(env, KTAP_UNIT, env->blocks, MAX_BLOCKS);
	enter(env);
	ret = ktap_cell_make(&env->heap, env->pin, &val, &word);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
}

#define INTEGER(i)	((u64)(i) << 1 | 1)

static void test_cell_dead(struct kunit *test)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct env *env = test->priv;
	int set, update;
	atomic64_t cell;
	bool add;

	atomic64_set(&cell, KTAP_CELL_DEAD);
	enter(env);
	set = ktap_cell_set(&env->heap, &cell, INTEGER(1));
	update = ktap_cell_update(&env->heap, &cell, &upd);
	add = ktap_cell_add(&cell, 1);
	leave(env);
	KUNIT_EXPECT_EQ(test, set, -ESTALE);
	KUNIT_EXPECT_EQ(test, update, -ESTALE);
	KUNIT_EXPECT_FALSE(test, add);
	KUNIT_EXPECT_EQ(test, atomic64_read(&cell), (s64)KTAP_CELL_DEAD);
}

#define BIG	(S64_MAX / 2)

static const struct arith_row {
	const char *name;
	enum ktap_arith arith;
	s64 a;
	s64 b;
	s64 res;
	int ret;
} arith_rows[] = {
	{ "2 + 3", KTAP_A_ADD, 2, 3, 5 },
	{ "MAX + 1", KTAP_A_ADD, S64_MAX, 1, S64_MIN },
	{ "MIN + -1", KTAP_A_ADD, S64_MIN, -1, S64_MAX },
	{ "BIG + 1", KTAP_A_ADD, BIG, 1, BIG + 1 },
	{ "BIG + 1 + -1", KTAP_A_ADD, BIG + 1, -1, BIG },
	{ "BIG + MAX", KTAP_A_ADD, BIG, S64_MAX, S64_MIN + BIG - 1 },
	{ "-BIG + MIN", KTAP_A_ADD, -BIG, S64_MIN, S64_MAX - BIG + 1 },
	{ "2 - 3", KTAP_A_SUB, 2, 3, -1 },
	{ "0 - MIN", KTAP_A_SUB, 0, S64_MIN, S64_MIN },
	{ "-BIG - 2", KTAP_A_SUB, -BIG, 2, -BIG - 2 },
	{ "-4 * 5", KTAP_A_MUL, -4, 5, -20 },
	{ "MAX * 2", KTAP_A_MUL, S64_MAX, 2, -2 },
	{ "MIN * -1", KTAP_A_MUL, S64_MIN, -1, S64_MIN },
	{ "7 / 2", KTAP_A_DIV, 7, 2, 3 },
	{ "-7 / 2", KTAP_A_DIV, -7, 2, -3 },
	{ "MIN / -1", KTAP_A_DIV, S64_MIN, -1, S64_MIN },
	{ "7 / -1", KTAP_A_DIV, 7, -1, -7 },
	{ "MIN / 1", KTAP_A_DIV, S64_MIN, 1, S64_MIN },
	{ "7 / 0", KTAP_A_DIV, 7, 0, 0, -EDOM },
	{ "7 % 4", KTAP_A_MOD, 7, 4, 3 },
	{ "-7 % 4", KTAP_A_MOD, -7, 4, -3 },
	{ "7 % -4", KTAP_A_MOD, 7, -4, 3 },
	{ "MIN % -1", KTAP_A_MOD, S64_MIN, -1, 0 },
	{ "7 % 0", KTAP_A_MOD, 7, 0, 0, -EDOM },
	{ "12 & 10", KTAP_A_AND, 12, 10, 8 },
	{ "12 | 10", KTAP_A_OR, 12, 10, 14 },
	{ "12 ^ 10", KTAP_A_XOR, 12, 10, 6 },
	{ "-1 ^ MAX", KTAP_A_XOR, -1, S64_MAX, S64_MIN },
	{ "1 << 62", KTAP_A_SHL, 1, 62, 1LL << 62 },
	{ "1 << 63", KTAP_A_SHL, 1, 63, S64_MIN },
	{ "1 << 64", KTAP_A_SHL, 1, 64, 1 },
	{ "1 << -1", KTAP_A_SHL, 1, -1, S64_MIN },
	{ "-8 >> 1", KTAP_A_SHR, -8, 1, -4 },
	{ "MIN >> 63", KTAP_A_SHR, S64_MIN, 63, -1 },
	{ "5 >> 64", KTAP_A_SHR, 5, 64, 5 },
};

KUNIT_ARRAY_PARAM_DESC(arith, arith_rows, name);

/* The same in registers and in a cell. */
static void test_arith(struct kunit *test)
{
	const struct arith_row *row = test->param_value;
	struct ktap_update upd = { .arith = row->arith, .operand = row->b };
	struct ktap_value val = { .i = row->a, .type = KTAP_T_INT };
	struct env *env = test->priv;
	struct ktap_arena arena = {};
	atomic64_t cell = {};
	u32 tries = 0;
	s64 res = 0;
	u64 word;
	int ret;

	KUNIT_EXPECT_EQ(test, ktap_arith(row->arith, row->a, row->b, &res), row->ret);
	if (!row->ret)
		KUNIT_EXPECT_EQ(test, res, row->res);

	enter(env);
	ret = ktap_cell_make(&env->heap, env->pin, &val, &word);
	if (!ret)
		ret = ktap_cell_set(&env->heap, &cell, word);
	while (!ret && (ret = ktap_cell_update(&env->heap, &cell, &upd)) == -ENOBUFS)
		ret = tries++ ? -EIO : ktap_update_spare(&env->heap, env->pin, &upd);
	ktap_update_done(&env->heap, &upd);
	ktap_cell_read(&env->heap, &arena, atomic64_read(&cell), &val);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, row->ret);
	KUNIT_EXPECT_EQ(test, tries, (u32)(!row->ret && !ktap_cell_fits(row->res)));
	KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_INT);
	KUNIT_EXPECT_EQ(test, val.i, row->ret ? row->a : row->res);

	/* The quick way does the same or nothing. */
	if (row->arith != KTAP_A_ADD || !ktap_cell_fits(row->a))
		return;
	atomic64_set(&cell, INTEGER(row->a));
	if (ktap_cell_add(&cell, row->b))
		KUNIT_EXPECT_EQ(test, atomic64_read(&cell), (s64)INTEGER(row->res));
	else
		KUNIT_EXPECT_TRUE(test, !ktap_cell_fits(row->b) ||
				  !ktap_cell_fits(row->res));
}

static const struct type_row {
	const char *name;
	u64 word;
	enum ktap_type type;
} type_rows[] = {
	{ "nil", KTAP_CELL_NIL, KTAP_T_NIL },
	{ "false", KTAP_CELL_FALSE, KTAP_T_FALSE },
	{ "true", KTAP_CELL_TRUE, KTAP_T_TRUE },
	{ "table", 5 << 8 | KTAP_CELL_TAB, KTAP_T_TAB },
	{ "string", 5 << 8 | KTAP_CELL_STR, KTAP_T_STR },
};

KUNIT_ARRAY_PARAM_DESC(type, type_rows, name);

static void test_update_type(struct kunit *test)
{
	const struct type_row *row = test->param_value;
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct env *env = test->priv;
	atomic64_t cell;
	bool add;
	int ret;

	atomic64_set(&cell, row->word);
	enter(env);
	ret = ktap_cell_update(&env->heap, &cell, &upd);
	add = ktap_cell_add(&cell, 1);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_FALSE(test, add);
	KUNIT_EXPECT_EQ(test, (u32)upd.type, (u32)row->type);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&cell), row->word);
}

/* Threads that count in one cell, over the edge of 63 bits and back. */
struct counter {
	struct env *env;
	atomic64_t cell;
};

/* Not at all if there is no block, which is so while another thread stands still. */
static int count_one(struct counter *counter, u32 *pin, enum ktap_arith arith)
{
	struct ktap_update upd = { .arith = arith, .operand = 1 };
	struct ktap_heap *heap = &counter->env->heap;
	int ret;

	preempt_disable();
	ktap_pin(heap, pin);
	do {
		ret = ktap_cell_update(heap, &counter->cell, &upd);
		if (ret == -ENOBUFS)
			ret = ktap_update_spare(heap, pin, &upd) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	ktap_update_done(heap, &upd);
	ktap_unpin(pin);
	preempt_enable();
	return ret;
}

static u64 count(void *arg, u32 nr)
{
	struct counter *counter = arg;
	u32 *pin = &counter->env->heap.pins[nr].pin[3];
	u32 rounds = 5000 * KTAP_TEST_SCALE;
	u32 tries = 100 * rounds;
	u64 errors = 0;
	u32 i;

	for (i = 0; i < rounds; i++) {
		int ret;

		while ((ret = count_one(counter, pin, i % 3 ? KTAP_A_ADD : KTAP_A_SUB)) ==
		       -ENOMEM && tries--)
			cond_resched();
		errors += ret != 0;
	}
	return errors;
}

static void test_count(struct kunit *test)
{
	struct counter *counter = kunit_kzalloc(test, sizeof(*counter), GFP_KERNEL);
	u32 rounds = 5000 * KTAP_TEST_SCALE;
	struct ktap_arena arena = {};
	struct env *env = test->priv;
	struct ktap_value val;
	s64 from;

	KUNIT_ASSERT_NOT_NULL(test, counter);
	counter->env = env;
	/* It comes over the edge when about half is done. */
	from = S64_MAX / 2 - TEST_THREADS * rounds / 6;
	atomic64_set(&counter->cell, INTEGER(from));
	KUNIT_EXPECT_EQ(test, test_threads(test, count, counter), 0ULL);

	enter(env);
	ktap_cell_read(&env->heap, &arena, atomic64_read(&counter->cell), &val);
	leave(env);
	KUNIT_EXPECT_EQ(test, val.i, from + (s64)TEST_THREADS *
			(rounds - 2 * DIV_ROUND_UP(rounds, 3)));
}

static struct kunit_case heap_cases[] = {
	KUNIT_CASE(test_size),
	KUNIT_CASE_PARAM(test_class, class_gen_params),
	KUNIT_CASE(test_too_large),
	KUNIT_CASE(test_split),
	KUNIT_CASE(test_epoch),
	KUNIT_CASE(test_churn),
	KUNIT_CASE(test_share),
	KUNIT_CASE(test_own),
	KUNIT_CASE_PARAM(test_cell, cell_gen_params),
	KUNIT_CASE(test_cell_free),
	KUNIT_CASE(test_cell_full),
	KUNIT_CASE(test_cell_dead),
	KUNIT_CASE_PARAM(test_arith, arith_gen_params),
	KUNIT_CASE_PARAM(test_update_type, type_gen_params),
	KUNIT_CASE(test_count),
	{}
};

static struct kunit_suite heap_suite = {
	.name = "ktap_heap",
	.init = heap_init,
	.exit = heap_exit,
	.test_cases = heap_cases,
};

kunit_test_suite(heap_suite);
