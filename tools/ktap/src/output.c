// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What a script prints
 *
 * Other records may come between those of one print_hist(), which is shown at its
 * last one. Text is gathered and written when there is nothing more to read, or much.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

/* Text that is written at once. */
#define FLUSH_SIZE	(64 * 1024)

/**
 * ktap_record_next - Take the next record out of a buffer
 * @rr: the buffer, at a multiple of KTAP_REC_ALIGN
 *
 * Return: The record, or NULL if there is no whole one.
 */
const struct ktap_rec *ktap_record_next(struct record_reader *rr)
{
	const struct ktap_rec *rec = (const void *)rr->pos;
	size_t left = rr->end - rr->pos;

	if (left < sizeof(*rec) || rec->size < sizeof(*rec) ||
	    rec->size > left || rec->size % KTAP_REC_ALIGN)
		return NULL;
	rr->pos += rec->size;
	return rec;
}

/**
 * ktap_record_body - What follows the header of a record
 * @rec: the record
 * @len: its length in bytes
 *
 * Return: The first byte.
 */
const void *ktap_record_body(const struct ktap_rec *rec, size_t *len)
{
	*len = rec->size - sizeof(*rec);
	return rec + 1;
}

static void add_stamp(struct output *out, uint64_t ts)
{
	ktap_strbuf_addf(&out->buf, "[%5llu.%06llu] ",
			 (unsigned long long)(ts / 1000000000),
			 (unsigned long long)(ts % 1000000000 / 1000));
}

static void add_lines(struct output *out, uint64_t ts)
{
	const char *pos = out->text.str, *end = pos + out->text.len, *eol;

	while (pos < end) {
		if (!out->mid_line)
			add_stamp(out, ts);
		eol = memchr(pos, '\n', end - pos);
		out->mid_line = !eol;
		eol = eol ? eol + 1 : end;
		ktap_strbuf_add(&out->buf, pos, eol - pos);
		pos = eol;
	}
}

/**
 * ktap_output_record - Show what a record says
 * @out: where to
 * @rec: record of print(), printf(), print_hist() or print_stat()
 */
void ktap_output_record(struct output *out, const struct ktap_rec *rec)
{
	struct value_reader vr = { .image = out->image };
	struct strbuf *sb = out->stamps ? &out->text : &out->buf;
	struct hist_style style;
	size_t len;

	vr.pos = ktap_record_body(rec, &len);
	vr.end = vr.pos + len;
	out->text.len = 0;
	switch (rec->type) {
	case KTAP_REC_PRINT:
		ktap_values_print(sb, &vr);
		break;
	case KTAP_REC_PRINTF:
		ktap_values_printf(sb, &vr);
		break;
	case KTAP_REC_AGG:
		ktap_hist_begin(&out->hist, vr.pos, len);
		break;
	case KTAP_REC_ITEM:
		ktap_hist_item(&out->hist, &vr);
		break;
	case KTAP_REC_AGG_END:
		ktap_hist_style(&style, out->fd);
		ktap_hist_end(&out->hist, &style, sb);
		break;
	default:
		break;
	}
	if (out->stamps)
		add_lines(out, rec->ts);
	if (out->buf.len >= FLUSH_SIZE)
		ktap_output_flush(out);
}

/**
 * ktap_output_flush - Write all text
 * @out: where to; an error is kept there, and nothing is written any more
 */
void ktap_output_flush(struct output *out)
{
	if (out->buf.len && !out->err)
		out->err = ktap_write_all(out->fd, out->buf.str, out->buf.len);
	out->buf.len = 0;
}

/**
 * ktap_output_destroy - Free the memory of an output
 * @out: the output, which should be flushed
 */
void ktap_output_destroy(struct output *out)
{
	ktap_strbuf_destroy(&out->buf);
	ktap_strbuf_destroy(&out->text);
	ktap_hist_destroy(&out->hist);
}
