/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the tests share: images, sessions, records and tracefs
 *
 * Functions come in pairs: __sess_load() gives back what the kernel said, for
 * tests of failure, and sess_load() asserts that it went well, for all others.
 * Images are made by hand, from macros that are named after the instructions, so
 * that nothing here depends on the compiler.
 */
#ifndef _SELFTESTS_KTAP_KSESS_H
#define _SELFTESTS_KTAP_KSESS_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ktap.h>
#include <linux/ktap_bc.h>

#include "../kselftest_harness.h"

#define TRACEFS		"/sys/kernel/tracing"
#define KTAP_FILE	TRACEFS "/ktap"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr)	(sizeof(arr) / sizeof((arr)[0]))
#endif

/* A session that hangs must fail, and an emulated debug kernel is slow. */
#define KTAP_TEST(name)		TEST_F_TIMEOUT(ktap, name, 600)

/*
 * Images
 */

/* struct img - an image in the making; @data and @size are of the finished one */
struct img {
	struct {
		void *data;
		__u32 size;
		__u32 count;
	} sec[KTAP_SEC_NR];
	void *data;
	__u32 size;
};

static const __u32 img_rec_size[] = {
	[KTAP_SEC_INSN] = sizeof(struct ktap_insn),
	[KTAP_SEC_PROTO] = sizeof(struct ktap_img_proto),
	[KTAP_SEC_CONST] = sizeof(struct ktap_img_const),
	[KTAP_SEC_STR] = sizeof(struct ktap_img_str),
	[KTAP_SEC_TEXT] = 1,
	[KTAP_SEC_GLOBAL] = sizeof(struct ktap_img_global),
	[KTAP_SEC_EVENT] = sizeof(struct ktap_img_event),
	[KTAP_SEC_FIELD] = sizeof(struct ktap_img_field),
	[KTAP_SEC_LINE] = sizeof(struct ktap_img_line),
};

static_assert(ARRAY_SIZE(img_rec_size) == KTAP_SEC_NR, "unknown section");

static inline __u32 img_add(struct img *img, enum ktap_section sec,
			    const void *recs, __u32 count)
{
	__u32 size = count * img_rec_size[sec];
	__u32 idx = img->sec[sec].count;

	img->sec[sec].data = realloc(img->sec[sec].data, img->sec[sec].size + size);
	if (!img->sec[sec].data)
		abort();
	memcpy(img->sec[sec].data + img->sec[sec].size, recs, size);
	img->sec[sec].size += size;
	img->sec[sec].count += count;
	return idx;
}

static inline __u32 img_str_len(struct img *img, const char *text, __u32 len)
{
	struct ktap_img_str str = {
		.off = img->sec[KTAP_SEC_TEXT].count,
		.len = len,
	};

	img_add(img, KTAP_SEC_TEXT, text, len);
	img_add(img, KTAP_SEC_TEXT, "", 1);
	return img_add(img, KTAP_SEC_STR, &str, 1);
}

static inline __u32 img_str(struct img *img, const char *text)
{
	return img_str_len(img, text, strlen(text));
}

/* A constant; returns its index. */
static inline __u32 img_int(struct img *img, __s64 val)
{
	struct ktap_img_const k = { .type = KTAP_T_INT, .val = val };

	return img_add(img, KTAP_SEC_CONST, &k, 1);
}

static inline __u32 img_text(struct img *img, const char *text)
{
	struct ktap_img_const k = { .type = KTAP_T_STR, .val = img_str(img, text) };

	return img_add(img, KTAP_SEC_CONST, &k, 1);
}

static inline __u32 img_global(struct img *img, const char *name)
{
	struct ktap_img_global global = { .name = img_str(img, name) };

	return img_add(img, KTAP_SEC_GLOBAL, &global, 1);
}

static inline __u32 img_field(struct img *img, const char *name)
{
	struct ktap_img_field field = {
		.kind = KTAP_FIELD_NAME,
		.name = img_str(img, name),
	};

	return img_add(img, KTAP_SEC_FIELD, &field, 1);
}

/* What has no name. */
static inline __u32 img_field_of(struct img *img, enum ktap_field_kind kind,
				 __u32 index)
{
	struct ktap_img_field field = {
		.kind = kind,
		.name = KTAP_IMG_NONE,
		.index = index,
	};

	return img_add(img, KTAP_SEC_FIELD, &field, 1);
}

/* A function whose instruction N is at line N + 1 of the script. */
static inline __u32 __img_func(struct img *img, enum ktap_proto_kind kind,
			       __u32 nr_regs, const struct ktap_insn *insns,
			       __u32 nr)
{
	struct ktap_img_proto proto = {
		.kind = kind,
		.name = img_str(img, "function"),
		.insn = img_add(img, KTAP_SEC_INSN, insns, nr),
		.nr_insns = nr,
		.nr_regs = nr_regs,
	};
	__u32 i;

	for (i = 0; i < nr; i++) {
		struct ktap_img_line line = {
			.insn = proto.insn + i,
			.line = i + 1,
			.col = 1,
		};

		img_add(img, KTAP_SEC_LINE, &line, 1);
	}
	return img_add(img, KTAP_SEC_PROTO, &proto, 1);
}

#define img_func(img, kind, nr_regs, ...)				\
	({								\
		const struct ktap_insn __insns[] = { __VA_ARGS__ };	\
									\
		__img_func(img, KTAP_PROTO_##kind, nr_regs, __insns,	\
			   ARRAY_SIZE(__insns));			\
	})

/* The function made last takes parameters. */
static inline __u32 img_params(struct img *img, __u32 nr)
{
	__u32 last = img->sec[KTAP_SEC_PROTO].count - 1;

	((struct ktap_img_proto *)img->sec[KTAP_SEC_PROTO].data)[last].nr_params = nr;
	return last;
}

static inline __u32 img_event_of(struct img *img, enum ktap_probe_kind kind,
				 __u32 proto, const char *spec,
				 const char *filter, const char *fetch,
				 __u32 flags)
{
	struct ktap_img_event event = {
		.kind = kind,
		.proto = proto,
		.spec = img_str(img, spec),
		.filter = filter ? img_str(img, filter) : KTAP_IMG_NONE,
		.fetch = fetch ? img_str(img, fetch) : KTAP_IMG_NONE,
		.name = KTAP_IMG_NONE,
		.line = 1,
		.col = 1,
		.flags = flags,
	};

	return img_add(img, KTAP_SEC_EVENT, &event, 1);
}

static inline __u32 img_event(struct img *img, __u32 proto, const char *spec,
			      const char *filter)
{
	return img_event_of(img, KTAP_PROBE_EVENT, proto, spec, filter, NULL, 0);
}

/* Join the sections. May be called again after more was added. */
static inline void img_finish(struct img *img)
{
	struct ktap_img_header hdr = {
		.magic = KTAP_IMG_MAGIC,
		.version = KTAP_IMG_VERSION,
		.nr_sections = KTAP_SEC_NR,
		.name = img_str(img, "test.kp"),
	};
	__u32 size = sizeof(hdr);
	int i;

	for (i = 0; i < KTAP_SEC_NR; i++) {
		size = (size + KTAP_IMG_ALIGN - 1) & ~(KTAP_IMG_ALIGN - 1);
		hdr.sec[i].off = size;
		hdr.sec[i].count = img->sec[i].count;
		size += img->sec[i].size;
	}
	hdr.size = size;
	free(img->data);
	img->data = calloc(1, size);
	if (!img->data)
		abort();
	memcpy(img->data, &hdr, sizeof(hdr));
	for (i = 0; i < KTAP_SEC_NR; i++) {
		if (img->sec[i].size)
			memcpy(img->data + hdr.sec[i].off, img->sec[i].data,
			       img->sec[i].size);
	}
	img->size = size;
}

static inline void img_free(struct img *img)
{
	int i;

	for (i = 0; i < KTAP_SEC_NR; i++)
		free(img->sec[i].data);
	free(img->data);
	memset(img, 0, sizeof(*img));
}

/* Instructions, with their operands in the order of <linux/ktap_bc.h>. */
#define INSN(op, a, b, c)	{ KTAP_OP_##op, a, b, c }
#define INSNX(op, a, bx)	insn_joined(KTAP_OP_##op, a, bx)

static inline struct ktap_insn insn_joined(__u16 op, __u16 a, __u32 bx)
{
	return (struct ktap_insn){ op, a, bx & 0xffff, bx >> 16 };
}

#define RET()			INSN(RET, 0, 0, 0)
#define RETURN(a, n)		INSN(RET, a, n, 0)
#define MOVE(a, b)		INSN(MOVE, a, b, 0)
#define LOADK(a, k)		INSNX(LOADK, a, k)
#define LOADI(a, i)		INSNX(LOADI, a, i)
#define LOADNIL(a)		INSN(LOADNIL, a, 0, 0)
#define LOADBOOL(a, b)		INSN(LOADBOOL, a, b, 0)
#define ADD(a, b, c)		INSN(ADD, a, b, c)
#define SUB(a, b, c)		INSN(SUB, a, b, c)
#define DIV(a, b, c)		INSN(DIV, a, b, c)
#define CONCAT(a, b, c)		INSN(CONCAT, a, b, c)
#define JMP(x)			INSNX(JMP, 0, x)
#define LT(a, b, c)		INSN(LT, a, b, c)
#define GETG(a, g)		INSNX(GETG, a, g)
#define SETG(a, g)		INSNX(SETG, a, g)
#define UPDG(a, arith, g)	INSN(UPDG, a, KTAP_A_##arith, g)
#define NEWTAB(a)		INSN(NEWTAB, a, 0, 0)
#define GETT(a, b, c)		INSN(GETT, a, b, c)
#define SETT(a, b, c)		INSN(SETT, a, b, c)
#define ADDT(a, b, c)		INSN(ADDT, a, b, c)
#define ITER(a)			INSN(ITER, a, 0, 0)
#define NEXT(a)			INSN(NEXT, a, 0, 0)
#define VAR(a, var)		INSNX(VAR, a, KTAP_VAR_##var)
#define FIELD(a, f)		INSNX(FIELD, a, f)
#define FEED(a, b)		INSN(FEED, a, b, 0)
#define FEEDT(a, b, c)		INSN(FEEDT, a, b, c)
#define CALLB(a, func, n)	INSN(CALLB, a, KTAP_FUNC_##func, n)
#define CALL(a, proto, n)	INSN(CALL, a, proto, n)

/* The two around LEN instructions: once for R[a], R[a] + R[a + 2], ... R[a + 1]. */
#define FORPREP(a, len)		INSNX(FORPREP, a, (len) + 1)
#define FORLOOP(a, len)		INSNX(FORLOOP, a, -((len) + 1))

/*
 * Sessions
 */

/**
 * struct sess - a session and what was read from it
 * @fd: control file
 * @buf: records
 * @len: bytes in @buf
 * @pos: of the next record in @buf
 * @load: last argument of KTAP_IOC_LOAD; set members before sess_load()
 * @start: last argument of KTAP_IOC_START
 * @log: text of the last of both
 */
struct sess {
	int fd;
	char *buf;
	size_t len;
	size_t pos;
	struct ktap_load load;
	struct ktap_start start;
	char log[4096];
};

#define SESS_BUF	(4 * KTAP_REC_MAX)

static inline int __sess_open(struct sess *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = open(KTAP_FILE, O_RDWR | O_CLOEXEC);
	return s->fd < 0 ? -1 : 0;
}

static inline void sess_close(struct sess *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

static inline int __sess_load(struct sess *s, const void *image, __u32 size)
{
	s->load.size = sizeof(s->load);
	s->load.image = (uintptr_t)image;
	s->load.image_size = size;
	s->load.log = (uintptr_t)s->log;
	s->load.log_size = sizeof(s->log);
	s->log[0] = 0;
	return ioctl(s->fd, KTAP_IOC_LOAD, &s->load);
}

static inline int __sess_start(struct sess *s)
{
	s->start.size = sizeof(s->start);
	s->start.log = (uintptr_t)s->log;
	s->start.log_size = sizeof(s->log);
	s->log[0] = 0;
	return ioctl(s->fd, KTAP_IOC_START, &s->start);
}

static inline int __sess_stop(struct sess *s, __u32 flags)
{
	struct ktap_stop stop = { .size = sizeof(stop), .flags = flags };

	return ioctl(s->fd, KTAP_IOC_STOP, &stop);
}

static inline int __sess_stats(struct sess *s, __u64 *stats)
{
	struct ktap_stats arg = {
		.size = sizeof(arg),
		.stats = (uintptr_t)stats,
		.nr_stats = KTAP_STAT_NR,
	};

	return ioctl(s->fd, KTAP_IOC_STATS, &arg);
}

/* The next record, NULL with errno 0 at the end, or NULL with another errno. */
static inline struct ktap_rec *__sess_next(struct sess *s)
{
	struct ktap_rec *rec;
	ssize_t len;

	errno = 0;
	if (s->pos == s->len) {
		len = read(s->fd, s->buf, SESS_BUF);
		if (len <= 0)
			return NULL;
		s->len = len;
		s->pos = 0;
	}
	rec = (void *)s->buf + s->pos;
	if (s->len - s->pos < sizeof(*rec) || rec->size < sizeof(*rec) ||
	    rec->size % KTAP_REC_ALIGN || rec->size > s->len - s->pos ||
	    rec->size > KTAP_REC_MAX || rec->type >= KTAP_REC_NR) {
		errno = EBADMSG;
		return NULL;
	}
	s->pos += rec->size;
	return rec;
}

/* All that asserts takes the metadata of the test, which macros add. */
#define sess_open(s)		_sess_open(_metadata, s)
#define sess_load(s, img)	_sess_load(_metadata, s, img)
#define sess_start(s)		_sess_start(_metadata, s)
#define sess_run(s, img)	_sess_run(_metadata, s, img)
#define sess_stop(s)		_sess_stop(_metadata, s, 0)
#define sess_stop_now(s)	_sess_stop(_metadata, s, KTAP_STOP_NOW)
#define sess_stat(s, name)	_sess_stat(_metadata, s, KTAP_STAT_##name)
#define sess_next(s)		_sess_next(_metadata, s)
#define sess_expect(s, name)	_sess_expect(_metadata, s, KTAP_REC_##name)
#define sess_end(s)		_sess_end(_metadata, s)
#define sess_error(s)		_sess_error(_metadata, s)
#define rec_val(rec, i)		_rec_val(_metadata, rec, i)
#define rec_int(rec, i)		_rec_int(_metadata, rec, i)
#define rec_str(rec, i)		_rec_str(_metadata, rec, i)

static inline void _sess_open(struct __test_metadata *_metadata, struct sess *s)
{
	ASSERT_EQ(0, __sess_open(s)) {
		TH_LOG("%s: %s", KTAP_FILE, strerror(errno));
	}
	s->buf = malloc(SESS_BUF);
	ASSERT_NE(NULL, s->buf);
}

static inline void _sess_load(struct __test_metadata *_metadata, struct sess *s,
			      struct img *img)
{
	img_finish(img);
	ASSERT_EQ(0, __sess_load(s, img->data, img->size)) {
		TH_LOG("load: %s: %s", strerror(errno), s->log);
	}
}

static inline void _sess_start(struct __test_metadata *_metadata, struct sess *s)
{
	ASSERT_EQ(0, __sess_start(s)) {
		TH_LOG("start: %s: %s", strerror(errno), s->log);
	}
}

static inline void _sess_stop(struct __test_metadata *_metadata, struct sess *s,
			      __u32 flags)
{
	ASSERT_EQ(0, __sess_stop(s, flags));
}

static inline __u64 _sess_stat(struct __test_metadata *_metadata, struct sess *s,
			       enum ktap_stat stat)
{
	__u64 stats[KTAP_STAT_NR];

	ASSERT_EQ(0, __sess_stats(s, stats));
	return stats[stat];
}

static inline struct ktap_rec *_sess_next(struct __test_metadata *_metadata,
					  struct sess *s)
{
	struct ktap_rec *rec = __sess_next(s);

	ASSERT_EQ(0, errno) {
		TH_LOG("read: %s", strerror(errno));
	}
	return rec;
}

/* The next record, which must be of this type. */
static inline struct ktap_rec *_sess_expect(struct __test_metadata *_metadata,
					    struct sess *s,
					    enum ktap_rec_type type)
{
	struct ktap_rec *rec = sess_next(s);

	ASSERT_NE(NULL, rec);
	ASSERT_EQ(type, rec->type) {
		if (rec->type == KTAP_REC_ERROR)
			TH_LOG("%s", ((struct ktap_rec_error *)(rec + 1))->text);
	}
	return rec;
}

/* The record that ends the session, and the end. Returns the exit status. */
static inline int _sess_end(struct __test_metadata *_metadata, struct sess *s)
{
	struct ktap_rec *rec = sess_expect(s, END);
	struct ktap_rec_end end = *(struct ktap_rec_end *)(rec + 1);

	ASSERT_EQ(NULL, sess_next(s));
	return end.status;
}

/* The record of an error, valid until the next one is read. */
static inline struct ktap_rec_error *
_sess_error(struct __test_metadata *_metadata, struct sess *s)
{
	struct ktap_rec *rec = sess_expect(s, ERROR);
	struct ktap_rec_error *err = (void *)(rec + 1);

	ASSERT_LE(sizeof(*rec) + sizeof(*err) + err->len, rec->size);
	ASSERT_EQ(strnlen(err->text, err->len), err->len);
	return err;
}

/* Load, start, and wait until all events are enabled. */
static inline void _sess_run(struct __test_metadata *_metadata, struct sess *s,
			     struct img *img)
{
	sess_load(s, img);
	sess_start(s);
	sess_expect(s, RUNNING);
}

/* Bytes that follow a value, without padding. */
static inline __u32 rec_val_len(const struct ktap_val *val)
{
	switch (val->type) {
	case KTAP_T_STR:
		return val->len & KTAP_VAL_CONST ? 0 : val->len;
	case KTAP_T_INT:
	case KTAP_T_TUPLE:
	case KTAP_T_STAT:
		return val->len;
	default:
		return 0;
	}
}

/* Value number @i of a record with values. */
static inline const struct ktap_val *
_rec_val(struct __test_metadata *_metadata, const struct ktap_rec *rec, int i)
{
	const void *pos = rec + 1, *end = (void *)rec + rec->size;
	const struct ktap_val *val;
	__u32 size;

	for (;;) {
		val = pos;
		ASSERT_LE(pos + sizeof(*val), end);
		size = (rec_val_len(val) + KTAP_REC_ALIGN - 1) &
		       ~(KTAP_REC_ALIGN - 1);
		pos += sizeof(*val) + size;
		ASSERT_LE(pos, end);
		if (!i--)
			return val;
	}
}

static inline __s64 _rec_int(struct __test_metadata *_metadata,
			     const struct ktap_rec *rec, int i)
{
	const struct ktap_val *val = rec_val(rec, i);
	__s64 num;

	ASSERT_EQ(KTAP_T_INT, val->type);
	ASSERT_EQ(sizeof(num), val->len);
	memcpy(&num, val + 1, sizeof(num));
	return num;
}

/* A copy of a string that was made at run time, to be freed. */
static inline char *_rec_str(struct __test_metadata *_metadata,
			     const struct ktap_rec *rec, int i)
{
	const struct ktap_val *val = rec_val(rec, i);

	ASSERT_EQ(KTAP_T_STR, val->type);
	ASSERT_EQ(0, val->len & KTAP_VAL_CONST);
	return strndup((const char *)(val + 1), val->len);
}

/*
 * Programs that many tests use
 */

/* struct counter - a program that counts an event in a global and prints it */
struct counter {
	struct img img;
	__u32 global;
	__u32 probe;
};

static inline void counter_init(struct counter *c, const char *spec,
				const char *filter)
{
	memset(c, 0, sizeof(*c));
	c->global = img_global(&c->img, "n");
	img_func(&c->img, MAIN, 1, LOADI(0, 0), SETG(0, c->global), RET());
	c->probe = img_func(&c->img, PROBE, 1, LOADI(0, 1),
			    UPDG(0, ADD, c->global), RET());
	img_func(&c->img, END, 1, GETG(0, c->global), CALLB(0, PRINT, 1), RET());
	if (spec)
		img_event(&c->img, c->probe, spec, filter);
}

/* A handler that prints a number. */
static inline __u32 img_says(struct img *img, int nr)
{
	return img_func(img, PROBE, 1, LOADI(0, nr), CALLB(0, PRINT, 1), RET());
}

/* Handlers said 1 to @nr, so many times over. */
#define expect_order(s, nr, times)	_expect_order(_metadata, s, nr, times)

static inline void _expect_order(struct __test_metadata *_metadata, struct sess *s,
				 int nr, int times)
{
	int i;

	for (i = 0; i < nr * times; i++)
		EXPECT_EQ(i % nr + 1, rec_int(sess_expect(s, PRINT), 0)) {
			TH_LOG("record %d", i);
		}
}

/*
 * tracefs
 */

#define tfs_read(path, buf)		_tfs_read(_metadata, path, buf, sizeof(buf))
#define tfs_write(path, ...)		_tfs_write(_metadata, path, __VA_ARGS__)
#define tfs_wait_idle()			_tfs_wait_idle(_metadata)

/* Read a whole file, or as much of it as there is room for. */
static inline void _tfs_read(struct __test_metadata *_metadata, const char *path,
			     char *buf, size_t size)
{
	char name[256];
	size_t done = 0;
	ssize_t len;
	int fd;

	snprintf(name, sizeof(name), TRACEFS "/%s", path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd) {
		TH_LOG("%s: %s", name, strerror(errno));
	}
	do {
		len = read(fd, buf + done, size - 1 - done);
		ASSERT_LE(0, len);
		done += len;
	} while (len && done < size - 1);
	buf[done] = 0;
	close(fd);
}

static inline int __tfs_write(const char *path, bool append, const char *text)
{
	char name[256];
	ssize_t len;
	int fd;

	snprintf(name, sizeof(name), TRACEFS "/%s", path);
	fd = open(name, O_WRONLY | O_CLOEXEC | (append ? O_APPEND : O_TRUNC));
	if (fd < 0)
		return -1;
	len = write(fd, text, strlen(text));
	close(fd);
	return len == (ssize_t)strlen(text) ? 0 : -1;
}

/* Write as "echo text > path" does. */
__printf(3, 4)
static inline void _tfs_write(struct __test_metadata *_metadata,
			      const char *path, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ASSERT_EQ(0, __tfs_write(path, false, text)) {
		TH_LOG("%s < %s: %s", path, text, strerror(errno));
	}
}

/* The number of threads that run sessions. */
static inline int sess_threads(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *ent;
	int found = 0;

	while (proc && (ent = readdir(proc))) {
		char path[300], comm[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", ent->d_name);
		file = ent->d_name[0] >= '1' && ent->d_name[0] <= '9' ?
		       fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (fgets(comm, sizeof(comm), file) && !strncmp(comm, "ktap/", 5))
			found++;
		fclose(file);
	}
	if (proc)
		closedir(proc);
	return found;
}

/*
 * Nothing is left of any session. Events that are enabled in soft mode show
 * themselves in the file for all events.
 */
static inline void _tfs_wait_idle(struct __test_metadata *_metadata)
{
	char buf[4096];
	int i;

	tfs_read("set_event", buf);
	EXPECT_STREQ("", buf);
	tfs_read("events/enable", buf);
	EXPECT_STREQ("0\n", buf);
	/* A thread may be about to exit after its session has gone. */
	for (i = 0; i < 1000 && sess_threads(); i++)
		usleep(1000);
	EXPECT_EQ(0, sess_threads());
}

/* No trigger is left at an event and it is not enabled. */
static inline void _tfs_event_idle(struct __test_metadata *_metadata,
				   const char *event)
{
	char path[200], buf[4096];

	snprintf(path, sizeof(path), "events/%s/enable", event);
	tfs_read(path, buf);
	EXPECT_STREQ("0\n", buf);
	snprintf(path, sizeof(path), "events/%s/trigger", event);
	tfs_read(path, buf);
	EXPECT_EQ(0, strncmp(buf, "# Available triggers:", 21)) {
		TH_LOG("%s: %s", path, buf);
	}
}

#define tfs_event_idle(event)	_tfs_event_idle(_metadata, event)

/*
 * The kernel log
 */

static inline int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

#define log_is_silent(fd)	_log_is_silent(_metadata, fd)

/*
 * Nothing that is a warning or names ktap was logged since. That the machine was slow is
 * told once.
 */
static inline void _log_is_silent(struct __test_metadata *_metadata, int fd)
{
	char rec[8192];
	ssize_t len;
	int i;

	/* EPIPE says that some records were overwritten. */
	for (i = 0; i < 10000; i++) {
		len = read(fd, rec, sizeof(rec) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len < 0)
			break;
		rec[len] = 0;
		if (strstr(rec, "hrtimer: interrupt took"))
			continue;
		EXPECT_FALSE((atoi(rec) & 7) <= 4 || strstr(rec, "ktap")) {
			TH_LOG("kernel log: %s", rec);
		}
	}
	close(fd);
}

/*
 * Processes
 */

/* Wait until a process is in a system call that it waits in. */
static inline bool wait_in_call(pid_t pid, long nr)
{
	char path[64], text[32], want[32];
	int fd, tries;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	snprintf(want, sizeof(want), "%ld ", nr);
	for (tries = 0; tries < 60000; tries++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return false;
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[len > 0 ? len : 0] = 0;
		if (!strncmp(text, want, strlen(want)))
			return true;
		usleep(1000);
	}
	return false;
}

/**
 * struct worker - a child that waits, then works, then waits to be let go
 * @pid: the child
 * @go: to the child
 * @done: from the child
 */
struct worker {
	pid_t pid;
	int go;
	int done;
};

#define worker_start(w, work, arg)	_worker_start(_metadata, w, work, arg)
#define worker_run(w)			_worker_run(_metadata, w)
#define worker_end(w)			_worker_end(_metadata, w)

static inline void _worker_start(struct __test_metadata *_metadata,
				 struct worker *w, void (*work)(void *),
				 void *arg)
{
	int go[2], done[2];
	char c;

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(done, O_CLOEXEC));
	w->pid = fork();
	ASSERT_LE(0, w->pid);
	if (!w->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		close(done[0]);
		while (read(go[0], &c, 1) == 1) {
			work(arg);
			if (write(done[1], "", 1) != 1)
				break;
		}
		_exit(0);
	}
	close(go[0]);
	close(done[1]);
	w->go = go[1];
	w->done = done[0];
	ASSERT_TRUE(wait_in_call(w->pid, SYS_read));
}

/* Let the child work once, and wait until it has, and waits again. */
static inline void _worker_run(struct __test_metadata *_metadata,
			       struct worker *w)
{
	char c;

	ASSERT_EQ(1, write(w->go, "", 1));
	ASSERT_EQ(1, read(w->done, &c, 1));
	ASSERT_TRUE(wait_in_call(w->pid, SYS_read));
}

static inline void _worker_end(struct __test_metadata *_metadata,
			       struct worker *w)
{
	/* Other workers may have its pipes open. */
	kill(w->pid, SIGKILL);
	ASSERT_EQ(w->pid, waitpid(w->pid, NULL, 0));
	close(w->go);
	close(w->done);
}

/* One of the cheapest system calls, with its number as argument. */
static inline void work_getppid(void *arg)
{
	long i;

	for (i = 0; i < (long)arg; i++)
		syscall(SYS_getppid);
}

/*
 * The fixture of all tests here
 */

FIXTURE(ktap)
{
	struct sess s;
};

FIXTURE_SETUP(ktap)
{
	self->s.fd = -1;
	if (access(KTAP_FILE, F_OK))
		SKIP(return, "no " KTAP_FILE);
	sess_open(&self->s);
}

FIXTURE_TEARDOWN(ktap)
{
	if (self->s.fd < 0)
		return;
	sess_close(&self->s);
	tfs_wait_idle();
}

#endif /* _SELFTESTS_KTAP_KSESS_H */
