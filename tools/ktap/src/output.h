/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What a script prints
 */
#ifndef _KTAP_OUTPUT_H
#define _KTAP_OUTPUT_H

#include "hist.h"
#include "json.h"
#include "screen.h"

/**
 * struct output - where records become text
 * @fd: the file that is written to
 * @image: where constant strings are
 * @usym: what names addresses of user code, or NULL
 * @stamps: a time stamp begins each line
 * @dump: show variables that the script never reads
 * @dumped: one was shown
 * @gap: a blank line separates the next one
 * @screen: the terminal, if that is where it goes
 * @as_json: records become JSON in place of text
 * @mid_line: the last text that was written did not end its line
 * @buf: text that was not written yet
 * @start: where that of the current record begins in it
 * @text: text of the current record
 * @hist: what print_hist() or print_stat() is sending
 * @ts: time of the last record of it
 * @json: what is needed for JSON
 * @watch: what may end the wait for who reads it, or NULL
 * @flushing: it is being written
 * @err: negative errno of a write that failed; -EINTR if the wait ended
 */
struct output {
	int fd;
	const struct image_view *image;
	struct usym *usym;
	bool stamps;
	bool dump;
	bool dumped;
	bool gap;
	bool as_json;
	bool mid_line;
	struct screen screen;
	struct strbuf buf;
	size_t start;
	struct strbuf text;
	struct hist hist;
	uint64_t ts;
	struct json json;
	const struct watch *watch;
	bool flushing;
	int err;
};

void ktap_output_record(struct output *out, const struct ktap_rec *rec);
void ktap_output_finish(struct output *out);
void ktap_output_idle(struct output *out);
void ktap_output_end_screen(struct output *out);
void ktap_output_stats(struct output *out, const uint64_t stats[KTAP_STAT_NR],
		       uint64_t heap_size, uint64_t heap_used);
void ktap_output_flush(struct output *out);
void ktap_output_restore(struct output *out);
void ktap_output_destroy(struct output *out);

/**
 * struct record_reader - records in a buffer that was read
 * @pos: the next one
 * @end: behind the last one
 */
struct record_reader {
	const char *pos;
	const char *end;
};

const struct ktap_rec *ktap_record_next(struct record_reader *rr);
const void *ktap_record_body(const struct ktap_rec *rec, size_t *len);
void ktap_record_error(const struct ktap_rec *rec,
		       const struct image_view *image, struct strbuf *sb);

#endif /* _KTAP_OUTPUT_H */
