// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What follows from functions calling each other
 *
 * Where a function can be called depends on what it uses and on what the functions
 * use that it calls; how many values it returns may depend on functions whose
 * results it returns as its own. Both are found by going back from each function
 * to those that depend on it, until nothing changes. Each function changes only
 * a few times, as the first only gets stricter and the numbers only go one way, so
 * that this is linear in the number of calls.
 */
#include "resolve.h"

/**
 * ktap_is_multi - Whether a call can give more than one value, or none
 * @ex: an expression, checked
 *
 * That is so if it is the last one of several values, or the only one.
 *
 * Return: True if it calls a function of the script, without brackets around it.
 */
bool ktap_is_multi(const struct expr *ex)
{
	return ex->kind == EX_CALL && !ex->single &&
		(ex->call.kind == CALL_FUNC || ex->call.kind == CALL_VALUE);
}

/**
 * ktap_add_results - Enter that a function may return so many values
 * @func: the function
 * @min: least number
 * @max: most
 *
 * Return: True if that was not known.
 */
bool ktap_add_results(struct func *func, uint32_t min, uint32_t max)
{
	bool changed = false;

	if (max > KTAP_MAX_RESULTS)
		max = KTAP_MAX_RESULTS;
	if (min < func->min_results) {
		func->min_results = min;
		changed = true;
	}
	if (max > func->max_results) {
		func->max_results = max;
		changed = true;
	}
	return changed;
}

/* A list of functions to look at. */
static void push(struct func **work, struct func *func)
{
	if (func->queued)
		return;
	func->queued = true;
	func->next_work = *work;
	*work = func;
}

static struct func *pop(struct func **work)
{
	struct func *func = *work;

	if (func) {
		*work = func->next_work;
		func->queued = false;
	}
	return func;
}

static void find_results(struct script *script)
{
	struct func *work = NULL, *func, *any = &script->any;
	const struct give *give;

	for (func = &script->main; func; func = func->next) {
		push(&work, func);
		if (func->is_value && func->nr_params > any->nr_params)
			any->nr_params = func->nr_params;
	}
	/* What is no function at all ends the program, and gives nothing. */
	push(&work, any);
	while ((func = pop(&work))) {
		if (func->is_value &&
		    ktap_add_results(any, 0, func->max_results))
			push(&work, any);
		for (give = func->gives; give; give = give->next)
			if (ktap_add_results(give->func,
					     give->fixed + func->min_results,
					     give->fixed + func->max_results))
				push(&work, give->func);
	}
	for (func = &script->main; func; func = func->next) {
		if (func->min_results < KTAP_NEVER_RETURNS)
			continue;
		func->min_results = 0;
		func->max_results = 0;
	}
}

static bool is_func(const struct func *func)
{
	return func->kind == KTAP_PROTO_FUNC;
}

/* Lets a caller lack what its callee lacks. */
static bool inherit(struct func *caller, const struct func *callee)
{
	bool changed = false;
	unsigned int kind;

	for (kind = 0; kind < KTAP_PROTO_FUNC; kind++) {
		if (!callee->lacks[kind].name || caller->lacks[kind].name)
			continue;
		caller->lacks[kind] = callee->lacks[kind];
		changed = true;
	}
	return changed;
}

static void find_lacks(struct script *script)
{
	struct func *work = NULL, *func;
	const struct call *call;

	for (func = &script->main; func; func = func->next)
		push(&work, func);
	while ((func = pop(&work)))
		for (call = func->calls; call; call = call->next_of)
			if (is_func(call->caller) &&
			    inherit(call->caller, func))
				push(&work, call->caller);
}

static const char *why_not(unsigned int kind)
{
	return kind == KTAP_PROTO_PROBE ? KTAP_NOT_IN_PROBE :
		KTAP_ONLY_IN_PROBE;
}

/* Tells of a call from where the function cannot be called. */
static void check_call(struct diag *diag, const struct call *call)
{
	const struct func *func = call->callee;
	const struct use *use = &func->lacks[call->caller->kind];

	if (is_func(call->caller) || !use->name)
		return;
	if (func->name)
		ktap_error(diag, call->pos,
			   "'%.*s' cannot be called here: it uses '%s'",
			   (int)func->len, func->name, use->name);
	else
		ktap_error(diag, call->pos,
			   "this function cannot be called here: it uses '%s'",
			   use->name);
	ktap_note_at(diag, use->pos, "'%s' %s", use->name,
		     why_not(call->caller->kind));
}

static bool is_nowhere(const struct func *func)
{
	return func->lacks[KTAP_PROTO_MAIN].name &&
		func->lacks[KTAP_PROTO_END].name &&
		func->lacks[KTAP_PROTO_PROBE].name &&
		func->lacks[KTAP_PROTO_TICK].name;
}

/* Tells of functions that cannot be called from anywhere. */
static void check_nowhere(struct script *script)
{
	const struct use *use, *other;
	const struct call *call;
	struct func *func;

	/* Those that call such a function are not at fault. */
	for (call = script->calls; call; call = call->next)
		if (call->caller != call->callee && is_nowhere(call->callee))
			call->caller->queued = true;
	for (func = &script->main; func; func = func->next) {
		if (!is_func(func) || !is_nowhere(func) || func->queued)
			continue;
		use = &func->lacks[KTAP_PROTO_MAIN];
		other = &func->lacks[KTAP_PROTO_PROBE];
		ktap_error(&script->diag, other->pos, "'%s' %s", other->name,
			   why_not(KTAP_PROTO_PROBE));
		ktap_note_at(&script->diag, use->pos,
			     "'%s', which the same function uses, %s",
			     use->name, why_not(KTAP_PROTO_MAIN));
	}
}

/**
 * ktap_resolve - Find what the functions of a script return and can be called from
 * @script: checked without an error
 *
 * Errors are counted in the messages of the script.
 */
void ktap_resolve(struct script *script)
{
	const struct call *call;

	find_results(script);
	find_lacks(script);
	for (call = script->calls; call; call = call->next)
		check_call(&script->diag, call);
	check_nowhere(script);
}
