/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Expressions that have a type of the kernel
 */
#ifndef _KTAP_TYPES_H
#define _KTAP_TYPES_H

#include "ast.h"

bool ktap_type_param(struct script *script, const struct stmt *handler,
		     struct expr *ex, const char *name);
bool ktap_type_result(struct script *script, const struct stmt *handler,
		      struct expr *ex);
bool ktap_type_cast(struct script *script, struct expr *ex);
bool ktap_type_member(struct script *script, struct expr *ex);
bool ktap_type_element(struct script *script, struct expr *ex);
bool ktap_type_var(struct script *script, struct expr *ex,
		   const struct typed *init);
bool ktap_type_same(const struct typed *a, const struct typed *b);

#endif /* _KTAP_TYPES_H */
