// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Ranges of histograms
 *
 * The kernel sends the numbers of ranges, <linux/ktap.h> says which integers they
 * have. Parameters that it would not have taken make no sense here either.
 */
#include <stdint.h>

#include <linux/ktap_bc.h>

#include "range.h"

/* Ranges of hist(): the least integer is in the first one. */
#define HIST_FIRST	(-64)
#define HIST_LAST	63

/* Highest power that parameters of llhist() may name. */
#define MAX_POWER	62

/**
 * ktap_range_limits - Find the numbers that ranges can have
 * @stat: the histogram
 * @first: the least one
 * @last: the greatest one, less than @first if there are none
 */
void ktap_range_limits(const struct ktap_val_stat *stat, int *first, int *last)
{
	switch (stat->kind) {
	case KTAP_AGG_HIST:
		*first = HIST_FIRST;
		*last = HIST_LAST;
		break;
	case KTAP_AGG_LHIST:
	case KTAP_AGG_LLHIST:
		*first = -1;
		*last = KTAP_MAX_RANGES - 2;
		break;
	default:
		*first = 0;
		*last = -1;
		break;
	}
}

static bool set_below(struct range *range, int64_t end)
{
	if (end == INT64_MIN)
		return false;
	*range = (struct range){ .low = INT64_MIN, .high = end - 1, .below = true };
	return true;
}

static bool set_above(struct range *range, int64_t from)
{
	*range = (struct range){ .low = from, .high = INT64_MAX, .above = true };
	return true;
}

/* @size integers from @from on, which do not go up to @max. */
static bool set_step(struct range *range, int64_t from, uint64_t size, int64_t max)
{
	uint64_t left = (uint64_t)max - (uint64_t)from;

	if (size > left)
		size = left;
	*range = (struct range){ .low = from, .high = (uint64_t)from + size - 1 };
	return true;
}

static bool get_hist(int nr, struct range *range)
{
	unsigned int power;
	uint64_t near;

	if (nr < HIST_FIRST || nr > HIST_LAST)
		return false;
	power = nr < 0 ? -nr : nr;
	near = power ? 1ULL << (power - 1) : 0;
	if (nr == HIST_LAST)
		return set_above(range, near);
	if (nr >= 0)
		*range = (struct range){ .low = near, .high = nr ? 2 * near - 1 : 0 };
	/* There is only one integer from which 64 bits are needed. */
	else if (nr == HIST_FIRST)
		*range = (struct range){ .low = INT64_MIN, .high = INT64_MIN };
	else
		*range = (struct range){ .low = -(int64_t)(2 * near - 1), .high = -(int64_t)near };
	return true;
}

static bool get_lhist(const __s64 param[4], int nr, struct range *range)
{
	int64_t min = param[0], max = param[1], step = param[2];
	uint64_t span = (uint64_t)max - (uint64_t)min;

	if (min >= max || step <= 0)
		return false;
	if (nr < 0)
		return set_below(range, min);
	if ((uint64_t)nr > (span - 1) / step)
		return set_above(range, max);
	return set_step(range, (uint64_t)min + (uint64_t)step * nr, step, max);
}

static bool get_llhist(const __s64 param[4], int nr, struct range *range)
{
	int64_t base = param[0], low = param[1], high = param[2];
	int64_t steps = param[3], this = 1, next, size, some;
	int64_t power;

	if (base < 2 || low < 0 || high < low || high > MAX_POWER || steps < base)
		return false;
	for (power = 0; power < low; power++) {
		if (__builtin_mul_overflow(this, base, &this))
			return false;
	}
	if (nr < 0)
		return set_below(range, this);
	for (; power <= high; power++, nr -= some, this = next) {
		if (__builtin_mul_overflow(this, base, &next))
			return false;
		/* None is smaller than 1. */
		size = next < steps ? 1 : next / steps;
		some = (next - this) / size;
		if (nr < some)
			return set_step(range, this + nr * size, size, next);
	}
	return set_above(range, this);
}

/**
 * ktap_range_get - Find the integers that a range has
 * @stat: the histogram
 * @nr: number of the range
 * @range: the integers
 *
 * Return: False if it makes no sense.
 */
bool ktap_range_get(const struct ktap_val_stat *stat, int nr, struct range *range)
{
	switch (stat->kind) {
	case KTAP_AGG_HIST:
		return get_hist(nr, range);
	case KTAP_AGG_LHIST:
		return get_lhist(stat->param, nr, range);
	case KTAP_AGG_LLHIST:
		return get_llhist(stat->param, nr, range);
	default:
		return false;
	}
}
