/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Names, kinds of values, and what makes no sense
 */
#ifndef _KTAP_CHECK_H
#define _KTAP_CHECK_H

#include "ast.h"

void ktap_check(struct script *script);

#endif /* _KTAP_CHECK_H */
