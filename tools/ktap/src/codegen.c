// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - From syntax tree to instructions
 *
 * Registers are used as a stack: variables of the open blocks lie at the bottom,
 * in the order of their declaration, and intermediate values above them. An
 * expression is put where it is needed (gen_to), or taken from where it is
 * (gen_any), so that values are not moved around.
 *
 * Code that control cannot reach is never emitted: after a jump or a return
 * emit() does nothing until a jump to the current place is bound.
 */
#include <string.h>

#include "code.h"
#include "codegen.h"
#include "fold.h"

/**
 * struct loop - a loop around the current statement
 * @outer: the loop around it
 * @breaks: jumps to its end
 * @continues: jumps to its next round
 */
struct loop {
	struct loop *outer;
	uint32_t breaks;
	uint32_t continues;
};

/**
 * struct codegen - state of one function
 * @script: what is compiled
 * @img: where constants go, and all code in the end
 * @code: the function's instructions
 * @active: registers of declared variables
 * @free: first register that is not in use
 * @max: most registers ever in use
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
	uint32_t pos;
	struct loop *loop;
};

static void gen_to(struct codegen *cg, const struct expr *ex, uint32_t target);
static void gen_cond(struct codegen *cg, const struct expr *ex, bool when,
		     uint32_t *list);
static void gen_block(struct codegen *cg, const struct block *block);
static void gen_stmts(struct codegen *cg, const struct stmt *st);

static uint32_t here(const struct codegen *cg)
{
	return cg->code.nr;
}

static uint32_t emit(struct codegen *cg, enum ktap_op op, uint32_t a,
		     uint32_t b, uint32_t c)
{
	struct ktap_insn insn = { op, a, b, c };

	return ktap_code_emit(&cg->code, insn, cg->pos);
}

static uint32_t emit_x(struct codegen *cg, enum ktap_op op, uint32_t a,
		       uint32_t bx)
{
	return emit(cg, op, a, bx & 0xffff, bx >> 16);
}

/* Jumps to a place that comes later; it is bound with @list. */
static void jump(struct codegen *cg, uint32_t *list)
{
	uint32_t insn = emit_x(cg, KTAP_OP_JMP, 0, *list);

	if (insn != NO_JUMP)
		*list = insn;
}

static void jump_away(struct codegen *cg, uint32_t *list)
{
	jump(cg, list);
	cg->code.dead = true;
}

static void bind_to(struct codegen *cg, uint32_t list, uint32_t target)
{
	ktap_code_bind_to(&cg->code, list, target);
}

/* Lets the jumps of a list lead here. */
static void bind(struct codegen *cg, uint32_t list)
{
	ktap_code_bind(&cg->code, list);
}

static uint32_t alloc_regs(struct codegen *cg, uint32_t nr)
{
	uint32_t reg = cg->free;

	cg->free += nr;
	if (cg->free > cg->max)
		cg->max = cg->free;
	if (cg->free > KTAP_MAX_REGS) {
		if (!cg->script->diag.nr_errors)
			ktap_error(&cg->script->diag, cg->pos,
				   "this needs more than %d registers",
				   KTAP_MAX_REGS);
		/* What follows is thrown away. */
		cg->free = reg;
		return 0;
	}
	return reg;
}

static uint32_t alloc_reg(struct codegen *cg)
{
	return alloc_regs(cg, 1);
}

/* Whether a register holds no variable, so that it can be used on the way. */
static bool is_temp(const struct codegen *cg, uint32_t reg)
{
	return reg >= cg->active;
}

static void gen_int(struct codegen *cg, int64_t num, uint32_t target)
{
	if (num >= INT32_MIN && num <= INT32_MAX)
		emit_x(cg, KTAP_OP_LOADI, target, (uint32_t)num);
	else
		emit_x(cg, KTAP_OP_LOADK, target, ktap_image_int(cg->img, num));
}

static void gen_str(struct codegen *cg, const struct expr *ex, uint32_t target)
{
	emit_x(cg, KTAP_OP_LOADK, target,
	       ktap_image_const_str(cg->img, ex->str, ex->len));
}

static void move(struct codegen *cg, uint32_t target, uint32_t reg)
{
	if (target != reg)
		emit(cg, KTAP_OP_MOVE, target, reg, 0);
}

/* Gives the register that the value of an expression is in. */
static uint32_t gen_any(struct codegen *cg, const struct expr *ex)
{
	uint32_t reg;

	if (ex->kind == EX_LOCAL)
		return ex->sym->reg;
	reg = alloc_reg(cg);
	gen_to(cg, ex, reg);
	return reg;
}

/* Like gen_any(), with a register that may be used instead of a new one. */
static uint32_t gen_in(struct codegen *cg, const struct expr *ex, uint32_t reg)
{
	if (ex->kind == EX_LOCAL)
		return ex->sym->reg;
	if (!is_temp(cg, reg))
		return gen_any(cg, ex);
	gen_to(cg, ex, reg);
	return reg;
}

/* Computes what may have an effect or an error, and forgets the value. */
static void gen_effects(struct codegen *cg, const struct expr *ex)
{
	uint32_t save = cg->free;

	if (!ktap_is_const(ex) && ex->kind != EX_LOCAL &&
	    ex->kind != EX_GLOBAL && ex->kind != EX_VAR)
		gen_any(cg, ex);
	cg->free = save;
}

static bool mentions(const struct expr *ex, uint32_t reg)
{
	const struct expr *arg = NULL;
	const struct item *item;

	switch (ex->kind) {
	case EX_LOCAL:
		return ex->sym->reg == reg;
	case EX_INDEX:
		return mentions(ex->index.table, reg) ||
			mentions(ex->index.key, reg);
	case EX_UNARY:
		return mentions(ex->unary.arg, reg);
	case EX_COND:
		return mentions(ex->cond.test, reg) ||
			mentions(ex->cond.yes, reg) ||
			mentions(ex->cond.no, reg);
	case EX_TABLE:
		for (item = ex->items; item; item = item->next)
			if ((item->key && mentions(item->key, reg)) ||
			    mentions(item->value, reg))
				return true;
		return false;
	case EX_CALL:
		arg = ex->call.args;
		break;
	case EX_CHAIN:
	case EX_AND:
	case EX_OR:
	case EX_CONCAT:
		arg = ex->list;
		break;
	default:
		return false;
	}
	for (; arg; arg = arg->next)
		if (mentions(arg, reg))
			return true;
	return false;
}

static bool is_compare(enum token_type op)
{
	return op >= TOK_LE && op <= TOK_GT && ktap_arith_of(op) == KTAP_A_NR;
}

/* Jumps when "R[left] op R[right]" is @when. */
static void gen_compare(struct codegen *cg, enum token_type op, uint32_t left,
			uint32_t right, bool when, uint32_t *list)
{
	switch (op) {
	case TOK_EQ:
		emit(cg, KTAP_OP_EQ, when, left, right);
		break;
	case TOK_NE:
		emit(cg, KTAP_OP_EQ, !when, left, right);
		break;
	case TOK_LT:
		emit(cg, KTAP_OP_LT, when, left, right);
		break;
	case TOK_LE:
		emit(cg, KTAP_OP_LE, when, left, right);
		break;
	case TOK_GT:
		emit(cg, KTAP_OP_LT, when, right, left);
		break;
	default:
		emit(cg, KTAP_OP_LE, when, right, left);
		break;
	}
	jump(cg, list);
}

/* Makes a boolean of jumps that are taken when it is true. */
static void gen_bool(struct codegen *cg, uint32_t yes, uint32_t target)
{
	uint32_t end = NO_JUMP;

	emit(cg, KTAP_OP_LOADBOOL, target, 0, 0);
	jump_away(cg, &end);
	bind(cg, yes);
	emit(cg, KTAP_OP_LOADBOOL, target, 1, 0);
	bind(cg, end);
}

/* One step of a chain. */
static void gen_step(struct codegen *cg, const struct expr *arg, uint32_t left,
		     uint32_t right, uint32_t target)
{
	uint32_t yes = NO_JUMP;

	cg->pos = arg->op_pos;
	if (!is_compare(arg->op)) {
		emit(cg, KTAP_OP_ADD + ktap_arith_of(arg->op), target, left,
		     right);
		return;
	}
	gen_compare(cg, arg->op, left, right, true, &yes);
	gen_bool(cg, yes, target);
}

/*
 * Computes a chain up to, and without, the operand @stop. Gives the register
 * that has the value, which is @target if that can be used on the way.
 */
static uint32_t gen_chain(struct codegen *cg, const struct expr *ex,
			  const struct expr *stop, uint32_t target)
{
	const struct expr *arg = ex->list;
	uint32_t acc = target, left, right, save;

	if (!is_temp(cg, target) &&
	    (arg->kind != EX_LOCAL || arg->next->next))
		acc = alloc_reg(cg);
	left = gen_in(cg, arg, acc);
	for (arg = arg->next; arg != stop; arg = arg->next) {
		save = cg->free;
		right = gen_any(cg, arg);
		gen_step(cg, arg, left, right, arg->next ? acc : target);
		cg->free = save;
		left = arg->next ? acc : target;
	}
	return left;
}

static void gen_concat(struct codegen *cg, const struct expr *ex,
		       uint32_t target)
{
	const struct expr *arg;
	uint32_t first = cg->free, last = first;

	for (arg = ex->list; arg; arg = arg->next) {
		last = alloc_reg(cg);
		gen_to(cg, arg, last);
	}
	cg->pos = ex->pos;
	emit(cg, KTAP_OP_CONCAT, target, first, last);
}

static void gen_call(struct codegen *cg, const struct expr *ex,
		     uint32_t target)
{
	const struct expr *arg;
	uint32_t base = cg->free, reg;

	/* The newest temporary can as well take the first argument. */
	if (is_temp(cg, target) && target + 1 == cg->free)
		base = target;
	else
		alloc_reg(cg);
	for (arg = ex->call.args, reg = base; arg; arg = arg->next, reg++) {
		if (reg != base)
			alloc_reg(cg);
		gen_to(cg, arg, reg);
	}
	cg->pos = ex->start;
	emit(cg, KTAP_OP_CALLB, base, ex->call.id, ex->call.nr_args);
	move(cg, target, base);
}

static void gen_logic(struct codegen *cg, const struct expr *ex,
		      uint32_t target)
{
	bool when = ex->kind == EX_OR;
	uint32_t end = NO_JUMP;
	const struct expr *arg;

	for (arg = ex->list; arg->next; arg = arg->next) {
		int truth = ktap_truth(arg);

		if (truth == when)
			break;
		if (truth == !when) {
			gen_effects(cg, arg);
			continue;
		}
		gen_to(cg, arg, target);
		cg->pos = arg->next->op_pos;
		emit(cg, KTAP_OP_TEST, when, target, 0);
		jump(cg, &end);
	}
	gen_to(cg, arg, target);
	bind(cg, end);
}

static void gen_choice(struct codegen *cg, const struct expr *ex,
		       uint32_t target)
{
	uint32_t no = NO_JUMP, end = NO_JUMP;
	int truth = ktap_truth(ex->cond.test);

	if (truth >= 0) {
		gen_effects(cg, ex->cond.test);
		gen_to(cg, truth ? ex->cond.yes : ex->cond.no, target);
		return;
	}
	gen_cond(cg, ex->cond.test, false, &no);
	gen_to(cg, ex->cond.yes, target);
	jump_away(cg, &end);
	bind(cg, no);
	gen_to(cg, ex->cond.no, target);
	bind(cg, end);
}

static void gen_table(struct codegen *cg, const struct expr *ex,
		      uint32_t target)
{
	const struct item *item;
	uint32_t save = cg->free, key, value;
	int64_t num = 1;

	cg->pos = ex->pos;
	emit(cg, KTAP_OP_NEWTAB, target, 0, 0);
	for (item = ex->items; item; item = item->next) {
		if (item->key) {
			key = gen_any(cg, item->key);
		} else {
			key = alloc_reg(cg);
			cg->pos = item->value->start;
			gen_int(cg, num++, key);
		}
		value = gen_any(cg, item->value);
		cg->pos = item->value->start;
		emit(cg, KTAP_OP_SETT, target, key, value);
		cg->free = save;
	}
}

static void gen_index(struct codegen *cg, const struct expr *ex,
		      uint32_t target)
{
	uint32_t table, key;

	table = gen_in(cg, ex->index.table, target);
	key = table == target ? gen_any(cg, ex->index.key) :
		gen_in(cg, ex->index.key, target);
	cg->pos = ex->pos;
	emit(cg, KTAP_OP_GETT, target, table, key);
}

static void gen_unary(struct codegen *cg, const struct expr *ex,
		      uint32_t target)
{
	uint32_t reg = gen_in(cg, ex->unary.arg, target);
	enum ktap_op op = KTAP_OP_NOT;

	if (ex->unary.op == TOK_SUB)
		op = KTAP_OP_NEG;
	else if (ex->unary.op == TOK_BITNOT)
		op = KTAP_OP_BNOT;
	cg->pos = ex->pos;
	emit(cg, op, target, reg, 0);
}

static bool is_reg(const struct expr *ex, uint32_t reg)
{
	return ex->kind == EX_LOCAL && ex->sym->reg == reg;
}

/* Whether @target would be read after a first value was put into it. */
static bool reads_own_result(const struct expr *ex, uint32_t target)
{
	const struct expr *arg;

	if (ex->kind == EX_TABLE)
		return mentions(ex, target);
	if (ex->kind != EX_AND && ex->kind != EX_OR)
		return false;
	for (arg = ex->list; arg && is_reg(arg, target); arg = arg->next)
		;
	while (arg && arg->next) {
		arg = arg->next;
		if (mentions(arg, target))
			return true;
	}
	return false;
}

/* Puts the value of an expression into a register. */
static void gen_to(struct codegen *cg, const struct expr *ex, uint32_t target)
{
	uint32_t save = cg->free, reg;

	if (!is_temp(cg, target) && reads_own_result(ex, target)) {
		reg = gen_any(cg, ex);
		move(cg, target, reg);
		cg->free = save;
		return;
	}

	cg->pos = ex->start;
	switch (ex->kind) {
	case EX_NIL:
		emit(cg, KTAP_OP_LOADNIL, target, 0, 0);
		break;
	case EX_FALSE:
	case EX_TRUE:
		emit(cg, KTAP_OP_LOADBOOL, target, ex->kind == EX_TRUE, 0);
		break;
	case EX_INT:
		gen_int(cg, ex->num, target);
		break;
	case EX_STR:
		gen_str(cg, ex, target);
		break;
	case EX_LOCAL:
		move(cg, target, ex->sym->reg);
		break;
	case EX_GLOBAL:
		emit_x(cg, KTAP_OP_GETG, target, ex->sym->reg);
		break;
	case EX_VAR:
		emit_x(cg, KTAP_OP_VAR, target, ex->id);
		break;
	case EX_FIELD:
		emit_x(cg, KTAP_OP_FIELD, target,
		       ktap_image_field(cg->img, ex->field.name,
					ex->field.index));
		break;
	case EX_INDEX:
		gen_index(cg, ex, target);
		break;
	case EX_CALL:
		gen_call(cg, ex, target);
		break;
	case EX_UNARY:
		gen_unary(cg, ex, target);
		break;
	case EX_CHAIN:
		gen_chain(cg, ex, NULL, target);
		break;
	case EX_AND:
	case EX_OR:
		gen_logic(cg, ex, target);
		break;
	case EX_CONCAT:
		gen_concat(cg, ex, target);
		break;
	case EX_COND:
		gen_choice(cg, ex, target);
		break;
	case EX_TABLE:
		gen_table(cg, ex, target);
		break;
	case EX_ERROR:
	case EX_NAME:
	case EX_ARG:
	case EX_KSYM:
		/* The checker leaves none of these. */
		break;
	}
	cg->free = save;
}

/* An "and" that is to be true, or an "or" that is to be false: all must be. */
static void gen_cond_all(struct codegen *cg, const struct expr *ex, bool when,
			 uint32_t *list)
{
	const struct expr *arg;
	uint32_t end = NO_JUMP;

	for (arg = ex->list; arg->next; arg = arg->next)
		gen_cond(cg, arg, !when, &end);
	gen_cond(cg, arg, when, list);
	bind(cg, end);
}

static void gen_cond_list(struct codegen *cg, const struct expr *ex, bool when,
			  uint32_t *list)
{
	const struct expr *arg;

	if (ex->kind == (when ? EX_AND : EX_OR)) {
		gen_cond_all(cg, ex, when, list);
		return;
	}
	for (arg = ex->list; arg; arg = arg->next)
		gen_cond(cg, arg, when, list);
}

static void gen_cond_choice(struct codegen *cg, const struct expr *ex,
			    bool when, uint32_t *list)
{
	uint32_t no = NO_JUMP, end = NO_JUMP;

	gen_cond(cg, ex->cond.test, false, &no);
	gen_cond(cg, ex->cond.yes, when, list);
	jump_away(cg, &end);
	bind(cg, no);
	gen_cond(cg, ex->cond.no, when, list);
	bind(cg, end);
}

static void gen_cond_compare(struct codegen *cg, const struct expr *ex,
			     bool when, uint32_t *list)
{
	const struct expr *last = ex->list->next;
	uint32_t left, right, acc;

	while (last->next)
		last = last->next;
	if (last == ex->list->next) {
		left = gen_any(cg, ex->list);
	} else {
		acc = alloc_reg(cg);
		left = gen_chain(cg, ex, last, acc);
	}
	right = gen_any(cg, last);
	cg->pos = last->op_pos;
	gen_compare(cg, last->op, left, right, when, list);
}

static bool ends_with_compare(const struct expr *ex)
{
	return ex->kind == EX_CHAIN && is_compare(ex->list->next->op);
}

/* Jumps when the truth of an expression is @when, and goes on when not. */
static void gen_cond(struct codegen *cg, const struct expr *ex, bool when,
		     uint32_t *list)
{
	uint32_t save = cg->free, reg;
	int truth = ktap_truth(ex);

	if (truth >= 0) {
		gen_effects(cg, ex);
		if (truth == when)
			jump_away(cg, list);
	} else if (ex->kind == EX_UNARY && ex->unary.op == TOK_LOGNOT) {
		gen_cond(cg, ex->unary.arg, !when, list);
	} else if (ex->kind == EX_AND || ex->kind == EX_OR) {
		gen_cond_list(cg, ex, when, list);
	} else if (ex->kind == EX_COND) {
		gen_cond_choice(cg, ex, when, list);
	} else if (ends_with_compare(ex)) {
		gen_cond_compare(cg, ex, when, list);
	} else {
		reg = gen_any(cg, ex);
		cg->pos = ex->start;
		emit(cg, KTAP_OP_TEST, when, reg, 0);
		jump(cg, list);
	}
	cg->free = save;
}

static void declare_local(struct codegen *cg, const struct decl *decl,
			  uint32_t reg)
{
	decl->sym->reg = reg;
	cg->active = reg + 1;
	if (cg->free < cg->active)
		cg->free = cg->active;
}

static void gen_nil(struct codegen *cg, uint32_t target)
{
	emit(cg, KTAP_OP_LOADNIL, target, 0, 0);
}

/* Declares variables, with values or nil, from the first free register on. */
static void gen_locals(struct codegen *cg, const struct decl *decls,
		       const struct expr *values)
{
	const struct decl *decl;
	uint32_t base = cg->free, reg;

	for (decl = decls; decl; decl = decl->next) {
		reg = alloc_reg(cg);
		cg->pos = decl->pos;
		if (values)
			gen_to(cg, values, reg);
		else
			gen_nil(cg, reg);
		values = values ? values->next : NULL;
	}
	for (decl = decls; decl; decl = decl->next)
		declare_local(cg, decl, base++);
}

static void gen_globals(struct codegen *cg, const struct decl *decls,
			const struct expr *values)
{
	const struct decl *decl;
	const struct expr *value;
	uint32_t base = cg->free;

	for (value = values; value; value = value->next)
		gen_to(cg, value, alloc_reg(cg));
	value = values;
	for (decl = decls; decl; decl = decl->next) {
		cg->pos = decl->pos;
		if (cg->img->sec[KTAP_SEC_GLOBAL].nr > UINT16_MAX) {
			ktap_error(&cg->script->diag, decl->pos,
				   "more than %d top-level variables",
				   UINT16_MAX + 1);
			return;
		}
		decl->sym->reg = ktap_image_global(cg->img, decl->name);
		/* Without a value it is nil from the start. */
		if (!value)
			continue;
		emit_x(cg, KTAP_OP_SETG, base++, decl->sym->reg);
		value = value->next;
	}
}

static void gen_var(struct codegen *cg, const struct stmt *st)
{
	if (st->assign.decls->sym->global)
		gen_globals(cg, st->assign.decls, st->assign.values);
	else
		gen_locals(cg, st->assign.decls, st->assign.values);
}

/**
 * struct target - what is assigned to
 * @ex: its expression
 * @table: register of the table
 * @key: register of the key
 */
struct target {
	const struct expr *ex;
	uint32_t table;
	uint32_t key;
};

static void store(struct codegen *cg, const struct target *target,
		  uint32_t reg)
{
	cg->pos = target->ex->start;
	if (target->ex->kind == EX_LOCAL)
		move(cg, target->ex->sym->reg, reg);
	else if (target->ex->kind == EX_GLOBAL)
		emit_x(cg, KTAP_OP_SETG, reg, target->ex->sym->reg);
	else
		emit(cg, KTAP_OP_SETT, target->table, target->key, reg);
}

static void store_value(struct codegen *cg, const struct target *target,
			const struct expr *value)
{
	if (target->ex->kind == EX_LOCAL)
		gen_to(cg, value, target->ex->sym->reg);
	else
		store(cg, target, gen_any(cg, value));
}

static void gen_assign_one(struct codegen *cg, const struct expr *ex,
			   const struct expr *value)
{
	struct target target = { .ex = ex };

	if (ex->kind == EX_INDEX) {
		target.table = gen_any(cg, ex->index.table);
		target.key = gen_any(cg, ex->index.key);
	}
	store_value(cg, &target, value);
}

/* A register that keeps its value while the targets are assigned to. */
static uint32_t gen_kept(struct codegen *cg, const struct expr *ex)
{
	uint32_t reg;

	if (ex->kind != EX_LOCAL || !ex->sym->assigned)
		return gen_any(cg, ex);
	reg = alloc_reg(cg);
	gen_to(cg, ex, reg);
	return reg;
}

/* All values are computed before the first one is assigned. */
static void gen_assign_all(struct codegen *cg, const struct stmt *st)
{
	static const struct expr nil = { .kind = EX_NIL };
	const struct expr *ex, *value;
	const struct expr **values;
	struct target *targets;
	uint32_t nr = 0, i, *regs;

	for (ex = st->assign.targets; ex; ex = ex->next)
		nr++;
	targets = ktap_arena_alloc(&cg->script->arena, nr * sizeof(*targets));
	values = ktap_arena_alloc(&cg->script->arena, nr * sizeof(*values));
	regs = ktap_arena_alloc(&cg->script->arena, nr * sizeof(*regs));

	for (ex = st->assign.targets, i = 0; ex; ex = ex->next, i++) {
		targets[i].ex = ex;
		if (ex->kind != EX_INDEX)
			continue;
		targets[i].table = gen_kept(cg, ex->index.table);
		targets[i].key = gen_kept(cg, ex->index.key);
	}
	for (value = st->assign.values, i = 0; i < nr; i++) {
		values[i] = value ? value : &nil;
		value = value ? value->next : NULL;
		if (ktap_is_const(values[i]))
			continue;
		regs[i] = alloc_reg(cg);
		gen_to(cg, values[i], regs[i]);
	}
	while (i--) {
		if (ktap_is_const(values[i]))
			store_value(cg, &targets[i], values[i]);
		else
			store(cg, &targets[i], regs[i]);
	}
}

static void gen_assign(struct codegen *cg, const struct stmt *st)
{
	if (st->assign.targets->next)
		gen_assign_all(cg, st);
	else
		gen_assign_one(cg, st->assign.targets, st->assign.values);
}

/* The value of a compound assignment. */
static uint32_t gen_operand(struct codegen *cg, const struct stmt *st)
{
	uint32_t reg;

	if (st->update.value)
		return gen_any(cg, st->update.value);
	reg = alloc_reg(cg);
	cg->pos = st->update.op_pos;
	gen_int(cg, 1, reg);
	return reg;
}

/* The same for a subtraction that is done by adding. */
static uint32_t gen_negated(struct codegen *cg, const struct stmt *st)
{
	const struct expr *value = st->update.value;
	uint32_t reg = alloc_reg(cg), arg;

	if (!value || value->kind == EX_INT) {
		cg->pos = value ? value->start : st->update.op_pos;
		gen_int(cg, value ? (int64_t)-(uint64_t)value->num : -1, reg);
		return reg;
	}
	arg = gen_in(cg, value, reg);
	cg->pos = st->update.op_pos;
	emit(cg, KTAP_OP_NEG, reg, arg, 0);
	return reg;
}

static void gen_update_entry(struct codegen *cg, const struct stmt *st,
			     enum ktap_arith op)
{
	const struct expr *index = st->update.target;
	uint32_t table, key, value;

	table = gen_any(cg, index->index.table);
	if (op == KTAP_A_ADD || op == KTAP_A_SUB) {
		key = gen_any(cg, index->index.key);
		value = op == KTAP_A_ADD ? gen_operand(cg, st) :
			gen_negated(cg, st);
		cg->pos = st->update.op_pos;
		emit(cg, KTAP_OP_ADDT, table, key, value);
		return;
	}
	/* Key and value lie side by side. */
	key = alloc_reg(cg);
	gen_to(cg, index->index.key, key);
	value = alloc_reg(cg);
	gen_to(cg, st->update.value, value);
	cg->pos = st->update.op_pos;
	emit(cg, KTAP_OP_UPDT, table, key, op);
}

static void gen_update(struct codegen *cg, const struct stmt *st)
{
	const struct expr *ex = st->update.target;
	enum ktap_arith op = ktap_arith_of(st->update.op);
	uint32_t value;

	if (ex->kind == EX_INDEX) {
		gen_update_entry(cg, st, op);
		return;
	}
	value = gen_operand(cg, st);
	cg->pos = st->update.op_pos;
	if (ex->kind == EX_LOCAL)
		emit(cg, KTAP_OP_ADD + op, ex->sym->reg, ex->sym->reg, value);
	else
		emit(cg, KTAP_OP_UPDG, value, op, ex->sym->reg);
}

static void gen_if(struct codegen *cg, const struct stmt *st)
{
	const struct clause *clause;
	uint32_t end = NO_JUMP, no;

	for (clause = st->clauses; clause; clause = clause->next) {
		no = NO_JUMP;
		if (clause->test && !ktap_truth(clause->test)) {
			gen_effects(cg, clause->test);
			continue;
		}
		if (clause->test)
			gen_cond(cg, clause->test, false, &no);
		gen_block(cg, &clause->body);
		if (clause->next && no != NO_JUMP)
			jump_away(cg, &end);
		else if (clause->next && !cg->code.dead)
			break;
		bind(cg, no);
	}
	bind(cg, end);
}

static void open_loop(struct codegen *cg, struct loop *loop)
{
	loop->outer = cg->loop;
	loop->breaks = NO_JUMP;
	loop->continues = NO_JUMP;
	cg->loop = loop;
}

static void close_loop(struct codegen *cg)
{
	struct loop *loop = cg->loop;

	cg->loop = loop->outer;
	bind(cg, loop->breaks);
}

/*
 * Body and test of a loop; the test is at the bottom and the loop is entered
 * there, unless it is always true.
 */
static void gen_loop(struct codegen *cg, const struct expr *test,
		     const struct block *body, const struct stmt *after)
{
	int truth = test ? ktap_truth(test) : 1;
	uint32_t entry = NO_JUMP, back = NO_JUMP, start;
	struct loop loop;

	if (!truth) {
		gen_effects(cg, test);
		return;
	}
	open_loop(cg, &loop);
	if (truth < 0)
		jump_away(cg, &entry);
	start = here(cg);
	cg->code.dead = false;
	gen_block(cg, body);
	bind(cg, loop.continues);
	gen_stmts(cg, after);
	bind(cg, entry);
	if (test)
		gen_cond(cg, test, true, &back);
	else
		jump_away(cg, &back);
	bind_to(cg, back, start);
	close_loop(cg);
}

static void gen_repeat(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active, back = NO_JUMP, start = here(cg);
	struct loop loop;

	open_loop(cg, &loop);
	gen_stmts(cg, st->loop.body.first);
	bind(cg, loop.continues);
	gen_cond(cg, st->loop.test, false, &back);
	bind_to(cg, back, start);
	close_loop(cg);
	cg->active = active;
}

static void gen_for_c(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active;

	gen_locals(cg, st->loop.decls, st->loop.init);
	gen_loop(cg, st->loop.test, &st->loop.body, st->loop.after);
	cg->active = active;
}

static void gen_for_pairs(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active, base = cg->free;
	uint32_t entry = NO_JUMP, back = NO_JUMP, start;
	struct loop loop;

	alloc_regs(cg, 4);
	gen_to(cg, st->loop.init, base);
	cg->pos = st->pos;
	emit(cg, KTAP_OP_ITER, base, 0, 0);
	cg->active = base + 4;
	st->loop.decls->sym->reg = base + 2;
	if (st->loop.decls->next)
		st->loop.decls->next->sym->reg = base + 3;

	open_loop(cg, &loop);
	jump_away(cg, &entry);
	start = here(cg);
	cg->code.dead = false;
	gen_block(cg, &st->loop.body);
	bind(cg, loop.continues);
	bind(cg, entry);
	cg->pos = st->pos;
	emit(cg, KTAP_OP_NEXT, base, 0, 0);
	jump(cg, &back);
	bind_to(cg, back, start);
	close_loop(cg);
	cg->active = active;
}

static bool is_int(const struct expr *ex)
{
	return ex && ex->kind == EX_INT;
}

/* The step if it is known, else 0. */
static int64_t known_step(const struct expr *step)
{
	if (!step)
		return 1;
	return is_int(step) ? step->num : 0;
}

static bool never_entered(const struct stmt *st)
{
	int64_t step = known_step(st->loop.step);

	if (!step || !is_int(st->loop.init) || !is_int(st->loop.test))
		return false;
	return step > 0 ? st->loop.init->num > st->loop.test->num :
		st->loop.init->num < st->loop.test->num;
}

static void gen_for_num(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active, base, entry = NO_JUMP, start;
	struct sym *sym = st->loop.decls->sym;
	struct loop loop;

	if (never_entered(st))
		return;
	base = alloc_regs(cg, 3);
	gen_to(cg, st->loop.init, base);
	gen_to(cg, st->loop.test, base + 1);
	cg->pos = st->pos;
	if (st->loop.step)
		gen_to(cg, st->loop.step, base + 2);
	else
		gen_int(cg, 1, base + 2);
	cg->active = cg->free;

	open_loop(cg, &loop);
	cg->pos = st->pos;
	entry = emit_x(cg, KTAP_OP_FORPREP, base, NO_JUMP);
	start = here(cg);
	sym->reg = base;
	if (sym->assigned) {
		/* The script may do with it what it likes. */
		declare_local(cg, st->loop.decls, alloc_reg(cg));
		cg->pos = st->loop.decls->pos;
		move(cg, sym->reg, base);
	}
	gen_block(cg, &st->loop.body);
	bind(cg, loop.continues);
	cg->pos = st->pos;
	bind_to(cg, emit_x(cg, KTAP_OP_FORLOOP, base, NO_JUMP), start);
	bind(cg, entry);
	close_loop(cg);
	cg->active = active;
}

static void gen_stmt(struct codegen *cg, const struct stmt *st)
{
	cg->pos = st->pos;
	switch (st->kind) {
	case ST_VAR:
		gen_var(cg, st);
		break;
	case ST_ASSIGN:
		gen_assign(cg, st);
		break;
	case ST_UPDATE:
		gen_update(cg, st);
		break;
	case ST_CALL:
		gen_to(cg, st->expr, alloc_reg(cg));
		break;
	case ST_IF:
		gen_if(cg, st);
		break;
	case ST_WHILE:
		gen_loop(cg, st->loop.test, &st->loop.body, NULL);
		break;
	case ST_REPEAT:
		gen_repeat(cg, st);
		break;
	case ST_FOR_NUM:
		gen_for_num(cg, st);
		break;
	case ST_FOR_C:
		gen_for_c(cg, st);
		break;
	case ST_FOR_PAIRS:
		gen_for_pairs(cg, st);
		break;
	case ST_BREAK:
		jump_away(cg, &cg->loop->breaks);
		break;
	case ST_CONTINUE:
		jump_away(cg, &cg->loop->continues);
		break;
	case ST_RETURN:
		emit(cg, KTAP_OP_RET, 0, 0, 0);
		cg->code.dead = true;
		break;
	case ST_BLOCK:
		gen_block(cg, &st->block);
		break;
	case ST_TRACE:
	case ST_END:
		/* A function of its own. */
		break;
	}
	cg->free = cg->active;
}

static void gen_stmts(struct codegen *cg, const struct stmt *st)
{
	for (; st && !cg->code.dead; st = st->next)
		gen_stmt(cg, st);
}

static void gen_block(struct codegen *cg, const struct block *block)
{
	uint32_t active = cg->active;

	gen_stmts(cg, block->first);
	cg->active = active;
	cg->free = active;
}

static void gen_func(struct script *script, struct image *img,
		     const struct block *block, enum ktap_proto_kind kind,
		     const char *name, size_t len)
{
	struct codegen cg = { .script = script, .img = img, .max = 1 };
	struct ktap_img_proto proto = {
		.kind = kind,
		.insn = img->sec[KTAP_SEC_INSN].nr,
	};

	gen_block(&cg, block);
	cg.pos = block->end;
	emit(&cg, KTAP_OP_RET, 0, 0, 0);
	ktap_code_tidy(&cg.code);
	ktap_code_write(&cg.code, &script->source, img);

	proto.name = ktap_image_str(img, name, len);
	proto.nr_insns = cg.code.nr;
	proto.nr_regs = cg.max;
	ktap_image_proto(img, proto);
	ktap_code_destroy(&cg.code);
}

static void gen_events(struct script *script, struct image *img,
		       const struct stmt *st)
{
	const char *text = script->source.text;
	struct ktap_img_event rec = {
		.kind = KTAP_PROBE_EVENT,
		.proto = img->sec[KTAP_SEC_PROTO].nr,
		.filter = KTAP_IMG_NONE,
	};
	const struct event *event;
	struct linecol lc;

	if (st->trace.filter.len)
		rec.filter = ktap_image_str(img, text + st->trace.filter.pos,
					    st->trace.filter.len);
	for (event = st->trace.events; event; event = event->next) {
		rec.spec = ktap_image_str(img, text + event->spec.pos,
					  event->spec.len);
		lc = ktap_source_linecol(&script->source, event->spec.pos);
		rec.line = lc.line;
		rec.col = lc.col;
		ktap_image_event(img, rec);
	}
}

static void gen_handler(struct script *script, struct image *img,
			const struct stmt *st)
{
	const struct text *spec;

	if (st->kind == ST_END) {
		gen_func(script, img, &st->trace.body, KTAP_PROTO_END,
			 "trace_end", strlen("trace_end"));
		return;
	}
	spec = &st->trace.events->spec;
	gen_events(script, img, st);
	gen_func(script, img, &st->trace.body, KTAP_PROTO_PROBE,
		 script->source.text + spec->pos, spec->len);
}

/**
 * ktap_codegen - Make the code of a script
 * @script: parsed and checked without an error
 * @img: where code, constants and events are entered
 *
 * Errors, which can only be of size, are counted in the messages of the script.
 */
void ktap_codegen(struct script *script, struct image *img)
{
	const struct stmt *st;

	gen_func(script, img, &script->main, KTAP_PROTO_MAIN, "main",
		 strlen("main"));
	for (st = script->main.first; st; st = st->next)
		if (st->kind == ST_TRACE || st->kind == ST_END)
			gen_handler(script, img, st);
}
