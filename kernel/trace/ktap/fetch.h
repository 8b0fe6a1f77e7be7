/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Fetch arguments of functions
 */
#ifndef _KTAP_FETCH_H
#define _KTAP_FETCH_H

#include "ktap.h"

/* Most bytes of a string that is fetched, and of an event as text. */
#define KTAP_TEXT_MAX		2048

struct ktap_fetch;

/**
 * struct ktap_fetch_from - what arguments are fetched from
 * @regs: registers
 * @entry: for returns, what ktap_fetch_enter() kept when the function was called
 * @base: for user functions, where the first byte of the file would be mapped
 */
struct ktap_fetch_from {
	struct pt_regs *regs;
	const void *entry;
	unsigned long base;
};

#ifdef CONFIG_PROBE_EVENTS

struct ktap_fetch *ktap_fetch_parse(const struct ktap_sess *sess, const char *args,
				    u32 room, const char *func, u32 flags,
				    struct ktap_log *log);
int ktap_fetch_param(struct ktap_fetch *fetch, const char *name);
void ktap_fetch_free(struct ktap_fetch *fetch);
int ktap_fetch_find(const struct ktap_fetch *fetch, const char *name);
u32 ktap_fetch_nr(const struct ktap_fetch *fetch);
u32 ktap_fetch_entry_size(const struct ktap_fetch *fetch);
void ktap_fetch_enter(const struct ktap_fetch *fetch, void *to, struct pt_regs *regs);
int ktap_fetch_read(struct ktap_exec *exec, const struct ktap_fetch *fetch, u32 i,
		    const struct ktap_fetch_from *from, struct ktap_value *val);
u32 ktap_fetch_text(struct ktap_exec *exec, const struct ktap_fetch *fetch,
		    const struct ktap_fetch_from *from, char *buf, u32 size);

#else /* !CONFIG_PROBE_EVENTS */

static inline struct ktap_fetch *
ktap_fetch_parse(const struct ktap_sess *sess, const char *args, u32 room,
		 const char *func, u32 flags, struct ktap_log *log)
{
	if (!args)
		return NULL;
	ktap_log(log, "this kernel was built without fetch arguments\n");
	return ERR_PTR(-EOPNOTSUPP);
}

static inline int ktap_fetch_param(struct ktap_fetch *fetch, const char *name)
{
	return -ENOENT;
}

static inline void ktap_fetch_free(struct ktap_fetch *fetch)
{
}

static inline int ktap_fetch_find(const struct ktap_fetch *fetch, const char *name)
{
	return -ENOENT;
}

static inline u32 ktap_fetch_nr(const struct ktap_fetch *fetch)
{
	return 0;
}

static inline u32 ktap_fetch_entry_size(const struct ktap_fetch *fetch)
{
	return 0;
}

static inline void ktap_fetch_enter(const struct ktap_fetch *fetch, void *to,
				    struct pt_regs *regs)
{
}

static inline int ktap_fetch_read(struct ktap_exec *exec,
				  const struct ktap_fetch *fetch, u32 i,
				  const struct ktap_fetch_from *from,
				  struct ktap_value *val)
{
	ktap_set_nil(val);
	return 0;
}

static inline u32 ktap_fetch_text(struct ktap_exec *exec,
				  const struct ktap_fetch *fetch,
				  const struct ktap_fetch_from *from, char *buf,
				  u32 size)
{
	return 0;
}

#endif /* !CONFIG_PROBE_EVENTS */

#endif /* _KTAP_FETCH_H */
