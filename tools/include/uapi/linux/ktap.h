/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ktap - Sessions: the ioctls of the control file and the records read from it
 *
 * The control file is "ktap" in tracefs. Each open file is one session, which
 * ends, with everything attached and allocated for it, when the file is closed.
 */
#ifndef _UAPI_LINUX_KTAP_H
#define _UAPI_LINUX_KTAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: General ioctl format
 *
 * Each ioctl takes a pointer to a struct whose first member is its size as the
 * caller knows it. A struct may grow at its end: the kernel takes members that
 * the caller does not have as zero, and refuses members that it does not know
 * unless they are zero. The ioctl numbers carry no size.
 *
 * Besides those that each ioctl lists, the errors are:
 *
 * - ENOTTY: unknown ioctl
 * - EINVAL: @size is smaller than the first version of the struct, or a member
 *   has a value that makes no sense
 * - E2BIG: a member that this kernel does not know is not zero, or @size is more
 *   than a page
 * - EOPNOTSUPP: a flag that this kernel does not know is set
 * - EFAULT: the struct, or memory that it points to, cannot be accessed; if only
 *   results could not be written, the ioctl took effect
 * - EBUSY: the ioctl does not fit the state of the session
 * - ENOMEM: out of memory
 */

#define KTAP_ABI_VERSION	1

#define KTAP_IOC_MAGIC		'k'
#define KTAP_IOC_BASE		0xc0

/* FN(NAME, number, argument) */
#define ___KTAP_IOC_MAPPER(FN, ctx...)					\
	FN(QUERY,	0, struct ktap_query, ##ctx)			\
	FN(LOAD,	1, struct ktap_load, ##ctx)			\
	FN(START,	2, struct ktap_start, ##ctx)			\
	FN(STOP,	3, struct ktap_stop, ##ctx)			\
	FN(STATS,	4, struct ktap_stats, ##ctx)

#define KTAP_IOC_QUERY		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE + 0)
#define KTAP_IOC_LOAD		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE + 1)
#define KTAP_IOC_START		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE + 2)
#define KTAP_IOC_STOP		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE + 3)
#define KTAP_IOC_STATS		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE + 4)

/*
 * What is kept of a log, in bytes with the NUL; a log buffer that is larger gets no
 * more. Only where @log_len is not more than this a larger one helps.
 */
#define KTAP_LOG_MAX		(64U << 10)

/**
 * struct ktap_query - KTAP_IOC_QUERY: what this kernel has
 * @size: sizeof(struct ktap_query)
 * @flags: must be 0
 * @abi_version: out, KTAP_ABI_VERSION
 * @nr_ops: out, instructions 0 to @nr_ops - 1 are known
 * @nr_vars: out, builtin variables likewise
 * @nr_funcs: out, builtin functions likewise
 * @probes: out, bit N is set when probe kind N can be attached
 * @nr_stats: out, number of counters that KTAP_IOC_STATS has
 * @max_image: out, largest image in bytes
 * @__reserved: must be 0
 *
 * Allowed in any state.
 */
struct ktap_query {
	__u32 size;
	__u32 flags;
	__u32 abi_version;
	__u32 nr_ops;
	__u32 nr_vars;
	__u32 nr_funcs;
	__u32 probes;
	__u32 nr_stats;
	__u32 max_image;
	__u32 __reserved;
};

/**
 * struct ktap_load - KTAP_IOC_LOAD: check, verify and keep an image
 * @size: sizeof(struct ktap_load)
 * @flags: 0, or KTAP_LOAD_OVERWRITE to have the oldest records of handlers
 *         overwritten when the record buffer is full
 * @image: address of the image
 * @image_size: its size in bytes
 * @log_size: size of the log buffer in bytes, may be 0
 * @log: address of the log buffer; gets text with a NUL, which may also warn of a
 *       program that is accepted
 * @log_len: out, size in bytes of the whole log, with the NUL; of what is more than
 *           KTAP_LOG_MAX only the beginning can be had
 * @ring_size: size of the record buffer of each CPU in bytes; 0 for the default
 * @heap_size: memory for tables and strings in bytes; 0 for the default
 * @probe_budget: instructions that a probe may run; 0 for the default
 * @proc_budget: the same for main, ticks and trace_end; 0 for the default
 * @utc_offset: seconds that local time is ahead of UTC, for strftime()
 * @__reserved: must be 0
 *
 * Errors: EINVAL or ENOEXEC for an image that is refused, the reason is in the
 * log (ENOEXEC if it does not begin as an image, or as one for another machine or of
 * a version that this kernel does not know); EBUSY if the session has an image; E2BIG
 * for an image over the limit.
 */
struct ktap_load {
	__u32 size;
	__u32 flags;
	__aligned_u64 image;
	__u32 image_size;
	__u32 log_size;
	__aligned_u64 log;
	__u32 log_len;
	__u32 ring_size;
	__aligned_u64 heap_size;
	__aligned_u64 probe_budget;
	__aligned_u64 proc_budget;
	__s32 utc_offset;
	__u32 __reserved;
};

/*
 * When the record buffer is full the oldest records of handlers are overwritten,
 * which else new ones find no room in. Main, ticks and trace_end wait for the reader
 * in any case, and what they write is not overwritten.
 */
#define KTAP_LOAD_OVERWRITE	(1U << 0)

/**
 * struct ktap_start - KTAP_IOC_START: attach the events and run main
 * @size: sizeof(struct ktap_start)
 * @flags: KTAP_START_PID for events of @pid only, KTAP_START_CHILDREN for those of its
 *         descendants too, KTAP_START_EXEC from when it has executed a program,
 *         KTAP_START_CPU for events on @cpu only, KTAP_START_DRY to attach and enable
 *         all events but run no handlers
 * @log_size: size of the log buffer in bytes, may be 0
 * @log_len: out, size in bytes of the whole log, with the NUL; see KTAP_LOG_MAX
 * @log: address of the log buffer; gets text with a NUL
 * @event: out, on error the index of the event that could not be attached, or
 *         KTAP_IMG_NONE
 * @nr_attached: out, number of places that were attached to
 * @pid: with KTAP_START_PID, process whose events are wanted
 * @cpu: with KTAP_START_CPU, CPU whose events are wanted
 * @nr_skipped: out, number of places that a glob meant and that cannot be attached
 *              to; the log names them
 * @__reserved: must be 0
 *
 * Returns when all events are found and prepared. Main runs then, in process
 * context; after it the events are enabled and a record KTAP_REC_RUNNING says so.
 *
 * Handlers are not run for events outside of the target, those of ticks excepted.
 *
 * Errors: ENOENT if an event does not exist; EINVAL for a bad filter or fetch
 * argument; EPERM if a fetch argument reads kernel memory and lockdown forbids that;
 * EBUSY if no image is loaded or the session was started before, if set_event_pid
 * would hide the event, or if kernel.ftrace_enabled is 0 and a function is to be
 * hooked; ENOSPC if all watchpoints are in use; EINTR if the caller is being killed;
 * EOPNOTSUPP for a kind of event that this kernel lacks; what opening the file of a
 * program and perf say of theirs; ESRCH if there is no process @pid, ENXIO if there
 * is no CPU @cpu. A flag that makes no sense without another is an error, EINVAL, as
 * are @pid and @cpu without theirs.
 */
struct ktap_start {
	__u32 size;
	__u32 flags;
	__u32 log_size;
	__u32 log_len;
	__aligned_u64 log;
	__u32 event;
	__u32 nr_attached;
	__s32 pid;
	__u32 cpu;
	__u32 nr_skipped;
	__u32 __reserved;
};

/* Events of the threads of @pid only, in the pid namespace of the caller. */
#define KTAP_START_PID		(1U << 0)
/* And those of its descendants: that there are, and that are made while it is traced. */
#define KTAP_START_CHILDREN	(1U << 1)
/* Events on @cpu only. */
#define KTAP_START_CPU		(1U << 2)
/* With KTAP_START_PID: from when @pid has executed a program, not before. */
#define KTAP_START_EXEC		(1U << 3)
/* Attach and enable all events, but run no handlers. */
#define KTAP_START_DRY		(1U << 4)

/**
 * struct ktap_stop - KTAP_IOC_STOP: end tracing and run trace_end
 * @size: sizeof(struct ktap_stop)
 * @flags: must be 0, or KTAP_STOP_NOW to leave out what has not run yet
 *
 * Returns at once. A record KTAP_REC_END is the last one of the session; after
 * it read() returns 0.
 *
 * Errors: EBUSY if the session was not started.
 */
struct ktap_stop {
	__u32 size;
	__u32 flags;
};

#define KTAP_STOP_NOW		(1U << 0)

/* Counters. FN(NAME, number, "what it counts") */
#define ___KTAP_STAT_MAPPER(FN, ctx...)					\
	FN(HITS,	0, "handlers run", ##ctx)			\
	FN(RECORDS,	1, "records written", ##ctx)			\
	FN(RING_FULL,	2, "records lost: the record buffer was full", ##ctx) \
	FN(TOO_LONG,	3, "records lost: longer than a record can be", ##ctx) \
	FN(NESTED,	4, "events lost: hit inside another handler", ##ctx) \
	FN(HEAP_FULL,	5, "table entries and strings lost: out of memory", ##ctx) \
	FN(LOCK_BUSY,	6, "table updates lost: the cpu was about to change one", ##ctx) \
	FN(BAD_READ,	7, "reads of memory that is not there", ##ctx)	\
	FN(TAB_GONE,	8, "table updates lost: the table was deleted", ##ctx) \
	FN(MISSED,	9, "returns lost: too many calls at once", ##ctx) \
	FN(TICKS,	10, "ticks lost: they came too late", ##ctx) \
	FN(THROTTLED,	11, "perf events held back: too many at once", ##ctx) \
	FN(UNCOUNTED,	12, "microseconds not counted: other perf events had the counter", ##ctx) \
	FN(NO_SPEC,	13, "speculations not begun: too many at once", ##ctx) \
	FN(SPEC_OVER,	14, "records lost: their speculation was over", ##ctx)

#define __KTAP_STAT_ENUM(name, nr, ...) KTAP_STAT_##name = nr,
enum ktap_stat {
	___KTAP_STAT_MAPPER(__KTAP_STAT_ENUM)
	KTAP_STAT_NR
};

#undef __KTAP_STAT_ENUM

/**
 * struct ktap_stats - KTAP_IOC_STATS: counters of the session
 * @size: sizeof(struct ktap_stats)
 * @flags: must be 0
 * @stats: address of an array of __u64, indexed by &enum ktap_stat
 * @nr_stats: number of its entries; out, number of counters there are
 * @__reserved: must be 0
 * @heap_size: out, bytes of memory for tables and strings
 * @heap_used: out, bytes of it that were ever in use
 *
 * Errors: EBUSY if no image is loaded.
 */
struct ktap_stats {
	__u32 size;
	__u32 flags;
	__aligned_u64 stats;
	__u32 nr_stats;
	__u32 __reserved;
	__aligned_u64 heap_size;
	__aligned_u64 heap_used;
};

/**
 * DOC: Records
 *
 * read() gives whole records, oldest first as far as records of different CPUs
 * can be compared, waits for at least one unless the file is in non-blocking
 * mode, and returns 0 after the record KTAP_REC_END. Records of handlers may come
 * before KTAP_REC_RUNNING. What is lost is told by KTAP_REC_LOST in its place among
 * the records of its CPU, at the latest before KTAP_REC_END: the records of handlers
 * and of the script's own functions that were read, and those that were told to be
 * lost, are as many as were sent. A buffer too small for the next record is an error,
 * EMSGSIZE; KTAP_REC_MAX bytes always do. poll() works, and epoll for
 * files that are added to it after KTAP_IOC_LOAD. Before it read() fails with EBUSY,
 * and poll() gives EPOLLERR.
 */

/* Records. FN(NAME, number) */
#define ___KTAP_REC_MAPPER(FN, ctx...)					\
	/* Main has ended, all events are enabled; no body. */		\
	FN(RUNNING,	0, ##ctx)					\
	/* struct ktap_val: print(), the values of one line. */		\
	FN(PRINT,	1, ##ctx)					\
	/* struct ktap_val: printf(), the format and its values. */	\
	FN(PRINTF,	2, ##ctx)					\
	/* struct ktap_rec_error: the script failed, tracing ends. */	\
	FN(ERROR,	3, ##ctx)					\
	/* struct ktap_rec_end: the session's last record. */		\
	FN(END,		4, ##ctx)					\
	/* struct ktap_rec_drops: a table lost entries. */		\
	FN(DROPS,	5, ##ctx)					\
	/* struct ktap_rec_agg: print_hist(), print_stat() or dump begins. */ \
	FN(AGG,		6, ##ctx)					\
	/* Two of struct ktap_val: a key and what it has. */		\
	FN(ITEM,	7, ##ctx)					\
	/* All items were sent; no body. */				\
	FN(AGG_END,	8, ##ctx)					\
	/* struct ktap_rec_lost: records of this CPU are missing here. */ \
	FN(LOST,	9, ##ctx)					\
	/* A tick that wrote records has ended; no body. */		\
	FN(TICK,	10, ##ctx)					\
	/* struct ktap_rec_spec: here its records belong. */		\
	FN(COMMIT,	11, ##ctx)					\
	/* struct ktap_rec_spec: its records are to be forgotten. */	\
	FN(DISCARD,	12, ##ctx)

#define __KTAP_REC_ENUM(name, nr) KTAP_REC_##name = nr,
enum ktap_rec_type {
	___KTAP_REC_MAPPER(__KTAP_REC_ENUM)
	KTAP_REC_NR
};

#undef __KTAP_REC_ENUM

/*
 * With this in the type of a record its body begins with a &struct ktap_rec_spec. The
 * reader keeps such a record until it is told what is to become of it: KTAP_REC_COMMIT
 * or KTAP_REC_DISCARD comes with the same number, or the session ends, which forgets it.
 */
#define KTAP_REC_HELD		0x8000U

#define KTAP_REC_ALIGN		8
#define KTAP_REC_MAX		(64U << 10)

/**
 * struct ktap_rec - start of each record
 * @size: of the record with this header, in bytes; a multiple of KTAP_REC_ALIGN
 * @type: &enum ktap_rec_type, with KTAP_REC_HELD if the record is of a speculation
 * @cpu: where it was written
 * @ts: when, in nanoseconds of the monotonic clock
 */
struct ktap_rec {
	__u32 size;
	__u16 type;
	__u16 cpu;
	__aligned_u64 ts;
};

/**
 * struct ktap_val - one value in a record
 * @type: &enum ktap_type
 * @len: of the bytes that follow, without padding to KTAP_REC_ALIGN
 *
 * Nothing follows NIL, FALSE, TRUE, TAB and FUNC. The @len of a TAB is a number by
 * which tables can be told apart, that of a FUNC the index of the function. A
 * __s64 follows INT, and the characters, without a NUL, follow STR. A STR with
 * KTAP_VAL_CONST in @len is the string with that index in the image instead. An
 * EVENT comes as STR, made into text when it is read. What follows a TUPLE is its
 * parts, each as a &struct ktap_val, a &struct ktap_val_stat follows STAT, and a
 * &struct ktap_val_stack follows STACK.
 */
struct ktap_val {
	__u32 type;
	__u32 len;
};

#define KTAP_VAL_CONST		0x80000000U

/**
 * struct ktap_val_stack - where code was, and what had called it
 * @flags: KTAP_STACK_USER for user code, KTAP_STACK_SYMBOL for one address only
 * @pid: process of a stack of user code, else 0
 * @data: the addresses, __u64 each, the innermost first. For a stack of the kernel
 *        these are text instead, "name+offset/size" and for a module " [module]",
 *        each ended by a newline; names as they are when the record is read.
 *        Of a symbol the size is left out, and so is an offset of 0.
 */
struct ktap_val_stack {
	__u32 flags;
	__u32 pid;
	char data[];
};

/* Of user code. */
#define KTAP_STACK_USER		(1U << 0)
/* One address only, of code or data, which ksym() or usym() was called with. */
#define KTAP_STACK_SYMBOL	(1U << 1)

/**
 * struct ktap_val_range - values in one range of a histogram
 * @range: number of the range, see &struct ktap_val_stat
 * @__reserved: 0
 * @count: how many there were
 */
struct ktap_val_range {
	__s32 range;
	__u32 __reserved;
	__aligned_u64 count;
};

/**
 * struct ktap_val_stat - a statistic as it was at one time
 * @kind: &enum ktap_agg_kind
 * @flags: 0, or KTAP_STAT_MORE if the next item goes on with the ranges of this one
 * @count: how many values it was fed
 * @sum: their sum, modulo 2^64
 * @min: the least one
 * @max: the greatest one
 * @avg: @sum by @count
 * @stddev: their standard deviation, rounded down
 * @param: of lhist(): least value, first value that is too large, step; of
 *         llhist(): base, lowest and highest power, number of steps between two
 * @nr_ranges: how many follow
 * @__reserved: 0
 * @ranges: those that are not empty, in ascending order
 *
 * Only @count is set when it is 0, besides @kind and @param.
 *
 * Ranges of hist(): 0 has the value 0; N > 0 has the values from 2^(N-1) to
 * 2^N - 1; -N those from -(2^N - 1) to -2^(N-1), and -64 the least value of all.
 *
 * Ranges of lhist(): -1 has what is less than the first parameter, N >= 0 what is
 * from it + N * step on, and the last one what is not less than the second.
 *
 * Ranges of llhist(): -1 has what is less than base^low. Then from each power on
 * up to the next one there are steps of equal size, which are the next power
 * divided by the number of steps but at least 1, and the last one has what is not
 * less than base^(high + 1). Range 0 begins at base^low.
 */
struct ktap_val_stat {
	__u32 kind;
	__u32 flags;
	__aligned_u64 count;
	__aligned_s64 sum;
	__aligned_s64 min;
	__aligned_s64 max;
	__aligned_s64 avg;
	__aligned_s64 stddev;
	__aligned_s64 param[4];
	__u32 nr_ranges;
	__u32 __reserved;
	struct ktap_val_range ranges[];
};

/* The next item goes on with the ranges of this one. */
#define KTAP_STAT_MORE		(1U << 0)

/**
 * struct ktap_rec_agg - what the items that follow are for
 * @func: KTAP_FUNC_PRINT_HIST, KTAP_FUNC_PRINT_STAT or KTAP_FUNC_DUMP
 * @limit: show no more than so many, 0 for all
 * @type: &enum ktap_type of what is printed. All but a TAB is one item whose key is
 *        nil; so is, before the others, what a TAB was fed as a whole.
 * @flags: 0, or KTAP_AGG_READ if the script itself reads the variable that is dumped
 * @name: string of the image, the name of a top-level variable that has it, or
 *        KTAP_IMG_NONE
 * @__reserved: 0
 *
 * Items have integers and statistics; in a dump they have what there is, tables
 * excepted.
 */
struct ktap_rec_agg {
	__u32 func;
	__u32 limit;
	__u32 type;
	__u32 flags;
	__u32 name;
	__u32 __reserved;
};

/* The script itself reads the variable that is dumped. */
#define KTAP_AGG_READ		(1U << 0)

/**
 * struct ktap_rec_frame - a function that ran when an error happened
 * @name: string of the image, its name
 * @line: in the script, from 1; 0 if not known
 */
struct ktap_rec_frame {
	__u32 name;
	__u32 line;
};

#define KTAP_MAX_FRAMES		16

/**
 * struct ktap_rec_error - a run-time error
 * @code: &enum ktap_error
 * @col: column of the place in the first of @frames, from 1
 * @len: of @text, without its NUL
 * @nr_frames: number of functions that ran
 * @frames: the innermost ones
 * @text: the message
 */
struct ktap_rec_error {
	__u32 code;
	__u32 col;
	__u32 len;
	__u32 nr_frames;
	struct ktap_rec_frame frames[KTAP_MAX_FRAMES];
	char text[];
};

/* Most speculations at one time. */
#define KTAP_MAX_SPECS		64

/**
 * struct ktap_rec_spec - the speculation that a record belongs to
 * @id: its number, more than that of any before with the same rest modulo
 *      KTAP_MAX_SPECS, which are over when it begins
 */
struct ktap_rec_spec {
	__aligned_u64 id;
};

/**
 * struct ktap_rec_drops - a table of a top-level variable that lost entries
 * @count: entries that could not be made because the memory was full
 * @global: index of the variable
 * @name: string of the image, its name
 */
struct ktap_rec_drops {
	__aligned_u64 count;
	__u32 global;
	__u32 name;
};

/**
 * struct ktap_rec_lost - records were lost, or overwritten before they were read
 * @count: how many
 *
 * @cpu of the header says where, and @ts is that of the record which follows.
 */
struct ktap_rec_lost {
	__aligned_u64 count;
};

/**
 * struct ktap_rec_end - how the session ended
 * @status: of exit(), or 0; 1 after an error
 * @flags: 0, or KTAP_END_ERROR if the script failed
 */
struct ktap_rec_end {
	__s32 status;
	__u32 flags;
};

#define KTAP_END_ERROR		(1U << 0)

/* Run-time errors. FN(NAME, number, "message") */
#define ___KTAP_ERROR_MAPPER(FN, ctx...)				\
	FN(ARITH,	0, "cannot do arithmetic on a %s value", ##ctx)	\
	FN(COMPARE,	1, "cannot compare %s with %s", ##ctx)		\
	FN(CONCAT,	2, "cannot concatenate a %s value", ##ctx)	\
	FN(INDEX,	3, "cannot index a %s value", ##ctx)		\
	FN(KEY,		4, "a %s value cannot be a key", ##ctx)		\
	FN(STORE,	5, "a %s value cannot be kept in a variable or table", ##ctx) \
	FN(ARG,		6, "%s: argument %d is a %s value", ##ctx)	\
	FN(DIVIDE,	7, "divide 0", ##ctx)				\
	FN(BUDGET,	8, "loop execute count exceed max limit", ##ctx) \
	FN(STRING,	9, "strings of one event exceed %d bytes", ##ctx) \
	FN(INTERNAL,	10, "internal error: %s", ##ctx)		\
	FN(CALL,	11, "cannot call a %s value", ##ctx)		\
	FN(STACK,	12, "stack overflow", ##ctx)			\
	FN(WHERE,	13, "this function cannot be called here", ##ctx) \
	FN(FEED,	14, "'<<<' cannot feed a %s value", ##ctx)	\
	FN(FEED_BY,	15, "'<<<' cannot feed with a %s value", ##ctx)	\
	FN(FOR,		16, "the %s of the loop is a %s value", ##ctx)	\
	FN(STEP,	17, "the step of the loop is 0", ##ctx)		\
	FN(VALUE,	18, "%s: %s", ##ctx)				\
	FN(SORT,	19, "no memory to sort a table", ##ctx)

#define __KTAP_ERROR_ENUM(name, nr, ...) KTAP_E_##name = nr,
enum ktap_error {
	___KTAP_ERROR_MAPPER(__KTAP_ERROR_ENUM)
	KTAP_E_NR
};

#undef __KTAP_ERROR_ENUM

#endif /* _UAPI_LINUX_KTAP_H */
