// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of functions and their calls
 *
 * Function f is TEST_F and function g is TEST_G. What main calls comes behind it in
 * the code, so that the indices of instructions go on: main from 0, then f, then g,
 * then trace_end and the probe.
 */
#include "run.h"

#define INT(reg, i)		OP(LOADI, reg, i)
#define STR(reg, k)		OP(LOADK, reg, K_##k)
#define CALLF(a, results)	OP(CALL, a, TEST_F, results)
#define CALLG(a, results)	OP(CALL, a, TEST_G, results)
#define LOADF(reg)		OP(LOADF, reg, TEST_F)
#define LOADG(reg)		OP(LOADF, reg, TEST_G)
/* Call R[b] with arguments from R[a] on. */
#define CALLV(a, b, args, results) \
	OP(CALLV, a, b, (results) << 8 | (args))
/* Print @nr values and all that the call before returned. */
#define PRINT_OPEN(reg, nr)	OP(CALLB, reg, KTAP_FUNC_PRINT, KTAP_OPEN | (nr))
#define ALL			KTAP_MAX_RESULTS

/* R[reg] := 42, "field" or nil, where it is not known which */
#define SOME_INT(reg)		OP(FIELD, reg, 0)
#define SOME_STR(reg)		OP(FIELD, reg, 1)
#define SOME_NIL(reg)		OP(FIELD, reg, 2)

/* What is in global 0 is a function as far as is known, or something else. */
#define MAYBE_FUNC(load)						\
	LOADF(0), OP(SETG, 0, 0), load, OP(SETG, 0, 0), OP(GETG, 0, 0)

/* 10 to 19, and so on. */
#define TENS(i)	#i "0 " #i "1 " #i "2 " #i "3 " #i "4 " #i "5 " #i "6 " #i "7 " #i "8 " #i "9 "

static const struct run_row rows[] = {
	{ "parameters and a result",
	  { .main = CODE(INT(2, 40), INT(3, 2), CALLF(2, 1), PRINT(2, 1), OP(RET)),
	    .f = { CODE(OP(ADD, 0, 0, 1), OP(RET, 0, 1)), 2 } },
	  "42\n" },
	{ "no parameters and no result",
	  { .main = CODE(INT(0, 5), CALLF(1, 0), PRINT(0, 1), OP(RET)),
	    .f = { CODE(INT(0, 6), PRINT(0, 1), OP(RET)) } },
	  "6\n5\n" },
	{ "a call behind the last register",
	  { .main = CODE(INT(7, 5), CALLF(8, 0), PRINT(7, 1), OP(RET)),
	    .f = { CODE(INT(0, 6), PRINT(0, 1), OP(RET)) } },
	  "6\n5\n" },
	{ "a function without registers",
	  { .main = CODE(INT(0, 5), CALLF(1, 2), PRINT(0, 3), OP(RET)),
	    .f = { CODE(OP(RET)), 0, 0 } },
	  "5 nil nil\n" },
	{ "more results than there are",
	  { .main = CODE(CALLF(0, 4), PRINT(0, 4), OP(RET)),
	    .f = { CODE(INT(3, 1), INT(4, 2), OP(RET, 3, 2)) } },
	  "1 2 nil nil\n" },
	{ "one result where there is none",
	  { .main = CODE(INT(0, 3), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	    .f = { CODE(OP(RET)) } },
	  "nil\n" },
	{ "fewer results than there are",
	  { .main = CODE(INT(0, 9), CALLF(1, 1), PRINT(0, 2), OP(RET)),
	    .f = { CODE(INT(0, 1), INT(1, 2), INT(2, 3), OP(RET, 0, 3)) } },
	  "9 1\n" },
	{ "results that nobody wants",
	  { .main = CODE(INT(0, 9), CALLF(1, 0), PRINT(0, 1), OP(RET)),
	    .f = { CODE(INT(0, 1), INT(1, 2), OP(RET, 0, 2)) } },
	  "9\n" },
	{ "results that overlap where they go",
	  { .main = CODE(CALLF(0, 4), PRINT(0, 4), OP(RET)),
	    .f = { CODE(INT(1, 1), INT(2, 2), INT(3, 3), INT(4, 4), OP(RET, 1, 4)) } },
	  "1 2 3 4\n" },
	{ "results of each type",
	  { .main = CODE(CALLF(0, 7), PRINT(0, 7), OP(RET)),
	    .f = { CODE(OP(LOADNIL, 0), OP(LOADBOOL, 1, 0), OP(LOADBOOL, 2, 1), INT(3, -1),
			STR(4, KEY), OP(NEWTAB, 5), LOADF(6), OP(RET, 0, 7)) } },
	  "nil false true -1 \"key\" table function 1\n" },
	{ "a call in a call",
	  { .main = CODE(INT(0, 1), INT(1, 10), CALLF(1, 1), PRINT(0, 2), OP(RET)),
	    .f = { CODE(INT(1, 5), OP(MOVE, 2, 0), CALLG(2, 1), OP(ADD, 0, 1, 2),
			OP(RET, 0, 1)), 1 },
	    .g = { CODE(INT(1, 100), OP(ADD, 0, 0, 1), OP(RET, 0, 1)), 1 } },
	  "1 115\n" },
	{ "parameters can be written",
	  { .main = CODE(INT(0, 1), OP(MOVE, 1, 0), CALLF(1, 1), PRINT(0, 2), OP(RET)),
	    .f = { CODE(INT(0, 7), OP(RET, 0, 1)), 1 } },
	  "1 7\n" },
	{ "functions in a probe and in trace_end",
	  { .probe = CODE(INT(0, 1), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	    .end = CODE(INT(0, 2), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	    .f = { CODE(INT(1, 10), OP(MUL, 0, 0, 1), OP(RET, 0, 1)), 1 } },
	  "10\n20\n" },
	{ "what only probes have",
	  { .probe = CODE(CALLF(0, 2), PRINT(0, 2), OP(RET)),
	    .f = { CODE(SOME_INT(0), OP(VAR, 1, KTAP_VAR_PROBENAME), OP(RET, 0, 2)) } },
	  "42 \"system:event\"\n" },
	{ "the event as a parameter and a result",
	  { .probe = CODE(OP(VAR, 0, KTAP_VAR_ARGSTR), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	    .f = { CODE(OP(RET, 0, 1)), 1 } },
	  "event\n" },
	{ "a statistic as a parameter and a result",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), INT(2, 5), OP(FEEDT, 0, 1, 2),
			 OP(GETT, 3, 0, 1), CALLF(3, 1), PRINT(3, 1), OP(RET)),
	    .f = { CODE(OP(RET, 0, 1)), 1 } },
	  "<count 1, sum 5, min 5, max 5>\n" },
	{ "fib(15)",
	  { .main = CODE(INT(0, 15), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	    .f = { CODE(OP(LTI, 1, 0, 2), OP(JMP, 0, 6),
			OP(SUBI, 1, 0, 1), CALLF(1, 1), OP(SUBI, 2, 0, 2), CALLF(2, 1),
			OP(ADD, 1, 1, 2), OP(RET, 1, 1), OP(RET, 0, 1)), 1, 3 } },
	  "610\n" },
	{ "functions that call each other",
	  { .main = CODE(INT(0, 7), CALLF(0, 1), INT(1, 8), CALLF(1, 1), PRINT(0, 2), OP(RET)),
	    .f = { CODE(OP(EQI, 0, 0, 0), OP(JMP, 0, 2), OP(LOADBOOL, 0, 1), OP(RET, 0, 1),
			OP(SUBI, 0, 0, 1), CALLG(0, 1), OP(RET, 0, 1)), 1 },
	    .g = { CODE(OP(EQI, 0, 0, 0), OP(JMP, 0, 2), OP(LOADBOOL, 0, 0), OP(RET, 0, 1),
			OP(SUBI, 0, 0, 1), CALLF(0, 1), OP(RET, 0, 1)), 1 } },
	  "false true\n" },

	/* Functions as values */
	{ "LOADF and EQ",
	  { .main = CODE(LOADF(0), LOADF(1), LOADG(2), OP(EQ, 0, 0, 1), OP(JMP, 0, 4),
			 OP(EQ, 1, 0, 2), OP(JMP, 0, 2), PRINT(0, 3), OP(RET), INT(0, 0),
			 PRINT(0, 1), OP(RET)),
	    .f = { CODE(OP(RET)) }, .g = { CODE(OP(RET)) } },
	  "function 1 function 1 function 2\n" },
	{ "CALLV",
	  { .main = CODE(LOADF(0), INT(1, 40), INT(2, 2), CALLV(1, 0, 2, 1), PRINT(0, 2),
			 OP(RET)),
	    .f = { CODE(OP(ADD, 0, 0, 1), OP(RET, 0, 1)), 2 } },
	  "function 1 42\n" },
	{ "CALLV with too few arguments",
	  { .main = CODE(LOADF(0), INT(1, 1), INT(2, 2), CALLV(1, 0, 1, 3), PRINT(1, 3), OP(RET)),
	    .f = { CODE(OP(RET, 0, 3)), 3 } },
	  "1 nil nil\n" },
	{ "CALLV without arguments behind the last register",
	  { .main = CODE(LOADF(7), CALLV(8, 7, 0, 0), OP(RET)),
	    .f = { CODE(PRINT(0, 3), OP(RET)), 3 } },
	  "nil nil nil\n" },
	{ "CALLV with too many arguments",
	  { .main = CODE(LOADF(0), INT(1, 1), INT(2, 2), INT(3, 3), CALLV(1, 0, 3, 1),
			 PRINT(1, 1), OP(RET)),
	    .f = { CODE(OP(RET, 0, 1)), 1, 1 } },
	  "1\n" },
	{ "CALLV of what is an argument",
	  { .main = CODE(LOADF(0), INT(1, 1), CALLV(0, 0, 2, 2), PRINT(0, 2), OP(RET)),
	    .f = { CODE(OP(RET, 0, 2)), 2 } },
	  "function 1 1\n" },
	{ "CALLV of what is behind the arguments",
	  { .main = CODE(INT(0, 1), LOADF(1), CALLV(0, 1, 1, 2), PRINT(0, 2), OP(RET)),
	    .f = { CODE(OP(RET, 0, 2)), 2 } },
	  "1 nil\n" },
	{ "a function in a global, in a table and as a key",
	  { .main = CODE(LOADF(0), OP(SETG, 0, 0), OP(NEWTAB, 1), OP(SETT, 1, 0, 0), LOADG(2),
			 OP(GETT, 3, 1, 2), OP(GETG, 4, 0), OP(GETT, 5, 1, 4), INT(6, 6),
			 CALLV(6, 5, 1, 1), PRINT(3, 4), OP(RET)),
	    .f = { CODE(OP(RET, 0, 1)), 1 }, .g = { CODE(OP(RET)) } },
	  "nil function 1 function 1 6\n" },
	{ "a function that gets itself",
	  { .main = CODE(LOADF(0), INT(1, 3), OP(MOVE, 2, 0), CALLV(1, 0, 2, 1), PRINT(1, 1),
			 OP(RET)),
	    .f = { CODE(OP(EQI, 1, 0, 0), OP(JMP, 0, 5), OP(SUBI, 2, 0, 1), OP(MOVE, 3, 1),
			CALLV(2, 1, 2, 1), OP(ADDI, 2, 2, 10), OP(RET, 2, 1), OP(RET, 0, 1)),
		   2 } },
	  "30\n" },
	{ "CALLV of what is nil",
	  { .main = CODE(MAYBE_FUNC(OP(LOADNIL, 0)), CALLV(1, 0, 0, 0), OP(RET)),
	    .f = { CODE(OP(RET)) } },
	  "error: cannot call a nil value\n", KTAP_END_FAULT, 5 },
	{ "CALLV of what is an integer",
	  { .main = CODE(MAYBE_FUNC(INT(0, 1)), CALLV(1, 0, 0, 0), OP(RET)),
	    .f = { CODE(OP(RET)) } },
	  "error: cannot call a integer value\n", KTAP_END_FAULT, 5 },
	{ "TCALLV of what is a string",
	  { .main = CODE(MAYBE_FUNC(STR(0, KEY)), OP(TCALLV, 1, 0, 0)),
	    .f = { CODE(OP(RET)) } },
	  "error: cannot call a string value\n", KTAP_END_FAULT, 5 },
	{ "a probe's function called from main",
	  { .main = CODE(LOADF(0), CALLV(1, 0, 0, 0), OP(RET)),
	    .f = { CODE(SOME_INT(0), OP(RET)) } },
	  "error: this function cannot be called here\n", KTAP_END_FAULT, 1 },
	{ "a probe's function called by main's",
	  { .main = CODE(LOADF(0), OP(SETG, 0, 0), CALLG(1, 0), OP(RET)),
	    .f = { CODE(OP(VAR, 0, KTAP_VAR_PROBENAME), OP(RET)) },
	    .g = { CODE(OP(GETG, 0, 0), OP(TCALLV, 1, 0, 0)) } },
	  "error: this function cannot be called here\n", KTAP_END_FAULT, 7, 0, { 2 }, 1 },
	{ "a function that calls a probe's one, called from main",
	  { .main = CODE(LOADG(0), CALLV(1, 0, 0, 0), OP(RET)),
	    .f = { CODE(SOME_INT(0), OP(RET)) },
	    .g = { CODE(CALLF(0, 0), OP(RET)) } },
	  "error: this function cannot be called here\n", KTAP_END_FAULT, 1 },
	{ "main's function called from a probe",
	  { .main = CODE(LOADF(0), OP(SETG, 0, 0), CALLV(1, 0, 0, 0), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), CALLV(1, 0, 0, 0), OP(RET)),
	    .f = { CODE(OP(NEWTAB, 0), OP(LOADNIL, 2), OP(LOADNIL, 3), OP(SORT, 0), OP(ENDS, 0),
			PRINT(0, 1), OP(RET)) } },
	  "table\nerror: this function cannot be called here\n", KTAP_END_FAULT, 12 },
	{ "a probe's function called from a probe",
	  { .main = CODE(LOADF(0), OP(SETG, 0, 0), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), CALLV(1, 0, 0, 1), PRINT(1, 1), OP(RET)),
	    .f = { CODE(SOME_INT(0), OP(RET, 0, 1)) } },
	  "42\n" },

	/* All results */
	{ "print of all results",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(0, 0), OP(RET)), .regs = 40,
	    .f = { CODE(INT(0, 1), INT(1, 2), INT(2, 3), OP(RET, 0, 3)) } },
	  "1 2 3\n" },
	{ "print of no results",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(0, 0), PRINT(0, 1), OP(RET)), .regs = 40,
	    .f = { CODE(OP(RET)) } },
	  "\nnil\n" },
	{ "print of a value and all results",
	  { .main = CODE(INT(0, 9), INT(1, 8), CALLF(2, ALL), PRINT_OPEN(0, 2), OP(RET)),
	    .regs = 40,
	    .f = { CODE(INT(0, 1), OP(RET, 0, 1)) } },
	  "9 8 1\n" },
	{ "print of all results of a value",
	  { .main = CODE(LOADF(0), CALLV(1, 0, 0, ALL), PRINT_OPEN(0, 1), OP(RET)), .regs = 40,
	    .f = { CODE(INT(0, 1), INT(1, 2), OP(RET, 0, 2)) } },
	  "function 1 1 2\n" },
	{ "all results are returned",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(0, 0), CALLF(0, 2), PRINT(0, 2),
			 CALLF(0, 5), PRINT(0, 5), OP(RET)), .regs = 40,
	    .f = { CODE(INT(1, 9), CALLG(2, ALL), OP(RET, 1, KTAP_OPEN | 1)), 0, 40 },
	    .g = { CODE(INT(0, 1), INT(1, 2), OP(RET, 0, 2)) } },
	  "9 1 2\n9 1\n9 1 2 nil nil\n" },
	{ "32 results",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(0, 0), OP(RET)), .regs = 40,
	    .f = { CODE(INT(0, 0), INT(1, 1), CALLG(2, ALL), OP(RET, 0, KTAP_OPEN | 2)), 0, 40 },
	    .g = { CODE(INT(0, 2), INT(1, 3), INT(2, 4), INT(3, 5), INT(29, 31), INT(30, 32),
			INT(31, 33), INT(4, 6), INT(5, 7), INT(6, 8), INT(7, 9), INT(8, 10),
			INT(9, 11), INT(10, 12), INT(11, 13), INT(12, 14), INT(13, 15),
			INT(14, 16), INT(15, 17), INT(16, 18), INT(17, 19), INT(18, 20),
			INT(19, 21), INT(20, 22), INT(21, 23), INT(22, 24), INT(23, 25),
			INT(24, 26), INT(25, 27), INT(26, 28), INT(27, 29), INT(28, 30),
			OP(RET, 0, 32)), 0, 32 } },
	  "0 1 2 3 4 5 6 7 8 9 " TENS(1) TENS(2) "30 31\n" },
	{ "all results of one that was called in a call",
	  { .main = CODE(CALLF(0, ALL), CALLF(0, ALL), PRINT_OPEN(0, 0), OP(RET)), .regs = 40,
	    .f = { CODE(CALLG(0, 3), OP(RET, 0, 1)) },
	    .g = { CODE(INT(0, 1), INT(1, 2), OP(RET, 0, 2)) } },
	  "1\n" },
	{ "printf of all results",
	  { .main = CODE(CALLF(0, ALL), OP(CALLB, 0, KTAP_FUNC_PRINTF, KTAP_OPEN), OP(RET)),
	    .regs = 40,
	    .f = { CODE(STR(0, FMT), INT(1, 1), OP(RET, 0, 2)) } },
	  "printf \"%d %s\n\" 1\n" },
	{ "printf of no results",
	  { .main = CODE(CALLF(0, ALL), OP(CALLB, 0, KTAP_FUNC_PRINTF, KTAP_OPEN), OP(RET)),
	    .regs = 40,
	    .f = { CODE(OP(RET)) } },
	  "error: printf: argument 1 is a nil value\n", KTAP_END_FAULT, 1 },
	{ "printf of results that are no format",
	  { .main = CODE(CALLF(0, ALL), OP(CALLB, 0, KTAP_FUNC_PRINTF, KTAP_OPEN), OP(RET)),
	    .regs = 40,
	    .f = { CODE(INT(0, 1), OP(RET, 0, 1)) } },
	  "error: printf: argument 1 is a integer value\n", KTAP_END_FAULT, 1 },

	/* Calls that return what they call */
	{ "TCALL",
	  { .main = CODE(INT(0, 1), CALLF(0, 2), PRINT(0, 2), OP(RET)),
	    .f = { CODE(INT(3, 2), OP(MOVE, 4, 0), OP(TCALL, 3, TEST_G)), 1 },
	    .g = { CODE(OP(RET, 0, 2)), 2 } },
	  "2 1\n" },
	{ "TCALL gives all results",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(0, 0), OP(RET)), .regs = 40,
	    .f = { CODE(OP(TCALL, 0, TEST_G)) },
	    .g = { CODE(INT(0, 1), INT(1, 2), INT(2, 3), OP(RET, 0, 3)) } },
	  "1 2 3\n" },
	{ "TCALL of a function with more registers",
	  { .main = CODE(INT(0, 5), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	    .f = { CODE(OP(TCALL, 0, TEST_G)), 1, 1 },
	    .g = { CODE(OP(MOVE, 99, 0), OP(RET, 99, 1)), 1, 100 } },
	  "5\n" },
	{ "TCALL of main",
	  { .main = CODE(INT(3, 5), OP(TCALL, 3, TEST_F)),
	    .f = { CODE(PRINT(0, 1), OP(RET, 0, 1)), 1, 3 } },
	  "5\n" },
	{ "TCALL of a probe",
	  { .probe = CODE(SOME_STR(3), OP(TCALL, 3, TEST_F)),
	    .f = { CODE(PRINT(0, 1), OP(RET)), 1, 100 } },
	  "\"field\"\n" },
	{ "TCALLV",
	  { .main = CODE(CALLF(0, 3), PRINT(0, 3), OP(RET)),
	    .f = { CODE(LOADG(0), INT(1, 1), OP(TCALLV, 1, 0, 1)) },
	    .g = { CODE(OP(RET, 0, 3)), 3 } },
	  "1 nil nil\n" },
	{ "TCALLV of what is an argument",
	  { .main = CODE(CALLF(0, 2), PRINT(0, 2), OP(RET)),
	    .f = { CODE(LOADG(2), INT(3, 1), OP(TCALLV, 2, 2, 2)) },
	    .g = { CODE(OP(RET, 0, 2)), 2 } },
	  "function 2 1\n" },
	{ "TCALLV with parameters behind the last register",
	  { .main = CODE(CALLF(0, 3), PRINT(0, 3), OP(RET)),
	    .f = { CODE(LOADG(0), OP(TCALLV, 1, 0, 0)), 0, 1 },
	    .g = { CODE(OP(RET, 61, 3)), 64, 64 } },
	  "nil nil nil\n" },
	{ "TCALL leaves no place behind",
	  { .main = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(TCALL, 0, TEST_G)) },
	    .g = { CODE(INT(0, 1), INT(1, 0), OP(DIV, 0, 0, 1), OP(RET)) } },
	  "error: divide 0\n", KTAP_END_FAULT, 5, 0, { 0 }, 1 },

	/* How runs end */
	{ "exit in a function",
	  { .main = CODE(CALLF(0, 0), PRINT(0, 0), OP(RET)),
	    .f = { CODE(INT(0, 3), OP(CALLB, 0, KTAP_FUNC_EXIT, 1), OP(RET)) } },
	  "", KTAP_END_EXIT, 0, 3 },
	{ "an error in a function",
	  { .main = CODE(INT(0, 0), CALLF(0, 0), OP(RET)),
	    .f = { CODE(INT(1, 1), CALLG(0, 1), OP(RET)), 1 },
	    .g = { CODE(OP(DIVI, 0, 0, 0), OP(RET)), 1 } },
	  "error: divide 0\n", KTAP_END_FAULT, 6, 0, { 4, 1 }, 2 },
	{ "an error in a function called by value",
	  { .main = CODE(LOADF(0), CALLV(1, 0, 0, 0), OP(RET)),
	    .f = { CODE(INT(0, 1), OP(DIVI, 0, 0, 0), OP(RET)) } },
	  "error: divide 0\n", KTAP_END_FAULT, 4, 0, { 1 }, 1 },
	{ "an error after a call",
	  { .main = CODE(CALLF(0, 1), OP(DIVI, 0, 0, 0), OP(RET)),
	    .f = { CODE(INT(0, 1), OP(RET, 0, 1)) } },
	  "error: divide 0\n", KTAP_END_FAULT, 1 },
	{ "endless recursion",
	  { .main = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(CALLF(0, 0), OP(RET)) } },
	  "error: stack overflow\n", KTAP_END_FAULT, 2, 0, { 2, 2, 2, 2, 2, 2 }, 15 },
	{ "endless recursion in a probe",
	  { .probe = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(CALLF(0, 0), OP(RET)) } },
	  "error: stack overflow\n", KTAP_END_FAULT, 1, 0, { 1, 1, 1, 1, 1, 1 }, 15 },
	{ "no registers for a call",
	  { .probe = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(CALLG(0, 0), OP(RET)) },
	    .g = { CODE(INT(0, 0), OP(RET)), 0, 2000 } },
	  "error: stack overflow\n", KTAP_END_FAULT, 1, 0, { 5 }, 1 },
	{ "no registers for a call by value",
	  { .probe = CODE(LOADG(0), CALLV(0, 0, 0, 0), OP(RET)),
	    .f = { CODE(OP(RET)) },
	    .g = { CODE(INT(0, 0), OP(RET)), 0, 2000 } },
	  "error: stack overflow\n", KTAP_END_FAULT, 5 },
	{ "no registers for a tail call",
	  { .probe = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(TCALL, 0, TEST_G)) },
	    .g = { CODE(INT(0, 0), OP(RET)), 0, 2000 } },
	  "error: stack overflow\n", KTAP_END_FAULT, 1, 0, { 4 }, 1 },
	{ "endless loop of calls",
	  { .main = CODE(CALLF(0, 0), OP(JMP, 0, -2)),
	    .f = { CODE(INT(0, 0), INT(0, 0), INT(0, 0), OP(RET)) } },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 0 },
	{ "endless tail calls",
	  { .main = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(TCALL, 0, TEST_F)) } },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 2, 0, { 0 }, 1 },
	{ "endless tail calls by value",
	  { .probe = CODE(LOADF(0), OP(TCALLV, 0, 0, 1)),
	    .f = { CODE(OP(TCALLV, 0, 0, 1)), 1 } },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 1 },
};

KUNIT_ARRAY_PARAM_DESC(run, rows, name);

/* f(n) is n + f(n - 1); each call begins @step registers behind the one before. */
#define SUM(step)							\
	{ CODE(OP(EQI, 0, 0, 0), OP(JMP, 0, 1), OP(RET, 0, 1),		\
	       OP(SUBI, step, 0, 1), CALLF(step, 1), OP(ADD, 0, 0, step), \
	       OP(RET, 0, 1)), 1, (step) + 2 }

static const struct depth_row {
	const char *name;
	struct test_func f;
	bool probe;
	u32 most;
} depth_rows[] = {
	/* The function for 0 is called as well, and a sort may want another frame. */
	{ "calls in main", SUM(1), false, KTAP_PROC_FRAMES },
	{ "calls in a probe", SUM(1), true, KTAP_PROBE_FRAMES },
	{ "registers in main", SUM(30), false, (KTAP_PROC_STACK + TEST_REGS - 32) / 30 },
	{ "registers in a probe", SUM(30), true, (KTAP_PROBE_STACK + TEST_REGS - 32) / 30 },
	{ "many registers in main", SUM(4000), false,
	  (KTAP_PROC_STACK + TEST_REGS - 4002) / 4000 },
};

KUNIT_ARRAY_PARAM_DESC(depth, depth_rows, name);

static void run_depth(struct kunit *test, const struct depth_row *row, u32 depth,
		      enum ktap_end end, const char *out)
{
	const struct test_insn code[] = { INT(0, depth), CALLF(0, 1), PRINT(0, 1), OP(RET), {} };
	const struct test_prog prog = {
		.main = row->probe ? NULL : code,
		.probe = row->probe ? code : NULL,
		.f = row->f,
	};
	struct test_run *run = test_load(test, &prog);

	KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)end);
	KUNIT_EXPECT_STREQ(test, run->out, out);
	/* The same again: nothing is left of the run before. */
	run->len = 0;
	KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)end);
	KUNIT_EXPECT_STREQ(test, run->out, out);
	test_run_unload(run);
}

static void test_depth(struct kunit *test)
{
	const struct depth_row *row = test->param_value;
	char out[32];

	scnprintf(out, sizeof(out), "%u\n", row->most * (row->most + 1) / 2);
	run_depth(test, row, row->most, KTAP_END_RETURN, out);
	run_depth(test, row, row->most + 1, KTAP_END_FAULT, "error: stack overflow\n");
}

static const struct test_prog prog_tail = {
	.main = CODE(INT(0, 1000000), INT(1, 0), CALLF(0, 1), PRINT(0, 1), OP(RET)),
	.f = { CODE(OP(EQI, 0, 0, 0), OP(JMP, 0, 1), OP(RET, 1, 1),
		    OP(SUBI, 2, 0, 1), OP(ADDI, 3, 1, 2), OP(TCALL, 2, TEST_G)), 2 },
	.g = { CODE(OP(LOADF, 3, TEST_F), OP(MOVE, 4, 0), OP(MOVE, 5, 1),
		    OP(TCALLV, 4, 3, 2)), 2 },
};

/* Tail calls take no frames and no registers. */
static void test_tail(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_tail);

	run->core.budget[1] = KTAP_PROC_BUDGET;
	KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "2000000\n");
	KUNIT_EXPECT_LE(test, run->proc.top, 16U);
	test_run_unload(run);
}

/*
 * A probe whose last call is in its place: what that returns to is there for the next
 * run, too, and is not what the next call returns to.
 */
static const struct test_prog prog_tail_of_probe = {
	.main = CODE(OP(RET)),
	.probe = CODE(INT(0, 1), CALLG(1, 1), PRINT(1, 1), OP(TCALL, 0, TEST_F)),
	.f = { CODE(PRINT(0, 1), OP(RET)), 1, 3 },
	.g = { CODE(INT(0, 2), OP(RET, 0, 1)) },
};

static void test_tail_of_probe(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_tail_of_probe);
	u32 i;

	for (i = 0; i < 4; i++) {
		run->len = 0;
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 3), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_STREQ(test, run->out, "2\n1\n");
		KUNIT_EXPECT_EQ(test, run->probe.nr_frames, 1U);
	}
	test_run_unload(run);
}

/* In a budget of @budget: so many rounds of a loop, and so many calls of f. */
static const struct test_prog prog_budget = {
	.main = CODE(INT(0, 0), OP(SETG, 0, 0),
		     CALLF(1, 0), OP(JMP, 0, -2)),
	.f = { CODE(INT(0, 1), OP(UPDG, 0, KTAP_A_ADD, 0), OP(RET)) },
	.end = CODE(OP(GETG, 0, 0), PRINT(0, 1), OP(RET)),
};

/* A call costs as many instructions as the function has, at once. */
static void test_budget(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_budget);

	/* Main has four instructions, a round of its loop two, the function three. */
	run->core.budget[1] = 4 + 10 * 5 + 3;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_FAULT);
	KUNIT_EXPECT_EQ(test, run->proc.fault.code, KTAP_E_BUDGET);
	KUNIT_EXPECT_EQ(test, run->proc.fault.pcs[0], 3U);
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 2), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out,
			   "error: loop execute count exceed max limit\n11\n");

	run->core.budget[1] = 4 + 10 * 5 + 2;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_FAULT);
	KUNIT_EXPECT_EQ(test, run->proc.fault.pcs[0], 2U);
	run->len = 0;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 2), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "10\n");

	/* Main alone is more. */
	run->core.budget[1] = 3;
	run->len = 0;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_FAULT);
	KUNIT_EXPECT_STREQ(test, run->out, "error: loop execute count exceed max limit\n");
	KUNIT_EXPECT_EQ(test, run->proc.fault.nr_pcs, 1U);
	KUNIT_EXPECT_EQ(test, run->proc.fault.pcs[0], 0U);
	test_run_unload(run);
}

/* Main is asked to stop in calls, too. */
static const struct test_prog prog_recurse = {
	.main = CODE(CALLF(0, 0), OP(RET)),
	.f = { CODE(OP(TCALL, 0, TEST_F)) },
};

static void test_stop(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_recurse);

	run->stop = 5;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_STOP);
	KUNIT_EXPECT_EQ(test, run->pauses, 5U);
	test_run_unload(run);
}

/*
 * Strings
 */

/* Make @nr strings in R[b] of K_WIDE and what R[n] counts down to 1. */
#define MAKE(w, n, b, nr)						\
	STR(w, WIDE), INT(n, nr), OP(CONCAT, b, w, n), OP(SUBI, n, n, 1), \
	OP(LTI, 0, n, 1), OP(JMP, 0, -4)
/* Make a string of 4,096 bytes, half of what a probe has for strings, in R[b]. */
#define HALF(b, n)							\
	STR(b, WIDE), INT(n, 6), OP(MOVE, (b) + 1, b), OP(CONCAT, b, b, (b) + 1), \
	OP(SUBI, n, n, 1), OP(LTI, 0, n, 1), OP(JMP, 0, -5), OP(LOADNIL, (b) + 1)

#define WIDE(i)		"\"" TEST_WIDE #i "\""

static const struct run_row str_rows[] = {
	{ "strings of callers",
	  { .probe = CODE(STR(0, KEY), INT(1, 5), OP(CONCAT, 1, 0, 1), OP(MOVE, 2, 1),
			  CALLF(3, 1), PRINT(1, 3), OP(RET)),
	    .f = { CODE(INT(0, 6), STR(1, KEY), OP(CONCAT, 0, 0, 1), CALLG(1, 0),
			OP(RET, 0, 1)) },
	    .g = { CODE(MAKE(0, 1, 2, 500), OP(RET)) } },
	  "\"key5\" \"key5\" \"6key\"\n" },
	{ "strings of parameters and results",
	  { .probe = CODE(STR(0, KEY), INT(1, 5), OP(CONCAT, 1, 0, 1), CALLF(1, 2),
			  PRINT(1, 2), OP(RET)),
	    .f = { CODE(MAKE(1, 2, 3, 500), OP(MOVE, 4, 0), OP(RET, 3, 2)), 1 } },
	  WIDE(1) " \"key5\"\n" },
	{ "strings of tail calls",
	  { .probe = CODE(STR(0, KEY), INT(1, 300), OP(CONCAT, 0, 0, 1), CALLF(0, 2),
			  PRINT(0, 2), OP(RET)),
	    .f = { CODE(STR(2, WIDE), OP(CONCAT, 4, 1, 2), OP(SUBI, 4, 1, 1), OP(MOVE, 3, 0),
			OP(LTI, 0, 4, 1), OP(JMP, 0, 2), OP(CONCAT, 1, 2, 4), OP(RET, 0, 2),
			OP(TCALL, 3, TEST_F)), 2 } },
	  "\"key300\" \"" TEST_WIDE "key3000\"\n" },
	/* What returned has no strings any more, though its registers are as they were. */
	{ "a large string after a function that made one",
	  { .probe = CODE(CALLF(3, 1), PRINT(3, 1), HALF(0, 2), PRINT(0, 1), OP(RET)), .regs = 4,
	    .f = { CODE(HALF(4, 0), OP(MOVE, 0, 4), OP(CALLB, 0, KTAP_FUNC_LEN, 1),
			OP(RET, 0, 1)) } },
	  "4096\n<4096 bytes>\n" },
	{ "a large string in a function, where the caller has one",
	  { .probe = CODE(HALF(0, 2), CALLF(3, 1), OP(RET)),
	    .f = { CODE(HALF(4, 0), OP(RET)) } },
	  "error: strings of one event exceed 8192 bytes\n", KTAP_END_FAULT, 4, 0, { 18 }, 1 },
};

KUNIT_ARRAY_PARAM_DESC(str, str_rows, name);

/*
 * The function has fewer registers than its caller has behind where it begins. Its
 * strings make the arena move when it runs, and the caller makes one after that in a
 * register farther behind. It must be gone in the next run, which moves the arena
 * before anything comes to that register.
 */
static const struct test_prog prog_again = {
	.probe = CODE(OP(GETG, 0, 0), OP(TEST, 1, 0), OP(JMP, 0, 7),
		      CALLF(2, 0), STR(0, WIDE), OP(MOVE, 1, 0), OP(CONCAT, 50, 0, 1),
		      OP(LOADBOOL, 0, 1), OP(SETG, 0, 0), OP(RET),
		      MAKE(0, 1, 2, 500), PRINT(2, 1), OP(RET)),
	.regs = 60,
	.f = { CODE(MAKE(0, 1, 2, 200), OP(RET)), 0, 3 },
};

static void test_again(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_again);
	u32 i;

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 2), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "");
	for (i = 0; i < run->probe.nr_regs; i++)
		KUNIT_EXPECT_NE(test, run->probe.regs[i].type, (u64)KTAP_T_STR);
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 2), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, WIDE(1) "\n");
	test_run_unload(run);
}

/*
 * Likewise in one run: the arena moves in f, which has less registers than main; then
 * main makes a string far behind; then it moves in f again, and g has the register.
 */
static const struct test_prog prog_later = {
	.probe = CODE(CALLF(2, 0), STR(0, WIDE), OP(MOVE, 1, 0), OP(CONCAT, 50, 0, 1),
		      CALLF(2, 0), CALLG(2, 1), PRINT(2, 1), OP(RET)),
	.regs = 60,
	/* Strings of two sizes, so that they don't lie where others were. */
	.f = { CODE(STR(0, WIDE), INT(1, 200), OP(MOVE, 2, 1), OP(MOVE, 3, 1), OP(MOVE, 4, 1),
		    OP(CONCAT, 5, 0, 4), OP(SUBI, 1, 1, 1), OP(LTI, 0, 1, 1), OP(JMP, 0, -7),
		    OP(RET)), 0, 6 },
	.g = { CODE(MAKE(0, 1, 2, 500), OP(RET, 2, 1)), 0, 60 },
};

static void test_later(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_later);

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 3), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, WIDE(1) "\n");
	test_run_unload(run);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE_PARAM(test_run_row, run_gen_params),
	KUNIT_CASE_PARAM(test_run_row, str_gen_params),
	KUNIT_CASE_PARAM(test_depth, depth_gen_params),
	KUNIT_CASE(test_tail),
	KUNIT_CASE(test_tail_of_probe),
	KUNIT_CASE(test_budget),
	KUNIT_CASE(test_stop),
	KUNIT_CASE(test_again),
	KUNIT_CASE(test_later),
	{}
};

static struct kunit_suite call_suite = {
	.name = "ktap_call",
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);
