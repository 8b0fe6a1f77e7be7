// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin variables, in place of kernel/trace/ktap/var.c
 */
#include "../../../kernel/trace/ktap/vm.h"

u32 ktap_var_comm_len(const char *comm)
{
	return strnlen(comm, TASK_COMM_LEN);
}

int ktap_var_comm(struct ktap_exec *exec, const char *comm, struct ktap_value *val)
{
	struct ktap_str *str = ktap_arena_str(&exec->arena, strlen(comm));

	if (!str)
		return -ENOSPC;
	memcpy(str->data, comm, str->len);
	ktap_set_str(val, str);
	return 0;
}

u64 ktap_var_cgroup(void)
{
	return 1;
}

int ktap_var_read(struct ktap_exec *exec, enum ktap_var var,
		  struct ktap_value *val)
{
	static const struct ktap_owner none = { .comm = "nobody" };
	const struct ktap_owner *owner = exec->owner ?: &none;

	switch (var) {
	case KTAP_VAR_PROBENAME:
		return exec->env->name(exec, val);
	case KTAP_VAR_ARGSTR:
		if (exec->env->text)
			return exec->env->text(exec, val);
		val->type = KTAP_T_EVENT;
		return 0;
	case KTAP_VAR_NSECS:
		ktap_set_int(val, ktime_get_mono_fast_ns());
		return 0;
	case KTAP_VAR_ELAPSED:
		ktap_set_int(val, ktime_get_mono_fast_ns() - exec->core->start);
		return 0;
	case KTAP_VAR_EXECNAME:
		return ktap_var_comm(exec, owner->comm, val);
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
		ktap_set_int(val, 1);
		return 0;
	}
}
