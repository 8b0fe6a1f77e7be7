/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Pictures that browsers show
 */
#ifndef _KTAP_SVG_H
#define _KTAP_SVG_H

#include "util.h"

/* Of the whole picture, and of what is drawn in it, in pixels. */
#define SVG_WIDTH	1200
#define SVG_MARGIN	10
#define SVG_ROOM	(SVG_WIDTH - 2 * SVG_MARGIN)

/* Lengths are given in these parts of a pixel. */
#define SVG_PARTS	10000

/**
 * struct svg - a picture that is being drawn
 * @body: what is in it so far
 * @y: where the next part begins, in pixels
 */
struct svg {
	struct strbuf body;
	unsigned int y;
};

void ktap_svg_begin(struct svg *svg);
void ktap_svg_end(struct svg *svg, const char *title, struct strbuf *out);
void ktap_svg_caption(struct svg *svg, const char *name, const char *text);

void ktap_svg_clean(struct strbuf *sb, const char *text, size_t len);
void ktap_svg_escape(struct strbuf *sb, const char *text);
uint64_t ktap_svg_width(const char *text);
size_t ktap_svg_fit(const char *text, uint64_t parts, bool *cut);
void ktap_svg_clip(struct strbuf *sb, const char *text, uint64_t parts);
uint64_t ktap_svg_share(uint64_t num, uint64_t max, uint64_t room);
void ktap_svg_length(struct strbuf *sb, uint64_t parts);
uint32_t ktap_svg_mix(uint32_t from, uint32_t to, unsigned int part);
void ktap_svg_percent(struct strbuf *sb, uint64_t num, uint64_t max);

#endif /* _KTAP_SVG_H */
