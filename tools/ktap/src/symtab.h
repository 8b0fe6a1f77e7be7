/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names of places in programs and libraries
 *
 * Places are known by where they are in the file, as mappings have it.
 */
#ifndef _KTAP_SYMTAB_H
#define _KTAP_SYMTAB_H

#include "util.h"

struct symtab;

struct symtab *ktap_symtab_open(int fd, const char *path, struct strbuf *reason);
struct symtab *ktap_symtab_open_memory(void *image, size_t size, const char *name,
				       struct strbuf *reason);
void ktap_symtab_free(struct symtab *tab);
const char *ktap_symtab_find(struct symtab *tab, uint64_t pos, uint64_t *offset);

#endif /* _KTAP_SYMTAB_H */
