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
 * @pin: a pin, not in use
 * @tab: a table
 */
struct env {
	struct ktap_heap heap;
	struct ktap_tabs tabs;
	struct ktap_arena arena;
	u32 *pin;
	u32 tab;
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

static u32 new_tab(struct env *env)
{
	u32 tab;

	enter(env);
	tab = ktap_tab_create(&env->tabs, env->pin);
	leave(env);
	return tab;
}

static int env_init(struct env *env, u32 size)
{
	int ret;

	ret = ktap_heap_init(&env->heap, size, TEST_THREADS);
	if (!ret)
		ret = ktap_tabs_init(&env->tabs, &env->heap);
	if (ret)
		return ret;
	env->pin = &env->heap.pins[0].pin[3];
	env->tab = new_tab(env);
	return env->tab ? 0 : -ENOMEM;
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

static int set(struct env *env, u32 tab, const struct ktap_value *key,
	       const struct ktap_value *val)
{
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, key, &k);
	enter(env);
	ret = ktap_tab_set(&env->tabs, env->pin, &k, val);
	leave(env);
	return ret;
}

static int del(struct env *env, u32 tab, const struct ktap_value *key)
{
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, key, &k);
	enter(env);
	ret = ktap_tab_delete(&env->tabs, &k);
	leave(env);
	return ret;
}

static struct ktap_value get(struct env *env, u32 tab, const struct ktap_value *key)
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

static int update(struct env *env, u32 tab, const struct ktap_value *key,
		  struct ktap_update *upd)
{
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, tab, key, &k);
	enter(env);
	ret = ktap_tab_update(&env->tabs, env->pin, &k, upd);
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

static u32 len(struct env *env)
{
	return ktap_tab_len(&env->tabs, env->tab);
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
static u32 all_keys(struct kunit *test, struct ktap_value *keys)
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
	u32 nr, i, j, other;

	KUNIT_ASSERT_NOT_NULL(test, keys);
	nr = all_keys(test, keys);
	other = new_tab(env);
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
	const struct ktap_value vals[] = {
		integer(5), integer(S64_MAX), { .type = KTAP_T_TRUE },
		{ .type = KTAP_T_FALSE }, { .tab = 77, .type = KTAP_T_TAB },
		string(test, 0, 0), string(test, 5, 1), str,
	};
	struct ktap_value key = integer(1);
	struct env *env = test->priv;
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
			KUNIT_EXPECT_EQ(test, got.tab, vals[j].tab);
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
	s64 cursor = 0;
	int ret, next;

	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &str), 0);
	small.size = 64;
	ktap_tab_key(&env->tabs, env->tab, &key, &tab_key);
	enter(env);
	ret = ktap_tab_get(&env->tabs, &tab_key, &small, &val);
	next = ktap_tab_next(&env->tabs, env->tab, &small, &cursor, 1024, &k, &val);
	leave(env);
	KUNIT_EXPECT_EQ(test, ret, -ENOSPC);
	KUNIT_EXPECT_EQ(test, next, -ENOSPC);
	KUNIT_EXPECT_EQ(test, cursor, 0LL);
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

/* A value that is not an integer is kept. */
static void test_update_type(struct kunit *test)
{
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	const struct ktap_value vals[] = {
		{ .type = KTAP_T_TRUE }, { .type = KTAP_T_FALSE },
		{ .tab = 1, .type = KTAP_T_TAB }, string(test, 5, 1),
	};
	struct ktap_value key = integer(3);
	struct env *env = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(vals); i++) {
		bool added;

		KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &vals[i]), 0);
		KUNIT_EXPECT_EQ(test, update(env, env->tab, &key, &upd), -EINVAL);
		KUNIT_EXPECT_EQ(test, (u64)upd.type, vals[i].type);
		preempt_disable();
		added = ktap_tab_add(&env->tabs, env->pin, env->tab, &key, 1);
		preempt_enable();
		KUNIT_EXPECT_FALSE(test, added);
		KUNIT_EXPECT_EQ(test, get(env, env->tab, &key).type, vals[i].type);
	}
}

static void test_add(struct kunit *test)
{
	struct ktap_value key = string(test, 16, 1);
	struct ktap_value big = integer(S64_MAX / 2);
	struct env *env = test->priv;
	bool missing, there, over;

	preempt_disable();
	missing = ktap_tab_add(&env->tabs, env->pin, env->tab, &key, 1);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, missing);
	KUNIT_EXPECT_EQ(test, set(env, env->tab, &key, &big), 0);
	preempt_disable();
	there = ktap_tab_add(&env->tabs, env->pin, env->tab, &key, -5);
	over = ktap_tab_add(&env->tabs, env->pin, env->tab, &key, 6);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, there);
	KUNIT_EXPECT_FALSE(test, over);
	KUNIT_EXPECT_EQ(test, get(env, env->tab, &key).i, S64_MAX / 2 - 5);
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
	KUNIT_EXPECT_EQ(test, atomic_read(&ktap_tab_at(&env->tabs, env->tab)->drops), 1);
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
	KUNIT_EXPECT_EQ(test, atomic_read(&ktap_tab_at(&env->tabs, env->tab)->drops),
			(int)more + 3);
	KUNIT_EXPECT_EQ(test, new_tab(env), 0U);

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
	KUNIT_EXPECT_EQ(test, atomic_read(&ktap_tab_at(&env->tabs, env->tab)->drops), 0);
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

/* Go through the table; counts each key in @seen. Returns the number. */
static u32 go_through(struct env *env, u32 tab, u32 steps, u8 *seen, u32 nr)
{
	struct ktap_value key, val;
	u32 found = 0, bound = 1 << 20;
	s64 cursor = 0;
	int ret;

	do {
		env->arena.used = 0;
		enter(env);
		ret = ktap_tab_next(&env->tabs, tab, &env->arena, &cursor, steps,
				    &key, &val);
		leave(env);
		if (!ret) {
			found++;
			if (key.type == KTAP_T_INT && (u64)key.i < nr)
				seen[key.i]++;
		}
	} while (ret != -ENOENT && --bound);
	return bound ? found : U32_MAX;
}

static void test_next(struct kunit *test)
{
	static const u32 steps[] = { 1, 7, 1024, 1 << 20 };
	struct env *env = test->priv;
	u32 nr = 500, other, i, j;
	u8 *seen;

	other = new_tab(env);
	for (i = 0; i < nr; i++) {
		struct ktap_value key = integer(i), val = integer(i);

		KUNIT_ASSERT_EQ(test, set_int(env, i, i), 0);
		if (i % 3 == 0)
			KUNIT_ASSERT_EQ(test, set(env, other, &key, &val), 0);
	}
	for (j = 0; j < ARRAY_SIZE(steps); j++) {
		seen = kunit_kzalloc(test, nr, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, seen);
		KUNIT_EXPECT_EQ(test, go_through(env, env->tab, steps[j], seen, nr), nr);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_EQ(test, (u32)seen[i], 1U);
		KUNIT_EXPECT_EQ(test, go_through(env, other, steps[j], seen, nr),
				(nr + 2) / 3);
	}
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, del_int(env, i), 0);
	KUNIT_EXPECT_EQ(test, go_through(env, env->tab, 64, seen, nr), 0U);
}

static void test_next_keys(struct kunit *test)
{
	struct ktap_value *keys = kunit_kcalloc(test, MAX_KEYS, sizeof(*keys), GFP_KERNEL);
	struct env *env = test->priv;
	u32 nr, i, j, found = 0;
	s64 cursor = 0;

	KUNIT_ASSERT_NOT_NULL(test, keys);
	nr = all_keys(test, keys);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, set(env, env->tab, &keys[i], &keys[i]), 0);
	for (i = 0; i < 2 * nr; i++) {
		struct ktap_value key, val;
		int ret;

		env->arena.used = 0;
		enter(env);
		ret = ktap_tab_next(&env->tabs, env->tab, &env->arena, &cursor, 1 << 20,
				    &key, &val);
		leave(env);
		if (ret)
			break;
		KUNIT_EXPECT_EQ(test, key.type, val.type);
		for (j = 0; j < nr; j++) {
			if (key.type != keys[j].type)
				continue;
			if (key.type == KTAP_T_STR ?
			    ktap_str_equal(key.str, keys[j].str) &&
			    ktap_str_equal(val.str, keys[j].str) :
			    key.type != KTAP_T_INT || key.i == keys[j].i)
				found++;
		}
	}
	KUNIT_EXPECT_EQ(test, i, nr);
	KUNIT_EXPECT_EQ(test, found, nr);
}

/* A cursor is any number: a program may have it from elsewhere. */
static void test_cursor(struct kunit *test)
{
	static const s64 cursors[] = { S64_MIN, -1, 0, 1, 5000, U32_MAX, 1LL << 40, S64_MAX };
	struct env *env = test->priv;
	struct ktap_value key, val;
	u32 i;

	KUNIT_ASSERT_EQ(test, set_int(env, 1, 1), 0);
	for (i = 0; i < ARRAY_SIZE(cursors); i++) {
		s64 cursor = cursors[i];
		int ret;

		enter(env);
		ret = ktap_tab_next(&env->tabs, env->tab, &env->arena, &cursor, 1024,
				    &key, &val);
		leave(env);
		KUNIT_EXPECT_EQ(test, ret, cursors[i] <= 1 ? 0 : -ENOENT);
		KUNIT_EXPECT_LE(test, cursor, (s64)env->heap.nr_units);
	}
}

static void test_clear(struct kunit *test)
{
	struct ktap_value key = integer(5), one = integer(1);
	struct env *env = test->priv;
	u32 other = new_tab(env), calls = 0, i;
	s64 cursor = 0;
	int ret;

	KUNIT_ASSERT_EQ(test, set(env, other, &key, &one), 0);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, set_int(env, i, i), 0);
	do {
		enter(env);
		ret = ktap_tab_clear(&env->tabs, env->tab, &cursor, 100);
		leave(env);
	} while (ret == -EAGAIN && ++calls < 100);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GE(test, calls, 9U);
	KUNIT_EXPECT_EQ(test, len(env), 0U);
	KUNIT_EXPECT_EQ(test, get_int(env, 5, -1), -1LL);
	KUNIT_EXPECT_EQ(test, ktap_tab_len(&env->tabs, other), 1U);
	KUNIT_EXPECT_EQ(test, get(env, other, &key).type, (u64)KTAP_T_INT);
}

/*
 * Threads
 */

struct job {
	struct env *env;
	u32 rounds;
	u32 keys;
};

static int thread_update(const struct job *job, u32 *pin, s64 key, s64 by)
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
		ktap_pin(&env->heap, pin);
		ret = ktap_tab_update(&env->tabs, pin, &k, &upd);
		ktap_unpin(pin);
		preempt_enable();
		/* There may be no block while another thread stands still. */
		if (ret == -ENOMEM)
			cond_resched();
	} while (ret == -ENOMEM && --tries);
	return ret;
}

static int thread_delete(const struct job *job, u32 *pin, s64 key)
{
	struct ktap_value val = integer(key);
	struct env *env = job->env;
	struct ktap_key k;
	int ret;

	ktap_tab_key(&env->tabs, env->tab, &val, &k);
	preempt_disable();
	ktap_pin(&env->heap, pin);
	ret = ktap_tab_delete(&env->tabs, &k);
	ktap_unpin(pin);
	preempt_enable();
	return ret;
}

/* All count on all keys, every other time the quick way. */
static u64 count_keys(void *arg, u32 nr)
{
	const struct job *job = arg;
	u32 *pin = &job->env->heap.pins[nr].pin[0];
	u64 errors = 0;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		struct ktap_value key = integer(i % job->keys);
		bool done = false;

		if (i & 1) {
			preempt_disable();
			done = ktap_tab_add(&job->env->tabs, pin, job->env->tab, &key, 1);
			preempt_enable();
		}
		if (!done)
			errors += thread_update(job, pin, key.i, 1) != 0;
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
	u32 *pin = &job->env->heap.pins[nr].pin[0];
	/* Keys of its own, that nobody else touches, beside those of all. */
	s64 own = 1000 + 100 * nr;
	u64 errors = 0;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		errors += thread_update(job, pin, own + i % 50, 1) != 0;
		errors += thread_update(job, pin, i % job->keys, 1) != 0;
		if (i % 5 == nr)
			errors += thread_delete(job, pin, i % job->keys) != 0;
		/* Gone at the end of each 50: distinct keys come and go. */
		if (i % 100 >= 50)
			errors += thread_delete(job, pin, own + i % 50) != 0;
	}
	return errors;
}

static void test_come_and_go(struct kunit *test)
{
	struct job *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);
	struct env *env = test->priv;
	u32 i, left = 0;
	u8 seen[4] = {};

	KUNIT_ASSERT_NOT_NULL(test, job);
	job->env = env;
	job->keys = 4;
	job->rounds = 2000 * KTAP_TEST_SCALE;
	KUNIT_EXPECT_EQ(test, test_threads(test, come_and_go, job), 0ULL);
	for (i = 0; i < job->keys; i++)
		left += get_int(env, i, -1) >= 0;
	KUNIT_EXPECT_EQ(test, len(env), left);
	KUNIT_EXPECT_EQ(test, go_through(env, env->tab, 1024, seen, job->keys), left);
	for (i = 0; i < job->keys; i++)
		KUNIT_EXPECT_EQ(test, (u32)seen[i], (u32)(get_int(env, i, -1) >= 0));
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
static u64 watch_once(const struct job *job, u32 *pin)
{
	struct env *env = job->env;
	struct ktap_arena arena = {};
	struct ktap_value key, val;
	s64 cursor = 0;
	u64 errors = 0;
	u8 seen[64] = {};
	int ret;
	u32 i;

	do {
		preempt_disable();
		ktap_pin(&env->heap, pin);
		ret = ktap_tab_next(&env->tabs, env->tab, &arena, &cursor, 256, &key,
				    &val);
		ktap_unpin(pin);
		preempt_enable();
		if (ret)
			continue;
		errors += key.type != KTAP_T_INT || val.type != KTAP_T_INT;
		if (key.i < (s64)ARRAY_SIZE(seen))
			seen[key.i]++;
	} while (ret != -ENOENT);
	for (i = 0; i < job->keys; i++)
		errors += seen[i] != 1;
	return errors;
}

/* One goes through a table, the others let keys come and go in it. */
static u64 watch(void *arg, u32 nr)
{
	const struct job *job = arg;
	u32 *pin = &job->env->heap.pins[nr].pin[0];
	u64 errors = 0;
	u32 i;

	for (i = 0; i < job->rounds; i++) {
		s64 key = 1000 + 64 * nr + i % 64;

		if (!nr) {
			if (i % 256 == 0)
				errors += watch_once(job, pin);
			continue;
		}
		errors += thread_update(job, pin, key, 1) != 0;
		errors += thread_delete(job, pin, key) != 0;
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
	KUNIT_CASE(test_cursor),
	KUNIT_CASE(test_clear),
	KUNIT_CASE(test_count),
	KUNIT_CASE(test_come_and_go),
	KUNIT_CASE(test_watch),
	{}
};

static struct kunit_suite tab_suite = {
	.name = "ktap_tab",
	.init = tab_init,
	.exit = tab_exit,
	.test_cases = tab_cases,
};

kunit_test_suite(tab_suite);
