// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Hooks of ftrace
 *
 * Nothing keeps a module that has functions which are hooked. ftrace forgets them, but
 * not in the filters of an ftrace_ops that belongs to others: their addresses would
 * stay and mean whatever is loaded there next. So each ftrace_ops with a filter is in
 * a list, and a notifier takes the addresses of a module that goes out of all, and
 * those of its init functions when that has been initialized. A filter without any
 * address would mean all functions: an ftrace_ops that had no other ones is
 * unregistered.
 *
 * @hooks_lock is held from before a filter is made, which ftrace does of functions that
 * are there at that time, until the hook is in the list. What ftrace finds of a module
 * that the notifier was told of before is not taken. It is taken before the locks of
 * ftrace.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../trace.h"
#include "hook.h"

static LIST_HEAD(hooks);
static DEFINE_MUTEX(hooks_lock);

#ifdef CONFIG_MODULES

/* Is it code of a module, or only what that frees when it has begun? */
static bool is_in_module(unsigned long ip, const struct module *mod, bool init)
{
	return init ? within_module_init(ip, mod) : within_module(ip, mod);
}

static void count_in_module(const struct ftrace_hash *hash, const struct module *mod,
			    bool init, unsigned long *ips, u32 *nr)
{
	struct ftrace_func_entry *entry;
	u32 i;

	*nr = 0;
	for (i = 0; i < 1U << hash->size_bits; i++) {
		hlist_for_each_entry(entry, &hash->buckets[i], hlist) {
			if (!is_in_module(entry->ip, mod, init))
				continue;
			if (ips)
				ips[*nr] = entry->ip;
			++*nr;
		}
	}
}

/* The functions that a filter has, which nobody else changes. */
static struct ftrace_hash *filter_of(const struct ftrace_ops *ops)
{
	return rcu_dereference_protected(ops->func_hash->filter_hash,
					 lockdep_is_held(&hooks_lock));
}

/* Take the functions of a module out of a filter, or only those that it frees. */
static int filter_forget(struct ftrace_ops *ops, const struct module *mod, bool init)
{
	struct ftrace_hash *hash = filter_of(ops);
	unsigned long *ips __free(kvfree) = NULL;
	u32 nr;

	count_in_module(hash, mod, init, NULL, &nr);
	if (!nr)
		return 0;
	if (nr == hash->count)
		return -ENOENT;
	ips = kvmalloc_array(nr, sizeof(*ips), GFP_KERNEL);
	if (!ips)
		return -ENOMEM;
	count_in_module(hash, mod, init, ips, &nr);
	return ftrace_set_filter_ips(ops, ips, nr, 1, 0);
}

/*
 * Does code go away, as the notifier was told? What a module begins with does so some
 * time after that.
 */
static bool code_goes(unsigned long ip)
{
	struct module *mod;

	guard(preempt)();
	mod = __module_address(ip);
	return mod && (READ_ONCE(mod->state) == MODULE_STATE_GOING ||
		       (READ_ONCE(mod->state) == MODULE_STATE_LIVE &&
			within_module_init(ip, mod)));
}

/* Has a filter a function that goes away? */
static bool filter_goes(const struct ftrace_ops *ops)
{
	struct ftrace_hash *hash = filter_of(ops);
	struct ftrace_func_entry *entry;
	u32 i;

	guard(rcu)();
	for (i = 0; i < 1U << hash->size_bits; i++) {
		hlist_for_each_entry(entry, &hash->buckets[i], hlist) {
			if (code_goes(entry->ip))
				return true;
		}
	}
	return false;
}

#else /* CONFIG_MODULES */

static bool filter_goes(const struct ftrace_ops *ops)
{
	return false;
}

#endif /* CONFIG_MODULES */

static int hook_add(struct ktap_hook *hook, struct ftrace_ops *ops, int ret)
{
	lockdep_assert_held(&hooks_lock);
	if (!ret && filter_goes(ops))
		ret = -ENOENT;
	if (ret) {
		ftrace_free_filter(ops);
		return ret;
	}
	hook->ops = ops;
	list_add(&hook->node, &hooks);
	return 0;
}

/**
 * ktap_hook_ips - Let an ftrace_ops be called for some places
 * @hook: all zero; in use until ktap_hook_free() if there is no error
 * @ops: the ftrace_ops, which is not registered
 * @ips: the places
 * @nr: their number
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, -ENOENT if one is of a module that goes away, or -EINVAL if there
 * is one that ftrace does not know.
 */
int ktap_hook_ips(struct ktap_hook *hook, struct ftrace_ops *ops, unsigned long *ips,
		  u32 nr)
{
	guard(mutex)(&hooks_lock);
	return hook_add(hook, ops, ftrace_set_filter_ips(ops, ips, nr, 0, 1));
}

/**
 * ktap_hook_glob - Let an ftrace_ops be called for all functions that match
 * @hook: all zero; in use until ktap_hook_free() if there is no error
 * @ops: the ftrace_ops, which is not registered
 * @glob: name or glob
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, -ENOENT if one is of a module that goes away, or -EINVAL if no
 * function matches.
 */
int ktap_hook_glob(struct ktap_hook *hook, struct ftrace_ops *ops, const char *glob)
{
	char *buf __free(kfree) = kstrdup(glob, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	guard(mutex)(&hooks_lock);
	return hook_add(hook, ops, ftrace_set_filter(ops, buf, strlen(buf), 1));
}

/**
 * ktap_hook_enable - Register the ftrace_ops, unless nothing is left for it
 * @hook: hook with a filter
 *
 * Context: Process context. May sleep.
 * Return: 0 or an error of ftrace.
 */
int ktap_hook_enable(struct ktap_hook *hook)
{
	int ret;

	guard(mutex)(&hooks_lock);
	if (hook->empty)
		return 0;
	ret = register_ftrace_function(hook->ops);
	hook->registered = !ret;
	return ret;
}

static void hook_unregister(struct ktap_hook *hook)
{
	lockdep_assert_held(&hooks_lock);
	if (hook->registered)
		unregister_ftrace_function(hook->ops);
	hook->registered = false;
}

/**
 * ktap_hook_disable - Unregister the ftrace_ops
 * @hook: hook that was enabled
 *
 * Context: Process context. May sleep.
 */
void ktap_hook_disable(struct ktap_hook *hook)
{
	guard(mutex)(&hooks_lock);
	hook_unregister(hook);
}

/**
 * ktap_hook_free - Free the filter
 * @hook: hook that is not enabled; it may be that it never got a filter
 *
 * Context: Process context. May sleep.
 */
void ktap_hook_free(struct ktap_hook *hook)
{
	if (!hook->ops)
		return;
	scoped_guard(mutex, &hooks_lock)
		list_del(&hook->node);
	ftrace_free_filter(hook->ops);
}

#ifdef CONFIG_MODULES

static int module_changes(struct notifier_block *nb, unsigned long event, void *data)
{
	struct ktap_hook *hook;

	if (event != MODULE_STATE_GOING && event != MODULE_STATE_LIVE)
		return NOTIFY_DONE;
	guard(mutex)(&hooks_lock);
	list_for_each_entry(hook, &hooks, node) {
		if (hook->empty ||
		    !filter_forget(hook->ops, data, event == MODULE_STATE_LIVE))
			continue;
		/* Nothing would be left, or what must not stay cannot be taken out. */
		hook_unregister(hook);
		hook->empty = true;
	}
	return NOTIFY_DONE;
}

static struct notifier_block module_block = {
	.notifier_call = module_changes,
};

static int __init hook_init(void)
{
	return register_module_notifier(&module_block);
}
core_initcall(hook_init);

#endif /* CONFIG_MODULES */
