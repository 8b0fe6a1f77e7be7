/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Hooks of ftrace
 */
#ifndef _KTAP_HOOK_H
#define _KTAP_HOOK_H

#include <linux/ftrace.h>
#include <linux/list.h>

/**
 * struct ktap_hook - what is to be known of an ftrace_ops with a filter
 * @ops: the ftrace_ops; NULL as long as it has no filter
 * @node: in the list of all
 * @empty: nothing of the filter is left
 * @registered: @ops is
 */
struct ktap_hook {
	struct ftrace_ops *ops;
	struct list_head node;
	bool empty;
	bool registered;
};

int ktap_hook_ips(struct ktap_hook *hook, struct ftrace_ops *ops, unsigned long *ips,
		  u32 nr);
int ktap_hook_glob(struct ktap_hook *hook, struct ftrace_ops *ops, const char *glob);
int ktap_hook_enable(struct ktap_hook *hook);
void ktap_hook_disable(struct ktap_hook *hook);
void ktap_hook_free(struct ktap_hook *hook);

#endif /* _KTAP_HOOK_H */
