/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names as their programmers wrote them
 */
#ifndef _KTAP_DEMANGLE_H
#define _KTAP_DEMANGLE_H

#include "util.h"

const char *ktap_demangle(struct arena *arena, const char *name);

#endif /* _KTAP_DEMANGLE_H */
