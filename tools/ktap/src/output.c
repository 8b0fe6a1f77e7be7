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

/* A place in the script, as far as it is known. */
static void add_place(struct strbuf *sb, const struct image_view *image,
		      uint32_t line)
{
	ktap_strbuf_addf(sb, "%s", ktap_image_name(image));
	if (line)
		ktap_strbuf_addf(sb, ":%u", line);
}

/* A function that ran, and where it was called. */
static void add_frame(struct strbuf *sb, const struct image_view *image,
		      uint32_t name, uint32_t line)
{
	const char *str = "?";
	size_t len = 1;

	ktap_image_string(image, name, &str, &len);
	ktap_strbuf_addf(sb, "    in function '");
	ktap_strbuf_add(sb, str, len);
	ktap_strbuf_addf(sb, "', called at ");
	add_place(sb, image, line);
	ktap_strbuf_addc(sb, '\n');
}

/**
 * ktap_record_error - What an error that a script made looks like
 * @rec: record KTAP_REC_ERROR
 * @image: the program
 * @sb: gets a line with the place and the message, and one for each caller;
 *      nothing if the record makes no sense
 */
void ktap_record_error(const struct ktap_rec *rec,
		       const struct image_view *image, struct strbuf *sb)
{
	const struct ktap_rec_error *err;
	uint32_t i, nr;
	size_t len;

	err = ktap_record_body(rec, &len);
	if (len < sizeof(*err) || err->len > len - sizeof(*err))
		return;
	nr = err->nr_frames < KTAP_MAX_FRAMES ? err->nr_frames : KTAP_MAX_FRAMES;
	add_place(sb, image, nr ? err->frames[0].line : 0);
	ktap_strbuf_add(sb, ": error: ", 9);
	ktap_strbuf_add(sb, err->text, err->len);
	ktap_strbuf_addc(sb, '\n');
	/* Nobody called the outermost one. */
	for (i = 0; i + 1 < nr; i++)
		add_frame(sb, image, err->frames[i].name,
			  err->frames[i + 1].line);
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

/* Writes what the current record came to, which may be nothing. */
static void end_text(struct output *out, uint64_t ts)
{
	if (out->text.len)
		add_lines(out, ts);
	out->text.len = 0;
	if (out->buf.len >= FLUSH_SIZE)
		ktap_output_flush(out);
}

/* Where the text of the current record goes. */
static struct strbuf *begin_text(struct output *out)
{
	return out->stamps ? &out->text : &out->buf;
}

/**
 * ktap_output_finish - Show what print_hist() has sent, if not all of it came
 * @out: where to
 */
void ktap_output_finish(struct output *out)
{
	struct hist_style style;
	size_t len = out->buf.len;

	if (!out->hist.open)
		return;
	ktap_hist_style(&style, out->fd);
	if (out->stamps) {
		/* Measured by writing one. */
		add_stamp(out, out->ts);
		len = out->buf.len - len;
		out->buf.len -= len;
		style.width -= style.width < len ? style.width : len;
	}
	ktap_hist_end(&out->hist, &style, begin_text(out));
	end_text(out, out->ts);
}

/**
 * ktap_output_record - Show what a record says
 * @out: where to
 * @rec: record of print(), printf(), print_hist() or print_stat()
 */
void ktap_output_record(struct output *out, const struct ktap_rec *rec)
{
	struct value_reader vr = { .image = out->image };
	size_t len;

	vr.pos = ktap_record_body(rec, &len);
	vr.end = vr.pos + len;
	switch (rec->type) {
	case KTAP_REC_PRINT:
		ktap_values_print(begin_text(out), &vr);
		end_text(out, rec->ts);
		break;
	case KTAP_REC_PRINTF:
		ktap_values_printf(begin_text(out), &vr);
		end_text(out, rec->ts);
		break;
	case KTAP_REC_AGG:
		ktap_output_finish(out);
		ktap_hist_begin(&out->hist, vr.pos, len);
		out->ts = rec->ts;
		break;
	case KTAP_REC_ITEM:
		ktap_hist_item(&out->hist, &vr);
		out->ts = rec->ts;
		break;
	case KTAP_REC_AGG_END:
		out->ts = rec->ts;
		ktap_output_finish(out);
		break;
	default:
		break;
	}
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
