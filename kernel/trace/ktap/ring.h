/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The record buffer
 */
#ifndef _KTAP_RING_H
#define _KTAP_RING_H

#include <linux/ktap.h>
#include <linux/ktap_bc.h>
#include <linux/percpu.h>
#include <linux/poll.h>
#include <linux/ring_buffer.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <asm/local.h>

#define KTAP_RING_DEFAULT	(512U << 10)
#define KTAP_RING_MIN		(16U << 10)
#define KTAP_RING_MAX		BIT(30)

struct ktap_ring_src;
struct ktap_ring_told;
struct trace_iterator;

/**
 * struct ktap_ring - record buffer of a session
 * @buffer: buffer of ring_buffer.c
 * @kept: that of records which must not be overwritten; may be the same
 * @max: longest record in bytes
 * @lost: of each CPU, how many records were not written
 * @room: who waits for room
 * @seq: changed when there may be room
 * @eof: KTAP_REC_END was read
 *
 * What follows is in use with the reader's lock held.
 *
 * @iter: for the text of events
 * @text: one record as it is given to the reader
 * @told: of each CPU, which losses were told
 * @srcs: where records come from
 * @nr_srcs: their number
 * @src: where the last one came from, or NULL
 * @bound: up to when records of @src come before those of others
 * @horizon: when those were looked at that have no records
 */
struct ktap_ring {
	struct trace_buffer *buffer;
	struct trace_buffer *kept;
	u32 max;
	local_t __percpu *lost;
	wait_queue_head_t room;
	unsigned int seq;
	bool eof;
	struct trace_iterator *iter;
	void *text;
	struct ktap_ring_told *told;
	struct ktap_ring_src *srcs;
	u32 nr_srcs;
	struct ktap_ring_src *src;
	u64 bound;
	u64 horizon;
};

/**
 * struct ktap_ring_rec - a record in the buffer
 * @type: &enum ktap_rec_type
 * @len: of @body
 * @lost: how many records of this CPU were not written before, modulo 2^32
 * @body: as the reader gets it, but for addresses and events
 */
struct ktap_ring_rec {
	u16 type;
	u16 len;
	u32 lost;
	char body[];
};

int ktap_ring_create(struct ktap_ring *ring, u32 size, bool overwrite);
void ktap_ring_destroy(struct ktap_ring *ring);
void ktap_ring_lose(struct ktap_ring *ring);
void ktap_ring_wake(struct ktap_ring *ring);
int ktap_ring_wait(struct ktap_ring *ring);
__poll_t ktap_ring_poll(struct ktap_ring *ring, struct file *file,
			struct poll_table_struct *wait);
u64 ktap_ring_overwritten(struct ktap_ring *ring);
ssize_t ktap_ring_read(struct ktap_ring *ring, char __user *ubuf, size_t size);

/**
 * ktap_ring_reserve - Begin a record
 * @ring: record buffer
 * @len: bytes of its body
 * @kept: it must not be overwritten before it was read
 *
 * Context: Any context, NMI included. Disables preemption on success.
 * Return: the record, of which the caller writes all and then calls
 * ktap_ring_commit(); or NULL if there is no room.
 */
static __always_inline struct ktap_ring_rec *ktap_ring_reserve(struct ktap_ring *ring,
							       u32 len, bool kept)
{
	struct ring_buffer_event *event;
	struct ktap_ring_rec *rec;

	event = ring_buffer_lock_reserve(kept ? ring->kept : ring->buffer,
					 struct_size(rec, body, len));
	if (unlikely(!event))
		return NULL;
	rec = ring_buffer_event_data(event);
	rec->len = len;
	rec->lost = local_read(this_cpu_ptr(ring->lost));
	return rec;
}

/**
 * ktap_ring_commit - End a record
 * @ring: record buffer
 * @kept: as for ktap_ring_reserve()
 *
 * Context: Any context, NMI included. As ktap_ring_reserve() left it.
 */
static __always_inline void ktap_ring_commit(struct ktap_ring *ring, bool kept)
{
	ring_buffer_unlock_commit(kept ? ring->kept : ring->buffer);
}

/**
 * ktap_ring_seq - What changes when there may be room
 * @ring: record buffer
 *
 * Context: Any context.
 * Return: a number to compare with a later one.
 */
static inline unsigned int ktap_ring_seq(struct ktap_ring *ring)
{
	/* Pairs with smp_store_release() in ktap_ring_read(). */
	return smp_load_acquire(&ring->seq);
}

#endif /* _KTAP_RING_H */
