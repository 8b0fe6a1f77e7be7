/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Heat maps of histograms that are printed again and again
 */
#ifndef _KTAP_HEAT_H
#define _KTAP_HEAT_H

#include "hist.h"
#include "svg.h"

/**
 * struct heat_print - a histogram as it was at one time
 * @ts: when
 * @ranges: those that are not empty, in ascending order
 * @nr: their number
 */
struct heat_print {
	uint64_t ts;
	struct ktap_val_range *ranges;
	size_t nr;
};

/**
 * struct heat - what prints of a histogram showed
 * @key: of the table; clean text
 * @stat: its kind and parameters
 * @prints: the prints
 * @nr: their number
 * @cap: number that @prints has room for
 */
struct heat {
	struct strbuf key;
	struct ktap_val_stat stat;
	struct heat_print *prints;
	size_t nr;
	size_t cap;
};

/**
 * struct heat_grid - a heat map
 * @begin: time at its left
 * @ends: when each column ends
 * @cols: number of columns
 * @first: lowest range
 * @rows: number of ranges
 * @cells: counts, column by column
 * @max: the greatest one
 * @total: their sum
 */
struct heat_grid {
	uint64_t begin;
	uint64_t *ends;
	size_t cols;
	int first;
	size_t rows;
	uint64_t *cells;
	uint64_t max;
	uint64_t total;
};

void ktap_heat_add(struct heat *heat, const struct hist_item *item, uint64_t ts);
bool ktap_heat_is(const struct heat *heat, const struct hist_item *item);
void ktap_heat_grid(const struct heat *heat, uint64_t start, bool grows,
		    struct heat_grid *grid);
void ktap_heat_grid_destroy(struct heat_grid *grid);
void ktap_heat_draw(const struct heat *heat, const char *name, uint64_t start,
		    bool grows, struct svg *svg);
void ktap_heat_destroy(struct heat *heat);

#endif /* _KTAP_HEAT_H */
