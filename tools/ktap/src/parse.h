/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - From text to syntax tree
 */
#ifndef _KTAP_PARSE_H
#define _KTAP_PARSE_H

#include "ast.h"

void ktap_parse(struct script *script);

#endif /* _KTAP_PARSE_H */
