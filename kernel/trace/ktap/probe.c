// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Events that call handlers
 *
 * An event of a program can mean many places. Each source (&struct
 * ktap_probe_ops) turns it into attachments, which START prepares, so that what
 * is wrong is known before anything runs. They are enabled together when main has
 * ended and disabled together; handlers that come in between find that the
 * session is not live and return.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/init.h>

#include "ktap.h"

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

static int fields_of(const struct ktap_prog *prog, u32 proto,
		     int (*use)(void *data, u32 field, bool own), void *data, bool own)
{
	u32 pc = prog->protos[proto].insn;
	u32 end = pc + prog->protos[proto].nr_insns;
	int ret;

	for (; pc < end; pc++) {
		const struct ktap_insn *insn = &prog->insns[pc];

		if (insn->op != KTAP_OP_FIELD)
			continue;
		ret = use(data, KTAP_INSN_BX(insn), own);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ktap_probe_fields - Go through what a handler reads from its event
 * @prog: program
 * @proto: index of the handler
 * @use: called for each instruction that reads; @own is false if it is in a
 *       function, and whether the handler calls that is not known
 * @data: for @use
 *
 * Context: Process context.
 * Return: 0, or what @use returned if that is not 0.
 */
int ktap_probe_fields(const struct ktap_prog *prog, u32 proto,
		      int (*use)(void *data, u32 field, bool own), void *data)
{
	int ret = fields_of(prog, proto, use, data, true);
	u32 i;

	for (i = 0; !ret && i < prog->nr_protos; i++) {
		if (prog->protos[i].kind == KTAP_PROTO_FUNC)
			ret = fields_of(prog, i, use, data, false);
	}
	return ret;
}

static bool reads_text(const struct ktap_prog *prog, u32 proto)
{
	u32 pc = prog->protos[proto].insn;
	u32 end = pc + prog->protos[proto].nr_insns;

	for (; pc < end; pc++) {
		const struct ktap_insn *insn = &prog->insns[pc];

		if (insn->op == KTAP_OP_VAR && KTAP_INSN_BX(insn) == KTAP_VAR_ARGSTR)
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
	u32 i;

	if (reads_text(prog, proto))
		return true;
	for (i = 0; i < prog->nr_protos; i++) {
		if (prog->protos[i].kind == KTAP_PROTO_FUNC && reads_text(prog, i))
			return true;
	}
	return false;
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
	for (i = 0; i < prog->nr_events; i++) {
		u32 kind = prog->events[i].kind;

		*event = i;
		if (!probe_ops[kind]) {
			ktap_log(log, "this kernel was built without %s support\n",
				 probe_names[kind]);
			return -EOPNOTSUPP;
		}
		ret = probe_ops[kind]->attach(sess, i, log);
		if (ret)
			return ret;
		cond_resched();
	}
	*event = KTAP_IMG_NONE;
	return 0;
}

/**
 * ktap_probes_enable - Enable all attachments
 * @sess: session
 *
 * Context: Process context. May sleep.
 * Return: 0, or an error, when ktap_probes_disable() has to be called as well.
 */
int ktap_probes_enable(struct ktap_sess *sess)
{
	struct ktap_attach *att;
	int ret;

	list_for_each_entry(att, &sess->attaches, node) {
		if (sess->stop)
			return 0;
		ret = att->ops->enable(att);
		if (ret)
			return ret;
		att->enabled = true;
		cond_resched();
	}
	return 0;
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
}

/* What became of a run that did not return of itself. */
static void probe_end(struct ktap_sess *sess, struct ktap_exec *exec,
		      enum ktap_end end)
{
	if (end == KTAP_END_EXIT)
		ktap_sess_exit(sess, exec->status);
	else if (end == KTAP_END_FAULT)
		ktap_sess_fail(sess, &exec->fault);
}

/* The rest of it, for the slot of the context. */
static __always_inline void slot_run(struct ktap_cpu *cpu, struct ktap_slot *slot,
				     const struct ktap_attach *att,
				     const struct ktap_hit *hit)
{
	enum ktap_end end;

	if (unlikely(slot->busy)) {
		local_inc(&cpu->nested);
		return;
	}
	slot->busy = true;
	/* Events caused by what follows find the slot busy. */
	barrier();

	slot->exec.event = hit;
	slot->exec.probename = att->name;
	slot->exec.stats[KTAP_STAT_HITS]++;
	end = ktap_vm_run(&slot->exec, att->proto);
	if (unlikely(end != KTAP_END_RETURN))
		probe_end(att->sess, &slot->exec, end);

	barrier();
	slot->busy = false;
}

/**
 * ktap_probe_run_task - Run the handler of an event that comes in task context only
 * @att: where the event comes from; ktap_sess_wants() was asked for its session
 * @hit: the event
 *
 * Context: Task context. Preemption is off, interrupts are on.
 */
void ktap_probe_run_task(const struct ktap_attach *att, const struct ktap_hit *hit)
{
	struct ktap_cpu *cpu = this_cpu_ptr(att->sess->cpus);

	slot_run(cpu, &cpu->slot[0], att, hit);
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
	struct ktap_cpu *cpu;

	preempt_disable_notrace();
	if (unlikely(!ktap_sess_wants(att->sess)))
		goto out;

	cpu = this_cpu_ptr(att->sess->cpus);
	/* Where atomic operations take locks an NMI must not use them. */
	if (unlikely(in_nmi()) &&
	    (!IS_ENABLED(CONFIG_ARCH_HAVE_NMI_SAFE_CMPXCHG) ||
	     IS_ENABLED(CONFIG_GENERIC_ATOMIC64))) {
		local_inc(&cpu->nested);
		goto out;
	}
	slot_run(cpu, &cpu->slot[interrupt_context_level()], att, hit);
out:
	preempt_enable_notrace();
}
