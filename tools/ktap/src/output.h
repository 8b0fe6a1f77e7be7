/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What a script prints
 */
#ifndef _KTAP_OUTPUT_H
#define _KTAP_OUTPUT_H

#include "hist.h"

/**
 * struct output - where records become text
 * @fd: the file that is written to
 * @image: where constant strings are
 * @stamps: a time stamp begins each line
 * @mid_line: the last text did not end its line
 * @buf: text that was not written yet
 * @text: text of the current record
 * @hist: what print_hist() or print_stat() is sending
 * @ts: time of the last record of it
 * @err: negative errno of a write that failed
 */
struct output {
	int fd;
	const struct image_view *image;
	bool stamps;
	bool mid_line;
	struct strbuf buf;
	struct strbuf text;
	struct hist hist;
	uint64_t ts;
	int err;
};

void ktap_output_record(struct output *out, const struct ktap_rec *rec);
void ktap_output_finish(struct output *out);
void ktap_output_flush(struct output *out);
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
