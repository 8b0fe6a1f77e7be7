/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Formats of printf()
 */
#ifndef _KTAP_FORMAT_H
#define _KTAP_FORMAT_H

#include "util.h"

/* What is wider or more precise is cut to this. */
#define KTAP_MAX_WIDTH		65535

/**
 * struct conversion - one "%" of a format, with all that belongs to it
 * @text: the characters; those of a conversion begin with '%'
 * @len: their number
 * @conv: the letter, '?' if it is none that there is, or NUL if these are plain
 *        characters
 * @left: flag '-'
 * @zero: flag '0'
 * @plus: flag '+'
 * @space: flag ' '
 * @alt: flag '#'
 * @width_arg: '*' as width
 * @prec_arg: '*' as precision
 * @width: the width, or 0
 * @prec: the precision, or -1
 */
struct conversion {
	const char *text;
	size_t len;
	char conv;
	bool left;
	bool zero;
	bool plus;
	bool space;
	bool alt;
	bool width_arg;
	bool prec_arg;
	int width;
	int prec;
};

bool ktap_format_next(const char **pos, const char *end,
		      struct conversion *conv);

#endif /* _KTAP_FORMAT_H */
