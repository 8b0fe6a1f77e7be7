/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Values in records
 */
#ifndef _KTAP_REC_H
#define _KTAP_REC_H

#include "vm.h"

/* Bytes that an integer takes in a record. */
#define KTAP_REC_INT_SIZE	(sizeof(struct ktap_val) + sizeof(s64))

/**
 * ktap_rec_put_int - Write an integer into a record
 * @val: the integer
 * @to: room of KTAP_REC_INT_SIZE bytes, at a multiple of KTAP_REC_ALIGN
 *
 * Context: Any context, NMI included.
 * Return: the end of what was written.
 */
static __always_inline void *ktap_rec_put_int(s64 val, void *to)
{
	struct ktap_val *head = to;

	*head = (struct ktap_val){ .type = KTAP_T_INT, .len = sizeof(val) };
	memcpy(head + 1, &val, sizeof(val));
	return to + KTAP_REC_INT_SIZE;
}

u32 ktap_rec_size(const struct ktap_value *val);
void *ktap_rec_put(struct ktap_exec *exec, const struct ktap_value *val, void *to);
u32 ktap_rec_stat(struct ktap_exec *exec, u64 stat, struct ktap_val_stat *to);

#endif /* _KTAP_REC_H */
