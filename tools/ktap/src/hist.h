/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What print_hist() and print_stat() show
 */
#ifndef _KTAP_HIST_H
#define _KTAP_HIST_H

#include "value.h"

/* Columns of compound keys; what they have more is in the last one. */
#define HIST_MAX_CELLS	32

/**
 * struct hist_item - a key and what it has
 * @key: text of the key, without stacks
 * @cells: its parts, each with a NUL behind it
 * @nr_cells: their number, at most HIST_MAX_CELLS
 * @ints: set of those that are integers
 * @frames: a line for each frame of its stacks
 * @key_type: its type; KTAP_T_NIL for what was fed to a table as a whole
 * @key_num: the key if it is an integer
 * @type: KTAP_T_STAT, KTAP_T_INT or, in a dump, another one
 * @num: the integer
 * @text: text of what is neither
 * @stat: the statistic, without ranges
 * @ranges: ranges of a histogram
 * @nr_ranges: their number
 * @cap: number that @ranges has room for
 * @nr: number of the item, in the order in which they came
 */
struct hist_item {
	struct strbuf key;
	struct strbuf cells;
	uint32_t nr_cells;
	uint32_t ints;
	struct strbuf frames;
	uint32_t key_type;
	int64_t key_num;
	uint32_t type;
	int64_t num;
	struct strbuf text;
	struct ktap_val_stat stat;
	struct ktap_val_range *ranges;
	size_t nr_ranges;
	size_t cap;
	size_t nr;
};

/**
 * struct hist - what is to be shown
 * @head: what the kernel said of it
 * @name: name of a top-level variable that has it, or NULL
 * @name_len: its length
 * @open: items may come
 * @more: the next item goes on with the ranges of the last one
 * @items: the items
 * @nr: their number
 * @cap: number that @items has room for
 */
struct hist {
	struct ktap_rec_agg head;
	const char *name;
	size_t name_len;
	bool open;
	bool more;
	struct hist_item *items;
	size_t nr;
	size_t cap;
};

/**
 * struct hist_style - how it is shown
 * @width: columns of the terminal
 * @utf8: it has blocks to draw bars with
 */
struct hist_style {
	size_t width;
	bool utf8;
};

void ktap_hist_begin(struct hist *hist, const struct image_view *image,
		     const void *body, size_t len);
void ktap_hist_item(struct hist *hist, struct value_reader *vr);
void ktap_hist_end(struct hist *hist, const struct hist_style *style,
		   struct strbuf *sb);
void ktap_hist_destroy(struct hist *hist);
bool ktap_hist_has_lines(const struct hist *hist);
void ktap_hist_range(struct strbuf *sb, const struct ktap_val_stat *stat, int range);

void ktap_hist_style(struct hist_style *style, int fd);

#endif /* _KTAP_HIST_H */
