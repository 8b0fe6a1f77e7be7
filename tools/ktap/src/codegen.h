/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - From syntax tree to instructions
 */
#ifndef _KTAP_CODEGEN_H
#define _KTAP_CODEGEN_H

#include "ast.h"
#include "image.h"

void ktap_codegen(struct script *script, struct image *img);

#endif /* _KTAP_CODEGEN_H */
