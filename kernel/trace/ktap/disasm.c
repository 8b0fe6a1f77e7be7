// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Instructions as text
 *
 * The verifier's log and the compiler's listing shall show the same text, so
 * tools/ktap compiles this very file. It therefore uses nothing but the lists of
 * <linux/ktap_bc.h> and a callback that prints. Operands are shown by the modes
 * of the list, so that a new instruction needs no code here.
 */
#include "disasm.h"

#define OP_NAME(name, ...)					\
	[KTAP_OP_##name] = #name,
const char * const ktap_op_names[KTAP_OP_NR] = {
	___KTAP_OP_MAPPER(OP_NAME)
};

#undef OP_NAME

#define OP_MODES(name, nr, a, b, c)					\
	[KTAP_OP_##name] = { KTAP_OM_##a, KTAP_OM_##b, KTAP_OM_##c },
const unsigned char ktap_op_modes[KTAP_OP_NR][3] = {
	___KTAP_OP_MAPPER(OP_MODES)
};

#undef OP_MODES

#define ARITH_NAME(name, nr, text)					\
	[KTAP_A_##name] = text,
static const char * const arith_names[KTAP_A_NR] = {
	___KTAP_ARITH_MAPPER(ARITH_NAME)
};

#undef ARITH_NAME

#define VAR_NAME(name, nr, text, ...)				\
	[KTAP_VAR_##name] = text,
static const char * const var_names[KTAP_VAR_NR] = {
	___KTAP_VAR_MAPPER(VAR_NAME)
};

#undef VAR_NAME

#define FUNC_NAME(name, nr, text, ...)					\
	[KTAP_FUNC_##name] = text,
static const char * const func_names[KTAP_FUNC_NR] = {
	___KTAP_FUNC_MAPPER(FUNC_NAME)
};

#undef FUNC_NAME

static const char *name_of(const char * const *names, __u32 nr, __u32 i)
{
	return i < nr ? names[i] : "?";
}

static void print_operand(__u32 mode, __u32 val, __u32 pc,
			  ktap_disasm_print print, void *arg)
{
	switch (mode) {
	case KTAP_OM_DST:
	case KTAP_OM_REG:
	case KTAP_OM_FIRST:
	case KTAP_OM_LAST:
		print(arg, "r%u", val);
		break;
	case KTAP_OM_ARITH:
		print(arg, "%s", name_of(arith_names, KTAP_A_NR, val));
		break;
	case KTAP_OM_FUNC:
		print(arg, "%s", name_of(func_names, KTAP_FUNC_NR, val));
		break;
	case KTAP_OM_VARX:
		print(arg, "%s", name_of(var_names, KTAP_VAR_NR, val));
		break;
	case KTAP_OM_GLOBAL:
	case KTAP_OM_GLOBALX:
		print(arg, "g%u", val);
		break;
	case KTAP_OM_CONSTX:
		print(arg, "k%u", val);
		break;
	case KTAP_OM_FIELDX:
		print(arg, "f%u", val);
		break;
	case KTAP_OM_JUMPX:
		print(arg, "-> %u", pc + 1 + val);
		break;
	case KTAP_OM_PROTO:
	case KTAP_OM_PROTOX:
		print(arg, "p%u", val);
		break;
	case KTAP_OM_INT:
		print(arg, "%d", (__s16)val);
		break;
	case KTAP_OM_INTX:
		print(arg, "%d", (__s32)val);
		break;
	default:
		print(arg, "%u", val);
		break;
	}
}

/**
 * ktap_disasm - Give one instruction as text
 * @insn: the instruction, of any content
 * @pc: its index, from which the targets of jumps are reckoned
 * @print: called with the pieces of the text; there is no newline
 * @arg: passed to @print
 *
 * Context: That of @print.
 */
void ktap_disasm(const struct ktap_insn *insn, __u32 pc,
		 ktap_disasm_print print, void *arg)
{
	const unsigned char *modes;
	const char *sep = " ";
	__u32 val[3];
	int i;

	if (insn->op >= KTAP_OP_NR) {
		print(arg, "op%u %u %u %u", insn->op, insn->a, insn->b, insn->c);
		return;
	}

	modes = ktap_op_modes[insn->op];
	val[0] = insn->a;
	val[1] = modes[1] >= KTAP_OM_INTX ? KTAP_INSN_BX(insn) : insn->b;
	val[2] = insn->c;

	print(arg, "%-8s", ktap_op_names[insn->op]);
	for (i = 0; i < 3; i++) {
		if (modes[i] == KTAP_OM_NONE)
			continue;
		print(arg, "%s", sep);
		print_operand(modes[i], val[i], pc, print, arg);
		sep = ", ";
	}
}
