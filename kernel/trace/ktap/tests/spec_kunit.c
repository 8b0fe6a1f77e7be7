// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of speculations
 */
#include "run.h"

#define CALL(reg, func, nr)	OP(CALLB, reg, KTAP_FUNC_##func, nr)
#define BEGIN(reg)		CALL(reg, SPECULATION, 0)
/* With the number in register @from, and register 9 for the call. */
#define DO(func, from)		OP(MOVE, 9, from), CALL(9, func, 1)
#define SAY(num)		OP(LOADI, 8, num), PRINT(8, 1)

static const struct run_row rows[] = {
	{ "numbers", { .main = CODE(BEGIN(0), BEGIN(1), BEGIN(2), PRINT(0, 3), OP(RET)) },
	  "64 65 66\n" },
	{ "commit", { .main = CODE(BEGIN(0), DO(SPECULATE, 0), SAY(1), SAY(2), DO(COMMIT, 0),
				   SAY(3), OP(RET)), .regs = 10 },
	  "for 64: 1\nfor 64: 2\ncommit 64\n3\n" },
	{ "discard", { .probe = CODE(BEGIN(0), DO(SPECULATE, 0), SAY(1), DO(DISCARD, 0), SAY(2),
				     OP(RET)), .regs = 10 },
	  "for 64: 1\ndiscard 64\n2\n" },
	{ "a number is used once",
	  { .main = CODE(BEGIN(0), DO(COMMIT, 0), BEGIN(1), DO(DISCARD, 1), BEGIN(2), PRINT(0, 3),
			 OP(RET)), .regs = 10 },
	  "commit 64\ndiscard 128\n64 128 192\n" },
	{ "what is over", { .main = CODE(BEGIN(0), DO(COMMIT, 0), DO(COMMIT, 0), DO(DISCARD, 0),
					 DO(SPECULATE, 0), SAY(1), OP(RET)), .regs = 10 },
	  "commit 64\n" },
	{ "what is none",
	  { .main = CODE(OP(LOADI, 0, 0), OP(LOADNIL, 1), OP(LOADI, 2, -1), OP(LOADI, 3, 64),
			 OP(LOADI, 4, 63), OP(LOADK, 5, K_MIN),
			 DO(COMMIT, 0), DO(COMMIT, 1), DO(COMMIT, 2), DO(COMMIT, 3),
			 DO(COMMIT, 4), DO(DISCARD, 0), DO(DISCARD, 1), DO(DISCARD, 2),
			 DO(COMMIT, 5), DO(SPECULATE, 0), SAY(1), DO(SPECULATE, 1), SAY(1),
			 DO(SPECULATE, 2), SAY(1), DO(SPECULATE, 3), SAY(1), DO(SPECULATE, 4),
			 SAY(1), DO(SPECULATE, 5), SAY(1), OP(RET)), .regs = 10 },
	  "" },
	{ "the end of another one",
	  { .main = CODE(BEGIN(0), BEGIN(1), DO(SPECULATE, 0), SAY(1), DO(DISCARD, 1), SAY(2),
			 DO(SPECULATE, 1), SAY(3), OP(RET)), .regs = 10 },
	  "for 64: 1\ndiscard 65\nfor 64: 2\n" },
	{ "until the run ends",
	  { .main = CODE(BEGIN(0), OP(SETG, 0, 0), DO(SPECULATE, 0), SAY(1), OP(RET)),
	    .probe = CODE(SAY(2), OP(GETG, 0, 0), DO(SPECULATE, 0), SAY(3), OP(RET)),
	    .end = CODE(SAY(4), OP(GETG, 0, 0), DO(COMMIT, 0), OP(RET)), .regs = 10 },
	  "for 64: 1\n2\nfor 64: 3\n4\ncommit 64\n" },
};

KUNIT_ARRAY_PARAM_DESC(run, rows, name);

/* When all are in use there is none, until one ends. */
static const struct test_prog prog_all = {
	.main = CODE(BEGIN(0), OP(EQI, 1, 0, 0), OP(JMP, 0, 1), OP(JMP, 0, -4), PRINT(0, 1),
		     OP(LOADI, 0, 64 + 5), DO(DISCARD, 0), BEGIN(0), PRINT(0, 1), BEGIN(0),
		     PRINT(0, 1), DO(SPECULATE, 0), SAY(1), OP(RET)),
	.regs = 10,
};

static void test_all(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_all);

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "0\ndiscard 69\n133\n0\n");
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_NO_SPEC], 2ULL);
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_SPEC_OVER], 1ULL);
	test_run_unload(run);
}

/* What a run of a handler speculates for is nothing to the next one. */
static const struct test_prog prog_runs = {
	.main = CODE(BEGIN(0), OP(SETG, 0, 0), OP(RET)),
	.probe = CODE(SAY(1), OP(GETG, 0, 0), DO(SPECULATE, 0), SAY(2), OP(RET)),
	.regs = 10,
};

static void test_runs(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_runs);
	u32 i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, !!i), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "1\nfor 64: 2\n1\nfor 64: 2\n");
	test_run_unload(run);
}

static struct kunit_case spec_cases[] = {
	KUNIT_CASE_PARAM(test_run_row, run_gen_params),
	KUNIT_CASE(test_all),
	KUNIT_CASE(test_runs),
	{}
};

static struct kunit_suite spec_suite = {
	.name = "ktap_spec",
	.test_cases = spec_cases,
};

kunit_test_suite(spec_suite);
