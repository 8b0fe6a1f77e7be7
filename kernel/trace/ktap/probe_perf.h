/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Counters of perf, for the event sources that are made of them
 */
#ifndef _KTAP_PROBE_PERF_H
#define _KTAP_PROBE_PERF_H

#include <linux/perf_event.h>

#include "ktap.h"

/* What can be read from an overflow. */
enum ktap_perf_item {
	KTAP_PERF_NONE,
	KTAP_PERF_IP,
	KTAP_PERF_ADDR,
	KTAP_PERF_PERIOD,
	KTAP_PERF_ITEMS
};

/* Most of them that one kind has. */
#define KTAP_PERF_MAX_ITEMS	3

struct ktap_perf;

/**
 * struct ktap_perf_kind - a kind of event that is a counter
 * @ops: its operations
 * @prefix: what the name of an event begins with, where the program has none
 * @suffix: what it ends with
 * @order: by number, what can be read; &enum ktap_perf_item
 * @handler: called when a counter overflows
 * @parse: find what is to be counted
 * @refused: tell why the kernel does not count it
 */
struct ktap_perf_kind {
	const struct ktap_probe_ops *ops;
	const char *prefix;
	const char *suffix;
	u8 order[KTAP_PERF_MAX_ITEMS];
	perf_overflow_handler_t handler;
	int (*parse)(struct ktap_perf *pa, char *spec, struct ktap_log *log);
	int (*refused)(const struct ktap_perf *pa, int err, struct ktap_log *log);
};

/**
 * struct ktap_perf_counter - what an attachment has on one CPU
 * @event: counter, or NULL
 * @nmi: of a profile timer, the counter of cycles, or NULL
 * @gen: generation of the CPU when they were made
 * @ticks: how often the clock of a profile timer ran the handler
 * @nmi_ticks: how often @nmi did
 * @first: when the clock ran first, in nanoseconds of the monotonic clock, or 0
 * @last: when it did so last
 * @nmi_last: when the handler was run for @nmi last
 * @throttled: how often @nmi, or if there is none @event, was held back
 *
 * The last six are written by the CPU while @event is enabled.
 */
struct ktap_perf_counter {
	struct perf_event *event;
	struct perf_event *nmi;
	unsigned int gen;
	u64 ticks;
	u64 nmi_ticks;
	u64 first;
	u64 last;
	u64 nmi_last;
	u64 throttled;
};

/**
 * struct ktap_perf - counters of all CPUs
 * @att: attachment
 * @node: in @perf_enabled
 * @kind: kind of event
 * @attr: what is counted
 * @period: of a profile timer, in nanoseconds
 * @enabled: counters are to count
 * @ticks: ticks of a profile timer that were lost
 * @throttled: how often counters were held back
 * @uncounted: microseconds for which counters were to count, and were not
 * @cpus: the counters
 * @items: by index of the program's fields, &enum ktap_perf_item
 */
struct ktap_perf {
	struct ktap_attach att;
	struct list_head node;
	const struct ktap_perf_kind *kind;
	struct perf_event_attr attr;
	u64 period;
	bool enabled;
	u64 ticks;
	u64 throttled;
	u64 uncounted;
	struct ktap_perf_counter __percpu *cpus;
	u8 items[];
};

int ktap_perf_attach(struct ktap_sess *sess, u32 event,
		     const struct ktap_perf_kind *kind, struct ktap_log *log);
int ktap_perf_enable(struct ktap_attach *att);
void ktap_perf_disable(struct ktap_attach *att);
void ktap_perf_sync(void);
void ktap_perf_free(struct ktap_attach *att);
int ktap_perf_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val);
int ktap_perf_text(struct ktap_exec *exec, struct ktap_value *val);
void ktap_perf_overflow(struct perf_event *event, struct perf_sample_data *data,
			struct pt_regs *regs);

/* All that operations have in common: everything but @attach. */
#define KTAP_PERF_OPS							\
	.enable		= ktap_perf_enable,				\
	.disable	= ktap_perf_disable,				\
	.sync		= ktap_perf_sync,				\
	.free		= ktap_perf_free,				\
	.field		= ktap_perf_field,				\
	.text		= ktap_perf_text

#endif /* _KTAP_PROBE_PERF_H */
