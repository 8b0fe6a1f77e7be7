/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the parts of the code generator share
 */
#ifndef _KTAP_GEN_H
#define _KTAP_GEN_H

#include "ast.h"
#include "code.h"

/**
 * struct loop - a loop around the current statement
 * @outer: the loop around it
 * @breaks: jumps to its end
 * @continues: jumps to its next round
 * @sorts: it goes through a sorted table, which has to be given back
 * @base: its first register, if @sorts
 */
struct loop {
	struct loop *outer;
	uint32_t breaks;
	uint32_t continues;
	bool sorts;
	uint32_t base;
};

/**
 * struct codegen - state of one function
 * @script: what is compiled
 * @img: where constants go, and all code in the end
 * @code: the function's instructions
 * @active: registers of declared variables
 * @free: first register that is not in use
 * @max: most registers ever in use
 * @slot: next register kept for a function that is called, see gen_list()
 * @pos: place of what is compiled
 * @loop: innermost loop
 */
struct codegen {
	struct script *script;
	struct image *img;
	struct code code;
	uint32_t active;
	uint32_t free;
	uint32_t max;
	uint32_t slot;
	uint32_t pos;
	struct loop *loop;
};

uint32_t ktap_emit(struct codegen *cg, enum ktap_op op, uint32_t a, uint32_t b,
		   uint32_t c);
uint32_t ktap_emit_x(struct codegen *cg, enum ktap_op op, uint32_t a,
		     uint32_t bx);
void ktap_jump(struct codegen *cg, uint32_t *list);
void ktap_jump_away(struct codegen *cg, uint32_t *list);
uint32_t ktap_alloc_regs(struct codegen *cg, uint32_t nr);
void ktap_gen_move(struct codegen *cg, uint32_t target, uint32_t reg);
void ktap_gen_int(struct codegen *cg, int64_t num, uint32_t target);
void ktap_gen_arith(struct codegen *cg, enum ktap_arith op, uint32_t target,
		    uint32_t left, const struct expr *right);
void ktap_gen_to(struct codegen *cg, const struct expr *ex, uint32_t target);
uint32_t ktap_gen_any(struct codegen *cg, const struct expr *ex);
uint32_t ktap_gen_list(struct codegen *cg, const struct expr *values,
		       uint32_t want);
void ktap_gen_effects(struct codegen *cg, const struct expr *ex);
void ktap_gen_cond(struct codegen *cg, const struct expr *ex, bool when,
		   uint32_t *list);
void ktap_gen_call(struct codegen *cg, const struct expr *ex, uint32_t target);
void ktap_gen_return(struct codegen *cg, const struct expr *values);
uint32_t ktap_nr_values(struct codegen *cg, const struct expr *values,
			bool *exact);

#endif /* _KTAP_GEN_H */
