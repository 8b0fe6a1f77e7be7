// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the verifier
 *
 * A row is a program that is accepted, or one that is refused for exactly one
 * reason. The text of a refusal is compared as a whole.
 */
#include <kunit/test.h>

#include "../verify.h"
#include "prog.h"

/* Not in the list. */
#define OP_UNKNOWN	{ KTAP_OP_NR + 1 }

/* Registers that have one type each, for the rows that need them. */
#define SET_INT(reg)	OP(LOADI, reg, 7)
#define SET_STR(reg)	OP(LOADK, reg, K_KEY)
#define SET_NIL(reg)	OP(LOADNIL, reg)
#define SET_BOOL(reg)	OP(LOADBOOL, reg, 1)
#define SET_TAB(reg)	OP(NEWTAB, reg)
#define SET_FUNC(reg)	OP(LOADF, reg, TEST_F)

/* What fields, tables and compound keys can have. */
#define IN_FIELD	"nil or integer or string"
#define IN_TABLE	"nil or boolean or integer or string or table or function or statistic or compound key or stack"
#define IN_KEY		"nil or boolean or integer or string or function or stack"

/* A condition of an integer, of which nothing is known. */
#define MAYBE(reg)	OP(LTI, 1, reg, 5)

#define CALLF(a, results)	OP(CALL, a, TEST_F, results)
#define CALLG(a, results)	OP(CALL, a, TEST_G, results)
#define CALLV(a, b, args, results) \
	OP(CALLV, a, b, (results) << 8 | (args))
#define ALL			KTAP_MAX_RESULTS
#define PRINT_OPEN(reg, nr)	OP(CALLB, reg, KTAP_FUNC_PRINT, KTAP_OPEN | (nr))

/* Functions that do nothing, return their parameter, sort, and read a field. */
#define NOTHING		{ CODE(OP(RET)) }
#define SAME		{ CODE(OP(RET, 0, 1)), 1 }
#define SORTS		{ CODE(SET_TAB(0), SET_NIL(2), SET_NIL(3), OP(SORT, 0), OP(RET)) }
#define READS		{ CODE(OP(FIELD, 0, 0), OP(RET)) }

/* Most of the rows: one function, with what is wrong at instruction @pc. */
static const struct refuse_row {
	const char *name;
	struct test_prog prog;
	u32 pc;
	const char *text;
} refuse_rows[] = {
	/* check_operands() */
	{ "unknown instruction", { .main = CODE(OP_UNKNOWN, OP(RET)) },
	  0, "op65 0 0 0: unknown instruction" },
	{ "fast instruction", { .main = CODE(SET_INT(0), { KTAP_OP_ADD_INT + 1, 0, 0, 0 },
					     OP(RET)) },
	  1, "op65 0 0 0: unknown instruction" },
	{ "instruction 65534", { .main = CODE({ 0xffff }, OP(RET)) },
	  0, "op65534 0 0 0: unknown instruction" },
	{ "RET with C", { .main = CODE(OP(RET, 0, 0, 1)) },
	  0, "RET      r0, 0: unused operand C is not zero" },
	{ "LOADNIL with B", { .main = CODE(OP(LOADNIL, 0, 1), OP(RET)) },
	  0, "LOADNIL  r0: unused operand B is not zero" },
	{ "MOVE with C", { .main = CODE(SET_INT(0), OP(MOVE, 1, 0, 1), OP(RET)) },
	  1, "MOVE     r1, r0: unused operand C is not zero" },
	{ "JMP with A", { .main = CODE(OP(JMP, 1, 0), OP(RET)) },
	  0, "JMP      -> 1: unused operand A is not zero" },
	{ "written register", { .main = CODE(SET_INT(8), OP(RET)) },
	  0, "LOADI    r8, 7: operand A: no such register" },
	{ "register 65535", { .main = CODE(SET_INT(0xffff), OP(RET)) },
	  0, "LOADI    r65535, 7: operand A: no such register" },
	{ "read register B", { .main = CODE(OP(MOVE, 0, 8), OP(RET)) },
	  0, "MOVE     r0, r8: operand B: no such register" },
	{ "read register C", { .main = CODE(SET_INT(0), OP(ADD, 0, 0, 8), OP(RET)) },
	  1, "ADD      r0, r0, r8: operand C: no such register" },
	{ "CONCAT over the end", { .main = CODE(OP(CONCAT, 0, 6, 8), OP(RET)) },
	  0, "CONCAT   r0, r6, r8: operand C: the range of registers is empty or too long" },
	{ "CONCAT of nothing", { .main = CODE(OP(CONCAT, 0, 3, 2), OP(RET)) },
	  0, "CONCAT   r0, r3, r2: operand C: the range of registers is empty or too long" },
	{ "NEXT over the end", { .main = CODE(OP(NEXT, 5), OP(JMP), OP(RET)) },
	  0, "NEXT     r5: operand A: the range of registers is empty or too long" },
	{ "ITER over the end", { .main = CODE(OP(ITER, 7), OP(RET)) },
	  0, "ITER     r7: operand A: the range of registers is empty or too long" },
	{ "UPDT over the end", { .main = CODE(SET_TAB(0), OP(UPDT, 0, 7, 0), OP(RET)) },
	  1, "UPDT     r0, r7, +: operand B: the range of registers is empty or too long" },
	{ "arguments over the end",
	  { .main = CODE(OP(CALLB, 5, KTAP_FUNC_PRINT, 4), OP(RET)) },
	  0, "CALLB    r5, print, 4: operand A: the range of registers is empty or too long" },
	{ "result over the end", { .main = CODE(OP(CALLB, 8, KTAP_FUNC_PRINT, 0), OP(RET)) },
	  0, "CALLB    r8, print, 0: operand A: the range of registers is empty or too long" },
	{ "LOADBOOL 2", { .main = CODE(OP(LOADBOOL, 0, 2), OP(RET)) },
	  0, "LOADBOOL r0, 2: operand B is neither 0 nor 1" },
	{ "TEST 2", { .main = CODE(SET_INT(0), OP(TEST, 2, 0), OP(JMP), OP(RET)) },
	  1, "TEST     2, r0: operand A is neither 0 nor 1" },
	{ "EQ 65535", { .main = CODE(SET_INT(0), OP(EQ, 0xffff, 0, 0), OP(JMP), OP(RET)) },
	  1, "EQ       65535, r0, r0: operand A is neither 0 nor 1" },
	{ "constant", { .main = CODE(OP(LOADK, 0, TEST_K_NR), OP(RET)) },
	  0, "LOADK    r0, k9: operand B: there is no constant with that number" },
	{ "constant 65536", { .main = CODE(OP(LOADK, 0, 65536), OP(RET)) },
	  0, "LOADK    r0, k65536: operand B: there is no constant with that number" },
	{ "read global", { .main = CODE(OP(GETG, 0, TEST_GLOBALS), OP(RET)) },
	  0, "GETG     r0, g4: operand B: there is no global with that number" },
	{ "written global", { .main = CODE(SET_INT(0), OP(SETG, 0, 4), OP(RET)) },
	  1, "SETG     r0, g4: operand B: there is no global with that number" },
	{ "updated global", { .main = CODE(SET_INT(0), OP(UPDG, 0, 0, 4), OP(RET)) },
	  1, "UPDG     r0, +, g4: operand C: there is no global with that number" },
	{ "operator of a global",
	  { .main = CODE(SET_INT(0), OP(UPDG, 0, KTAP_A_NR, 0), OP(RET)) },
	  1, "UPDG     r0, ?, g0: operand B: there is no operator with that number" },
	{ "operator of a table",
	  { .main = CODE(SET_INT(1), SET_INT(2), SET_TAB(0), OP(UPDT, 0, 1, KTAP_A_NR), OP(RET)) },
	  3, "UPDT     r0, r1, ?: operand C: there is no operator with that number" },
	{ "variable", { .main = CODE(OP(VAR, 0, KTAP_VAR_NR), OP(RET)) },
	  0, "VAR      r0, ?: operand B: there is no variable with that number" },
	{ "field", { .probe = CODE(OP(FIELD, 0, TEST_FIELDS), OP(RET)) },
	  1, "FIELD    r0, f3: operand B: there is no field with that number" },
	{ "function", { .main = CODE(OP(CALLB, 0, KTAP_FUNC_NR, 0), OP(RET)) },
	  0, "CALLB    r0, ?, 0: operand B: there is no function with that number" },
	{ "probename in main", { .main = CODE(OP(VAR, 0, KTAP_VAR_PROBENAME), OP(RET)) },
	  0, "VAR      r0, probename: probename cannot be used in main" },
	{ "argstr in trace_end", { .end = CODE(OP(VAR, 0, KTAP_VAR_ARGSTR), OP(RET)) },
	  1, "VAR      r0, argstr: argstr cannot be used in trace_end" },
	{ "field in main", { .main = CODE(OP(FIELD, 0, 0), OP(RET)) },
	  0, "FIELD    r0, f0: FIELD cannot be used in main" },
	{ "too few arguments", { .main = CODE(OP(CALLB, 0, KTAP_FUNC_LEN, 0), OP(RET)) },
	  0, "CALLB    r0, len, 0: len takes 1 to 1 arguments, not 0" },
	{ "too many arguments",
	  { .main = CODE(SET_INT(0), SET_INT(1), OP(CALLB, 0, KTAP_FUNC_EXIT, 2), OP(RET)) },
	  2, "CALLB    r0, exit, 2: exit takes 0 to 1 arguments, not 2" },
	{ "65 arguments",
	  { .main = CODE(OP(CALLB, 0, KTAP_FUNC_PRINT, 65), OP(RET)), .regs = 80 },
	  0, "CALLB    r0, print, 65: print takes 0 to 64 arguments, not 65" },

	{ "65 arguments, some of them of a call",
	  { .main = CODE(CALLF(65, ALL), PRINT_OPEN(0, 65), OP(RET)), .regs = 200,
	    .f = NOTHING },
	  1, "CALLB    r0, print, 32833: print takes 0 to 64 arguments, not 65" },
	{ "all results where one is wanted",
	  { .main = CODE(CALLF(0, ALL), OP(CALLB, 0, KTAP_FUNC_LEN, KTAP_OPEN), OP(RET)),
	    .regs = 40, .f = NOTHING },
	  1, "CALLB    r0, len, 32768: len takes 1 to 1 arguments, not 32" },
	{ "all results over the end",
	  { .main = CODE(CALLF(1, ALL), PRINT_OPEN(0, 1), OP(RET)), .regs = 32, .f = NOTHING },
	  0, "CALL     r1, p1, 32: operand A: the range of registers is empty or too long" },
	{ "print of all results over the end",
	  { .main = CODE(PRINT_OPEN(0, 1), OP(RET)), .regs = 32 },
	  0, "CALLB    r0, print, 32769: operand A: the range of registers is empty or too long" },
	{ "RET over the end", { .main = CODE(OP(RET, 6, 3)) },
	  0, "RET      r6, 3: operand A: the range of registers is empty or too long" },
	{ "RET of all results over the end", { .main = CODE(OP(RET, 0, KTAP_OPEN)), .regs = 31 },
	  0, "RET      r0, 32768: operand A: the range of registers is empty or too long" },
	{ "RET of 33", { .main = CODE(OP(RET, 0, 33)), .regs = 40 },
	  0, "RET      r0, 33: operand B: too many values, or none" },
	{ "RET of 33 and all results", { .main = CODE(OP(RET, 0, KTAP_OPEN | 33)), .regs = 80 },
	  0, "RET      r0, 32801: operand B: too many values, or none" },
	{ "LOADF of main", { .main = CODE(OP(LOADF, 0, 0), OP(RET)) },
	  0, "LOADF    r0, p0: operand B: there is no function with that number" },
	{ "LOADF of trace_end", { .main = CODE(OP(LOADF, 0, 1), OP(RET)), .end = CODE(OP(RET)) },
	  0, "LOADF    r0, p1: operand B: there is no function with that number" },
	{ "LOADF of 65537", { .main = CODE(OP(LOADF, 0, 65537), OP(RET)), .f = NOTHING },
	  0, "LOADF    r0, p65537: operand B: there is no function with that number" },
	{ "CALL of main", { .main = CODE(OP(CALL, 0, 0, 0), OP(RET)) },
	  0, "CALL     r0, p0, 0: operand B: there is no function with that number" },
	{ "CALL of a probe", { .probe = CODE(OP(CALL, 0, 1, 0), OP(RET)) },
	  1, "CALL     r0, p1, 0: operand B: there is no function with that number" },
	{ "TCALL of nothing", { .main = CODE(OP(TCALL, 0, TEST_G)), .f = NOTHING },
	  0, "TCALL    r0, p2: operand B: there is no function with that number" },
	{ "CALL with parameters over the end",
	  { .main = CODE(CALLF(7, 0), OP(RET)), .f = { CODE(OP(RET)), 2 } },
	  0, "CALL     r7, p1, 0: operand A: the range of registers is empty or too long" },
	{ "CALL with results over the end",
	  { .main = CODE(CALLF(7, 2), OP(RET)), .f = { CODE(OP(RET)), 1 } },
	  0, "CALL     r7, p1, 2: operand A: the range of registers is empty or too long" },
	{ "CALL behind all registers",
	  { .main = CODE(CALLF(KTAP_MAX_REGS, 0), OP(RET)), .regs = KTAP_MAX_REGS, .f = NOTHING },
	  0, "CALL     r4096, p1, 0: operand A: the range of registers is empty or too long" },
	{ "CALLV behind all registers",
	  { .main = CODE(CALLV(KTAP_MAX_REGS, 0, 0, 0), OP(RET)), .regs = KTAP_MAX_REGS },
	  0, "CALLV    r4096, r0, 0: operand A: the range of registers is empty or too long" },
	{ "RET behind all registers",
	  { .main = CODE(OP(RET, KTAP_MAX_REGS)), .regs = KTAP_MAX_REGS },
	  0, "RET      r4096, 0: operand A: the range of registers is empty or too long" },
	{ "CALL with 33 results",
	  { .main = CODE(CALLF(0, 33), OP(RET)), .regs = 40, .f = NOTHING },
	  0, "CALL     r0, p1, 33: operand C: too many values, or none" },
	{ "TCALL with parameters over the end",
	  { .main = CODE(OP(TCALL, 7, TEST_F)), .f = { CODE(OP(RET)), 2 } },
	  0, "TCALL    r7, p1: operand A: the range of registers is empty or too long" },
	{ "TCALL with C",
	  { .main = CODE(OP(TCALL, 0, TEST_F, 1)), .f = NOTHING },
	  0, "TCALL    r0, p1: unused operand C is not zero" },
	{ "CALLV of no register", { .main = CODE(CALLV(0, 8, 0, 0), OP(RET)) },
	  0, "CALLV    r0, r8, 0: operand B: no such register" },
	{ "CALLV with arguments over the end", { .main = CODE(CALLV(6, 0, 3, 0), OP(RET)) },
	  0, "CALLV    r6, r0, 3: operand A: the range of registers is empty or too long" },
	{ "CALLV with results over the end", { .main = CODE(CALLV(6, 0, 0, 3), OP(RET)) },
	  0, "CALLV    r6, r0, 768: operand A: the range of registers is empty or too long" },
	{ "CALLV with 65 arguments", { .main = CODE(CALLV(0, 0, 65, 0), OP(RET)), .regs = 80 },
	  0, "CALLV    r0, r0, 65: operand C: too many values, or none" },
	{ "CALLV with 33 results", { .main = CODE(CALLV(0, 0, 0, 33), OP(RET)), .regs = 80 },
	  0, "CALLV    r0, r0, 8448: operand C: too many values, or none" },
	{ "TCALLV with 65 arguments", { .main = CODE(OP(TCALLV, 0, 0, 65)), .regs = 80 },
	  0, "TCALLV   r0, r0, 65: operand C: too many values, or none" },
	{ "TCALLV over the end", { .main = CODE(OP(TCALLV, 6, 0, 3)) },
	  0, "TCALLV   r6, r0, 3: operand A: the range of registers is empty or too long" },
	{ "KEY of nothing", { .main = CODE(OP(KEY, 0, 3, 2), OP(RET)) },
	  0, "KEY      r0, r3, r2: operand C: the range of registers is empty or too long" },
	{ "PARTS of none", { .main = CODE(OP(PARTS, 1, 0, 0), OP(RET)) },
	  0, "PARTS    r1, r0, 0: operand C: too many values, or none" },
	{ "PARTS of 33", { .main = CODE(OP(PARTS, 1, 0, 33), OP(RET)), .regs = 40 },
	  0, "PARTS    r1, r0, 33: operand C: too many values, or none" },
	{ "PARTS over the end", { .main = CODE(OP(PARTS, 6, 0, 3), OP(RET)) },
	  0, "PARTS    r6, r0, 3: operand A: the range of registers is empty or too long" },
	{ "PARTS over their key", { .main = CODE(OP(PARTS, 1, 1, 2), OP(RET)) },
	  0, "PARTS    r1, r1, 2: operand B is one of the registers that are written" },
	{ "PARTS whose last is over their key", { .main = CODE(OP(PARTS, 1, 2, 2), OP(RET)) },
	  0, "PARTS    r1, r2, 2: operand B is one of the registers that are written" },
	{ "FORPREP over the end", { .main = CODE(OP(FORPREP, 6, 0), OP(RET)) },
	  0, "FORPREP  r6, -> 1: operand A: the range of registers is empty or too long" },
	{ "FORLOOP over the end", { .main = CODE(OP(FORLOOP, 6, -1), OP(RET)) },
	  0, "FORLOOP  r6, -> 0: operand A: the range of registers is empty or too long" },
	{ "SORT over the end", { .main = CODE(OP(SORT, 5), OP(RET)) },
	  0, "SORT     r5: operand A: the range of registers is empty or too long" },
	{ "NEXTS over the end", { .main = CODE(OP(NEXTS, 5), OP(JMP), OP(RET)) },
	  0, "NEXTS    r5: operand A: the range of registers is empty or too long" },
	{ "ENDS over the end", { .main = CODE(OP(ENDS, 7), OP(RET)) },
	  0, "ENDS     r7: operand A: the range of registers is empty or too long" },

	/* check_where() */
	{ "SORT in a probe",
	  { .probe = CODE(SET_TAB(0), SET_NIL(2), SET_NIL(3), OP(SORT, 0), OP(RET)) },
	  4, "SORT     r0: SORT cannot be used in probe" },
	{ "NEXTS in a probe", { .probe = CODE(SET_INT(1), OP(NEXTS, 0), OP(JMP), OP(RET)) },
	  2, "NEXTS    r0: SORT cannot be used in probe" },
	{ "ENDS in a probe", { .probe = CODE(SET_INT(1), OP(ENDS, 0), OP(RET)) },
	  2, "ENDS     r0: SORT cannot be used in probe" },
	{ "print_hist in a probe",
	  { .probe = CODE(SET_TAB(0), OP(CALLB, 0, KTAP_FUNC_PRINT_HIST, 1), OP(RET)) },
	  2, "CALLB    r0, print_hist, 1: print_hist cannot be used in probe" },
	{ "a probe's function in main", { .main = CODE(CALLF(0, 0), OP(RET)), .f = READS },
	  0, "CALL     r0, p1, 0: f cannot be used in main" },
	{ "a probe's function in trace_end",
	  { .end = CODE(OP(TCALL, 0, TEST_F)), .f = READS },
	  3, "TCALL    r0, p1: f cannot be used in trace_end" },
	{ "main's function in a probe",
	  { .main = CODE(CALLF(0, 0), OP(RET)), .probe = CODE(CALLF(0, 0), OP(RET)), .f = SORTS },
	  7, "CALL     r0, p1, 0: f cannot be used in probe" },
	{ "a function that calls a probe's one in main",
	  { .main = CODE(CALLF(0, 0), OP(RET)), .f = { CODE(CALLG(0, 0), OP(RET)) }, .g = READS },
	  0, "CALL     r0, p1, 0: f cannot be used in main" },
	{ "a function that is called by a probe's one in main",
	  { .main = CODE(CALLG(0, 0), OP(RET)),
	    .f = { CODE(OP(FIELD, 0, 0), CALLG(0, 0), OP(RET)) },
	    .g = { CODE(OP(TEST, 1, 0), OP(JMP), CALLF(0, 0), OP(RET)) } },
	  0, "CALL     r0, p2, 0: g cannot be used in main" },
	{ "a function that goes nowhere, in main",
	  { .main = CODE(CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(FIELD, 0, 0), OP(TCALL, 0, TEST_G)) },
	    .g = SORTS },
	  0, "CALL     r0, p1, 0: f cannot be used in main" },

	/* check_flow() */
	{ "FORPREP backward",
	  { .main = CODE(SET_INT(0), SET_INT(1), SET_INT(2), OP(FORPREP, 0, -1), OP(RET)) },
	  3, "FORPREP  r0, -> 3: jump out of the function" },
	{ "FORPREP out", { .main = CODE(SET_INT(0), OP(FORPREP, 0, 1), OP(RET)) },
	  1, "FORPREP  r0, -> 3: jump out of the function" },
	{ "FORLOOP forward", { .main = CODE(SET_INT(0), OP(FORLOOP, 0, 0), OP(RET)) },
	  1, "FORLOOP  r0, -> 2: jump out of the function" },
	{ "FORLOOP out", { .main = CODE(SET_INT(0), OP(FORLOOP, 0, -3), OP(RET)) },
	  1, "FORLOOP  r0, -> 4294967295: jump out of the function" },
	{ "FORLOOP at the end",
	  { .main = CODE(SET_INT(0), SET_INT(1), SET_INT(2), OP(FORLOOP, 0, -1)) },
	  3, "FORLOOP  r0, -> 3: the function does not end with a return or jump" },
	{ "EQI at the end", { .main = CODE(SET_INT(0), OP(EQI, 0, 0, 1)) },
	  1, "EQI      0, r0, 1: not followed by a jump and something to skip to" },
	{ "LTI without jump", { .main = CODE(SET_INT(0), OP(LTI, 0, 0, 1), OP(RET), OP(RET)) },
	  1, "LTI      0, r0, 1: not followed by a jump and something to skip to" },
	{ "LEI without jump", { .main = CODE(SET_INT(0), OP(LEI, 0, 0, 1), OP(RET), OP(RET)) },
	  1, "LEI      0, r0, 1: not followed by a jump and something to skip to" },
	{ "NEXTS without jump", { .main = CODE(SET_INT(1), OP(NEXTS, 0), OP(RET), OP(RET)) },
	  1, "NEXTS    r0: not followed by a jump and something to skip to" },
	{ "CALL at the end", { .main = CODE(CALLF(0, 0)), .f = NOTHING },
	  0, "CALL     r0, p1, 0: the function does not end with a return or jump" },
	{ "behind TCALL", { .main = CODE(OP(TCALL, 0, TEST_F), OP(RET)), .f = NOTHING },
	  1, "RET      r0, 0: cannot be reached" },
	{ "behind TCALLV",
	  { .main = CODE(SET_FUNC(0), OP(TCALLV, 0, 0, 0), OP(RET)), .f = NOTHING },
	  2, "RET      r0, 0: cannot be reached" },
	{ "behind FORPREP and FORLOOP",
	  { .main = CODE(SET_INT(0), SET_INT(1), SET_INT(2), OP(FORPREP, 0, 1), OP(FORLOOP, 0, -1),
			 OP(RET), OP(RET)) },
	  6, "RET      r0, 0: cannot be reached" },
	{ "all results at first", { .main = CODE(PRINT_OPEN(0, 0), OP(RET)), .regs = 40 },
	  0, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "all results of another function's call",
	  { .main = CODE(CALLF(0, ALL), OP(RET)), .regs = 40,
	    .f = { CODE(OP(RET, 0, KTAP_OPEN)), 0, 40 } },
	  2, "RET      r0, 32768: not behind the call whose results it takes" },
	{ "all results of no call",
	  { .main = CODE(SET_INT(0), PRINT_OPEN(0, 0), OP(RET)), .regs = 40 },
	  1, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "all results of a builtin",
	  { .main = CODE(OP(CALLB, 0, KTAP_FUNC_PRINT, 32), PRINT_OPEN(0, 0), OP(RET)),
	    .regs = 40 },
	  1, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "all results twice",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(0, 0), OP(RET, 0, KTAP_OPEN)), .regs = 40,
	    .f = NOTHING },
	  2, "RET      r0, 32768: not behind the call whose results it takes" },
	{ "all results of before",
	  { .main = CODE(CALLF(0, ALL), SET_INT(39), PRINT_OPEN(0, 0), OP(RET)), .regs = 40,
	    .f = NOTHING },
	  2, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "all results where there are 31",
	  { .main = CODE(CALLF(0, 31), PRINT_OPEN(0, 0), OP(RET)), .regs = 40, .f = NOTHING },
	  1, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "all results of a value where there are 31",
	  { .main = CODE(SET_FUNC(39), CALLV(0, 39, 0, 31), PRINT_OPEN(0, 0), OP(RET)), .regs = 40,
	    .f = NOTHING },
	  2, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "all results from the next register on",
	  { .main = CODE(CALLF(0, ALL), PRINT_OPEN(1, 0), OP(RET)), .regs = 40, .f = NOTHING },
	  1, "CALLB    r1, print, 32768: not behind the call whose results it takes" },
	{ "all results with a value less",
	  { .main = CODE(SET_INT(0), CALLF(2, ALL), PRINT_OPEN(0, 1), OP(RET)), .regs = 40,
	    .f = NOTHING },
	  2, "CALLB    r0, print, 32769: not behind the call whose results it takes" },
	{ "all results that are jumped to",
	  { .main = CODE(SET_INT(39), OP(TEST, 1, 39), OP(JMP, 0, 1), CALLF(0, ALL),
			 PRINT_OPEN(0, 0), OP(RET)), .regs = 40, .f = NOTHING },
	  4, "CALLB    r0, print, 32768: not behind the call whose results it takes" },
	{ "jump behind the end", { .main = CODE(OP(JMP, 0, 1), OP(RET)) },
	  0, "JMP      -> 2: jump out of the function" },
	{ "jump before the start", { .main = CODE(OP(JMP, 0, -2), OP(RET)) },
	  0, "JMP      -> 4294967295: jump out of the function" },
	{ "jump by 2 Gi", { .main = CODE(OP(JMP, 0, 0x7fffffff), OP(RET)) },
	  0, "JMP      -> 2147483648: jump out of the function" },
	{ "jump to another function",
	  { .main = CODE(OP(RET)), .end = CODE(OP(JMP, 0, -2)) },
	  1, "JMP      -> 0: jump out of the function" },
	{ "TEST at the end", { .main = CODE(SET_INT(0), OP(TEST, 0, 0)) },
	  1, "TEST     0, r0: not followed by a jump and something to skip to" },
	{ "EQ without jump", { .main = CODE(SET_INT(0), OP(EQ, 0, 0, 0), OP(RET), OP(RET)) },
	  1, "EQ       0, r0, r0: not followed by a jump and something to skip to" },
	{ "LT skips out", { .main = CODE(SET_INT(0), OP(LT, 0, 0, 0), OP(JMP, 0, -2)) },
	  1, "LT       0, r0, r0: not followed by a jump and something to skip to" },
	{ "LE skips out", { .main = CODE(SET_INT(0), OP(LE, 0, 0, 0), OP(JMP, 0, -2)) },
	  1, "LE       0, r0, r0: not followed by a jump and something to skip to" },
	{ "NEXT without jump",
	  { .main = CODE(SET_TAB(0), OP(ITER, 0), OP(NEXT, 0), OP(RET), OP(RET)) },
	  2, "NEXT     r0: not followed by a jump and something to skip to" },
	{ "no end", { .main = CODE(SET_INT(0)) },
	  0, "LOADI    r0, 7: the function does not end with a return or jump" },
	{ "no end before another function",
	  { .main = CODE(SET_INT(0)), .end = CODE(OP(RET)) },
	  0, "LOADI    r0, 7: the function does not end with a return or jump" },
	{ "behind RET", { .main = CODE(OP(RET), OP(RET)) },
	  1, "RET      r0, 0: cannot be reached" },
	{ "behind JMP", { .main = CODE(OP(JMP, 0, 1), SET_INT(0), OP(RET)) },
	  1, "LOADI    r0, 7: cannot be reached" },
	{ "loop of its own", { .main = CODE(OP(RET), OP(JMP, 0, -1)) },
	  1, "JMP      -> 1: cannot be reached" },

	/* infer_types(): registers that were not written */
	{ "not written", { .main = CODE(OP(MOVE, 0, 1), OP(RET)) },
	  0, "MOVE     r0, r1: register r1 may not have been set" },
	{ "not written on one path",
	  { .main = CODE(SET_INT(0), MAYBE(0), OP(JMP, 0, 1), SET_INT(1),
			 OP(MOVE, 2, 1), OP(RET)) },
	  4, "MOVE     r2, r1: register r1 may not have been set" },
	{ "not written in a loop",
	  { .main = CODE(OP(JMP, 0, 1), OP(MOVE, 1, 0), SET_INT(2), MAYBE(2),
			 OP(JMP, 0, -4), OP(RET)) },
	  1, "MOVE     r1, r0: register r0 may not have been set" },
	{ "argument not written", { .main = CODE(OP(CALLB, 0, KTAP_FUNC_PRINT, 1), OP(RET)) },
	  0, "CALLB    r0, print, 1: register r0 may not have been set" },
	{ "parameter not written",
	  { .main = CODE(SET_INT(0), CALLF(0, 0), OP(RET)), .f = { CODE(OP(RET)), 2 } },
	  1, "CALL     r0, p1, 0: register r1 may not have been set" },
	{ "parameter of a tail call not written",
	  { .main = CODE(OP(TCALL, 1, TEST_F)), .f = SAME },
	  0, "TCALL    r1, p1: register r1 may not have been set" },
	{ "argument of a value not written",
	  { .main = CODE(SET_FUNC(0), CALLV(0, 0, 2, 0), OP(RET)), .f = NOTHING },
	  1, "CALLV    r0, r0, 2: register r1 may not have been set" },
	{ "argument of a tail call of a value not written",
	  { .main = CODE(SET_FUNC(0), OP(TCALLV, 1, 0, 1)), .f = NOTHING },
	  1, "TCALLV   r1, r0, 1: register r1 may not have been set" },
	{ "function not written", { .main = CODE(CALLV(0, 5, 0, 0), OP(RET)) },
	  0, "CALLV    r0, r5, 0: register r5 may not have been set" },
	{ "result not written",
	  { .main = CODE(CALLF(0, 1), OP(RET)), .f = { CODE(OP(RET, 0, 1)) } },
	  2, "RET      r0, 1: register r0 may not have been set" },
	{ "other registers of a function are not written",
	  { .main = CODE(SET_INT(1), CALLF(0, 0), OP(RET)), .f = { CODE(OP(RET, 1, 1)) } },
	  3, "RET      r1, 1: register r1 may not have been set" },
	{ "nor are those that it jumped back with",
	  { .main = CODE(SET_INT(0), CALLF(0, 0), OP(RET)),
	    .f = { CODE(MAYBE(0), OP(JMP, 0, 2), SET_INT(1), OP(JMP, 0, -4), OP(MOVE, 0, 1),
			OP(RET)), 1 } },
	  7, "MOVE     r0, r1: register r1 may not have been set" },
	{ "register behind a call",
	  { .main = CODE(SET_INT(0), SET_INT(1), CALLF(0, 0), OP(MOVE, 2, 1), OP(RET)),
	    .f = NOTHING },
	  3, "MOVE     r2, r1: register r1 may not have been set" },
	{ "argument of a call",
	  { .main = CODE(SET_INT(0), CALLF(0, 0), OP(MOVE, 2, 0), OP(RET)), .f = SAME },
	  2, "MOVE     r2, r0: register r0 may not have been set" },
	{ "register behind the results of a call",
	  { .main = CODE(SET_INT(7), CALLF(0, 7), OP(MOVE, 0, 7), OP(RET)), .f = NOTHING },
	  2, "MOVE     r0, r7: register r7 may not have been set" },
	{ "register behind a call of a value",
	  { .main = CODE(SET_FUNC(0), SET_INT(3), CALLV(1, 0, 0, 1), OP(MOVE, 2, 3), OP(RET)),
	    .f = NOTHING },
	  3, "MOVE     r2, r3: register r3 may not have been set" },
	{ "function in an argument after its call",
	  { .main = CODE(SET_FUNC(1), CALLV(1, 1, 0, 0), CALLV(2, 1, 0, 0), OP(RET)),
	    .f = NOTHING },
	  2, "CALLV    r2, r1, 0: register r1 may not have been set" },
	{ "pair where there is none",
	  { .main = CODE(SET_TAB(0), OP(TEST, 1, 0), OP(JMP, 0, 1), OP(RET),
			 OP(ITER, 0), OP(NEXT, 0), OP(RET), OP(RET)) },
	  5, "NEXT     r0: not followed by a jump and something to skip to" },

	/* infer_types(): types that an instruction can't take */
	{ "ADD of a string", { .main = CODE(SET_STR(0), SET_INT(1), OP(ADD, 2, 0, 1), OP(RET)) },
	  2, "ADD      r2, r0, r1: register r0 is string: the run ends here" },
	{ "ADD of a boolean", { .main = CODE(SET_INT(0), SET_BOOL(1), OP(ADD, 2, 0, 1), OP(RET)) },
	  2, "ADD      r2, r0, r1: register r1 is boolean: the run ends here" },
	{ "SUB of an event",
	  { .probe = CODE(OP(VAR, 0, KTAP_VAR_ARGSTR), OP(SUB, 1, 0, 0), OP(RET)) },
	  2, "SUB      r1, r0, r0: register r0 is string or event: the run ends here" },
	{ "MUL of a string", { .main = CODE(SET_STR(0), OP(MUL, 2, 0, 0), OP(RET)) },
	  1, "MUL      r2, r0, r0: register r0 is string: the run ends here" },
	{ "DIV of a string", { .main = CODE(SET_STR(0), OP(DIV, 2, 0, 0), OP(RET)) },
	  1, "DIV      r2, r0, r0: register r0 is string: the run ends here" },
	{ "MOD of a string", { .main = CODE(SET_STR(0), OP(MOD, 2, 0, 0), OP(RET)) },
	  1, "MOD      r2, r0, r0: register r0 is string: the run ends here" },
	{ "AND of a string", { .main = CODE(SET_STR(0), OP(AND, 2, 0, 0), OP(RET)) },
	  1, "AND      r2, r0, r0: register r0 is string: the run ends here" },
	{ "OR of a string", { .main = CODE(SET_STR(0), OP(OR, 2, 0, 0), OP(RET)) },
	  1, "OR       r2, r0, r0: register r0 is string: the run ends here" },
	{ "XOR of a string", { .main = CODE(SET_STR(0), OP(XOR, 2, 0, 0), OP(RET)) },
	  1, "XOR      r2, r0, r0: register r0 is string: the run ends here" },
	{ "SHL of a string", { .main = CODE(SET_STR(0), OP(SHL, 2, 0, 0), OP(RET)) },
	  1, "SHL      r2, r0, r0: register r0 is string: the run ends here" },
	{ "SHR of a string", { .main = CODE(SET_STR(0), OP(SHR, 2, 0, 0), OP(RET)) },
	  1, "SHR      r2, r0, r0: register r0 is string: the run ends here" },
	{ "NEG of a string", { .main = CODE(SET_STR(0), OP(NEG, 1, 0), OP(RET)) },
	  1, "NEG      r1, r0: register r0 is string: the run ends here" },
	{ "BNOT of a boolean", { .main = CODE(SET_BOOL(0), OP(BNOT, 1, 0), OP(RET)) },
	  1, "BNOT     r1, r0: register r0 is boolean: the run ends here" },
	{ "LT of booleans",
	  { .main = CODE(SET_BOOL(0), OP(LT, 0, 0, 0), OP(JMP), OP(RET)) },
	  1, "LT       0, r0, r0: register r0 is boolean: the run ends here" },
	{ "LT of nil",
	  { .main = CODE(SET_INT(0), SET_NIL(1), OP(LT, 0, 0, 1), OP(JMP), OP(RET)) },
	  2, "LT       0, r0, r1: register r1 is nil: the run ends here" },
	{ "LE of integer and string",
	  { .main = CODE(SET_INT(0), SET_STR(1), OP(LE, 0, 0, 1), OP(JMP), OP(RET)) },
	  2, "LE       0, r0, r1: register r1 is string: the run ends here" },
	{ "UPDG by a string", { .main = CODE(SET_STR(0), OP(UPDG, 0, 0, 0), OP(RET)) },
	  1, "UPDG     r0, +, g0: register r0 is string: the run ends here" },
	{ "GETT of an integer", { .main = CODE(SET_INT(0), OP(GETT, 1, 0, 0), OP(RET)) },
	  1, "GETT     r1, r0, r0: register r0 is integer: the run ends here" },
	{ "SETT of a string", { .main = CODE(SET_STR(0), OP(SETT, 0, 0, 0), OP(RET)) },
	  1, "SETT     r0, r0, r0: register r0 is string: the run ends here" },
	{ "SETT with nil",
	  { .main = CODE(SET_TAB(0), SET_NIL(1), OP(SETT, 0, 1, 1), OP(RET)) },
	  2, "SETT     r0, r1, r1: register r1 is nil: the run ends here" },
	{ "ADDT of nil", { .main = CODE(SET_NIL(0), SET_INT(1), OP(ADDT, 0, 1, 1), OP(RET)) },
	  2, "ADDT     r0, r1, r1: register r0 is nil: the run ends here" },
	{ "ADDT with nil",
	  { .main = CODE(SET_TAB(0), SET_NIL(1), SET_INT(2), OP(ADDT, 0, 1, 2), OP(RET)) },
	  3, "ADDT     r0, r1, r2: register r1 is nil: the run ends here" },
	{ "ADDT by a string",
	  { .main = CODE(SET_TAB(0), SET_INT(1), SET_STR(2), OP(ADDT, 0, 1, 2), OP(RET)) },
	  3, "ADDT     r0, r1, r2: register r2 is string: the run ends here" },
	{ "UPDT by a boolean",
	  { .main = CODE(SET_TAB(0), SET_INT(1), SET_BOOL(2), OP(UPDT, 0, 1, KTAP_A_OR),
			 OP(RET)) },
	  3, "UPDT     r0, r1, |: register r2 is boolean: the run ends here" },
	{ "ITER of an integer", { .main = CODE(SET_INT(0), OP(ITER, 0), OP(RET)) },
	  1, "ITER     r0: register r0 is integer: the run ends here" },
	{ "NEXT of what may be nil",
	  { .main = CODE(SET_INT(1), SET_TAB(0), MAYBE(1), OP(JMP, 0, 1), SET_NIL(0),
			 OP(NEXT, 0), OP(JMP), OP(RET)) },
	  5, "NEXT     r0: register r0 is nil or table, which is not possible here" },
	{ "NEXT of what a table has",
	  { .main = CODE(SET_TAB(0), SET_INT(1), OP(GETT, 0, 0, 1), OP(NEXT, 0), OP(JMP),
			 OP(RET)) },
	  3, "NEXT     r0: register r0 is " IN_TABLE ", which is not possible here" },
	{ "NEXT with a string",
	  { .main = CODE(SET_TAB(0), OP(ITER, 0), SET_STR(1), OP(NEXT, 0), OP(JMP), OP(RET)) },
	  3, "NEXT     r0: register r1 is string, which is not possible here" },
	{ "NEXT with what may be nil",
	  { .main = CODE(SET_TAB(0), OP(ITER, 0), MAYBE(1), OP(JMP, 0, 1), SET_NIL(1),
			 OP(NEXT, 0), OP(JMP), OP(RET)) },
	  5, "NEXT     r0: register r1 is nil or integer, which is not possible here" },
	{ "NEXTS with what may be a string",
	  { .main = CODE(SET_INT(1), OP(SETG, 1, 0), SET_STR(1), OP(SETG, 1, 0),
			 OP(GETG, 1, 0), OP(NEXTS, 0), OP(JMP), OP(RET)) },
	  5, "NEXTS    r0: register r1 is " IN_FIELD ", which is not possible here" },
	{ "ENDS with what may be a string",
	  { .main = CODE(SET_INT(1), OP(SETG, 1, 0), SET_STR(1), OP(SETG, 1, 0),
			 OP(GETG, 1, 0), OP(ENDS, 0), OP(RET)) },
	  5, "ENDS     r0: register r1 is " IN_FIELD ", which is not possible here" },
	{ "the name behind a dump",
	  { .main = CODE(SET_TAB(0), SET_STR(1), OP(CALLB, 0, KTAP_FUNC_DUMP, 2),
			 OP(MOVE, 0, 1), OP(RET)) },
	  3, "MOVE     r0, r1: register r1 may not have been set" },

	{ "ADDI of a string", { .main = CODE(SET_STR(0), OP(ADDI, 1, 0, 1), OP(RET)) },
	  1, "ADDI     r1, r0, 1: register r0 is string: the run ends here" },
	{ "DIVI of a boolean", { .main = CODE(SET_BOOL(0), OP(DIVI, 1, 0, 1), OP(RET)) },
	  1, "DIVI     r1, r0, 1: register r0 is boolean: the run ends here" },
	{ "SHRI of a function",
	  { .main = CODE(SET_FUNC(0), OP(SHRI, 1, 0, 1), OP(RET)), .f = NOTHING },
	  1, "SHRI     r1, r0, 1: register r0 is function: the run ends here" },
	{ "LTI of nil", { .main = CODE(SET_NIL(0), OP(LTI, 1, 0, 1), OP(JMP), OP(RET)) },
	  1, "LTI      1, r0, 1: register r0 is nil: the run ends here" },
	{ "LEI of a string", { .main = CODE(SET_STR(0), OP(LEI, 1, 0, 1), OP(JMP), OP(RET)) },
	  1, "LEI      1, r0, 1: register r0 is string: the run ends here" },
	{ "FORPREP of nil",
	  { .main = CODE(SET_NIL(0), SET_INT(1), SET_INT(2), OP(FORPREP, 0, 0), OP(RET)) },
	  3, "FORPREP  r0, -> 4: register r0 is nil: the run ends here" },
	{ "FORPREP to a string",
	  { .main = CODE(SET_INT(0), SET_STR(1), SET_INT(2), OP(FORPREP, 0, 0), OP(RET)) },
	  3, "FORPREP  r0, -> 4: register r1 is string: the run ends here" },
	{ "FORPREP by a table",
	  { .main = CODE(SET_INT(0), SET_INT(1), SET_TAB(2), OP(FORPREP, 0, 0), OP(RET)) },
	  3, "FORPREP  r0, -> 4: register r2 is table: the run ends here" },
	{ "FORLOOP of what may be nil",
	  { .main = CODE(SET_INT(0), SET_INT(1), SET_INT(2), OP(EQI, 1, 0, 1), OP(JMP, 0, 1),
			 SET_NIL(0), OP(FORLOOP, 0, -1), OP(RET)) },
	  6, "FORLOOP  r0, -> 6: register r0 is nil or integer, which is not possible here" },
	{ "FORLOOP to what may be a field",
	  { .probe = CODE(SET_INT(0), OP(FIELD, 1, 0), SET_INT(2), OP(FORLOOP, 0, -1), OP(RET)) },
	  4, "FORLOOP  r0, -> 4: register r1 is " IN_FIELD ", which is not possible here" },
	{ "FORLOOP by what a function gives",
	  { .main = CODE(SET_INT(0), SET_INT(1), CALLF(2, 1), OP(FORLOOP, 0, -1), OP(RET)),
	    .f = { CODE(MAYBE(0), OP(JMP, 0, 1), OP(RET), OP(RET, 0, 1)), 1 } },
	  2, "CALL     r2, p1, 1: register r2 may not have been set" },
	{ "KEY of nil", { .main = CODE(SET_INT(0), SET_NIL(1), OP(KEY, 0, 0, 1), OP(RET)) },
	  2, "KEY      r0, r0, r1: register r1 is nil: the run ends here" },
	{ "KEY of a table", { .main = CODE(SET_TAB(0), OP(KEY, 0, 0, 0), OP(RET)) },
	  1, "KEY      r0, r0, r0: register r0 is table: the run ends here" },
	{ "KEY of a key",
	  { .main = CODE(SET_INT(0), OP(KEY, 0, 0, 0), OP(KEY, 0, 0, 0), OP(RET)) },
	  2, "KEY      r0, r0, r0: register r0 is compound key: the run ends here" },
	{ "CONCAT of a function",
	  { .main = CODE(SET_FUNC(0), OP(CONCAT, 0, 0, 0), OP(RET)), .f = NOTHING },
	  1, "CONCAT   r0, r0, r0: register r0 is function: the run ends here" },
	{ "GETT of what parts are",
	  { .main = CODE(SET_INT(0), OP(PARTS, 1, 0, 2), OP(GETT, 1, 2, 0), OP(RET)) },
	  2, "GETT     r1, r2, r0: register r2 is " IN_KEY ": the run ends here" },
	{ "FEED of an integer", { .main = CODE(SET_INT(0), OP(FEED, 0, 0), OP(RET)) },
	  1, "FEED     r0, r0: register r0 is integer: the run ends here" },
	{ "FEED by a string", { .main = CODE(SET_TAB(0), SET_STR(1), OP(FEED, 0, 1), OP(RET)) },
	  2, "FEED     r0, r1: register r1 is string: the run ends here" },
	{ "FEEDT of a string", { .main = CODE(SET_STR(0), OP(FEEDT, 0, 0, 0), OP(RET)) },
	  1, "FEEDT    r0, r0, r0: register r0 is string: the run ends here" },
	{ "FEEDT with nil",
	  { .main = CODE(SET_TAB(0), SET_NIL(1), OP(FEEDT, 0, 1, 1), OP(RET)) },
	  2, "FEEDT    r0, r1, r1: register r1 is nil: the run ends here" },
	{ "FEEDT by a table", { .main = CODE(SET_TAB(0), OP(FEEDT, 0, 0, 0), OP(RET)) },
	  1, "FEEDT    r0, r0, r0: register r0 is table: the run ends here" },
	{ "SORT of a string",
	  { .main = CODE(SET_STR(0), SET_NIL(2), SET_NIL(3), OP(SORT, 0), OP(RET)) },
	  3, "SORT     r0: register r0 is string: the run ends here" },
	{ "SORT by an integer",
	  { .main = CODE(SET_TAB(0), SET_INT(2), SET_NIL(3), OP(SORT, 0), OP(RET)) },
	  3, "SORT     r0: register r2 is integer: the run ends here" },
	{ "SORT of as many as a string",
	  { .main = CODE(SET_TAB(0), SET_NIL(2), SET_STR(3), OP(SORT, 0), OP(RET)) },
	  3, "SORT     r0: register r3 is string: the run ends here" },
	{ "NEXTS with a string", { .main = CODE(SET_STR(1), OP(NEXTS, 0), OP(JMP), OP(RET)) },
	  1, "NEXTS    r0: register r1 is string, which is not possible here" },
	{ "ENDS with nil", { .main = CODE(SET_NIL(1), OP(ENDS, 0), OP(RET)) },
	  1, "ENDS     r0: register r1 is nil, which is not possible here" },
	{ "CALLV of an integer", { .main = CODE(SET_INT(0), CALLV(0, 0, 0, 0), OP(RET)) },
	  1, "CALLV    r0, r0, 0: register r0 is integer: the run ends here" },
	{ "TCALLV of a table", { .main = CODE(SET_TAB(0), OP(TCALLV, 0, 0, 0)) },
	  1, "TCALLV   r0, r0, 0: register r0 is table: the run ends here" },

	{ "what a condition does not rule out",
	  { .main = CODE(SET_INT(0), OP(EQI, 0, 0, 7), OP(JMP, 0, 1), OP(RET), SET_STR(1),
			 OP(NEG, 1, 1), OP(RET)) },
	  5, "NEG      r1, r1: register r1 is string: the run ends here" },
	{ "EQ of integers does not rule out integers",
	  { .main = CODE(SET_INT(0), SET_INT(1), OP(EQ, 0, 0, 1), OP(JMP, 0, 1), OP(RET),
			 SET_STR(1), OP(NEG, 1, 1), OP(RET)) },
	  6, "NEG      r1, r1: register r1 is string: the run ends here" },
	{ "what a condition says on its other side",
	  { .probe = CODE(OP(FIELD, 1, 0), OP(EQI, 1, 1, 5), OP(JMP, 0, 1), OP(RET),
			  OP(GETT, 0, 1, 1), OP(RET)) },
	  5, "GETT     r0, r1, r1: register r1 is integer: the run ends here" },
	{ "TEST that does not hold",
	  { .probe = CODE(OP(FIELD, 1, 0), OP(TEST, 1, 1), OP(JMP, 0, 2), OP(GETT, 0, 1, 1),
			  OP(RET), OP(RET)) },
	  4, "GETT     r0, r1, r1: register r1 is nil: the run ends here" },
	{ "EQ of what has a type in common",
	  { .probe = CODE(OP(FIELD, 1, 0), SET_STR(0), OP(EQ, 1, 1, 0), OP(JMP, 0, 1), OP(RET),
			  OP(NEG, 0, 1), OP(RET)) },
	  6, "NEG      r0, r1: register r1 is string: the run ends here" },

	/* infer_types(): what goes in and out of functions */
	{ "parameter that is a string",
	  { .main = CODE(SET_STR(0), CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(NEG, 0, 0), OP(RET)), 1 } },
	  3, "NEG      r0, r0: register r0 is string: the run ends here" },
	{ "parameter that is one of two",
	  { .main = CODE(SET_STR(0), CALLF(0, 0), OP(RET)),
	    .end = CODE(SET_BOOL(0), CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(NEG, 0, 0), OP(RET)), 1 } },
	  3, "NEG      r0, r0: register r0 is boolean or string: the run ends here" },
	{ "function that is called where there are no registers",
	  { .main = CODE(OP(JMP), CALLF(0, 0), OP(RET)), .regs = TEST_NO_REGS,
	    .f = { CODE(SET_STR(0), OP(NEG, 0, 0), OP(RET)) } },
	  4, "NEG      r0, r0: register r0 is string: the run ends here" },
	{ "parameter of a tail call",
	  { .main = CODE(SET_STR(0), OP(TCALL, 0, TEST_F)),
	    .f = { CODE(OP(NEG, 0, 0), OP(RET)), 1 } },
	  2, "NEG      r0, r0: register r0 is string: the run ends here" },
	{ "result that is a string",
	  { .main = CODE(CALLF(0, 1), OP(NEG, 0, 0), OP(RET)),
	    .f = { CODE(SET_STR(0), OP(RET, 0, 1)) } },
	  1, "NEG      r0, r0: register r0 is string: the run ends here" },
	{ "result that is not given",
	  { .main = CODE(SET_INT(0), CALLF(1, 1), OP(GETT, 0, 1, 0), OP(RET)), .f = NOTHING },
	  2, "GETT     r0, r1, r0: register r1 is nil: the run ends here" },
	{ "result that is given sometimes",
	  { .main = CODE(SET_INT(0), OP(MOVE, 1, 0), CALLF(1, 1), OP(GETT, 0, 1, 0), OP(RET)),
	    .f = { CODE(MAYBE(0), OP(JMP, 0, 1), OP(RET), OP(RET, 0, 1)), 1 } },
	  3, "GETT     r0, r1, r0: register r1 is nil or integer: the run ends here" },
	{ "second result",
	  { .main = CODE(CALLF(0, 2), OP(NEG, 1, 1), OP(RET)),
	    .f = { CODE(SET_INT(0), SET_STR(1), OP(RET, 0, 2)) } },
	  1, "NEG      r1, r1: register r1 is string: the run ends here" },
	{ "result of a tail call",
	  { .main = CODE(CALLF(0, 1), OP(NEG, 0, 0), OP(RET)),
	    .f = { CODE(SET_STR(0), OP(TCALL, 0, TEST_G)) }, .g = SAME },
	  1, "NEG      r0, r0: register r0 is string: the run ends here" },
	{ "result that is one of all",
	  { .main = CODE(CALLF(0, 2), OP(NEG, 1, 1), OP(RET)), .regs = 40,
	    .f = { CODE(SET_INT(0), CALLG(1, ALL), OP(RET, 0, KTAP_OPEN | 1)), 0, 40 },
	    .g = { CODE(SET_STR(0), OP(RET, 0, 1)) } },
	  1, "NEG      r1, r1: register r1 is string: the run ends here" },
	{ "result that goes round",
	  { .main = CODE(SET_STR(0), CALLF(0, 1), OP(NEG, 0, 0), OP(RET)),
	    .f = { CODE(OP(LT, 1, 0, 0), OP(JMP, 0, 1), OP(RET, 0, 1), OP(MOVE, 1, 0),
			CALLF(1, 1), OP(RET, 1, 1)), 1 } },
	  2, "NEG      r0, r0: register r0 is string: the run ends here" },
	{ "function that nobody calls",
	  { .f = { CODE(SET_STR(1), OP(ADD, 0, 0, 1), OP(RET)), 1 } },
	  2, "ADD      r0, r0, r1: register r1 is string: the run ends here" },
	{ "function that is only a value",
	  { .main = CODE(SET_FUNC(0), OP(RET)), .f = { CODE(SET_STR(1), OP(NEG, 0, 1), OP(RET)) } },
	  3, "NEG      r0, r1: register r1 is string: the run ends here" },
	{ "function without registers",
	  { .f = { CODE(OP(JMP, 0, 0), OP(CALL, 0, TEST_G, 0), OP(RET)), 0, 0 },
	    .g = { CODE(SET_STR(0), OP(NEG, 0, 0), OP(RET)) } },
	  5, "NEG      r0, r0: register r0 is string: the run ends here" },

	/* infer_types(): arguments */
	{ "len of an integer",
	  { .main = CODE(SET_INT(0), OP(CALLB, 0, KTAP_FUNC_LEN, 1), OP(RET)) },
	  1, "CALLB    r0, len, 1: argument 1 of len is integer: the run ends here" },
	{ "printf of a number",
	  { .main = CODE(SET_INT(0), OP(CALLB, 0, KTAP_FUNC_PRINTF, 1), OP(RET)) },
	  1, "CALLB    r0, printf, 1: argument 1 of printf is integer: the run ends here" },
	{ "exit with a string",
	  { .main = CODE(SET_STR(0), OP(CALLB, 0, KTAP_FUNC_EXIT, 1), OP(RET)) },
	  1, "CALLB    r0, exit, 1: argument 1 of exit is string: the run ends here" },
	{ "delete of a string",
	  { .main = CODE(SET_STR(0), OP(CALLB, 0, KTAP_FUNC_DELETE, 1), OP(RET)) },
	  1, "CALLB    r0, delete, 1: argument 1 of delete is string: the run ends here" },
	{ "delete with nil",
	  { .main = CODE(SET_TAB(0), SET_NIL(1), OP(CALLB, 0, KTAP_FUNC_DELETE, 2), OP(RET)) },
	  2, "CALLB    r0, delete, 2: argument 2 of delete is nil: the run ends here" },
	{ "result of a function",
	  { .main = CODE(SET_STR(0), OP(CALLB, 0, KTAP_FUNC_LEN, 1),
			 OP(CALLB, 0, KTAP_FUNC_LEN, 1), OP(RET)) },
	  2, "CALLB    r0, len, 1: argument 1 of len is integer: the run ends here" },

	/* What is known in one function counts in all. */
	{ "global that is never a table",
	  { .main = CODE(SET_INT(0), OP(SETG, 0, 0), OP(RET)),
	    .end = CODE(SET_INT(1), OP(GETG, 0, 0), OP(GETT, 1, 0, 1), OP(RET)) },
	  5, "GETT     r1, r0, r1: register r0 is nil or integer: the run ends here" },
	{ "global that nobody sets",
	  { .main = CODE(SET_INT(1), OP(GETG, 0, 0), OP(SETT, 0, 1, 1), OP(RET)) },
	  2, "SETT     r0, r1, r1: register r0 is nil: the run ends here" },
};

KUNIT_ARRAY_PARAM_DESC(refuse, refuse_rows, name);

static void test_refuse(struct kunit *test)
{
	const struct refuse_row *row = test->param_value;
	char is[256] = "", want[256];
	struct ktap_log log = { .buf = is, .size = sizeof(is) };
	struct ktap_prog *prog = test_prog_make(&row->prog, &log);
	bool warning = strstr(row->text, ": the run ends here");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_EXPECT_EQ(test, ktap_verify(prog, &log), warning ? 0 : -EINVAL);
	ktap_prog_destroy(prog);
	scnprintf(want, sizeof(want), "test.kp:%u:1: insn %u: %s\n",
		  row->pc + TEST_LINE, row->pc, row->text);
	KUNIT_EXPECT_STREQ(test, is, want);
}

/* @fast is the instruction that is at @pc afterwards, if it isn't 0. */
static const struct accept_row {
	const char *name;
	struct test_prog prog;
	u32 pc;
	u32 fast;
} accept_rows[] = {
	{ "nothing", { } },
	{ "no registers", { .main = CODE(OP(RET)) } },
	{ "ADD of integers", { .main = CODE(SET_INT(0), OP(ADD, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_ADD_INT },
	{ "SUB of integers", { .main = CODE(SET_INT(0), OP(SUB, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_SUB_INT },
	{ "MUL of integers", { .main = CODE(SET_INT(0), OP(MUL, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_MUL_INT },
	{ "AND of integers", { .main = CODE(SET_INT(0), OP(AND, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_AND_INT },
	{ "OR of integers", { .main = CODE(SET_INT(0), OP(OR, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_OR_INT },
	{ "XOR of integers", { .main = CODE(SET_INT(0), OP(XOR, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_XOR_INT },
	{ "SHL of integers", { .main = CODE(SET_INT(0), OP(SHL, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_SHL_INT },
	{ "SHR of integers", { .main = CODE(SET_INT(0), OP(SHR, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_SHR_INT },
	{ "DIV of integers", { .main = CODE(SET_INT(0), OP(DIV, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_DIV },
	{ "EQ of integers", { .main = CODE(SET_INT(0), OP(EQ, 0, 0, 0), OP(JMP), OP(RET)) },
	  1, KTAP_OP_EQ_INT },
	{ "LT of integers", { .main = CODE(SET_INT(0), OP(LT, 0, 0, 0), OP(JMP), OP(RET)) },
	  1, KTAP_OP_LT_INT },
	{ "LE of integers", { .main = CODE(SET_INT(0), OP(LE, 0, 0, 0), OP(JMP), OP(RET)) },
	  1, KTAP_OP_LE_INT },
	{ "ADD with what may be nil",
	  { .main = CODE(SET_INT(0), SET_NIL(1), MAYBE(0), OP(JMP, 0, 1), SET_INT(1),
			 OP(ADD, 2, 0, 1), OP(RET)) },
	  5, KTAP_OP_ADD },
	{ "ADD with nil", { .main = CODE(SET_NIL(0), OP(ADD, 1, 0, 0), OP(RET)) },
	  1, KTAP_OP_ADD },
	{ "EQ of strings",
	  { .main = CODE(SET_STR(0), OP(EQ, 0, 0, 0), OP(JMP), OP(RET)) }, 1, KTAP_OP_EQ },
	{ "EQ of different types",
	  { .main = CODE(SET_STR(0), SET_INT(1), OP(EQ, 0, 0, 1), OP(JMP), OP(RET)) },
	  2, KTAP_OP_EQ },
	{ "LE of strings",
	  { .main = CODE(SET_STR(0), OP(LE, 0, 0, 0), OP(JMP), OP(RET)) }, 1, KTAP_OP_LE },
	{ "jump forward", { .main = CODE(OP(JMP, 0, 0), OP(RET)) }, 0, KTAP_OP_JMP },
	{ "jump to itself", { .main = CODE(OP(JMP, 0, -1)) }, 0, KTAP_OP_LOOP },
	{ "loop",
	  { .main = CODE(SET_INT(0), OP(ADD, 0, 0, 0), OP(TEST, 1, 0), OP(JMP, 0, -3), OP(RET)) },
	  3, KTAP_OP_LOOP },
	/* A register that an instruction took has the types that it can take. */
	{ "field in two additions",
	  { .probe = CODE(OP(FIELD, 0, 0), OP(NEG, 1, 0), OP(ADD, 0, 0, 0), OP(RET)) },
	  3, KTAP_OP_ADD },
	{ "variable", { .probe = CODE(OP(VAR, 0, KTAP_VAR_PID), OP(ADD, 0, 0, 0), OP(RET)) },
	  2, KTAP_OP_ADD_INT },
	{ "big constant", { .main = CODE(OP(LOADK, 0, K_MAX), OP(ADD, 0, 0, 0), OP(RET)) },
	  1, KTAP_OP_ADD_INT },
	{ "most registers",
	  { .main = CODE(SET_INT(KTAP_MAX_REGS - 1), OP(RET)), .regs = KTAP_MAX_REGS } },
	{ "64 arguments",
	  { .main = CODE(SET_INT(0), OP(CALLB, 1, KTAP_FUNC_PRINT, 0), OP(RET)), .regs = 65 } },
	{ "going through a table",
	  { .main = CODE(SET_TAB(0), OP(ITER, 0), OP(JMP, 0, 1), OP(ADD, 4, 1, 1),
			 OP(NEXT, 0), OP(JMP, 0, -3), OP(RET)) },
	  3, KTAP_OP_ADD_INT },
	{ "key as it comes",
	  { .main = CODE(SET_TAB(0), OP(ITER, 0), OP(JMP, 0, 2), OP(EQ, 0, 2, 2), OP(JMP),
			 OP(NEXT, 0), OP(JMP, 0, -4), OP(RET)) },
	  3, KTAP_OP_EQ },
	{ "counting by process",
	  { .main = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_PID), SET_INT(2),
			  OP(ADDT, 0, 1, 2), OP(RET)) },
	  3, KTAP_OP_COUNT_PID },
	{ "counting by thread, after something else",
	  { .main = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)),
	    .probe = CODE(SET_INT(2), OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_TID), SET_INT(3),
			  OP(ADDT, 0, 1, 3), OP(RET)) },
	  4, KTAP_OP_COUNT_TID },
	{ "counting by name, and more",
	  { .main = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_EXECNAME), SET_INT(2),
			  OP(ADDT, 0, 1, 2), OP(MOVE, 3, 1), OP(RET)) },
	  3, KTAP_OP_GETG },
	{ "counting by a number",
	  { .main = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_PID), SET_INT(2),
			  OP(ADDT, 0, 2, 2), OP(RET)) },
	  3, KTAP_OP_GETG },
	{ "counting by user",
	  { .main = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_UID), SET_INT(2),
			  OP(ADDT, 0, 1, 2), OP(RET)) },
	  3, KTAP_OP_GETG },
	{ "counting in trace_end",
	  { .main = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)),
	    .end = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_PID), SET_INT(2),
			OP(ADDT, 0, 1, 2), OP(RET)) },
	  3, KTAP_OP_GETG },
	/*
	 * What a register or global can be shows only when all is known: the
	 * code that sets it comes later.
	 */
	{ "table that a loop makes",
	  { .main = CODE(SET_NIL(0), SET_INT(1),
			 OP(TEST, 1, 0), OP(JMP, 0, 2), SET_TAB(0), OP(JMP, 0, -4),
			 OP(SETT, 0, 1, 1), OP(RET)) } },
	{ "table only in later rounds",
	  { .main = CODE(SET_NIL(0), SET_INT(1), OP(JMP, 0, 2),
			 OP(GETT, 2, 0, 1), SET_TAB(0),
			 MAYBE(1), OP(JMP, 0, -4), MAYBE(1), OP(JMP, 0, -5),
			 OP(RET)) } },
	{ "the same, the other way round",
	  { .main = CODE(SET_NIL(0), SET_INT(1), OP(JMP, 0, 2),
			 OP(GETT, 2, 0, 1), SET_TAB(0),
			 MAYBE(1), OP(JMP, 0, -3), MAYBE(1), OP(JMP, 0, -6),
			 OP(RET)) } },
	/* Functions */
	{ "parameters that are integers",
	  { .main = CODE(SET_INT(0), SET_INT(1), CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(ADD, 0, 0, 1), OP(RET)), 2 } },
	  4, KTAP_OP_ADD_INT },
	{ "a parameter that is an integer sometimes",
	  { .main = CODE(SET_INT(0), CALLF(0, 0), SET_STR(0), CALLF(0, 0), OP(RET)),
	    .f = { CODE(OP(ADDI, 0, 0, 1), OP(RET)), 1 } },
	  5, KTAP_OP_ADDI },
	{ "a parameter of a value",
	  { .main = CODE(SET_INT(0), CALLF(0, 0), SET_FUNC(0), OP(RET)),
	    .f = { CODE(OP(ADDI, 0, 0, 1), OP(RET)), 1 } },
	  4, KTAP_OP_ADDI },
	{ "a result that is an integer",
	  { .main = CODE(CALLF(0, 1), OP(ADDI, 0, 0, 1), OP(RET)),
	    .f = { CODE(SET_INT(0), OP(RET, 0, 1)) } },
	  1, KTAP_OP_ADDI_INT },
	{ "a result that is an integer sometimes",
	  { .main = CODE(SET_INT(0), CALLF(0, 1), OP(ADDI, 0, 0, 1), OP(RET)),
	    .f = { CODE(MAYBE(0), OP(JMP, 0, 1), OP(RET), OP(RET, 0, 1)), 1 } },
	  2, KTAP_OP_ADDI },
	{ "a result of a value",
	  { .main = CODE(SET_FUNC(0), CALLV(0, 0, 0, 1), OP(ADDI, 0, 0, 1), OP(RET)),
	    .f = { CODE(SET_INT(0), OP(RET, 0, 1)) } },
	  2, KTAP_OP_ADDI },
	{ "a result of a tail call",
	  { .main = CODE(CALLF(0, 1), OP(ADDI, 0, 0, 1), OP(RET)),
	    .f = { CODE(OP(TCALL, 0, TEST_G)) }, .g = { CODE(SET_INT(0), OP(RET, 0, 1)) } },
	  1, KTAP_OP_ADDI_INT },
	{ "a result of a tail call of a value",
	  { .main = CODE(CALLF(0, 1), OP(ADDI, 0, 0, 1), OP(RET)),
	    .f = { CODE(OP(LOADF, 0, TEST_G), OP(TCALLV, 0, 0, 0)) },
	    .g = { CODE(SET_INT(0), OP(RET, 0, 1)) } },
	  1, KTAP_OP_ADDI },
	{ "the first of all results",
	  { .main = CODE(CALLF(0, 2), OP(ADD, 0, 0, 1), OP(RET)), .regs = 40,
	    .f = { CODE(CALLG(0, ALL), OP(RET, 0, KTAP_OPEN)), 0, 40 },
	    .g = { CODE(SET_INT(0), OP(MOVE, 1, 0), OP(RET, 0, 2)) } },
	  1, KTAP_OP_ADD_INT },
	{ "fib",
	  { .main = CODE(SET_INT(0), CALLF(0, 1), OP(RET)),
	    .f = { CODE(OP(LTI, 1, 0, 2), OP(JMP, 0, 6), OP(SUBI, 1, 0, 1), CALLF(1, 1),
			OP(SUBI, 2, 0, 2), CALLF(2, 1), OP(ADD, 1, 1, 2), OP(RET, 1, 1),
			OP(RET, 0, 1)), 1 } },
	  9, KTAP_OP_ADD_INT },
	{ "functions that call each other",
	  { .main = CODE(SET_INT(0), CALLF(0, 1), OP(ADDI, 0, 0, 1), OP(RET)),
	    .f = { CODE(OP(LTI, 1, 0, 2), OP(JMP, 0, 3), OP(SUBI, 1, 0, 1), CALLG(1, 1),
			OP(RET, 1, 1), OP(RET, 0, 1)), 1 },
	    .g = { CODE(CALLF(0, 1), OP(MULI, 0, 0, 3), OP(RET, 0, 1)), 1 } },
	  2, KTAP_OP_ADDI_INT },
	{ "behind a function that never returns",
	  { .main = CODE(CALLF(0, 0), SET_STR(0), OP(NEG, 0, 0), OP(MOVE, 1, 2), OP(RET)),
	    .f = { CODE(OP(JMP, 0, -1)) } } },
	{ "behind a function that calls itself for ever",
	  { .main = CODE(CALLF(0, 0), SET_STR(0), OP(NEG, 0, 0), OP(RET)),
	    .f = { CODE(OP(TCALL, 0, TEST_F)) } } },
	{ "behind functions that call each other for ever",
	  { .main = CODE(CALLF(0, 0), SET_STR(0), OP(NEG, 0, 0), OP(RET)),
	    .f = { CODE(CALLG(0, 0), OP(RET)) }, .g = { CODE(CALLF(0, 0), OP(RET)) } } },
	{ "a call behind a function that never returns",
	  { .main = CODE(CALLF(0, 0), CALLG(0, 0), OP(JMP), SET_STR(0), OP(NEG, 0, 0), OP(RET)),
	    .end = CODE(CALLG(0, 0), OP(RET)), .f = { CODE(OP(JMP, 0, -1)) }, .g = NOTHING } },
	{ "behind a function whose error comes first",
	  { .main = CODE(CALLF(0, 1), OP(RET)),
	    .f = { CODE(OP(GETG, 0, 0), SET_INT(1), OP(GETT, 0, 0, 1), OP(RET, 0, 1)) },
	    .end = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)) } },
	{ "functions that only those call that nobody calls",
	  { .f = { CODE(CALLG(0, 0), OP(RET)) }, .g = { CODE(CALLF(0, 0), OP(RET)) } } },
	{ "functions for main and for probes",
	  { .main = CODE(CALLF(0, 0), OP(RET)), .probe = CODE(CALLG(0, 0), OP(RET)),
	    .f = SORTS, .g = READS } },
	{ "a probe's function as a value in main",
	  { .main = CODE(SET_FUNC(0), CALLV(0, 0, 0, 0), OP(RET)), .f = READS } },
	{ "a function that can be used nowhere",
	  { .main = CODE(SET_FUNC(0), OP(RET)),
	    .f = { CODE(CALLG(0, 0), OP(FIELD, 0, 0), OP(RET)) },
	    .g = SORTS } },
	{ "results of call and of value",
	  { .main = CODE(SET_FUNC(0), CALLF(1, ALL), PRINT_OPEN(0, 1), SET_FUNC(0),
			 CALLV(1, 0, 0, ALL), OP(RET, 1, KTAP_OPEN)), .regs = 40, .f = NOTHING } },
	{ "a call behind the last register",
	  { .main = CODE(CALLF(8, 0), OP(RET)), .f = NOTHING } },
	{ "parts next to their key",
	  { .main = CODE(SET_INT(3), OP(KEY, 3, 3, 3), OP(PARTS, 1, 3, 2), OP(PARTS, 4, 3, 4),
			 OP(RET)) } },
	/* What conditions say; R[1] is the field in each of them. */
	{ "TEST of a field",
	  { .probe = CODE(OP(FIELD, 1, 0), OP(TEST, 1, 1), OP(JMP, 0, 1), OP(RET),
			  OP(ADDI, 0, 1, 1), OP(RET)) }, 5, KTAP_OP_ADDI },
	{ "TEST of an integer or nil",
	  { .main = CODE(OP(GETG, 1, 0), OP(TEST, 0, 1), OP(JMP, 0, 2), OP(ADDI, 0, 1, 1), OP(RET),
			 SET_INT(0), OP(SETG, 0, 0), OP(RET)) }, 3, KTAP_OP_ADDI_INT },
	{ "EQI of a field",
	  { .probe = CODE(OP(FIELD, 1, 0), OP(EQI, 1, 1, 5), OP(JMP, 0, 1), OP(RET),
			  OP(ADDI, 0, 1, 1), OP(RET)) }, 5, KTAP_OP_ADDI_INT },
	{ "EQI 0 of a field",
	  { .probe = CODE(OP(FIELD, 1, 0), OP(EQI, 0, 1, 5), OP(JMP, 0, 1), OP(RET),
			  OP(ADDI, 0, 1, 1), OP(RET)) }, 5, KTAP_OP_ADDI },
	{ "EQI that does not hold",
	  { .probe = CODE(OP(FIELD, 1, 0), OP(EQI, 0, 1, 5), OP(JMP, 0, 2), OP(ADDI, 0, 1, 1),
			  OP(RET), OP(RET)) }, 4, KTAP_OP_ADDI_INT },
	{ "EQ of a field and an integer",
	  { .probe = CODE(OP(FIELD, 1, 0), SET_INT(0), OP(EQ, 1, 0, 1), OP(JMP, 0, 1), OP(RET),
			  OP(ADDI, 0, 1, 1), OP(RET)) }, 6, KTAP_OP_ADDI_INT },
	{ "EQ that does not hold",
	  { .probe = CODE(OP(FIELD, 1, 0), SET_INT(0), OP(EQ, 0, 0, 1), OP(JMP, 0, 1), OP(RET),
			  OP(ADDI, 0, 1, 1), OP(RET)) }, 6, KTAP_OP_ADDI },
	{ "EQ with nil that does not hold",
	  { .main = CODE(OP(GETG, 1, 0), SET_NIL(0), OP(EQ, 0, 1, 0), OP(JMP, 0, 1), OP(RET),
			 OP(ADDI, 0, 1, 1), OP(RET)),
	    .end = CODE(SET_INT(0), OP(SETG, 0, 0), OP(RET)) },
	  5, KTAP_OP_ADDI_INT },
	{ "EQ with nil that holds",
	  { .main = CODE(OP(GETG, 1, 0), SET_NIL(0), OP(EQ, 1, 1, 0), OP(JMP, 0, 1), OP(RET),
			 OP(ADDI, 0, 1, 1), OP(RET)),
	    .end = CODE(SET_INT(0), OP(SETG, 0, 0), OP(RET)) },
	  5, KTAP_OP_ADDI },
	{ "EQ of a register with itself",
	  { .main = CODE(SET_BOOL(0), OP(EQ, 0, 0, 0), OP(JMP, 0, 1), OP(RET), OP(NEG, 0, 0),
			 OP(RET)) } },
	{ "what a condition rules out",
	  { .main = CODE(SET_INT(0), OP(TEST, 0, 0), OP(JMP, 0, 1), OP(RET), SET_STR(1),
			 OP(NEG, 1, 1), OP(RET)) } },
	{ "parts of what is no key",
	  { .main = CODE(SET_TAB(0), OP(PARTS, 1, 0, 1), SET_INT(2), OP(GETT, 3, 1, 2),
			 OP(RET)) } },
	{ "a loop over integers",
	  { .main = CODE(SET_INT(0), SET_INT(1), SET_INT(2), OP(FORPREP, 0, 1), OP(ADDI, 3, 0, 1),
			 OP(FORLOOP, 0, -2), OP(RET)) },
	  4, KTAP_OP_ADDI_INT },
	{ "a loop over what may be integers",
	  { .probe = CODE(OP(FIELD, 0, 0), OP(FIELD, 1, 0), OP(FIELD, 2, 0), OP(FORPREP, 0, 1),
			  OP(ADDI, 3, 0, 1), OP(FORLOOP, 0, -2), OP(RET)) },
	  5, KTAP_OP_ADDI_INT },
	{ "number of a sort",
	  { .main = CODE(SET_TAB(0), SET_NIL(2), SET_NIL(3), OP(SORT, 0), OP(ADD, 4, 1, 1),
			 OP(NEXTS, 0), OP(JMP, 0, -3), OP(ENDS, 0), OP(RET)) },
	  4, KTAP_OP_ADD_INT },
	{ "EQI", { .main = CODE(SET_INT(0), OP(EQI, 0, 0, 1), OP(JMP), OP(RET)) },
	  1, KTAP_OP_EQI_INT },
	{ "EQI of a string", { .main = CODE(SET_STR(0), OP(EQI, 0, 0, 1), OP(JMP), OP(RET)) },
	  1, KTAP_OP_EQI },
	{ "LTI", { .main = CODE(SET_INT(0), OP(LTI, 0, 0, 1), OP(JMP), OP(RET)) },
	  1, KTAP_OP_LTI_INT },
	{ "LEI", { .main = CODE(SET_INT(0), OP(LEI, 0, 0, 1), OP(JMP), OP(RET)) },
	  1, KTAP_OP_LEI_INT },
	{ "SUBI", { .main = CODE(SET_INT(0), OP(SUBI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_SUBI_INT },
	{ "MULI", { .main = CODE(SET_INT(0), OP(MULI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_MULI_INT },
	{ "DIVI", { .main = CODE(SET_INT(0), OP(DIVI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_DIVI },
	{ "ANDI", { .main = CODE(SET_INT(0), OP(ANDI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_ANDI_INT },
	{ "ORI", { .main = CODE(SET_INT(0), OP(ORI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_ORI_INT },
	{ "XORI", { .main = CODE(SET_INT(0), OP(XORI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_XORI_INT },
	{ "SHLI", { .main = CODE(SET_INT(0), OP(SHLI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_SHLI_INT },
	{ "SHRI", { .main = CODE(SET_INT(0), OP(SHRI, 0, 0, 1), OP(RET)) }, 1, KTAP_OP_SHRI_INT },
	{ "global that a later function sets",
	  { .end = CODE(SET_INT(1), OP(GETG, 0, 0), OP(SETT, 0, 1, 1), OP(RET)),
	    .probe = CODE(SET_TAB(0), OP(SETG, 0, 0), OP(RET)) } },
	{ "argument that a later function sets",
	  { .end = CODE(OP(GETG, 0, 0), OP(CALLB, 0, KTAP_FUNC_LEN, 1), OP(RET)),
	    .probe = CODE(SET_STR(0), OP(SETG, 0, 0), OP(RET)) } },
};

KUNIT_ARRAY_PARAM_DESC(accept, accept_rows, name);

static void test_accept(struct kunit *test)
{
	const struct accept_row *row = test->param_value;
	char is[256] = "";
	struct ktap_log log = { .buf = is, .size = sizeof(is) };
	struct ktap_prog *prog = test_prog_make(&row->prog, &log);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_EXPECT_EQ(test, ktap_verify(prog, &log), 0);
	KUNIT_EXPECT_STREQ(test, is, "");
	if (row->fast)
		KUNIT_EXPECT_EQ(test, (u32)prog->insns[row->pc].op, row->fast);
	ktap_prog_destroy(prog);
}

static int verify_code(struct kunit *test, const struct test_insn *code, u32 regs,
		       char *buf, u32 size)
{
	struct ktap_log log = { .buf = buf, .size = size };
	struct test_prog row = { .main = code, .regs = regs };
	struct ktap_prog *prog = test_prog_make(&row, &log);
	int ret;

	buf[0] = '\0';
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	ret = ktap_verify(prog, &log);
	ktap_prog_destroy(prog);
	return ret;
}

#define TOO_COMPLEX	"the program is too complex to be verified\n"

/* @nr jumps to the next instruction: @nr + 1 blocks. */
static struct test_insn *many_blocks(struct kunit *test, u32 nr)
{
	struct test_insn *code;
	u32 i;

	code = kunit_kcalloc(test, nr + 2, sizeof(*code), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, code);
	for (i = 0; i < nr; i++)
		code[i] = (struct test_insn)OP(JMP);
	code[nr] = (struct test_insn)OP(RET);
	return code;
}

/* More memory than the verifier takes, and just as much. */
static void test_states(struct kunit *test)
{
	u32 blocks = (16U << 20) / KTAP_MAX_REGS;
	char is[256];

	KUNIT_EXPECT_EQ(test, verify_code(test, many_blocks(test, blocks), KTAP_MAX_REGS,
					  is, sizeof(is)), -EINVAL);
	KUNIT_EXPECT_STREQ(test, is, "test.kp:10:1: insn 0: JMP      -> 1: " TOO_COMPLEX);
	KUNIT_EXPECT_EQ(test, verify_code(test, many_blocks(test, blocks - 1), 64,
					  is, sizeof(is)), 0);
	KUNIT_EXPECT_STREQ(test, is, "");
}

/*
 * Types that go round: each time round the loop, one more register gets the type
 * of the one before it. That takes as many rounds as there are registers.
 */
static void test_rounds(struct kunit *test)
{
	u32 nr = 300, pc = 0, i;
	struct test_insn *code;
	char is[256];

	code = kunit_kcalloc(test, 2 * nr + 8, sizeof(*code), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, code);
	for (i = 0; i < nr; i++)
		code[pc++] = (struct test_insn)OP(LOADNIL, i);
	for (i = nr - 1; i > 0; i--)
		code[pc++] = (struct test_insn)OP(MOVE, i, i - 1);
	code[pc++] = (struct test_insn)OP(LOADI, 0, 1);
	code[pc++] = (struct test_insn)OP(TEST, 1, 0);
	code[pc++] = (struct test_insn)OP(JMP, 0, -(nr + 2));
	code[pc++] = (struct test_insn)OP(RET);

	KUNIT_EXPECT_EQ(test, verify_code(test, code, nr, is, sizeof(is)), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(is, ": " TOO_COMPLEX));
}

/* Main calls each of many functions, which call nothing or the next one. */
static int verify_many(struct kunit *test, u32 nr, bool chain, char *buf, u32 size)
{
	static const struct test_insn leaf[] = {
		OP(TEST, 1, 0), OP(JMP, 0, 1), OP(LOADI, 0, 1), OP(RET, 0, 1), {}
	};
	struct ktap_log log = { .buf = buf, .size = size };
	struct test_prog row = { .nr_more = nr };
	struct test_insn *main, *codes;
	struct test_func *more;
	struct ktap_prog *prog;
	u32 i;
	int ret;

	main = kunit_kcalloc(test, 2 * nr + 2, sizeof(*main), GFP_KERNEL);
	codes = kunit_kcalloc(test, 3 * nr, sizeof(*codes), GFP_KERNEL);
	more = kunit_kcalloc(test, nr, sizeof(*more), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, main);
	KUNIT_ASSERT_NOT_NULL(test, codes);
	KUNIT_ASSERT_NOT_NULL(test, more);
	for (i = 0; i < nr; i++) {
		bool last = i == nr - 1 || !chain;

		main[2 * i] = (struct test_insn)OP(LOADI, 0, i);
		main[2 * i + 1] = (struct test_insn)OP(CALL, 0, TEST_F + i, 1);
		codes[3 * i] = (struct test_insn)OP(CALL, 0, TEST_F + i + 1, 1);
		codes[3 * i + 1] = (struct test_insn)OP(RET, 0, 1);
		more[i] = (struct test_func){ last ? leaf : &codes[3 * i], 1 };
	}
	main[2 * nr] = (struct test_insn)OP(RET);
	row.main = main;
	row.more = more;
	buf[0] = '\0';
	prog = test_prog_make(&row, &log);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	ret = ktap_verify(prog, &log);
	ktap_prog_destroy(prog);
	return ret;
}

/* The time is linear: it does not matter how many functions there are. */
static void test_many(struct kunit *test)
{
	char is[256];

	KUNIT_EXPECT_EQ(test, verify_many(test, 4000, false, is, sizeof(is)), 0);
	KUNIT_EXPECT_STREQ(test, is, "");
	KUNIT_EXPECT_EQ(test, verify_many(test, 4000, true, is, sizeof(is)), 0);
	KUNIT_EXPECT_STREQ(test, is, "");
}

/* Each global gets its type from the one that comes behind it in the code. */
static void test_globals(struct kunit *test)
{
	struct test_insn code[3 * TEST_GLOBALS + 8];
	u32 i, pc = 0;
	char is[256];

	/* In a loop, so that all of it is looked at again for each of them. */
	for (i = 0; i < TEST_GLOBALS - 1; i++) {
		code[pc++] = (struct test_insn)OP(GETG, 0, i + 1);
		code[pc++] = (struct test_insn)OP(SETG, 0, i);
	}
	code[pc++] = (struct test_insn)OP(NEWTAB, 0);
	code[pc++] = (struct test_insn)OP(SETG, 0, TEST_GLOBALS - 1);
	code[pc++] = (struct test_insn)OP(GETG, 0, 0);
	code[pc++] = (struct test_insn)OP(LOADI, 1, 1);
	code[pc++] = (struct test_insn)OP(SETT, 0, 1, 1);
	code[pc++] = (struct test_insn)OP(RET);
	code[pc] = (struct test_insn){};
	KUNIT_EXPECT_EQ(test, verify_code(test, code, 0, is, sizeof(is)), 0);
	KUNIT_EXPECT_STREQ(test, is, "");
}

static const struct test_prog ret_with_c = { .main = CODE(OP(RET, 0, 0, 1)) };

/* Without source positions the index of the instruction is what there is. */
static void test_no_lines(struct kunit *test)
{
	char is[256] = "";
	struct ktap_log log = { .buf = is, .size = sizeof(is) };
	struct ktap_img_header *hdr;
	struct ktap_prog *prog;
	u32 size;

	hdr = test_image_make(&ret_with_c, &size);
	KUNIT_ASSERT_NOT_NULL(test, hdr);
	hdr->sec[KTAP_SEC_LINE].count = 0;
	prog = ktap_prog_create(hdr, size, &log);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_EXPECT_EQ(test, ktap_verify(prog, &log), -EINVAL);
	KUNIT_EXPECT_STREQ(test, is, "insn 0: RET      r0, 0: unused operand C is not zero\n");
	ktap_prog_destroy(prog);
}

#ifndef __KERNEL__
/* The stand-in for the kernel lacks what it is told to. */
static void check_lacking(struct kunit *test, const struct test_prog *code,
			  enum ktap_func lacks, const char *text)
{
	char is[256] = "", want[256] = "";
	struct ktap_log log = { .buf = is, .size = sizeof(is) };
	struct ktap_prog *prog = test_prog_make(code, &log);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	test_lacks = lacks;
	KUNIT_EXPECT_EQ(test, ktap_verify(prog, &log), text ? -EINVAL : 0);
	test_lacks = KTAP_FUNC_NR;
	ktap_prog_destroy(prog);
	if (text)
		scnprintf(want, sizeof(want), "test.kp:%u:1: insn 0: %s\n", TEST_LINE, text);
	KUNIT_EXPECT_STREQ(test, is, want);
}

static const struct test_prog prog_func = {
	.main = CODE(OP(CALLB, 0, KTAP_FUNC_NUM_CPUS, 0), OP(RET)),
};

static const struct test_prog prog_var = {
	.main = CODE(OP(VAR, 0, KTAP_VAR_CGROUP), OP(RET)),
};

static void test_lacking(struct kunit *test)
{
	check_lacking(test, &prog_func, KTAP_FUNC_NUM_CPUS,
		      "CALLB    r0, num_cpus, 0: num_cpus: this kernel was built without CONFIG_TEST");
	check_lacking(test, &prog_func, KTAP_FUNC_EXIT, NULL);
	check_lacking(test, &prog_var, KTAP_FUNC_EXIT,
		      "VAR      r0, cgroup: cgroup: this kernel was built without CONFIG_TEST");
	check_lacking(test, &prog_var, KTAP_FUNC_NUM_CPUS, NULL);
}
#endif

static struct kunit_case verify_cases[] = {
	KUNIT_CASE_PARAM(test_refuse, refuse_gen_params),
	KUNIT_CASE_PARAM(test_accept, accept_gen_params),
#ifndef __KERNEL__
	KUNIT_CASE(test_lacking),
#endif
	KUNIT_CASE(test_states),
	KUNIT_CASE(test_rounds),
	KUNIT_CASE(test_many),
	KUNIT_CASE(test_globals),
	KUNIT_CASE(test_no_lines),
	{}
};

static struct kunit_suite verify_suite = {
	.name = "ktap_verify",
	.test_cases = verify_cases,
};

kunit_test_suite(verify_suite);
