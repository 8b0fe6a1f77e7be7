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
void ktap_tracefs_suggest(const char *dir, const char *spec, FILE *out);
void ktap_tracefs_suggest_function(const char *dir, const char *spec, FILE *out);

#endif /* _KTAP_TRACEFS_H */
