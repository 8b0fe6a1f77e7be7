// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Pictures of what a script prints
 *
 * What was printed decides what is drawn: a flame graph of keys with stacks, a heat
 * map of a histogram that was printed again and again, and bars of anything else.
 * Of a variable that is printed several times, the last print counts, but for heat
 * maps. What is no top-level variable has no name, and each print of it is on its
 * own.
 */
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "picture.h"

/* A picture of more parts would not be looked at. */
#define MAX_PARTS	32

/**
 * ktap_picture_init - Begin to gather what is printed
 * @pic: the picture
 * @image: the program
 */
void ktap_picture_init(struct picture *pic, const struct image_view *image)
{
	memset(pic, 0, sizeof(*pic));
	pic->image = image;
	ktap_flame_init(&pic->flame);
}

static void destroy_part(struct part *part)
{
	switch (part->kind) {
	case PART_FLAME:
		ktap_flame_destroy(&part->flame);
		break;
	case PART_BARS:
		ktap_bars_destroy(&part->bars);
		break;
	case PART_HEAT:
		ktap_heat_destroy(&part->heat);
		break;
	}
}

/**
 * ktap_picture_destroy - Forget all that was printed
 * @pic: the picture
 */
void ktap_picture_destroy(struct picture *pic)
{
	size_t i;

	for (i = 0; i < pic->nr; i++) {
		destroy_part(&pic->parts[i]);
		ktap_strbuf_destroy(&pic->parts[i].name);
	}
	free(pic->parts);
	ktap_flame_destroy(&pic->flame);
	ktap_hist_destroy(&pic->hist);
	ktap_strbuf_destroy(&pic->name);
}

/*
 * Parts
 */

static const char *text_of(const struct strbuf *sb)
{
	return sb->str ? sb->str : "";
}

static bool is_part(const struct picture *pic, const struct part *part,
		    enum part_kind kind)
{
	return part->kind == kind && !strcmp(text_of(&part->name), text_of(&pic->name));
}

static struct part *new_part(struct picture *pic, enum part_kind kind)
{
	struct part *part;
	size_t i;

	pic->parts = ktap_grow(pic->parts, pic->nr, &pic->cap, sizeof(*pic->parts));
	part = &pic->parts[pic->nr];
	memset(part, 0, sizeof(*part));
	part->kind = kind;
	part->nr = pic->nr;
	for (i = 0; i < pic->nr && pic->name.len; i++) {
		if (!strcmp(text_of(&pic->parts[i].name), pic->name.str)) {
			part->nr = pic->parts[i].nr;
			break;
		}
	}
	ktap_strbuf_add(&part->name, text_of(&pic->name), pic->name.len);
	pic->nr++;
	return part;
}

/* The part that a print replaces, or a new one. */
static struct part *part_for(struct picture *pic, enum part_kind kind)
{
	size_t i;

	for (i = 0; i < pic->nr && pic->name.len; i++) {
		if (is_part(pic, &pic->parts[i], kind)) {
			destroy_part(&pic->parts[i]);
			return &pic->parts[i];
		}
	}
	return new_part(pic, kind);
}

/* The heat map that a histogram goes on with, or a new one. */
static struct heat *heat_for(struct picture *pic, const struct hist_item *item)
{
	struct strbuf key = { 0 };
	struct part *part;
	size_t i;

	ktap_svg_clean(&key, text_of(&item->key), item->key.len);
	for (i = 0; i < pic->nr; i++) {
		part = &pic->parts[i];
		if (is_part(pic, part, PART_HEAT) && ktap_heat_is(&part->heat, item) &&
		    !strcmp(text_of(&part->heat.key), text_of(&key))) {
			ktap_strbuf_destroy(&key);
			return &part->heat;
		}
	}
	part = new_part(pic, PART_HEAT);
	part->heat.key = key;
	return &part->heat;
}

/*
 * Prints
 */

static bool is_dump(const struct picture *pic)
{
	return pic->hist.head.func == KTAP_FUNC_DUMP;
}

/* What the script has printed itself is drawn as it was then. */
static bool has_part(const struct picture *pic)
{
	size_t i;

	for (i = 0; i < pic->nr; i++) {
		if (!strcmp(text_of(&pic->parts[i].name), text_of(&pic->name)))
			return true;
	}
	return false;
}

static void begin(struct picture *pic, const struct ktap_rec *rec)
{
	const void *agg;
	size_t len;

	agg = ktap_record_body(rec, &len);
	ktap_hist_begin(&pic->hist, pic->image, agg, len);
	pic->more = false;
	pic->name.len = 0;
	if (pic->hist.name)
		ktap_svg_clean(&pic->name, pic->hist.name, pic->hist.name_len);
	pic->open = pic->hist.open && !(is_dump(pic) && has_part(pic));
}

/* What a statistic was fed is its sum: time or bytes, if the key is a stack. */
static int64_t number_of(const struct value *val, bool *more)
{
	struct ktap_val_stat stat;

	*more = false;
	if (val->type != KTAP_T_STAT)
		return val->num;
	ktap_value_stat(val, &stat);
	*more = stat.flags & KTAP_STAT_MORE;
	return stat.sum;
}

static void add_item(struct picture *pic, const struct ktap_rec *rec)
{
	struct value_reader again, vr = {
		.image = pic->image,
		.usym = pic->usym,
		.ts = rec->ts,
	};
	bool goes_on = pic->more;
	struct value key, val;
	int64_t num;
	size_t len;

	if (!pic->open)
		return;
	vr.pos = ktap_record_body(rec, &len);
	vr.end = vr.pos + len;
	again = vr;
	if (!ktap_value_next(&vr, &key) || !ktap_value_next(&vr, &val))
		return;
	if (!ktap_value_has_stack(&key)) {
		ktap_hist_item(&pic->hist, &again);
		return;
	}
	if (val.type != KTAP_T_STAT && val.type != KTAP_T_INT)
		return;
	num = number_of(&val, &pic->more);
	if (!goes_on)
		ktap_flame_add(&pic->flame, &key, num);
}

static void end_flame(struct picture *pic)
{
	if (pic->flame.nr)
		part_for(pic, PART_FLAME)->flame = pic->flame;
	else
		ktap_flame_destroy(&pic->flame);
	ktap_flame_init(&pic->flame);
}

/* One that was fed nothing is a print, too. */
static bool is_histogram(const struct picture *pic, const struct hist_item *item)
{
	return item->type == KTAP_T_STAT && item->stat.kind != KTAP_AGG_STAT &&
		pic->hist.head.func != KTAP_FUNC_PRINT_STAT;
}

/* Numbers that the script keeps for itself are of no interest. */
static bool is_bar(const struct picture *pic, const struct hist_item *item)
{
	return item->key_type != KTAP_T_NIL &&
		(item->type == KTAP_T_STAT || item->type == KTAP_T_INT) &&
		!(is_dump(pic) && pic->hist.head.flags & KTAP_AGG_READ);
}

static void add_bar(struct bars *bars, const struct hist_item *item)
{
	struct bar *bar = ktap_bars_add(bars);

	ktap_svg_clean(&bar->label, text_of(&item->key), item->key.len);
	bar->num = item->type == KTAP_T_STAT ? (int64_t)item->stat.count : item->num;
}

static void end_hist(struct picture *pic, uint64_t ts)
{
	const struct hist_item *item, *end = pic->hist.items + pic->hist.nr;
	struct bars bars = { 0 };

	for (item = pic->hist.items; item < end; item++) {
		if (is_histogram(pic, item))
			ktap_heat_add(heat_for(pic, item), item, ts);
		else if (is_bar(pic, item))
			add_bar(&bars, item);
	}
	if (bars.nr)
		part_for(pic, PART_BARS)->bars = bars;
}

static void end(struct picture *pic, const struct ktap_rec *rec)
{
	if (!pic->open)
		return;
	pic->open = false;
	end_flame(pic);
	end_hist(pic, rec->ts);
	ktap_hist_destroy(&pic->hist);
}

/**
 * ktap_picture_record - Keep what a record says
 * @pic: the picture
 * @rec: any record
 */
void ktap_picture_record(struct picture *pic, const struct ktap_rec *rec)
{
	switch (rec->type) {
	case KTAP_REC_RUNNING:
		pic->start = rec->ts;
		break;
	case KTAP_REC_AGG:
		begin(pic, rec);
		break;
	case KTAP_REC_ITEM:
		add_item(pic, rec);
		break;
	case KTAP_REC_AGG_END:
		end(pic, rec);
		break;
	default:
		break;
	}
}

/*
 * What comes of it
 */

/* Does the program never forget what histograms were fed? */
static bool only_grows(const struct image_view *image)
{
	const struct ktap_insn *insn;
	uint32_t nr;

	insn = ktap_image_section(image, KTAP_SEC_INSN, &nr);
	for (; nr; nr--, insn++) {
		if (insn->op == KTAP_OP_CALLB && (insn->b == KTAP_FUNC_CLEAR ||
						  insn->b == KTAP_FUNC_ZERO ||
						  insn->b == KTAP_FUNC_DELETE))
			return false;
	}
	return true;
}

static uint64_t values_of(const struct part *part)
{
	uint64_t sum = 0;
	size_t i, j;

	for (i = 0; part->kind == PART_HEAT && i < part->heat.nr; i++) {
		for (j = 0; j < part->heat.prints[i].nr; j++)
			sum += part->heat.prints[i].ranges[j].count;
	}
	return sum;
}

/* Tables as they came, and of the keys of one those that have most. */
static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	uint64_t more, less;

	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->kind != PART_HEAT)
		return 0;
	more = values_of(x);
	less = values_of(y);
	if (more != less)
		return more > less ? -1 : 1;
	return strcmp(text_of(&x->heat.key), text_of(&y->heat.key));
}

static void draw_bars(const struct part *part, struct svg *svg)
{
	struct strbuf what = { 0 };

	ktap_strbuf_addf(&what, "%zu key%s", part->bars.nr, part->bars.nr == 1 ? "" : "s");
	ktap_bars_draw(&part->bars, text_of(&part->name), what.str, svg);
	ktap_strbuf_destroy(&what);
}

static void draw_heat(const struct picture *pic, const struct part *part, bool grows,
		      struct svg *svg)
{
	struct strbuf name = { 0 };

	ktap_strbuf_add(&name, text_of(&part->name), part->name.len);
	if (part->heat.key.len)
		ktap_strbuf_addf(&name, "[%s]", part->heat.key.str);
	ktap_heat_draw(&part->heat, text_of(&name), pic->start, grows, svg);
	ktap_strbuf_destroy(&name);
}

static void draw_part(const struct picture *pic, struct part *part, bool grows,
		      struct svg *svg)
{
	switch (part->kind) {
	case PART_FLAME:
		ktap_flame_draw(&part->flame, text_of(&part->name), svg);
		break;
	case PART_BARS:
		ktap_bars_sort(&part->bars);
		draw_bars(part, svg);
		break;
	case PART_HEAT:
		draw_heat(pic, part, grows, svg);
		break;
	}
}

/**
 * ktap_picture_draw - Draw what was printed
 * @pic: the picture
 * @out: gets a file that browsers show
 *
 * Return: False if nothing was printed that can be drawn, as the file says then.
 */
bool ktap_picture_draw(struct picture *pic, struct strbuf *out)
{
	const char *name = ktap_image_name(pic->image);
	size_t nr = pic->nr < MAX_PARTS ? pic->nr : MAX_PARTS, i;
	bool grows = only_grows(pic->image);
	struct strbuf title = { 0 }, text = { 0 };
	struct svg svg;

	if (pic->nr)
		qsort(pic->parts, pic->nr, sizeof(*pic->parts), compare_parts);
	ktap_svg_begin(&svg);
	for (i = 0; i < nr; i++)
		draw_part(pic, &pic->parts[i], grows, &svg);
	if (nr < pic->nr)
		ktap_strbuf_addf(&text, "... and %zu more", pic->nr - nr);
	else if (!nr)
		ktap_strbuf_addf(&text, "no table and no histogram was printed");
	if (text.len)
		ktap_svg_caption(&svg, "", text.str);
	ktap_strbuf_addf(&title, "ktap ");
	ktap_svg_clean(&title, name, strlen(name));
	ktap_svg_end(&svg, title.str, out);
	ktap_strbuf_destroy(&title);
	ktap_strbuf_destroy(&text);
	return nr;
}

/**
 * ktap_picture_fold - Write the stacks that were printed as lines
 * @pic: the picture
 * @out: gets the lines; they begin with the names of tables if there are several
 *
 * Return: False if there are no stacks.
 */
bool ktap_picture_fold(struct picture *pic, struct strbuf *out)
{
	size_t nr = 0, i;

	for (i = 0; i < pic->nr; i++)
		nr += pic->parts[i].kind == PART_FLAME;
	for (i = 0; i < pic->nr; i++) {
		struct part *part = &pic->parts[i];

		if (part->kind == PART_FLAME)
			ktap_flame_fold(&part->flame, nr > 1 ? text_of(&part->name) : "",
					out);
	}
	return nr;
}
