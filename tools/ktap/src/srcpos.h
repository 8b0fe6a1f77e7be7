/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Places in a script, and messages about them
 */
#ifndef _KTAP_SRCPOS_H
#define _KTAP_SRCPOS_H

#include <stdio.h>

#include "util.h"

/* Errors after which there is no point in going on. */
#define KTAP_MAX_ERRORS		20
/* No place at all. */
#define KTAP_NO_POS		UINT32_MAX
/* Places are 32-bit offsets. */
#define KTAP_MAX_SOURCE		0x40000000u

/**
 * struct source - the text of a script
 * @name: for messages
 * @text: the script, with a NUL behind it
 * @size: its length in bytes
 * @lines: offset of the start of each line; made when first needed
 * @nr_lines: their number
 */
struct source {
	const char *name;
	const char *text;
	uint32_t size;
	uint32_t *lines;
	size_t nr_lines;
};

/**
 * struct linecol - a place as people count
 * @line: from 1
 * @col: byte in the line, from 1
 */
struct linecol {
	uint32_t line;
	uint32_t col;
};

struct linecol ktap_source_linecol(struct source *src, uint32_t pos);
const char *ktap_source_line(struct source *src, uint32_t line, uint32_t *len);
void ktap_source_destroy(struct source *src);

/**
 * struct diag - messages about a script
 * @src: the script
 * @out: where messages go
 * @nr_errors: how many errors there were
 * @nr_warnings: how many warnings there were
 * @quiet: nothing is to be told of now
 * @muted: the last message was left out, and with it go its notes
 */
struct diag {
	struct source *src;
	FILE *out;
	unsigned int nr_errors;
	unsigned int nr_warnings;
	bool quiet;
	bool muted;
};

void ktap_error(struct diag *diag, uint32_t pos, const char *fmt, ...)
	__ktap_printf(3, 4);
void ktap_warning(struct diag *diag, uint32_t pos, const char *fmt, ...)
	__ktap_printf(3, 4);
void ktap_note(struct diag *diag, const char *fmt, ...) __ktap_printf(2, 3);
void ktap_note_at(struct diag *diag, uint32_t pos, const char *fmt, ...)
	__ktap_printf(3, 4);
bool ktap_too_many_errors(const struct diag *diag);
void ktap_show_line(struct source *src, struct linecol lc, FILE *out);

#endif /* _KTAP_SRCPOS_H */
