// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Functions, markers and symbols of programs, where there is no libelf
 */
#include <unistd.h>

#include "symtab.h"
#include "user.h"

/* For functions an offset does it. */
bool ktap_user_functions(const char *path, const char *glob, user_place_fn fn,
			 void *data, struct strbuf *reason)
{
	(void)fn;
	(void)data;
	ktap_strbuf_addf(reason, "cannot find '%s' in '%s': this ktap was built without libelf\n"
			 "only offsets work, as in probe:%s:0x1234", glob, path, path);
	return false;
}

bool ktap_user_markers(const char *path, const char *provider, const char *glob,
		       user_place_fn fn, void *data, struct strbuf *reason)
{
	(void)provider;
	(void)fn;
	(void)data;
	ktap_strbuf_addf(reason, "cannot find '%s' in '%s': this ktap was built without libelf",
			 glob, path);
	return false;
}

struct symtab *ktap_symtab_open(int fd, const char *path, struct strbuf *reason)
{
	close(fd);
	ktap_strbuf_addf(reason, "no symbols of '%s': this ktap was built without libelf",
			 path);
	return NULL;
}

struct symtab *ktap_symtab_open_memory(void *image, size_t size, const char *name,
				       struct strbuf *reason)
{
	(void)image;
	(void)size;
	ktap_strbuf_addf(reason, "no symbols of '%s': this ktap was built without libelf",
			 name);
	return NULL;
}

void ktap_symtab_free(struct symtab *tab)
{
	(void)tab;
}

const char *ktap_symtab_find(struct symtab *tab, uint64_t pos, uint64_t *offset)
{
	(void)tab;
	(void)pos;
	(void)offset;
	return NULL;
}
