// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the interpreter
 *
 * Rows are programs and what they print. Operands whose types the verifier knows
 * and those that it doesn't take different ways, so there are rows for both; an
 * integer that the verifier doesn't know to be one is made by FIELD, a table that
 * may be something else by GETT.
 */
#include "run.h"

/* R[reg] := 42, of type integer, string or nil as far as is known */
#define SOME_INT(reg)	OP(FIELD, reg, 0)
#define SOME_STR(reg)	OP(FIELD, reg, 1)
#define SOME_NIL(reg)	OP(FIELD, reg, 2)

/* Print R[1] op R[2] for two numbers. */
#define CALC(op, a, b)							\
	CODE(OP(LOADI, 1, a), OP(LOADI, 2, b), OP(op, 0, 1, 2), PRINT(0, 1), OP(RET))
/* The same where it is not known that they are integers. */
#define CALC_SOME(op, b)						\
	CODE(SOME_INT(1), OP(LOADI, 2, b), OP(op, 0, 1, 2), PRINT(0, 1), OP(RET))

/* Print whether the branch of a comparison of R[1] and R[2] is taken. */
#define BRANCH(load1, load2, op, a)					\
	CODE(load1, load2, OP(op, a, 1, 2), OP(JMP, 0, 2), OP(LOADBOOL, 0, 0),	\
	     OP(JMP, 0, 1), OP(LOADBOOL, 0, 1), PRINT(0, 1), OP(RET))
#define INT(reg, i)	OP(LOADI, reg, i)
#define STR(reg, k)	OP(LOADK, reg, K_##k)

/* A table in register @reg that is in global @reg, with R[5] and R[6] used up. */
#define TABLE(reg)	OP(NEWTAB, reg), OP(SETG, reg, reg)

static const struct run_row rows[] = {
	{ "nothing", { }, "" },
	{ "MOVE", { .main = CODE(INT(1, 5), OP(MOVE, 0, 1), PRINT(0, 2), OP(RET)) }, "5 5\n" },
	{ "LOADK",
	  { .main = CODE(OP(LOADK, 0, K_BIG), OP(LOADK, 1, K_MIN), OP(LOADK, 2, K_MAX),
			 STR(3, KEY), STR(4, EMPTY), STR(5, NUL), PRINT(0, 6), OP(RET)) },
	  "1099511627776 -9223372036854775808 9223372036854775807 \"key\" \"\" \"a\\0b\"\n" },
	{ "LOADI",
	  { .main = CODE(INT(0, 0x7fffffff), INT(1, -1), INT(2, 0x80000000), PRINT(0, 3),
			 OP(RET)) },
	  "2147483647 -1 -2147483648\n" },
	{ "LOADNIL and LOADBOOL",
	  { .main = CODE(OP(LOADNIL, 0), OP(LOADBOOL, 1, 0), OP(LOADBOOL, 2, 1), PRINT(0, 3),
			 OP(RET)) },
	  "nil false true\n" },

	{ "ADD", { .main = CALC(ADD, 40, 2) }, "42\n" },
	{ "SUB", { .main = CALC(SUB, 40, 42) }, "-2\n" },
	{ "MUL", { .main = CALC(MUL, -6, 7) }, "-42\n" },
	{ "DIV", { .main = CALC(DIV, -7, 2) }, "-3\n" },
	{ "MOD", { .main = CALC(MOD, -7, 2) }, "-1\n" },
	{ "AND", { .main = CALC(AND, 12, 10) }, "8\n" },
	{ "OR", { .main = CALC(OR, 12, 10) }, "14\n" },
	{ "XOR", { .main = CALC(XOR, 12, 10) }, "6\n" },
	{ "SHL", { .main = CALC(SHL, 1, 65) }, "2\n" },
	{ "SHR", { .main = CALC(SHR, -9, 1) }, "-5\n" },
	{ "ADD of what is an integer", { .probe = CALC_SOME(ADD, 1) }, "43\n" },
	{ "SUB of what is an integer", { .probe = CALC_SOME(SUB, 1) }, "41\n" },
	{ "MUL of what is an integer", { .probe = CALC_SOME(MUL, 2) }, "84\n" },
	{ "DIV of what is an integer", { .probe = CALC_SOME(DIV, 4) }, "10\n" },
	{ "MOD of what is an integer", { .probe = CALC_SOME(MOD, 4) }, "2\n" },
	{ "AND of what is an integer", { .probe = CALC_SOME(AND, 3) }, "2\n" },
	{ "OR of what is an integer", { .probe = CALC_SOME(OR, 3) }, "43\n" },
	{ "XOR of what is an integer", { .probe = CALC_SOME(XOR, 3) }, "41\n" },
	{ "SHL of what is an integer", { .probe = CALC_SOME(SHL, 1) }, "84\n" },
	{ "SHR of what is an integer", { .probe = CALC_SOME(SHR, 1) }, "21\n" },
	{ "ADD wraps",
	  { .main = CODE(OP(LOADK, 1, K_MAX), INT(2, 1), OP(ADD, 0, 1, 2), PRINT(0, 1), OP(RET)) },
	  "-9223372036854775808\n" },
	{ "SUB wraps",
	  { .main = CODE(OP(LOADK, 1, K_MIN), INT(2, 1), OP(SUB, 0, 1, 2), PRINT(0, 1), OP(RET)) },
	  "9223372036854775807\n" },
	{ "DIV of the least by -1",
	  { .main = CODE(OP(LOADK, 1, K_MIN), INT(2, -1), OP(DIV, 0, 1, 2), PRINT(0, 1), OP(RET)) },
	  "-9223372036854775808\n" },
	{ "DIV by 0", { .main = CALC(DIV, 1, 0) }, "error: divide 0\n", KTAP_END_FAULT, 2 },
	{ "MOD by 0", { .main = CALC(MOD, 1, 0) }, "error: divide 0\n", KTAP_END_FAULT, 2 },
	{ "ADD of nil",
	  { .main = CODE(OP(LOADNIL, 1), INT(2, 1), OP(ADD, 0, 1, 2), PRINT(0, 1), OP(RET)) },
	  "nil\n" },
	{ "DIV of nil by 0",
	  { .main = CODE(OP(LOADNIL, 1), INT(2, 0), OP(DIV, 0, 1, 2), PRINT(0, 1), OP(RET)) },
	  "nil\n" },
	{ "SUB of what is nil",
	  { .probe = CODE(SOME_NIL(1), INT(2, 1), OP(SUB, 0, 2, 1), PRINT(0, 1), OP(RET)) },
	  "nil\n" },
	{ "MUL of what is a string",
	  { .probe = CODE(SOME_STR(1), INT(2, 1), OP(MUL, 0, 2, 1), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 3 },
	{ "ADD of nil and what is a string",
	  { .probe = CODE(SOME_STR(1), OP(LOADNIL, 2), OP(ADD, 0, 1, 2), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 3 },

	{ "NEG",
	  { .main = CODE(INT(1, 5), OP(NEG, 0, 1), OP(LOADK, 2, K_MIN), OP(NEG, 1, 2),
			 OP(LOADNIL, 3),
			 OP(NEG, 2, 3), PRINT(0, 3), OP(RET)) },
	  "-5 -9223372036854775808 nil\n" },
	{ "NEG of what is a string", { .probe = CODE(SOME_STR(1), OP(NEG, 0, 1), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 2 },
	{ "BNOT",
	  { .main = CODE(INT(1, 5), OP(BNOT, 0, 1), OP(LOADNIL, 3), OP(BNOT, 1, 3), PRINT(0, 2),
			 OP(RET)) },
	  "-6 nil\n" },
	{ "BNOT of what is a string", { .probe = CODE(SOME_STR(1), OP(BNOT, 0, 1), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 2 },
	{ "NOT",
	  { .main = CODE(OP(LOADNIL, 5), OP(NOT, 0, 5), INT(5, 0), OP(NOT, 1, 5),
			 OP(LOADBOOL, 5, 0), OP(NOT, 2, 5), OP(LOADBOOL, 5, 1), OP(NOT, 3, 5),
			 STR(5, EMPTY), OP(NOT, 4, 5), PRINT(0, 4), PRINT(4, 1), OP(RET)) },
	  "true false true false\nfalse\n" },
	{ "CONCAT",
	  { .main = CODE(STR(1, KEY), INT(2, -7), OP(LOADNIL, 3), OP(LOADBOOL, 4, 1),
			 OP(LOADBOOL, 5, 0), STR(6, NUL), OP(CONCAT, 0, 1, 6), PRINT(0, 1),
			 OP(RET)) },
	  "\"key-7niltruefalsea\\0b\"\n" },
	{ "CONCAT of one",
	  { .main = CODE(OP(LOADK, 1, K_MIN), OP(CONCAT, 1, 1, 1), PRINT(1, 1), OP(RET)) },
	  "\"-9223372036854775808\"\n" },
	{ "CONCAT of what is a table",
	  { .main = CODE(OP(NEWTAB, 1), OP(NEWTAB, 2), INT(3, 1), OP(SETT, 1, 3, 2),
			 OP(GETT, 4, 1, 3),
			 OP(CONCAT, 0, 3, 4), OP(RET)) },
	  "error: cannot concatenate a table value\n", KTAP_END_FAULT, 5 },

	{ "JMP over code",
	  { .main = CODE(INT(0, 1), OP(TEST, 1, 0), OP(JMP, 0, 1), INT(0, 2), PRINT(0, 1),
			 OP(RET)) },
	  "1\n" },
	{ "TEST 1 of 0", { .main = CODE(INT(1, 0), OP(TEST, 1, 1), OP(JMP, 0, 1), INT(1, 7),
					PRINT(1, 1), OP(RET)) }, "0\n" },
	{ "TEST 1 of nil", { .main = CODE(OP(LOADNIL, 1), OP(TEST, 1, 1), OP(JMP, 0, 1), INT(1, 7),
					  PRINT(1, 1), OP(RET)) }, "7\n" },
	{ "TEST 0 of false", { .main = CODE(OP(LOADBOOL, 1, 0), OP(TEST, 0, 1), OP(JMP, 0, 1),
					    INT(1, 7), PRINT(1, 1), OP(RET)) }, "false\n" },
	{ "TEST 0 of a string", { .main = CODE(STR(1, EMPTY), OP(TEST, 0, 1), OP(JMP, 0, 1),
					       INT(1, 7), PRINT(1, 1), OP(RET)) }, "7\n" },
	{ "EQ of integers", { .main = BRANCH(INT(1, 5), INT(2, 5), EQ, 1) }, "true\n" },
	{ "EQ 0 of integers", { .main = BRANCH(INT(1, 5), INT(2, 5), EQ, 0) }, "false\n" },
	{ "EQ of other integers", { .main = BRANCH(INT(1, 5), INT(2, 6), EQ, 1) }, "false\n" },
	{ "EQ of what is an integer",
	  { .probe = BRANCH(SOME_INT(1), INT(2, 42), EQ, 1) }, "true\n" },
	{ "EQ of strings", { .main = BRANCH(STR(1, KEY), STR(2, KEY), EQ, 1) }, "true\n" },
	{ "EQ of other strings", { .main = BRANCH(STR(1, KEY), STR(2, NUL), EQ, 1) }, "false\n" },
	{ "EQ of integer and string",
	  { .main = BRANCH(INT(1, 0), STR(2, EMPTY), EQ, 1) }, "false\n" },
	{ "EQ of nil and nil",
	  { .main = BRANCH(OP(LOADNIL, 1), OP(LOADNIL, 2), EQ, 1) }, "true\n" },
	{ "EQ of nil and false",
	  { .main = BRANCH(OP(LOADNIL, 1), OP(LOADBOOL, 2, 0), EQ, 1) }, "false\n" },
	{ "EQ of true and false",
	  { .main = BRANCH(OP(LOADBOOL, 1, 1), OP(LOADBOOL, 2, 0), EQ, 0) }, "true\n" },
	{ "EQ of a table", { .main = BRANCH(OP(NEWTAB, 1), OP(MOVE, 2, 1), EQ, 1) }, "true\n" },
	{ "EQ of two tables", { .main = BRANCH(OP(NEWTAB, 1), OP(NEWTAB, 2), EQ, 1) }, "false\n" },
	{ "EQ of strings that were made",
	  { .main = CODE(INT(3, 12), OP(CONCAT, 1, 3, 3), OP(CONCAT, 2, 3, 3), OP(EQ, 1, 1, 2),
			 OP(JMP, 0, 1), INT(3, 0), PRINT(3, 1), OP(RET)) }, "12\n" },
	{ "LT", { .main = BRANCH(INT(1, -1), INT(2, 0), LT, 1) }, "true\n" },
	{ "LT of equal ones", { .main = BRANCH(INT(1, 0), INT(2, 0), LT, 1) }, "false\n" },
	{ "LT 0", { .main = BRANCH(INT(1, 1), INT(2, 0), LT, 0) }, "true\n" },
	{ "LE", { .main = BRANCH(INT(1, 0), INT(2, 0), LE, 1) }, "true\n" },
	{ "LE of greater", { .main = BRANCH(INT(1, 1), INT(2, 0), LE, 1) }, "false\n" },
	{ "LT of what is an integer",
	  { .probe = BRANCH(SOME_INT(1), INT(2, 43), LT, 1) }, "true\n" },
	{ "LE of what is an integer",
	  { .probe = BRANCH(SOME_INT(1), INT(2, 42), LE, 1) }, "true\n" },
	{ "LT of strings", { .main = BRANCH(STR(1, EMPTY), STR(2, KEY), LT, 1) }, "true\n" },
	{ "LT of strings with NUL", { .main = BRANCH(STR(1, NUL), STR(2, KEY), LT, 1) }, "true\n" },
	{ "LE of a string and its beginning",
	  { .main = BRANCH(STR(1, TEXT16), STR(2, EMPTY), LE, 1) }, "false\n" },
	{ "LT of what is a string and an integer",
	  { .probe = CODE(SOME_STR(1), SOME_INT(2), OP(LT, 1, 1, 2), OP(JMP), OP(RET)) },
	  "error: cannot compare string with integer\n", KTAP_END_FAULT, 3 },
	{ "LE of what is nil",
	  { .probe = CODE(SOME_NIL(1), INT(2, 1), OP(LE, 1, 2, 1), OP(JMP), OP(RET)) },
	  "error: cannot compare integer with nil\n", KTAP_END_FAULT, 3 },

	{ "GETG at first", { .main = CODE(OP(GETG, 0, 0), PRINT(0, 1), OP(RET)) }, "nil\n" },
	{ "SETG and GETG of each type",
	  { .main = CODE(INT(0, 5), OP(SETG, 0, 0), OP(LOADK, 0, K_MAX), OP(SETG, 0, 1),
			 STR(0, KEY), OP(SETG, 0, 2), OP(LOADBOOL, 0, 1), OP(SETG, 0, 3),
			 OP(GETG, 0, 0), OP(GETG, 1, 1), OP(GETG, 2, 2), OP(GETG, 3, 3),
			 OP(NEWTAB, 4), OP(SETG, 4, 0), OP(GETG, 5, 0), OP(LOADNIL, 4),
			 OP(SETG, 4, 3), OP(GETG, 6, 3), PRINT(0, 7), OP(RET)) },
	  "5 9223372036854775807 \"key\" true nil table nil\n" },
	{ "SETG of what is an event",
	  { .probe = CODE(INT(1, 1), OP(VAR, 0, KTAP_VAR_ARGSTR), OP(TEST, 1, 1), OP(JMP, 0, 1),
			  INT(0, 1), OP(SETG, 0, 0), OP(RET)) },
	  "error: a event value cannot be kept in a variable or table\n", KTAP_END_FAULT, 6 },
	{ "UPDG",
	  { .main = CODE(INT(0, 40), OP(SETG, 0, 1), INT(0, 2), OP(UPDG, 0, KTAP_A_ADD, 1),
			 OP(GETG, 1, 1), OP(UPDG, 0, KTAP_A_MUL, 1), OP(GETG, 2, 1),
			 OP(UPDG, 0, KTAP_A_SHR, 1), OP(GETG, 3, 1), PRINT(1, 3), OP(RET)) },
	  "42 84 21\n" },
	{ "UPDG over 63 bits",
	  { .main = CODE(OP(LOADK, 0, K_MAX), OP(SETG, 0, 0), INT(1, 1), OP(UPDG, 1, KTAP_A_SUB, 0),
			 OP(GETG, 2, 0), OP(UPDG, 1, KTAP_A_SHR, 0), OP(UPDG, 1, KTAP_A_SHR, 0),
			 OP(GETG, 3, 0), OP(UPDG, 0, KTAP_A_ADD, 0), OP(GETG, 4, 0), PRINT(2, 3),
			 OP(RET)) },
	  "9223372036854775806 2305843009213693951 -6917529027641081858\n" },
	{ "UPDG of nil",
	  { .main = CODE(INT(0, 1), OP(UPDG, 0, KTAP_A_ADD, 0), OP(GETG, 0, 0), PRINT(0, 1),
			 OP(RET)) }, "nil\n" },
	{ "UPDG by nil",
	  { .main = CODE(INT(0, 1), OP(SETG, 0, 0), OP(LOADNIL, 1), OP(UPDG, 1, KTAP_A_ADD, 0),
			 OP(GETG, 0, 0), PRINT(0, 1), OP(RET)) }, "nil\n" },
	{ "UPDG of a string",
	  { .main = CODE(STR(0, KEY), OP(SETG, 0, 0), INT(1, 1), OP(UPDG, 1, KTAP_A_ADD, 0),
			 OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 3 },
	{ "UPDG by what is a string",
	  { .probe = CODE(SOME_STR(0), OP(UPDG, 0, KTAP_A_ADD, 0), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 2 },
	{ "UPDG by 0",
	  { .main = CODE(INT(0, 1), OP(SETG, 0, 0), INT(0, 0), OP(UPDG, 0, KTAP_A_DIV, 0),
			 OP(RET)) },
	  "error: divide 0\n", KTAP_END_FAULT, 3 },

	{ "GETT of nothing",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(GETT, 2, 0, 1), PRINT(2, 1), OP(RET)) },
	  "nil\n" },
	{ "GETT with nil",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADNIL, 1), OP(GETT, 2, 0, 1), PRINT(2, 1), OP(RET)) },
	  "nil\n" },
	{ "SETT and GETT of each key",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), INT(2, 11), OP(SETT, 0, 1, 2), STR(1, KEY),
			 INT(2, 12), OP(SETT, 0, 1, 2), OP(LOADBOOL, 1, 1), INT(2, 13),
			 OP(SETT, 0, 1, 2), OP(LOADBOOL, 1, 0), STR(2, NUL), OP(SETT, 0, 1, 2),
			 OP(GETT, 6, 0, 1), OP(LOADBOOL, 1, 1), OP(GETT, 5, 0, 1), STR(1, KEY),
			 OP(GETT, 4, 0, 1), INT(1, 1), OP(GETT, 3, 0, 1), PRINT(3, 4), OP(RET)) },
	  "11 12 13 \"a\\0b\"\n" },
	{ "SETT to nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), OP(LOADNIL, 2),
			 OP(SETT, 0, 1, 2), OP(SETT, 0, 1, 2), OP(GETT, 3, 0, 1), PRINT(3, 1),
			 OP(RET)) },
	  "nil\n" },
	{ "tables in tables",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 0), OP(GETT, 2, 0, 1),
			 OP(GETT, 3, 2, 1), OP(SETT, 3, 1, 1), OP(GETT, 4, 0, 1), PRINT(4, 1),
			 OP(RET)) },
	  "1\n" },
	{ "GETT of what is an integer", { .probe = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1),
					  OP(GETT, 2, 0, 1), OP(GETT, 3, 2, 1), OP(RET)) },
	  "error: cannot index a integer value\n", KTAP_END_FAULT, 5 },
	{ "SETT of what is nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(GETT, 2, 0, 1), OP(SETT, 2, 1, 1), OP(RET)) },
	  "error: cannot index a nil value\n", KTAP_END_FAULT, 3 },
	{ "ADDT of what is nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(GETT, 2, 0, 1), OP(ADDT, 2, 1, 1), OP(RET)) },
	  "error: cannot index a nil value\n", KTAP_END_FAULT, 3 },
	{ "ITER of what is nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(GETT, 2, 0, 1), OP(ITER, 2), OP(RET)) },
	  "error: cannot index a nil value\n", KTAP_END_FAULT, 3 },
	{ "SETT with what is nil",
	  { .probe = CODE(OP(NEWTAB, 0), SOME_NIL(1), OP(SETT, 0, 1, 0), OP(RET)) },
	  "error: a nil value cannot be a key\n", KTAP_END_FAULT, 3 },
	{ "GETT with what is a table",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 0), OP(GETT, 2, 0, 1),
			 OP(GETT, 3, 0, 2), OP(RET)) },
	  "error: a table value cannot be a key\n", KTAP_END_FAULT, 4 },
	{ "SETT to what is an event",
	  { .probe = CODE(INT(1, 1), OP(VAR, 0, KTAP_VAR_ARGSTR), OP(TEST, 1, 1), OP(JMP, 0, 1),
			  INT(0, 1), OP(NEWTAB, 2), OP(SETT, 2, 1, 0), OP(RET)) },
	  "error: a event value cannot be kept in a variable or table\n", KTAP_END_FAULT, 7 },
	{ "ADDT",
	  { .main = CODE(OP(NEWTAB, 0), STR(1, TEXT16), INT(2, 5), OP(ADDT, 0, 1, 2),
			 OP(GETT, 3, 0, 1), OP(ADDT, 0, 1, 2), OP(GETT, 4, 0, 1),
			 OP(LOADK, 2, K_MAX), OP(ADDT, 0, 1, 2), OP(GETT, 5, 0, 1), PRINT(3, 3),
			 OP(RET)) },
	  "5 10 -9223372036854775799\n" },
	{ "ADDT by what is an integer",
	  { .probe = CODE(OP(NEWTAB, 0), SOME_STR(1), SOME_INT(2), OP(ADDT, 0, 1, 2),
			  OP(ADDT, 0, 1, 2), OP(GETT, 3, 0, 1), PRINT(3, 1), OP(RET)) }, "84\n" },
	{ "ADDT by nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), OP(LOADNIL, 2),
			 OP(ADDT, 0, 1, 2), OP(GETT, 3, 0, 1), PRINT(3, 1), OP(RET)) }, "nil\n" },
	{ "ADDT by what is a string",
	  { .probe = CODE(OP(NEWTAB, 0), INT(1, 1), SOME_STR(2), OP(ADDT, 0, 1, 2), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 4 },
	{ "ADDT to a string",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), STR(2, KEY), OP(SETT, 0, 1, 2),
			 OP(ADDT, 0, 1, 1),
			 OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 4 },
	{ "ADDT to a boolean",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(LOADBOOL, 2, 1), OP(SETT, 0, 1, 2),
			 OP(ADDT, 0, 1, 1), OP(RET)) },
	  "error: cannot do arithmetic on a boolean value\n", KTAP_END_FAULT, 4 },
	{ "UPDT",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 7), INT(2, 5), OP(UPDT, 0, 1, KTAP_A_SUB),
			 OP(GETT, 3, 0, 1), OP(UPDT, 0, 1, KTAP_A_MUL), OP(GETT, 4, 0, 1),
			 PRINT(3, 2),
			 OP(RET)) },
	  "-5 -25\n" },
	{ "UPDT by 0",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 7), INT(2, 0), OP(UPDT, 0, 1, KTAP_A_MOD),
			 OP(RET)) },
	  "error: divide 0\n", KTAP_END_FAULT, 3 },
	{ "ITER and NEXT of nothing",
	  { .main = CODE(OP(NEWTAB, 0), OP(ITER, 0), OP(JMP, 0, 1), PRINT(2, 2), OP(NEXT, 0),
			 OP(JMP, 0, -3), OP(LOADI, 2, 5), PRINT(2, 1), OP(RET)) }, "5\n" },
	{ "ITER and NEXT",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 5), STR(2, NUL), OP(SETT, 0, 1, 2),
			 OP(SETT, 0, 2, 1),
			 OP(ITER, 0), OP(JMP, 0, 1), PRINT(2, 2), OP(NEXT, 0), OP(JMP, 0, -3),
			 OP(RET)) },
	  "5 \"a\\0b\"\n\"a\\0b\" 5\n" },
	/* What was in the registers stays there when there is no pair. */
	{ "NEXT at the end",
	  { .main = CODE(OP(NEWTAB, 0), OP(ITER, 0), INT(2, 8), INT(3, 9), OP(NEXT, 0),
			 OP(JMP, 0, 2),
			 OP(ADD, 2, 2, 3), PRINT(2, 2), OP(RET)) }, "17 9\n" },
	{ "deleting while going through",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), INT(1, 2), OP(SETT, 0, 1, 1),
			 OP(ITER, 0), OP(JMP, 0, 3), OP(LOADNIL, 4), OP(SETT, 0, 2, 4), PRINT(2, 2),
			 OP(NEXT, 0), OP(JMP, 0, -5), OP(MOVE, 5, 0),
			 OP(CALLB, 5, KTAP_FUNC_LEN, 1),
			 PRINT(5, 1), OP(RET)) }, "1 1\n2 2\n0\n" },
	{ "any cursor",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), OP(LOADK, 1, K_MIN),
			 OP(NEXT, 0), OP(JMP, 0, 1), OP(RET), PRINT(2, 2), OP(RET)) }, "1 1\n" },

	{ "FIELD",
	  { .probe = CODE(OP(FIELD, 0, 0), OP(FIELD, 1, 1), OP(FIELD, 2, 2), PRINT(0, 3),
			  OP(RET)) },
	  "42 \"field\" nil\n" },
	{ "all functions in turn",
	  { .main = CODE(INT(0, 1), OP(SETG, 0, 0), PRINT(0, 1), OP(RET)),
	    .probe = CODE(INT(0, 1), OP(UPDG, 0, KTAP_A_ADD, 0), OP(GETG, 0, 0), PRINT(0, 1),
			  OP(RET)),
	    .end = CODE(INT(0, 1), OP(UPDG, 0, KTAP_A_ADD, 0), OP(GETG, 0, 0), PRINT(0, 1),
			OP(RET)) },
	  "1\n2\n3\n" },
	{ "endless loop in main", { .main = CODE(OP(JMP, 0, -1)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 0 },
	{ "endless loop in a probe", { .probe = CODE(INT(0, 1), OP(JMP, 0, -2)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 2 },
	{ "endless loop in trace_end",
	  { .end = CODE(INT(0, 1), OP(TEST, 1, 0), OP(JMP, 0, -2), OP(RET)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 3 },
	{ "endless loop over a table",
	  { .probe = CODE(OP(NEWTAB, 0), OP(ITER, 0), INT(1, 0x7fffffff), OP(NEXT, 0),
			  OP(JMP, 0, 1), OP(JMP, 0, -4), OP(RET)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 6 },
	{ "endless loop with the least cursor",
	  { .probe = CODE(OP(NEWTAB, 0), OP(ITER, 0), OP(LOADK, 1, K_MIN), OP(NEXT, 0),
			  OP(JMP, 0, 1), OP(JMP, 0, -4), OP(RET)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 6 },
	{ "endless loop with the greatest cursor",
	  { .probe = CODE(OP(NEWTAB, 0), OP(ITER, 0), OP(LOADK, 1, K_MAX), OP(NEXT, 0),
			  OP(JMP, 0, 1), OP(JMP, 0, -4), OP(RET)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 6 },
	{ "strings of one run that need no room",
	  { .probe = CODE(STR(1, WIDE), INT(2, 400), INT(3, 1), INT(4, 0), OP(CONCAT, 0, 1, 2),
			  OP(SUB, 2, 2, 3), OP(LT, 1, 4, 2), OP(JMP, 0, -4), PRINT(0, 1),
			  OP(RET)) },
	  "\"" TEST_WIDE "1\"\n" },
	{ "a string that grows",
	  { .probe = CODE(STR(1, WIDE), STR(2, WIDE), OP(CONCAT, 1, 1, 2), OP(JMP, 0, -2)) },
	  "error: strings of one event exceed 8192 bytes\n", KTAP_END_FAULT, 3 },
	{ "a string that grows in main",
	  { .main = CODE(STR(1, WIDE), OP(MOVE, 2, 1), OP(CONCAT, 1, 1, 2), OP(JMP, 0, -3)) },
	  "error: strings of one event exceed 65536 bytes\n", KTAP_END_FAULT, 2 },
	{ "a variable when there is no room",
	  { .probe = CODE(STR(1, WIDE), STR(2, WIDE), OP(CONCAT, 1, 1, 2),
			  OP(VAR, 3, KTAP_VAR_EXECNAME), OP(FIELD, 4, 1), OP(JMP, 0, -4)) },
	  "error: strings of one event exceed 8192 bytes\n", KTAP_END_FAULT, 3 },
};

KUNIT_ARRAY_PARAM_DESC(run, rows, name);

static const struct test_prog prog_loop = { .main = CODE(OP(JMP, 0, -1)) };
static const struct test_prog prog_count = {
	.probe = CODE(INT(0, 1), OP(GETG, 1, 0), OP(ADDT, 1, 0, 0), OP(UPDG, 0, KTAP_A_ADD, 1),
		      OP(RET)),
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), INT(0, 0), OP(SETG, 0, 1), OP(RET)),
	.end = CODE(OP(GETG, 0, 0), INT(1, 1), OP(GETT, 0, 0, 1), OP(GETG, 1, 1), PRINT(0, 2),
		    OP(RET)),
};

static const struct test_prog prog_fill = {
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), INT(1, 0), INT(2, 1), INT(3, 1000),
		     OP(ADDT, 0, 1, 2), OP(ADD, 1, 1, 2), OP(LT, 1, 1, 3), OP(JMP, 0, -4),
		     OP(NEWTAB, 4), STR(5, KEY), OP(SETG, 5, 1), OP(GETG, 5, 1), PRINT(4, 2),
		     OP(LOADK, 6, K_MAX), OP(SETG, 6, 1), OP(GETG, 5, 1), INT(5, 1), OP(SETG, 5, 1),
		     OP(UPDG, 6, KTAP_A_ADD, 1), OP(GETG, 5, 1), PRINT(5, 1), OP(RET)),
};

static struct test_run *load(struct kunit *test, const struct test_prog *prog)
{
	struct test_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, run);
	ret = test_run_load(run, prog);
	if (ret)
		test_run_unload(run);
	KUNIT_EXPECT_STREQ(test, run->log, "");
	KUNIT_ASSERT_EQ(test, ret, 0);
	return run;
}

/* Main can be asked to stop, every KTAP_SLICE instructions; a probe is not asked. */
static void test_stop(struct kunit *test)
{
	struct test_run *run = load(test, &prog_loop);

	run->stop = 5;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_STOP);
	KUNIT_EXPECT_EQ(test, run->pauses, 5U);
	run->stop = 0;
	run->pauses = 0;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_FAULT);
	KUNIT_EXPECT_EQ(test, run->proc.fault.code, KTAP_E_BUDGET);
	KUNIT_EXPECT_GE(test, run->pauses, (u32)(1000000 / KTAP_SLICE));
	KUNIT_EXPECT_LE(test, run->pauses, (u32)(1000000 / KTAP_SLICE) + 1);
	test_run_unload(run);
}

/* The budget is the same for each run, not for all together. */
static void test_runs(struct kunit *test)
{
	struct test_run *run = load(test, &prog_count);
	u32 i;

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	for (i = 0; i < 5000; i++) {
		if (test_run_proto(run, 2) != KTAP_END_RETURN)
			break;
	}
	KUNIT_EXPECT_EQ(test, i, 5000U);
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "5000 5000\n");
	test_run_unload(run);
}

/* A loop longer than a slice is within the budget all the same. */
static void test_long_loop(struct kunit *test)
{
	u32 nr = 2 * KTAP_SLICE + 10, i;
	struct test_prog prog = {};
	struct test_insn *code;
	struct test_run *run;

	code = kunit_kcalloc(test, nr + 8, sizeof(*code), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, code);
	code[0] = (struct test_insn)OP(LOADI, 0, 0);
	code[1] = (struct test_insn)OP(LOADI, 1, 1);
	code[2] = (struct test_insn)OP(LOADI, 2, 5);
	for (i = 3; i < nr; i++)
		code[i] = (struct test_insn)OP(MOVE, 3, 0);
	code[nr] = (struct test_insn)OP(ADD, 0, 0, 1);
	code[nr + 1] = (struct test_insn)OP(LT, 1, 0, 2);
	code[nr + 2] = (struct test_insn)OP(JMP, 0, -(nr + 2 - 3 + 1));
	code[nr + 3] = (struct test_insn)PRINT(0, 1);
	code[nr + 4] = (struct test_insn)OP(RET);
	prog.main = code;
	run = load(test, &prog);
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "5\n");
	KUNIT_EXPECT_GE(test, run->pauses, 4U);
	test_run_unload(run);
}

/* A full heap is counted and the run goes on. */
static void test_full(struct kunit *test)
{
	struct test_run *run = load(test, &prog_fill);
	u32 units = run->core.heap.nr_units;

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	/* What could not be kept left the variable as it was. */
	KUNIT_EXPECT_STREQ(test, run->out, "nil nil\n1\n");
	/* 1000 entries, a table, a string, and an integer twice; unit 0 and a table. */
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_HEAP_FULL],
			1000ULL + 4 - (units - 2));
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_LOCK_BUSY], 0ULL);
	test_run_unload(run);
}

/* Strings in registers survive when the arena is gone through many times. */
static const struct test_prog prog_compact = {
	.probe = CODE(STR(0, WIDE), INT(1, 1000), INT(2, 1), INT(3, 0), OP(CONCAT, 4, 0, 1),
		      OP(MOVE, 5, 4), OP(CONCAT, 6, 0, 1), OP(CONCAT, 7, 0, 1), OP(SUB, 1, 1, 2),
		      OP(LT, 1, 3, 1), OP(JMP, 0, -5), OP(EQ, 1, 4, 5), OP(JMP, 0, 1),
		      OP(LOADNIL, 5), PRINT(4, 4), OP(RET)),
};

/* What is printed for K_WIDE .. @i. */
#define WIDE(i)		"\"" TEST_WIDE #i "\""

static void test_compact(struct kunit *test)
{
	struct test_run *run = load(test, &prog_compact);

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out,
			   WIDE(1000) " " WIDE(1000) " " WIDE(1) " " WIDE(1) "\n");
	test_run_unload(run);
}

static void test_init(struct kunit *test)
{
	static const u64 sizes[] = { 0, 1, KTAP_HEAP_MIN - 1, KTAP_HEAP_MAX + 1, U64_MAX };
	struct ktap_core *core = kunit_kzalloc(test, sizeof(*core), GFP_KERNEL);
	struct ktap_log log = {};
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, core);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct ktap_prog *prog = test_prog_make(&prog_loop, &log);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
		KUNIT_EXPECT_EQ(test, ktap_core_init(core, prog, sizes[i], 1), -EINVAL);
	}
}

static struct kunit_case vm_cases[] = {
	KUNIT_CASE_PARAM(test_run_row, run_gen_params),
	KUNIT_CASE(test_stop),
	KUNIT_CASE(test_runs),
	KUNIT_CASE(test_long_loop),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_compact),
	KUNIT_CASE(test_init),
	{}
};

static struct kunit_suite vm_suite = {
	.name = "ktap_vm",
	.test_cases = vm_cases,
};

kunit_test_suite(vm_suite);
