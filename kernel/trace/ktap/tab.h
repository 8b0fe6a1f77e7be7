/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Tables usable from any context
 *
 * All tables of a session share one hash table, whose keys are pairs of a table
 * and a key. So a table costs one block, there is nothing to resize, and a
 * script may make tables as it goes. An entry is one block of the heap with its
 * key in it; the common ones, with an integer or a string of up to 32 bytes for
 * a key, are one cache line.
 *
 * Looking up takes no lock: chains are followed inside a section of the heap
 * (ktap_pin()), which keeps what it can see from being used again. Values are
 * cells, which change in one piece. Inserting and deleting take the raw spinlock
 * of the chain with interrupts off. What comes on a CPU that is about to do so
 * already, an NMI or an event in the lock's own code, must not wait for a lock: an
 * update that would have to insert or delete fails there with -EBUSY and is
 * counted.
 *
 * An update finds the entry and changes the cell with a compare and exchange,
 * and a delete unlinks the entry and then sets the cell to KTAP_CELL_DEAD.
 * Whoever then still has the entry in hand fails and starts again, so updates
 * are exact, deletes included: those that still succeeded came before it.
 *
 * A table is gone through in the order of its entries in memory. Entries don't
 * move, so each that stays is seen once.
 */
#ifndef _KTAP_TAB_H
#define _KTAP_TAB_H

#include "heap.h"

/**
 * struct ktap_tab - a table
 * @block: header
 * @len: number of entries
 * @drops: entries that could not be made
 */
struct ktap_tab {
	struct ktap_block block;
	atomic_t len;
	atomic_t drops;
};

/**
 * struct ktap_key - a key that is looked for
 * @data: its bytes, which can be read up to a multiple of eight
 * @len: their number
 * @hash: of the table and the key
 * @tab: the table
 * @info: length and type, as in &struct ktap_entry
 */
struct ktap_key {
	const void *data;
	u32 len;
	u32 hash;
	u32 tab;
	u32 info;
};

/**
 * struct ktap_entry - an entry of a table
 * @block: header
 * @next: next entry of the chain; changed under its lock
 * @hash: of @tab and the key
 * @tab: index of the table
 * @info: length of the key shifted left by 4, and its type
 * @cell: the value
 * @key: bytes of the key, and zeros up to a multiple of eight
 */
struct ktap_entry {
	struct ktap_block block;
	u32 next;
	u32 hash;
	u32 tab;
	u32 info;
	atomic64_t cell;
	char key[] __aligned(8);
};

#define KTAP_ENTRY_TYPE(info)	((info) & 15)
#define KTAP_ENTRY_LEN(info)	((info) >> 4)

#define KTAP_TAB_LOCKS		64

/**
 * struct ktap_tabs - all tables of a session
 * @heap: where the entries are
 * @seed: random odd number, so that nobody can make keys collide
 * @shift: bits of a hash that do not choose the chain
 * @chains: index of the first entry of each chain
 * @locks: of the chains
 */
struct ktap_tabs {
	struct ktap_heap *heap;
	u64 seed;
	u32 shift;
	u32 *chains;
	raw_spinlock_t locks[KTAP_TAB_LOCKS];
};

int ktap_tabs_init(struct ktap_tabs *tabs, struct ktap_heap *heap);
void ktap_tabs_destroy(struct ktap_tabs *tabs);

u32 ktap_tab_create(struct ktap_tabs *tabs, u32 *pin);
void ktap_tab_key(struct ktap_tabs *tabs, u32 tab,
		  const struct ktap_value *val, struct ktap_key *key);
int ktap_tab_get(struct ktap_tabs *tabs, const struct ktap_key *key,
		 struct ktap_arena *arena, struct ktap_value *val);
int ktap_tab_set(struct ktap_tabs *tabs, u32 *pin, const struct ktap_key *key,
		 const struct ktap_value *val);
bool ktap_tab_add(struct ktap_tabs *tabs, u32 *pin, u32 tab,
		  const struct ktap_value *val, s64 by);
int ktap_tab_update(struct ktap_tabs *tabs, u32 *pin, const struct ktap_key *key,
		    struct ktap_update *upd);
int ktap_tab_delete(struct ktap_tabs *tabs, const struct ktap_key *key);
int ktap_tab_clear(struct ktap_tabs *tabs, u32 tab, s64 *cursor, u32 steps);
int ktap_tab_next(struct ktap_tabs *tabs, u32 tab, struct ktap_arena *arena,
		  s64 *cursor, u32 steps, struct ktap_value *key,
		  struct ktap_value *val);

/**
 * ktap_tab_at - The table with an index
 * @tabs: tables
 * @tab: index
 *
 * Context: Any context, NMI included.
 * Return: the table.
 */
static inline struct ktap_tab *ktap_tab_at(struct ktap_tabs *tabs, u32 tab)
{
	return ktap_heap_block(tabs->heap, tab);
}

/**
 * ktap_tab_len - Number of entries of a table
 * @tabs: tables
 * @tab: index of the table
 *
 * Context: Any context, NMI included.
 * Return: the number.
 */
static inline u32 ktap_tab_len(struct ktap_tabs *tabs, u32 tab)
{
	return max(atomic_read(&ktap_tab_at(tabs, tab)->len), 0);
}

#endif /* _KTAP_TAB_H */
