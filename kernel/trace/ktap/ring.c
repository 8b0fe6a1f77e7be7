// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The record buffer
 *
 * Records go through a buffer of ring_buffer.c, which any context can write to.
 * It does not overwrite: what has no room is lost, and whoever wanted to write
 * counts it. The reader gets the records of all CPUs by their time stamps, like
 * trace_pipe, and the text of events is made when they are read, by the print
 * functions of the events.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/ftrace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/trace_events.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "../trace.h"
#include "../trace_output.h"
#include "ring.h"

/* Size of a sub-buffer, which a record cannot be longer than. */
#define RING_SUBBUF	(16U << 10)

/**
 * struct ring_work - a call of ring_buffer_alloc() in a kernel thread
 * @work: for its workqueue
 * @buffer: what it returned
 */
struct ring_work {
	struct work_struct work;
	struct trace_buffer *buffer;
};

static void ring_alloc(struct work_struct *work)
{
	struct ring_work *rw = container_of(work, struct ring_work, work);

	rw->buffer = ring_buffer_alloc(0, 0);
}

/*
 * ring_buffer_alloc() warns if it gets no memory for another CPU than this one,
 * and if its caller is killed meanwhile. So let a thread that cannot be killed ask
 * for the least that there is. Making that larger fails without a warning.
 */
static int ring_alloc_quietly(struct ktap_ring *ring, u32 size)
{
	int order = get_order(RING_SUBBUF);
	struct ring_work rw = {};
	int ret = 0;

	INIT_WORK_ONSTACK(&rw.work, ring_alloc);
	schedule_work(&rw.work);
	flush_work(&rw.work);
	destroy_work_on_stack(&rw.work);
	ring->buffer = rw.buffer;
	if (!ring->buffer)
		return -ENOMEM;

	if (order)
		ret = ring_buffer_subbuf_order_set(ring->buffer, order);
	if (!ret)
		ret = ring_buffer_resize(ring->buffer, size, RING_BUFFER_ALL_CPUS);
	return min(ret, 0);
}

/**
 * ktap_ring_create - Make a record buffer
 * @ring: to be filled in
 * @size: bytes for each CPU
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL if @size is out of range, or -ENOMEM.
 */
int ktap_ring_create(struct ktap_ring *ring, u32 size)
{
	int ret;

	if (size < KTAP_RING_MIN || size > KTAP_RING_MAX)
		return -EINVAL;

	memset(ring, 0, sizeof(*ring));
	init_waitqueue_head(&ring->room);
	ret = ring_alloc_quietly(ring, size);
	ring->iter = kzalloc(sizeof(*ring->iter), GFP_KERNEL_ACCOUNT);
	ring->text = kvmalloc(KTAP_REC_MAX, GFP_KERNEL_ACCOUNT);
	if (ret || !ring->iter || !ring->text)
		goto err_destroy;

	ring_buffer_set_clock(ring->buffer, ktime_get_mono_fast_ns);
	ring->max = min_t(u32, ring_buffer_max_event_size(ring->buffer),
			  KTAP_REC_MAX / 4);
	return 0;

err_destroy:
	ktap_ring_destroy(ring);
	return -ENOMEM;
}

/**
 * ktap_ring_destroy - Free a record buffer
 * @ring: all zero or as ktap_ring_create() left it; nobody reads or writes
 *
 * Context: Process context. May sleep.
 */
void ktap_ring_destroy(struct ktap_ring *ring)
{
	if (ring->buffer)
		ring_buffer_free(ring->buffer);
	if (ring->iter)
		kfree(ring->iter->fmt);
	kfree(ring->iter);
	kvfree(ring->text);
	memset(ring, 0, sizeof(*ring));
}

/**
 * ktap_ring_reserve - Begin a record
 * @ring: record buffer
 * @len: bytes of its body
 *
 * Context: Any context, NMI included. Disables preemption on success.
 * Return: the record, of which the caller writes all and then calls
 * ktap_ring_commit(); or NULL if there is no room.
 */
struct ktap_ring_rec *ktap_ring_reserve(struct ktap_ring *ring, u32 len)
{
	struct ring_buffer_event *event;
	struct ktap_ring_rec *rec;

	event = ring_buffer_lock_reserve(ring->buffer, struct_size(rec, body, len));
	if (!event)
		return NULL;
	rec = ring_buffer_event_data(event);
	rec->nr = 0;
	rec->len = len;
	return rec;
}

/**
 * ktap_ring_commit - End a record
 * @ring: record buffer
 *
 * Context: Any context, NMI included. As ktap_ring_reserve() left it.
 */
void ktap_ring_commit(struct ktap_ring *ring)
{
	ring_buffer_unlock_commit(ring->buffer);
}

/**
 * ktap_ring_wake - Wake the readers, whatever they wait for
 * @ring: record buffer
 *
 * Committing a record wakes them as well, but may do so too early; the next record
 * makes up for it. This is for records that none may follow.
 *
 * Context: Any context.
 */
void ktap_ring_wake(struct ktap_ring *ring)
{
	ring_buffer_wake_waiters(ring->buffer, RING_BUFFER_ALL_CPUS);
}

/* The record of all CPUs that comes next. */
static struct ktap_ring_rec *ring_peek(struct ktap_ring *ring, int *from, u64 *ts)
{
	struct ktap_ring_rec *next, *rec = NULL;
	u64 first = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring_buffer_event *event;
		u64 cpu_ts, order;

		if (ring_buffer_empty_cpu(ring->buffer, cpu))
			continue;
		event = ring_buffer_peek(ring->buffer, cpu, &cpu_ts, NULL);
		if (!event)
			continue;
		next = ring_buffer_event_data(event);
		/* The clocks of CPUs may differ, but this one is the last. */
		order = next->type == KTAP_REC_END ? U64_MAX : cpu_ts;
		if (!rec || order < first) {
			rec = next;
			first = order;
			*ts = cpu_ts;
			*from = cpu;
		}
	}
	return rec;
}

/*
 * Make the text of an event, without the newline, in at most @room bytes. Text
 * that is cut ends with dots.
 */
static const char *event_text(struct ktap_ring *ring, void *data, u32 size,
			      int cpu, u64 ts, u32 room, u32 *len)
{
	struct trace_iterator *iter = ring->iter;
	struct trace_entry *entry = data;
	struct trace_event *event;
	char *text = iter->seq.buffer;

	trace_seq_init(&iter->seq);
	iter->tr = top_trace_array();
	iter->ent = entry;
	iter->ent_size = size;
	iter->cpu = cpu;
	iter->ts = ts;

	trace_event_read_lock();
	event = ftrace_find_event(entry->type);
	if (event && iter->tr)
		event->funcs->trace(iter, 0, event);
	trace_event_read_unlock();

	*len = trace_seq_used(&iter->seq);
	if (*len && text[*len - 1] == '\n')
		--*len;
	if (*len > room || trace_seq_has_overflowed(&iter->seq)) {
		*len = min(*len, room);
		memset(text + *len - min(*len, 3U), '.', min(*len, 3U));
	}
	return text;
}

/* Bytes of a value after its header. */
static u32 val_size(const struct ktap_val *val)
{
	switch (val->type) {
	case KTAP_T_INT:
		return sizeof(s64);
	case KTAP_T_STR:
		return val->len & KTAP_VAL_CONST ? 0 : ALIGN(val->len, KTAP_REC_ALIGN);
	case KTAP_T_EVENT:
	case KTAP_T_TUPLE:
	case KTAP_T_STAT:
	case KTAP_T_STACK:
		return ALIGN(val->len, KTAP_REC_ALIGN);
	default:
		return 0;
	}
}

/**
 * struct copy - values on their way to the reader
 * @ring: record buffer
 * @cpu: where the record was written
 * @ts: when
 * @to: where the next value goes to
 * @room: bytes that names and texts may take besides what the record has
 */
struct copy {
	struct ktap_ring *ring;
	int cpu;
	u64 ts;
	void *to;
	u32 room;
};

/* Write a value whose bytes begin where @body is. */
static void copy_body(struct copy *copy, struct ktap_val val, const void *body)
{
	u32 size = val_size(&val);
	u32 len = size ? val.len : 0;

	memcpy(copy->to, &val, sizeof(val));
	copy->to += sizeof(val);
	memcpy(copy->to, body, len);
	memset(copy->to + len, 0, size - len);
	copy->to += size;
}

static void copy_event(struct copy *copy, struct ktap_val val, const void *body)
{
	u32 size = val_size(&val);
	const char *text;

	text = event_text(copy->ring, (void *)body, val.len, copy->cpu, copy->ts,
			  ALIGN_DOWN(size + copy->room, KTAP_REC_ALIGN), &val.len);
	val.type = KTAP_T_STR;
	copy->room += size - val_size(&val);
	copy_body(copy, val, text);
}

/* A stack of the kernel with names in place of addresses, as many as there is room for. */
static void copy_stack(struct copy *copy, struct ktap_val val, const char *body)
{
	const char *addr = body + sizeof(struct ktap_val_stack);
	void *head = copy->to, *start = head + sizeof(val);
	u32 room = ALIGN_DOWN(val_size(&val) + copy->room, KTAP_REC_ALIGN);
	char *text = start + sizeof(struct ktap_val_stack), *end = start + room;
	u32 len, size = val_size(&val);

	memcpy(start, body, sizeof(struct ktap_val_stack));
	for (; addr < body + val.len; addr += sizeof(u64)) {
		bool first = addr == body + sizeof(struct ktap_val_stack);
		u64 where;

		memcpy(&where, addr, sizeof(where));
		/* All but the first one are where a call returns to. */
		len = snprintf(text, end - text, first ? "%pS\n" : "%pB\n",
			       (void *)(unsigned long)where);
		if (len >= end - text)
			break;
		text += len;
	}
	val.len = text - (char *)start;
	memcpy(head, &val, sizeof(val));
	memset(text, 0, val_size(&val) - val.len);
	copy->to = start + val_size(&val);
	copy->room += size - val_size(&val);
}

static void copy_vals(struct copy *copy, const char *body, const char *end, u32 nr);

/* A compound key, whose parts may be stacks. */
static void copy_tuple(struct copy *copy, struct ktap_val val, const char *body)
{
	void *head = copy->to;

	copy->to += sizeof(val);
	copy_vals(copy, body, body + val.len, U32_MAX);
	val.len = copy->to - head - sizeof(val);
	memcpy(head, &val, sizeof(val));
}

static bool is_kernel_stack(const struct ktap_val *val, const char *body)
{
	struct ktap_val_stack stack;

	if (val->type != KTAP_T_STACK)
		return false;
	memcpy(&stack, body, sizeof(stack));
	return !(stack.flags & KTAP_STACK_USER);
}

/*
 * Copy @nr values, or those up to @end, with names and texts in place of addresses
 * and events. What is left of the record always fits behind them.
 */
static void copy_vals(struct copy *copy, const char *body, const char *end, u32 nr)
{
	for (; nr && body < end; nr--) {
		struct ktap_val val;

		memcpy(&val, body, sizeof(val));
		body += sizeof(val);
		if (val.type == KTAP_T_EVENT)
			copy_event(copy, val, body);
		else if (is_kernel_stack(&val, body))
			copy_stack(copy, val, body);
		else if (val.type == KTAP_T_TUPLE)
			copy_tuple(copy, val, body);
		else
			copy_body(copy, val, body);
		body += val_size(&val);
	}
}

/* Make @ring->text the record as the reader gets it. Returns its size. */
static u32 ring_convert(struct ktap_ring *ring, const struct ktap_ring_rec *rec,
			int cpu, u64 ts)
{
	struct ktap_rec *out = ring->text;
	u32 nr = rec->type == KTAP_REC_ITEM ? 2 : rec->nr;
	void *body = out + 1;
	struct copy copy = {
		.ring = ring,
		.cpu = cpu,
		.ts = ts,
		.to = body,
		.room = KTAP_REC_MAX - sizeof(*out) - rec->len,
	};

	if (nr) {
		copy_vals(&copy, rec->body, rec->body + rec->len, nr);
		body = copy.to;
	} else {
		body = memcpy(body, rec->body, rec->len) + rec->len;
	}
	while ((body - ring->text) % KTAP_REC_ALIGN)
		*(char *)body++ = 0;

	out->size = body - ring->text;
	out->type = rec->type;
	out->cpu = cpu;
	out->ts = ts;
	return out->size;
}

/**
 * ktap_ring_read - Give records to the reader
 * @ring: record buffer, with the reader's lock held
 * @ubuf: where to
 * @size: room there in bytes
 *
 * Context: Process context. May sleep.
 * Return: number of bytes, 0 if there was no record; -EMSGSIZE if the first one
 * is longer than @size; -EFAULT.
 */
ssize_t ktap_ring_read(struct ktap_ring *ring, char __user *ubuf, size_t size)
{
	struct ktap_ring_rec *rec;
	size_t done = 0;
	u32 len;
	int cpu;
	u64 ts;

	while ((rec = ring_peek(ring, &cpu, &ts))) {
		len = ring_convert(ring, rec, cpu, ts);
		if (len > size - done) {
			if (!done)
				return -EMSGSIZE;
			break;
		}
		if (copy_to_user(ubuf + done, ring->text, len)) {
			if (!done)
				return -EFAULT;
			break;
		}
		done += len;
		if (rec->type == KTAP_REC_END)
			ring->eof = true;
		ring_buffer_consume(ring->buffer, cpu, &ts, NULL);
		cond_resched();
	}
	/* Others may wait for a record as well. */
	if (ring->eof)
		ktap_ring_wake(ring);

	/* Pairs with smp_load_acquire() in ktap_ring_seq(). */
	smp_store_release(&ring->seq, ring->seq + 1);
	wake_up(&ring->room);
	return done;
}
