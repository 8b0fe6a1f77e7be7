/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Text that tells user space why something was refused
 */
#ifndef _KTAP_VLOG_H
#define _KTAP_VLOG_H

#include "core_internal.h"

/**
 * struct ktap_log - a text that grows
 * @buf: text with a NUL at its end, or NULL if nobody wants it
 * @size: of @buf in bytes
 * @len: of the whole text, which may be more than @buf has room for
 * @most: the greatest @len so far; what is not kept of it is missing even if the text
 *        got shorter again
 */
struct ktap_log {
	char *buf;
	u32 size;
	u32 len;
	u32 most;
};

__printf(2, 3)
void ktap_log(struct ktap_log *log, const char *fmt, ...);
void ktap_log_trim(struct ktap_log *log, u32 len);
void ktap_log_drop(struct ktap_log *log, u32 len);

#endif /* _KTAP_VLOG_H */
