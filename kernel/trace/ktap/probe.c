// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Events that call handlers
 *
 * An event of a program can mean many places. Each source (&struct
 * ktap_probe_ops) turns it into attachments, which START prepares, so that what
 * is wrong is known before anything runs. They are enabled one after the other when
 * main has ended, and handlers run from when theirs is. When tracing ends the gate of
 * the session is closed before the first one is disabled.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/bitmap.h>
#include <linux/init.h>

#include "ktap.h"
#include "verify.h"

/* NULL for a source that this kernel was built without. */
static const struct ktap_probe_ops *probe_ops[KTAP_PROBE_NR] __ro_after_init;

#define PROBE_NAME(name, nr, text, proto)				\
	[KTAP_PROBE_##name] = text,
static const char * const probe_names[KTAP_PROBE_NR] = {
	___KTAP_PROBE_MAPPER(PROBE_NAME)
};

#undef PROBE_NAME

/**
 * ktap_probe_register - Make a kind of event source known
 * @kind: the kind
 * @ops: what it does
 *
 * Context: Process context, before user space runs.
 * Return: 0, as initcalls do.
 */
int __init ktap_probe_register(enum ktap_probe_kind kind,
			       const struct ktap_probe_ops *ops)
{
	probe_ops[kind] = ops;
	return 0;
}

/**
 * ktap_probe_kinds - Which kinds of events can be attached to
 *
 * Context: Any context.
 * Return: a bit for each &enum ktap_probe_kind.
 */
u32 ktap_probe_kinds(void)
{
	u32 kinds = 0;
	u32 i;

	for (i = 0; i < KTAP_PROBE_NR; i++) {
		if (probe_ops[i])
			kinds |= BIT(i);
	}
	return kinds;
}

/**
 * ktap_attach_init - Fill in an attachment
 * @att: all zero
 * @sess: session
 * @event: index of the event in the program
 * @ops: kind of source
 * @name: value of probename, which is copied; NULL if it is made for each event.
 *        What the program calls the event has precedence.
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int ktap_attach_init(struct ktap_attach *att, struct ktap_sess *sess, u32 event,
		     const struct ktap_probe_ops *ops, const char *name)
{
	const struct ktap_prog *prog = sess->core.prog;
	u32 own = prog->events[event].name;
	struct ktap_str *str;
	u32 len;

	att->sess = sess;
	att->ops = ops;
	att->proto = prog->events[event].proto;
	att->callee = prog->callees[att->proto];
	att->fuel = ktap_vm_fuel(&sess->core, &att->callee);
	att->event = event;
	if (own != KTAP_IMG_NONE)
		name = ktap_prog_str(prog, own);
	if (!name)
		return 0;
	len = strlen(name);
	str = kmalloc(ktap_str_size(len), GFP_KERNEL_ACCOUNT);
	if (!str)
		return -ENOMEM;
	str->len = len;
	str->id = KTAP_STR_MADE;
	memcpy(str->data, name, len + 1);
	att->name = str;
	return 0;
}

/**
 * ktap_attach_add - Make an attachment the session's
 * @att: attachment
 *
 * Context: Process context. Called by @attach of &struct ktap_probe_ops.
 */
void ktap_attach_add(struct ktap_attach *att)
{
	lockdep_assert_held(&att->sess->lock);
	list_add_tail(&att->node, &att->sess->attaches);
	att->sess->nr_attaches++;
}

/*
 * Events of a list follow each other. The last of those that have fields at all knows what
 * none of them has.
 */
static bool is_last_of_list(const struct ktap_prog *prog, u32 event)
{
	u32 proto = prog->events[event].proto;

	while (++event < prog->nr_events && prog->events[event].proto == proto) {
		if (prog->events[event].kind != KTAP_PROBE_TICK)
			return false;
	}
	return true;
}

static int fields_of(struct ktap_sess *sess, u32 proto,
		     int (*use)(void *data, u32 field, bool must), void *data, bool must)
{
	const struct ktap_prog *prog = sess->core.prog;
	u32 pc = prog->protos[proto].insn;
	u32 end = pc + prog->protos[proto].nr_insns;
	int ret;

	for (; pc < end; pc++) {
		const struct ktap_insn *insn = &prog->insns[pc];
		u32 field = KTAP_INSN_BX(insn);

		if (insn->op != KTAP_OP_FIELD)
			continue;
		ret = use(data, field, must && !test_bit(field, sess->fields));
		if (ret < 0)
			return ret;
		if (ret)
			__set_bit(field, sess->fields);
	}
	return 0;
}

/**
 * ktap_probe_fields - Go through what a handler reads from its event
 * @sess: session that is about to attach the event
 * @event: index of the event in the program
 * @use: called for each instruction that reads. Returns 1 if the event has it, or 0 if
 *       it has not and that will be nil. If @must is set it may also return an error:
 *       it is the handler itself that reads, not a function, which may be another
 *       handler's, and no other event of the list has it.
 * @data: for @use
 *
 * Context: Process context.
 * Return: 0, or the error of @use.
 */
int ktap_probe_fields(struct ktap_sess *sess, u32 event,
		      int (*use)(void *data, u32 field, bool must), void *data)
{
	const struct ktap_prog *prog = sess->core.prog;
	u32 proto = prog->events[event].proto;
	int ret;
	u32 i;

	if (!event || prog->events[event - 1].proto != proto)
		bitmap_zero(sess->fields, prog->nr_fields);
	ret = fields_of(sess, proto, use, data, is_last_of_list(prog, event));
	for (i = 0; !ret && i < prog->nr_protos; i++) {
		if (prog->protos[i].kind == KTAP_PROTO_FUNC)
			ret = fields_of(sess, i, use, data, false);
	}
	return ret;
}

static bool reads_text(const struct ktap_insn *insn)
{
	return insn->op == KTAP_OP_VAR && KTAP_INSN_BX(insn) == KTAP_VAR_ARGSTR;
}

static bool takes_stack(const struct ktap_insn *insn)
{
	return ktap_insn_calls(insn, KTAP_FUNC_STACK);
}

static bool proto_does(const struct ktap_prog *prog, u32 proto,
		       bool (*does)(const struct ktap_insn *insn))
{
	u32 pc = prog->protos[proto].insn;
	u32 end = pc + prog->protos[proto].nr_insns;

	for (; pc < end; pc++) {
		if (does(&prog->insns[pc]))
			return true;
	}
	return false;
}

/* The same of a handler, or of any function, which it may call. */
static bool probe_does(const struct ktap_prog *prog, u32 proto,
		       bool (*does)(const struct ktap_insn *insn))
{
	u32 i;

	if (proto_does(prog, proto, does))
		return true;
	for (i = 0; i < prog->nr_protos; i++) {
		if (prog->protos[i].kind == KTAP_PROTO_FUNC && proto_does(prog, i, does))
			return true;
	}
	return false;
}

/**
 * ktap_probe_reads_text - Can it be that a handler reads its event as text?
 * @prog: program
 * @proto: index of the handler
 *
 * Context: Process context.
 * Return: true if it does, or if any function does.
 */
bool ktap_probe_reads_text(const struct ktap_prog *prog, u32 proto)
{
	return probe_does(prog, proto, reads_text);
}

/**
 * ktap_probe_takes_stack - Can it be that a handler takes a stack of the kernel?
 * @prog: program
 * @proto: index of the handler
 *
 * Context: Process context.
 * Return: true if it does, or if any function does.
 */
bool ktap_probe_takes_stack(const struct ktap_prog *prog, u32 proto)
{
	return probe_does(prog, proto, takes_stack);
}

/**
 * ktap_probes_attach - Find and prepare all events of a session
 * @sess: session
 * @log: gets the reason if it fails
 * @event: the event that it failed for
 *
 * Context: Process context. May sleep.
 * Return: 0, or an error as KTAP_IOC_START lists them, when ktap_probes_free() has
 * to be called as well.
 */
int ktap_probes_attach(struct ktap_sess *sess, struct ktap_log *log, u32 *event)
{
	const struct ktap_prog *prog = sess->core.prog;
	int ret;
	u32 i;

	lockdep_assert_held(&sess->lock);
	sess->fields = bitmap_zalloc(prog->nr_fields, GFP_KERNEL_ACCOUNT);
	if (!sess->fields)
		return -ENOMEM;
	for (i = 0; i < prog->nr_events; i++) {
		u32 kind = prog->events[i].kind;
		u32 len = log->len;

		*event = i;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!probe_ops[kind]) {
			ktap_log(log, "this kernel was built without %s support\n",
				 probe_names[kind]);
			return -EOPNOTSUPP;
		}
		ret = probe_ops[kind]->attach(sess, i, log);
		if (ret) {
			/* What others left out is no reason. */
			ktap_log_drop(log, len);
			return ret;
		}
		cond_resched();
	}
	*event = KTAP_IMG_NONE;
	return 0;
}

/**
 * ktap_attach_fail - End a session because an event cannot be enabled
 * @att: attachment
 * @err: negative errno
 *
 * The place of the error is the beginning of the handler.
 *
 * Context: Process context.
 */
void ktap_attach_fail(const struct ktap_attach *att, int err)
{
	const struct ktap_prog *prog = att->sess->core.prog;
	struct ktap_fault fault = { .code = KTAP_E_VALUE, .nr_pcs = 1 };

	fault.pcs[0] = prog->protos[att->proto].insn;
	scnprintf(fault.text, sizeof(fault.text), "%.60s: cannot be enabled, error %d",
		  att->name ? att->name->data :
			      ktap_prog_str(prog, prog->events[att->event].spec),
		  -err);
	ktap_sess_fail(att->sess, &fault);
}

/* Returns false if the session has failed. */
static bool probe_enable(struct ktap_attach *att)
{
	int ret = att->ops->enable(att);

	if (ret)
		ktap_attach_fail(att, ret);
	att->enabled = !ret;
	cond_resched();
	return !ret;
}

/**
 * ktap_probes_enable - Enable all attachments
 * @sess: session
 *
 * Where several are at the same place their handlers run in the order of the script.
 * Some of what calls them has who came last first, so those are enabled backwards.
 *
 * Context: Process context, of the session's thread. May sleep.
 * Return: true if all are, or the session is to end; false if it has failed. In any case
 * ktap_probes_disable() has to be called.
 */
bool ktap_probes_enable(struct ktap_sess *sess)
{
	struct ktap_attach *att;

	list_for_each_entry(att, &sess->attaches, node) {
		if (sess->stop)
			return true;
		if (!att->last_first && !probe_enable(att))
			return false;
	}
	list_for_each_entry_reverse(att, &sess->attaches, node) {
		if (sess->stop)
			return true;
		if (att->last_first && !probe_enable(att))
			return false;
	}
	return true;
}

/**
 * ktap_probes_disable - Disable all attachments and wait for handlers
 * @sess: session
 *
 * Context: Process context. May sleep.
 */
void ktap_probes_disable(struct ktap_sess *sess)
{
	unsigned long kinds = 0;
	struct ktap_attach *att;
	int i;

	list_for_each_entry(att, &sess->attaches, node) {
		if (!att->enabled)
			continue;
		att->ops->disable(att);
		att->enabled = false;
		for (i = 0; i < KTAP_PROBE_NR; i++) {
			if (probe_ops[i] == att->ops)
				__set_bit(i, &kinds);
		}
		cond_resched();
	}
	for_each_set_bit(i, &kinds, KTAP_PROBE_NR) {
		if (probe_ops[i]->sync)
			probe_ops[i]->sync();
	}
}

/**
 * ktap_probes_free - Free all attachments
 * @sess: session, whose attachments are not enabled
 *
 * Context: Process context. May sleep.
 */
void ktap_probes_free(struct ktap_sess *sess)
{
	struct ktap_attach *att, *next;

	list_for_each_entry_safe(att, next, &sess->attaches, node) {
		list_del(&att->node);
		kfree(att->name);
		att->ops->free(att);
	}
	sess->nr_attaches = 0;
	bitmap_free(sess->fields);
	sess->fields = NULL;
}

/**
 * ktap_probe_end - End a run that did not return of itself
 * @exec: slot
 * @end: how the run ended
 *
 * Context: Any context, NMI included. Preemption is off.
 */
void ktap_probe_end(struct ktap_exec *exec, enum ktap_end end)
{
	struct ktap_sess *sess = ktap_exec_slot(exec)->sess;

	if (end == KTAP_END_EXIT)
		ktap_sess_exit(sess, exec->status);
	else if (end == KTAP_END_FAULT)
		ktap_sess_fail(sess, &exec->fault);
}

/* In the slot of this context. Preemption is off. */
static __always_inline void context_run(const struct ktap_attach *att,
					const struct ktap_hit *hit)
{
	struct ktap_cpu *cpu = this_cpu_ptr(att->sess->cpus);

	/* Where atomic operations take locks an NMI must not use them. */
	if (unlikely(in_nmi()) &&
	    (!IS_ENABLED(CONFIG_ARCH_HAVE_NMI_SAFE_CMPXCHG) ||
	     IS_ENABLED(CONFIG_GENERIC_ATOMIC64)))
		local_inc(&cpu->nested);
	else
		ktap_slot_run(cpu, &cpu->slot[interrupt_context_level()], att, hit);
}

/**
 * ktap_probe_run - Run the handler of an event, if it is wanted
 * @att: where the event comes from
 * @hit: the event
 *
 * Context: Any context, NMI included.
 */
void ktap_probe_run(const struct ktap_attach *att, const struct ktap_hit *hit)
{
	preempt_disable_notrace();
	if (likely(ktap_sess_wants(att->sess)))
		context_run(att, hit);
	preempt_enable_notrace();
}

/**
 * ktap_probe_run_return - Run the handler of a return
 * @att: where the event comes from
 * @hit: the event
 *
 * Whether it is wanted was decided when the function was called: of a call on the
 * target's CPU the return is wanted, wherever that is.
 *
 * Context: Any context, NMI included.
 */
void ktap_probe_run_return(const struct ktap_attach *att, const struct ktap_hit *hit)
{
	preempt_disable_notrace();
	if (likely(ktap_sess_runs(att->sess)))
		context_run(att, hit);
	preempt_enable_notrace();
}
