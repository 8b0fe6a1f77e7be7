// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Cells: variables and table entries that change in one piece
 *
 * What is in a cell is told in cell.h.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "tab.h"

/* Keep bytes in a block of their own. */
static int cell_make_block(struct ktap_heap *heap, u32 *pin,
			   enum ktap_cell_tag tag, const void *data, u32 len,
			   u64 *word)
{
	struct ktap_strblock *blk;
	u32 idx;

	idx = ktap_heap_alloc(heap, pin, sizeof(*blk) + len);
	if (!idx)
		return -ENOMEM;
	blk = ktap_heap_block(heap, idx);
	blk->len = len;
	memcpy(blk->data, data, len);
	*word = ktap_cell_word_idx(tag, idx);
	return 0;
}

/**
 * ktap_cell_make - Make the word that stands for a value
 * @heap: heap
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @val: value of a type in KTAP_M_STORE
 * @word: the word, for a cell or for ktap_cell_drop(); that of nil for a table that
 *        is gone
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOMEM if the heap is full.
 */
int ktap_cell_make(struct ktap_heap *heap, struct ktap_local *local,
		   const struct ktap_value *val, u64 *word)
{
	const struct ktap_str *str = val->str;

	switch (val->type) {
	case KTAP_T_INT:
		if (!ktap_cell_fits(val->i))
			return cell_make_block(heap, local->pin, KTAP_CELL_BIG,
					       &val->i, sizeof(val->i), word);
		*word = KTAP_CELL_INT(val->i);
		return 0;
	case KTAP_T_STR:
		return cell_make_block(heap, local->pin, KTAP_CELL_STR, str->data,
				       str->len, word);
	case KTAP_T_TUPLE:
		return cell_make_block(heap, local->pin, KTAP_CELL_TUPLE, str->data,
				       str->len, word);
	case KTAP_T_STACK:
		return cell_make_block(heap, local->pin, KTAP_CELL_STACK, str->data,
				       str->len, word);
	case KTAP_T_TAB:
		*word = ktap_tab_get_ref(heap, val->ref) ?
			ktap_cell_word(KTAP_CELL_TAB, val->ref) : KTAP_CELL_NIL;
		return 0;
	case KTAP_T_FUNC:
		*word = ktap_cell_word_idx(KTAP_CELL_FUNC, val->i);
		return 0;
	case KTAP_T_TRUE:
		*word = KTAP_CELL_TRUE;
		return 0;
	case KTAP_T_FALSE:
		*word = KTAP_CELL_FALSE;
		return 0;
	default:
		*word = KTAP_CELL_NIL;
		return 0;
	}
}

static s64 cell_big(struct ktap_heap *heap, u64 word)
{
	struct ktap_strblock *blk = ktap_heap_block(heap, KTAP_CELL_IDX(word));
	s64 i;

	memcpy(&i, blk->data, sizeof(i));
	return i;
}

/**
 * ktap_cell_read - Turn a word back into a value
 * @heap: heap, with a pin in use
 * @arena: for strings
 * @word: word that was read in this section
 * @val: the value; nil for KTAP_CELL_DEAD
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOSPC if the arena has no room for the string.
 */
int ktap_cell_read(struct ktap_heap *heap, struct ktap_arena *arena, u64 word,
		   struct ktap_value *val)
{
	struct ktap_strblock *blk;
	struct ktap_str *str;

	if (KTAP_CELL_IS_INT(word)) {
		ktap_set_int(val, (s64)word >> 1);
		return 0;
	}

	switch (KTAP_CELL_TAG(word)) {
	case KTAP_CELL_FALSE:
	case KTAP_CELL_TRUE:
		ktap_set_bool(val, KTAP_CELL_TAG(word) == KTAP_CELL_TRUE);
		return 0;
	case KTAP_CELL_TAB:
		ktap_set_tab(val, ktap_cell_ref(word));
		return 0;
	case KTAP_CELL_STAT:
		ktap_set_stat(val, ktap_cell_ref(word));
		return 0;
	case KTAP_CELL_FUNC:
		ktap_set_func(val, KTAP_CELL_IDX(word));
		return 0;
	case KTAP_CELL_BIG:
		ktap_set_int(val, cell_big(heap, word));
		return 0;
	case KTAP_CELL_STR:
	case KTAP_CELL_TUPLE:
	case KTAP_CELL_STACK:
		blk = ktap_heap_block(heap, KTAP_CELL_IDX(word));
		str = ktap_arena_str(arena, blk->len);
		if (!str)
			return -ENOSPC;
		memcpy(str->data, blk->data, blk->len);
		val->str = str;
		val->type = ktap_cell_type(word);
		return 0;
	default:
		ktap_set_nil(val);
		return 0;
	}
}

/**
 * ktap_cell_drop - Free what a word names, or give back its reference
 * @heap: heap, with a pin in use
 * @local: of the slot
 * @word: word that no cell has any more
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_cell_drop(struct ktap_heap *heap, struct ktap_local *local, u64 word)
{
	if (KTAP_CELL_IS_INT(word))
		return;
	switch (KTAP_CELL_TAG(word)) {
	case KTAP_CELL_STR:
	case KTAP_CELL_TUPLE:
	case KTAP_CELL_STACK:
	case KTAP_CELL_BIG:
		ktap_heap_free(heap, KTAP_CELL_IDX(word));
		break;
	case KTAP_CELL_TAB:
		ktap_tab_put_ref(heap, local, ktap_cell_ref(word));
		break;
	case KTAP_CELL_STAT:
		ktap_stat_free(heap, KTAP_CELL_IDX(word));
		break;
	default:
		break;
	}
}

/**
 * ktap_cell_set - Put a word into a cell
 * @heap: heap, with a pin in use
 * @local: of the slot
 * @cell: cell
 * @word: word of ktap_cell_make(), which the cell then has
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ESTALE if the cell is of an entry that was deleted.
 */
int ktap_cell_set(struct ktap_heap *heap, struct ktap_local *local,
		  atomic64_t *cell, u64 word)
{
	s64 old = atomic64_read(cell);

	do {
		if (unlikely(old == KTAP_CELL_DEAD))
			return -ESTALE;
	} while (!atomic64_try_cmpxchg(cell, &old, word));
	ktap_cell_drop(heap, local, old);
	return 0;
}

/**
 * ktap_arith - Compute with two integers
 * @arith: operator
 * @a: left operand
 * @b: right operand
 * @res: the result, which wraps
 *
 * Context: Any context, NMI included.
 * Return: 0, or -EDOM for a division by zero.
 */
int ktap_arith(enum ktap_arith arith, s64 a, s64 b, s64 *res)
{
	switch (arith) {
	case KTAP_A_ADD:
		*res = (u64)a + (u64)b;
		return 0;
	case KTAP_A_SUB:
		*res = (u64)a - (u64)b;
		return 0;
	case KTAP_A_MUL:
		*res = (u64)a * (u64)b;
		return 0;
	case KTAP_A_DIV:
	case KTAP_A_MOD:
		if (!b)
			return -EDOM;
		/* The quotient of the least integer and -1 wraps. */
		if (b == -1)
			*res = arith == KTAP_A_DIV ? (s64)(0 - (u64)a) : 0;
		else if (arith == KTAP_A_DIV)
			*res = div64_s64(a, b);
		else
			*res = a - div64_s64(a, b) * b;
		return 0;
	case KTAP_A_AND:
		*res = a & b;
		return 0;
	case KTAP_A_OR:
		*res = a | b;
		return 0;
	case KTAP_A_XOR:
		*res = a ^ b;
		return 0;
	case KTAP_A_SHL:
		*res = (u64)a << (b & 63);
		return 0;
	default:
		*res = a >> (b & 63);
		return 0;
	}
}

/**
 * ktap_cell_update - Compute with the integer in a cell, at once
 * @heap: heap, with a pin in use
 * @cell: cell
 * @upd: what to do; its @word is the cell's when this succeeds, and its @type
 *       says what the cell holds when it is not an integer
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -ESTALE if the cell is of an entry that was deleted; -EINVAL if
 * it holds something else than an integer; -EDOM for a division by zero;
 * -ENOBUFS if a block is needed: call again with one in @upd->spare.
 */
int ktap_cell_update(struct ktap_heap *heap, atomic64_t *cell,
		     struct ktap_update *upd)
{
	s64 old = atomic64_read(cell);
	struct ktap_strblock *blk;
	s64 val, res;
	u64 new;
	int ret;

	do {
		if (likely(KTAP_CELL_IS_INT(old))) {
			val = old >> 1;
		} else if (KTAP_CELL_TAG(old) == KTAP_CELL_BIG) {
			val = cell_big(heap, old);
		} else {
			upd->type = ktap_cell_type(old);
			return old == KTAP_CELL_DEAD ? -ESTALE : -EINVAL;
		}

		ret = ktap_arith(upd->arith, val, upd->operand, &res);
		if (unlikely(ret))
			return ret;

		if (likely(ktap_cell_fits(res))) {
			new = KTAP_CELL_INT(res);
		} else {
			if (!upd->spare)
				return -ENOBUFS;
			blk = ktap_heap_block(heap, upd->spare);
			blk->len = sizeof(res);
			memcpy(blk->data, &res, sizeof(res));
			new = ktap_cell_word_idx(KTAP_CELL_BIG, upd->spare);
		}
	} while (unlikely(!atomic64_try_cmpxchg(cell, &old, new)));

	if (!KTAP_CELL_IS_INT(new))
		upd->spare = 0;
	if (!KTAP_CELL_IS_INT(old))
		ktap_heap_free(heap, KTAP_CELL_IDX(old));
	return 0;
}

/**
 * ktap_update_spare - Give an update the block that it asked for
 * @heap: heap
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @upd: update that failed with -ENOBUFS
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOMEM if the heap is full.
 */
int ktap_update_spare(struct ktap_heap *heap, struct ktap_local *local,
		      struct ktap_update *upd)
{
	upd->spare = ktap_heap_alloc(heap, local->pin,
				     sizeof(struct ktap_strblock) + sizeof(s64));
	return upd->spare ? 0 : -ENOMEM;
}

/**
 * ktap_update_done - End an update, whatever became of it
 * @heap: heap, with a pin in use
 * @upd: update
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_update_done(struct ktap_heap *heap, struct ktap_update *upd)
{
	if (unlikely(upd->spare))
		ktap_heap_free(heap, upd->spare);
}
