// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of tables
 */
#include <kunit/test.h>

#include "../tab.h"
#include "threads.h"

#define ARENA		4096

/**
 * struct env - what a test has
 * @heap: a heap of @size bytes
 * @tabs: tables in it
 * @arena: for strings
 * @local: a slot, whose pin is not in use
 * @tab: a table, which is not freed
 */
struct env {
	struct ktap_heap heap;
	struct ktap_tabs tabs;
	struct ktap_arena arena;
	struct ktap_local local;
	u64 tab;
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

static u64 new_tab(struct env *env, const struct ktap_agg *agg)
{
	u64 tab;

	enter(env);
	tab = ktap_tab_create(&env->tabs, &env->local, agg);
	leave(env);
	return tab;
}

static bool hold(struct env *env, u64 tab)
{
	bool held;

	enter(env);
	held = ktap_tab_hold(&env->tabs, tab);
	leave(env);
	return held;
}

static void unhold(struct env *env, u64 tab)
{
	enter(env);
	ktap_tab_unhold(&env->tabs, &env->local, tab);
	leave(env);
}

/* Free what nothing refers to, in small steps. */
static int reap(struct env *env)
{
	u32 bound = 1 << 20;
	int ret;

	do {
		enter(env);
		ret = ktap_tab_reap(&env->tabs, &env->local, 10);
		leave(env);
	} while (ret == -EAGAIN && --bound);
	return ret;
}

static int env_init(struct env *env, u32 size)
{
	int ret;

	ret = ktap_heap_init(&env->heap, size, TEST_THREADS);
	if (!ret)
		ret = ktap_tabs_init(&env->tabs, &env->heap);
	if (ret)
		return ret;
	env->local.pin = &env->heap.pins[0].pin[3];
	env->tab = new_tab(env, NULL);
	if (!hold(env, env->tab))
		return -ENOMEM;
	return reap(env);
}

static void env_destroy(struct env *env)
{
	ktap_tabs_destroy(&env->tabs);
	ktap_heap_destroy(&env->heap);
}

static int tab_init(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	if (!env || env_init(env, 256 << 10))
		return -ENOMEM;
	env->arena.half[0] = kunit_kzalloc(test, ARENA, GFP_KERNEL);
	env->arena.size = ARENA;
	test->priv = env;
	return env->arena.half[0] ? 0 : -ENOMEM;
}

static void tab_exit(struct kunit *test)
{
	if (test->priv)
		env_destroy(test->priv);
}

/*
 * One operation each
 */

static int set(struct env *env, u64 tab, const struct ktap_value *key,
	       const struct ktap_value *val)
{
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, key, &k);
	enter(env);
	ret = ktap_tab_set(&env->tabs, &env->local, &k, val);
	leave(env);
	return ret;
}

static int del(struct env *env, u64 tab, const struct ktap_value *key)
{
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, key, &k);
	enter(env);
	ret = ktap_tab_delete(&env->tabs, &env->local, &k);
	leave(env);
	return ret;
}

static struct ktap_value get(struct env *env, u64 tab, const struct ktap_value *key)
{
	struct ktap_value val = { .type = KTAP_T_NR };
	struct ktap_key k;

	ktap_tab_key(&env->tabs, tab, key, &k);
	env->arena.used = 0;
	enter(env);
	if (ktap_tab_get(&env->tabs, &k, &env->arena, &val))
		val.type = KTAP_T_NR;
	leave(env);
	return val;
}

static int update(struct env *env, u64 tab, const struct ktap_value *key,
		  struct ktap_update *upd)
{
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, key, &k);
	enter(env);
	ret = ktap_tab_update(&env->tabs, &env->local, &k, upd);
	leave(env);
	return ret;
}

static struct ktap_value integer(s64 i)
{
	return (struct ktap_value){ .i = i, .type = KTAP_T_INT };
}

static int set_int(struct env *env, s64 key, s64 i)
{
	struct ktap_value k = integer(key), val = integer(i);

	return set(env, env->tab, &k, &val);
}

static int del_int(struct env *env, s64 key)
{
	struct ktap_value k = integer(key);

	return del(env, env->tab, &k);
}

/* The integer of a key, or @none. */
static s64 get_int(struct env *env, s64 key, s64 none)
{
	struct ktap_value k = integer(key), val = get(env, env->tab, &k);

	return val.type == KTAP_T_INT ? val.i : none;
}

static u32 len_of(struct env *env, u64 tab)
{
	u32 len;

	enter(env);
	len = ktap_tab_len(&env->tabs, tab);
	leave(env);
	return len;
}

static u32 len(struct env *env)
{
	return len_of(env, env->tab);
}

static u32 drops(struct env *env)
{
	u32 drops;

	enter(env);
	drops = ktap_tab_drops(&env->tabs, env->tab);
	leave(env);
	return drops;
}

/* A string of @n bytes that begins with @i. */
static struct ktap_value string(struct kunit *test, u32 n, u32 i)
{
	struct ktap_str *str = kunit_kzalloc(test, ktap_str_size(n), GFP_KERNEL);
	struct ktap_value val = { .str = str, .type = KTAP_T_STR };

	KUNIT_ASSERT_NOT_NULL(test, str);
	str->len = n;
	str->id = KTAP_STR_MADE;
	memset(str->data, 'x', n);
	memcpy(str->data, &i, min_t(u32, n, sizeof(i)));
	return val;
}

/*
 * Keys and values
 */

/* All kinds of keys, which are told apart. */
static u32 all_keys(struct kunit *test, struct env *env, struct ktap_value *keys)
{
	static const u32 lens[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 40,
		63, 64, 65, 200, 1000,
	};
	static const s64 ints[] = { 0, 1, 2, -1, 256, S64_MAX, S64_MIN, 1LL << 32 };
	u32 nr = 0, i;

	for (i = 0; i < ARRAY_SIZE(ints); i++)
		keys[nr++] = integer(ints[i]);
	keys[nr++].type = KTAP_T_FALSE;
	keys[nr++].type = KTAP_T_TRUE;
	for (i = 0; i < 3; i++)
		keys[nr++] = (struct ktap_value){ .i = i, .type = KTAP_T_FUNC };
	keys[nr++] = (struct ktap_value){ .ref = env->tab, .type = KTAP_T_TAB };
	keys[nr++] = (struct ktap_value){ .ref = new_tab(env, NULL), .type = KTAP_T_TAB };
	/* A string with the same bytes as a compound key is another key. */
	keys[nr] = string(test, 32, 7);
	keys[nr++].type = KTAP_T_TUPLE;
	keys[nr++] = string(test, 32, 7);
	keys[nr] = string(test, 32, 8);
	keys[nr++].type = KTAP_T_TUPLE;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		keys[nr++] = string(test, lens[i], 0x07070707);
		/* The same but for the last byte, which is NUL. */
		if (!lens[i])
			continue;
		keys[nr] = string(test, lens[i], 0x07070707);
		((char *)keys[nr++].str->data)[lens[i] - 1] = '\0';
	}
	return nr;
}

#define MAX_KEYS	80

static void test_keys(struct kunit *test)
{
	struct ktap_value *keys = kunit_kcalloc(test, MAX_KEYS, sizeof(*keys), GFP_KERNEL);
	struct env *env = test->priv;
	u32 nr, i, j;
	u64 other;

	KUNIT_ASSERT_NOT_NULL(test, keys);
	nr = all_keys(test, env, keys);
	other = new_tab(env, NULL);
	for (i = 0; i < nr; i++) {
		struct ktap_value val = integer(i);

		KUNIT_EXPECT_EQ(test, get(env, env->tab, &keys[i]).type, (u64)KTAP_T_NIL);
		KUNIT_EXPECT_EQ(test, set(env, env->tab, &keys[i], &val), 0);
		KUNIT_EXPECT_EQ(test, len(env), i + 1);
		/* The other table has nothing of it. */
		KUNIT_EXPECT_EQ(test, get(env, other, &keys[i]).type, (u64)KTAP_T_NIL);
	}
	for (i = 0; i < nr; i++) {
		struct ktap_value val = get(env, env->tab, &keys[i]);

		KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_INT);
		KUNIT_EXPECT_EQ(test, val.i, (s64)i);
	}
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, del(env, env->tab, &keys[i]), 0);
		KUNIT_EXPECT_EQ(test, len(env), nr - i - 1);
		for (j = 0; j < nr; j++)
			KUNIT_EXPECT_EQ(test, get(env, env->tab, &keys[j]).type,
					(u64)(j <= i ? KTAP_T_NIL : KTAP_T_INT));
	}
}

/* Equal keys are the same key, wherever their bytes are and whatever follows. */
static void test_equal(struct kunit *test)
{
	struct ktap_value a = string(test, 13, 1), b = string(test, 13, 1);
	struct ktap_value one = integer(1);
	struct env *env = test->priv;

	/* Behind the NUL, within the word. */
	((char *)a.str->data)[14] = 'a';
	((char *)b.str->data)[14] = 'b';
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &a, &one), 0);
	KUNIT_EXPECT_EQ(test, get(env, env->tab, &b).type, (u64)KTAP_T_INT);
	KUNIT_EXPECT_EQ(test, del(env, env->tab, &b), 0);
	KUNIT_EXPECT_EQ(test, len(env), 0U);
}

static void test_values(struct kunit *test)
{
	struct ktap_value str = string(test, 300, 9), got;
	struct env *env = test->priv;
	const struct ktap_value vals[] = {
		integer(5), integer(S64_MAX), { .type = KTAP_T_TRUE },
		{ .type = KTAP_T_FALSE }, { .ref = env->tab, .type = KTAP_T_TAB },
		string(test, 0, 0), string(test, 5, 1), str,
	};
	struct ktap_value key = integer(1);
	u32 i, j;

	/* Each after each other one. */
	for (i = 0; i < ARRAY_SIZE(vals) * ARRAY_SIZE(vals); i++) {
		j = i % ARRAY_SIZE(vals);
		if (i % ARRAY_SIZE(vals) == 0)
			KUNIT_EXPECT_EQ(test, set(env, env->tab, &key,
						  &vals[i / ARRAY_SIZE(vals)]), 0);
		KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &vals[j]), 0);
		got = get(env, env->tab, &key);
		KUNIT_ASSERT_EQ(test, got.type, vals[j].type);
		if (got.type == KTAP_T_STR)
			KUNIT_EXPECT_TRUE(test, ktap_str_equal(got.str, vals[j].str));
		else if (got.type == KTAP_T_INT)
			KUNIT_EXPECT_EQ(test, got.i, vals[j].i);
		else if (got.type == KTAP_T_TAB)
			KUNIT_EXPECT_EQ(test, got.ref, vals[j].ref);
	}
	KUNIT_EXPECT_EQ(test, len(env), 1U);
}

/* No room for the string that is read. */
static void test_arena(struct kunit *test)
{
	struct ktap_value key = integer(1), str = string(test, 100, 1), val, k;
	struct env *env = test->priv;
	struct ktap_arena small = env->arena;
	struct ktap_key tab_key;
	s64 cursor, begin;
	int ret, next;

	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &str), 0);
	small.size = 64;
	ktap_tab_key(&env->tabs, env->tab, &key, &tab_key);
	enter(env);
	begin = ktap_tab_first(&env->tabs, env->tab);
	cursor = begin;
	ret = ktap_tab_get(&env->tabs, &tab_key, &small, &val);
	next = ktap_tab_next(&env->tabs, env->tab, &cursor, 1024, &small, &k, &val);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, -ENOSPC);
	KUNIT_EXPECT_EQ(test, next, -ENOSPC);
	KUNIT_EXPECT_EQ(test, cursor, begin);
}

/*
 * Updates
 */

static const struct update_row {
	const char *name;
	enum ktap_arith arith;
	s64 operand;
	s64 first;	/* what it makes of nothing */
	s64 second;	/* and of that */
	int ret;
} update_rows[] = {
	{ "+= 5", KTAP_A_ADD, 5, 5, 10 },
	{ "-= 5", KTAP_A_SUB, 5, -5, -10 },
	{ "*= 5", KTAP_A_MUL, 5, 0, 0 },
	{ "/= 5", KTAP_A_DIV, 5, 0, 0 },
	{ "/= 0", KTAP_A_DIV, 0, 0, 0, -EDOM },
	{ "%= 0", KTAP_A_MOD, 0, 0, 0, -EDOM },
	{ "|= 6", KTAP_A_OR, 6, 6, 6 },
	{ "^= 6", KTAP_A_XOR, 6, 6, 0 },
	{ "+= MAX", KTAP_A_ADD, S64_MAX, S64_MAX, -2 },
	{ "+= more than 62 bits", KTAP_A_ADD, S64_MAX / 2, S64_MAX / 2, S64_MAX - 1 },
	{ "-= MIN", KTAP_A_SUB, S64_MIN, S64_MIN, 0 },
};

KUNIT_ARRAY_PARAM_DESC(update, update_rows, name);

static void test_update(struct kunit *test)
{
	const struct update_row *row = test->param_value;
	struct ktap_update upd = { .arith = row->arith, .operand = row->operand };
	struct ktap_value key = integer(3);
	struct env *env = test->priv;

	KUNIT_EXPECT_EQ(test, update(env, env->tab, &key, &upd), row->ret);
	KUNIT_EXPECT_EQ(test, get_int(env, 3, -77), row->ret ? -77 : row->first);
	KUNIT_EXPECT_EQ(test, update(env, env->tab, &key, &upd), row->ret);
	KUNIT_EXPECT_EQ(test, get_int(env, 3, -77), row->ret ? -77 : row->second);
	KUNIT_EXPECT_EQ(test, len(env), row->ret ? 0U : 1U);
}

static bool tab_add(struct env *env, const struct ktap_value *key, s64 by)
{
	if (key->type == KTAP_T_INT)
		return !ktap_tab_add_int(&env->tabs, env->local.pin, env->tab, key->i, by);
	return !ktap_tab_add_bytes(&env->tabs, env->local.pin, env->tab, key, by);
}

/* A value that is not an integer is kept. */
static void test_update_type(struct kunit *test)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct env *env = test->priv;
	const struct ktap_value vals[] = {
		{ .type = KTAP_T_TRUE }, { .type = KTAP_T_FALSE },
		{ .ref = env->tab, .type = KTAP_T_TAB }, string(test, 5, 1),
	};
	struct ktap_value key = integer(3);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(vals); i++) {
		bool added;

		KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &vals[i]), 0);
		KUNIT_EXPECT_EQ(test, update(env, env->tab, &key, &upd), -EINVAL);
		KUNIT_EXPECT_EQ(test, (u64)upd.type, vals[i].type);
		preempt_disable();
		added = tab_add(env, &key, 1);
		preempt_enable();
		KUNIT_EXPECT_FALSE(test, added);
		KUNIT_EXPECT_EQ(test, get(env, env->tab, &key).type, vals[i].type);
	}
}

static void add_to(struct kunit *test, struct ktap_value key)
{
	struct ktap_value big = integer(S64_MAX / 2);
	struct env *env = test->priv;
	bool missing, there, over;

	preempt_disable();
	missing = tab_add(env, &key, 1);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, missing);
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &big), 0);
	preempt_disable();
	there = tab_add(env, &key, -5);
	over = tab_add(env, &key, 6);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, there);
	KUNIT_EXPECT_FALSE(test, over);
	KUNIT_EXPECT_EQ(test, get(env, env->tab, &key).i, S64_MAX / 2 - 5);
}

static void test_add(struct kunit *test)
{
	struct ktap_value stack = string(test, 24, 2);

	stack.type = KTAP_T_STACK;
	add_to(test, string(test, 16, 1));
	add_to(test, string(test, 13, 1));
	add_to(test, stack);
	/* The same bytes as another type of key. */
	add_to(test, string(test, 24, 2));
	add_to(test, integer(7));
}

/*
 * Memory
 */

/* A full heap: counted, harmless, and over when something is deleted. */
static void test_full(struct kunit *test)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct ktap_value key, str = string(test, 100, 1);
	struct env *env = test->priv;
	u32 nr = 0, more = 10, i;

	while (!set_int(env, nr, nr))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, env->heap.nr_units - 2);
	KUNIT_EXPECT_EQ(test, len(env), nr);
	KUNIT_EXPECT_EQ(test, drops(env), 1U);
	for (i = 1; i < more; i++)
		KUNIT_EXPECT_EQ(test, set_int(env, nr + i, 1), -ENOMEM);
	key = integer(nr);
	KUNIT_EXPECT_EQ(test, update(env, env->tab, &key, &upd), -ENOMEM);
	/* Also where the entry is there but the value needs room. */
	key = integer(0);
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &str), -ENOMEM);
	upd.operand = S64_MAX;
	key = integer(1);
	KUNIT_EXPECT_EQ(test, update(env, env->tab, &key, &upd), -ENOMEM);
	KUNIT_EXPECT_EQ(test, drops(env), more + 3);
	KUNIT_EXPECT_EQ(test, new_tab(env, NULL), 0ULL);

	/* All that was there is still there and can be changed. */
	KUNIT_EXPECT_EQ(test, len(env), nr);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, get_int(env, i, -1), (s64)i);
		KUNIT_ASSERT_EQ(test, set_int(env, i, i + 1), 0);
	}
	KUNIT_EXPECT_EQ(test, del_int(env, 17), 0);
	KUNIT_EXPECT_EQ(test, set_int(env, nr, 1), 0);
	KUNIT_EXPECT_EQ(test, set_int(env, nr + 1, 1), -ENOMEM);
}

/* Distinct keys that come and go through a heap of 4096 units. */
static void test_churn(struct kunit *test)
{
	u32 rounds = 200000 * KTAP_TEST_SCALE, failed = 0, i;
	struct env *env = test->priv;
	u32 stay = 10;

	for (i = 0; i < stay; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, -1 - (s64)i, i), 0);
	for (i = 0; i < rounds; i++) {
		if (set_int(env, i, i) || get_int(env, i, -1) != i || del_int(env, i))
			failed++;
		if (i % 65536 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, failed, 0U);
	KUNIT_EXPECT_EQ(test, len(env), stay);
	KUNIT_EXPECT_EQ(test, drops(env), 0U);
	KUNIT_EXPECT_LE(test, (u32)atomic_read(&env->heap.bump), env->heap.nr_units);
	for (i = 0; i < stay; i++)
		KUNIT_EXPECT_EQ(test, get_int(env, -1 - (s64)i, -1), (s64)i);
	/* And nothing was lost on the way. */
	for (i = 0; !set_int(env, i, i); i++)
		;
	KUNIT_EXPECT_EQ(test, i, env->heap.nr_units - 2 - stay);
}

/* The same with string keys and string values. */
static void test_churn_strings(struct kunit *test)
{
	u32 rounds = 20000 * KTAP_TEST_SCALE, failed = 0, i;
	struct ktap_value key = string(test, 100, 0), val = string(test, 20, 0);
	struct env *env = test->priv;

	for (i = 0; i < rounds; i++) {
		memcpy((char *)key.str->data, &i, sizeof(i));
		memcpy((char *)val.str->data, &i, sizeof(i));
		if (set(env, env->tab, &key, &val) || set(env, env->tab, &key, &val) ||
		    del(env, env->tab, &key))
			failed++;
	}
	KUNIT_EXPECT_EQ(test, failed, 0U);
	KUNIT_EXPECT_EQ(test, len(env), 0U);
}

/*
 * Going through a table
 */

static s64 first(struct env *env, u64 tab)
{
	s64 cursor;

	enter(env);
	cursor = ktap_tab_first(&env->tabs, tab);
	leave(env);
	return cursor;
}

static int next(struct env *env, u64 tab, s64 *cursor, u32 steps,
		struct ktap_value *key, struct ktap_value *val)
{
	int ret;

	env->arena.used = 0;
	enter(env);
	ret = ktap_tab_next(&env->tabs, tab, cursor, steps, &env->arena, key, val);
	leave(env);
	return ret;
}

/* The integer that is the next key, or @none at the end; in small steps. */
static s64 next_int(struct env *env, s64 *cursor, u32 steps, s64 none)
{
	struct ktap_value key, val;
	u32 bound = 1 << 20;
	int ret;

	do {
		ret = next(env, env->tab, cursor, steps, &key, &val);
	} while (ret == -EAGAIN && --bound);
	return ret || key.type != KTAP_T_INT || val.type != KTAP_T_INT ? none : key.i;
}

/* The key that is inserted as number @i of @nr, in no order of their own. */
static s64 mixed(u32 i, u32 nr)
{
	return i * 7919 % nr;
}

/* Each key once, in the order in which they were inserted. */
static void test_next(struct kunit *test)
{
	static const u32 steps[] = { 1, 7, 1024, 1 << 20 };
	struct env *env = test->priv;
	u64 other = new_tab(env, NULL);
	u32 nr = 500, i, j;
	s64 cursor;

	for (i = 0; i < nr; i++) {
		struct ktap_value key = integer(i), val = integer(i);

		KUNIT_ASSERT_EQ(test, set_int(env, mixed(i, nr), i), 0);
		if (i % 3 == 0)
			KUNIT_ASSERT_EQ(test, set(env, other, &key, &val), 0);
	}
	/* A new value changes nothing in the order. */
	KUNIT_ASSERT_EQ(test, set_int(env, mixed(1, nr), 1), 0);
	for (j = 0; j < ARRAY_SIZE(steps); j++) {
		cursor = first(env, env->tab);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_EQ(test, next_int(env, &cursor, steps[j], -1),
					mixed(i, nr));
		KUNIT_EXPECT_EQ(test, next_int(env, &cursor, steps[j], -1), -1LL);
	}
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, del_int(env, i), 0);
	cursor = first(env, env->tab);
	KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 64, -1), -1LL);
}

static void test_next_keys(struct kunit *test)
{
	struct ktap_value *keys = kunit_kcalloc(test, MAX_KEYS, sizeof(*keys), GFP_KERNEL);
	struct env *env = test->priv;
	struct ktap_value key, val;
	u32 nr, i;
	s64 cursor;

	KUNIT_ASSERT_NOT_NULL(test, keys);
	nr = all_keys(test, env, keys);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, set(env, env->tab, &keys[i], &keys[i]), 0);
	cursor = first(env, env->tab);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, next(env, env->tab, &cursor, 1, &key, &val), 0);
		KUNIT_ASSERT_EQ(test, key.type, keys[i].type);
		KUNIT_ASSERT_EQ(test, val.type, keys[i].type);
		switch (key.type) {
		case KTAP_T_STR:
		case KTAP_T_TUPLE:
			KUNIT_EXPECT_TRUE(test, ktap_str_equal(key.str, keys[i].str));
			KUNIT_EXPECT_TRUE(test, ktap_str_equal(val.str, keys[i].str));
			break;
		case KTAP_T_INT:
		case KTAP_T_TAB:
		case KTAP_T_FUNC:
			KUNIT_EXPECT_EQ(test, key.i, keys[i].i);
			KUNIT_EXPECT_EQ(test, val.i, keys[i].i);
			break;
		}
	}
	KUNIT_EXPECT_EQ(test, next(env, env->tab, &cursor, 1, &key, &val), -ENOENT);
}

/* What is deleted on the way: which key, by the distance from the present one. */
static const struct way_row {
	const char *name;
	s64 distance;
	u32 seen;	/* keys of 100 */
} way_rows[] = {
	{ "the present one", 0, 100 },
	{ "the next one", 1, 50 },
	{ "the one after the next", 2, 50 },
	{ "the one before", -1, 100 },
	{ "the second before", -2, 100 },
};

KUNIT_ARRAY_PARAM_DESC(way, way_rows, name);

static void test_next_delete(struct kunit *test)
{
	const struct way_row *row = test->param_value;
	struct env *env = test->priv;
	u32 seen = 0, steps, i;
	s64 cursor, key, last;

	for (steps = 1; steps <= 64; steps *= 8) {
		seen = 0;
		for (i = 0; i < 100; i++)
			KUNIT_ASSERT_EQ(test, set_int(env, i, i), 0);
		cursor = first(env, env->tab);
		last = -1;
		while ((key = next_int(env, &cursor, steps, -1)) != -1) {
			KUNIT_ASSERT_LT(test, last, key);
			last = key;
			seen++;
			KUNIT_ASSERT_EQ(test, del_int(env, key + row->distance), 0);
		}
		KUNIT_EXPECT_EQ(test, seen, row->seen);
		for (i = 0; i < 100; i++)
			KUNIT_ASSERT_EQ(test, del_int(env, i), 0);
		KUNIT_EXPECT_EQ(test, len(env), 0U);
	}
}

/* What is inserted on the way comes at the end, and behind the end as well. */
static void test_next_insert(struct kunit *test)
{
	struct env *env = test->priv;
	s64 cursor, i;

	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, i, i), 0);
	cursor = first(env, env->tab);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 8, -1), i);
		if (i < 10)
			KUNIT_ASSERT_EQ(test, set_int(env, i + 10, 0), 0);
	}
	KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 8, -1), -1LL);
	/* Deleted and inserted again it is a new one. */
	KUNIT_ASSERT_EQ(test, del_int(env, 3), 0);
	KUNIT_ASSERT_EQ(test, set_int(env, 3, 0), 0);
	KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 8, -1), 3LL);
	/* Also when the one that the cursor stands on is the last and goes. */
	KUNIT_ASSERT_EQ(test, del_int(env, 3), 0);
	KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 8, -1), -1LL);
	KUNIT_ASSERT_EQ(test, set_int(env, 4711, 0), 0);
	KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 8, -1), 4711LL);
}

/* Sequence numbers that wrap. */
static void test_next_wrap(struct kunit *test)
{
	struct env *env = test->priv;
	struct ktap_tab *tab = ktap_heap_block(&env->heap, KTAP_REF_IDX(env->tab));
	s64 cursor, i;

	tab->seq = U32_MAX - 3;
	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, i, i), 0);
	KUNIT_EXPECT_EQ(test, tab->seq, 6U);
	cursor = first(env, env->tab);
	for (i = 0; i < 10; i += 2) {
		KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 1, -1), i);
		KUNIT_ASSERT_EQ(test, del_int(env, i + 1), 0);
	}
	KUNIT_EXPECT_EQ(test, next_int(env, &cursor, 1, -1), -1LL);
}

/*
 * A cursor is any number: a program may have it from elsewhere. Nothing of other
 * tables comes of it, and nothing of what only looks like an entry.
 */
static void test_cursor(struct kunit *test)
{
	struct ktap_value one = integer(1), str = string(test, 120, 0), key, val;
	static const u32 seqs[] = { 0, 1, 2, 3, 1000, U32_MAX / 2, U32_MAX };
	struct env *env = test->priv;
	u64 other = new_tab(env, NULL);
	struct ktap_entry *fake;
	u32 idx, i, bad = 0;

	KUNIT_ASSERT_EQ(test, set_int(env, 1, 1), 0);
	KUNIT_ASSERT_EQ(test, set_int(env, 2, 2), 0);
	key = integer(7);
	KUNIT_ASSERT_EQ(test, set(env, other, &key, &one), 0);
	/* A string whose second unit could be an entry of the table. */
	fake = (struct ktap_entry *)(str.str->data + KTAP_UNIT -
				     sizeof(struct ktap_strblock));
	fake->tab = env->tab | KTAP_T_INT;
	fake->ident = KTAP_IDENT(0, 8, KTAP_T_INT);
	fake->after = 0;
	fake->seq = 1;
	KUNIT_ASSERT_EQ(test, set(env, other, &one, &str), 0);

	for (idx = 0; idx < env->heap.nr_units + 2; idx++) {
		for (i = 0; i < ARRAY_SIZE(seqs); i++) {
			s64 cursor = (u64)seqs[i] << 32 | idx;
			int ret;

			ret = next(env, env->tab, &cursor, 1024, &key, &val);
			if (ret ? ret != -ENOENT : key.i != 1 && key.i != 2)
				bad++;
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
	for (i = 0; i < 64; i++) {
		s64 cursor = 1LL << i;

		if (next(env, env->tab, &cursor, 1024, &key, &val) == 0)
			KUNIT_EXPECT_LE(test, key.i, 2LL);
	}
}

static void test_items(struct kunit *test)
{
	struct ktap_item *items = kunit_kcalloc(test, 100, sizeof(*items), GFP_KERNEL);
	struct env *env = test->priv;
	struct ktap_value key, val;
	s64 cursor, i;
	u32 nr = 0, n;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, items);
	for (i = 0; i < 90; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, i, 2 * i), 0);
	cursor = first(env, env->tab);
	do {
		enter(env);
		n = ktap_tab_items(&env->tabs, env->tab, &cursor, items + nr,
				   min(7U, 100 - nr));
		leave(env);
		nr += n;
	} while (n);
	KUNIT_ASSERT_EQ(test, nr, 90U);
	for (i = 0; i < 90; i++)
		KUNIT_EXPECT_EQ(test, items[i].word, KTAP_CELL_INT(2 * i));

	/* One gone, one gone and come again, one with a new value. */
	KUNIT_ASSERT_EQ(test, del_int(env, 10), 0);
	KUNIT_ASSERT_EQ(test, del_int(env, 20), 0);
	KUNIT_ASSERT_EQ(test, set_int(env, 20, 1), 0);
	KUNIT_ASSERT_EQ(test, set_int(env, 30, 4711), 0);
	for (i = 0; i < 90; i++) {
		enter(env);
		ret = ktap_tab_item(&env->tabs, env->tab, &items[i], &env->arena, &key,
				    &val);
		leave(env);
		KUNIT_ASSERT_EQ(test, ret, i == 10 || i == 20 ? -ENOENT : 0);
		if (ret)
			continue;
		KUNIT_EXPECT_EQ(test, key.i, i);
		KUNIT_EXPECT_EQ(test, val.i, i == 30 ? 4711 : 2 * i);
	}
}

static int clear(struct env *env, u64 tab, u32 steps, u32 *calls)
{
	int ret;

	do {
		enter(env);
		ret = ktap_tab_clear(&env->tabs, &env->local, tab, steps);
		leave(env);
	} while (ret == -EAGAIN && ++*calls < 1000);
	return ret;
}

static void test_clear(struct kunit *test)
{
	struct ktap_value key = integer(5), one = integer(1);
	struct env *env = test->priv;
	u64 other = new_tab(env, NULL);
	u32 calls = 0, i;

	KUNIT_ASSERT_EQ(test, set(env, other, &key, &one), 0);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, i, i), 0);
	KUNIT_EXPECT_EQ(test, clear(env, env->tab, 100, &calls), 0);
	KUNIT_EXPECT_EQ(test, calls, 9U);
	KUNIT_EXPECT_EQ(test, len(env), 0U);
	KUNIT_EXPECT_EQ(test, get_int(env, 5, -1), -1LL);
	KUNIT_EXPECT_EQ(test, len_of(env, other), 1U);
	KUNIT_EXPECT_EQ(test, get(env, other, &key).type, (u64)KTAP_T_INT);
	/* It is as good as new. */
	KUNIT_EXPECT_EQ(test, set_int(env, 5, 6), 0);
	KUNIT_EXPECT_EQ(test, get_int(env, 5, -1), 6LL);
}

/*
 * The life of a table
 */

/* Units of memory that can be had. */
static u32 units_free(struct env *env)
{
	struct ktap_block *block;
	u32 head = 0, nr = 0, idx;

	enter(env);
	while ((idx = ktap_heap_alloc(&env->heap, env->local.pin, 1))) {
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

static struct ktap_value table(u64 ref)
{
	return (struct ktap_value){ .ref = ref, .type = KTAP_T_TAB };
}

/* A table that is gone is empty, and nothing can be done with it. */
static void expect_gone(struct kunit *test, u64 tab)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct ktap_value key = integer(1), val = integer(2), t = table(tab);
	struct env *env = test->priv;
	enum ktap_type type;
	s64 cursor = first(env, tab);
	struct ktap_agg agg;
	struct ktap_key k;
	int feed, feed_all, zero;
	u32 calls = 0;
	bool has_agg;
	u64 stat;

	KUNIT_EXPECT_EQ(test, get(env, tab, &key).type, (u64)KTAP_T_NIL);
	KUNIT_EXPECT_EQ(test, set(env, tab, &key, &val), -ENOENT);
	KUNIT_EXPECT_EQ(test, update(env, tab, &key, &upd), -ENOENT);
	KUNIT_EXPECT_EQ(test, del(env, tab, &key), 0);
	KUNIT_EXPECT_EQ(test, len_of(env, tab), 0U);
	KUNIT_EXPECT_EQ(test, next(env, tab, &cursor, 10, &key, &val), -ENOENT);
	KUNIT_EXPECT_EQ(test, clear(env, tab, 10, &calls), 0);
	KUNIT_EXPECT_FALSE(test, hold(env, tab));
	/* Nor can it be a key, and as a value it is nil. */
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &t, &val), -ENOENT);
	KUNIT_EXPECT_EQ(test, get(env, env->tab, &t).type, (u64)KTAP_T_NIL);
	key = integer(0x600e);
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &val), 0);
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &t), 0);
	KUNIT_EXPECT_EQ(test, get(env, env->tab, &key).type, (u64)KTAP_T_NIL);

	ktap_tab_key(&env->tabs, tab, &key, &k);
	enter(env);
	feed = ktap_tab_feed(&env->tabs, &env->local, &k, 1, &type);
	feed_all = ktap_tab_feed_all(&env->tabs, &env->local, tab, 1);
	zero = ktap_tab_zero(&env->tabs, tab, &cursor, 10);
	stat = ktap_tab_stat(&env->tabs, tab);
	has_agg = ktap_tab_agg(&env->tabs, tab, &agg);
	leave(env);
	KUNIT_EXPECT_EQ(test, feed, -ENOENT);
	KUNIT_EXPECT_EQ(test, feed_all, -ENOENT);
	KUNIT_EXPECT_EQ(test, zero, 0);
	KUNIT_EXPECT_EQ(test, stat, 0ULL);
	KUNIT_EXPECT_FALSE(test, has_agg);
}

static void test_gone(struct kunit *test)
{
	struct ktap_value key = integer(1), val = integer(2);
	struct env *env = test->priv;
	u32 units = units_free(env), bound = 1 << 20;
	u64 tab = new_tab(env, NULL), again;

	KUNIT_EXPECT_EQ(test, set(env, tab, &key, &val), 0);
	KUNIT_EXPECT_EQ(test, get(env, tab, &key).i, 2LL);
	KUNIT_EXPECT_EQ(test, env->local.nr_zero, 1U);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, env->local.nr_zero, 0U);
	expect_gone(test, tab);
	KUNIT_EXPECT_EQ(test, units_free(env), units);

	/* Nor when another one is in its place. */
	do {
		KUNIT_ASSERT_EQ(test, reap(env), 0);
		again = new_tab(env, NULL);
		KUNIT_ASSERT_NE(test, again, 0ULL);
	} while (KTAP_REF_IDX(again) != KTAP_REF_IDX(tab) && --bound);
	KUNIT_ASSERT_NE(test, bound, 0U);
	KUNIT_ASSERT_EQ(test, set(env, again, &key, &val), 0);
	KUNIT_EXPECT_NE(test, again, tab);
	expect_gone(test, tab);
	KUNIT_EXPECT_EQ(test, get(env, again, &key).i, 2LL);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
	expect_gone(test, 0);
}

/* Ways of having a table. */
enum way {
	WAY_HOLD,
	WAY_VALUE,
	WAY_KEY,
	WAY_GLOBAL,
	WAY_NR
};

static int have(struct env *env, enum way way, u64 tab, atomic64_t *global)
{
	struct ktap_value key = integer(1), t = table(tab);
	u64 word;
	int ret;

	switch (way) {
	case WAY_HOLD:
		return hold(env, tab) ? 0 : -ENOENT;
	case WAY_VALUE:
		return set(env, env->tab, &key, &t);
	case WAY_KEY:
		return set(env, env->tab, &t, &key);
	default:
		enter(env);
		ret = ktap_cell_make(&env->heap, &env->local, &t, &word);
		if (!ret)
			ret = ktap_cell_set(&env->heap, &env->local, global, word);
		leave(env);
		return ret;
	}
}

static int have_no_more(struct env *env, enum way way, u64 tab, atomic64_t *global)
{
	struct ktap_value key = integer(1), t = table(tab), other = { .type = KTAP_T_TRUE };
	int ret;

	switch (way) {
	case WAY_HOLD:
		unhold(env, tab);
		return 0;
	case WAY_VALUE:
		return set(env, env->tab, &key, &other);
	case WAY_KEY:
		return del(env, env->tab, &t);
	default:
		enter(env);
		ret = ktap_cell_set(&env->heap, &env->local, global, KTAP_CELL_NIL);
		leave(env);
		return ret;
	}
}

/* A table is there for as long as anything has it. */
static void test_references(struct kunit *test)
{
	struct ktap_value key = integer(1), val = integer(2);
	struct env *env = test->priv;
	enum way a, b;

	for (a = 0; a < WAY_NR; a++) {
		for (b = 0; b < WAY_NR; b++) {
			atomic64_t global = {}, other = {};
			u64 tab = new_tab(env, NULL);
			u32 calls = 0;

			KUNIT_ASSERT_EQ(test, set(env, tab, &key, &val), 0);
			KUNIT_ASSERT_EQ(test, have(env, a, tab, &global), 0);
			KUNIT_ASSERT_EQ(test, reap(env), 0);
			KUNIT_ASSERT_EQ(test, get(env, tab, &key).i, 2LL);
			if (b != a || b == WAY_HOLD || b == WAY_GLOBAL) {
				KUNIT_ASSERT_EQ(test, have(env, b, tab, &other), 0);
				KUNIT_ASSERT_EQ(test, have_no_more(env, a, tab, &global), 0);
				KUNIT_ASSERT_EQ(test, reap(env), 0);
				KUNIT_ASSERT_EQ(test, get(env, tab, &key).i, 2LL);
				KUNIT_ASSERT_EQ(test, have_no_more(env, b, tab, &other), 0);
			} else {
				KUNIT_ASSERT_EQ(test, have_no_more(env, a, tab, &global), 0);
			}
			KUNIT_EXPECT_EQ(test, env->local.nr_zero, 1U);
			KUNIT_ASSERT_EQ(test, reap(env), 0);
			expect_gone(test, tab);
			KUNIT_ASSERT_EQ(test, clear(env, env->tab, 10, &calls), 0);
		}
	}
}

/* Tables in tables, as values and as keys, go when the outermost one does. */
static void test_nested(struct kunit *test)
{
	struct ktap_value key = integer(1), str = string(test, 30, 1);
	struct env *env = test->priv;
	u32 units = units_free(env), i;
	u64 outer = new_tab(env, NULL), tab = outer;

	for (i = 0; i < 300; i++) {
		struct ktap_value inner = table(new_tab(env, NULL));

		KUNIT_ASSERT_NE(test, inner.ref, 0ULL);
		KUNIT_ASSERT_EQ(test, set(env, tab, &str, &str), 0);
		if (i % 2)
			KUNIT_ASSERT_EQ(test, set(env, tab, &key, &inner), 0);
		else
			KUNIT_ASSERT_EQ(test, set(env, tab, &inner, &key), 0);
		tab = inner.ref;
	}
	KUNIT_ASSERT_TRUE(test, hold(env, outer));
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, set(env, tab, &key, &key), 0);
	unhold(env, outer);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	expect_gone(test, outer);
	expect_gone(test, tab);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/* What names itself stays, and does no harm. */
static void test_ring(struct kunit *test)
{
	struct env *env = test->priv;
	struct ktap_value a = table(new_tab(env, NULL)), b = table(new_tab(env, NULL));
	struct ktap_value key = integer(1);

	KUNIT_EXPECT_EQ(test, set(env, a.ref, &key, &b), 0);
	KUNIT_EXPECT_EQ(test, set(env, b.ref, &key, &a), 0);
	KUNIT_EXPECT_EQ(test, set(env, a.ref, &a, &a), 0);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, get(env, a.ref, &key).ref, b.ref);
	/* Until it is taken apart. */
	KUNIT_EXPECT_EQ(test, del(env, a.ref, &a), 0);
	KUNIT_EXPECT_EQ(test, del(env, b.ref, &key), 0);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	expect_gone(test, a.ref);
	expect_gone(test, b.ref);
}

/* A large table is freed bit by bit, and nobody can insert meanwhile. */
static void test_reap_steps(struct kunit *test)
{
	struct ktap_value val = integer(2);
	struct env *env = test->priv;
	u32 units = units_free(env), calls = 0, i;
	u64 tab = new_tab(env, NULL);
	int ret;

	for (i = 0; i < 1000; i++) {
		struct ktap_value key = integer(i);

		KUNIT_ASSERT_EQ(test, set(env, tab, &key, &val), 0);
	}
	do {
		struct ktap_value key = integer(1000);

		enter(env);
		ret = ktap_tab_reap(&env->tabs, &env->local, 101);
		leave(env);
		KUNIT_EXPECT_EQ(test, set(env, tab, &key, &val), -ENOENT);
		KUNIT_EXPECT_FALSE(test, hold(env, tab));
	} while (ret == -EAGAIN && ++calls < 1000);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, calls, 9U);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/**
 * struct adder - a table that somebody is about to add an entry to
 * @env: environment
 * @tab: the table, which nothing refers to
 * @adds: its list is locked
 * @freed: it was freed
 */
struct adder {
	struct env *env;
	u64 tab;
	bool adds;
	bool freed;
};

/* What is held in list_link(), for a while, and what ktap_tab_reap() does meanwhile. */
static u64 add_and_free(void *arg, u32 nr)
{
	struct adder *adder = arg;
	struct ktap_tabs *tabs = &adder->env->tabs;
	u64 end, errors = 0;
	unsigned long flags;

	if (nr > 1)
		return 0;
	test_thread_cpu(nr);
	if (nr) {
		while (!READ_ONCE(adder->adds))
			cond_resched();
		errors = reap(adder->env) != 0;
		WRITE_ONCE(adder->freed, true);
		return errors;
	}
	local_irq_save(flags);
	raw_spin_lock(&tabs->list_locks[KTAP_REF_IDX(adder->tab) % KTAP_TAB_LOCKS]);
	WRITE_ONCE(adder->adds, true);
	end = ktime_get_mono_fast_ns() + 20 * NSEC_PER_MSEC;
	while (ktime_get_mono_fast_ns() < end)
		errors |= READ_ONCE(adder->freed);
	raw_spin_unlock(&tabs->list_locks[KTAP_REF_IDX(adder->tab) % KTAP_TAB_LOCKS]);
	local_irq_restore(flags);
	return errors;
}

/* A table is not freed before an entry is there that somebody is about to add. */
static void test_reap_waits(struct kunit *test)
{
	struct env *env = test->priv;
	struct adder *adder = kunit_kzalloc(test, sizeof(*adder), GFP_KERNEL);
	u32 units = units_free(env), i;

	KUNIT_ASSERT_NOT_NULL(test, adder);
	adder->env = env;
	for (i = 0; i < 3; i++) {
		adder->adds = false;
		adder->freed = false;
		adder->tab = new_tab(env, NULL);
		KUNIT_EXPECT_EQ(test, test_threads(test, add_and_free, adder), 0ULL);
	}
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/*
 * Statistics
 */

static int feed(struct env *env, u64 tab, s64 i, s64 by, enum ktap_type *type)
{
	struct ktap_value key = integer(i);
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, &key, &k);
	enter(env);
	ret = ktap_tab_feed(&env->tabs, &env->local, &k, by, type);
	leave(env);
	return ret;
}

static int feed_all(struct env *env, u64 tab, s64 by)
{
	int ret;

	enter(env);
	ret = ktap_tab_feed_all(&env->tabs, &env->local, tab, by);
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

/* Of what a key has. */
static struct ktap_stat_sum sum_at(struct env *env, u64 tab, s64 i)
{
	struct ktap_value key = integer(i), val = get(env, tab, &key);

	return sum_of(env, val.type == KTAP_T_STAT ? val.ref : 0);
}

/* Of what the table was fed as a whole. */
static struct ktap_stat_sum sum_all(struct env *env, u64 tab)
{
	u64 stat;

	enter(env);
	stat = ktap_tab_stat(&env->tabs, tab);
	leave(env);
	return sum_of(env, stat);
}

static void test_feed(struct kunit *test)
{
	static const struct ktap_agg lhist = { KTAP_AGG_LHIST, { 0, 100, 10 } };
	struct env *env = test->priv;
	u32 units = units_free(env), calls = 0;
	u64 tab = new_tab(env, &lhist);
	struct ktap_stat_sum sum;
	struct ktap_agg agg = {};
	enum ktap_type type;
	bool has;

	enter(env);
	has = ktap_tab_agg(&env->tabs, tab, &agg);
	leave(env);
	KUNIT_EXPECT_TRUE(test, has);
	KUNIT_EXPECT_MEMEQ(test, &agg, &lhist, sizeof(agg));

	/* A plain table has plain ones, and cannot be fed as a whole. */
	KUNIT_EXPECT_EQ(test, feed(env, env->tab, 1, 5, &type), 0);
	KUNIT_EXPECT_EQ(test, feed(env, env->tab, 1, 7, &type), 0);
	KUNIT_EXPECT_EQ(test, feed(env, env->tab, 2, -3, &type), 0);
	KUNIT_EXPECT_EQ(test, feed_all(env, env->tab, 1), -EINVAL);
	sum = sum_at(env, env->tab, 1);
	KUNIT_EXPECT_EQ(test, sum.agg.kind, (u32)KTAP_AGG_STAT);
	KUNIT_EXPECT_EQ(test, sum.count, 2ULL);
	KUNIT_EXPECT_EQ(test, sum.sum, 12LL);
	KUNIT_EXPECT_EQ(test, sum_at(env, env->tab, 2).sum, -3LL);
	KUNIT_EXPECT_EQ(test, sum_all(env, env->tab).count, 0ULL);
	KUNIT_EXPECT_EQ(test, len(env), 2U);

	KUNIT_EXPECT_EQ(test, feed(env, tab, 1, 5, &type), 0);
	KUNIT_EXPECT_EQ(test, sum_all(env, tab).count, 0ULL);
	KUNIT_EXPECT_EQ(test, feed_all(env, tab, 50), 0);
	KUNIT_EXPECT_EQ(test, feed_all(env, tab, 60), 0);
	sum = sum_all(env, tab);
	KUNIT_EXPECT_EQ(test, sum.agg.kind, (u32)KTAP_AGG_LHIST);
	KUNIT_EXPECT_EQ(test, sum.agg.param[2], 10LL);
	KUNIT_EXPECT_EQ(test, sum.count, 2ULL);
	KUNIT_EXPECT_EQ(test, sum.sum, 110LL);
	KUNIT_EXPECT_EQ(test, sum_at(env, tab, 1).agg.kind, (u32)KTAP_AGG_LHIST);
	KUNIT_EXPECT_EQ(test, len_of(env, tab), 1U);

	/* All of it goes with the tables. */
	KUNIT_EXPECT_EQ(test, clear(env, env->tab, 100, &calls), 0);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	expect_gone(test, tab);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/* What is no statistic stays; what was one is gone with the entry. */
static void test_feed_type(struct kunit *test)
{
	struct env *env = test->priv;
	const struct ktap_value vals[] = {
		{ .type = KTAP_T_TRUE }, { .type = KTAP_T_FALSE }, integer(5),
		integer(S64_MAX), table(env->tab), string(test, 5, 1),
	};
	struct ktap_value key = integer(3), val;
	enum ktap_type type;
	u64 stat;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(vals); i++) {
		KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &vals[i]), 0);
		type = KTAP_T_NR;
		KUNIT_EXPECT_EQ(test, feed(env, env->tab, 3, 1, &type), -EINVAL);
		KUNIT_EXPECT_EQ(test, (u64)type, vals[i].type);
		KUNIT_EXPECT_EQ(test, get(env, env->tab, &key).type, vals[i].type);
	}
	KUNIT_EXPECT_EQ(test, del_int(env, 3), 0);
	KUNIT_EXPECT_EQ(test, feed(env, env->tab, 3, 1, &type), 0);
	val = get(env, env->tab, &key);
	KUNIT_ASSERT_EQ(test, val.type, (u64)KTAP_T_STAT);
	stat = val.ref;
	KUNIT_EXPECT_EQ(test, sum_of(env, stat).count, 1ULL);
	KUNIT_EXPECT_EQ(test, set_int(env, 3, 1), 0);
	KUNIT_EXPECT_EQ(test, sum_of(env, stat).count, 0ULL);
	KUNIT_EXPECT_EQ(test, del_int(env, 3), 0);
	KUNIT_EXPECT_EQ(test, feed(env, env->tab, 3, 1, &type), 0);
	KUNIT_EXPECT_EQ(test, sum_of(env, stat).count, 0ULL);
}

static void test_zero(struct kunit *test)
{
	static const struct ktap_agg hist = { .kind = KTAP_AGG_HIST };
	struct ktap_value str = string(test, 5, 1), big = integer(S64_MAX), key;
	struct env *env = test->priv;
	u32 units = units_free(env), calls = 0, i;
	u64 tab = new_tab(env, &hist);
	enum ktap_type type;
	s64 cursor;
	int ret;

	for (i = 0; i < 100; i++) {
		key = integer(i);
		switch (i % 4) {
		case 0:
			KUNIT_ASSERT_EQ(test, feed(env, tab, i, i, &type), 0);
			break;
		case 1:
			KUNIT_ASSERT_EQ(test, set(env, tab, &key, &key), 0);
			break;
		case 2:
			KUNIT_ASSERT_EQ(test, set(env, tab, &key, &big), 0);
			break;
		default:
			KUNIT_ASSERT_EQ(test, set(env, tab, &key, &str), 0);
			break;
		}
	}
	KUNIT_ASSERT_EQ(test, feed_all(env, tab, 1), 0);
	cursor = first(env, tab);
	do {
		enter(env);
		ret = ktap_tab_zero(&env->tabs, tab, &cursor, 9);
		leave(env);
	} while (ret == -EAGAIN && ++calls < 100);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, calls, 11U);
	KUNIT_EXPECT_EQ(test, len_of(env, tab), 100U);
	KUNIT_EXPECT_EQ(test, sum_all(env, tab).count, 0ULL);
	for (i = 0; i < 100; i++) {
		struct ktap_value val;

		key = integer(i);
		val = get(env, tab, &key);
		switch (i % 4) {
		case 0:
			KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_STAT);
			KUNIT_EXPECT_EQ(test, sum_at(env, tab, i).count, 0ULL);
			break;
		case 3:
			KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_STR);
			break;
		default:
			KUNIT_EXPECT_EQ(test, val.type, (u64)KTAP_T_INT);
			KUNIT_EXPECT_EQ(test, val.i, 0LL);
			break;
		}
	}
	/* They count on from there. */
	KUNIT_EXPECT_EQ(test, feed(env, tab, 0, 7, &type), 0);
	KUNIT_EXPECT_EQ(test, sum_at(env, tab, 0).sum, 7LL);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/* No room for a statistic or a part of it: nothing is half made. */
static void test_feed_full(struct kunit *test)
{
	static const struct ktap_agg hist = { .kind = KTAP_AGG_HIST };
	struct env *env = test->priv;
	u64 tab = new_tab(env, &hist);
	u32 units = units_free(env), fed = 0, calls = 0, i;
	enum ktap_type type;

	while (!feed(env, tab, fed, 1LL << fed % 63, &type))
		fed++;
	KUNIT_EXPECT_GT(test, fed, 100U);
	KUNIT_EXPECT_EQ(test, feed(env, tab, fed, 1, &type), -ENOMEM);
	KUNIT_EXPECT_EQ(test, len_of(env, tab), fed);
	for (i = 0; i < fed; i++)
		KUNIT_EXPECT_EQ(test, sum_at(env, tab, i).count, 1ULL);
	/* Those that are there go on where there is no need for more. */
	KUNIT_EXPECT_EQ(test, feed(env, tab, 1, 2, &type), 0);
	KUNIT_EXPECT_EQ(test, sum_at(env, tab, 1).count, 2ULL);
	while (!set_int(env, calls, 0))
		calls++;
	KUNIT_EXPECT_EQ(test, feed(env, tab, 1, S64_MIN, &type), -ENOMEM);
	KUNIT_EXPECT_EQ(test, sum_at(env, tab, 1).count, 2ULL);
	KUNIT_EXPECT_EQ(test, feed_all(env, tab, 1), -ENOMEM);
	KUNIT_EXPECT_EQ(test, sum_all(env, tab).count, 0ULL);

	calls = 0;
	KUNIT_EXPECT_EQ(test, clear(env, env->tab, 1000, &calls), 0);
	KUNIT_EXPECT_EQ(test, clear(env, tab, 1000, &calls), 0);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/*
 * Threads
 */

struct job {
	struct env *env;
	u64 tab;
	u32 rounds;
	u32 keys;
};

static int thread_update(const struct job *job, struct ktap_local *local, s64 key, s64 by)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = by };
	struct ktap_value val = integer(key);
	struct env *env = job->env;
	struct ktap_key k;
	u32 tries = 1 << 20;
	int ret;

	ktap_tab_key(&env->tabs, env->tab, &val, &k);
	do {
		preempt_disable();
		ktap_pin(&env->heap, local->pin);
		ret = ktap_tab_update(&env->tabs, local, &k, &upd);
		ktap_unpin(local->pin);
		preempt_enable();
		/* There may be no block while another thread stands still. */
		if (ret == -ENOMEM)
			cond_resched();
	} while (ret == -ENOMEM && --tries);
	return ret;
}

static int thread_delete(const struct job *job, struct ktap_local *local, s64 key)
{
	struct ktap_value val = integer(key);
	struct env *env = job->env;
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, env->tab, &val, &k);
	preempt_disable();
	ktap_pin(&env->heap, local->pin);
	ret = ktap_tab_delete(&env->tabs, &env->local, &k);
	ktap_unpin(local->pin);
	preempt_enable();
	return ret;
}

/* All count on all keys, every other time the quick way. */
static u64 count_keys(void *arg, u32 nr)
{
	const struct job *job = arg;
	struct ktap_local local = { .pin = &job->env->heap.pins[nr].pin[0] };
	u64 errors = 0;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		struct ktap_value key = integer(i % job->keys);
		bool done = false;

		if (i & 1) {
			preempt_disable();
			done = !ktap_tab_add_int(&job->env->tabs, local.pin,
						 job->env->tab, key.i, 1);
			preempt_enable();
		}
		if (!done)
			errors += thread_update(job, &local, key.i, 1) != 0;
	}
	return errors;
}

static void test_count(struct kunit *test)
{
	static const u32 keys[] = { 1, 3, 1000 };
	struct env *env = test->priv;
	u32 i, j;

	for (j = 0; j < ARRAY_SIZE(keys); j++) {
		struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, job);
		job->env = env;
		job->keys = keys[j];
		job->rounds = 5000 * KTAP_TEST_SCALE / keys[j] * keys[j];
		KUNIT_EXPECT_EQ(test, test_threads(test, count_keys, job), 0ULL);
		KUNIT_EXPECT_EQ(test, len(env), keys[j]);
		for (i = 0; i < keys[j]; i++) {
			KUNIT_EXPECT_EQ(test, get_int(env, i, -1),
					(s64)TEST_THREADS * job->rounds / keys[j]);
			KUNIT_EXPECT_EQ(test, del_int(env, i), 0);
		}
	}
}

/*
 * All count on few keys that others delete meanwhile: what a delete takes away is
 * what was counted, so the sum of what all take away and what is left is exact.
 * Whoever adds gets a value above what he adds to.
 */
static u64 come_and_go(void *arg, u32 nr)
{
	const struct job *job = arg;
	struct ktap_local local = { .pin = &job->env->heap.pins[nr].pin[0] };
	/* Keys of its own, that nobody else touches, beside those of all. */
	s64 own = 1000 + 100 * nr;
	u64 errors = 0;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		errors += thread_update(job, &local, own + i % 50, 1) != 0;
		errors += thread_update(job, &local, i % job->keys, 1) != 0;
		if (i % 5 == nr)
			errors += thread_delete(job, &local, i % job->keys) != 0;
		/* Gone at the end of each 50: distinct keys come and go. */
		if (i % 100 >= 50)
			errors += thread_delete(job, &local, own + i % 50) != 0;
	}
	return errors;
}

static void test_come_and_go(struct kunit *test)
{
	struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);
	struct env *env = test->priv;
	u32 i, left = 0, found = 0;
	u8 seen[4] = {};
	s64 cursor, key;

	KUNIT_ASSERT_NOT_NULL(test, job);
	job->env = env;
	job->keys = 4;
	job->rounds = 2000 * KTAP_TEST_SCALE;
	KUNIT_EXPECT_EQ(test, test_threads(test, come_and_go, job), 0ULL);
	for (i = 0; i < job->keys; i++)
		left += get_int(env, i, -1) >= 0;
	KUNIT_EXPECT_EQ(test, len(env), left);
	cursor = first(env, env->tab);
	while ((key = next_int(env, &cursor, 1024, -1)) != -1) {
		KUNIT_ASSERT_LT(test, key, (s64)job->keys);
		KUNIT_EXPECT_EQ(test, seen[key]++, 0);
		KUNIT_EXPECT_GE(test, get_int(env, key, -1), 0LL);
		found++;
	}
	KUNIT_EXPECT_EQ(test, found, left);
	/* All memory is back. */
	for (i = 0; i < job->keys; i++)
		del_int(env, i);
	for (i = 0; !set_int(env, i, i); i++)
		;
	KUNIT_EXPECT_EQ(test, i, env->heap.nr_units - 2);
}

/*
 * Go through the table once. Returns what went wrong: a key of those that stay was
 * not seen exactly once, or there was something else than an integer.
 */
static u64 watch_once(const struct job *job, struct ktap_local *local)
{
	struct env *env = job->env;
	struct ktap_arena arena = {};
	struct ktap_value key, val;
	u64 errors = 0;
	u8 seen[64] = {};
	s64 cursor, last = -1;
	bool begun = false;
	int ret;
	u32 i;

	do {
		preempt_disable();
		ktap_pin(&env->heap, local->pin);
		if (!begun)
			cursor = ktap_tab_first(&env->tabs, env->tab);
		begun = true;
		ret = ktap_tab_next(&env->tabs, env->tab, &cursor, 256, &arena,
				    &key, &val);
		ktap_unpin(local->pin);
		preempt_enable();
		if (ret)
			continue;
		errors += key.type != KTAP_T_INT || val.type != KTAP_T_INT;
		if (key.i < (s64)ARRAY_SIZE(seen)) {
			seen[key.i]++;
			errors += key.i <= last;
			last = key.i;
		}
	} while (ret != -ENOENT);
	for (i = 0; i < job->keys; i++)
		errors += seen[i] != 1;
	return errors;
}

/* One goes through a table, the others let keys come and go in it. */
static u64 watch(void *arg, u32 nr)
{
	const struct job *job = arg;
	struct ktap_local local = { .pin = &job->env->heap.pins[nr].pin[0] };
	u64 errors = 0;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		s64 key = 1000 + 64 * nr + i % 64;

		if (!nr) {
			if (i % 256 == 0)
				errors += watch_once(job, &local);
			continue;
		}
		errors += thread_update(job, &local, key, 1) != 0;
		errors += thread_delete(job, &local, key) != 0;
	}
	return errors;
}

static void test_watch(struct kunit *test)
{
	struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);
	struct env *env = test->priv;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, job);
	job->env = env;
	job->keys = 64;
	job->rounds = 2000 * KTAP_TEST_SCALE;
	for (i = 0; i < job->keys; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, i, 1), 0);
	KUNIT_EXPECT_EQ(test, test_threads(test, watch, job), 0ULL);
	KUNIT_EXPECT_EQ(test, len(env), job->keys);
}

/*
 * Feed a key of a table, or without a key the whole of it. Memory that others have freed
 * may have to wait for those that look at it.
 */
static int feed_waiting(struct env *env, struct ktap_local *local, u64 tab,
			const struct ktap_key *key, s64 val)
{
	u32 tries = 1 << 20;
	enum ktap_type type;
	int ret;

	do {
		preempt_disable();
		ktap_pin(&env->heap, local->pin);
		ret = key ? ktap_tab_feed(&env->tabs, local, key, val, &type) :
			    ktap_tab_feed_all(&env->tabs, local, tab, val);
		ktap_unpin(local->pin);
		preempt_enable();
		if (ret == -ENOMEM)
			cond_resched();
	} while (ret == -ENOMEM && --tries);
	return ret;
}

/* All feed a few keys and the whole, of which one empties some now and then. */
static u64 feed_keys(void *arg, u32 nr)
{
	const struct job *job = arg;
	struct ktap_local local = { .pin = &job->env->heap.pins[nr].pin[0] };
	struct env *env = job->env;
	u64 errors = 0;
	u32 i;

	test_thread_cpu(nr);
	for (i = 0; i < job->rounds; i++) {
		/* The last two keys are for those who come and go. */
		struct ktap_value key = integer(i % (job->keys + 2));
		struct ktap_key k;

		ktap_tab_key(&env->tabs, job->tab, &key, &k);
		errors += feed_waiting(env, &local, job->tab, &k, 1LL << i % 16) != 0;
		errors += feed_waiting(env, &local, job->tab, NULL, -(s64)nr) != 0;
		preempt_disable();
		ktap_pin(&env->heap, local.pin);
		if (key.i == job->keys && i % 7 == nr)
			ktap_tab_delete(&env->tabs, &local, &k);
		if (key.i == job->keys + 1) {
			struct ktap_value val = { .type = KTAP_T_NIL };
			struct ktap_arena arena = {};

			ktap_tab_get(&env->tabs, &k, &arena, &val);
			if (val.type == KTAP_T_STAT && i % 3 == 0)
				ktap_stat_reset(&env->heap, val.ref);
		}
		ktap_unpin(local.pin);
		preempt_enable();
	}
	return errors;
}

static void test_feed_threads(struct kunit *test)
{
	static const struct ktap_agg hist = { .kind = KTAP_AGG_HIST };
	struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);
	struct env *env = test->priv;
	u32 units = units_free(env), i;
	struct ktap_stat_sum sum;
	u64 count = 0;

	KUNIT_ASSERT_NOT_NULL(test, job);
	job->env = env;
	job->tab = new_tab(env, &hist);
	job->keys = 6;
	job->rounds = 1600 * KTAP_TEST_SCALE;
	KUNIT_EXPECT_EQ(test, test_threads(test, feed_keys, job), 0ULL);
	for (i = 0; i < job->keys; i++) {
		struct ktap_value key = integer(i), val = get(env, job->tab, &key);
		struct ktap_val_range ranges[20];
		u64 all = 0;
		u32 from = 0, nr, j;

		KUNIT_ASSERT_EQ(test, val.type, (u64)KTAP_T_STAT);
		sum = sum_of(env, val.ref);
		KUNIT_EXPECT_EQ(test, sum.count, (u64)TEST_THREADS * job->rounds / 8);
		enter(env);
		nr = ktap_stat_ranges(&env->heap, val.ref, &from, ranges,
				      ARRAY_SIZE(ranges));
		leave(env);
		/* Each is fed two values. */
		KUNIT_EXPECT_EQ(test, nr, 2U);
		for (j = 0; j < nr; j++)
			all += ranges[j].count;
		KUNIT_EXPECT_EQ(test, all, sum.count);
		KUNIT_EXPECT_EQ(test, sum.min, 1LL << i);
		KUNIT_EXPECT_EQ(test, sum.max, 1LL << (i + 8));
		KUNIT_EXPECT_EQ(test, sum.sum, (s64)sum.count / 2 * (257LL << i));
		count += sum.count;
	}
	sum = sum_all(env, job->tab);
	KUNIT_EXPECT_EQ(test, sum.count, (u64)TEST_THREADS * job->rounds);
	KUNIT_EXPECT_EQ(test, sum.sum, -(s64)job->rounds * (TEST_THREADS - 1) *
			TEST_THREADS / 2);
	KUNIT_EXPECT_EQ(test, sum.min, 1LL - TEST_THREADS);
	KUNIT_EXPECT_EQ(test, sum.max, 0LL);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

/*
 * Each makes tables, puts them under keys that all share, for others to insert
 * into and to take away, and takes others for a while. When all is cleared nothing
 * may be left, and no table may have been freed twice or too early.
 */
static u64 make_tables(void *arg, u32 nr)
{
	const struct job *job = arg;
	struct ktap_local local = { .pin = &job->env->heap.pins[nr].pin[0] };
	struct ktap_heap *heap = &job->env->heap;
	struct ktap_tabs *tabs = &job->env->tabs;
	struct ktap_value key, val;
	struct ktap_arena arena = {};
	u64 errors = 0, held = 0;
	struct ktap_key k;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		struct ktap_value mine = integer(4711), got;
		bool marked = false;
		int ret;

		preempt_disable();
		ktap_pin(heap, local.pin);
		/* A new one, with a mark in it. */
		val = table(ktap_tab_create(tabs, &local, NULL));
		if (val.ref) {
			ktap_tab_key(tabs, val.ref, &mine, &k);
			ret = ktap_tab_set(tabs, &local, &k, &mine);
			/* It is not counted, but nobody else has it. */
			errors += ret && ret != -ENOMEM;
			marked = !ret;
		}
		if (marked) {
			ktap_tab_get(tabs, &k, &arena, &got);
			errors += got.type != KTAP_T_INT || got.i != 4711;
			key = integer((i * 5 + nr) % job->keys);
			ktap_tab_key(tabs, job->env->tab, &key, &k);
			ret = i % 3 ? ktap_tab_set(tabs, &local, &k, &val) :
				      ktap_tab_delete(tabs, &local, &k);
			errors += ret && ret != -ENOMEM;
		}
		/* Somebody's. */
		key = integer((i * 3 + nr) % job->keys);
		ktap_tab_key(tabs, job->env->tab, &key, &k);
		ktap_tab_get(tabs, &k, &arena, &val);
		if (val.type == KTAP_T_TAB) {
			key = integer(nr);
			ktap_tab_key(tabs, val.ref, &key, &k);
			ret = ktap_tab_set(tabs, &local, &k, &val);
			errors += ret && ret != -ENOMEM && ret != -ENOENT;
			/* A ring that would stay. */
			errors += ktap_tab_delete(tabs, &local, &k) != 0;
			if (!held && ktap_tab_hold(tabs, val.ref))
				held = val.ref;
		}
		if (held && i % 8 == 0) {
			/* What is held is there, whatever became of it. */
			ktap_tab_key(tabs, held, &mine, &k);
			ktap_tab_get(tabs, &k, &arena, &got);
			errors += got.type != KTAP_T_INT || got.i != 4711;
			ktap_tab_unhold(tabs, &local, held);
			held = 0;
		}
		ktap_unpin(local.pin);
		preempt_enable();
		if (i % 4)
			continue;
		preempt_disable();
		ktap_pin(heap, local.pin);
		ret = ktap_tab_reap(tabs, &local, 1000);
		errors += ret && ret != -EAGAIN;
		ktap_unpin(local.pin);
		preempt_enable();
	}
	preempt_disable();
	ktap_pin(heap, local.pin);
	if (held)
		ktap_tab_unhold(tabs, &local, held);
	errors += ktap_tab_reap(tabs, &local, U32_MAX) != 0;
	ktap_unpin(local.pin);
	preempt_enable();
	return errors;
}

static void test_table_threads(struct kunit *test)
{
	struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);
	struct env *env = test->priv;
	u32 units = units_free(env), calls = 0;

	KUNIT_ASSERT_NOT_NULL(test, job);
	job->env = env;
	job->keys = 8;
	job->rounds = 2000 * KTAP_TEST_SCALE;
	KUNIT_EXPECT_EQ(test, test_threads(test, make_tables, job), 0ULL);
	KUNIT_EXPECT_EQ(test, clear(env, env->tab, 100, &calls), 0);
	KUNIT_EXPECT_EQ(test, reap(env), 0);
	KUNIT_EXPECT_EQ(test, units_free(env), units);
}

static struct kunit_case tab_cases[] = {
	KUNIT_CASE(test_keys),
	KUNIT_CASE(test_equal),
	KUNIT_CASE(test_values),
	KUNIT_CASE(test_arena),
	KUNIT_CASE_PARAM(test_update, update_gen_params),
	KUNIT_CASE(test_update_type),
	KUNIT_CASE(test_add),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_churn),
	KUNIT_CASE(test_churn_strings),
	KUNIT_CASE(test_next),
	KUNIT_CASE(test_next_keys),
	KUNIT_CASE_PARAM(test_next_delete, way_gen_params),
	KUNIT_CASE(test_next_insert),
	KUNIT_CASE(test_next_wrap),
	KUNIT_CASE(test_cursor),
	KUNIT_CASE(test_items),
	KUNIT_CASE(test_clear),
	KUNIT_CASE(test_gone),
	KUNIT_CASE(test_references),
	KUNIT_CASE(test_nested),
	KUNIT_CASE(test_ring),
	KUNIT_CASE(test_reap_steps),
	KUNIT_CASE(test_reap_waits),
	KUNIT_CASE(test_feed),
	KUNIT_CASE(test_feed_type),
	KUNIT_CASE(test_feed_full),
	KUNIT_CASE(test_zero),
	KUNIT_CASE(test_count),
	KUNIT_CASE(test_come_and_go),
	KUNIT_CASE(test_watch),
	KUNIT_CASE(test_feed_threads),
	KUNIT_CASE(test_table_threads),
	{}
};

static struct kunit_suite tab_suite = {
	.name = "ktap_tab",
	.init = tab_init,
	.exit = tab_exit,
	.test_cases = tab_cases,
};

kunit_test_suite(tab_suite);
