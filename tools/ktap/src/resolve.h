/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What follows from functions calling each other
 */
#ifndef _KTAP_RESOLVE_H
#define _KTAP_RESOLVE_H

#include "ast.h"

/* What is said of a name that cannot be used somewhere. */
#define KTAP_ONLY_IN_PROBE	"has a meaning only where an event is handled"
#define KTAP_NOT_IN_PROBE	"is not possible where an event is handled"

/* Least number of results, as long as there is no way to return. */
#define KTAP_NEVER_RETURNS	(KTAP_MAX_RESULTS + 1)

bool ktap_is_multi(const struct expr *ex);
bool ktap_add_results(struct func *func, uint32_t min, uint32_t max);
void ktap_resolve(struct script *script);

#endif /* _KTAP_RESOLVE_H */
