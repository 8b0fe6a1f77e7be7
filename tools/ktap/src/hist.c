// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What print_hist() and print_stat() show
 *
 * The kernel sends keys with what their statistics come to, in the order in which
 * they were inserted. Sorting, choosing and drawing are done here, when all have
 * come. What was sent may be damaged, and then it is shown as far as it makes
 * sense.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hist.h"

/* Width where there is no terminal, and the greatest one. */
#define WIDTH_DEFAULT	80
#define WIDTH_MAX	4096
#define BAR_MIN		10

/* Parts of a column that a block can fill. */
#define EIGHTHS		8

/* Ranges of hist(): the least integer is in the first one. */
#define HIST_FIRST	(-64)
#define HIST_LAST	63

/* Highest power that parameters of llhist() may name. */
#define MAX_POWER	62

static void add_text(struct strbuf *sb, const struct strbuf *text)
{
	if (text->len)
		ktap_strbuf_add(sb, text->str, text->len);
}

/* The text of a key; what would move the cursor is shown as in a string. */
static void add_key(struct strbuf *sb, const struct value *key)
{
	bool lines = ktap_value_has_stack(key);
	struct strbuf text = { 0 };
	unsigned char c;
	size_t i;

	ktap_value_add(&text, key);
	for (i = 0; i < text.len; i++) {
		c = text.str[i];
		if (c == '\n' && lines)
			ktap_strbuf_addc(sb, c);
		else if (c == '\n')
			ktap_strbuf_add(sb, "\\n", 2);
		else if (c == '\t')
			ktap_strbuf_add(sb, "\\t", 2);
		else if (c < ' ' || c == 0x7f)
			ktap_strbuf_addf(sb, "\\x%02x", c);
		else
			ktap_strbuf_addc(sb, c);
	}
	ktap_strbuf_destroy(&text);
}

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

static struct hist_item *add_item(struct hist *hist, const struct value *key,
				  const struct value *val)
{
	struct hist_item *item;

	hist->items = ktap_grow(hist->items, hist->nr, &hist->cap,
				sizeof(*hist->items));
	item = &hist->items[hist->nr];
	memset(item, 0, sizeof(*item));
	item->nr = hist->nr++;
	item->key_type = key->type;
	item->key_num = key->num;
	item->type = val->type;
	item->num = val->num;
	item->lines = ktap_value_has_stack(key);
	if (key->type != KTAP_T_NIL)
		add_key(&item->key, key);
	return item;
}

/* The numbers that ranges can have. */
static void range_limits(const struct ktap_val_stat *stat, int *first, int *last)
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

static void add_ranges(struct hist_item *item, const struct value *val,
		       uint32_t nr)
{
	const char *pos = val->str + sizeof(struct ktap_val_stat);
	const char *end = val->str + val->len;
	struct ktap_val_range range;
	int first, last;

	range_limits(&item->stat, &first, &last);
	if (item->nr_ranges)
		first = item->ranges[item->nr_ranges - 1].range + 1;
	for (; nr && (size_t)(end - pos) >= sizeof(range); nr--) {
		memcpy(&range, pos, sizeof(range));
		pos += sizeof(range);
		if (range.range < first || range.range > last)
			continue;
		first = range.range + 1;
		item->ranges = ktap_grow(item->ranges, item->nr_ranges,
					 &item->cap, sizeof(range));
		item->ranges[item->nr_ranges++] = range;
	}
}

/**
 * ktap_hist_item - Add a key and what it has
 * @hist: what is to be shown
 * @vr: values of a record KTAP_REC_ITEM
 */
void ktap_hist_item(struct hist *hist, struct value_reader *vr)
{
	struct ktap_val_stat stat;
	struct hist_item *item;
	struct value key, val;
	bool more = hist->more;

	hist->more = false;
	if (!hist->open || !ktap_value_next(vr, &key) ||
	    !ktap_value_next(vr, &val))
		return;
	if (val.type == KTAP_T_INT) {
		add_item(hist, &key, &val);
		return;
	}
	if (val.type != KTAP_T_STAT)
		return;

	/* Ranges that go on are of the statistic as it was at first. */
	ktap_value_stat(&val, &stat);
	if (more) {
		item = &hist->items[hist->nr - 1];
	} else {
		item = add_item(hist, &key, &val);
		item->stat = stat;
	}
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

/**
 * struct bound - where a range begins or ends
 * @num: the number without its sign
 * @neg: it is negative
 */
struct bound {
	uint64_t num;
	bool neg;
};

static struct bound bound_of(int64_t num)
{
	return (struct bound){ num < 0 ? -(uint64_t)num : (uint64_t)num,
			       num < 0 };
}

/* A number; in units that are powers of 1024 if it is @brief. */
static void add_bound(struct strbuf *sb, struct bound at, bool brief)
{
	static const char units[] = "KMGTPE";
	const char *unit = NULL;

	while (brief && at.num && !(at.num & 1023)) {
		at.num >>= 10;
		unit = unit ? unit + 1 : units;
	}
	ktap_strbuf_addf(sb, "%s%llu", at.neg ? "-" : "",
			 (unsigned long long)at.num);
	if (unit)
		ktap_strbuf_addc(sb, *unit);
}

static void add_bounds(struct strbuf *sb, char open, struct bound from,
		       struct bound to, char close, bool brief)
{
	ktap_strbuf_addc(sb, open);
	add_bound(sb, from, brief);
	ktap_strbuf_add(sb, ", ", 2);
	add_bound(sb, to, brief);
	ktap_strbuf_addc(sb, close);
}

static void add_one(struct strbuf *sb, struct bound at, bool brief)
{
	ktap_strbuf_addc(sb, '[');
	add_bound(sb, at, brief);
	ktap_strbuf_addc(sb, ']');
}

static void add_below(struct strbuf *sb, int64_t num, bool brief)
{
	ktap_strbuf_add(sb, "(..., ", 6);
	add_bound(sb, bound_of(num), brief);
	ktap_strbuf_addc(sb, ')');
}

static void add_above(struct strbuf *sb, int64_t num, bool brief)
{
	ktap_strbuf_addc(sb, '[');
	add_bound(sb, bound_of(num), brief);
	ktap_strbuf_add(sb, ", ...)", 6);
}

/* @size integers from @from on, which do not go past @max. */
static void add_step(struct strbuf *sb, int64_t from, uint64_t size, int64_t max,
		     bool brief)
{
	uint64_t left = (uint64_t)max - (uint64_t)from;

	if (size > left)
		size = left;
	if (size == 1)
		add_one(sb, bound_of(from), brief);
	else
		add_bounds(sb, '[', bound_of(from),
			   bound_of((uint64_t)from + size), ')', brief);
}

static void add_hist_range(struct strbuf *sb, int range)
{
	unsigned int power = range < 0 ? -range : range;
	struct bound near = { 1, range < 0 }, far = { 2, range < 0 };

	if (power < 2) {
		add_one(sb, bound_of(range), true);
		return;
	}
	near.num <<= power - 1;
	/* There is only one integer from which 64 bits are needed. */
	if (power == 64) {
		add_one(sb, near, true);
		return;
	}
	far.num <<= power - 1;
	if (range < 0)
		add_bounds(sb, '(', far, near, ']', true);
	else if (range == HIST_LAST)
		add_above(sb, near.num, true);
	else
		add_bounds(sb, '[', near, far, ')', true);
}

/* Returns false if the parameters make no sense. */
static bool add_lhist_range(struct strbuf *sb, const __s64 param[4], int range)
{
	int64_t min = param[0], max = param[1], step = param[2];
	uint64_t span = (uint64_t)max - (uint64_t)min;
	bool brief = !((min | max | step) & 1023);

	if (min >= max || step <= 0)
		return false;
	if (range < 0)
		add_below(sb, min, brief);
	else if ((uint64_t)range > (span - 1) / step)
		add_above(sb, max, brief);
	else
		add_step(sb, (uint64_t)min + (uint64_t)step * range, step, max,
			 brief);
	return true;
}

static bool add_llhist_range(struct strbuf *sb, const __s64 param[4], int range)
{
	int64_t base = param[0], low = param[1], high = param[2];
	int64_t steps = param[3], this = 1, next, size, nr;
	bool brief = !(base & (base - 1));
	int64_t power;

	if (base < 2 || low < 0 || high < low || high > MAX_POWER || steps < base)
		return false;
	for (power = 0; power < low; power++) {
		if (__builtin_mul_overflow(this, base, &this))
			return false;
	}
	if (range < 0) {
		add_below(sb, this, brief);
		return true;
	}
	for (; power <= high; power++, range -= nr, this = next) {
		if (__builtin_mul_overflow(this, base, &next))
			return false;
		/* None is smaller than 1. */
		size = next < steps ? 1 : next / steps;
		nr = (next - this) / size;
		if (range < nr) {
			add_step(sb, this + range * size, size, next, brief);
			return true;
		}
	}
	add_above(sb, this, brief);
	return true;
}

static void add_range(struct strbuf *sb, const struct ktap_val_stat *stat,
		      int range)
{
	bool done = true;

	switch (stat->kind) {
	case KTAP_AGG_HIST:
		add_hist_range(sb, range);
		break;
	case KTAP_AGG_LHIST:
		done = add_lhist_range(sb, stat->param, range);
		break;
	default:
		done = add_llhist_range(sb, stat->param, range);
		break;
	}
	if (!done)
		ktap_strbuf_addf(sb, "range %d", range);
}

/*
 * Charts: rows with a label, a bar and a number
 */

/**
 * struct row - a row of a chart
 * @label: what it is about
 * @text: the number as it is shown
 * @num: how long the bar is
 */
struct row {
	struct strbuf label;
	struct strbuf text;
	uint64_t num;
};

/**
 * struct chart - rows
 * @name: what labels are
 * @number: what numbers are
 * @rows: the rows
 * @nr: their number
 * @cap: number that @rows has room for
 */
struct chart {
	const char *name;
	const char *number;
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

/* Makes a column wider for a key, but no wider than half of the terminal. */
static size_t longer_key(size_t width, const struct strbuf *key,
			 const struct hist_style *style)
{
	size_t len = columns(key);

	return len > style->width / 2 ? width : longer(width, len);
}

/* Text, with blanks in front of it if it is @right. */
static void put_cell(struct strbuf *sb, const struct strbuf *text, size_t width,
		     bool right)
{
	size_t len = columns(text);
	size_t fill = width > len ? width - len : 0;

	if (right)
		ktap_strbuf_fill(sb, ' ', fill);
	add_text(sb, text);
	if (!right)
		ktap_strbuf_fill(sb, ' ', fill);
}

/* @num of @max in parts of @room, to the nearest one. */
static size_t part_of(uint64_t num, uint64_t max, size_t room)
{
	/* Rounded numbers do where the product would not fit. */
	while (max > UINT64_MAX / 2 / room) {
		num >>= 1;
		max >>= 1;
	}
	return max ? (num * room + max / 2) / max : 0;
}

static void put_bar(struct strbuf *sb, uint64_t num, uint64_t max, size_t room,
		    bool utf8)
{
	size_t len, part, i;

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
	/* Seven eighths follow the full block, and so on down to one. */
	if (part) {
		ktap_strbuf_add(sb, "\xe2\x96", 2);
		ktap_strbuf_addc(sb, 0x90 - part);
		len++;
	}
	ktap_strbuf_fill(sb, ' ', room - len);
}

/**
 * struct layout - widths of the columns of a chart
 * @label: of labels
 * @bar: of bars
 * @text: of numbers
 */
struct layout {
	size_t label;
	size_t bar;
	size_t text;
};

static void lay_out(const struct chart *chart, const struct hist_style *style,
		    struct layout *lay)
{
	size_t i, rest;

	lay->label = strlen(chart->name);
	lay->text = strlen(chart->number);
	for (i = 0; i < chart->nr; i++) {
		lay->label = longer_key(lay->label, &chart->rows[i].label, style);
		lay->text = longer(lay->text, chart->rows[i].text.len);
	}
	/* "LABEL |BAR| NUMBER" */
	rest = lay->label + lay->text + 4;
	lay->bar = style->width > rest ? style->width - rest : 0;
	lay->bar = longer(lay->bar, BAR_MIN);
}

static void put_header(struct strbuf *sb, const struct chart *chart,
		       const struct layout *lay)
{
	static const char title[] = " distribution ";
	size_t room = lay->bar + 2, len = strlen(title);
	size_t left;

	if (room < len + 2)
		len = 0;
	left = (room - len) / 2;
	ktap_strbuf_fill(sb, ' ', lay->label - strlen(chart->name));
	ktap_strbuf_addf(sb, "%s ", chart->name);
	ktap_strbuf_fill(sb, '-', left);
	ktap_strbuf_add(sb, title, len);
	ktap_strbuf_fill(sb, '-', room - len - left);
	ktap_strbuf_fill(sb, ' ', lay->text - strlen(chart->number));
	ktap_strbuf_addf(sb, " %s\n", chart->number);
}

static void put_chart(struct strbuf *sb, const struct chart *chart,
		      const struct hist_style *style)
{
	const struct row *row;
	struct layout lay;
	uint64_t max = 0;
	size_t i;

	lay_out(chart, style, &lay);
	for (i = 0; i < chart->nr; i++) {
		if (chart->rows[i].num > max)
			max = chart->rows[i].num;
	}
	put_header(sb, chart, &lay);
	for (i = 0; i < chart->nr; i++) {
		row = &chart->rows[i];
		put_cell(sb, &row->label, lay.label, true);
		ktap_strbuf_add(sb, " |", 2);
		put_bar(sb, row->num, max, lay.bar, style->utf8);
		ktap_strbuf_add(sb, "| ", 2);
		put_cell(sb, &row->text, lay.text, true);
		ktap_strbuf_addc(sb, '\n');
	}
}

/* Ranges from the first to the last one that has values. */
static void put_hist(struct strbuf *sb, const struct hist_item *item,
		     const struct hist_style *style)
{
	struct chart chart = { .name = "value", .number = "count" };
	const struct ktap_val_range *next = item->ranges;
	const struct ktap_val_range *end = next + item->nr_ranges;
	struct row *row;
	int range;

	for (range = next->range; next < end; range++) {
		row = add_row(&chart);
		add_range(&row->label, &item->stat, range);
		if (range == next->range)
			row->num = next++->count;
		ktap_strbuf_addf(&row->text, "%llu",
				 (unsigned long long)row->num);
	}
	put_chart(sb, &chart, style);
	chart_destroy(&chart);
}

/*
 * Items
 */

static bool has_key(const struct hist_item *item)
{
	return item->key_type != KTAP_T_NIL;
}

static int compare_unsigned(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_signed(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* What sort_pairs() does with keys: integers, strings, then all others. */
static int key_class(const struct hist_item *item)
{
	switch (item->key_type) {
	case KTAP_T_INT:
		return 0;
	case KTAP_T_STR:
		return 1;
	default:
		return 2;
	}
}

static int compare_keys(const struct hist_item *x, const struct hist_item *y)
{
	size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
	int class = key_class(x);
	int cmp = class - key_class(y);

	if (!cmp && !class)
		cmp = compare_signed(x->key_num, y->key_num);
	if (!cmp && class == 1 && len)
		cmp = memcmp(x->key.str, y->key.str, len);
	if (!cmp && class == 1)
		cmp = compare_unsigned(x->key.len, y->key.len);
	return cmp ? cmp : compare_unsigned(x->nr, y->nr);
}

/*
 * What has no key comes first, then statistics before integers, if there are both,
 * and the greatest of them before the others.
 */
static int compare_items(const void *a, const void *b)
{
	const struct hist_item *x = a, *y = b;
	int cmp = has_key(x) - has_key(y);

	if (!cmp)
		cmp = (x->type != KTAP_T_STAT) - (y->type != KTAP_T_STAT);
	if (!cmp && x->type == KTAP_T_STAT)
		cmp = compare_unsigned(y->stat.count, x->stat.count);
	else if (!cmp)
		cmp = compare_signed(y->num, x->num);
	return cmp ? cmp : compare_keys(x, y);
}

/* How many items are shown: what has no key is not counted as one. */
static size_t shown(const struct hist *hist)
{
	size_t i, nr = 0;

	if (!hist->head.limit)
		return hist->nr;
	for (i = 0; i < hist->nr; i++) {
		nr += has_key(&hist->items[i]);
		if (nr > hist->head.limit)
			break;
	}
	return i;
}

static void put_rest(struct strbuf *sb, size_t nr)
{
	if (nr)
		ktap_strbuf_addf(sb, "... and %zu more\n", nr);
}

static void put_summary(struct strbuf *sb, const struct hist_item *item)
{
	const struct value val = {
		.type = KTAP_T_STAT,
		.str = (const char *)&item->stat,
		.len = sizeof(item->stat),
	};

	ktap_value_add(sb, &val);
	ktap_strbuf_addc(sb, '\n');
}

static void add_item_row(struct chart *chart, const struct hist_item *item)
{
	struct row *row = add_row(chart);

	add_text(&row->label, &item->key);
	if (item->type == KTAP_T_STAT) {
		row->num = item->stat.count;
		ktap_strbuf_addf(&row->text, "%llu",
				 (unsigned long long)row->num);
	} else {
		row->num = item->num < 0 ? 0 : item->num;
		ktap_strbuf_addf(&row->text, "%lld", (long long)item->num);
	}
}

/* What has a histogram of its own, or stands for all that was fed. */
static void put_single(struct strbuf *sb, const struct hist_item *item,
		       const struct hist_style *style)
{
	if (has_key(item)) {
		add_text(sb, &item->key);
		ktap_strbuf_addf(sb, item->lines ? "\n" : ":\n");
	}
	if (item->type != KTAP_T_STAT)
		ktap_strbuf_addf(sb, "%lld\n", (long long)item->num);
	else if (item->nr_ranges)
		put_hist(sb, item, style);
	else
		put_summary(sb, item);
}

static bool is_single(const struct hist_item *item)
{
	return item->lines ||
		(item->type == KTAP_T_STAT && (item->stat.kind != KTAP_AGG_STAT ||
					       !has_key(item)));
}

/* Histograms, one below the other, and a chart of what has none. */
static void put_hists(struct strbuf *sb, const struct hist *hist,
		      const struct hist_style *style)
{
	struct chart chart = { .name = "key", .number = "value" };
	size_t i, nr = shown(hist), drawn = 0;

	for (i = 0; i < nr; i++) {
		const struct hist_item *item = &hist->items[i];

		if (!is_single(item)) {
			add_item_row(&chart, item);
			continue;
		}
		if (drawn++)
			ktap_strbuf_addc(sb, '\n');
		put_single(sb, item, style);
	}
	if (drawn && (chart.nr || nr < hist->nr))
		ktap_strbuf_addc(sb, '\n');
	if (chart.nr)
		put_chart(sb, &chart, style);
	put_rest(sb, hist->nr - nr);
	chart_destroy(&chart);
}

/*
 * Tables
 */

enum column {
	COL_KEY,
	COL_COUNT,
	COL_AVG,
	COL_TOTAL,
	COL_MIN,
	COL_MAX,
	COL_STDDEV,
	NR_COLUMNS
};

static const char * const titles[NR_COLUMNS] = {
	[COL_KEY] = "key",
	[COL_COUNT] = "count",
	[COL_AVG] = "avg",
	[COL_TOTAL] = "total",
	[COL_MIN] = "min",
	[COL_MAX] = "max",
	[COL_STDDEV] = "stddev",
};

/**
 * struct line - a line of a table
 * @above: lines of the key that come before it
 * @cell: its texts
 */
struct line {
	struct strbuf above;
	struct strbuf cell[NR_COLUMNS];
};

/* Of a key with several lines the last one is in the table. */
static void set_key(struct line *line, const struct hist_item *item)
{
	const char *last = NULL, *key = item->key.str;
	size_t len = item->key.len;

	if (item->lines && len)
		last = memrchr(key, '\n', len);
	if (last) {
		ktap_strbuf_add(&line->above, key, last + 1 - key);
		len -= last + 1 - key;
		key = last + 1;
	}
	if (len)
		ktap_strbuf_add(&line->cell[COL_KEY], key, len);
}

static void set_num(struct line *line, enum column col, int64_t num)
{
	ktap_strbuf_addf(&line->cell[col], "%lld", (long long)num);
}

static void set_line(struct line *line, const struct hist_item *item)
{
	const struct ktap_val_stat *stat = &item->stat;
	size_t i;

	set_key(line, item);
	if (item->type != KTAP_T_STAT) {
		set_num(line, COL_TOTAL, item->num);
	} else {
		ktap_strbuf_addf(&line->cell[COL_COUNT], "%llu",
				 (unsigned long long)stat->count);
		if (stat->count) {
			set_num(line, COL_AVG, stat->avg);
			set_num(line, COL_TOTAL, stat->sum);
			set_num(line, COL_MIN, stat->min);
			set_num(line, COL_MAX, stat->max);
			set_num(line, COL_STDDEV, stat->stddev);
		}
	}
	for (i = COL_COUNT; i < NR_COLUMNS; i++) {
		if (!line->cell[i].len)
			ktap_strbuf_addc(&line->cell[i], '-');
	}
}

static void put_line(struct strbuf *sb, const struct line *line,
		     const size_t width[NR_COLUMNS], size_t first)
{
	size_t i;

	add_text(sb, &line->above);
	for (i = first; i < NR_COLUMNS; i++) {
		if (i > first)
			ktap_strbuf_add(sb, "  ", 2);
		put_cell(sb, &line->cell[i], width[i], i > COL_KEY);
	}
	ktap_strbuf_addc(sb, '\n');
}

/* A line for each item, below one with titles. */
static void put_stats(struct strbuf *sb, const struct hist *hist,
		      const struct hist_style *style)
{
	size_t i, col, nr = shown(hist), first = COL_COUNT;
	size_t width[NR_COLUMNS] = { 0 };
	struct line *lines;

	lines = ktap_alloc((nr + 1) * sizeof(*lines));
	memset(lines, 0, (nr + 1) * sizeof(*lines));
	for (col = 0; col < NR_COLUMNS; col++)
		ktap_strbuf_add(&lines[0].cell[col], titles[col],
				strlen(titles[col]));
	for (i = 0; i < nr; i++) {
		set_line(&lines[i + 1], &hist->items[i]);
		/* Without keys there is no column for them. */
		if (has_key(&hist->items[i]))
			first = COL_KEY;
	}
	for (i = 0; i <= nr; i++) {
		width[COL_KEY] = longer_key(width[COL_KEY],
					    &lines[i].cell[COL_KEY], style);
		for (col = COL_COUNT; col < NR_COLUMNS; col++)
			width[col] = longer(width[col], lines[i].cell[col].len);
	}
	for (i = 0; i <= nr; i++) {
		put_line(sb, &lines[i], width, first);
		ktap_strbuf_destroy(&lines[i].above);
		for (col = 0; col < NR_COLUMNS; col++)
			ktap_strbuf_destroy(&lines[i].cell[col]);
	}
	put_rest(sb, hist->nr - nr);
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
	if (hist->nr) {
		qsort(hist->items, hist->nr, sizeof(*hist->items), compare_items);
		if (hist->head.func == KTAP_FUNC_PRINT_STAT)
			put_stats(sb, hist, style);
		else
			put_hists(sb, hist, style);
	}
	ktap_hist_destroy(hist);
}

/*
 * The terminal
 */

/* Returns 0 for what is no width. */
static size_t to_width(const char *text)
{
	size_t width = 0;

	for (; ktap_is_digit(*text) && width <= WIDTH_MAX; text++)
		width = width * 10 + *text - '0';
	return *text || width > WIDTH_MAX ? 0 : width;
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
	const char *wish = getenv("COLUMNS");
	struct winsize ws;

	style->width = wish ? to_width(wish) : 0;
	if (!style->width && !ioctl(fd, TIOCGWINSZ, &ws))
		style->width = ws.ws_col > WIDTH_MAX ? WIDTH_MAX : ws.ws_col;
	if (!style->width)
		style->width = WIDTH_DEFAULT;
	style->utf8 = isatty(fd) && is_utf8();
}
