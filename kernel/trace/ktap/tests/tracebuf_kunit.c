// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the builtin functions of the trace buffer
 *
 * What the stand-in for the kernel gets can be looked at; script_test.sh compares the
 * lines of the real one with those of printf().
 */
#include "call.h"

static const struct call_row rows[] = {
	ROW(TRACE_PRINTK, "nil", V_STR("text")),
	ROW(TRACE_PRINTK, "nil", V_STR("")),
	ROW(TRACE_PRINTK, "nil", V_STR("%d %s %t %c %p %q %"), V_INT(1), V_STR("a"), V_NIL),
	ROW(TRACE_PRINTK, "nil", V_LONG("%d", 500), V_INT(1)),
	ROW(TRACE_PRINTK, "nil", V_LONG("x", 4000)),
	ROW(TRACE_PRINTK, "error: trace_printk: argument 1 is a nil value"),
	ROW(TRACE_PRINTK, "error: trace_printk: argument 1 is a integer value", V_INT(1)),
};

static void test_rows(struct kunit *test)
{
	call_rows(test, rows, ARRAY_SIZE(rows));
}

static const struct call_row cost_row = ROW(TRACE_PRINTK, "nil", V_STR("text"));

static void test_costs(struct kunit *test)
{
	call_costs(test, &cost_row, KTAP_RECORD_COST);
}

#ifndef __KERNEL__
static const struct {
	struct call_row row;
	const char *text;
} texts[] = {
	{ ROW(TRACE_PRINTK, "nil", V_STR("plain %%|%")), "plain %|%" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%d|%5d|%-5d|"), V_INT(42), V_INT(42), V_INT(-42)),
	  "42|   42|-42  |" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%05d|%+d|% d"), V_INT(42), V_INT(42), V_INT(42)),
	  "00042|+42| 42" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%x|%#X|%#o"), V_INT(-1), V_INT(255), V_INT(8)),
	  "ffffffffffffffff|0XFF|010" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%#x|%u|%ld"), V_INT(0), V_INT(-1), V_INT(S64_MIN)),
	  "0|18446744073709551615|-9223372036854775808" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%.3d|%08.3d|"), V_INT(5), V_INT(5)),
	  "005|     005|" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%.0d|%+3.0d|%#.0o|"), V_INT(0), V_INT(0), V_INT(0)),
	  "|  +|0|" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%c|%3c|%-3c|"), V_INT('a'), V_INT('b'), V_INT('c')),
	  "a|  b|c  |" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%s|%6s|%-6s|"), V_STR("abc"), V_STR("abc"), V_STR("abc")),
	  "abc|   abc|abc   |" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%.2s|%*d|"), V_STR("abc"), V_INT(4), V_INT(7)),
	  "ab|   7|" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%*s|%s"), V_INT(-4), V_STR("x"), V_NIL),
	  "x   |nil" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%d|%x|%s"), V_STR("text"), V_TRUE,
	      V_KEY(V_INT(1), V_STR("b"))), "text|true|1, b" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%t|%20t|"), V_INT(1234567890123), V_INT(-1500000000)),
	  "1234.567890|           -1.500000|" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%p|%6p|%s|%d"), V_INT(4096), V_INT(0)),
	  "0x1000|   0x0|nil|nil" },
	{ ROW(TRACE_PRINTK, "nil", V_STR("%q|%l"), V_INT(1)), "%q|%l" },
};

static void test_texts(struct kunit *test)
{
	struct call *c = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		test_trace[0] = '\0';
		call_row(test, call_slot(c, false), &texts[i].row, false);
		call_check(test, &texts[i].row, "text");
		KUNIT_EXPECT_STREQ(test, test_trace, texts[i].text);
	}
}

/* What is too long is cut, wherever that is. */
static void test_long(struct kunit *test)
{
	static const struct call_row long_rows[] = {
		ROW(TRACE_PRINTK, "nil", V_LONG("x", 4000)),
		ROW(TRACE_PRINTK, "nil", V_STR("%s"), V_LONG("x", 3000)),
		ROW(TRACE_PRINTK, "nil", V_STR("%9999d"), V_INT(1)),
		ROW(TRACE_PRINTK, "nil", V_STR("x%2000sx"), V_STR("x")),
		ROW(TRACE_PRINTK, "nil", V_STR("x%-2000sx"), V_STR("x")),
		ROW(TRACE_PRINTK, "nil", V_STR("%999d%d"), V_INT(1), V_INT(1234)),
		ROW(TRACE_PRINTK, "nil", V_STR("%999d%p"), V_INT(1), V_INT(1234)),
		ROW(TRACE_PRINTK, "nil", V_STR("%999d%t"), V_INT(1), V_INT(1234)),
		ROW(TRACE_PRINTK, "nil", V_STR("%999d%c%c"), V_INT(1), V_INT('a'), V_INT('b')),
	};
	struct call *c = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(long_rows); i++) {
		call_row(test, call_slot(c, false), &long_rows[i], i % 2);
		call_check(test, &long_rows[i], "too long");
		KUNIT_EXPECT_EQ(test, (u32)strlen(test_trace), 1000U);
	}
}
#endif

static struct kunit_case tracebuf_cases[] = {
	KUNIT_CASE(test_rows),
	KUNIT_CASE(test_costs),
#ifndef __KERNEL__
	KUNIT_CASE(test_texts),
	KUNIT_CASE(test_long),
#endif
	{}
};

static struct kunit_suite tracebuf_suite = {
	.name = "ktap_tracebuf",
	.init = call_init,
	.exit = call_exit,
	.test_cases = tracebuf_cases,
};

kunit_test_suite(tracebuf_suite);
