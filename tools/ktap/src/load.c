// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The ioctls of the control file
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "load.h"

/* Most texts are short. The kernel makes none longer than the last of these. */
#define LOG_SHORT	4096
#define LOG_LONG	(64 * 1024)

static int call(int fd, unsigned long nr, void *arg)
{
	int ret;

	do
		ret = ioctl(fd, nr, arg);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

static char *open_log(struct strbuf *log, size_t size)
{
	log->len = 0;
	ktap_strbuf_fill(log, 0, size);
	return log->str;
}

/* Cuts the log to its text. */
static void close_log(struct strbuf *log)
{
	log->str[log->len - 1] = '\0';
	log->len = strlen(log->str);
	while (log->len && ktap_is_space(log->str[log->len - 1]))
		log->str[--log->len] = '\0';
}

/* What is refused can be tried again, to be told all of the reason. */
static bool is_cut(int ret, const struct strbuf *log, uint32_t len)
{
	return ret && len > log->len && log->len < LOG_LONG;
}

/* Seconds that local time is ahead of UTC. */
static int32_t utc_offset(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) ? tm.tm_gmtoff : 0;
}

/**
 * ktap_load_image - Give a program to the kernel
 * @fd: the control file
 * @image: the program
 * @limits: what it may use
 * @log: what the kernel says about it
 *
 * Return: 0, or a negative errno.
 */
int ktap_load_image(int fd, const struct image_view *image,
		    const struct limits *limits, struct strbuf *log)
{
	struct ktap_load load = {
		.size = sizeof(load),
		.flags = limits->overwrite ? KTAP_LOAD_OVERWRITE : 0,
		.image = (uintptr_t)image->data,
		.image_size = image->size,
		.log_size = LOG_SHORT,
		.ring_size = limits->ring,
		.heap_size = limits->heap,
		.probe_budget = limits->probe_budget,
		.proc_budget = limits->proc_budget,
	};
	int ret;

	if (ktap_image_calls(image, KTAP_FUNC_STRFTIME))
		load.utc_offset = utc_offset();
	do {
		load.log = (uintptr_t)open_log(log, load.log_size);
		ret = call(fd, KTAP_IOC_LOAD, &load);
		load.log_size = LOG_LONG;
	} while (is_cut(ret, log, load.log_len));
	close_log(log);
	return ret;
}

/**
 * ktap_load_start - Attach the events, and run main
 * @fd: the control file
 * @log: what the kernel says about an event
 * @start: what is wanted; gets the results
 *
 * Return: 0, or a negative errno.
 */
int ktap_load_start(int fd, struct strbuf *log, struct start *start)
{
	struct ktap_start args = {
		.size = sizeof(args),
		.flags = start->flags,
		.pid = start->pid,
		.cpu = start->cpu,
		.log_size = start->names ? LOG_LONG : LOG_SHORT,
		.event = KTAP_IMG_NONE,
	};
	int ret;

	do {
		args.log = (uintptr_t)open_log(log, args.log_size);
		ret = call(fd, KTAP_IOC_START, &args);
		args.log_size = LOG_LONG;
	} while (is_cut(ret, log, args.log_len));
	close_log(log);
	start->event = args.event;
	start->attached = args.nr_attached;
	start->skipped = args.nr_skipped;
	return ret;
}

/**
 * ktap_load_stop - End tracing
 * @fd: the control file
 * @now: without trace_end
 *
 * Return: 0, or a negative errno.
 */
int ktap_load_stop(int fd, bool now)
{
	struct ktap_stop stop = {
		.size = sizeof(stop),
		.flags = now ? KTAP_STOP_NOW : 0,
	};

	return call(fd, KTAP_IOC_STOP, &stop);
}

/**
 * ktap_load_stats - Read the counters of a session
 * @fd: the control file
 * @stats: the counters; 0 for those that the kernel does not have
 * @heap_size: bytes of memory for tables and strings
 * @heap_used: bytes of it that were ever in use
 *
 * Return: 0, or a negative errno.
 */
int ktap_load_stats(int fd, uint64_t stats[KTAP_STAT_NR], uint64_t *heap_size,
		    uint64_t *heap_used)
{
	struct ktap_stats args = {
		.size = sizeof(args),
		.stats = (uintptr_t)stats,
		.nr_stats = KTAP_STAT_NR,
	};
	int ret;

	memset(stats, 0, KTAP_STAT_NR * sizeof(*stats));
	ret = call(fd, KTAP_IOC_STATS, &args);
	*heap_size = args.heap_size;
	*heap_used = args.heap_used;
	return ret;
}

/**
 * ktap_load_query - Ask what the kernel has
 * @fd: the control file
 * @query: the answer
 *
 * Return: 0, or a negative errno.
 */
int ktap_load_query(int fd, struct ktap_query *query)
{
	memset(query, 0, sizeof(*query));
	query->size = sizeof(*query);
	return call(fd, KTAP_IOC_QUERY, query);
}
