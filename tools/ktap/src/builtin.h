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
 * @args: the same for the others
 * @ret: the same for the result
 * @where: set of KTAP_IN() where it can be called
 */
struct builtin_func {
	const char *name;
	uint32_t min;
	uint32_t max;
	uint32_t arg1;
	uint32_t args;
	uint32_t ret;
	uint32_t where;
};

/**
 * struct later_name - a name of the language that this version does not have
 * @name: the name
 * @note: what can be done instead, or NULL
 */
struct later_name {
	const char *name;
	const char *note;
};

/* What a name means when the script does not declare it. */
enum name_kind {
	NAME_NONE,
	NAME_VAR,	/* enum ktap_var */
	NAME_FUNC,	/* enum ktap_func */
	NAME_ARG,	/* argN: field N of the event */
	NAME_ARG_TABLE,	/* arg: arguments of the script */
	NAME_ARGS,	/* args: fields of the event */
	NAME_PAIRS,	/* pairs */
	NAME_FFI,	/* ffi */
	NAME_LATER,	/* ktap_later_names[] */
	NAME_REPORTED,	/* unknown, and that was told */
};

/* Kind and number are kept in the index of the name. */
#define KTAP_NAME_IDX(kind, nr)	((uint32_t)(kind) << 16 | (nr))
#define KTAP_NAME_NR(idx)	((idx) & 0xffff)

extern const struct builtin_var ktap_builtin_vars[KTAP_VAR_NR];
extern const struct builtin_func ktap_builtin_funcs[KTAP_FUNC_NR];
extern const struct later_name ktap_later_names[];

void ktap_enter_builtins(struct strtab *names);
enum name_kind ktap_name_kind(const struct strent *name);

#endif /* _KTAP_BUILTIN_H */
