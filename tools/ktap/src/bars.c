// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Pictures with a bar for each number
 */
#include <stdlib.h>
#include <string.h>

#include "bars.h"

#define ROW_HEIGHT	20
#define BAR_HEIGHT	16
#define BAR_COLOR	"#5b9bd5"

/* More than so many say less. */
#define MAX_BARS	100

/* Room for labels, at most, and for numbers. */
#define LABEL_ROOM	400
#define NUM_ROOM	190

/**
 * ktap_bars_add - Add a bar
 * @bars: the others
 *
 * Return: The bar, to be filled in.
 */
struct bar *ktap_bars_add(struct bars *bars)
{
	struct bar *bar;

	bars->vec = ktap_grow(bars->vec, bars->nr, &bars->cap, sizeof(*bars->vec));
	bar = &bars->vec[bars->nr++];
	memset(bar, 0, sizeof(*bar));
	return bar;
}

/**
 * ktap_bars_destroy - Forget all bars
 * @bars: the bars; there are none then
 */
void ktap_bars_destroy(struct bars *bars)
{
	size_t i;

	for (i = 0; i < bars->nr; i++)
		ktap_strbuf_destroy(&bars->vec[i].label);
	free(bars->vec);
	memset(bars, 0, sizeof(*bars));
}

static const char *label_of(const struct bar *bar)
{
	return bar->label.str ? bar->label.str : "";
}

static int compare_bars(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->num != y->num)
		return x->num > y->num ? -1 : 1;
	return strcmp(label_of(x), label_of(y));
}

/**
 * ktap_bars_sort - Put the longest bars first
 * @bars: the bars
 */
void ktap_bars_sort(struct bars *bars)
{
	if (bars->nr)
		qsort(bars->vec, bars->nr, sizeof(*bars->vec), compare_bars);
}

static uint64_t length_of(const struct bar *bar)
{
	return bar->num > 0 ? bar->num : 0;
}

/**
 * struct plan - how bars are laid out
 * @total: what all of them have
 * @max: what the longest one has
 * @label: width of labels, in pixels
 */
struct plan {
	uint64_t total;
	uint64_t max;
	unsigned int label;
};

static void make_plan(const struct bars *bars, size_t nr, struct plan *plan)
{
	uint64_t len, width;
	size_t i;

	memset(plan, 0, sizeof(*plan));
	for (i = 0; i < bars->nr; i++) {
		len = length_of(&bars->vec[i]);
		plan->total = plan->total > UINT64_MAX - len ? UINT64_MAX :
			plan->total + len;
		if (len > plan->max)
			plan->max = len;
	}
	for (i = 0; i < nr; i++) {
		width = ktap_svg_width(label_of(&bars->vec[i])) / SVG_PARTS + 1;
		if (width > plan->label)
			plan->label = width;
	}
	if (plan->label > LABEL_ROOM)
		plan->label = LABEL_ROOM;
}

static void put_bar(const struct bar *bar, const struct plan *plan, struct svg *svg)
{
	unsigned int x = SVG_MARGIN + plan->label + 4;
	uint64_t room = (uint64_t)(SVG_ROOM - plan->label - NUM_ROOM) * SVG_PARTS;
	uint64_t len = ktap_svg_share(length_of(bar), plan->max, room);
	struct strbuf *sb = &svg->body;

	ktap_strbuf_addf(sb, "<text class=\"r\" x=\"%u\" y=\"%u\">", x - 6, svg->y + 13);
	ktap_svg_clip(sb, label_of(bar), (uint64_t)plan->label * SVG_PARTS);
	ktap_strbuf_addf(sb, "</text><rect class=\"i bar\" x=\"%u\" y=\"%u\" width=\"",
			 x, svg->y);
	ktap_svg_length(sb, len);
	ktap_strbuf_addf(sb, "\" height=\"%d\" fill=\"" BAR_COLOR "\" data-n=\"%lld\"><title>",
			 BAR_HEIGHT, (long long)bar->num);
	ktap_svg_escape(sb, label_of(bar));
	ktap_strbuf_addf(sb, "\n%lld (", (long long)bar->num);
	ktap_svg_percent(sb, length_of(bar), plan->total);
	ktap_strbuf_addf(sb, ")</title></rect><text x=\"");
	ktap_svg_length(sb, len + (uint64_t)(x + 5) * SVG_PARTS);
	ktap_strbuf_addf(sb, "\" y=\"%u\">%lld</text>\n", svg->y + 13,
			 (long long)bar->num);
	svg->y += ROW_HEIGHT;
}

/**
 * ktap_bars_draw - Draw bars
 * @bars: the bars
 * @name: of the table
 * @what: what the picture shows
 * @svg: where to
 */
void ktap_bars_draw(const struct bars *bars, const char *name, const char *what,
		    struct svg *svg)
{
	size_t nr = bars->nr < MAX_BARS ? bars->nr : MAX_BARS, i;
	struct plan plan;

	make_plan(bars, nr, &plan);
	ktap_svg_caption(svg, name, what);
	for (i = 0; i < nr; i++)
		put_bar(&bars->vec[i], &plan, svg);
	if (nr < bars->nr) {
		ktap_strbuf_addf(&svg->body,
				 "<text class=\"s\" x=\"%d\" y=\"%u\">... and %zu more</text>\n",
				 SVG_MARGIN, svg->y + 13, bars->nr - nr);
		svg->y += ROW_HEIGHT;
	}
	svg->y += ROW_HEIGHT;
}
