// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names that the language has
 *
 * What the kernel has comes from the lists of <linux/ktap_bc.h>. Names of the
 * language that no list has are known here.
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

#define FUNC_ENTRY(id, nr, name, min, max, arg1, arg2, args, ret, where) \
	[KTAP_FUNC_##id] = { name, min, max, arg1, arg2, args, ret, where },
const struct builtin_func ktap_builtin_funcs[KTAP_FUNC_NR] = {
	___KTAP_FUNC_MAPPER(FUNC_ENTRY)
};

#undef FUNC_ENTRY

#define FIELD_NAME(id, nr, name)			\
	[KTAP_FIELD_##id] = name,
const char * const ktap_field_names[KTAP_FIELD_NR] = {
	___KTAP_FIELD_MAPPER(FIELD_NAME)
};

#undef FIELD_NAME

#define TASKINFO_NAME(id, nr, name)		\
	[KTAP_TASKINFO_##id] = name,
const char * const ktap_taskinfo_names[KTAP_TASKINFO_NR] = {
	___KTAP_TASKINFO_MAPPER(TASKINFO_NAME)
};

#undef TASKINFO_NAME

/* Colours are the numbers of the terminal's escape sequences: 30 is black. */
const struct builtin_lib ktap_builtin_libs[LIB_NR] = {
	[LIB_TABLE_NEW] = { "table", "new", 0, 2, NULL, NULL, KTAP_IN_ANY },
	[LIB_ANSI_CLEAR_SCREEN] = {
		"ansi", "clear_screen", 0, 0, "\033[2J\033[1;1H", NULL,
		KTAP_IN_ANY
	},
	[LIB_ANSI_SET_COLOR] = {
		"ansi", "set_color", 1, 1, "\033[%dm", NULL, KTAP_IN_ANY
	},
	[LIB_ANSI_SET_COLOR2] = {
		"ansi", "set_color2", 2, 2, "\033[%d;%dm", NULL, KTAP_IN_ANY
	},
	[LIB_ANSI_SET_COLOR3] = {
		"ansi", "set_color3", 3, 3, "\033[%d;%d;%dm", NULL,
		KTAP_IN_ANY
	},
	[LIB_ANSI_RESET_COLOR] = {
		"ansi", "reset_color", 0, 0, "\033[0m", NULL, KTAP_IN_ANY
	},
	[LIB_PRINT_TRACE_CLOCK] = {
		NULL, "print_trace_clock", 0, 0, "%t\n", NULL, KTAP_IN_ANY
	},
	[LIB_PRINT_BACKTRACE] = {
		NULL, "print_backtrace", 0, 0, "%s\n", NULL, KTAP_IN(PROBE)
	},
	[LIB_KDEBUG_TRACE_BY_ID] = {
		"kdebug", "trace_by_id", 2, 2, NULL, "", KTAP_IN_ANY
	},
	[LIB_KDEBUG_TRACEPOINT] = {
		"kdebug", "tracepoint", 2, 2, NULL, "*:", KTAP_IN_ANY
	},
	[LIB_KDEBUG_KPROBE] = {
		"kdebug", "kprobe", 2, 2, NULL, "probe:", KTAP_IN_ANY
	},
	[LIB_KDEBUG_TRACE_END] = {
		"kdebug", "trace_end", 1, 1, NULL, "", KTAP_IN_ANY
	},
	[LIB_TIMER_TICK] = {
		"timer", "tick", 2, 2, NULL, "tick-", KTAP_IN_ANY
	},
	[LIB_TIMER_PROFILE] = {
		"timer", "profile", 2, 2, NULL, "profile-", KTAP_IN_ANY
	},
	[LIB_NET_SADDR] = {
		.lib = "net", .name = "ip_sock_saddr",
		.func = KTAP_FUNC_SOCK_SADDR
	},
	[LIB_NET_DADDR] = {
		.lib = "net", .name = "ip_sock_daddr",
		.func = KTAP_FUNC_SOCK_DADDR
	},
	[LIB_NET_FORMAT] = {
		.lib = "net", .name = "format_ip_addr",
		.func = KTAP_FUNC_NTOP
	},
};

const struct builtin_loop ktap_builtin_loops[LOOP_NR] = {
	[LOOP_PAIRS] = { "pairs", 1, 1, KTAP_IN_ANY },
	[LOOP_SORT_PAIRS] = { "sort_pairs", 1, 2, KTAP_IN_PROC },
	[LOOP_TOP] = { "top", 2, 2, KTAP_IN_PROC },
};

static void enter(struct strtab *names, const char *name, enum name_kind kind,
		  uint32_t nr)
{
	ktap_strtab_get(names, name, strlen(name))->idx =
		KTAP_NAME_IDX(kind, nr);
}

static void enter_libs(struct strtab *names)
{
	const struct builtin_lib *lib;
	uint32_t i;

	for (i = LIB_NR; i--;) {
		lib = &ktap_builtin_libs[i];
		if (lib->lib)
			enter(names, lib->lib, NAME_LIB, i);
		else
			enter(names, lib->name, NAME_LIB_FUNC, i);
	}
}

/**
 * ktap_enter_builtins - Give the names of the language their meaning
 * @names: the names of a script
 */
void ktap_enter_builtins(struct strtab *names)
{
	char name[16];
	uint32_t i;

	for (i = 0; i < KTAP_VAR_NR; i++)
		enter(names, ktap_builtin_vars[i].name, NAME_VAR, i);
	for (i = 0; i < KTAP_FUNC_NR; i++) {
		/* Calls of it are made here only. */
		if (i != KTAP_FUNC_DUMP)
			enter(names, ktap_builtin_funcs[i].name, NAME_FUNC, i);
	}
	enter(names, "quantize", NAME_FUNC, KTAP_FUNC_HIST);
	enter(names, "stringof", NAME_FUNC, KTAP_FUNC_TOSTRING);
	for (i = 0; i < LOOP_NR; i++)
		enter(names, ktap_builtin_loops[i].name, NAME_LOOP, i);
	enter_libs(names);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "arg%u", i);
		enter(names, name, NAME_ARG, i);
	}
	/* The first ones have no names of their own. */
	for (i = KTAP_FIELD_RETVAL; i < KTAP_FIELD_NR; i++)
		enter(names, ktap_field_names[i], NAME_FIELD, i);
	enter(names, "arg", NAME_ARG_TABLE, 0);
	enter(names, "args", NAME_ARGS, 0);
	enter(names, "cast", NAME_CAST, 0);
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
