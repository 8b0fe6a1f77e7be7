/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Records that are held back
 */
#ifndef _KTAP_SPEC_H
#define _KTAP_SPEC_H

#include <linux/ktap.h>

#include "util.h"

/**
 * struct spec - a speculation
 * @id: its number, 0 if there is none
 * @over: number of the last one that is over
 * @nr: records that it has
 * @recs: the records, as they are when they are not held back
 */
struct spec {
	uint64_t id;
	uint64_t over;
	uint64_t nr;
	struct strbuf recs;
};

/**
 * struct specs - all of a session
 * @spec: by the rest of their numbers
 * @bytes: memory of all records
 * @lost: records that there was no room for, or whose end did not come
 * @late: records that came behind the end
 */
struct specs {
	struct spec spec[KTAP_MAX_SPECS];
	size_t bytes;
	uint64_t lost;
	uint64_t late;
};

void ktap_specs_hold(struct specs *specs, const struct ktap_rec *rec);
void ktap_specs_end(struct specs *specs, const struct ktap_rec *rec,
		    void (*show)(void *data, const struct ktap_rec *rec),
		    void *data);
void ktap_specs_destroy(struct specs *specs);

#endif /* _KTAP_SPEC_H */
