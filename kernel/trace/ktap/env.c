// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What the kernel answers to the interpreter
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "ktap.h"

static int env_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct ktap_hit *hit = exec->event;

	return hit->att->ops->field(exec, idx, val);
}

/* Bytes that a value takes in a record. */
static u32 val_size(const struct ktap_exec *exec, const struct ktap_value *val)
{
	const struct ktap_hit *hit = exec->event;
	u32 size = sizeof(struct ktap_val);

	switch (val->type) {
	case KTAP_T_INT:
		return size + sizeof(s64);
	case KTAP_T_STR:
		if (val->str->id != KTAP_STR_MADE)
			return size;
		return size + ALIGN(val->str->len, KTAP_REC_ALIGN);
	case KTAP_T_EVENT:
		return size + ALIGN(hit->att->ops->size(exec), KTAP_REC_ALIGN);
	default:
		return size;
	}
}

/* Bytes, and zeros up to the next multiple of KTAP_REC_ALIGN. */
static void *put_bytes(void *to, const void *from, u32 len)
{
	u32 size = ALIGN(len, KTAP_REC_ALIGN);

	memcpy(to, from, len);
	memset(to + len, 0, size - len);
	return to + size;
}

static void *put_val(const struct ktap_exec *exec, const struct ktap_value *val,
		     void *to)
{
	const struct ktap_hit *hit = exec->event;
	struct ktap_val head = { .type = val->type };
	void *body = to + sizeof(head);
	u32 size;

	switch (val->type) {
	case KTAP_T_INT:
		head.len = sizeof(val->i);
		body = put_bytes(body, &val->i, sizeof(val->i));
		break;
	case KTAP_T_TAB:
		/* Tables have a number, which is all that can be shown. */
		head.len = val->tab;
		break;
	case KTAP_T_STR:
		if (val->str->id != KTAP_STR_MADE) {
			head.len = KTAP_VAL_CONST | val->str->id;
			break;
		}
		head.len = val->str->len;
		body = put_bytes(body, val->str->data, val->str->len);
		break;
	case KTAP_T_EVENT:
		size = hit->att->ops->size(exec);
		head.len = size;
		hit->att->ops->save(exec, body, size);
		body += size;
		while (size++ % KTAP_REC_ALIGN)
			*(char *)body++ = 0;
		break;
	default:
		break;
	}
	memcpy(to, &head, sizeof(head));
	return body;
}

/* Wait until the reader has read something. Returns false if there is none. */
static bool wait_room(struct ktap_sess *sess, unsigned int seq)
{
	struct ktap_ring *ring = &sess->ring;

	preempt_enable_notrace();
	wait_event_idle(ring->room, ktap_ring_seq(ring) != seq ||
			test_bit(KTAP_STOP_AT_ONCE, &sess->stop) ||
			ktap_sess_closed(sess));
	preempt_disable_notrace();
	return !ktap_sess_closed(sess) &&
	       !test_bit(KTAP_STOP_AT_ONCE, &sess->stop);
}

static void env_record(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr)
{
	struct ktap_sess *sess = ktap_exec_slot(exec)->sess;
	struct ktap_ring_rec *rec;
	u64 size = 0;
	void *to;
	u32 i;

	for (i = 0; i < nr; i++)
		size += val_size(exec, &vals[i]);
	if (size + sizeof(*rec) > sess->ring.max) {
		exec->stats[KTAP_STAT_TOO_LONG]++;
		return;
	}

	for (;;) {
		unsigned int seq = ktap_ring_seq(&sess->ring);

		rec = ktap_ring_reserve(&sess->ring, size);
		if (rec)
			break;
		if (!exec->proc || !wait_room(sess, seq)) {
			exec->stats[KTAP_STAT_RING_FULL]++;
			return;
		}
	}
	rec->type = type;
	rec->nr = nr;
	for (to = rec->body, i = 0; i < nr; i++)
		to = put_val(exec, &vals[i], to);
	ktap_ring_commit(&sess->ring);
	if (exec->proc)
		ktap_ring_wake(&sess->ring);
	exec->stats[KTAP_STAT_RECORDS]++;
}

static bool env_pause(struct ktap_exec *exec)
{
	struct ktap_sess *sess = ktap_exec_slot(exec)->sess;

	preempt_enable_notrace();
	cond_resched();
	preempt_disable_notrace();
	/* A session that is stopped ends main, but not trace_end. */
	if (test_bit(KTAP_STOP_ASKED, &sess->stop) && !sess->ending)
		return true;
	return test_bit(KTAP_STOP_AT_ONCE, &sess->stop) || ktap_sess_closed(sess);
}

const struct ktap_env ktap_env = {
	.field	= env_field,
	.record	= env_record,
	.pause	= env_pause,
};
