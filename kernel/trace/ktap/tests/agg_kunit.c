// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of builtin functions of statistics, and of the records they write
 */
#include "call.h"

#define LHIST_ERROR(what)	"error: lhist: " what
#define LLHIST_ERROR(what)	"error: llhist: " what
#define RANGE_ERROR		"the second argument has to be greater than the first"
#define STEP_ERROR		"the step has to be greater than 0"
#define MANY_ERROR		"there are too many steps"
#define BASE_ERROR		"the base has to be from 2 to 100"
#define POWER_ERROR		"the powers have to be 0 or more, and in order"
#define LARGE_ERROR		"the highest power is too large"
#define MULTIPLE_ERROR		"the number of steps has to be a multiple of the base"
#define DIVIDE_ERROR		"the number of steps has to divide the powers of the base"

static const struct call_row create_rows[] = {
	ROW(STAT, "{}"),
	ROW(HIST, "{}"),
	ROW(LHIST, "{}", V_INT(0), V_INT(100), V_INT(10)),
	ROW(LHIST, "{}", V_INT(0), V_INT(1), V_INT(1)),
	ROW(LHIST, "{}", V_INT(0), V_INT(1), V_INT(S64_MAX)),
	ROW(LHIST, "{}", V_INT(-10), V_INT(-5), V_INT(3)),
	ROW(LHIST, "{}", V_INT(S64_MIN), V_INT(S64_MAX), V_INT(S64_MAX)),
	ROW(LHIST, "{}", V_INT(0), V_INT(KTAP_MAX_RANGES - 2), V_INT(1)),
	ROW(LHIST, LHIST_ERROR(MANY_ERROR), V_INT(0), V_INT(KTAP_MAX_RANGES - 1), V_INT(1)),
	ROW(LHIST, LHIST_ERROR(MANY_ERROR), V_INT(S64_MIN), V_INT(S64_MAX), V_INT(1)),
	ROW(LHIST, LHIST_ERROR(RANGE_ERROR), V_INT(5), V_INT(5), V_INT(1)),
	ROW(LHIST, LHIST_ERROR(RANGE_ERROR), V_INT(5), V_INT(4), V_INT(1)),
	ROW(LHIST, LHIST_ERROR(RANGE_ERROR), V_INT(S64_MAX), V_INT(S64_MIN), V_INT(1)),
	ROW(LHIST, LHIST_ERROR(STEP_ERROR), V_INT(0), V_INT(10), V_INT(0)),
	ROW(LHIST, LHIST_ERROR(STEP_ERROR), V_INT(0), V_INT(10), V_INT(-1)),
	ROW(LHIST, LHIST_ERROR(STEP_ERROR), V_INT(0), V_INT(10), V_INT(S64_MIN)),
	ROW(LHIST, "error: lhist: argument 1 is a nil value", V_NIL, V_INT(1), V_INT(1)),
	ROW(LHIST, "error: lhist: argument 2 is a string value", V_INT(0), V_STR("1"), V_INT(1)),
	ROW(LHIST, "error: lhist: argument 3 is a boolean value", V_INT(0), V_INT(1), V_TRUE),

	ROW(LLHIST, "{}", V_INT(10), V_INT(0), V_INT(3), V_INT(10)),
	ROW(LLHIST, "{}", V_INT(10), V_INT(3), V_INT(3), V_INT(20)),
	ROW(LLHIST, "{}", V_INT(2), V_INT(0), V_INT(61), V_INT(2)),
	ROW(LLHIST, "{}", V_INT(10), V_INT(0), V_INT(17), V_INT(10)),
	ROW(LLHIST, "{}", V_INT(100), V_INT(0), V_INT(8), V_INT(100)),
	ROW(LLHIST, LLHIST_ERROR(BASE_ERROR), V_INT(1), V_INT(0), V_INT(3), V_INT(10)),
	ROW(LLHIST, LLHIST_ERROR(BASE_ERROR), V_INT(101), V_INT(0), V_INT(3), V_INT(101)),
	ROW(LLHIST, LLHIST_ERROR(BASE_ERROR), V_INT(S64_MIN), V_INT(0), V_INT(3), V_INT(10)),
	ROW(LLHIST, LLHIST_ERROR(POWER_ERROR), V_INT(10), V_INT(-1), V_INT(3), V_INT(10)),
	ROW(LLHIST, LLHIST_ERROR(POWER_ERROR), V_INT(10), V_INT(4), V_INT(3), V_INT(10)),
	ROW(LLHIST, LLHIST_ERROR(LARGE_ERROR), V_INT(2), V_INT(0), V_INT(62), V_INT(2)),
	ROW(LLHIST, LLHIST_ERROR(LARGE_ERROR), V_INT(10), V_INT(0), V_INT(18), V_INT(10)),
	ROW(LLHIST, LLHIST_ERROR(LARGE_ERROR), V_INT(10), V_INT(0), V_INT(S64_MAX), V_INT(10)),
	ROW(LLHIST, LLHIST_ERROR(MULTIPLE_ERROR), V_INT(10), V_INT(0), V_INT(3), V_INT(5)),
	ROW(LLHIST, LLHIST_ERROR(MULTIPLE_ERROR), V_INT(10), V_INT(0), V_INT(3), V_INT(15)),
	ROW(LLHIST, LLHIST_ERROR(MULTIPLE_ERROR), V_INT(10), V_INT(0), V_INT(3), V_INT(0)),
	ROW(LLHIST, LLHIST_ERROR(MULTIPLE_ERROR), V_INT(10), V_INT(0), V_INT(3), V_INT(-10)),
	ROW(LLHIST, LLHIST_ERROR(DIVIDE_ERROR), V_INT(10), V_INT(0), V_INT(3), V_INT(30)),
	ROW(LLHIST, LLHIST_ERROR(MANY_ERROR), V_INT(10), V_INT(0), V_INT(5),
	    V_INT(1000000000000000000LL)),
	ROW(LLHIST, LLHIST_ERROR(MANY_ERROR), V_INT(10), V_INT(0), V_INT(10), V_INT(1000)),
	ROW(LLHIST, "error: llhist: argument 4 is a nil value", V_INT(10), V_INT(0), V_INT(3),
	    V_NIL),
};

#define PLAIN_ERROR(name) "error: " name ": a table that was not made by stat() or the like"

static const struct call_row nothing_rows[] = {
	ROW(COUNT, "0", V_NIL),
	ROW(SUM, "0", V_NIL),
	ROW(AVG, "nil", V_NIL),
	ROW(MIN, "nil", V_NIL),
	ROW(MAX, "nil", V_NIL),
	ROW(STDDEV, "nil", V_NIL),
	/* What is gone was fed nothing. */
	ROW(COUNT, "0", V_GONE),
	ROW(SUM, "0", V_GONE),
	ROW(AVG, "nil", V_GONE),
	ROW(MIN, "nil", V_GONE),
	ROW(MAX, "nil", V_GONE),
	ROW(STDDEV, "nil", V_GONE),
	ROW(COUNT, "0", V_NO_STAT),
	ROW(SUM, "0", V_NO_STAT),
	ROW(AVG, "nil", V_NO_STAT),
	ROW(MIN, "nil", V_NO_STAT),
	ROW(MAX, "nil", V_NO_STAT),
	ROW(STDDEV, "nil", V_NO_STAT),
	ROW(COUNT, "error: count: argument 1 is a integer value", V_INT(1)),
	ROW(SUM, "error: sum: argument 1 is a string value", V_STR("a")),
	ROW(AVG, "error: avg: argument 1 is a boolean value", V_TRUE),
	ROW(MIN, "error: min: argument 1 is a function value", V_FUNC(1)),
	ROW(MAX, "error: max: argument 1 is a integer value", V_INT(1)),
	ROW(STDDEV, "error: stddev: argument 1 is a compound key value",
	    V_KEY(V_INT(1), V_INT(2))),
	ROW(PRINT_HIST, "nil", V_NIL),
	ROW(PRINT_HIST, "nil", V_GONE, V_INT(3)),
	ROW(PRINT_STAT, "nil", V_NO_STAT),
	ROW(PRINT_HIST, "error: print_hist: argument 1 is a integer value", V_INT(1)),
	ROW(PRINT_STAT, "error: print_stat: argument 1 is a string value", V_STR("a")),
	ROW(PRINT_STAT, "error: print_stat: argument 2 is a nil value", V_NIL, V_NIL),
	ROW(DUMP, "nil", V_GONE, V_STR("n")),
	ROW(DUMP, "nil", V_NIL, V_STR("n"), V_INT(-1)),
	ROW(DUMP, "error: dump: argument 2 is a integer value", V_NIL, V_INT(1)),
	ROW(DUMP, "error: dump: argument 3 is a nil value", V_NIL, V_STR("n"), V_NIL),
};

static void test_create(struct kunit *test)
{
	call_rows(test, create_rows, ARRAY_SIZE(create_rows));
}

static void test_nothing(struct kunit *test)
{
	call_rows(test, nothing_rows, ARRAY_SIZE(nothing_rows));
}

/*
 * Tables
 */

/* Make a table that counts as @row says; it is in the first register. */
static u64 make(struct kunit *test, struct ktap_exec *exec, const struct call_row *row)
{
	KUNIT_EXPECT_EQ(test, call_row(test, exec, row, false), 0);
	return exec->regs[0].ref;
}

/* What the script would do by "h <<< by". */
static int feed(struct ktap_exec *exec, u64 tab, s64 by)
{
	struct ktap_core *core = exec->core;
	int ret;

	preempt_disable();
	ktap_pin(&core->heap, exec->local.pin);
	ret = ktap_tab_feed_all(&core->tabs, &exec->local, tab, by);
	ktap_unpin(exec->local.pin);
	preempt_enable();
	return ret;
}

/* "h[key] <<< by" */
static int feed_key(struct ktap_exec *exec, u64 tab, const struct ktap_value *key, s64 by)
{
	struct ktap_core *core = exec->core;
	enum ktap_type type;
	struct ktap_key k;
	int ret;

	preempt_disable();
	ktap_tab_key(&core->tabs, tab, key, &k);
	ktap_pin(&core->heap, exec->local.pin);
	ret = ktap_tab_feed(&core->tabs, &exec->local, &k, by, &type);
	ktap_unpin(exec->local.pin);
	preempt_enable();
	return ret;
}

/* "t[key] = val" */
static int set(struct ktap_exec *exec, u64 tab, const struct ktap_value *key,
	       const struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	struct ktap_key k;
	int ret;

	preempt_disable();
	ktap_tab_key(&core->tabs, tab, key, &k);
	ktap_pin(&core->heap, exec->local.pin);
	ret = ktap_tab_set(&core->tabs, &exec->local, &k, val);
	ktap_unpin(exec->local.pin);
	preempt_enable();
	return ret;
}

/* The result of a function of a table, as text. */
static const char *ask(struct ktap_exec *exec, enum ktap_func func, u64 tab)
{
	ktap_set_tab(&exec->regs[0], tab);
	call_func(call_of(exec), exec, func, 1);
	return call_of(exec)->text;
}

static const struct call_row make_stat = ROW(STAT, "");
static const struct call_row make_hist = ROW(HIST, "");

/* Functions look at what a table was fed as a whole. */
static void test_whole(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_value key;
	u64 tab = make(test, exec, &make_hist);

	ktap_set_int(&key, 1);
	feed_key(exec, tab, &key, 1000);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_COUNT, tab), "0");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_AVG, tab), "nil");
	feed(exec, tab, 5);
	feed(exec, tab, -8);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_COUNT, tab), "2");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_SUM, tab), "-3");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_AVG, tab), "-1");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_MIN, tab), "-8");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_MAX, tab), "5");
	/* The root of 6.5^2 */
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_STDDEV, tab), "6");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_LEN, tab), "1");
	ask(exec, KTAP_FUNC_ZERO, tab);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_COUNT, tab), "0");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_MIN, tab), "nil");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_LEN, tab), "1");
	feed(exec, tab, 7);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_SUM, tab), "7");
	ask(exec, KTAP_FUNC_CLEAR, tab);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_COUNT, tab), "0");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_LEN, tab), "0");
}

/* What a plain table has cannot be meant. */
static void test_plain(struct kunit *test)
{
	static const enum ktap_func funcs[] = {
		KTAP_FUNC_COUNT, KTAP_FUNC_SUM, KTAP_FUNC_AVG, KTAP_FUNC_MIN, KTAP_FUNC_MAX,
		KTAP_FUNC_STDDEV,
	};
	static const char * const texts[] = {
		PLAIN_ERROR("count"), PLAIN_ERROR("sum"), PLAIN_ERROR("avg"), PLAIN_ERROR("min"),
		PLAIN_ERROR("max"), PLAIN_ERROR("stddev"),
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_value tab;
	u32 i;

	call_reset(c, exec);
	preempt_disable();
	ktap_vm_new_tab(exec, NULL, &tab);
	preempt_enable();
	for (i = 0; i < ARRAY_SIZE(funcs); i++)
		KUNIT_EXPECT_STREQ(test, ask(exec, funcs[i], tab.ref), texts[i]);
	KUNIT_EXPECT_EQ(test, feed(exec, tab.ref, 1), -EINVAL);
}

/*
 * What was computed, and the same as a person would
 */

#define MAX_VALUES	500

/**
 * struct naive - values and what they come to
 * @vals: values
 * @nr: their number
 * @count: the same
 * @sum: their sum
 * @min: the least one
 * @max: the greatest one
 */
struct naive {
	s64 vals[MAX_VALUES];
	u32 nr;
	u64 count;
	s64 sum;
	s64 min;
	s64 max;
};

static void naive_add(struct naive *n, s64 val)
{
	if (!n->count || val < n->min)
		n->min = val;
	if (!n->count || val > n->max)
		n->max = val;
	n->sum = (u64)n->sum + (u64)val;
	n->vals[n->count++] = val;
	n->nr = n->count;
}

/* Of values below 2^20, by squares of integers that have all of the digits. */
static s64 naive_stddev(const struct naive *n)
{
	u64 squares = 0, spread;
	s64 dev = 0;
	u32 i;

	for (i = 0; i < n->nr; i++)
		squares += (u64)(n->vals[i] * n->vals[i]);
	spread = n->nr * squares - (u64)(n->sum * n->sum);
	while ((u64)(n->nr * (dev + 1)) * (u64)(n->nr * (dev + 1)) <= spread)
		dev++;
	return dev;
}

static void expect(struct kunit *test, struct ktap_exec *exec, enum ktap_func func, u64 tab,
		   s64 want)
{
	char text[24];

	scnprintf(text, sizeof(text), "%lld", want);
	KUNIT_EXPECT_STREQ(test, ask(exec, func, tab), text);
}

/* A value of up to @bits bits, and a sign. */
static s64 random_value(struct rnd_state *rnd, u32 bits)
{
	u64 val = (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);

	val = bits < 64 ? val & (BIT_ULL(bits) - 1) : val;
	return bits < 64 && prandom_u32_state(rnd) & 1 ? -(s64)val : (s64)val;
}

static void test_sums(struct kunit *test)
{
	static const u32 bits[] = { 0, 1, 3, 8, 12, 20, 40, 62, 63, 64 };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct naive *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	struct rnd_state rnd;
	u32 i, nr;
	u64 tab;

	KUNIT_ASSERT_NOT_NULL(test, n);
	prandom_seed_state(&rnd, 20);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		tab = make(test, exec, &make_stat);
		memset(n, 0, sizeof(*n));
		for (nr = 0; nr < 1 + i * 50; nr++) {
			s64 val = random_value(&rnd, bits[i]);

			KUNIT_EXPECT_EQ(test, feed(exec, tab, val), 0);
			naive_add(n, val);
		}
		expect(test, exec, KTAP_FUNC_COUNT, tab, n->count);
		expect(test, exec, KTAP_FUNC_SUM, tab, n->sum);
		expect(test, exec, KTAP_FUNC_AVG, tab, div64_s64(n->sum, n->count));
		expect(test, exec, KTAP_FUNC_MIN, tab, n->min);
		expect(test, exec, KTAP_FUNC_MAX, tab, n->max);
		if (bits[i] <= 20)
			expect(test, exec, KTAP_FUNC_STDDEV, tab, naive_stddev(n));
	}
}

static void test_extremes(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u64 tab = make(test, exec, &make_stat);

	feed(exec, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_SUM, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_AVG, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_MIN, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_MAX, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_STDDEV, tab, 0);
	feed(exec, tab, S64_MAX);
	expect(test, exec, KTAP_FUNC_SUM, tab, -1);
	expect(test, exec, KTAP_FUNC_AVG, tab, 0);
	expect(test, exec, KTAP_FUNC_MIN, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_MAX, tab, S64_MAX);
	/* 2^63 - 0.5 */
	expect(test, exec, KTAP_FUNC_STDDEV, tab, S64_MAX);
	/* The sum wraps. */
	feed(exec, tab, S64_MAX);
	feed(exec, tab, 2);
	expect(test, exec, KTAP_FUNC_SUM, tab, S64_MIN);
	expect(test, exec, KTAP_FUNC_COUNT, tab, 4);
}

/*
 * Records
 */

/**
 * struct reader - what goes through the records that were written
 * @c: has them
 * @pos: how far it is
 */
struct reader {
	const struct call *c;
	u32 pos;
};

static const struct call_rec *next_record(struct reader *r)
{
	const struct call_rec *rec = (const void *)(r->c->records + r->pos);

	if (r->pos == r->c->size)
		return NULL;
	r->pos += sizeof(*rec) + rec->size;
	return rec;
}

/* The range of a value, as <linux/ktap.h> has it. */
static s32 naive_range(const struct call_row *row, s64 val)
{
	s64 a = row->args[0].num, b = row->args[1].num, step = row->args[2].num;
	s64 power = 1, bound, next;
	s32 range;
	u32 i;

	switch (row->func) {
	case KTAP_FUNC_HIST:
		/* The first power of two that is greater. */
		for (range = 0; range < 64 && (val < 0 ? 0 - (u64)val : val) >> range; range++)
			;
		return val < 0 ? -range : range;
	case KTAP_FUNC_LHIST:
		if (val < a)
			return -1;
		/* One step after the other, up to the last one, which may be shorter. */
		for (range = 0, bound = a; ; range++, bound += step) {
			if (val < b && (bound > b - step || val < bound + step))
				return range;
			if (bound > b - step || bound + step >= b)
				return range + 1;
		}
	default:
		/* One bound after the other. */
		for (i = 0; i < b; i++)
			power *= a;
		if (val < power)
			return -1;
		for (range = 0; i <= step; i++) {
			next = power * a;
			for (bound = power; bound < next; range++) {
				bound += max(div64_s64(next, row->args[3].num), 1LL);
				if (val < bound)
					return range;
			}
			power = next;
		}
		return range;
	}
}

static const struct call_row hists[] = {
	ROW(HIST, ""),
	ROW(LHIST, "", V_INT(0), V_INT(100), V_INT(10)),
	ROW(LHIST, "", V_INT(-50), V_INT(55), V_INT(10)),
	ROW(LHIST, "", V_INT(0), V_INT(1), V_INT(1)),
	ROW(LHIST, "", V_INT(-700), V_INT(700), V_INT(3)),
	ROW(LHIST, "", V_INT(5), V_INT(9), V_INT(100)),
	ROW(LHIST, "", V_INT(S64_MIN), V_INT(S64_MIN + 100), V_INT(7)),
	ROW(LHIST, "", V_INT(S64_MAX - 100), V_INT(S64_MAX), V_INT(7)),
	ROW(LLHIST, "", V_INT(10), V_INT(0), V_INT(3), V_INT(10)),
	ROW(LLHIST, "", V_INT(10), V_INT(1), V_INT(4), V_INT(20)),
	ROW(LLHIST, "", V_INT(2), V_INT(0), V_INT(10), V_INT(4)),
	ROW(LLHIST, "", V_INT(2), V_INT(0), V_INT(61), V_INT(2)),
	ROW(LLHIST, "", V_INT(10), V_INT(2), V_INT(2), V_INT(100)),
	ROW(LLHIST, "", V_INT(3), V_INT(2), V_INT(6), V_INT(27)),
};

/* Ranges are numbered from -64 on. */
#define FIRST_RANGE	64
#define NR_RANGES	(FIRST_RANGE + KTAP_MAX_RANGES)

/*
 * The ranges of a statistic whose items begin with @rec, up to the last of them.
 * Returns that one, or NULL if something is not right.
 */
static const struct call_rec *read_ranges(struct kunit *test, struct reader *r,
					  const struct call_rec *rec, u32 key_size,
					  u64 *counts, u32 *items)
{
	s32 last = INT_MIN;
	u32 i;

	for (*items = 1; rec; rec = next_record(r), ++*items) {
		const struct ktap_val *head = (const void *)(rec + 1) + key_size;
		const struct ktap_val_stat *stat = (const void *)(head + 1);

		KUNIT_EXPECT_EQ(test, rec->type, (u32)KTAP_REC_ITEM);
		KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_STAT);
		KUNIT_EXPECT_EQ(test, rec->size, key_size + (u32)sizeof(*head) + head->len);
		KUNIT_EXPECT_EQ(test, (size_t)head->len,
				sizeof(*stat) + stat->nr_ranges * sizeof(*stat->ranges));
		KUNIT_EXPECT_LE(test, rec->size, 2048U + key_size);
		for (i = 0; i < stat->nr_ranges; i++) {
			const struct ktap_val_range *range = &stat->ranges[i];

			if (range->range <= last || range->range < -FIRST_RANGE ||
			    range->range >= KTAP_MAX_RANGES || range->__reserved) {
				KUNIT_FAIL(test, "range %d after %d", range->range, last);
				return NULL;
			}
			last = range->range;
			counts[last + FIRST_RANGE] += range->count;
		}
		if (!(stat->flags & KTAP_STAT_MORE))
			return rec;
	}
	KUNIT_FAIL(test, "no last item");
	return NULL;
}

/* Values at and around all bounds that there may be, and random ones. */
static void put_values(struct naive *n, const struct call_row *row, struct rnd_state *rnd)
{
	u32 i;

	memset(n, 0, sizeof(*n));
	for (i = 0; i < 64; i++) {
		naive_add(n, (s64)BIT_ULL(i));
		naive_add(n, (s64)(BIT_ULL(i) - 1));
		naive_add(n, (s64)(0 - BIT_ULL(i)));
		naive_add(n, (s64)(0 - BIT_ULL(i) + 1));
	}
	for (i = 0; i < row->nr && i < 3; i++) {
		naive_add(n, row->args[i].num);
		naive_add(n, (u64)row->args[i].num - 1);
		naive_add(n, (u64)row->args[i].num + 1);
	}
	while (n->nr < MAX_VALUES)
		naive_add(n, random_value(rnd, prandom_u32_state(rnd) % 64 + 1));
}

static void check_hist(struct kunit *test, const struct call_row *row, struct naive *n,
		       u64 *counts, u64 *want)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	const struct ktap_val_stat *stat;
	struct reader r = { .c = c };
	const struct call_rec *rec;
	u64 tab = make(test, exec, row);
	u32 items, i;

	memset(counts, 0, NR_RANGES * sizeof(*counts));
	memset(want, 0, NR_RANGES * sizeof(*want));
	for (i = 0; i < n->nr; i++) {
		KUNIT_EXPECT_EQ(test, feed(exec, tab, n->vals[i]), 0);
		want[naive_range(row, n->vals[i]) + FIRST_RANGE]++;
	}
	c->size = 0;
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_PRINT_HIST, tab), "nil");

	rec = next_record(&r);
	KUNIT_ASSERT_EQ(test, rec->type, (u32)KTAP_REC_AGG);
	rec = next_record(&r);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	/* The key of what is fed as a whole is nil. */
	KUNIT_EXPECT_EQ(test, ((const struct ktap_val *)(rec + 1))->type, (u32)KTAP_T_NIL);
	stat = (const void *)(rec + 1) + 2 * sizeof(struct ktap_val);
	KUNIT_EXPECT_EQ(test, stat->kind, (u32)(row->func - KTAP_FUNC_STAT));
	KUNIT_EXPECT_EQ(test, stat->count, n->count);
	KUNIT_EXPECT_EQ(test, stat->sum, n->sum);
	KUNIT_EXPECT_EQ(test, stat->min, n->min);
	KUNIT_EXPECT_EQ(test, stat->max, n->max);
	KUNIT_EXPECT_EQ(test, stat->avg, div64_s64(n->sum, n->count));
	KUNIT_EXPECT_EQ(test, stat->__reserved, 0U);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, stat->param[i], row->args[i].num);

	KUNIT_ASSERT_NOT_NULL(test, read_ranges(test, &r, rec, sizeof(struct ktap_val), counts,
						&items));
	for (i = 0; i < NR_RANGES; i++)
		if (counts[i] != want[i])
			KUNIT_FAIL(test, "%s(): range %d has %llu, should have %llu",
				   call_name(row->func), (int)i - FIRST_RANGE, counts[i], want[i]);
	rec = next_record(&r);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	KUNIT_EXPECT_EQ(test, rec->type, (u32)KTAP_REC_AGG_END);
	KUNIT_EXPECT_EQ(test, rec->size, 0U);
	KUNIT_EXPECT_NULL(test, next_record(&r));
}

static void test_ranges(struct kunit *test)
{
	struct naive *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	u64 *counts = kunit_kcalloc(test, NR_RANGES, sizeof(*counts), GFP_KERNEL);
	u64 *want = kunit_kcalloc(test, NR_RANGES, sizeof(*want), GFP_KERNEL);
	struct rnd_state rnd;
	u32 i;

	KUNIT_ASSERT_TRUE(test, n && counts && want);
	prandom_seed_state(&rnd, 21);
	for (i = 0; i < ARRAY_SIZE(hists); i++) {
		put_values(n, &hists[i], &rnd);
		check_hist(test, &hists[i], n, counts, want);
	}
}

/* More ranges than one item has. */
static void test_chunks(struct kunit *test)
{
	static const struct call_row row =
		ROW(LHIST, "", V_INT(0), V_INT(4000), V_INT(1));
	static const u32 nrs[] = { 1, 63, 64, 65, 127, 128, 129, 4000 };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 *counts = kunit_kcalloc(test, NR_RANGES, sizeof(*counts), GFP_KERNEL);
	u32 i, j, items;

	KUNIT_ASSERT_NOT_NULL(test, counts);
	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		struct reader r = { .c = c };
		u64 tab = make(test, exec, &row);

		for (j = 0; j < nrs[i]; j++)
			KUNIT_EXPECT_EQ(test, feed(exec, tab, j), 0);
		memset(counts, 0, NR_RANGES * sizeof(*counts));
		c->size = 0;
		ask(exec, KTAP_FUNC_PRINT_HIST, tab);
		next_record(&r);
		read_ranges(test, &r, next_record(&r), sizeof(struct ktap_val), counts, &items);
		/* When the last one is full, that there are no more is not known. */
		KUNIT_EXPECT_EQ(test, items, nrs[i] / 64 + 1);
		for (j = 0; j < KTAP_MAX_RANGES; j++)
			if (counts[j + FIRST_RANGE] != (j < nrs[i] ? 1ULL : 0ULL))
				KUNIT_FAIL(test, "range %u of %u has %llu", j, nrs[i],
					   counts[j + FIRST_RANGE]);
		KUNIT_EXPECT_EQ(test, next_record(&r)->type, (u32)KTAP_REC_AGG_END);
	}
}

/* Long keys move between the items. */
#define LONG_KEYS	40
#define LONG_KEY	3000

/* String @i of those that fill the arena, each in its turn. */
static void put_long(struct ktap_exec *exec, u32 i, struct ktap_value *val)
{
	struct ktap_str *str;

	exec->arena.used = 0;
	str = ktap_arena_str(&exec->arena, LONG_KEY + i);
	memset(str->data, 'a' + i % 26, str->len);
	ktap_set_str(val, str);
}

/* String @i in a record. */
static void expect_long(struct kunit *test, const struct ktap_val *head, u32 i)
{
	const char *text = (const void *)(head + 1);
	u32 j;

	KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_STR);
	KUNIT_ASSERT_EQ(test, head->len, LONG_KEY + i);
	for (j = 0; j < head->len; j++)
		if (text[j] != 'a' + i % 26)
			break;
	KUNIT_EXPECT_EQ(test, j, head->len);
}

static void test_keys(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 tab = make(test, exec, &make_hist);
	struct reader r = { .c = c };
	const struct ktap_val *head;
	u32 i, j;

	for (i = 0; i < LONG_KEYS; i++) {
		put_long(exec, i, &exec->regs[1]);
		KUNIT_EXPECT_EQ(test, feed_key(exec, tab, &exec->regs[1], i), 0);
	}
	ktap_set_nil(&exec->regs[1]);
	ktap_set_nil(&exec->regs[CALL_GUARD]);
	exec->arena.used = 0;
	call_fill(exec);
	/* Ranges only fit with the other records if there are none. */
	c->size = 0;
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_PRINT_HIST, tab), "nil");

	KUNIT_EXPECT_EQ(test, next_record(&r)->type, (u32)KTAP_REC_AGG);
	for (i = 0; i < sizeof(c->records) / (LONG_KEY + 256) && i < LONG_KEYS; i++) {
		const struct call_rec *rec = next_record(&r);
		const struct ktap_val_stat *stat;
		const char *text;

		KUNIT_ASSERT_NOT_NULL(test, rec);
		head = (const void *)(rec + 1);
		expect_long(test, head, i);
		text = (const void *)(head + 1);
		for (j = head->len; j % 8; j++)
			KUNIT_EXPECT_EQ(test, text[j], 0);
		head = (const void *)text + j;
		KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_STAT);
		stat = (const void *)(head + 1);
		KUNIT_EXPECT_EQ(test, stat->count, 1ULL);
		KUNIT_EXPECT_EQ(test, stat->max, (s64)i);
		KUNIT_EXPECT_EQ(test, stat->nr_ranges, 1U);
	}
}

/* Integers and statistics are shown, in the order in which they came; others are not. */
static void test_items(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 tab = make(test, exec, &make_stat);
	static const struct call_arg strings[] = { V_STR("text"), V_STR("key") };
	const struct ktap_rec_agg *agg;
	struct ktap_value key, val, str, text;
	struct reader r = { .c = c };
	const struct ktap_val *head;
	s64 want[] = { 5, 1LL << 62, S64_MIN };
	u32 i;

	call_put(exec, &strings[0], &text);
	call_put(exec, &strings[1], &str);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		ktap_set_int(&key, i);
		ktap_set_int(&val, want[i]);
		set(exec, tab, &key, &val);
		ktap_set_int(&key, 100 + i);
		set(exec, tab, &key, &text);
	}
	feed_key(exec, tab, &str, 7);
	c->size = 0;
	ktap_set_int(&exec->regs[1], 3);
	ktap_set_tab(&exec->regs[0], tab);
	call_func(c, exec, KTAP_FUNC_PRINT_STAT, 2);
	KUNIT_EXPECT_STREQ(test, c->text, "nil");

	agg = (const void *)(next_record(&r) + 1);
	KUNIT_EXPECT_EQ(test, agg->func, (u32)KTAP_FUNC_PRINT_STAT);
	KUNIT_EXPECT_EQ(test, agg->limit, 3U);
	KUNIT_EXPECT_EQ(test, agg->type, (u32)KTAP_T_TAB);
	KUNIT_EXPECT_EQ(test, agg->flags, 0U);
	KUNIT_EXPECT_EQ(test, agg->name, KTAP_IMG_NONE);
	KUNIT_EXPECT_EQ(test, agg->__reserved, 0U);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		const struct call_rec *rec = next_record(&r);
		const s64 *words = (const void *)(rec + 1);

		KUNIT_ASSERT_EQ(test, rec->size, 32U);
		head = (const void *)words;
		KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_INT);
		KUNIT_EXPECT_EQ(test, words[1], (s64)i);
		head = (const void *)&words[2];
		KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_INT);
		KUNIT_EXPECT_EQ(test, words[3], want[i]);
	}
	head = (const void *)(next_record(&r) + 1);
	KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_STR);
	KUNIT_EXPECT_TRUE(test, !memcmp(head + 1, "key\0\0\0\0", 8));
	head += 2;
	KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_STAT);
	KUNIT_EXPECT_EQ(test, ((const struct ktap_val_stat *)(head + 1))->sum, 7LL);
	KUNIT_EXPECT_EQ(test, next_record(&r)->type, (u32)KTAP_REC_AGG_END);
}

/* Dump what is in the first register, under the name of string 0. */
static const struct ktap_rec_agg *dump(struct call *c, struct ktap_exec *exec,
				       struct reader *r, s64 flags)
{
	c->size = 0;
	*r = (struct reader){ .c = c };
	ktap_set_str(&exec->regs[1], c->core.prog->strs[0]);
	ktap_set_int(&exec->regs[2], flags);
	call_func(c, exec, KTAP_FUNC_DUMP, 3);
	return (const void *)(next_record(r) + 1);
}

/* A variable that is no table is one item without a key. */
static void test_dump_value(struct kunit *test)
{
	const struct call_arg args[] = {
		V_NIL, V_TRUE, V_INT(-7), V_STR("text"), V_KEY(V_INT(1), V_STR("a")),
	};
	static const u32 sizes[] = { 8, 8, 16, 16, 40 };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	const struct ktap_rec_agg *agg;
	const struct ktap_val *head;
	const struct call_rec *rec;
	struct reader r;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(args); i++) {
		call_reset(c, exec);
		call_put(exec, &args[i], &exec->regs[0]);
		agg = dump(c, exec, &r, i & 1 ? -1 : ~KTAP_AGG_READ);
		KUNIT_EXPECT_EQ(test, agg->func, (u32)KTAP_FUNC_DUMP);
		KUNIT_EXPECT_EQ(test, agg->limit, 0U);
		KUNIT_EXPECT_EQ(test, agg->type, (u32)args[i].type);
		KUNIT_EXPECT_EQ(test, agg->flags, i & 1 ? KTAP_AGG_READ : 0);
		KUNIT_EXPECT_EQ(test, agg->name, 0U);
		rec = next_record(&r);
		head = (const void *)(rec + 1);
		KUNIT_EXPECT_EQ(test, rec->type, (u32)KTAP_REC_ITEM);
		KUNIT_EXPECT_EQ(test, rec->size, 8 + sizes[i]);
		KUNIT_EXPECT_EQ(test, head[0].type, (u32)KTAP_T_NIL);
		KUNIT_EXPECT_EQ(test, head[1].type, (u32)args[i].type);
		KUNIT_EXPECT_EQ(test, next_record(&r)->type, (u32)KTAP_REC_AGG_END);
	}
}

/* Everything in a table but tables is sent; long values move between the items. */
static void test_dump_table(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 tab = make(test, exec, &make_stat), inner;
	const struct ktap_val *head;
	struct ktap_value key, val;
	struct reader r;
	u32 i;

	preempt_disable();
	ktap_vm_new_tab(exec, NULL, &exec->regs[1]);
	preempt_enable();
	inner = exec->regs[1].ref;
	ktap_set_int(&key, -1);
	ktap_set_tab(&val, inner);
	set(exec, tab, &key, &val);
	for (i = 0; i < LONG_KEYS; i++) {
		put_long(exec, i, &exec->regs[2]);
		ktap_set_int(&key, i);
		set(exec, tab, &key, &exec->regs[2]);
	}
	ktap_set_nil(&exec->regs[2]);
	ktap_set_nil(&exec->regs[CALL_GUARD]);
	exec->arena.used = 0;
	call_fill(exec);
	ktap_set_tab(&exec->regs[0], tab);
	KUNIT_EXPECT_EQ(test, dump(c, exec, &r, 0)->type, (u32)KTAP_T_TAB);
	for (i = 0; i < sizeof(c->records) / (LONG_KEY + 256) && i < LONG_KEYS; i++) {
		const struct call_rec *rec = next_record(&r);

		KUNIT_ASSERT_NOT_NULL(test, rec);
		head = (const void *)(rec + 1);
		KUNIT_EXPECT_EQ(test, head->type, (u32)KTAP_T_INT);
		KUNIT_EXPECT_EQ(test, *(const s64 *)(head + 1), (s64)i);
		expect_long(test, head + 2, i);
	}
}

/* What a top-level variable has is printed with the name of the variable. */
static void test_shown_name(struct kunit *test)
{
	struct call *c = test->priv;
	const struct ktap_rec_agg *agg = (const void *)(c->records + sizeof(struct call_rec));
	struct ktap_exec *exec = call_slot(c, true);
	const struct ktap_prog *prog = c->core.prog;
	u64 tab = make(test, exec, &make_stat), other = make(test, exec, &make_hist);

	KUNIT_ASSERT_EQ(test, prog->nr_globals, (u32)TEST_GLOBALS);
	atomic64_set(&c->core.globals[1], ktap_cell_word(KTAP_CELL_TAB, tab));
	c->size = 0;
	ask(exec, KTAP_FUNC_PRINT_STAT, tab);
	KUNIT_EXPECT_EQ(test, agg->name, prog->globals[1].name);
	c->size = 0;
	ask(exec, KTAP_FUNC_PRINT_HIST, other);
	KUNIT_EXPECT_EQ(test, agg->name, KTAP_IMG_NONE);
	/* A number is no table, whatever its bits are. */
	atomic64_set(&c->core.globals[0], KTAP_CELL_INT(other));
	c->size = 0;
	ask(exec, KTAP_FUNC_PRINT_HIST, other);
	KUNIT_EXPECT_EQ(test, agg->name, KTAP_IMG_NONE);
	atomic64_set(&c->core.globals[0], 0);
	atomic64_set(&c->core.globals[1], 0);
}

/* An entry more for each one that is printed. */
static void raw_and_grow(struct ktap_exec *exec, enum ktap_rec_type type, const void *body,
			 u32 size)
{
	struct ktap_value key;

	call_raw(exec, type, body, size);
	if (type != KTAP_REC_ITEM)
		return;
	ktap_set_int(&key, call_of(exec)->size);
	set(exec, exec->regs[10].ref, &key, &key);
}

/* Printing ends, however fast the table grows. */
static void test_growing(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 tab = make(test, exec, &make_stat);
	struct ktap_env env = *exec->env;
	struct reader r = { .c = c };
	struct ktap_value key;
	u32 nr = 0;
	s64 i;

	for (i = -3; i < 0; i++) {
		ktap_set_int(&key, i);
		set(exec, tab, &key, &key);
	}
	ktap_set_tab(&exec->regs[10], tab);
	env.raw = raw_and_grow;
	exec->env = &env;
	c->size = 0;
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_PRINT_STAT, tab), "nil");
	exec->env = &call_env;
	while (next_record(&r))
		nr++;
	/* Begin and end, and what was there at first. */
	KUNIT_EXPECT_EQ(test, nr, 5U);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_LEN, tab), "6");
}

static void test_limit(struct kunit *test)
{
	static const struct {
		s64 limit;
		u32 want;
	} rows[] = {
		{ 0, 0 }, { 1, 1 }, { -1, 0 }, { S64_MIN, 0 }, { U32_MAX, U32_MAX },
		{ 1LL << 32, U32_MAX }, { S64_MAX, U32_MAX },
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	const struct ktap_rec_agg *agg = (const void *)(c->records + sizeof(struct call_rec));
	u32 i;

	call_reset(c, exec);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		c->size = 0;
		ktap_set_nil(&exec->regs[0]);
		ktap_set_int(&exec->regs[1], rows[i].limit);
		call_func(c, exec, KTAP_FUNC_PRINT_HIST, 2);
		KUNIT_EXPECT_EQ(test, agg->limit, rows[i].want);
		KUNIT_EXPECT_EQ(test, agg->func, (u32)KTAP_FUNC_PRINT_HIST);
		KUNIT_EXPECT_EQ(test, agg->type, (u32)KTAP_T_NIL);
	}
}

/*
 * What a call with a table costs; it ends in an error with half of that, and the
 * records end as they should.
 */
static u64 table_cost(struct kunit *test, enum ktap_func func, u64 tab)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	const struct call_rec *rec, *last = NULL;
	struct reader r = { .c = c };
	u64 cost;

	ask(exec, func, tab);
	cost = c->cost;
	c->budget = cost / 2;
	c->size = 0;
	KUNIT_EXPECT_STREQ(test, ask(exec, func, tab),
			   "error: loop execute count exceed max limit");
	c->budget = CALL_BUDGET;
	while ((rec = next_record(&r)))
		last = rec;
	if (func == KTAP_FUNC_PRINT_HIST || func == KTAP_FUNC_PRINT_STAT)
		KUNIT_EXPECT_TRUE(test, last && last->type == KTAP_REC_AGG_END);
	return cost;
}

#define ENTRIES		500

static void test_costs(struct kunit *test)
{
	static const struct call_arg text = V_STR("text");
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 tab = make(test, exec, &make_hist);
	struct ktap_value key, val;
	u32 i;

	feed(exec, tab, 1);
	KUNIT_EXPECT_GE(test, table_cost(test, KTAP_FUNC_STDDEV, tab), 200ULL);
	KUNIT_EXPECT_GE(test, table_cost(test, KTAP_FUNC_COUNT, tab), 200ULL);
	for (i = 0; i < ENTRIES; i++) {
		ktap_set_int(&key, i);
		KUNIT_EXPECT_EQ(test, set(exec, tab, &key, &key), 0);
	}
	KUNIT_EXPECT_GE(test, table_cost(test, KTAP_FUNC_PRINT_HIST, tab), ENTRIES * 32ULL);
	KUNIT_EXPECT_GE(test, table_cost(test, KTAP_FUNC_PRINT_STAT, tab), ENTRIES * 32ULL);
	/* What is not shown has been looked at as well. */
	call_put(exec, &text, &val);
	for (i = 0; i < ENTRIES; i++) {
		ktap_set_int(&key, i);
		KUNIT_EXPECT_EQ(test, set(exec, tab, &key, &val), 0);
	}
	KUNIT_EXPECT_GE(test, table_cost(test, KTAP_FUNC_PRINT_STAT, tab), (u64)ENTRIES);
	KUNIT_EXPECT_GE(test, table_cost(test, KTAP_FUNC_ZERO, tab), (u64)ENTRIES);
	ask(exec, KTAP_FUNC_CLEAR, tab);
	KUNIT_EXPECT_GE(test, c->cost, (u64)ENTRIES);
}

/* A heap that is full: what could not be made is as if it were gone. */
static void test_heap_full(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 tab = make(test, exec, &make_hist);
	struct ktap_value key, val;
	u64 lost;
	s64 i;

	ktap_set_tab(&exec->regs[10], tab);
	for (i = 0; ; i++) {
		ktap_set_int(&key, i);
		ktap_set_int(&val, S64_MAX - i);
		if (set(exec, tab, &key, &val))
			break;
	}
	KUNIT_EXPECT_EQ(test, feed(exec, tab, 1), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_COUNT, tab), "0");
	KUNIT_EXPECT_EQ(test, feed_key(exec, tab, &exec->regs[10], 1), -ENOMEM);

	lost = exec->stats[KTAP_STAT_HEAP_FULL];
	call_func(c, exec, KTAP_FUNC_HIST, 0);
	KUNIT_EXPECT_STREQ(test, c->text, "{}");
	KUNIT_EXPECT_EQ(test, exec->regs[0].ref, 0ULL);
	KUNIT_EXPECT_EQ(test, exec->stats[KTAP_STAT_HEAP_FULL], lost + 1);
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_ZERO, 0), "nil");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_CLEAR, 0), "nil");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_DELETE, 0), "nil");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_LEN, 0), "0");
	KUNIT_EXPECT_STREQ(test, ask(exec, KTAP_FUNC_COUNT, 0), "0");
}

static struct kunit_case agg_cases[] = {
	KUNIT_CASE(test_create),
	KUNIT_CASE(test_nothing),
	KUNIT_CASE(test_whole),
	KUNIT_CASE(test_plain),
	KUNIT_CASE(test_sums),
	KUNIT_CASE(test_extremes),
	KUNIT_CASE(test_ranges),
	KUNIT_CASE(test_chunks),
	KUNIT_CASE(test_keys),
	KUNIT_CASE(test_items),
	KUNIT_CASE(test_dump_value),
	KUNIT_CASE(test_dump_table),
	KUNIT_CASE(test_shown_name),
	KUNIT_CASE(test_growing),
	KUNIT_CASE(test_limit),
	KUNIT_CASE(test_costs),
	KUNIT_CASE(test_heap_full),
	{}
};

static struct kunit_suite agg_suite = {
	.name = "ktap_agg",
	.init = call_init,
	.exit = call_exit,
	.test_cases = agg_cases,
};

kunit_test_suite(agg_suite);
