// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Memory, strings and hash tables of the tool
 *
 * A compilation that is out of memory has nothing better to do than to say so
 * and to end, which is what all allocations here do.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define ARENA_BLOCK	(64 * 1024)
#define ARENA_ALIGN	16

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
};

/* Room for the header of a block. */
#define ARENA_HEADER	32

static char *block_data(struct arena_block *block)
{
	return (char *)block + ARENA_HEADER;
}

static void out_of_memory(void)
{
	ktap_msg("out of memory");
	exit(KTAP_EXIT_FAILED);
}

/**
 * ktap_alloc - Allocate zeroed memory, or end the program
 * @size: in bytes
 *
 * Return: The memory, never NULL.
 */
void *ktap_alloc(size_t size)
{
	void *ptr = calloc(1, size ? size : 1);

	if (!ptr)
		out_of_memory();
	return ptr;
}

/**
 * ktap_realloc - Change the size of memory, or end the program
 * @ptr: of malloc(), or NULL
 * @size: in bytes
 *
 * Return: The memory, never NULL.
 */
void *ktap_realloc(void *ptr, size_t size)
{
	ptr = realloc(ptr, size ? size : 1);
	if (!ptr)
		out_of_memory();
	return ptr;
}

/**
 * ktap_grow - Make room for one more element of a vector
 * @vec: the elements, or NULL
 * @nr: their number
 * @cap: number of elements that there is room for
 * @size: of one element
 *
 * Return: The elements, wherever they are now.
 */
void *ktap_grow(void *vec, size_t nr, size_t *cap, size_t size)
{
	if (nr < *cap)
		return vec;
	if (*cap > SIZE_MAX / 2 / size)
		out_of_memory();
	*cap = *cap ? *cap * 2 : 16;
	return ktap_realloc(vec, *cap * size);
}

/**
 * ktap_find_upto - Find a number among those of elements that are sorted by it
 * @vec: the elements, or NULL
 * @nr: how many of them
 * @size: of one element
 * @offset: of its number, a uint64_t
 * @num: the number
 *
 * Return: How many elements have a number up to @num, which is the index of the first
 * one that has a greater one.
 */
size_t ktap_find_upto(const void *vec, size_t nr, size_t size, size_t offset, uint64_t num)
{
	size_t low = 0, high = nr, mid;
	uint64_t at;

	while (low < high) {
		mid = low + (high - low) / 2;
		memcpy(&at, (const char *)vec + mid * size + offset, sizeof(at));
		if (at > num)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static_assert(sizeof(struct arena_block) <= ARENA_HEADER &&
	      ARENA_HEADER % ARENA_ALIGN == 0, "room for the header");

/**
 * ktap_arena_alloc - Allocate zeroed memory that lives as long as its arena
 * @arena: where from
 * @size: in bytes
 *
 * Return: The memory, never NULL.
 */
void *ktap_arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->head;
	size_t want;
	void *ptr;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);

	if (!block || block->size - block->used < size) {
		want = size > ARENA_BLOCK ? size : ARENA_BLOCK;
		block = ktap_alloc(ARENA_HEADER + want);
		block->size = want;
		block->next = arena->head;
		arena->head = block;
	}
	ptr = block_data(block) + block->used;
	block->used += size;
	return ptr;
}

/**
 * ktap_arena_dup - Copy a string into an arena
 * @arena: where to
 * @str: the string
 * @len: its length in bytes
 *
 * Return: The copy, with a NUL behind it.
 */
char *ktap_arena_dup(struct arena *arena, const char *str, size_t len)
{
	char *copy = ktap_arena_alloc(arena, len + 1);

	if (len)
		memcpy(copy, str, len);
	return copy;
}

/**
 * ktap_clean - Make a text fit to be shown on a terminal
 * @text: the text, which may be of anybody's making; gets question marks for what would
 *        move the cursor
 * @len: its length in bytes
 */
void ktap_clean(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
}

/**
 * ktap_arena_text - Copy a string that will be shown on a terminal into an arena
 * @arena: where to
 * @str: the string, which may be of anybody's making
 * @len: its length in bytes
 *
 * Return: The copy, as ktap_clean() makes it.
 */
char *ktap_arena_text(struct arena *arena, const char *str, size_t len)
{
	char *copy = ktap_arena_dup(arena, str, len);

	ktap_clean(copy, len);
	return copy;
}

/**
 * ktap_arena_destroy - Free all memory of an arena
 * @arena: the arena, which is empty then
 */
void ktap_arena_destroy(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->head; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->head = NULL;
}

static void strbuf_reserve(struct strbuf *sb, size_t len)
{
	size_t cap = sb->cap ? sb->cap : 64;

	if (len < sb->cap - sb->len)
		return;
	if (len >= SIZE_MAX / 4 - sb->len)
		out_of_memory();
	while (cap < sb->len + len + 1)
		cap *= 2;
	sb->str = ktap_realloc(sb->str, cap);
	sb->cap = cap;
}

/**
 * ktap_strbuf_add - Append bytes
 * @sb: the string
 * @data: the bytes
 * @len: their number
 */
void ktap_strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	strbuf_reserve(sb, len);
	if (len)
		memcpy(sb->str + sb->len, data, len);
	sb->len += len;
	sb->str[sb->len] = '\0';
}

/**
 * ktap_strbuf_addc - Append one byte
 * @sb: the string
 * @c: the byte
 */
void ktap_strbuf_addc(struct strbuf *sb, char c)
{
	ktap_strbuf_add(sb, &c, 1);
}

/**
 * ktap_strbuf_fill - Append the same byte several times
 * @sb: the string
 * @c: the byte
 * @nr: how often
 */
void ktap_strbuf_fill(struct strbuf *sb, char c, size_t nr)
{
	strbuf_reserve(sb, nr);
	if (nr)
		memset(sb->str + sb->len, c, nr);
	sb->len += nr;
	sb->str[sb->len] = '\0';
}

/**
 * ktap_strbuf_addf - Append formatted text
 * @sb: the string
 * @fmt: as for printf()
 */
void ktap_strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;

	strbuf_reserve(sb, len);
	va_start(ap, fmt);
	vsnprintf(sb->str + sb->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	sb->len += len;
}

/**
 * ktap_strbuf_destroy - Free the memory of a string
 * @sb: the string, which is empty then
 */
void ktap_strbuf_destroy(struct strbuf *sb)
{
	free(sb->str);
	memset(sb, 0, sizeof(*sb));
}

static uint32_t hash_bytes(const char *str, size_t len)
{
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)str[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static struct strent *strtab_lookup(const struct strtab *tab, uint32_t hash,
				    const char *str, size_t len)
{
	struct strent *ent;

	if (!tab->nr_buckets)
		return NULL;
	ent = tab->buckets[hash & (tab->nr_buckets - 1)];
	for (; ent; ent = ent->next)
		if (ent->hash == hash && ent->len == len &&
		    (!len || !memcmp(ent->str, str, len)))
			break;
	return ent;
}

static void strtab_insert(struct strtab *tab, struct strent *ent)
{
	struct strent **head;

	head = &tab->buckets[ent->hash & (tab->nr_buckets - 1)];
	ent->next = *head;
	*head = ent;
}

static void strtab_resize(struct strtab *tab)
{
	struct strent *ent;

	tab->nr_buckets = tab->nr_buckets ? tab->nr_buckets * 2 : 64;
	free(tab->buckets);
	tab->buckets = ktap_alloc(tab->nr_buckets * sizeof(*tab->buckets));
	for (ent = tab->first; ent; ent = ent->all)
		strtab_insert(tab, ent);
}

/**
 * ktap_strtab_find - Look a string up
 * @tab: the set
 * @str: the string
 * @len: its length
 *
 * Return: The entry, or NULL if it is not in the set.
 */
struct strent *ktap_strtab_find(const struct strtab *tab, const char *str,
				size_t len)
{
	return strtab_lookup(tab, hash_bytes(str, len), str, len);
}

/**
 * ktap_strtab_get - Look a string up, and add it if it is new
 * @tab: the set
 * @str: the string; it is copied
 * @len: its length
 *
 * Return: The entry.
 */
struct strent *ktap_strtab_get(struct strtab *tab, const char *str, size_t len)
{
	uint32_t hash = hash_bytes(str, len);
	struct strent *ent = strtab_lookup(tab, hash, str, len);

	if (ent)
		return ent;
	if (tab->nr >= tab->nr_buckets)
		strtab_resize(tab);

	ent = ktap_arena_alloc(tab->arena, sizeof(*ent));
	ent->hash = hash;
	ent->idx = ~0u;
	ent->len = len;
	ent->str = ktap_arena_dup(tab->arena, str, len);
	strtab_insert(tab, ent);

	if (tab->last)
		tab->last->all = ent;
	else
		tab->first = ent;
	tab->last = ent;
	tab->nr++;
	return ent;
}

/**
 * ktap_strtab_destroy - Free what is not in the arena of a set
 * @tab: the set
 */
void ktap_strtab_destroy(struct strtab *tab)
{
	free(tab->buckets);
	memset(tab, 0, sizeof(*tab));
}

/**
 * ktap_distance - Number of edits that make one name another
 * @a: a name
 * @b: another one
 * @limit: what is more than this need not be told apart
 *
 * An edit is a letter that is added, left out, replaced, or swapped with the
 * next one.
 *
 * Return: The number of edits, or @limit + 1.
 */
unsigned int ktap_distance(const char *a, const char *b, unsigned int limit)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned int *rows, *two, *one, *row, *tmp;
	unsigned int best, ret;

	if ((la > lb ? la - lb : lb - la) > limit)
		return limit + 1;

	rows = ktap_alloc(3 * (lb + 1) * sizeof(*rows));
	two = rows;
	one = two + lb + 1;
	row = one + lb + 1;
	for (j = 0; j <= lb; j++)
		one[j] = j;

	for (i = 1; i <= la; i++) {
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			best = one[j - 1] + (a[i - 1] != b[j - 1]);
			if (one[j] + 1 < best)
				best = one[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < best)
				best = two[j - 2] + 1;
			row[j] = best;
		}
		tmp = two;
		two = one;
		one = row;
		row = tmp;
	}
	ret = one[lb] <= limit ? one[lb] : limit + 1;
	free(rows);
	return ret;
}

/**
 * ktap_is_space - Whether a character is white space, in any locale
 * @c: the character
 *
 * Return: True for space, tab and the ends of lines and pages.
 */
bool ktap_is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/**
 * ktap_is_digit - Whether a character is a decimal digit
 * @c: the character
 *
 * Return: True for 0 to 9.
 */
bool ktap_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/**
 * ktap_is_alpha - Whether an identifier may begin with a character
 * @c: the character
 *
 * Return: True for letters and the underscore.
 */
bool ktap_is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/**
 * ktap_digit - The value of a digit
 * @c: a character
 *
 * Return: 0 to 15, or 16 for what is no digit.
 */
int ktap_digit(int c)
{
	if (ktap_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/**
 * ktap_read_file - Append all that can be read from a file
 * @fd: the file
 * @sb: where to
 *
 * Return: 0, or a negative errno.
 */
int ktap_read_file(int fd, struct strbuf *sb)
{
	ssize_t nr;

	for (;;) {
		strbuf_reserve(sb, ARENA_BLOCK);
		nr = read(fd, sb->str + sb->len, ARENA_BLOCK);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return -errno;
		sb->len += nr;
		sb->str[sb->len] = '\0';
		if (!nr)
			return 0;
	}
}

/**
 * ktap_write_all - Write all of some bytes
 * @fd: the file
 * @data: the bytes
 * @len: their number
 *
 * Return: 0, or a negative errno.
 */
int ktap_write_all(int fd, const void *data, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	const char *p = data;
	ssize_t nr;

	while (len) {
		nr = write(fd, p, len);
		if (nr < 0 && errno == EINTR)
			continue;
		/* Somebody else's idea of a terminal that we share. */
		if (nr < 0 && errno == EAGAIN) {
			poll(&pfd, 1, -1);
			continue;
		}
		if (nr < 0)
			return -errno;
		p += nr;
		len -= nr;
	}
	return 0;
}

/**
 * ktap_write_watched - Write all of some bytes, unless that takes too long
 * @fd: the file
 * @data: the bytes
 * @len: their number
 * @watch: what to look at meanwhile
 *
 * Where the file is shared with others it must not block: they may be faster.
 *
 * Return: 0, -EINTR if it was not to be waited any longer, or a negative errno.
 */
int ktap_write_watched(int fd, const void *data, size_t len, const struct watch *watch)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = watch->fd, .events = POLLIN },
	};
	const char *p = data;
	ssize_t nr;
	bool over;

	while (len) {
		over = watch->over(watch->data);
		if (poll(fds, ARRAY_SIZE(fds), over ? 0 : -1) < 0 && errno != EINTR)
			return -errno;
		if (!fds[0].revents && over)
			return -EINTR;
		if (!fds[0].revents)
			continue;
		/* There is room for so much in what can be written to. */
		nr = write(fd, p, len < PIPE_BUF ? len : PIPE_BUF);
		if (nr < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (nr > 0) {
			p += nr;
			len -= nr;
		}
	}
	return 0;
}

/**
 * ktap_msg - Tell the user something that has no place in a script
 * @fmt: as for printf(), without a newline
 */
void ktap_msg(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("ktap: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
