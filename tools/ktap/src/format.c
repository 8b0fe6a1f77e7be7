// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Formats of printf()
 *
 * The checker reads formats to count arguments, and the output to print them;
 * both must see the same.
 */
#include <string.h>

#include "format.h"

static int read_number(const char **pos, const char *end)
{
	int num = 0;

	for (; *pos < end && ktap_is_digit(**pos); ++*pos) {
		num = num * 10 + **pos - '0';
		if (num > KTAP_MAX_WIDTH)
			num = KTAP_MAX_WIDTH;
	}
	return num;
}

static bool read_flag(char c, struct conversion *conv)
{
	switch (c) {
	case '-':
		conv->left = true;
		return true;
	case '0':
		conv->zero = true;
		return true;
	case '+':
		conv->plus = true;
		return true;
	case ' ':
		conv->space = true;
		return true;
	case '#':
		conv->alt = true;
		return true;
	default:
		return false;
	}
}

static void read_width(const char **pos, const char *end,
		       struct conversion *conv)
{
	if (*pos < end && **pos == '*') {
		conv->width_arg = true;
		++*pos;
	} else {
		conv->width = read_number(pos, end);
	}
	if (*pos == end || **pos != '.')
		return;
	++*pos;
	if (*pos < end && **pos == '*') {
		conv->prec_arg = true;
		++*pos;
	} else {
		conv->prec = read_number(pos, end);
	}
}

/* What C wants to know about the size of integers, which makes no difference. */
static bool is_size(const char *pos, const char *end)
{
	switch (*pos) {
	case 'h':
	case 'l':
	case 'q':
	case 'j':
	case 'z':
		return true;
	case 't':
		return pos + 1 < end && pos[1] && strchr("diuxXo", pos[1]);
	default:
		return false;
	}
}

/* The letters. They are looked for with each record. */
static bool is_conversion(char c)
{
	switch (c) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
	case 'c':
	case 's':
	case 'p':
	case 't':
	case '%':
		return true;
	default:
		return false;
	}
}

/**
 * ktap_format_next - Read the next piece of a format
 * @pos: where to begin; moved behind the piece
 * @end: end of the format
 * @conv: the piece
 *
 * A piece whose letter is none that there is, or '%' at the end of the format, is a
 * conversion all the same, with '?' as its letter.
 *
 * Return: False if there is nothing more.
 */
bool ktap_format_next(const char **pos, const char *end,
		      struct conversion *conv)
{
	memset(conv, 0, sizeof(*conv));
	conv->text = *pos;
	conv->prec = -1;
	if (*pos == end)
		return false;

	if (**pos != '%') {
		while (*pos < end && **pos != '%')
			++*pos;
		conv->len = *pos - conv->text;
		return true;
	}

	++*pos;
	while (*pos < end && read_flag(**pos, conv))
		++*pos;
	read_width(pos, end, conv);
	while (*pos < end && is_size(*pos, end))
		++*pos;
	conv->conv = '?';
	if (*pos < end && is_conversion(**pos))
		conv->conv = *(*pos)++;
	conv->len = *pos - conv->text;
	return true;
}
