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

#define CALC_IMM(op, a, b) \
	CODE(OP(LOADI, 1, a), OP(op, 0, 1, b), PRINT(0, 1), OP(RET))
#define CALC_IMM_SOME(op, b)	CODE(SOME_INT(1), OP(op, 0, 1, b), PRINT(0, 1), OP(RET))

/* The same with an integer in the instruction. */
#define BRANCH_IMM(load, op, a, imm)					\
	CODE(load, OP(op, a, 1, imm), OP(JMP, 0, 2), OP(LOADBOOL, 0, 0), \
	     OP(JMP, 0, 1), OP(LOADBOOL, 0, 1), PRINT(0, 1), OP(RET))

/* Print the numbers of a loop, at most three of them. */
#define LOOP(load1, load2, load3)					\
	CODE(load1, load2, load3, OP(LOADI, 4, 3), OP(FORPREP, 1, 6),	\
	     OP(EQI, 1, 4, 0), OP(JMP, 0, 5), OP(SUBI, 4, 4, 1), OP(MOVE, 5, 1), \
	     PRINT(5, 1), OP(FORLOOP, 1, -6), OP(RET), OP(LOADK, 5, K_KEY), PRINT(5, 1), \
	     OP(RET))

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
	{ "ADDI", { .main = CALC_IMM(ADDI, 40, 2) }, "42\n" },
	{ "SUBI", { .main = CALC_IMM(SUBI, 40, -2) }, "42\n" },
	{ "MULI", { .main = CALC_IMM(MULI, -6, 7) }, "-42\n" },
	{ "DIVI", { .main = CALC_IMM(DIVI, -7, 2) }, "-3\n" },
	{ "DIVI by less than 0", { .main = CALC_IMM(DIVI, -7, -2) }, "3\n" },
	{ "MODI", { .main = CALC_IMM(MODI, -7, 2) }, "-1\n" },
	{ "MODI by less than 0", { .main = CALC_IMM(MODI, 7, -4) }, "3\n" },
	{ "ANDI", { .main = CALC_IMM(ANDI, -1, -32768) }, "-32768\n" },
	{ "ORI", { .main = CALC_IMM(ORI, 12, 32767) }, "32767\n" },
	{ "XORI", { .main = CALC_IMM(XORI, 12, -1) }, "-13\n" },
	{ "SHLI", { .main = CALC_IMM(SHLI, 1, 65) }, "2\n" },
	{ "SHLI by less than 0", { .main = CALC_IMM(SHLI, 1, -1) }, "-9223372036854775808\n" },
	{ "SHRI", { .main = CALC_IMM(SHRI, -9, 1) }, "-5\n" },
	{ "ADDI of what is an integer", { .probe = CALC_IMM_SOME(ADDI, 1) }, "43\n" },
	{ "SUBI of what is an integer", { .probe = CALC_IMM_SOME(SUBI, 1) }, "41\n" },
	{ "MULI of what is an integer", { .probe = CALC_IMM_SOME(MULI, 2) }, "84\n" },
	{ "DIVI of what is an integer", { .probe = CALC_IMM_SOME(DIVI, 4) }, "10\n" },
	{ "MODI of what is an integer", { .probe = CALC_IMM_SOME(MODI, 4) }, "2\n" },
	{ "ANDI of what is an integer", { .probe = CALC_IMM_SOME(ANDI, 3) }, "2\n" },
	{ "ORI of what is an integer", { .probe = CALC_IMM_SOME(ORI, 3) }, "43\n" },
	{ "XORI of what is an integer", { .probe = CALC_IMM_SOME(XORI, 3) }, "41\n" },
	{ "SHLI of what is an integer", { .probe = CALC_IMM_SOME(SHLI, 1) }, "84\n" },
	{ "SHRI of what is an integer", { .probe = CALC_IMM_SOME(SHRI, 1) }, "21\n" },
	{ "DIVI of the least by -1",
	  { .main = CODE(OP(LOADK, 1, K_MIN), OP(DIVI, 0, 1, -1), OP(MODI, 1, 1, -1),
			 PRINT(0, 2), OP(RET)) },
	  "-9223372036854775808 0\n" },
	{ "DIVI by 0", { .main = CALC_IMM(DIVI, 1, 0) }, "error: divide 0\n", KTAP_END_FAULT, 1 },
	{ "MODI by 0", { .main = CALC_IMM(MODI, 1, 0) }, "error: divide 0\n", KTAP_END_FAULT, 1 },
	{ "DIVI of nil by 0",
	  { .main = CODE(OP(LOADNIL, 1), OP(DIVI, 0, 1, 0), PRINT(0, 1), OP(RET)) }, "nil\n" },
	{ "SUBI of what is nil",
	  { .probe = CODE(SOME_NIL(1), OP(SUBI, 0, 1, 1), PRINT(0, 1), OP(RET)) }, "nil\n" },
	{ "SHRI of what is a string",
	  { .probe = CODE(SOME_STR(1), OP(SHRI, 0, 1, 1), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 2 },
	{ "MODI of what is a string",
	  { .probe = CODE(SOME_STR(1), OP(MODI, 0, 1, 1), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 2 },
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
	{ "EQ of keys",
	  { .main = CODE(INT(1, 1), STR(2, KEY), OP(KEY, 3, 1, 2), OP(KEY, 4, 1, 2),
			 OP(EQ, 1, 3, 4), OP(JMP, 0, 1), OP(LOADNIL, 4), OP(KEY, 5, 2, 2),
			 OP(EQ, 0, 2, 5), OP(JMP, 0, 1), OP(LOADNIL, 3), OP(KEY, 6, 1, 1),
			 OP(EQ, 0, 5, 6), OP(JMP, 0, 1), OP(LOADNIL, 3), PRINT(3, 2), OP(RET)) },
	  "[1, \"key\"] [1, \"key\"]\n" },
	{ "EQ of functions",
	  { .main = BRANCH(OP(LOADF, 1, TEST_F), OP(LOADF, 2, TEST_F), EQ, 1),
	    .f = { CODE(OP(RET)) } }, "true\n" },
	{ "EQ of a function and an integer",
	  { .main = BRANCH(OP(LOADF, 1, TEST_F), INT(2, TEST_F), EQ, 1),
	    .f = { CODE(OP(RET)) } }, "false\n" },
	{ "EQ of statistics",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), INT(2, 2), OP(FEEDT, 0, 1, 1),
			 OP(FEEDT, 0, 2, 1), OP(GETT, 3, 0, 1), OP(GETT, 4, 0, 1),
			 OP(GETT, 5, 0, 2), OP(EQ, 1, 3, 4), OP(JMP, 0, 1), OP(LOADNIL, 3),
			 OP(EQ, 0, 3, 5), OP(JMP, 0, 1), OP(LOADNIL, 3), PRINT(3, 1), OP(RET)) },
	  "<count 1, sum 1, min 1, max 1>\n" },
	{ "EQI", { .main = BRANCH_IMM(INT(1, -5), EQI, 1, -5) }, "true\n" },
	{ "EQI 0", { .main = BRANCH_IMM(INT(1, -5), EQI, 0, -5) }, "false\n" },
	{ "EQI of another", { .main = BRANCH_IMM(INT(1, 65531), EQI, 1, -5) }, "false\n" },
	{ "EQI of what is an integer", { .probe = BRANCH_IMM(SOME_INT(1), EQI, 1, 42) },
	  "true\n" },
	{ "EQI of what is nil", { .probe = BRANCH_IMM(SOME_NIL(1), EQI, 1, 0) }, "false\n" },
	{ "EQI of what is a string", { .probe = BRANCH_IMM(SOME_STR(1), EQI, 0, 0) }, "true\n" },
	{ "EQI of a table", { .main = BRANCH_IMM(OP(NEWTAB, 1), EQI, 1, 1) }, "false\n" },
	{ "LTI", { .main = BRANCH_IMM(INT(1, -2), LTI, 1, -1) }, "true\n" },
	{ "LTI of an equal one", { .main = BRANCH_IMM(INT(1, -1), LTI, 1, -1) }, "false\n" },
	{ "LTI 0", { .main = BRANCH_IMM(INT(1, 0), LTI, 0, -32768) }, "true\n" },
	{ "LTI of what is an integer", { .probe = BRANCH_IMM(SOME_INT(1), LTI, 1, 43) },
	  "true\n" },
	{ "LEI", { .main = BRANCH_IMM(INT(1, 32767), LEI, 1, 32767) }, "true\n" },
	{ "LEI 0", { .main = BRANCH_IMM(INT(1, 32767), LEI, 0, 32767) }, "false\n" },
	{ "LEI of what is an integer", { .probe = BRANCH_IMM(SOME_INT(1), LEI, 1, 41) },
	  "false\n" },
	{ "LTI of what is nil",
	  { .probe = CODE(SOME_NIL(1), OP(LTI, 1, 1, 1), OP(JMP), OP(RET)) },
	  "error: cannot compare nil with integer\n", KTAP_END_FAULT, 2 },
	{ "LEI of what is a string",
	  { .probe = CODE(SOME_STR(1), OP(LEI, 1, 1, 1), OP(JMP), OP(RET)) },
	  "error: cannot compare string with integer\n", KTAP_END_FAULT, 2 },

	{ "FORPREP up", { .main = LOOP(INT(1, 1), INT(2, 3), INT(3, 1)) }, "1\n2\n3\n" },
	{ "FORPREP by two", { .main = LOOP(INT(1, 1), INT(2, 6), INT(3, 2)) }, "1\n3\n5\n" },
	{ "FORPREP down", { .main = LOOP(INT(1, 1), INT(2, -1), INT(3, -1)) }, "1\n0\n-1\n" },
	{ "FORPREP down by two", { .main = LOOP(INT(1, 5), INT(2, 2), INT(3, -2)) }, "5\n3\n" },
	{ "FORPREP of one", { .main = LOOP(INT(1, 5), INT(2, 5), INT(3, -9)) }, "5\n" },
	{ "FORPREP of none", { .main = LOOP(INT(1, 5), INT(2, 4), INT(3, 1)) }, "" },
	{ "FORPREP down of none", { .main = LOOP(INT(1, 5), INT(2, 6), INT(3, -1)) }, "" },
	{ "FORPREP of more", { .main = LOOP(INT(1, 1), INT(2, 9), INT(3, 1)) },
	  "1\n2\n3\n\"key\"\n" },
	{ "FORPREP to the greatest",
	  { .main = LOOP(OP(LOADK, 1, K_MAX), OP(LOADK, 2, K_MAX), INT(3, 1)) },
	  "9223372036854775807\n" },
	{ "FORPREP to the least",
	  { .main = LOOP(OP(LOADK, 1, K_MIN), OP(LOADK, 2, K_MIN), INT(3, -1)) },
	  "-9223372036854775808\n" },
	{ "FORPREP over all",
	  { .main = LOOP(OP(LOADK, 1, K_MIN), OP(LOADK, 2, K_MAX), OP(LOADK, 3, K_MAX)) },
	  "-9223372036854775808\n-1\n9223372036854775806\n" },
	{ "FORPREP over all down",
	  { .main = LOOP(OP(LOADK, 1, K_MAX), OP(LOADK, 2, K_MIN), OP(LOADK, 3, K_MIN)) },
	  "9223372036854775807\n-1\n" },
	{ "FORPREP over all by one",
	  { .main = LOOP(OP(LOADK, 1, K_MIN), OP(LOADK, 2, K_MAX), INT(3, 1)) },
	  "-9223372036854775808\n-9223372036854775807\n-9223372036854775806\n\"key\"\n" },
	{ "FORPREP by 0", { .main = LOOP(INT(1, 1), INT(2, 2), INT(3, 0)) },
	  "error: the step of the loop is 0\n", KTAP_END_FAULT, 4 },
	{ "FORPREP of none by 0", { .main = LOOP(INT(1, 3), INT(2, 2), INT(3, 0)) },
	  "error: the step of the loop is 0\n", KTAP_END_FAULT, 4 },
	{ "FORPREP of what is an integer",
	  { .probe = CODE(SOME_INT(1), INT(2, 43), INT(3, 1), OP(FORPREP, 1, 2), OP(MOVE, 4, 1),
			  PRINT(4, 1), OP(FORLOOP, 1, -3), OP(RET)) }, "42\n43\n" },
	{ "FORPREP of what is a string",
	  { .probe = CODE(SOME_STR(1), INT(2, 43), INT(3, 1), OP(FORPREP, 1, 1), OP(FORLOOP, 1, -1),
			  OP(RET)) },
	  "error: the first value of the loop is a string value\n", KTAP_END_FAULT, 4 },
	{ "FORPREP to what is nil",
	  { .probe = CODE(INT(1, 1), SOME_NIL(2), INT(3, 1), OP(FORPREP, 1, 1), OP(FORLOOP, 1, -1),
			  OP(RET)) },
	  "error: the limit of the loop is a nil value\n", KTAP_END_FAULT, 4 },
	{ "FORPREP by what is nil",
	  { .probe = CODE(INT(1, 1), INT(2, 1), SOME_NIL(3), OP(FORPREP, 1, 1), OP(FORLOOP, 1, -1),
			  OP(RET)) },
	  "error: the step of the loop is a nil value\n", KTAP_END_FAULT, 4 },
	{ "FORLOOP at first",
	  { .main = CODE(INT(1, 7), INT(2, 2), INT(3, 10), OP(MOVE, 4, 1), PRINT(4, 1),
			 OP(FORLOOP, 1, -3), OP(RET)) }, "7\n17\n27\n" },
	{ "FORLOOP for ever",
	  { .probe = CODE(INT(1, 7), OP(LOADK, 2, K_MIN), OP(LOADK, 3, K_MAX),
			  OP(FORLOOP, 1, -1), OP(RET)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 4 },

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
	{ "CONCAT of an event",
	  { .probe = CODE(STR(0, KEY), OP(VAR, 1, KTAP_VAR_ARGSTR), OP(CONCAT, 2, 0, 1),
			  OP(RET)) },
	  "error: cannot concatenate a event value\n", KTAP_END_FAULT, 3 },
	{ "SETG of what is an event",
	  { .probe = CODE(INT(1, 1), OP(VAR, 0, KTAP_VAR_ARGSTR), OP(EQI, 1, 1, 1), OP(JMP, 0, 1),
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
	{ "GETT with what is a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 OP(GETT, 3, 0, 2), OP(RET)) },
	  "error: a statistic value cannot be a key\n", KTAP_END_FAULT, 4 },
	{ "SETT with what is a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 OP(SETT, 0, 2, 1), OP(RET)) },
	  "error: a statistic value cannot be a key\n", KTAP_END_FAULT, 4 },
	{ "SETT to what is a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 OP(SETT, 0, 1, 2), OP(RET)) },
	  "error: a statistic value cannot be kept in a variable or table\n", KTAP_END_FAULT, 4 },
	{ "SETG of what is a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 OP(SETG, 2, 0), OP(RET)) },
	  "error: a statistic value cannot be kept in a variable or table\n", KTAP_END_FAULT, 4 },
	{ "tables as keys",
	  { .main = CODE(OP(NEWTAB, 0), OP(NEWTAB, 1), OP(NEWTAB, 2), INT(3, 1), INT(4, 2),
			 OP(SETT, 0, 1, 3), OP(SETT, 0, 2, 4), OP(SETT, 0, 0, 0),
			 OP(GETT, 3, 0, 2), OP(GETT, 4, 0, 1), OP(GETT, 5, 0, 0), OP(NEWTAB, 6),
			 OP(GETT, 6, 0, 6), PRINT(3, 4), OP(RET)) },
	  "2 1 table nil\n" },
	{ "GETT with an event",
	  { .probe = CODE(OP(NEWTAB, 0), OP(VAR, 1, KTAP_VAR_ARGSTR), OP(GETT, 1, 0, 1),
			  OP(RET)) },
	  "error: a event value cannot be a key\n", KTAP_END_FAULT, 3 },
	{ "SETT to what is an event",
	  { .probe = CODE(INT(1, 1), OP(VAR, 0, KTAP_VAR_ARGSTR), OP(EQI, 1, 1, 1), OP(JMP, 0, 1),
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
	{ "ITER in the order of insertion",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 9), OP(SETT, 0, 1, 1), STR(1, KEY),
			 OP(SETT, 0, 1, 1), INT(1, 2), OP(SETT, 0, 1, 1), OP(LOADBOOL, 1, 0),
			 OP(SETT, 0, 1, 1), INT(1, 9), INT(2, 10), OP(SETT, 0, 1, 2),
			 OP(ITER, 0), OP(JMP, 0, 1), PRINT(2, 2), OP(NEXT, 0), OP(JMP, 0, -3),
			 OP(RET)) },
	  "9 10\n\"key\" \"key\"\n2 2\nfalse false\n" },
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
	/* Where they lead to does not matter. */
	{ "any cursor",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), OP(LOADK, 1, K_MIN),
			 OP(NEXT, 0), OP(JMP), OP(LOADK, 1, K_MAX), OP(NEXT, 0), OP(JMP),
			 INT(1, -1), OP(NEXT, 0), OP(JMP), OP(LOADK, 1, K_BIG), OP(NEXT, 0),
			 OP(JMP), INT(1, 0x7fffffff), OP(NEXT, 0), OP(JMP), OP(RET)) }, "" },

	{ "KEY and PARTS",
	  { .main = CODE(INT(0, -7), STR(1, NUL), OP(LOADBOOL, 2, 1), OP(LOADBOOL, 3, 0),
			 OP(LOADF, 4, TEST_F), OP(LOADK, 5, K_MAX), OP(KEY, 6, 0, 5),
			 OP(MOVE, 14, 6), OP(PARTS, 7, 6, 7), PRINT(14, 1),
			 PRINT(7, 7), OP(RET)), .regs = 15,
	    .f = { CODE(OP(RET)) } },
	  "[-7, \"a\\0b\", true, false, function 1, 9223372036854775807]\n"
	  "-7 \"a\\0b\" true false function 1 9223372036854775807 nil\n" },
	{ "PARTS of less than there are",
	  { .main = CODE(INT(0, 1), STR(1, WIDE), INT(2, 3), OP(KEY, 3, 0, 2), OP(PARTS, 4, 3, 2),
			 PRINT(4, 2), OP(RET)) }, "1 \"" TEST_WIDE "\"\n" },
	{ "PARTS when there is no room",
	  { .probe = CODE(STR(0, WIDE), INT(2, 4), OP(MOVE, 1, 0), OP(CONCAT, 0, 0, 1),
			  OP(SUBI, 2, 2, 1), OP(LTI, 0, 2, 1), OP(JMP, 0, -5), OP(MOVE, 1, 0),
			  OP(KEY, 3, 0, 1), OP(MOVE, 6, 0), OP(LOADNIL, 0), OP(LOADNIL, 1),
			  INT(2, 30), OP(PARTS, 4, 3, 2), OP(EQ, 0, 4, 6), OP(JMP, 0, 6),
			  OP(EQ, 0, 5, 6), OP(JMP, 0, 4), OP(SUBI, 2, 2, 1), OP(LTI, 0, 2, 1),
			  OP(JMP, 0, -8), PRINT(4, 2), PRINT(2, 1), OP(RET)) },
	  "<1024 bytes> <1024 bytes>\n0\n" },
	{ "PARTS of no key",
	  { .main = CODE(STR(0, KEY), OP(PARTS, 1, 0, 3), PRINT(1, 3), OP(NEWTAB, 0),
			 OP(PARTS, 1, 0, 1), PRINT(1, 1), OP(LOADNIL, 0), OP(PARTS, 1, 0, 2),
			 PRINT(1, 2), OP(RET)) },
	  "\"key\" nil nil\ntable\nnil nil\n" },
	{ "PARTS of a key with one part",
	  { .main = CODE(INT(0, 1), OP(KEY, 0, 0, 0), OP(PARTS, 1, 0, 2), PRINT(0, 3),
			 OP(RET)) }, "[1] 1 nil\n" },
	{ "KEY where a part is",
	  { .main = CODE(INT(0, 1), STR(1, EMPTY), OP(KEY, 1, 0, 1), PRINT(1, 1), OP(RET)) },
	  "[1, \"\"]\n" },
	{ "KEY of what is nil",
	  { .probe = CODE(INT(0, 1), SOME_NIL(1), OP(KEY, 0, 0, 1), OP(RET)) },
	  "error: a nil value cannot be a key\n", KTAP_END_FAULT, 3 },
	{ "KEY of what is a table",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 0), OP(GETT, 2, 0, 1),
			 OP(KEY, 2, 1, 2), OP(RET)) },
	  "error: a table value cannot be a key\n", KTAP_END_FAULT, 4 },
	{ "KEY of what is a key",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(KEY, 2, 1, 1), OP(SETT, 0, 1, 2),
			 OP(GETT, 2, 0, 1), OP(KEY, 2, 1, 2), OP(RET)) },
	  "error: a compound key value cannot be a key\n", KTAP_END_FAULT, 5 },
	{ "KEY that is too long",
	  { .probe = CODE(STR(1, WIDE), INT(3, 6), OP(MOVE, 2, 1), OP(CONCAT, 1, 1, 2),
			  OP(SUBI, 3, 3, 1), OP(LTI, 0, 3, 1), OP(JMP, 0, -5), OP(MOVE, 2, 1),
			  OP(KEY, 0, 1, 2), OP(RET)) },
	  "error: strings of one event exceed 8192 bytes\n", KTAP_END_FAULT, 9 },
	{ "KEY in tables",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), STR(2, TEXT16), OP(KEY, 3, 1, 2), INT(4, 5),
			 OP(SETT, 0, 3, 4), OP(ADDT, 0, 3, 4), OP(SETT, 0, 1, 3), OP(KEY, 5, 1, 2),
			 OP(GETT, 6, 0, 5), OP(KEY, 5, 2, 2), OP(GETT, 7, 0, 5), PRINT(6, 2),
			 OP(ITER, 0), OP(JMP, 0, 1), PRINT(2, 2), OP(NEXT, 0), OP(JMP, 0, -3),
			 OP(RET)) },
	  "10 nil\n[1, \"sixteen letters!\"] 10\n1 [1, \"sixteen letters!\"]\n" },
	{ "KEY in a global",
	  { .main = CODE(INT(0, 1), INT(1, 2), OP(KEY, 2, 0, 1), OP(SETG, 2, 0), OP(GETG, 3, 0),
			 PRINT(3, 1), OP(RET)) }, "[1, 2]\n" },
	{ "a string is no key of one part",
	  { .main = CODE(OP(NEWTAB, 0), STR(1, KEY), OP(KEY, 2, 1, 1), OP(SETT, 0, 2, 1),
			 OP(GETT, 3, 0, 1), PRINT(3, 1), OP(RET)) }, "nil\n" },
	{ "CONCAT of what is a key",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(KEY, 2, 1, 1), OP(SETT, 0, 1, 2),
			 OP(GETT, 2, 0, 1), OP(CONCAT, 2, 1, 2), OP(RET)) },
	  "error: cannot concatenate a compound key value\n", KTAP_END_FAULT, 5 },
	{ "LT of what is a key",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(KEY, 2, 1, 1), OP(SETT, 0, 1, 2),
			 OP(GETT, 2, 0, 1), OP(LT, 1, 2, 2), OP(JMP), OP(RET)) },
	  "error: cannot compare compound key with compound key\n", KTAP_END_FAULT, 5 },

	{ "FEEDT",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), INT(2, -5), OP(FEEDT, 0, 1, 2), INT(2, 7),
			 OP(FEEDT, 0, 1, 2), STR(1, KEY), OP(FEEDT, 0, 1, 2), OP(ITER, 0),
			 OP(JMP, 0, 1), PRINT(2, 2), OP(NEXT, 0), OP(JMP, 0, -3), OP(RET)) },
	  "1 <count 2, sum 2, min -5, max 7>\n\"key\" <count 1, sum 7, min 7, max 7>\n" },
	{ "FEEDT by what is an integer",
	  { .probe = CODE(OP(NEWTAB, 0), SOME_INT(1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			  PRINT(2, 1), OP(RET)) },
	  "<count 1, sum 42, min 42, max 42>\n" },
	{ "FEEDT by nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(LOADNIL, 2), OP(FEEDT, 0, 1, 2),
			 OP(GETT, 2, 0, 1), PRINT(2, 1), OP(RET)) }, "nil\n" },
	{ "FEEDT by what is a string",
	  { .probe = CODE(OP(NEWTAB, 0), INT(1, 1), SOME_STR(2), OP(FEEDT, 0, 1, 2), OP(RET)) },
	  "error: '<<<' cannot feed with a string value\n", KTAP_END_FAULT, 4 },
	{ "FEEDT with what is nil",
	  { .probe = CODE(OP(NEWTAB, 0), SOME_NIL(1), INT(2, 1), OP(FEEDT, 0, 1, 2), OP(RET)) },
	  "error: a nil value cannot be a key\n", KTAP_END_FAULT, 4 },
	{ "FEEDT of what is nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(GETT, 2, 0, 1), OP(FEEDT, 2, 1, 1),
			 OP(RET)) },
	  "error: cannot index a nil value\n", KTAP_END_FAULT, 3 },
	{ "FEEDT of an integer",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), OP(FEEDT, 0, 1, 1),
			 OP(RET)) },
	  "error: '<<<' cannot feed a integer value\n", KTAP_END_FAULT, 3 },
	{ "ADDT of a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(ADDT, 0, 1, 1),
			 OP(RET)) },
	  "error: cannot do arithmetic on a statistic value\n", KTAP_END_FAULT, 3 },
	{ "SETT over a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 OP(SETT, 0, 1, 1), OP(GETT, 3, 0, 1), PRINT(2, 2), INT(1, 2),
			 OP(FEEDT, 0, 1, 1), OP(RET)) },
	  "<count 0, sum 0, min 0, max 0> 1\n" },
	{ "FEED",
	  { .main = CODE(OP(CALLB, 0, KTAP_FUNC_STAT, 0), INT(1, 4), OP(FEED, 0, 1), INT(1, 6),
			 OP(FEED, 0, 1), OP(MOVE, 1, 0), OP(CALLB, 0, KTAP_FUNC_SUM, 1),
			 OP(CALLB, 1, KTAP_FUNC_LEN, 1), PRINT(0, 2), OP(RET)) },
	  "10 0\n" },
	{ "FEED of a statistic",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEEDT, 0, 1, 1), OP(GETT, 2, 0, 1),
			 INT(3, 9), OP(FEED, 2, 3), OP(GETT, 4, 0, 1), PRINT(4, 1), OP(RET)) },
	  "<count 2, sum 10, min 1, max 9>\n" },
	{ "FEED by nil",
	  { .main = CODE(OP(CALLB, 0, KTAP_FUNC_STAT, 0), OP(LOADNIL, 1), OP(FEED, 0, 1),
			 OP(CALLB, 0, KTAP_FUNC_COUNT, 1), PRINT(0, 1), OP(RET)) }, "0\n" },
	{ "FEED of a plain table",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(FEED, 0, 1), OP(RET)) },
	  "error: '<<<' cannot feed a plain table value\n", KTAP_END_FAULT, 2 },
	{ "FEED of a plain table by nil",
	  { .main = CODE(OP(NEWTAB, 0), OP(LOADNIL, 1), OP(FEED, 0, 1), OP(RET)) }, "" },
	{ "FEED of what is an integer",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), OP(GETT, 0, 0, 1),
			 OP(FEED, 0, 1), OP(RET)) },
	  "error: '<<<' cannot feed a integer value\n", KTAP_END_FAULT, 4 },
	{ "FEED by what is a string",
	  { .probe = CODE(OP(CALLB, 0, KTAP_FUNC_STAT, 0), SOME_STR(1), OP(FEED, 0, 1), OP(RET)) },
	  "error: '<<<' cannot feed with a string value\n", KTAP_END_FAULT, 3 },

	{ "UPDT by nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 7), OP(LOADNIL, 2), OP(UPDT, 0, 1, KTAP_A_SUB),
			 OP(SETT, 0, 1, 1), OP(UPDT, 0, 1, KTAP_A_SUB),
			 OP(CALLB, 0, KTAP_FUNC_LEN, 1), PRINT(0, 1), OP(RET)) }, "0\n" },
	{ "UPDT of a string by nil",
	  { .main = CODE(OP(NEWTAB, 0), INT(1, 7), STR(2, KEY), OP(SETT, 0, 1, 2), OP(LOADNIL, 2),
			 OP(UPDT, 0, 1, KTAP_A_SUB), OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 5 },
	{ "UPDG of a string by nil",
	  { .main = CODE(STR(0, KEY), OP(SETG, 0, 0), OP(LOADNIL, 1), OP(UPDG, 1, KTAP_A_ADD, 0),
			 OP(RET)) },
	  "error: cannot do arithmetic on a string value\n", KTAP_END_FAULT, 3 },
	{ "UPDG of a table by nil",
	  { .main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(LOADNIL, 1), OP(UPDG, 1, KTAP_A_ADD, 0),
			 OP(RET)) },
	  "error: cannot do arithmetic on a table value\n", KTAP_END_FAULT, 3 },

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

/* Main can be asked to stop, every KTAP_SLICE instructions; a probe is not asked. */
static void test_stop(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_loop);

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
	struct test_run *run = test_load(test, &prog_count);
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

#define COUNT(by)							\
	{								\
		.probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_##by), INT(2, 1), \
			      OP(ADDT, 0, 1, 2), OP(RET)),		\
		.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(RET)),	\
		.end = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_##by),	\
			    OP(GETT, 0, 0, 1), PRINT(0, 1), OP(RET)),	\
	}

static const struct test_prog prog_counts[] = {
	COUNT(PID), COUNT(TID), COUNT(EXECNAME), COUNT(UID),
};

/* Counting by what the task is, which is done at once, and by what somebody else is. */
static void test_counts(struct kunit *test)
{
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(prog_counts); i++) {
		struct test_run *run = test_load(test, &prog_counts[i]);

		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
		for (j = 0; j < 5; j++) {
			run->probe.owner = j < 3 ? NULL : &test_owner;
			KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 2),
					(u32)KTAP_END_RETURN);
		}
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
		run->proc.owner = NULL;
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_STREQ(test, run->out, "2\n3\n");
		test_run_unload(run);
	}
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
	run = test_load(test, &prog);
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "5\n");
	KUNIT_EXPECT_GE(test, run->pauses, 4U);
	test_run_unload(run);
}

/* A full heap is counted and the run goes on. */
static void test_full(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_fill);
	u32 units = run->core.heap.nr_units;

	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	/* What could not be kept left the variable as it was. */
	KUNIT_EXPECT_STREQ(test, run->out, "table nil\n1\n");
	/* 1000 entries, a table, a string, and an integer twice; unit 0 and a table. */
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_HEAP_FULL],
			1000ULL + 4 - (units - 2));
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_LOCK_BUSY], 0ULL);
	test_run_unload(run);
}

/* Make @nr tables, one after the other, each with a table in it, in R[3] and R[4]. */
#define MAKE_TABS(nr)							\
	INT(2, nr), OP(NEWTAB, 3), OP(NEWTAB, 4), OP(SETT, 3, 2, 4),	\
	OP(SETT, 4, 2, 2), OP(SUBI, 2, 2, 1), OP(LTI, 0, 2, 1), OP(JMP, 0, -7)

static const struct test_prog prog_tabs = {
	/* Tables in registers stay, those of callers as well. */
	.main = CODE(OP(NEWTAB, 0), INT(1, 1), STR(2, KEY), OP(SETT, 0, 1, 2), MAKE_TABS(2000),
		     OP(CALL, 2, TEST_F, 1), OP(GETT, 0, 0, 1), OP(GETT, 1, 2, 1), PRINT(0, 2),
		     OP(RET)),
	.f = { CODE(OP(NEWTAB, 0), INT(1, 1), OP(SETT, 0, 1, 1), MAKE_TABS(2000),
		    OP(RET, 0, 1)) },
	.probe = CODE(MAKE_TABS(60), OP(GETG, 0, 0), OP(SETG, 3, 0), OP(RET)),
	/* So do those of variables, whose last one is another one each time. */
	.end = CODE(OP(GETG, 0, 0), INT(1, 1), OP(GETT, 0, 0, 1), OP(GETT, 0, 0, 1), PRINT(0, 1),
		    OP(RET)),
};

/* Tables that nobody has are freed, in a run and at its end. */
static void test_tabs(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_tabs);
	u32 i;

	for (i = 0; i < 20; i++) {
		run->len = 0;
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_STREQ(test, run->out, "\"key\" 1\n");
		KUNIT_EXPECT_EQ(test, run->proc.local.nr_zero, 0U);
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 3), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_EQ(test, run->probe.local.nr_zero, 0U);
		KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 2), (u32)KTAP_END_RETURN);
		KUNIT_EXPECT_STREQ(test, run->out, "\"key\" 1\n1\n");
	}
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_HEAP_FULL], 0ULL);
	KUNIT_EXPECT_EQ(test, run->probe.stats[KTAP_STAT_HEAP_FULL], 0ULL);
	test_run_unload(run);
}

/* Go on until others have run. */
#define WAIT(n)	INT(n, 2000), OP(SUBI, n, n, 1), OP(LTI, 0, n, 1), OP(JMP, 0, -3)

static const struct test_prog prog_gone = {
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), INT(1, 1), INT(2, 5), OP(SETT, 0, 1, 2),
		     OP(FEEDT, 0, 2, 2), OP(RET)),
	.end = CODE(OP(GETG, 0, 0), INT(1, 1), INT(2, 5), OP(GETT, 5, 0, 2), OP(NEWTAB, 7),
		    OP(GETT, 3, 0, 1), OP(ITER, 0), OP(MOVE, 6, 1), PRINT(3, 1), INT(1, 1), WAIT(3),
		    /* It is empty, and so is its statistic. */
		    OP(GETT, 3, 0, 1), OP(MOVE, 4, 0), OP(CALLB, 4, KTAP_FUNC_LEN, 1), PRINT(3, 3),
		    /* Nothing of this is done. */
		    OP(SETT, 0, 1, 2), OP(ADDT, 0, 1, 2), OP(UPDT, 0, 1, KTAP_A_SUB),
		    OP(FEEDT, 0, 1, 2), OP(FEED, 5, 2), OP(SETT, 7, 0, 1),
		    OP(GETT, 3, 0, 1), OP(GETT, 4, 7, 0), PRINT(3, 3),
		    /* As values tables that are gone are nil, and nothing can be deleted. */
		    OP(SETT, 7, 1, 0), OP(SETG, 0, 1), OP(LOADNIL, 3), OP(SETT, 0, 1, 3),
		    OP(GETG, 3, 1), OP(GETT, 4, 7, 1), PRINT(3, 2),
		    /* Going through it, and on with it. */
		    OP(MOVE, 1, 6), OP(NEXT, 0), OP(JMP, 0, -1), OP(ITER, 0), OP(NEXT, 0),
		    OP(JMP, 0, -1), OP(MOVE, 5, 0), MAKE_TABS(50), OP(LOADNIL, 6), OP(LOADNIL, 7),
		    OP(MOVE, 4, 5), OP(SORT, 4), OP(NEXTS, 4), OP(JMP, 0, -1), OP(RET)),
	.probe = CODE(OP(LOADNIL, 0), OP(SETG, 0, 0), OP(RET)),
};

/* A table that another run freed is empty, and takes nothing. */
static void test_gone(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_gone);
	char *unit0 = kunit_kzalloc(test, KTAP_UNIT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, unit0);
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 0), (u32)KTAP_END_RETURN);
	memcpy(unit0, run->core.heap.mem, KTAP_UNIT);
	run->other = 2;
	KUNIT_EXPECT_EQ(test, (u32)test_run_proto(run, 1), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "5\n"
			   "nil 0 <count 0, sum 0, min 0, max 0>\n"
			   "nil nil <count 0, sum 0, min 0, max 0>\n"
			   "nil nil\n");
	/* Five that feed or change it or its statistic, and one with it as a key. */
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_TAB_GONE], 6ULL);
	KUNIT_EXPECT_EQ(test, run->proc.stats[KTAP_STAT_HEAP_FULL], 0ULL);
	/* Nothing refers to this. */
	KUNIT_EXPECT_MEMEQ(test, run->core.heap.mem, unit0, KTAP_UNIT);
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
	struct test_run *run = test_load(test, &prog_compact);

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
	KUNIT_CASE(test_counts),
	KUNIT_CASE(test_long_loop),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_tabs),
	KUNIT_CASE(test_gone),
	KUNIT_CASE(test_compact),
	KUNIT_CASE(test_init),
	{}
};

static struct kunit_suite vm_suite = {
	.name = "ktap_vm",
	.test_cases = vm_cases,
};

kunit_test_suite(vm_suite);
