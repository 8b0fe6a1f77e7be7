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
	tabs->shift = 32 - ilog2(chains);
	tabs->seed = get_random_u64() | 1;
	for (i = 0; i < KTAP_TAB_LOCKS; i++)
		raw_spin_lock_init(&tabs->locks[i]);
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

static struct ktap_entry *entry_at(struct ktap_tabs *tabs, u32 idx)
{
	return ktap_heap_block(tabs->heap, idx);
}

/* The chain of a hash, whose upper bits are the better ones. */
static __always_inline u32 chain_of(const struct ktap_tabs *tabs, u32 hash)
{
	return hash >> tabs->shift;
}

static __always_inline u64 hash_word(u64 hash, u64 word)
{
	hash = (hash ^ word) * HASH_MULT;
	return hash ^ hash >> 32;
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
	const u64 *word = (const u64 *)data;

	hash = hash_word(hash, len);
	for (; len >= sizeof(*word); len -= sizeof(*word))
		hash = hash_word(hash, *word++);
	if (len)
		hash = hash_word(hash, word_head(*word, len));
	return hash;
}

/* Is this the key of an entry, of the same length? */
static __always_inline bool same_bytes(const struct ktap_entry *entry,
				       const char *data, u32 len)
{
	const u64 *a = (const u64 *)entry->key;
	const u64 *b = (const u64 *)data;

	for (; len >= sizeof(*a); len -= sizeof(*a)) {
		if (*a++ != *b++)
			return false;
	}
	return !len || *a == word_head(*b, len);
}

static __always_inline void make_key(struct ktap_tabs *tabs, u32 tab,
				     const struct ktap_value *val,
				     struct ktap_key *key)
{
	u64 hash = tabs->seed + tab;

	key->tab = tab;
	switch (val->type) {
	case KTAP_T_INT:
		key->data = &val->i;
		key->len = sizeof(val->i);
		hash = hash_word(hash, val->i);
		break;
	case KTAP_T_STR:
		key->data = val->str->data;
		key->len = val->str->len;
		hash = hash_bytes(hash, key->data, key->len);
		break;
	default:
		key->data = NULL;
		key->len = 0;
		hash = hash_word(hash, val->type);
		break;
	}
	key->hash = hash_end(tabs, hash);
	key->info = key->len << 4 | val->type;
}

/**
 * ktap_tab_key - Prepare a key to be looked for
 * @tabs: tables
 * @tab: index of the table
 * @val: value of a type in KTAP_M_KEY; @key refers to its bytes
 * @key: the key
 *
 * Context: Any context, NMI included.
 */
void ktap_tab_key(struct ktap_tabs *tabs, u32 tab,
		  const struct ktap_value *val, struct ktap_key *key)
{
	make_key(tabs, tab, val, key);
}

static __always_inline bool entry_match(const struct ktap_entry *entry,
					const struct ktap_key *key)
{
	return entry->hash == key->hash && entry->tab == key->tab &&
	       entry->info == key->info &&
	       same_bytes(entry, key->data, key->len);
}

static __always_inline struct ktap_entry *find(struct ktap_tabs *tabs,
					       const struct ktap_key *key)
{
	/* Pairs with smp_store_release() in entry_link(). */
	u32 idx = smp_load_acquire(&tabs->chains[chain_of(tabs, key->hash)]);

	while (idx) {
		struct ktap_entry *entry = entry_at(tabs, idx);

		if (entry_match(entry, key))
			return entry;
		idx = READ_ONCE(entry->next);
	}
	return NULL;
}

static struct ktap_entry *entry_find(struct ktap_tabs *tabs,
				     const struct ktap_key *key)
{
	return find(tabs, key);
}

/* This CPU has the lock of a chain, of any session, or waits for it. */
static DEFINE_PER_CPU(bool, chain_busy);

/*
 * Take the lock of a chain; see the comment in tab.h. Even waiting for it and
 * releasing it can be events that call handlers, of other sessions as well. One
 * that waited for a second lock then could be waited for in turn.
 */
static bool chain_lock(struct ktap_tabs *tabs, u32 hash, unsigned long *flags)
{
	local_irq_save(*flags);
	if (__this_cpu_read(chain_busy)) {
		local_irq_restore(*flags);
		return false;
	}
	__this_cpu_write(chain_busy, true);
	/* From here on events in this context and NMIs see it. */
	barrier();
	raw_spin_lock(&tabs->locks[chain_of(tabs, hash) % KTAP_TAB_LOCKS]);
	return true;
}

static void chain_unlock(struct ktap_tabs *tabs, u32 hash, unsigned long flags)
{
	raw_spin_unlock(&tabs->locks[chain_of(tabs, hash) % KTAP_TAB_LOCKS]);
	barrier();
	__this_cpu_write(chain_busy, false);
	local_irq_restore(flags);
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
	entry->hash = key->hash;
	entry->tab = key->tab;
	entry->info = key->info;
	atomic64_set(&entry->cell, word);
	memcpy(entry->key, key->data, key->len);
	memset(entry->key + key->len, 0, room - key->len);
	return idx;
}

static void entry_link(struct ktap_tabs *tabs, u32 idx)
{
	struct ktap_entry *entry = entry_at(tabs, idx);
	u32 *chain = &tabs->chains[chain_of(tabs, entry->hash)];

	WRITE_ONCE(entry->next, *chain);
	/* The entry is whole before it is found. Pairs with ktap_tab_next(). */
	smp_store_release(&tabs->heap->entry[idx], 1);
	/* Pairs with smp_load_acquire() in find(). */
	smp_store_release(chain, idx);
}

static void entry_unlink(struct ktap_tabs *tabs, struct ktap_entry *entry)
{
	u32 *link = &tabs->chains[chain_of(tabs, entry->hash)];

	while (entry_at(tabs, *link) != entry)
		link = &entry_at(tabs, *link)->next;
	/* The entry keeps its own link for those who stand on it. */
	WRITE_ONCE(*link, entry->next);
}

/* Insert an entry with @word, unless there is one with this key meanwhile. */
static int entry_insert(struct ktap_tabs *tabs, u32 *pin,
			const struct ktap_key *key, u64 word)
{
	struct ktap_tab *tab = ktap_tab_at(tabs, key->tab);
	unsigned long flags;
	u32 idx;

	idx = entry_create(tabs, pin, key, word);
	if (!idx) {
		atomic_inc(&tab->drops);
		return -ENOMEM;
	}
	if (!chain_lock(tabs, key->hash, &flags)) {
		ktap_heap_free(tabs->heap, idx);
		return -EBUSY;
	}
	if (entry_find(tabs, key)) {
		chain_unlock(tabs, key->hash, flags);
		ktap_heap_free(tabs->heap, idx);
		return -EEXIST;
	}
	atomic_inc(&tab->len);
	entry_link(tabs, idx);
	chain_unlock(tabs, key->hash, flags);
	return 0;
}

/**
 * ktap_tab_create - Make a table
 * @tabs: tables
 * @pin: pin in use; as for ktap_heap_alloc()
 *
 * Context: Probe context: preemption off, slot held.
 * Return: index of the table, or 0 if the heap is full.
 */
u32 ktap_tab_create(struct ktap_tabs *tabs, u32 *pin)
{
	struct ktap_tab *tab;
	u32 idx;

	idx = ktap_heap_alloc(tabs->heap, pin, sizeof(*tab));
	if (!idx)
		return 0;
	tab = ktap_tab_at(tabs, idx);
	atomic_set(&tab->len, 0);
	atomic_set(&tab->drops, 0);
	return idx;
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
 * @pin: pin in use; as for ktap_heap_alloc()
 * @key: key
 * @val: value of a type in KTAP_M_STORE other than nil
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, -ENOMEM if the heap is full, or -EBUSY if this CPU is about to
 * change a chain already.
 */
int ktap_tab_set(struct ktap_tabs *tabs, u32 *pin, const struct ktap_key *key,
		 const struct ktap_value *val)
{
	struct ktap_entry *entry;
	u64 word;
	int ret;

	ret = ktap_cell_make(tabs->heap, pin, val, &word);
	if (ret) {
		atomic_inc(&ktap_tab_at(tabs, key->tab)->drops);
		return ret;
	}
	do {
		entry = entry_find(tabs, key);
		if (entry)
			ret = ktap_cell_set(tabs->heap, &entry->cell, word);
		else
			ret = entry_insert(tabs, pin, key, word);
	} while (ret == -ESTALE || ret == -EEXIST);
	if (ret)
		ktap_cell_drop(tabs->heap, word);
	return ret;
}

/* The word of an entry that an update makes. */
static int update_first(struct ktap_tabs *tabs, u32 *pin,
			const struct ktap_update *upd, u64 *word)
{
	struct ktap_value val;
	s64 res;
	int ret;

	ret = ktap_arith(upd->arith, 0, upd->operand, &res);
	if (ret)
		return ret;
	ktap_set_int(&val, res);
	return ktap_cell_make(tabs->heap, pin, &val, word);
}

/**
 * ktap_tab_add - Add to the integer of a key, if that is all there is to do
 * @tabs: tables
 * @pin: pin of the execution slot, not in use
 * @tab: index of the table
 * @val: key, of a type in KTAP_M_KEY
 * @by: what to add
 *
 * This is what most handlers do most of the time, so it is made for being quick.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true if it was done; false if there is no such key, or the value or the
 * sum is not an integer that a cell can hold.
 */
bool ktap_tab_add(struct ktap_tabs *tabs, u32 *pin, u32 tab,
		  const struct ktap_value *val, s64 by)
{
	struct ktap_entry *entry;
	struct ktap_key key;
	bool done = false;

	make_key(tabs, tab, val, &key);
	ktap_pin(tabs->heap, pin);
	entry = find(tabs, &key);
	if (likely(entry))
		done = ktap_cell_add(&entry->cell, by);
	ktap_unpin(pin);
	return done;
}

/**
 * ktap_tab_update - Compute with the integer of a key, at once
 * @tabs: tables
 * @pin: pin in use; as for ktap_heap_alloc()
 * @key: key; a missing entry begins from zero
 * @upd: what to do
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -EINVAL if the value is not an integer, @upd->type tells what it
 * is; -EDOM for a division by zero; -ENOMEM if the heap is full; or -EBUSY if
 * this CPU is about to change a chain already.
 */
int ktap_tab_update(struct ktap_tabs *tabs, u32 *pin, const struct ktap_key *key,
		    struct ktap_update *upd)
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
				ret = ktap_update_spare(tabs->heap, pin, upd);
				if (ret)
					atomic_inc(&ktap_tab_at(tabs, key->tab)->drops);
				else
					ret = -ESTALE;
			}
		} else {
			ret = update_first(tabs, pin, upd, &word);
			if (ret)
				break;
			ret = entry_insert(tabs, pin, key, word);
			if (ret)
				ktap_cell_drop(tabs->heap, word);
		}
	} while (ret == -ESTALE || ret == -EEXIST);
	ktap_update_done(tabs->heap, upd);
	return ret;
}

/* Delete what @key names; @entry is NULL or what it has to be. */
static int entry_delete(struct ktap_tabs *tabs, const struct ktap_key *key,
			struct ktap_entry *entry)
{
	struct ktap_entry *found;
	unsigned long flags;
	u64 word;

	if (!chain_lock(tabs, key->hash, &flags))
		return -EBUSY;
	found = entry_find(tabs, key);
	if (!found || (entry && entry != found)) {
		chain_unlock(tabs, key->hash, flags);
		return 0;
	}
	/*
	 * Whoever fails because of the cell looks for the entry again, and must
	 * not find it: an NMI that comes in between would do so for ever.
	 */
	entry_unlink(tabs, found);
	word = atomic64_xchg(&found->cell, KTAP_CELL_DEAD);
	chain_unlock(tabs, key->hash, flags);

	atomic_dec(&ktap_tab_at(tabs, key->tab)->len);
	ktap_cell_drop(tabs->heap, word);
	ktap_heap_free(tabs->heap, ((void *)found - tabs->heap->mem) >>
				   KTAP_UNIT_SHIFT);
	return 0;
}

/**
 * ktap_tab_delete - Delete the entry of a key, if there is one
 * @tabs: tables, with a pin in use
 * @key: key
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -EBUSY if this CPU is about to change a chain already.
 */
int ktap_tab_delete(struct ktap_tabs *tabs, const struct ktap_key *key)
{
	return entry_find(tabs, key) ? entry_delete(tabs, key, NULL) : 0;
}

/* The next entry of a table at or after unit @idx, or NULL if there is none. */
static struct ktap_entry *entry_next(struct ktap_tabs *tabs, u32 tab, u32 *idx,
				     u32 end)
{
	while (*idx < end) {
		struct ktap_entry *entry = entry_at(tabs, *idx);

		/* Pairs with smp_store_release() in entry_link(). */
		if (smp_load_acquire(&tabs->heap->entry[(*idx)++]) &&
		    entry->tab == tab &&
		    atomic64_read(&entry->cell) != KTAP_CELL_DEAD)
			return entry;
	}
	return NULL;
}

/**
 * ktap_tab_clear - Delete entries of a table
 * @tabs: tables, with a pin in use
 * @tab: index of the table
 * @cursor: 0 at first; moved on
 * @steps: number of units of memory to look at
 *
 * Entries that are made meanwhile may stay.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 at the end; -EAGAIN if there may be more entries; -EBUSY if this
 * CPU is about to change a chain already.
 */
int ktap_tab_clear(struct ktap_tabs *tabs, u32 tab, s64 *cursor, u32 steps)
{
	u32 end = atomic_read(&tabs->heap->bump);
	u32 idx = clamp_t(s64, *cursor, 1, end);
	u32 stop = min(end - idx, steps) + idx;
	struct ktap_entry *entry;
	int ret = 0;

	while (!ret && (entry = entry_next(tabs, tab, &idx, stop))) {
		struct ktap_key key = {
			.data = entry->key,
			.len = KTAP_ENTRY_LEN(entry->info),
			.info = entry->info,
			.hash = entry->hash,
			.tab = tab,
		};

		ret = entry_delete(tabs, &key, entry);
	}
	*cursor = idx;
	return ret ?: stop == end ? 0 : -EAGAIN;
}

/* Turn the key of an entry back into a value. */
static int entry_key(const struct ktap_entry *entry, struct ktap_arena *arena,
		     struct ktap_value *val)
{
	struct ktap_str *str;

	switch (KTAP_ENTRY_TYPE(entry->info)) {
	case KTAP_T_INT:
		ktap_set_int(val, *(const s64 *)entry->key);
		return 0;
	case KTAP_T_STR:
		str = ktap_arena_str(arena, KTAP_ENTRY_LEN(entry->info));
		if (!str)
			return -ENOSPC;
		memcpy(str->data, entry->key, str->len);
		ktap_set_str(val, str);
		return 0;
	default:
		ktap_set_bool(val, KTAP_ENTRY_TYPE(entry->info) == KTAP_T_TRUE);
		return 0;
	}
}

/**
 * ktap_tab_next - Go on to the next entry of a table
 * @tabs: tables, with a pin in use
 * @tab: index of the table
 * @arena: for strings
 * @cursor: 0 at first; moved on only when 0 or -EAGAIN is returned
 * @steps: number of units of memory to look at
 * @key: key of the entry
 * @val: value of the entry
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 if there is an entry; -ENOENT at the end; -EAGAIN if there was none
 * in @steps units; -ENOSPC if the arena has no room for a string.
 */
int ktap_tab_next(struct ktap_tabs *tabs, u32 tab, struct ktap_arena *arena,
		  s64 *cursor, u32 steps, struct ktap_value *key,
		  struct ktap_value *val)
{
	u32 end = atomic_read(&tabs->heap->bump);
	u32 idx = clamp_t(s64, *cursor, 1, end);
	u32 stop = min(end - idx, steps) + idx;
	struct ktap_entry *entry;
	int ret;

	entry = entry_next(tabs, tab, &idx, stop);
	if (!entry) {
		*cursor = idx;
		return stop == end ? -ENOENT : -EAGAIN;
	}
	ret = entry_key(entry, arena, key);
	if (!ret)
		ret = ktap_cell_read(tabs->heap, arena,
				     atomic64_read(&entry->cell), val);
	/* It may have been deleted since; then it is as if it came too late. */
	if (!ret && val->type == KTAP_T_NIL)
		ret = -EAGAIN;
	if (!ret || ret == -EAGAIN)
		*cursor = idx;
	return ret;
}
