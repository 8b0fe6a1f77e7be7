/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names that are like one that does not exist
 */
#ifndef _KTAP_NEAREST_H
#define _KTAP_NEAREST_H

#include "util.h"

#define KTAP_MAX_NEAREST	3

/**
 * struct nearest - the names found so far
 * @name: what is looked for
 * @limit: number of edits from which on a name is not like it
 * @names: the nearest ones, the best first; they are not copied
 * @dist: how many edits each is away
 * @nr: their number
 */
struct nearest {
	const char *name;
	unsigned int limit;
	const char *names[KTAP_MAX_NEAREST];
	unsigned int dist[KTAP_MAX_NEAREST];
	size_t nr;
};

void ktap_nearest_init(struct nearest *near, const char *name);
void ktap_nearest_try(struct nearest *near, const char *name);
void ktap_nearest_tell(const struct nearest *near, struct strbuf *sb);

#endif /* _KTAP_NEAREST_H */
