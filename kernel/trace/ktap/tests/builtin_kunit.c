// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of builtin functions and variables
 *
 * What the verifier refuses is in verify_kunit.c.
 */
#include "run.h"

#define CALL(reg, func, nr)	OP(CALLB, reg, KTAP_FUNC_##func, nr)
/* R[reg] := 42, "field" or nil, where it is not known which */
#define SOME_INT(reg)		OP(FIELD, reg, 0)
#define SOME_STR(reg)		OP(FIELD, reg, 1)
#define SOME_NIL(reg)		OP(FIELD, reg, 2)

static const struct run_row rows[] = {
	{ "print nothing", { .main = CODE(PRINT(0, 0), PRINT(0, 1), OP(RET)) }, "\nnil\n" },
	{ "print each type",
	  { .main = CODE(OP(LOADNIL, 0), OP(LOADBOOL, 1, 0), OP(LOADBOOL, 2, 1), OP(LOADI, 3, -5),
			 OP(LOADK, 4, K_KEY), OP(NEWTAB, 5), PRINT(0, 6), OP(RET)) },
	  "nil false true -5 \"key\" table\n" },
	{ "print an event",
	  { .probe = CODE(OP(VAR, 0, KTAP_VAR_ARGSTR), OP(MOVE, 1, 0), PRINT(0, 2), OP(RET)) },
	  "event event\n" },
	{ "print leaves the other arguments",
	  { .main = CODE(OP(LOADI, 0, 1), OP(LOADI, 1, 2), PRINT(0, 2), PRINT(0, 2), OP(RET)) },
	  "1 2\nnil 2\n" },
	{ "printf",
	  { .main = CODE(OP(LOADK, 0, K_FMT), OP(LOADI, 1, 5), OP(LOADK, 2, K_KEY),
			 CALL(0, PRINTF, 3), OP(RET)) },
	  "printf \"%d %s\n\" 5 \"key\"\n" },
	{ "printf of a format that was made",
	  { .main = CODE(OP(LOADK, 0, K_KEY), OP(LOADI, 1, 5), OP(CONCAT, 0, 0, 1),
			 CALL(0, PRINTF, 1), OP(RET)) },
	  "printf \"key5\"\n" },
	{ "printf of what is an integer",
	  { .probe = CODE(SOME_INT(0), CALL(0, PRINTF, 1), OP(RET)) },
	  "error: printf: argument 1 is a integer value\n", KTAP_END_FAULT, 2 },
	{ "printf of what is nil",
	  { .probe = CODE(SOME_NIL(0), CALL(0, PRINTF, 1), OP(RET)) },
	  "error: printf: argument 1 is a nil value\n", KTAP_END_FAULT, 2 },

	{ "exit", { .main = CODE(PRINT(0, 0), CALL(0, EXIT, 0), PRINT(0, 0), OP(RET)) },
	  "\n", KTAP_END_EXIT, 0, 0 },
	{ "exit with a status", { .main = CODE(OP(LOADI, 0, -3), CALL(0, EXIT, 1), OP(RET)) },
	  "", KTAP_END_EXIT, 0, -3 },
	{ "exit in a probe",
	  { .probe = CODE(SOME_INT(0), CALL(0, EXIT, 1), OP(RET)),
	    .end = CODE(PRINT(0, 0), OP(RET)) }, "", KTAP_END_EXIT, 0, 42 },
	{ "exit in trace_end", { .end = CODE(OP(LOADI, 0, 7), CALL(0, EXIT, 1), OP(RET)) },
	  "", KTAP_END_EXIT, 0, 7 },
	{ "exit with what is a string", { .probe = CODE(SOME_STR(0), CALL(0, EXIT, 1), OP(RET)) },
	  "error: exit: argument 1 is a string value\n", KTAP_END_FAULT, 2 },

	{ "len of strings",
	  { .main = CODE(OP(LOADK, 0, K_EMPTY), CALL(0, LEN, 1), OP(LOADK, 1, K_NUL),
			 CALL(1, LEN, 1), PRINT(0, 2), OP(RET)) }, "0 3\n" },
	{ "len of what is a string",
	  { .probe = CODE(SOME_STR(0), CALL(0, LEN, 1), PRINT(0, 1), OP(RET)) }, "5\n" },
	{ "len of a table",
	  { .main = CODE(OP(NEWTAB, 0), OP(MOVE, 1, 0), CALL(1, LEN, 1), OP(LOADI, 2, 1),
			 OP(SETT, 0, 2, 2), OP(SETT, 0, 2, 0), OP(LOADI, 2, 2), OP(SETT, 0, 2, 2),
			 OP(MOVE, 2, 0), CALL(2, LEN, 1), OP(LOADI, 3, 1), OP(LOADNIL, 4),
			 OP(SETT, 0, 3, 4), OP(MOVE, 3, 0), CALL(3, LEN, 1), PRINT(1, 3),
			 OP(RET)) },
	  "0 2 1\n" },
	{ "len of what is an integer", { .probe = CODE(SOME_INT(0), CALL(0, LEN, 1), OP(RET)) },
	  "error: len: argument 1 is a integer value\n", KTAP_END_FAULT, 2 },
	{ "len of what is nil", { .probe = CODE(SOME_NIL(0), CALL(0, LEN, 1), OP(RET)) },
	  "error: len: argument 1 is a nil value\n", KTAP_END_FAULT, 2 },

	{ "delete one",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), OP(LOADK, 2, K_KEY), OP(SETT, 0, 1, 1),
			 OP(SETT, 0, 2, 2), OP(MOVE, 4, 0), OP(MOVE, 5, 2), CALL(4, DELETE, 2),
			 OP(GETT, 5, 0, 1), OP(GETT, 6, 0, 2), PRINT(4, 3), OP(RET)) },
	  "nil 1 nil\n" },
	{ "delete what is not there",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), CALL(0, DELETE, 2), PRINT(0, 1),
			 OP(RET)) },
	  "nil\n" },
	{ "delete all",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 0), OP(LOADI, 2, 1), OP(LOADI, 3, 100),
			 OP(SETT, 0, 1, 1), OP(ADD, 1, 1, 2), OP(LT, 1, 1, 3), OP(JMP, 0, -4),
			 OP(MOVE, 4, 0), CALL(4, LEN, 1), OP(MOVE, 5, 0), CALL(5, DELETE, 1),
			 OP(MOVE, 6, 0), CALL(6, LEN, 1), PRINT(4, 3), OP(RET)) },
	  "100 nil 0\n" },
	{ "delete with what is nil",
	  { .probe = CODE(OP(NEWTAB, 0), SOME_NIL(1), CALL(0, DELETE, 2), OP(RET)) },
	  "error: delete: argument 2 is a nil value\n", KTAP_END_FAULT, 3 },
	{ "delete of what is nil",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), OP(GETT, 0, 0, 1), CALL(0, DELETE, 1),
			 OP(RET)) },
	  "error: delete: argument 1 is a nil value\n", KTAP_END_FAULT, 3 },

	{ "variables of the owner",
	  { .main = CODE(OP(VAR, 0, KTAP_VAR_PID), OP(VAR, 1, KTAP_VAR_TID),
			 OP(VAR, 2, KTAP_VAR_PPID),
			 OP(VAR, 3, KTAP_VAR_UID), OP(VAR, 4, KTAP_VAR_GID),
			 OP(VAR, 5, KTAP_VAR_EXECNAME), PRINT(0, 6), OP(RET)) },
	  "100 101 99 1000 1001 \"owner\"\n" },
	{ "variables of an event",
	  { .probe = CODE(OP(VAR, 0, KTAP_VAR_PROBENAME), OP(VAR, 1, KTAP_VAR_ARGSTR), PRINT(0, 2),
			  OP(RET)) },
	  "\"system:event\" event\n" },
	{ "nsecs goes on and cpu is small",
	  { .main = CODE(OP(VAR, 0, KTAP_VAR_NSECS), OP(VAR, 1, KTAP_VAR_NSECS), OP(LE, 1, 0, 1),
			 OP(JMP, 0, 1), OP(LOADNIL, 0), OP(NOT, 0, 0), OP(VAR, 2, KTAP_VAR_CPU),
			 OP(LOADI, 3, 100000), OP(LT, 1, 2, 3), OP(JMP, 0, 1), OP(LOADNIL, 2),
			 OP(NOT, 1, 2), PRINT(0, 2), OP(RET)) },
	  "false false\n" },
};

KUNIT_ARRAY_PARAM_DESC(run, rows, name);

/* Of the task that runs, where there is no owner. */
static const struct test_prog prog_task = {
	.probe = CODE(OP(VAR, 0, KTAP_VAR_PID), OP(VAR, 1, KTAP_VAR_TID), OP(VAR, 2, KTAP_VAR_PPID),
		      OP(VAR, 3, KTAP_VAR_UID), OP(VAR, 4, KTAP_VAR_GID),
		      OP(VAR, 5, KTAP_VAR_EXECNAME), PRINT(0, 5), OP(MOVE, 0, 5), PRINT(0, 1),
		      OP(RET)),
};

static void test_task(struct kunit *test)
{
	struct test_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	char want[128];

	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, test_run_load(run, &prog_task), 0);
	if (run->probe.core) {
		run->probe.owner = NULL;
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
	}
	test_run_unload(run);
#ifdef __KERNEL__
	scnprintf(want, sizeof(want), "%d %d %d 0 0\n\"%s\"\n", current->tgid, current->pid,
		  task_ppid_nr(current), current->comm);
#else
	scnprintf(want, sizeof(want), "0 0 0 0 0\n\"nobody\"\n");
#endif
	KUNIT_EXPECT_STREQ(test, run->out, want);
}

/* A table larger than delete() looks at in one go, with the budget in mind. */
static const struct test_prog prog_delete = {
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(LOADI, 1, 0), OP(LOADI, 2, 1),
		     OP(LOADI, 3, 200), OP(SETT, 0, 1, 1), OP(ADD, 1, 1, 2), OP(LT, 1, 1, 3),
		     OP(JMP, 0, -4), OP(RET)),
	.probe = CODE(OP(GETG, 0, 0), CALL(0, DELETE, 1), OP(JMP, 0, -3)),
};

static void test_delete_budget(struct kunit *test)
{
	struct test_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, test_run_load(run, &prog_delete), 0);
	if (run->probe.core) {
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_FAULT);
		KUNIT_EXPECT_EQ(test, run->probe.fault.code, KTAP_E_BUDGET);
	}
	test_run_unload(run);
}

static struct kunit_case builtin_cases[] = {
	KUNIT_CASE_PARAM(test_run_row, run_gen_params),
	KUNIT_CASE(test_task),
	KUNIT_CASE(test_delete_budget),
	{}
};

static struct kunit_suite builtin_suite = {
	.name = "ktap_builtin",
	.test_cases = builtin_cases,
};

kunit_test_suite(builtin_suite);
