// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Watchpoints
 *
 * A watchpoint is a breakpoint of the hardware, and that is a counter of perf that
 * overflows with each access. It is on every CPU (probe_perf.c), for an address of
 * user space as well: so it holds for all threads of a process and those still to
 * come, and the target of the session is what tells processes apart.
 *
 * Where the kernel watches its own code perf refuses what its entry code and other
 * breakpoints rest on. The handler comes as by an NMI then, with watchpoints off.
 *
 * Where the exception comes before the access, the access has to be stepped over, or
 * it never gets done. arm and arm64 do that only if the handler is one of perf's own.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/ctype.h>
#include <linux/hw_breakpoint.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kstrtox.h>
#include <linux/string.h>

#include <asm/sections.h>

#include "probe_perf.h"

/* "r", "w", "x" and what can be made of them. */
static bool parse_access(const char *access, u32 *type)
{
	static const char letters[] = "rwx";
	static const u8 types[] = { HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_X };
	const char *letter;

	for (*type = 0; *access; access++) {
		letter = strchr(letters, *access);
		if (!letter || *type & types[letter - letters])
			return false;
		*type |= types[letter - letters];
	}
	return *type;
}

/* Takes the last part off @spec. */
static char *last_part(char *spec)
{
	char *colon = strrchr(spec, ':');

	if (colon)
		*colon++ = '\0';
	return colon;
}

static bool is_percpu(unsigned long addr)
{
	return addr >= (unsigned long)__per_cpu_start &&
	       addr < (unsigned long)__per_cpu_end;
}

/* The address that a number or the name of a variable stands for. */
static int parse_place(const char *place, u64 *to, struct ktap_log *log)
{
	unsigned long addr;

	if (isdigit(*place)) {
		if (!kstrtoul(place, 0, &addr)) {
			*to = addr;
			return 0;
		}
		ktap_log(log, "'%s' is no address\n", place);
		return -EINVAL;
	}
	addr = kallsyms_lookup_name(place);
	if (!addr) {
		ktap_log(log, "the kernel has no symbol '%s'%s\n", place,
			 IS_ENABLED(CONFIG_KALLSYMS_ALL) ? "" :
			 "; it was built to know functions only, without KALLSYMS_ALL");
		return -ENOENT;
	}
	if (is_percpu(addr)) {
		ktap_log(log, "'%s' is another variable on each cpu\n", place);
		return -EINVAL;
	}
	*to = addr;
	return 0;
}

static int mem_parse(struct ktap_perf *pa, char *spec, struct ktap_log *log)
{
	struct perf_event_attr *attr = &pa->attr;
	char *access, *len;

	hw_breakpoint_init(attr);
	access = last_part(spec);
	len = last_part(spec);
	if (!access || !len || !*spec || kstrtou64(len, 0, &attr->bp_len) ||
	    !attr->bp_len || !parse_access(access, &attr->bp_type)) {
		ktap_log(log, "a watchpoint is symbol:length:rwx or address:length:rwx\n");
		return -EINVAL;
	}
	return parse_place(spec, &attr->bp_addr, log);
}

static int mem_refused(const struct ktap_perf *pa, int err, struct ktap_log *log)
{
	const struct perf_event_attr *attr = &pa->attr;

	switch (err) {
	case -ENOSPC:
		ktap_log(log, "all watchpoints that the processor has are in use\n");
		return err;
	case -EINVAL:
	case -EOPNOTSUPP:
		ktap_log(log, "the processor cannot watch this access to %llu bytes at 0x%llx: most know w and rw of 1, 2, 4 and 8 bytes, at a multiple of that, and x of %zu\n",
			 attr->bp_len, attr->bp_addr, sizeof(long));
		return -EINVAL;
	case -ENOMEM:
		return err;
	default:
		ktap_log(log, "memory at 0x%llx cannot be watched: error %d\n",
			 attr->bp_addr, -err);
		return err;
	}
}

static const struct ktap_perf_kind mem_kind;

static int mem_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	/* These step over the access for handlers of perf itself only; see above. */
	if (IS_ENABLED(CONFIG_ARM) || IS_ENABLED(CONFIG_ARM64)) {
		ktap_log(log, "watchpoints of this architecture are for perf and debuggers only\n");
		return -EOPNOTSUPP;
	}
	return ktap_perf_attach(sess, event, &mem_kind, log);
}

static const struct ktap_probe_ops mem_ops = {
	.attach		= mem_attach,
	KTAP_PERF_OPS,
};

static const struct ktap_perf_kind mem_kind = {
	.ops		= &mem_ops,
	.prefix		= "mem:",
	.suffix		= "",
	.order		= { KTAP_PERF_ADDR, KTAP_PERF_IP },
	.handler	= ktap_perf_overflow,
	.parse		= mem_parse,
	.refused	= mem_refused,
};

static int __init mem_probe_init(void)
{
	return ktap_probe_register(KTAP_PROBE_MEM, &mem_ops);
}
core_initcall(mem_probe_init);
