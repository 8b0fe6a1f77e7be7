/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Ranges of histograms
 */
#ifndef _KTAP_RANGE_H
#define _KTAP_RANGE_H

#include <stdbool.h>

#include <linux/ktap.h>

/**
 * struct range - the integers that a range of a histogram has
 * @low: the least one
 * @high: the greatest one
 * @below: it has all that are less, too
 * @above: it has all that are greater, too
 */
struct range {
	int64_t low;
	int64_t high;
	bool below;
	bool above;
};

bool ktap_range_get(const struct ktap_val_stat *stat, int nr, struct range *range);
void ktap_range_limits(const struct ktap_val_stat *stat, int *first, int *last);

#endif /* _KTAP_RANGE_H */
