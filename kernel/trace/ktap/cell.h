/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Cells: variables and table entries that change in one piece
 *
 * A variable or table entry that several CPUs read and write in any context
 * must change in one piece, so it is one 64-bit word. Integers of 63 bits, nil,
 * the booleans, functions and references are in the word itself; strings, compound
 * keys, stacks and larger integers are in a block of their own, which is never
 * written after the cell names it.
 *
 *	bit 0 set		integer, in bits 1 to 63
 *	else bits 0 to 7	KTAP_CELL_*, and above a reference, or an index as
 *				references have it
 *
 * An entry that is taken out of its table gets the cell KTAP_CELL_DEAD, from
 * which on no update can succeed, so none is lost to a deleted entry.
 *
 * A cell that has a table counts as a reference to it (tab.h), and a statistic
 * belongs to the one cell that has it.
 */
#ifndef _KTAP_CELL_H
#define _KTAP_CELL_H

#include "heap.h"

enum ktap_cell_tag {
	KTAP_CELL_NIL	= 0x00,
	KTAP_CELL_FALSE	= 0x02,
	KTAP_CELL_TRUE	= 0x04,
	KTAP_CELL_TAB	= 0x06,
	KTAP_CELL_STR	= 0x08,
	KTAP_CELL_BIG	= 0x0a,
	KTAP_CELL_DEAD	= 0x0c,
	KTAP_CELL_FUNC	= 0x0e,
	KTAP_CELL_STAT	= 0x10,
	KTAP_CELL_TUPLE	= 0x12,
	KTAP_CELL_STACK	= 0x14,
};

#define KTAP_CELL_TAG(word)	((word) & (BIT(KTAP_REF_SHIFT) - 1))
#define KTAP_CELL_IDX(word)	KTAP_REF_IDX(word)
#define KTAP_CELL_IS_INT(word)	((word) & 1)
/* The word of an integer that fits. */
#define KTAP_CELL_INT(i)	((u64)(i) << 1 | 1)

/**
 * struct ktap_strblock - bytes, or an integer too large for a cell
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

/* The word that has a reference. */
static __always_inline u64 ktap_cell_word(enum ktap_cell_tag tag, u64 ref)
{
	return ref | tag;
}

/* The word that has an index. */
static __always_inline u64 ktap_cell_word_idx(enum ktap_cell_tag tag, u32 idx)
{
	return ktap_cell_word(tag, ktap_ref(idx, 0));
}

/* The reference in a word that has a table or a statistic. */
static __always_inline u64 ktap_cell_ref(u64 word)
{
	return word & ~(u64)(BIT(KTAP_REF_SHIFT) - 1);
}

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
	case KTAP_CELL_FUNC:
		return KTAP_T_FUNC;
	case KTAP_CELL_STAT:
		return KTAP_T_STAT;
	case KTAP_CELL_TUPLE:
		return KTAP_T_TUPLE;
	case KTAP_CELL_STACK:
		return KTAP_T_STACK;
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
 * Return: 0, or -EAGAIN if that is not all: the cell or the sum is not an integer that
 * a cell can hold.
 */
static __always_inline int ktap_cell_add(atomic64_t *cell, s64 by)
{
	s64 old, new, twice;

	/* The word is twice the integer, with the bit that says so. */
	if (unlikely(check_add_overflow(by, by, &twice)))
		return -EAGAIN;
	old = atomic64_read(cell);
	do {
		if (unlikely(!KTAP_CELL_IS_INT(old) ||
			     check_add_overflow(old, twice, &new)))
			return -EAGAIN;
	} while (unlikely(!atomic64_try_cmpxchg(cell, &old, new)));
	return 0;
}

int ktap_cell_make(struct ktap_heap *heap, struct ktap_local *local,
		   const struct ktap_value *val, u64 *word);
int ktap_cell_read(struct ktap_heap *heap, struct ktap_arena *arena, u64 word,
		   struct ktap_value *val);
void ktap_cell_drop(struct ktap_heap *heap, struct ktap_local *local, u64 word);
int ktap_cell_set(struct ktap_heap *heap, struct ktap_local *local,
		  atomic64_t *cell, u64 word);
int ktap_cell_update(struct ktap_heap *heap, atomic64_t *cell,
		     struct ktap_update *upd);
int ktap_update_spare(struct ktap_heap *heap, struct ktap_local *local,
		      struct ktap_update *upd);
void ktap_update_done(struct ktap_heap *heap, struct ktap_update *upd);
int ktap_arith(enum ktap_arith arith, s64 a, s64 b, s64 *res);

#endif /* _KTAP_CELL_H */
