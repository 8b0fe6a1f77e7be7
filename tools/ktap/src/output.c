// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What a script prints
 *
 * Other records may come between those of one print_hist(), which is shown at its
 * last one. Text is gathered and written when there is nothing more to read, or much;
 * that of a screen when all of it is there.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

/* Text that is written at once. */
#define FLUSH_SIZE	(64 * 1024)
#define FLUSH_SCREEN	(1024 * 1024)

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
	ktap_screen_text(&out->screen, &out->buf, out->start);
	if (out->buf.len >= (out->screen.open ? FLUSH_SCREEN : FLUSH_SIZE))
		ktap_output_flush(out);
}

/* Where the text of the current record goes. */
static struct strbuf *begin_text(struct output *out)
{
	out->start = out->buf.len;
	return out->stamps ? &out->text : &out->buf;
}

/* Whether there is something to show; a dump with several lines has air around it. */
static bool begin_hist(struct output *out)
{
	const struct hist *hist = &out->hist;
	bool lines;

	if (hist->head.func != KTAP_FUNC_DUMP)
		return hist->open;
	if (!out->dump || hist->head.flags & KTAP_AGG_READ)
		return false;
	lines = ktap_hist_has_lines(hist);
	if (out->gap || (lines && out->dumped))
		ktap_strbuf_addc(begin_text(out), '\n');
	out->gap = lines;
	out->dumped = true;
	return true;
}

/**
 * ktap_output_finish - Show what print_hist() has sent, if not all of it came
 * @out: where to
 */
void ktap_output_finish(struct output *out)
{
	struct hist_style style;
	size_t len;

	if (out->as_json)
		ktap_json_finish(&out->json, &out->buf);
	if (!begin_hist(out)) {
		ktap_hist_destroy(&out->hist);
		return;
	}
	len = out->buf.len;
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

/* Does the text so far end in the middle of a line? */
static bool in_line(const struct output *out)
{
	return out->buf.len ? out->buf.str[out->buf.len - 1] != '\n' : out->mid_line;
}

static void show_lost(struct output *out, const struct ktap_rec *rec)
{
	const struct ktap_rec_lost *lost;
	struct strbuf *sb;
	size_t len;

	lost = ktap_record_body(rec, &len);
	if (len < sizeof(*lost))
		return;
	if (in_line(out)) {
		ktap_strbuf_addc(&out->buf, '\n');
		out->mid_line = false;
	}
	sb = begin_text(out);
	ktap_strbuf_addf(sb, "--- lost %llu event%s on cpu %u ---\n",
			 (unsigned long long)lost->count, lost->count == 1 ? "" : "s",
			 rec->cpu);
	end_text(out, rec->ts);
}

static void show_record(struct output *out, const struct ktap_rec *rec)
{
	struct value_reader vr = {
		.image = out->image,
		.usym = out->usym,
		.ts = rec->ts,
	};
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
		ktap_hist_begin(&out->hist, out->image, vr.pos, len);
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
	case KTAP_REC_TICK:
		ktap_output_end_screen(out);
		break;
	case KTAP_REC_LOST:
		show_lost(out, rec);
		break;
	default:
		break;
	}
}

/**
 * ktap_output_record - Show what a record says
 * @out: where to
 * @rec: any record; not all have something to show
 */
void ktap_output_record(struct output *out, const struct ktap_rec *rec)
{
	if (!out->as_json) {
		show_record(out, rec);
		return;
	}
	out->json.image = out->image;
	out->json.usym = out->usym;
	out->json.dump = out->dump;
	ktap_json_record(&out->json, rec, &out->buf);
	if (out->buf.len >= FLUSH_SIZE)
		ktap_output_flush(out);
}

/**
 * ktap_output_idle - There is nothing more to read now
 * @out: where text is written to, unless it is a part of a screen
 */
void ktap_output_idle(struct output *out)
{
	if (!out->screen.open)
		ktap_output_flush(out);
}

/**
 * ktap_output_end_screen - Write a screen, if one is being drawn
 * @out: where to
 */
void ktap_output_end_screen(struct output *out)
{
	if (!out->screen.open)
		return;
	ktap_screen_end(&out->screen, &out->buf);
	ktap_output_flush(out);
	/* What ends it is no part of a line. */
	out->mid_line = false;
}

/**
 * ktap_output_restore - Write all text, and leave the terminal as it was found
 * @out: where to
 */
void ktap_output_restore(struct output *out)
{
	ktap_screen_restore(&out->screen, &out->buf);
	ktap_output_flush(out);
	out->mid_line = false;
}

/**
 * ktap_output_stats - Show all counters, if it is JSON
 * @out: where to
 * @stats: the counters
 * @heap_size: bytes of memory for tables and strings
 * @heap_used: bytes of it that were ever in use
 */
void ktap_output_stats(struct output *out, const uint64_t stats[KTAP_STAT_NR],
		       uint64_t heap_size, uint64_t heap_used)
{
	if (out->as_json)
		ktap_json_stats(stats, heap_size, heap_used, &out->buf);
}

/**
 * ktap_output_flush - Write all text
 * @out: where to; an error is kept there, and nothing is written any more
 */
void ktap_output_flush(struct output *out)
{
	const struct strbuf *buf = &out->buf;

	/* What is watched meanwhile may want to write as well. */
	if (out->flushing)
		return;
	out->flushing = true;
	if (buf->len && !out->err && out->watch)
		out->err = ktap_write_watched(out->fd, buf->str, buf->len, out->watch);
	else if (buf->len && !out->err)
		out->err = ktap_write_all(out->fd, buf->str, buf->len);
	out->flushing = false;
	out->mid_line = in_line(out);
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
	ktap_json_destroy(&out->json);
}
