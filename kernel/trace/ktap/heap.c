// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Memory for what outlives a run, usable from any context
 *
 * How blocks are handed out and when they may be used again is told in heap.h.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "heap.h"

#define TYPE_NAME(name, nr, text)					\
	[KTAP_T_##name] = text,
const char * const ktap_type_names[KTAP_T_NR] = {
	___KTAP_TYPE_MAPPER(TYPE_NAME)
};

#undef TYPE_NAME

/* The first epoch, and what is added for the next one; see @epoch in heap.h. */
#define HEAP_EPOCH	1
#define HEAP_NEXT	2

/* Attempts to advance the epoch while another CPU is in a section. */
#define HEAP_SPINS	512

/* Blocks that one attempt joins at most. */
#define HEAP_JOIN	1024
/* A block from the pool is 2^HEAP_BATCH times as large as needed if possible. */
#define HEAP_BATCH	4

/**
 * ktap_heap_init - Take the memory of a heap
 * @heap: heap
 * @size: bytes for blocks
 * @nr_pins: number of &struct ktap_pins
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL if @size is out of range, or -ENOMEM.
 */
int ktap_heap_init(struct ktap_heap *heap, u64 size, u32 nr_pins)
{
	if (size < KTAP_HEAP_MIN || size > KTAP_HEAP_MAX || size > SIZE_MAX)
		return -EINVAL;

	memset(heap, 0, sizeof(*heap));
	heap->pins = kvcalloc(nr_pins, sizeof(*heap->pins), GFP_KERNEL_ACCOUNT);
	heap->mem = vmalloc_huge(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	heap->kind = kvcalloc(size >> KTAP_UNIT_SHIFT, sizeof(*heap->kind),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!heap->pins || !heap->mem || !heap->kind) {
		ktap_heap_destroy(heap);
		return -ENOMEM;
	}
	heap->nr_pins = nr_pins;
	heap->nr_units = size >> KTAP_UNIT_SHIFT;
	raw_spin_lock_init(&heap->pool_lock);
	atomic_set(&heap->bump, 1);
	atomic_set(&heap->epoch, HEAP_EPOCH);
	return 0;
}

/**
 * ktap_heap_destroy - Give back the memory of a heap
 * @heap: heap, all zero or as ktap_heap_init() left it
 *
 * Context: Process context. May sleep.
 */
void ktap_heap_destroy(struct ktap_heap *heap)
{
	vfree(heap->mem);
	kvfree(heap->kind);
	kvfree(heap->pins);
	heap->mem = NULL;
	heap->kind = NULL;
	heap->pins = NULL;
}

static struct ktap_block *block_at(struct ktap_heap *heap, u32 idx)
{
	return ktap_heap_block(heap, idx);
}

/* Does one pin keep the epoch from being advanced? */
static bool pin_behind(const u32 *pin, u32 epoch)
{
	u32 val = READ_ONCE(*pin);

	return val && val != epoch;
}

/*
 * Advance the epoch. Returns -EAGAIN if a section of an earlier one goes on, and
 * -EDEADLK if it is one that this run has interrupted.
 */
static int heap_advance(struct ktap_heap *heap)
{
	u32 epoch = atomic_read(&heap->epoch);
	u32 i, j;

	/*
	 * What sections unlinked comes before the look at their pins. Pairs
	 * with smp_mb() in ktap_pin().
	 */
	smp_mb();
	for (i = 0; i < heap->nr_pins; i++) {
		for (j = 0; j < ARRAY_SIZE(heap->pins[i].pin); j++) {
			if (pin_behind(&heap->pins[i].pin[j], epoch))
				return i == raw_smp_processor_id() ? -EDEADLK :
								     -EAGAIN;
		}
	}
	/* Sections that ended are over; pairs with ktap_unpin(). */
	smp_mb();
	/* If somebody else advanced it, it was advanced all the same. */
	atomic_cmpxchg(&heap->epoch, epoch, epoch + HEAP_NEXT);
	return 0;
}

static void list_push(struct ktap_heap *heap, atomic64_t *list, u32 idx)
{
	struct ktap_block *block = block_at(heap, idx);
	s64 old = atomic64_read(list);
	u64 new;

	do {
		WRITE_ONCE(block->link, (u32)old);
		new = (((u64)old >> 32) + 1) << 32 | idx;
	} while (!atomic64_try_cmpxchg(list, &old, new));
	atomic_inc(&heap->nr_free);
}

static u32 list_pop(struct ktap_heap *heap, atomic64_t *list)
{
	s64 old = atomic64_read(list);
	u64 new;

	do {
		if (!(u32)old)
			return 0;
		new = (((u64)old >> 32) + 1) << 32 |
		      READ_ONCE(block_at(heap, (u32)old)->link);
	} while (!atomic64_try_cmpxchg(list, &old, new));
	atomic_dec(&heap->nr_free);
	return (u32)old;
}

/* Hand out memory that was never used. */
static u32 heap_bump(struct ktap_heap *heap, u32 class)
{
	int old = atomic_read(&heap->bump);
	u32 units = 1U << class;

	do {
		if (units > heap->nr_units - (u32)old)
			return 0;
	} while (!atomic_try_cmpxchg(&heap->bump, &old, (u32)old + units));
	block_at(heap, old)->class = class;
	return old;
}

/* Where blocks are freed to @later epochs after @epoch. */
static u32 list_of(u32 epoch, u32 later)
{
	return (epoch / HEAP_NEXT + later) % KTAP_HEAP_LISTS;
}

/*
 * The pool
 */

/**
 * struct run - units of the pool that follow each other
 * @block: header, whose link who takes from a list may still read
 * @units: their number; also at the end of the last one
 * @next: next run of this size
 * @prev: the one before
 */
struct run {
	struct ktap_block block;
	u32 units;
	u32 next;
	u32 prev;
};

static struct run *run_at(struct ktap_heap *heap, u32 idx)
{
	return ktap_heap_block(heap, idx);
}

/* The number of units in the last unit of a run. */
static u32 *run_end(struct ktap_heap *heap, u32 last)
{
	return ktap_heap_block(heap, last + 1) - sizeof(u32);
}

static u32 *run_list(struct ktap_heap *heap, u32 units)
{
	return &heap->pool[min(ilog2(units), KTAP_HEAP_CLASSES - 1)];
}

static void run_mark(struct ktap_heap *heap, u32 idx, u32 units, u8 first, u8 last)
{
	WRITE_ONCE(heap->kind[idx], units > 1 ? first : first | last);
	if (units > 1)
		WRITE_ONCE(heap->kind[idx + units - 1], last);
}

static void run_add(struct ktap_heap *heap, u32 idx, u32 units)
{
	u32 *list = run_list(heap, units);
	struct run *run = run_at(heap, idx);

	run->units = units;
	run->next = *list;
	run->prev = 0;
	if (*list)
		run_at(heap, *list)->prev = idx;
	*list = idx;
	*run_end(heap, idx + units - 1) = units;
	run_mark(heap, idx, units, KTAP_KIND_RUN_FIRST, KTAP_KIND_RUN_LAST);
}

/* Take a run out of the pool. Returns its number of units. */
static u32 run_del(struct ktap_heap *heap, u32 idx)
{
	const struct run *run = run_at(heap, idx);

	if (run->next)
		run_at(heap, run->next)->prev = run->prev;
	if (run->prev)
		run_at(heap, run->prev)->next = run->next;
	else
		*run_list(heap, run->units) = run->next;
	run_mark(heap, idx, run->units, KTAP_KIND_NONE, KTAP_KIND_NONE);
	return run->units;
}

/* Join units with the runs on both sides. */
static void pool_put(struct ktap_heap *heap, u32 idx, u32 units)
{
	u32 left;

	if (READ_ONCE(heap->kind[idx - 1]) & KTAP_KIND_RUN_LAST) {
		left = idx - *run_end(heap, idx - 1);
		units += run_del(heap, left);
		idx = left;
	}
	if (idx + units < heap->nr_units &&
	    READ_ONCE(heap->kind[idx + units]) & KTAP_KIND_RUN_FIRST)
		units += run_del(heap, idx + units);
	run_add(heap, idx, units);
}

/*
 * Take a block out of the pool, or a larger one than asked for if that is there.
 * Returns its class, or less than @class if there is none.
 */
static int pool_get(struct ktap_heap *heap, int class, u32 *idx)
{
	int from = min(class + HEAP_BATCH, KTAP_HEAP_CLASSES - 1), list;
	u32 units;

	for (; from >= class; from--) {
		for (list = from; list < KTAP_HEAP_CLASSES; list++) {
			*idx = heap->pool[list];
			if (!*idx)
				continue;
			units = run_del(heap, *idx);
			if (units > BIT(from))
				run_add(heap, *idx + BIT(from), units - BIT(from));
			return from;
		}
	}
	return -1;
}

/*
 * Take a block of @class or more out of the pool. With @join, put blocks that are too
 * small into it for that.
 */
static int heap_pool(struct ktap_heap *heap, u32 list, int class, bool join, u32 *idx)
{
	u32 left = join ? HEAP_JOIN : 0, small;
	unsigned long flags;
	int found, from;

	if (!raw_spin_trylock_irqsave(&heap->pool_lock, flags))
		return -1;
	found = pool_get(heap, class, idx);
	for (from = 0; found < 0 && left && from < class; from++) {
		while (left && (small = list_pop(heap, &heap->free[from][list]))) {
			pool_put(heap, small, BIT(from));
			left--;
		}
		found = pool_get(heap, class, idx);
	}
	raw_spin_unlock_irqrestore(&heap->pool_lock, flags);
	return found;
}

/* Take a block from the list of its class, or split a larger one. */
static u32 heap_take(struct ktap_heap *heap, u32 epoch, int class, bool join)
{
	u32 list = list_of(epoch, 2), idx;
	int from;

	idx = list_pop(heap, &heap->free[class][list]) ?: heap_bump(heap, class);
	if (idx)
		return idx;
	for (from = class + 1; from < KTAP_HEAP_CLASSES; from++) {
		idx = list_pop(heap, &heap->free[from][list]);
		if (idx)
			break;
	}
	if (!idx)
		from = heap_pool(heap, list, class, join, &idx);
	if (from < class)
		return 0;

	while (from > class) {
		u32 other = idx + BIT(--from);

		block_at(heap, other)->class = from;
		list_push(heap, &heap->free[from][list], other);
	}
	block_at(heap, idx)->class = class;
	return idx;
}

/**
 * ktap_heap_alloc - Take a block
 * @heap: heap
 * @pin: pin in use; the section may end and a new one begin
 * @size: bytes that are needed, with the header
 *
 * Nothing read before in the section may be used after this.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: index of the block, or 0 if there is none.
 */
u32 ktap_heap_alloc(struct ktap_heap *heap, u32 *pin, size_t size)
{
	int class = size > KTAP_UNIT ? ilog2(size - 1) + 1 - KTAP_UNIT_SHIFT : 0;
	u32 spins = 0, lists = 0, idx;
	int ret;

	if (class >= KTAP_HEAP_CLASSES)
		return 0;

	/* All four lists have their turn, with what they have and then joined. */
	do {
		idx = heap_take(heap, *pin, class, lists > KTAP_HEAP_LISTS);
		if (idx || atomic_read(&heap->nr_free) <= 0)
			return idx;
		ktap_unpin(pin);
		ret = heap_advance(heap);
		if (!ret)
			lists++;
		else
			cpu_relax();
		ktap_pin(heap, pin);
	} while (ret != -EDEADLK && lists <= 2 * KTAP_HEAP_LISTS &&
		 ++spins < HEAP_SPINS);

	return heap_take(heap, *pin, class, true);
}

/**
 * ktap_heap_free - Give back a block
 * @heap: heap, with a pin in use
 * @idx: index of the block, which a new section cannot reach any more
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_heap_free(struct ktap_heap *heap, u32 idx)
{
	u32 class = block_at(heap, idx)->class;
	u32 epoch;

	WRITE_ONCE(heap->kind[idx], KTAP_KIND_NONE);
	/* The block was unlinked in the epoch that is read here or before. */
	smp_mb();
	epoch = atomic_read(&heap->epoch);
	list_push(heap, &heap->free[class][list_of(epoch, 0)], idx);
}

/**
 * ktap_heap_publish - Let a block be referred to
 * @heap: heap
 * @idx: index of a block that begins with a &struct ktap_object and is filled in
 * @kind: what it is
 *
 * Context: Probe context: preemption off, slot held.
 * Return: a reference to the block, never 0.
 */
u64 ktap_heap_publish(struct ktap_heap *heap, u32 idx, enum ktap_kind kind)
{
	struct ktap_object *obj = ktap_heap_block(heap, idx);
	u32 gen;

	do {
		gen = (u32)atomic_inc_return(&heap->gen) %
		      BIT(KTAP_GEN_BITS);
	} while (unlikely(!gen));
	obj->gen = gen;
	/* It is whole before it is found. Pairs with ktap_heap_find(). */
	smp_store_release(&heap->kind[idx], kind);
	return ktap_ref(idx, gen);
}
