// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what scripts cannot reach: records and names
 */
#include <stdio.h>
#include <string.h>

#include <linux/ktap.h>

#include "fold.h"
#include "format.h"
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

/* An image with one string. */
static struct strbuf image_data;
static struct image_view image;

static void make_image(void)
{
	struct image img;

	ktap_image_init(&img);
	ktap_image_str(&img, "constant %d|%s", 14);
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
	test_records();
	test_stamps();
	test_distance();
	test_arith();
	test_parse_int();
	ktap_strbuf_destroy(&body);
	ktap_strbuf_destroy(&image_data);
	return failed;
}
