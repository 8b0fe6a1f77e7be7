// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin variables
 *
 * In a handler these are of the task that was interrupted, in process context of
 * the one that started the session, not of the thread that runs main for it.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>

#include <asm/word-at-a-time.h>

#include "vm.h"

/**
 * ktap_var_comm_len - Length of the name of a task
 * @comm: a copy of it, aligned as a long is
 *
 * Context: Any context, NMI included.
 * Return: the length.
 */
u32 ktap_var_comm_len(const char *comm)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long zeros;
	u32 len;

	for (len = 0; len < TASK_COMM_LEN; len += sizeof(long)) {
		unsigned long word = *(const unsigned long *)(comm + len);

		if (has_zero(word, &zeros, &constants)) {
			zeros = prep_zero_mask(word, zeros, &constants);
			return len + find_zero(create_zero_mask(zeros));
		}
	}
	return len;
}

/**
 * ktap_var_comm - Make the name of a task into a string
 * @exec: slot
 * @comm: the name
 * @val: the string
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOSPC if the arena has no room.
 */
int ktap_var_comm(struct ktap_exec *exec, const char *comm, struct ktap_value *val)
{
	struct ktap_str *str;

	/* It is copied as a whole: names are short, and calls are not. */
	str = ktap_arena_str(&exec->arena, TASK_COMM_LEN);
	if (!str)
		return -ENOSPC;
	memcpy(str->data, comm, TASK_COMM_LEN);
	ktap_arena_trim(&exec->arena, str, ktap_var_comm_len(str->data));
	ktap_set_str(val, str);
	return 0;
}

static pid_t current_ppid(void)
{
	guard(rcu)();
	return rcu_dereference(current->real_parent)->tgid;
}

#ifdef CONFIG_CGROUPS
u64 ktap_var_cgroup(void)
{
	guard(rcu)();
	return cgroup_id(task_dfl_cgroup(current));
}
#else
u64 ktap_var_cgroup(void)
{
	return 0;
}
#endif

static int var_task(struct ktap_exec *exec, enum ktap_var var,
		    struct ktap_value *val)
{
	switch (var) {
	case KTAP_VAR_PID:
		ktap_set_int(val, current->tgid);
		return 0;
	case KTAP_VAR_TID:
		ktap_set_int(val, current->pid);
		return 0;
	case KTAP_VAR_PPID:
		ktap_set_int(val, current_ppid());
		return 0;
	case KTAP_VAR_UID:
		ktap_set_int(val, from_kuid_munged(&init_user_ns, current_uid()));
		return 0;
	case KTAP_VAR_GID:
		ktap_set_int(val, from_kgid_munged(&init_user_ns, current_gid()));
		return 0;
	case KTAP_VAR_CGROUP:
		ktap_set_int(val, ktap_var_cgroup());
		return 0;
	default:
		return ktap_var_comm(exec, current->comm, val);
	}
}

static int var_owner(struct ktap_exec *exec, enum ktap_var var,
		     struct ktap_value *val)
{
	const struct ktap_owner *owner = exec->owner;

	switch (var) {
	case KTAP_VAR_PID:
		ktap_set_int(val, owner->pid);
		return 0;
	case KTAP_VAR_TID:
		ktap_set_int(val, owner->tid);
		return 0;
	case KTAP_VAR_PPID:
		ktap_set_int(val, owner->ppid);
		return 0;
	case KTAP_VAR_UID:
		ktap_set_int(val, owner->uid);
		return 0;
	case KTAP_VAR_GID:
		ktap_set_int(val, owner->gid);
		return 0;
	case KTAP_VAR_CGROUP:
		ktap_set_int(val, owner->cgroup);
		return 0;
	default:
		return ktap_var_comm(exec, owner->comm, val);
	}
}

int ktap_var_read(struct ktap_exec *exec, enum ktap_var var,
		  struct ktap_value *val)
{
	switch (var) {
	case KTAP_VAR_CPU:
		ktap_set_int(val, raw_smp_processor_id());
		return 0;
	case KTAP_VAR_NSECS:
		ktap_set_int(val, ktime_get_mono_fast_ns());
		return 0;
	case KTAP_VAR_PROBENAME:
		return exec->env->name(exec, val);
	case KTAP_VAR_ARGSTR:
		if (exec->env->text)
			return exec->env->text(exec, val);
		val->type = KTAP_T_EVENT;
		return 0;
	case KTAP_VAR_ELAPSED:
		ktap_set_int(val, ktime_get_mono_fast_ns() - exec->core->start);
		return 0;
	default:
		return exec->owner ? var_owner(exec, var, val) :
				     var_task(exec, var, val);
	}
}
