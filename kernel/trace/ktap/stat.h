/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Statistics that any context can feed
 *
 * A statistic is a block with one part for each CPU, made when something is first
 * fed there, so that CPUs don't fight for cache lines. What comes on a CPU while it
 * feeds a part, an NMI at worst, may feed the same part: each number in it is
 * changed by one atomic operation, and none depends on another one. Nothing is
 * lost, and nobody waits.
 *
 * The sum of squares is 128 bits in two words. What is added to the lower one
 * tells by its result whether there is a carry, which is then added to the upper
 * one: each carry is seen by exactly one feeder, so the sum is exact when all
 * have done.
 *
 * A part counts the ranges of a histogram in blocks of KTAP_RANGES_PER_BLOCK
 * counters. A directory names them, and both are made when they are needed: a
 * histogram of like values takes little memory, however many ranges it has.
 *
 * Reading merges the parts. It takes no lock, so what is being fed may be in some
 * of the numbers and not yet in others. The count comes last: a part that has one
 * has a least and a greatest value.
 *
 * The slots that name parts, directories and blocks go from 0 to an index by
 * compare and exchange, and whoever frees what they name leaves KTAP_SLOT_DEAD
 * in them (or 0 in those of a statistic that is emptied). So who fills a slot
 * late fails, and nothing is attached to what is gone. A feeder that still has a
 * part which was taken out has fed before that.
 */
#ifndef _KTAP_STAT_H
#define _KTAP_STAT_H

#include "heap.h"

#define KTAP_RANGES_PER_BLOCK	15
#define KTAP_SLOT_DEAD		U32_MAX

/**
 * struct ktap_agg - how a statistic counts
 * @kind: &enum ktap_agg_kind
 * @param: parameters, see &struct ktap_val_stat
 */
struct ktap_agg {
	u32 kind;
	s64 param[4];
};

/**
 * struct ktap_statistic - a statistic
 * @obj: header
 * @agg: how it counts
 * @part: by CPU, index of its &struct ktap_part, or 0
 */
struct ktap_statistic {
	struct ktap_object obj;
	struct ktap_agg agg;
	atomic_t part[];
};

/**
 * struct ktap_part - what was fed on one CPU
 * @block: header
 * @dir: slot of the directory of a histogram
 * @count: number of values
 * @sum: their sum, which wraps
 * @min: the least one
 * @max: the greatest one
 * @sq_lo: lower half of the sum of their squares
 * @sq_hi: upper half
 */
struct ktap_part {
	struct ktap_block block;
	atomic_t dir;
	atomic64_t count;
	atomic64_t sum;
	atomic64_t min;
	atomic64_t max;
	atomic64_t sq_lo;
	atomic64_t sq_hi;
};

/**
 * struct ktap_stat_sum - what a statistic comes to
 * @agg: how it counts
 * @count: number of values; if it is 0 the rest is 0
 * @sum: their sum, modulo 2^64
 * @min: the least one
 * @max: the greatest one
 * @avg: @sum by @count, rounded towards zero
 * @stddev: standard deviation of the population, rounded down
 */
struct ktap_stat_sum {
	struct ktap_agg agg;
	u64 count;
	s64 sum;
	s64 min;
	s64 max;
	s64 avg;
	s64 stddev;
};

const char *ktap_agg_check(const struct ktap_agg *agg);
u32 ktap_agg_range(const struct ktap_agg *agg, s64 val);

u64 ktap_stat_create(struct ktap_heap *heap, u32 *pin, const struct ktap_agg *agg);
void ktap_stat_free(struct ktap_heap *heap, u32 idx);
int ktap_stat_feed(struct ktap_heap *heap, u32 *pin, u64 ref, s64 by);
bool ktap_stat_feed_filled(struct ktap_heap *heap, u32 idx, s64 by);
void ktap_stat_reset(struct ktap_heap *heap, u64 ref);
int ktap_stat_sum(struct ktap_heap *heap, u64 ref, struct ktap_stat_sum *sum);
u32 ktap_stat_ranges(struct ktap_heap *heap, u64 ref, u32 *from,
		     struct ktap_val_range *ranges, u32 max);

#endif /* _KTAP_STAT_H */
