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
 * struct ktap_strblock - a string, or an integer too large for a cell
 * @block: header
 * @len: length of @data
 * @pad: unused
 * @data: bytes
 */
struct ktap_strblock {
	struct ktap_block block;
	u32 len;
	u32 pad;
	char data[];
};

/**
 * struct ktap_pins - the pins of one CPU
 * @pin: by context; 0, or the epoch of a section shifted left with bit 0 set
 */
struct ktap_pins {
	u32 pin[4];
} ____cacheline_aligned_in_smp;

/**
 * struct ktap_heap - memory of a session
 * @mem: the blocks
 * @entry: for each unit, 1 if an entry of a table begins there and can be read;
 *         for going through tables without a look at what else there is
 * @nr_units: size of @mem in units
 * @pins: one for each CPU, by its number, and one more for the session's thread
 * @nr_pins: number of @pins
 * @bump: units before this one were handed out; unit 0 never is
 * @epoch: present epoch
 * @nr_free: number of blocks in @free
 * @free: lists of free blocks by size and epoch: count and index of the first
 */
struct ktap_heap {
	void *mem;
	u8 *entry;
	u32 nr_units;
	u32 nr_pins;
	struct ktap_pins *pins;
	atomic_t bump ____cacheline_aligned_in_smp;
	atomic_t epoch;
	atomic_t nr_free;
	atomic64_t free[KTAP_HEAP_CLASSES][KTAP_HEAP_LISTS];
};

int ktap_heap_init(struct ktap_heap *heap, u64 size, u32 nr_pins);
void ktap_heap_destroy(struct ktap_heap *heap);
u32 ktap_heap_alloc(struct ktap_heap *heap, u32 *pin, size_t size);
void ktap_heap_free(struct ktap_heap *heap, u32 idx);

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

		WRITE_ONCE(*pin, epoch << 1 | 1);
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

/*
 * Cells
 *
 * A variable or table entry that several CPUs read and write in any context
 * must change in one piece, so it is one 64-bit word. Integers of 63 bits, nil,
 * the booleans and tables are in the word itself; strings and larger integers
 * are in a block of their own, which is never written after the cell names it.
 *
 *	bit 0 set		integer, in bits 1 to 63
 *	else bits 0 to 7	KTAP_CELL_*, with the index in bits 8 to 39
 *
 * An entry that is taken out of its table gets the cell KTAP_CELL_DEAD, from
 * which on no update can succeed, so none is lost to a deleted entry.
 */
enum ktap_cell_tag {
	KTAP_CELL_NIL	= 0x00,
	KTAP_CELL_FALSE	= 0x02,
	KTAP_CELL_TRUE	= 0x04,
	KTAP_CELL_TAB	= 0x06,
	KTAP_CELL_STR	= 0x08,
	KTAP_CELL_BIG	= 0x0a,
	KTAP_CELL_DEAD	= 0x0c,
};

#define KTAP_CELL_TAG(word)	((word) & 0xff)
#define KTAP_CELL_IDX(word)	((u32)((word) >> 8))
#define KTAP_CELL_IS_INT(word)	((word) & 1)

/* Does an integer fit into a cell? */
static __always_inline bool ktap_cell_fits(s64 i)
{
	return (s64)((u64)i << 1) >> 1 == i;
}

/* The type of what a word other than KTAP_CELL_DEAD stands for. */
static inline enum ktap_type ktap_cell_type(u64 word)
{
	if (KTAP_CELL_IS_INT(word))
		return KTAP_T_INT;
	switch (KTAP_CELL_TAG(word)) {
	case KTAP_CELL_FALSE:
		return KTAP_T_FALSE;
	case KTAP_CELL_TRUE:
		return KTAP_T_TRUE;
	case KTAP_CELL_TAB:
		return KTAP_T_TAB;
	case KTAP_CELL_STR:
		return KTAP_T_STR;
	case KTAP_CELL_BIG:
		return KTAP_T_INT;
	default:
		return KTAP_T_NIL;
	}
}

/**
 * struct ktap_update - computing with the integer in a cell
 * @operand: right operand
 * @arith: operator
 * @type: out, type of the value in the cell when it is not an integer
 * @spare: block for an integer that does not fit into a cell, or 0
 */
struct ktap_update {
	s64 operand;
	enum ktap_arith arith;
	enum ktap_type type;
	u32 spare;
};

/**
 * ktap_cell_add - Add to the integer in a cell, if that is all there is to do
 * @cell: cell
 * @by: what to add
 *
 * Context: Any context, NMI included.
 * Return: true if it was done; false if the cell or the sum is not an integer that
 * a cell can hold.
 */
static __always_inline bool ktap_cell_add(atomic64_t *cell, s64 by)
{
	s64 old = atomic64_read(cell);
	s64 new;

	if (unlikely(!ktap_cell_fits(by)))
		return false;
	do {
		/* Twice the sum, with the bit that says so. */
		if (unlikely(!KTAP_CELL_IS_INT(old) ||
			     check_add_overflow(old, by * 2, &new)))
			return false;
	} while (unlikely(!atomic64_try_cmpxchg(cell, &old, new)));
	return true;
}

int ktap_cell_make(struct ktap_heap *heap, u32 *pin,
		   const struct ktap_value *val, u64 *word);
int ktap_cell_read(struct ktap_heap *heap, struct ktap_arena *arena, u64 word,
		   struct ktap_value *val);
void ktap_cell_drop(struct ktap_heap *heap, u64 word);
int ktap_cell_set(struct ktap_heap *heap, atomic64_t *cell, u64 word);
int ktap_cell_update(struct ktap_heap *heap, atomic64_t *cell,
		     struct ktap_update *upd);
int ktap_update_spare(struct ktap_heap *heap, u32 *pin, struct ktap_update *upd);
void ktap_update_done(struct ktap_heap *heap, struct ktap_update *upd);
int ktap_arith(enum ktap_arith arith, s64 a, s64 b, s64 *res);

#endif /* _KTAP_HEAP_H */
