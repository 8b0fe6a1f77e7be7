// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Trace events
 *
 * A handler is attached to a trace event as an event trigger, like an event
 * probe (trace_eprobe.c). So the event's record is made by the event's own code,
 * in the per-CPU buffer that ftrace has for events which may be discarded, ftrace
 * evaluates the filter on it, and the handler is called with the record at hand.
 * The event is in soft mode meanwhile: it is not enabled for ftrace itself, nothing
 * of it gets into the trace buffer, and what others do with the event goes on as
 * before.
 *
 * The triggers are in the lists of the top-level trace array, which nothing but
 * their owner takes them from. They are no commands of the events' trigger files,
 * which show a line for each. A reference to each event keeps its module, or the
 * dynamic event, until the session ends, so its record can still be made into text
 * after it was disabled.
 *
 * System calls are hooked in another way as far as possible, see probe_syscall.c;
 * what is here prepares those attachments and reads their fields, too.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/glob.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "probe_event.h"

/* Most elements of an array that are made into text. */
#define MAX_ELEMS	64

static const struct ktap_probe_ops event_ops;

/* Bytes of the record. */
static u32 rec_size(const struct event_hit *hit)
{
	if (!hit->rbe)
		return hit->size;
	/* The buffer for events that may be discarded has the size as it is. */
	if (this_cpu_read(trace_buffered_event) == hit->rbe)
		return hit->rbe->array[0];
	return ring_buffer_event_length(hit->rbe);
}

static void cmd_trigger(struct event_trigger_data *data,
			struct trace_buffer *buffer, void *rec,
			struct ring_buffer_event *rbe)
{
	struct event_attach *ev = data->private_data;
	struct event_hit hit = { .hit.att = &ev->att, .rec = rec, .rbe = rbe };

	if (likely(rec && rbe))
		ktap_probe_run(&ev->att, &hit.hit);
}

/* The next four are only called for triggers of the events' trigger files. */
static int cmd_parse(struct event_command *cmd_ops,
		     struct trace_event_file *file, char *glob, char *cmd,
		     char *param_and_filter)
{
	return -EINVAL;
}

static int cmd_reg(char *glob, struct event_trigger_data *data,
		   struct trace_event_file *file)
{
	return -EINVAL;
}

static void cmd_unreg(char *glob, struct event_trigger_data *data,
		      struct trace_event_file *file)
{
}

static int cmd_print(struct seq_file *m, struct event_trigger_data *data)
{
	seq_puts(m, "ktap\n");
	return 0;
}

/*
 * As for event probes the type is that of triggers which are called before the
 * event is committed and which no trigger file has.
 */
static struct event_command event_cmd = {
	.name		= "ktap",
	.trigger_type	= ETT_EVENT_EPROBE,
	.flags		= EVENT_CMD_FL_NEEDS_REC,
	.parse		= cmd_parse,
	.reg		= cmd_reg,
	.unreg		= cmd_unreg,
	.trigger	= cmd_trigger,
	.print		= cmd_print,
};

/* The field of an event with the index that its format file shows. */
static const struct ftrace_event_field *nth_field(struct trace_event_call *call,
						  u32 index)
{
	struct ftrace_event_field *field;

	/* The list is in the reverse order. */
	list_for_each_entry_reverse(field, trace_get_fields(call), link) {
		if (!index--)
			return field;
	}
	return NULL;
}

/* What is neither a string nor an array is an integer of the size it has. */
static bool field_is_integer(const struct ftrace_event_field *field)
{
	return !strchr(field->type, '[') && !strstarts(field->type, "__data_loc") &&
	       !strstarts(field->type, "__rel_loc") &&
	       is_power_of_2(field->size) && field->size <= sizeof(u64);
}

static bool field_is_loc(const struct ftrace_event_field *field)
{
	return strstarts(field->type, "__data_loc") || strstarts(field->type, "__rel_loc");
}

/* Bytes of an element of an array whose length is not known before it comes. */
static u8 elem_by_type(const struct ftrace_event_field *field)
{
	static const struct {
		const char *name;
		u8 size;
	} types[] = {
		{ "16", 2 }, { "short", 2 },
		{ "32", 4 }, { "int", 4 }, { "pid_t", 4 },
		{ "64", 8 }, { "long long", 8 }, { "long", sizeof(long) },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (strstr(field->type, types[i].name))
			return types[i].size;
	}
	return 1;
}

static u8 field_elem(const struct ftrace_event_field *field)
{
	const char *dim = strchr(field->type, '[');
	u32 nr = max(field->len, 0);
	u32 size;

	if (field_is_loc(field))
		return elem_by_type(field);
	/* Events of probes have it in the type only. */
	if (!nr && dim && sscanf(dim, "[%u]", &nr) != 1)
		nr = 0;
	size = nr ? field->size / nr : 1;
	return is_power_of_2(size) && size <= sizeof(u64) ? size : 1;
}

static void set_field(struct event_field *to, const struct ftrace_event_field *field)
{
	to->field = field;
	if (!field)
		return;
	to->integer = field_is_integer(field);
	if (!to->integer)
		to->elem = field_elem(field);
}

/* What every event has, is rarely asked for, and is not cheap. */
static bool field_is_flags(const char *name)
{
	return strstr(name, "common_flags") || strstr(name, "common_preempt_count");
}

/**
 * struct field_search - to find what a handler reads
 * @ev: attachment
 * @call: its event
 * @log: gets the reason if something is missing, NULL if it may be
 */
struct field_search {
	struct event_attach *ev;
	struct trace_event_call *call;
	struct ktap_log *log;
};

static const struct ftrace_event_field *
find_field(struct trace_event_call *call, const struct ktap_prog *prog,
	   const struct ktap_img_field *field)
{
	const struct ftrace_event_field *found;
	int nr;

	switch (field->kind) {
	case KTAP_FIELD_NAME:
		found = trace_find_event_field(call, (char *)ktap_prog_str(prog, field->name));
		/* Those that filters have for all events are no part of a record. */
		return found && found->size ? found : NULL;
	case KTAP_FIELD_NTH:
		return nth_field(call, field->index);
	case KTAP_FIELD_ARG:
		nr = ktap_syscall_arg(call, field->index);
		break;
	case KTAP_FIELD_RETVAL:
		nr = ktap_syscall_retval(call);
		break;
	default:
		return NULL;
	}
	return nr < 0 ? NULL : nth_field(call, nr);
}

/* Why a field is not there; false if that is no error. */
static bool log_field(const struct field_search *search, const struct ktap_prog *prog,
		      const struct ktap_img_field *field)
{
	const char *name = trace_event_name(search->call);

	switch (field->kind) {
	case KTAP_FIELD_NAME:
		ktap_log(search->log, "event %s has no field '%s'\n", name,
			 ktap_prog_str(prog, field->name));
		return true;
	case KTAP_FIELD_ARG:
		ktap_log(search->log, "event %s has no args[%u]\n", name, field->index);
		return true;
	case KTAP_FIELD_RETVAL:
		ktap_log(search->log, "event %s has no result\n", name);
		return true;
	default:
		return false;
	}
}

/* What is missing is nil for a glob, as is the N-th field of an event that has less. */
static int use_field(void *data, u32 idx, bool must)
{
	const struct field_search *search = data;
	struct event_attach *ev = search->ev;
	const struct ktap_prog *prog = ev->att.sess->core.prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	if (ev->fields[idx].field)
		return 1;
	set_field(&ev->fields[idx], find_field(search->call, prog, field));
	if (ev->fields[idx].field) {
		ev->record = true;
		ev->flags |= field_is_flags(ev->fields[idx].field->name);
		ev->whole |= !ev->fields[idx].integer;
		return 1;
	}
	return must && search->log && log_field(search, prog, field) ? -EINVAL : 0;
}

/* Is this an event that can be enabled? */
static bool event_usable(const struct trace_event_call *call)
{
	return call->class && call->class->reg && call->class->system &&
	       !(call->flags & TRACE_EVENT_FL_IGNORE_ENABLE);
}

/*
 * Does it stay while there is a reference to it? Event probes and user events go away
 * without a look at that.
 */
static bool event_stays(const struct trace_event_call *call)
{
	return !(call->flags & TRACE_EVENT_FL_DYNAMIC) ||
	       (call->flags & (TRACE_EVENT_FL_KPROBE | TRACE_EVENT_FL_UPROBE |
			       TRACE_EVENT_FL_FPROBE)) ||
	       !strcmp(call->class->system, "synthetic");
}

static void event_free(struct ktap_attach *att)
{
	struct event_attach *ev = to_event(att);

	if (ktap_syscall_is(ev->file->event_call))
		ktap_syscall_detach(ev);
	free_event_filter(rcu_access_pointer(ev->trigger.filter));
	trace_event_put_ref(ev->file->event_call);
	kfree(ev);
}

/*
 * What is looked at besides fields: the filter, and all of it as text. Most events of
 * system calls have integers only.
 */
static void use_more(struct event_attach *ev, const char *filter)
{
	bool text = ktap_probe_reads_text(ev->att.sess->core.prog, ev->att.proto);
	struct ftrace_event_field *field;

	ev->record |= filter || text;
	ev->flags |= text || (filter && field_is_flags(filter));
	list_for_each_entry(field, trace_get_fields(ev->file->event_call), link) {
		if (!field_is_integer(field))
			ev->whole |= text || (filter && strstr(filter, field->name));
	}
}

/* Choose how to attach, and prepare that. */
static int attach_to(struct event_attach *ev, struct ktap_log *log)
{
	struct trace_event_call *call = ev->file->event_call;
	int ret;

	if (ktap_syscall_is(call)) {
		ret = ktap_syscall_attach(ev);
		if (ret || ev->direct)
			return ret;
	}
	if (ev->file->flags & EVENT_FILE_FL_PID_FILTER) {
		ktap_log(log, "set_event_pid hides %s of other processes\n",
			 trace_event_name(call));
		if (ktap_syscall_is(call))
			ktap_syscall_detach(ev);
		return -EBUSY;
	}
	return 0;
}

static struct event_code code_of(void *func)
{
	struct event_code code = { .start = (unsigned long)func };
	unsigned long offset;

	if (!func || !kallsyms_lookup_size_offset(code.start, &code.size, &offset))
		code.size = 0;
	return code;
}

/* Find what is between the traced code and the handler on a stack. */
static void find_hook(struct event_attach *ev)
{
	const struct trace_event_call *call = ev->file->event_call;
	void *hook = NULL, *caller = NULL;

	if (ktap_syscall_is(call)) {
		hook = ktap_syscall_hook(ev, &caller);
	} else if (call->flags & TRACE_EVENT_FL_TRACEPOINT) {
		hook = call->class->probe;
		caller = call->tp->iterator;
	}
	ev->hook = code_of(hook);
	ev->caller = code_of(caller);
}

/*
 * A module whose init function still runs goes away if that fails, whoever has a
 * reference to it. What tells that modules go takes event_mutex.
 */
static bool is_loading(const struct trace_event_call *call)
{
	const struct module *mod = call->module;

	lockdep_assert_held(&event_mutex);
	return !(call->flags & TRACE_EVENT_FL_DYNAMIC) && mod &&
	       READ_ONCE(mod->state) == MODULE_STATE_COMING;
}

/*
 * Prepare one event. Returns -EINVAL with text in @log if it does not have what
 * the filter or the handler asks for.
 */
static int attach_one(struct ktap_sess *sess, u32 event,
		      struct trace_event_file *file, bool glob,
		      struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	struct trace_event_call *call = file->event_call;
	u32 str = prog->events[event].filter;
	const char *filter = str == KTAP_IMG_NONE ? NULL : ktap_prog_str(prog, str);
	struct event_filter *filt = NULL;
	struct event_attach *ev;
	int ret;

	ev = kzalloc(struct_size(ev, fields, prog->nr_fields),
		     GFP_KERNEL_ACCOUNT);
	if (!ev)
		return -ENOMEM;
	ret = ktap_attach_init(&ev->att, sess, event, &event_ops,
			       trace_event_name(call));
	if (ret)
		goto err_free;
	ev->file = file;
	if (filter) {
		ret = create_event_filter(file->tr, call, (char *)filter, true,
					  &filt);
		if (ret) {
			/* The text of the filter and what is wrong with it. */
			ktap_log(log, "%s", filt && filt->filter_string ?
				 filt->filter_string : "bad filter\n");
			/* Filters are refused with small numbers as well. */
			if (ret != -ENOMEM)
				ret = -EINVAL;
			goto err_filter;
		}
	}
	ret = ktap_probe_fields(sess, event, use_field,
				&(struct field_search){ ev, call, glob ? NULL : log });
	if (ret)
		goto err_filter;
	use_more(ev, filter);
	if (!trace_event_try_get_ref(call)) {
		ktap_log(log, "event %s is going away\n", trace_event_name(call));
		ret = -ENOENT;
		goto err_filter;
	}
	if (is_loading(call)) {
		ktap_log(log, "the module of event %s is still being loaded\n",
			 trace_event_name(call));
		ret = -ENOENT;
		goto err_ref;
	}
	ret = attach_to(ev, log);
	if (ret)
		goto err_ref;

	ev->trigger.cmd_ops = &event_cmd;
	ev->trigger.count = -1;
	ev->trigger.private_data = ev;
	INIT_LIST_HEAD(&ev->trigger.list);
	RCU_INIT_POINTER(ev->trigger.filter, filt);
	ktap_attach_add(&ev->att);
	return 0;

err_ref:
	trace_event_put_ref(call);
err_filter:
	free_event_filter(filt);
	kfree(ev->att.name);
err_free:
	kfree(ev);
	return ret;
}

/* Prepare all events that match. Called with event_mutex held. */
static int attach_matching(struct ktap_sess *sess, u32 event, const char *system,
			   const char *name, struct ktap_log *log)
{
	bool glob = strpbrk(system, "*?[") || strpbrk(name, "*?[");
	struct trace_array *tr = top_trace_array();
	struct trace_event_file *file;
	int ret, bad = -ENOENT;
	u32 len = log->len;
	bool leaves = false;
	u32 found = 0;

	lockdep_assert_held(&event_mutex);
	if (!tr)
		return -ENODEV;

	list_for_each_entry(file, &tr->events, list) {
		struct trace_event_call *call = file->event_call;

		if (!event_usable(call) ||
		    !glob_match(system, call->class->system) ||
		    !glob_match(name, trace_event_name(call)))
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (!event_stays(call)) {
			leaves = true;
			continue;
		}
		ret = attach_one(sess, event, file, glob, log);
		if (!ret) {
			found++;
			continue;
		}
		/* Of many events, those that are there and fit are meant. */
		if ((ret != -EINVAL && ret != -ENOENT) || !glob)
			return ret;
		bad = ret;
	}
	if (found) {
		ktap_log_trim(log, len);
		return 0;
	}
	if (bad == -ENOENT && leaves) {
		ktap_log(log, "'%s:%s' is an event probe or a user event, which can go away while it is traced\n",
			 system, name);
		return -EINVAL;
	}
	if (bad == -ENOENT)
		ktap_log(log, "no event matches '%s:%s'\n", system, name);
	return bad;
}

static int event_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	const char *spec = ktap_prog_str(prog, prog->events[event].spec);
	char *name, *system __free(kfree) = kstrdup(spec, GFP_KERNEL);

	if (!system)
		return -ENOMEM;
	name = strchr(system, ':');
	if (!name || name == system || !name[1]) {
		ktap_log(log, "'%s' is not of the form system:event\n", spec);
		return -EINVAL;
	}
	*name++ = '\0';

	guard(mutex)(&event_mutex);
	return attach_matching(sess, event, system, name, log);
}

static int event_enable(struct ktap_attach *att)
{
	struct event_attach *ev = to_event(att);
	int ret;

	/* Another attachment may have changed how a system call is hooked. */
	find_hook(ev);
	if (ev->direct)
		return ktap_syscall_enable(ev);
	guard(mutex)(&event_mutex);
	list_add_tail_rcu(&ev->trigger.list, &ev->file->triggers);
	update_cond_flag(ev->file);
	ret = trace_event_trigger_enable_disable(ev->file, 1);
	if (ret < 0) {
		/* It counts users before it fails. */
		trace_event_trigger_enable_disable(ev->file, 0);
		list_del_rcu(&ev->trigger.list);
		update_cond_flag(ev->file);
		tracepoint_synchronize_unregister();
	}
	return min(ret, 0);
}

static void event_disable(struct ktap_attach *att)
{
	struct event_attach *ev = to_event(att);

	if (ev->direct) {
		ktap_syscall_disable(ev);
		return;
	}
	guard(mutex)(&event_mutex);
	list_del_rcu(&ev->trigger.list);
	trace_event_trigger_enable_disable(ev->file, 0);
	update_cond_flag(ev->file);
}

static void event_sync(void)
{
	tracepoint_synchronize_unregister();
}

/* A string of at most @max bytes, which need not end with a NUL. */
static int field_str(struct ktap_exec *exec, const char *from, u32 max,
		     struct ktap_value *val)
{
	u32 len = strnlen(from, max);
	struct ktap_str *str = ktap_arena_str(&exec->arena, len);

	if (!str)
		return -ENOSPC;
	memcpy(str->data, from, len);
	ktap_set_str(val, str);
	return 0;
}

/* An integer of one, two, four or eight bytes. */
static u64 load_uint(const void *from, u32 size)
{
	union {
		u8 u8;
		u16 u16;
		u32 u32;
		u64 u64;
	} num;

	memcpy(&num, from, size);
	switch (size) {
	case 1:
		return num.u8;
	case 2:
		return num.u16;
	case 4:
		return num.u32;
	default:
		return num.u64;
	}
}

static void field_int(const void *from, const struct ftrace_event_field *field,
		      struct ktap_value *val)
{
	u64 num = load_uint(from, field->size);

	if (field->is_signed)
		num = sign_extend64(num, field->size * BITS_PER_BYTE - 1);
	ktap_set_int(val, num);
}

/* An array of integers as text, as __print_array() makes it. */
static int field_array(struct ktap_exec *exec, const void *from, u32 len, u8 elem,
		       struct ktap_value *val)
{
	u32 nr = len / elem, i, shown = min(nr, MAX_ELEMS);
	/* Each with "0x" and what separates it, and with "..." if some are left out. */
	u32 room = 2 + shown * (3 + 2 * elem) + 3;
	struct ktap_str *str = ktap_arena_str(&exec->arena, room);
	u32 pos = 0;

	if (!str)
		return -ENOSPC;
	str->data[pos++] = '{';
	for (i = 0; i < shown; i++)
		pos += scnprintf(str->data + pos, room + 1 - pos, "%s0x%llx",
				 i ? "," : "", load_uint(from + i * elem, elem));
	pos += scnprintf(str->data + pos, room + 1 - pos, "%s}",
			 shown < nr ? "..." : "");
	ktap_arena_trim(&exec->arena, str, pos);
	ktap_set_str(val, str);
	return 0;
}

/* CPUs as text, as __print_bitmask() makes it. */
static int field_mask(struct ktap_exec *exec, const void *from, u32 len,
		      struct ktap_value *val)
{
	u32 bits = round_down(len, sizeof(long)) * BITS_PER_BYTE;
	/* A comma stands between groups of eight digits. */
	u32 room = bits / 4 + bits / 32;
	struct ktap_str *str = ktap_arena_str(&exec->arena, room);

	if (!str)
		return -ENOSPC;
	ktap_arena_trim(&exec->arena, str,
			scnprintf(str->data, room + 1, "%*pb", bits, from));
	ktap_set_str(val, str);
	return 0;
}

/* Where in the record a field is that is not an integer; false if nowhere. */
static bool field_place(const struct event_hit *hit,
			const struct ftrace_event_field *field, u32 *off, u32 *len)
{
	u32 size = rec_size(hit);
	u32 loc;

	*off = field->offset;
	*len = field->size;
	if (field_is_loc(field)) {
		memcpy(&loc, hit->rec + field->offset, sizeof(loc));
		*off = loc & 0xffff;
		*len = loc >> 16;
		if (strstarts(field->type, "__rel_loc"))
			*off += field->offset + field->size;
	}
	return *off <= size && *len <= size - *off;
}

static int event_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct event_hit *hit = container_of(exec->event, struct event_hit, hit);
	const struct event_field *ef = &to_event(hit->hit.att)->fields[idx];
	const struct ftrace_event_field *field = ef->field;
	u32 off, len;

	if (likely(ef->integer)) {
		field_int(hit->rec + field->offset, field, val);
		return 0;
	}
	if (!field || !field_place(hit, field, &off, &len)) {
		ktap_set_nil(val);
		return 0;
	}
	switch (field->filter_type) {
	case FILTER_STATIC_STRING:
	case FILTER_DYN_STRING:
	case FILTER_RDYN_STRING:
		return field_str(exec, hit->rec + off, len, val);
	default:
		break;
	}
	if (strstr(field->type, "cpumask_t"))
		return field_mask(exec, hit->rec + off, len, val);
	return field_array(exec, hit->rec + off, len, ef->elem, val);
}

static bool in_code(const struct event_code *code, unsigned long addr)
{
	return addr - code->start < code->size;
}

/* All up to the hook, and what may have called that. */
static u32 event_own_frames(const struct ktap_exec *exec, const unsigned long *addrs,
			    u32 nr)
{
	const struct ktap_hit *hit = exec->event;
	const struct event_attach *ev = to_event(hit->att);
	u32 i;

	for (i = 0; i < nr && !in_code(&ev->hook, addrs[i]); i++)
		;
	if (i == nr)
		return 0;
	i++;
	return i < nr && in_code(&ev->caller, addrs[i]) ? i + 1 : i;
}

static u32 event_size(const struct ktap_exec *exec)
{
	return rec_size(container_of(exec->event, struct event_hit, hit));
}

static void event_save(const struct ktap_exec *exec, void *to, u32 size)
{
	const struct event_hit *hit = container_of(exec->event, struct event_hit, hit);

	memcpy(to, hit->rec, size);
}

static const struct ktap_probe_ops event_ops = {
	.attach		= event_attach,
	.enable		= event_enable,
	.disable	= event_disable,
	.sync		= event_sync,
	.free		= event_free,
	.field		= event_field,
	.own_frames	= event_own_frames,
	.size		= event_size,
	.save		= event_save,
};

static int __init event_init(void)
{
	return ktap_probe_register(KTAP_PROBE_EVENT, &event_ops);
}
core_initcall(event_init);
