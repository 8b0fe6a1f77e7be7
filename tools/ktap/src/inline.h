/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Inlined functions of programs and libraries
 *
 * They are only known where there is libdw; see nolibdw.c.
 */
#ifndef _KTAP_INLINE_H
#define _KTAP_INLINE_H

#include "util.h"

/* How many functions may be inlined into each other at one place. */
#define KTAP_MAX_INLINED	64

/* What debugging information of all files may take, in bytes. */
#define KTAP_INLINE_ROOM	(512UL * 1024 * 1024)

struct inlines;

struct inlines *ktap_inline_open(int fd, const char *path, size_t *room,
				 struct strbuf *reason);
size_t ktap_inline_find(struct inlines *inl, uint64_t pos, const char **names);
void ktap_inline_free(struct inlines *inl);

#endif /* _KTAP_INLINE_H */
