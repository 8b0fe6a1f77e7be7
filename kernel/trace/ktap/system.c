// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of the system and the current task
 *
 * Numbers that the kernel has names for become those; what has no name stays a
 * number, as text.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"
#include "sys.h"

/* What a look at a list of names costs, in instructions. */
#define LIST_COST	16

static int set_text(struct ktap_exec *exec, struct ktap_value *dst, const char *text)
{
	return ktap_vm_text(exec, dst, text, strlen(text));
}

/* The name of what is in @args, or the number if it has none. */
static int set_name(struct ktap_exec *exec, struct ktap_value *args, const char *name)
{
	char buf[KTAP_DIGITS];
	const char *text;
	u32 len;
	int ret;

	ret = ktap_vm_charge(exec, LIST_COST);
	if (ret)
		return ret;
	if (name)
		return set_text(exec, args, name);
	text = ktap_vm_digits(args[0].i, buf, &len);
	return ktap_vm_text(exec, args, text, len);
}

int ktap_fn_ERRNAME(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u64 err = args[0].i;

	if (args[0].type == KTAP_T_NIL)
		return 0;
	/* Functions of the kernel return them with a minus. */
	if (args[0].i < 0)
		err = -err;
	return set_name(exec, args, err == (u32)err ? ktap_sys_errname(err) : NULL);
}

int ktap_fn_SYSCALL_NAME(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	s64 call = args[0].i;

	if (args[0].type == KTAP_T_NIL)
		return 0;
	return set_name(exec, args, call == (u32)call ? ktap_sys_syscall(call) : NULL);
}

#define SIGNAL(name)							\
	[name] = #name
static const char * const signals[] = {
	SIGNAL(SIGHUP),
	SIGNAL(SIGINT),
	SIGNAL(SIGQUIT),
	SIGNAL(SIGILL),
	SIGNAL(SIGTRAP),
	SIGNAL(SIGABRT),
	SIGNAL(SIGBUS),
	SIGNAL(SIGFPE),
	SIGNAL(SIGKILL),
	SIGNAL(SIGUSR1),
	SIGNAL(SIGSEGV),
	SIGNAL(SIGUSR2),
	SIGNAL(SIGPIPE),
	SIGNAL(SIGALRM),
	SIGNAL(SIGTERM),
	SIGNAL(SIGCHLD),
	SIGNAL(SIGCONT),
	SIGNAL(SIGSTOP),
	SIGNAL(SIGTSTP),
	SIGNAL(SIGTTIN),
	SIGNAL(SIGTTOU),
	SIGNAL(SIGURG),
	SIGNAL(SIGXCPU),
	SIGNAL(SIGXFSZ),
	SIGNAL(SIGVTALRM),
	SIGNAL(SIGPROF),
	SIGNAL(SIGWINCH),
	SIGNAL(SIGIO),
	SIGNAL(SIGPWR),
	SIGNAL(SIGSYS),
	/* Not every architecture has these. */
#ifdef SIGSTKFLT
	SIGNAL(SIGSTKFLT),
#endif
#ifdef SIGEMT
	SIGNAL(SIGEMT),
#endif
};

#undef SIGNAL

int ktap_fn_SIGNAME(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	s64 sig = args[0].i;
	bool known = sig >= 0 && sig < ARRAY_SIZE(signals);

	if (args[0].type == KTAP_T_NIL)
		return 0;
	return set_name(exec, args, known ? signals[sig] : NULL);
}

int ktap_fn_ARCH(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return set_text(exec, args, ktap_sys_machine());
}

int ktap_fn_KERNEL_V(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return set_text(exec, args, ktap_sys_release());
}

int ktap_fn_IN_INTERRUPT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_bool(args, ktap_sys_in_interrupt());
	return 0;
}

int ktap_fn_IN_IOWAIT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_bool(args, ktap_sys_in_iowait());
	return 0;
}

#define TASKINFO(name, nr, text)					\
	[KTAP_TASKINFO_##name] = text,
static const char * const taskinfo[KTAP_TASKINFO_NR] = {
	___KTAP_TASKINFO_MAPPER(TASKINFO)
};

#undef TASKINFO

int ktap_fn_CURR_TASKINFO(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	const struct ktap_str *name = args[0].str;
	char text[64];
	u32 i;
	int ret;

	ret = ktap_vm_charge(exec, LIST_COST);
	if (ret)
		return ret;
	for (i = 0; i < KTAP_TASKINFO_NR; i++) {
		if (strlen(taskinfo[i]) == name->len &&
		    !memcmp(taskinfo[i], name->data, name->len))
			break;
	}
	if (i == KTAP_TASKINFO_NR) {
		scnprintf(text, sizeof(text), "a task has no '%.32s'", name->data);
		return KTAP_FAULT(exec, VALUE, "curr_taskinfo", text);
	}
	if (i != KTAP_TASKINFO_COMM) {
		ktap_set_int(args, ktap_sys_taskinfo(i));
		return 0;
	}
	return ktap_vm_var(exec, KTAP_VAR_EXECNAME, args);
}
