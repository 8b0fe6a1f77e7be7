// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Instructions of expressions
 *
 * Registers are used as a stack: variables of the open blocks lie at the bottom,
 * in the order of their declaration, and intermediate values above them. An
 * expression is put where it is needed (ktap_gen_to), or taken from where it is
 * (ktap_gen_any), so that values are not moved around.
 */
#include "fold.h"
#include "gen.h"
#include "resolve.h"

/**
 * ktap_emit - Append an instruction
 * @cg: the function
 * @op: what it does
 * @a: first operand
 * @b: second operand
 * @c: third operand
 *
 * Return: Its index, or NO_JUMP if control cannot reach it.
 */
uint32_t ktap_emit(struct codegen *cg, enum ktap_op op, uint32_t a, uint32_t b,
		   uint32_t c)
{
	struct ktap_insn insn = { op, a, b, c };

	return ktap_code_emit(&cg->code, insn, cg->pos);
}

/**
 * ktap_emit_x - Append an instruction with a joined operand
 * @cg: the function
 * @op: what it does
 * @a: first operand
 * @bx: the joined one
 *
 * Return: Its index, or NO_JUMP if control cannot reach it.
 */
uint32_t ktap_emit_x(struct codegen *cg, enum ktap_op op, uint32_t a,
		     uint32_t bx)
{
	return ktap_emit(cg, op, a, bx & 0xffff, bx >> 16);
}

/**
 * ktap_jump - Jump to a place that comes later
 * @cg: the function
 * @list: jumps to that place, which is bound with them
 */
void ktap_jump(struct codegen *cg, uint32_t *list)
{
	uint32_t insn = ktap_emit_x(cg, KTAP_OP_JMP, 0, *list);

	if (insn != NO_JUMP)
		*list = insn;
}

/**
 * ktap_jump_away - Jump where control does not go on without that
 * @cg: the function
 * @list: jumps to the same place
 */
void ktap_jump_away(struct codegen *cg, uint32_t *list)
{
	ktap_jump(cg, list);
	cg->code.dead = true;
}

/**
 * ktap_alloc_regs - Take registers into use
 * @cg: the function
 * @nr: their number
 *
 * Return: The first one; the others follow.
 */
uint32_t ktap_alloc_regs(struct codegen *cg, uint32_t nr)
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
	return ktap_alloc_regs(cg, 1);
}

/* Whether a register holds no variable, so that it can be used on the way. */
static bool is_temp(const struct codegen *cg, uint32_t reg)
{
	return reg >= cg->active;
}

/**
 * ktap_gen_int - Put an integer into a register
 * @cg: the function
 * @num: the integer
 * @target: the register
 */
void ktap_gen_int(struct codegen *cg, int64_t num, uint32_t target)
{
	if (num >= INT32_MIN && num <= INT32_MAX)
		ktap_emit_x(cg, KTAP_OP_LOADI, target, (uint32_t)num);
	else
		ktap_emit_x(cg, KTAP_OP_LOADK, target,
			    ktap_image_int(cg->img, num));
}

static void gen_str(struct codegen *cg, const struct expr *ex, uint32_t target)
{
	ktap_emit_x(cg, KTAP_OP_LOADK, target,
		    ktap_image_const_str(cg->img, ex->str, ex->len));
}

/**
 * ktap_gen_move - Copy a register, unless it is the same one
 * @cg: the function
 * @target: where to
 * @reg: where from
 */
void ktap_gen_move(struct codegen *cg, uint32_t target, uint32_t reg)
{
	if (target != reg)
		ktap_emit(cg, KTAP_OP_MOVE, target, reg, 0);
}

/**
 * ktap_gen_any - Compute a value
 * @cg: the function
 * @ex: the value
 *
 * Return: The register that it is in, which is a new one unless it is that of a
 * variable.
 */
uint32_t ktap_gen_any(struct codegen *cg, const struct expr *ex)
{
	uint32_t reg;

	if (ex->kind == EX_LOCAL)
		return ex->sym->reg;
	reg = alloc_reg(cg);
	ktap_gen_to(cg, ex, reg);
	return reg;
}

/* Like ktap_gen_any(), with a register that may be used instead of a new one. */
static uint32_t gen_in(struct codegen *cg, const struct expr *ex, uint32_t reg)
{
	if (ex->kind == EX_LOCAL)
		return ex->sym->reg;
	if (!is_temp(cg, reg))
		return ktap_gen_any(cg, ex);
	ktap_gen_to(cg, ex, reg);
	return reg;
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
		if (ex->call.kind == CALL_VALUE &&
		    mentions(ex->call.func, reg))
			return true;
		arg = ex->call.args;
		break;
	case EX_CHAIN:
	case EX_AND:
	case EX_OR:
	case EX_CONCAT:
	case EX_KEY:
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

/* Whether an expression fits into an operand. */
static bool is_imm(const struct expr *ex)
{
	return ex->kind == EX_INT && ex->num >= INT16_MIN &&
		ex->num <= INT16_MAX;
}

/* Jumps when "R[left] op right" is @when. */
static void compare_imm(struct codegen *cg, enum token_type op, uint32_t left,
			int64_t right, bool when)
{
	enum ktap_op insn = KTAP_OP_LEI;

	if (op == TOK_EQ || op == TOK_NE)
		insn = KTAP_OP_EQI;
	else if (op == TOK_LT || op == TOK_GE)
		insn = KTAP_OP_LTI;
	if (op == TOK_NE || op == TOK_GE || op == TOK_GT)
		when = !when;
	ktap_emit(cg, insn, when, left, right & 0xffff);
}

static void compare_regs(struct codegen *cg, enum token_type op, uint32_t left,
			 uint32_t right, bool when)
{
	switch (op) {
	case TOK_EQ:
		ktap_emit(cg, KTAP_OP_EQ, when, left, right);
		break;
	case TOK_NE:
		ktap_emit(cg, KTAP_OP_EQ, !when, left, right);
		break;
	case TOK_LT:
		ktap_emit(cg, KTAP_OP_LT, when, left, right);
		break;
	case TOK_LE:
		ktap_emit(cg, KTAP_OP_LE, when, left, right);
		break;
	case TOK_GT:
		ktap_emit(cg, KTAP_OP_LT, when, right, left);
		break;
	default:
		ktap_emit(cg, KTAP_OP_LE, when, right, left);
		break;
	}
}

/* Makes a boolean of jumps that are taken when it is true. */
static void gen_bool(struct codegen *cg, uint32_t yes, uint32_t target)
{
	uint32_t end = NO_JUMP;

	ktap_emit(cg, KTAP_OP_LOADBOOL, target, 0, 0);
	ktap_jump_away(cg, &end);
	ktap_code_bind(&cg->code, yes);
	ktap_emit(cg, KTAP_OP_LOADBOOL, target, 1, 0);
	ktap_code_bind(&cg->code, end);
}

/**
 * struct step - one operation of a chain
 * @op: the operator
 * @pos: its place
 * @left: first operand
 * @right: second operand
 */
struct step {
	enum token_type op;
	uint32_t pos;
	const struct expr *left;
	const struct expr *right;
};

/* The operator that gives the same with its operands exchanged, or TOK_EOF. */
static enum token_type mirrored(enum token_type op)
{
	switch (op) {
	case TOK_ADD:
	case TOK_MUL:
	case TOK_BITAND:
	case TOK_BITOR:
	case TOK_XOR:
	case TOK_EQ:
	case TOK_NE:
		return op;
	case TOK_LT:
		return TOK_GT;
	case TOK_GT:
		return TOK_LT;
	case TOK_LE:
		return TOK_GE;
	case TOK_GE:
		return TOK_LE;
	default:
		return TOK_EOF;
	}
}

/* The first operation of a chain, with what fits into an operand at its right. */
static struct step first_step(const struct expr *ex)
{
	const struct expr *left = ex->list, *right = left->next;
	struct step step = { right->op, right->op_pos, left, right };
	enum token_type op = mirrored(step.op);

	if (is_imm(left) && !is_imm(right) && op != TOK_EOF) {
		step.op = op;
		step.left = right;
		step.right = left;
	}
	return step;
}

/**
 * ktap_gen_arith - Operate on a register
 * @cg: the function
 * @op: the operation
 * @target: register of the result
 * @left: register of the first operand
 * @right: the second operand
 */
void ktap_gen_arith(struct codegen *cg, enum ktap_arith op, uint32_t target,
		    uint32_t left, const struct expr *right)
{
	uint32_t pos = cg->pos, reg;

	/* A division by zero is left to the instruction that looks for it. */
	if (is_imm(right) &&
	    (right->num || (op != KTAP_A_DIV && op != KTAP_A_MOD))) {
		ktap_emit(cg, KTAP_OP_ADDI + op, target, left,
			  right->num & 0xffff);
		return;
	}
	reg = ktap_gen_any(cg, right);
	cg->pos = pos;
	ktap_emit(cg, KTAP_OP_ADD + op, target, left, reg);
}

/* Jumps when the comparison is @when; its left side is in a register. */
static void gen_compare(struct codegen *cg, const struct step *step,
			uint32_t left, bool when, uint32_t *list)
{
	uint32_t right;

	if (is_imm(step->right)) {
		cg->pos = step->pos;
		compare_imm(cg, step->op, left, step->right->num, when);
	} else {
		right = ktap_gen_any(cg, step->right);
		cg->pos = step->pos;
		compare_regs(cg, step->op, left, right, when);
	}
	ktap_jump(cg, list);
}

static void gen_step(struct codegen *cg, const struct step *step, uint32_t left,
		     uint32_t target)
{
	uint32_t yes = NO_JUMP, save = cg->free;

	cg->pos = step->pos;
	if (is_compare(step->op)) {
		gen_compare(cg, step, left, true, &yes);
		gen_bool(cg, yes, target);
	} else {
		ktap_gen_arith(cg, ktap_arith_of(step->op), target, left,
			       step->right);
	}
	cg->free = save;
}

/*
 * Computes a chain up to, and without, the operand @stop. Gives the register
 * that has the value, which is @target if that can be used on the way.
 */
static uint32_t gen_chain(struct codegen *cg, const struct expr *ex,
			  const struct expr *stop, uint32_t target)
{
	struct step step = first_step(ex);
	const struct expr *arg = ex->list->next;
	uint32_t acc = target, left;

	if (!is_temp(cg, target) &&
	    (step.left->kind != EX_LOCAL || arg->next))
		acc = alloc_reg(cg);
	left = gen_in(cg, step.left, acc);
	while (arg != stop) {
		gen_step(cg, &step, left, arg->next ? acc : target);
		left = arg->next ? acc : target;
		arg = arg->next;
		if (arg)
			step = (struct step){ arg->op, arg->op_pos, NULL, arg };
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
		ktap_gen_to(cg, arg, last);
	}
	cg->pos = ex->pos;
	ktap_emit(cg, ex->kind == EX_KEY ? KTAP_OP_KEY : KTAP_OP_CONCAT, target,
		  first, last);
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
			ktap_gen_effects(cg, arg);
			continue;
		}
		ktap_gen_to(cg, arg, target);
		cg->pos = arg->next->op_pos;
		ktap_emit(cg, KTAP_OP_TEST, when, target, 0);
		ktap_jump(cg, &end);
	}
	ktap_gen_to(cg, arg, target);
	ktap_code_bind(&cg->code, end);
}

static void gen_choice(struct codegen *cg, const struct expr *ex,
		       uint32_t target)
{
	uint32_t no = NO_JUMP, end = NO_JUMP;
	int truth = ktap_truth(ex->cond.test);

	if (truth >= 0) {
		ktap_gen_effects(cg, ex->cond.test);
		ktap_gen_to(cg, truth ? ex->cond.yes : ex->cond.no, target);
		return;
	}
	ktap_gen_cond(cg, ex->cond.test, false, &no);
	ktap_gen_to(cg, ex->cond.yes, target);
	ktap_jump_away(cg, &end);
	ktap_code_bind(&cg->code, no);
	ktap_gen_to(cg, ex->cond.no, target);
	ktap_code_bind(&cg->code, end);
}

/* Stores all results of a call, the last value of a constructor. */
static void gen_results(struct codegen *cg, const struct expr *ex,
			uint32_t target, int64_t num)
{
	uint32_t nr, first, key, i;
	bool exact;

	nr = ktap_nr_values(cg, ex, &exact);
	if (!nr) {
		ktap_gen_effects(cg, ex);
		return;
	}
	first = ktap_gen_list(cg, ex, nr);
	key = alloc_reg(cg);
	cg->pos = ex->start;
	for (i = 0; i < nr; i++) {
		ktap_gen_int(cg, num++, key);
		ktap_emit(cg, KTAP_OP_SETT, target, key, first + i);
	}
}

static void gen_table(struct codegen *cg, const struct expr *ex,
		      uint32_t target)
{
	const struct item *item;
	uint32_t save = cg->free, key, value;
	int64_t num = 1;

	cg->pos = ex->pos;
	ktap_emit(cg, KTAP_OP_NEWTAB, target, 0, 0);
	for (item = ex->items; item; item = item->next) {
		if (!item->key && !item->next && ktap_is_multi(item->value)) {
			gen_results(cg, item->value, target, num);
			cg->free = save;
			return;
		}
		if (item->key) {
			key = ktap_gen_any(cg, item->key);
		} else {
			key = alloc_reg(cg);
			cg->pos = item->value->start;
			ktap_gen_int(cg, num++, key);
		}
		value = ktap_gen_any(cg, item->value);
		cg->pos = item->value->start;
		ktap_emit(cg, KTAP_OP_SETT, target, key, value);
		cg->free = save;
	}
}

static void gen_index(struct codegen *cg, const struct expr *ex,
		      uint32_t target)
{
	uint32_t table, key;

	table = gen_in(cg, ex->index.table, target);
	key = table == target ? ktap_gen_any(cg, ex->index.key) :
		gen_in(cg, ex->index.key, target);
	cg->pos = ex->pos;
	ktap_emit(cg, KTAP_OP_GETT, target, table, key);
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
	ktap_emit(cg, op, target, reg, 0);
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

/**
 * ktap_gen_to - Put the value of an expression into a register
 * @cg: the function
 * @ex: the expression
 * @target: the register, in use
 */
void ktap_gen_to(struct codegen *cg, const struct expr *ex, uint32_t target)
{
	uint32_t save = cg->free, reg;

	if (!is_temp(cg, target) && reads_own_result(ex, target)) {
		reg = ktap_gen_any(cg, ex);
		ktap_gen_move(cg, target, reg);
		cg->free = save;
		return;
	}

	cg->pos = ex->start;
	switch (ex->kind) {
	case EX_NIL:
		ktap_emit(cg, KTAP_OP_LOADNIL, target, 0, 0);
		break;
	case EX_FALSE:
	case EX_TRUE:
		ktap_emit(cg, KTAP_OP_LOADBOOL, target, ex->kind == EX_TRUE, 0);
		break;
	case EX_INT:
		ktap_gen_int(cg, ex->num, target);
		break;
	case EX_STR:
		gen_str(cg, ex, target);
		break;
	case EX_LOCAL:
		ktap_gen_move(cg, target, ex->sym->reg);
		break;
	case EX_GLOBAL:
		ktap_emit_x(cg, KTAP_OP_GETG, target, ex->sym->reg);
		break;
	case EX_VAR:
		ktap_emit_x(cg, KTAP_OP_VAR, target, ex->id);
		break;
	case EX_FIELD:
		ktap_emit_x(cg, KTAP_OP_FIELD, target,
			    ktap_image_field(cg->img, ex->field.kind,
					     ex->field.name, ex->field.index));
		break;
	case EX_FUNC:
		ktap_emit_x(cg, KTAP_OP_LOADF, target, ex->func->nr);
		break;
	case EX_INDEX:
		gen_index(cg, ex, target);
		break;
	case EX_CALL:
		ktap_gen_call(cg, ex, target);
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
	case EX_KEY:
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
		ktap_gen_cond(cg, arg, !when, &end);
	ktap_gen_cond(cg, arg, when, list);
	ktap_code_bind(&cg->code, end);
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
		ktap_gen_cond(cg, arg, when, list);
}

static void gen_cond_choice(struct codegen *cg, const struct expr *ex,
			    bool when, uint32_t *list)
{
	uint32_t no = NO_JUMP, end = NO_JUMP;

	ktap_gen_cond(cg, ex->cond.test, false, &no);
	ktap_gen_cond(cg, ex->cond.yes, when, list);
	ktap_jump_away(cg, &end);
	ktap_code_bind(&cg->code, no);
	ktap_gen_cond(cg, ex->cond.no, when, list);
	ktap_code_bind(&cg->code, end);
}

static void gen_cond_compare(struct codegen *cg, const struct expr *ex,
			     bool when, uint32_t *list)
{
	const struct expr *last = ex->list->next;
	struct step step = first_step(ex);
	uint32_t left;

	if (!last->next) {
		left = ktap_gen_any(cg, step.left);
	} else {
		while (last->next)
			last = last->next;
		left = gen_chain(cg, ex, last, alloc_reg(cg));
		step = (struct step){ last->op, last->op_pos, NULL, last };
	}
	gen_compare(cg, &step, left, when, list);
}

static bool ends_with_compare(const struct expr *ex)
{
	return ex->kind == EX_CHAIN && is_compare(ex->list->next->op);
}

/**
 * ktap_gen_cond - Jump if a condition is met, and go on if not
 * @cg: the function
 * @ex: an expression
 * @when: what its truth has to be
 * @list: the jumps
 */
void ktap_gen_cond(struct codegen *cg, const struct expr *ex, bool when,
		   uint32_t *list)
{
	uint32_t save = cg->free, reg;
	int truth = ktap_truth(ex);

	if (truth >= 0) {
		ktap_gen_effects(cg, ex);
		if (truth == when)
			ktap_jump_away(cg, list);
	} else if (ex->kind == EX_UNARY && ex->unary.op == TOK_LOGNOT) {
		ktap_gen_cond(cg, ex->unary.arg, !when, list);
	} else if (ex->kind == EX_AND || ex->kind == EX_OR) {
		gen_cond_list(cg, ex, when, list);
	} else if (ex->kind == EX_COND) {
		gen_cond_choice(cg, ex, when, list);
	} else if (ends_with_compare(ex)) {
		gen_cond_compare(cg, ex, when, list);
	} else {
		reg = ktap_gen_any(cg, ex);
		cg->pos = ex->start;
		ktap_emit(cg, KTAP_OP_TEST, when, reg, 0);
		ktap_jump(cg, list);
	}
	cg->free = save;
}
