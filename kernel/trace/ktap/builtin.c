// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions
 *
 * The list, with the arguments that each function takes, is in <linux/ktap_bc.h>.
 * The verifier has looked at the number of arguments and at types that can never
 * be right; ktap_vm_call() looks at what the types are at run time, so that the
 * functions themselves need not.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "vm.h"

/* What a record costs, in instructions. */
#define RECORD_COST	32

/* Each function takes its arguments in @args and leaves its result in args[0]. */

static int fn_PRINT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	exec->env->record(exec, KTAP_REC_PRINT, args, nr);
	ktap_set_nil(args);
	return ktap_vm_charge(exec, RECORD_COST + nr);
}

static int fn_PRINTF(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	exec->env->record(exec, KTAP_REC_PRINTF, args, nr);
	ktap_set_nil(args);
	return ktap_vm_charge(exec, RECORD_COST + nr);
}

static int fn_EXIT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	exec->status = nr ? args[0].i : 0;
	return -ECANCELED;
}

static int fn_LEN(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	if (args[0].type == KTAP_T_STR)
		ktap_set_int(args, args[0].str->len);
	else
		ktap_set_int(args, ktap_tab_len(&exec->core->tabs, args[0].tab));
	return 0;
}

/* Units of memory that delete() looks at between two looks at the budget. */
#define DELETE_STEPS	256

static int delete_all(struct ktap_exec *exec, u32 tab)
{
	struct ktap_core *core = exec->core;
	s64 cursor = 0;
	int ret;

	do {
		ktap_pin(&core->heap, exec->pin);
		ret = ktap_tab_clear(&core->tabs, tab, &cursor, DELETE_STEPS);
		ktap_unpin(exec->pin);
		if (ret != -EAGAIN)
			return ktap_vm_heap_error(exec, ret);
		/* Each may have been an entry. */
		ret = ktap_vm_charge(exec, DELETE_STEPS);
	} while (!ret);
	return ret;
}

static int fn_DELETE(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_core *core = exec->core;
	struct ktap_key key;
	int ret;

	if (nr > 1) {
		ktap_tab_key(&core->tabs, args[0].tab, &args[1], &key);
		ktap_pin(&core->heap, exec->pin);
		ret = ktap_tab_delete(&core->tabs, &key);
		ktap_unpin(exec->pin);
		ret = ktap_vm_heap_error(exec, ret);
	} else {
		ret = delete_all(exec, args[0].tab);
	}
	ktap_set_nil(args);
	return ret;
}

#define FUNC(name, nr, text, min, max, arg1, args, ret, where)		\
	[KTAP_FUNC_##name] = { fn_##name, text, arg1, args },
static const struct {
	int (*call)(struct ktap_exec *exec, struct ktap_value *args, u32 nr);
	const char *name;
	u16 arg1;
	u16 args;
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
 * Context: Probe context: preemption off, slot held.
 * Return: 0, -ECANCELED if the script is to end, or -EFAULT if the run failed.
 */
int ktap_vm_call(struct ktap_exec *exec, enum ktap_func func,
		 struct ktap_value *args, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		u32 want = i ? funcs[func].args : funcs[func].arg1;

		if (unlikely(!(BIT(args[i].type) & want)))
			return KTAP_FAULT(exec, ARG, funcs[func].name, i + 1,
					  ktap_type_names[args[i].type]);
	}
	return funcs[func].call(exec, args, nr);
}
