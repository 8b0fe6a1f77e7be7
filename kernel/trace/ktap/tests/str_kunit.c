// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of builtin functions of strings and of memory
 */
#include "call.h"

#define TEN(s)		s s s s s s s s s s
#define THOUSAND	TEN(TEN(TEN("x")))

static const struct call_row substr_rows[] = {
	ROW(SUBSTR, "\"hello\"", V_STR("hello"), V_INT(0)),
	ROW(SUBSTR, "\"ello\"", V_STR("hello"), V_INT(1)),
	ROW(SUBSTR, "\"o\"", V_STR("hello"), V_INT(4)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(5)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(6)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(S64_MAX)),
	ROW(SUBSTR, "\"o\"", V_STR("hello"), V_INT(-1)),
	ROW(SUBSTR, "\"hello\"", V_STR("hello"), V_INT(-5)),
	ROW(SUBSTR, "\"hello\"", V_STR("hello"), V_INT(-6)),
	ROW(SUBSTR, "\"hello\"", V_STR("hello"), V_INT(S64_MIN)),
	ROW(SUBSTR, "\"el\"", V_STR("hello"), V_INT(1), V_INT(2)),
	ROW(SUBSTR, "\"ello\"", V_STR("hello"), V_INT(1), V_INT(4)),
	ROW(SUBSTR, "\"ello\"", V_STR("hello"), V_INT(1), V_INT(5)),
	ROW(SUBSTR, "\"ello\"", V_STR("hello"), V_INT(1), V_INT(S64_MAX)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(1), V_INT(0)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(1), V_INT(-1)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(1), V_INT(S64_MIN)),
	ROW(SUBSTR, "\"lo\"", V_STR("hello"), V_INT(-2), V_INT(9)),
	ROW(SUBSTR, "\"h\"", V_STR("hello"), V_INT(-9), V_INT(1)),
	ROW(SUBSTR, "\"\"", V_STR("hello"), V_INT(S64_MAX), V_INT(S64_MAX)),
	ROW(SUBSTR, "\"\"", V_STR(""), V_INT(0)),
	ROW(SUBSTR, "\"\"", V_STR(""), V_INT(-1), V_INT(1)),
	ROW(SUBSTR, "\"\\x00b\"", V_STR("a\0b"), V_INT(1)),
	ROW(SUBSTR, "\"\\x00\"", V_STR("a\0b"), V_INT(-2), V_INT(1)),
	ROW(SUBSTR, "\"\\xff\"", V_STR("\xff\xfe"), V_INT(0), V_INT(1)),
	ROW(SUBSTR, "<3999 bytes>", V_LONG("1234", 1000), V_INT(1)),
	ROW(SUBSTR, "error: substr: argument 1 is a integer value", V_INT(1), V_INT(1)),
	ROW(SUBSTR, "error: substr: argument 1 is a nil value", V_NIL, V_INT(1)),
	ROW(SUBSTR, "error: substr: argument 2 is a nil value", V_STR("a"), V_NIL),
	ROW(SUBSTR, "error: substr: argument 2 is a string value", V_STR("a"), V_STR("1")),
	ROW(SUBSTR, "error: substr: argument 3 is a nil value", V_STR("a"), V_INT(1), V_NIL),
};

static const struct call_row strstr_rows[] = {
	ROW(STRSTR, "\"lo world\"", V_STR("hello world"), V_STR("lo")),
	ROW(STRSTR, "\"hello\"", V_STR("hello"), V_STR("h")),
	ROW(STRSTR, "\"hello\"", V_STR("hello"), V_STR("hello")),
	ROW(STRSTR, "\"o\"", V_STR("hello"), V_STR("o")),
	ROW(STRSTR, "nil", V_STR("hello"), V_STR("hellO")),
	ROW(STRSTR, "nil", V_STR("hello"), V_STR("hello!")),
	ROW(STRSTR, "nil", V_STR("hello"), V_STR("oh")),
	ROW(STRSTR, "\"hello\"", V_STR("hello"), V_STR("")),
	ROW(STRSTR, "\"\"", V_STR(""), V_STR("")),
	ROW(STRSTR, "nil", V_STR(""), V_STR("a")),
	ROW(STRSTR, "\"aab\"", V_STR("aaaab"), V_STR("aab")),
	ROW(STRSTR, "\"ab ab\"", V_STR("ab ab"), V_STR("ab")),
	ROW(STRSTR, "\"b\\x00c\"", V_STR("a\0b\0c"), V_STR("b\0c")),
	ROW(STRSTR, "\"\\x00\"", V_STR("ab\0"), V_STR("\0")),
	ROW(STRSTR, "nil", V_STR("ab"), V_STR("\0")),
	ROW(STRSTR, "\"b\"", V_STR("\0b"), V_STR("b")),
	ROW(STRSTR, "\"\\xfe\"", V_STR("\xff\xfe"), V_STR("\xfe")),
	ROW(STRSTR, "\"4\"", V_LONG("1234", 1), V_STR("4")),
	ROW(STRSTR, "nil", V_LONG("1234", 500), V_STR("4 ")),
	ROW(STRSTR, "error: strstr: argument 1 is a nil value", V_NIL, V_STR("")),
	ROW(STRSTR, "error: strstr: argument 2 is a integer value", V_STR(""), V_INT(0)),
};

static const struct call_row strcmp_rows[] = {
	ROW(STRCMP, "0", V_STR("abc"), V_STR("abc")),
	ROW(STRCMP, "-1", V_STR("abc"), V_STR("abd")),
	ROW(STRCMP, "1", V_STR("abd"), V_STR("abc")),
	ROW(STRCMP, "-1", V_STR("ab"), V_STR("abc")),
	ROW(STRCMP, "1", V_STR("abc"), V_STR("ab")),
	ROW(STRCMP, "1", V_STR("b"), V_STR("abc")),
	ROW(STRCMP, "-1", V_STR("A"), V_STR("a")),
	ROW(STRCMP, "0", V_STR(""), V_STR("")),
	ROW(STRCMP, "-1", V_STR(""), V_STR("\0")),
	ROW(STRCMP, "1", V_STR("a\0b"), V_STR("a")),
	ROW(STRCMP, "-1", V_STR("a\0b"), V_STR("a\0c")),
	/* Bytes have no sign. */
	ROW(STRCMP, "1", V_STR("\xff"), V_STR("a")),
	ROW(STRCMP, "-1", V_STR("\x7f"), V_STR("\x80")),
	ROW(STRCMP, "-1", V_STR("9"), V_LONG("9", 1000)),
	ROW(STRCMP, "error: strcmp: argument 1 is a boolean value", V_TRUE, V_STR("a")),
	ROW(STRCMP, "error: strcmp: argument 2 is a nil value", V_STR("a"), V_NIL),
};

#define BASE_ERROR(name) "error: " name ": the base must be 0, or from 2 to 36"

static const struct call_row strtol_rows[] = {
	ROW(STRTOL, "0", V_STR("")),
	ROW(STRTOL, "0", V_STR(" ")),
	ROW(STRTOL, "0", V_STR("x")),
	ROW(STRTOL, "0", V_STR("-")),
	ROW(STRTOL, "0", V_STR("+")),
	ROW(STRTOL, "0", V_STR("--1")),
	ROW(STRTOL, "0", V_STR("- 1")),
	ROW(STRTOL, "0", V_STR("0")),
	ROW(STRTOL, "0", V_STR("-0")),
	ROW(STRTOL, "42", V_STR("42")),
	ROW(STRTOL, "42", V_STR("+42")),
	ROW(STRTOL, "-42", V_STR("-42")),
	ROW(STRTOL, "42", V_STR(" \t\n\v\f\r42 43")),
	ROW(STRTOL, "42", V_STR("42abc")),
	ROW(STRTOL, "4", V_STR("4\0002")),
	ROW(STRTOL, "0", V_STR("\0004")),
	ROW(STRTOL, "255", V_STR("0xff")),
	ROW(STRTOL, "255", V_STR("0XFF")),
	ROW(STRTOL, "-255", V_STR("-0xFf")),
	ROW(STRTOL, "0", V_STR("0x")),
	ROW(STRTOL, "0", V_STR("0xg")),
	ROW(STRTOL, "8", V_STR("010")),
	ROW(STRTOL, "0", V_STR("08")),
	ROW(STRTOL, "7", V_STR("078")),
	ROW(STRTOL, "5", V_STR("0b101")),
	ROW(STRTOL, "5", V_STR("0B1012")),
	ROW(STRTOL, "0", V_STR("0b")),
	ROW(STRTOL, "0", V_STR("0b2")),
	ROW(STRTOL, "9223372036854775807", V_STR("9223372036854775807")),
	ROW(STRTOL, "9223372036854775807", V_STR("9223372036854775808")),
	ROW(STRTOL, "9223372036854775807", V_STR("99999999999999999999999999")),
	ROW(STRTOL, "9223372036854775807", V_LONG("9", 1000)),
	ROW(STRTOL, "-9223372036854775808", V_STR("-9223372036854775808")),
	ROW(STRTOL, "-9223372036854775807", V_STR("-9223372036854775807")),
	ROW(STRTOL, "-9223372036854775808", V_STR("-9223372036854775809")),
	ROW(STRTOL, "-9223372036854775808", V_STR("-99999999999999999999999999")),
	ROW(STRTOL, "9223372036854775807", V_STR("0xffffffffffffffff")),
	ROW(STRTOL, "9223372036854775807", V_STR("0x7fffffffffffffff")),
	ROW(STRTOL, "-9223372036854775808", V_STR("-0x8000000000000000")),
	ROW(STRTOL, "42", V_STR("42"), V_INT(0)),
	ROW(STRTOL, "10", V_STR("010"), V_INT(10)),
	ROW(STRTOL, "0", V_STR("0x10"), V_INT(10)),
	ROW(STRTOL, "5", V_STR("101"), V_INT(2)),
	ROW(STRTOL, "5", V_STR("0b101"), V_INT(2)),
	ROW(STRTOL, "1", V_STR("12"), V_INT(2)),
	ROW(STRTOL, "255", V_STR("ff"), V_INT(16)),
	ROW(STRTOL, "255", V_STR("0xff"), V_INT(16)),
	ROW(STRTOL, "2833", V_STR("0b11"), V_INT(16)),
	ROW(STRTOL, "35", V_STR("z"), V_INT(36)),
	ROW(STRTOL, "35", V_STR("Z"), V_INT(36)),
	ROW(STRTOL, "0", V_STR("z"), V_INT(35)),
	ROW(STRTOL, "0", V_STR("["), V_INT(36)),
	ROW(STRTOL, "0", V_STR("@"), V_INT(36)),
	ROW(STRTOL, "0", V_STR("\xc1"), V_INT(36)),
	ROW(STRTOL, "0", V_STR("\x11"), V_INT(36)),
	ROW(STRTOL, "1295", V_STR("zz"), V_INT(36)),
	ROW(STRTOL, BASE_ERROR("strtol"), V_STR("1"), V_INT(1)),
	ROW(STRTOL, BASE_ERROR("strtol"), V_STR("1"), V_INT(37)),
	ROW(STRTOL, BASE_ERROR("strtol"), V_STR("1"), V_INT(-2)),
	ROW(STRTOL, BASE_ERROR("strtol"), V_STR("1"), V_INT((10LL << 32) + 10)),
	ROW(STRTOL, BASE_ERROR("strtol"), V_STR("1"), V_INT(S64_MIN)),
	ROW(STRTOL, "error: strtol: argument 1 is a integer value", V_INT(1)),
	ROW(STRTOL, "error: strtol: argument 1 is a nil value", V_NIL),
	ROW(STRTOL, "error: strtol: argument 2 is a string value", V_STR("1"), V_STR("10")),
};

static const struct call_row tonumber_rows[] = {
	ROW(TONUMBER, "42", V_INT(42)),
	ROW(TONUMBER, "-9223372036854775808", V_INT(S64_MIN)),
	ROW(TONUMBER, "42", V_INT(42), V_INT(8)),
	ROW(TONUMBER, "nil", V_NIL),
	ROW(TONUMBER, "nil", V_TRUE),
	ROW(TONUMBER, "nil", V_FALSE),
	ROW(TONUMBER, "nil", V_GONE),
	ROW(TONUMBER, "nil", V_NO_STAT),
	ROW(TONUMBER, "nil", V_FUNC(1)),
	ROW(TONUMBER, "nil", V_KEY(V_INT(1), V_INT(2))),
	ROW(TONUMBER, "nil", V_STR("")),
	ROW(TONUMBER, "nil", V_STR(" ")),
	ROW(TONUMBER, "nil", V_STR("-")),
	ROW(TONUMBER, "nil", V_STR("1x")),
	ROW(TONUMBER, "nil", V_STR("1 2")),
	ROW(TONUMBER, "nil", V_STR("1\0")),
	ROW(TONUMBER, "nil", V_STR("0x")),
	ROW(TONUMBER, "nil", V_STR("0b")),
	ROW(TONUMBER, "nil", V_STR("08")),
	ROW(TONUMBER, "nil", V_STR("1.5")),
	ROW(TONUMBER, "0", V_STR("0")),
	ROW(TONUMBER, "42", V_STR("42")),
	ROW(TONUMBER, "-42", V_STR("-42")),
	ROW(TONUMBER, "42", V_STR("+42")),
	ROW(TONUMBER, "42", V_STR(" \t42\n ")),
	ROW(TONUMBER, "255", V_STR("0xff")),
	ROW(TONUMBER, "8", V_STR("010")),
	ROW(TONUMBER, "5", V_STR("0b101")),
	ROW(TONUMBER, "9223372036854775807", V_STR("9223372036854775807")),
	/* As in a script: all of 64 bits, which may have become a sign. */
	ROW(TONUMBER, "-9223372036854775808", V_STR("9223372036854775808")),
	ROW(TONUMBER, "-1", V_STR("18446744073709551615")),
	ROW(TONUMBER, "-1", V_STR("0xffffffffffffffff")),
	ROW(TONUMBER, "nil", V_STR("18446744073709551616")),
	ROW(TONUMBER, "nil", V_STR("0x10000000000000000")),
	ROW(TONUMBER, "nil", V_LONG("9", 100)),
	ROW(TONUMBER, "-9223372036854775808", V_STR("-9223372036854775808")),
	ROW(TONUMBER, "nil", V_STR("-9223372036854775809")),
	ROW(TONUMBER, "35", V_STR("z"), V_INT(36)),
	ROW(TONUMBER, "10", V_STR("010"), V_INT(10)),
	ROW(TONUMBER, "nil", V_STR("12"), V_INT(2)),
	ROW(TONUMBER, "42", V_STR("42"), V_INT(0)),
	ROW(TONUMBER, BASE_ERROR("tonumber"), V_STR("1"), V_INT(1)),
	ROW(TONUMBER, BASE_ERROR("tonumber"), V_STR("1"), V_INT(37)),
	ROW(TONUMBER, BASE_ERROR("tonumber"), V_NIL, V_INT(-1)),
	ROW(TONUMBER, "error: tonumber: argument 2 is a nil value", V_STR("1"), V_NIL),
};

static const struct call_row tostring_rows[] = {
	ROW(TOSTRING, "\"nil\"", V_NIL),
	ROW(TOSTRING, "\"true\"", V_TRUE),
	ROW(TOSTRING, "\"false\"", V_FALSE),
	ROW(TOSTRING, "\"0\"", V_INT(0)),
	ROW(TOSTRING, "\"-1\"", V_INT(-1)),
	ROW(TOSTRING, "\"9223372036854775807\"", V_INT(S64_MAX)),
	ROW(TOSTRING, "\"-9223372036854775808\"", V_INT(S64_MIN)),
	ROW(TOSTRING, "\"4294967296\"", V_INT(1LL << 32)),
	ROW(TOSTRING, "\"\"", V_STR("")),
	ROW(TOSTRING, "\"a\\x00b\"", V_STR("a\0b")),
	ROW(TOSTRING, "\"table: 0\"", V_GONE),
	ROW(TOSTRING, "\"count 0\"", V_NO_STAT),
	ROW(TOSTRING, "\"function: f\"", V_FUNC(1)),
	ROW(TOSTRING, "\"1, 2\"", V_KEY(V_INT(1), V_INT(2))),
	ROW(TOSTRING, "\"-9223372036854775808, \"", V_KEY(V_INT(S64_MIN), V_STR(""))),
	ROW(TOSTRING, "\", \"", V_KEY(V_STR(""), V_STR(""))),
	ROW(TOSTRING, "\"ab, sixteen letters!, true, false, function: f, 7\"",
	    V_KEY(V_STR("ab"), V_STR("sixteen letters!"), V_TRUE, V_FALSE, V_FUNC(1), V_INT(7))),
	ROW(TOSTRING, "\"true, a\\x00b\"", V_KEY(V_TRUE, V_STR("a\0b"))),
	ROW(TOSTRING, "\"1234567, 12345678, 123456789\"",
	    V_KEY(V_STR("1234567"), V_STR("12345678"), V_STR("123456789"))),
	ROW(TOSTRING, "<1006 bytes>", V_KEY(V_LONG("1234", 250), V_STR("last"))),
};

static const struct call_row split_rows[] = {
	ROW(SPLIT, "{1=\"a\" 2=\"b\" 3=\"c\"}", V_STR("a,b,c"), V_STR(",")),
	ROW(SPLIT, "{1=\"\" 2=\"a\" 3=\"\" 4=\"\"}", V_STR(",a,,"), V_STR(",")),
	ROW(SPLIT, "{1=\"abc\"}", V_STR("abc"), V_STR(",")),
	ROW(SPLIT, "{1=\"abc\"}", V_STR("abc"), V_STR("abcd")),
	ROW(SPLIT, "{1=\"\" 2=\"\"}", V_STR("abc"), V_STR("abc")),
	ROW(SPLIT, "{1=\"a\" 2=\"b, c\"}", V_STR("a::b, c"), V_STR("::")),
	ROW(SPLIT, "{1=\"a\" 2=\":b\"}", V_STR("a:::b"), V_STR("::")),
	ROW(SPLIT, "{1=\"\" 2=\"\" 3=\"a\"}", V_STR("aaaaa"), V_STR("aa")),
	ROW(SPLIT, "{1=\"a\" 2=\"b\" 3=\"c\"}", V_STR("abc"), V_STR("")),
	ROW(SPLIT, "{1=\"a\" 2=\"\\x00\"}", V_STR("a\0"), V_STR("")),
	ROW(SPLIT, "{1=\"a\"}", V_STR("a"), V_STR("")),
	ROW(SPLIT, "{}", V_STR(""), V_STR(",")),
	ROW(SPLIT, "{}", V_STR(""), V_STR("")),
	ROW(SPLIT, "{1=\"a\" 2=\"b\"}", V_STR("a\0b"), V_STR("\0")),
	ROW(SPLIT, "{1=\"\\xff\" 2=\"\\xfd\"}", V_STR("\xff\xfe\xfd"), V_STR("\xfe")),
	ROW(SPLIT, "{1=\"a longer part than most are, but not too long\" 2=\"b\"}",
	    V_STR("a longer part than most are, but not too long|b"), V_STR("|")),
	ROW(SPLIT, "{1=\"1\" 2=\"22\" 3=\"333\" 4=\"55555\" 5=\"8888888\" 6=\"\" 7=\"1\"}",
	    V_STR("1 22 333 55555 8888888  1"), V_STR(" ")),
	/* More than half of the arena of a probe. */
	ROW(SPLIT, "{1=\"\" 2=<1000 bytes> 3=<1000 bytes> 4=<1000 bytes> 5=<2000 bytes>}",
	    V_STR("," THOUSAND "," THOUSAND "," THOUSAND "," THOUSAND THOUSAND), V_STR(",")),
	ROW(SPLIT, "error: split: argument 1 is a nil value", V_NIL, V_STR(",")),
	ROW(SPLIT, "error: split: argument 2 is a integer value", V_STR(","), V_INT(1)),
};

static const struct call_row basename_rows[] = {
	ROW(BASENAME, "\"\"", V_STR("")),
	ROW(BASENAME, "\"/\"", V_STR("/")),
	ROW(BASENAME, "\"/\"", V_STR("///")),
	ROW(BASENAME, "\"a\"", V_STR("a")),
	ROW(BASENAME, "\"a\"", V_STR("/a")),
	ROW(BASENAME, "\"a\"", V_STR("a/")),
	ROW(BASENAME, "\"a\"", V_STR("a//")),
	ROW(BASENAME, "\"a\"", V_STR("//a//")),
	ROW(BASENAME, "\"bash\"", V_STR("/usr/bin/bash")),
	ROW(BASENAME, "\"bin\"", V_STR("/usr/bin/")),
	ROW(BASENAME, "\"..\"", V_STR("/usr/..")),
	ROW(BASENAME, "\"a\\x00b\"", V_STR("/\0/a\0b")),
	ROW(BASENAME, "<1000 bytes>", V_STR("/" THOUSAND "//")),
	ROW(BASENAME, "\"x\"", V_LONG("/x", 1000)),
	ROW(BASENAME, "error: basename: argument 1 is a nil value", V_NIL),
};

static const struct call_row len_rows[] = {
	ROW(LEN, "0", V_STR("")),
	ROW(LEN, "3", V_STR("a\0b")),
	ROW(LEN, "5000", V_LONG("x", 5000)),
	ROW(LEN, "0", V_GONE),
	ROW(LEN, "error: len: argument 1 is a nil value", V_NIL),
	ROW(LEN, "error: len: argument 1 is a integer value", V_INT(1)),
	ROW(LEN, "error: len: argument 1 is a compound key value", V_KEY(V_INT(1), V_INT(2))),
	ROW(LEN, "error: len: argument 1 is a function value", V_FUNC(1)),
	ROW(LEN, "error: len: argument 1 is a statistic value", V_NO_STAT),
};

/* Memory: a string, bytes up to the end, and nothing behind it. */
#define USER_END	(TEST_USER + TEST_MEM_SIZE)
#define MEM_TEXT	"text in memory"
#define MEM_NUMBER	32
#define MEM_LONG	64

static const struct call_row memory_rows[] = {
	ROW(USER_STRING, "\"text in memory\"", V_INT(TEST_USER)),
	ROW(KERNEL_STRING, "\"text in memory\"", V_INT(TEST_KERNEL)),
	ROW(USER_STRING, "\"memory\"", V_INT(TEST_USER + 8)),
	ROW(USER_STRING, "\"text\"", V_INT(TEST_USER), V_INT(4)),
	ROW(USER_STRING, "\"text in memory\"", V_INT(TEST_USER), V_INT(14)),
	ROW(USER_STRING, "\"text in memor\"", V_INT(TEST_USER), V_INT(13)),
	ROW(USER_STRING, "\"text in memory\"", V_INT(TEST_USER), V_INT(S64_MAX)),
	ROW(USER_STRING, "\"\"", V_INT(TEST_USER), V_INT(0)),
	ROW(USER_STRING, "\"\"", V_INT(TEST_USER), V_INT(-1)),
	ROW(USER_STRING, "\"\"", V_INT(TEST_USER), V_INT(S64_MIN)),
	ROW(USER_STRING, "\"\"", V_INT(TEST_USER + 14)),
	ROW(USER_STRING, "<256 bytes>", V_INT(TEST_USER + MEM_LONG)),
	ROW(USER_STRING, "<257 bytes>", V_INT(TEST_USER + MEM_LONG), V_INT(257)),
	ROW(USER_STRING, "<4000 bytes>", V_INT(TEST_USER + MEM_LONG), V_INT(4000)),
	ROW(USER_STRING, "\"aa\"", V_INT(USER_END - 2), V_INT(2)),
	ROW(USER_STRING, "nil", V_INT(USER_END - 2), V_INT(3)),
	ROW(USER_STRING, "nil", V_INT(USER_END)),
	ROW(USER_STRING, "nil", V_INT(USER_END), V_INT(0)),
	ROW(USER_STRING, "nil", V_INT(0)),
	ROW(USER_STRING, "nil", V_INT(-1)),
	ROW(USER_STRING, "nil", V_INT(TEST_KERNEL)),
	ROW(KERNEL_STRING, "nil", V_INT(TEST_USER)),
	ROW(USER_STRING, "nil", V_NIL),
	ROW(USER_STRING, "nil", V_NIL, V_INT(4)),
	ROW(USER_STRING, "error: user_string: argument 1 is a string value", V_STR("a")),
	ROW(USER_STRING, "error: user_string: argument 2 is a nil value", V_INT(0), V_NIL),
	ROW(KERNEL_STRING, "error: kernel_string: argument 1 is a boolean value", V_TRUE),

	ROW(USER_READ, "255", V_INT(TEST_USER + MEM_NUMBER), V_INT(1)),
	ROW(USER_READ, "65535", V_INT(TEST_USER + MEM_NUMBER), V_INT(2)),
	ROW(USER_READ, "4294967295", V_INT(TEST_USER + MEM_NUMBER), V_INT(4)),
	ROW(USER_READ, "-1", V_INT(TEST_USER + MEM_NUMBER), V_INT(8)),
	ROW(KERNEL_READ, "-1", V_INT(TEST_KERNEL + MEM_NUMBER), V_INT(8)),
	ROW(USER_READ, "97", V_INT(USER_END - 1), V_INT(1)),
	ROW(USER_READ, "nil", V_INT(USER_END - 1), V_INT(2)),
	ROW(USER_READ, "nil", V_INT(TEST_KERNEL), V_INT(8)),
	ROW(KERNEL_READ, "nil", V_INT(TEST_USER), V_INT(8)),
	ROW(USER_READ, "nil", V_INT(0), V_INT(8)),
	ROW(USER_READ, "nil", V_NIL, V_INT(8)),
	ROW(USER_READ, "error: user_read: the size must be 1, 2, 4 or 8", V_INT(0), V_INT(0)),
	ROW(USER_READ, "error: user_read: the size must be 1, 2, 4 or 8", V_INT(0), V_INT(3)),
	ROW(USER_READ, "error: user_read: the size must be 1, 2, 4 or 8", V_INT(0), V_INT(16)),
	ROW(USER_READ, "error: user_read: the size must be 1, 2, 4 or 8", V_INT(0), V_INT(-8)),
	ROW(USER_READ, "error: user_read: the size must be 1, 2, 4 or 8", V_INT(0),
	    V_INT((1LL << 32) + 8)),
	ROW(USER_READ, "error: user_read: the size must be 1, 2, 4 or 8", V_NIL, V_INT(5)),
	ROW(KERNEL_READ, "error: kernel_read: the size must be 1, 2, 4 or 8", V_INT(0), V_INT(5)),
	ROW(USER_READ, "error: user_read: argument 1 is a string value", V_STR(""), V_INT(1)),
	ROW(KERNEL_READ, "error: kernel_read: argument 2 is a nil value", V_INT(0), V_NIL),
};

static void put_memory(struct call *c)
{
	memset(c->mem, 'a', sizeof(c->mem));
	memcpy(c->mem, MEM_TEXT, sizeof(MEM_TEXT));
	memset(c->mem + MEM_NUMBER, 0xff, 8);
}

#define CALL_TEST(name)							\
	static void test_##name(struct kunit *test)			\
	{								\
		call_rows(test, name##_rows, ARRAY_SIZE(name##_rows));	\
	}

CALL_TEST(substr)
CALL_TEST(strstr)
CALL_TEST(strcmp)
CALL_TEST(strtol)
CALL_TEST(tonumber)
CALL_TEST(tostring)
CALL_TEST(split)
CALL_TEST(basename)
CALL_TEST(len)

static void test_memory(struct kunit *test)
{
	put_memory(test->priv);
	call_rows(test, memory_rows, ARRAY_SIZE(memory_rows));
}

/* Which bytes of a number count does not depend on the machine. */
static void test_read_order(struct kunit *test)
{
	static const struct call_row row =
		ROW(KERNEL_READ, "", V_INT(TEST_KERNEL + MEM_NUMBER), V_INT(4));
	static const u32 number = 0x80000001;
	struct call *c = test->priv;

	memcpy(c->mem + MEM_NUMBER, &number, sizeof(number));
	call_row(test, call_slot(c, true), &row, false);
	KUNIT_EXPECT_STREQ(test, c->text, "2147483649");
}

/* Bad addresses are counted, but not what is nil. */
static void test_bad_read(struct kunit *test)
{
	static const struct {
		struct call_row row;
		u64 count;
	} rows[] = {
		{ ROW(USER_STRING, "nil", V_INT(0)), 1 },
		{ ROW(KERNEL_STRING, "nil", V_INT(TEST_USER), V_INT(2)), 1 },
		{ ROW(USER_READ, "nil", V_INT(0), V_INT(1)), 1 },
		{ ROW(KERNEL_READ, "nil", V_INT(0), V_INT(8)), 1 },
		{ ROW(USER_STRING, "nil", V_NIL), 0 },
		{ ROW(KERNEL_READ, "nil", V_NIL, V_INT(8)), 0 },
		{ ROW(KERNEL_STRING, "\"text in memory\"", V_INT(TEST_KERNEL)), 0 },
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u32 i;

	put_memory(c);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		call_row(test, exec, &rows[i].row, false);
		call_check(test, &rows[i].row, "once");
		KUNIT_EXPECT_EQ(test, exec->stats[KTAP_STAT_BAD_READ], rows[i].count);
	}
}

/* What is read takes no more room than it has bytes. */
static void test_read_room(struct kunit *test)
{
	static const struct call_row row =
		ROW(USER_STRING, "\"text in memory\"", V_INT(TEST_USER), V_INT(4096));
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u32 used;

	put_memory(c);
	call_row(test, exec, &row, false);
	call_check(test, &row, "once");
	used = exec->arena.used;
	KUNIT_EXPECT_EQ(test, used, ktap_str_size(17) + ktap_str_size(14));
	exec->regs[0].i = USER_END;
	exec->regs[0].type = KTAP_T_INT;
	call_func(c, exec, KTAP_FUNC_USER_STRING, 1);
	KUNIT_EXPECT_STREQ(test, c->text, "nil");
	KUNIT_EXPECT_EQ(test, exec->arena.used, used + ktap_str_size(0));
}

/* What does not fit says so, and what can be compacted fits. */
static void test_too_long(struct kunit *test)
{
	static const struct call_row rows[] = {
		ROW(SUBSTR, "error: strings of one event exceed 8192 bytes",
		    V_LONG("x", 4200), V_INT(1)),
		ROW(STRSTR, "error: strings of one event exceed 8192 bytes",
		    V_LONG("xy", 2100), V_STR("y")),
		ROW(BASENAME, "error: strings of one event exceed 8192 bytes",
		    V_STR("/" THOUSAND THOUSAND THOUSAND THOUSAND THOUSAND)),
		ROW(SPLIT, "error: strings of one event exceed 8192 bytes",
		    V_LONG("x", 4200), V_STR(",")),
	};
	struct call *c = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		call_row(test, call_slot(c, false), &rows[i], false);
		call_check(test, &rows[i], "too long");
	}
}

/* Strings are charged as they are gone over. */
static const struct {
	struct call_row row;
	u64 least;
} cost_rows[] = {
	{ ROW(SUBSTR, "<3999 bytes>", V_LONG("x", 4000), V_INT(1)), 3999 / 16 },
	{ ROW(STRSTR, "nil", V_LONG("x", 4000), V_STR("y")), 4000 / 16 },
	{ ROW(STRSTR, "nil", V_LONG("x", 250), V_STR("y")), 250 / 16 },
	{ ROW(STRSTR, "\"y\"", V_STR(TEN(TEN("x")) "y"), V_STR("y")), 100 / 16 },
	/* Each place is compared with all of it. */
	{ ROW(STRSTR, "nil", V_LONG("x", 4000), V_STR(THOUSAND "y")), 3000 * 1000 / 16 },
	{ ROW(STRCMP, "0", V_LONG("x", 4000), V_LONG("x", 4000)), 4000 / 16 },
	{ ROW(STRTOL, "0", V_LONG("0", 4000)), 4000 / 16 },
	{ ROW(STRTOL, "0", V_LONG(" ", 4000)), 4000 / 16 },
	{ ROW(TONUMBER, "nil", V_LONG("9", 4000)), 4000 / 16 },
	{ ROW(TOSTRING, "<4006 bytes>", V_KEY(V_LONG("x", 4000), V_STR("last"))),
	  4000 / 16 },
	{ ROW(TOSTRING, "\"1, 2, 3, 4, 5, 6, 7, 8\"",
	      V_KEY(V_INT(1), V_INT(2), V_INT(3), V_INT(4), V_INT(5), V_INT(6), V_INT(7),
		    V_INT(8))), 8 * 4 },
	{ ROW(SPLIT, "{1=<4000 bytes>}", V_LONG("x", 4000), V_STR(",")), 4000 / 8 },
	{ ROW(SPLIT, "{1=\"\" 2=\"\" 3=\"\" 4=\"\" 5=\"\" 6=\"\"}", V_LONG(",", 5),
	      V_STR(",")), 6 * 8 },
	{ ROW(BASENAME, "<3999 bytes>", V_LONG("x", 3999)), 3999 / 16 },
	{ ROW(BASENAME, "\"/\"", V_LONG("/", 4000)), 4000 / 16 },
	{ ROW(USER_STRING, "<4000 bytes>", V_INT(TEST_USER + MEM_LONG), V_INT(4000)),
	  4000 / 16 },
	{ ROW(USER_STRING, "nil", V_INT(0)), 1 },
	{ ROW(USER_READ, "nil", V_INT(0), V_INT(8)), 1 },
};

static void test_costs(struct kunit *test)
{
	u32 i;

	put_memory(test->priv);
	for (i = 0; i < ARRAY_SIZE(cost_rows); i++)
		call_costs(test, &cost_rows[i].row, cost_rows[i].least);
}

/* The name of a function is as long as the script has it. */
static const struct call_row name_rows[] = {
	ROW(TOSTRING, "<1010 bytes>", V_FUNC(1)),
	ROW(TOSTRING, "<1013 bytes>", V_KEY(V_INT(1), V_FUNC(1))),
};

static void test_long_name(struct kunit *test)
{
	static const struct {
		struct ktap_str str;
		char text[1001];
	} name = { { 1000, KTAP_STR_MADE }, THOUSAND };
	struct call *c = test->priv;
	const struct ktap_str **to = &c->core.prog->strs[c->core.prog->protos[1].name];
	const struct ktap_str *old = *to;

	*to = &name.str;
	call_rows(test, name_rows, ARRAY_SIZE(name_rows));
	*to = old;
}

/* Parts that the heap has no room for are lost and counted; the others are there. */
static void test_split_full(struct kunit *test)
{
	static const struct call_row row =
		ROW(SPLIT, "", V_LONG("x,", 8000), V_STR(","));
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u32 len;

	call_row(test, exec, &row, false);
	KUNIT_EXPECT_EQ(test, exec->regs[0].type, (u64)KTAP_T_TAB);
	preempt_disable();
	ktap_pin(&c->core.heap, exec->local.pin);
	len = ktap_tab_len(&c->core.tabs, exec->regs[0].ref);
	ktap_unpin(exec->local.pin);
	preempt_enable();
	KUNIT_EXPECT_GT(test, len, 1000U);
	KUNIT_EXPECT_EQ(test, len + exec->stats[KTAP_STAT_HEAP_FULL], 8001ULL);
}

/* Tables that nothing has any more make room for the parts. */
static void test_split_again(struct kunit *test)
{
	static const struct call_row row =
		ROW(SPLIT, "", V_LONG("x,", 1499), V_STR(","));
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u32 i;

	call_row(test, exec, &row, false);
	for (i = 0; i < 20; i++) {
		call_put(exec, &row.args[0], &exec->regs[0]);
		call_put(exec, &row.args[1], &exec->regs[1]);
		call_func(c, exec, KTAP_FUNC_SPLIT, 2);
		KUNIT_EXPECT_EQ(test, exec->stats[KTAP_STAT_HEAP_FULL], 0ULL);
		call_func(c, exec, KTAP_FUNC_LEN, 1);
		KUNIT_EXPECT_STREQ(test, c->text, "1500");
		exec->arena.used = 0;
	}
}

/* Parts that are longer and longer, where the first one ends with the arena. */
static void test_split_end(struct kunit *test)
{
	static const struct call_arg args[] = {
		V_STR("a,bbbbbbbbb,cccccccccccccccccc"), V_STR(","),
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u32 room;

	call_reset(c, exec);
	exec->arena.cur = 1;
	call_put(exec, &args[0], &exec->regs[0]);
	call_put(exec, &args[1], &exec->regs[1]);
	room = exec->arena.size - exec->arena.used - ktap_str_size(1);
	ktap_arena_str(&exec->arena, room - sizeof(struct ktap_str) - 1);
	KUNIT_EXPECT_EQ(test, exec->arena.size - exec->arena.used, ktap_str_size(1));
	call_func(c, exec, KTAP_FUNC_SPLIT, 2);
	KUNIT_EXPECT_STREQ(test, c->text,
			   "{1=\"a\" 2=\"bbbbbbbbb\" 3=\"cccccccccccccccccc\"}");
}

static struct kunit_case str_cases[] = {
	KUNIT_CASE(test_substr),
	KUNIT_CASE(test_strstr),
	KUNIT_CASE(test_strcmp),
	KUNIT_CASE(test_strtol),
	KUNIT_CASE(test_tonumber),
	KUNIT_CASE(test_tostring),
	KUNIT_CASE(test_split),
	KUNIT_CASE(test_basename),
	KUNIT_CASE(test_len),
	KUNIT_CASE(test_memory),
	KUNIT_CASE(test_read_order),
	KUNIT_CASE(test_bad_read),
	KUNIT_CASE(test_read_room),
	KUNIT_CASE(test_too_long),
	KUNIT_CASE(test_costs),
	KUNIT_CASE(test_long_name),
	KUNIT_CASE(test_split_full),
	KUNIT_CASE(test_split_again),
	KUNIT_CASE(test_split_end),
	{}
};

static struct kunit_suite str_suite = {
	.name = "ktap_str",
	.init = call_init,
	.exit = call_exit,
	.test_cases = str_cases,
};

kunit_test_suite(str_suite);
