/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Instructions of a function while it is being made
 */
#ifndef _KTAP_CODE_H
#define _KTAP_CODE_H

#include "image.h"

/* End of a list of jumps; also what is given for an instruction not emitted. */
#define NO_JUMP		UINT32_MAX

/**
 * struct code - instructions, numbered from 0
 * @insns: the instructions
 * @pos: where in the script each of them comes from
 * @nr: their number
 * @cap_insns: number that there is room for
 * @cap_pos: the same for @pos
 * @dead: control cannot reach the current place, so nothing is emitted
 */
struct code {
	struct ktap_insn *insns;
	uint32_t *pos;
	size_t nr;
	size_t cap_insns;
	size_t cap_pos;
	bool dead;
};

uint32_t ktap_code_emit(struct code *code, struct ktap_insn insn, uint32_t pos);
void ktap_code_bind_to(struct code *code, uint32_t list, uint32_t target);
void ktap_code_bind(struct code *code, uint32_t list);
void ktap_code_tidy(struct code *code);
void ktap_code_write(const struct code *code, struct source *src,
		     struct image *img);
void ktap_code_destroy(struct code *code);

#endif /* _KTAP_CODE_H */
