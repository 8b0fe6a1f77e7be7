/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Timers, perf events and watchpoints by their names
 */
#ifndef _KTAP_PERF_H
#define _KTAP_PERF_H

#include "util.h"

bool ktap_timer_spec(const char *text, size_t len, struct strbuf *spec,
		     struct strbuf *reason);
bool ktap_perf_spec(const char *text, size_t len, struct strbuf *spec,
		    struct strbuf *reason);
bool ktap_mem_spec(const char *text, size_t len, struct strbuf *spec,
		   struct strbuf *reason);

#endif /* _KTAP_PERF_H */
