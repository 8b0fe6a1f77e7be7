// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Instructions of calls, and of lists of values
 *
 * A function sees registers of its caller, from its first argument on, as its own.
 * So arguments are computed where the function finds them, above all that is in
 * use, and its results are found there.
 *
 * In a list of values the last one may be a call that gives several. They have to
 * follow the other values, so that there is no room for the function itself if
 * it is a value: that has a register, called its slot, in front of the list. So
 * has the function in the last argument of that call, and so on.
 */
#include "builtin.h"
#include "fold.h"
#include "gen.h"
#include "resolve.h"

/* How a function is called. */
#define CALL_NESTED	0x1	/* results belong to a list of values */
#define CALL_TAIL	0x2	/* they are what this function returns */
#define CALL_LEAVE	0x4	/* loops are left before it */

static uint32_t list_from_here(struct codegen *cg, const struct expr *values,
			       uint32_t want);

/* The function that a call calls, or what is known of those that are values. */
static const struct func *callee(const struct codegen *cg,
				 const struct expr *ex)
{
	return ex->call.kind == CALL_FUNC ? ex->call.callee : &cg->script->any;
}

/* Finds the last value of a list, and the number of those before it. */
static const struct expr *last_value(const struct expr *values, uint32_t *nr)
{
	*nr = 0;
	while (values && values->next) {
		values = values->next;
		++*nr;
	}
	return values;
}

/**
 * ktap_nr_values - Number of values that there are in a list
 * @cg: the function
 * @values: the values
 * @exact: whether it is always that number
 *
 * Return: The number; the most that it can be if that is not known.
 */
uint32_t ktap_nr_values(struct codegen *cg, const struct expr *values,
			bool *exact)
{
	const struct expr *last;
	const struct func *func;
	uint32_t nr;

	*exact = true;
	last = last_value(values, &nr);
	if (!last)
		return 0;
	if (!ktap_is_multi(last))
		return nr + 1;
	func = callee(cg, last);
	*exact = func->min_results == func->max_results;
	return nr + func->max_results;
}

/* Whether the function of a call has to be put into a register. */
static bool needs_slot(const struct expr *ex)
{
	return ex->call.kind == CALL_VALUE && ex->call.func->kind != EX_LOCAL;
}

/* Takes registers for the functions of calls in the last place of a list. */
static void take_slots(struct codegen *cg, const struct expr *ex)
{
	uint32_t nr = 0, skipped;

	for (; ex && ktap_is_multi(ex); ex = last_value(ex->call.args, &skipped))
		nr += needs_slot(ex);
	cg->slot = ktap_alloc_regs(cg, nr);
}

/* Gives back all sorted tables that the loops around this place go through. */
static void end_sorts(struct codegen *cg)
{
	const struct loop *loop;

	for (loop = cg->loop; loop; loop = loop->outer)
		if (loop->sorts)
			ktap_emit(cg, KTAP_OP_ENDS, loop->base, 0, 0);
}

static uint32_t gen_callee(struct codegen *cg, const struct expr *func,
			   bool nested)
{
	uint32_t reg;

	if (func->kind == EX_LOCAL)
		return func->sym->reg;
	reg = nested ? cg->slot++ : ktap_alloc_regs(cg, 1);
	ktap_gen_to(cg, func, reg);
	return reg;
}

/* Number of arguments for a function that is not known. */
static uint32_t nr_args(struct codegen *cg, const struct expr *ex)
{
	const struct expr *args = ex->call.args;
	uint32_t most = cg->script->any.nr_params, nr;
	bool exact;

	nr = ktap_nr_values(cg, args, &exact);
	if (nr > ex->call.nr_args && nr > most)
		nr = most > ex->call.nr_args ? most : ex->call.nr_args;
	return nr;
}

/* Calls a function of the script. Gives the register of its first result. */
static uint32_t call_func(struct codegen *cg, const struct expr *ex,
			  uint32_t results, unsigned int how)
{
	bool known = ex->call.kind == CALL_FUNC, tail = how & CALL_TAIL;
	uint32_t func, nr, base, pos = ex->start;

	if (known) {
		func = ex->call.callee->nr;
		nr = ex->call.callee->nr_params;
	} else {
		func = gen_callee(cg, ex->call.func, how & CALL_NESTED);
		nr = nr_args(cg, ex);
	}
	base = how & CALL_NESTED ? list_from_here(cg, ex->call.args, nr) :
		ktap_gen_list(cg, ex->call.args, nr);
	cg->free = base;
	ktap_alloc_regs(cg, nr > results ? nr : results ? results : 1);

	cg->pos = pos;
	if (how & CALL_LEAVE)
		end_sorts(cg);
	if (known && tail)
		ktap_emit(cg, KTAP_OP_TCALL, base, func, 0);
	else if (known)
		ktap_emit(cg, KTAP_OP_CALL, base, func, results);
	else if (tail)
		ktap_emit(cg, KTAP_OP_TCALLV, base, func, nr);
	else
		ktap_emit(cg, KTAP_OP_CALLV, base, func, nr | results << 8);
	return base;
}

/* Puts values into the next registers, all slots having been taken. */
static uint32_t list_from_here(struct codegen *cg, const struct expr *values,
			       uint32_t want)
{
	uint32_t base = cg->free, nr = 0, reg;

	for (; values && nr < want; values = values->next, nr++) {
		reg = cg->free;
		if (!values->next && ktap_is_multi(values) && want - nr > 1) {
			uint32_t results = want - nr;

			if (results > KTAP_MAX_RESULTS)
				results = KTAP_MAX_RESULTS;
			call_func(cg, values, results, CALL_NESTED);
			cg->free = reg;
			ktap_alloc_regs(cg, results);
			nr += results - 1;
			continue;
		}
		ktap_alloc_regs(cg, 1);
		ktap_gen_to(cg, values, reg);
	}
	for (; values; values = values->next)
		ktap_gen_effects(cg, values);
	for (; nr < want; nr++)
		ktap_emit(cg, KTAP_OP_LOADNIL, ktap_alloc_regs(cg, 1), 0, 0);
	return base;
}

/**
 * ktap_gen_list - Compute several values
 * @cg: the function
 * @values: the values
 * @want: number of values that there shall be: what is missing is nil, and what is
 *        too much is computed and forgotten
 *
 * Return: The register of the first one; the others follow, and are the last ones
 * in use.
 */
uint32_t ktap_gen_list(struct codegen *cg, const struct expr *values,
		       uint32_t want)
{
	uint32_t slot = cg->slot, nr, base;
	const struct expr *last;

	last = last_value(values, &nr);
	if (last && want > nr + 1)
		take_slots(cg, last);
	base = list_from_here(cg, values, want);
	cg->slot = slot;
	return base;
}

/*
 * Computes several values and, as the last instruction, calls what gives those
 * whose number is not known. Gives the register of the first one.
 */
static uint32_t gen_open_list(struct codegen *cg, const struct expr *values,
			      unsigned int how)
{
	uint32_t slot = cg->slot, nr, base, reg;
	const struct expr *last;

	last = last_value(values, &nr);
	take_slots(cg, last);
	base = cg->free;
	for (; values != last; values = values->next) {
		reg = ktap_alloc_regs(cg, 1);
		ktap_gen_to(cg, values, reg);
	}
	call_func(cg, last, KTAP_MAX_RESULTS, how | CALL_NESTED);
	cg->slot = slot;
	return base;
}

/* Number of arguments for a builtin function whose last one is a call. */
static uint32_t nr_builtin_args(struct codegen *cg, const struct expr *ex,
				bool *open)
{
	const struct builtin_func *func = &ktap_builtin_funcs[ex->call.id];
	uint32_t nr, least = ex->call.nr_args;
	bool exact;

	nr = ktap_nr_values(cg, ex->call.args, &exact);
	*open = func->max == KTAP_MAX_ARGS && !exact && least > func->min;
	if (*open) {
		nr = least - 1 + KTAP_MAX_RESULTS;
	} else if (func->max < KTAP_MAX_ARGS) {
		/* It gives at least the one value that is to be seen. */
		if (!exact)
			nr = least;
		if (nr > func->max)
			nr = func->max;
	}
	if (nr < func->min)
		nr = func->min;
	if (nr > func->max && !cg->script->diag.nr_errors)
		ktap_error(&cg->script->diag, ex->start,
			   "'%s' takes at most %u arguments, and this may be %u",
			   func->name, func->max, nr);
	return nr;
}

/* Calls a builtin function. Gives the register of its result. */
static uint32_t call_builtin(struct codegen *cg, const struct expr *ex)
{
	uint32_t nr = ex->call.nr_args, before, base;
	const struct expr *last;
	bool open = false;

	last = last_value(ex->call.args, &before);
	if (last && ktap_is_multi(last))
		nr = nr_builtin_args(cg, ex, &open);
	if (open) {
		base = gen_open_list(cg, ex->call.args, 0);
		nr = KTAP_OPEN | before;
	} else {
		base = ktap_gen_list(cg, ex->call.args, nr);
	}
	if (cg->free == base)
		ktap_alloc_regs(cg, 1);
	cg->pos = ex->start;
	ktap_emit(cg, KTAP_OP_CALLB, base, ex->call.id, nr);
	return base;
}

/**
 * ktap_gen_call - Call a function for one value
 * @cg: the function in which it is called
 * @ex: the call
 * @target: register of the value
 */
void ktap_gen_call(struct codegen *cg, const struct expr *ex, uint32_t target)
{
	const struct expr *arg;
	uint32_t base;

	if (ex->call.kind == CALL_NEWTAB) {
		for (arg = ex->call.args; arg; arg = arg->next)
			ktap_gen_effects(cg, arg);
		cg->pos = ex->start;
		ktap_emit(cg, KTAP_OP_NEWTAB, target, 0, 0);
		return;
	}
	/* The newest temporary can as well take the first argument. */
	if (target >= cg->active && target + 1 == cg->free)
		cg->free = target;
	if (ex->call.kind == CALL_BUILTIN)
		base = call_builtin(cg, ex);
	else
		base = call_func(cg, ex, 1, 0);
	ktap_gen_move(cg, target, base);
}

/**
 * ktap_gen_effects - Compute what may have an effect, and forget the value
 * @cg: the function
 * @ex: the expression
 */
void ktap_gen_effects(struct codegen *cg, const struct expr *ex)
{
	uint32_t save = cg->free;

	if (ex->kind == EX_CALL && ex->call.kind == CALL_BUILTIN)
		call_builtin(cg, ex);
	else if (ex->kind == EX_CALL && ex->call.kind != CALL_NEWTAB)
		call_func(cg, ex, 0, 0);
	else if (!ktap_is_const(ex) && ex->kind != EX_LOCAL &&
		 ex->kind != EX_GLOBAL && ex->kind != EX_VAR &&
		 ex->kind != EX_FUNC)
		ktap_gen_any(cg, ex);
	cg->free = save;
}

/* Whether a function can return so many values. */
static void check_nr_results(struct codegen *cg, const struct expr *values,
			     uint32_t nr)
{
	if (nr > KTAP_MAX_RESULTS && !cg->script->diag.nr_errors)
		ktap_error(&cg->script->diag, values->start,
			   "a function returns at most %d values, not %u",
			   KTAP_MAX_RESULTS, nr);
}

/**
 * ktap_gen_return - Return from the function
 * @cg: the function
 * @values: what it returns
 */
void ktap_gen_return(struct codegen *cg, const struct expr *values)
{
	uint32_t base = 0, nr, before, pos = cg->pos;
	const struct expr *last;
	bool exact;

	last = last_value(values, &before);
	nr = ktap_nr_values(cg, values, &exact);
	if (last && !before && ktap_is_multi(last)) {
		call_func(cg, last, 0, CALL_TAIL | CALL_LEAVE);
		cg->code.dead = true;
		return;
	}
	if (!exact) {
		check_nr_results(cg, values,
				 before + callee(cg, last)->min_results);
		base = gen_open_list(cg, values, CALL_LEAVE);
		nr = KTAP_OPEN | before;
	} else {
		check_nr_results(cg, values, nr);
		if (nr == 1 && !before)
			base = ktap_gen_any(cg, values);
		else if (nr)
			base = ktap_gen_list(cg, values, nr);
		cg->pos = pos;
		end_sorts(cg);
	}
	cg->pos = pos;
	ktap_emit(cg, KTAP_OP_RET, base, nr, 0);
	cg->code.dead = true;
}
