/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Records as JSON
 */
#ifndef _KTAP_JSON_H
#define _KTAP_JSON_H

#include "value.h"

/**
 * struct json - what is needed to make JSON of records
 * @image: where constant strings and functions are
 * @usym: what names addresses of user code, or NULL
 * @dump: show variables that the script never reads
 * @attached: number of events that were attached
 * @skipped: number of places that a glob meant and that could not be
 * @head: what the kernel said of the aggregate that is coming
 * @open: it is coming
 * @more: the next item goes on with the ranges of the last one
 * @item: the last item has no end yet
 * @ranges: nor have its ranges
 * @kind: what its items are
 * @entries: its items
 * @last: header of the last record of it
 * @text: room for a text
 */
struct json {
	const struct image_view *image;
	struct usym *usym;
	bool dump;
	uint32_t attached;
	uint32_t skipped;
	struct ktap_rec_agg head;
	bool open;
	bool more;
	bool item;
	bool ranges;
	const char *kind;
	struct strbuf entries;
	struct ktap_rec last;
	struct strbuf text;
};

void ktap_json_record(struct json *json, const struct ktap_rec *rec,
		      struct strbuf *sb);
void ktap_json_finish(struct json *json, struct strbuf *sb);
void ktap_json_stats(const uint64_t stats[KTAP_STAT_NR], uint64_t heap_size,
		     uint64_t heap_used, struct strbuf *sb);
void ktap_json_destroy(struct json *json);

#endif /* _KTAP_JSON_H */
