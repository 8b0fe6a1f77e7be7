/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Memory, strings and hash tables of the tool
 */
#ifndef _KTAP_UTIL_H
#define _KTAP_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(arr)		(sizeof(arr) / sizeof((arr)[0]))

/* Exit status of the command. */
#define KTAP_EXIT_FAILED	1	/* the script did not compile, or failed */
#define KTAP_EXIT_USAGE		2	/* the command line makes no sense */

#define __ktap_attr(attr)	__attribute__((attr))
#define __ktap_printf(fmt, args)					\
	__ktap_attr(__format__(__printf__, fmt, args))

void *ktap_alloc(size_t size);
void *ktap_realloc(void *ptr, size_t size);
void *ktap_grow(void *vec, size_t nr, size_t *cap, size_t size);
size_t ktap_find_upto(const void *vec, size_t nr, size_t size, size_t offset, uint64_t num);

/**
 * struct arena - memory that is freed all at once
 * @head: newest block
 *
 * All zero is an empty arena.
 */
struct arena {
	struct arena_block *head;
};

void *ktap_arena_alloc(struct arena *arena, size_t size);
char *ktap_arena_dup(struct arena *arena, const char *str, size_t len);
void ktap_clean(char *text, size_t len);
char *ktap_arena_text(struct arena *arena, const char *str, size_t len);
void ktap_arena_destroy(struct arena *arena);

/**
 * struct strbuf - a string that grows; all zero is an empty one
 * @str: its bytes, with a NUL behind them; NULL as long as nothing was added
 * @len: their number, without the NUL
 * @cap: bytes allocated
 */
struct strbuf {
	char *str;
	size_t len;
	size_t cap;
};

void ktap_strbuf_add(struct strbuf *sb, const void *data, size_t len);
void ktap_strbuf_addc(struct strbuf *sb, char c);
void ktap_strbuf_fill(struct strbuf *sb, char c, size_t nr);
void ktap_strbuf_addf(struct strbuf *sb, const char *fmt, ...)
	__ktap_printf(2, 3);
void ktap_strbuf_destroy(struct strbuf *sb);

/**
 * struct strent - one string of a &struct strtab
 * @next: in the same bucket
 * @all: in the order in which they were added
 * @hash: of the string
 * @len: of @str in bytes, which may be of any value
 * @str: the string, with a NUL behind it
 * @idx: for the user of the table; strings that are new have ~0
 * @ptr: for the user of the table; NULL in strings that are new
 */
struct strent {
	struct strent *next;
	struct strent *all;
	uint32_t hash;
	uint32_t idx;
	size_t len;
	const char *str;
	void *ptr;
};

/**
 * struct strtab - a set of strings; all zero, but for @arena, is an empty one
 * @arena: where strings and entries live
 * @buckets: hash table, a power of two
 * @nr_buckets: its size
 * @nr: number of strings
 * @first: the string that was added first
 * @last: the string that was added last
 */
struct strtab {
	struct arena *arena;
	struct strent **buckets;
	size_t nr_buckets;
	size_t nr;
	struct strent *first;
	struct strent *last;
};

struct strent *ktap_strtab_find(const struct strtab *tab, const char *str,
				size_t len);
struct strent *ktap_strtab_get(struct strtab *tab, const char *str, size_t len);
void ktap_strtab_destroy(struct strtab *tab);

unsigned int ktap_distance(const char *a, const char *b, unsigned int limit);
bool ktap_is_space(int c);
bool ktap_is_digit(int c);
bool ktap_is_alpha(int c);
int ktap_digit(int c);
int ktap_read_file(int fd, struct strbuf *sb);
int ktap_write_all(int fd, const void *data, size_t len);

/**
 * struct watch - what may end the wait for somebody who reads
 * @fd: wakes
 * @over: is not to be waited any longer? Asked at first, and when @fd is ready
 * @data: for that
 */
struct watch {
	int fd;
	bool (*over)(void *data);
	void *data;
};

int ktap_write_watched(int fd, const void *data, size_t len, const struct watch *watch);

void ktap_msg(const char *fmt, ...) __ktap_printf(1, 2);

#endif /* _KTAP_UTIL_H */
