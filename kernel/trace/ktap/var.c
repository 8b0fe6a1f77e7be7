// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin variables
 *
 * In a handler these are of the task that was interrupted, in process context of
 * the one that started the session, not of the thread that runs main for it.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>

#include <asm/word-at-a-time.h>

#include "vm.h"

/* The name of a task. */
static int var_comm(struct ktap_exec *exec, const char *comm,
		    struct ktap_value *val)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	struct ktap_str *str;
	unsigned long zeros;
	u32 len;

	/* It is copied as a whole: names are short, and calls are not. */
	str = ktap_arena_str(&exec->arena, TASK_COMM_LEN);
	if (!str)
		return -ENOSPC;
	memcpy(str->data, comm, TASK_COMM_LEN);
	for (len = 0; len < TASK_COMM_LEN; len += sizeof(long)) {
		unsigned long word = *(unsigned long *)(str->data + len);

		if (has_zero(word, &zeros, &constants)) {
			zeros = prep_zero_mask(word, zeros, &constants);
			len += find_zero(create_zero_mask(zeros));
			break;
		}
	}
	ktap_arena_trim(&exec->arena, str, len);
	ktap_set_str(val, str);
	return 0;
}

static pid_t current_ppid(void)
{
	guard(rcu)();
	return rcu_dereference(current->real_parent)->tgid;
}

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
	default:
		return var_comm(exec, current->comm, val);
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
	default:
		return var_comm(exec, owner->comm, val);
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
		if (!exec->probename)
			return exec->env->name(exec, val);
		ktap_set_str(val, exec->probename);
		return 0;
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
