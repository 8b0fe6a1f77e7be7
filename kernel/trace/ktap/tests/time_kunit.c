// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of builtin functions of time
 */
#include "call.h"

#define SECS(s)		V_INT((s) * 1000000000LL)

/**
 * struct time_row - a call of strftime()
 * @row: the call
 * @offset: seconds that local time is ahead of UTC
 */
struct time_row {
	struct call_row row;
	s32 offset;
};

#define TIME(want, fmt, arg, ...) \
	{ ROW(STRFTIME, "\"" want "\"", V_STR(fmt), arg), ##__VA_ARGS__ }

/* All that depends on the day. */
#define DAY	"%F|%A %a|%B %b %h|%j %U %W %V %G %g %u %w|%C %y %e"
/* And on the time of day. */
#define HOUR	"%T %H %I %k %l %M %S %p %P %R %r"

static const struct time_row rows[] = {
	TIME("1970-01-01|Thursday Thu|January Jan Jan|001 00 00 01 1970 70 4 4|19 70  1", DAY,
	     V_INT(0)),
	TIME("00:00:00 00 12  0 12 00 00 AM am 00:00 12:00:00 AM", HOUR, V_INT(0)),
	/* Leap days: in years by four, not by hundred, but by four hundred. */
	TIME("2000-02-29|Tuesday Tue|February Feb Feb|060 09 09 09 2000 00 2 2|20 00 29", DAY,
	     SECS(951782400)),
	TIME("2000-02-29 23:59:59", "%F %T", SECS(951868799)),
	TIME("2000-03-01 00:00:00", "%F %T", SECS(951868800)),
	TIME("2024-02-29|Thursday Thu|February Feb Feb|060 08 09 09 2024 24 4 4|20 24 29", DAY,
	     SECS(1709164800)),
	TIME("2100-02-28|Sunday Sun|February Feb Feb|059 09 08 08 2100 00 7 0|21 00 28", DAY,
	     SECS(4107542399)),
	TIME("2100-03-01|Monday Mon|March Mar Mar|060 09 09 09 2100 00 1 1|21 00  1", DAY,
	     SECS(4107542400)),
	TIME("2101-01-01|Saturday Sat|January Jan Jan|001 00 00 52 2100 00 6 6|21 01  1", DAY,
	     SECS(4133980800LL)),
	TIME("2016-12-31|Saturday Sat|December Dec Dec|366 52 52 52 2016 16 6 6|20 16 31", DAY,
	     SECS(1483228799)),
	TIME("23:59:59 23 11 23 11 59 59 PM pm 23:59 11:59:59 PM", HOUR, SECS(1483228799)),
	/* The week of a day may be one of another year. */
	TIME("2005-01-01|Saturday Sat|January Jan Jan|001 00 00 53 2004 04 6 6|20 05  1", DAY,
	     SECS(1104537600)),
	TIME("2009-01-01|Thursday Thu|January Jan Jan|001 00 00 01 2009 09 4 4|20 09  1", DAY,
	     SECS(1230768000)),
	TIME("2010-12-31|Friday Fri|December Dec Dec|365 52 52 52 2010 10 5 5|20 10 31", DAY,
	     SECS(1293839999)),
	TIME("2009-02-13 23:31:30 1234567890", "%F %T %s", SECS(1234567890)),
	TIME("2038-01-19 03:14:07", "%F %T", SECS(2147483647)),
	TIME("2038-01-19 03:14:08", "%F %T", SECS(2147483648LL)),
	/* Noon and the hours around it. */
	TIME("11:59:59 AM 11", "%r %k", SECS(43199)),
	TIME("12:00:00 PM 12", "%r %k", SECS(43200)),
	TIME("13 01  1 PM", "%H %I %l %p", SECS(46800)),
	/* Before 1970. */
	TIME("1969-12-31 23:59:59.999999999 999999 -1", "%F %T.%N %f %s", V_INT(-1)),
	TIME("1969-12-31 23:59:59.000000000", "%F %T.%N", SECS(-1)),
	TIME("1969-12-31|Wednesday Wed|December Dec Dec|365 52 52 01 1970 70 3 3|19 69 31", DAY,
	     SECS(-86400)),
	TIME("1900-01-01|Monday Mon|January Jan Jan|001 00 01 01 1900 00 1 1|19 00  1", DAY,
	     SECS(-2208988800LL)),
	TIME("1677-09-21|Tuesday Tue|September Sep Sep|264 38 38 38 1677 77 2 2|16 77 21", DAY,
	     V_INT(S64_MIN)),
	TIME("00:12:43.145224192 145224 -9223372037", "%T.%N %f %s", V_INT(S64_MIN)),
	TIME("2262-04-11|Friday Fri|April Apr Apr|101 14 14 15 2262 62 5 5|22 62 11", DAY,
	     V_INT(S64_MAX)),
	TIME("23:47:16.854775807 854775 9223372036", "%T.%N %f %s", V_INT(S64_MAX)),
	/* Parts of a second. */
	TIME("000000001 000000", "%N %f", V_INT(1)),
	TIME("000001999 000001", "%N %f", V_INT(1999)),
	TIME("999999999 999999 0", "%N %f %s", V_INT(999999999)),
	/* Names that C has for some of them together. */
	TIME("Fri Feb 13 23:31:30 2009|02/13/09|23:31:30|02/13/09", "%c|%x|%X|%D",
	     SECS(1234567890)),
	TIME("Thu Jan  1 00:00:00 1970", "%c", V_INT(0)),
	/* What another locale would have in its own way. */
	TIME("70|1970|01|00", "%Ey|%EY|%Od|%OH", V_INT(0)),
	/* What is no conversion stays. */
	TIME("\\x0a|\\x09|%|%d", "%n|%t|%%|%%d", V_INT(0)),
	TIME("%q %Q %! %", "%q %Q %! %", V_INT(0)),
	TIME("%E%Oq%E", "%E%Oq%E", V_INT(0)),
	TIME("%\\x00a\\x00b", "%\0a\0b", V_INT(0)),
	TIME("", "", V_INT(0)),
	TIME("no conversion", "no conversion", V_INT(S64_MAX)),
	/* Local time. */
	TIME("+0000 UTC", "%z %Z", V_INT(0)),
	TIME("2024-02-29 05:30:00 +0530 1709164800", "%F %T %z %s", SECS(1709164800), 19800),
	TIME("2024-02-28 16:00:00 -0800 1709164800", "%F %T %z %s", SECS(1709164800), -28800),
	TIME("+0530", "%Z", V_INT(0), 19800),
	TIME("1970-01-01 14:00:00 +1400", "%F %T %z", V_INT(0), 50400),
	TIME("1969-12-31 12:00:00 -1200", "%F %T %z", V_INT(0), -43200),
	TIME("1969-12-31 23:30:00 -0030", "%F %T %z", V_INT(0), -1800),
	TIME("1970-01-01 00:00:59 +0000", "%F %T %z", V_INT(0), 59),
	TIME("1969-12-31 23:59:59.000000001", "%F %T.%N", V_INT(3600000000001LL), -3601),
	TIME("2262-04-12 13:47:16", "%F %T", V_INT(S64_MAX), 50400),
	TIME("1677-09-20 12:12:43", "%F %T", V_INT(S64_MIN), -43200),
	/* However wrong it is, that takes no longer. */
	TIME("2038-01-19 03:14:07", "%F %T", V_INT(0), INT_MAX),
	TIME("1901-12-13 20:45:52", "%F %T", V_INT(0), INT_MIN),
	{ ROW(STRFTIME, "nil", V_STR("%F"), V_NIL) },
	{ ROW(STRFTIME, "nil", V_STR(""), V_NIL) },
	{ ROW(STRFTIME, "error: strftime: argument 1 is a integer value", V_INT(0), V_INT(0)) },
	{ ROW(STRFTIME, "error: strftime: argument 1 is a nil value", V_NIL, V_INT(0)) },
	{ ROW(STRFTIME, "error: strftime: argument 2 is a string value", V_STR(""), V_STR("")) },
	{ ROW(STRFTIME, "<1000 bytes>", V_LONG("%F", 100), V_INT(0)) },
	{ ROW(STRFTIME, "<3456 bytes>", V_LONG("%c%c%c", 48), V_INT(0)) },
};

static void test_strftime(struct kunit *test)
{
	struct call *c = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		c->core.utc_offset = rows[i].offset;
		call_rows(test, &rows[i].row, 1);
	}
}

/* Two centuries, day by day; of months only both ends are looked at. */
static void test_days(struct kunit *test)
{
	static const u8 lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	u32 year = 1890, month = 1, day = 1, yday = 1, wday = 3;
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	static const struct call_arg fmt = V_STR("%Y-%m-%d %j %w");
	s64 secs = -2524521600LL;
	char want[32];

	for (; year < 2110; secs += 86400, day++, yday++, wday = (wday + 1) % 7) {
		bool leap = !(year % 4) && (year % 100 || !(year % 400));

		if (day > lengths[month - 1] + (leap && month == 2)) {
			day = 1;
			month++;
		}
		if (month > 12) {
			month = 1;
			yday = 1;
			year++;
		}
		if (day > 2 && day < 28)
			continue;
		exec->arena.used = 0;
		call_put(exec, &fmt, &exec->regs[0]);
		ktap_set_int(&exec->regs[1], secs * 1000000000LL);
		call_func(c, exec, KTAP_FUNC_STRFTIME, 2);
		scnprintf(want, sizeof(want), "\"%04u-%02u-%02u %03u %u\"", year, month, day, yday,
			  wday);
		if (strcmp(c->text, want))
			break;
	}
	KUNIT_EXPECT_STREQ(test, c->text, want);
	KUNIT_EXPECT_EQ(test, year, 2110U);
}

static void test_too_long(struct kunit *test)
{
	static const struct call_row row =
		ROW(STRFTIME, "error: strings of one event exceed 8192 bytes",
		    V_LONG("%c", 400), V_INT(0));

	call_row(test, call_slot(test->priv, false), &row, false);
	call_check(test, &row, "too long");
}

static void test_costs(struct kunit *test)
{
	static const struct call_row rows[] = {
		ROW(STRFTIME, "\"1970\"", V_STR("%Y"), V_INT(0)),
		ROW(STRFTIME, "<2400 bytes>", V_LONG("%c", 100), V_INT(0)),
		ROW(STRFTIME, "<4000 bytes>", V_LONG("x", 4000), V_INT(0)),
	};

	call_costs(test, &rows[0], 16);
	call_costs(test, &rows[1], 100 * 256 + 2400 / 16);
	call_costs(test, &rows[2], 4000 / 16);
}

/* The clock in its units, one call between two others. */
static void test_gettimeofday(struct kunit *test)
{
	static const struct {
		enum ktap_func func;
		u32 unit;
	} units[] = {
		{ KTAP_FUNC_GETTIMEOFDAY_NS, 1 },
		{ KTAP_FUNC_GETTIMEOFDAY_US, NSEC_PER_USEC },
		{ KTAP_FUNC_GETTIMEOFDAY_MS, NSEC_PER_MSEC },
		{ KTAP_FUNC_GETTIMEOFDAY_S, NSEC_PER_SEC },
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		u64 before = ktime_get_real_fast_ns(), after;

		KUNIT_EXPECT_EQ(test, call_func(c, exec, units[i].func, 0), 0);
		after = ktime_get_real_fast_ns();
		KUNIT_EXPECT_EQ(test, exec->regs[0].type, (u64)KTAP_T_INT);
		KUNIT_EXPECT_LE(test, div_u64(before, units[i].unit), (u64)exec->regs[0].i);
		KUNIT_EXPECT_LE(test, (u64)exec->regs[0].i, div_u64(after, units[i].unit));
	}
}

static struct kunit_case time_cases[] = {
	KUNIT_CASE(test_strftime),
	KUNIT_CASE_SLOW(test_days),
	KUNIT_CASE(test_too_long),
	KUNIT_CASE(test_costs),
	KUNIT_CASE(test_gettimeofday),
	{}
};

static struct kunit_suite time_suite = {
	.name = "ktap_time",
	.init = call_init,
	.exit = call_exit,
	.test_cases = time_cases,
};

kunit_test_suite(time_suite);
