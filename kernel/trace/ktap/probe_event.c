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
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/glob.h>
#include <linux/init.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "../trace.h"
#include "ktap.h"

/**
 * struct event_field - a field that a handler reads
 * @field: the event's field, or NULL if it has none of that name
 * @integer: it is one integer
 */
struct event_field {
	const struct ftrace_event_field *field;
	bool integer;
};

/**
 * struct event_attach - attachment to one trace event
 * @att: attachment
 * @file: the event in the top-level trace array
 * @trigger: trigger in its list
 * @fields: by index of the program's fields; those that @att.proto reads
 */
struct event_attach {
	struct ktap_attach att;
	struct trace_event_file *file;
	struct event_trigger_data trigger;
	struct event_field fields[];
};

/**
 * struct event_hit - a trace event that a handler runs for
 * @hit: what all sources have
 * @rec: the event's record
 * @rbe: the event in the buffer, which knows the size of @rec
 */
struct event_hit {
	struct ktap_hit hit;
	void *rec;
	struct ring_buffer_event *rbe;
};

static const struct ktap_probe_ops event_ops;

static struct event_attach *to_event(const struct ktap_attach *att)
{
	return container_of(att, struct event_attach, att);
}

/* Bytes of the record. */
static u32 rec_size(const struct event_hit *hit)
{
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

static void set_field(struct event_field *to, const struct ftrace_event_field *field)
{
	to->field = field;
	to->integer = field && field_is_integer(field);
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
	switch (field->kind) {
	case KTAP_FIELD_NAME:
		return trace_find_event_field(call, (char *)ktap_prog_str(prog, field->name));
	case KTAP_FIELD_NTH:
		return nth_field(call, field->index);
	default:
		return NULL;
	}
}

/*
 * What is missing for a function is nil, as is the N-th field of an event that
 * has less.
 */
static int use_field(void *data, u32 idx, bool own)
{
	const struct field_search *search = data;
	struct event_attach *ev = search->ev;
	const struct ktap_prog *prog = ev->att.sess->core.prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	if (ev->fields[idx].field)
		return 0;
	set_field(&ev->fields[idx], find_field(search->call, prog, field));
	if (ev->fields[idx].field || !own || !search->log ||
	    field->kind != KTAP_FIELD_NAME)
		return 0;
	ktap_log(search->log, "event %s has no field '%s'\n",
		 trace_event_name(search->call), ktap_prog_str(prog, field->name));
	return -EINVAL;
}

/*
 * Is this an event that can be enabled, and stays while there is a reference to it?
 * Event probes and user events go away without a look at their references.
 */
static bool event_usable(struct trace_event_call *call)
{
	if (!call->class || !call->class->reg || !call->class->system ||
	    (call->flags & TRACE_EVENT_FL_IGNORE_ENABLE))
		return false;
	return !(call->flags & TRACE_EVENT_FL_DYNAMIC) ||
	       (call->flags & (TRACE_EVENT_FL_KPROBE | TRACE_EVENT_FL_UPROBE |
			       TRACE_EVENT_FL_FPROBE)) ||
	       !strcmp(call->class->system, "synthetic");
}

static void event_free(struct ktap_attach *att)
{
	struct event_attach *ev = to_event(att);

	free_event_filter(rcu_access_pointer(ev->trigger.filter));
	trace_event_put_ref(ev->file->event_call);
	kfree(ev);
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
	u32 filter = prog->events[event].filter;
	struct event_filter *filt = NULL;
	struct event_attach *ev;
	int ret;

	if (file->flags & EVENT_FILE_FL_PID_FILTER) {
		ktap_log(log, "set_event_pid hides %s of other processes\n",
			 trace_event_name(call));
		return -EBUSY;
	}
	ev = kzalloc(struct_size(ev, fields, prog->nr_fields),
		     GFP_KERNEL_ACCOUNT);
	if (!ev)
		return -ENOMEM;
	ret = ktap_attach_init(&ev->att, sess, event, &event_ops,
			       trace_event_name(call));
	if (ret)
		goto err_free;
	if (filter != KTAP_IMG_NONE) {
		ret = create_event_filter(file->tr, call,
					  (char *)ktap_prog_str(prog, filter),
					  true, &filt);
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
	ret = ktap_probe_fields(prog, ev->att.proto, use_field,
				&(struct field_search){ ev, call, glob ? NULL : log });
	if (ret)
		goto err_filter;
	if (!trace_event_try_get_ref(call)) {
		ktap_log(log, "event %s is going away\n", trace_event_name(call));
		ret = -ENOENT;
		goto err_filter;
	}

	ev->file = file;
	ev->trigger.cmd_ops = &event_cmd;
	ev->trigger.count = -1;
	ev->trigger.private_data = ev;
	INIT_LIST_HEAD(&ev->trigger.list);
	RCU_INIT_POINTER(ev->trigger.filter, filt);
	ktap_attach_add(&ev->att);
	return 0;

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
		ret = attach_one(sess, event, file, glob, log);
		if (!ret) {
			found++;
			continue;
		}
		/* Of many events, those that are there and fit are meant. */
		if ((ret != -EINVAL && ret != -ENOENT) || !glob)
			return ret;
		cond_resched();
		bad = ret;
	}
	if (found) {
		ktap_log_clear(log);
		return 0;
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

/* A string whose place and length are in the field. */
static int field_dynamic(struct ktap_exec *exec, const struct event_hit *hit,
			 u32 off, u32 base, struct ktap_value *val)
{
	u32 size = rec_size(hit);
	u32 loc, start, len;

	memcpy(&loc, hit->rec + off, sizeof(loc));
	start = (loc & 0xffff) + base;
	len = loc >> 16;
	if (start > size || len > size - start) {
		ktap_set_nil(val);
		return 0;
	}
	return field_str(exec, hit->rec + start, len, val);
}

/* An integer of one, two, four or eight bytes. */
static void field_int(const void *from, const struct ftrace_event_field *field,
		      struct ktap_value *val)
{
	union {
		u8 u8;
		u16 u16;
		u32 u32;
		u64 u64;
	} num;

	memcpy(&num, from, field->size);
	switch (field->size) {
	case 1:
		ktap_set_int(val, field->is_signed ? (s8)num.u8 : num.u8);
		break;
	case 2:
		ktap_set_int(val, field->is_signed ? (s16)num.u16 : num.u16);
		break;
	case 4:
		ktap_set_int(val, field->is_signed ? (s64)(s32)num.u32 : num.u32);
		break;
	default:
		ktap_set_int(val, num.u64);
		break;
	}
}

static int event_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct event_hit *hit = container_of(exec->event, struct event_hit, hit);
	const struct event_field *ef = &to_event(hit->hit.att)->fields[idx];
	const struct ftrace_event_field *field = ef->field;

	if (!field) {
		ktap_set_nil(val);
		return 0;
	}
	switch (field->filter_type) {
	case FILTER_STATIC_STRING:
		return field_str(exec, hit->rec + field->offset, field->size, val);
	case FILTER_DYN_STRING:
		return field_dynamic(exec, hit, field->offset, 0, val);
	case FILTER_RDYN_STRING:
		return field_dynamic(exec, hit, field->offset,
				     field->offset + field->size, val);
	default:
		break;
	}
	if (ef->integer)
		field_int(hit->rec + field->offset, field, val);
	else
		ktap_set_nil(val);
	return 0;
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
	.size		= event_size,
	.save		= event_save,
};

static int __init event_init(void)
{
	return ktap_probe_register(KTAP_PROBE_EVENT, &event_ops);
}
core_initcall(event_init);
