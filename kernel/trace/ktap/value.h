/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Values and strings
 *
 * A value, as registers hold it, is a 64-bit payload and a type. Strings are
 * immutable. They live in the program (constants), in the name of an
 * attachment, or in the arena of the run that made them; a value never points
 * into a table. What is kept beyond a run is a cell (heap.h).
 */
#ifndef _KTAP_VALUE_H
#define _KTAP_VALUE_H

#include "core_internal.h"

/**
 * struct ktap_str - a string
 * @len: in bytes, without the NUL at the end
 * @id: index among the strings of the image, or KTAP_STR_MADE
 * @data: the bytes, which may include NUL, and a NUL
 */
struct ktap_str {
	u32 len;
	u32 id;
	char data[];
};

#define KTAP_STR_MADE	0xffffffffU

/**
 * struct ktap_value - a value in a register
 * @i: payload of KTAP_T_INT; index of the function of KTAP_T_FUNC
 * @str: payload of KTAP_T_STR, KTAP_T_TUPLE and KTAP_T_STACK
 * @ref: payload of KTAP_T_TAB and KTAP_T_STAT, a reference (heap.h)
 * @type: &enum ktap_type
 */
struct ktap_value {
	union {
		s64 i;
		const struct ktap_str *str;
		u64 ref;
	};
	u64 type;
};

static inline void ktap_set_nil(struct ktap_value *val)
{
	val->type = KTAP_T_NIL;
}

static inline void ktap_set_bool(struct ktap_value *val, bool b)
{
	val->type = KTAP_T_FALSE + b;
}

static inline void ktap_set_int(struct ktap_value *val, s64 i)
{
	val->i = i;
	val->type = KTAP_T_INT;
}

static inline void ktap_set_str(struct ktap_value *val, const struct ktap_str *str)
{
	val->str = str;
	val->type = KTAP_T_STR;
}

static inline void ktap_set_tab(struct ktap_value *val, u64 ref)
{
	val->ref = ref;
	val->type = KTAP_T_TAB;
}

static inline void ktap_set_stat(struct ktap_value *val, u64 ref)
{
	val->ref = ref;
	val->type = KTAP_T_STAT;
}

static inline void ktap_set_func(struct ktap_value *val, u32 proto)
{
	val->i = proto;
	val->type = KTAP_T_FUNC;
}

/* Has it bytes, in @str? */
static __always_inline bool ktap_has_bytes(const struct ktap_value *val)
{
	return BIT(val->type) & (KTAP_M(STR) | KTAP_M(TUPLE) | KTAP_M(STACK));
}

static inline bool ktap_is_true(const struct ktap_value *val)
{
	return val->type > KTAP_T_FALSE;
}

/**
 * struct ktap_arena - memory for the strings of one run
 * @half: two areas, of which one is in use; see vm_compact() in vm.c
 * @size: of each area, in bytes
 * @used: bytes in use of the present area
 * @start: how many of them are of earlier runs
 * @cur: which area that is
 */
struct ktap_arena {
	char *half[2];
	u32 size;
	u32 used;
	u32 start;
	u32 cur;
};

/* Memory that a string of @len bytes takes in an arena. */
static inline u32 ktap_str_size(u32 len)
{
	return ALIGN(sizeof(struct ktap_str) + len + 1, 8);
}

/**
 * ktap_arena_str - Take memory for a string
 * @arena: arena
 * @len: length of the string in bytes, less than 2 GiB
 *
 * Context: Probe context: preemption off, slot held.
 * Return: a string whose bytes the caller has to fill in, with its NUL set, or
 * NULL if there is no room.
 */
static inline struct ktap_str *ktap_arena_str(struct ktap_arena *arena, u32 len)
{
	u32 size = ktap_str_size(len);
	struct ktap_str *str;

	if (unlikely(size > arena->size - arena->used))
		return NULL;
	str = (struct ktap_str *)(arena->half[arena->cur] + arena->used);
	arena->used += size;
	str->len = len;
	str->id = KTAP_STR_MADE;
	str->data[len] = '\0';
	return str;
}

/* Give back what the string that was made last does not need. */
static inline void ktap_arena_trim(struct ktap_arena *arena, struct ktap_str *str,
				   u32 len)
{
	arena->used -= ktap_str_size(str->len) - ktap_str_size(len);
	str->len = len;
	str->data[len] = '\0';
}

static inline bool ktap_str_equal(const struct ktap_str *a, const struct ktap_str *b)
{
	return a == b || (a->len == b->len && !memcmp(a->data, b->data, a->len));
}

extern const char * const ktap_type_names[KTAP_T_NR];

#endif /* _KTAP_VALUE_H */
