/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - All phases of the compiler
 */
#ifndef _KTAP_COMPILE_H
#define _KTAP_COMPILE_H

#include "ast.h"

void ktap_script_init(struct script *script, const char *name, const char *text,
		      size_t size);
void ktap_script_destroy(struct script *script);
bool ktap_compile(struct script *script, struct strbuf *image);

#endif /* _KTAP_COMPILE_H */
