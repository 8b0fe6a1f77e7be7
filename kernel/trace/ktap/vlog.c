// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Text that tells user space why something was refused
 */
#include "vlog.h"

/**
 * ktap_log - Add to a log
 * @log: log
 * @fmt: as for printk(), without a level; there may be parts of a line
 *
 * Context: Any context.
 */
void ktap_log(struct ktap_log *log, const char *fmt, ...)
{
	u32 room = log->size > log->len ? log->size - log->len : 0;
	va_list args;

	va_start(args, fmt);
	log->len += vsnprintf(room ? log->buf + log->len : NULL, room, fmt, args);
	va_end(args);
}

/**
 * ktap_log_clear - Forget what is in a log
 * @log: log
 *
 * Context: Any context.
 */
void ktap_log_clear(struct ktap_log *log)
{
	log->len = 0;
	if (log->size)
		log->buf[0] = '\0';
}
