// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Functions and markers of programs, where there is no libelf
 */
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
