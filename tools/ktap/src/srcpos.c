// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Places in a script, and messages about them
 *
 * All phases know a place by its offset in the text. Lines are counted only
 * when a message or the line table of the image asks for them.
 */
#include <stdlib.h>
#include <string.h>

#include "srcpos.h"

/* Longer lines are shown in part. */
#define SHOW_BEFORE	100
#define SHOW_AFTER	60

static void map_lines(struct source *src)
{
	size_t cap = 0;
	const char *p = src->text, *end = src->text + src->size;

	for (;;) {
		src->lines = ktap_grow(src->lines, src->nr_lines, &cap,
				       sizeof(*src->lines));
		src->lines[src->nr_lines++] = p - src->text;
		p = memchr(p, '\n', end - p);
		if (!p)
			break;
		p++;
	}
}

/**
 * ktap_source_linecol - Line and column of an offset
 * @src: the script
 * @pos: offset into it; what is behind the end counts as the end
 *
 * Return: The place.
 */
struct linecol ktap_source_linecol(struct source *src, uint32_t pos)
{
	size_t low = 0, high, mid;

	if (!src->lines)
		map_lines(src);
	if (pos > src->size)
		pos = src->size;

	high = src->nr_lines;
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (src->lines[mid] <= pos)
			low = mid;
		else
			high = mid;
	}
	return (struct linecol){ low + 1, pos - src->lines[low] + 1 };
}

/**
 * ktap_source_line - Find the text of a line
 * @src: the script
 * @line: its number, from 1
 * @len: its length, without the newline
 *
 * Return: Its first character, or NULL if there is no such line.
 */
const char *ktap_source_line(struct source *src, uint32_t line, uint32_t *len)
{
	uint32_t start, end;

	if (!src->lines)
		map_lines(src);
	if (!line || line > src->nr_lines)
		return NULL;

	start = src->lines[line - 1];
	end = line < src->nr_lines ? src->lines[line] - 1 : src->size;
	if (end > start && src->text[end - 1] == '\r')
		end--;
	*len = end - start;
	return src->text + start;
}

/**
 * ktap_source_destroy - Free what belongs to a script, but for its text
 * @src: the script
 */
void ktap_source_destroy(struct source *src)
{
	free(src->lines);
	src->lines = NULL;
	src->nr_lines = 0;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/**
 * ktap_show_line - Print a line of a script, and a caret under a column of it
 * @src: the script
 * @lc: the place
 * @out: where to
 *
 * What a terminal could take for a command is shown as a question mark.
 */
void ktap_show_line(struct source *src, struct linecol lc, FILE *out)
{
	uint32_t len, i, from = 0, to, caret = lc.col - 1;
	const char *text = ktap_source_line(src, lc.line, &len);

	if (!text)
		return;
	if (caret > len)
		caret = len;
	to = len;
	if (len > SHOW_BEFORE + SHOW_AFTER) {
		if (caret > SHOW_BEFORE)
			from = caret - SHOW_BEFORE;
		if (to - caret > SHOW_AFTER)
			to = caret + SHOW_AFTER;
		while (from < caret && is_continuation(text[from]))
			from++;
		while (to < len && is_continuation(text[to]))
			to++;
	}

	fputs(from ? "..." : "", out);
	for (i = from; i < to; i++)
		fputc(text[i] != '\t' && (unsigned char)text[i] < ' ' ? '?' :
		      text[i], out);
	fputs(to < len ? "...\n" : "\n", out);

	fputs(from ? "   " : "", out);
	for (i = from; i < caret; i++)
		if (!is_continuation(text[i]))
			fputc(text[i] == '\t' ? '\t' : ' ', out);
	fputs("^\n", out);
}

static void vmessage(struct diag *diag, uint32_t pos, const char *kind,
		     const char *fmt, va_list ap)
{
	struct linecol lc = { 0, 0 };

	fflush(stdout);
	if (pos != KTAP_NO_POS) {
		lc = ktap_source_linecol(diag->src, pos);
		fprintf(diag->out, "%s:%u:%u: ", diag->src->name, lc.line,
			lc.col);
	}
	fprintf(diag->out, "%s: ", kind);
	vfprintf(diag->out, fmt, ap);
	fputc('\n', diag->out);
	if (pos != KTAP_NO_POS)
		ktap_show_line(diag->src, lc, diag->out);
}

/**
 * ktap_too_many_errors - Whether to give up
 * @diag: the messages so far
 *
 * Return: True if no more errors are shown.
 */
bool ktap_too_many_errors(const struct diag *diag)
{
	return diag->nr_errors >= KTAP_MAX_ERRORS;
}

/**
 * ktap_error - Tell of an error in the script
 * @diag: what counts it
 * @pos: its place
 * @fmt: as for printf(), without a newline
 */
void ktap_error(struct diag *diag, uint32_t pos, const char *fmt, ...)
{
	va_list ap;

	diag->muted = diag->quiet || ktap_too_many_errors(diag);
	/* Who looks whether there were more is to see those, too, that are not shown. */
	diag->nr_errors += !diag->quiet;
	if (diag->muted)
		return;
	va_start(ap, fmt);
	vmessage(diag, pos, "error", fmt, ap);
	va_end(ap);
}

/**
 * ktap_warning - Tell of something that is probably not meant
 * @diag: what counts it
 * @pos: its place
 * @fmt: as for printf(), without a newline
 */
void ktap_warning(struct diag *diag, uint32_t pos, const char *fmt, ...)
{
	va_list ap;

	diag->muted = diag->quiet || ktap_too_many_errors(diag);
	if (diag->muted)
		return;
	va_start(ap, fmt);
	vmessage(diag, pos, "warning", fmt, ap);
	va_end(ap);
	diag->nr_warnings++;
}

/**
 * ktap_note - Say what to do about the error that was told of last
 * @diag: the messages
 * @fmt: as for printf(), without a newline
 */
void ktap_note(struct diag *diag, const char *fmt, ...)
{
	va_list ap;

	if (diag->muted)
		return;
	va_start(ap, fmt);
	vmessage(diag, KTAP_NO_POS, "note", fmt, ap);
	va_end(ap);
}

/**
 * ktap_note_at - Show another place that has to do with the last error
 * @diag: the messages
 * @pos: the place
 * @fmt: as for printf(), without a newline
 */
void ktap_note_at(struct diag *diag, uint32_t pos, const char *fmt, ...)
{
	va_list ap;

	if (diag->muted)
		return;
	va_start(ap, fmt);
	vmessage(diag, pos, "note", fmt, ap);
	va_end(ap);
}
