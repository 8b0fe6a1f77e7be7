/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the kernel tells of mappings
 */
#ifndef _KTAP_SIDEBAND_H
#define _KTAP_SIDEBAND_H

#include "maps.h"

/**
 * struct sideband - perf events that tell of mappings
 * @epoll: wakes who waits when there is much to read; -1 if there are no events
 * @rings: where records are, one for each CPU
 * @nr: their number
 * @records: those that were read, but are too new
 * @until: when that was
 * @lost: records for which there was no room
 */
struct sideband {
	int epoll;
	struct side_ring *rings;
	size_t nr;
	struct strbuf records;
	uint64_t until;
	uint64_t lost;
};

int ktap_sideband_open(struct sideband *side);
void ktap_sideband_close(struct sideband *side);
void ktap_sideband_read(struct sideband *side, struct maps *maps);

#endif /* _KTAP_SIDEBAND_H */
