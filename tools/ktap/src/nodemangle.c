// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names as symbols have them, where there is no libiberty
 */
#include "demangle.h"

const char *ktap_demangle(struct arena *arena, const char *name)
{
	(void)arena;
	return name;
}
