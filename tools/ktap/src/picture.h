/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Pictures of what a script prints
 */
#ifndef _KTAP_PICTURE_H
#define _KTAP_PICTURE_H

#include "bars.h"
#include "flame.h"
#include "heat.h"

enum part_kind {
	PART_FLAME,
	PART_BARS,
	PART_HEAT,
};

/**
 * struct part - a part of a picture
 * @kind: which member of the union it is
 * @name: what it is of, clean text
 * @nr: number of its table, in the order in which they came
 * @flame: what the last print of a table with stacks showed
 * @bars: what the last print of a table with other keys showed
 * @heat: what all prints of a histogram showed
 */
struct part {
	enum part_kind kind;
	struct strbuf name;
	size_t nr;
	union {
		struct flame flame;
		struct bars bars;
		struct heat heat;
	};
};

/**
 * struct picture - what print_hist() and print_stat() have sent
 * @image: where constant strings and names are
 * @usym: what names addresses of user code, or NULL
 * @open: a print has begun
 * @more: the next item only goes on with the one before it
 * @name: variable that is printed, clean text
 * @flame: its keys with stacks
 * @hist: its other keys
 * @start: when tracing began, or 0
 * @parts: parts of the picture
 * @nr: their number
 * @cap: number that @parts has room for
 */
struct picture {
	const struct image_view *image;
	struct usym *usym;
	bool open;
	bool more;
	struct strbuf name;
	struct flame flame;
	struct hist hist;
	uint64_t start;
	struct part *parts;
	size_t nr;
	size_t cap;
};

void ktap_picture_init(struct picture *pic, const struct image_view *image);
void ktap_picture_record(struct picture *pic, const struct ktap_rec *rec);
bool ktap_picture_draw(struct picture *pic, struct strbuf *out);
bool ktap_picture_fold(struct picture *pic, struct strbuf *out);
void ktap_picture_destroy(struct picture *pic);

#endif /* _KTAP_PICTURE_H */
