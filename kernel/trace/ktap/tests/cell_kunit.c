// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of cells and of arithmetic
 */
#include <kunit/test.h>

#include "../tab.h"
#include "threads.h"

/**
 * struct env - what a test has
 * @heap: a heap of the least size
 * @local: a slot, whose pin is not in use
 */
struct env {
	struct ktap_heap heap;
	struct ktap_local local;
};

/* A section goes on with preemption off, so what fails in it is reported later. */
static void enter(struct env *env)
{
	preempt_disable();
	ktap_pin(&env->heap, env->local.pin);
}

static void leave(struct env *env)
{
	ktap_unpin(env->local.pin);
	preempt_enable();
}

static int cell_init(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	if (!env || ktap_heap_init(&env->heap, KTAP_HEAP_MIN, TEST_THREADS))
		return -ENOMEM;
	env->local.pin = &env->heap.pins[0].pin[0];
	test->priv = env;
	return 0;
}

static void cell_exit(struct kunit *test)
{
	struct env *env = test->priv;

	if (env)
		ktap_heap_destroy(&env->heap);
}

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
	{ "function", { .i = 12345, .type = KTAP_T_FUNC } },
	{ "empty string", { .str = &str_empty.str, .type = KTAP_T_STR }, true },
	{ "short string", { .str = &str_short.str, .type = KTAP_T_STR }, true },
	{ "string with NUL", { .str = &str_nul.str, .type = KTAP_T_STR }, true },
	{ "long string", { .str = &str_long.str, .type = KTAP_T_STR }, true },
	{ "compound key", { .str = &str_long.str, .type = KTAP_T_TUPLE }, true },
	{ "stack", { .str = &str_long.str, .type = KTAP_T_STACK }, true },
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
	make = ktap_cell_make(&env->heap, &env->local, &row->val, &word);
	set = ktap_cell_set(&env->heap, &env->local, &cell, word);
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
	case KTAP_T_FUNC:
		KUNIT_EXPECT_EQ(test, val.i, row->val.i);
		break;
	case KTAP_T_STR:
	case KTAP_T_TUPLE:
	case KTAP_T_STACK:
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
	set = ktap_cell_set(&env->heap, &env->local, &cell, KTAP_CELL_NIL);
	leave(env);
	KUNIT_EXPECT_EQ(test, read, ktap_has_bytes(&row->val) ? -ENOSPC : 0);
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
		if (ktap_cell_make(&env->heap, &env->local, val, &word) ||
		    ktap_cell_set(&env->heap, &env->local, &cell, word))
			failed++;
		leave(env);
	}
	KUNIT_EXPECT_EQ(test, failed, 0U);
}

/* Where a reference is in a word. */
static void test_cell_ref(struct kunit *test)
{
	const u64 refs[] = {
		ktap_ref(1, 0), ktap_ref(1, 1), ktap_ref(0xabc, 0x1234567),
		ktap_ref(BIT(KTAP_IDX_BITS) - 1, BIT(KTAP_GEN_BITS) - 1),
	};
	struct ktap_arena arena = {};
	struct env *env = test->priv;
	struct ktap_value val;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refs); i++) {
		u64 tab = ktap_cell_word(KTAP_CELL_TAB, refs[i]);
		u64 stat = ktap_cell_word(KTAP_CELL_STAT, refs[i]);

		KUNIT_EXPECT_EQ(test, (u32)ktap_cell_type(tab), (u32)KTAP_T_TAB);
		KUNIT_EXPECT_EQ(test, (u32)ktap_cell_type(stat), (u32)KTAP_T_STAT);
		KUNIT_EXPECT_EQ(test, ktap_cell_ref(tab), refs[i]);
		KUNIT_EXPECT_EQ(test, ktap_cell_ref(stat), refs[i]);
		enter(env);
		ktap_cell_read(&env->heap, &arena, tab, &val);
		leave(env);
		KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_TAB);
		KUNIT_EXPECT_EQ(test, val.ref, refs[i]);
		enter(env);
		ktap_cell_read(&env->heap, &arena, stat, &val);
		leave(env);
		KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_STAT);
		KUNIT_EXPECT_EQ(test, val.ref, refs[i]);
	}
}

/* A table that is gone is nil when it is stored. */
static void test_cell_gone(struct kunit *test)
{
	struct ktap_value val = { .ref = ktap_ref(7, 5), .type = KTAP_T_TAB };
	struct env *env = test->priv;
	u64 word = 1;
	int ret;

	enter(env);
	ret = ktap_cell_make(&env->heap, &env->local, &val, &word);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, word, (u64)KTAP_CELL_NIL);
}

static void test_cell_full(struct kunit *test)
{
	struct ktap_value val = { .str = &str_short.str, .type = KTAP_T_STR };
	struct env *env = test->priv;
	u64 word = 0;
	int ret;

	enter(env);
	while (ktap_heap_alloc(&env->heap, env->local.pin, 1))
		;
	ret = ktap_cell_make(&env->heap, &env->local, &val, &word);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
}

static void test_cell_dead(struct kunit *test)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct env *env = test->priv;
	int set, update, add;
	atomic64_t cell;

	atomic64_set(&cell, KTAP_CELL_DEAD);
	enter(env);
	set = ktap_cell_set(&env->heap, &env->local, &cell, KTAP_CELL_INT(1));
	update = ktap_cell_update(&env->heap, &cell, &upd);
	add = ktap_cell_add(&cell, 1);
	leave(env);
	KUNIT_EXPECT_EQ(test, set, -ESTALE);
	KUNIT_EXPECT_EQ(test, update, -ESTALE);
	KUNIT_EXPECT_EQ(test, add, -EAGAIN);
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
	ret = ktap_cell_make(&env->heap, &env->local, &val, &word);
	if (!ret)
		ret = ktap_cell_set(&env->heap, &env->local, &cell, word);
	while (!ret && (ret = ktap_cell_update(&env->heap, &cell, &upd)) == -ENOBUFS)
		ret = tries++ ? -EIO : ktap_update_spare(&env->heap, &env->local, &upd);
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
	atomic64_set(&cell, KTAP_CELL_INT(row->a));
	if (!ktap_cell_add(&cell, row->b))
		KUNIT_EXPECT_EQ(test, atomic64_read(&cell), (s64)KTAP_CELL_INT(row->res));
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
	{ "function", 5 << 8 | KTAP_CELL_FUNC, KTAP_T_FUNC },
	{ "statistic", 5 << 8 | KTAP_CELL_STAT, KTAP_T_STAT },
	{ "compound key", 5 << 8 | KTAP_CELL_TUPLE, KTAP_T_TUPLE },
	{ "stack", 5 << 8 | KTAP_CELL_STACK, KTAP_T_STACK },
	{ "string", 5 << 8 | KTAP_CELL_STR, KTAP_T_STR },
};

KUNIT_ARRAY_PARAM_DESC(type, type_rows, name);

static void test_update_type(struct kunit *test)
{
	const struct type_row *row = test->param_value;
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct env *env = test->priv;
	atomic64_t cell;
	int ret, add;

	atomic64_set(&cell, row->word);
	enter(env);
	ret = ktap_cell_update(&env->heap, &cell, &upd);
	add = ktap_cell_add(&cell, 1);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_EQ(test, add, -EAGAIN);
	KUNIT_EXPECT_EQ(test, (u32)upd.type, (u32)row->type);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&cell), row->word);
}

/* Threads that count in one cell, over the edge of 63 bits and back. */
struct counter {
	struct env *env;
	atomic64_t cell;
};

/* Not at all if there is no block, which is so while another thread stands still. */
static int count_one(struct counter *counter, struct ktap_local *local,
		     enum ktap_arith arith)
{
	struct ktap_update upd = { .arith = arith, .operand = 1 };
	struct ktap_heap *heap = &counter->env->heap;
	int ret;

	preempt_disable();
	ktap_pin(heap, local->pin);
	do {
		ret = ktap_cell_update(heap, &counter->cell, &upd);
		if (ret == -ENOBUFS)
			ret = ktap_update_spare(heap, local, &upd) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	ktap_update_done(heap, &upd);
	ktap_unpin(local->pin);
	preempt_enable();
	return ret;
}

static u64 count(void *arg, u32 nr)
{
	struct counter *counter = arg;
	struct ktap_local local = { .pin = &counter->env->heap.pins[nr].pin[3] };
	u32 rounds = 5000 * KTAP_TEST_SCALE;
	u32 tries = 100 * rounds;
	u64 errors = 0;
	u32 i;

	for (i = 0; i < rounds; i++) {
		int ret;

		while ((ret = count_one(counter, &local, i % 3 ? KTAP_A_ADD : KTAP_A_SUB)) ==
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
	atomic64_set(&counter->cell, KTAP_CELL_INT(from));
	KUNIT_EXPECT_EQ(test, test_threads(test, count, counter), 0ULL);

	enter(env);
	ktap_cell_read(&env->heap, &arena, atomic64_read(&counter->cell), &val);
	leave(env);
	KUNIT_EXPECT_EQ(test, val.i, from + (s64)TEST_THREADS *
			(rounds - 2 * DIV_ROUND_UP(rounds, 3)));
}

static struct kunit_case cell_cases[] = {
	KUNIT_CASE_PARAM(test_cell, cell_gen_params),
	KUNIT_CASE(test_cell_ref),
	KUNIT_CASE(test_cell_gone),
	KUNIT_CASE(test_cell_free),
	KUNIT_CASE(test_cell_full),
	KUNIT_CASE(test_cell_dead),
	KUNIT_CASE_PARAM(test_arith, arith_gen_params),
	KUNIT_CASE_PARAM(test_update_type, type_gen_params),
	KUNIT_CASE(test_count),
	{}
};

static struct kunit_suite cell_suite = {
	.name = "ktap_cell",
	.init = cell_init,
	.exit = cell_exit,
	.test_cases = cell_cases,
};

kunit_test_suite(cell_suite);
