// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the disassembler and of the lists that it expands
 */
#include <kunit/test.h>

#include "../disasm.h"

struct text {
	char buf[128];
	u32 len;
};

__printf(2, 3)
static void add(void *arg, const char *fmt, ...)
{
	struct text *text = arg;
	va_list args;

	va_start(args, fmt);
	text->len += vsnprintf(text->buf + text->len, sizeof(text->buf) - text->len,
			       fmt, args);
	va_end(args);
}

static const struct insn_row {
	const char *text;
	struct ktap_insn insn;
} insn_rows[] = {
	{ "RET      r0, 0",		{ KTAP_OP_RET } },
	{ "RET      r3, 2",		{ KTAP_OP_RET, 3, 2 } },
	{ "MOVE     r1, r2",		{ KTAP_OP_MOVE, 1, 2 } },
	{ "LOADK    r1, k131075",	{ KTAP_OP_LOADK, 1, 3, 2 } },
	{ "LOADI    r65535, -2",	{ KTAP_OP_LOADI, 65535, 0xfffe, 0xffff } },
	{ "LOADNIL  r4",		{ KTAP_OP_LOADNIL, 4 } },
	{ "LOADBOOL r4, 1",		{ KTAP_OP_LOADBOOL, 4, 1 } },
	{ "LOADF    r4, p65537",	{ KTAP_OP_LOADF, 4, 1, 1 } },
	{ "ADD      r1, r2, r3",	{ KTAP_OP_ADD, 1, 2, 3 } },
	{ "ADDI     r1, r2, 3",		{ KTAP_OP_ADDI, 1, 2, 3 } },
	{ "SHRI     r1, r2, -32768",	{ KTAP_OP_SHRI, 1, 2, 0x8000 } },
	{ "CONCAT   r0, r1, r5",	{ KTAP_OP_CONCAT, 0, 1, 5 } },
	{ "JMP      -> 108",		{ KTAP_OP_JMP, 0, 7, 0 } },
	{ "JMP      -> 100",		{ KTAP_OP_JMP, 0, 0xffff, 0xffff } },
	{ "TEST     1, r2",		{ KTAP_OP_TEST, 1, 2 } },
	{ "LT       0, r2, r3",		{ KTAP_OP_LT, 0, 2, 3 } },
	{ "EQI      1, r2, -3",		{ KTAP_OP_EQI, 1, 2, 0xfffd } },
	{ "LEI      0, r2, 32767",	{ KTAP_OP_LEI, 0, 2, 0x7fff } },
	{ "FORPREP  r1, -> 104",	{ KTAP_OP_FORPREP, 1, 3, 0 } },
	{ "FORLOOP  r1, -> 98",		{ KTAP_OP_FORLOOP, 1, 0xfffd, 0xffff } },
	{ "SETG     r1, g2",		{ KTAP_OP_SETG, 1, 2 } },
	{ "UPDG     r1, -, g2",		{ KTAP_OP_UPDG, 1, KTAP_A_SUB, 2 } },
	{ "UPDT     r1, r2, <<",	{ KTAP_OP_UPDT, 1, 2, KTAP_A_SHL } },
	{ "UPDT     r1, r2, ?",		{ KTAP_OP_UPDT, 1, 2, KTAP_A_NR } },
	{ "KEY      r0, r1, r5",	{ KTAP_OP_KEY, 0, 1, 5 } },
	{ "PARTS    r1, r2, 3",		{ KTAP_OP_PARTS, 1, 2, 3 } },
	{ "FEED     r1, r2",		{ KTAP_OP_FEED, 1, 2 } },
	{ "FEEDT    r1, r2, r3",	{ KTAP_OP_FEEDT, 1, 2, 3 } },
	{ "NEXT     r1",		{ KTAP_OP_NEXT, 1 } },
	{ "SORT     r1",		{ KTAP_OP_SORT, 1 } },
	{ "NEXTS    r1",		{ KTAP_OP_NEXTS, 1 } },
	{ "ENDS     r1",		{ KTAP_OP_ENDS, 1 } },
	{ "VAR      r1, execname",	{ KTAP_OP_VAR, 1, KTAP_VAR_EXECNAME } },
	{ "VAR      r1, ?",		{ KTAP_OP_VAR, 1, KTAP_VAR_NR } },
	{ "FIELD    r1, f9",		{ KTAP_OP_FIELD, 1, 9 } },
	{ "CALLB    r1, printf, 3",	{ KTAP_OP_CALLB, 1, KTAP_FUNC_PRINTF, 3 } },
	{ "CALLB    r1, ?, 3",		{ KTAP_OP_CALLB, 1, 0xffff, 3 } },
	{ "CALLB    r1, print, 32770", { KTAP_OP_CALLB, 1, KTAP_FUNC_PRINT, KTAP_OPEN | 2 } },
	{ "RET      r1, 32768",		{ KTAP_OP_RET, 1, KTAP_OPEN } },
	{ "CALL     r1, p2, 3",		{ KTAP_OP_CALL, 1, 2, 3 } },
	{ "CALLV    r1, r2, 1027",	{ KTAP_OP_CALLV, 1, 2, 4 << 8 | 3 } },
	{ "TCALL    r1, p2",		{ KTAP_OP_TCALL, 1, 2 } },
	{ "TCALLV   r1, r2, 3",		{ KTAP_OP_TCALLV, 1, 2, 3 } },
	{ "op65535 1 2 3",		{ 65535, 1, 2, 3 } },
};

KUNIT_ARRAY_PARAM_DESC(insn, insn_rows, text);

static void test_disasm(struct kunit *test)
{
	const struct insn_row *row = test->param_value;
	struct text text = {};

	ktap_disasm(&row->insn, 100, add, &text);
	KUNIT_EXPECT_STREQ(test, text.buf, row->text);
}

/* Whatever the instruction, its text is short and begins with its name. */
static void test_all(struct kunit *test)
{
	struct ktap_insn insn;
	u32 op;

	for (op = 0; op < KTAP_OP_NR; op++) {
		struct text text = {};

		insn = (struct ktap_insn){ op, 0xffff, 0xffff, 0xffff };
		ktap_disasm(&insn, 0xffffffff, add, &text);
		KUNIT_EXPECT_LT(test, text.len, 48U);
		KUNIT_EXPECT_EQ(test, strncmp(text.buf, ktap_op_names[op],
					      strlen(ktap_op_names[op])), 0);
	}
}

/* The lists have no gaps, and a joined operand leaves nothing for the third. */
static void test_lists(struct kunit *test)
{
	u32 op, i;

	for (op = 0; op < KTAP_OP_NR; op++) {
		KUNIT_ASSERT_NOT_NULL(test, ktap_op_names[op]);
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_LT(test, (u32)ktap_op_modes[op][i],
					(u32)KTAP_OM_NR);
		if (ktap_op_modes[op][1] >= KTAP_OM_INTX)
			KUNIT_EXPECT_EQ(test, (u32)ktap_op_modes[op][2],
					(u32)KTAP_OM_NONE);
	}
}

static struct kunit_case disasm_cases[] = {
	KUNIT_CASE_PARAM(test_disasm, insn_gen_params),
	KUNIT_CASE(test_all),
	KUNIT_CASE(test_lists),
	{}
};

static struct kunit_suite disasm_suite = {
	.name = "ktap_disasm",
	.test_cases = disasm_cases,
};

kunit_test_suite(disasm_suite);
