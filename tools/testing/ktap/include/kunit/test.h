/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - As much of KUnit as the suites of the core use
 *
 * Suites register themselves before main(), see kunit.c.
 */
#ifndef _KUNIT_TEST_H
#define _KUNIT_TEST_H

#include "core_internal.h"

#include <setjmp.h>

#define KUNIT_PARAM_DESC_SIZE	128

/**
 * struct kunit - a test case that goes on
 * @priv: for @init and @exit of the suite
 * @param_value: row of a table of tests
 * @failed: an expectation was not met
 * @abort: where assertions that fail go to
 * @memory: what kunit_kzalloc() gave
 */
struct kunit {
	void *priv;
	const void *param_value;
	bool failed;
	jmp_buf abort;
	struct kunit_memory *memory;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

#define KUNIT_CASE(fn)		{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_SLOW(fn)	KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM(fn, gen) \
	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM_DESC(name, array, desc_member)		\
	static const void *name##_gen_params(const void *prev, char *desc) \
	{								\
		__typeof__(&(array)[0]) next = prev;			\
									\
		next = prev ? next + 1 : (array);			\
		if (next >= (array) + ARRAY_SIZE(array))		\
			return NULL;					\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s",		\
			 next->desc_member);				\
		return next;						\
	}

#define kunit_test_suite(suite)						\
	static void __attribute__((__constructor__)) suite##_register(void) \
	{								\
		kunit_register(&(suite));				\
	}

#define MODULE_LICENSE(text)
#define MODULE_DESCRIPTION(text)

void kunit_register(struct kunit_suite *suite);
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kcalloc(struct kunit *test, size_t nr, size_t size, gfp_t gfp);

__printf(5, 6)
void kunit_fail(struct kunit *test, const char *file, int line, bool abort,
		const char *fmt, ...);
void kunit_values(const char *left, long long a, const char *right, long long b);
void kunit_strings(const char *a, const char *b);

#define kunit_info(test, fmt, ...) printf("# " fmt "\n", ##__VA_ARGS__)

#define KUNIT_BINARY(test, abort, left, op, right, fmt, ...)		\
	do {								\
		__typeof__(left) _l = (left);				\
		__typeof__(right) _r = (right);				\
									\
		if (_l op _r)						\
			break;						\
		kunit_values(#left, (long long)_l, #right, (long long)_r); \
		kunit_fail(test, __FILE__, __LINE__, abort,		\
			   #left " " #op " " #right " " fmt,		\
			   ##__VA_ARGS__);				\
	} while (0)

#define KUNIT_EXPECT_EQ_MSG(test, a, b, fmt, ...) \
	KUNIT_BINARY(test, false, a, ==, b, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b)	KUNIT_BINARY(test, false, a, ==, b, "")
#define KUNIT_EXPECT_NE(test, a, b)	KUNIT_BINARY(test, false, a, !=, b, "")
#define KUNIT_EXPECT_LT(test, a, b)	KUNIT_BINARY(test, false, a, <, b, "")
#define KUNIT_EXPECT_LE(test, a, b)	KUNIT_BINARY(test, false, a, <=, b, "")
#define KUNIT_EXPECT_GT(test, a, b)	KUNIT_BINARY(test, false, a, >, b, "")
#define KUNIT_EXPECT_GE(test, a, b)	KUNIT_BINARY(test, false, a, >=, b, "")
#define KUNIT_ASSERT_EQ_MSG(test, a, b, fmt, ...) \
	KUNIT_BINARY(test, true, a, ==, b, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, a, b)	KUNIT_BINARY(test, true, a, ==, b, "")
#define KUNIT_ASSERT_NE(test, a, b)	KUNIT_BINARY(test, true, a, !=, b, "")
#define KUNIT_ASSERT_LT(test, a, b)	KUNIT_BINARY(test, true, a, <, b, "")

#define KUNIT_TRUTH(test, abort, cond, fmt, ...)			\
	do {								\
		if (!(cond))						\
			kunit_fail(test, __FILE__, __LINE__, abort,	\
				   #cond " " fmt, ##__VA_ARGS__);	\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, cond)	KUNIT_TRUTH(test, false, cond, "")
#define KUNIT_EXPECT_FALSE(test, cond)	KUNIT_TRUTH(test, false, !(cond), "")
#define KUNIT_EXPECT_TRUE_MSG(test, cond, fmt, ...) \
	KUNIT_TRUTH(test, false, cond, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, cond)	KUNIT_TRUTH(test, true, cond, "")
#define KUNIT_EXPECT_NULL(test, p)	KUNIT_TRUTH(test, false, !(p), "")
#define KUNIT_ASSERT_NOT_NULL(test, p)	KUNIT_TRUTH(test, true, (p), "")
#define KUNIT_EXPECT_NOT_NULL(test, p)	KUNIT_TRUTH(test, false, (p), "")
#define KUNIT_EXPECT_PTR_EQ(test, a, b)	KUNIT_TRUTH(test, false, (a) == (b), "")
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p) \
	KUNIT_TRUTH(test, true, !IS_ERR_OR_NULL(p), "")
#define KUNIT_EXPECT_MEMEQ(test, a, b, size) \
	KUNIT_TRUTH(test, false, !memcmp(a, b, size), "")
#define KUNIT_FAIL(test, fmt, ...) \
	kunit_fail(test, __FILE__, __LINE__, false, fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_STREQ(test, a, b)					\
	do {								\
		const char *_a = (a), *_b = (b);			\
									\
		if (!strcmp(_a, _b))					\
			break;						\
		kunit_strings(_a, _b);					\
		kunit_fail(test, __FILE__, __LINE__, false, #a " == " #b); \
	} while (0)

#endif /* _KUNIT_TEST_H */
