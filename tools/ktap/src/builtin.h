/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names that the language has
 */
#ifndef _KTAP_BUILTIN_H
#define _KTAP_BUILTIN_H

#include <linux/ktap_bc.h>

#include "util.h"

/**
 * struct builtin_var - a variable that the kernel has a value for
 * @name: its name
 * @types: set of KTAP_M() that it can have
 * @where: set of KTAP_IN() where it can be read
 */
struct builtin_var {
	const char *name;
	uint32_t types;
	uint32_t where;
};

/**
 * struct builtin_func - a function that the kernel has
 * @name: its name
 * @min: least number of arguments
 * @max: most
 * @arg1: set of KTAP_M() that the first argument can have
 * @arg2: the same for the second
 * @args: the same for the others
 * @ret: the same for the result
 * @where: set of KTAP_IN() where it can be called
 */
struct builtin_func {
	const char *name;
	uint32_t min;
	uint32_t max;
	uint32_t arg1;
	uint32_t arg2;
	uint32_t args;
	uint32_t ret;
	uint32_t where;
};

/* Functions that are made of others. */
enum lib_func {
	LIB_TABLE_NEW,
	LIB_ANSI_CLEAR_SCREEN,
	LIB_ANSI_SET_COLOR,
	LIB_ANSI_SET_COLOR2,
	LIB_ANSI_SET_COLOR3,
	LIB_ANSI_RESET_COLOR,
	LIB_PRINT_TRACE_CLOCK,
	LIB_PRINT_BACKTRACE,
	LIB_KDEBUG_TRACE_BY_ID,
	LIB_KDEBUG_TRACEPOINT,
	LIB_KDEBUG_KPROBE,
	LIB_KDEBUG_TRACE_END,
	LIB_TIMER_TICK,
	LIB_TIMER_PROFILE,
	LIB_NET_SADDR,
	LIB_NET_DADDR,
	LIB_NET_FORMAT,
	LIB_NR
};

/**
 * struct builtin_lib - a function that is made of others
 * @lib: name of its library, or NULL
 * @name: its name
 * @min: least number of arguments, all of which are integers
 * @max: most
 * @format: what it prints, as a format with its arguments, or NULL
 * @event: it is a "trace", and this is the beginning of what the event is called
 *	   that its first argument names; or NULL
 * @where: set of KTAP_IN() where it can be called
 * @func: the function of the kernel that it is, which says all else; or 0
 */
struct builtin_lib {
	const char *lib;
	const char *name;
	uint32_t min;
	uint32_t max;
	const char *format;
	const char *event;
	uint32_t where;
	enum ktap_func func;
};

/* What a name means when the script does not declare it. */
enum name_kind {
	NAME_NONE,
	NAME_VAR,	/* enum ktap_var */
	NAME_FUNC,	/* enum ktap_func */
	NAME_ARG,	/* argN: field N of the event */
	NAME_ARG_TABLE,	/* arg: arguments of the script */
	NAME_ARGS,	/* args: fields of the event */
	NAME_FIELD,	/* enum ktap_field_kind */
	NAME_LOOP,	/* enum loop_kind */
	NAME_LIB,	/* library: its first enum lib_func */
	NAME_LIB_FUNC,	/* enum lib_func */
	NAME_CAST,	/* cast: gives a value a type of the kernel */
	NAME_FFI,	/* ffi */
	NAME_REPORTED,	/* unknown, and that was told */
};

/* What a "for" can go through a table by. */
enum loop_kind {
	LOOP_PAIRS,
	LOOP_SORT_PAIRS,
	LOOP_TOP,
	LOOP_NR
};

/**
 * struct builtin_loop - a way to go through a table
 * @name: its name
 * @min: least number of arguments
 * @max: most
 * @where: set of KTAP_IN() where it is possible
 */
struct builtin_loop {
	const char *name;
	uint32_t min;
	uint32_t max;
	uint32_t where;
};

/* Kind and number are kept in the index of the name. */
#define KTAP_NAME_IDX(kind, nr)	((uint32_t)(kind) << 16 | (nr))
#define KTAP_NAME_NR(idx)	((idx) & 0xffff)

extern const struct builtin_var ktap_builtin_vars[KTAP_VAR_NR];
extern const struct builtin_func ktap_builtin_funcs[KTAP_FUNC_NR];
extern const char * const ktap_field_names[KTAP_FIELD_NR];
extern const struct builtin_lib ktap_builtin_libs[LIB_NR];
extern const struct builtin_loop ktap_builtin_loops[LOOP_NR];
extern const char * const ktap_taskinfo_names[KTAP_TASKINFO_NR];

void ktap_enter_builtins(struct strtab *names);
enum name_kind ktap_name_kind(const struct strent *name);

#endif /* _KTAP_BUILTIN_H */
