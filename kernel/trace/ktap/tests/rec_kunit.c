// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of values in records
 */
#include "call.h"

/**
 * struct rec_row - a value and its bytes in a record
 * @name: of the row
 * @val: the value
 * @head: what it begins with
 * @body: what follows
 * @size: of @body
 */
struct rec_row {
	const char *name;
	struct call_arg val;
	struct ktap_val head;
	const void *body;
	u32 size;
};

#define TEXT(s)			s, sizeof(s) - 1
#define NUMBER(i)		&numbers[i], sizeof(numbers[i])

static const s64 numbers[] = { 0, -1, S64_MIN, S64_MAX };
static const struct ktap_val_stat no_stat;

/* Parts of a compound key, as one struct, so that it has the byte order of the machine. */
static const struct {
	struct ktap_val int_head;
	s64 num;
	struct ktap_val str_head;
	char str[8];
	struct ktap_val true_head;
	struct ktap_val false_head;
	struct ktap_val func_head;
	struct ktap_val empty_head;
	struct ktap_val long_head;
	char more[16];
} tuple = {
	{ KTAP_T_INT, 8 }, -2,
	{ KTAP_T_STR, 3 }, "abc",
	{ KTAP_T_TRUE, 0 }, { KTAP_T_FALSE, 0 },
	{ KTAP_T_FUNC, 1 },
	{ KTAP_T_STR, 0 },
	{ KTAP_T_STR, 9 }, "123456789",
};

static const struct rec_row rows[] = {
	{ "nil", V_NIL, { KTAP_T_NIL, 0 } },
	{ "false", V_FALSE, { KTAP_T_FALSE, 0 } },
	{ "true", V_TRUE, { KTAP_T_TRUE, 0 } },
	{ "0", V_INT(0), { KTAP_T_INT, 8 }, NUMBER(0) },
	{ "-1", V_INT(-1), { KTAP_T_INT, 8 }, NUMBER(1) },
	{ "least integer", V_INT(S64_MIN), { KTAP_T_INT, 8 }, NUMBER(2) },
	{ "greatest integer", V_INT(S64_MAX), { KTAP_T_INT, 8 }, NUMBER(3) },
	{ "empty string", V_STR(""), { KTAP_T_STR, 0 } },
	{ "1 byte", V_STR("a"), { KTAP_T_STR, 1 }, TEXT("a\0\0\0\0\0\0\0") },
	{ "7 bytes", V_STR("abcdefg"), { KTAP_T_STR, 7 }, TEXT("abcdefg\0") },
	{ "8 bytes", V_STR("abcdefgh"), { KTAP_T_STR, 8 }, TEXT("abcdefgh") },
	{ "9 bytes", V_STR("abcdefghi"), { KTAP_T_STR, 9 }, TEXT("abcdefghi\0\0\0\0\0\0\0") },
	{ "bytes that are NUL", V_STR("\0a\0"), { KTAP_T_STR, 3 }, TEXT("\0a\0\0\0\0\0\0") },
	{ "table", V_GONE, { KTAP_T_TAB, 0 } },
	{ "function", V_FUNC(1), { KTAP_T_FUNC, 1 } },
	{ "compound key",
	  V_KEY(V_INT(-2), V_STR("abc"), V_TRUE, V_FALSE, V_FUNC(1), V_STR(""), V_STR("123456789")),
	  { KTAP_T_TUPLE, sizeof(tuple) }, &tuple, sizeof(tuple) },
	/* Kind, flags and numbers are all 0. */
	{ "statistic that is gone", V_NO_STAT, { KTAP_T_STAT, sizeof(no_stat) }, &no_stat,
	  sizeof(no_stat) },
};

KUNIT_ARRAY_PARAM_DESC(rec, rows, name);

#define ROOM	512

static void check(struct kunit *test, const struct ktap_value *val, const struct ktap_val *head,
		  const void *body, u32 size)
{
	struct call *c = test->priv;
	char *room = kunit_kzalloc(test, ROOM, GFP_KERNEL);
	void *end;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, room);
	memset(room, 0x5a, ROOM);
	KUNIT_ASSERT_EQ(test, ktap_rec_size(val), (u32)sizeof(*head) + size);
	preempt_disable();
	end = ktap_rec_put(call_slot(c, false), val, room);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, (u32)(end - (void *)room), (u32)sizeof(*head) + size);
	KUNIT_EXPECT_TRUE(test, !memcmp(room, head, sizeof(*head)));
	KUNIT_EXPECT_TRUE(test, !size || !memcmp(room + sizeof(*head), body, size));
	for (i = sizeof(*head) + size; i < ROOM; i++)
		if (room[i] != 0x5a)
			break;
	KUNIT_EXPECT_EQ(test, i, (u32)ROOM);
}

static void test_value(struct kunit *test)
{
	const struct rec_row *row = test->param_value;
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);

	call_reset(c, exec);
	KUNIT_ASSERT_TRUE(test, call_put(exec, &row->val, &exec->regs[0]));
	check(test, &exec->regs[0], &row->head, row->body, row->size);
}

/* A string of the image is its number. */
static void test_const(struct kunit *test)
{
	static const struct ktap_val head = { KTAP_T_STR, KTAP_VAL_CONST | TEST_S_NUL };
	struct call *c = test->priv;
	struct ktap_value val;

	ktap_set_str(&val, c->core.prog->strs[TEST_S_NUL]);
	check(test, &val, &head, NULL, 0);
}

/* Tables can be told apart by their number. */
static void test_tables(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_val head[2];
	u32 i;

	call_reset(c, exec);
	for (i = 0; i < 2; i++) {
		preempt_disable();
		ktap_vm_new_tab(exec, NULL, &exec->regs[i]);
		ktap_rec_put(exec, &exec->regs[i], &head[i]);
		preempt_enable();
		KUNIT_EXPECT_EQ(test, head[i].type, (u32)KTAP_T_TAB);
		KUNIT_EXPECT_EQ(test, ktap_rec_size(&exec->regs[i]), (u32)sizeof(head[i]));
	}
	KUNIT_EXPECT_NE(test, head[0].len, head[1].len);
	KUNIT_EXPECT_NE(test, head[0].len, 0U);
}

/* Of each length: its bytes and zeros, whatever is behind them in the arena. */
static void test_lengths(struct kunit *test)
{
	enum { MOST = KTAP_REC_WORDS * 8 + 20 };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_val head = { .type = KTAP_T_STR };
	char body[MOST + KTAP_REC_ALIGN];
	struct ktap_str *str;
	u32 i;

	for (head.len = 0; head.len <= MOST; head.len++) {
		call_reset(c, exec);
		str = ktap_arena_str(&exec->arena, head.len);
		KUNIT_ASSERT_NOT_NULL(test, str);
		memset(str->data, 0xa5, ktap_str_size(head.len) - sizeof(*str));
		memset(body, 0, sizeof(body));
		for (i = 0; i < head.len; i++)
			body[i] = i + 1;
		memcpy(str->data, body, head.len);
		ktap_set_str(&exec->regs[0], str);
		check(test, &exec->regs[0], &head, body,
		      ALIGN(head.len, KTAP_REC_ALIGN));
	}
}

static void feed(struct ktap_exec *exec, u64 stat, s64 by)
{
	preempt_disable();
	ktap_pin(&exec->core->heap, exec->local.pin);
	ktap_stat_feed(&exec->core->heap, exec->local.pin, stat, by);
	ktap_unpin(exec->local.pin);
	preempt_enable();
}

static void test_stat(struct kunit *test)
{
	static const struct ktap_agg agg = {
		.kind = KTAP_AGG_LLHIST, .param = { 10, 1, 2, 20 },
	};
	static const struct ktap_val head = { KTAP_T_STAT, sizeof(struct ktap_val_stat) };
	struct ktap_val_stat want = {
		.kind = KTAP_AGG_LLHIST, .param = { 10, 1, 2, 20 },
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_value val;

	preempt_disable();
	ktap_pin(&c->core.heap, exec->local.pin);
	ktap_set_stat(&val, ktap_stat_create(&c->core.heap, exec->local.pin, &agg));
	ktap_unpin(exec->local.pin);
	preempt_enable();
	KUNIT_ASSERT_NE(test, val.ref, 0ULL);
	/* Nothing but how it counts, before it was fed. */
	check(test, &val, &head, &want, sizeof(want));

	feed(exec, val.ref, -3);
	feed(exec, val.ref, 10);
	feed(exec, val.ref, -20);
	want.count = 3;
	want.sum = -13;
	want.min = -20;
	want.max = 10;
	/* -4.3, and the root of 169.67 - 18.78 is 12.28. */
	want.avg = -4;
	want.stddev = 12;
	check(test, &val, &head, &want, sizeof(want));
	KUNIT_EXPECT_EQ(test, want.flags | want.nr_ranges | want.__reserved, 0U);
}

static struct kunit_case rec_cases[] = {
	KUNIT_CASE_PARAM(test_value, rec_gen_params),
	KUNIT_CASE(test_const),
	KUNIT_CASE(test_lengths),
	KUNIT_CASE(test_tables),
	KUNIT_CASE(test_stat),
	{}
};

static struct kunit_suite rec_suite = {
	.name = "ktap_rec",
	.init = call_init,
	.exit = call_exit,
	.test_cases = rec_cases,
};

kunit_test_suite(rec_suite);
