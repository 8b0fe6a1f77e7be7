// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Memory for what outlives a run, usable from any context
 *
 * How blocks are handed out and when they may be used again is told in heap.h.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "heap.h"

/* Attempts to advance the epoch while another CPU is in a section. */
#define HEAP_SPINS	64

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
	heap->mem = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	heap->entry = kvcalloc(size >> KTAP_UNIT_SHIFT, 1,
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!heap->pins || !heap->mem || !heap->entry) {
		ktap_heap_destroy(heap);
		return -ENOMEM;
	}
	heap->nr_pins = nr_pins;
	heap->nr_units = size >> KTAP_UNIT_SHIFT;
	atomic_set(&heap->bump, 1);
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
	kvfree(heap->entry);
	kvfree(heap->pins);
	heap->mem = NULL;
	heap->entry = NULL;
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

	return (val & 1) && val != (epoch << 1 | 1);
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
	atomic_cmpxchg(&heap->epoch, epoch, epoch + 1);
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

/* Take a block from the list of its class, or split one of a larger class. */
static u32 heap_take(struct ktap_heap *heap, u32 epoch, u32 class)
{
	u32 list = (epoch + 2) % KTAP_HEAP_LISTS;
	u32 from, idx;

	for (from = class; from < KTAP_HEAP_CLASSES; from++) {
		idx = list_pop(heap, &heap->free[from][list]);
		if (idx)
			break;
		if (from == class) {
			idx = heap_bump(heap, class);
			if (idx)
				return idx;
		}
	}
	if (from == KTAP_HEAP_CLASSES)
		return 0;

	while (from > class) {
		u32 other = idx + (1U << --from);

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
	u32 class = size > KTAP_UNIT ? ilog2(size - 1) + 1 - KTAP_UNIT_SHIFT : 0;
	u32 spins, lists, idx;
	int ret;

	if (class >= KTAP_HEAP_CLASSES)
		return 0;

	spins = 0;
	lists = 0;
	do {
		idx = heap_take(heap, *pin >> 1, class);
		if (idx || atomic_read(&heap->nr_free) <= 0)
			return idx;
		/* All four lists have their turn before it is given up. */
		ktap_unpin(pin);
		ret = heap_advance(heap);
		if (!ret)
			lists++;
		else
			cpu_relax();
		ktap_pin(heap, pin);
	} while (ret != -EDEADLK && lists <= KTAP_HEAP_LISTS &&
		 ++spins < HEAP_SPINS);

	return heap_take(heap, *pin >> 1, class);
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

	WRITE_ONCE(heap->entry[idx], 0);
	/* The block was unlinked in the epoch that is read here or before. */
	smp_mb();
	epoch = atomic_read(&heap->epoch);
	list_push(heap, &heap->free[class][epoch % KTAP_HEAP_LISTS], idx);
}

static u64 cell_word(enum ktap_cell_tag tag, u32 idx)
{
	return (u64)idx << 8 | tag;
}

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
	*word = cell_word(tag, idx);
	return 0;
}

/**
 * ktap_cell_make - Make the word that stands for a value
 * @heap: heap
 * @pin: pin in use; as for ktap_heap_alloc()
 * @val: value of a type in KTAP_M_STORE
 * @word: the word, for a cell or for ktap_cell_drop()
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOMEM if the heap is full.
 */
int ktap_cell_make(struct ktap_heap *heap, u32 *pin,
		   const struct ktap_value *val, u64 *word)
{
	switch (val->type) {
	case KTAP_T_INT:
		if (!ktap_cell_fits(val->i))
			return cell_make_block(heap, pin, KTAP_CELL_BIG,
					       &val->i, sizeof(val->i), word);
		*word = (u64)val->i << 1 | 1;
		return 0;
	case KTAP_T_STR:
		return cell_make_block(heap, pin, KTAP_CELL_STR, val->str->data,
				       val->str->len, word);
	case KTAP_T_TAB:
		*word = cell_word(KTAP_CELL_TAB, val->tab);
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
		ktap_set_tab(val, KTAP_CELL_IDX(word));
		return 0;
	case KTAP_CELL_BIG:
		ktap_set_int(val, cell_big(heap, word));
		return 0;
	case KTAP_CELL_STR:
		blk = ktap_heap_block(heap, KTAP_CELL_IDX(word));
		str = ktap_arena_str(arena, blk->len);
		if (!str)
			return -ENOSPC;
		memcpy(str->data, blk->data, blk->len);
		ktap_set_str(val, str);
		return 0;
	default:
		ktap_set_nil(val);
		return 0;
	}
}

/**
 * ktap_cell_drop - Free what a word names
 * @heap: heap, with a pin in use
 * @word: word that no cell has any more
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_cell_drop(struct ktap_heap *heap, u64 word)
{
	if (KTAP_CELL_IS_INT(word))
		return;
	switch (KTAP_CELL_TAG(word)) {
	case KTAP_CELL_STR:
	case KTAP_CELL_BIG:
		ktap_heap_free(heap, KTAP_CELL_IDX(word));
		break;
	default:
		break;
	}
}

/**
 * ktap_cell_set - Put a word into a cell
 * @heap: heap, with a pin in use
 * @cell: cell
 * @word: word of ktap_cell_make(), which the cell then has
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ESTALE if the cell is of an entry that was deleted.
 */
int ktap_cell_set(struct ktap_heap *heap, atomic64_t *cell, u64 word)
{
	s64 old = atomic64_read(cell);

	do {
		if (unlikely(old == KTAP_CELL_DEAD))
			return -ESTALE;
	} while (!atomic64_try_cmpxchg(cell, &old, word));
	ktap_cell_drop(heap, old);
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
			new = (u64)res << 1 | 1;
		} else {
			if (!upd->spare)
				return -ENOBUFS;
			blk = ktap_heap_block(heap, upd->spare);
			blk->len = sizeof(res);
			memcpy(blk->data, &res, sizeof(res));
			new = cell_word(KTAP_CELL_BIG, upd->spare);
		}
	} while (unlikely(!atomic64_try_cmpxchg(cell, &old, new)));

	if (!KTAP_CELL_IS_INT(new))
		upd->spare = 0;
	if (!KTAP_CELL_IS_INT(old))
		ktap_cell_drop(heap, old);
	return 0;
}

/**
 * ktap_update_spare - Give an update the block that it asked for
 * @heap: heap
 * @pin: pin in use; as for ktap_heap_alloc()
 * @upd: update that failed with -ENOBUFS
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOMEM if the heap is full.
 */
int ktap_update_spare(struct ktap_heap *heap, u32 *pin, struct ktap_update *upd)
{
	upd->spare = ktap_heap_alloc(heap, pin, sizeof(struct ktap_strblock) +
				     sizeof(s64));
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
