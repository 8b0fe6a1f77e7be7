// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - System calls, hooked directly
 *
 * The events of system calls come from two tracepoints. What the event of one call
 * does to make its record is far more than most handlers do, and is done before a
 * filter is asked. So a session hooks the two tracepoints itself and has a table of
 * its attachments by number of the system call. The record, which the event's code
 * would make in the same way, is made on the stack, and only if a filter or a
 * handler looks at it.
 *
 * Some events have more in their records than arguments: text that is copied from
 * user memory. Where a filter or a handler looks at that, all attachments of the
 * session to the system call are triggers, as for other events, so that handlers
 * run in the order of the script.
 *
 * The table is filled by START and does not change while the tracepoints are hooked,
 * which is from the first attachment that is enabled to the last one that is
 * disabled; handlers of all of them run from then on, until the gate is closed.
 *
 * System calls of a kind that ftrace does not tell apart from others are left out,
 * as ftrace leaves them out.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/kallsyms.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/tracepoint.h>

#include <asm/syscall.h>

#include <trace/events/syscalls.h>
#include <trace/syscall.h>

#include "probe_event.h"

#define MAX_ARGS	6

enum syscall_side {
	SIDE_ENTER,
	SIDE_EXIT,
	SIDE_NR
};

/**
 * struct ktap_syscalls - system calls of a session
 * @sess: session
 * @nr: number of attachments to system calls
 * @enabled: number of those in @first that are enabled
 * @whole: the record of the event itself is needed
 * @first: attachments to each system call, in the order of the script
 */
struct ktap_syscalls {
	struct ktap_sess *sess;
	u32 nr;
	u32 enabled[SIDE_NR];
	DECLARE_BITMAP(whole[SIDE_NR], NR_syscalls);
	struct event_attach *first[SIDE_NR][NR_syscalls];
};

union syscall_rec {
	struct syscall_trace_enter enter;
	struct syscall_trace_exit exit;
	char room[sizeof(struct syscall_trace_enter) + MAX_ARGS * sizeof(long)];
};

static enum syscall_side side_of(const struct trace_event_call *call)
{
	return call->class == &event_class_syscall_exit ? SIDE_EXIT : SIDE_ENTER;
}

static const struct syscall_metadata *meta_of(const struct trace_event_call *call)
{
	return call->data;
}

/**
 * ktap_syscall_is - Is this the event of a system call?
 * @call: event
 *
 * Context: Any context.
 * Return: true if it is that of one system call, on entry or exit.
 */
bool ktap_syscall_is(const struct trace_event_call *call)
{
	return call->class == &event_class_syscall_enter ||
	       call->class == &event_class_syscall_exit;
}

/**
 * ktap_syscall_arg - Which field is an argument?
 * @call: event
 * @index: number of the argument, from 0
 *
 * Context: Any context.
 * Return: number of the field of the event, or -ENOENT.
 */
int ktap_syscall_arg(const struct trace_event_call *call, u32 index)
{
	if (call->class != &event_class_syscall_enter ||
	    index >= meta_of(call)->nb_args)
		return -ENOENT;
	/* The first one is the number of the system call. */
	return index + 1;
}

/**
 * ktap_syscall_retval - Which field is the result?
 * @call: event
 *
 * Context: Any context.
 * Return: number of the field of the event, or -ENOENT.
 */
int ktap_syscall_retval(const struct trace_event_call *call)
{
	return call->class == &event_class_syscall_exit ? 1 : -ENOENT;
}

static int syscall_nr(struct pt_regs *regs)
{
#ifdef ARCH_TRACE_IGNORE_COMPAT_SYSCALLS
	if (unlikely(arch_trace_is_compat_syscall(regs)))
		return -1;
#endif
	return syscall_get_nr(current, regs);
}

static __always_inline void rec_fill(union syscall_rec *rec,
				     const struct event_attach *ev,
				     enum syscall_side side,
				     struct pt_regs *regs, int nr)
{
	unsigned int flags = ev->flags ? tracing_gen_ctx_dec() : 0;

	/* Both begin with it. */
	tracing_generic_entry_update(&rec->enter.ent,
				     ev->file->event_call->event.type, flags);
	rec->enter.nr = nr;
	if (side == SIDE_ENTER)
		syscall_get_arguments(current, regs, rec->enter.args);
	else
		rec->exit.ret = syscall_get_return_value(current, regs);
}

/* Run the handlers of a system call. Preemption is off. */
static __always_inline void run_all(const struct event_attach *ev,
				    enum syscall_side side, struct pt_regs *regs,
				    int nr)
{
	union syscall_rec rec __uninitialized;
	struct event_hit hit __uninitialized;
	struct event_filter *filter;
	struct ktap_cpu *cpu = this_cpu_ptr(ev->att.sess->cpus);

	hit.hit.regs = NULL;
	hit.rec = &rec;
	hit.rbe = NULL;
	for (; ev; ev = ev->next) {
		if (ev->record) {
			rec_fill(&rec, ev, side, regs, nr);
			filter = rcu_dereference_raw(ev->trigger.filter);
			if (filter && !filter_match_preds(filter, &rec))
				continue;
		}
		hit.hit.att = &ev->att;
		hit.size = ev->size;
		ktap_slot_run(cpu, &cpu->slot[0], &ev->att, &hit.hit);
	}
}

static noinline void enter_run(const struct event_attach *ev,
			       struct pt_regs *regs, int nr)
{
	run_all(ev, SIDE_ENTER, regs, nr);
}

static noinline void exit_run(const struct event_attach *ev,
			      struct pt_regs *regs, int nr)
{
	run_all(ev, SIDE_EXIT, regs, nr);
}

/* A system call that nobody wants to know of is left alone with few instructions. */
static __always_inline void syscall_hit(const struct ktap_syscalls *calls,
					enum syscall_side side,
					struct pt_regs *regs)
{
	const struct event_attach *ev;
	int nr = syscall_nr(regs);

	if (unlikely((unsigned int)nr >= NR_syscalls))
		return;
	ev = calls->first[side][nr];
	if (!ev)
		return;
	preempt_disable_notrace();
	if (likely(ktap_sess_wants(calls->sess))) {
		if (side == SIDE_ENTER)
			enter_run(ev, regs, nr);
		else
			exit_run(ev, regs, nr);
	}
	preempt_enable_notrace();
}

static void syscall_enter(void *data, struct pt_regs *regs, long id)
{
	syscall_hit(data, SIDE_ENTER, regs);
}

static void syscall_exit(void *data, struct pt_regs *regs, long ret)
{
	syscall_hit(data, SIDE_EXIT, regs);
}

/* From now on all attachments to a system call are triggers. */
static void make_whole(struct ktap_syscalls *calls, enum syscall_side side, int nr)
{
	struct event_attach *ev;

	__set_bit(nr, calls->whole[side]);
	for (ev = calls->first[side][nr]; ev; ev = ev->next)
		ev->direct = false;
	calls->first[side][nr] = NULL;
}

/**
 * ktap_syscall_attach - Prepare to hook a system call
 * @ev: attachment to the event of one, which is complete otherwise
 *
 * Context: Process context. May sleep.
 * Return: 0, when it may be that @direct of the attachment was set, or -ENOMEM.
 */
int ktap_syscall_attach(struct event_attach *ev)
{
	const struct trace_event_call *call = ev->file->event_call;
	struct ktap_sess *sess = ev->att.sess;
	enum syscall_side side = side_of(call);
	struct ktap_syscalls *calls;
	struct event_attach **pos;
	int nr = meta_of(call)->syscall_nr;

	if (!sess->syscalls) {
		sess->syscalls = kvzalloc(sizeof(*calls), GFP_KERNEL_ACCOUNT);
		if (!sess->syscalls)
			return -ENOMEM;
		sess->syscalls->sess = sess;
	}
	calls = sess->syscalls;
	calls->nr++;
	if (ev->whole)
		make_whole(calls, side, nr);
	if (test_bit(nr, calls->whole[side]))
		return 0;

	ev->size = side == SIDE_EXIT ? sizeof(struct syscall_trace_exit) :
		sizeof(struct syscall_trace_enter) +
		meta_of(call)->nb_args * sizeof(long);
	pos = &calls->first[side][nr];
	while (*pos)
		pos = &(*pos)->next;
	*pos = ev;
	ev->direct = true;
	return 0;
}

/**
 * ktap_syscall_hook - Which function does the traced code call?
 * @ev: attachment
 * @caller: the function in between, where several are called
 *
 * Context: Process context. May sleep.
 * Return: the function, NULL if it is not known.
 */
void *ktap_syscall_hook(const struct event_attach *ev, void **caller)
{
	bool exit = side_of(ev->file->event_call) == SIDE_EXIT;

	*caller = exit ? __tracepoint_sys_exit.iterator : __tracepoint_sys_enter.iterator;
	if (ev->direct)
		return exit ? syscall_exit : syscall_enter;
	return (void *)kallsyms_lookup_name(exit ? "ftrace_syscall_exit" :
					    "ftrace_syscall_enter");
}

/**
 * ktap_syscall_enable - Let events come
 * @ev: attachment that is @direct
 *
 * Context: Process context, of the session's thread. May sleep.
 * Return: 0 or an error.
 */
int ktap_syscall_enable(struct event_attach *ev)
{
	struct ktap_syscalls *calls = ev->att.sess->syscalls;
	enum syscall_side side = side_of(ev->file->event_call);
	int ret = 0;

	if (!calls->enabled[side])
		ret = side == SIDE_ENTER ?
			register_trace_sys_enter(syscall_enter, calls) :
			register_trace_sys_exit(syscall_exit, calls);
	if (!ret)
		calls->enabled[side]++;
	return ret;
}

/**
 * ktap_syscall_disable - Undo ktap_syscall_enable()
 * @ev: attachment that is @direct
 *
 * Context: Process context, of the session's thread. May sleep.
 */
void ktap_syscall_disable(struct event_attach *ev)
{
	struct ktap_syscalls *calls = ev->att.sess->syscalls;
	enum syscall_side side = side_of(ev->file->event_call);

	if (--calls->enabled[side])
		return;
	if (side == SIDE_ENTER)
		unregister_trace_sys_enter(syscall_enter, calls);
	else
		unregister_trace_sys_exit(syscall_exit, calls);
}

/**
 * ktap_syscall_detach - Undo ktap_syscall_attach()
 * @ev: attachment, which is about to be freed as are all others of its session
 *
 * Context: Process context. May sleep.
 */
void ktap_syscall_detach(struct event_attach *ev)
{
	struct ktap_sess *sess = ev->att.sess;

	if (--sess->syscalls->nr)
		return;
	kvfree(sess->syscalls);
	sess->syscalls = NULL;
}
