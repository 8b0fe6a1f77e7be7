/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The record buffer
 */
#ifndef _KTAP_RING_H
#define _KTAP_RING_H

#include <linux/ktap.h>
#include <linux/ktap_bc.h>
#include <linux/ring_buffer.h>
#include <linux/types.h>
#include <linux/wait.h>

#define KTAP_RING_DEFAULT	(512U << 10)
#define KTAP_RING_MIN		(16U << 10)
#define KTAP_RING_MAX		BIT(30)

struct trace_iterator;

/**
 * struct ktap_ring - record buffer of a session
 * @buffer: buffer of ring_buffer.c
 * @max: longest record in bytes
 * @room: who waits for room
 * @seq: changed when there may be room
 * @eof: KTAP_REC_END was read
 * @iter: for the text of events; in use with the reader's lock held
 * @text: one record as it is given to the reader
 */
struct ktap_ring {
	struct trace_buffer *buffer;
	u32 max;
	wait_queue_head_t room;
	unsigned int seq;
	bool eof;
	struct trace_iterator *iter;
	void *text;
};

/**
 * struct ktap_ring_rec - a record in the buffer
 * @type: &enum ktap_rec_type
 * @nr: number of values, for KTAP_REC_PRINT and KTAP_REC_PRINTF
 * @len: of @body
 * @body: as the reader gets it, but for values of type KTAP_T_EVENT
 */
struct ktap_ring_rec {
	u16 type;
	u16 nr;
	u32 len;
	char body[];
};

int ktap_ring_create(struct ktap_ring *ring, u32 size);
void ktap_ring_destroy(struct ktap_ring *ring);
struct ktap_ring_rec *ktap_ring_reserve(struct ktap_ring *ring, u32 len);
void ktap_ring_commit(struct ktap_ring *ring);
void ktap_ring_wake(struct ktap_ring *ring);
ssize_t ktap_ring_read(struct ktap_ring *ring, char __user *ubuf, size_t size);

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
