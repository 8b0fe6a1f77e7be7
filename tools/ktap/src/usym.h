/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names of addresses of user code
 */
#ifndef _KTAP_USYM_H
#define _KTAP_USYM_H

#include "inline.h"
#include "maps.h"
#include "sideband.h"

/**
 * struct usym - what is known of addresses
 * @maps: what processes have mapped
 * @side: what tells of that
 * @foreign: the numbers of processes here are not those that scripts have
 * @verbose: tell why there are no names
 * @told: that was told
 * @inline_room: what debugging information may take from now on, in bytes
 */
struct usym {
	struct maps maps;
	struct sideband side;
	bool foreign;
	bool verbose;
	bool told;
	size_t inline_room;
};

/**
 * struct usym_addr - an address of user code
 * @pid: the process, by its number in the initial namespace
 * @ts: when it was there
 * @addr: the address
 * @caller: it is where a function goes on that has called another one
 * @frame: it is a frame of a stack: what was inlined there is of interest
 */
struct usym_addr {
	uint32_t pid;
	uint64_t ts;
	uint64_t addr;
	bool caller;
	bool frame;
};

/**
 * struct usym_name - what is known of an address
 * @name: of the function; NULL if that is not known
 * @dso: name of the program or library, "vdso", or "jit" for code that was made when
 *       the program ran; NULL if that is not known
 * @offset: how far it is behind the beginning of the function, without @name in the
 *          file of @dso; without either the address itself
 * @inlined: functions that were inlined there, the innermost first
 * @nr_inlined: how many of them
 *
 * Strings live as long as the &struct usym.
 */
struct usym_name {
	const char *name;
	const char *dso;
	uint64_t offset;
	const char *inlined[KTAP_MAX_INLINED];
	size_t nr_inlined;
};

void ktap_usym_init(struct usym *us, bool verbose);
void ktap_usym_open(struct usym *us, uint32_t pid, bool children, bool exec);
void ktap_usym_read(struct usym *us);
void ktap_usym_find(struct usym *us, const struct usym_addr *addr,
		    struct usym_name *name);
void ktap_usym_add_frame(struct strbuf *sb, const struct usym_name *name);
void ktap_usym_add_symbol(struct strbuf *sb, const struct usym_name *name);
void ktap_usym_show_lost(const struct usym *us);
void ktap_usym_destroy(struct usym *us);

#endif /* _KTAP_USYM_H */
