// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of builtin functions and variables
 *
 * What the verifier refuses is in verify_kunit.c.
 */
#include "call.h"

#include "../sys.h"

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

	{ "stack", { .probe = CODE(CALL(0, STACK, 0), PRINT(0, 1), OP(RET)) },
	  "stack 0 0 1000 1010 1020\n" },
	{ "stack of a depth",
	  { .probe = CODE(OP(LOADI, 0, 2), CALL(0, STACK, 1), OP(LOADI, 1, 0), CALL(1, STACK, 1),
			  OP(LOADI, 2, 9999), CALL(2, STACK, 1), PRINT(0, 3), OP(RET)) },
	  "stack 0 0 1000 1010 stack 0 0 1000 stack 0 0 1000 1010 1020\n" },
	{ "stack without the innermost",
	  { .probe = CODE(OP(LOADI, 0, 1), OP(LOADI, 1, 1), CALL(0, STACK, 2), OP(LOADI, 1, 9),
			  OP(LOADI, 2, 2), CALL(1, STACK, 2), OP(LOADI, 2, 9), OP(LOADI, 3, 3),
			  CALL(2, STACK, 2), PRINT(0, 3), OP(RET)) },
	  "stack 0 0 1010 stack 0 0 1020 stack 0 0\n" },
	{ "stack of user code",
	  { .probe = CODE(CALL(0, USTACK, 0), OP(LOADI, 1, 1), CALL(1, USTACK, 1), PRINT(0, 2),
			  OP(RET)) },
	  "stack 1 100 400000 400010 400020 stack 1 100 400000\n" },
	{ "stacks are equal by value",
	  { .probe = CODE(CALL(0, STACK, 0), CALL(1, STACK, 0), OP(LOADI, 2, 2), CALL(2, STACK, 1),
			  CALL(3, USTACK, 0), OP(LOADBOOL, 4, 0), OP(EQ, 1, 0, 1), OP(JMP, 0, 1),
			  OP(LOADBOOL, 4, 1), OP(LOADBOOL, 5, 0), OP(EQ, 1, 0, 2), OP(JMP, 0, 1),
			  OP(LOADBOOL, 5, 1), OP(LOADBOOL, 6, 0), OP(EQ, 1, 0, 3), OP(JMP, 0, 1),
			  OP(LOADBOOL, 6, 1), PRINT(4, 3), OP(RET)) },
	  "false true true\n" },
	{ "stacks as keys",
	  { .probe = CODE(OP(NEWTAB, 0), CALL(1, STACK, 0), OP(LOADI, 2, 5), OP(ADDT, 0, 1, 2),
			  CALL(3, STACK, 0), OP(ADDT, 0, 3, 2), OP(GETT, 4, 0, 3),
			  OP(ITER, 0), OP(NEXT, 0), OP(JMP, 0, 0), PRINT(2, 3), OP(RET)) },
	  "stack 0 0 1000 1010 1020 10 10\n" },
	{ "stacks in compound keys",
	  { .probe = CODE(OP(LOADI, 0, 7), OP(LOADI, 1, 2), CALL(1, STACK, 1), OP(LOADK, 2, K_KEY),
			  OP(KEY, 3, 0, 2), OP(MOVE, 4, 3), OP(PARTS, 5, 4, 3), PRINT(4, 4),
			  OP(RET)) },
	  "[7, stack 0 0 1000 1010, \"key\"] 7 stack 0 0 1000 1010 \"key\"\n" },
	{ "stacks in variables",
	  { .probe = CODE(CALL(0, STACK, 0), OP(SETG, 0, 0), OP(GETG, 1, 0), PRINT(0, 2),
			  OP(RET)) },
	  "stack 0 0 1000 1010 1020 stack 0 0 1000 1010 1020\n" },
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

	{ "delete with each type of key",
	  { .main = CODE(OP(NEWTAB, 0), OP(NEWTAB, 1), OP(LOADI, 2, 7), OP(LOADK, 3, K_TEXT16),
			 OP(KEY, 4, 2, 3), OP(LOADF, 5, TEST_F), OP(LOADBOOL, 6, 1),
			 OP(SETT, 0, 1, 2), OP(SETT, 0, 3, 2), OP(SETT, 0, 4, 2),
			 OP(SETT, 0, 5, 2), OP(SETT, 0, 6, 2), OP(MOVE, 7, 0), CALL(7, LEN, 1),
			 PRINT(7, 1), OP(MOVE, 7, 0), OP(MOVE, 8, 1), CALL(7, DELETE, 2),
			 OP(MOVE, 7, 0), OP(MOVE, 8, 3), CALL(7, DELETE, 2), OP(MOVE, 7, 0),
			 OP(MOVE, 8, 4), CALL(7, DELETE, 2), OP(MOVE, 7, 0), OP(MOVE, 8, 5),
			 CALL(7, DELETE, 2), OP(MOVE, 7, 0), CALL(7, LEN, 1), PRINT(7, 1),
			 OP(GETT, 8, 0, 6), PRINT(8, 1), OP(RET)),
	    .regs = 9, .f = { CODE(OP(RET)) } },
	  "5\n1\n7\n" },
	{ "clear",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), OP(SETT, 0, 1, 0), OP(MOVE, 2, 0),
			 CALL(2, CLEAR, 1), OP(GETT, 3, 0, 1), PRINT(2, 2), OP(SETT, 0, 1, 1),
			 OP(GETT, 2, 0, 1), PRINT(2, 1), OP(RET)) },
	  "nil nil\n1\n" },
	{ "clear of what is missing",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), OP(GETT, 0, 0, 1), CALL(0, CLEAR, 1),
			 OP(RET)) },
	  "error: clear: argument 1 is a nil value\n", KTAP_END_FAULT, 3 },
	{ "zero",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 5), OP(LOADK, 2, K_MIN), OP(LOADK, 3, K_KEY),
			 OP(LOADBOOL, 4, 1), OP(SETT, 0, 1, 1), OP(SETT, 0, 2, 2),
			 OP(SETT, 0, 3, 3), OP(SETT, 0, 4, 4), OP(MOVE, 5, 0), CALL(5, ZERO, 1),
			 PRINT(5, 1), OP(GETT, 1, 0, 1), OP(GETT, 2, 0, 2), OP(GETT, 3, 0, 3),
			 OP(GETT, 4, 0, 4), PRINT(1, 4), OP(MOVE, 1, 0), CALL(1, LEN, 1),
			 PRINT(1, 1), OP(RET)) },
	  "nil\n0 0 \"key\" true\n4\n" },
	{ "zero of statistics",
	  { .main = CODE(CALL(0, STAT, 0), OP(LOADI, 1, 5), OP(FEEDT, 0, 1, 1), OP(FEED, 0, 1),
			 OP(MOVE, 2, 0), CALL(2, ZERO, 1), OP(GETT, 2, 0, 1), CALL(2, COUNT, 1),
			 OP(MOVE, 3, 0), CALL(3, COUNT, 1), OP(FEEDT, 0, 1, 1),
			 OP(GETT, 4, 0, 1), CALL(4, SUM, 1), PRINT(2, 3), OP(RET)) },
	  "0 0 5\n" },
	{ "zero with an integer",
	  { .probe = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), OP(SETT, 0, 1, 1), OP(GETT, 0, 0, 1),
			  CALL(0, ZERO, 1), OP(RET)) },
	  "error: zero: argument 1 is a integer value\n", KTAP_END_FAULT, 5 },

	{ "statistics of a key",
	  { .main = CODE(CALL(0, HIST, 0), OP(LOADI, 1, 5), OP(FEEDT, 0, 1, 1), OP(LOADI, 2, -8),
			 OP(FEEDT, 0, 1, 2), OP(GETT, 2, 0, 1), CALL(2, COUNT, 1),
			 OP(GETT, 3, 0, 1), CALL(3, SUM, 1), OP(GETT, 4, 0, 1), CALL(4, AVG, 1),
			 OP(GETT, 5, 0, 1), CALL(5, MIN, 1), OP(GETT, 6, 0, 1), CALL(6, MAX, 1),
			 OP(GETT, 7, 0, 1), CALL(7, STDDEV, 1), PRINT(2, 6), OP(GETT, 2, 0, 1),
			 CALL(2, TOSTRING, 1), PRINT(2, 1), OP(RET)) },
	  "2 -3 -1 -8 5 6\n\"count 2, sum -3, avg -1, min -8, max 5\"\n" },
	{ "statistics of what was deleted",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 5), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 OP(MOVE, 3, 2), OP(MOVE, 4, 2), OP(MOVE, 5, 2), OP(LOADNIL, 6),
			 OP(SETT, 0, 1, 6), CALL(3, COUNT, 1), CALL(4, AVG, 1),
			 CALL(5, TOSTRING, 1), PRINT(3, 3), OP(RET)) },
	  "0 nil \"count 0\"\n" },
	{ "statistics of a table that was emptied",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 5), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 CALL(0, CLEAR, 1), CALL(2, SUM, 1), PRINT(2, 1), OP(RET)) },
	  "0\n" },
	{ "statistics of a plain table",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 5), OP(FEEDT, 0, 1, 1), CALL(0, COUNT, 1),
			 OP(RET)) },
	  "error: count: a table that was not made by stat() or the like\n", KTAP_END_FAULT, 3 },
	{ "statistics of an integer of a table",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 5), OP(SETT, 0, 1, 1), OP(GETT, 0, 0, 1),
			 CALL(0, MAX, 1), OP(RET)) },
	  "error: max: argument 1 is a integer value\n", KTAP_END_FAULT, 4 },
	{ "statistics of what is missing",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 5), OP(GETT, 2, 0, 1), OP(MOVE, 3, 2),
			 CALL(2, COUNT, 1), CALL(3, AVG, 1), PRINT(2, 2), OP(RET)) },
	  "0 nil\n" },
	{ "parameters that are wrong",
	  { .main = CODE(OP(LOADI, 0, 0), OP(LOADI, 1, 10), OP(LOADI, 2, 0), CALL(0, LHIST, 3),
			 OP(RET)) },
	  "error: lhist: the step has to be greater than 0\n", KTAP_END_FAULT, 3 },

	/* An error is where the function is called, and in what called that. */
	{ "a wrong type in a function",
	  { .main = CODE(OP(NEWTAB, 0), OP(CALL, 0, TEST_F, 0), OP(RET)),
	    .f = { CODE(OP(LOADI, 1, 1), OP(GETT, 0, 0, 1), CALL(0, SUBSTR, 2), OP(RET)),
		   .params = 1 } },
	  "error: substr: argument 1 is a nil value\n", KTAP_END_FAULT, 5, 0, { 1 }, 1 },
	{ "a wrong value in a function",
	  { .main = CODE(OP(LOADK, 0, K_KEY), OP(LOADI, 1, 99), OP(CALL, 0, TEST_F, 0), OP(RET)),
	    .f = { CODE(CALL(0, STRTOL, 2), OP(RET)), .params = 2 } },
	  "error: strtol: the base must be 0, or from 2 to 36\n", KTAP_END_FAULT, 4, 0, { 2 }, 1 },
	{ "memory of a size that is none",
	  { .probe = CODE(OP(LOADI, 0, TEST_MEM), OP(LOADI, 1, 3), CALL(0, USER_READ, 2),
			  OP(RET)) },
	  "error: user_read: the size must be 1, 2, 4 or 8\n", KTAP_END_FAULT, 3 },
	{ "no limit for rand",
	  { .main = CODE(OP(LOADI, 0, 0), CALL(0, RAND, 1), OP(RET)) },
	  "error: rand: the limit must be positive\n", KTAP_END_FAULT, 1 },
	{ "a string that grows without end",
	  { .probe = CODE(OP(LOADK, 0, K_WIDE), OP(MOVE, 1, 0), OP(LOADI, 2, 1),
			  CALL(1, SUBSTR, 2), OP(CONCAT, 0, 0, 1), OP(JMP, 0, -5)) },
	  "error: strings of one event exceed 8192 bytes\n", KTAP_END_FAULT, 5 },

	{ "results of functions as arguments",
	  { .main = CODE(OP(LOADK, 0, K_TEXT16), OP(LOADI, 1, 8), CALL(0, SUBSTR, 2),
			 OP(LOADK, 1, K_KEY), CALL(0, STRCMP, 2), CALL(0, TOSTRING, 1),
			 CALL(0, TONUMBER, 1), PRINT(0, 1), OP(RET)) },
	  "1\n" },
	{ "memory of an event",
	  { .probe = CODE(OP(LOADI, 0, TEST_MEM), CALL(0, USER_STRING, 1),
			  OP(LOADI, 1, TEST_MEM + 5), OP(LOADI, 2, 2), CALL(1, USER_STRING, 2),
			  OP(LOADI, 2, 0), OP(LOADI, 3, 8), CALL(2, USER_READ, 2), PRINT(0, 3),
			  OP(RET)) },
	  "\"text in memory\" \"in\" nil\n" },
	{ "print_hist of nothing",
	  { .main = CODE(OP(LOADNIL, 0), CALL(0, PRINT_HIST, 1), PRINT(0, 1), OP(RET)) },
	  "agg 17 0 nil\nend\nnil\n" },
	{ "print_stat of a table",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADI, 1, 1), OP(SETT, 0, 1, 1), OP(LOADI, 1, 5),
			 CALL(0, PRINT_STAT, 2), PRINT(0, 1), OP(RET)) },
	  "agg 18 5 table\nrecord 7 of 32 bytes\nend\nnil\n" },
	{ "print_hist of a statistic",
	  { .main = CODE(CALL(0, HIST, 0), OP(LOADI, 1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 0, 0, 1),
			 CALL(0, PRINT_HIST, 1), OP(RET)) },
	  /* Two heads, the statistic, and one range. */
	  "agg 17 0 statistic\nrecord 7 of 128 bytes\nend\n" },

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

/* The control group of the owner, or what the verifier says if there are none. */
static const struct test_prog prog_cgroup = {
	.main = CODE(OP(VAR, 0, KTAP_VAR_CGROUP), PRINT(0, 1), OP(RET)),
};

static void test_cgroup(struct kunit *test)
{
	struct test_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	const char *lacks = ktap_sys_lacks_var(KTAP_VAR_CGROUP);

	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, test_run_load(run, &prog_cgroup), lacks ? -EINVAL : 0);
	if (lacks) {
		KUNIT_EXPECT_NOT_NULL(test, strstr(run->log, lacks));
	} else if (run->proc.core) {
		KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_STREQ(test, run->out, "7\n");
	}
	test_run_unload(run);
}

#ifndef __KERNEL__
static void test_no_cgroup(struct kunit *test)
{
	/* What the stand-in for the kernel lacks then. */
	test_lacks = KTAP_FUNC_EXIT;
	test_cgroup(test);
	test_lacks = KTAP_FUNC_NR;
}
#endif

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

/* A call that takes more than is left fails where it is. */
static const struct test_prog prog_strstr = {
	.probe = CODE(OP(LOADK, 0, K_WIDE), OP(LOADK, 1, K_KEY), CALL(0, STRSTR, 2), PRINT(0, 1),
		      OP(RET)),
};

static void test_strstr_budget(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_strstr);
	struct ktap_fault *fault = &run->probe.fault;

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "nil\n");
	run->core.budget[0] = 50;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_FAULT);
	KUNIT_EXPECT_EQ(test, (u32)fault->code, (u32)KTAP_E_BUDGET);
	KUNIT_EXPECT_EQ(test, fault->nr_pcs, 1U);
	/* Behind the code of main, which is one instruction. */
	KUNIT_EXPECT_EQ(test, fault->pcs[0], 3U);
	test_run_unload(run);
}

/* Numbers are below the limit, and all of them come. */
static void test_rand(struct kunit *test)
{
	static const s64 limits[] = {
		1, 2, 10, 63, 1LL << 32, (1LL << 32) + 1, S64_MAX,
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u64 seen = 0;
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		u64 any = 0;

		for (j = 0; j < 1000; j++) {
			ktap_set_int(&exec->regs[0], limits[i]);
			KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_RAND, 1), 0);
			KUNIT_EXPECT_TRUE(test, exec->regs[0].type == KTAP_T_INT &&
					  exec->regs[0].i >= 0 && exec->regs[0].i < limits[i]);
			any |= exec->regs[0].i;
			if (limits[i] == 10)
				seen |= BIT_ULL(exec->regs[0].i);
		}
		/* The upper half of the range comes as well. */
		KUNIT_EXPECT_GE(test, any, (u64)limits[i] / 2);
	}
	KUNIT_EXPECT_EQ(test, seen, 0x3ffULL);
	for (j = 0, seen = 0; j < 1000; j++) {
		KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_RAND, 0), 0);
		KUNIT_EXPECT_EQ(test, exec->regs[0].i >> 31, 0LL);
		seen |= exec->regs[0].i;
	}
	KUNIT_EXPECT_EQ(test, seen, 0x7fffffffULL);
}

static const struct call_row misc_rows[] = {
	ROW(RAND, "0", V_INT(1)),
	ROW(RAND, "error: rand: the limit must be positive", V_INT(0)),
	ROW(RAND, "error: rand: the limit must be positive", V_INT(-1)),
	ROW(RAND, "error: rand: the limit must be positive", V_INT(S64_MIN)),
	ROW(RAND, "error: rand: argument 1 is a nil value", V_NIL),
	ROW(IPOF, "-1", V_INT(-1)),
	ROW(IPOF, "nil", V_NIL),
	ROW(IPOF, "error: ipof: argument 1 is a string value", V_STR("a")),
	ROW(EXIT, "exit 0"),
	ROW(EXIT, "exit -1", V_INT(-1)),
	ROW(EXIT, "error: exit: argument 1 is a nil value", V_NIL),
	ROW(PRINT, "nil", V_STR("a"), V_KEY(V_INT(1), V_STR("b")), V_NO_STAT, V_FUNC(1)),
	ROW(PRINTF, "nil", V_STR("a"), V_KEY(V_INT(1), V_STR("b")), V_NO_STAT),
	ROW(PRINTF, "error: printf: argument 1 is a nil value"),
	ROW(PRINTF, "error: printf: argument 1 is a compound key value", V_KEY(V_INT(1), V_INT(2))),
	/* A table that is gone has nothing, and nothing can be taken away from it. */
	ROW(CLEAR, "nil", V_GONE),
	ROW(ZERO, "nil", V_GONE),
	ROW(DELETE, "nil", V_GONE),
	ROW(DELETE, "nil", V_GONE, V_STR("key")),
	ROW(DELETE, "nil", V_GONE, V_KEY(V_STR("key"), V_INT(1))),
	ROW(DELETE, "error: delete: argument 2 is a nil value", V_GONE, V_NIL),
	ROW(DELETE, "error: delete: argument 2 is a statistic value", V_GONE, V_NO_STAT),
	ROW(CLEAR, "error: clear: argument 1 is a nil value", V_NIL),
	ROW(ZERO, "error: zero: argument 1 is a string value", V_STR("a")),
};

static void test_misc(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);

	call_rows(test, misc_rows, ARRAY_SIZE(misc_rows));
	call_func(c, exec, KTAP_FUNC_NUM_CPUS, 0);
	KUNIT_EXPECT_EQ(test, exec->regs[0].i, (s64)num_online_cpus());
}

/* Records cost more than other calls, and keys that are long what they are. */
static const struct {
	struct call_row row;
	u64 least;
} cost_rows[] = {
	{ ROW(PRINT, "nil", V_INT(1)), KTAP_RECORD_COST },
	{ ROW(PRINTF, "nil", V_STR("a")), KTAP_RECORD_COST },
	{ ROW(DELETE, "nil", V_GONE, V_LONG("x", 4000)), 4000 / 16 },
	{ ROW(DELETE, "nil", V_GONE, V_KEY(V_INT(1), V_LONG("x", 4000))), 4000 / 16 },
	{ ROW(CLEAR, "nil", V_GONE), 1 },
	{ ROW(ZERO, "nil", V_GONE), 1 },
	{ ROW(PRINT_HIST, "nil", V_NIL), 2 * KTAP_RECORD_COST },
};

static void test_costs(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cost_rows); i++)
		call_costs(test, &cost_rows[i].row, cost_rows[i].least);
}

static struct kunit_case builtin_cases[] = {
	KUNIT_CASE_PARAM(test_run_row, run_gen_params),
	KUNIT_CASE(test_task),
	KUNIT_CASE(test_cgroup),
#ifndef __KERNEL__
	KUNIT_CASE(test_no_cgroup),
#endif
	KUNIT_CASE(test_delete_budget),
	KUNIT_CASE(test_strstr_budget),
	KUNIT_CASE(test_rand),
	KUNIT_CASE(test_misc),
	KUNIT_CASE(test_costs),
	{}
};

static struct kunit_suite builtin_suite = {
	.name = "ktap_builtin",
	.init = call_init,
	.exit = call_exit,
	.test_cases = builtin_cases,
};

kunit_test_suite(builtin_suite);
