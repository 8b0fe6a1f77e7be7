// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Statistics that any context can feed
 *
 * The structure and the rules of concurrent use are told in stat.h.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "stat.h"

/* Ranges of hist(): 64 powers of two on both sides of 0. */
#define HIST_ZERO	64
#define HIST_RANGES	(2 * HIST_ZERO + 1)
/* Those of the others begin with one for what is too small. */
#define LHIST_FIRST	1

/**
 * struct stat_dir - directory of a histogram
 * @block: header
 * @nr: number of @counts
 * @counts: slots of &struct stat_counts
 */
struct stat_dir {
	struct ktap_block block;
	u32 nr;
	atomic_t counts[];
};

/**
 * struct stat_counts - counters of ranges that follow each other
 * @block: header
 * @count: one for each range
 */
struct stat_counts {
	struct ktap_block block;
	atomic64_t count[KTAP_RANGES_PER_BLOCK];
};

/*
 * Ranges
 */

static u64 lhist_steps(const struct ktap_agg *agg)
{
	u64 span = (u64)agg->param[1] - (u64)agg->param[0];
	u64 step = agg->param[2];

	return div64_u64(span - 1, step) + 1;
}

/* How many steps there are up to a power of the base, from the one before. */
static u64 llhist_steps(const struct ktap_agg *agg, u64 this, u64 next)
{
	u64 steps = agg->param[3];

	/* None is smaller than 1. */
	if (next < steps)
		return next - this;
	return steps - div64_u64(steps, agg->param[0]);
}

/*
 * The range of a value in llhist(); as the last one is that of S64_MAX, this tells
 * how many there are as well.
 */
static u64 llhist_range(const struct ktap_agg *agg, s64 val)
{
	u64 base = agg->param[0], this = 1, range = LHIST_FIRST;
	s64 power;

	for (power = 0; power < agg->param[1]; power++)
		this *= base;
	if (val < (s64)this)
		return 0;
	for (; power <= agg->param[2]; power++) {
		u64 next = this * base, steps = agg->param[3];

		if (val < (s64)next)
			return range + div64_u64(val - this, next < steps ? 1 :
						 div64_u64(next, steps));
		range += llhist_steps(agg, this, next);
		this = next;
	}
	return range;
}

static u32 agg_nr_ranges(const struct ktap_agg *agg)
{
	switch (agg->kind) {
	case KTAP_AGG_HIST:
		return HIST_RANGES;
	case KTAP_AGG_LHIST:
	case KTAP_AGG_LLHIST:
		return ktap_agg_range(agg, S64_MAX) + 1;
	default:
		return 0;
	}
}

/* The number by which user space knows the first range. */
static s32 agg_first(const struct ktap_agg *agg)
{
	return agg->kind == KTAP_AGG_HIST ? -HIST_ZERO : -LHIST_FIRST;
}

static const char *lhist_check(const struct ktap_agg *agg)
{
	if (agg->param[1] <= agg->param[0])
		return "the second argument has to be greater than the first";
	if (agg->param[2] <= 0)
		return "the step has to be greater than 0";
	if (lhist_steps(agg) > KTAP_MAX_RANGES - 2)
		return "there are too many steps";
	return NULL;
}

static const char *llhist_check(const struct ktap_agg *agg)
{
	s64 base = agg->param[0], low = agg->param[1], high = agg->param[2];
	s64 steps = agg->param[3], next = 1;
	s64 power;
	u64 rest;

	if (base < 2 || base > 100)
		return "the base has to be from 2 to 100";
	if (low < 0 || high < low)
		return "the powers have to be 0 or more, and in order";
	/* They fit into 64 bits up to the one behind the last. */
	for (power = 0; power <= high; power++) {
		if (check_mul_overflow(next, base, &next))
			return "the highest power is too large";
	}
	div64_u64_rem(steps, base, &rest);
	if (steps < base || rest)
		return "the number of steps has to be a multiple of the base";
	/* From the first power on that has so many, all are divisible. */
	for (power = 0, next = 1; power <= high; power++) {
		next *= base;
		if (power < low || next < steps)
			continue;
		div64_u64_rem(next, steps, &rest);
		if (rest)
			return "the number of steps has to divide the powers of the base";
		break;
	}
	if (llhist_range(agg, S64_MAX) >= KTAP_MAX_RANGES)
		return "there are too many steps";
	return NULL;
}

/**
 * ktap_agg_check - Check the parameters of a statistic
 * @agg: how it shall count
 *
 * Context: Any context, NMI included.
 * Return: NULL if they are right, or what is wrong with them.
 */
const char *ktap_agg_check(const struct ktap_agg *agg)
{
	switch (agg->kind) {
	case KTAP_AGG_LHIST:
		return lhist_check(agg);
	case KTAP_AGG_LLHIST:
		return llhist_check(agg);
	default:
		return NULL;
	}
}

/**
 * ktap_agg_range - The range that a value is in
 * @agg: how a histogram counts; checked by ktap_agg_check()
 * @val: value
 *
 * Context: Any context, NMI included.
 * Return: number of the range, from 0.
 */
u32 ktap_agg_range(const struct ktap_agg *agg, s64 val)
{
	switch (agg->kind) {
	case KTAP_AGG_HIST:
		return val < 0 ? HIST_ZERO - fls64(-(u64)val) : HIST_ZERO + fls64(val);
	case KTAP_AGG_LHIST:
		if (val < agg->param[0])
			return 0;
		if (val >= agg->param[1])
			return LHIST_FIRST + lhist_steps(agg);
		return LHIST_FIRST + div64_u64((u64)val - (u64)agg->param[0],
					       agg->param[2]);
	case KTAP_AGG_LLHIST:
		return llhist_range(agg, val);
	default:
		return 0;
	}
}

/*
 * 128 bits
 */

struct wide {
	u64 lo;
	u64 hi;
};

static struct wide wide_square(u64 val)
{
	u64 a = val >> 32, b = (u32)val, ab = a * b;
	struct wide sq;

	if (likely(!a))
		return (struct wide){ .lo = b * b };
	/* (a * 2^32 + b)^2; twice the product of a and b has up to 65 bits. */
	sq.lo = b * b + (ab << 33);
	sq.hi = a * a + (ab >> 31) + (sq.lo < b * b);
	return sq;
}

static void wide_add(struct wide *to, struct wide by)
{
	to->lo += by.lo;
	to->hi += by.hi + (to->lo < by.lo);
}

static bool wide_less(struct wide a, struct wide b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

/* Divide by long division, bit by bit. Returns the remainder. */
static u64 wide_div(struct wide *num, u64 by)
{
	u64 rest = 0;
	int i;

	for (i = 0; i < 128; i++) {
		bool over = rest >> 63;

		rest = rest << 1 | num->hi >> 63;
		num->hi = num->hi << 1 | num->lo >> 63;
		num->lo <<= 1;
		if (over || rest >= by) {
			rest -= by;
			num->lo |= 1;
		}
	}
	return rest;
}

/* The square root, rounded down, bit by bit. */
static u64 wide_sqrt(struct wide num)
{
	u64 root = 0;
	int i;

	for (i = 63; i >= 0; i--) {
		u64 more = root | BIT_ULL(i);

		if (!wide_less(num, wide_square(more)))
			root = more;
	}
	return root;
}

static u64 magnitude(s64 val)
{
	return val < 0 ? -(u64)val : val;
}

/*
 * The standard deviation of n values whose sum is S and whose squares add up to Q
 * is the root of Q / n - (S / n)^2. Its floor is the greatest integer d for which
 * n d^2 <= Q - S^2 / n, and as the left side is an integer, that of the root of
 * (Q - ceil(S^2 / n)) / n, which may then be rounded down as well.
 */
static s64 stddev(u64 count, s64 sum, struct wide squares)
{
	struct wide mean = wide_square(magnitude(sum));

	if (wide_div(&mean, count))
		wide_add(&mean, (struct wide){ .lo = 1 });
	/* So if the sum has wrapped, or while others feed. */
	if (wide_less(squares, mean))
		return 0;
	squares.hi -= mean.hi + (squares.lo < mean.lo);
	squares.lo -= mean.lo;
	wide_div(&squares, count);
	return min_t(u64, wide_sqrt(squares), S64_MAX);
}

/*
 * Memory
 */

static struct ktap_part *part_at(struct ktap_heap *heap, const atomic_t *slot)
{
	u32 idx = atomic_read(slot);

	return idx && idx != KTAP_SLOT_DEAD ? ktap_heap_block(heap, idx) : NULL;
}

static struct stat_counts *counts_at(struct ktap_heap *heap,
				     const struct ktap_part *part, u32 nr)
{
	struct stat_dir *dir;
	u32 idx;

	idx = atomic_read(&part->dir);
	if (!idx || idx == KTAP_SLOT_DEAD)
		return NULL;
	dir = ktap_heap_block(heap, idx);
	idx = atomic_read(&dir->counts[nr]);
	return idx && idx != KTAP_SLOT_DEAD ? ktap_heap_block(heap, idx) : NULL;
}

/**
 * ktap_stat_create - Make a statistic
 * @heap: heap
 * @pin: pin in use; as for ktap_heap_alloc()
 * @agg: how it counts; checked by ktap_agg_check()
 *
 * Context: Probe context: preemption off, slot held.
 * Return: a reference, or 0 if the heap is full.
 */
u64 ktap_stat_create(struct ktap_heap *heap, u32 *pin, const struct ktap_agg *agg)
{
	struct ktap_statistic *stat;
	u32 idx, i;

	idx = ktap_heap_alloc(heap, pin, struct_size(stat, part, heap->nr_pins));
	if (!idx)
		return 0;
	stat = ktap_heap_block(heap, idx);
	stat->agg = *agg;
	for (i = 0; i < heap->nr_pins; i++)
		atomic_set(&stat->part[i], 0);
	return ktap_heap_publish(heap, idx, KTAP_KIND_STAT);
}

/* Free what a slot names, if there is anything. */
static void slot_free(struct ktap_heap *heap, u32 idx)
{
	if (idx && idx != KTAP_SLOT_DEAD)
		ktap_heap_free(heap, idx);
}

static void part_free(struct ktap_heap *heap, u32 idx)
{
	struct ktap_part *part = ktap_heap_block(heap, idx);
	u32 at = atomic_xchg(&part->dir, KTAP_SLOT_DEAD);
	u32 i;

	if (at && at != KTAP_SLOT_DEAD) {
		struct stat_dir *dir = ktap_heap_block(heap, at);

		for (i = 0; i < dir->nr; i++)
			slot_free(heap, atomic_xchg(&dir->counts[i], KTAP_SLOT_DEAD));
		ktap_heap_free(heap, at);
	}
	ktap_heap_free(heap, idx);
}

/**
 * ktap_stat_free - Free a statistic
 * @heap: heap, with a pin in use
 * @idx: index of the statistic, which belongs to the caller
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_stat_free(struct ktap_heap *heap, u32 idx)
{
	struct ktap_statistic *stat = ktap_heap_block(heap, idx);
	u32 i;

	for (i = 0; i < heap->nr_pins; i++) {
		u32 part = atomic_xchg(&stat->part[i], KTAP_SLOT_DEAD);

		if (part)
			part_free(heap, part);
	}
	ktap_heap_free(heap, idx);
}

/**
 * ktap_stat_reset - Forget what a statistic was fed
 * @heap: heap, with a pin in use
 * @ref: reference to the statistic
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_stat_reset(struct ktap_heap *heap, u64 ref)
{
	struct ktap_statistic *stat = ktap_heap_find(heap, KTAP_KIND_STAT, ref);
	u32 i;

	if (!stat)
		return;
	for (i = 0; i < heap->nr_pins; i++) {
		int part = atomic_read(&stat->part[i]);

		/* If others reset or free it, they have this part too. */
		if (part && (u32)part != KTAP_SLOT_DEAD &&
		    atomic_try_cmpxchg(&stat->part[i], &part, 0))
			part_free(heap, part);
	}
}

/*
 * Feeding
 */

/* What a slot can name. */
enum block_type {
	BLOCK_PART,
	BLOCK_DIR,
	BLOCK_COUNTS,
};

/**
 * struct spare - a block for an empty slot
 * @idx: its index, or 0
 * @type: what it is, or has to be
 * @nr: number of slots of a directory
 */
struct spare {
	u32 idx;
	enum block_type type;
	u32 nr;
};

/* Make the block that is needed, in place of another one that was not. */
static int spare_make(struct ktap_heap *heap, u32 *pin, struct spare *spare)
{
	struct stat_counts *counts;
	struct ktap_part *part;
	struct stat_dir *dir;
	u32 i;

	slot_free(heap, spare->idx);
	switch (spare->type) {
	case BLOCK_PART:
		spare->idx = ktap_heap_alloc(heap, pin, sizeof(*part));
		if (!spare->idx)
			return -ENOMEM;
		part = ktap_heap_block(heap, spare->idx);
		atomic_set(&part->dir, 0);
		atomic64_set(&part->count, 0);
		atomic64_set(&part->sum, 0);
		atomic64_set(&part->min, S64_MAX);
		atomic64_set(&part->max, S64_MIN);
		atomic64_set(&part->sq_lo, 0);
		atomic64_set(&part->sq_hi, 0);
		return 0;
	case BLOCK_DIR:
		spare->idx = ktap_heap_alloc(heap, pin,
					     struct_size(dir, counts, spare->nr));
		if (!spare->idx)
			return -ENOMEM;
		dir = ktap_heap_block(heap, spare->idx);
		dir->nr = spare->nr;
		for (i = 0; i < dir->nr; i++)
			atomic_set(&dir->counts[i], 0);
		return 0;
	default:
		spare->idx = ktap_heap_alloc(heap, pin, sizeof(*counts));
		if (!spare->idx)
			return -ENOMEM;
		counts = ktap_heap_block(heap, spare->idx);
		for (i = 0; i < ARRAY_SIZE(counts->count); i++)
			atomic64_set(&counts->count[i], 0);
		return 0;
	}
}

/*
 * The block that a slot names, which is @spare if the slot was empty and that is of
 * the right type. Else NULL is returned, and @ret is -ENOBUFS if such a block is
 * needed or -EAGAIN if the slot is dead. As making a block ends the section, all has
 * to be looked up again then.
 */
static void *slot_block(struct ktap_heap *heap, atomic_t *slot,
			enum block_type type, struct spare *spare, int *ret)
{
	int idx = atomic_read(slot);

	if (unlikely(!idx)) {
		if (!spare->idx || spare->type != type) {
			spare->type = type;
			*ret = -ENOBUFS;
			return NULL;
		}
		if (atomic_try_cmpxchg(slot, &idx, spare->idx)) {
			idx = spare->idx;
			spare->idx = 0;
		}
	}
	if (unlikely((u32)idx == KTAP_SLOT_DEAD)) {
		*ret = -EAGAIN;
		return NULL;
	}
	return ktap_heap_block(heap, idx);
}

static void part_feed(struct ktap_part *part, atomic64_t *range, s64 by)
{
	struct wide sq = wide_square(magnitude(by));
	s64 min = atomic64_read(&part->min);
	s64 max = atomic64_read(&part->max);

	while (by < min && !atomic64_try_cmpxchg(&part->min, &min, by))
		;
	while (by > max && !atomic64_try_cmpxchg(&part->max, &max, by))
		;
	atomic64_add(by, &part->sum);
	if ((u64)atomic64_add_return(sq.lo, &part->sq_lo) < sq.lo)
		sq.hi++;
	if (sq.hi)
		atomic64_add(sq.hi, &part->sq_hi);
	if (range)
		atomic64_inc(range);
	/* After all the rest, so with a full barrier. Pairs with part_add(). */
	atomic64_inc_return(&part->count);
}

/* The block that a slot names, or NULL if it is empty or dead. */
static __always_inline void *slot_filled(struct ktap_heap *heap, const atomic_t *slot)
{
	u32 idx = atomic_read(slot);

	return likely(idx && idx != KTAP_SLOT_DEAD) ? ktap_heap_block(heap, idx) : NULL;
}

static __always_inline bool feed_filled(struct ktap_heap *heap,
					struct ktap_statistic *stat, u32 cpu, s64 by)
{
	struct ktap_part *part = slot_filled(heap, &stat->part[cpu]);
	struct stat_counts *counts;
	atomic64_t *range = NULL;
	struct stat_dir *dir;
	u32 nr;

	if (unlikely(!part))
		return false;
	if (stat->agg.kind != KTAP_AGG_STAT) {
		dir = slot_filled(heap, &part->dir);
		if (unlikely(!dir))
			return false;
		nr = ktap_agg_range(&stat->agg, by);
		counts = slot_filled(heap, &dir->counts[nr / KTAP_RANGES_PER_BLOCK]);
		if (unlikely(!counts))
			return false;
		range = &counts->count[nr % KTAP_RANGES_PER_BLOCK];
	}
	part_feed(part, range, by);
	return true;
}

/* Any part does: what is on the same CPU only meets in fewer places. */
static __always_inline u32 this_part(const struct ktap_heap *heap)
{
	return min_t(u32, raw_smp_processor_id(), heap->nr_pins - 1);
}

/**
 * ktap_stat_feed_filled - Feed a statistic, if there is a block for all that counts
 * @heap: heap, with a pin in use
 * @idx: index of the statistic
 * @by: value
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true if it was done.
 */
bool ktap_stat_feed_filled(struct ktap_heap *heap, u32 idx, s64 by)
{
	return feed_filled(heap, ktap_heap_block(heap, idx), this_part(heap), by);
}

/* One attempt; see slot_block(). */
static int stat_feed(struct ktap_heap *heap, u64 ref, u32 cpu, s64 by,
		     struct spare *spare)
{
	struct ktap_statistic *stat = ktap_heap_find(heap, KTAP_KIND_STAT, ref);
	struct stat_counts *counts;
	atomic64_t *range = NULL;
	struct ktap_part *part;
	struct stat_dir *dir;
	int ret = 0;
	u32 nr;

	if (unlikely(!stat))
		return -ESTALE;
	part = slot_block(heap, &stat->part[cpu], BLOCK_PART, spare, &ret);
	if (unlikely(!part))
		return ret == -EAGAIN ? -ESTALE : ret;
	if (stat->agg.kind != KTAP_AGG_STAT) {
		nr = ktap_agg_range(&stat->agg, by);
		if (!atomic_read(&part->dir))
			spare->nr = DIV_ROUND_UP(agg_nr_ranges(&stat->agg),
						 KTAP_RANGES_PER_BLOCK);
		dir = slot_block(heap, &part->dir, BLOCK_DIR, spare, &ret);
		if (unlikely(!dir))
			return ret;
		counts = slot_block(heap, &dir->counts[nr / KTAP_RANGES_PER_BLOCK],
				    BLOCK_COUNTS, spare, &ret);
		if (unlikely(!counts))
			return ret;
		range = &counts->count[nr % KTAP_RANGES_PER_BLOCK];
	}
	part_feed(part, range, by);
	return 0;
}

/**
 * ktap_stat_feed - Feed a statistic
 * @heap: heap
 * @pin: pin in use; as for ktap_heap_alloc()
 * @ref: reference to the statistic
 * @by: value
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, -ESTALE if the statistic is gone, or -ENOMEM if the heap is full.
 */
int ktap_stat_feed(struct ktap_heap *heap, u32 *pin, u64 ref, s64 by)
{
	u32 cpu = this_part(heap);
	struct spare spare = {};
	int ret;

	do {
		ret = stat_feed(heap, ref, cpu, by, &spare);
		if (ret == -ENOBUFS)
			ret = spare_make(heap, pin, &spare) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	slot_free(heap, spare.idx);
	return ret;
}

/*
 * Reading
 */

static void part_add(const struct ktap_part *part, struct ktap_stat_sum *sum,
		     struct wide *squares)
{
	u64 count = atomic64_read(&part->count);
	struct wide sq;

	if (!count)
		return;
	/* What was counted is in the rest. Pairs with part_feed(). */
	smp_mb();
	sum->min = sum->count ? min(sum->min, atomic64_read(&part->min)) :
				atomic64_read(&part->min);
	sum->max = sum->count ? max(sum->max, atomic64_read(&part->max)) :
				atomic64_read(&part->max);
	sum->sum += (u64)atomic64_read(&part->sum);
	sum->count += count;
	sq.lo = atomic64_read(&part->sq_lo);
	sq.hi = atomic64_read(&part->sq_hi);
	wide_add(squares, sq);
}

/**
 * ktap_stat_sum - What a statistic comes to
 * @heap: heap, with a pin in use
 * @ref: reference to the statistic
 * @sum: the numbers
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; or -ENOENT if the statistic is gone, with all numbers 0.
 */
int ktap_stat_sum(struct ktap_heap *heap, u64 ref, struct ktap_stat_sum *sum)
{
	const struct ktap_statistic *stat = ktap_heap_find(heap, KTAP_KIND_STAT, ref);
	struct wide squares = {};
	u32 i;

	memset(sum, 0, sizeof(*sum));
	if (!stat)
		return -ENOENT;
	sum->agg = stat->agg;
	for (i = 0; i < heap->nr_pins; i++) {
		const struct ktap_part *part = part_at(heap, &stat->part[i]);

		if (part)
			part_add(part, sum, &squares);
	}
	if (sum->count) {
		sum->avg = div64_s64(sum->sum, sum->count);
		sum->stddev = stddev(sum->count, sum->sum, squares);
	}
	return 0;
}

/* Add up the counters of ranges from @first on, on all CPUs. */
static void counts_add(struct ktap_heap *heap, const struct ktap_statistic *stat,
		       u32 first, u64 *total)
{
	u32 i, j;

	memset(total, 0, KTAP_RANGES_PER_BLOCK * sizeof(*total));
	for (i = 0; i < heap->nr_pins; i++) {
		const struct ktap_part *part = part_at(heap, &stat->part[i]);
		const struct stat_counts *counts;

		if (!part)
			continue;
		counts = counts_at(heap, part, first / KTAP_RANGES_PER_BLOCK);
		for (j = 0; counts && j < KTAP_RANGES_PER_BLOCK; j++)
			total[j] += atomic64_read(&counts->count[j]);
	}
}

/**
 * ktap_stat_ranges - What was counted in the ranges of a histogram
 * @heap: heap, with a pin in use
 * @ref: reference to the statistic
 * @from: 0 at first; moved on
 * @ranges: those that are not empty, in ascending order
 * @max: how many of them there is room for
 *
 * Context: Probe context: preemption off, slot held.
 * Return: how many were written; less than @max at the end.
 */
u32 ktap_stat_ranges(struct ktap_heap *heap, u64 ref, u32 *from,
		     struct ktap_val_range *ranges, u32 max)
{
	const struct ktap_statistic *stat = ktap_heap_find(heap, KTAP_KIND_STAT, ref);
	u64 total[KTAP_RANGES_PER_BLOCK];
	u32 nr_ranges, nr = 0, i;
	bool have = false;

	if (!stat)
		return 0;
	nr_ranges = agg_nr_ranges(&stat->agg);
	for (i = *from; i < nr_ranges && nr < max; i++) {
		u32 at = i % KTAP_RANGES_PER_BLOCK;

		if (!have || !at)
			counts_add(heap, stat, i - at, total);
		have = true;
		if (!total[at])
			continue;
		ranges[nr].range = agg_first(&stat->agg) + (s32)i;
		ranges[nr].__reserved = 0;
		ranges[nr].count = total[at];
		nr++;
	}
	*from = i;
	return nr;
}
