/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Stand-ins that do nothing
 */
#ifndef _KTAP_STUBS_H
#define _KTAP_STUBS_H

#define GFP_KERNEL		0U
#define GFP_KERNEL_ACCOUNT	0U
#define __GFP_NOWARN		0U

#define __annotate_jump_table
#define notrace
#define __uninitialized
#define NOKPROBE_SYMBOL(fn)

#define preempt_disable()	do { } while (0)
#define preempt_enable()	do { } while (0)
#define TASK_COMM_LEN		16

/* What runs is nobody's. */
struct task_struct {
	int pid;
	int tgid;
	char comm[TASK_COMM_LEN];
};

static struct task_struct nobody __attribute__((unused)) = { .comm = "nobody" };

#define current			(&nobody)
#define fatal_signal_pending(task) ((void)(task), false)
#define might_sleep()		do { } while (0)

#define local_irq_save(flags)		((void)((flags) = 0))
#define local_irq_restore(flags)	((void)(flags))

#endif /* _KTAP_STUBS_H */
