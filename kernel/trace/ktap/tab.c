// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tables usable from any context
 *
 * The structure and the rules of concurrent use are told in tab.h.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "tab.h"

/* Multiplier of 64-bit Fibonacci hashing, as GOLDEN_RATIO_64. */
#define HASH_MULT	0x61c8864680b583ebULL

/**
 * ktap_tabs_init - Make the hash table of a session
 * @tabs: tables
 * @heap: heap for the entries
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int ktap_tabs_init(struct ktap_tabs *tabs, struct ktap_heap *heap)
{
	u32 chains = roundup_pow_of_two(max(heap->nr_units, 64U));
	int i;

	tabs->chains = kvcalloc(chains, sizeof(*tabs->chains),
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!tabs->chains)
		return -ENOMEM;
	tabs->heap = heap;
	tabs->mem = heap->mem;
	tabs->shift = 32 - ilog2(chains);
	tabs->seed = get_random_u64() | 1;
	for (i = 0; i < KTAP_TAB_LOCKS; i++) {
		raw_spin_lock_init(&tabs->chain_locks[i]);
		raw_spin_lock_init(&tabs->list_locks[i]);
	}
	return 0;
}

/**
 * ktap_tabs_destroy - Give back the hash table
 * @tabs: tables, all zero or as ktap_tabs_init() left them
 *
 * Context: Process context. May sleep.
 */
void ktap_tabs_destroy(struct ktap_tabs *tabs)
{
	kvfree(tabs->chains);
	tabs->chains = NULL;
}

static __always_inline struct ktap_entry *entry_at(struct ktap_tabs *tabs, u32 idx)
{
	return tabs->mem + ((size_t)idx << KTAP_UNIT_SHIFT);
}

/* The chain of a hash, whose upper bits are the better ones. */
static __always_inline u32 chain_of(const struct ktap_tabs *tabs, u32 hash)
{
	return hash >> tabs->shift;
}

static __always_inline u64 hash_word(u64 hash, u64 word)
{
	hash = (hash ^ word) * HASH_MULT;
	/* Only the upper bits of a product depend on all of its factors. */
	return hash >> 32 | hash << 32;
}

/* What two keys still have in common ends here, unless one knows the seed. */
static __always_inline u32 hash_end(const struct ktap_tabs *tabs, u64 hash)
{
	return hash * tabs->seed >> 32;
}

/* The first @len bytes of a word in memory, with zeros for the others. */
static __always_inline u64 word_head(u64 word, u32 len)
{
	u32 rest = 64 - 8 * len;

	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		return word >> rest << rest;
	return word << rest >> rest;
}

/* Mixes eight bytes at a time; the last ones are taken as if zeros followed. */
static __always_inline u64 hash_bytes(u64 hash, const char *data, u32 len)
{
	const u64 *words = (const u64 *)data;
	u32 nr = len / sizeof(*words), i;

	/* Strings of zeros only differ by their length, so it counts as well. */
	hash ^= len;
	for (i = 0; i < nr; i++)
		hash = hash_word(hash, words[i]);
	if (len % sizeof(*words))
		hash = hash_word(hash, word_head(words[nr], len % sizeof(*words)));
	return hash;
}

/* Is this the key of an entry, of the same length? */
static __always_inline bool same_bytes(const struct ktap_entry *entry,
				       const char *data, u32 len)
{
	const u64 *a = (const u64 *)entry->key;
	const u64 *b = (const u64 *)data;
	u32 nr = len / sizeof(*a), i;

	for (i = 0; i < nr; i++) {
		if (a[i] != b[i])
			return false;
	}
	return !(len % sizeof(*a)) || a[nr] == word_head(b[nr], len % sizeof(*a));
}

/* Where the hash of a key in a table begins. */
static __always_inline u64 hash_begin(const struct ktap_tabs *tabs, u64 tab)
{
	return tabs->seed + tab;
}

/*
 * The hash of a key of one word. Multiplying by a number that nobody knows spreads
 * keys over the chains by itself; where they are small those of different tables
 * do not meet, for what tells tables apart is in the upper half then.
 */
static __always_inline u32 hash_int(const struct ktap_tabs *tabs, u64 tab, s64 word)
{
	return hash_end(tabs, (tab >> 32 | tab << 32) ^ word);
}

static __always_inline void make_word_key(struct ktap_tabs *tabs, u64 tab,
					  const s64 *word, u32 type,
					  struct ktap_key *key)
{
	key->tab = tab | type;
	key->data = word;
	key->len = sizeof(*word);
	key->ident = KTAP_IDENT(hash_int(tabs, tab, *word), sizeof(*word), type);
}

static __always_inline void make_data_key(struct ktap_tabs *tabs, u64 tab,
					  const void *data, u32 len, u32 type,
					  struct ktap_key *key)
{
	u64 hash = hash_bytes(hash_begin(tabs, tab), data, len);

	key->tab = tab | type;
	key->data = data;
	key->len = len;
	key->ident = KTAP_IDENT(hash_end(tabs, hash), len, type);
}

static __always_inline void make_bytes_key(struct ktap_tabs *tabs, u64 tab,
					   const struct ktap_value *val,
					   struct ktap_key *key)
{
	make_data_key(tabs, tab, val->str->data, val->str->len, val->type, key);
}

static __always_inline void make_key(struct ktap_tabs *tabs, u64 tab,
				     const struct ktap_value *val,
				     struct ktap_key *key)
{
	u64 hash;

	switch (val->type) {
	case KTAP_T_INT:
	case KTAP_T_TAB:
	case KTAP_T_FUNC:
		make_word_key(tabs, tab, &val->i, val->type, key);
		break;
	case KTAP_T_STR:
	case KTAP_T_TUPLE:
	case KTAP_T_STACK:
		make_bytes_key(tabs, tab, val, key);
		break;
	default:
		hash = hash_word(hash_begin(tabs, tab), val->type);
		key->tab = tab | val->type;
		key->data = NULL;
		key->len = 0;
		key->ident = KTAP_IDENT(hash_end(tabs, hash), 0, val->type);
		break;
	}
}

/**
 * ktap_tab_key - Prepare a key to be looked for
 * @tabs: tables
 * @tab: reference to the table
 * @val: value of a type in KTAP_M_KEY; @key refers to its bytes
 * @key: the key
 *
 * Context: Any context, NMI included.
 */
void ktap_tab_key(struct ktap_tabs *tabs, u64 tab,
		  const struct ktap_value *val, struct ktap_key *key)
{
	make_key(tabs, tab, val, key);
}

static __always_inline bool find(struct ktap_tabs *tabs, const struct ktap_key *key,
				 struct ktap_entry **found)
{
	u32 chain = chain_of(tabs, KTAP_IDENT_HASH(key->ident));
	/* Pairs with smp_store_release() in chain_link(). */
	u32 idx = smp_load_acquire(&tabs->chains[chain]);

	while (idx) {
		struct ktap_entry *entry = entry_at(tabs, idx);

		if (likely(entry->ident == key->ident && entry->tab == key->tab &&
			   same_bytes(entry, key->data, key->len))) {
			*found = entry;
			return true;
		}
		idx = READ_ONCE(entry->next);
	}
	return false;
}

/* The same where the key is an integer, whose bytes tell all. */
static __always_inline bool find_int(struct ktap_tabs *tabs, u64 tab, s64 i,
				     struct ktap_entry **found)
{
	u32 chain = chain_of(tabs, hash_int(tabs, tab, i));
	/* Pairs with smp_store_release() in chain_link(). */
	u32 idx = smp_load_acquire(&tabs->chains[chain]);

	while (idx) {
		struct ktap_entry *entry = entry_at(tabs, idx);

		if (likely(entry->tab == (tab | KTAP_T_INT) &&
			   *(const s64 *)entry->key == i)) {
			*found = entry;
			return true;
		}
		idx = READ_ONCE(entry->next);
	}
	return false;
}

static struct ktap_entry *entry_find(struct ktap_tabs *tabs,
				     const struct ktap_key *key)
{
	struct ktap_entry *entry;

	return find(tabs, key, &entry) ? entry : NULL;
}

static struct ktap_tab *tab_find(struct ktap_tabs *tabs, u64 tab)
{
	return ktap_heap_find(tabs->heap, KTAP_KIND_TAB, tab);
}

static struct ktap_tab *tab_at(struct ktap_tabs *tabs, u32 idx)
{
	return ktap_heap_block(tabs->heap, idx);
}

static u32 idx_of(struct ktap_tabs *tabs, const void *block)
{
	return (block - tabs->heap->mem) >> KTAP_UNIT_SHIFT;
}

/* An entry could not be made or changed. */
static void tab_drop(struct ktap_tabs *tabs, const struct ktap_local *local, u64 ref)
{
	struct ktap_tab *tab = tab_find(tabs, ref);

	if (tab && !local->retry)
		atomic_inc(&tab->drops);
}

/*
 * Locks
 */

/* This CPU has the lock of a chain or list, of any session, or waits for it. */
static DEFINE_PER_CPU(bool, lock_busy);

/*
 * Be about to take locks; see the comment in tab.h. Even waiting for them and
 * releasing them can be events that call handlers, of other sessions as well. One
 * that waited for a lock then could be waited for in turn.
 */
static bool locks_enter(unsigned long *flags)
{
	local_irq_save(*flags);
	if (__this_cpu_read(lock_busy)) {
		local_irq_restore(*flags);
		return false;
	}
	__this_cpu_write(lock_busy, true);
	/* From here on events in this context and NMIs see it. */
	barrier();
	return true;
}

static void locks_leave(unsigned long flags)
{
	barrier();
	__this_cpu_write(lock_busy, false);
	local_irq_restore(flags);
}

static raw_spinlock_t *chain_lock_of(struct ktap_tabs *tabs, u64 ident)
{
	u32 chain = chain_of(tabs, KTAP_IDENT_HASH(ident));

	return &tabs->chain_locks[chain % KTAP_TAB_LOCKS];
}

static raw_spinlock_t *list_lock_of(struct ktap_tabs *tabs, u32 idx)
{
	return &tabs->list_locks[idx % KTAP_TAB_LOCKS];
}

static bool chain_lock(struct ktap_tabs *tabs, u64 ident, unsigned long *flags)
{
	if (!locks_enter(flags))
		return false;
	raw_spin_lock(chain_lock_of(tabs, ident));
	return true;
}

static void chain_unlock(struct ktap_tabs *tabs, u64 ident, unsigned long flags)
{
	raw_spin_unlock(chain_lock_of(tabs, ident));
	locks_leave(flags);
}

/*
 * The life of a table
 */

/* Put a table without references on the list of a slot, unless it is on one. */
static void tab_list(struct ktap_local *local, struct ktap_tab *tab, u32 idx)
{
	if (atomic_xchg(&tab->listed, 1))
		return;
	tab->next = local->zero;
	local->zero = idx;
	local->nr_zero++;
}

/**
 * ktap_tab_get_ref - Count a reference to a table
 * @heap: heap, with a pin in use
 * @ref: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true, or false if the table is gone.
 */
bool ktap_tab_get_ref(struct ktap_heap *heap, u64 ref)
{
	struct ktap_tab *tab = ktap_heap_find(heap, KTAP_KIND_TAB, ref);
	int count;

	if (!tab)
		return false;
	count = atomic_read(&tab->count);
	do {
		if (count == KTAP_TAB_DEAD)
			return false;
	} while (!atomic_try_cmpxchg(&tab->count, &count, count + 1));
	return true;
}

/**
 * ktap_tab_put_ref - Give back a reference to a table
 * @heap: heap, with a pin in use
 * @local: of the slot, which is where the table comes if this was the last one
 * @ref: reference to the table, which was counted
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_tab_put_ref(struct ktap_heap *heap, struct ktap_local *local, u64 ref)
{
	struct ktap_tab *tab = ktap_heap_block(heap, KTAP_REF_IDX(ref));

	if (!atomic_dec_return(&tab->count))
		tab_list(local, tab, KTAP_REF_IDX(ref));
}

/**
 * ktap_tab_create - Make a table
 * @tabs: tables
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @agg: how its statistics count, checked by ktap_agg_check(); NULL for a plain
 *       table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: a reference, not counted, or 0 if the heap is full.
 */
u64 ktap_tab_create(struct ktap_tabs *tabs, struct ktap_local *local,
		    const struct ktap_agg *agg)
{
	struct ktap_tab *tab;
	u32 idx;

	idx = ktap_heap_alloc(tabs->heap, local->pin, agg ? sizeof(*tab) :
			      offsetof(struct ktap_tab, agg.param));
	if (!idx)
		return 0;
	tab = tab_at(tabs, idx);
	atomic_set(&tab->count, 0);
	atomic_set(&tab->len, 0);
	atomic_set(&tab->drops, 0);
	tab->head = 0;
	tab->tail = 0;
	tab->seq = 0;
	atomic_set(&tab->listed, 0);
	atomic_set(&tab->whole, 0);
	if (agg)
		tab->agg = *agg;
	else
		tab->agg.kind = KTAP_TAB_PLAIN;
	tab_list(local, tab, idx);
	return ktap_heap_publish(tabs->heap, idx, KTAP_KIND_TAB);
}

/*
 * Entries
 */

/* Count a table that is the key of an entry. */
static bool entry_get_ref(struct ktap_tabs *tabs, const struct ktap_entry *entry)
{
	if (KTAP_IDENT_TYPE(entry->ident) != KTAP_T_TAB)
		return true;
	return ktap_tab_get_ref(tabs->heap, *(const u64 *)entry->key);
}

/* Free an entry that nobody can come to any more. */
static void entry_free(struct ktap_tabs *tabs, struct ktap_local *local, u32 idx)
{
	const struct ktap_entry *entry = entry_at(tabs, idx);

	if (KTAP_IDENT_TYPE(entry->ident) == KTAP_T_TAB)
		ktap_tab_put_ref(tabs->heap, local, *(const u64 *)entry->key);
	ktap_heap_free(tabs->heap, idx);
}

static u32 entry_create(struct ktap_tabs *tabs, u32 *pin,
			const struct ktap_key *key, u64 word)
{
	u32 room = ALIGN(key->len, sizeof(u64));
	struct ktap_entry *entry;
	u32 idx;

	idx = ktap_heap_alloc(tabs->heap, pin, struct_size(entry, key, room));
	if (!idx)
		return 0;
	entry = entry_at(tabs, idx);
	entry->tab = key->tab;
	entry->ident = key->ident;
	atomic64_set(&entry->cell, word);
	memcpy(entry->key, key->data, key->len);
	memset(entry->key + key->len, 0, room - key->len);
	return idx;
}

static void chain_link(struct ktap_tabs *tabs, struct ktap_entry *entry, u32 idx)
{
	u32 *chain = &tabs->chains[chain_of(tabs, KTAP_IDENT_HASH(entry->ident))];

	WRITE_ONCE(entry->next, *chain);
	/* The entry is whole before it is found. Pairs with find(). */
	smp_store_release(chain, idx);
}

static void chain_unlink(struct ktap_tabs *tabs, struct ktap_entry *entry)
{
	u32 *link = &tabs->chains[chain_of(tabs, KTAP_IDENT_HASH(entry->ident))];

	while (entry_at(tabs, *link) != entry)
		link = &entry_at(tabs, *link)->next;
	/* The entry keeps its own link for those who stand on it. */
	WRITE_ONCE(*link, entry->next);
}

/* Add an entry at the end of its table, which must not be dead. */
static bool list_link(struct ktap_tabs *tabs, struct ktap_tab *tab,
		      struct ktap_entry *entry, u32 idx)
{
	raw_spinlock_t *lock = list_lock_of(tabs, KTAP_REF_IDX(entry->tab));
	u32 *link;

	raw_spin_lock(lock);
	if (atomic_read(&tab->count) == KTAP_TAB_DEAD) {
		raw_spin_unlock(lock);
		return false;
	}
	atomic_inc(&tab->len);
	entry->seq = tab->seq++;
	WRITE_ONCE(entry->after, 0);
	entry->before = tab->tail;
	link = tab->tail ? &entry_at(tabs, tab->tail)->after : &tab->head;
	/* It is whole before it is seen. Pairs with list_next(). */
	smp_store_release(link, idx);
	/* For who looks there first. Pairs with list_next() as well. */
	smp_store_release(&tab->tail, idx);
	/* In the list before a cursor is good for it. Pairs with entry_alive(). */
	smp_store_release(&tabs->heap->kind[idx], KTAP_KIND_ENTRY);
	raw_spin_unlock(lock);
	return true;
}

static void list_unlink(struct ktap_tabs *tabs, struct ktap_tab *tab,
			struct ktap_entry *entry)
{
	raw_spinlock_t *lock = list_lock_of(tabs, KTAP_REF_IDX(entry->tab));
	u32 *link;

	raw_spin_lock(lock);
	atomic_dec(&tab->len);
	link = entry->before ? &entry_at(tabs, entry->before)->after : &tab->head;
	/* The entry keeps its own link for those who stand on it. */
	WRITE_ONCE(*link, entry->after);
	if (entry->after)
		entry_at(tabs, entry->after)->before = entry->before;
	else
		WRITE_ONCE(tab->tail, entry->before);
	raw_spin_unlock(lock);
}

/* Insert a whole entry, unless there is one with this key meanwhile. */
static int entry_link(struct ktap_tabs *tabs, const struct ktap_key *key, u32 idx)
{
	struct ktap_tab *tab = tab_find(tabs, key->tab);
	struct ktap_entry *entry = entry_at(tabs, idx);
	unsigned long flags;
	int ret = 0;

	if (!tab)
		return -ENOENT;
	if (!chain_lock(tabs, key->ident, &flags))
		return -EBUSY;
	if (entry_find(tabs, key))
		ret = -EEXIST;
	else if (!list_link(tabs, tab, entry, idx))
		ret = -ENOENT;
	else
		chain_link(tabs, entry, idx);
	chain_unlock(tabs, key->ident, flags);
	return ret;
}

/* Insert an entry with @word, unless there is one with this key meanwhile. */
static int entry_insert(struct ktap_tabs *tabs, struct ktap_local *local,
			const struct ktap_key *key, u64 word)
{
	u32 idx;
	int ret;

	idx = entry_create(tabs, local->pin, key, word);
	if (!idx) {
		tab_drop(tabs, local, key->tab);
		return -ENOMEM;
	}
	if (!entry_get_ref(tabs, entry_at(tabs, idx))) {
		ktap_heap_free(tabs->heap, idx);
		return -ENOENT;
	}
	ret = entry_link(tabs, key, idx);
	if (ret)
		entry_free(tabs, local, idx);
	return ret;
}

/* Delete what @key names; @entry is NULL or what it has to be. */
static int entry_delete(struct ktap_tabs *tabs, struct ktap_local *local,
			const struct ktap_key *key, struct ktap_entry *entry)
{
	struct ktap_entry *found;
	unsigned long flags;
	u64 word;

	if (!chain_lock(tabs, key->ident, &flags))
		return -EBUSY;
	found = entry_find(tabs, key);
	if (!found || (entry && entry != found)) {
		chain_unlock(tabs, key->ident, flags);
		return 0;
	}
	/*
	 * Whoever fails because of the cell looks for the entry again, and must
	 * not find it: an NMI that comes in between would do so for ever. Who
	 * has a cursor must not take it for one of the list when it is not.
	 */
	chain_unlink(tabs, found);
	word = atomic64_xchg(&found->cell, KTAP_CELL_DEAD);
	/* It has this entry, so it cannot be freed. */
	list_unlink(tabs, tab_at(tabs, KTAP_REF_IDX(key->tab)), found);
	chain_unlock(tabs, key->ident, flags);

	ktap_cell_drop(tabs->heap, local, word);
	entry_free(tabs, local, idx_of(tabs, found));
	return 0;
}

/**
 * ktap_tab_get - Look up a value
 * @tabs: tables, with a pin in use
 * @key: key
 * @arena: for strings
 * @val: the value, nil if there is none
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOSPC if the arena has no room for the string.
 */
int ktap_tab_get(struct ktap_tabs *tabs, const struct ktap_key *key,
		 struct ktap_arena *arena, struct ktap_value *val)
{
	struct ktap_entry *entry = entry_find(tabs, key);

	if (!entry) {
		ktap_set_nil(val);
		return 0;
	}
	return ktap_cell_read(tabs->heap, arena, atomic64_read(&entry->cell), val);
}

/**
 * ktap_tab_set - Set the value of a key
 * @tabs: tables
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @key: key
 * @val: value of a type in KTAP_M_STORE other than nil; a table that is gone
 *       deletes the entry
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -ENOMEM if the heap is full; -EBUSY if this CPU is about to change a
 * table already; or -ENOENT if the table, or one that is the key, is gone.
 */
int ktap_tab_set(struct ktap_tabs *tabs, struct ktap_local *local,
		 const struct ktap_key *key, const struct ktap_value *val)
{
	struct ktap_entry *entry;
	u64 word;
	int ret;

	ret = ktap_cell_make(tabs->heap, local, val, &word);
	if (ret) {
		tab_drop(tabs, local, key->tab);
		return ret;
	}
	if (unlikely(word == KTAP_CELL_NIL))
		return ktap_tab_delete(tabs, local, key);
	do {
		entry = entry_find(tabs, key);
		if (entry)
			ret = ktap_cell_set(tabs->heap, local, &entry->cell, word);
		else
			ret = entry_insert(tabs, local, key, word);
	} while (ret == -ESTALE || ret == -EEXIST);
	if (ret)
		ktap_cell_drop(tabs->heap, local, word);
	return ret;
}

/* The word of an entry that an update makes. */
static int update_first(struct ktap_tabs *tabs, struct ktap_local *local,
			const struct ktap_update *upd, u64 *word)
{
	struct ktap_value val;
	s64 res;
	int ret;

	ret = ktap_arith(upd->arith, 0, upd->operand, &res);
	if (ret)
		return ret;
	ktap_set_int(&val, res);
	return ktap_cell_make(tabs->heap, local, &val, word);
}

/* Read a cell, if it has an integer, a table or a string. */
static __always_inline bool cell_read(struct ktap_tabs *tabs, const atomic64_t *cell,
				      struct ktap_arena *arena, struct ktap_value *val)
{
	u64 word = atomic64_read(cell);

	if (KTAP_CELL_IS_INT(word))
		ktap_set_int(val, (s64)word >> 1);
	else if (KTAP_CELL_TAG(word) == KTAP_CELL_TAB)
		ktap_set_tab(val, ktap_cell_ref(word));
	else if (KTAP_CELL_TAG(word) == KTAP_CELL_STR)
		return !ktap_cell_read(tabs->heap, arena, word, val);
	else
		return false;
	return true;
}

/**
 * ktap_tab_read - Look up an integer, a table or a string
 * @tabs: tables
 * @pin: pin of the execution slot, not in use
 * @tab: reference to the table
 * @key: key, of a type in KTAP_M_KEY
 * @arena: for strings
 * @val: the value
 *
 * What ktap_tab_key() and ktap_tab_get() do, made for being quick where the key
 * is an integer or a string.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true if it was done; false if there is no such key, another kind of key
 * or value, or no room for a string.
 */
bool ktap_tab_read(struct ktap_tabs *tabs, u32 *pin, u64 tab,
		   const struct ktap_value *key, struct ktap_arena *arena,
		   struct ktap_value *val)
{
	struct ktap_key where __uninitialized;
	struct ktap_entry *entry;
	bool done = false;

	if (likely(key->type == KTAP_T_INT)) {
		ktap_pin(tabs->heap, pin);
		if (find_int(tabs, tab, key->i, &entry))
			done = cell_read(tabs, &entry->cell, arena, val);
	} else if (key->type == KTAP_T_STR) {
		make_bytes_key(tabs, tab, key, &where);
		ktap_pin(tabs->heap, pin);
		if (find(tabs, &where, &entry))
			done = cell_read(tabs, &entry->cell, arena, val);
	} else {
		return false;
	}
	ktap_unpin(pin);
	return done;
}

/**
 * ktap_tab_add_int - Add to the integer of an integer key, if that is all there is to do
 * @tabs: tables
 * @pin: pin of the execution slot, not in use
 * @tab: reference to the table
 * @i: key
 * @by: what to add
 *
 * This is what most handlers do most of the time, so it is made for being quick.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -EAGAIN if that is not all: there is no such key, or the value or the
 * sum is not an integer that a cell can hold.
 */
int ktap_tab_add_int(struct ktap_tabs *tabs, u32 *pin, u64 tab, s64 i, s64 by)
{
	struct ktap_entry *entry;
	int ret = -EAGAIN;

	ktap_pin(tabs->heap, pin);
	if (likely(find_int(tabs, tab, i, &entry)))
		ret = ktap_cell_add(&entry->cell, by);
	ktap_unpin(pin);
	return ret;
}

static __always_inline int key_add(struct ktap_tabs *tabs, u32 *pin,
				   const struct ktap_key *key, s64 by)
{
	struct ktap_entry *entry;
	int ret = -EAGAIN;

	ktap_pin(tabs->heap, pin);
	if (likely(find(tabs, key, &entry)))
		ret = ktap_cell_add(&entry->cell, by);
	ktap_unpin(pin);
	return ret;
}

/**
 * ktap_tab_add_bytes - The same with a string or another key that has bytes
 * @tabs: tables
 * @pin: pin of the execution slot, not in use
 * @tab: reference to the table
 * @val: key
 * @by: what to add
 *
 * Context: Probe context: preemption off, slot held.
 * Return: as ktap_tab_add_int().
 */
int ktap_tab_add_bytes(struct ktap_tabs *tabs, u32 *pin, u64 tab,
		       const struct ktap_value *val, s64 by)
{
	struct ktap_key key __uninitialized;

	make_bytes_key(tabs, tab, val, &key);
	return key_add(tabs, pin, &key, by);
}

/**
 * ktap_tab_add_str - The same with a string that is not a value
 * @tabs: tables
 * @pin: pin of the execution slot, not in use
 * @tab: reference to the table
 * @words: its bytes, which can be read up to a multiple of eight
 * @len: their number
 * @by: what to add
 *
 * Context: Probe context: preemption off, slot held.
 * Return: as ktap_tab_add_int().
 */
int ktap_tab_add_str(struct ktap_tabs *tabs, u32 *pin, u64 tab, const u64 *words,
		     u32 len, s64 by)
{
	struct ktap_key key __uninitialized;

	make_data_key(tabs, tab, words, len, KTAP_T_STR, &key);
	return key_add(tabs, pin, &key, by);
}

/**
 * ktap_tab_update - Compute with the integer of a key, at once
 * @tabs: tables
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @key: key; a missing entry begins from zero
 * @upd: what to do
 *
 * Context: Probe context: preemption off, slot held.
 * Return: as ktap_tab_set(); or -EINVAL if the value is not an integer, @upd->type
 * tells what it is; or -EDOM for a division by zero.
 */
int ktap_tab_update(struct ktap_tabs *tabs, struct ktap_local *local,
		    const struct ktap_key *key, struct ktap_update *upd)
{
	struct ktap_entry *entry;
	u64 word;
	int ret;

	upd->spare = 0;
	do {
		entry = entry_find(tabs, key);
		if (likely(entry)) {
			ret = ktap_cell_update(tabs->heap, &entry->cell, upd);
			if (likely(!ret))
				break;
			if (ret == -ENOBUFS) {
				ret = ktap_update_spare(tabs->heap, local, upd);
				if (ret)
					tab_drop(tabs, local, key->tab);
				else
					ret = -ESTALE;
			}
		} else {
			ret = update_first(tabs, local, upd, &word);
			if (ret) {
				if (ret == -ENOMEM)
					tab_drop(tabs, local, key->tab);
				break;
			}
			ret = entry_insert(tabs, local, key, word);
			if (ret)
				ktap_cell_drop(tabs->heap, local, word);
		}
	} while (ret == -ESTALE || ret == -EEXIST);
	ktap_update_done(tabs->heap, upd);
	return ret;
}

/**
 * ktap_tab_delete - Delete the entry of a key, if there is one
 * @tabs: tables, with a pin in use
 * @local: of the slot
 * @key: key
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -EBUSY if this CPU is about to change a table already.
 */
int ktap_tab_delete(struct ktap_tabs *tabs, struct ktap_local *local,
		    const struct ktap_key *key)
{
	return entry_find(tabs, key) ? entry_delete(tabs, local, key, NULL) : 0;
}

/*
 * Statistics
 */

/* Make a statistic for a table that was fed once. */
static u64 stat_first(struct ktap_tabs *tabs, struct ktap_local *local, u64 tab,
		      s64 by, int *ret)
{
	struct ktap_agg agg = { .kind = KTAP_AGG_STAT };
	const struct ktap_tab *t = tab_find(tabs, tab);
	u64 stat;

	if (!t) {
		*ret = -ENOENT;
		return 0;
	}
	if (t->agg.kind != KTAP_TAB_PLAIN)
		agg = t->agg;
	*ret = -ENOMEM;
	stat = ktap_stat_create(tabs->heap, local->pin, &agg);
	if (stat)
		*ret = ktap_stat_feed(tabs->heap, local->pin, stat, by);
	if (!stat || *ret)
		tab_drop(tabs, local, tab);
	return stat;
}

/* Feed what @key has not yet. */
static int entry_feed_first(struct ktap_tabs *tabs, struct ktap_local *local,
			    const struct ktap_key *key, s64 by)
{
	u64 stat;
	int ret;

	stat = stat_first(tabs, local, key->tab, by, &ret);
	if (!stat)
		return ret;
	if (!ret)
		ret = entry_insert(tabs, local, key,
				   ktap_cell_word(KTAP_CELL_STAT, stat));
	if (ret)
		ktap_stat_free(tabs->heap, KTAP_REF_IDX(stat));
	return ret;
}

/**
 * ktap_tab_feed - Feed the statistic of a key
 * @tabs: tables
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @key: key; a missing entry gets a statistic as the table makes them
 * @by: value
 * @type: out, type of the value that is there if it is not a statistic
 *
 * Context: Probe context: preemption off, slot held.
 * Return: as ktap_tab_set(); or -EINVAL if there is something else than a
 * statistic.
 */
int ktap_tab_feed(struct ktap_tabs *tabs, struct ktap_local *local,
		  const struct ktap_key *key, s64 by, enum ktap_type *type)
{
	struct ktap_entry *entry;
	u64 word;
	int ret;

	do {
		entry = entry_find(tabs, key);
		if (!entry) {
			ret = entry_feed_first(tabs, local, key, by);
			continue;
		}
		word = atomic64_read(&entry->cell);
		if (unlikely(word == KTAP_CELL_DEAD)) {
			ret = -ESTALE;
		} else if (unlikely(KTAP_CELL_IS_INT(word) ||
				    KTAP_CELL_TAG(word) != KTAP_CELL_STAT)) {
			*type = ktap_cell_type(word);
			ret = -EINVAL;
		} else {
			ret = ktap_stat_feed(tabs->heap, local->pin,
					     ktap_cell_ref(word), by);
			if (ret == -ENOMEM)
				tab_drop(tabs, local, key->tab);
		}
	} while (ret == -ESTALE || ret == -EEXIST);
	return ret;
}

/* The statistic in @whole of a table, or 0. */
static u64 whole_ref(struct ktap_tabs *tabs, const struct ktap_tab *tab)
{
	const struct ktap_statistic *stat;
	u32 idx = atomic_read(&tab->whole);

	if (!idx || idx == KTAP_SLOT_DEAD)
		return 0;
	stat = ktap_heap_block(tabs->heap, idx);
	return ktap_ref(idx, stat->obj.gen);
}

/* Feed a table as a whole that was not yet. */
static int whole_feed_first(struct ktap_tabs *tabs, struct ktap_local *local,
			    u64 ref, s64 by)
{
	struct ktap_tab *tab;
	u64 stat;
	int ret;

	stat = stat_first(tabs, local, ref, by, &ret);
	if (!stat)
		return ret;
	if (!ret) {
		int none = 0;

		tab = tab_find(tabs, ref);
		if (!tab)
			ret = -ENOENT;
		else if (!atomic_try_cmpxchg(&tab->whole, &none, KTAP_REF_IDX(stat)))
			ret = (u32)none == KTAP_SLOT_DEAD ? -ENOENT : -EEXIST;
	}
	if (ret)
		ktap_stat_free(tabs->heap, KTAP_REF_IDX(stat));
	return ret;
}

/**
 * ktap_tab_feed_all - Feed a table as a whole
 * @tabs: tables
 * @local: of the slot, pin in use; as for ktap_heap_alloc()
 * @ref: reference to the table
 * @by: value
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -EINVAL if it is a plain table; -ENOMEM if the heap is full; or
 * -ENOENT if the table is gone.
 */
int ktap_tab_feed_all(struct ktap_tabs *tabs, struct ktap_local *local, u64 ref,
		      s64 by)
{
	const struct ktap_tab *tab;
	u64 stat;
	int ret;

	do {
		tab = tab_find(tabs, ref);
		if (unlikely(!tab))
			return -ENOENT;
		if (unlikely(tab->agg.kind == KTAP_TAB_PLAIN))
			return -EINVAL;
		stat = whole_ref(tabs, tab);
		if (likely(stat)) {
			ret = ktap_stat_feed(tabs->heap, local->pin, stat, by);
			if (ret == -ENOMEM)
				tab_drop(tabs, local, ref);
		} else {
			ret = whole_feed_first(tabs, local, ref, by);
		}
	} while (ret == -ESTALE || ret == -EEXIST);
	return ret;
}

/**
 * ktap_tab_feed_filled - Feed a table as a whole, if that is all there is to do
 * @tabs: tables
 * @pin: pin of the execution slot, not in use
 * @ref: reference to the table
 * @by: value
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true if it was done; false if the table is gone, is a plain one, or needs
 * memory for this.
 */
bool ktap_tab_feed_filled(struct ktap_tabs *tabs, u32 *pin, u64 ref, s64 by)
{
	const struct ktap_tab *tab;
	bool done = false;
	u32 idx;

	ktap_pin(tabs->heap, pin);
	tab = tab_find(tabs, ref);
	if (likely(tab)) {
		/* What is there in this section stays a statistic in it. */
		idx = atomic_read(&tab->whole);
		if (likely(idx && idx != KTAP_SLOT_DEAD))
			done = ktap_stat_feed_filled(tabs->heap, idx, by);
	}
	ktap_unpin(pin);
	return done;
}

/**
 * ktap_tab_stat - What a table was fed as a whole
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: a reference to the statistic, or 0 if it was fed nothing.
 */
u64 ktap_tab_stat(struct ktap_tabs *tabs, u64 ref)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);

	return tab ? whole_ref(tabs, tab) : 0;
}

/**
 * ktap_tab_agg - How the statistics of a table count
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 * @agg: how they count
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true; or false if it is a plain table or gone.
 */
bool ktap_tab_agg(struct ktap_tabs *tabs, u64 ref, struct ktap_agg *agg)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);

	if (!tab || tab->agg.kind == KTAP_TAB_PLAIN)
		return false;
	*agg = tab->agg;
	return true;
}

/**
 * ktap_tab_is_plain - Was a table not made to count anything?
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true if so; false if it was, or is gone.
 */
bool ktap_tab_is_plain(struct ktap_tabs *tabs, u64 ref)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);

	return tab && tab->agg.kind == KTAP_TAB_PLAIN;
}

/* Take away what a table was fed as a whole. */
static void whole_free(struct ktap_tabs *tabs, struct ktap_tab *tab)
{
	int idx = atomic_read(&tab->whole);

	/* If others do so too, that is all. */
	if (idx && (u32)idx != KTAP_SLOT_DEAD &&
	    atomic_try_cmpxchg(&tab->whole, &idx, 0))
		ktap_stat_free(tabs->heap, idx);
}

/*
 * Going through a table
 */

static s64 cursor_of(u32 idx, u32 seq)
{
	return (u64)seq << 32 | idx;
}

/* Does one sequence number come before another one? */
static bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/* The entry with an index, if it is one of this table and in its list. */
static struct ktap_entry *entry_alive(struct ktap_tabs *tabs, u64 tab, u32 idx)
{
	struct ktap_entry *entry = entry_at(tabs, idx);

	if (idx >= tabs->heap->nr_units)
		return NULL;
	/* Pairs with smp_store_release() in list_link(). */
	if (smp_load_acquire(&tabs->heap->kind[idx]) != KTAP_KIND_ENTRY)
		return NULL;
	if (ktap_cell_ref(entry->tab) != tab || atomic64_read(&entry->cell) == KTAP_CELL_DEAD)
		return NULL;
	return entry;
}

/* Follow a link of a list. */
static struct ktap_entry *list_next(struct ktap_tabs *tabs, const u32 *link)
{
	/* Pairs with smp_store_release() in list_link(). */
	u32 idx = smp_load_acquire(link);

	return idx ? entry_at(tabs, idx) : NULL;
}

/*
 * Where to begin to look for the entry of a cursor: that entry; or one before it,
 * which a search that was not finished has left there; or the first one.
 */
static struct ktap_entry *cursor_entry(struct ktap_tabs *tabs, u64 ref, s64 cursor)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);
	u32 seq = (u64)cursor >> 32;
	struct ktap_entry *entry;

	if (!tab)
		return NULL;
	entry = entry_alive(tabs, ref, (u32)cursor);
	if (entry && !seq_before(seq, entry->seq))
		return entry;
	/* Who has come to the end does not begin anew. */
	entry = list_next(tabs, &tab->tail);
	if (!entry || seq_before(entry->seq, seq))
		return NULL;
	return list_next(tabs, &tab->head);
}

/**
 * struct step - one step on the way through a table
 * @entry: the entry
 * @word: word of its cell
 * @cursor: of the one behind it
 */
struct step {
	struct ktap_entry *entry;
	u64 word;
	s64 cursor;
};

/*
 * Find the entry of a cursor. Returns -ENOENT at the end, or -EAGAIN after @steps
 * entries, with the cursor moved to where to go on.
 */
static int walk(struct ktap_tabs *tabs, u64 tab, s64 *cursor, u32 *steps,
		struct step *step)
{
	struct ktap_entry *entry = cursor_entry(tabs, tab, *cursor), *next;
	u32 seq = (u64)*cursor >> 32;

	for (; entry; entry = next) {
		if (!*steps) {
			if (seq_before(seq, entry->seq))
				seq = entry->seq;
			*cursor = cursor_of(idx_of(tabs, entry), seq);
			return -EAGAIN;
		}
		--*steps;
		step->word = atomic64_read(&entry->cell);
		next = list_next(tabs, &entry->after);
		if (seq_before(entry->seq, seq) || step->word == KTAP_CELL_DEAD)
			continue;
		step->entry = entry;
		step->cursor = next ? cursor_of(idx_of(tabs, next), next->seq) :
				      cursor_of(idx_of(tabs, entry), entry->seq + 1);
		return 0;
	}
	return -ENOENT;
}

/* Turn the key of an entry back into a value. */
static int entry_key(const struct ktap_entry *entry, struct ktap_arena *arena,
		     struct ktap_value *val)
{
	enum ktap_type type = KTAP_IDENT_TYPE(entry->ident);
	struct ktap_str *str;

	switch (type) {
	case KTAP_T_INT:
	case KTAP_T_TAB:
	case KTAP_T_FUNC:
		val->i = *(const s64 *)entry->key;
		break;
	case KTAP_T_STR:
	case KTAP_T_TUPLE:
	case KTAP_T_STACK:
		str = ktap_arena_str(arena, KTAP_IDENT_LEN(entry->ident));
		if (!str)
			return -ENOSPC;
		memcpy(str->data, entry->key, str->len);
		val->str = str;
		break;
	default:
		break;
	}
	val->type = type;
	return 0;
}

/**
 * ktap_tab_first - Begin to go through a table
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: a cursor.
 */
s64 ktap_tab_first(struct ktap_tabs *tabs, u64 ref)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);
	const struct ktap_entry *entry;

	entry = tab ? list_next(tabs, &tab->head) : NULL;
	return entry ? cursor_of(idx_of(tabs, entry), entry->seq) : 0;
}

/**
 * ktap_tab_next - Go on to the next entry of a table
 * @tabs: tables, with a pin in use
 * @tab: reference to the table
 * @cursor: from ktap_tab_first(), though any number does no harm; moved on only
 *          when 0 or -EAGAIN is returned
 * @steps: number of entries to look at
 * @arena: for strings
 * @key: key of the entry
 * @val: value of the entry
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 if there is an entry; -ENOENT at the end; -EAGAIN if it was not found
 * in @steps entries; -ENOSPC if the arena has no room for a string.
 */
int ktap_tab_next(struct ktap_tabs *tabs, u64 tab, s64 *cursor, u32 steps,
		  struct ktap_arena *arena, struct ktap_value *key,
		  struct ktap_value *val)
{
	struct step step;
	int ret;

	ret = walk(tabs, tab, cursor, &steps, &step);
	if (!ret)
		ret = entry_key(step.entry, arena, key);
	if (!ret)
		ret = ktap_cell_read(tabs->heap, arena, step.word, val);
	if (!ret)
		*cursor = step.cursor;
	return ret;
}

/**
 * ktap_tab_items - Note what is in a table
 * @tabs: tables, with a pin in use
 * @tab: reference to the table
 * @cursor: from ktap_tab_first(); moved on
 * @items: entries, in the order in which they were inserted
 * @max: how many of them there is room for, and how many entries to look at
 *
 * What the words name may be gone when the section ends.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: how many were noted; 0 at the end; or -EAGAIN if there may be more.
 */
int ktap_tab_items(struct ktap_tabs *tabs, u64 tab, s64 *cursor,
		   struct ktap_item *items, u32 max)
{
	u32 nr = 0, steps = max;
	struct step step;

	while (nr < max) {
		int ret = walk(tabs, tab, cursor, &steps, &step);

		if (ret == -EAGAIN && !nr)
			return ret;
		if (ret)
			break;
		items[nr].word = step.word;
		items[nr].idx = idx_of(tabs, step.entry);
		items[nr].seq = step.entry->seq;
		nr++;
		*cursor = step.cursor;
	}
	return nr;
}

/**
 * ktap_tab_item - What is in a table where there was an item
 * @tabs: tables, with a pin in use
 * @tab: reference to the table
 * @item: from ktap_tab_items()
 * @arena: for strings
 * @key: key of the entry
 * @val: value that it has now
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -ENOENT if the entry was deleted; -ENOSPC if the arena has no room for
 * a string.
 */
int ktap_tab_item(struct ktap_tabs *tabs, u64 tab, const struct ktap_item *item,
		  struct ktap_arena *arena, struct ktap_value *key,
		  struct ktap_value *val)
{
	const struct ktap_entry *entry = entry_alive(tabs, tab, item->idx);
	u64 word;
	int ret;

	if (!entry || entry->seq != item->seq)
		return -ENOENT;
	word = atomic64_read(&entry->cell);
	if (word == KTAP_CELL_DEAD)
		return -ENOENT;
	ret = entry_key(entry, arena, key);
	if (ret)
		return ret;
	return ktap_cell_read(tabs->heap, arena, word, val);
}

/* Delete the entries of a table, from the first one on. */
static int entries_delete(struct ktap_tabs *tabs, struct ktap_local *local,
			  const struct ktap_tab *tab, u32 *steps)
{
	struct ktap_entry *entry;
	int ret = 0;

	while (!ret && (entry = list_next(tabs, &tab->head))) {
		struct ktap_key key = {
			.tab = entry->tab,
			.ident = entry->ident,
			.data = entry->key,
			.len = KTAP_IDENT_LEN(entry->ident),
		};

		if (!*steps)
			return -EAGAIN;
		--*steps;
		ret = entry_delete(tabs, local, &key, entry);
	}
	return ret;
}

/**
 * ktap_tab_clear - Delete the entries of a table, and what it was fed as a whole
 * @tabs: tables, with a pin in use
 * @local: of the slot
 * @ref: reference to the table
 * @steps: number of entries to delete
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 if it is empty; -EAGAIN if there may be more entries; -EBUSY if this
 * CPU is about to change a table already.
 */
int ktap_tab_clear(struct ktap_tabs *tabs, struct ktap_local *local, u64 ref,
		   u32 steps)
{
	struct ktap_tab *tab = tab_find(tabs, ref);
	int ret;

	if (!tab)
		return 0;
	ret = entries_delete(tabs, local, tab, &steps);
	if (!ret)
		whole_free(tabs, tab);
	return ret;
}

/* Make the value of an entry zero, if there is a zero of its type. */
static void entry_zero(struct ktap_tabs *tabs, struct ktap_entry *entry)
{
	s64 old = atomic64_read(&entry->cell);

	/* Of what else it becomes meanwhile one cannot tell that it was before. */
	while (KTAP_CELL_IS_INT(old) || KTAP_CELL_TAG(old) == KTAP_CELL_BIG) {
		if (!atomic64_try_cmpxchg(&entry->cell, &old, KTAP_CELL_INT(0)))
			continue;
		if (!KTAP_CELL_IS_INT(old))
			ktap_heap_free(tabs->heap, KTAP_CELL_IDX(old));
		return;
	}
	if (KTAP_CELL_TAG(old) == KTAP_CELL_STAT)
		ktap_stat_reset(tabs->heap, ktap_cell_ref(old));
}

/**
 * ktap_tab_zero - Make integers of a table 0 and its statistics empty
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 * @cursor: from ktap_tab_first(); moved on
 * @steps: number of entries to look at
 *
 * What it was fed as a whole is taken away at the end.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 at the end, or -EAGAIN if there may be more entries.
 */
int ktap_tab_zero(struct ktap_tabs *tabs, u64 ref, s64 *cursor, u32 steps)
{
	struct ktap_tab *tab;
	struct step step;
	int ret;

	while (!(ret = walk(tabs, ref, cursor, &steps, &step))) {
		entry_zero(tabs, step.entry);
		*cursor = step.cursor;
	}
	if (ret == -EAGAIN)
		return ret;
	tab = tab_find(tabs, ref);
	if (tab)
		whole_free(tabs, tab);
	return 0;
}

/**
 * ktap_tab_len - Number of entries of a table
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: the number.
 */
u32 ktap_tab_len(struct ktap_tabs *tabs, u64 ref)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);

	return tab ? atomic_read(&tab->len) : 0;
}

/**
 * ktap_tab_drops - Number of entries that could not be made or changed
 * @tabs: tables, with a pin in use
 * @ref: reference to the table
 *
 * Context: Probe context: preemption off, slot held.
 * Return: the number.
 */
u32 ktap_tab_drops(struct ktap_tabs *tabs, u64 ref)
{
	const struct ktap_tab *tab = tab_find(tabs, ref);

	return tab ? atomic_read(&tab->drops) : 0;
}

/* Free a table that is dead and belongs to the caller. */
static int tab_free(struct ktap_tabs *tabs, struct ktap_local *local, u32 idx,
		    u32 *steps)
{
	struct ktap_tab *tab = tab_at(tabs, idx);
	raw_spinlock_t *lock = list_lock_of(tabs, idx);
	unsigned long flags;
	int ret;

	/* Who has found it alive in list_link() has added an entry after this. */
	if (!locks_enter(&flags))
		return -EBUSY;
	raw_spin_lock(lock);
	raw_spin_unlock(lock);
	locks_leave(flags);

	ret = entries_delete(tabs, local, tab, steps);
	if (ret)
		return ret;
	idx = atomic_xchg(&tab->whole, KTAP_SLOT_DEAD);
	if (idx)
		ktap_stat_free(tabs->heap, idx);
	ktap_heap_free(tabs->heap, idx_of(tabs, tab));
	return 0;
}

/* Take the first table off the list of a slot. */
static void tab_unlist(struct ktap_local *local, struct ktap_tab *tab)
{
	local->zero = tab->next;
	local->nr_zero--;
}

/**
 * ktap_tab_reap - Free tables that nothing refers to
 * @tabs: tables, with a pin in use
 * @local: of the slot: its list
 * @steps: number of tables and entries to look at
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 if the list is empty; -EAGAIN if it may not be; -EBUSY if this CPU is
 * about to change a table already.
 */
int ktap_tab_reap(struct ktap_tabs *tabs, struct ktap_local *local, u32 steps)
{
	while (local->zero) {
		u32 idx = local->zero;
		struct ktap_tab *tab = tab_at(tabs, idx);
		int count, ret;

		if (!steps)
			return -EAGAIN;
		steps--;
		count = atomic_cmpxchg(&tab->count, 0, KTAP_TAB_DEAD);
		tab_unlist(local, tab);
		if (count && count != KTAP_TAB_DEAD) {
			atomic_xchg(&tab->listed, 0);
			/* Who took away the last one may have seen it listed. */
			if (!atomic_read(&tab->count))
				tab_list(local, tab, idx);
			continue;
		}
		ret = tab_free(tabs, local, idx, &steps);
		if (ret) {
			tab->next = local->zero;
			local->zero = idx;
			local->nr_zero++;
			return ret;
		}
	}
	return 0;
}
