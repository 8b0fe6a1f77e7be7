// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Constant expressions
 *
 * The result is what the kernel's interpreter would have made of the same
 * expression. What would be an error there is left as it is.
 */
#include <string.h>

#include "fold.h"

/**
 * ktap_is_const - Whether an expression is a literal
 * @ex: the expression, folded
 *
 * Return: True for nil, booleans, integers and strings.
 */
bool ktap_is_const(const struct expr *ex)
{
	return ex->kind >= EX_NIL && ex->kind <= EX_STR;
}

/**
 * ktap_truth - Whether it is known if an expression is true
 * @ex: the expression, checked
 *
 * Return: 1 if it is always true, 0 if it never is, -1 if that is not known.
 */
int ktap_truth(const struct expr *ex)
{
	const uint32_t falsy = KTAP_M(NIL) | KTAP_M(FALSE);

	if (!ex->types)
		return -1;
	if (!(ex->types & falsy))
		return 1;
	return ex->types & ~falsy ? -1 : 0;
}

/**
 * ktap_arith_of - The operation that an operator stands for
 * @op: the operator, with an assignment or without
 *
 * Return: The operation, or KTAP_A_NR.
 */
enum ktap_arith ktap_arith_of(enum token_type op)
{
	switch (op) {
	case TOK_ADD:
	case TOK_ADD_SET:
	case TOK_INC:
		return KTAP_A_ADD;
	case TOK_SUB:
	case TOK_SUB_SET:
	case TOK_DEC:
		return KTAP_A_SUB;
	case TOK_MUL:
	case TOK_MUL_SET:
		return KTAP_A_MUL;
	case TOK_DIV:
	case TOK_DIV_SET:
		return KTAP_A_DIV;
	case TOK_MOD:
	case TOK_MOD_SET:
		return KTAP_A_MOD;
	case TOK_BITAND:
	case TOK_AND_SET:
		return KTAP_A_AND;
	case TOK_BITOR:
	case TOK_OR_SET:
		return KTAP_A_OR;
	case TOK_XOR:
	case TOK_XOR_SET:
		return KTAP_A_XOR;
	case TOK_SHL:
	case TOK_SHL_SET:
		return KTAP_A_SHL;
	case TOK_SHR:
	case TOK_SHR_SET:
		return KTAP_A_SHR;
	default:
		return KTAP_A_NR;
	}
}

/**
 * ktap_arith - Operate on two integers as the interpreter does
 * @op: the operation
 * @a: left operand
 * @b: right operand
 * @ret: the result
 *
 * Everything is modulo 2^64, division truncates, and the remainder has the sign
 * of the dividend. Shifts use the lower six bits of the count, and a shift to
 * the right keeps the sign.
 *
 * Return: False if that is a division by zero.
 */
bool ktap_arith(enum ktap_arith op, int64_t a, int64_t b, int64_t *ret)
{
	uint64_t ua = a, ub = b;

	switch (op) {
	case KTAP_A_ADD:
		*ret = ua + ub;
		return true;
	case KTAP_A_SUB:
		*ret = ua - ub;
		return true;
	case KTAP_A_MUL:
		*ret = ua * ub;
		return true;
	case KTAP_A_DIV:
		if (!b)
			return false;
		*ret = b == -1 ? (int64_t)-ua : a / b;
		return true;
	case KTAP_A_MOD:
		if (!b)
			return false;
		*ret = b == -1 ? 0 : a % b;
		return true;
	case KTAP_A_AND:
		*ret = ua & ub;
		return true;
	case KTAP_A_OR:
		*ret = ua | ub;
		return true;
	case KTAP_A_XOR:
		*ret = ua ^ ub;
		return true;
	case KTAP_A_SHL:
		*ret = ua << (ub & 63);
		return true;
	case KTAP_A_SHR:
		*ret = a < 0 ? ~(~ua >> (ub & 63)) : ua >> (ub & 63);
		return true;
	default:
		return false;
	}
}

/**
 * ktap_expr_replace - Put another expression in the place of one that stands in the script
 * @ex: the expression, which gives one value
 * @by: an operand of it, or what was made
 */
void ktap_expr_replace(struct expr *ex, const struct expr *by)
{
	struct expr old = *ex;

	*ex = *by;
	ex->start = old.start;
	ex->single = true;
	ex->op = old.op;
	ex->op_pos = old.op_pos;
	ex->next = old.next;
}

static void set_kind(struct expr *ex, enum expr_kind kind)
{
	static const uint32_t types[] = {
		[EX_NIL] = KTAP_M(NIL),
		[EX_FALSE] = KTAP_M(FALSE),
		[EX_TRUE] = KTAP_M(TRUE),
		[EX_INT] = KTAP_M(INT),
		[EX_STR] = KTAP_M(STR),
	};

	ex->kind = kind;
	ex->types = types[kind];
}

static void set_bool(struct expr *ex, bool value)
{
	set_kind(ex, value ? EX_TRUE : EX_FALSE);
}

static void set_int(struct expr *ex, int64_t num)
{
	set_kind(ex, EX_INT);
	ex->num = num;
}

static bool same_const(const struct expr *a, const struct expr *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == EX_INT)
		return a->num == b->num;
	if (a->kind == EX_STR)
		return a->len == b->len &&
			(!a->len || !memcmp(a->str, b->str, a->len));
	return true;
}

static bool fold_compare(struct expr *a, const struct expr *b)
{
	bool ints = a->kind == EX_INT && b->kind == EX_INT;

	switch (b->op) {
	case TOK_EQ:
		set_bool(a, same_const(a, b));
		return true;
	case TOK_NE:
		set_bool(a, !same_const(a, b));
		return true;
	case TOK_LT:
		if (ints)
			set_bool(a, a->num < b->num);
		return ints;
	case TOK_LE:
		if (ints)
			set_bool(a, a->num <= b->num);
		return ints;
	case TOK_GT:
		if (ints)
			set_bool(a, a->num > b->num);
		return ints;
	case TOK_GE:
		if (ints)
			set_bool(a, a->num >= b->num);
		return ints;
	default:
		return false;
	}
}

/* Folds "a op b" into @a, where @b has the operator. */
static bool fold_pair(struct expr *a, const struct expr *b)
{
	enum ktap_arith op = ktap_arith_of(b->op);
	int64_t num;

	if (!ktap_is_const(a) || !ktap_is_const(b))
		return false;
	if (op == KTAP_A_NR)
		return fold_compare(a, b);
	if (a->kind == EX_INT && b->kind == EX_INT) {
		if (!ktap_arith(op, a->num, b->num, &num))
			return false;
		set_int(a, num);
		return true;
	}
	if ((a->kind != EX_NIL && a->kind != EX_INT) ||
	    (b->kind != EX_NIL && b->kind != EX_INT))
		return false;
	set_kind(a, EX_NIL);
	return true;
}

/*
 * Makes "x op a op b" into "x op c". That is so for any x: integers are modulo
 * 2^64, and with all else both are the same error, or nil.
 */
static bool fold_operands(struct expr *a, const struct expr *b)
{
	enum ktap_arith op = ktap_arith_of(a->op), next = ktap_arith_of(b->op);

	if (a->kind != EX_INT || b->kind != EX_INT)
		return false;
	if ((op == KTAP_A_ADD || op == KTAP_A_SUB) &&
	    (next == KTAP_A_ADD || next == KTAP_A_SUB))
		return ktap_arith(op == next ? KTAP_A_ADD : KTAP_A_SUB, a->num,
				  b->num, &a->num);
	if (op != next || (op != KTAP_A_MUL && op != KTAP_A_AND &&
			   op != KTAP_A_OR && op != KTAP_A_XOR))
		return false;
	return ktap_arith(op, a->num, b->num, &a->num);
}

static void fold_chain(struct expr *ex)
{
	struct expr *first = ex->list, *arg;

	while (first->next && fold_pair(first, first->next))
		first->next = first->next->next;
	for (arg = first->next; arg && arg->next; arg = arg->next)
		while (arg->next && fold_operands(arg, arg->next))
			arg->next = arg->next->next;
	if (!first->next)
		ktap_expr_replace(ex, first);
}

static void add_text(struct strbuf *sb, const struct expr *ex)
{
	static const char * const words[] = {
		[EX_NIL] = "nil",
		[EX_FALSE] = "false",
		[EX_TRUE] = "true",
	};

	if (ex->kind == EX_STR)
		ktap_strbuf_add(sb, ex->str, ex->len);
	else if (ex->kind == EX_INT)
		ktap_strbuf_addf(sb, "%lld", (long long)ex->num);
	else
		ktap_strbuf_add(sb, words[ex->kind], strlen(words[ex->kind]));
}

static void fold_concat(struct expr *ex, struct arena *arena)
{
	struct strbuf sb = { 0 };
	struct expr *arg;

	for (arg = ex->list; arg; arg = arg->next) {
		if (!ktap_is_const(arg) || !arg->next ||
		    !ktap_is_const(arg->next))
			continue;
		sb.len = 0;
		add_text(&sb, arg);
		for (; arg->next && ktap_is_const(arg->next);
		     arg->next = arg->next->next)
			add_text(&sb, arg->next);
		set_kind(arg, EX_STR);
		arg->str = ktap_arena_dup(arena, sb.str, sb.len);
		arg->len = sb.len;
	}
	ktap_strbuf_destroy(&sb);
	if (!ex->list->next)
		ktap_expr_replace(ex, ex->list);
}

/* Leaves out what does not decide, and what comes after that which does. */
static void fold_logic(struct expr *ex)
{
	struct expr **link = &ex->list;
	int decides = ex->kind == EX_OR;

	while ((*link)->next) {
		if (!ktap_is_const(*link))
			link = &(*link)->next;
		else if (ktap_truth(*link) == decides)
			(*link)->next = NULL;
		else
			*link = (*link)->next;
	}
	if (!ex->list->next)
		ktap_expr_replace(ex, ex->list);
}

static void fold_unary(struct expr *ex)
{
	const struct expr *arg = ex->unary.arg;

	if (!ktap_is_const(arg))
		return;
	if (ex->unary.op == TOK_LOGNOT)
		set_bool(ex, !ktap_truth(arg));
	else if (arg->kind == EX_NIL)
		set_kind(ex, EX_NIL);
	else if (arg->kind == EX_INT)
		set_int(ex, ex->unary.op == TOK_SUB ?
			(int64_t)-(uint64_t)arg->num : ~arg->num);
}

/**
 * ktap_fold - Make an expression as constant as can be
 * @ex: the expression, whose parts were folded and whose types are known
 * @arena: where new strings live
 */
void ktap_fold(struct expr *ex, struct arena *arena)
{
	switch (ex->kind) {
	case EX_CHAIN:
		fold_chain(ex);
		break;
	case EX_CONCAT:
		fold_concat(ex, arena);
		break;
	case EX_AND:
	case EX_OR:
		fold_logic(ex);
		break;
	case EX_UNARY:
		fold_unary(ex);
		break;
	case EX_COND:
		if (ktap_is_const(ex->cond.test))
			ktap_expr_replace(ex, ktap_truth(ex->cond.test) ?
					  ex->cond.yes : ex->cond.no);
		break;
	default:
		break;
	}
}
