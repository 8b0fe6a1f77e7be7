// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Whose events are wanted
 *
 * A session can be limited to a process, to it and its descendants, and to a CPU.
 * What is asked for each event is the inline ktap_sess_wants(). It is asked in
 * any context, inside of whatever can be traced, so it looks at memory only: the
 * lists of pids that ftrace has cannot be asked there, for their readers wait for
 * writers, which an NMI or a traced function may have interrupted.
 *
 * A process is known by its signal_struct, which all of its threads share, which
 * stays the same over execve(), and which a reference to one of the threads keeps:
 * so its number can be reused without harm.
 *
 * Descendants are known by a bitmap of the numbers of processes. With each process
 * that is made its bit becomes that of the process that makes it, so nothing has to
 * be done when one ends, a number that is reused included, and nobody is lost when
 * parents end before their children. The numbers are those of the initial pid
 * namespace. Those that there are when it begins are found by their parents, so
 * they do not include children of processes that have ended. A new process is in the
 * list of all before its bit is set; @lock lets that be before or after the look at all.
 *
 * With KTAP_START_EXEC there is no process and no bit until the process executes a
 * program. That is when it has its new memory and name, before its first
 * instruction; the hook comes before all others of that tracepoint.
 *
 * In an interrupt the task is the one that was interrupted, whatever the interrupt
 * is for.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/tracepoint.h>

#include <trace/events/sched.h>

#include "ktap.h"

#define TARGET_FLAGS	(KTAP_START_PID | KTAP_START_CHILDREN | KTAP_START_CPU | \
			 KTAP_START_EXEC)

/* Runs in the parent, before the child does. */
static void target_fork(void *data, struct task_struct *parent,
			struct task_struct *child)
{
	struct ktap_target *target = data;

	/* Threads have the number of their process. */
	if (child->pid != child->tgid)
		return;
	scoped_guard(raw_spinlock_irqsave, &target->lock)
		assign_bit(child->tgid, target->descendants,
			   test_bit(parent->tgid, target->descendants));
}

/* Parents are older than their children, and so come before them. */
static void target_arm_all(struct ktap_target *target)
{
	struct task_struct *task;

	read_lock(&tasklist_lock);
	raw_spin_lock_irq(&target->lock);
	rcu_read_lock();
	for_each_process(task) {
		if (task->signal == target->task->signal ||
		    test_bit(rcu_dereference(task->real_parent)->tgid, target->descendants))
			set_bit(task->tgid, target->descendants);
	}
	rcu_read_unlock();
	raw_spin_unlock_irq(&target->lock);
	read_unlock(&tasklist_lock);
}

/* What is executed has no children: its own are not meant. */
static void target_arm(struct ktap_target *target)
{
	struct task_struct *task = target->task;

	if (target->descendants)
		set_bit(task->tgid, target->descendants);
	else
		WRITE_ONCE(target->process, task->signal);
}

static void target_exec(void *data, struct task_struct *task, pid_t old_pid,
			struct linux_binprm *bprm)
{
	struct ktap_target *target = data;

	if (task->signal == target->task->signal)
		target_arm(target);
}

static int target_hook(struct ktap_target *target)
{
	int ret;

	if (target->flags & KTAP_START_CHILDREN) {
		target->descendants = kvcalloc(BITS_TO_LONGS(PID_MAX_LIMIT),
					       sizeof(long), GFP_KERNEL_ACCOUNT);
		if (!target->descendants)
			return -ENOMEM;
		ret = register_trace_sched_process_fork(target_fork, target);
		if (ret)
			return ret;
		target->forks = true;
	}
	if (target->flags & KTAP_START_EXEC) {
		ret = register_trace_prio_sched_process_exec(target_exec, target,
							     INT_MAX);
		if (ret)
			return ret;
		target->execs = true;
	}
	return 0;
}

/* With a reference; NULL if there is none with that number for the caller. */
static struct task_struct *get_process(s32 nr)
{
	struct task_struct *task;

	guard(rcu)();
	task = nr > 0 ? pid_task(find_vpid(nr), PIDTYPE_TGID) : NULL;
	if (task)
		get_task_struct(task);
	return task;
}

static int target_process(struct ktap_target *target, s32 nr, struct ktap_log *log)
{
	struct task_struct *again __free(put_task) = NULL;
	int ret;

	target->task = get_process(nr);
	if (!target->task) {
		ktap_log(log, "there is no process %d\n", nr);
		return -ESRCH;
	}
	ret = target_hook(target);
	if (ret || target->flags & KTAP_START_EXEC)
		return ret;
	if (target->descendants)
		target_arm_all(target);
	else
		target_arm(target);
	/* Had it ended meanwhile the number could be another's already. */
	again = get_process(nr);
	if (again && again->signal == target->task->signal)
		return 0;
	ktap_log(log, "process %d has ended\n", nr);
	return -ESRCH;
}

/**
 * ktap_target_set - Limit a session to its target
 * @sess: session that is about to attach its events
 * @start: as user space gave it, with flags that make sense
 * @log: gets the reason if it fails
 *
 * Context: Process context. May sleep.
 * Return: 0, or an error as KTAP_IOC_START lists them, when ktap_target_clear() has
 * to be called as well.
 */
int ktap_target_set(struct ktap_sess *sess, const struct ktap_start *start,
		    struct ktap_log *log)
{
	struct ktap_target *target = &sess->target;

	raw_spin_lock_init(&target->lock);
	target->flags = start->flags & TARGET_FLAGS;
	if (start->flags & KTAP_START_CPU) {
		if (start->cpu >= nr_cpu_ids || !cpu_possible(start->cpu)) {
			ktap_log(log, "there is no cpu %u\n", start->cpu);
			return -ENXIO;
		}
		target->cpu = start->cpu;
	}
	if (start->flags & KTAP_START_PID)
		return target_process(target, start->pid, log);
	return 0;
}

/**
 * ktap_target_clear - Undo ktap_target_set()
 * @sess: session whose events are not enabled
 *
 * Context: Process context. May sleep.
 */
void ktap_target_clear(struct ktap_sess *sess)
{
	struct ktap_target *target = &sess->target;

	if (target->forks)
		unregister_trace_sched_process_fork(target_fork, target);
	if (target->execs)
		unregister_trace_sched_process_exec(target_exec, target);
	if (target->forks || target->execs)
		tracepoint_synchronize_unregister();
	if (target->task)
		put_task_struct(target->task);
	kvfree(target->descendants);
	memset(target, 0, sizeof(*target));
}

/**
 * ktap_target_gate - How hits are to be told apart
 * @target: whose events are wanted
 *
 * Context: Process context.
 * Return: what is to be asked for each of them.
 */
enum ktap_gate ktap_target_gate(const struct ktap_target *target)
{
	if (!target->flags)
		return KTAP_GATE_OPEN;
	if (target->flags & KTAP_START_CPU)
		return KTAP_GATE_TARGET;
	return target->flags & KTAP_START_CHILDREN ? KTAP_GATE_CHILDREN :
						     KTAP_GATE_PROCESS;
}

/**
 * ktap_target_match - Are events wanted that happen now and here?
 * @target: whose events are wanted, all or some
 *
 * Context: Any context, NMI included. If a CPU is wanted preemption has to be off.
 * Return: true if they are.
 */
bool ktap_target_match(const struct ktap_target *target)
{
	if (target->flags & KTAP_START_CPU && raw_smp_processor_id() != target->cpu)
		return false;
	return ktap_target_process(target);
}

/* Is it the process, or, if they are wanted, one of its descendants? */
static bool target_has(const struct ktap_target *target,
		       const struct task_struct *task)
{
	return task->signal == target->task->signal ||
	       (target->descendants && test_bit(task->tgid, target->descendants));
}

static bool process_has_mm(struct task_struct *task, const struct mm_struct *mm)
{
	struct mm_struct *own = READ_ONCE(task->mm);
	struct task_struct *thread;

	/* All threads have the same, and none when they have ended. */
	if (own)
		return own == mm;
	for_each_thread(task, thread) {
		if (READ_ONCE(thread->mm) == mm)
			return true;
	}
	return false;
}

/**
 * ktap_target_mm - Can there be events of a session in an address space?
 * @sess: session
 * @mm: address space, which may be in the making by execve() or fork()
 *
 * A child that is not in the list of all yet, or whose bit is not set yet, may have
 * its address space: what is put into that of its parent from now on is not copied.
 *
 * Context: Process context.
 * Return: false if it belongs to somebody, and to nobody whose events are wanted.
 */
bool ktap_target_mm(const struct ktap_sess *sess, const struct mm_struct *mm)
{
	const struct ktap_target *target = &sess->target;
	struct task_struct *task;
	bool owned = false;

	if (!target->task)
		return true;
	if (current->mm == mm && target_has(target, current))
		return true;
	guard(rcu)();
	if (!target->descendants)
		return process_has_mm(target->task, mm);
	for_each_process(task) {
		if (task->flags & PF_KTHREAD || !process_has_mm(task, mm))
			continue;
		if (target_has(target, task) ||
		    target_has(target, rcu_dereference(task->real_parent)))
			return true;
		owned = true;
	}
	return !owned;
}
