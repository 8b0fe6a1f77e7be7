// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Values in records
 *
 * The form is told in <linux/ktap.h>. The event itself, whose bytes only its source
 * knows, is not written here.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "rec.h"

/**
 * ktap_rec_size - Bytes that a value takes in a record
 * @val: value of any type but KTAP_T_EVENT
 *
 * Context: Any context, NMI included.
 * Return: their number.
 */
u32 ktap_rec_size(const struct ktap_value *val)
{
	u32 size = sizeof(struct ktap_val);

	switch (val->type) {
	case KTAP_T_INT:
		return KTAP_REC_INT_SIZE;
	case KTAP_T_STR:
		return ktap_rec_str_size(val->str);
	case KTAP_T_TUPLE:
	case KTAP_T_STACK:
		return size + val->str->len;
	case KTAP_T_STAT:
		return size + sizeof(struct ktap_val_stat);
	default:
		return size;
	}
}

/**
 * ktap_rec_stat - Write what a statistic comes to, without ranges
 * @exec: slot
 * @stat: reference to the statistic
 * @to: where to
 *
 * Context: Probe context: preemption off, slot held.
 * Return: bytes that were written.
 */
u32 ktap_rec_stat(struct ktap_exec *exec, u64 stat, struct ktap_val_stat *to)
{
	struct ktap_stat_sum sum;

	ktap_pin(&exec->core->heap, exec->local.pin);
	ktap_stat_sum(&exec->core->heap, stat, &sum);
	ktap_unpin(exec->local.pin);

	memset(to, 0, sizeof(*to));
	to->kind = sum.agg.kind;
	to->count = sum.count;
	to->sum = sum.sum;
	to->min = sum.min;
	to->max = sum.max;
	to->avg = sum.avg;
	to->stddev = sum.stddev;
	memcpy(to->param, sum.agg.param, sizeof(to->param));
	return sizeof(*to);
}

/**
 * ktap_rec_put - Write a value into a record
 * @exec: slot
 * @val: value of any type but KTAP_T_EVENT
 * @to: room of ktap_rec_size() bytes, at a multiple of KTAP_REC_ALIGN
 *
 * Context: Probe context: preemption off, slot held.
 * Return: the end of what was written.
 */
void *ktap_rec_put(struct ktap_exec *exec, const struct ktap_value *val, void *to)
{
	struct ktap_val *head = to;
	void *body = head + 1;

	head->type = val->type;
	head->len = 0;
	switch (val->type) {
	case KTAP_T_INT:
		return ktap_rec_put_int(val->i, to);
	case KTAP_T_TAB:
		/* Tables have a number, which is all that can be shown. */
		head->len = KTAP_REF_GEN(val->ref);
		return body;
	case KTAP_T_FUNC:
		head->len = val->i;
		return body;
	case KTAP_T_STR:
		return ktap_rec_put_str(val->str, to);
	case KTAP_T_TUPLE:
	case KTAP_T_STACK:
		head->len = val->str->len;
		return ktap_rec_put_bytes(val->str, body);
	case KTAP_T_STAT:
		head->len = ktap_rec_stat(exec, val->ref, body);
		return body + head->len;
	default:
		return body;
	}
}
