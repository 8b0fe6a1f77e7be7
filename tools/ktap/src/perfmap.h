/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names that processes give the code that they make
 */
#ifndef _KTAP_PERFMAP_H
#define _KTAP_PERFMAP_H

#include "util.h"

struct perfmap;
struct tmp_dir;

/**
 * struct tmp_dirs - the /tmp of others that are open
 * @first: one of them
 * @nr: their number
 */
struct tmp_dirs {
	struct tmp_dir *first;
	unsigned int nr;
};

struct perfmap *ktap_perfmap_open(struct tmp_dirs *dirs, uint32_t pid);
struct perfmap *ktap_perfmap_get(struct perfmap *map);
void ktap_perfmap_put(struct perfmap *map);
const char *ktap_perfmap_find(struct perfmap *map, uint64_t ts, uint64_t addr,
			      uint64_t *offset);

#endif /* _KTAP_PERFMAP_H */
