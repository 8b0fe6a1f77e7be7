/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Trace events: what both ways to attach to them share
 */
#ifndef _KTAP_PROBE_EVENT_H
#define _KTAP_PROBE_EVENT_H

#include <linux/trace_events.h>

#include "../trace.h"
#include "ktap.h"

/**
 * struct event_field - a field that a handler reads
 * @field: the event's field, or NULL if it has none of that name
 * @integer: it is one integer
 * @elem: bytes of one element, of an array
 */
struct event_field {
	const struct ftrace_event_field *field;
	bool integer;
	u8 elem;
};

/**
 * struct event_code - code of a function
 * @start: its first address
 * @size: its size in bytes, 0 if there is none
 */
struct event_code {
	unsigned long start;
	unsigned long size;
};

/**
 * struct event_attach - attachment to one trace event
 * @att: attachment
 * @file: the event in the top-level trace array
 * @trigger: trigger in its list, with the filter
 * @direct: hook the system call itself, and leave the trigger alone
 * @record: the filter or the handler looks at the record
 * @flags: and at its common_flags or common_preempt_count
 * @whole: and at what only the event itself puts into it
 * @size: bytes of the record, if @direct
 * @hook: the function that the traced code calls
 * @caller: the one in between, where it calls several
 * @next: next attachment of the session to the same system call, if @direct
 * @fields: by index of the program's fields; those that @att.proto reads
 */
struct event_attach {
	struct ktap_attach att;
	struct trace_event_file *file;
	struct event_trigger_data trigger;
	bool direct;
	bool record;
	bool flags;
	bool whole;
	u32 size;
	struct event_code hook;
	struct event_code caller;
	struct event_attach *next;
	struct event_field fields[];
};

/**
 * struct event_hit - a trace event that a handler runs for
 * @rec: the event's record
 * @hit: what all sources have
 * @rbe: the event in the buffer, which knows the size of @rec; NULL if @size is it
 * @size: bytes of @rec
 */
struct event_hit {
	void *rec;
	struct ktap_hit hit;
	struct ring_buffer_event *rbe;
	u32 size;
};

static inline struct event_attach *to_event(const struct ktap_attach *att)
{
	return container_of(att, struct event_attach, att);
}

#ifdef CONFIG_FTRACE_SYSCALLS
bool ktap_syscall_is(const struct trace_event_call *call);
int ktap_syscall_arg(const struct trace_event_call *call, u32 index);
int ktap_syscall_retval(const struct trace_event_call *call);
int ktap_syscall_attach(struct event_attach *ev);
void *ktap_syscall_hook(const struct event_attach *ev, void **caller);
int ktap_syscall_enable(struct event_attach *ev);
void ktap_syscall_disable(struct event_attach *ev);
void ktap_syscall_detach(struct event_attach *ev);
#else
static inline bool ktap_syscall_is(const struct trace_event_call *call)
{
	return false;
}

static inline int ktap_syscall_arg(const struct trace_event_call *call, u32 index)
{
	return -ENOENT;
}

static inline int ktap_syscall_retval(const struct trace_event_call *call)
{
	return -ENOENT;
}

static inline int ktap_syscall_attach(struct event_attach *ev)
{
	return 0;
}

static inline void *ktap_syscall_hook(const struct event_attach *ev, void **caller)
{
	return NULL;
}

static inline int ktap_syscall_enable(struct event_attach *ev)
{
	return -EOPNOTSUPP;
}

static inline void ktap_syscall_disable(struct event_attach *ev)
{
}

static inline void ktap_syscall_detach(struct event_attach *ev)
{
}
#endif /* CONFIG_FTRACE_SYSCALLS */

#endif /* _KTAP_PROBE_EVENT_H */
