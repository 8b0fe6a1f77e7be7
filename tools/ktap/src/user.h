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
 * struct user_arg - an argument of a marker
 * @note: where it is, as the note has it
 * @fetch: how the kernel fetches it, NULL if it cannot
 */
struct user_arg {
	const char *note;
	const char *fetch;
};

/**
 * struct user_place - a place in a program or library
 * @name: of the function or marker; "NAME+0x10" if it is inside of a function
 * @provider: of the marker; NULL for functions
 * @offset: in the file
 * @size: of the function in bytes, 0 if it is not known
 * @semaphore: offset in the file of what counts those who trace it; 0 for none
 * @fetch: the arguments of the marker that can be fetched, "arg1=..." and so on;
 *         NULL for functions
 * @args: all arguments of the marker
 * @nr_args: their number
 */
struct user_place {
	const char *name;
	const char *provider;
	uint64_t offset;
	uint64_t size;
	uint64_t semaphore;
	const char *fetch;
	const struct user_arg *args;
	size_t nr_args;
};

typedef void (*user_place_fn)(void *data, const struct user_place *place);

char *ktap_user_path(const char *name, int pid, struct strbuf *reason);
void ktap_user_library(const char *name, struct strbuf *text);
bool ktap_user_functions(const char *path, const char *glob, user_place_fn fn,
			 void *data, struct strbuf *reason);
bool ktap_user_markers(const char *path, const char *provider, const char *glob,
		       user_place_fn fn, void *data, struct strbuf *reason);
bool ktap_user_list_functions(const char *path, const char *glob, bool verbose,
			      FILE *out, struct strbuf *reason);
bool ktap_user_list_markers(const char *path, const char *glob, bool verbose,
			    FILE *out, struct strbuf *reason);

#endif /* _KTAP_USER_H */
