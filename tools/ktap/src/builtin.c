// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names that the language has
 *
 * What the kernel has comes from the lists of <linux/ktap_bc.h>. Names of the
 * language that no list has are known here, so that nobody is told to declare
 * them.
 */
#include <stdio.h>
#include <string.h>

#include "builtin.h"

#define VAR_ENTRY(id, nr, name, types, where)				\
	[KTAP_VAR_##id] = { name, types, where },
const struct builtin_var ktap_builtin_vars[KTAP_VAR_NR] = {
	___KTAP_VAR_MAPPER(VAR_ENTRY)
};

#undef VAR_ENTRY

#define FUNC_ENTRY(id, nr, name, min, max, arg1, args, ret, where)	\
	[KTAP_FUNC_##id] = { name, min, max, arg1, args, ret, where },
const struct builtin_func ktap_builtin_funcs[KTAP_FUNC_NR] = {
	___KTAP_FUNC_MAPPER(FUNC_ENTRY)
};

#undef FUNC_ENTRY

#define NOTE_COUNT	"t[k] += 1 counts, and t[k] += v adds up"
#define NOTE_LOOP	"'for (k, v in pairs(t))' goes through a table"
#define NOTE_NSECS	"'nsecs' is the time in nanoseconds"
#define NOTE_FIELD	"argN and args.NAME are the fields of an event"
#define NOTE_PRINTF	"'printf' formats"
#define NOTE_TRACE	"'trace EVENT { ... }' does this"

const struct later_name ktap_later_names[] = {
	{ "ansi", NULL },
	{ "arch", NULL },
	{ "avg", NOTE_COUNT },
	{ "basename", NULL },
	{ "cast", NULL },
	{ "cgroup", NULL },
	{ "clear", "'delete(t)' empties a table" },
	{ "commit", NULL },
	{ "count", NOTE_COUNT },
	{ "curr_taskinfo", NULL },
	{ "discard", NULL },
	{ "elapsed", NOTE_NSECS },
	{ "entry_ns", NOTE_NSECS },
	{ "errname", NULL },
	{ "func", "'probename' is the name of the event" },
	{ "gettimeofday_ms", NOTE_NSECS },
	{ "gettimeofday_ns", NOTE_NSECS },
	{ "gettimeofday_s", NOTE_NSECS },
	{ "gettimeofday_us", NOTE_NSECS },
	{ "hist", NOTE_COUNT },
	{ "in_interrupt", NULL },
	{ "in_iowait", NULL },
	{ "ipof", NULL },
	{ "kaddr", NULL },
	{ "kdebug", NOTE_TRACE },
	{ "kernel_read", NULL },
	{ "kernel_string", NULL },
	{ "kernel_v", NULL },
	{ "ksym", NULL },
	{ "lhist", NOTE_COUNT },
	{ "llhist", NOTE_COUNT },
	{ "max", NULL },
	{ "min", NULL },
	{ "net", NULL },
	{ "ntop", NULL },
	{ "num_cpus", NULL },
	{ "print_backtrace", NULL },
	{ "print_hist", NOTE_LOOP },
	{ "print_stat", NOTE_LOOP },
	{ "print_trace_clock", NOTE_NSECS },
	{ "quantize", NOTE_COUNT },
	{ "rand", NULL },
	{ "retval", NOTE_FIELD },
	{ "signame", NULL },
	{ "snapshot", NULL },
	{ "sort_pairs", NOTE_LOOP },
	{ "speculate", NULL },
	{ "speculation", NULL },
	{ "split", NULL },
	{ "stack", NULL },
	{ "stat", NOTE_COUNT },
	{ "stddev", NULL },
	{ "strcmp", "'==' and '<' compare strings" },
	{ "strftime", NULL },
	{ "stringof", NULL },
	{ "strstr", NULL },
	{ "strtol", NULL },
	{ "substr", NULL },
	{ "sum", NOTE_COUNT },
	{ "syscall_name", NULL },
	{ "table", "'{}' is a new table" },
	{ "timer", NULL },
	{ "tonumber", NULL },
	{ "top", NOTE_LOOP },
	{ "tostring", "x .. \"\" is x as a string" },
	{ "trace_printk", NOTE_PRINTF },
	{ "tracing_off", NULL },
	{ "tracing_on", NULL },
	{ "user_read", NULL },
	{ "user_string", NULL },
	{ "ustack", NULL },
	{ "usym", NULL },
	{ "zero", NULL },
};

static void enter(struct strtab *names, const char *name, enum name_kind kind,
		  uint32_t nr)
{
	ktap_strtab_get(names, name, strlen(name))->idx =
		KTAP_NAME_IDX(kind, nr);
}

/**
 * ktap_enter_builtins - Give the names of the language their meaning
 * @names: the names of a script
 */
void ktap_enter_builtins(struct strtab *names)
{
	char name[16];
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(ktap_later_names); i++)
		enter(names, ktap_later_names[i].name, NAME_LATER, i);
	for (i = 0; i < KTAP_VAR_NR; i++)
		enter(names, ktap_builtin_vars[i].name, NAME_VAR, i);
	for (i = 0; i < KTAP_FUNC_NR; i++)
		enter(names, ktap_builtin_funcs[i].name, NAME_FUNC, i);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "arg%u", i);
		enter(names, name, NAME_ARG, i);
	}
	enter(names, "arg", NAME_ARG_TABLE, 0);
	enter(names, "args", NAME_ARGS, 0);
	enter(names, "pairs", NAME_PAIRS, 0);
	enter(names, "ffi", NAME_FFI, 0);
}

/**
 * ktap_name_kind - What a name means when the script does not declare it
 * @name: the name
 *
 * Return: The kind of its meaning.
 */
enum name_kind ktap_name_kind(const struct strent *name)
{
	return name->idx == ~0u ? NAME_NONE : name->idx >> 16;
}
