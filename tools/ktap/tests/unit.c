// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what scripts cannot reach: records and names
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/ktap.h>

#include "body.h"
#include "fold.h"
#include "format.h"
#include "hist.h"
#include "image.h"
#include "lex.h"
#include "output.h"
#include "spec.h"
#include "suggest.h"
#include "test.h"
#include "value.h"

/* An image with a string, and a function whose name is the next one. */
static struct strbuf image_data;
static struct image_view image;

static void make_image(void)
{
	struct ktap_img_proto proto = { .kind = KTAP_PROTO_FUNC };
	struct image img;

	ktap_image_init(&img);
	ktap_image_str(&img, "constant %d|%s", 14);
	proto.name = ktap_image_str(&img, "square", 6);
	ktap_image_proto(&img, proto);
	proto.name = 1000;
	ktap_image_proto(&img, proto);
	ktap_image_write(&img, "unit", &image_data);
	ktap_image_destroy(&img);
	ok(!ktap_image_open(&image, image_data.str, image_data.len),
	   "an image can be read");
}

/* What print() or printf() make of the values, which are forgotten then. */
static void make_text(bool format, struct strbuf *text)
{
	struct value_reader vr = { .image = &image };

	vr.pos = body.str ? body.str : "";
	vr.end = vr.pos + body.len;
	if (format)
		ktap_values_printf(text, &vr);
	else
		ktap_values_print(text, &vr);
	body.len = 0;
}

static bool same_text(const struct strbuf *text, const char *want)
{
	const char *got = text->str ? text->str : "";

	if (text->len == strlen(want) && !memcmp(got, want, text->len))
		return true;
	printf("got '%s', not '%s'\n", got, want);
	return false;
}

static void expect_text(bool format, const char *want, const char *name)
{
	struct strbuf text = { 0 };

	make_text(format, &text);
	ok(same_text(&text, want), name);
	ktap_strbuf_destroy(&text);
}

static void test_print(void)
{
	expect_text(false, "\n", "print of nothing");
	add_value(KTAP_T_NIL, 0, NULL);
	add_value(KTAP_T_FALSE, 0, NULL);
	add_value(KTAP_T_TRUE, 0, NULL);
	add_num(-5);
	add_str("a b");
	add_value(KTAP_T_TAB, 7, NULL);
	expect_text(false, "nil\tfalse\ttrue\t-5\ta b\ttable: 7\n",
		    "print of each type");
	add_value(KTAP_T_STR, KTAP_VAL_CONST, NULL);
	expect_text(false, "constant %d|%s\n", "print of a constant");
	add_value(KTAP_T_STR, KTAP_VAL_CONST | 1000, NULL);
	expect_text(false, "\n", "print of a constant that is not there");
	add_value(99, 0, NULL);
	add_num(1);
	expect_text(false, "<value of type 99>\t1\n", "print of a new type");
	add_value(99, 8, "12345678");
	add_num(1);
	expect_text(false, "<value of type 99>\t1\n",
		    "print of a new type with data");
	add_value(KTAP_T_INT, 4, "1234");
	add_num(1);
	expect_text(false, "\n", "print of a short integer");
	add_value(KTAP_T_STR, 1000, NULL);
	expect_text(false, "\n", "print of a string past the end");
	add_num(1);
	ktap_strbuf_add(&body, "1234", 4);
	expect_text(false, "1\n", "print of half a value");
	add_str("unpadded");
	body.len -= 3;
	expect_text(false, "\n", "print of a string that is cut");
}

static void test_printf(void)
{
	expect_text(true, "", "printf of nothing");
	add_num(5);
	expect_text(true, "5", "printf without a format");
	add_value(KTAP_T_STR, KTAP_VAL_CONST, NULL);
	add_num(42);
	add_str("x");
	expect_text(true, "constant 42|x", "printf of a constant format");
	add_str("%d|%s|%c|%x|%5d");
	expect_text(true, "nil|nil|nil|nil|  nil", "printf without values");
	add_str("%*d|%.*s");
	expect_text(true, "nil|", "printf with '*' and without values");
	add_str("%d");
	add_num(1);
	add_num(2);
	expect_text(true, "1", "printf with too many values");
	add_str("%y %");
	add_num(1);
	expect_text(true, "%y %", "printf of what is no conversion");
	add_str("%d %x %o %c %u %p");
	add_str("s");
	add_value(KTAP_T_TRUE, 0, NULL);
	add_value(KTAP_T_TAB, 3, NULL);
	add_value(KTAP_T_NIL, 0, NULL);
	add_value(KTAP_T_FALSE, 0, NULL);
	add_value(99, 0, NULL);
	expect_text(true, "s true table: 3 nil false <value of type 99>",
		    "printf of other values than integers");
	add_str("%*d|%*d|%.*d|%-*s|");
	add_num(4);
	add_num(1);
	add_num(-4);
	add_num(1);
	add_num(3);
	add_num(1);
	add_num(-3);
	add_str("a");
	expect_text(true, "   1|1   |001|a  |", "printf with widths");
	add_str("%c%c");
	add_num(0x141);
	add_num(-191);
	expect_text(true, "AA", "printf of the lower byte of a character");
}

static void test_width(void)
{
	struct strbuf text = { 0 };

	add_str("%*d%999999999999d");
	add_num(INT64_MIN);
	add_num(1);
	add_num(2);
	make_text(true, &text);
	ok(text.len == 2 * KTAP_MAX_WIDTH, "printf with huge widths");
	ktap_strbuf_destroy(&text);
}

static bool same_as_c(const char *fmt, int64_t num)
{
	struct strbuf text = { 0 };
	char want[64];
	bool same;

	snprintf(want, sizeof(want), fmt, (long long)num);
	add_str(fmt);
	add_num(num);
	make_text(true, &text);
	same = same_text(&text, want);
	if (!same)
		printf("that is '%s' of %lld\n", fmt, (long long)num);
	ktap_strbuf_destroy(&text);
	return same;
}

/* What snprintf() has to say about all combinations of flags. */
static void test_flags(void)
{
	static const int64_t nums[] = { 0, 1, -1, 42, -42, 123456, INT64_MIN };
	static const char * const widths[] = { "", "3", "9", ".0", ".4", "9.4" };
	static const char letters[] = "diuxXo";
	unsigned int i, rest, bad = 0;
	char fmt[32];

	for (i = 0; i < 32 * ARRAY_SIZE(widths) * strlen(letters); i++) {
		rest = i / 32;
		snprintf(fmt, sizeof(fmt), "%%%s%s%s%s%s%sll%c",
			 i & 1 ? "-" : "", i & 2 ? "0" : "", i & 4 ? "+" : "",
			 i & 8 ? " " : "", i & 16 ? "#" : "",
			 widths[rest % ARRAY_SIZE(widths)],
			 letters[rest / ARRAY_SIZE(widths)]);
		for (rest = 0; rest < ARRAY_SIZE(nums); rest++)
			bad += !same_as_c(fmt, nums[rest]);
	}
	ok(!bad, "printf does as that of C");
}

static void test_records(void)
{
	struct ktap_rec recs[3] = {
		{ .size = sizeof(recs[0]), .type = KTAP_REC_RUNNING },
		{ .size = sizeof(recs[0]), .type = KTAP_REC_PRINT },
		{ .size = sizeof(recs[0]), .type = KTAP_REC_END },
	};
	struct record_reader rr = { (char *)recs, (char *)(recs + 3) };
	size_t len;

	ok(ktap_record_next(&rr) == &recs[0] &&
	   ktap_record_next(&rr) == &recs[1] &&
	   ktap_record_next(&rr) == &recs[2] && !ktap_record_next(&rr),
	   "records are taken one by one");
	ok(ktap_record_body(&recs[0], &len) == &recs[1] && !len,
	   "a record without a body");
	rr = (struct record_reader){ (char *)recs, (char *)recs + 20 };
	ok(ktap_record_next(&rr) && !ktap_record_next(&rr), "a record that is cut");
	recs[0].size = 8;
	rr = (struct record_reader){ (char *)recs, (char *)(recs + 3) };
	ok(!ktap_record_next(&rr), "a record without a header");
	recs[0].size = 0;
	ok(!ktap_record_next(&rr), "a record of no size");
	recs[0].size = 1000;
	ok(!ktap_record_next(&rr), "a record that is too large");
	recs[0].size = 20;
	ok(!ktap_record_next(&rr), "a record that is not aligned");
}

/*
 * Compound keys, functions and statistics
 */

/* Makes all values so far the parts of one compound key. */
static void make_tuple(void)
{
	struct strbuf parts = body;

	memset(&body, 0, sizeof(body));
	add_value(KTAP_T_TUPLE, parts.len, parts.str);
	ktap_strbuf_destroy(&parts);
}

static void test_tuples(void)
{
	add_num(-1);
	add_str("a");
	add_value(KTAP_T_TRUE, 0, NULL);
	add_str("");
	add_value(KTAP_T_FUNC, 0, NULL);
	make_tuple();
	expect_text(false, "-1, a, true, , function: square\n",
		    "print of a compound key");
	add_value(KTAP_T_TUPLE, 0, NULL);
	add_num(1);
	expect_text(false, "\t1\n", "print of a compound key without parts");
	add_num(1);
	add_num(2);
	body.len -= 4;
	make_tuple();
	expect_text(false, "1\n", "print of a compound key with a part that is cut");
	add_num(1);
	add_num(2);
	make_tuple();
	body.len -= 4;
	expect_text(false, "\n", "print of a compound key that is cut");
	add_num(1);
	make_tuple();
	make_tuple();
	expect_text(false, "<value of type 9>\n",
		    "print of a compound key in a compound key");
}

static void test_funcs(void)
{
	add_value(KTAP_T_FUNC, 0, NULL);
	add_value(KTAP_T_FUNC, 1, NULL);
	add_value(KTAP_T_FUNC, 2, NULL);
	add_value(KTAP_T_FUNC, UINT32_MAX, NULL);
	expect_text(false, "function: square\tfunction: ?\tfunction: ?\tfunction: ?\n",
		    "print of functions");
}

/* A statistic whose numbers tell which is which. */
static struct ktap_val_stat a_stat(uint32_t kind, uint64_t count)
{
	return (struct ktap_val_stat){
		.kind = kind,
		.count = count,
		.sum = count ? -60 : 0,
		.min = count ? -30 : 0,
		.max = count ? 40 : 0,
		.avg = count ? -6 : 0,
		.stddev = count ? 7 : 0,
	};
}

static void test_stats(void)
{
	struct ktap_val_stat stat = a_stat(KTAP_AGG_STAT, 10);

	add_value(KTAP_T_STAT, sizeof(stat), &stat);
	stat.count = 0;
	add_value(KTAP_T_STAT, sizeof(stat), &stat);
	expect_text(false, "count 10, sum -60, avg -6, min -30, max 40\tcount 0\n",
		    "print of statistics");
	add_value(KTAP_T_STAT, sizeof(stat) - 8, &stat);
	add_num(1);
	expect_text(false, "\n", "print of a statistic that is too short");
}

static void test_times(void)
{
	add_str("%t|%t|%15t|%-15t|%t");
	add_num(0);
	add_num(INT64_MAX);
	add_num(1500000000);
	add_num(1999999999);
	add_num(-1500000000);
	expect_text(true,
		    "0.000000|9223372036.854775|       1.500000|1.999999       |-1.500000",
		    "printf of times");
	add_str("%t %t %t");
	add_str("text");
	add_num(INT64_MIN);
	expect_text(true, "text -9223372036.854775 nil",
		    "printf of what is no time");
}

/*
 * Histograms
 */

static struct hist hist;
static const struct ktap_rec_agg hist_head = { .func = KTAP_FUNC_PRINT_HIST };

/* A range and how many values are in it. */
struct bin {
	int range;
	uint64_t count;
};

/* Ends with a count of 0. */
static void add_stat(struct ktap_val_stat stat, const struct bin *bins)
{
	struct ktap_val_range range = { 0 };
	struct strbuf data = { 0 };
	const struct bin *bin;

	for (bin = bins; bin && bin->count; bin++)
		stat.nr_ranges++;
	ktap_strbuf_add(&data, &stat, sizeof(stat));
	for (bin = bins; bin && bin->count; bin++) {
		range.range = bin->range;
		range.count = bin->count;
		ktap_strbuf_add(&data, &range, sizeof(range));
	}
	add_value(KTAP_T_STAT, data.len, data.str);
	ktap_strbuf_destroy(&data);
}

/* Sends the values so far as an item. */
static void send_item(void)
{
	struct value_reader vr = { .image = &image };

	vr.pos = body.str ? body.str : "";
	vr.end = vr.pos + body.len;
	ktap_hist_item(&hist, &vr);
	body.len = 0;
}

static void send_stat(const char *key, struct ktap_val_stat stat,
		      const struct bin *bins)
{
	if (key)
		add_str(key);
	else
		add_value(KTAP_T_NIL, 0, NULL);
	add_stat(stat, bins);
	send_item();
}

static void send_num(const char *key, int64_t num)
{
	add_str(key);
	add_num(num);
	send_item();
}

static void begin_hist(uint32_t func, uint32_t limit)
{
	struct ktap_rec_agg head = { .func = func, .limit = limit };

	ktap_hist_begin(&hist, &image, &head, sizeof(head));
}

/* The variable has the name of the second string. */
static void begin_dump(uint32_t type)
{
	struct ktap_rec_agg head = {
		.func = KTAP_FUNC_DUMP,
		.type = type,
		.name = 1,
	};

	ktap_hist_begin(&hist, &image, &head, sizeof(head));
}

static void expect_hist(const char *want, const char *name)
{
	const struct hist_style style = { .width = 40 };
	struct strbuf text = { 0 };

	ktap_hist_end(&hist, &style, &text);
	ok(same_text(&text, want), name);
	ktap_strbuf_destroy(&text);
}

static void test_hist(void)
{
	static const struct bin bins[] = {
		{ -2, 1 }, { 0, 10 }, { 1, 20 }, { 2, 5 }, { 0, 0 }
	};
	struct ktap_val_stat stat = a_stat(KTAP_AGG_HIST, 36);

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, stat, bins);
	expect_hist("   value ----- distribution ------ count\n"
		    "(-4, -2] |@                      |     1\n"
		    "    [-1] |                       |     0\n"
		    "     [0] |@@@@@@@@@@@@           |    10\n"
		    "     [1] |@@@@@@@@@@@@@@@@@@@@@@@|    20\n"
		    "  [2, 4) |@@@@@@                 |     5\n",
		    "a histogram");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	expect_hist("", "a histogram of nothing");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, a_stat(KTAP_AGG_HIST, 0), NULL);
	expect_hist("count 0\n", "a histogram without values");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, a_stat(KTAP_AGG_STAT, 3), NULL);
	expect_hist("count 3, sum -60, avg -6, min -30, max 40\n",
		    "a histogram of a statistic without ranges");
}

/* Draws one range, and compares what it is called. */
static void expect_range(uint32_t kind, int64_t a, int64_t b, int64_t c, int64_t d,
			 int range, const char *want)
{
	const struct hist_style style = { .width = 100 };
	struct ktap_val_stat stat = a_stat(kind, 1);
	const struct bin bins[] = { { range, 1 }, { 0, 0 } };
	struct strbuf text = { 0 };
	const char *pos, *end;
	char name[64];

	stat.param[0] = a;
	stat.param[1] = b;
	stat.param[2] = c;
	stat.param[3] = d;
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, stat, bins);
	ktap_hist_end(&hist, &style, &text);
	pos = strchr(text.str ? text.str : "\n", '\n') + 1;
	pos += strspn(pos, " ");
	end = strstr(pos, " |");
	snprintf(name, sizeof(name), "range %d of kind %u is %s", range, kind, want);
	if (end)
		text.str[end - text.str] = '\0';
	ok(end && !strcmp(pos, want), name);
	if (!end || strcmp(pos, want))
		printf("got '%s'\n", pos);
	ktap_strbuf_destroy(&text);
}

static void test_ranges(void)
{
	const int64_t least = INT64_MIN, most = INT64_MAX;

	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, 10, "[512, 1K)");
	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, 62, "[2E, 4E)");
	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, 63, "[4E, ...)");
	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, -1, "[-1]");
	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, -11, "(-2K, -1K]");
	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, -63, "(-8E, -4E]");
	expect_range(KTAP_AGG_HIST, 0, 0, 0, 0, -64, "[-8E]");

	expect_range(KTAP_AGG_LHIST, -20, 25, 10, 0, -1, "(..., -20)");
	expect_range(KTAP_AGG_LHIST, -20, 25, 10, 0, 0, "[-20, -10)");
	expect_range(KTAP_AGG_LHIST, -20, 25, 10, 0, 4, "[20, 25)");
	expect_range(KTAP_AGG_LHIST, -20, 25, 10, 0, 5, "[25, ...)");
	expect_range(KTAP_AGG_LHIST, 0, 20, 10, 0, 2, "[20, ...)");
	expect_range(KTAP_AGG_LHIST, 0, 9, 1, 0, 8, "[8]");
	expect_range(KTAP_AGG_LHIST, 0, 9216, 1024, 0, 1, "[1K, 2K)");
	expect_range(KTAP_AGG_LHIST, 0, 9216, 1000, 0, 9, "[9000, 9216)");
	expect_range(KTAP_AGG_LHIST, least, most, most, 0, 0,
		     "[-9223372036854775808, -1)");
	expect_range(KTAP_AGG_LHIST, least, most, most, 0, 2,
		     "[9223372036854775806]");
	expect_range(KTAP_AGG_LHIST, least, most, most, 0, 3,
		     "[9223372036854775807, ...)");

	expect_range(KTAP_AGG_LLHIST, 10, 1, 2, 20, -1, "(..., 10)");
	expect_range(KTAP_AGG_LLHIST, 10, 1, 2, 20, 0, "[10, 15)");
	expect_range(KTAP_AGG_LLHIST, 10, 1, 2, 20, 17, "[95, 100)");
	expect_range(KTAP_AGG_LLHIST, 10, 1, 2, 20, 18, "[100, 150)");
	expect_range(KTAP_AGG_LLHIST, 10, 1, 2, 20, 36, "[1000, ...)");
	expect_range(KTAP_AGG_LLHIST, 10, 0, 1, 20, 8, "[9]");
	expect_range(KTAP_AGG_LLHIST, 2, 10, 12, 2, 0, "[1K, 2K)");
	expect_range(KTAP_AGG_LLHIST, 2, 10, 12, 2, 3, "[8K, ...)");
	expect_range(KTAP_AGG_LLHIST, 10, 17, 17, 10, 8,
		     "[900000000000000000, 1000000000000000000)");

	/* Parameters that no kernel sends. */
	expect_range(KTAP_AGG_LHIST, 0, 10, 0, 0, 3, "range 3");
	expect_range(KTAP_AGG_LHIST, 0, 10, least, 0, 3, "range 3");
	expect_range(KTAP_AGG_LHIST, 10, 10, 1, 0, 3, "range 3");
	expect_range(KTAP_AGG_LHIST, most, least, 1, 0, -1, "range -1");
	expect_range(KTAP_AGG_LLHIST, 1, 0, 5, 10, 3, "range 3");
	expect_range(KTAP_AGG_LLHIST, least, 0, 5, 10, 3, "range 3");
	expect_range(KTAP_AGG_LLHIST, most, 2, 5, most, 3, "range 3");
	expect_range(KTAP_AGG_LLHIST, 10, 0, most, 10, 3000, "range 3000");
	expect_range(KTAP_AGG_LLHIST, 10, 0, 30, 10, 3000, "range 3000");
	expect_range(KTAP_AGG_LLHIST, 10, 3, 2, 10, 0, "range 0");
	expect_range(KTAP_AGG_LLHIST, 10, -1, 2, 10, 0, "range 0");
	expect_range(KTAP_AGG_LLHIST, 10, 0, 2, 0, 0, "range 0");
}

static void test_keys(void)
{
	static const struct bin one[] = { { 1, 2 }, { 0, 0 } };
	static const struct bin two[] = { { 2, 3 }, { 0, 0 } };

	begin_hist(KTAP_FUNC_PRINT_HIST, 2);
	send_stat(NULL, a_stat(KTAP_AGG_HIST, 6), one);
	send_stat("b", a_stat(KTAP_AGG_HIST, 2), one);
	send_stat("more", a_stat(KTAP_AGG_HIST, 2), one);
	send_stat("a\n\x1b", a_stat(KTAP_AGG_HIST, 3), two);
	expect_hist("value ------- distribution ------- count\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n"
		    "\n"
		    "a\\n\\x1b:\n"
		    " value ------ distribution ------- count\n"
		    "[2, 4) |@@@@@@@@@@@@@@@@@@@@@@@@@|     3\n"
		    "\n"
		    "b:\n"
		    "value ------- distribution ------- count\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n"
		    "\n"
		    "... 1 more, 2 in all\n",
		    "histograms of the first keys");

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_num("b", 4);
	send_num("c", -4);
	send_num("ab", 4);
	send_num("a", 4);
	add_num(10);
	add_num(4);
	send_item();
	add_num(9);
	add_num(4);
	send_item();
	add_value(KTAP_T_TRUE, 0, NULL);
	add_num(8);
	send_item();
	expect_hist(" key ------- distribution -------- value\n"
		    "true |@@@@@@@@@@@@@@@@@@@@@@@@@@@|     8\n"
		    "   9 |@@@@@@@@@@@@@@             |     4\n"
		    "  10 |@@@@@@@@@@@@@@             |     4\n"
		    "   a |@@@@@@@@@@@@@@             |     4\n"
		    "  ab |@@@@@@@@@@@@@@             |     4\n"
		    "   b |@@@@@@@@@@@@@@             |     4\n"
		    "   c |                           |    -4\n",
		    "a chart of integers, by value and key");

	begin_hist(KTAP_FUNC_PRINT_HIST, 3);
	send_num("n", 4);
	send_num("m", 3);
	send_stat("s", a_stat(KTAP_AGG_STAT, 8), NULL);
	send_stat("h", a_stat(KTAP_AGG_HIST, 2), one);
	expect_hist("h:\n"
		    "value ------- distribution ------- count\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n"
		    "\n"
		    "key -------- distribution -------- value\n"
		    "  s |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     8\n"
		    "  n |@@@@@@@@@@@@@@              |     4\n"
		    "... 1 more, 3 in all\n",
		    "a histogram and a chart");

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_num("a key that is longer than half", 4);
	send_num("\xc3\xa4\xe2\x82\xac", 2);
	expect_hist("key -------- distribution -------- value\n"
		    "a key that is longer than half\n"
		    "    |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     4\n"
		    " \xc3\xa4\xe2\x82\xac |@@@@@@@@@@@@@@              |     2\n",
		    "a chart with a long key, and one of few characters");
}

/* Parts: a string, and a number unless it is 0. */
static void add_pair(const char *str, int64_t num)
{
	add_str(str);
	if (num)
		add_num(num);
	make_tuple();
}

static void test_compound_keys(void)
{
	static const struct bin one[] = { { 1, 2 }, { 0, 0 } };
	unsigned int i;

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	add_pair("b", 100);
	add_num(3);
	send_item();
	add_pair("longer", 2);
	add_num(2);
	send_item();
	send_num("alone", 1);
	expect_hist("        key ---- distribution ---- value\n"
		    "b       100 |@@@@@@@@@@@@@@@@@@@@|     3\n"
		    "longer    2 |@@@@@@@@@@@@@       |     2\n"
		    "alone       |@@@@@@@             |     1\n",
		    "parts of keys are columns");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	add_pair("longer than a quarter", 3);
	add_num(3);
	send_item();
	add_pair("b", 1);
	add_num(1);
	send_item();
	expect_hist(" key ------- distribution -------- value\n"
		    "longer than a quarter  3\n"
		    "     |@@@@@@@@@@@@@@@@@@@@@@@@@@@|     3\n"
		    "b  1 |@@@@@@@@@                  |     1\n",
		    "a part that is long");
	begin_hist(KTAP_FUNC_PRINT_STAT, 0);
	add_pair("a", 10);
	add_stat(a_stat(KTAP_AGG_STAT, 1), NULL);
	send_item();
	add_pair("bc", 5);
	add_stat(a_stat(KTAP_AGG_STAT, 1), NULL);
	send_item();
	expect_hist("key     count  avg  total  min  max  stddev\n"
		    "a   10      1   -6    -60  -30   40       7\n"
		    "bc   5      1   -6    -60  -30   40       7\n",
		    "parts of keys in a table");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	add_pair("a", 10);
	add_stat(a_stat(KTAP_AGG_HIST, 1), one);
	send_item();
	expect_hist("a, 10:\n"
		    "value ------- distribution ------- count\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n",
		    "a histogram of a compound key");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	for (i = 0; i < HIST_MAX_CELLS + 2; i++)
		add_num(i % 10);
	make_tuple();
	add_num(1);
	send_item();
	expect_hist("key -------- distribution -------- value\n"
		    "0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5  6  7  8  9  0  1  2  3"
		    "  4  5  6  7  8  9  0  1 2 3\n"
		    "    |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     1\n",
		    "a key of very many parts");
}

/* The frames are text, as those of the kernel are. */
static void add_frames(const char *text)
{
	struct ktap_val_stack stack = { 0 };
	struct strbuf data = { 0 };

	ktap_strbuf_add(&data, &stack, sizeof(stack));
	ktap_strbuf_add(&data, text, strlen(text));
	add_value(KTAP_T_STACK, data.len, data.str);
	ktap_strbuf_destroy(&data);
}

static void test_stack_keys(void)
{
	static const struct bin one[] = { { 1, 2 }, { 0, 0 } };

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	add_frames("inner+0x1/0x2\nouter+0x3/0x4\n");
	add_num(2);
	send_item();
	add_frames("");
	add_num(4);
	send_item();
	add_str("name");
	add_num(7);
	add_frames("kernel\n");
	add_frames("more\n");
	make_tuple();
	add_num(1);
	send_item();
	expect_hist("    (no frames)\n"
		    "  4 (57.1%)\n"
		    "\n"
		    "    inner+0x1/0x2\n"
		    "    outer+0x3/0x4\n"
		    "  2 (28.6%)\n"
		    "\n"
		    "name, 7:\n"
		    "    kernel\n"
		    "    --\n"
		    "    more\n"
		    "  1 (14.3%)\n",
		    "stacks and their numbers");
	begin_hist(KTAP_FUNC_PRINT_HIST, 1);
	add_frames("a\n");
	add_num(-1);
	send_item();
	add_frames("b\n");
	add_num(1);
	send_item();
	send_num("n", 3);
	expect_hist("key -------- distribution -------- value\n"
		    "  n |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     3\n"
		    "... 2 more, 0 in all\n",
		    "stacks that are not shown");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	add_frames("a\n");
	add_num(-1);
	send_item();
	add_frames("b\n");
	add_stat(a_stat(KTAP_AGG_HIST, 2), one);
	send_item();
	add_frames("c\n");
	add_stat(a_stat(KTAP_AGG_STAT, 1), NULL);
	send_item();
	expect_hist("    b\n"
		    "value ------- distribution ------- count\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n"
		    "\n"
		    "    c\n"
		    "  count 1, sum -60, avg -6, min -30, max 40\n"
		    "\n"
		    "    a\n"
		    "  -1\n",
		    "stacks with all kinds of numbers");
	begin_hist(KTAP_FUNC_PRINT_STAT, 0);
	add_str("k");
	add_frames("a\nb\n");
	make_tuple();
	add_stat(a_stat(KTAP_AGG_STAT, 1), NULL);
	send_item();
	expect_hist("key  count  avg  total  min  max  stddev\n"
		    "k:\n"
		    "    a\n"
		    "    b\n"
		    "         1   -6    -60  -30   40       7\n",
		    "a table with a stack");
	begin_dump(KTAP_T_TAB);
	add_frames("a\n");
	add_num(1);
	send_item();
	add_str("k");
	add_frames("b\n");
	make_tuple();
	add_num(3);
	send_item();
	expect_hist("square[k]:\n"
		    "    b\n"
		    "  3 (75.0%)\n"
		    "\n"
		    "    a\n"
		    "  1 (25.0%)\n",
		    "a variable with stacks as keys");
	begin_dump(KTAP_T_STACK);
	add_value(KTAP_T_NIL, 0, NULL);
	add_frames("a\nb\n");
	send_item();
	expect_hist("square:\n"
		    "    a\n"
		    "    b\n",
		    "a variable with a stack");
}

#define MANY_STACKS	100000

/* To show stacks takes not much longer than to take them. */
static void test_many_stacks(void)
{
	const struct hist_style style = { .width = 40 };
	struct strbuf text = { 0 };
	clock_t start, taken;
	char frame[32];
	uint32_t i;

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	start = clock();
	for (i = 0; i < MANY_STACKS; i++) {
		snprintf(frame, sizeof(frame), "f%u+0x1/0x2\n", i);
		add_frames(frame);
		add_num(i % 100 + 1);
		send_item();
	}
	taken = clock() - start;
	start = clock();
	ktap_hist_end(&hist, &style, &text);
	ok(clock() - start < 20 * taken && text.len > MANY_STACKS, "many stacks");
	ktap_strbuf_destroy(&text);
}

static void test_empty_ranges(void)
{
	static const struct bin few[] = { { 1, 1 }, { 6, 1 }, { 0, 0 } };
	static const struct bin many[] = { { 1, 1 }, { 7, 1 }, { 0, 0 } };

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, a_stat(KTAP_AGG_HIST, 2), few);
	expect_hist("   value ----- distribution ------ count\n"
		    "     [1] |@@@@@@@@@@@@@@@@@@@@@@@|     1\n"
		    "  [2, 4) |                       |     0\n"
		    "  [4, 8) |                       |     0\n"
		    " [8, 16) |                       |     0\n"
		    "[16, 32) |                       |     0\n"
		    "[32, 64) |@@@@@@@@@@@@@@@@@@@@@@@|     1\n",
		    "a few empty ranges");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, a_stat(KTAP_AGG_HIST, 2), many);
	expect_hist("    value ----- distribution ----- count\n"
		    "      [1] |@@@@@@@@@@@@@@@@@@@@@@|     1\n"
		    "      ... |                      |\n"
		    "[64, 128) |@@@@@@@@@@@@@@@@@@@@@@|     1\n",
		    "many empty ranges");
}

/* What is left out has a sum if there is one. */
static void test_rest(void)
{
	begin_hist(KTAP_FUNC_PRINT_HIST, 1);
	send_num("a", INT64_MAX);
	send_num("b", INT64_MAX);
	send_num("c", 1);
	expect_hist("key - distribution -               value\n"
		    "  a |@@@@@@@@@@@@@@| 9223372036854775807\n"
		    "... 2 more\n",
		    "a sum that is too large");
	begin_hist(KTAP_FUNC_PRINT_HIST, 1);
	send_num("a", 5);
	send_num("c", 1);
	send_num("b", -3);
	expect_hist("key -------- distribution -------- value\n"
		    "  a |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     5\n"
		    "... 2 more, -2 in all\n",
		    "a sum of integers");
	begin_hist(KTAP_FUNC_PRINT_HIST, 1);
	send_stat("s", a_stat(KTAP_AGG_STAT, 5), NULL);
	send_stat("t", a_stat(KTAP_AGG_STAT, 4), NULL);
	send_num("c", 1);
	expect_hist("key -------- distribution -------- value\n"
		    "  s |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     5\n"
		    "... 2 more\n",
		    "no sum of different things");
}

static void test_bars(void)
{
	struct hist_style style = { .width = 16, .utf8 = true };
	struct strbuf text = { 0 };
	unsigned int i;
	char key[2] = "a";

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	for (i = 0; i <= 9; i++, key[0]++)
		send_num(key, 80 - i);
	ktap_hist_end(&hist, &style, &text);
	ok(same_text(&text,
		     "key ------------ value\n"
#define FULL "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88" \
	     "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
		     "  a |" FULL "\xe2\x96\x88\xe2\x96\x88|    80\n"
		     "  b |" FULL "\xe2\x96\x88\xe2\x96\x89|    79\n"
		     "  c |" FULL "\xe2\x96\x88\xe2\x96\x8a|    78\n"
		     "  d |" FULL "\xe2\x96\x88\xe2\x96\x8b|    77\n"
		     "  e |" FULL "\xe2\x96\x88\xe2\x96\x8c|    76\n"
		     "  f |" FULL "\xe2\x96\x88\xe2\x96\x8d|    75\n"
		     "  g |" FULL "\xe2\x96\x88\xe2\x96\x8e|    74\n"
		     "  h |" FULL "\xe2\x96\x88\xe2\x96\x8f|    73\n"
		     "  i |" FULL "\xe2\x96\x88 |    72\n"
		     "  j |" FULL "\xe2\x96\x89 |    71\n"),
	   "bars of blocks");
#undef FULL
	text.len = 0;
	style.utf8 = false;
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat("a", a_stat(KTAP_AGG_STAT, UINT64_MAX), NULL);
	send_stat("b", a_stat(KTAP_AGG_STAT, UINT64_MAX / 2 + 1), NULL);
	ktap_hist_end(&hist, &style, &text);
	ok(same_text(&text,
		     "key ------------                value\n"
		     "  a |@@@@@@@@@@| 18446744073709551615\n"
		     "  b |@@@@@     |  9223372036854775808\n"),
	   "bars of numbers of 64 bits");
	ktap_strbuf_destroy(&text);
}

static void test_stat_table(void)
{
	begin_hist(KTAP_FUNC_PRINT_STAT, 2);
	send_num("n", 12345);
	send_stat("few", a_stat(KTAP_AGG_HIST, 0), NULL);
	send_stat(NULL, a_stat(KTAP_AGG_STAT, 10), NULL);
	send_stat("many", a_stat(KTAP_AGG_STAT, 9), NULL);
	expect_hist("key   count  avg  total  min  max  stddev\n"
		    "         10   -6    -60  -30   40       7\n"
		    "many      9   -6    -60  -30   40       7\n"
		    "few       0    -      -    -    -       -\n"
		    "... 1 more\n",
		    "a table of statistics");
	begin_hist(KTAP_FUNC_PRINT_STAT, 0);
	send_stat(NULL, a_stat(KTAP_AGG_STAT, 1), NULL);
	expect_hist("count  avg  total  min  max  stddev\n"
		    "    1   -6    -60  -30   40       7\n",
		    "a table of one statistic");
	begin_hist(KTAP_FUNC_PRINT_STAT, 0);
	send_num("n", 12345);
	expect_hist("key  count  avg  total  min  max  stddev\n"
		    "n        -    -  12345    -    -       -\n",
		    "a table of integers");
	begin_hist(KTAP_FUNC_PRINT_STAT, 0);
	expect_hist("", "a table of nothing");
}

static void send_text(const char *key, const char *text)
{
	if (key)
		add_str(key);
	else
		add_value(KTAP_T_NIL, 0, NULL);
	add_str(text);
	send_item();
}

static void test_dump(void)
{
	static const struct bin one[] = { { 1, 2 }, { 0, 0 } };

	begin_dump(KTAP_T_STR);
	send_text(NULL, "a\tb\n");
	expect_hist("square: a\\tb\\n\n", "a variable with a string");
	begin_dump(KTAP_T_INT);
	add_value(KTAP_T_NIL, 0, NULL);
	add_num(-5);
	send_item();
	expect_hist("square: -5\n", "a variable with an integer");
	begin_dump(KTAP_T_TAB);
	expect_hist("square: (empty)\n", "a variable with a table of nothing");

	begin_dump(KTAP_T_TAB);
	send_stat("few", a_stat(KTAP_AGG_STAT, 3), NULL);
	send_stat("many", a_stat(KTAP_AGG_STAT, 30), NULL);
	expect_hist("square:\n"
		    "key   count  avg  total  min  max  stddev\n"
		    "many     30   -6    -60  -30   40       7\n"
		    "few       3   -6    -60  -30   40       7\n",
		    "a variable with a table of statistics");

	begin_dump(KTAP_T_TAB);
	send_text("long", "text");
	send_num("n", 4);
	send_text("a", "b");
	send_stat("h", a_stat(KTAP_AGG_HIST, 2), one);
	expect_hist("square[h]:\n"
		    "value ------- distribution ------- count\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n"
		    "\n"
		    "square:\n"
		    "key -------- distribution -------- value\n"
		    "  n |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     4\n"
		    "   a  b\n"
		    "long  text\n",
		    "a variable with a table of all kinds");
}

/* Ranges that do not fit into one item. */
static void test_more(void)
{
	static const struct bin first[] = { { 0, 1 }, { 1, 2 }, { 0, 0 } };
	static const struct bin second[] = { { 2, 3 }, { 0, 0 } };
	struct ktap_val_stat stat = a_stat(KTAP_AGG_HIST, 6);
	static const char want[] =
		"k:\n"
		" value ------ distribution ------- count\n"
		"   [0] |@@@@@@@@                 |     1\n"
		"   [1] |@@@@@@@@@@@@@@@@@        |     2\n"
		"[2, 4) |@@@@@@@@@@@@@@@@@@@@@@@@@|     3\n";

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	stat.flags = KTAP_STAT_MORE;
	send_stat("k", stat, first);
	stat.flags = 0;
	send_stat("k", stat, second);
	expect_hist(want, "ranges of two items");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	stat.flags = KTAP_STAT_MORE;
	send_stat("k", stat, first);
	send_stat("k", stat, second);
	stat.flags = 0;
	send_stat("k", stat, NULL);
	expect_hist(want, "ranges that end with nothing");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	stat.flags = KTAP_STAT_MORE;
	send_stat("k", stat, first);
	send_num("n", 1);
	expect_hist("k:\n"
		    "value ------- distribution ------- count\n"
		    "  [0] |@@@@@@@@@@@@@             |     1\n"
		    "  [1] |@@@@@@@@@@@@@@@@@@@@@@@@@@|     2\n"
		    "\n"
		    "key -------- distribution -------- value\n"
		    "  n |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     1\n",
		    "ranges that do not go on");
}

static void test_bad_items(void)
{
	static const struct bin bins[] = {
		{ -65, 1 }, { 3, 1 }, { 2, 9 }, { 3, 9 }, { 4, 2 }, { 64, 1 },
		{ INT32_MIN, 1 }, { INT32_MAX, 1 }, { 0, 0 }
	};
	struct ktap_val_stat stat = a_stat(KTAP_AGG_HIST, 9);

	send_num("a", 1);
	expect_hist("", "an item of nothing");
	ktap_hist_begin(&hist, &image, &hist_head,
			offsetof(struct ktap_rec_agg, name) - 1);
	send_num("a", 1);
	expect_hist("", "an item behind a record that is cut");
	ktap_hist_begin(&hist, &image, &hist_head,
			offsetof(struct ktap_rec_agg, name));
	send_num("a", 1);
	expect_hist("key -------- distribution -------- value\n"
		    "  a |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     1\n",
		    "a record without a name");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_item();
	add_num(1);
	send_item();
	add_num(1);
	add_str("text");
	send_item();
	add_num(1);
	add_value(KTAP_T_STAT, sizeof(stat) - 8, &stat);
	send_item();
	expect_hist("", "items without a number");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_stat(NULL, stat, bins);
	expect_hist("  value ------ distribution ------ count\n"
		    " [4, 8) |@@@@@@@@@@@@            |     1\n"
		    "[8, 16) |@@@@@@@@@@@@@@@@@@@@@@@@|     2\n",
		    "ranges that there are not, and not in order");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	stat.kind = 77;
	send_stat(NULL, stat, bins);
	expect_hist("count 9, sum -60, avg -6, min -30, max 40\n",
		    "ranges of a new kind of statistic");
	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	stat.kind = KTAP_AGG_HIST;
	stat.nr_ranges = UINT32_MAX;
	add_num(1);
	add_value(KTAP_T_STAT, sizeof(stat), &stat);
	send_item();
	expect_hist("1:\ncount 9, sum -60, avg -6, min -30, max 40\n",
		    "more ranges than there are");
}

static uint32_t noise(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005 + 1442695040888963407;
	return state >> 33;
}

/* What comes of items with some bytes that are wrong must only be bounded. */
static void test_noise(void)
{
	static const struct bin bins[] = { { 0, 1 }, { 5, 2 }, { 9, 3 }, { 0, 0 } };
	const struct hist_style style = { .width = 80 };
	struct ktap_val_stat stat = a_stat(KTAP_AGG_HIST, 6);
	struct strbuf text = { 0 };
	unsigned int i, j;
	size_t most = 0;

	for (i = 0; i < 20000; i++) {
		begin_hist(i & 1 ? KTAP_FUNC_PRINT_HIST : KTAP_FUNC_PRINT_STAT,
			   i % 3);
		for (j = 0; j < 3; j++) {
			add_num(noise());
			add_str("part");
			make_tuple();
			stat.kind = noise() % KTAP_AGG_NR;
			stat.param[0] = noise() % 20;
			stat.param[1] = noise() % 20;
			stat.param[2] = noise() % 20;
			stat.param[3] = noise() % 20;
			add_stat(stat, bins);
			body.str[noise() % body.len] = noise();
			body.str[noise() % body.len] ^= 1 << noise() % 8;
			if (!(noise() % 8))
				body.len -= noise() % body.len;
			send_item();
		}
		text.len = 0;
		ktap_hist_end(&hist, &style, &text);
		if (text.len > most)
			most = text.len;
	}
	ok(most < 3 * 128 * (KTAP_MAX_RANGES + 2), "histograms of noise");
	ktap_strbuf_destroy(&text);
}

/*
 * Errors
 */

static struct strbuf error_text(const struct ktap_rec_error *err, size_t size,
				const char *text)
{
	uint64_t data[256] = { 0 };
	struct ktap_rec *rec = (struct ktap_rec *)data;
	struct strbuf sb = { 0 };

	memcpy(rec + 1, err, sizeof(*err));
	memcpy((char *)(rec + 1) + sizeof(*err), text, strlen(text));
	rec->type = KTAP_REC_ERROR;
	rec->size = sizeof(*rec) + size;
	ktap_record_error(rec, &image, &sb);
	return sb;
}

static void expect_error(const struct ktap_rec_error *err, size_t size,
			 const char *want, const char *name)
{
	struct strbuf text = error_text(err, size, "wrong thing");

	ok(same_text(&text, want), name);
	ktap_strbuf_destroy(&text);
}

static void test_errors(void)
{
	struct ktap_rec_error err = { .len = 5, .nr_frames = 1 };
	size_t size = sizeof(err) + 8, i;
	struct strbuf text;

	err.frames[0].line = 7;
	expect_error(&err, size, "unit:7: error: wrong\n", "an error");
	err.nr_frames = 0;
	expect_error(&err, size, "unit: error: wrong\n", "an error without a place");
	err.nr_frames = 3;
	err.frames[0].name = 1;
	err.frames[1].line = 8;
	err.frames[1].name = 1000;
	err.frames[2].line = 0;
	expect_error(&err, size,
		     "unit:7: error: wrong\n"
		     "    in function 'square', called at unit:8\n"
		     "    in function '?', called at unit\n",
		     "an error with callers");
	err.len = 8;
	expect_error(&err, size - 8, "", "an error that is too long");
	err.len = UINT32_MAX;
	expect_error(&err, size, "", "an error that is far too long");
	err.len = 0;
	expect_error(&err, sizeof(err) - 8, "", "an error without its frames");
	err.nr_frames = UINT32_MAX;
	text = error_text(&err, size, "");
	for (i = 0, size = 0; i < text.len; i++)
		size += text.str[i] == '\n';
	ok(size == KTAP_MAX_FRAMES, "an error with more callers than there are");
	ktap_strbuf_destroy(&text);
}

/* Shows records in a pipe. */
static void expect_output(const struct ktap_rec *rec, struct output *out,
			  const char *want, const char *name)
{
	ktap_output_record(out, rec);
	ok(same_text(&out->buf, want), name);
	out->buf.len = 0;
}

static void test_stamps(void)
{
	struct output out = { .fd = -1, .image = &image, .stamps = true };
	uint64_t data[64] = { 0 };
	struct ktap_rec *rec = (struct ktap_rec *)data;

	rec->ts = 12345678901234;
	rec->type = KTAP_REC_PRINTF;
	add_str("a\nb");
	memcpy(rec + 1, body.str, body.len);
	rec->size = sizeof(*rec) + body.len;
	expect_output(rec, &out, "[12345.678901] a\n[12345.678901] b",
		      "each line has a time stamp");
	expect_output(rec, &out, "a\n[12345.678901] b",
		      "what goes on in a line has none");
	body.len = 0;
	ktap_output_destroy(&out);
}

/* Gives the values so far to an output, as a record. */
static void send_record(struct output *out, uint16_t type, uint64_t ts)
{
	struct strbuf rec = { 0 };
	struct ktap_rec head = {
		.size = sizeof(head) + body.len,
		.type = type,
		.ts = ts,
	};

	ktap_strbuf_add(&rec, &head, sizeof(head));
	if (body.len)
		ktap_strbuf_add(&rec, body.str, body.len);
	body.len = 0;
	ktap_output_record(out, (const struct ktap_rec *)rec.str);
	ktap_strbuf_destroy(&rec);
}

static void send_hist_item(struct output *out, const char *key, int64_t num,
			   uint64_t ts)
{
	add_str(key);
	add_num(num);
	send_record(out, KTAP_REC_ITEM, ts);
}

static void send_hist_head(struct output *out, uint64_t ts)
{
	ktap_strbuf_add(&body, &hist_head, sizeof(hist_head));
	send_record(out, KTAP_REC_AGG, ts);
}

static void test_hist_records(void)
{
	static const char header[] = "key -------- distribution -------- value\n";
	static const char bar[] = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@";
	struct output out = { .fd = -1, .image = &image };
	struct strbuf want = { 0 };

	setenv("COLUMNS", "40", 1);
	send_hist_head(&out, 0);
	send_hist_item(&out, "a", 1, 0);
	add_str("between");
	send_record(&out, KTAP_REC_PRINT, 0);
	send_hist_item(&out, "b", 1, 0);
	send_record(&out, KTAP_REC_AGG_END, 0);
	ktap_strbuf_addf(&want, "between\n%s  a |%s|     1\n  b |%s|     1\n",
			 header, bar, bar);
	ok(same_text(&out.buf, want.str), "a histogram is shown at its end");
	send_record(&out, KTAP_REC_AGG_END, 0);
	send_hist_item(&out, "a", 1, 0);
	ktap_output_finish(&out);
	ok(same_text(&out.buf, want.str), "what belongs to no histogram");

	out.buf.len = 0;
	want.len = 0;
	send_hist_head(&out, 0);
	send_hist_item(&out, "a", 1, 0);
	send_hist_head(&out, 0);
	send_hist_item(&out, "b", 1, 0);
	ktap_strbuf_addf(&want, "%s  a |%s|     1\n", header, bar);
	ok(same_text(&out.buf, want.str), "a histogram without an end");
	ktap_output_finish(&out);
	ktap_output_finish(&out);
	ktap_strbuf_addf(&want, "%s  b |%s|     1\n", header, bar);
	ok(same_text(&out.buf, want.str), "a histogram without an end at the end");

	out.buf.len = 0;
	want.len = 0;
	out.stamps = true;
	send_hist_head(&out, 1000000);
	send_record(&out, KTAP_REC_AGG_END, 1000000);
	send_hist_head(&out, 1000000);
	send_hist_item(&out, "a", 1, 2000000);
	ktap_output_finish(&out);
	ktap_strbuf_addf(&want, "[    0.002000] key --------------- value\n");
	ktap_strbuf_addf(&want, "[    0.002000]   a |@@@@@@@@@@@@@|     1\n");
	ok(same_text(&out.buf, want.str), "a histogram with time stamps");
	ktap_strbuf_destroy(&want);
	ktap_output_destroy(&out);
}

static void send_dump(struct output *out, uint32_t type, uint32_t flags)
{
	struct ktap_rec_agg head = {
		.func = KTAP_FUNC_DUMP,
		.type = type,
		.flags = flags,
		.name = 1,
	};

	ktap_strbuf_add(&body, &head, sizeof(head));
	send_record(out, KTAP_REC_AGG, 0);
	if (type == KTAP_T_TAB) {
		send_hist_item(out, "a", 1, 0);
	} else {
		add_value(KTAP_T_NIL, 0, NULL);
		add_num(1);
		send_record(out, KTAP_REC_ITEM, 0);
	}
	send_record(out, KTAP_REC_AGG_END, 0);
}

/* What has several lines has blank ones around it. */
static void test_dump_records(void)
{
	static const char table[] =
		"square:\n"
		"key -------- distribution -------- value\n"
		"  a |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     1\n";
	struct output out = { .fd = -1, .image = &image };
	struct strbuf want = { 0 };

	setenv("COLUMNS", "40", 1);
	send_dump(&out, KTAP_T_TAB, 0);
	ok(!out.buf.len, "no variables are shown");
	out.dump = true;
	send_dump(&out, KTAP_T_TAB, KTAP_AGG_READ);
	ok(!out.buf.len, "variables that the script reads are not shown");
	send_dump(&out, KTAP_T_INT, 0);
	send_dump(&out, KTAP_T_INT, 0);
	send_dump(&out, KTAP_T_TAB, 0);
	send_dump(&out, KTAP_T_TAB, 0);
	send_dump(&out, KTAP_T_INT, 0);
	send_dump(&out, KTAP_T_INT, 0);
	ktap_strbuf_addf(&want, "square: 1\nsquare: 1\n\n%s\n%s\n"
			 "square: 1\nsquare: 1\n", table, table);
	ok(same_text(&out.buf, want.str), "variables are shown");
	ktap_strbuf_destroy(&want);
	ktap_output_destroy(&out);
}

static void expect_screen(struct screen *scr, const char *text, const char *want,
			  const char *name)
{
	struct strbuf sb = { 0 };

	ktap_strbuf_add(&sb, "\n", 1);
	ktap_strbuf_add(&sb, text, strlen(text));
	ktap_screen_text(scr, &sb, 1);
	ok(sb.str[0] == '\n' && !strcmp(sb.str + 1, want), name);
	ktap_strbuf_destroy(&sb);
}

static void expect_restore(struct screen *scr, const char *want, const char *name)
{
	struct strbuf sb = { 0 };

	ktap_screen_restore(scr, &sb);
	ok(same_text(&sb, want), name);
	sb.len = 0;
	ktap_screen_restore(scr, &sb);
	ok(!sb.len, "and once only");
	ktap_strbuf_destroy(&sb);
}

static void test_screen(void)
{
	struct screen scr = { 0 };
	struct strbuf sb = { 0 };

	expect_screen(&scr, KTAP_CLEAR_SCREEN "a\n", KTAP_CLEAR_SCREEN "a\n",
		      "what is no terminal gets all as it is");
	expect_restore(&scr, "", "and nothing has to be restored");
	scr.on = true;
	expect_screen(&scr, "a\nb\n", "a\nb\n", "text that is no screen");
	expect_restore(&scr, "", "text without escape sequences needs nothing");
	expect_screen(&scr, "x\n" KTAP_CLEAR_SCREEN "a\nb",
		      "x\n\033[1;1Ha\033[K\nb", "a screen is drawn over the old one");
	ok(scr.open, "and is open");
	expect_screen(&scr, "c\n", "c\033[K\n", "and goes on");
	expect_screen(&scr, "d\n" KTAP_CLEAR_SCREEN "e\n",
		      "d\033[K\n\033[J\033[1;1He\033[K\n", "the next one ends it");
	ktap_screen_end(&scr, &sb);
	ktap_screen_end(&scr, &sb);
	ok(same_text(&sb, "\033[J") && !scr.open, "it ends");
	ktap_strbuf_destroy(&sb);
	expect_screen(&scr, "f\n", "f\n", "what follows is no part of it");
	expect_restore(&scr, "", "to draw changes nothing");
	expect_screen(&scr, "\033[31mred\n", "\033[31mred\n", "a colour");
	expect_restore(&scr, "\033[0m\033[?25h", "a colour is restored");
	expect_screen(&scr, "\033[?1049h" KTAP_CLEAR_SCREEN "a",
		      "\033[?1049h\033[1;1Ha", "the other screen");
	expect_restore(&scr, "\033[J\033[0m\033[?25h\033[?1049l", "the other screen is left");
	expect_screen(&scr, "\033[?1049ha\033[?1049lb", "\033[?1049ha\033[?1049lb",
		      "the script leaves the other screen");
	expect_restore(&scr, "\033[0m\033[?25h", "it is not left again");
	expect_screen(&scr, "\033[2J\033[1;1", "\033[2J\033[1;1", "a sequence that is cut");
}

/* What was written since the last time. */
static void expect_written(int fd, const char *want, const char *name)
{
	char text[256] = "";
	ssize_t nr = read(fd, text, sizeof(text) - 1);

	text[nr > 0 ? nr : 0] = '\0';
	ok(!strcmp(text, want), name);
	if (strcmp(text, want))
		printf("got '%s'\n", text);
}

/* All of a screen is written at once, however it comes. */
static void test_screen_records(void)
{
	struct output out = { .image = &image, .screen = { .on = true } };
	int fds[2];

	if (pipe(fds) || fcntl(fds[0], F_SETFL, O_NONBLOCK)) {
		ok(false, "a pipe can be made");
		return;
	}
	out.fd = fds[1];
	add_str("text");
	send_record(&out, KTAP_REC_PRINT, 0);
	expect_written(fds[0], "", "text is gathered");
	ktap_output_idle(&out);
	expect_written(fds[0], "text\n", "text is written");
	send_record(&out, KTAP_REC_TICK, 0);
	expect_written(fds[0], "", "a tick without a screen");
	add_str(KTAP_CLEAR_SCREEN);
	send_record(&out, KTAP_REC_PRINTF, 0);
	ktap_output_idle(&out);
	add_str("a");
	send_record(&out, KTAP_REC_PRINT, 0);
	ktap_output_idle(&out);
	expect_written(fds[0], "", "a part of a screen is not written");
	send_record(&out, KTAP_REC_TICK, 0);
	expect_written(fds[0], "\033[1;1Ha\033[K\n\033[J", "all of it is");
	add_str(KTAP_CLEAR_SCREEN "\033[31mb");
	send_record(&out, KTAP_REC_PRINT, 0);
	ktap_output_restore(&out);
	expect_written(fds[0],
		       "\033[1;1H\033[31mb\033[K\n\033[J\033[0m\033[?25h",
		       "and what there is of it at the end");
	out.stamps = true;
	add_str(KTAP_CLEAR_SCREEN "a");
	send_record(&out, KTAP_REC_PRINT, 0);
	ktap_output_end_screen(&out);
	expect_written(fds[0], "[    0.000000] \033[1;1Ha\033[K\n\033[J",
		       "a screen with time stamps");
	ktap_output_destroy(&out);
	close(fds[0]);
	close(fds[1]);
}

static void expect_width(const char *columns, size_t want, const char *name)
{
	struct hist_style style;

	setenv("COLUMNS", columns, 1);
	ktap_hist_style(&style, -1);
	ok(style.width == want && !style.utf8, name);
}

/*
 * Losses and JSON
 */

static void send_lost(struct output *out, uint64_t count)
{
	const struct ktap_rec_lost lost = { .count = count };

	ktap_strbuf_add(&body, &lost, sizeof(lost));
	send_record(out, KTAP_REC_LOST, 5000);
}

static void test_lost(void)
{
	struct output out = { .fd = open("/dev/null", O_WRONLY), .image = &image };

	send_lost(&out, 42);
	send_lost(&out, 1);
	add_str("half a line");
	send_record(&out, KTAP_REC_PRINTF, 0);
	send_lost(&out, UINT64_MAX);
	ok(same_text(&out.buf, "--- lost 42 events on cpu 0 ---\n"
		     "--- lost 1 event on cpu 0 ---\n"
		     "half a line\n"
		     "--- lost 18446744073709551615 events on cpu 0 ---\n"),
	   "what was lost");
	out.buf.len = 0;
	add_str("half a line");
	send_record(&out, KTAP_REC_PRINTF, 0);
	ktap_output_flush(&out);
	send_lost(&out, 2);
	ok(same_text(&out.buf, "\n--- lost 2 events on cpu 0 ---\n"),
	   "what was lost in a line that was written");
	out.buf.len = 0;
	out.stamps = true;
	send_lost(&out, 2);
	ok(same_text(&out.buf, "[    0.000005] --- lost 2 events on cpu 0 ---\n"),
	   "what was lost, with a time stamp");
	out.buf.len = 0;
	out.as_json = true;
	send_lost(&out, 2);
	ok(same_text(&out.buf, "{\"type\":\"lost\",\"ts\":5000,\"cpu\":0,\"count\":2}\n"),
	   "what was lost, as JSON");
	out.buf.len = 0;
	send_record(&out, KTAP_REC_LOST, 0);
	out.as_json = false;
	send_record(&out, KTAP_REC_LOST, 0);
	ok(!out.buf.len, "a loss that is cut");
	close(out.fd);
	ktap_output_destroy(&out);
}

/* A stack whose data is @data. */
static void add_frames_record(uint32_t flags, const void *data, size_t len)
{
	const struct ktap_val_stack head = { .flags = flags };
	struct strbuf stack = { 0 };

	ktap_strbuf_add(&stack, &head, sizeof(head));
	ktap_strbuf_add(&stack, data, len);
	add_value(KTAP_T_STACK, stack.len, stack.str);
	ktap_strbuf_destroy(&stack);
}

static void expect_values(const char *want, const char *name)
{
	struct output out = { .fd = -1, .image = &image, .as_json = true };
	const char *values;

	send_record(&out, KTAP_REC_PRINT, 0);
	values = out.buf.str ? strstr(out.buf.str, "\"values\":") : NULL;
	ok(values && !strncmp(values + 9, want, strlen(want)), name);
	ktap_output_destroy(&out);
}

static void test_json_stacks(void)
{
	static const char kernel[] = "vfs_read+0x10/0x3a0\nx+0x0/0x4 [a_module]\n"
				     "0xffffffff81000000\n";
	static const uint64_t user[] = { 0x400000, UINT64_MAX };

	add_frames_record(0, kernel, sizeof(kernel) - 1);
	expect_values("[[{\"name\":\"vfs_read\",\"offset\":16},"
		      "{\"name\":\"x\",\"offset\":0,\"module\":\"a_module\"},"
		      "{\"addr\":\"0xffffffff81000000\"}]]}", "a stack of the kernel as JSON");
	add_frames_record(KTAP_STACK_USER, user, sizeof(user));
	expect_values("[[{\"addr\":\"0x400000\"},{\"addr\":\"0xffffffffffffffff\"}]]}",
		      "a stack of user code as JSON");
	add_frames_record(0, "", 0);
	expect_values("[[]]}", "an empty stack as JSON");
	add_frames_record(0, "]\n+\n [\n[]\na]\n", 12);
	expect_values("[[{\"name\":\"]\"},{\"name\":\"+\"},{\"name\":\" [\"},"
		      "{\"name\":\"[]\"},{\"name\":\"a\"}]]}", "odd names as JSON");
}

/* Whatever comes, brackets and quotes are in pairs. */
static bool is_balanced(const struct strbuf *sb)
{
	int depth = 0;
	size_t i;

	for (i = 0; i < sb->len && depth >= 0; i++) {
		switch (sb->str[i]) {
		case '"':
			for (i++; i < sb->len && sb->str[i] != '"'; i++)
				i += sb->str[i] == '\\';
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			break;
		case '\n':
			if (depth)
				return false;
			break;
		default:
			break;
		}
	}
	return !depth && i == sb->len;
}

static void test_json_noise(void)
{
	static const struct bin bins[] = { { 0, 1 }, { 5, 2 }, { 9, 3 }, { 0, 0 } };
	static const uint16_t types[] = {
		KTAP_REC_PRINT, KTAP_REC_PRINTF, KTAP_REC_AGG, KTAP_REC_ITEM,
		KTAP_REC_ITEM, KTAP_REC_AGG_END, KTAP_REC_ERROR, KTAP_REC_DROPS,
		KTAP_REC_END,
	};
	struct output out = { .fd = -1, .image = &image, .as_json = true };
	struct ktap_val_stat stat = a_stat(KTAP_AGG_HIST, 6);
	bool balanced = true;
	unsigned int i;

	for (i = 0; i < 20000 && balanced; i++) {
		add_num(noise());
		add_str("a \"part\"");
		if (noise() & 1)
			make_tuple();
		stat.flags = noise() & 1 ? KTAP_STAT_MORE : 0;
		stat.kind = noise() % KTAP_AGG_NR;
		add_stat(stat, bins);
		body.str[noise() % body.len] = noise();
		body.str[noise() % body.len] ^= 1 << noise() % 8;
		if (!(noise() % 8))
			body.len -= noise() % (body.len / KTAP_REC_ALIGN) * KTAP_REC_ALIGN;
		send_record(&out, types[noise() % ARRAY_SIZE(types)], 0);
		balanced = is_balanced(&out.buf);
		out.buf.len = 0;
	}
	ok(balanced, "JSON of noise");
	ktap_output_destroy(&out);
}

static void test_style(void)
{
	expect_width("100", 100, "width by COLUMNS");
	expect_width("", 80, "width without COLUMNS");
	expect_width("0", 80, "width of nothing");
	expect_width("100x", 80, "width that is no number");
	expect_width("99999999999999999999999", 80, "width that is too large");
	unsetenv("COLUMNS");
}

static void expect_utf8(int fd, const char *all, const char *type, const char *lang,
			bool want, const char *name)
{
	struct hist_style style;

	setenv("LC_ALL", all, 1);
	setenv("LC_CTYPE", type, 1);
	setenv("LANG", lang, 1);
	ktap_hist_style(&style, fd);
	ok(style.utf8 == want, name);
}

/* Without pseudo terminals there is nothing to test. */
static void test_terminal(void)
{
	struct winsize ws = { .ws_row = 30, .ws_col = 123 };
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	struct hist_style style;

	if (fd < 0 || ioctl(fd, TIOCSWINSZ, &ws)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	ktap_hist_style(&style, fd);
	ok(style.width == 123, "width of the terminal");
	setenv("COLUMNS", "100", 1);
	ktap_hist_style(&style, fd);
	ok(style.width == 100, "COLUMNS is more than the terminal");
	unsetenv("COLUMNS");

	expect_utf8(fd, "", "", "de_DE.UTF-8", true, "blocks by LANG");
	expect_utf8(fd, "", "C.utf8", "C", true, "blocks by LC_CTYPE");
	expect_utf8(fd, "C", "C.UTF-8", "C.UTF-8", false, "no blocks by LC_ALL");
	expect_utf8(fd, "", "", "", false, "no blocks without a locale");
	expect_utf8(-1, "C.UTF-8", "", "", false, "no blocks in a file");
	close(fd);
}

static void test_distance(void)
{
	ok(ktap_distance("abc", "abc", 3) == 0, "distance of the same");
	ok(ktap_distance("abc", "abd", 3) == 1, "distance of one letter");
	ok(ktap_distance("abc", "ab", 3) == 1, "distance of a missing letter");
	ok(ktap_distance("abc", "acb", 3) == 1, "distance of swapped letters");
	ok(ktap_distance("", "abc", 3) == 3, "distance of nothing");
	ok(ktap_distance("kitten", "sitting", 5) == 3, "distance of words");
	ok(ktap_distance("abc", "xyz", 1) == 2, "distance over the limit");
	ok(ktap_distance("a", "abcdef", 2) == 3, "distance of lengths");
}

static void test_arith(void)
{
	int64_t num = 0;

	ok(ktap_arith(KTAP_A_DIV, INT64_MIN, -1, &num) && num == INT64_MIN,
	   "the least integer divided by -1");
	ok(ktap_arith(KTAP_A_MOD, INT64_MIN, -1, &num) && !num,
	   "its remainder");
	ok(!ktap_arith(KTAP_A_DIV, 1, 0, &num) &&
	   !ktap_arith(KTAP_A_MOD, 1, 0, &num), "division by zero");
	ok(ktap_arith(KTAP_A_SHR, -16, 2, &num) && num == -4,
	   "a shift keeps the sign");
	ok(ktap_arith(KTAP_A_SHR, INT64_MIN, 127, &num) && num == -1,
	   "a shift by six bits");
	ok(ktap_arith(KTAP_A_ADD, INT64_MAX, 1, &num) && num == INT64_MIN,
	   "a sum wraps");
}

static void test_parse_int(void)
{
	uint64_t num;
	bool wraps;

	ok(ktap_parse_int("0", 1, &num, &wraps) && !num && !wraps, "number 0");
	ok(ktap_parse_int("0x1F", 4, &num, &wraps) && num == 31, "number 0x1F");
	ok(ktap_parse_int("0b11", 4, &num, &wraps) && num == 3, "number 0b11");
	ok(ktap_parse_int("017", 3, &num, &wraps) && num == 15, "number 017");
	ok(!ktap_parse_int("0x", 2, &num, &wraps) &&
	   !ktap_parse_int("", 0, &num, &wraps) &&
	   !ktap_parse_int("08", 2, &num, &wraps) &&
	   !ktap_parse_int("1a", 2, &num, &wraps), "what is no number");
	ok(ktap_parse_int("18446744073709551615", 20, &num, &wraps) &&
	   num == UINT64_MAX && !wraps, "the largest number");
	ok(ktap_parse_int("18446744073709551616", 20, &num, &wraps) &&
	   !num && wraps, "a number that is too large");
}

/* Records with a number in front, and what is shown of them. */
static struct strbuf shown;

static const struct ktap_rec *spec_rec(uint16_t type, uint64_t id, size_t size)
{
	static struct {
		struct ktap_rec rec;
		uint64_t id;
		uint64_t more[KTAP_REC_MAX / 8];
	} buf;

	buf.rec = (struct ktap_rec){
		.size = sizeof(buf.rec) + sizeof(id) + size,
		.type = type,
		.ts = id,
	};
	buf.id = id;
	buf.more[0] = id + 1000;
	return &buf.rec;
}

static void show(void *data, const struct ktap_rec *rec)
{
	const uint64_t *more = (const uint64_t *)(rec + 1);

	ktap_strbuf_addf(data, "%u:%u:%llu ", rec->type,
			 rec->size - (unsigned int)sizeof(*rec),
			 rec->size > sizeof(*rec) ? (unsigned long long)*more : 0);
}

static bool spec_shows(struct specs *specs, uint16_t type, uint64_t id,
		       const char *want)
{
	shown.len = 0;
	ktap_strbuf_add(&shown, "", 0);
	ktap_specs_end(specs, spec_rec(type, id, 0), show, &shown);
	return shown.len == strlen(want) && !memcmp(shown.str, want, shown.len);
}

static void spec_hold(struct specs *specs, uint64_t id, size_t size)
{
	ktap_specs_hold(specs, spec_rec(KTAP_REC_PRINT | KTAP_REC_HELD, id, size));
}

static void test_specs(void)
{
	const struct ktap_rec no_id = {
		.size = sizeof(no_id),
		.type = KTAP_REC_PRINT | KTAP_REC_HELD,
	};
	struct specs specs = { 0 };
	unsigned int i;

	ktap_strbuf_addf(&shown, "x");
	spec_hold(&specs, 64, 8);
	spec_hold(&specs, 65, 8);
	spec_hold(&specs, 64, 16);
	ok(spec_shows(&specs, KTAP_REC_COMMIT, 64, "1:8:1064 1:16:1064 "),
	   "a speculation that is committed");
	ok(spec_shows(&specs, KTAP_REC_COMMIT, 64, ""), "and once more");
	ok(spec_shows(&specs, KTAP_REC_DISCARD, 65, "") && !specs.bytes,
	   "one that is discarded");
	spec_hold(&specs, 64, 8);
	ok(specs.late == 1 && !specs.bytes, "a record that is late");
	spec_hold(&specs, 128, 8);
	spec_hold(&specs, 192, 8);
	ok(specs.lost == 1, "an end that did not come");
	spec_hold(&specs, 128, 8);
	ok(specs.late == 2, "a record of one before");
	ok(spec_shows(&specs, KTAP_REC_COMMIT, 128, "") &&
	   spec_shows(&specs, KTAP_REC_COMMIT, 192, "1:8:1192 "), "the one after it");
	ok(spec_shows(&specs, KTAP_REC_COMMIT, 70, ""), "an end without records");
	spec_hold(&specs, 0, 8);
	ktap_specs_hold(&specs, &no_id);
	ok(!specs.bytes && specs.late == 2 && specs.lost == 1, "records of none");
	for (i = 0; i < 400; i++)
		spec_hold(&specs, 71 + i % 8, 48 * 1024);
	ok(specs.bytes <= 16 << 20 && specs.bytes > 15 << 20 &&
	   specs.lost == 1 + 400 - specs.bytes / (48 * 1024 + sizeof(struct ktap_rec)),
	   "more than is kept");
	ktap_specs_destroy(&specs);
	ok(!specs.bytes, "all are forgotten");
	ktap_strbuf_destroy(&shown);
}

/* An event that the kernel does not have, but other tracers. */
static void test_suggest(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	ktap_suggest_event("/nonexistent", "kretprobe:vfs_read", out);
	fclose(out);
	ok(!strcmp(text, "note: here that is trace probe:FUNCTION%return\n"),
	   "what an event is here");
	free(text);
}

int main(void)
{
	make_image();
	test_print();
	test_printf();
	test_width();
	test_flags();
	test_tuples();
	test_funcs();
	test_stats();
	test_times();
	test_hist();
	test_ranges();
	test_keys();
	test_bars();
	test_compound_keys();
	test_stack_keys();
	test_many_stacks();
	test_empty_ranges();
	test_rest();
	test_stat_table();
	test_dump();
	test_more();
	test_bad_items();
	test_noise();
	test_errors();
	test_records();
	test_stamps();
	test_hist_records();
	test_dump_records();
	test_screen();
	test_screen_records();
	test_lost();
	test_json_stacks();
	test_json_noise();
	test_style();
	test_terminal();
	test_distance();
	test_arith();
	test_parse_int();
	test_specs();
	ktap_strbuf_destroy(&body);
	ktap_strbuf_destroy(&image_data);
	test_suggest();
	return failed;
}
