/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Pictures with a bar for each number
 */
#ifndef _KTAP_BARS_H
#define _KTAP_BARS_H

#include "svg.h"

/**
 * struct bar - a bar
 * @label: what it is about; clean text
 * @num: the number
 */
struct bar {
	struct strbuf label;
	int64_t num;
};

/**
 * struct bars - bars, one below the other
 * @vec: the bars
 * @nr: their number
 * @cap: number that @vec has room for
 */
struct bars {
	struct bar *vec;
	size_t nr;
	size_t cap;
};

struct bar *ktap_bars_add(struct bars *bars);
void ktap_bars_sort(struct bars *bars);
void ktap_bars_draw(const struct bars *bars, const char *name, const char *what,
		    struct svg *svg);
void ktap_bars_destroy(struct bars *bars);

#endif /* _KTAP_BARS_H */
