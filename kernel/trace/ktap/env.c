// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What the kernel answers to the interpreter
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>

#include <asm/tlb.h>

#include "builtin.h"
#include "ktap.h"

static int env_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct ktap_hit *hit = exec->event;

	return hit->att->ops->field(exec, idx, val);
}

static int env_name(struct ktap_exec *exec, struct ktap_value *val)
{
	const struct ktap_attach *att = ((const struct ktap_hit *)exec->event)->att;

	if (!att->name)
		return att->ops->name(exec, val);
	ktap_set_str(val, att->name);
	return 0;
}

static int env_text(struct ktap_exec *exec, struct ktap_value *val)
{
	const struct ktap_hit *hit = exec->event;

	if (!hit->att->ops->size)
		return hit->att->ops->text(exec, val);
	val->type = KTAP_T_EVENT;
	return 0;
}

/* Only its source knows the event's. */
static noinline u32 other_size(const struct ktap_exec *exec, const struct ktap_value *val)
{
	const struct ktap_hit *hit = exec->event;

	if (val->type != KTAP_T_EVENT)
		return ktap_rec_size(val);
	return sizeof(struct ktap_val) +
	       ALIGN(hit->att->ops->size(exec), KTAP_REC_ALIGN);
}

/* Bytes that a value takes in a record. */
static __always_inline u32 val_size(const struct ktap_exec *exec,
				    const struct ktap_value *val)
{
	if (likely(val->type == KTAP_T_INT))
		return KTAP_REC_INT_SIZE;
	if (likely(val->type == KTAP_T_STR))
		return ktap_rec_str_size(val->str);
	return other_size(exec, val);
}

static noinline void *put_other(struct ktap_exec *exec, const struct ktap_value *val,
				void *to)
{
	const struct ktap_hit *hit = exec->event;
	struct ktap_val *head = to;
	void *body = head + 1;
	u32 size;

	if (val->type != KTAP_T_EVENT)
		return ktap_rec_put(exec, val, to);
	size = hit->att->ops->size(exec);
	head->type = KTAP_T_EVENT;
	head->len = size;
	hit->att->ops->save(exec, body, size);
	memset(body + size, 0, ALIGN(size, KTAP_REC_ALIGN) - size);
	return body + ALIGN(size, KTAP_REC_ALIGN);
}

static __always_inline void *put_val(struct ktap_exec *exec,
				     const struct ktap_value *val, void *to)
{
	if (likely(val->type == KTAP_T_INT))
		return ktap_rec_put_int(val->i, to);
	if (likely(val->type == KTAP_T_STR))
		return ktap_rec_put_str(val->str, to);
	return put_other(exec, val, to);
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

static struct ktap_ring_rec *lose(struct ktap_exec *exec, enum ktap_stat why)
{
	exec->stats[why]++;
	ktap_ring_lose(&ktap_exec_slot(exec)->sess->ring);
	return NULL;
}

/* Where there was no room. */
static noinline struct ktap_ring_rec *reserve_late(struct ktap_exec *exec, u64 size)
{
	struct ktap_sess *sess = ktap_exec_slot(exec)->sess;
	struct ktap_ring_rec *rec;

	if (size + sizeof(*rec) > sess->ring.max)
		return lose(exec, KTAP_STAT_TOO_LONG);
	for (;;) {
		unsigned int seq = ktap_ring_seq(&sess->ring);

		rec = ktap_ring_reserve(&sess->ring, size, exec->proc);
		if (rec)
			return rec;
		if (!exec->proc || !wait_room(sess, seq))
			return lose(exec, KTAP_STAT_RING_FULL);
	}
}

/* Room for a record; in process context it is waited for. NULL if it is lost. */
static __always_inline struct ktap_ring_rec *env_reserve(struct ktap_exec *exec, u64 size)
{
	struct ktap_sess *sess = ktap_exec_slot(exec)->sess;
	struct ktap_ring_rec *rec = NULL;

	if (likely(size + sizeof(*rec) <= sess->ring.max))
		rec = ktap_ring_reserve(&sess->ring, size, exec->proc);
	return likely(rec) ? rec : reserve_late(exec, size);
}

static __always_inline void env_commit(struct ktap_exec *exec)
{
	struct ktap_sess *sess = ktap_exec_slot(exec)->sess;

	ktap_ring_commit(&sess->ring, exec->proc);
	if (exec->proc)
		ktap_ring_wake(&sess->ring);
	exec->stats[KTAP_STAT_RECORDS]++;
}

/* One that is of a speculation. */
static noinline void *begin_held(struct ktap_exec *exec, enum ktap_rec_type type, u64 size)
{
	struct ktap_rec_spec spec = { .id = exec->spec };
	struct ktap_ring_rec *rec;

	if (ktap_spec_loses(exec))
		return NULL;
	rec = env_reserve(exec, size + sizeof(spec));
	if (!rec)
		return NULL;
	rec->type = type | KTAP_REC_HELD;
	memcpy(rec->body, &spec, sizeof(spec));
	return rec->body + sizeof(spec);
}

/* Begin a record. Returns room for a body of @size bytes, or NULL if it is lost. */
static __always_inline void *begin_record(struct ktap_exec *exec, enum ktap_rec_type type,
					  u64 size)
{
	struct ktap_ring_rec *rec;

	if (unlikely(exec->spec))
		return begin_held(exec, type, size);
	rec = env_reserve(exec, size);
	if (unlikely(!rec))
		return NULL;
	rec->type = type;
	return rec->body;
}

static void env_record(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr)
{
	u64 size = 0;
	void *to;
	u32 i;

	for (i = 0; i < nr; i++)
		size += val_size(exec, &vals[i]);
	to = begin_record(exec, type, size);
	if (unlikely(!to))
		return;
	for (i = 0; i < nr; i++)
		to = put_val(exec, &vals[i], to);
	env_commit(exec);
}

static void env_raw(struct ktap_exec *exec, enum ktap_rec_type type,
		    const void *body, u32 size)
{
	void *to = begin_record(exec, type, size);

	if (unlikely(!to))
		return;
	memcpy(to, body, size);
	env_commit(exec);
}

/*
 * Memory is read as BPF programs read it: never so that it can fault, user memory
 * only of a task that has some, and in process context that of nobody.
 */
static bool may_read(struct ktap_exec *exec, u64 addr, bool user)
{
	if (addr != (unsigned long)addr)
		return false;
	if (!user)
		return ktap_exec_slot(exec)->sess->read_kernel;
	return !exec->proc && ktap_user_mm();
}

static bool env_read(struct ktap_exec *exec, void *to, u64 addr, u32 size, bool user)
{
	if (!may_read(exec, addr, user))
		return false;
	if (user)
		return !copy_from_user_nofault(to, u64_to_user_ptr(addr), size);
	return !copy_from_kernel_nofault(to, (void *)(unsigned long)addr, size);
}

static long env_read_str(struct ktap_exec *exec, char *to, u64 addr, u32 size,
			 bool user)
{
	long ret;

	if (!may_read(exec, addr, user))
		return -EFAULT;
	/* Unlike copy_from_user_nofault() it does not look at this. */
	if (user && in_nmi() && !nmi_uaccess_okay())
		return -EFAULT;
	if (user)
		ret = strncpy_from_user_nofault(to, u64_to_user_ptr(addr), size);
	else
		ret = strncpy_from_kernel_nofault(to, (void *)(unsigned long)addr,
						  size);
	/* They count the NUL. */
	return ret > 0 ? ret - 1 : -EFAULT;
}

#ifdef CONFIG_PERF_EVENTS
/*
 * That of perf, which many architectures have, and which knows that a function does
 * not have a frame yet where a uprobe is at its beginning. @addrs has room for one
 * more than @max.
 */
static u32 user_stack(const struct ktap_exec *exec, u64 *addrs, u32 max)
{
	struct perf_callchain_entry *entry = (void *)addrs;
	struct perf_callchain_entry_ctx ctx = {
		.entry = entry,
		.max_stack = max,
	};
	const struct ktap_hit *hit = exec->event;
	struct pt_regs *regs = hit->regs;
	u32 nr;

	if (!ktap_user_mm() || (in_nmi() && !nmi_uaccess_okay()))
		return 0;
	if (!regs || !user_mode(regs))
		regs = task_pt_regs(current);
	entry->nr = 0;
	perf_callchain_user(&ctx, regs);
	nr = entry->nr;
	memmove(addrs, entry->ip, nr * sizeof(*addrs));
	return nr;
}
#else
static u32 user_stack(const struct ktap_exec *exec, u64 *addrs, u32 max)
{
	return 0;
}
#endif

/* Frames from where the event was; registers of user code have none here. */
static u32 kernel_stack(const struct ktap_exec *exec, unsigned long *addrs, u32 max,
			u32 *own)
{
	const struct ktap_hit *hit = exec->event;
	struct pt_regs *regs = hit->regs;
	u32 nr;

	if (!regs && hit->att->ops->regs)
		regs = hit->att->ops->regs(exec);
	if (regs && user_mode(regs))
		return 0;
	/* The tracer's own frames are not gone through then. */
	if (regs)
		return stack_trace_save_regs(regs, addrs, max, 0);
	nr = stack_trace_save(addrs, max, 0);
	if (hit->att->ops->own_frames)
		*own = hit->att->ops->own_frames(exec, addrs, min(nr, KTAP_OWN_FRAMES));
	return nr;
}

static u32 env_stack(struct ktap_exec *exec, u64 *addrs, u32 max, u32 skip, bool user)
{
	unsigned long *from = (unsigned long *)addrs;
	u32 own = 0, nr, i;

	BUILD_BUG_ON(KTAP_OWN_FRAMES < 1);
	if (user) {
		nr = user_stack(exec, addrs, max + skip);
		nr -= min(nr, skip);
		memmove(addrs, addrs + skip, nr * sizeof(*addrs));
		return nr;
	}
	nr = kernel_stack(exec, from, max + skip + KTAP_OWN_FRAMES, &own);
	skip += own;
	nr = min(nr - min(nr, skip), max);
	if (skip)
		memmove(from, from + skip, nr * sizeof(*from));
	/* They are as long or shorter than what they become. */
	for (i = nr; i-- > 0;)
		addrs[i] = from[i];
	return nr;
}

static void *env_alloc(struct ktap_exec *exec, size_t size)
{
	void *mem;

	preempt_enable_notrace();
	mem = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	preempt_disable_notrace();
	return mem;
}

static void env_free(struct ktap_exec *exec, void *mem)
{
	preempt_enable_notrace();
	kvfree(mem);
	preempt_disable_notrace();
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
	.name	= env_name,
	.text	= env_text,
	.record	= env_record,
	.raw	= env_raw,
	.read	= env_read,
	.read_str = env_read_str,
	.stack	= env_stack,
	.alloc	= env_alloc,
	.free	= env_free,
	.pause	= env_pause,
};
