/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Filters of events
 */
#ifndef _KTAP_FILTER_H
#define _KTAP_FILTER_H

#include "ast.h"

bool ktap_filter_may_be_kernels(const struct script *script,
				const struct trace *trace);
void ktap_filter_choose(struct script *script, struct trace *trace);

#endif /* _KTAP_FILTER_H */
