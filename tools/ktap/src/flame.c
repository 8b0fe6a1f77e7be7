// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Flame graphs of tables whose keys have stacks
 *
 * A key becomes a path, from its outermost frame to its innermost one. Sorted paths
 * are the tree: those through a frame are next to each other, so that what is above
 * it is found by going through them.
 */
#include <stdlib.h>
#include <string.h>

#include "flame.h"

/* Height of a frame, and of what is drawn of it. */
#define FRAME_HEIGHT	17
#define RECT_HEIGHT	16

/* One that would be narrower than a tenth of a pixel is not drawn. */
#define SHARES		(10 * SVG_ROOM)

#define KIND_NAME(name, text, first, last)	\
	[FRAME_##name] = text,
static const char * const kind_names[] = {
	KTAP_FRAME_MAPPER(KIND_NAME)
};

#undef KIND_NAME

#define KIND_COLORS(name, text, first, last)	\
	[FRAME_##name] = { first, last },
static const uint32_t kind_colors[][2] = {
	KTAP_FRAME_MAPPER(KIND_COLORS)
};

#undef KIND_COLORS

/**
 * ktap_flame_init - Begin to gather keys
 * @flame: the flame graph
 */
void ktap_flame_init(struct flame *flame)
{
	memset(flame, 0, sizeof(*flame));
	flame->names.arena = &flame->arena;
}

/**
 * ktap_flame_destroy - Forget all keys
 * @flame: the flame graph
 */
void ktap_flame_destroy(struct flame *flame)
{
	ktap_strtab_destroy(&flame->names);
	ktap_arena_destroy(&flame->arena);
	free(flame->paths);
}

static enum frame_kind kind_of(const struct strent *frame)
{
	return frame->str[frame->len - 1];
}

/*
 * Keys
 */

/**
 * struct frames - frames of a key
 * @vec: the frames
 * @nr: their number
 * @cap: number that @vec has room for
 */
struct frames {
	const struct strent **vec;
	size_t nr;
	size_t cap;
};

static void add_frame(struct flame *flame, struct frames *frames,
		      const char *name, size_t len, enum frame_kind kind)
{
	struct strbuf text = { 0 };

	ktap_svg_clean(&text, name, len);
	ktap_strbuf_addc(&text, '\0');
	ktap_strbuf_addc(&text, kind);
	frames->vec = ktap_grow(frames->vec, frames->nr, &frames->cap,
				sizeof(*frames->vec));
	frames->vec[frames->nr++] = ktap_strtab_get(&flame->names, text.str,
						    text.len);
	ktap_strbuf_destroy(&text);
}

/* Moves *@pos behind "0x" and digits, if they are there. */
static bool skip_hex(const char **pos, const char *end)
{
	const char *hex = *pos;

	if (end - hex < 3 || hex[0] != '0' || hex[1] != 'x')
		return false;
	for (hex += 2; hex < end && ktap_digit(*hex) < 16; hex++)
		;
	*pos = hex;
	return true;
}

/* Where "+offset" or "+offset/size" begins, and ends; @end if there is none. */
static const char *find_offset(const char *line, const char *end,
			       const char **behind)
{
	const char *plus, *pos;

	for (; (plus = memchr(line, '+', end - line)); line = plus + 1) {
		pos = plus + 1;
		if (!skip_hex(&pos, end))
			continue;
		if (pos < end && *pos == '/') {
			pos++;
			skip_hex(&pos, end);
		}
		if (pos == end || *pos == ' ') {
			*behind = pos;
			return plus;
		}
	}
	*behind = end;
	return end;
}

/* A frame is a function: where in it the code was makes no difference. */
static void add_line(struct flame *flame, struct frames *frames,
		     const char *line, const char *end, bool user)
{
	enum frame_kind kind = FRAME_USER;
	const char *offset, *behind;
	struct strbuf name = { 0 };

	offset = find_offset(line, end, &behind);
	ktap_strbuf_add(&name, line, offset - line);
	ktap_strbuf_add(&name, behind, end - behind);
	if (!user)
		kind = end > line && end[-1] == ']' ? FRAME_MODULE : FRAME_KERNEL;
	add_frame(flame, frames, name.str, name.len, kind);
	ktap_strbuf_destroy(&name);
}

/* The text of a stack has the innermost frame first. */
static void add_stack(struct flame *flame, struct frames *frames,
		      const struct value *val, bool user)
{
	struct strbuf text = { 0 };
	const char *end, *line;

	ktap_value_add(&text, val);
	if (text.len) {
		end = text.str + text.len;
		do {
			line = memrchr(text.str, '\n', end - text.str);
			add_line(flame, frames, line ? line + 1 : text.str, end, user);
			end = line;
		} while (line);
	}
	ktap_strbuf_destroy(&text);
}

/* What a part of a key is; a part that is nil is none. */
static enum frame_kind part_kind(const struct value *part)
{
	struct ktap_val_stack stack;

	if (part->type == KTAP_T_NIL)
		return NR_FRAME_KINDS;
	if (part->type != KTAP_T_STACK)
		return FRAME_KEY;
	memcpy(&stack, part->str, sizeof(stack));
	return stack.flags & KTAP_STACK_USER ? FRAME_USER : FRAME_KERNEL;
}

static void add_part(struct flame *flame, struct frames *frames,
		     const struct value *part, enum frame_kind kind)
{
	struct strbuf text = { 0 };

	if (part_kind(part) != kind)
		return;
	if (kind != FRAME_KEY) {
		add_stack(flame, frames, part, kind == FRAME_USER);
		return;
	}
	ktap_value_add(&text, part);
	add_frame(flame, frames, text.str ? text.str : "", text.len, kind);
	ktap_strbuf_destroy(&text);
}

/* The kernel is on top of what called it, and both of what they were for. */
static void add_parts(struct flame *flame, struct frames *frames,
		      const struct value *key)
{
	static const enum frame_kind order[] = { FRAME_KEY, FRAME_USER, FRAME_KERNEL };
	struct value part;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		struct value_reader vr = ktap_value_parts(key);

		if (key->type != KTAP_T_TUPLE) {
			add_part(flame, frames, key, order[i]);
			continue;
		}
		while (ktap_value_next(&vr, &part))
			add_part(flame, frames, &part, order[i]);
	}
}

/**
 * ktap_flame_add - Add a key and what it has
 * @flame: the flame graph
 * @key: the key
 * @count: what it has; it is left out if that cannot be drawn
 */
void ktap_flame_add(struct flame *flame, const struct value *key, int64_t count)
{
	struct frames frames = { 0 };
	struct flame_path *path;
	size_t size;

	if (count <= 0 || flame->total > INT64_MAX - (uint64_t)count) {
		flame->left_out++;
		return;
	}
	add_parts(flame, &frames, key);
	if (!frames.nr)
		add_frame(flame, &frames, "[no stack]", 10, FRAME_KEY);

	flame->paths = ktap_grow(flame->paths, flame->nr, &flame->cap,
				 sizeof(*flame->paths));
	path = &flame->paths[flame->nr++];
	size = frames.nr * sizeof(*frames.vec);
	path->frames = ktap_arena_alloc(&flame->arena, size);
	memcpy(path->frames, frames.vec, size);
	path->nr = frames.nr;
	path->count = count;
	flame->total += count;
	free(frames.vec);
}

/*
 * The tree
 */

static int compare_frames(const struct strent *x, const struct strent *y)
{
	int cmp;

	if (x == y)
		return 0;
	cmp = strcmp(x->str, y->str);
	return cmp ? cmp : (int)kind_of(x) - (int)kind_of(y);
}

static int compare_paths(const void *a, const void *b)
{
	const struct flame_path *x = a, *y = b;
	size_t i;
	int cmp;

	for (i = 0; i < x->nr && i < y->nr; i++) {
		cmp = compare_frames(x->frames[i], y->frames[i]);
		if (cmp)
			return cmp;
	}
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void sort_paths(struct flame *flame)
{
	if (flame->nr)
		qsort(flame->paths, flame->nr, sizeof(*flame->paths), compare_paths);
}

/* Number of frames that two paths begin with alike. */
static size_t common(const struct flame_path *x, const struct flame_path *y)
{
	size_t i = 0;

	while (i < x->nr && i < y->nr && x->frames[i] == y->frames[i])
		i++;
	return i;
}

/**
 * ktap_flame_boxes - Make the tree
 * @flame: the flame graph
 * @nr: number of its frames
 *
 * Return: The frames, as a walk through the tree meets them; to be freed.
 */
struct flame_box *ktap_flame_boxes(struct flame *flame, size_t *nr)
{
	const struct flame_path *path, *end = flame->paths + flame->nr;
	struct flame_box *boxes = NULL;
	size_t cap = 0, open_cap = 0, nr_open, i;
	size_t *open = NULL;
	uint64_t start = 0;

	*nr = 0;
	sort_paths(flame);
	for (path = flame->paths; path < end; path++) {
		nr_open = path > flame->paths ? common(path - 1, path) : 0;
		for (i = nr_open; i < path->nr; i++) {
			boxes = ktap_grow(boxes, *nr, &cap, sizeof(*boxes));
			open = ktap_grow(open, i, &open_cap, sizeof(*open));
			boxes[*nr] = (struct flame_box){ path->frames[i], i, start, 0 };
			open[i] = (*nr)++;
		}
		for (i = 0; i < path->nr; i++)
			boxes[open[i]].count += path->count;
		start += path->count;
	}
	free(open);
	return boxes;
}

/**
 * ktap_flame_fold - Write each path as a line
 * @flame: the flame graph
 * @root: what is below all frames, or an empty string
 * @out: gets frames with semicolons between them, a blank and the count
 */
void ktap_flame_fold(struct flame *flame, const char *root, struct strbuf *out)
{
	const struct flame_path *path, *end = flame->paths + flame->nr;
	uint64_t count = 0;
	const char *name;
	size_t i;

	sort_paths(flame);
	for (path = flame->paths; path < end; path++) {
		count += path->count;
		if (path + 1 < end && !compare_paths(path, path + 1))
			continue;
		if (*root)
			ktap_strbuf_addf(out, "%s;", root);
		for (i = 0; i < path->nr; i++) {
			if (i)
				ktap_strbuf_addc(out, ';');
			/* Nothing else could be told from what is between frames. */
			for (name = path->frames[i]->str; *name; name++)
				ktap_strbuf_addc(out, *name == ';' ? ':' : *name);
		}
		ktap_strbuf_addf(out, " %llu\n", (unsigned long long)count);
		count = 0;
	}
}

/*
 * The picture
 */

/* The same name has the same color in all pictures. */
static uint32_t color_of(const struct strent *frame)
{
	const uint32_t *colors = kind_colors[kind_of(frame)];
	uint32_t hash = 2166136261u;
	const char *pos;

	for (pos = frame->str; *pos; pos++)
		hash = (hash ^ (unsigned char)*pos) * 16777619u;
	hash ^= hash >> 16;
	hash = (hash ^ hash >> 8) & 0xff;
	return ktap_svg_mix(colors[0], colors[1], hash);
}

/**
 * struct place - where the graph is drawn
 * @svg: the picture
 * @total: what the whole width is
 * @bottom: where the lowest frame ends
 */
struct place {
	struct svg *svg;
	uint64_t total;
	unsigned int bottom;
};

/* A frame is a picture in the picture, so that nothing sticks out of it. */
static void put_box(const struct place *place, const char *name, uint32_t color,
		    size_t depth, uint64_t start, uint64_t count)
{
	struct strbuf *sb = &place->svg->body;
	uint64_t room = (uint64_t)SVG_ROOM * SVG_PARTS;
	uint64_t from = ktap_svg_share(start, place->total, room);
	uint64_t width = ktap_svg_share(start + count, place->total, room) - from;

	ktap_strbuf_addf(sb, "<svg class=\"f i\" x=\"");
	ktap_svg_length(sb, from + SVG_MARGIN * SVG_PARTS);
	ktap_strbuf_addf(sb, "\" y=\"%u\" width=\"",
			 place->bottom - (unsigned int)(depth + 1) * FRAME_HEIGHT);
	ktap_svg_length(sb, width);
	ktap_strbuf_addf(sb, "\" height=\"%d\" data-depth=\"%zu\" data-start=\"%llu\" "
			 "data-n=\"%llu\"><title>", RECT_HEIGHT, depth,
			 (unsigned long long)start, (unsigned long long)count);
	ktap_svg_escape(sb, name);
	ktap_strbuf_addf(sb, "\n%llu (", (unsigned long long)count);
	ktap_svg_percent(sb, count, place->total);
	ktap_strbuf_addf(sb, ")</title><rect width=\"100%%\" height=\"%d\" rx=\"2\" "
			 "fill=\"#%06x\"/><text x=\"3\" y=\"12\">", RECT_HEIGHT, color);
	ktap_svg_clip(sb, name, width);
	ktap_strbuf_addf(sb, "</text></svg>\n");
}

static bool is_narrow(const struct flame *flame, const struct flame_box *box)
{
	return box->count <= (flame->total - 1) / SHARES;
}

/**
 * struct extent - what there is to draw
 * @height: number of frames on top of each other
 * @narrow: number of frames that are too narrow
 * @kinds: bit N is set if there are frames of &enum frame_kind N
 */
struct extent {
	size_t height;
	size_t narrow;
	unsigned int kinds;
};

static void measure(const struct flame *flame, const struct flame_box *boxes,
		    size_t nr, struct extent *extent)
{
	size_t i;

	memset(extent, 0, sizeof(*extent));
	for (i = 0; i < nr; i++) {
		if (is_narrow(flame, &boxes[i])) {
			extent->narrow++;
			continue;
		}
		extent->kinds |= 1U << kind_of(boxes[i].frame);
		if (boxes[i].depth >= extent->height)
			extent->height = boxes[i].depth + 1;
	}
}

static void put_caption(const struct flame *flame, const char *name,
			const struct extent *extent, struct svg *svg)
{
	struct strbuf text = { 0 };

	ktap_strbuf_addf(&text, "%llu in %zu key%s", (unsigned long long)flame->total,
			 flame->nr, flame->nr == 1 ? "" : "s");
	if (extent->narrow)
		ktap_strbuf_addf(&text, "; %zu frame%s narrower than 0.1 pixel not drawn",
				 extent->narrow, extent->narrow == 1 ? "" : "s");
	if (flame->left_out)
		ktap_strbuf_addf(&text, "; %zu key%s without a positive value left out",
				 flame->left_out, flame->left_out == 1 ? "" : "s");
	ktap_strbuf_addf(&svg->body, "<text class=\"s r matched\" x=\"%d\" y=\"%u\"></text>\n",
			 SVG_WIDTH - SVG_MARGIN, svg->y + 14);
	ktap_svg_caption(svg, name, text.str);
	ktap_strbuf_destroy(&text);
}

/* What the colors mean. */
static void put_legend(unsigned int kinds, struct svg *svg)
{
	unsigned int kind, x = SVG_MARGIN;

	for (kind = 0; kind < NR_FRAME_KINDS; kind++) {
		if (!(kinds & 1U << kind))
			continue;
		ktap_strbuf_addf(&svg->body,
				 "<rect x=\"%u\" y=\"%u\" width=\"12\" height=\"12\" rx=\"2\" fill=\"#%06x\"/>"
				 "<text class=\"s\" x=\"%u\" y=\"%u\">%s</text>\n",
				 x, svg->y + 4, kind_colors[kind][0], x + 17,
				 svg->y + 14, kind_names[kind]);
		x += 80;
	}
	svg->y += 34;
}

/**
 * ktap_flame_draw - Draw a flame graph
 * @flame: the flame graph
 * @name: of the table
 * @svg: where to
 */
void ktap_flame_draw(struct flame *flame, const char *name, struct svg *svg)
{
	struct place place = { .svg = svg, .total = flame->total };
	struct flame_box *boxes;
	struct extent extent;
	size_t nr, i;

	boxes = ktap_flame_boxes(flame, &nr);
	measure(flame, boxes, nr, &extent);
	ktap_strbuf_addf(&svg->body, "<g class=\"flame\">\n");
	put_caption(flame, name, &extent, svg);
	place.bottom = svg->y + (unsigned int)(extent.height + 1) * FRAME_HEIGHT;
	put_box(&place, "all", kind_colors[FRAME_KEY][1], 0, 0, flame->total);
	for (i = 0; i < nr; i++) {
		if (!is_narrow(flame, &boxes[i]))
			put_box(&place, boxes[i].frame->str, color_of(boxes[i].frame),
				boxes[i].depth + 1, boxes[i].start, boxes[i].count);
	}
	ktap_strbuf_addf(&svg->body, "</g>\n");
	svg->y = place.bottom;
	put_legend(extent.kinds, svg);
	free(boxes);
}
