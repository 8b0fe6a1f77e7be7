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

#define KTAP_FAST_ENUM(name, ...) KTAP_OP_##name,
enum ktap_fast_op {
	KTAP_OP_LAST_PUBLIC = KTAP_OP_NR - 1,
	KTAP_FAST_OPS(KTAP_FAST_ENUM)
	/* JMP to an earlier instruction, where the budget is looked at. */
	KTAP_OP_LOOP,
	/* RET where no function has called, so that nobody wants results. */
	KTAP_OP_LEAVE,
	KTAP_OP_ALL
};

#undef KTAP_FAST_ENUM

int ktap_verify(struct ktap_prog *prog, struct ktap_log *log);

#endif /* _KTAP_VERIFY_H */
