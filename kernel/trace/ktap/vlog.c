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
	log->most = max(log->most, log->len);
	va_end(args);
}

/**
 * ktap_log_trim - Forget what was added to a log
 * @log: log
 * @len: its length before
 *
 * Context: Any context.
 */
void ktap_log_trim(struct ktap_log *log, u32 len)
{
	log->len = len;
	if (log->size > len)
		log->buf[len] = '\0';
}

/**
 * ktap_log_drop - Forget the beginning of a log
 * @log: log
 * @len: length of what is to go
 *
 * Context: Any context.
 */
void ktap_log_drop(struct ktap_log *log, u32 len)
{
	log->len -= len;
	if (log->size > len)
		memmove(log->buf, log->buf + len, log->size - len);
	else if (log->size)
		log->buf[0] = '\0';
}
