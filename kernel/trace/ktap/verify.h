/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The verifier
 */
#ifndef _KTAP_VERIFY_H
#define _KTAP_VERIFY_H

#include "image.h"

/*
 * Instructions that only the verifier makes, out of one whose operands it knows
 * to be integers. FN(NAME, the instruction)
 */
#define KTAP_FAST_OPS(FN)						\
	FN(ADD_INT, ADD)						\
	FN(SUB_INT, SUB)						\
	FN(MUL_INT, MUL)						\
	FN(AND_INT, AND)						\
	FN(OR_INT, OR)							\
	FN(XOR_INT, XOR)						\
	FN(SHL_INT, SHL)						\
	FN(SHR_INT, SHR)						\
	FN(ADDI_INT, ADDI)						\
	FN(SUBI_INT, SUBI)						\
	FN(MULI_INT, MULI)						\
	FN(ANDI_INT, ANDI)						\
	FN(ORI_INT, ORI)						\
	FN(XORI_INT, XORI)						\
	FN(SHLI_INT, SHLI)						\
	FN(SHRI_INT, SHRI)						\
	FN(EQ_INT, EQ)							\
	FN(LT_INT, LT)							\
	FN(LE_INT, LE)							\
	FN(EQI_INT, EQI)						\
	FN(LTI_INT, LTI)						\
	FN(LEI_INT, LEI)

/*
 * VAR where a handler asks for it, which is of the task that runs. FN(NAME, the
 * variable)
 */
#define KTAP_TASK_OPS(FN)						\
	FN(VAR_PID, PID)						\
	FN(VAR_TID, TID)						\
	FN(VAR_COMM, EXECNAME)

/*
 * GETG at the end of a handler that does nothing else than "t[variable] += number".
 * What follows stays as it is, for when there is more to do. FN(NAME, what VAR became)
 */
#define KTAP_COUNT_OPS(FN)						\
	FN(COUNT_PID, VAR_PID)						\
	FN(COUNT_TID, VAR_TID)						\
	FN(COUNT_COMM, VAR_COMM)

/* Where the instructions of that are, counted from GETG. */
enum ktap_count_at {
	KTAP_COUNT_VAR = 1,
	KTAP_COUNT_LOADI,
	KTAP_COUNT_ADDT,
	KTAP_COUNT_LEAVE,
};

#define KTAP_FAST_ENUM(name, ...) KTAP_OP_##name,
enum ktap_fast_op {
	KTAP_OP_LAST_PUBLIC = KTAP_OP_NR - 1,
	KTAP_FAST_OPS(KTAP_FAST_ENUM)
	KTAP_TASK_OPS(KTAP_FAST_ENUM)
	KTAP_COUNT_OPS(KTAP_FAST_ENUM)
	/* CALLB with arguments that are known to be of types that the function takes. */
	KTAP_OP_CALLB_FIT,
	/* JMP to an earlier instruction, where the budget is looked at. */
	KTAP_OP_LOOP,
	/* RET where no function has called, so that nobody wants results. */
	KTAP_OP_LEAVE,
	/* Of what nothing is known, as it cannot be reached. */
	KTAP_OP_NEVER,
	KTAP_OP_ALL
};

#undef KTAP_FAST_ENUM

/* Does an instruction of a verified program call a builtin function? */
static inline bool ktap_insn_calls(const struct ktap_insn *insn, enum ktap_func func)
{
	return (insn->op == KTAP_OP_CALLB || insn->op == KTAP_OP_CALLB_FIT) &&
	       insn->b == func;
}

int ktap_verify(struct ktap_prog *prog, struct ktap_log *log);

#endif /* _KTAP_VERIFY_H */
