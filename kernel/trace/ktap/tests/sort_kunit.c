// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of going through tables in order
 *
 * The table is in R[0], and R[4] to R[7] are the registers of the loop: table, number
 * of the sort, then the function that compares and the number of pairs wanted, where
 * keys and values come to. The functions that compare are f and g.
 */
#include "run.h"

#define INT(reg, i)		OP(LOADI, reg, i)
#define STR(reg, k)		OP(LOADK, reg, K_##k)
#define NIL(reg)		OP(LOADNIL, reg)
#define LOADF(reg)		OP(LOADF, reg, TEST_F)
#define LOADG(reg)		OP(LOADF, reg, TEST_G)

/* R[0][load_k] := load_v */
#define PUT(load_k, load_v)	load_k, load_v, OP(SETT, 0, 1, 2)
#define PUT_INT(k, v)		PUT(INT(1, k), INT(2, v))

/* Begin with function and number of pairs as they are loaded to R[6] and R[7]. */
#define BEGIN_SORT(func, limit)	OP(MOVE, 4, 0), func, limit, OP(SORT, 4)
/* Go on: print each pair. */
#define PRINT_ALL		OP(JMP, 0, 1), PRINT(6, 2), OP(NEXTS, 4), OP(JMP, 0, -3)
#define SORT_PRINT(func, limit)						\
	OP(MOVE, 4, 0), func, limit, OP(SORT, 4), PRINT_ALL, OP(ENDS, 4)
#define IN_ORDER		SORT_PRINT(NIL(6), NIL(7))
/* The next pair, printed; @last is printed in its place when there is none. */
#define PRINT_NEXT(a, last)						\
	OP(NEXTS, a), OP(JMP, 0, 2), INT((a) + 2, last), INT((a) + 3, last), \
	PRINT((a) + 2, 2)

/* v1 < v2 */
#define LESS(a, b)							\
	CODE(OP(LT, 0, a, b), OP(JMP, 0, 2), OP(LOADBOOL, 0, 1), OP(RET, 0, 1), \
	     OP(LOADBOOL, 0, 0), OP(RET, 0, 1))

/*
 * R[0][i] := number in 0 to 63, for i from 0 to @nr - 1, as a linear generator gives
 * them.
 */
#define FILL(nr)							\
	OP(NEWTAB, 0), INT(1, 0), INT(3, 12345),			\
	OP(MULI, 3, 3, 1103), OP(ADDI, 3, 3, 12345), OP(SHRI, 2, 3, 7),	\
	OP(ANDI, 2, 2, 63), OP(SETT, 0, 1, 2), OP(ADDI, 1, 1, 1),	\
	INT(2, nr), OP(LT, 1, 1, 2), OP(JMP, 0, -9)

/* Go on, and print how many pairs there were and the sums of keys and values. */
#define SUM_ALL								\
	INT(1, 0), INT(2, 0), INT(3, 0), OP(JMP, 0, 3), OP(ADDI, 1, 1, 1), \
	OP(ADD, 2, 2, 6), OP(ADD, 3, 3, 7), OP(NEXTS, 4), OP(JMP, 0, -5), PRINT(1, 3)

static const struct run_row rows[] = {
	{ "nothing",
	  { .main = CODE(OP(NEWTAB, 0), IN_ORDER, OP(RET)) }, "" },
	{ "one pair",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(5, 6), IN_ORDER, OP(RET)) }, "5 6\n" },
	{ "greatest value first",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, -5), PUT_INT(3, 9),
			 PUT_INT(4, 0), PUT_INT(5, -1), IN_ORDER, OP(RET)) },
	  "3 9\n1 3\n4 0\n5 -1\n2 -5\n" },
	{ "integers of all sizes",
	  { .main = CODE(OP(NEWTAB, 0), PUT(INT(1, 1), OP(LOADK, 2, K_MIN)), PUT_INT(2, -1),
			 PUT(INT(1, 3), OP(LOADK, 2, K_MAX)), PUT_INT(4, 1),
			 PUT(INT(1, 5), OP(LOADK, 2, K_BIG)), PUT(INT(1, 6), OP(LOADK, 2, K_MAX)),
			 IN_ORDER, OP(RET)) },
	  "3 9223372036854775807\n6 9223372036854775807\n5 1099511627776\n4 1\n2 -1\n"
	  "1 -9223372036854775808\n" },
	{ "equal values by key",
	  { .main = CODE(OP(NEWTAB, 0), PUT(STR(1, WIDE), INT(2, 1)), PUT_INT(3, 1),
			 PUT(STR(1, NUL), INT(2, 1)), PUT_INT(-1, 1), PUT_INT(2, 1),
			 PUT(STR(1, KEY), INT(2, 1)), PUT(STR(1, EMPTY), INT(2, 1)),
			 IN_ORDER, OP(RET)) },
	  "-1 1\n2 1\n3 1\n\"\" 1\n\"" TEST_WIDE "\" 1\n\"a\\0b\" 1\n\"key\" 1\n" },
	{ "other keys as they were inserted",
	  { .main = CODE(OP(NEWTAB, 0), PUT(OP(LOADBOOL, 1, 1), INT(2, 1)),
			 PUT(LOADF(1), INT(2, 1)), PUT(OP(MOVE, 1, 0), INT(2, 1)),
			 PUT(OP(LOADBOOL, 1, 0), INT(2, 1)), INT(2, 2), INT(3, 1),
			 OP(KEY, 1, 2, 3), OP(SETT, 0, 1, 3), INT(2, 1), OP(KEY, 1, 2, 3),
			 OP(SETT, 0, 1, 3), PUT(STR(1, KEY), INT(2, 1)), IN_ORDER, OP(RET)),
	    .f = { CODE(OP(RET)) } },
	  "\"key\" 1\ntrue 1\nfunction 1 1\ntable 1\nfalse 1\n[2, 1] 1\n[1, 1] 1\n" },
	{ "other values last, by key",
	  { .main = CODE(OP(NEWTAB, 0), PUT(INT(1, 4), STR(2, KEY)),
			 PUT(STR(1, KEY), STR(2, EMPTY)), PUT(INT(1, 1), OP(LOADBOOL, 2, 1)),
			 PUT(INT(1, 9), OP(LOADK, 2, K_MIN)), PUT(INT(1, 3), OP(NEWTAB, 2)),
			 PUT_INT(7, -8), IN_ORDER, OP(RET)) },
	  "7 -8\n9 -9223372036854775808\n1 true\n3 table\n4 \"key\"\n\"key\" \"\"\n" },
	{ "statistics by count",
	  { .main = CODE(OP(NEWTAB, 0), INT(2, 100), INT(1, 1), OP(FEEDT, 0, 1, 2), INT(1, 2),
			 INT(2, 5), OP(FEEDT, 0, 1, 2), OP(FEEDT, 0, 1, 2), PUT_INT(3, 2),
			 PUT_INT(4, 1), IN_ORDER, OP(RET)) },
	  "2 <count 2, sum 10, min 5, max 5>\n3 2\n1 <count 1, sum 100, min 100, max 100>\n"
	  "4 1\n" },

	{ "the first two",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), PUT_INT(3, 9),
			 SORT_PRINT(NIL(6), INT(7, 2)), OP(RET)) }, "3 9\n2 5\n" },
	{ "the first none",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), SORT_PRINT(NIL(6), INT(7, 0)),
			 OP(RET)) }, "" },
	{ "less than none",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), SORT_PRINT(NIL(6), OP(LOADK, 7, K_MIN)),
			 OP(RET)) }, "" },
	{ "more than there are",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), SORT_PRINT(NIL(6), OP(LOADK, 7, K_MAX)),
			 OP(RET)) }, "1 3\n" },
	{ "the first two by a function",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), PUT_INT(3, 9),
			 SORT_PRINT(LOADF(6), INT(7, 2)), OP(RET)), .f = { LESS(0, 1), 2 } },
	  "1 3\n2 5\n" },

	/* By functions */
	{ "by values",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, -5), PUT_INT(3, 9),
			 PUT_INT(4, 0), SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { LESS(0, 1), 2 } },
	  "2 -5\n4 0\n1 3\n3 9\n" },
	{ "by keys",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(3, 1), PUT_INT(1, 1), PUT_INT(2, 1),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { LESS(2, 3), 4 } },
	  "1 1\n2 1\n3 1\n" },
	{ "by values that are strings",
	  { .main = CODE(OP(NEWTAB, 0), PUT(INT(1, 1), STR(2, WIDE)), PUT(INT(1, 2), STR(2, KEY)),
			 PUT(INT(1, 3), STR(2, EMPTY)), PUT(INT(1, 4), STR(2, NUL)),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { LESS(1, 0), 2 } },
	  "2 \"key\"\n4 \"a\\0b\"\n1 \"" TEST_WIDE "\"\n3 \"\"\n" },
	{ "by keys that are strings",
	  { .main = CODE(OP(NEWTAB, 0), PUT(STR(1, WIDE), INT(2, 1)), PUT(STR(1, KEY), INT(2, 2)),
			 PUT(STR(1, EMPTY), INT(2, 3)), SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { LESS(2, 3), 4 } },
	  "\"\" 3\n\"" TEST_WIDE "\" 1\n\"key\" 2\n" },
	{ "what compares equal as it was inserted",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(9, 1), PUT_INT(1, 1), PUT_INT(5, 1),
			 PUT_INT(7, 0), PUT_INT(3, 1), PUT_INT(2, 1),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { LESS(1, 0), 2 } },
	  "9 1\n1 1\n5 1\n3 1\n2 1\n7 0\n" },
	{ "by a function that says no",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(9, 1), PUT_INT(1, 2), PUT_INT(5, 3),
			 PUT_INT(7, 0), SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { CODE(OP(LOADBOOL, 0, 0), OP(RET, 0, 1)) } },
	  "9 1\n1 2\n5 3\n7 0\n" },
	{ "by a function that says nothing",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(9, 1), PUT_INT(1, 2),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { CODE(OP(RET)), 0, 1 } },
	  "9 1\n1 2\n" },
	{ "by a function without registers",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(9, 1), PUT_INT(1, 2),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)), .regs = 8,
	    .f = { CODE(OP(TCALL, 0, TEST_G)), 0, 1 },
	    .g = { CODE(INT(1, 1), OP(RET, 1, 1)) } },
	  "1 2\n9 1\n" },
	{ "by a function with more parameters than there is",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 10), PUT_INT(2, 20),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { CODE(PRINT(0, 6), OP(RET, 0, 1)), 6 } },
	  "20 10 2 1 nil nil\n1 10\n2 20\n" },
	{ "by a function that calls others",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 10), PUT_INT(2, 15), PUT_INT(3, 12),
			 SORT_PRINT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { CODE(OP(MOVE, 4, 0), OP(CALL, 4, TEST_G, 1), OP(MOVE, 5, 1),
			OP(CALL, 5, TEST_G, 1), OP(MOVE, 0, 4), OP(MOVE, 1, 5),
			OP(LT, 0, 0, 1), OP(JMP, 0, 2), OP(LOADBOOL, 0, 1), OP(RET, 0, 1),
			OP(RET)), 2 },
	    .g = { CODE(OP(MODI, 0, 0, 10), OP(RET, 0, 1)), 1 } },
	  "1 10\n3 12\n2 15\n" },
	{ "many by value",
	  { .main = CODE(FILL(200), BEGIN_SORT(NIL(6), NIL(7)), INT(3, 1000), OP(JMP, 0, 3),
			 OP(LT, 1, 3, 7), OP(JMP, 0, 5), OP(MOVE, 3, 7), OP(NEXTS, 4),
			 OP(JMP, 0, -5), OP(ENDS, 4), OP(RET), PRINT(3, 5), OP(RET)) }, "" },
	{ "many by a function",
	  { .main = CODE(FILL(200), BEGIN_SORT(LOADF(6), NIL(7)), INT(3, -1), OP(JMP, 0, 3),
			 OP(LT, 1, 7, 3), OP(JMP, 0, 5), OP(MOVE, 3, 7), OP(NEXTS, 4),
			 OP(JMP, 0, -5), OP(ENDS, 4), OP(RET), PRINT(3, 5), OP(RET)),
	    .f = { LESS(0, 1), 2 } }, "" },
	{ "all of many",
	  { .main = CODE(FILL(200), BEGIN_SORT(NIL(6), NIL(7)), SUM_ALL, OP(ENDS, 4), OP(ITER, 4),
			 OP(MOVE, 5, 5), INT(1, 0), INT(2, 0), INT(3, 0), OP(JMP, 0, 3),
			 OP(ADDI, 1, 1, 1), OP(ADD, 2, 2, 6), OP(ADD, 3, 3, 7), OP(NEXT, 4),
			 OP(JMP, 0, -5), PRINT(1, 3), OP(RET)) },
	  "200 19900 6593\n200 19900 6593\n" },
	{ "all of many by a function that always says yes",
	  { .main = CODE(FILL(200), BEGIN_SORT(LOADF(6), NIL(7)), SUM_ALL, OP(ENDS, 4), OP(RET)),
	    .f = { CODE(OP(LOADBOOL, 0, 1), OP(RET, 0, 1)) } },
	  "200 19900 6593\n" },
	{ "all of many by a function that says anything",
	  { .main = CODE(INT(0, 99), OP(SETG, 0, 0), FILL(200), BEGIN_SORT(LOADF(6), NIL(7)),
			 SUM_ALL, OP(ENDS, 4), OP(RET)),
	    .f = { CODE(OP(GETG, 0, 0), OP(MULI, 0, 0, 25173), OP(ADDI, 0, 0, 13849),
			OP(SETG, 0, 0), OP(SHRI, 0, 0, 16), OP(ANDI, 0, 0, 1),
			OP(EQI, 1, 0, 1), OP(JMP, 0, 2), OP(LOADBOOL, 0, 0), OP(RET, 0, 1),
			OP(LOADBOOL, 0, 1), OP(RET, 0, 1)) } },
	  "200 19900 6593\n" },

	/* The table changes */
	{ "what is deleted is not seen",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), PUT_INT(3, 9),
			 BEGIN_SORT(NIL(6), NIL(7)), PUT(INT(1, 2), NIL(2)), PRINT_ALL, OP(ENDS, 4),
			 OP(RET)) },
	  "3 9\n1 3\n" },
	{ "what is deleted and inserted again is not seen",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), PUT_INT(3, 9),
			 BEGIN_SORT(NIL(6), NIL(7)), PUT(INT(1, 2), NIL(2)), PUT_INT(2, 5),
			 PRINT_ALL, OP(ENDS, 4), OP(RET)) },
	  "3 9\n1 3\n" },
	{ "what is inserted is not seen",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)), PUT_INT(2, 5),
			 PUT_INT(3, 1), PRINT_ALL, OP(ENDS, 4), OP(RET)) },
	  "1 3\n" },
	{ "integers are seen as they were",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), BEGIN_SORT(NIL(6), NIL(7)),
			 PUT_INT(1, 7), PUT(INT(1, 2), STR(2, KEY)), PRINT_ALL, OP(ENDS, 4),
			 OP(RET)) },
	  "2 5\n1 3\n" },
	{ "other values are seen as they are",
	  { .main = CODE(OP(NEWTAB, 0), PUT(INT(1, 1), STR(2, KEY)), PUT_INT(2, 5),
			 BEGIN_SORT(NIL(6), NIL(7)), PUT_INT(1, 7), PRINT_ALL, OP(ENDS, 4),
			 OP(RET)) },
	  "2 5\n1 7\n" },
	{ "deleting each one",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), PUT_INT(3, 9),
			 BEGIN_SORT(NIL(6), NIL(7)), OP(JMP, 0, 3), NIL(1), OP(SETT, 0, 6, 1),
			 PRINT(6, 2), OP(NEXTS, 4), OP(JMP, 0, -5), OP(ENDS, 4),
			 OP(CALLB, 0, KTAP_FUNC_LEN, 1), PRINT(0, 1), OP(RET)) },
	  "3 9\n2 5\n1 3\n0\n" },
	{ "deleting all in the function",
	  { .main = CODE(FILL(100), OP(SETG, 0, 0), BEGIN_SORT(LOADF(6), NIL(7)), SUM_ALL,
			 OP(ENDS, 4), OP(RET)),
	    .f = { CODE(OP(GETG, 4, 0), OP(CALLB, 4, KTAP_FUNC_DELETE, 1), OP(LT, 0, 0, 1),
			OP(JMP, 0, 2), OP(LOADBOOL, 0, 1), OP(RET, 0, 1), OP(RET)), 4 } },
	  "0 0 0\n" },
	{ "deleting some in the function",
	  { .main = CODE(FILL(100), OP(SETG, 0, 0), BEGIN_SORT(LOADF(6), NIL(7)), SUM_ALL,
			 OP(ENDS, 4), OP(MOVE, 1, 0), OP(CALLB, 1, KTAP_FUNC_LEN, 1), PRINT(1, 1),
			 OP(RET)),
	    .f = { CODE(OP(GETG, 4, 0), INT(5, 1), INT(6, 0), NIL(7), OP(SETT, 4, 6, 7),
			OP(ADDI, 6, 6, 2), OP(LTI, 1, 6, 98), OP(JMP, 0, -5), OP(LT, 0, 0, 1),
			OP(JMP, 0, 2), OP(LOADBOOL, 0, 1), OP(RET, 0, 1), OP(RET)), 4 } },
	  "51 2598 1618\n51\n" },
	{ "the table goes",
	  { .main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), PUT_INT(1, 3), PUT_INT(2, 5),
			 BEGIN_SORT(NIL(6), NIL(7)), NIL(0), OP(SETG, 0, 0), PRINT_NEXT(4, 0),
			 /* Others take its memory, when the loop has lost it. */
			 NIL(4), INT(1, 100), OP(NEWTAB, 0), OP(SUBI, 1, 1, 1), OP(LTI, 0, 1, 1),
			 OP(JMP, 0, -4), PRINT_NEXT(4, 0), OP(RET)) },
	  "2 5\n0 0\n" },

	/* Several at once */
	{ "two in turn",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), BEGIN_SORT(NIL(6), NIL(7)),
			 OP(MOVE, 8, 0), LOADF(10), NIL(11), OP(SORT, 8), PRINT_NEXT(4, 0),
			 PRINT_NEXT(8, 0), PRINT_NEXT(4, 0), PRINT_NEXT(8, 0), PRINT_NEXT(4, 0),
			 OP(ENDS, 4), PRINT_NEXT(8, 0), PRINT_NEXT(4, 9), OP(ENDS, 8),
			 OP(RET)), .regs = 16,
	    .f = { LESS(0, 1), 2 } },
	  "2 5\n1 3\n1 3\n2 5\n0 0\n0 0\n9 9\n" },
	{ "one in the other",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), BEGIN_SORT(NIL(6), NIL(7)),
			 OP(JMP, 0, 10), PRINT(6, 2), OP(MOVE, 8, 0), LOADF(10), NIL(11),
			 OP(SORT, 8), OP(JMP, 0, 1), PRINT(10, 2), OP(NEXTS, 8), OP(JMP, 0, -3),
			 OP(ENDS, 8), OP(NEXTS, 4), OP(JMP, 0, -12), OP(ENDS, 4), OP(RET)),
	    .regs = 16, .f = { LESS(0, 1), 2 } },
	  "2 5\n1 3\n2 5\n1 3\n1 3\n2 5\n" },
	{ "one that ends before the other goes on",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), BEGIN_SORT(NIL(6), NIL(7)),
			 OP(MOVE, 8, 0), NIL(10), NIL(11), OP(SORT, 8), OP(ENDS, 4),
			 BEGIN_SORT(LOADF(6), NIL(7)), PRINT_NEXT(8, 0), PRINT_NEXT(4, 0),
			 PRINT_NEXT(8, 0), PRINT_NEXT(4, 0), OP(ENDS, 8), OP(ENDS, 4), OP(RET)),
	    .regs = 16, .f = { LESS(0, 1), 2 } },
	  "2 5\n1 3\n1 3\n2 5\n" },
	{ "in functions that call each other",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), OP(SETG, 0, 0), INT(0, 2),
			 OP(CALL, 0, TEST_F, 0), OP(RET)),
	    .f = { CODE(OP(LTI, 0, 0, 1), OP(JMP, 0, 1), OP(RET), OP(GETG, 4, 0), NIL(6), NIL(7),
			OP(SORT, 4), OP(JMP, 0, 4), OP(MOVE, 8, 6), PRINT(8, 1),
			OP(SUBI, 8, 0, 1), OP(CALL, 8, TEST_F, 0), OP(NEXTS, 4), OP(JMP, 0, -6),
			OP(ENDS, 4), OP(RET)), 1, 10 } },
	  "2\n2\n1\n1\n2\n1\n" },
	{ "ENDS of what was not begun",
	  { .main = CODE(OP(NEWTAB, 4), INT(5, 1), OP(ENDS, 4), OP(LOADK, 5, K_MIN), OP(ENDS, 4),
			 PRINT(5, 1), OP(RET)) },
	  "-9223372036854775808\n" },
	{ "ENDS twice",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)), OP(ENDS, 4),
			 OP(ENDS, 4), PRINT_NEXT(4, 0), OP(RET)) },
	  "0 0\n" },
	{ "NEXTS of what was not begun",
	  { .main = CODE(OP(NEWTAB, 4), INT(5, 1), INT(6, 6), INT(7, 7), OP(NEXTS, 4),
			 OP(JMP, 0, 1), PRINT(6, 2), OP(RET)) },
	  "6 7\n" },
	{ "what is never ended",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)),
			 BEGIN_SORT(NIL(6), NIL(7)), BEGIN_SORT(LOADF(6), INT(7, 1)),
			 PRINT_NEXT(4, 0), OP(RET)),
	    .f = { LESS(0, 1), 2 } },
	  "1 3\n" },
	/* A loop that begins sorts takes no more memory than the table may have. */
	{ "what is never ended, for ever",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)),
			 OP(JMP, 0, -5)) },
	  "error: no memory to sort a table\n", KTAP_END_FAULT, 7 },
	{ "what is ended, for ever",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)), OP(ENDS, 4),
			 OP(JMP, 0, -6)) },
	  "error: loop execute count exceed max limit\n", KTAP_END_FAULT, 7 },
	/* Keys are in strings of the run, and the function makes others. */
	{ "by a function that makes strings",
	  { .main = CODE(OP(NEWTAB, 0), STR(1, WIDE), INT(2, 59), OP(CONCAT, 3, 1, 2),
			 OP(SETT, 0, 3, 3), OP(SUBI, 2, 2, 1), OP(LTI, 0, 2, 10), OP(JMP, 0, -5),
			 BEGIN_SORT(LOADF(6), NIL(7)), INT(2, 0), STR(3, EMPTY), OP(JMP, 0, 6),
			 OP(LE, 1, 6, 3), OP(JMP, 0, 8), OP(EQ, 0, 6, 7), OP(JMP, 0, 6),
			 OP(ADDI, 2, 2, 1), OP(MOVE, 3, 6), OP(NEXTS, 4), OP(JMP, 0, -8),
			 PRINT(2, 2), OP(RET), PRINT(2, 6), OP(RET)),
	    .f = { CODE(STR(4, WIDE), INT(5, 100), OP(CONCAT, 6, 4, 5), OP(SUBI, 5, 5, 1),
			OP(LTI, 0, 5, 1), OP(JMP, 0, -4), OP(LT, 0, 2, 3), OP(JMP, 0, 2),
			OP(LOADBOOL, 0, 1), OP(RET, 0, 1), OP(LOADBOOL, 0, 0),
			OP(RET, 0, 1)), 4 } },
	  "50 \"" TEST_WIDE "59\"\n" },
	{ "exit in a loop",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)), PRINT_NEXT(4, 0),
			 OP(CALLB, 0, KTAP_FUNC_EXIT, 0), OP(RET)) },
	  "1 3\n", KTAP_END_EXIT },
	{ "exit in the function",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 3), BEGIN_SORT(LOADF(6), NIL(7)),
			 OP(RET)),
	    .f = { CODE(INT(0, 7), OP(CALLB, 0, KTAP_FUNC_EXIT, 1), OP(RET)) } },
	  "", KTAP_END_EXIT, 0, 7 },
	{ "an error in a loop",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(NIL(6), NIL(7)), PRINT_NEXT(4, 0),
			 OP(DIVI, 7, 7, 0), OP(RET)) },
	  "1 3\nerror: divide 0\n", KTAP_END_FAULT, 13 },
	{ "an error in the function, when it begins",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 3), BEGIN_SORT(LOADF(6), NIL(7)),
			 OP(RET)),
	    .f = { CODE(OP(CALL, 0, TEST_G, 1), OP(RET, 0, 1)), 1 },
	    .g = { CODE(INT(0, 1), OP(DIVI, 0, 0, 0), OP(RET)), 1 } },
	  "error: divide 0\n", KTAP_END_FAULT, 15, 0, { 12, 10 }, 2 },
	{ "an error in the function, when it goes on",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 1), PUT_INT(2, 2), PUT_INT(3, 3),
			 INT(1, 3), OP(SETG, 1, 0), BEGIN_SORT(LOADF(6), NIL(7)),
			 PRINT_NEXT(4, 0), OP(ENDS, 4), OP(RET)),
	    .f = { CODE(OP(GETG, 4, 0), OP(SUBI, 4, 4, 1), OP(SETG, 4, 0), OP(DIV, 5, 4, 4),
			OP(LT, 0, 0, 1), OP(JMP, 0, 2), OP(LOADBOOL, 0, 1), OP(RET, 0, 1),
			OP(RET)), 2 } },
	  "error: divide 0\n", KTAP_END_FAULT, 26, 0, { 16 }, 1 },
	{ "the table may be none",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), OP(GETT, 4, 0, 1), NIL(6), NIL(7),
			 OP(SORT, 4), OP(RET)) },
	  "error: cannot index a integer value\n", KTAP_END_FAULT, 7 },
	{ "the function may be none",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), BEGIN_SORT(OP(GETT, 6, 0, 1), NIL(7)),
			 OP(RET)) },
	  "error: cannot call a integer value\n", KTAP_END_FAULT, 7 },
	{ "the number may be none",
	  { .main = CODE(OP(NEWTAB, 0), PUT(INT(1, 3), STR(2, KEY)),
			 BEGIN_SORT(NIL(6), OP(GETT, 7, 0, 1)), OP(RET)) },
	  "error: the number of pairs of the loop is a string value\n", KTAP_END_FAULT, 7 },
	{ "by a function that only probes can call",
	  { .main = CODE(OP(NEWTAB, 0), BEGIN_SORT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { CODE(OP(FIELD, 0, 0), OP(RET, 0, 1)), 2 } },
	  "error: this function cannot be called here\n", KTAP_END_FAULT, 4 },
	{ "endless recursion in the function",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 3), BEGIN_SORT(LOADF(6), NIL(7)),
			 OP(RET)),
	    .f = { CODE(OP(CALL, 0, TEST_F, 0), OP(RET)) } },
	  "error: stack overflow\n", KTAP_END_FAULT, 12, 0, { 12, 12, 12, 12, 12, 12 }, 15 },
	{ "no registers for the function",
	  { .main = CODE(OP(CALL, 0, TEST_G, 0), OP(RET)),
	    .f = { CODE(INT(0, 0), OP(RET)), 0, 4096 },
	    .g = { CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 3),
			BEGIN_SORT(LOADF(6), NIL(7)), OP(CALL, 4080, TEST_G, 0), OP(RET)),
		   0, 4096 } },
	  "error: stack overflow\n", KTAP_END_FAULT, 14, 0, { 15, 15, 15, 15, 15, 15 }, 15 },
	{ "sorting in the function",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), PUT_INT(3, 4),
			 OP(SETG, 0, 0), BEGIN_SORT(LOADF(6), NIL(7)), PRINT_ALL, OP(RET)),
	    .f = { CODE(OP(GETG, 4, 0), NIL(6), NIL(7), OP(SORT, 4), OP(NEXTS, 4), OP(JMP, 0, 1),
			NIL(7), OP(ENDS, 4), OP(EQ, 1, 0, 7), OP(JMP, 0, 2), OP(LOADBOOL, 0, 0),
			OP(RET, 0, 1), OP(LOADBOOL, 0, 1), OP(RET, 0, 1)), 2 } },
	  "2 5\n1 3\n3 4\n" },
	{ "endless sorting in the function",
	  { .main = CODE(OP(NEWTAB, 0), PUT_INT(1, 3), PUT_INT(2, 5), OP(SETG, 0, 0),
			 BEGIN_SORT(LOADF(6), NIL(7)), OP(RET)),
	    .f = { CODE(OP(GETG, 4, 0), LOADF(6), NIL(7), OP(SORT, 4), OP(RET)), 2 } },
	  "error: stack overflow\n", KTAP_END_FAULT, 16, 0, { 16, 16, 16, 11, 11, 11 }, 4 },
	{ "a function that ends its own sort when it begins",
	  { .main = CODE(FILL(20), BEGIN_SORT(LOADF(6), NIL(7)), SUM_ALL, OP(ENDS, 4), OP(RET)),
	    .f = { CODE(INT(1, 1), OP(ENDS, 0), OP(LOADBOOL, 0, 1), OP(RET, 0, 1)), 0, 2 } },
	  "20 190 649\n" },
	{ "a function that ends its own sort when it goes on",
	  { .main = CODE(FILL(20), BEGIN_SORT(LOADF(6), NIL(7)), OP(LOADBOOL, 1, 1),
			 OP(SETG, 1, 1), SUM_ALL, OP(ENDS, 4), OP(RET)),
	    .f = { CODE(OP(GETG, 0, 1), OP(TEST, 1, 0), OP(JMP, 0, 2), OP(LOADBOOL, 0, 1),
			OP(RET, 0, 1), INT(1, 1), OP(ENDS, 0), OP(LOADBOOL, 0, 1),
			OP(RET, 0, 1)), 0, 2 } },
	  "20 190 649\n" },
	{ "a function that goes on in its own sort",
	  { .main = CODE(FILL(20), BEGIN_SORT(LOADF(6), NIL(7)), SUM_ALL, OP(ENDS, 4), OP(RET)),
	    .f = { CODE(INT(1, 1), NIL(2), NIL(3), OP(NEXTS, 0), OP(JMP, 0, 2),
			OP(LOADBOOL, 0, 1), OP(RET, 0, 1), PRINT(2, 2), OP(RET)), 0, 4 } },
	  "20 190 649\n" },
};

KUNIT_ARRAY_PARAM_DESC(run, rows, name);

static const struct test_prog prog_sort = {
	.main = CODE(FILL(200), BEGIN_SORT(LOADF(6), NIL(7)), SUM_ALL, OP(ENDS, 4), OP(RET)),
	.f = { LESS(0, 1), 2 },
};

/* Of the instruction in @prog_sort that begins to sort. */
#define PC_SORT		15

static void test_no_memory(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_sort);

	run->no_memory = 1;
	KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)KTAP_END_FAULT);
	KUNIT_EXPECT_STREQ(test, run->out, "error: no memory to sort a table\n");
	KUNIT_EXPECT_EQ(test, run->proc.fault.pcs[0], (u32)PC_SORT);
	KUNIT_EXPECT_EQ(test, run->proc.fault.nr_pcs, 1U);
	KUNIT_EXPECT_EQ(test, run->allocs, 0U);
	/* There is some the next time. */
	run->len = 0;
	KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)KTAP_END_RETURN);
	KUNIT_EXPECT_STREQ(test, run->out, "200 19900 6593\n");
	test_run_unload(run);
}

/* Whenever the run is asked to stop or the budget ends, all comes back. */
static void test_ends(struct kunit *test)
{
	struct test_run *run = test_load(test, &prog_sort);
	u32 i, pauses;

	KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)KTAP_END_RETURN);
	pauses = run->pauses;
	KUNIT_EXPECT_GE(test, pauses, 4U);
	for (i = 1; i <= pauses; i++) {
		run->pauses = 0;
		run->stop = i;
		KUNIT_EXPECT_EQ(test, (u32)test_run_all(run), (u32)KTAP_END_STOP);
		KUNIT_EXPECT_EQ(test, run->allocs, 0U);
		KUNIT_EXPECT_EQ(test, (u64)run->proc.sort_size, 0ULL);
	}
	run->stop = 0;
	for (i = 2000; i < 25000; i += 7) {
		run->core.budget[1] = i;
		if (test_run_all(run) != KTAP_END_FAULT)
			break;
		KUNIT_EXPECT_EQ(test, run->proc.fault.code, KTAP_E_BUDGET);
		KUNIT_EXPECT_EQ(test, run->allocs, 0U);
	}
	KUNIT_EXPECT_GT(test, i, 10000U);
	KUNIT_EXPECT_LT(test, i, 25000U);
	test_run_unload(run);
}

static struct kunit_case sort_cases[] = {
	KUNIT_CASE_PARAM(test_run_row, run_gen_params),
	KUNIT_CASE(test_no_memory),
	KUNIT_CASE(test_ends),
	{}
};

static struct kunit_suite sort_suite = {
	.name = "ktap_sort",
	.test_cases = sort_cases,
};

kunit_test_suite(sort_suite);
