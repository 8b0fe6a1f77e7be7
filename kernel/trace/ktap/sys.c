// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What the kernel answers to builtin functions
 *
 * Handlers may be in an NMI, so nothing that they call takes a lock: symbols of the
 * kernel never change, and those of modules are found under RCU. A snapshot is left
 * to an irq_work.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/errname.h>
#include <linux/irq_work.h>
#include <linux/kallsyms.h>
#include <linux/sched.h>
#include <linux/utsname.h>

#ifdef CONFIG_INET
#include <net/inet_sock.h>
#endif

#include "../trace.h"
#include "sys.h"

/**
 * ktap_sys_lacks_func - What a builtin function needs that this kernel was built without
 * @func: the function
 *
 * Context: Any context, NMI included.
 * Return: the option of the configuration, or NULL if nothing is lacking.
 */
const char *ktap_sys_lacks_func(enum ktap_func func)
{
	switch (func) {
	case KTAP_FUNC_SNAPSHOT:
		return IS_ENABLED(CONFIG_TRACER_SNAPSHOT) ? NULL : "CONFIG_TRACER_SNAPSHOT";
	case KTAP_FUNC_KADDR:
	case KTAP_FUNC_KERNEL_VAR:
		return IS_ENABLED(CONFIG_KALLSYMS) ? NULL : "CONFIG_KALLSYMS";
	case KTAP_FUNC_SOCK_SADDR:
	case KTAP_FUNC_SOCK_DADDR:
		return IS_ENABLED(CONFIG_INET) ? NULL : "CONFIG_INET";
	default:
		return NULL;
	}
}

/**
 * ktap_sys_lacks_var - The same of a builtin variable
 * @var: the variable
 *
 * Context: Any context, NMI included.
 * Return: the option of the configuration, or NULL if nothing is lacking.
 */
const char *ktap_sys_lacks_var(enum ktap_var var)
{
	if (var == KTAP_VAR_CGROUP && !IS_ENABLED(CONFIG_CGROUPS))
		return "CONFIG_CGROUPS";
	return NULL;
}

/**
 * ktap_sys_symbol - Name an address of the kernel
 * @to: where to, or NULL with a @size of 0
 * @size: room there, with a NUL
 * @addr: the address
 * @call: a call returns to it
 *
 * Context: Any context, NMI included.
 * Return: length of the whole text, "name+offset/size" and for a module " [module]",
 * or the address where there is no name.
 */
u32 ktap_sys_symbol(char *to, u32 size, u64 addr, bool call)
{
	void *ptr = (void *)(unsigned long)addr;

	return snprintf(to, size, call ? "%pB" : "%pS", ptr);
}

/**
 * ktap_sys_address - Find a function or variable of the kernel by its name
 * @name: its name, or "module:name"
 * @size: gets its size, or 0 if that is not known
 *
 * Context: Any context, NMI included.
 * Return: its address, or 0 if there is none.
 */
unsigned long ktap_sys_address(const char *name, unsigned long *size)
{
	unsigned long addr = kallsyms_lookup_name(name), offset;

	if (!addr || !kallsyms_lookup_size_offset(addr, size, &offset))
		*size = 0;
	return addr;
}

/**
 * ktap_sys_errname - Name an error
 * @err: its number
 *
 * Context: Any context, NMI included.
 * Return: as "ENOENT", or NULL if it has no name that this kernel knows.
 */
const char *ktap_sys_errname(u32 err)
{
	return err && err <= MAX_ERRNO ? errname(err) : NULL;
}

/**
 * ktap_sys_syscall - Name a system call
 * @nr: its number
 *
 * Context: Any context, NMI included.
 * Return: as "read", or NULL if it has no name that this kernel knows.
 */
const char *ktap_sys_syscall(u32 nr)
{
	const char *name = nr <= INT_MAX ? get_syscall_name(nr) : NULL;

	if (name && strstarts(name, "sys_"))
		name += strlen("sys_");
	return name;
}

/**
 * ktap_sys_machine - Name the kind of machine
 *
 * Context: Any context, NMI included.
 * Return: as uname() has it.
 */
const char *ktap_sys_machine(void)
{
	return init_utsname()->machine;
}

/**
 * ktap_sys_release - Name the release of the kernel
 *
 * Context: Any context, NMI included.
 * Return: as uname() has it.
 */
const char *ktap_sys_release(void)
{
	return init_utsname()->release;
}

/**
 * ktap_sys_ip_text - Write an address of the internet
 * @to: room of KTAP_IP_TEXT bytes
 * @addr: the address as it is sent
 * @len: its length, 4 or 16
 *
 * Context: Any context, NMI included.
 * Return: length of the text.
 */
u32 ktap_sys_ip_text(char *to, const u8 *addr, u32 len)
{
	return scnprintf(to, KTAP_IP_TEXT, len == 4 ? "%pI4" : "%pI6c", addr);
}

#ifdef CONFIG_INET
const struct ktap_sock_layout ktap_sys_sock = {
	.family = offsetof(struct sock, __sk_common.skc_family),
	.saddr = offsetof(struct inet_sock, inet_saddr),
	.daddr = offsetof(struct sock, __sk_common.skc_daddr),
#if IS_ENABLED(CONFIG_IPV6)
	.saddr6 = offsetof(struct sock, __sk_common.skc_v6_rcv_saddr),
	.daddr6 = offsetof(struct sock, __sk_common.skc_v6_daddr),
#endif
};
#else
const struct ktap_sock_layout ktap_sys_sock;
#endif

/**
 * ktap_sys_in_interrupt - Is the current task interrupted?
 *
 * Context: Any context, NMI included.
 * Return: true if it is, or if it keeps softirqs from coming.
 */
bool ktap_sys_in_interrupt(void)
{
	return in_interrupt();
}

/**
 * ktap_sys_in_iowait - Does the current task wait for a device?
 *
 * Context: Any context, NMI included.
 * Return: true if it does.
 */
bool ktap_sys_in_iowait(void)
{
	return current->in_iowait;
}

/**
 * ktap_sys_taskinfo - Read something of the current task
 * @what: anything but KTAP_TASKINFO_COMM
 *
 * Context: Any context, NMI included.
 * Return: its value.
 */
s64 ktap_sys_taskinfo(enum ktap_taskinfo what)
{
	switch (what) {
	case KTAP_TASKINFO_PID:
		return current->pid;
	case KTAP_TASKINFO_TGID:
		return current->tgid;
	case KTAP_TASKINFO_STATE:
		return READ_ONCE(current->__state);
	case KTAP_TASKINFO_PRIO:
		return current->prio;
	case KTAP_TASKINFO_STATIC_PRIO:
		return current->static_prio;
	case KTAP_TASKINFO_RT_PRIORITY:
		return current->rt_priority;
	case KTAP_TASKINFO_NICE:
		return task_nice(current);
	case KTAP_TASKINFO_POLICY:
		return current->policy;
	case KTAP_TASKINFO_CPU:
		return raw_smp_processor_id();
	case KTAP_TASKINFO_FLAGS:
		return current->flags;
	case KTAP_TASKINFO_UTIME:
		return current->utime;
	case KTAP_TASKINFO_STIME:
		return current->stime;
	case KTAP_TASKINFO_START_TIME:
		return current->start_time;
	case KTAP_TASKINFO_NVCSW:
		return current->nvcsw;
	case KTAP_TASKINFO_NIVCSW:
		return current->nivcsw;
	case KTAP_TASKINFO_MIN_FLT:
		return current->min_flt;
	case KTAP_TASKINFO_MAJ_FLT:
		return current->maj_flt;
	case KTAP_TASKINFO_EXIT_CODE:
		return current->exit_code;
	default:
		return 0;
	}
}

/**
 * ktap_sys_tracing - Switch the trace buffer of ftrace on or off
 * @on: whether it is to be on
 *
 * Context: Any context, NMI included.
 */
void ktap_sys_tracing(bool on)
{
	if (on)
		tracing_on();
	else
		tracing_off();
}

/**
 * ktap_sys_trace - Write a line into the trace buffer of ftrace
 * @text: the line, with or without a newline
 * @len: its length
 *
 * Context: Any context, NMI included.
 */
void ktap_sys_trace(const char *text, u32 len)
{
	struct trace_array *tr = top_trace_array();

	if (tr && len)
		__trace_array_puts(tr, _THIS_IP_, text, len);
}

/*
 * What exchanges the buffers takes a lock that the interrupted code may hold, and does
 * not work in NMI context. So it is done as soon as interrupts can come.
 */
static void take_snapshot(struct irq_work *work)
{
	tracing_snapshot();
}

static struct irq_work snapshot_work = IRQ_WORK_INIT_HARD(take_snapshot);

/**
 * ktap_sys_snapshot - Keep what is in the trace buffer of ftrace
 *
 * Context: Any context, NMI included.
 */
void ktap_sys_snapshot(void)
{
	irq_work_queue(&snapshot_work);
}

/**
 * ktap_sys_open_trace - Give the trace buffer of ftrace the size that it has in use
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int ktap_sys_open_trace(void)
{
	struct trace_array *tr = top_trace_array();

	return tr ? min(tracing_update_buffers(tr), 0) : -ENODEV;
}

/**
 * ktap_sys_arm_snapshot - Make it possible to call ktap_sys_snapshot()
 *
 * Context: Process context. May sleep.
 * Return: 0, or -ENOMEM or another error of ftrace; ktap_sys_disarm_snapshot() undoes it.
 */
int ktap_sys_arm_snapshot(void)
{
	struct trace_array *tr = top_trace_array();

	return tr ? tracing_arm_snapshot(tr) : -ENODEV;
}

/**
 * ktap_sys_disarm_snapshot - Give back what ktap_sys_arm_snapshot() took
 *
 * Context: Process context. May sleep.
 */
void ktap_sys_disarm_snapshot(void)
{
	irq_work_sync(&snapshot_work);
	tracing_disarm_snapshot(top_trace_array());
}
