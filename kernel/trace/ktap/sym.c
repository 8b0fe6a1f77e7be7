// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of symbols
 *
 * A symbol is a stack of one frame that says it is one. So it is a key like others,
 * and gets its name when the record is read, or when it is made into text.
 *
 * The other way round, looking for a name goes over the names of all modules if need
 * be. Those that are constants of the program are looked for once and kept with it.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"
#include "sys.h"

/* What looking for a name costs, in instructions. */
#define LOOKUP_COST	2048

static int make_symbol(struct ktap_exec *exec, struct ktap_value *args, u32 flags)
{
	u64 addr = args[0].i;
	struct ktap_val_stack *stack;
	struct ktap_str *str;
	int ret;

	if (args[0].type == KTAP_T_NIL)
		return 0;
	ret = ktap_vm_str(exec, struct_size(stack, data, sizeof(addr)), &str);
	if (ret)
		return ret;
	stack = (struct ktap_val_stack *)str->data;
	stack->flags = KTAP_STACK_SYMBOL | flags;
	stack->pid = 0;
	if (flags & KTAP_STACK_USER) {
		ktap_var_read(exec, KTAP_VAR_PID, args);
		stack->pid = args[0].i;
	}
	memcpy(stack->data, &addr, sizeof(addr));
	args[0].str = str;
	args[0].type = KTAP_T_STACK;
	return 0;
}

int ktap_fn_KSYM(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return make_symbol(exec, args, 0);
}

int ktap_fn_USYM(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return make_symbol(exec, args, KTAP_STACK_USER);
}

/* Where @name is. Several CPUs may look for the same one, and find the same. */
static int find_name(struct ktap_exec *exec, const char *func,
		     const struct ktap_str *name, struct ktap_place *place)
{
	struct ktap_place *known = NULL;
	char text[72];
	int ret;

	if (name->id != KTAP_STR_MADE && exec->core->places) {
		known = &exec->core->places[name->id];
		/* Pairs with smp_store_release() below. */
		place->addr = smp_load_acquire(&known->addr);
		place->size = READ_ONCE(known->size);
		if (place->addr)
			return 0;
	}
	ret = ktap_vm_charge(exec, LOOKUP_COST);
	if (ret)
		return ret;
	place->addr = 0;
	if (strlen(name->data) == name->len)
		place->addr = ktap_sys_address(name->data, &place->size);
	if (!place->addr) {
		scnprintf(text, sizeof(text), "the kernel has no symbol '%.32s'", name->data);
		return KTAP_FAULT(exec, VALUE, func, text);
	}
	if (known) {
		WRITE_ONCE(known->size, place->size);
		/* Pairs with smp_load_acquire() above. */
		smp_store_release(&known->addr, place->addr);
	}
	return 0;
}

int ktap_fn_KADDR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_place place;
	int ret = find_name(exec, "kaddr", args[0].str, &place);

	if (ret)
		return ret;
	ktap_set_int(args, place.addr);
	return 0;
}

int ktap_fn_KERNEL_VAR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_place place;
	u32 size = sizeof(long);
	int ret;

	ret = find_name(exec, "kernel_var", args[0].str, &place);
	if (ret)
		return ret;
	if (place.size == 1 || place.size == 2 || place.size == 4)
		size = place.size;
	return ktap_vm_read_int(exec, args, place.addr, size, false);
}
