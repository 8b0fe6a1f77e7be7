// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The function tracer
 *
 * One event is whatever function of the kernel is called, or those whose names match
 * a glob. It is one ftrace_ops, whose filter ftrace makes, as for set_ftrace_filter, of
 * the functions that there are (see hook.c for what goes), and its handlers get the
 * address of the function and that of its caller. For more (arguments, returns, names
 * without a look at kallsyms) there are events of functions (probe_func.c), which say
 * what may be done in hooks.
 *
 * An ftrace_ops that was allocated is only unregistered when nobody is in its callback
 * any more, so nothing is left to wait for.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/ctype.h>
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/slab.h>

#include "hook.h"
#include "ktap.h"

/**
 * struct ftrace_attach - attachment to the function tracer
 * @att: attachment
 * @ops: hook
 * @hook: its filter, if it has one
 */
struct ftrace_attach {
	struct ktap_attach att;
	struct ftrace_ops ops;
	struct ktap_hook hook;
};

/**
 * struct ftrace_hit - a call that a handler runs for
 * @ip: the function
 * @hit: what all sources have
 * @parent_ip: where it is called
 */
struct ftrace_hit {
	unsigned long ip;
	struct ktap_hit hit;
	unsigned long parent_ip;
};

static const struct ktap_probe_ops tracer_ops;

static struct ftrace_attach *to_tracer(const struct ktap_attach *att)
{
	return container_of(att, struct ftrace_attach, att);
}

static void tracer_hit(unsigned long ip, unsigned long parent_ip,
		       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct ftrace_attach *tracer = container_of(ops, struct ftrace_attach, ops);
	struct ftrace_hit hit = {
		.hit.att = &tracer->att,
		.hit.regs = NULL,
		.ip = ip,
		.parent_ip = parent_ip,
	};

	if (likely(ktap_rcu_watches()))
		ktap_probe_hit(&tracer->att, &hit.hit, false);
}
NOKPROBE_SYMBOL(tracer_hit);

/* What the handler reads, and all functions: the fields that there are. */
static int check_field(void *data, u32 idx, bool must)
{
	const struct ktap_prog *prog = ((struct ktap_sess *)data)->core.prog;

	switch (prog->fields[idx].kind) {
	case KTAP_FIELD_NTH:
		return prog->fields[idx].index < 2;
	case KTAP_FIELD_FUNC:
	case KTAP_FIELD_IP:
		return 1;
	case KTAP_FIELD_NAME:
		if (!strcmp(ktap_prog_str(prog, prog->fields[idx].name), "ip") ||
		    !strcmp(ktap_prog_str(prog, prog->fields[idx].name), "parent_ip"))
			return 1;
		fallthrough;
	default:
		return must ? -EINVAL : 0;
	}
}

static int set_filter(struct ftrace_attach *tracer, const char *glob,
		      struct ktap_log *log)
{
	int ret;

	/* What ftrace takes for another kind of filter. */
	if (!isalpha(*glob) && !strchr("_*?[", *glob)) {
		ktap_log(log, "'%s' is no name of functions\n", glob);
		return -EINVAL;
	}
	ret = ktap_hook_glob(&tracer->hook, &tracer->ops, glob);
	if (ret == -EINVAL) {
		ktap_log(log, "no function matches '%s'\n", glob);
		return -ENOENT;
	}
	if (ret == -ENOENT)
		ktap_log(log, "functions go away with their module\n");
	return ret;
}

static void tracer_free(struct ktap_attach *att)
{
	struct ftrace_attach *tracer = to_tracer(att);

	ktap_hook_free(&tracer->hook);
	kfree(tracer);
}

static int tracer_setup(struct ftrace_attach *tracer, struct ktap_sess *sess, u32 event,
			struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	const struct ktap_img_event *ev = &prog->events[event];
	int ret;

	if (strcmp(ktap_prog_str(prog, ev->spec), "function")) {
		ktap_log(log, "the function tracer has nothing but functions\n");
		return -EINVAL;
	}
	if (!ftrace_enabled) {
		ktap_log(log, "kernel.ftrace_enabled is 0\n");
		return -EBUSY;
	}
	ret = ktap_probe_fields(sess, event, check_field, sess);
	if (ret) {
		ktap_log(log, "functions have no such field here: ip, parent_ip, func\n");
		return ret;
	}
	tracer->ops.func = tracer_hit;
	/* Nobody may turn ftrace off without having been told of what is lost. */
	tracer->ops.flags = FTRACE_OPS_FL_PERMANENT;
	tracer->att.last_first = true;
	if (ev->filter != KTAP_IMG_NONE)
		ret = set_filter(tracer, ktap_prog_str(prog, ev->filter), log);
	return ret ?: ktap_attach_init(&tracer->att, sess, event, &tracer_ops, "function");
}

static int tracer_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	struct ftrace_attach *tracer = kzalloc(sizeof(*tracer), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!tracer)
		return -ENOMEM;
	ret = tracer_setup(tracer, sess, event, log);
	if (ret)
		tracer_free(&tracer->att);
	else
		ktap_attach_add(&tracer->att);
	return ret;
}

static int tracer_start(struct ktap_attach *att)
{
	struct ftrace_attach *tracer = to_tracer(att);

	if (tracer->hook.ops)
		return ktap_hook_enable(&tracer->hook);
	return register_ftrace_function(&tracer->ops);
}

static void tracer_stop(struct ktap_attach *att)
{
	struct ftrace_attach *tracer = to_tracer(att);

	if (tracer->hook.ops)
		ktap_hook_disable(&tracer->hook);
	else
		unregister_ftrace_function(&tracer->ops);
}

static void tracer_sync(void)
{
}

/* The name of the function as a string. */
static int tracer_func(struct ktap_exec *exec, unsigned long ip, struct ktap_value *val)
{
	struct ktap_str *str = ktap_arena_str(&exec->arena, KSYM_NAME_LEN - 1);

	if (!str)
		return -ENOSPC;
	if (lookup_symbol_name(ip, str->data))
		str->data[0] = '\0';
	ktap_arena_trim(&exec->arena, str, strlen(str->data));
	ktap_set_str(val, str);
	return 0;
}

static int tracer_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct ftrace_hit *hit = container_of(exec->event, struct ftrace_hit, hit);
	const struct ktap_prog *prog = exec->core->prog;
	const struct ktap_img_field *field = &prog->fields[idx];
	u32 nr = field->index;

	switch (field->kind) {
	case KTAP_FIELD_FUNC:
		return tracer_func(exec, hit->ip, val);
	case KTAP_FIELD_NAME:
		/* One of two names, or of something that is not there. */
		nr = !strcmp(ktap_prog_str(prog, field->name), "parent_ip") ? 1 :
		     !strcmp(ktap_prog_str(prog, field->name), "ip") ? 0 : 2;
		break;
	case KTAP_FIELD_NTH:
	case KTAP_FIELD_IP:
		break;
	default:
		nr = 2;
		break;
	}
	if (nr > 1)
		ktap_set_nil(val);
	else
		ktap_set_int(val, nr ? hit->parent_ip : hit->ip);
	return 0;
}

/* As the function tracer shows it. */
static int tracer_text(struct ktap_exec *exec, struct ktap_value *val)
{
	const struct ftrace_hit *hit = container_of(exec->event, struct ftrace_hit, hit);
	struct ktap_str *str = ktap_arena_str(&exec->arena, 2 * KSYM_SYMBOL_LEN);

	if (!str)
		return -ENOSPC;
	ktap_arena_trim(&exec->arena, str,
			scnprintf(str->data, str->len, "%ps <-%ps", (void *)hit->ip,
				  (void *)hit->parent_ip));
	ktap_set_str(val, str);
	return 0;
}

static u32 tracer_own_frames(const struct ktap_exec *exec, const unsigned long *addrs,
			     u32 nr)
{
	const struct ftrace_hit *hit = container_of(exec->event, struct ftrace_hit, hit);

	return ktap_frames_of_hook(addrs, nr, hit->ip);
}

static const struct ktap_probe_ops tracer_ops = {
	.attach		= tracer_attach,
	.enable		= tracer_start,
	.disable	= tracer_stop,
	.sync		= tracer_sync,
	.free		= tracer_free,
	.field		= tracer_field,
	.own_frames	= tracer_own_frames,
	.text		= tracer_text,
};

static int __init tracer_init(void)
{
	return ktap_probe_register(KTAP_PROBE_FTRACE, &tracer_ops);
}
core_initcall(tracer_init);
