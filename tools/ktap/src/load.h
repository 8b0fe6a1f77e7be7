/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The ioctls of the control file
 */
#ifndef _KTAP_LOAD_H
#define _KTAP_LOAD_H

#include <linux/ktap.h>

#include "image.h"

/**
 * struct limits - what a session may use; 0 is the kernel's default
 * @heap: memory for tables and strings, in bytes
 * @ring: record buffer of each CPU, in bytes
 * @overwrite: when that is full the oldest records are lost, not the new ones
 * @probe_budget: instructions that a handler may run
 * @proc_budget: the same for main and trace_end
 */
struct limits {
	uint64_t heap;
	uint32_t ring;
	bool overwrite;
	uint64_t probe_budget;
	uint64_t proc_budget;
};

/**
 * struct start - how a session begins
 * @flags: KTAP_START_*
 * @pid: process to trace, with KTAP_START_PID
 * @cpu: CPU to trace, with KTAP_START_CPU
 * @names: all places are to be named that @skipped counts
 * @event: out, index of the event that could not be attached, or KTAP_IMG_NONE
 * @attached: out, number of attachments
 * @skipped: out, number of places that a glob meant and that cannot be attached to
 */
struct start {
	uint32_t flags;
	int32_t pid;
	uint32_t cpu;
	bool names;
	uint32_t event;
	uint32_t attached;
	uint32_t skipped;
};

int ktap_load_image(int fd, const struct image_view *image,
		    const struct limits *limits, struct strbuf *log);
int ktap_load_start(int fd, struct strbuf *log, struct start *start);
int ktap_load_stop(int fd, bool now);
int ktap_load_stats(int fd, uint64_t stats[KTAP_STAT_NR], uint64_t *heap_size,
		    uint64_t *heap_used);
int ktap_load_query(int fd, struct ktap_query *query);

#endif /* _KTAP_LOAD_H */
