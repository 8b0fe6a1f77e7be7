/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KTAP_KTHREAD_H
#define _KTAP_KTHREAD_H

struct task_struct;

struct task_struct *kthread_run(int (*fn)(void *data), void *data,
				const char *name, ...);

#endif /* _KTAP_KTHREAD_H */
