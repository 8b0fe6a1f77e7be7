/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Flame graphs of tables whose keys have stacks
 */
#ifndef _KTAP_FLAME_H
#define _KTAP_FLAME_H

#include "svg.h"
#include "value.h"

/* What a frame is, with the color of its name's first and last shade. */
#define KTAP_FRAME_MAPPER(FN)						\
	FN(KEY, "key", 0xc4c4bc, 0xdcdcd6)				\
	FN(USER, "user", 0x7fb2e5, 0xb2d4f2)				\
	FN(KERNEL, "kernel", 0xf0843c, 0xfbc56d)			\
	FN(MODULE, "module", 0xb58ad6, 0xd9bbee)

#define KTAP_FRAME_ENUM(name, ...) FRAME_##name,
enum frame_kind {
	KTAP_FRAME_MAPPER(KTAP_FRAME_ENUM)
	NR_FRAME_KINDS
};

#undef KTAP_FRAME_ENUM

/**
 * struct flame_path - a key
 * @frames: the outermost one first; names with a NUL and &enum frame_kind behind them
 * @nr: their number
 * @count: what the key has
 */
struct flame_path {
	const struct strent **frames;
	size_t nr;
	uint64_t count;
};

/**
 * struct flame_box - a frame with all that is above it
 * @frame: the frame
 * @depth: number of frames below it
 * @start: what is to the left of it
 * @count: what paths through it have
 */
struct flame_box {
	const struct strent *frame;
	size_t depth;
	uint64_t start;
	uint64_t count;
};

/**
 * struct flame - a flame graph
 * @arena: where names and paths live
 * @names: the frames
 * @paths: the keys
 * @nr: their number
 * @cap: number that @paths has room for
 * @total: what all of them have
 * @left_out: keys that have nothing which could be drawn
 */
struct flame {
	struct arena arena;
	struct strtab names;
	struct flame_path *paths;
	size_t nr;
	size_t cap;
	uint64_t total;
	size_t left_out;
};

void ktap_flame_init(struct flame *flame);
void ktap_flame_add(struct flame *flame, const struct value *key, int64_t count);
struct flame_box *ktap_flame_boxes(struct flame *flame, size_t *nr);
void ktap_flame_draw(struct flame *flame, const char *name, struct svg *svg);
void ktap_flame_fold(struct flame *flame, const char *root, struct strbuf *out);
void ktap_flame_destroy(struct flame *flame);

#endif /* _KTAP_FLAME_H */
