/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What tracefs tells
 */
#ifndef _KTAP_TRACEFS_H
#define _KTAP_TRACEFS_H

#include <stdio.h>

#include "util.h"

int ktap_tracefs_open(const char *dir);
int ktap_tracefs_read(const char *dir, const char *name, struct strbuf *text);
int ktap_tracefs_list(const char *dir, const char *glob, bool fields, FILE *out);
int ktap_tracefs_format(const char *dir, const char *event, struct strbuf *text);
char *ktap_tracefs_line(char **text);
char **ktap_tracefs_events(const char *dir, struct strbuf *text, size_t *nr,
			   int *err);

#endif /* _KTAP_TRACEFS_H */
