/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Builtin functions
 *
 * Each of the list in <linux/ktap_bc.h> is a function ktap_fn_NAME(), which takes
 * its arguments in registers and leaves its result in the first one. Types and
 * number of arguments are right. What makes a string may move those in registers.
 *
 * Context: Probe context: preemption off, slot held. In process context others may
 * run.
 * Return: 0; -EFAULT if the run failed; -EINTR if it shall end; or -ECANCELED if
 * the script is to end.
 */
#ifndef _KTAP_BUILTIN_H
#define _KTAP_BUILTIN_H

#include "rec.h"

#define KTAP_FN_DECLARE(name, ...)					\
	int ktap_fn_##name(struct ktap_exec *exec, struct ktap_value *args, u32 nr);
___KTAP_FUNC_MAPPER(KTAP_FN_DECLARE)
#undef KTAP_FN_DECLARE

/* What a record costs, in instructions. */
#define KTAP_RECORD_COST	32

#endif /* _KTAP_BUILTIN_H */
