// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of pictures: what is in them, of records that are made up
 *
 *	pictures		run the tests
 *	pictures DIRECTORY	write pictures there, to be looked at
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "body.h"
#include "picture.h"
#include "test.h"

/* Numbers that look random, and are the same in each run. */
static uint32_t noise_state;

static uint32_t noise(void)
{
	noise_state = noise_state * 1664525 + 1013904223;
	return noise_state >> 8;
}

static bool same_text(const struct strbuf *text, const char *want)
{
	const char *got = text->str ? text->str : "";

	if (text->len == strlen(want) && !memcmp(got, want, text->len))
		return true;
	printf("got '%s', not '%s'\n", got, want);
	return false;
}

/* An image whose strings are names of variables. */
static struct strbuf image_data, image_clears_data;
static struct image_view image, image_clears;

static void make_image(struct strbuf *data, struct image_view *view, bool clears)
{
	struct ktap_insn clear = { KTAP_OP_CALLB, 0, KTAP_FUNC_CLEAR, 1 };
	struct linecol lc = { 0 };
	struct image img;

	ktap_image_init(&img);
	ktap_image_str(&img, "s", 1);
	ktap_image_str(&img, "h", 1);
	ktap_image_str(&img, "<t&>", 4);
	ktap_image_proto(&img, (struct ktap_img_proto){ .kind = KTAP_PROTO_FUNC });
	if (clears)
		ktap_image_insn(&img, clear, lc);
	ktap_image_write(&img, "\"quoted\".kp", data);
	ktap_image_destroy(&img);
	if (ktap_image_open(view, data->str, data->len))
		ok(false, "an image can be read");
}

enum { VAR_S, VAR_H, VAR_T };

/*
 * Values and records
 */

/* A stack of the kernel: its lines, the innermost one first. */
static void add_stack(const char *lines)
{
	struct ktap_val_stack head = { 0 };
	struct strbuf data = { 0 };

	ktap_strbuf_add(&data, &head, sizeof(head));
	ktap_strbuf_add(&data, lines, strlen(lines));
	add_value(KTAP_T_STACK, data.len, data.str);
	ktap_strbuf_destroy(&data);
}

static void add_user_stack(const uint64_t *addrs, size_t nr)
{
	struct ktap_val_stack head = { KTAP_STACK_USER, 1234 };
	struct strbuf data = { 0 };

	ktap_strbuf_add(&data, &head, sizeof(head));
	ktap_strbuf_add(&data, addrs, nr * sizeof(*addrs));
	add_value(KTAP_T_STACK, data.len, data.str);
	ktap_strbuf_destroy(&data);
}

/* Makes all values so far the parts of one compound key. */
static void make_tuple(void)
{
	struct strbuf parts = body;

	memset(&body, 0, sizeof(body));
	add_value(KTAP_T_TUPLE, parts.len, parts.str);
	ktap_strbuf_destroy(&parts);
}

/* A record of what is in the body, which is empty then. */
static void send(struct picture *pic, enum ktap_rec_type type, uint64_t ts)
{
	struct ktap_rec rec = { .type = type, .ts = ts };
	struct strbuf whole = { 0 };

	rec.size = sizeof(rec) + body.len;
	ktap_strbuf_add(&whole, &rec, sizeof(rec));
	if (body.len)
		ktap_strbuf_add(&whole, body.str, body.len);
	ktap_picture_record(pic, (const struct ktap_rec *)whole.str);
	ktap_strbuf_destroy(&whole);
	body.len = 0;
}

static void send_begin(struct picture *pic, enum ktap_func func, uint32_t name)
{
	struct ktap_rec_agg agg = {
		.func = func,
		.type = KTAP_T_TAB,
		.name = name,
	};

	body.len = 0;
	ktap_strbuf_add(&body, &agg, sizeof(agg));
	send(pic, KTAP_REC_AGG, 0);
}

static void send_count(struct picture *pic, int64_t count)
{
	add_num(count);
	send(pic, KTAP_REC_ITEM, 0);
}

static void send_end(struct picture *pic, uint64_t ts)
{
	send(pic, KTAP_REC_AGG_END, ts);
}

/* The key is in the body. */
static void send_stat(struct picture *pic, struct ktap_val_stat stat,
		      const struct ktap_val_range *ranges, uint32_t nr)
{
	struct strbuf data = { 0 };

	stat.nr_ranges = nr;
	ktap_strbuf_add(&data, &stat, sizeof(stat));
	ktap_strbuf_add(&data, ranges, nr * sizeof(*ranges));
	add_value(KTAP_T_STAT, data.len, data.str);
	send(pic, KTAP_REC_ITEM, 0);
	ktap_strbuf_destroy(&data);
}

/* One print of a histogram with counts from range @first on. */
static void send_hist(struct picture *pic, uint32_t name, uint64_t ts, int first,
		      const uint64_t *counts, uint32_t nr)
{
	struct ktap_val_stat stat = { .kind = KTAP_AGG_HIST };
	struct ktap_val_range ranges[128];
	uint32_t i, nr_ranges = 0;

	for (i = 0; i < nr; i++) {
		stat.count += counts[i];
		if (counts[i])
			ranges[nr_ranges++] = (struct ktap_val_range){
				.range = first + (int)i,
				.count = counts[i],
			};
	}
	send_begin(pic, KTAP_FUNC_PRINT_HIST, name);
	add_value(KTAP_T_NIL, 0, NULL);
	send_stat(pic, stat, ranges, nr_ranges);
	send_end(pic, ts);
}

/*
 * Text
 */

static void expect_clean(const char *text, const char *want, const char *name)
{
	struct strbuf got = { 0 };

	ktap_svg_clean(&got, text, strlen(text));
	ok(same_text(&got, want), name);
	ktap_strbuf_destroy(&got);
}

static void test_clean(void)
{
	struct strbuf got = { 0 };

	expect_clean("a <b> & \"c\" 'd'", "a <b> & \"c\" 'd'", "clean text is as it was");
	expect_clean("a\nb\tc\x01\x1f\x7f", "a\\nb\\tc\\x01\\x1f\\x7f", "controls are shown");
	expect_clean("\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\xa5\xef\xbf\xbd",
		     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\xa5\xef\xbf\xbd", "UTF-8 is as it was");
	expect_clean("\xff\xfe\xc3(", "\\xff\\xfe\\xc3(", "bytes that are no UTF-8 are shown");
	expect_clean("\x80\xbf", "\\x80\\xbf", "so are parts of characters");
	expect_clean("\xe2\x82", "\\xe2\\x82", "so is a character that is cut");
	expect_clean("\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf",
		     "\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf", "so are characters that are too long");
	expect_clean("\xed\xa0\x80\xf4\x90\x80\x80", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80",
		     "so are halves of pairs, and what is past the end");
	expect_clean("\xef\xbf\xbe\xc2\x85", "\\xef\\xbf\\xbe\\xc2\\x85",
		     "so is what XML cannot have");
	ktap_svg_clean(&got, "a\0b", 3);
	ok(same_text(&got, "a\\x00b"), "a NUL is shown");
	got.len = 0;
	ktap_svg_escape(&got, "<a href=\"x\">'&amp;'</a>");
	ok(same_text(&got, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;"),
	   "what XML has a meaning for is escaped");
	ktap_strbuf_destroy(&got);
}

/* A character is 7.25 pixels wide, and 6 are left free. */
static void expect_clip(const char *text, unsigned int chars, const char *want,
			const char *name)
{
	uint64_t parts = chars * 72500ULL + 60000;
	struct strbuf got = { 0 };

	ktap_svg_clip(&got, text, parts);
	ok(same_text(&got, want), name);
	ktap_strbuf_destroy(&got);
}

static void test_clip(void)
{
	struct strbuf got = { 0 };

	expect_clip("schedule", 8, "schedule", "text that fits is whole");
	expect_clip("schedule", 7, "sched..", "text that does not fit is cut");
	expect_clip("schedule", 3, "s..", "three characters say something");
	expect_clip("schedule", 2, "", "two characters say nothing");
	expect_clip("do", 2, "do", "but they may be all");
	expect_clip("<<<<", 3, "&lt;..", "text is cut before it is escaped");
	expect_clip("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 3, "\xc3\xa4..", "characters stay whole");
	ktap_svg_clip(&got, "schedule", 59999);
	ok(!got.len, "there may be no room at all");
	ktap_strbuf_destroy(&got);
}

static void test_share(void)
{
	struct strbuf got = { 0 };

	ok(ktap_svg_share(1, 3, 100) == 33 && ktap_svg_share(2, 3, 100) == 67 &&
	   ktap_svg_share(3, 3, 100) == 100 && !ktap_svg_share(1, 0, 100),
	   "a share is rounded");
	ok(ktap_svg_share(INT64_MAX, INT64_MAX, 11800000) == 11800000 &&
	   ktap_svg_share(INT64_MAX / 2, INT64_MAX, 11800000) == 5900000,
	   "a share of very much");
	ktap_svg_percent(&got, 1, 3);
	ktap_strbuf_addc(&got, ' ');
	ktap_svg_percent(&got, 7, 7);
	ktap_strbuf_addc(&got, ' ');
	ktap_svg_length(&got, 12345678);
	ok(same_text(&got, "33.33% 100.00% 1234.5678"), "percents and lengths");
	ktap_strbuf_destroy(&got);
}

/*
 * Stacks
 */

static void expect_folded(struct picture *pic, const char *want, const char *name)
{
	struct strbuf got = { 0 };

	ok(ktap_picture_fold(pic, &got) == !!*want && same_text(&got, want), name);
	ktap_strbuf_destroy(&got);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

static void test_frames(struct picture *pic)
{
	static const uint64_t addrs[] = { 0x401000, 0x402000 };

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("c+0x1/0x10\nb+0x20/0x200\na+0x0/0x8\n");
	send_count(pic, 2);
	add_stack("c+0x8/0x10\nb+0x28/0x200\na+0x0/0x8\n");
	send_count(pic, 3);
	add_stack("b+0x30/0x200\na+0x4/0x8\n");
	send_count(pic, 10);
	add_stack("x+0x4/0x8 [ext4]\na+0x4/0x8\n");
	send_count(pic, 1);
	send_end(pic, 0);
	expect_folded(pic, "a;b 10\na;b;c 5\na;x [ext4] 1\n",
		      "keys that differ in offsets only are one path");

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("operator+(int)+0x4/0x8\n0xffffffff81000000\na+0xzz\nb+0x\nc+0x1 d\n+0x1/0x2\n");
	send_count(pic, 1);
	send_end(pic, 0);
	expect_folded(pic, ";c d;b+0x;a+0xzz;0xffffffff81000000;operator+(int) 1\n",
		      "only what is an offset is taken away");

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("write+0x1/0x2\nentry+0x1/0x2\n");
	add_str("sh;ell");
	add_user_stack(addrs, 2);
	add_num(7);
	make_tuple();
	send_count(pic, 4);
	send_end(pic, 0);
	expect_folded(pic, "sh:ell;7;0x402000;0x401000;entry;write 4\n",
		      "user code is below the kernel, and both are on other parts");

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("");
	send_count(pic, 1);
	add_value(KTAP_T_NIL, 0, NULL);
	add_stack("");
	make_tuple();
	send_count(pic, 1);
	add_user_stack(addrs, 0);
	add_str("idle");
	make_tuple();
	send_count(pic, 1);
	send_end(pic, 0);
	expect_folded(pic, "[no stack] 2\nidle 1\n", "stacks without frames");

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_str("text");
	send_count(pic, 1);
	add_num(5);
	add_str("text");
	make_tuple();
	send_count(pic, 1);
	send_end(pic, 0);
	expect_folded(pic, "", "keys without a stack are none");
}

static void test_counts(struct picture *pic)
{
	struct ktap_val_range range = { .range = 1, .count = 1 };
	struct ktap_val_stat stat = { .kind = KTAP_AGG_HIST, .count = 3, .sum = 700 };

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("a+0x1/0x2\n");
	send_count(pic, 0);
	add_stack("b+0x1/0x2\n");
	send_count(pic, -5);
	add_stack("c+0x1/0x2\n");
	send_count(pic, INT64_MAX);
	add_stack("d+0x1/0x2\n");
	send_count(pic, 1);
	send_end(pic, 0);
	ok(pic->nr == 1 && pic->parts[0].flame.left_out == 3 &&
	   pic->parts[0].flame.total == INT64_MAX, "what cannot be drawn is counted");
	expect_folded(pic, "c 9223372036854775807\n", "and left out");

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	stat.flags = KTAP_STAT_MORE;
	add_stack("a+0x1/0x2\n");
	send_stat(pic, stat, &range, 1);
	stat.flags = 0;
	add_stack("a+0x1/0x2\n");
	send_stat(pic, stat, &range, 1);
	add_stack("b+0x1/0x2\n");
	send_stat(pic, stat, &range, 1);
	send_end(pic, 0);
	expect_folded(pic, "a 700\nb 700\n", "a statistic counts with its sum, once");
}

static void send_one(struct picture *pic, enum ktap_func func, uint32_t name,
		     const char *line, int64_t count)
{
	send_begin(pic, func, name);
	add_stack(line);
	send_count(pic, count);
	send_end(pic, 0);
}

static void test_tables(struct picture *pic)
{
	send_one(pic, KTAP_FUNC_PRINT_HIST, VAR_S, "a+0x1/0x2\n", 1);
	send_one(pic, KTAP_FUNC_PRINT_HIST, VAR_S, "b+0x1/0x2\n", 2);
	expect_folded(pic, "b 2\n", "the last print of a variable counts");
	send_one(pic, KTAP_FUNC_PRINT_HIST, VAR_S, "a+0x1/0x2\n", 1);
	send_one(pic, KTAP_FUNC_PRINT_STAT, VAR_T, "b+0x1/0x2\n", 2);
	expect_folded(pic, "s;a 1\n<t&>;b 2\n", "several variables have their names");
	send_one(pic, KTAP_FUNC_PRINT_HIST, KTAP_IMG_NONE, "a+0x1/0x2\n", 1);
	send_one(pic, KTAP_FUNC_PRINT_HIST, KTAP_IMG_NONE, "b+0x1/0x2\n", 2);
	send_one(pic, KTAP_FUNC_PRINT_HIST, 1000, "c+0x1/0x2\n", 3);
	expect_folded(pic, "a 1\nb 2\nc 3\n", "what has no name is on its own");
	send_one(pic, KTAP_FUNC_PRINT_HIST, VAR_S, "a+0x1/0x2\n", 1);
	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	send_end(pic, 0);
	expect_folded(pic, "a 1\n", "a print of nothing is none");
	add_stack("a+0x1/0x2\n");
	send_count(pic, 1);
	send_end(pic, 0);
	expect_folded(pic, "", "what belongs to no print");
}

/*
 * The tree
 */

#define NR_PATHS	300
#define DEPTH		30

/* Stacks that branch as those of programs do. */
static void add_path(unsigned int nr)
{
	static const char * const heads[] = {
		"do", "vfs", "ksys", "__x64_sys", "sock", "tcp", "ip", "ext4", "blk", "mm",
		"sched", "rcu", "futex", "pipe", "copy", "d", "path", "inode",
	};
	static const char * const tails[] = {
		"read", "write_iter", "open", "lookup_fast", "alloc_pages", "wake_up",
		"queue_work", "sendmsg", "recvmsg_locked", "entry", "slowpath", "get",
		"put", "submit_bio", "handle_fault", "enqueue_task_fair",
	};
	struct strbuf lines = { 0 }, all = { 0 };
	uint32_t state = 1;
	unsigned int depth, end = 6 + nr * 7 % (DEPTH - 5), branch;

	for (depth = 0; depth < end; depth++) {
		/* The deeper, the more ways there are. */
		branch = depth < 3 ? 0 : nr % (1 + depth / 2);
		state = state * 1103515245 + 12345 + branch * 7919 + depth;
		lines.len = 0;
		ktap_strbuf_addf(&lines, "%s_%s+0x%x/0x400%s\n",
				 heads[(state >> 16) % ARRAY_SIZE(heads)],
				 tails[(state >> 8) % ARRAY_SIZE(tails)], nr,
				 (state >> 20) % 7 ? "" : " [kvm]");
		if (all.len)
			ktap_strbuf_add(&lines, all.str, all.len);
		all.len = 0;
		ktap_strbuf_add(&all, lines.str, lines.len);
	}
	add_stack(all.str);
	ktap_strbuf_destroy(&lines);
	ktap_strbuf_destroy(&all);
}

static int64_t path_count(unsigned int nr)
{
	noise_state = nr;
	return nr % 10 ? 1 + noise() % 40 : 1 + noise() % 900;
}

static void send_paths(struct picture *pic, bool backwards)
{
	unsigned int i, nr;

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	for (i = 0; i < NR_PATHS; i++) {
		nr = backwards ? NR_PATHS - 1 - i : i;
		add_path(nr);
		send_count(pic, path_count(nr));
	}
	send_end(pic, 0);
}

/* What paths that begin as @path does, up to frame @depth, have. */
static uint64_t through(const struct flame *flame, const struct flame_path *path,
			size_t depth)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < flame->nr; i++) {
		if (flame->paths[i].nr > depth &&
		    !memcmp(flame->paths[i].frames, path->frames,
			    (depth + 1) * sizeof(*path->frames)))
			sum += flame->paths[i].count;
	}
	return sum;
}

/* The frame of the tree that a path goes through, or NULL. */
static const struct flame_box *find_box(const struct flame_box *boxes, size_t nr,
					const struct flame_path *path, size_t depth)
{
	size_t i, level = 0;

	for (i = 0; i < nr; i++) {
		if (boxes[i].depth < level)
			return NULL;
		if (boxes[i].depth != level || boxes[i].frame != path->frames[level])
			continue;
		if (level++ == depth)
			return &boxes[i];
	}
	return NULL;
}

static bool is_tree(struct flame *flame, const struct flame_box *boxes, size_t nr)
{
	const struct flame_box *box;
	size_t i, depth;

	for (i = 0; i < flame->nr; i++) {
		for (depth = 0; depth < flame->paths[i].nr; depth++) {
			box = find_box(boxes, nr, &flame->paths[i], depth);
			if (!box || box->count != through(flame, &flame->paths[i], depth))
				return false;
		}
	}
	return true;
}

/* Frames next to each other do not overlap, and those above are within those below. */
static bool is_nested(const struct flame_box *boxes, size_t nr)
{
	uint64_t ends[DEPTH + 1] = { UINT64_MAX }, starts[DEPTH + 1] = { 0 };
	size_t i, depth;

	for (i = 0; i < nr; i++) {
		depth = boxes[i].depth;
		if (depth >= DEPTH || boxes[i].start < starts[depth] ||
		    boxes[i].start + boxes[i].count > ends[depth])
			return false;
		starts[depth] = boxes[i].start + boxes[i].count;
		starts[depth + 1] = boxes[i].start;
		ends[depth + 1] = boxes[i].start + boxes[i].count;
	}
	return true;
}

static void test_tree(struct picture *pic)
{
	struct flame_box *boxes;
	struct flame *flame;
	uint64_t total = 0;
	size_t nr, i;

	send_paths(pic, false);
	flame = &pic->parts[0].flame;
	for (i = 0; i < NR_PATHS; i++)
		total += path_count(i);
	ok(flame->nr == NR_PATHS && flame->total == total, "all keys are in the tree");
	boxes = ktap_flame_boxes(flame, &nr);
	ok(is_tree(flame, boxes, nr), "a frame has what all paths through it have");
	ok(is_nested(boxes, nr), "frames are within those below them");
	free(boxes);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

/*
 * Heat maps
 */

static bool same_cells(const struct heat_grid *grid, const uint64_t *want, size_t nr)
{
	size_t i;

	if (grid->cols * grid->rows != nr)
		return false;
	for (i = 0; i < nr; i++) {
		if (grid->cells[i] != want[i])
			return false;
	}
	return true;
}

static void expect_heat(struct picture *pic, uint64_t start, bool grows,
			const uint64_t *want, size_t nr, const char *name)
{
	struct heat_grid grid;

	ok(pic->nr == 1 && pic->parts[0].kind == PART_HEAT, "a histogram is a heat map");
	ktap_heat_grid(&pic->parts[0].heat, start, grows, &grid);
	ok(same_cells(&grid, want, nr), name);
	ktap_heat_grid_destroy(&grid);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

static void test_heat(struct picture *pic)
{
	static const uint64_t counts[3][3] = { { 1, 0, 2 }, { 1, 3, 2 }, { 4, 3, 7 } };
	static const uint64_t less[3] = { 1, 2, 7 };
	static const uint64_t news[] = { 1, 0, 2, 0, 3, 0, 3, 0, 5 };
	static const uint64_t same[] = { 1, 0, 2, 1, 3, 2, 4, 3, 7 };
	static const uint64_t falls[] = { 1, 3, 2, 1, 2, 7 };
	static const uint64_t joined[] = { 1, 0, 2, 3, 3, 5 };
	static const uint64_t one[] = { 6, 6, 11 };
	static const uint64_t apart[] = { 1, 0, 2, 0, 1, 4, 2, 2 };
	unsigned int i;

	for (i = 0; i < 3; i++)
		send_hist(pic, VAR_H, 1000 + 100 * i, 5, counts[i], 3);
	expect_heat(pic, 900, true, news, 9, "counts that grow are shown as what came");
	for (i = 0; i < 3; i++)
		send_hist(pic, VAR_H, 1000 + 100 * i, 5, counts[i], 3);
	expect_heat(pic, 900, false, same, 9, "but not if the script clears them");
	send_hist(pic, VAR_H, 1000, 5, counts[1], 3);
	send_hist(pic, VAR_H, 2000, 5, less, 3);
	expect_heat(pic, 0, true, falls, 6, "nor if they do not grow");
	for (i = 0; i < 3; i++)
		send_hist(pic, VAR_H, 100000 + (i > 1) + 2000 * i, 5, counts[i], 3);
	expect_heat(pic, 98000, true, news, 9, "times that are nearly equal are as good");
	send_hist(pic, VAR_H, 10000, 5, counts[0], 3);
	send_hist(pic, VAR_H, 20000, 5, counts[1], 3);
	send_hist(pic, VAR_H, 20001, 5, counts[2], 3);
	expect_heat(pic, 0, true, joined, 6, "a column that would be too narrow is joined");
	for (i = 0; i < 3; i++)
		send_hist(pic, VAR_H, 0, 5, counts[i], 3);
	expect_heat(pic, 0, false, one, 3, "prints at one time are one column");
	send_hist(pic, VAR_H, 1000, -1, counts[0], 3);
	send_hist(pic, VAR_H, 900, 0, counts[0], 3);
	send_hist(pic, VAR_H, 2000, -1, counts[1], 3);
	expect_heat(pic, 0, false, apart, 8, "time does not go back, and ranges may be elsewhere");
}

/* More prints than there are pixels, of which none gets lost. */
static void test_many_prints(struct picture *pic)
{
	struct heat_grid grid;
	uint64_t count;
	unsigned int i;

	for (i = 1; i <= 5000; i++) {
		count = i;
		send_hist(pic, VAR_H, i * 1000, 3, &count, 1);
	}
	ktap_heat_grid(&pic->parts[0].heat, 0, true, &grid);
	ok(grid.cols <= SVG_ROOM && grid.cols > SVG_ROOM / 2 && grid.total == 5000,
	   "prints are joined where there are too many");
	ktap_heat_grid_destroy(&grid);
	ktap_heat_grid(&pic->parts[0].heat, 0, false, &grid);
	ok(grid.total == 5000ULL * 5001 / 2, "and added up if they were cleared");
	ktap_heat_grid_destroy(&grid);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

static void test_parts(struct picture *pic)
{
	static const uint64_t counts[] = { 3, 1 };
	struct ktap_val_stat stat = { .kind = KTAP_AGG_STAT, .count = 9 };
	struct ktap_val_stat hist = { .kind = KTAP_AGG_HIST, .count = 1 };
	struct ktap_val_range range = { .range = 4, .count = 1 };

	send_hist(pic, VAR_H, 1000, 5, counts, 2);
	send_hist(pic, VAR_T, 1000, 5, counts, 2);
	send_hist(pic, VAR_H, 2000, 5, counts, 2);
	ok(pic->nr == 2 && pic->parts[0].heat.nr == 2 && pic->parts[1].heat.nr == 1,
	   "each histogram is on its own");
	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_T);
	add_str("a");
	send_stat(pic, hist, &range, 1);
	add_str("b");
	send_stat(pic, hist, &range, 1);
	hist.kind = KTAP_AGG_LHIST;
	add_str("b");
	send_stat(pic, hist, &range, 1);
	send_end(pic, 3000);
	ok(pic->nr == 5, "so are those of keys, and those of another kind");
	send_begin(pic, KTAP_FUNC_PRINT_STAT, VAR_T);
	add_str("a");
	send_stat(pic, stat, NULL, 0);
	add_str("b");
	send_count(pic, 17);
	add_value(KTAP_T_NIL, 0, NULL);
	send_stat(pic, stat, NULL, 0);
	send_end(pic, 4000);
	ok(pic->nr == 6 && pic->parts[5].kind == PART_BARS && pic->parts[5].bars.nr == 2 &&
	   pic->parts[5].bars.vec[0].num + pic->parts[5].bars.vec[1].num == 26,
	   "other keys are bars");
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

/*
 * Pictures
 */

static void send_heat(struct picture *pic, uint32_t name)
{
	uint64_t counts[20];
	unsigned int tick, i, far;

	noise_state = 1;
	send(pic, KTAP_REC_RUNNING, 5000000000ULL);
	for (tick = 1; tick <= 60; tick++) {
		for (i = 0; i < ARRAY_SIZE(counts); i++) {
			far = i > 6 ? i - 6 : 6 - i;
			counts[i] = noise() % 5000 >> 2 * far;
			if (tick > 35 && tick < 45 && i > 11 && i < 16)
				counts[i] += noise() % 300;
		}
		send_hist(pic, name, (5 + tick) * 1000000000ULL, 8, counts,
			  ARRAY_SIZE(counts));
	}
}

static void send_bars(struct picture *pic)
{
	unsigned int i;
	char name[32];

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_T);
	for (i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "program-%u", i * i);
		add_str(name);
		send_count(pic, 5000 / (int)(i + 1) - 300);
	}
	send_end(pic, 0);
}

/* Names that would break a picture if they were written as they are. */
static void send_weird(struct picture *pic)
{
	static const char * const names[] = {
		"<script>alert(1)</script>", "std::vector<int>::operator[](\"a\" && 'b')",
		"]]>", "&amp;", "\xff\xfe\x80", "tab\tand\x01", "\xe6\xbc\xa2\xe5\xad\x97",
		"Ljava/lang/String;", "", " ",
	};
	unsigned int i, j;

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_T);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		for (j = 0; j < ARRAY_SIZE(names); j++) {
			add_str(names[i]);
			add_str(names[j]);
			add_stack("f+0x1/0x2 [m<&>]\n");
			make_tuple();
			send_count(pic, 1 + i + j);
		}
	}
	send_end(pic, 0);
}

/* A picture does not depend on the order in which things come. */
static void test_equal(struct picture *pic)
{
	struct strbuf one = { 0 }, other = { 0 };

	send_paths(pic, false);
	ok(ktap_picture_draw(pic, &one), "there is something to draw");
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
	send_paths(pic, true);
	ktap_picture_draw(pic, &other);
	ok(one.len == other.len && !memcmp(one.str, other.str, one.len),
	   "equal pictures are equal files");
	ktap_strbuf_destroy(&one);
	ktap_strbuf_destroy(&other);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

/* Three stacks that came once, beside one that came so often. */
static void draw_narrow(struct picture *pic, int64_t wide, struct strbuf *out)
{
	unsigned int i;
	char line[32];

	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("wide+0x1/0x2\n");
	send_count(pic, wide);
	for (i = 0; i < 3; i++) {
		snprintf(line, sizeof(line), "narrow%u+0x1/0x2\nbelow+0x1/0x2\n", i);
		add_stack(line);
		send_count(pic, 1);
	}
	send_end(pic, 0);
	ktap_picture_draw(pic, out);
}

/* Frames that would be too narrow, and how many they are, are not there. */
static void test_narrow(struct picture *pic)
{
	struct strbuf out = { 0 };

	draw_narrow(pic, 11800 - 3, &out);
	ok(strstr(out.str, "narrow0") && !strstr(out.str, "not drawn"),
	   "a tenth of a pixel is drawn");
	out.len = 0;
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);

	draw_narrow(pic, 11800 - 2, &out);
	ok(strstr(out.str, "below") && !strstr(out.str, "narrow0") &&
	   strstr(out.str, "; 3 frames narrower than 0.1 pixel not drawn"),
	   "less is not drawn, and told");
	ktap_strbuf_destroy(&out);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

static void test_nothing(struct picture *pic)
{
	struct strbuf out = { 0 };

	ok(!ktap_picture_draw(pic, &out) && strstr(out.str, "no table and no histogram"),
	   "a picture of nothing says so");
	out.len = 0;
	send_begin(pic, KTAP_FUNC_PRINT_HIST, VAR_S);
	add_stack("a+0x1/0x2\n");
	send_count(pic, -1);
	send_end(pic, 0);
	ok(!ktap_picture_draw(pic, &out), "so does one of what cannot be drawn");
	ktap_strbuf_destroy(&out);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

static void test_clears(struct picture *pic)
{
	static const uint64_t counts[] = { 3 };
	struct strbuf out = { 0 };

	send_hist(pic, VAR_H, 1000, 5, counts, 1);
	send_hist(pic, VAR_H, 2000, 5, counts, 1);
	ktap_picture_draw(pic, &out);
	ok(strstr(out.str, "heat map of 3 values in 2 prints"),
	   "a program that does not clear shows what came");
	out.len = 0;
	pic->image = &image_clears;
	ktap_picture_draw(pic, &out);
	ok(strstr(out.str, "heat map of 6 values in 2 prints"),
	   "one that clears shows what there was");
	ktap_strbuf_destroy(&out);
	ktap_picture_destroy(pic);
	ktap_picture_init(pic, &image);
}

/* Whatever comes, there is a picture, and the sanitizers have nothing to say. */
static void test_damaged(void)
{
	struct strbuf out = { 0 };
	struct picture pic;
	unsigned int i, j, nr;
	size_t drawn = 0;

	for (i = 0; i < 3000; i++) {
		noise_state = i;
		ktap_picture_init(&pic, &image);
		send_begin(&pic, i % 3 ? KTAP_FUNC_PRINT_HIST : KTAP_FUNC_PRINT_STAT, i % 4);
		for (j = 0; j < 4; j++) {
			body.len = 0;
			if (noise() % 2)
				add_path(noise() % 8);
			else
				add_str("key");
			if (noise() % 2)
				make_tuple();
			if (noise() % 2) {
				send_count(&pic, noise() * (int64_t)noise());
				continue;
			}
			add_value(KTAP_T_STAT, sizeof(struct ktap_val_stat) + 32, NULL);
			ktap_strbuf_fill(&body, 0, sizeof(struct ktap_val_stat) + 32);
			for (nr = noise() % 4; nr; nr--)
				body.str[noise() % body.len] = noise();
			send(&pic, KTAP_REC_ITEM, 0);
		}
		send_end(&pic, noise());
		out.len = 0;
		drawn += ktap_picture_draw(&pic, &out);
		ktap_picture_destroy(&pic);
	}
	ok(drawn > 1000, "what is damaged is drawn as far as it makes sense");
	ktap_strbuf_destroy(&out);
}

static int write_picture(const char *dir, const char *name, struct picture *pic,
			 bool folded)
{
	struct strbuf out = { 0 }, path = { 0 };
	int fd;

	if (folded)
		ktap_picture_fold(pic, &out);
	else
		ktap_picture_draw(pic, &out);
	ktap_strbuf_addf(&path, "%s/%s", dir, name);
	fd = open(path.str, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || ktap_write_all(fd, out.str ? out.str : "", out.len) || close(fd)) {
		perror(path.str);
		return 1;
	}
	ktap_strbuf_destroy(&out);
	ktap_strbuf_destroy(&path);
	return 0;
}

static int write_all(const char *dir)
{
	struct picture pic;
	int ret;

	ktap_picture_init(&pic, &image);
	ret = write_picture(dir, "nothing.svg", &pic, false);
	send_paths(&pic, false);
	ret |= write_picture(dir, "flame.svg", &pic, false);
	ret |= write_picture(dir, "flame.folded", &pic, true);
	ktap_picture_destroy(&pic);
	ktap_picture_init(&pic, &image_clears);
	send_heat(&pic, VAR_H);
	ret |= write_picture(dir, "heat.svg", &pic, false);
	send_bars(&pic);
	send_weird(&pic);
	ret |= write_picture(dir, "weird.svg", &pic, false);
	ret |= write_picture(dir, "weird.folded", &pic, true);
	ktap_picture_destroy(&pic);
	return ret;
}

int main(int argc, char **argv)
{
	struct picture pic;

	make_image(&image_data, &image, false);
	make_image(&image_clears_data, &image_clears, true);
	ktap_picture_init(&pic, &image);
	if (argc > 1) {
		failed = write_all(argv[1]);
	} else {
		test_clean();
		test_clip();
		test_share();
		test_frames(&pic);
		test_counts(&pic);
		test_tables(&pic);
		test_tree(&pic);
		test_heat(&pic);
		test_many_prints(&pic);
		test_parts(&pic);
		test_equal(&pic);
		test_narrow(&pic);
		test_nothing(&pic);
		test_clears(&pic);
		test_damaged();
	}
	ktap_picture_destroy(&pic);
	ktap_strbuf_destroy(&image_data);
	ktap_strbuf_destroy(&image_clears_data);
	ktap_strbuf_destroy(&body);
	return failed;
}
