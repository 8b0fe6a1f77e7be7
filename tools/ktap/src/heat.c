// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Heat maps of histograms that are printed again and again
 *
 * Each print is a column, as wide as the time since the one before it. Counts that
 * go on growing from print to print are shown as what came since the last one.
 * Prints that would be narrower than a pixel are joined, so that the size of the
 * picture does not depend on how long it was traced.
 */
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "heat.h"

/* Height of a range, at most, and of all of them, if they can be so low. */
#define ROW_HEIGHT	20
#define MAP_HEIGHT	440
#define LABEL_HEIGHT	14

/* Room for the labels of ranges, at most. */
#define LABEL_ROOM	300

/* Labels of the time, at most. */
#define MAX_TIMES	10

/* Colors from one value to the most, on a scale of logarithms. */
#define NR_SHADES	16

static const uint32_t colors[] = { 0xffefb0, 0xfdae51, 0xe4352a, 0x6b0020 };

/**
 * ktap_heat_is - Whether something is a histogram like the others
 * @heat: the others
 * @item: a key and what it has
 *
 * Return: True if they are columns of one heat map.
 */
bool ktap_heat_is(const struct heat *heat, const struct hist_item *item)
{
	return heat->stat.kind == item->stat.kind &&
		!memcmp(heat->stat.param, item->stat.param, sizeof(item->stat.param));
}

/**
 * ktap_heat_add - Add a print of a histogram
 * @heat: the others
 * @item: the histogram
 * @ts: when it was printed
 */
void ktap_heat_add(struct heat *heat, const struct hist_item *item, uint64_t ts)
{
	size_t size = item->nr_ranges * sizeof(*item->ranges);
	struct heat_print *print;

	if (!heat->nr)
		heat->stat = item->stat;
	else if (ts < heat->prints[heat->nr - 1].ts)
		ts = heat->prints[heat->nr - 1].ts;
	heat->prints = ktap_grow(heat->prints, heat->nr, &heat->cap,
				 sizeof(*heat->prints));
	print = &heat->prints[heat->nr++];
	print->ts = ts;
	print->nr = item->nr_ranges;
	print->ranges = ktap_alloc(size);
	if (size)
		memcpy(print->ranges, item->ranges, size);
}

/**
 * ktap_heat_destroy - Forget all prints
 * @heat: the prints
 */
void ktap_heat_destroy(struct heat *heat)
{
	size_t i;

	for (i = 0; i < heat->nr; i++)
		free(heat->prints[i].ranges);
	free(heat->prints);
	ktap_strbuf_destroy(&heat->key);
	memset(heat, 0, sizeof(*heat));
}

/*
 * Counts
 */

/* Has @next all that @print has, or more? */
static bool has_all(const struct heat_print *next, const struct heat_print *print)
{
	size_t i, j = 0;

	for (i = 0; i < print->nr; i++) {
		while (j < next->nr && next->ranges[j].range < print->ranges[i].range)
			j++;
		if (j == next->nr || next->ranges[j].range != print->ranges[i].range ||
		    next->ranges[j].count < print->ranges[i].count)
			return false;
	}
	return true;
}

static bool never_falls(const struct heat *heat)
{
	size_t i;

	for (i = 1; i < heat->nr; i++) {
		if (!has_all(&heat->prints[i], &heat->prints[i - 1]))
			return false;
	}
	return true;
}

/* From the lowest to the highest range that ever had values. */
static void find_rows(const struct heat *heat, struct heat_grid *grid)
{
	int first = INT32_MAX, last = INT32_MIN;
	size_t i;

	for (i = 0; i < heat->nr; i++) {
		const struct heat_print *print = &heat->prints[i];

		if (!print->nr)
			continue;
		if (print->ranges[0].range < first)
			first = print->ranges[0].range;
		if (print->ranges[print->nr - 1].range > last)
			last = print->ranges[print->nr - 1].range;
	}
	grid->first = first;
	grid->rows = last < first ? 0 : last - first + 1;
}

/* Tracing began at @start, if that is known. */
static void find_begin(const struct heat *heat, uint64_t start,
		       struct heat_grid *grid)
{
	uint64_t first = heat->prints[0].ts, last = heat->prints[heat->nr - 1].ts;
	uint64_t step = (last - first) / (heat->nr > 1 ? heat->nr - 1 : 1);

	if (start && start < first)
		grid->begin = start;
	else
		grid->begin = first > step ? first - step : 0;
	if (grid->begin == last && last)
		grid->begin = last - 1;
}

static uint64_t *cells_of(const struct heat_grid *grid, size_t col)
{
	return grid->cells + col * grid->rows;
}

/* Adds a print to a column, without what was in @base before. */
static void add_print(const struct heat_grid *grid, size_t col,
		      const struct heat_print *print, const struct heat_print *base)
{
	uint64_t *cells = cells_of(grid, col);
	size_t i;

	for (i = 0; i < print->nr; i++)
		cells[print->ranges[i].range - grid->first] += print->ranges[i].count;
	for (i = 0; base && i < base->nr; i++)
		cells[base->ranges[i].range - grid->first] -= base->ranges[i].count;
}

/* Is what ends now at least as wide as a pixel? */
static bool is_wide(const struct heat_grid *grid, uint64_t from, uint64_t to,
		    uint64_t last)
{
	return to > from &&
		to - from >= (last - grid->begin + SVG_ROOM - 1) / SVG_ROOM;
}

static void fill_columns(const struct heat *heat, bool grows, struct heat_grid *grid)
{
	uint64_t last = heat->prints[heat->nr - 1].ts, from = grid->begin;
	size_t i, row, col = 0;

	for (i = 0; i < heat->nr; i++) {
		const struct heat_print *print = &heat->prints[i];

		add_print(grid, col, print, grows && i ? print - 1 : NULL);
		grid->ends[col] = print->ts;
		grid->cols = col + 1;
		if (is_wide(grid, from, print->ts, last)) {
			from = print->ts;
			col++;
		}
	}
	/* What is left at the end belongs to the column before it. */
	if (grid->cols < 2 || is_wide(grid, grid->ends[grid->cols - 2], last, last))
		return;
	grid->cols--;
	grid->ends[grid->cols - 1] = last;
	for (row = 0; row < grid->rows; row++)
		cells_of(grid, grid->cols - 1)[row] += cells_of(grid, grid->cols)[row];
}

/**
 * ktap_heat_grid - Make a heat map
 * @heat: the prints, of which there are some
 * @start: when tracing began, or 0
 * @grows: the script never clears the histogram
 * @grid: the heat map, to be destroyed
 */
void ktap_heat_grid(const struct heat *heat, uint64_t start, bool grows,
		    struct heat_grid *grid)
{
	/* No more columns than there are pixels, and one that is not yet wide. */
	size_t max_cols = heat->nr < SVG_ROOM ? heat->nr : SVG_ROOM, i;

	memset(grid, 0, sizeof(*grid));
	find_rows(heat, grid);
	find_begin(heat, start, grid);
	grid->ends = ktap_alloc((max_cols + 1) * sizeof(*grid->ends));
	grid->cells = ktap_alloc((max_cols + 1) * grid->rows * sizeof(*grid->cells));
	fill_columns(heat, grows && never_falls(heat), grid);
	for (i = 0; i < grid->cols * grid->rows; i++) {
		grid->total += grid->cells[i];
		if (grid->cells[i] > grid->max)
			grid->max = grid->cells[i];
	}
}

/**
 * ktap_heat_grid_destroy - Forget a heat map
 * @grid: the heat map
 */
void ktap_heat_grid_destroy(struct heat_grid *grid)
{
	free(grid->ends);
	free(grid->cells);
}

/*
 * Pictures
 */

/* The logarithm of a number to base 2 in 256ths, straight between powers. */
static unsigned int log_of(uint64_t num)
{
	unsigned int power = 63 - __builtin_clzll(num);
	uint64_t rest = num ^ 1ULL << power;

	return power * 256 + (power > 8 ? rest >> (power - 8) : rest << (8 - power));
}

static uint32_t shade(unsigned int nr)
{
	unsigned int part = nr * 255 * (ARRAY_SIZE(colors) - 1) / (NR_SHADES - 1);
	unsigned int at = part / 255;

	if (at == ARRAY_SIZE(colors) - 1)
		return colors[at];
	return ktap_svg_mix(colors[at], colors[at + 1], part % 255);
}

static uint32_t color_of(const struct heat_grid *grid, uint64_t count)
{
	unsigned int most = log_of(grid->max);

	if (!most)
		return shade(NR_SHADES - 1);
	return shade(log_of(count) * (NR_SHADES - 1) / most);
}

/* Time since the left of the map, as exact as it is of use. */
static void add_time(struct strbuf *sb, const struct heat_grid *grid, uint64_t time)
{
	static const char * const units[] = { "s", "ms", "us", "ns" };
	uint64_t span = grid->ends[grid->cols - 1] - grid->begin, one = 1000000000;
	unsigned int unit = 0, rest;

	for (; unit < 3 && span < one; unit++)
		one /= 1000;
	ktap_strbuf_addf(sb, "%llu", (unsigned long long)(time / one));
	rest = one > 1 ? time % one / (one / 1000) : 0;
	if (rest) {
		ktap_strbuf_addf(sb, ".%03u", rest);
		while (sb->str[sb->len - 1] == '0')
			sb->str[--sb->len] = '\0';
	}
	ktap_strbuf_addf(sb, " %s", units[unit]);
}

/**
 * struct frame - where a heat map is
 * @heat: what it is of
 * @grid: the heat map
 * @x: its left, in pixels
 * @y: its top
 * @width: its width
 * @row: height of a range
 */
struct frame {
	const struct heat *heat;
	const struct heat_grid *grid;
	unsigned int x;
	unsigned int y;
	unsigned int width;
	unsigned int row;
};

static unsigned int row_y(const struct frame *frame, size_t row)
{
	return frame->y + (unsigned int)(frame->grid->rows - 1 - row) * frame->row;
}

/* How far from the left a time is, in parts of a pixel. */
static uint64_t time_x(const struct frame *frame, uint64_t time)
{
	const struct heat_grid *grid = frame->grid;

	return ktap_svg_share(time - grid->begin,
			      grid->ends[grid->cols - 1] - grid->begin,
			      (uint64_t)frame->width * SVG_PARTS);
}

static void put_cell(struct strbuf *sb, const struct frame *frame, size_t col,
		     size_t row)
{
	const struct heat_grid *grid = frame->grid;
	uint64_t from = col ? grid->ends[col - 1] : grid->begin;
	uint64_t to = grid->ends[col], count = cells_of(grid, col)[row];
	uint64_t x = time_x(frame, from), width = time_x(frame, to) - x;
	struct strbuf range = { 0 };

	if (!count)
		return;
	ktap_strbuf_addf(sb, "<rect class=\"i cell\" x=\"");
	ktap_svg_length(sb, x + (uint64_t)frame->x * SVG_PARTS);
	ktap_strbuf_addf(sb, "\" y=\"%u\" width=\"", row_y(frame, row));
	ktap_svg_length(sb, width);
	ktap_strbuf_addf(sb, "\" height=\"%u\" fill=\"#%06x\" data-col=\"%zu\" "
			 "data-range=\"%d\" data-n=\"%llu\"><title>",
			 frame->row, color_of(grid, count), col,
			 grid->first + (int)row, (unsigned long long)count);
	ktap_hist_range(&range, &frame->heat->stat, grid->first + (int)row);
	ktap_svg_escape(sb, range.str);
	ktap_strbuf_addf(sb, "\n%llu (", (unsigned long long)count);
	ktap_svg_percent(sb, count, grid->total);
	ktap_strbuf_add(sb, "), ", 3);
	add_time(sb, grid, from - grid->begin);
	ktap_strbuf_add(sb, " to ", 4);
	add_time(sb, grid, to - grid->begin);
	ktap_strbuf_addf(sb, "</title></rect>\n");
	ktap_strbuf_destroy(&range);
}

/* As many labels of ranges as do not overlap. */
static void put_ranges(struct strbuf *sb, const struct frame *frame)
{
	size_t row, step = (LABEL_HEIGHT + frame->row - 1) / frame->row;
	struct strbuf range = { 0 };

	for (row = 0; row < frame->grid->rows; row += step) {
		range.len = 0;
		ktap_hist_range(&range, &frame->heat->stat,
				frame->grid->first + (int)row);
		ktap_strbuf_addf(sb, "<text class=\"r\" x=\"%u\" y=\"%u\">",
				 frame->x - 6, row_y(frame, row) + frame->row / 2 + 4);
		ktap_svg_clip(sb, range.str, LABEL_ROOM * SVG_PARTS);
		ktap_strbuf_addf(sb, "</text>\n");
	}
	ktap_strbuf_destroy(&range);
}

/* 1, 2 or 5 times a power of 10, so that there are few labels. */
static uint64_t time_step(uint64_t span)
{
	uint64_t step = 1;

	for (; step < UINT64_MAX / 10; step *= 10) {
		if (span / step <= MAX_TIMES)
			return step;
		if (span / (2 * step) <= MAX_TIMES)
			return 2 * step;
		if (span / (5 * step) <= MAX_TIMES)
			return 5 * step;
	}
	return step;
}

static void put_times(struct strbuf *sb, const struct frame *frame)
{
	const struct heat_grid *grid = frame->grid;
	uint64_t span = grid->ends[grid->cols - 1] - grid->begin;
	uint64_t step = time_step(span), time, x;
	unsigned int y = frame->y + (unsigned int)grid->rows * frame->row;

	for (time = 0; time <= span; time += step) {
		x = time_x(frame, grid->begin + time) + (uint64_t)frame->x * SVG_PARTS;
		ktap_strbuf_addf(sb, "<rect x=\"");
		ktap_svg_length(sb, x);
		ktap_strbuf_addf(sb, "\" y=\"%u\" width=\"1\" height=\"4\" fill=\"#999\"/><text class=\"m\" x=\"",
				 y);
		ktap_svg_length(sb, x);
		ktap_strbuf_addf(sb, "\" y=\"%u\">", y + 17);
		add_time(sb, grid, time);
		ktap_strbuf_addf(sb, "</text>\n");
	}
}

/* What the colors mean. */
static void put_legend(struct strbuf *sb, const struct heat_grid *grid,
		       unsigned int x, unsigned int y)
{
	unsigned int i;

	ktap_strbuf_addf(sb, "<text class=\"s r\" x=\"%u\" y=\"%u\">1</text>", x - 6, y + 10);
	for (i = 0; i < NR_SHADES; i++)
		ktap_strbuf_addf(sb, "<rect x=\"%u\" y=\"%u\" width=\"12\" height=\"12\" fill=\"#%06x\"/>",
				 x + 12 * i, y, shade(i));
	ktap_strbuf_addf(sb, "<text class=\"s\" x=\"%u\" y=\"%u\">%llu</text>\n",
			 x + 12 * NR_SHADES + 6, y + 10, (unsigned long long)grid->max);
}

static unsigned int label_room(const struct heat *heat, const struct heat_grid *grid)
{
	struct strbuf range = { 0 };
	uint64_t room = 0, width;
	size_t row;

	for (row = 0; row < grid->rows; row++) {
		range.len = 0;
		ktap_hist_range(&range, &heat->stat, grid->first + (int)row);
		width = ktap_svg_width(range.str);
		if (width > room)
			room = width;
	}
	ktap_strbuf_destroy(&range);
	room /= SVG_PARTS;
	return room > LABEL_ROOM ? LABEL_ROOM : room;
}

static void draw_map(const struct heat *heat, const struct heat_grid *grid,
		     struct svg *svg)
{
	struct frame frame = { .heat = heat, .grid = grid, .y = svg->y };
	struct strbuf *sb = &svg->body;
	size_t col, row;

	frame.x = SVG_MARGIN + label_room(heat, grid) + 6;
	/* The last label of the time sticks out. */
	frame.width = SVG_WIDTH - 3 * SVG_MARGIN - frame.x;
	frame.row = MAP_HEIGHT / grid->rows;
	if (frame.row > ROW_HEIGHT)
		frame.row = ROW_HEIGHT;
	if (frame.row < 1)
		frame.row = 1;

	ktap_strbuf_addf(sb, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"#f3f3ef\"/>\n",
			 frame.x, frame.y, frame.width,
			 (unsigned int)grid->rows * frame.row);
	for (col = 0; col < grid->cols; col++) {
		for (row = 0; row < grid->rows; row++)
			put_cell(sb, &frame, col, row);
	}
	put_ranges(sb, &frame);
	put_times(sb, &frame);
	svg->y += (unsigned int)grid->rows * frame.row + 30;
	put_legend(sb, grid, frame.x, svg->y);
	svg->y += 40;
}

static void draw_bars(const struct heat *heat, const struct heat_grid *grid,
		      const char *name, struct svg *svg)
{
	struct strbuf what = { 0 };
	struct bars bars = { 0 };
	struct bar *bar;
	size_t row;

	for (row = 0; row < grid->rows; row++) {
		bar = ktap_bars_add(&bars);
		bar->num = grid->cells[row];
		ktap_hist_range(&bar->label, &heat->stat, grid->first + (int)row);
	}
	ktap_strbuf_addf(&what, "histogram of %llu value%s",
			 (unsigned long long)grid->total, grid->total == 1 ? "" : "s");
	ktap_bars_draw(&bars, name, what.str, svg);
	ktap_strbuf_destroy(&what);
	ktap_bars_destroy(&bars);
}

/**
 * ktap_heat_draw - Draw a heat map, or bars if there is only one print
 * @heat: the prints
 * @name: of the histogram
 * @start: when tracing began, or 0
 * @grows: the script never clears the histogram
 * @svg: where to
 */
void ktap_heat_draw(const struct heat *heat, const char *name, uint64_t start,
		    bool grows, struct svg *svg)
{
	struct heat_grid grid;
	struct strbuf what = { 0 };

	ktap_heat_grid(heat, start, grows, &grid);
	if (!grid.max)
		goto out;
	if (heat->nr == 1) {
		draw_bars(heat, &grid, name, svg);
		goto out;
	}
	ktap_strbuf_addf(&what, "heat map of %llu value%s in %zu prints",
			 (unsigned long long)grid.total, grid.total == 1 ? "" : "s",
			 heat->nr);
	ktap_svg_caption(svg, name, what.str);
	draw_map(heat, &grid, svg);
	ktap_strbuf_destroy(&what);
out:
	ktap_heat_grid_destroy(&grid);
}
