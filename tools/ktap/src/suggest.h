/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What was perhaps meant by an event that the kernel refuses
 */
#ifndef _KTAP_SUGGEST_H
#define _KTAP_SUGGEST_H

#include <stdio.h>

#include "util.h"

void ktap_suggest_event(const char *dir, const char *spec, FILE *out);
void ktap_suggest_function(const char *dir, const char *spec, FILE *out);
void ktap_suggest_symbol(const char *spec, FILE *out);
void ktap_suggest_field(const char *dir, const char *spec, const char *name,
			FILE *out);
void ktap_suggest_filter(const char *dir, const char *spec, const char *filter,
			 FILE *out);
void ktap_suggest_fetch(const char *dir, FILE *out);

#endif /* _KTAP_SUGGEST_H */
