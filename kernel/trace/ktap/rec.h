/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Values in records
 */
#ifndef _KTAP_REC_H
#define _KTAP_REC_H

#include "vm.h"

/* Bytes that an integer takes in a record. */
#define KTAP_REC_INT_SIZE	(sizeof(struct ktap_val) + sizeof(s64))

/**
 * ktap_rec_put_int - Write an integer into a record
 * @val: the integer
 * @to: room of KTAP_REC_INT_SIZE bytes, at a multiple of KTAP_REC_ALIGN
 *
 * Context: Any context, NMI included.
 * Return: the end of what was written.
 */
static __always_inline void *ktap_rec_put_int(s64 val, void *to)
{
	struct ktap_val *head = to;

	*head = (struct ktap_val){ .type = KTAP_T_INT, .len = sizeof(val) };
	memcpy(head + 1, &val, sizeof(val));
	return to + KTAP_REC_INT_SIZE;
}

/**
 * ktap_rec_str_size - Bytes that a string takes in a record
 * @str: the string
 *
 * Context: Any context, NMI included.
 * Return: their number.
 */
static __always_inline u32 ktap_rec_str_size(const struct ktap_str *str)
{
	if (str->id != KTAP_STR_MADE)
		return sizeof(struct ktap_val);
	return sizeof(struct ktap_val) + ALIGN(str->len, KTAP_REC_ALIGN);
}

/* Words that are copied here; a call of memcpy() takes as long as some of them. */
#define KTAP_REC_WORDS		8

/*
 * Bytes of a string, and zeros up to the next multiple of KTAP_REC_ALIGN. Behind them
 * is memory up to such a multiple, see ktap_str_size().
 */
static __always_inline void *ktap_rec_put_bytes(const struct ktap_str *str, void *to)
{
	const u64 *from = (const u64 *)str->data;
	u32 left = str->len;
	u64 word;

	if (unlikely(left > KTAP_REC_WORDS * sizeof(word))) {
		memcpy(to, from, left & ~7);
		to += left & ~7;
		from += left / 8;
		left &= 7;
	}
	for (; left >= sizeof(word); left -= sizeof(word)) {
		word = *from++;
		memcpy(to, &word, sizeof(word));
		to += sizeof(word);
	}
	if (!left)
		return to;
	left = 64 - 8 * left;
	word = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? *from >> left << left :
						   *from << left >> left;
	memcpy(to, &word, sizeof(word));
	return to + sizeof(word);
}

/**
 * ktap_rec_put_str - Write a string into a record
 * @str: the string
 * @to: room of ktap_rec_str_size() bytes, at a multiple of KTAP_REC_ALIGN
 *
 * Context: Any context, NMI included.
 * Return: the end of what was written.
 */
static __always_inline void *ktap_rec_put_str(const struct ktap_str *str, void *to)
{
	struct ktap_val *head = to;

	if (str->id != KTAP_STR_MADE) {
		*head = (struct ktap_val){
			.type = KTAP_T_STR,
			.len = KTAP_VAL_CONST | str->id,
		};
		return head + 1;
	}
	*head = (struct ktap_val){ .type = KTAP_T_STR, .len = str->len };
	return ktap_rec_put_bytes(str, head + 1);
}

u32 ktap_rec_size(const struct ktap_value *val);
void *ktap_rec_put(struct ktap_exec *exec, const struct ktap_value *val, void *to);
u32 ktap_rec_stat(struct ktap_exec *exec, u64 stat, struct ktap_val_stat *to);

#endif /* _KTAP_REC_H */
