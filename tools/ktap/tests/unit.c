// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what scripts cannot reach: records and names
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ktap.h>

#include "fold.h"
#include "format.h"
#include "hist.h"
#include "image.h"
#include "lex.h"
#include "output.h"
#include "value.h"

static int failed;

static void ok(bool is, const char *name)
{
	printf("%sok - %s\n", is ? "" : "not ", name);
	failed |= !is;
}

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

/* Values of a record that is being made. */
static struct strbuf body;

static void add_value(uint32_t type, uint32_t len, const void *data)
{
	struct ktap_val head = { type, len };

	ktap_strbuf_add(&body, &head, sizeof(head));
	if (data)
		ktap_strbuf_add(&body, data, len);
	ktap_strbuf_fill(&body, 0, -body.len & (KTAP_REC_ALIGN - 1));
}

static void add_str(const char *str)
{
	add_value(KTAP_T_STR, strlen(str), str);
}

static void add_num(int64_t num)
{
	add_value(KTAP_T_INT, sizeof(num), &num);
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

	ktap_hist_begin(&hist, &head, sizeof(head));
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
	const struct hist_style style = { .width = 1 };
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
		    "... and 1 more\n",
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
		    "... and 1 more\n",
		    "a histogram and a chart");

	begin_hist(KTAP_FUNC_PRINT_HIST, 0);
	send_num("a key that is longer than half", 4);
	send_num("\xc3\xa4\xe2\x82\xac", 2);
	expect_hist("key -------- distribution -------- value\n"
		    "a key that is longer than half |@@@@@@@@@@@@@@@@@@@@@@@@@@@@|     4\n"
		    " \xc3\xa4\xe2\x82\xac |@@@@@@@@@@@@@@              |     2\n",
		    "a chart with a long key, and one of few characters");
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
		    "... and 1 more\n",
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
	ktap_hist_begin(&hist, &hist_head, sizeof(hist_head) - 1);
	send_num("a", 1);
	expect_hist("", "an item behind a record that is cut");
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

static void expect_width(const char *columns, size_t want, const char *name)
{
	struct hist_style style;

	setenv("COLUMNS", columns, 1);
	ktap_hist_style(&style, -1);
	ok(style.width == want && !style.utf8, name);
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
	test_stat_table();
	test_more();
	test_bad_items();
	test_noise();
	test_errors();
	test_records();
	test_stamps();
	test_hist_records();
	test_style();
	test_terminal();
	test_distance();
	test_arith();
	test_parse_int();
	ktap_strbuf_destroy(&body);
	ktap_strbuf_destroy(&image_data);
	return failed;
}
