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

/*
 * str.c
 */

/**
 * struct ktap_writer - a text that is made
 * @to: the text
 * @room: bytes that it may have, without a NUL
 * @len: bytes that it has
 * @parts: values that it was made of; names count for many
 */
struct ktap_writer {
	char *to;
	u32 room;
	u32 len;
	u32 parts;
};

void ktap_text_put(struct ktap_writer *w, const char *text, u32 len);
void ktap_text_value(struct ktap_exec *exec, struct ktap_writer *w,
		     const struct ktap_value *val);
u32 ktap_short_name(char *text, u32 len);
int ktap_vm_text(struct ktap_exec *exec, struct ktap_value *dst, const char *text, u32 len);
int ktap_vm_no_memory(struct ktap_exec *exec, struct ktap_value *dst);
int ktap_vm_read_int(struct ktap_exec *exec, struct ktap_value *dst, u64 addr, u32 size,
		     bool user);

/* spec.c */
bool ktap_spec_loses(struct ktap_exec *exec);

/* What a record costs, in instructions. */
#define KTAP_RECORD_COST	32

#endif /* _KTAP_BUILTIN_H */
