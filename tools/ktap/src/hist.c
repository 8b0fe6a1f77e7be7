// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What print_hist() and print_stat() show
 *
 * The kernel sends keys with what their statistics come to, in the order in which
 * they were inserted. Sorting, choosing and drawing are done here, when all have
 * come.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hist.h"

/* Width where there is no terminal, and the least one that bars are made for. */
#define WIDTH_DEFAULT	80
#define WIDTH_MAX	1000
#define BAR_MIN		10

/* Rows without values between others: more of them become one. */
#define GAP_MAX		3

/* Parts of a column that a block can fill. */
#define EIGHTHS		8

/**
 * ktap_hist_begin - Begin to gather what is to be shown
 * @hist: what is to be shown
 * @body: body of a record KTAP_REC_AGG
 * @len: its length
 */
void ktap_hist_begin(struct hist *hist, const void *body, size_t len)
{
	ktap_hist_destroy(hist);
	if (len < sizeof(hist->head))
		return;
	memcpy(&hist->head, body, sizeof(hist->head));
	hist->open = true;
}

static struct hist_item *add_item(struct hist *hist, const struct value *key)
{
	struct hist_item *item;

	hist->items = ktap_grow(hist->items, hist->nr, &hist->cap,
				sizeof(*hist->items));
	item = &hist->items[hist->nr];
	memset(item, 0, sizeof(*item));
	item->nr = hist->nr++;
	item->keyed = key->type != KTAP_T_NIL;
	ktap_value_add(&item->key, key);
	return item;
}

static void add_range(struct hist_item *item, const struct ktap_val_range *range)
{
	item->ranges = ktap_grow(item->ranges, item->nr_ranges, &item->cap,
				 sizeof(*item->ranges));
	item->ranges[item->nr_ranges++] = *range;
}

static void add_ranges(struct hist_item *item, const struct value *val,
		       uint32_t nr)
{
	struct ktap_val_range range;
	const char *pos = val->str + sizeof(struct ktap_val_stat);
	const char *end = val->str + val->len;

	for (; nr && end - pos >= (ptrdiff_t)sizeof(range); nr--) {
		memcpy(&range, pos, sizeof(range));
		pos += sizeof(range);
		add_range(item, &range);
	}
}

/**
 * ktap_hist_item - Add a key and what it has
 * @hist: what is to be shown
 * @vr: values of a record KTAP_REC_ITEM
 */
void ktap_hist_item(struct hist *hist, struct value_reader *vr)
{
	struct hist_item *item;
	struct ktap_val_stat stat;
	struct value key, val;

	if (!hist->open || !ktap_value_next(vr, &key) ||
	    !ktap_value_next(vr, &val))
		return;
	if (hist->more && hist->nr)
		item = &hist->items[hist->nr - 1];
	else
		item = add_item(hist, &key);
	hist->more = false;
	item->type = val.type;
	item->num = val.num;
	if (val.type != KTAP_T_STAT || val.len < sizeof(stat))
		return;

	ktap_value_stat(&val, &stat);
	item->stat = stat;
	add_ranges(item, &val, stat.nr_ranges);
	hist->more = stat.flags & KTAP_STAT_MORE;
}

/**
 * ktap_hist_destroy - Forget what was to be shown
 * @hist: what was to be shown; it is as if it were new
 */
void ktap_hist_destroy(struct hist *hist)
{
	size_t i;

	for (i = 0; i < hist->nr; i++) {
		ktap_strbuf_destroy(&hist->items[i].key);
		free(hist->items[i].ranges);
	}
	free(hist->items);
	memset(hist, 0, sizeof(*hist));
}

/*
 * Ranges
 */

/* A power of two, or a negative one, in short. */
static void put_power(char *buf, size_t size, const char *sign, unsigned int power)
{
	static const char units[] = "\0KMGTPE";
	char unit[2] = { units[power / 10], '\0' };

	snprintf(buf, size, "%s%u%s", sign, 1U << power % 10, unit);
}

static void hist_range(char *buf, size_t size, int range)
{
	const char *sign = range < 0 ? "-" : "";
	unsigned int power;
	char near[16], far[16];

	/* There are no others beyond 64 bits. */
	if (range < -64 || range > 63 || (range > -2 && range < 2)) {
		snprintf(buf, size, "[%d]", range);
		return;
	}
	power = range < 0 ? -range : range;
	put_power(near, sizeof(near), sign, power - 1);
	put_power(far, sizeof(far), sign, power < 64 ? power : 0);
	if (range == 63)
		snprintf(buf, size, "[%s, ...)", near);
	else if (range == -64)
		snprintf(buf, size, "[%s]", near);
	else if (range < 0)
		snprintf(buf, size, "(%s, %s]", far, near);
	else
		snprintf(buf, size, "[%s, %s)", near, far);
}

/* What is from @from on, in steps of @step, but less than @end. */
static void step_range(char *buf, size_t size, int64_t from, uint64_t step,
		       int64_t end)
{
	uint64_t left = (uint64_t)end - (uint64_t)from;
	int64_t to = left < step ? end : (int64_t)((uint64_t)from + step);

	if ((uint64_t)to - (uint64_t)from == 1)
		snprintf(buf, size, "[%" PRId64 "]", from);
	else
		snprintf(buf, size, "[%" PRId64 ", %" PRId64 ")", from, to);
}

static void lhist_range(char *buf, size_t size, const struct ktap_val_stat *stat,
			int range)
{
	int64_t min = stat->param[0], max = stat->param[1];
	uint64_t step = stat->param[2];
	uint64_t last = step ? ((uint64_t)max - (uint64_t)min - 1) / step + 1 : 0;

	if (range < 0)
		snprintf(buf, size, "(..., %" PRId64 ")", min);
	else if ((uint64_t)range >= last)
		snprintf(buf, size, "[%" PRId64 ", ...)", max);
	else
		step_range(buf, size, (uint64_t)min + range * step, step, max);
}

static void llhist_range(char *buf, size_t size, const struct ktap_val_stat *stat,
			 int range)
{
	uint64_t base = stat->param[0], steps = stat->param[3], power = 1, next;
	int64_t nr = 0, i;

	/* There are no more powers than bits. */
	for (i = 0; i < stat->param[1] && i < 64; i++)
		power *= base;
	if (range < 0) {
		snprintf(buf, size, "(..., %" PRIu64 ")", power);
		return;
	}
	for (; i <= stat->param[2] && i < 64; i++, power = next, range -= nr) {
		uint64_t step;

		next = power * base;
		step = steps && next >= steps ? next / steps : 1;
		nr = (next - power) / step;
		if (range < nr) {
			step_range(buf, size, power + range * step, step, next);
			return;
		}
	}
	snprintf(buf, size, "[%" PRIu64 ", ...)", power);
}

static void put_range(char *buf, size_t size, const struct ktap_val_stat *stat,
		      int range)
{
	switch (stat->kind) {
	case KTAP_AGG_HIST:
		hist_range(buf, size, range);
		break;
	case KTAP_AGG_LHIST:
		lhist_range(buf, size, stat, range);
		break;
	case KTAP_AGG_LLHIST:
		llhist_range(buf, size, stat, range);
		break;
	default:
		snprintf(buf, size, "%d", range);
		break;
	}
}

/*
 * Charts: rows with a label, a bar and a number
 */

/**
 * struct row - a row of a chart
 * @label: what it is about
 * @num: how long the bar is; negative numbers have none
 * @text: the number as it is shown
 * @plain: there is no bar
 */
struct row {
	struct strbuf label;
	int64_t num;
	struct strbuf text;
	bool plain;
};

/**
 * struct chart - rows
 * @rows: the rows
 * @nr: their number
 * @cap: number that @rows has room for
 */
struct chart {
	struct row *rows;
	size_t nr;
	size_t cap;
};

static struct row *add_row(struct chart *chart)
{
	struct row *row;

	chart->rows = ktap_grow(chart->rows, chart->nr, &chart->cap,
				sizeof(*chart->rows));
	row = &chart->rows[chart->nr++];
	memset(row, 0, sizeof(*row));
	return row;
}

static void chart_destroy(struct chart *chart)
{
	size_t i;

	for (i = 0; i < chart->nr; i++) {
		ktap_strbuf_destroy(&chart->rows[i].label);
		ktap_strbuf_destroy(&chart->rows[i].text);
	}
	free(chart->rows);
	memset(chart, 0, sizeof(*chart));
}

/* Columns that text takes: UTF-8 has one for each byte that begins a character. */
static size_t columns(const struct strbuf *sb)
{
	size_t i, nr = 0;

	for (i = 0; i < sb->len; i++)
		nr += (sb->str[i] & 0xc0) != 0x80;
	return nr;
}

static size_t longer(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Text, with blanks in front of it if it is @right. */
static void put_cell(struct strbuf *sb, const struct strbuf *text, size_t width,
		     bool right)
{
	size_t len = columns(text);
	size_t fill = width > len ? width - len : 0;

	if (right)
		ktap_strbuf_fill(sb, ' ', fill);
	ktap_strbuf_add(sb, text->str ? text->str : "", text->len);
	if (!right)
		ktap_strbuf_fill(sb, ' ', fill);
}

/* @num of @max in parts of @room, to the nearest one. */
static size_t part_of(uint64_t num, uint64_t max, size_t room)
{
	/* Rounded numbers do for numbers whose product would not fit. */
	while (max > UINT64_MAX / 2 / room) {
		num >>= 1;
		max >>= 1;
	}
	return max ? (num * room + max / 2) / max : 0;
}

static void put_bar(struct strbuf *sb, const struct row *row, uint64_t max,
		    size_t room, bool utf8)
{
	uint64_t num = row->num > 0 && !row->plain ? row->num : 0;
	size_t len, part;
	size_t i;

	if (!utf8) {
		len = part_of(num, max, room);
		ktap_strbuf_fill(sb, '@', len);
		ktap_strbuf_fill(sb, ' ', room - len);
		return;
	}
	len = part_of(num, max, room * EIGHTHS);
	part = len % EIGHTHS;
	len /= EIGHTHS;
	for (i = 0; i < len; i++)
		ktap_strbuf_add(sb, "\xe2\x96\x88", 3);
	/* Blocks go from seven eighths, which follows the full one, down to one. */
	if (part) {
		ktap_strbuf_add(sb, "\xe2\x96", 2);
		ktap_strbuf_addc(sb, 0x90 - part);
		len++;
	}
	ktap_strbuf_fill(sb, ' ', room - len);
}

/* Columns of labels, bars and numbers. */
struct layout {
	size_t label;
	size_t bar;
	size_t text;
};

static void lay_out(const struct chart *chart, const char *name,
		    const char *number, const struct hist_style *style,
		    struct layout *lay)
{
	size_t i, rest;

	lay->label = strlen(name);
	lay->text = strlen(number);
	for (i = 0; i < chart->nr; i++) {
		lay->label = longer(lay->label, columns(&chart->rows[i].label));
		lay->text = longer(lay->text, columns(&chart->rows[i].text));
	}
	/* "LABEL |BAR| NUMBER" */
	rest = lay->label + lay->text + 4;
	lay->bar = style->width > rest ? style->width - rest : 0;
	lay->bar = longer(lay->bar, BAR_MIN);
}

static void put_header(struct strbuf *sb, const struct layout *lay,
		       const char *name, const char *number)
{
	static const char title[] = " distribution ";
	size_t room = lay->bar + 2, len = strlen(title);
	size_t left = room > len ? (room - len) / 2 : 0;

	ktap_strbuf_fill(sb, ' ', lay->label - strlen(name));
	ktap_strbuf_addf(sb, "%s ", name);
	if (room > len + 2) {
		ktap_strbuf_fill(sb, '-', left);
		ktap_strbuf_add(sb, title, len);
		ktap_strbuf_fill(sb, '-', room - len - left);
	} else {
		ktap_strbuf_fill(sb, '-', room);
	}
	ktap_strbuf_fill(sb, ' ', lay->text - strlen(number));
	ktap_strbuf_addf(sb, " %s\n", number);
}

static void put_chart(struct strbuf *sb, const struct chart *chart,
		      const char *name, const char *number,
		      const struct hist_style *style)
{
	struct layout lay;
	uint64_t max = 0;
	size_t i;

	lay_out(chart, name, number, style, &lay);
	for (i = 0; i < chart->nr; i++) {
		const struct row *row = &chart->rows[i];

		if (!row->plain && row->num > 0 && (uint64_t)row->num > max)
			max = row->num;
	}
	put_header(sb, &lay, name, number);
	for (i = 0; i < chart->nr; i++) {
		const struct row *row = &chart->rows[i];

		put_cell(sb, &row->label, lay.label, true);
		ktap_strbuf_add(sb, " |", 2);
		put_bar(sb, row, max, lay.bar, style->utf8);
		ktap_strbuf_add(sb, "| ", 2);
		put_cell(sb, &row->text, lay.text, true);
		ktap_strbuf_addc(sb, '\n');
	}
}

/* Counts are never so high that the sign of an integer would matter. */
static void add_count(struct chart *chart, const char *label, uint64_t count)
{
	struct row *row = add_row(chart);

	ktap_strbuf_add(&row->label, label, strlen(label));
	row->num = count > INT64_MAX ? INT64_MAX : (int64_t)count;
	ktap_strbuf_addf(&row->text, "%" PRIu64, count);
}

static void add_gap(struct chart *chart, const struct ktap_val_stat *stat,
		    int from, int to)
{
	char label[64];
	struct row *row;

	if ((int64_t)to - from > GAP_MAX) {
		row = add_row(chart);
		ktap_strbuf_add(&row->label, "...", 3);
		row->plain = true;
		return;
	}
	for (; from < to; from++) {
		put_range(label, sizeof(label), stat, from);
		add_count(chart, label, 0);
	}
}

static void put_hist(struct strbuf *sb, const struct hist_item *item,
		     const struct hist_style *style)
{
	struct chart chart = { 0 };
	char label[64];
	size_t i;

	for (i = 0; i < item->nr_ranges; i++) {
		const struct ktap_val_range *range = &item->ranges[i];

		if (i && range->range > range[-1].range)
			add_gap(&chart, &item->stat, range[-1].range + 1,
				range->range);
		put_range(label, sizeof(label), &item->stat, range->range);
		add_count(&chart, label, range->count);
	}
	put_chart(sb, &chart, "value", "count", style);
	chart_destroy(&chart);
}

/*
 * Items
 */

/* What items are sorted by. */
static int compare_nums(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_counts(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* What has no key comes first, then the greatest numbers. */
static int compare_items(const void *a, const void *b)
{
	const struct hist_item *x = a, *y = b;
	int cmp = x->keyed - y->keyed;

	/* Statistics before integers, if there are both. */
	if (!cmp)
		cmp = (x->type != KTAP_T_STAT) - (y->type != KTAP_T_STAT);
	if (!cmp && x->type == KTAP_T_STAT)
		cmp = compare_counts(y->stat.count, x->stat.count);
	else if (!cmp)
		cmp = compare_nums(y->num, x->num);
	return cmp ? cmp : x->nr < y->nr ? -1 : 1;
}

static void sort_items(struct hist *hist)
{
	if (hist->nr)
		qsort(hist->items, hist->nr, sizeof(*hist->items), compare_items);
}

/* How many of them are shown: what has no key is not one of the first. */
static size_t shown(const struct hist *hist)
{
	size_t i, nr = 0;

	if (!hist->head.limit)
		return hist->nr;
	for (i = 0; i < hist->nr; i++) {
		nr += hist->items[i].keyed;
		if (nr > hist->head.limit)
			break;
	}
	return i;
}

static bool has_ranges(const struct hist_item *item)
{
	return item->type == KTAP_T_STAT && item->nr_ranges;
}

static void put_title(struct strbuf *sb, const struct hist_item *item)
{
	if (!item->keyed)
		return;
	ktap_strbuf_add(sb, item->key.str ? item->key.str : "", item->key.len);
	ktap_strbuf_add(sb, ":\n", 2);
}

static void add_item_row(struct chart *chart, const struct hist_item *item)
{
	struct row *row = add_row(chart);

	if (item->keyed)
		ktap_strbuf_add(&row->label, item->key.str ? item->key.str : "",
				item->key.len);
	if (item->type == KTAP_T_STAT) {
		row->num = item->stat.count > INT64_MAX ? INT64_MAX :
			(int64_t)item->stat.count;
		ktap_strbuf_addf(&row->text, "%llu",
				 (unsigned long long)item->stat.count);
	} else {
		row->num = item->num;
		ktap_strbuf_addf(&row->text, "%" PRId64, item->num);
	}
}

/**
 * struct rest - what the items come to that are not shown
 * @nr: their number
 * @stats: how many of them have statistics
 * @count: number of values that those were fed
 * @sum: sum of all
 * @min: the least one
 * @max: the greatest one
 */
struct rest {
	size_t nr;
	size_t stats;
	uint64_t count;
	uint64_t sum;
	int64_t min;
	int64_t max;
};

static void sum_up(const struct hist *hist, size_t from, struct rest *rest)
{
	size_t i;

	memset(rest, 0, sizeof(*rest));
	for (i = from; i < hist->nr; i++) {
		const struct hist_item *item = &hist->items[i];
		const struct ktap_val_stat *stat = &item->stat;

		rest->nr++;
		if (item->type != KTAP_T_STAT) {
			rest->sum += item->num;
			continue;
		}
		rest->stats++;
		rest->sum += stat->sum;
		if (stat->count) {
			if (!rest->count || stat->min < rest->min)
				rest->min = stat->min;
			if (!rest->count || stat->max > rest->max)
				rest->max = stat->max;
		}
		rest->count += stat->count;
	}
}

/* Histograms, one below the other, and a chart of what has none. */
static void put_hists(struct strbuf *sb, const struct hist *hist,
		      const struct hist_style *style)
{
	size_t i, nr = shown(hist), drawn = 0;
	struct chart chart = { 0 };
	struct rest rest;
	struct row *row;

	sum_up(hist, nr, &rest);
	for (i = 0; i < nr; i++) {
		const struct hist_item *item = &hist->items[i];

		if (!has_ranges(item)) {
			add_item_row(&chart, item);
			continue;
		}
		if (drawn++)
			ktap_strbuf_addc(sb, '\n');
		put_title(sb, item);
		put_hist(sb, item, style);
	}
	if (chart.nr && rest.nr) {
		row = add_row(&chart);
		row->plain = true;
		ktap_strbuf_addf(&row->label, "(%zu more)", rest.nr);
		if (rest.stats)
			ktap_strbuf_addf(&row->text, "%" PRIu64, rest.count);
		else
			ktap_strbuf_addf(&row->text, "%" PRId64,
					 (int64_t)rest.sum);
	}
	if (drawn && (chart.nr || rest.nr))
		ktap_strbuf_addc(sb, '\n');
	if (chart.nr)
		put_chart(sb, &chart, "key", "value", style);
	else if (rest.nr)
		ktap_strbuf_addf(sb, "(%zu more, count %" PRIu64 ")\n", rest.nr,
				 rest.count);
	chart_destroy(&chart);
}

/*
 * Tables
 */

static const char * const titles[] = {
	"key", "count", "avg", "total", "min", "max", "stddev",
};

#define COLUMNS	ARRAY_SIZE(titles)

/* One line of a table. */
struct line {
	struct strbuf cell[COLUMNS];
};

static void put_num(struct line *line, unsigned int col, int64_t num)
{
	ktap_strbuf_addf(&line->cell[col], "%" PRId64, num);
}

static void fill_numbers(struct line *line, uint64_t count, int64_t sum, int64_t avg,
			 int64_t min, int64_t max)
{
	ktap_strbuf_addf(&line->cell[1], "%" PRIu64, count);
	if (!count)
		return;
	put_num(line, 2, avg);
	put_num(line, 3, sum);
	put_num(line, 4, min);
	put_num(line, 5, max);
}

static void fill_line(struct line *line, const struct hist_item *item)
{
	const struct ktap_val_stat *stat = &item->stat;

	if (item->keyed)
		ktap_strbuf_add(&line->cell[0], item->key.str ? item->key.str : "",
				item->key.len);
	if (item->type != KTAP_T_STAT) {
		put_num(line, 3, item->num);
		return;
	}
	fill_numbers(line, stat->count, stat->sum, stat->avg, stat->min, stat->max);
	if (stat->count)
		put_num(line, 6, stat->stddev);
}

static void fill_rest(struct line *line, const struct rest *rest)
{
	int64_t sum = rest->sum, count = rest->count;

	ktap_strbuf_addf(&line->cell[0], "(%zu more)", rest->nr);
	if (!rest->stats)
		put_num(line, 3, sum);
	else
		fill_numbers(line, rest->count, sum, count ? sum / count : 0,
			     rest->min, rest->max);
}

static void put_line(struct strbuf *sb, struct line *line, const size_t *width)
{
	size_t i;

	for (i = 0; i < COLUMNS; i++) {
		if (i && !line->cell[i].len)
			ktap_strbuf_addc(&line->cell[i], '-');
		/* Without keys there is no column for them. */
		if (!width[i])
			continue;
		if (i && width[0])
			ktap_strbuf_add(sb, "  ", 2);
		else if (i > 1)
			ktap_strbuf_add(sb, "  ", 2);
		put_cell(sb, &line->cell[i], width[i], i > 0);
	}
	ktap_strbuf_addc(sb, '\n');
}

/* A table with a line for each item. */
static void put_stats(struct strbuf *sb, const struct hist *hist)
{
	size_t i, j, nr = shown(hist), width[COLUMNS] = { 0 };
	bool keyed = false;
	struct line *lines;
	struct rest rest;

	sum_up(hist, nr, &rest);
	lines = ktap_alloc((nr + 2) * sizeof(*lines));
	for (j = 0; j < COLUMNS; j++)
		ktap_strbuf_add(&lines[0].cell[j], titles[j], strlen(titles[j]));
	for (i = 0; i < nr; i++) {
		fill_line(&lines[i + 1], &hist->items[i]);
		keyed |= hist->items[i].keyed;
	}
	nr++;
	if (rest.nr)
		fill_rest(&lines[nr++], &rest);

	for (i = 0; i < nr; i++)
		for (j = !keyed; j < COLUMNS; j++)
			width[j] = longer(width[j], columns(&lines[i].cell[j]));
	for (i = 0; i < nr; i++) {
		put_line(sb, &lines[i], width);
		for (j = 0; j < COLUMNS; j++)
			ktap_strbuf_destroy(&lines[i].cell[j]);
	}
	free(lines);
}

/**
 * ktap_hist_end - Show all items, and forget them
 * @hist: what is to be shown
 * @style: how
 * @sb: where to
 */
void ktap_hist_end(struct hist *hist, const struct hist_style *style,
		   struct strbuf *sb)
{
	sort_items(hist);
	if (hist->nr && hist->head.func == KTAP_FUNC_PRINT_STAT)
		put_stats(sb, hist);
	else if (hist->nr)
		put_hists(sb, hist, style);
	ktap_hist_destroy(hist);
}

static size_t to_width(const char *text)
{
	char *end;
	unsigned long width = strtoul(text, &end, 10);

	return *end || width > WIDTH_MAX ? 0 : width;
}

static bool is_utf8(void)
{
	static const char * const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *val;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		val = getenv(names[i]);
		if (val && *val)
			return strcasestr(val, "UTF-8") || strcasestr(val, "UTF8");
	}
	return false;
}

/**
 * ktap_hist_style - How to show something
 * @style: how
 * @fd: where
 */
void ktap_hist_style(struct hist_style *style, int fd)
{
	const char *columns_var = getenv("COLUMNS");
	struct winsize ws;

	style->width = columns_var ? to_width(columns_var) : 0;
	if (!style->width && !ioctl(fd, TIOCGWINSZ, &ws))
		style->width = ws.ws_col;
	if (!style->width)
		style->width = WIDTH_DEFAULT;
	style->utf8 = isatty(fd) && is_utf8();
}
