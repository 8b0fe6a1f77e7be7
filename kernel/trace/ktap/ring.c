// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The record buffer
 *
 * Records go through a buffer of ring_buffer.c, which any context can write to.
 * The reader gets the records of all CPUs by their time stamps, like trace_pipe.
 * Names of addresses are found and the texts of events are made when records are
 * read, which is why the buffer cannot be mapped: what the reader has to be given
 * is not in it.
 *
 * When the buffer is full a new record has no room and is lost, or else the oldest
 * ones are overwritten. Either way the reader is told where it happened, and exactly
 * how many there were. Who has to do without a record counts it on its CPU, and each
 * record has the count as it was then; how many were overwritten is counted by
 * ring_buffer.c, and comes with the first one that was not. What was lost after the
 * last record of a CPU is told before KTAP_REC_END, for which nothing is written any
 * more. So what was told is always as much as what was counted.
 *
 * Whoever can sleep waits for room instead. Its records must not be overwritten, so
 * if others may be they are in a buffer of their own.
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
#include "builtin.h"
#include "ring.h"
#include "sys.h"

/* Size of a sub-buffer, which a record cannot be longer than. */
#define RING_SUBBUF	(16U << 10)

/* Size of the buffer of records that are waited for, if there is one. */
#define RING_KEPT	(64U << 10)

/**
 * struct ktap_ring_src - where records come from: a CPU's part of a buffer
 * @buffer: buffer of ring_buffer.c
 * @cpu: CPU
 * @rec: its next record, or NULL; stays where it is until it is consumed
 * @ts: when that was written
 * @order: it comes before those of other sources with a greater one
 * @over: number of records that were overwritten before it, if not told yet
 */
struct ktap_ring_src {
	struct trace_buffer *buffer;
	int cpu;
	const struct ktap_ring_rec *rec;
	u64 ts;
	u64 order;
	u64 over;
};

/**
 * struct ktap_ring_told - what the reader was told of the losses of a CPU
 * @lost: how many records had no room
 * @over: how many were overwritten
 */
struct ktap_ring_told {
	unsigned long lost;
	unsigned long over;
};

/**
 * struct ring_work - a call of ring_buffer_alloc() in a kernel thread
 * @work: for its workqueue
 * @flags: RB_FL_*
 * @buffer: what it returned
 */
struct ring_work {
	struct work_struct work;
	unsigned int flags;
	struct trace_buffer *buffer;
};

static void ring_alloc(struct work_struct *work)
{
	struct ring_work *rw = container_of(work, struct ring_work, work);

	rw->buffer = ring_buffer_alloc(0, rw->flags);
}

/*
 * ring_buffer_alloc() warns if it gets no memory for another CPU than this one,
 * and if its caller is killed meanwhile. So let a thread that cannot be killed ask
 * for the least that there is. Making that larger fails without a warning.
 */
static int ring_alloc_quietly(struct trace_buffer **buffer, u32 size, unsigned int flags)
{
	struct ring_work rw = { .flags = flags };
	int order = get_order(RING_SUBBUF);
	int ret = 0;

	INIT_WORK_ONSTACK(&rw.work, ring_alloc);
	schedule_work(&rw.work);
	flush_work(&rw.work);
	destroy_work_on_stack(&rw.work);
	*buffer = rw.buffer;
	if (!*buffer)
		return -ENOMEM;

	ring_buffer_set_clock(*buffer, ktime_get_mono_fast_ns);
	if (order)
		ret = ring_buffer_subbuf_order_set(*buffer, order);
	if (!ret)
		ret = ring_buffer_resize(*buffer, size, RING_BUFFER_ALL_CPUS);
	return min(ret, 0);
}

/* Make the buffers; without @overwrite one is for all records. */
static int ring_alloc_buffers(struct ktap_ring *ring, u32 size, bool overwrite)
{
	int ret = ring_alloc_quietly(&ring->buffer, size,
				     overwrite ? RB_FL_OVERWRITE : 0);

	ring->kept = ring->buffer;
	if (ret || !overwrite)
		return ret;
	return ring_alloc_quietly(&ring->kept, min(size, RING_KEPT), 0);
}

/* Make what the reader needs. */
static int ring_alloc_reader(struct ktap_ring *ring)
{
	struct ktap_ring_src *src;
	int cpu;

	ring->iter = kzalloc(sizeof(*ring->iter), GFP_KERNEL_ACCOUNT);
	ring->text = kvmalloc(KTAP_REC_MAX, GFP_KERNEL_ACCOUNT);
	ring->told = kvcalloc(nr_cpu_ids, sizeof(*ring->told), GFP_KERNEL_ACCOUNT);
	ring->srcs = kvcalloc(2 * nr_cpu_ids, sizeof(*ring->srcs), GFP_KERNEL_ACCOUNT);
	if (!ring->iter || !ring->text || !ring->told || !ring->srcs)
		return -ENOMEM;

	src = ring->srcs;
	for_each_possible_cpu(cpu) {
		*src++ = (struct ktap_ring_src){ .buffer = ring->buffer, .cpu = cpu };
		if (ring->kept != ring->buffer)
			*src++ = (struct ktap_ring_src){ .buffer = ring->kept, .cpu = cpu };
	}
	ring->nr_srcs = src - ring->srcs;
	return 0;
}

/**
 * ktap_ring_create - Make a record buffer
 * @ring: to be filled in
 * @size: bytes for each CPU
 * @overwrite: when it is full the oldest records are lost, not the new ones
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL if @size is out of range, or -ENOMEM.
 */
int ktap_ring_create(struct ktap_ring *ring, u32 size, bool overwrite)
{
	if (size < KTAP_RING_MIN || size > KTAP_RING_MAX)
		return -EINVAL;

	memset(ring, 0, sizeof(*ring));
	init_waitqueue_head(&ring->room);
	ring->lost = alloc_percpu_gfp(local_t, GFP_KERNEL_ACCOUNT);
	if (!ring->lost || ring_alloc_buffers(ring, size, overwrite) ||
	    ring_alloc_reader(ring))
		goto err_destroy;

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
	if (ring->kept && ring->kept != ring->buffer)
		ring_buffer_free(ring->kept);
	if (ring->buffer)
		ring_buffer_free(ring->buffer);
	free_percpu(ring->lost);
	if (ring->iter)
		kfree(ring->iter->fmt);
	kfree(ring->iter);
	kvfree(ring->text);
	kvfree(ring->told);
	kvfree(ring->srcs);
	memset(ring, 0, sizeof(*ring));
}

/**
 * ktap_ring_lose - Count a record that is not written
 * @ring: record buffer
 *
 * The next record of this CPU tells of it.
 *
 * Context: Any context, NMI included. Preemption is off.
 */
void ktap_ring_lose(struct ktap_ring *ring)
{
	local_inc(this_cpu_ptr(ring->lost));
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

/* Is there no record? Any context. */
static bool ring_empty(struct ktap_ring *ring)
{
	return ring_buffer_empty(ring->buffer) &&
	       (ring->kept == ring->buffer || ring_buffer_empty(ring->kept));
}

/* Nothing to wait for: there are records, or the last one was read. */
static bool ring_ready(void *data)
{
	struct ktap_ring *ring = data;

	return READ_ONCE(ring->eof) || !ring_empty(ring);
}

/**
 * ktap_ring_wait - Wait for a record, or the end
 * @ring: record buffer
 *
 * Context: Process context. May sleep.
 * Return: 0, or -ERESTARTSYS.
 */
int ktap_ring_wait(struct ktap_ring *ring)
{
	return ring_buffer_wait(ring->buffer, RING_BUFFER_ALL_CPUS, 0, ring_ready, ring);
}

/**
 * ktap_ring_poll - poll() for a record, or the end
 * @ring: record buffer
 * @file: file that is polled
 * @wait: of the caller
 *
 * Whoever writes records that are kept wakes the waiters of the other buffer.
 *
 * Context: Process context.
 * Return: EPOLL*.
 */
__poll_t ktap_ring_poll(struct ktap_ring *ring, struct file *file,
			struct poll_table_struct *wait)
{
	__poll_t mask = ring_buffer_poll_wait(ring->buffer, RING_BUFFER_ALL_CPUS, file,
					      wait, 0);

	if (READ_ONCE(ring->eof))
		return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	return mask || ring_empty(ring) ? mask : EPOLLIN | EPOLLRDNORM;
}

/**
 * ktap_ring_overwritten - Count what was overwritten
 * @ring: record buffer
 *
 * Context: Any context.
 * Return: number of records that were written and could not be read.
 */
u64 ktap_ring_overwritten(struct ktap_ring *ring)
{
	return ring->buffer ? ring_buffer_overruns(ring->buffer) : 0;
}

/* Look at the next record of a source. */
static void src_peek(struct ktap_ring_src *src)
{
	struct ring_buffer_event *event;
	unsigned long over = 0;

	event = ring_buffer_peek(src->buffer, src->cpu, &src->ts, &over);
	if (!event)
		return;
	src->rec = ring_buffer_event_data(event);
	/* The clocks of CPUs may differ, but this one is the last. */
	src->order = src->rec->type == KTAP_REC_END ? U64_MAX : src->ts;
	/* It was an int on its way. */
	src->over = (u32)over;
}

/* The source of the first record that is known, and up to when it is it. */
static struct ktap_ring_src *ring_first(struct ktap_ring *ring)
{
	struct ktap_ring_src *src, *first = NULL;
	u64 bound = ring->horizon;

	for (src = ring->srcs; src < ring->srcs + ring->nr_srcs; src++) {
		if (!src->rec)
			continue;
		if (first && first->order <= src->order) {
			bound = min(bound, src->order);
			continue;
		}
		if (first)
			bound = min(bound, first->order);
		first = src;
	}
	ring->bound = bound;
	return first;
}

/* Look where there was no record. What is there then was written after @horizon. */
static struct ktap_ring_src *ring_look(struct ktap_ring *ring)
{
	struct ktap_ring_src *src;

	ring->horizon = ring_buffer_time_stamp(ring->buffer);
	for (src = ring->srcs; src < ring->srcs + ring->nr_srcs; src++) {
		if (!src->rec)
			src_peek(src);
	}
	return ring_first(ring);
}

/*
 * The source of the record that comes next. Those where there was none have only
 * later ones than when they were looked at, @horizon, so there is no need to look
 * again before that.
 *
 * While they are looked at one of them may get a record after it was seen to have
 * none, and another one a later record then, which is of after @horizon. Another look
 * finds both. The end is one of those: nothing is written behind it.
 */
static struct ktap_ring_src *ring_next(struct ktap_ring *ring)
{
	struct ktap_ring_src *src = ring->src;

	if (src && src->rec && src->order <= ring->bound)
		return src;
	src = ring_first(ring);
	if (!src)
		src = ring_look(ring);
	while (src && src->ts > ring->horizon)
		src = ring_look(ring);
	ring->src = src;
	return src;
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
	const struct ktap_val_stack *stack;
	void *head = copy->to, *start = head + sizeof(val);
	u32 room = ALIGN_DOWN(val_size(&val) + copy->room, KTAP_REC_ALIGN);
	char *text = start + sizeof(struct ktap_val_stack), *end = start + room;
	u32 len, size = val_size(&val);

	stack = memcpy(start, body, sizeof(*stack));
	for (; addr < body + val.len; addr += sizeof(u64)) {
		bool first = addr == body + sizeof(struct ktap_val_stack);
		u64 where;

		memcpy(&where, addr, sizeof(where));
		/* All but the first one are where a call returns to. */
		len = ktap_sys_symbol(text, end - text, where, !first);
		if (len + 1 >= end - text)
			break;
		if (stack->flags & KTAP_STACK_SYMBOL)
			len = ktap_short_name(text, len);
		text[len] = '\n';
		text += len + 1;
	}
	val.len = text - (char *)start;
	memcpy(head, &val, sizeof(val));
	memset(text, 0, val_size(&val) - val.len);
	copy->to = start + val_size(&val);
	copy->room += size - val_size(&val);
}

static void copy_vals(struct copy *copy, const char *body, const char *end);

/* A compound key, whose parts may be stacks. */
static void copy_tuple(struct copy *copy, struct ktap_val val, const char *body)
{
	void *head = copy->to;

	copy->to += sizeof(val);
	copy_vals(copy, body, body + val.len);
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
 * Copy values up to @end, with names and texts in place of addresses and events.
 * What is left of the record always fits behind them.
 */
static void copy_vals(struct copy *copy, const char *body, const char *end)
{
	while (body < end) {
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

/* Bytes before the values. */
static u32 head_size(const struct ktap_ring_rec *rec)
{
	return rec->type & KTAP_REC_HELD ? sizeof(struct ktap_rec_spec) : 0;
}

/* Are there names to be found, or texts to be made? Most records are given as they are. */
static bool has_work(const struct ktap_ring_rec *rec)
{
	const char *body = rec->body + head_size(rec), *end = rec->body + rec->len;
	u32 type = rec->type & ~KTAP_REC_HELD;
	struct ktap_val val;

	if (type != KTAP_REC_PRINT && type != KTAP_REC_PRINTF && type != KTAP_REC_ITEM)
		return false;
	for (; body < end; body += sizeof(val) + val_size(&val)) {
		memcpy(&val, body, sizeof(val));
		if (val.type == KTAP_T_EVENT || val.type == KTAP_T_STACK ||
		    val.type == KTAP_T_TUPLE)
			return true;
	}
	return false;
}

/* Make @ring->text the record as the reader gets it. */
static void ring_convert(struct ktap_ring *ring, const struct ktap_ring_rec *rec,
			 int cpu, u64 ts)
{
	struct ktap_rec *out = ring->text;
	u32 head = head_size(rec);
	void *body = out + 1;
	struct copy copy = {
		.ring = ring,
		.cpu = cpu,
		.ts = ts,
		.to = body + head,
		.room = KTAP_REC_MAX - sizeof(*out) - rec->len,
	};

	if (has_work(rec)) {
		memcpy(body, rec->body, head);
		copy_vals(&copy, rec->body + head, rec->body + rec->len);
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
}

/**
 * struct given - what a call of read() has given
 * @to: where to
 * @size: room there in bytes
 * @done: bytes that were given
 */
struct given {
	char __user *to;
	size_t size;
	size_t done;
};

/* Give the record at @ring->text to the reader. */
static int give(struct ktap_ring *ring, struct given *given)
{
	const struct ktap_rec *rec = ring->text;

	if (rec->size > given->size - given->done)
		return -EMSGSIZE;
	if (copy_to_user(given->to + given->done, rec, rec->size))
		return -EFAULT;
	given->done += rec->size;
	return 0;
}

/* Tell that records of a CPU were lost. */
static int give_count(struct ktap_ring *ring, struct given *given, int cpu, u64 ts,
		      u64 count)
{
	struct ktap_rec_lost lost = { .count = count };
	struct ktap_rec *rec = ring->text;

	*rec = (struct ktap_rec){
		.size = sizeof(*rec) + sizeof(lost),
		.type = KTAP_REC_LOST,
		.cpu = cpu,
		.ts = ts,
	};
	memcpy(rec + 1, &lost, sizeof(lost));
	return give(ring, given);
}

/* Tell what was lost before the next record of a CPU. */
static int give_lost(struct ktap_ring *ring, struct given *given, struct ktap_ring_src *src)
{
	struct ktap_ring_told *told = &ring->told[src->cpu];
	/* Whoever interrupted the writer has the lesser count, but comes later. */
	s32 lost = max((s32)(src->rec->lost - (u32)told->lost), 0);
	int ret;

	if (!lost && !src->over)
		return 0;
	ret = give_count(ring, given, src->cpu, src->ts, lost + src->over);
	if (ret)
		return ret;
	told->lost += lost;
	told->over += src->over;
	src->over = 0;
	return 0;
}

/* Tell what was lost after the last records, when nobody writes any more. */
static int give_rest(struct ktap_ring *ring, struct given *given, u64 ts)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		unsigned long over = ring_buffer_overrun_cpu(ring->buffer, cpu);
		unsigned long lost = local_read(per_cpu_ptr(ring->lost, cpu));
		struct ktap_ring_told *told = &ring->told[cpu];
		u64 count = (lost - told->lost) + (u64)(over - told->over);
		int ret;

		if (!count)
			continue;
		ret = give_count(ring, given, cpu, ts, count);
		if (ret)
			return ret;
		told->lost = lost;
		told->over = over;
	}
	return 0;
}

/* Give the next record to the reader, and first tell what was lost. */
static int give_next(struct ktap_ring *ring, struct given *given, struct ktap_ring_src *src)
{
	bool last = src->rec->type == KTAP_REC_END;
	int ret;

	ret = last ? give_rest(ring, given, src->ts) : give_lost(ring, given, src);
	if (ret)
		return ret;
	ring_convert(ring, src->rec, src->cpu, src->ts);
	ret = give(ring, given);
	if (ret)
		return ret;
	if (last)
		WRITE_ONCE(ring->eof, true);
	ring_buffer_consume(src->buffer, src->cpu, NULL, NULL);
	src->rec = NULL;
	src_peek(src);
	return 0;
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
	struct given given = { .to = ubuf, .size = size };
	struct ktap_ring_src *src;
	int ret = 0;

	while (!ret && (src = ring_next(ring))) {
		ret = give_next(ring, &given, src);
		/* Writers may be as fast, and the buffer long. */
		if (given.done && signal_pending(current))
			break;
		cond_resched();
	}
	/* Others may wait for a record as well. */
	if (ring->eof)
		ktap_ring_wake(ring);

	/* Pairs with smp_load_acquire() in ktap_ring_seq(). */
	smp_store_release(&ring->seq, ring->seq + 1);
	wake_up(&ring->room);
	return given.done ?: ret;
}
