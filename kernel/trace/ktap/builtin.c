// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions
 *
 * The list, with the arguments that each function takes, is in <linux/ktap_bc.h>.
 * The verifier has looked at the number of arguments, and at types. Where it does not
 * know that they are right ktap_vm_call() looks at what they are at run time, so that
 * the functions themselves need not. Functions of strings, of time and of statistics
 * are in files of their own.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"

int ktap_fn_PRINT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	exec->env->record(exec, KTAP_REC_PRINT, args, nr);
	ktap_set_nil(args);
	return ktap_vm_charge(exec, KTAP_RECORD_COST + nr);
}

int ktap_fn_PRINTF(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	/* All results of a call can be none. */
	if (!nr)
		return KTAP_FAULT(exec, ARG, "printf", 1, ktap_type_names[KTAP_T_NIL]);
	exec->env->record(exec, KTAP_REC_PRINTF, args, nr);
	ktap_set_nil(args);
	return ktap_vm_charge(exec, KTAP_RECORD_COST + nr);
}

int ktap_fn_EXIT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	exec->status = nr ? args[0].i : 0;
	return -ECANCELED;
}

int ktap_fn_LEN(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_core *core = exec->core;
	u32 len;

	if (args[0].type == KTAP_T_STR) {
		ktap_set_int(args, args[0].str->len);
		return 0;
	}
	ktap_pin(&core->heap, exec->local.pin);
	len = ktap_tab_len(&core->tabs, args[0].ref);
	ktap_unpin(exec->local.pin);
	ktap_set_int(args, len);
	return 0;
}

/* Entries that are gone through between two looks at the budget. */
#define ENTRY_STEPS	64

int ktap_fn_CLEAR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_core *core = exec->core;
	int ret, err;

	do {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_clear(&core->tabs, &exec->local, args[0].ref,
				     ENTRY_STEPS);
		ktap_unpin(exec->local.pin);
		err = ktap_vm_charge(exec, ENTRY_STEPS);
		if (err)
			return err;
	} while (ret == -EAGAIN);
	ktap_set_nil(args);
	return ktap_vm_heap_error(exec, ret);
}

int ktap_fn_DELETE(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_core *core = exec->core;
	struct ktap_key key;
	int ret;

	if (nr == 1)
		return ktap_fn_CLEAR(exec, args, nr);
	if (ktap_has_bytes(&args[1]))
		ret = ktap_vm_charge(exec, ktap_vm_bytes(args[1].str->len));
	else
		ret = 0;
	if (ret)
		return ret;
	ktap_tab_key(&core->tabs, args[0].ref, &args[1], &key);
	ktap_pin(&core->heap, exec->local.pin);
	ret = ktap_tab_delete(&core->tabs, &exec->local, &key);
	ktap_unpin(exec->local.pin);
	ktap_set_nil(args);
	return ktap_vm_heap_error(exec, ret);
}

int ktap_fn_ZERO(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_core *core = exec->core;
	s64 cursor;
	int ret, err;

	ktap_pin(&core->heap, exec->local.pin);
	cursor = ktap_tab_first(&core->tabs, args[0].ref);
	ktap_unpin(exec->local.pin);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_zero(&core->tabs, args[0].ref, &cursor, ENTRY_STEPS);
		ktap_unpin(exec->local.pin);
		err = ktap_vm_charge(exec, ENTRY_STEPS);
		if (err)
			return err;
	} while (ret == -EAGAIN);
	ktap_set_nil(args);
	return ktap_vm_heap_error(exec, ret);
}

int ktap_fn_RAND(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u64 num = (u64)prandom_u32_state(&exec->rnd) << 32 |
		  prandom_u32_state(&exec->rnd);
	u64 rest;

	if (!nr) {
		ktap_set_int(args, num >> 33);
		return 0;
	}
	if (args[0].i <= 0)
		return KTAP_FAULT(exec, VALUE, "rand", "the limit must be positive");
	div64_u64_rem(num, args[0].i, &rest);
	ktap_set_int(args, rest);
	return 0;
}

int ktap_fn_NUM_CPUS(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_int(args, num_online_cpus());
	return 0;
}

/* Make a stack of @args[0] frames at most. */
static int make_stack(struct ktap_exec *exec, struct ktap_value *args, u32 nr,
		      u32 skip, bool user)
{
	u32 max = KTAP_MAX_STACK, frames;
	struct ktap_val_stack *stack;
	struct ktap_str *str;
	int ret;

	if (nr)
		max = clamp_t(s64, args[0].i, 1, KTAP_MAX_STACK);
	ret = ktap_vm_str(exec, struct_size(stack, data, (max + skip + KTAP_OWN_FRAMES) *
					    sizeof(u64)), &str);
	if (ret)
		return ret;
	stack = (struct ktap_val_stack *)str->data;
	frames = exec->env->stack(exec, (u64 *)stack->data, max, skip, user);
	stack->flags = user ? KTAP_STACK_USER : 0;
	stack->pid = 0;
	if (user) {
		ktap_var_read(exec, KTAP_VAR_PID, args);
		stack->pid = args->i;
	}
	ktap_arena_trim(&exec->arena, str,
			struct_size(stack, data, frames * sizeof(u64)));
	args->str = str;
	/* One without frames is a key like others. */
	args->type = KTAP_T_STACK;
	/* A frame takes about as long as this. */
	return ktap_vm_charge(exec, 8 * (frames + skip));
}

int ktap_fn_STACK(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u32 skip = nr > 1 ? clamp_t(s64, args[1].i, 0, KTAP_MAX_STACK) : 0;

	return make_stack(exec, args, nr, skip, false);
}

int ktap_fn_USTACK(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return make_stack(exec, args, nr, 0, true);
}

/* An integer is an address already. */
int ktap_fn_IPOF(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return 0;
}

#define FUNC(name, ...)							\
	[KTAP_FUNC_##name] = ktap_fn_##name,
int (* const ktap_builtins[KTAP_FUNC_NR])(struct ktap_exec *exec,
					  struct ktap_value *args, u32 nr) = {
	___KTAP_FUNC_MAPPER(FUNC)
};

#undef FUNC

#define FUNC(name, nr, text, min, max, arg1, arg2, args, ret, where)	\
	[KTAP_FUNC_##name] = { text, { arg1, arg2, args } },
static const struct {
	const char *name;
	u16 args[3];
} funcs[KTAP_FUNC_NR] = {
	___KTAP_FUNC_MAPPER(FUNC)
};

#undef FUNC

/**
 * ktap_vm_call - Call a builtin function
 * @exec: slot
 * @func: function
 * @args: first argument; gets the result
 * @nr: number of arguments
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: as builtin.h says.
 */
int ktap_vm_call(struct ktap_exec *exec, enum ktap_func func,
		 struct ktap_value *args, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (unlikely(!(BIT(args[i].type) & funcs[func].args[min(i, 2U)])))
			return KTAP_FAULT(exec, ARG, funcs[func].name, i + 1,
					  ktap_type_names[args[i].type]);
	}
	return ktap_builtins[func](exec, args, nr);
}
