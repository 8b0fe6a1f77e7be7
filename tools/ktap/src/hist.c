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
#include "range.h"

/* Width where there is no terminal, and the greatest one. */
#define WIDTH_DEFAULT	80
#define WIDTH_MAX	4096
#define BAR_MIN		10

#define FRAME_INDENT	"    "

/* So many empty ranges in a row are shown as such. */
#define MAX_EMPTY	4

/* Of a kernel that has no dumps. */
#define AGG_MIN		offsetof(struct ktap_rec_agg, name)

/* Parts of a column that a block can fill. */
#define EIGHTHS		8

static void add_text(struct strbuf *sb, const struct strbuf *text)
{
	if (text->len)
		ktap_strbuf_add(sb, text->str, text->len);
}

/* The text of a value; what would move the cursor is shown as in a string. */
static void add_value(struct strbuf *sb, const struct value *val)
{
	struct strbuf text = { 0 };
	unsigned char c;
	size_t i;

	ktap_value_add(&text, val);
	for (i = 0; i < text.len; i++) {
		c = text.str[i];
		if (c == '\n')
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

/* Indented lines; another stack may be there already. */
static void add_frames(struct strbuf *sb, const struct value *stack)
{
	struct strbuf text = { 0 };
	const char *pos, *end, *eol;

	if (sb->len)
		ktap_strbuf_addf(sb, FRAME_INDENT "--\n");
	ktap_value_add(&text, stack);
	if (!text.len)
		ktap_strbuf_addf(&text, "(no frames)");
	for (pos = text.str, end = pos + text.len; pos < end; pos = eol + 1) {
		eol = memchr(pos, '\n', end - pos);
		eol = eol ? eol : end;
		ktap_strbuf_addf(sb, FRAME_INDENT "%.*s\n", (int)(eol - pos), pos);
	}
	ktap_strbuf_destroy(&text);
}

static void add_part(struct hist_item *item, const struct value *part)
{
	size_t start;

	if (ktap_value_has_stack(part)) {
		add_frames(&item->frames, part);
		return;
	}
	if (item->key.len)
		ktap_strbuf_add(&item->key, ", ", 2);
	if (item->nr_cells < HIST_MAX_CELLS) {
		item->ints |= (uint32_t)(part->type == KTAP_T_INT) << item->nr_cells++;
	} else {
		item->cells.str[item->cells.len - 1] = ' ';
		item->ints &= ~(1u << (HIST_MAX_CELLS - 1));
	}
	start = item->key.len;
	add_value(&item->key, part);
	ktap_strbuf_add(&item->cells, item->key.str ? item->key.str + start : "",
			item->key.len - start);
	ktap_strbuf_addc(&item->cells, '\0');
}

/* A key, and its parts if it is a compound one. */
static void add_key(struct hist_item *item, const struct value *key)
{
	struct value_reader parts = ktap_value_parts(key);
	struct value part;

	if (key->type == KTAP_T_NIL)
		return;
	if (key->type != KTAP_T_TUPLE) {
		add_part(item, key);
		return;
	}
	while (ktap_value_next(&parts, &part))
		add_part(item, &part);
}

/**
 * ktap_hist_begin - Begin to gather what is to be shown
 * @hist: what is to be shown
 * @image: where names are
 * @body: body of a record KTAP_REC_AGG
 * @len: its length
 */
void ktap_hist_begin(struct hist *hist, const struct image_view *image,
		     const void *body, size_t len)
{
	ktap_hist_destroy(hist);
	if (len < AGG_MIN)
		return;
	hist->head.name = KTAP_IMG_NONE;
	memcpy(&hist->head, body, len < sizeof(hist->head) ? len : sizeof(hist->head));
	ktap_image_string(image, hist->head.name, &hist->name, &hist->name_len);
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
	add_key(item, key);
	return item;
}

static void add_ranges(struct hist_item *item, const struct value *val,
		       uint32_t nr)
{
	const char *pos = val->str + sizeof(struct ktap_val_stat);
	const char *end = val->str + val->len;
	struct ktap_val_range range;
	int first, last;

	ktap_range_limits(&item->stat, &first, &last);
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
	if (val.type != KTAP_T_STAT) {
		if (val.type != KTAP_T_INT && hist->head.func != KTAP_FUNC_DUMP)
			return;
		item = add_item(hist, &key, &val);
		if (val.type == KTAP_T_STACK)
			add_frames(&item->frames, &val);
		else
			add_value(&item->text, &val);
		return;
	}

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
		ktap_strbuf_destroy(&hist->items[i].cells);
		ktap_strbuf_destroy(&hist->items[i].frames);
		ktap_strbuf_destroy(&hist->items[i].text);
		free(hist->items[i].ranges);
	}
	free(hist->items);
	memset(hist, 0, sizeof(*hist));
}

/*
 * Ranges
 */

/* A number; in units that are powers of 1024 if it is @brief. */
static void add_bound(struct strbuf *sb, int64_t at, bool brief)
{
	static const char units[] = "KMGTPE";
	uint64_t num = at < 0 ? -(uint64_t)at : (uint64_t)at;
	const char *unit = NULL;

	while (brief && num && !(num & 1023)) {
		num >>= 10;
		unit = unit ? unit + 1 : units;
	}
	ktap_strbuf_addf(sb, "%s%llu", at < 0 ? "-" : "", (unsigned long long)num);
	if (unit)
		ktap_strbuf_addc(sb, *unit);
}

/* Are bounds of many digits shorter in units? */
static bool is_brief(const struct ktap_val_stat *stat)
{
	const __s64 *param = stat->param;
	uint64_t base = param[0];

	switch (stat->kind) {
	case KTAP_AGG_LHIST:
		return !((param[0] | param[1] | param[2]) & 1023);
	case KTAP_AGG_LLHIST:
		return !(base & (base - 1));
	default:
		return true;
	}
}

/* What is between two bounds; of ranges that are @mirrored the upper one belongs to it. */
static void add_between(struct strbuf *sb, const struct range *range, bool brief,
			bool mirrored)
{
	ktap_strbuf_addc(sb, mirrored ? '(' : '[');
	add_bound(sb, range->low - mirrored, brief);
	ktap_strbuf_add(sb, ", ", 2);
	add_bound(sb, range->high + !mirrored, brief);
	ktap_strbuf_addc(sb, mirrored ? ']' : ')');
}

/**
 * ktap_hist_range - Append what is in a range
 * @sb: where to
 * @stat: the histogram
 * @nr: number of the range
 */
void ktap_hist_range(struct strbuf *sb, const struct ktap_val_stat *stat, int nr)
{
	bool brief = is_brief(stat);
	struct range range;

	if (!ktap_range_get(stat, nr, &range)) {
		ktap_strbuf_addf(sb, "range %d", nr);
	} else if (range.below) {
		ktap_strbuf_add(sb, "(..., ", 6);
		add_bound(sb, range.high + 1, brief);
		ktap_strbuf_addc(sb, ')');
	} else if (range.above) {
		ktap_strbuf_addc(sb, '[');
		add_bound(sb, range.low, brief);
		ktap_strbuf_add(sb, ", ...)", 6);
	} else if (range.low == range.high) {
		ktap_strbuf_addc(sb, '[');
		add_bound(sb, range.low, brief);
		ktap_strbuf_addc(sb, ']');
	} else {
		add_between(sb, &range, brief, stat->kind == KTAP_AGG_HIST && nr < 0);
	}
}

/*
 * Charts: rows with a label, a bar and a number
 */

/**
 * struct row - a row of a chart
 * @label: what it is about; one that is too long has a line of its own
 * @text: the number as it is shown; none if there is no number
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
static size_t text_columns(const char *text, size_t len)
{
	size_t i, nr = 0;

	for (i = 0; i < len; i++)
		nr += (text[i] & 0xc0) != 0x80;
	return nr;
}

static size_t columns(const struct strbuf *sb)
{
	return text_columns(sb->str, sb->len);
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

/* What a row is about, in front of all else or above it. */
static void put_label(struct strbuf *sb, const struct strbuf *label, size_t width,
		      bool right)
{
	if (columns(label) <= width) {
		put_cell(sb, label, width, right);
		return;
	}
	add_text(sb, label);
	while (sb->str[sb->len - 1] == ' ')
		sb->len--;
	ktap_strbuf_addc(sb, '\n');
	ktap_strbuf_fill(sb, ' ', width);
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
		put_label(sb, &row->label, lay.label, true);
		ktap_strbuf_add(sb, " |", 2);
		put_bar(sb, row->num, max, lay.bar, style->utf8);
		ktap_strbuf_addc(sb, '|');
		if (row->text.len) {
			ktap_strbuf_addc(sb, ' ');
			put_cell(sb, &row->text, lay.text, true);
		}
		ktap_strbuf_addc(sb, '\n');
	}
}

static void add_range_row(struct chart *chart, const struct ktap_val_stat *stat,
			  int range, uint64_t count)
{
	struct row *row = add_row(chart);

	ktap_hist_range(&row->label, stat, range);
	row->num = count;
	ktap_strbuf_addf(&row->text, "%llu", (unsigned long long)count);
}

/* Ranges that have no values, up to another one. */
static void add_empty_rows(struct chart *chart, const struct ktap_val_stat *stat,
			   int range, int end)
{
	if (end - range > MAX_EMPTY) {
		ktap_strbuf_add(&add_row(chart)->label, "...", 3);
		return;
	}
	for (; range < end; range++)
		add_range_row(chart, stat, range, 0);
}

/* Ranges from the first to the last one that has values. */
static void put_hist(struct strbuf *sb, const struct hist_item *item,
		     const struct hist_style *style)
{
	struct chart chart = { .name = "value", .number = "count" };
	const struct ktap_val_range *range = item->ranges;
	const struct ktap_val_range *end = range + item->nr_ranges;
	int next = range->range;

	for (; range < end; range++) {
		add_empty_rows(&chart, &item->stat, next, range->range);
		add_range_row(&chart, &item->stat, range->range, range->count);
		next = range->range + 1;
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

/* Statistics come before integers, if there are both, and these before the rest. */
static int type_class(const struct hist_item *item)
{
	switch (item->type) {
	case KTAP_T_STAT:
		return 0;
	case KTAP_T_INT:
		return 1;
	default:
		return 2;
	}
}

/* What has no key comes first, and the greatest of a kind before the others. */
static int compare_items(const void *a, const void *b)
{
	const struct hist_item *x = a, *y = b;
	int cmp = has_key(x) - has_key(y);

	if (!cmp)
		cmp = type_class(x) - type_class(y);
	if (!cmp && x->type == KTAP_T_STAT)
		cmp = compare_unsigned(y->stat.count, x->stat.count);
	else if (!cmp && x->type == KTAP_T_INT)
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

/* What the bar of an item is drawn of. */
static int64_t item_num(const struct hist_item *item)
{
	return item->type == KTAP_T_STAT ? (int64_t)item->stat.count : item->num;
}

static bool is_text(const struct hist_item *item)
{
	return item->type != KTAP_T_STAT && item->type != KTAP_T_INT;
}

/* What is not shown, and what it comes to if all of it is numbers of a kind. */
static void put_rest(struct strbuf *sb, const struct hist *hist, size_t from)
{
	const struct hist_item *item = hist->items + from;
	const struct hist_item *end = hist->items + hist->nr;
	bool sums = hist->head.func != KTAP_FUNC_PRINT_STAT;
	int64_t sum = 0;

	if (item == end)
		return;
	ktap_strbuf_addf(sb, "... %zu more", hist->nr - from);
	for (; item < end; item++) {
		if (is_text(item) || item->type != end[-1].type ||
		    __builtin_add_overflow(sum, item_num(item), &sum))
			sums = false;
	}
	if (sums)
		ktap_strbuf_addf(sb, ", %lld in all", (long long)sum);
	ktap_strbuf_addc(sb, '\n');
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

static bool is_hist(const struct hist_item *item)
{
	return item->type == KTAP_T_STAT && item->stat.kind != KTAP_AGG_STAT;
}

/* Does it have lines of its own? */
static bool is_single(const struct hist_item *item)
{
	return item->frames.len || !has_key(item) || is_hist(item);
}

/**
 * struct columns - how the parts of keys are aligned
 * @nr: their number; with 0 or 1 there is nothing to align
 * @width: columns that each takes
 * @left: set of those that are not all integers
 */
struct columns {
	size_t nr;
	size_t width[HIST_MAX_CELLS];
	uint32_t left;
};

/* Looks at a key that is shown below others. */
static void fit_key(struct columns *cols, const struct hist_item *item,
		    const struct hist_style *style)
{
	const char *cell = item->cells.str;
	size_t i, len;

	cols->nr = longer(cols->nr, item->nr_cells);
	for (i = 0; i < item->nr_cells; i++, cell += strlen(cell) + 1) {
		len = text_columns(cell, strlen(cell));
		/* A few that are long do not make room for themselves. */
		if (len <= style->width / 4)
			cols->width[i] = longer(cols->width[i], len);
		if (!(item->ints & 1u << i))
			cols->left |= 1u << i;
	}
}

static void add_label(struct strbuf *sb, const struct hist_item *item,
		      const struct columns *cols)
{
	const char *cell = item->nr_cells ? item->cells.str : "";
	size_t i, len, fill;

	if (cols->nr < 2) {
		add_text(sb, &item->key);
		return;
	}
	for (i = 0; i < cols->nr; i++) {
		len = text_columns(cell, strlen(cell));
		fill = cols->width[i] > len ? cols->width[i] - len : 0;
		if (i)
			ktap_strbuf_add(sb, "  ", 2);
		if (!(cols->left & 1u << i))
			ktap_strbuf_fill(sb, ' ', fill);
		ktap_strbuf_add(sb, cell, strlen(cell));
		if (cols->left & 1u << i)
			ktap_strbuf_fill(sb, ' ', fill);
		cell = i + 1 < item->nr_cells ? cell + strlen(cell) + 1 : "";
	}
}

static void add_item_row(struct chart *chart, const struct hist_item *item,
			 const struct columns *cols)
{
	struct row *row = add_row(chart);

	add_label(&row->label, item, cols);
	row->num = item_num(item);
	if (item->type == KTAP_T_STAT) {
		ktap_strbuf_addf(&row->text, "%llu",
				 (unsigned long long)row->num);
	} else {
		add_text(&row->text, &item->text);
		if (item->num < 0)
			row->num = 0;
	}
}

/* What all integers come to; 0 if a part of that makes no sense. */
static uint64_t total_of(const struct hist *hist)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < hist->nr; i++) {
		if (hist->items[i].type != KTAP_T_INT)
			continue;
		if (hist->items[i].num < 0 ||
		    __builtin_add_overflow(sum, (uint64_t)hist->items[i].num, &sum))
			return 0;
	}
	return sum;
}

/* The number below a stack, and how much of all it is. */
static void put_share(struct strbuf *sb, const struct hist_item *item, uint64_t total)
{
	size_t part = total ? part_of(item->num, total, 1000) : 0;

	ktap_strbuf_addf(sb, "%lld", (long long)item->num);
	if (total)
		ktap_strbuf_addf(sb, " (%zu.%zu%%)", part / 10, part % 10);
	ktap_strbuf_addc(sb, '\n');
}

static bool is_dump(const struct hist *hist)
{
	return hist->head.func == KTAP_FUNC_DUMP;
}

static void put_name(struct strbuf *sb, const struct hist *hist)
{
	ktap_strbuf_add(sb, hist->name ? hist->name : "?",
			hist->name ? hist->name_len : 1);
}

/* The variable that is dumped. */
static void put_title(struct strbuf *sb, const struct hist *hist)
{
	if (!is_dump(hist))
		return;
	put_name(sb, hist);
	ktap_strbuf_add(sb, ":\n", 2);
}

/* The key, or the entry of a variable that is dumped. */
static void put_heading(struct strbuf *sb, const struct hist *hist,
			const struct hist_item *item)
{
	if (!item->key.len) {
		put_title(sb, hist);
		return;
	}
	if (is_dump(hist)) {
		put_name(sb, hist);
		ktap_strbuf_addc(sb, '[');
	}
	add_text(sb, &item->key);
	ktap_strbuf_addf(sb, is_dump(hist) ? "]:\n" : ":\n");
}

/* What has a histogram or a stack of its own, or stands for all that was fed. */
static void put_single(struct strbuf *sb, const struct hist_item *item, uint64_t total,
		       const struct hist_style *style)
{
	add_text(sb, &item->frames);
	if (item->nr_ranges) {
		put_hist(sb, item, style);
		return;
	}
	if (item->frames.len && item->type != KTAP_T_STACK)
		ktap_strbuf_add(sb, "  ", 2);
	if (item->type == KTAP_T_STAT)
		put_summary(sb, item);
	else if (item->type == KTAP_T_INT)
		put_share(sb, item, item->frames.len ? total : 0);
	else if (item->type != KTAP_T_STACK)
		ktap_strbuf_addf(sb, "%s\n", item->text.str ? item->text.str : "");
}

/* Keys with what is no number, which come last. */
static void put_texts(struct strbuf *sb, const struct hist *hist,
		      const struct hist_item *end, const struct columns *cols,
		      const struct hist_style *style)
{
	const struct hist_item *item;
	struct strbuf label = { 0 };
	size_t width = 0;

	for (item = hist->items; item < end; item++) {
		label.len = 0;
		add_label(&label, item, cols);
		if (is_text(item) && !is_single(item))
			width = longer_key(width, &label, style);
	}
	for (item = hist->items; item < end; item++) {
		if (!is_text(item) || is_single(item))
			continue;
		label.len = 0;
		add_label(&label, item, cols);
		put_label(sb, &label, width, true);
		ktap_strbuf_add(sb, "  ", 2);
		add_text(sb, &item->text);
		ktap_strbuf_addc(sb, '\n');
	}
	ktap_strbuf_destroy(&label);
}

/* Histograms, one below the other, a chart of what has none, and what is no number. */
static void put_hists(struct strbuf *sb, const struct hist *hist,
		      const struct hist_style *style)
{
	struct chart chart = { .name = "key", .number = "value" };
	const struct hist_item *item, *end = hist->items + shown(hist);
	uint64_t total = total_of(hist);
	struct columns cols = { 0 };
	size_t drawn = 0;

	for (item = hist->items; item < end; item++) {
		if (!is_single(item)) {
			fit_key(&cols, item, style);
			continue;
		}
		if (drawn)
			ktap_strbuf_addc(sb, '\n');
		if (!drawn++ || item->key.len || is_hist(item))
			put_heading(sb, hist, item);
		put_single(sb, item, total, style);
	}
	for (item = hist->items; item < end; item++) {
		if (!is_single(item) && !is_text(item))
			add_item_row(&chart, item, &cols);
	}
	if (drawn && drawn < hist->nr)
		ktap_strbuf_addc(sb, '\n');
	if (drawn < (size_t)(end - hist->items))
		put_title(sb, hist);
	if (chart.nr)
		put_chart(sb, &chart, style);
	put_texts(sb, hist, end, &cols, style);
	put_rest(sb, hist, end - hist->items);
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

static void set_key(struct line *line, const struct hist_item *item,
		    const struct columns *cols)
{
	if (!item->frames.len) {
		add_label(&line->cell[COL_KEY], item, cols);
		return;
	}
	add_text(&line->above, &item->key);
	if (item->key.len)
		ktap_strbuf_add(&line->above, ":\n", 2);
	add_text(&line->above, &item->frames);
}

static void set_num(struct line *line, enum column col, int64_t num)
{
	ktap_strbuf_addf(&line->cell[col], "%lld", (long long)num);
}

static void set_line(struct line *line, const struct hist_item *item,
		     const struct columns *cols)
{
	const struct ktap_val_stat *stat = &item->stat;
	size_t i;

	set_key(line, item, cols);
	if (item->type != KTAP_T_STAT) {
		add_text(&line->cell[COL_TOTAL], &item->text);
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
	if (first == COL_KEY)
		put_label(sb, &line->cell[COL_KEY], width[COL_KEY], false);
	for (i = COL_COUNT; i < NR_COLUMNS; i++) {
		if (i > first)
			ktap_strbuf_add(sb, "  ", 2);
		put_cell(sb, &line->cell[i], width[i], true);
	}
	ktap_strbuf_addc(sb, '\n');
}

/* A line for each item, below one with titles. */
static void put_stats(struct strbuf *sb, const struct hist *hist,
		      const struct hist_style *style)
{
	size_t i, col, nr = shown(hist), first = COL_COUNT;
	size_t width[NR_COLUMNS] = { 0 };
	struct columns cols = { 0 };
	struct line *lines;

	for (i = 0; i < nr; i++) {
		if (!hist->items[i].frames.len)
			fit_key(&cols, &hist->items[i], style);
	}
	lines = ktap_alloc((nr + 1) * sizeof(*lines));
	memset(lines, 0, (nr + 1) * sizeof(*lines));
	for (col = 0; col < NR_COLUMNS; col++)
		ktap_strbuf_add(&lines[0].cell[col], titles[col],
				strlen(titles[col]));
	for (i = 0; i < nr; i++) {
		set_line(&lines[i + 1], &hist->items[i], &cols);
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
	put_rest(sb, hist, nr);
	free(lines);
}

/* Is there nothing to draw but numbers that a table has columns for? */
static bool is_stats(const struct hist *hist)
{
	size_t i;

	for (i = 0; i < hist->nr; i++) {
		if (hist->items[i].type != KTAP_T_STAT || is_hist(&hist->items[i]))
			return false;
	}
	return true;
}

/* The name of a variable, and what it has. */
static void put_dump(struct strbuf *sb, const struct hist *hist,
		     const struct hist_style *style)
{
	if (!ktap_hist_has_lines(hist)) {
		put_name(sb, hist);
		ktap_strbuf_add(sb, ": ", 2);
		if (hist->nr)
			add_text(sb, &hist->items[0].text);
		else
			ktap_strbuf_addf(sb, "(empty)");
		ktap_strbuf_addc(sb, '\n');
	} else if (is_stats(hist)) {
		put_title(sb, hist);
		put_stats(sb, hist, style);
	} else {
		put_hists(sb, hist, style);
	}
}

/**
 * ktap_hist_has_lines - Whether the value of a variable does not fit behind its name
 * @hist: a dump
 *
 * Return: True if it has lines of its own.
 */
bool ktap_hist_has_lines(const struct hist *hist)
{
	return hist->nr && (hist->head.type == KTAP_T_TAB ||
			    hist->head.type == KTAP_T_STACK);
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
	if (hist->nr)
		qsort(hist->items, hist->nr, sizeof(*hist->items), compare_items);
	if (hist->head.func == KTAP_FUNC_DUMP)
		put_dump(sb, hist, style);
	else if (hist->nr && hist->head.func == KTAP_FUNC_PRINT_STAT)
		put_stats(sb, hist, style);
	else if (hist->nr)
		put_hists(sb, hist, style);
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
