/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Instructions as text
 */
#ifndef _KTAP_DISASM_H
#define _KTAP_DISASM_H

#include <linux/ktap_bc.h>

/* In user space this is up to us. */
#ifndef __printf
#define __printf(fmt, args)	__attribute__((__format__(printf, fmt, args)))
#endif

/* Takes the text of an instruction in pieces. */
typedef __printf(2, 3) void (*ktap_disasm_print)(void *arg, const char *fmt, ...);

extern const char * const ktap_op_names[KTAP_OP_NR];
extern const unsigned char ktap_op_modes[KTAP_OP_NR][3];

void ktap_disasm(const struct ktap_insn *insn, __u32 pc,
		 ktap_disasm_print print, void *arg);

#endif /* _KTAP_DISASM_H */
