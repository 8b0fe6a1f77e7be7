// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Kernel functions
 *
 * One event of a program can mean many functions, by a glob or because several have
 * the same name. All of them are one attachment, which has them as places, sorted
 * by address, with their names: a hit comes with an address, and what asks for the
 * name of the function finds it without a lock.
 *
 * Entries of functions are hooked with one ftrace_ops whose filter has the places.
 * Nothing is done for each of them but to patch it, all at once, and a hit is one
 * call. For returns the same hook puts the function's return address into a node of
 * a rethook and another one in its place. The node also has what is to be known when
 * the function returns: where it was called and when, arguments. Nodes are made in
 * advance. A call that finds none left is a return that is missed, and counted.
 *
 * What ftrace does not reach, because of an offset, because the function has no place
 * for the tracer or the architecture does not give the registers, is hooked with
 * kprobes and kretprobes. They are registered when the event is found, so what
 * cannot be probed is known then, but disabled. If a glob means functions that cannot
 * be hooked, the others are, and those are counted and named in the log.
 *
 * Hooks are called in any context, NMI included, and inside of whatever can be
 * traced. Until the slot is taken (ktap_probe_run()) nothing is called that can be
 * traced itself. The clock for entry_ns may be an exception, so where that is read
 * the recursion guard of ftrace comes first. What it keeps off is counted as
 * nested.
 *
 * Lifetimes: an ftrace_ops that was allocated is only unregistered when nobody is in
 * its callback any more. Handlers of returns run with preemption off and look for the
 * rethook's handler there, which is taken away when the event is disabled; so after
 * a grace period none is running. Functions that have not returned by then keep
 * their nodes, and these the rethook, but nothing of the session.
 *
 * Nothing keeps a module that has functions which are hooked. Kprobes know by
 * themselves when one goes away; for an ftrace_ops see hook.c.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/ftrace.h>
#include <linux/glob.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/overflow.h>
#include <linux/rethook.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/trace_recursion.h>

#include "../trace_probe.h"
#include "fetch.h"
#include "hook.h"

/* Arguments that a function can have, as far as they are known. */
#define FUNC_ARGS_MAX		12

/* Returns that can be waited for: so many for each function, within limits. */
#define FUNC_NODES_MIN		1024
#define FUNC_NODES_MAX		8192

/* Most functions that are named in the log because they cannot be hooked. */
#define FUNC_NAMED_MAX		16

/* Can returns be hooked without kretprobes? */
#if defined(CONFIG_RETHOOK) && defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS)
#define FUNC_RETHOOK
#endif

/**
 * struct func_place - a function, or a place in it
 * @ip: what hits come with: where the hook is
 * @addr: address of the place
 * @name: of the function
 */
struct func_place {
	unsigned long ip;
	unsigned long addr;
	const struct ktap_str *name;
};

/* What a field of the program is. */
enum func_what {
	FUNC_NIL,
	FUNC_ADDR,	/* address of the place */
	FUNC_ARG,	/* argument, of a call that happens */
	FUNC_KEPT,	/* argument that was kept */
	FUNC_RETVAL,
	FUNC_NS,	/* nanoseconds since the call */
	FUNC_NAME,
	FUNC_FETCH,	/* fetch argument */
};

/**
 * struct func_field - a field that a handler reads
 * @what: what it is
 * @nr: which argument
 */
struct func_field {
	enum func_what what;
	u32 nr;
};

/**
 * struct func_entry - what is kept of a call until it returns
 * @ip: where the hook is
 * @ns: when it was, if that is asked for
 * @data: arguments, then what fetch arguments need
 */
struct func_entry {
	unsigned long ip;
	u64 ns;
	unsigned long data[];
};

/**
 * struct func_node - a call whose return is hooked
 * @node: in the list of the task
 * @entry: what is kept
 */
struct func_node {
	struct rethook_node node;
	struct func_entry entry;
};

/**
 * struct func_kprobe - a place that is hooked with a kprobe or kretprobe
 * @rp: kretprobe; of entries only its kprobe is used
 * @func: attachment
 * @next: of entries, that of the session's next attachment to the same place, which
 *        has no kprobe of its own
 * @ip: of the place
 */
struct func_kprobe {
	struct kretprobe rp;
	struct func_attach *func;
	struct func_kprobe *next;
	unsigned long ip;
};

/**
 * struct func_attach - attachment to functions
 * @att: attachment
 * @places: the functions, by ascending address
 * @nr_places: their number
 * @offset: of the hook in each
 * @fetch: fetch arguments, or NULL
 * @nr_kept: number of arguments that are kept for the return
 * @ret: returns are meant, not entries
 * @timed: the time of a call is kept
 * @keeps_fetch: what @fetch needs of a call is kept
 * @moved: some hooks are not where the functions begin
 * @want_regs: registers are needed
 * @ops: hook, unless there are @kprobes
 * @hooked: its filter
 * @hook: nodes for returns
 * @kprobes: one for each place, or NULL
 * @kps: pointers to them, as the kernel wants them when they go
 * @rps: the same for kretprobes
 * @nr_kprobes: how many are registered
 * @nr_hooked: how many are in use, registered or not
 * @fields: by index of the program's fields; those that @att.proto reads
 */
struct func_attach {
	struct ktap_attach att;
	struct func_place *places;
	u32 nr_places;
	unsigned long offset;
	struct ktap_fetch *fetch;
	u32 nr_kept;
	bool ret;
	bool timed;
	bool keeps_fetch;
	bool moved;
	bool want_regs;
#ifdef CONFIG_DYNAMIC_FTRACE
	struct ftrace_ops ops;
	struct ktap_hook hooked;
#endif
	struct rethook *hook;
	struct func_kprobe *kprobes;
	union {
		struct kprobe **kps;
		struct kretprobe **rps;
	};
	u32 nr_kprobes;
	u32 nr_hooked;
	struct func_field fields[];
};

/**
 * struct func_hit - a call or return that a handler runs for
 * @ip: where the hook is
 * @hit: what all sources have
 * @fregs: registers as ftrace has them, or NULL if @hit has all
 *
 * All members are set for each hit, or they would be cleared for nothing where the
 * compiler is told to clear what is on the stack.
 */
struct func_hit {
	unsigned long ip;
	struct ktap_hit hit;
	struct ftrace_regs *fregs;
};

/**
 * struct func_return_hit - a return that a handler runs for
 * @hit: what calls have as well
 * @entry: what was kept of the call
 * @caller: where it returns to
 */
struct func_return_hit {
	struct func_hit hit;
	const struct func_entry *entry;
	unsigned long caller;
};

static const struct ktap_probe_ops func_ops;

static struct func_attach *to_func(const struct ktap_attach *att)
{
	return container_of(att, struct func_attach, att);
}

static const struct func_hit *to_hit(const struct ktap_exec *exec)
{
	return container_of(exec->event, struct func_hit, hit);
}

static const struct func_return_hit *to_return(const struct func_hit *hit)
{
	return container_of(hit, struct func_return_hit, hit);
}

/*
 * Hits
 */

static void count_nested(struct ktap_sess *sess)
{
	preempt_disable_notrace();
	local_inc(&this_cpu_ptr(sess->cpus)->nested);
	preempt_enable_notrace();
}

/* Preemption is off. */
static void count_missed(struct ktap_sess *sess)
{
	local_inc(&this_cpu_ptr(sess->cpus)->missed);
}

static unsigned long func_reg_arg(struct pt_regs *regs, u32 nr)
{
#ifdef CONFIG_HAVE_FUNCTION_ARG_ACCESS_API
	return regs_get_kernel_argument(regs, nr);
#else
	return 0;
#endif
}

/* Keep what is to be known when the function returns. */
static void func_enter(const struct func_attach *func, struct func_entry *entry,
		       unsigned long ip, struct pt_regs *regs)
{
	u32 i;

	entry->ip = ip;
	for (i = 0; i < func->nr_kept; i++)
		entry->data[i] = func_reg_arg(regs, i);
	if (func->keeps_fetch)
		ktap_fetch_enter(func->fetch, entry->data + i, regs);
	if (func->timed)
		entry->ns = ktime_get_mono_fast_ns();
}

static void func_return(const struct func_attach *func, const struct func_entry *entry,
			unsigned long caller, struct pt_regs *regs)
{
	struct func_return_hit hit = {
		.hit.hit.att = &func->att,
		.hit.hit.regs = regs,
		.hit.ip = entry->ip,
		.hit.fregs = NULL,
		.entry = entry,
		.caller = caller,
	};

	ktap_probe_hit(&func->att, &hit.hit.hit, true);
}

static u32 func_entry_size(const struct func_attach *func)
{
	return struct_size_t(struct func_entry, data, func->nr_kept) +
	       ktap_fetch_entry_size(func->fetch);
}

/*
 * Hooks of ftrace
 */

#ifdef CONFIG_DYNAMIC_FTRACE

static void ftrace_hit(unsigned long ip, unsigned long parent_ip,
		       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct func_attach *func = container_of(ops, struct func_attach, ops);
	struct func_hit hit = {
		.hit.att = &func->att,
		.hit.regs = NULL,
		.ip = ip,
		.fregs = fregs,
	};

	if (likely(ktap_rcu_watches()))
		ktap_probe_hit(&func->att, &hit.hit, false);
}
NOKPROBE_SYMBOL(ftrace_hit);

#ifdef FUNC_RETHOOK

static void rethook_hit(struct rethook_node *node, void *data,
			unsigned long caller, struct pt_regs *regs)
{
	func_return(data, &container_of(node, struct func_node, node)->entry, caller,
		    regs);
}
NOKPROBE_SYMBOL(rethook_hit);

/* Preemption is off. */
static void rethook_enter(struct func_attach *func, unsigned long ip,
			  struct pt_regs *regs)
{
	struct rethook_node *node;

	if (!ktap_sess_wants(func->att.sess))
		return;
	node = rethook_try_get(func->hook);
	if (!node) {
		count_missed(func->att.sess);
		return;
	}
	func_enter(func, &container_of(node, struct func_node, node)->entry, ip, regs);
	rethook_hook(node, regs, true);
}
NOKPROBE_SYMBOL(rethook_enter);

static void ftrace_enter(unsigned long ip, unsigned long parent_ip,
			 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct func_attach *func = container_of(ops, struct func_attach, ops);

	if (unlikely(!ktap_rcu_watches()))
		return;
	preempt_disable_notrace();
	rethook_enter(func, ip, ftrace_get_regs(fregs));
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(ftrace_enter);

/* The same where the clock is read. */
static void ftrace_enter_timed(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct func_attach *func = container_of(ops, struct func_attach, ops);
	int bit;

	if (unlikely(!ktap_rcu_watches()))
		return;
	bit = ftrace_test_recursion_trylock(ip, parent_ip);
	if (bit < 0) {
		count_nested(func->att.sess);
		return;
	}
	rethook_enter(func, ip, ftrace_get_regs(fregs));
	ftrace_test_recursion_unlock(bit);
}
NOKPROBE_SYMBOL(ftrace_enter_timed);

static int hook_returns(struct func_attach *func)
{
	u64 nr = (u64)func->nr_places * num_possible_cpus() * 2;
	size_t size = offsetof(struct func_node, entry) + func_entry_size(func);

	func->ops.func = func->timed ? ftrace_enter_timed : ftrace_enter;
	func->hook = rethook_alloc(func, rethook_hit, size,
				   clamp_t(u64, nr, FUNC_NODES_MIN, FUNC_NODES_MAX));
	if (!IS_ERR(func->hook))
		return 0;
	func->hook = NULL;
	return -ENOMEM;
}

static void hook_stop(struct func_attach *func)
{
	if (func->hook)
		rethook_stop(func->hook);
}

static void hook_free(struct func_attach *func)
{
	if (func->hook)
		rethook_free(func->hook);
}

#else /* !FUNC_RETHOOK */

static int hook_returns(struct func_attach *func)
{
	return -EOPNOTSUPP;
}

static void hook_stop(struct func_attach *func)
{
}

static void hook_free(struct func_attach *func)
{
}

#endif /* !FUNC_RETHOOK */

/* The place for the tracer in a function, or 0. */
static unsigned long func_location(unsigned long addr)
{
	return ftrace_location(addr);
}

static int func_hook_ftrace(struct func_attach *func, struct ktap_log *log)
{
	unsigned long *ips;
	int ret = 0;
	u32 i;

	if (!ftrace_enabled) {
		ktap_log(log, "kernel.ftrace_enabled is 0\n");
		return -EBUSY;
	}
	ips = kvmalloc_array(func->nr_places, sizeof(*ips), GFP_KERNEL);
	if (!ips)
		return -ENOMEM;
	for (i = 0; i < func->nr_places; i++)
		ips[i] = func->places[i].ip;

	func->ops.func = ftrace_hit;
	/* Nobody may turn ftrace off without having been told of what is lost. */
	func->ops.flags = FTRACE_OPS_FL_PERMANENT;
	if (func->want_regs)
		func->ops.flags |= FTRACE_OPS_FL_SAVE_REGS;
	/* Where there are none the tracer's own frames are left out of a stack. */
	else if (ktap_probe_takes_stack(func->att.sess->core.prog, func->att.proto))
		func->ops.flags |= FTRACE_OPS_FL_SAVE_REGS |
				   FTRACE_OPS_FL_SAVE_REGS_IF_SUPPORTED;
	/* Of two that hook a call the last one's return comes first, which undoes that. */
	func->att.last_first = !func->ret;
	if (func->ret)
		ret = hook_returns(func);
	if (!ret)
		ret = ktap_hook_ips(&func->hooked, &func->ops, ips, func->nr_places);
	kvfree(ips);
	if (!ret || ret == -ENOMEM)
		return ret;
	ktap_log(log, "functions went away with their module\n");
	return -ENOENT;
}

static int ftrace_enable(struct func_attach *func)
{
	return ktap_hook_enable(&func->hooked);
}

static void ftrace_disable(struct func_attach *func)
{
	ktap_hook_disable(&func->hooked);
	hook_stop(func);
}

static void ftrace_free(struct func_attach *func)
{
	ktap_hook_free(&func->hooked);
	hook_free(func);
}

static unsigned long func_hit_arg(const struct func_hit *hit, u32 nr)
{
	if (hit->hit.regs || !IS_ENABLED(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS))
		return func_reg_arg(hit->hit.regs ?: ftrace_get_regs(hit->fregs), nr);
#ifdef CONFIG_HAVE_FUNCTION_ARG_ACCESS_API
	return ftrace_regs_get_argument(hit->fregs, nr);
#else
	return 0;
#endif
}

static struct pt_regs *func_hit_regs(const struct func_hit *hit)
{
	return hit->hit.regs ?: ftrace_get_regs(hit->fregs);
}

#else /* !CONFIG_DYNAMIC_FTRACE */

static unsigned long func_location(unsigned long addr)
{
	return 0;
}

static int func_hook_ftrace(struct func_attach *func, struct ktap_log *log)
{
	return -EOPNOTSUPP;
}

static int ftrace_enable(struct func_attach *func)
{
	return -EOPNOTSUPP;
}

static void ftrace_disable(struct func_attach *func)
{
}

static void ftrace_free(struct func_attach *func)
{
}

static unsigned long func_hit_arg(const struct func_hit *hit, u32 nr)
{
	return func_reg_arg(hit->hit.regs, nr);
}

static struct pt_regs *func_hit_regs(const struct func_hit *hit)
{
	return hit->hit.regs;
}

#endif /* !CONFIG_DYNAMIC_FTRACE */

/*
 * Kprobes
 */

static int kprobe_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct func_kprobe *fk = container_of(kp, struct func_kprobe, rp.kp);
	struct func_hit hit = {
		.hit.regs = regs,
		.ip = fk->ip,
		.fregs = NULL,
	};

	for (; fk; fk = fk->next) {
		hit.hit.att = &fk->func->att;
		ktap_probe_run(&fk->func->att, &hit.hit);
	}
	return 0;
}
NOKPROBE_SYMBOL(kprobe_hit);

/* If it returns something the return is not hooked. */
static int kretprobe_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);
	struct func_kprobe *fk;

	if (unlikely(!rp))
		return 1;
	fk = container_of(rp, struct func_kprobe, rp);
	if (!ktap_sess_wants(fk->func->att.sess))
		return 1;
	func_enter(fk->func, (void *)ri->data, fk->ip, regs);
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_enter);

static int kretprobe_hit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);

	if (likely(rp))
		func_return(container_of(rp, struct func_kprobe, rp)->func,
			    (void *)ri->data, get_kretprobe_retaddr(ri), regs);
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_hit);

static struct func_kprobe *kprobe_at(struct func_attach *func, unsigned long ip)
{
	u32 i;

	for (i = 0; i < func->nr_places; i++) {
		struct func_kprobe *fk = &func->kprobes[i];

		if (fk->func && fk->ip == ip)
			return fk;
	}
	return NULL;
}

/*
 * Let the session's earlier kprobe at the same place call the handler as well: of
 * several kprobes the last one is called first. Returns false if there is none.
 */
static bool kprobe_join(struct func_attach *func, struct func_kprobe *fk)
{
	struct func_kprobe *last = NULL, *found;
	struct ktap_attach *att;

	list_for_each_entry(att, &func->att.sess->attaches, node) {
		struct func_attach *other = to_func(att);

		if (att->ops != &func_ops || !other->kprobes || other->ret)
			continue;
		found = kprobe_at(other, fk->ip);
		last = found ?: last;
	}
	if (last)
		last->next = fk;
	return last;
}

static int kprobe_register(struct func_attach *func, struct func_kprobe *fk)
{
	int ret;

	fk->rp.kp.pre_handler = kprobe_hit;
	ret = register_kprobe(&fk->rp.kp);
	if (!ret)
		func->kps[func->nr_kprobes++] = &fk->rp.kp;
	return ret;
}

static int kretprobe_register(struct func_attach *func, struct func_kprobe *fk)
{
	int ret;

	fk->rp.entry_handler = kretprobe_enter;
	fk->rp.handler = kretprobe_hit;
	fk->rp.data_size = func_entry_size(func);
	fk->rp.maxactive = max(FUNC_NODES_MIN / func->nr_places,
			       2 * num_possible_cpus());
	ret = register_kretprobe(&fk->rp);
	if (!ret)
		func->rps[func->nr_kprobes++] = &fk->rp;
	return ret;
}

static int func_kprobe_register(struct func_attach *func, struct func_kprobe *fk,
				const struct func_place *place)
{
	int ret;

	fk->ip = place->ip;
	fk->rp.kp.addr = (kprobe_opcode_t *)place->addr;
	fk->rp.kp.flags = KPROBE_FLAG_DISABLED;
	if (func->ret)
		ret = kretprobe_register(func, fk);
	else
		ret = kprobe_join(func, fk) ? 0 : kprobe_register(func, fk);
	if (!ret) {
		fk->func = func;
		func->nr_hooked++;
	}
	return ret;
}

static void kprobes_unregister(struct func_attach *func)
{
	if (func->ret)
		unregister_kretprobes(func->rps, func->nr_kprobes);
	else
		unregister_kprobes(func->kps, func->nr_kprobes);
}

/*
 * Kprobes count for themselves what they leave out, whoever hit it: hits in handlers of
 * other kprobes, of which all attachments that share one know nothing, and returns.
 */
static void count_lost(const struct func_kprobe *fk)
{
	struct ktap_sess *sess = fk->func->att.sess;
	const struct func_kprobe *each;
	struct ktap_cpu *cpu;

	guard(preempt)();
	cpu = this_cpu_ptr(sess->cpus);
	for (each = fk; each; each = each->next)
		local_add(fk->rp.kp.nmissed, &cpu->nested);
	if (fk->func->ret)
		local_add(fk->rp.nmissed, &cpu->missed);
}

static void kprobes_disable(struct func_attach *func, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		struct func_kprobe *fk = container_of(func->kps[i], struct func_kprobe,
						      rp.kp);

		disable_kprobe(&fk->rp.kp);
		count_lost(fk);
		cond_resched();
	}
}

static int kprobes_enable(struct func_attach *func)
{
	u32 i;

	for (i = 0; i < func->nr_kprobes; i++) {
		int ret = enable_kprobe(func->kps[i]);

		/* All are switched off in debugfs, which is not said otherwise. */
		if (!ret && kprobe_disabled(func->kps[i]))
			ret = -EBUSY;
		/* Its module may be gone. */
		if (ret && !kprobe_gone(func->kps[i])) {
			kprobes_disable(func, i);
			/* As it is not enabled nobody else waits for its handlers. */
			synchronize_rcu();
			return ret;
		}
		cond_resched();
	}
	return 0;
}

/*
 * What the functions are
 */

/**
 * struct func_search - functions that an event means
 * @func: attachment that gets the places
 * @log: gets the reason if something is wrong
 * @name: name or glob
 * @module: name of the module, or NULL for any and the kernel itself
 * @glob: @name is a glob
 * @room: number of places that there is memory for
 * @skipped: functions that cannot be hooked
 * @lost: some of those that were found cannot be reached with ftrace
 */
struct func_search {
	struct func_attach *func;
	struct ktap_log *log;
	char *name;
	char *module;
	bool glob;
	u32 room;
	u32 skipped;
	bool lost;
};

static bool is_glob(const char *name)
{
	return strpbrk(name, "*?[");
}

/* Name the first ones that cannot be hooked; the others are only counted. */
static void skip_func(struct func_search *search, const char *name)
{
	if (!search->skipped)
		ktap_log(search->log, "cannot be traced: ");
	if (search->skipped < FUNC_NAMED_MAX)
		ktap_log(search->log, "%s%s", search->skipped ? ", " : "", name);
	search->skipped++;
}

static void skip_end(struct func_search *search)
{
	struct ktap_sess *sess = search->func->att.sess;

	if (search->skipped > FUNC_NAMED_MAX)
		ktap_log(search->log, " and %u more", search->skipped - FUNC_NAMED_MAX);
	if (search->skipped)
		ktap_log(search->log, "\n");
	sess->nr_skipped += search->skipped;
}

/* Symbols that begin no function of their own. */
static bool is_part(const char *name)
{
	return strstarts(name, "__pfx_") || strstarts(name, "__cfi_") ||
	       strstr(name, ".cold");
}

static bool returns_refused(unsigned long addr)
{
	const struct kretprobe_blackpoint *black;

	for (black = kretprobe_blacklist; black->name; black++) {
		if (black->addr == (void *)addr)
			return true;
	}
	return within_kprobe_blacklist(addr);
}

static const struct ktap_str *new_name(const char *name)
{
	u32 len = strlen(name);
	struct ktap_str *str = kmalloc(ktap_str_size(len), GFP_KERNEL_ACCOUNT);

	if (!str)
		return NULL;
	str->len = len;
	str->id = KTAP_STR_MADE;
	memcpy(str->data, name, len + 1);
	return str;
}

static int add_place(struct func_search *search, const char *name, unsigned long addr,
		     unsigned long ip)
{
	struct func_attach *func = search->func;
	struct func_place *place;

	if (func->nr_places == search->room) {
		u32 room = search->room ? 2 * search->room : 4;
		struct func_place *places;

		places = kvmalloc_array(room, sizeof(*places), GFP_KERNEL_ACCOUNT);
		if (!places)
			return -ENOMEM;
		if (func->places)
			memcpy(places, func->places, func->nr_places * sizeof(*places));
		kvfree(func->places);
		func->places = places;
		search->room = room;
	}
	place = &func->places[func->nr_places];
	place->addr = addr + func->offset;
	place->ip = ip ?: place->addr;
	place->name = new_name(name);
	if (!place->name)
		return -ENOMEM;
	func->nr_places++;
	return 0;
}

/* Is this what ftrace hooks, unless it has no place for it? */
static bool can_ftrace(const struct func_attach *func)
{
	if (!IS_ENABLED(CONFIG_DYNAMIC_FTRACE) || func->offset)
		return false;
	if (func->want_regs && !IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_REGS))
		return false;
#ifndef FUNC_RETHOOK
	if (func->ret)
		return false;
#endif
	return true;
}

static int found(struct func_search *search, const char *name, unsigned long addr)
{
	struct func_attach *func = search->func;
	unsigned long ip = 0;

	if (can_ftrace(func)) {
		ip = func_location(addr);
		if (ip && func->ret && returns_refused(addr))
			ip = 0;
	}
	search->lost |= !ip;
	if (!search->glob || ip || !can_ftrace(func))
		return add_place(search, name, addr, ip);
	if (kernel_text_address(addr) && !is_part(name))
		skip_func(search, name);
	return 0;
}

/* For each symbol. */
static int see_symbol(void *data, const char *name, unsigned long addr)
{
	struct func_search *search = data;

	if (search->glob ? !glob_match(search->name, name) : strcmp(search->name, name))
		return 0;
	if (fatal_signal_pending(current))
		return -EINTR;
	return found(search, name, addr);
}

/* For each symbol of the kernel with the name. */
static int see_match(void *data, unsigned long addr)
{
	struct func_search *search = data;

	return found(search, search->name, addr);
}

static int cmp_places(const void *a, const void *b)
{
	const struct func_place *p = a, *q = b;

	if (p->ip != q->ip)
		return p->ip < q->ip ? -1 : 1;
	return strcmp(p->name->data, q->name->data);
}

/* Several names can be of one place. */
static void sort_places(struct func_attach *func)
{
	u32 i, nr = 0;

	sort(func->places, func->nr_places, sizeof(*func->places), cmp_places, NULL);
	for (i = 0; i < func->nr_places; i++) {
		if (nr && func->places[nr - 1].ip == func->places[i].ip)
			kfree(func->places[i].name);
		else
			func->places[nr++] = func->places[i];
		func->moved |= func->places[nr - 1].ip != func->places[nr - 1].addr;
	}
	func->nr_places = nr;
}

static int find_places(struct func_search *search)
{
	int ret = 0;

	if (!search->module && search->glob)
		ret = kallsyms_on_each_symbol(see_symbol, search);
	else if (!search->module)
		ret = kallsyms_on_each_match_symbol(see_match, search->name, search);
	if (!ret)
		ret = module_kallsyms_on_each_symbol(search->module, see_symbol, search);
	/* Without modules, or names, there are none. */
	return ret == -EOPNOTSUPP ? 0 : ret;
}

/* Split "[module:]name[+offset]". */
static int split_spec(struct func_search *search, char *spec)
{
	char *colon = strchr(spec, ':');
	char *plus = strchr(spec, '+');

	if (plus) {
		*plus++ = '\0';
		if (kstrtoul(plus, 0, &search->func->offset)) {
			ktap_log(search->log, "bad offset '%s'\n", plus);
			return -EINVAL;
		}
	}
	if (colon) {
		*colon++ = '\0';
		search->module = spec;
	}
	search->name = colon ?: spec;
	search->glob = is_glob(search->name);
	if (plus && search->glob) {
		ktap_log(search->log, "an offset needs the name of one function\n");
		return -EINVAL;
	}
	if (plus && search->func->ret) {
		ktap_log(search->log, "functions return from where they were called: no offset\n");
		return -EINVAL;
	}
	return 0;
}

static int func_find(struct func_search *search)
{
	int ret = find_places(search);

	skip_end(search);
	if (ret)
		return ret;
	if (search->func->nr_places) {
		sort_places(search->func);
		return 0;
	}
	if (search->skipped) {
		ktap_log(search->log, "no function that matches '%s' can be traced\n",
			 search->name);
		return -EINVAL;
	}
	ktap_log(search->log, "no function matches '%s'%s%s\n", search->name,
		 search->module ? " in module " : "", search->module ?: "");
	return -ENOENT;
}

/*
 * What handlers read
 */

/**
 * struct field_search - to find what a handler reads
 * @func: attachment
 * @log: gets the reason if something is missing
 */
struct field_search {
	struct func_attach *func;
	struct ktap_log *log;
};

static int take_named(struct func_attach *func, struct func_field *to, const char *name)
{
	int nr = ktap_fetch_find(func->fetch, name);

	if (nr < 0)
		nr = ktap_fetch_param(func->fetch, name);
	if (nr < 0)
		return -EINVAL;
	to->what = FUNC_FETCH;
	to->nr = nr;
	func->want_regs = true;
	return 0;
}

static int take_nth(struct func_attach *func, struct func_field *to, u32 nr)
{
	if (!nr) {
		to->what = FUNC_ADDR;
	} else if (nr <= ktap_fetch_nr(func->fetch)) {
		to->what = FUNC_FETCH;
		to->nr = nr - 1;
		func->want_regs = true;
	}
	/* An event has as many as it has. */
	return 0;
}

static int take_arg(struct func_attach *func, struct func_field *to, u32 nr)
{
	if (!IS_ENABLED(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API) || nr >= FUNC_ARGS_MAX ||
	    func->offset)
		return -EINVAL;
	to->what = func->ret ? FUNC_KEPT : FUNC_ARG;
	to->nr = nr;
	if (func->ret)
		func->nr_kept = max(func->nr_kept, nr + 1);
	else if (!IS_ENABLED(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS))
		func->want_regs = true;
	return 0;
}

/* Where the kernel knows the type it is that which is returned, not the register. */
static int take_retval(struct func_attach *func, struct func_field *to)
{
	int nr;

	if (!func->ret)
		return -EINVAL;
	nr = ktap_fetch_param(func->fetch, "$retval");
	to->what = nr < 0 ? FUNC_RETVAL : FUNC_FETCH;
	to->nr = nr;
	return 0;
}

static int take_field(struct func_attach *func, struct func_field *to, u32 idx)
{
	const struct ktap_prog *prog = func->att.sess->core.prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	switch (field->kind) {
	case KTAP_FIELD_NAME:
		return take_named(func, to, ktap_prog_str(prog, field->name));
	case KTAP_FIELD_NTH:
		return take_nth(func, to, field->index);
	case KTAP_FIELD_ARG:
		return take_arg(func, to, field->index);
	case KTAP_FIELD_RETVAL:
		return take_retval(func, to);
	case KTAP_FIELD_ENTRY_NS:
		if (!func->ret)
			return -EINVAL;
		func->timed = true;
		to->what = FUNC_NS;
		return 0;
	case KTAP_FIELD_FUNC:
		to->what = FUNC_NAME;
		return 0;
	case KTAP_FIELD_IP:
		to->what = FUNC_ADDR;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Why a field is not there. */
static void log_field(struct func_attach *func, u32 idx, struct ktap_log *log)
{
	const struct ktap_prog *prog = func->att.sess->core.prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	switch (field->kind) {
	case KTAP_FIELD_NAME:
		ktap_log(log, "there is no fetch argument '%s'%s\n",
			 ktap_prog_str(prog, field->name),
			 IS_ENABLED(CONFIG_PROBE_EVENTS_BTF_ARGS) ?
			 ", and no parameter of one function" : "");
		break;
	case KTAP_FIELD_ARG:
		ktap_log(log, "args[%u] is not known here\n", field->index);
		break;
	case KTAP_FIELD_RETVAL:
	case KTAP_FIELD_ENTRY_NS:
		ktap_log(log, "only known when a function returns\n");
		break;
	default:
		ktap_log(log, "functions have no address of data\n");
		break;
	}
}

static int use_field(void *data, u32 idx, bool must)
{
	const struct field_search *search = data;
	struct func_attach *func = search->func;
	int ret;

	if (func->fields[idx].what != FUNC_NIL)
		return 1;
	ret = take_field(func, &func->fields[idx], idx);
	if (!ret)
		return func->fields[idx].what != FUNC_NIL;
	if (!must)
		return 0;
	log_field(func, idx, search->log);
	return ret;
}

/*
 * What is read has to be known before places are looked for, for it says how they can
 * be hooked.
 */
static int find_fields(struct func_attach *func, struct func_search *search,
		       u32 event)
{
	struct ktap_sess *sess = func->att.sess;
	const struct ktap_prog *prog = sess->core.prog;
	u32 fetch = prog->events[event].fetch;
	u32 flags = TPARG_FL_KERNEL;
	int ret;

	if (func->ret)
		flags |= TPARG_FL_RETURN;
	else if (!func->offset)
		flags |= TPARG_FL_FENTRY;
	func->fetch = ktap_fetch_parse(sess, fetch == KTAP_IMG_NONE ? NULL :
				       ktap_prog_str(prog, fetch), prog->nr_fields,
				       search->glob ? NULL : search->name, flags,
				       search->log);
	if (IS_ERR(func->fetch)) {
		ret = PTR_ERR(func->fetch);
		func->fetch = NULL;
		return ret;
	}
	ret = ktap_probe_fields(sess, event, use_field,
				&(struct field_search){ func, search->log });
	if (ret)
		return ret;
	func->keeps_fetch = ktap_fetch_entry_size(func->fetch);
	func->want_regs |= func->ret || (ktap_fetch_nr(func->fetch) &&
					 ktap_probe_reads_text(prog, func->att.proto));
	return 0;
}

/*
 * Attachments
 */

static void func_free(struct ktap_attach *att)
{
	struct func_attach *func = to_func(att);
	u32 i;

	if (func->kprobes)
		kprobes_unregister(func);
	else
		ftrace_free(func);
	for (i = 0; i < func->nr_places; i++)
		kfree(func->places[i].name);
	kvfree(func->places);
	kvfree(func->kps);
	kvfree(func->kprobes);
	ktap_fetch_free(func->fetch);
	kfree(func);
}

static int log_refused(struct func_search *search, int err)
{
	if (err == -ENOMEM)
		return err;
	ktap_log(search->log, "'%s' cannot be probed: %s\n", search->name,
		 err == -EILSEQ ? "no instruction begins there" :
				  "the kernel does not allow it");
	return -EINVAL;
}

/* Of a glob those are meant that can be. */
static int func_hook_kprobes(struct func_attach *func, struct func_search *search)
{
	int ret, err = 0;
	u32 i;

	func->kprobes = kvcalloc(func->nr_places, sizeof(*func->kprobes),
				 GFP_KERNEL_ACCOUNT);
	func->kps = kvcalloc(func->nr_places, sizeof(*func->kps), GFP_KERNEL_ACCOUNT);
	if (!func->kprobes || !func->kps)
		return -ENOMEM;
	for (i = 0; i < func->nr_places; i++) {
		struct func_kprobe *fk = &func->kprobes[i];

		if (fatal_signal_pending(current))
			return -EINTR;
		ret = func_kprobe_register(func, fk, &func->places[i]);
		if (ret && (!search->glob || ret == -ENOMEM))
			return log_refused(search, ret);
		if (ret) {
			func->att.sess->nr_skipped++;
			err = ret;
		}
		cond_resched();
	}
	return func->nr_hooked ? 0 : log_refused(search, err);
}

/* All are hooked the same way, so places that ftrace has are not the hooks' then. */
static int func_hook(struct func_attach *func, struct func_search *search)
{
	u32 i;

	if (can_ftrace(func) && !(search->lost && !search->glob))
		return func_hook_ftrace(func, search->log);
	for (i = 0; i < func->nr_places; i++)
		func->places[i].ip = func->places[i].addr;
	func->moved = false;
	return func_hook_kprobes(func, search);
}

/* The name of the event: that of the function, if there is one. */
static int func_init(struct func_attach *func, struct func_search *search, u32 event)
{
	char *name __free(kfree) = NULL;

	if (func->nr_places == 1 || !search->glob) {
		name = func->offset ?
		       kasprintf(GFP_KERNEL, "%s+0x%lx", search->name, func->offset) :
		       kstrdup(func->places[0].name->data, GFP_KERNEL);
		if (!name)
			return -ENOMEM;
	}
	return ktap_attach_init(&func->att, func->att.sess, event, &func_ops, name);
}

static int func_setup(struct func_attach *func, struct func_search *search, char *spec,
		      u32 event)
{
	int ret;

	ret = split_spec(search, spec);
	if (!ret)
		ret = find_fields(func, search, event);
	if (!ret)
		ret = func_find(search);
	if (!ret)
		ret = func_hook(func, search);
	if (!ret)
		ret = func_init(func, search, event);
	return ret;
}

static int func_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	const struct ktap_img_event *ev = &prog->events[event];
	char *spec __free(kfree) = kstrdup(ktap_prog_str(prog, ev->spec), GFP_KERNEL);
	struct func_search search = { .log = log };
	struct func_attach *func;
	int ret;

	if (!spec)
		return -ENOMEM;
	func = kzalloc(struct_size(func, fields, prog->nr_fields), GFP_KERNEL_ACCOUNT);
	if (!func)
		return -ENOMEM;
	func->att.sess = sess;
	func->att.proto = ev->proto;
	func->ret = ev->flags & KTAP_EVENT_RETURN;
	search.func = func;
	ret = func_setup(func, &search, spec, event);
	if (ret) {
		func_free(&func->att);
		return ret;
	}
	ktap_attach_add(&func->att);
	/* Each function is a place. */
	sess->nr_attaches += (func->kprobes ? func->nr_hooked : func->nr_places) - 1;
	return 0;
}

static int func_enable(struct ktap_attach *att)
{
	struct func_attach *func = to_func(att);

	return func->kprobes ? kprobes_enable(func) : ftrace_enable(func);
}

static void func_disable(struct ktap_attach *att)
{
	struct func_attach *func = to_func(att);

	if (func->kprobes)
		kprobes_disable(func, func->nr_kprobes);
	else
		ftrace_disable(func);
}

static void func_sync(void)
{
	/* Handlers of kprobes and of returns run with preemption off. */
	synchronize_rcu();
}

/*
 * In handlers
 */

/* The last place that is not behind the hook; it is the hook's. */
static const struct func_place *hit_place(const struct func_hit *hit)
{
	const struct func_attach *func = to_func(hit->hit.att);
	u32 first = 0, nr = func->nr_places;

	while (nr > 1) {
		u32 half = nr / 2;

		if (func->places[first + half].ip <= hit->ip)
			first += half;
		nr -= half;
	}
	return &func->places[first];
}

static unsigned long hit_addr(const struct func_hit *hit)
{
	return to_func(hit->hit.att)->moved ? hit_place(hit)->addr : hit->ip;
}

/* What fetch arguments are read from. */
static struct ktap_fetch_from hit_from(const struct func_hit *hit)
{
	const struct func_attach *func = to_func(hit->hit.att);
	struct ktap_fetch_from from = { .regs = func_hit_regs(hit) };

	if (func->ret)
		from.entry = to_return(hit)->entry->data + func->nr_kept;
	return from;
}

static noinline int func_fetch(struct ktap_exec *exec, u32 nr, struct ktap_value *val)
{
	const struct func_hit *hit = to_hit(exec);
	struct ktap_fetch_from from = hit_from(hit);

	return ktap_fetch_read(exec, to_func(hit->hit.att)->fetch, nr, &from, val);
}

static int func_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct func_hit *hit = to_hit(exec);
	const struct func_attach *func = to_func(hit->hit.att);
	const struct func_field *field = &func->fields[idx];

	switch (field->what) {
	case FUNC_NIL:
		ktap_set_nil(val);
		break;
	case FUNC_ADDR:
		ktap_set_int(val, hit_addr(hit));
		break;
	case FUNC_ARG:
		ktap_set_int(val, func_hit_arg(hit, field->nr));
		break;
	case FUNC_KEPT:
		ktap_set_int(val, to_return(hit)->entry->data[field->nr]);
		break;
	case FUNC_RETVAL:
		ktap_set_int(val, regs_return_value(hit->hit.regs));
		break;
	case FUNC_NS:
		ktap_set_int(val, ktime_get_mono_fast_ns() - to_return(hit)->entry->ns);
		break;
	case FUNC_NAME:
		ktap_set_str(val, hit_place(hit)->name);
		break;
	case FUNC_FETCH:
		return func_fetch(exec, field->nr, val);
	}
	return 0;
}

static struct pt_regs *func_regs(const struct ktap_exec *exec)
{
	return func_hit_regs(to_hit(exec));
}

static u32 func_own_frames(const struct ktap_exec *exec, const unsigned long *addrs,
			   u32 nr)
{
	return ktap_frames_of_hook(addrs, nr, to_hit(exec)->ip);
}

static int func_name(struct ktap_exec *exec, struct ktap_value *val)
{
	ktap_set_str(val, hit_place(to_hit(exec))->name);
	return 0;
}

/* As the kernel shows events of probes. */
static int func_text(struct ktap_exec *exec, struct ktap_value *val)
{
	const struct func_hit *hit = to_hit(exec);
	const struct func_attach *func = to_func(hit->hit.att);
	const char *name = hit_place(hit)->name->data;
	struct ktap_fetch_from from = hit_from(hit);
	struct ktap_str *str = ktap_arena_str(&exec->arena, KTAP_TEXT_MAX);
	u32 len;

	if (!str)
		return -ENOSPC;
	if (func->ret)
		len = scnprintf(str->data, KTAP_TEXT_MAX, "%s: (%pS <- %s)", name,
				(void *)to_return(hit)->caller, name);
	else
		len = scnprintf(str->data, KTAP_TEXT_MAX, "%s: (%pS)", name,
				(void *)hit_addr(hit));
	len += ktap_fetch_text(exec, func->fetch, &from, str->data + len,
			       KTAP_TEXT_MAX - len);
	ktap_arena_trim(&exec->arena, str, len);
	ktap_set_str(val, str);
	return 0;
}

static const struct ktap_probe_ops func_ops = {
	.attach		= func_attach,
	.enable		= func_enable,
	.disable	= func_disable,
	.sync		= func_sync,
	.free		= func_free,
	.field		= func_field,
	.regs		= func_regs,
	.own_frames	= func_own_frames,
	.name		= func_name,
	.text		= func_text,
};

static int __init func_register(void)
{
	return ktap_probe_register(KTAP_PROBE_FUNC, &func_ops);
}
core_initcall(func_register);
