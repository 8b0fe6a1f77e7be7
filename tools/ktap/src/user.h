/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Functions and markers of programs and libraries
 *
 * What fails leaves the reason in a string: the message, and behind it, on a line
 * of its own, a hint if there is one.
 */
#ifndef _KTAP_USER_H
#define _KTAP_USER_H

#include <stdio.h>

#include "util.h"

/**
 * struct user_place - a place in a program or library
 * @name: of the function or marker; "NAME+0x10" if it is inside of a function
 * @provider: of the marker; NULL for functions
 * @offset: in the file
 * @semaphore: offset in the file of what counts those who trace it; 0 for none
 * @fetch: arguments of the marker as the kernel fetches them, "arg1=..." and so on;
 *         those that it cannot fetch are left out. NULL for functions.
 * @args: arguments of the marker as its note has them; NULL for functions
 */
struct user_place {
	const char *name;
	const char *provider;
	uint64_t offset;
	uint64_t semaphore;
	const char *fetch;
	const char *args;
};

typedef void (*user_place_fn)(void *data, const struct user_place *place);

char *ktap_user_path(const char *name, int pid, struct strbuf *reason);
bool ktap_user_functions(const char *path, const char *glob, user_place_fn fn,
			 void *data, struct strbuf *reason);
bool ktap_user_markers(const char *path, const char *provider, const char *glob,
		       user_place_fn fn, void *data, struct strbuf *reason);
bool ktap_user_list_functions(const char *path, const char *glob, bool verbose,
			      FILE *out, struct strbuf *reason);
bool ktap_user_list_markers(const char *path, const char *glob, bool verbose,
			    FILE *out, struct strbuf *reason);

#endif /* _KTAP_USER_H */
