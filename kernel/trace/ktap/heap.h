/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Memory for what outlives a run, usable from any context
 *
 * A session takes all memory for its tables and strings when it is loaded, for
 * a handler can run in NMI context, where nothing can be allocated. The memory
 * is handed out in blocks of KTAP_UNIT << n bytes and named by 32-bit indices.
 *
 * Readers take no lock, so a block that was taken out of a table may still be
 * read, and must not be used for anything else until nobody can. Waiting for an
 * RCU grace period is not possible in a probe, and a script that deletes and
 * inserts in a loop would run out of memory before the next grace period ends.
 * The heap has therefore epochs of its own, in which the sections that read are
 * as short as one operation on a table:
 *
 * - There is a global epoch. A section begins by writing the epoch to the pin of
 *   its execution slot (ktap_pin()) and ends by clearing it.
 * - The epoch can be advanced from E to E + 1 when each pin in use says E. So
 *   while any pin says E the epoch is at most E + 1.
 * - A block that is freed in epoch E cannot be reached by sections that begin
 *   later. Those that began before have pins of at most E, and are over when the
 *   epoch is E + 2.
 *
 * Each size has four lists of free blocks. In epoch E blocks are freed to list
 * E mod 4 and taken from list (E + 2) mod 4, so what is taken was freed in
 * epoch E - 2 or before. Taking and freeing need a pin, whose epoch P is the
 * present one or the one before: then blocks are freed at that time to lists P
 * and P + 1, never to P + 2, from which they are taken. This is epoch based
 * reclamation (K. Fraser, "Practical lock-freedom", 2004, section 5.2.3) with
 * the lists for the epochs serving as free lists.
 *
 * A list is a Treiber stack, whose head has a count beside the index so that a
 * block which was taken and put back in between is noticed.
 *
 * Larger blocks are split when there are no smaller ones. The way back needs a look
 * at the neighbours, which a lock-free list cannot give: blocks that are free for
 * use, but too small, are moved from their lists to a pool of runs of free units
 * under a lock, where neighbours become one. A run is marked at both ends, in the
 * map of what units are. It is done when an allocation would else fail, a bounded
 * number of blocks at a time, and each block comes to the pool only once until it is
 * freed again. What the pool gives out is split as any other block, with the rest
 * going to the lists, so that few allocations need the lock. It is only tried for:
 * an NMI that interrupts its owner has what is in the lists.
 *
 * A program holds tables and statistics by reference, in registers that nobody
 * goes through when one is freed. So a reference is checked each time it is used:
 * each unit of memory has a kind (&enum ktap_kind), set when a block that is
 * referred to was filled in and cleared when it is freed, and each such block has
 * a generation, which no other one had for a long time. Both are looked at inside a
 * section: what has the right kind then stays that block until the section ends.
 */
#ifndef _KTAP_HEAP_H
#define _KTAP_HEAP_H

#include "value.h"

#define KTAP_UNIT_SHIFT		6
#define KTAP_UNIT		BIT(KTAP_UNIT_SHIFT)
/* Sizes of blocks: KTAP_UNIT << 0 to KTAP_UNIT << (KTAP_HEAP_CLASSES - 1). */
#define KTAP_HEAP_CLASSES	15
#define KTAP_HEAP_MIN		(16U << 10)
#define KTAP_HEAP_MAX		BIT_ULL(34)
#define KTAP_HEAP_LISTS		4

/**
 * struct ktap_block - start of each block
 * @link: next block of the list of free blocks
 * @class: its size is KTAP_UNIT << @class; never changes while in use
 */
struct ktap_block {
	u32 link;
	u32 class;
};

/**
 * enum ktap_kind - what begins at a unit of memory
 * @KTAP_KIND_NONE: nothing that can be referred to
 * @KTAP_KIND_ENTRY: a &struct ktap_entry
 * @KTAP_KIND_TAB: a &struct ktap_tab
 * @KTAP_KIND_STAT: a &struct ktap_statistic
 * @KTAP_KIND_RUN_FIRST: a run of the pool; a flag, as is the next one
 * @KTAP_KIND_RUN_LAST: its last unit
 */
enum ktap_kind {
	KTAP_KIND_NONE,
	KTAP_KIND_ENTRY,
	KTAP_KIND_TAB,
	KTAP_KIND_STAT,
	KTAP_KIND_RUN_FIRST = 0x10,
	KTAP_KIND_RUN_LAST = 0x20,
};

/* Bits that an index and a generation have. */
#define KTAP_IDX_BITS		28
#define KTAP_GEN_BITS		28

/*
 * A reference is the index of a block and, above it, its generation. The lowest
 * bits are zero: a cell (cell.h) has a tag there. 0 refers to nothing.
 */
#define KTAP_REF_SHIFT		8
#define KTAP_REF_IDX(ref)	\
	((u32)((ref) >> KTAP_REF_SHIFT) & (BIT(KTAP_IDX_BITS) - 1))
#define KTAP_REF_GEN(ref)	\
	((u32)((u64)(ref) >> (KTAP_REF_SHIFT + KTAP_IDX_BITS)))

/* The reference to a block of a generation. */
static __always_inline u64 ktap_ref(u32 idx, u32 gen)
{
	return (u64)gen << (KTAP_REF_SHIFT + KTAP_IDX_BITS) |
	       (u64)idx << KTAP_REF_SHIFT;
}

/**
 * struct ktap_object - start of each block that is referred to
 * @block: header
 * @gen: generation
 */
struct ktap_object {
	struct ktap_block block;
	u32 gen;
};

/**
 * struct ktap_pins - the pins of one CPU
 * @pin: by context; 0, or the epoch of a section
 */
struct ktap_pins {
	u32 pin[4];
} ____cacheline_aligned_in_smp;

/**
 * struct ktap_local - what an execution slot has in the heap
 * @pin: its pin
 * @zero: first table of a list of those that nothing may refer to any more,
 *        but registers; see tab.h
 * @nr_zero: their number
 * @retry: what finds the heap full is tried again, so nothing is lost yet
 */
struct ktap_local {
	u32 *pin;
	u32 zero;
	u32 nr_zero;
	bool retry;
};

/**
 * struct ktap_heap - memory of a session
 * @mem: the blocks
 * @kind: &enum ktap_kind of what begins at each unit
 * @nr_units: size of @mem in units
 * @nr_pins: number of @pins
 * @pins: one for each CPU, by its number, and one more for the session's thread
 * @bump: units before this one were handed out; unit 0 never is
 * @gen: how many generations there were
 * @nr_free: number of blocks in @free
 * @free: lists of free blocks by size and epoch: count and index of the first
 * @pool_lock: of @pool, @kind of runs and what is in them
 * @pool: first of the runs of 2^n to 2^(n + 1) - 1 units, the last for all above
 * @epoch: present epoch, shifted left with bit 0 set, as pins have it; alone in
 *         its cache line, which all CPUs read in each section
 */
struct ktap_heap {
	void *mem;
	u8 *kind;
	u32 nr_units;
	u32 nr_pins;
	struct ktap_pins *pins;
	atomic_t bump ____cacheline_aligned_in_smp;
	atomic_t gen;
	atomic_t nr_free;
	atomic64_t free[KTAP_HEAP_CLASSES][KTAP_HEAP_LISTS];
	raw_spinlock_t pool_lock;
	u32 pool[KTAP_HEAP_CLASSES];
	atomic_t epoch ____cacheline_aligned_in_smp;
};

int ktap_heap_init(struct ktap_heap *heap, u64 size, u32 nr_pins);
void ktap_heap_destroy(struct ktap_heap *heap);
u32 ktap_heap_alloc(struct ktap_heap *heap, u32 *pin, size_t size);
void ktap_heap_free(struct ktap_heap *heap, u32 idx);
u64 ktap_heap_publish(struct ktap_heap *heap, u32 idx, enum ktap_kind kind);

/**
 * ktap_heap_block - Address of a block
 * @heap: heap
 * @idx: index of the block
 *
 * Context: Any context, NMI included.
 * Return: the block.
 */
static inline void *ktap_heap_block(const struct ktap_heap *heap, u32 idx)
{
	return heap->mem + ((size_t)idx << KTAP_UNIT_SHIFT);
}

/**
 * ktap_heap_find - The block that a reference refers to
 * @heap: heap, with a pin in use
 * @kind: what it has to be
 * @ref: reference
 *
 * Context: Probe context: preemption off, slot held.
 * Return: the block, or NULL if it was freed.
 */
static __always_inline void *ktap_heap_find(const struct ktap_heap *heap,
					    enum ktap_kind kind, u64 ref)
{
	struct ktap_object *obj = ktap_heap_block(heap, KTAP_REF_IDX(ref));

	/* Pairs with smp_store_release() in ktap_heap_publish(). */
	if (unlikely(smp_load_acquire(&heap->kind[KTAP_REF_IDX(ref)]) != kind))
		return NULL;
	return likely(obj->gen == KTAP_REF_GEN(ref)) ? obj : NULL;
}

/**
 * ktap_pin - Begin a section that reads blocks
 * @heap: heap
 * @pin: pin of the execution slot, not in use
 *
 * Context: Probe context: preemption off, slot held.
 */
static __always_inline void ktap_pin(struct ktap_heap *heap, u32 *pin)
{
	u32 epoch = atomic_read(&heap->epoch);

	for (;;) {
		u32 now;

		WRITE_ONCE(*pin, epoch);
		/*
		 * The pin must be seen before anything is read in the section.
		 * Pairs with smp_mb() in heap_advance().
		 */
		smp_mb();
		now = atomic_read(&heap->epoch);
		if (likely(now == epoch))
			return;
		epoch = now;
	}
}

/**
 * ktap_unpin - End a section that reads blocks
 * @pin: pin of the execution slot
 *
 * Context: Probe context: preemption off, slot held.
 */
static __always_inline void ktap_unpin(u32 *pin)
{
	/* What was read in the section comes before; pairs as ktap_pin(). */
	smp_store_release(pin, 0);
}

#endif /* _KTAP_HEAP_H */
