/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Tables usable from any context
 *
 * All tables of a session share one hash table, whose keys are pairs of a
 * reference to a table and a key. So a table costs one block, there is nothing to
 * resize, and a script may make tables as it goes. An entry is one block of the
 * heap with its key in it; the common ones, with an integer or a string of up to
 * 16 bytes for a key, are one cache line.
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
 * Order
 *
 * The entries of a table are also in a list of its own, in the order in which
 * they were inserted, and have sequence numbers that ascend in it. The list is
 * changed under a second raw spinlock, which nests in that of a chain. To go
 * through a table, the list is followed from one section to the next by a cursor:
 * the index of the entry to come and its sequence number.
 *
 * An entry that is taken out keeps its link to the next one, for those who stand
 * on it. They come to an entry that was in the list while their section went on:
 *
 * - Who looks at the head finds what is in the list at that time. Who comes with a
 *   cursor looks at the kind of the unit, at the table and the sequence number,
 *   and that the cell is not KTAP_CELL_DEAD. The cell becomes that before the entry
 *   leaves the list, so the entry is in the list at that time.
 * - From an entry that was in the list at a time t in the section one comes to the
 *   one that was behind it at t or later, for the link is not changed any more
 *   once the entry is taken out. So that was in the list at t or later too.
 *
 * What is in the list in a section is not used for anything else before it ends.
 * Entries are added at the end only, so nobody who follows the links passes by one
 * that stays, nor sees one twice.
 *
 * If the entry of the cursor is gone, one goes on with the first whose sequence
 * number is not less. Sequence numbers wrap and are compared by their difference:
 * only then, and only in a table with entries more than 2^31 inserts apart, can
 * this miss an entry or give one twice.
 *
 * The life of a table
 *
 * A table counts the cells and the keys of entries that have it; registers don't
 * count. One without references is on the list of an execution slot
 * (&struct ktap_local), at first that of the run that made it. A slot's list
 * belongs to the slot alone. When its run ends, or when the list has become long
 * and the tables in registers are held, ktap_tab_reap() goes through it:
 *
 * - A count of 0 is exchanged for KTAP_TAB_DEAD. Nobody can get a reference by
 *   then, insert an entry or put the table on a list, so it belongs to the slot,
 *   which deletes its entries and frees it. What that leaves without references
 *   comes to the same list: nothing is recursive.
 * - A table with references leaves the list: @listed is cleared, and then the
 *   count is looked at once more. Who takes the last reference away counts down
 *   and then sets @listed, and lists the table if it was not set. Of the two at
 *   least one sees what the other one did, and if both do only one of them sets
 *   @listed. So a table without references is on one list exactly.
 *
 * Who counts down may find that the table was freed meanwhile by who has it on a
 * list. Its section keeps the memory from being used again, and @listed stays set
 * in it.
 *
 * Tables that name each other in a ring keep each other until the session ends.
 */
#ifndef _KTAP_TAB_H
#define _KTAP_TAB_H

#include "cell.h"
#include "stat.h"

/* In @count of a table that is being freed. */
#define KTAP_TAB_DEAD		INT_MIN
/* In @agg.kind of a table that was not made to count anything. */
#define KTAP_TAB_PLAIN		U32_MAX

/**
 * struct ktap_tab - a table
 * @obj: header
 * @count: cells and keys that have it, or KTAP_TAB_DEAD
 * @len: number of entries
 * @drops: entries that could not be made
 * @head: first entry; this, @tail and @seq are changed under the lock of the list
 * @tail: last entry
 * @seq: sequence number of the next entry
 * @listed: it is on the list of a slot
 * @next: next one on that list
 * @whole: slot of the statistic of what it was fed as a whole
 * @agg: how its statistics count; a plain table has the kind only
 */
struct ktap_tab {
	struct ktap_object obj;
	atomic_t count;
	atomic_t len;
	atomic_t drops;
	u32 head;
	u32 tail;
	u32 seq;
	atomic_t listed;
	u32 next;
	atomic_t whole;
	struct ktap_agg agg;
};

/**
 * struct ktap_key - a key that is looked for
 * @tab: reference to the table, with the type of the key in its lowest bits
 * @ident: hash of table and key, and @info of an entry in the upper half
 * @data: its bytes, which can be read up to a multiple of eight
 * @len: their number
 */
struct ktap_key {
	u64 tab;
	u64 ident;
	const void *data;
	u32 len;
};

/**
 * struct ktap_entry - an entry of a table
 * @block: header
 * @tab: reference to the table, with the type of the key in its lowest bits
 * @ident: hash of table and key in the lower half; in the upper one the length of
 *         the key shifted left by 4, and its type
 * @next: next entry of the chain; changed under its lock
 * @after: next entry of the table; this and @before are changed under the lock of
 *         the list
 * @before: the one before
 * @seq: sequence number
 * @cell: the value
 * @key: bytes of the key, and zeros up to a multiple of eight
 */
struct ktap_entry {
	struct ktap_block block;
	u64 tab;
	u64 ident;
	u32 next;
	u32 after;
	u32 before;
	u32 seq;
	atomic64_t cell;
	char key[] __aligned(8);
};

#define KTAP_IDENT(hash, len, type) \
	((u32)(hash) | (u64)((len) << 4 | (type)) << 32)
#define KTAP_IDENT_HASH(ident)	((u32)(ident))
#define KTAP_IDENT_TYPE(ident)	((u32)((ident) >> 32) & 15)
#define KTAP_IDENT_LEN(ident)	((u32)((ident) >> 36))

/**
 * struct ktap_item - an entry as it was
 * @word: of its cell
 * @idx: its index
 * @seq: its sequence number
 */
struct ktap_item {
	u64 word;
	u32 idx;
	u32 seq;
};

#define KTAP_TAB_LOCKS		64

/**
 * struct ktap_tabs - all tables of a session
 * @heap: where the entries are
 * @mem: its blocks
 * @seed: random odd number, so that nobody can make keys collide
 * @chains: index of the first entry of each chain
 * @shift: bits of a hash that do not choose the chain
 * @chain_locks: of the chains
 * @list_locks: of the lists of entries
 */
struct ktap_tabs {
	struct ktap_heap *heap;
	void *mem;
	u64 seed;
	u32 *chains;
	u32 shift;
	raw_spinlock_t chain_locks[KTAP_TAB_LOCKS];
	raw_spinlock_t list_locks[KTAP_TAB_LOCKS];
};

int ktap_tabs_init(struct ktap_tabs *tabs, struct ktap_heap *heap);
void ktap_tabs_destroy(struct ktap_tabs *tabs);

u64 ktap_tab_create(struct ktap_tabs *tabs, struct ktap_local *local,
		    const struct ktap_agg *agg);
void ktap_tab_key(struct ktap_tabs *tabs, u64 tab,
		  const struct ktap_value *val, struct ktap_key *key);
int ktap_tab_get(struct ktap_tabs *tabs, const struct ktap_key *key,
		 struct ktap_arena *arena, struct ktap_value *val);
int ktap_tab_set(struct ktap_tabs *tabs, struct ktap_local *local,
		 const struct ktap_key *key, const struct ktap_value *val);
bool ktap_tab_read(struct ktap_tabs *tabs, u32 *pin, u64 tab,
		   const struct ktap_value *key, struct ktap_arena *arena,
		   struct ktap_value *val);
int ktap_tab_add_int(struct ktap_tabs *tabs, u32 *pin, u64 tab, s64 i, s64 by);
int ktap_tab_add_bytes(struct ktap_tabs *tabs, u32 *pin, u64 tab,
		       const struct ktap_value *val, s64 by);
int ktap_tab_add_str(struct ktap_tabs *tabs, u32 *pin, u64 tab, const u64 *words,
		     u32 len, s64 by);
int ktap_tab_update(struct ktap_tabs *tabs, struct ktap_local *local,
		    const struct ktap_key *key, struct ktap_update *upd);
int ktap_tab_delete(struct ktap_tabs *tabs, struct ktap_local *local,
		    const struct ktap_key *key);
int ktap_tab_clear(struct ktap_tabs *tabs, struct ktap_local *local, u64 tab,
		   u32 steps);
int ktap_tab_zero(struct ktap_tabs *tabs, u64 tab, s64 *cursor, u32 steps);

int ktap_tab_feed(struct ktap_tabs *tabs, struct ktap_local *local,
		  const struct ktap_key *key, s64 by, enum ktap_type *type);
int ktap_tab_feed_all(struct ktap_tabs *tabs, struct ktap_local *local, u64 tab,
		      s64 by);
bool ktap_tab_feed_filled(struct ktap_tabs *tabs, u32 *pin, u64 tab, s64 by);
u64 ktap_tab_stat(struct ktap_tabs *tabs, u64 tab);
bool ktap_tab_is_plain(struct ktap_tabs *tabs, u64 ref);
bool ktap_tab_agg(struct ktap_tabs *tabs, u64 tab, struct ktap_agg *agg);

s64 ktap_tab_first(struct ktap_tabs *tabs, u64 tab);
int ktap_tab_next(struct ktap_tabs *tabs, u64 tab, s64 *cursor, u32 steps,
		  struct ktap_arena *arena, struct ktap_value *key,
		  struct ktap_value *val);
int ktap_tab_items(struct ktap_tabs *tabs, u64 tab, s64 *cursor,
		   struct ktap_item *items, u32 max);
int ktap_tab_item(struct ktap_tabs *tabs, u64 tab, const struct ktap_item *item,
		  struct ktap_arena *arena, struct ktap_value *key,
		  struct ktap_value *val);

u32 ktap_tab_len(struct ktap_tabs *tabs, u64 tab);
u32 ktap_tab_drops(struct ktap_tabs *tabs, u64 tab);

bool ktap_tab_get_ref(struct ktap_heap *heap, u64 tab);
void ktap_tab_put_ref(struct ktap_heap *heap, struct ktap_local *local, u64 tab);
int ktap_tab_reap(struct ktap_tabs *tabs, struct ktap_local *local, u32 steps);

/**
 * ktap_tab_hold - Count a register that has a table, for a while
 * @tabs: tables, with a pin in use
 * @tab: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true, or false if the table is gone: then there is nothing to give back.
 */
static inline bool ktap_tab_hold(struct ktap_tabs *tabs, u64 tab)
{
	return ktap_tab_get_ref(tabs->heap, tab);
}

/**
 * ktap_tab_unhold - Undo ktap_tab_hold()
 * @tabs: tables, with a pin in use
 * @local: of the slot
 * @tab: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 */
static inline void ktap_tab_unhold(struct ktap_tabs *tabs,
				   struct ktap_local *local, u64 tab)
{
	ktap_tab_put_ref(tabs->heap, local, tab);
}

#endif /* _KTAP_TAB_H */
