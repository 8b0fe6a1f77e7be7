// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the control file: who may open it, ioctls, read() and poll()
 */
#include <limits.h>
#include <pthread.h>
#include <stddef.h>

#include <linux/capability.h>

#include "ksess.h"

/* A program that does nothing. */
static void img_nothing(struct img *img)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
}

/*
 * The general format, for each ioctl
 */

FIXTURE(ioctl)
{
	struct sess s;
	struct img img;
	union {
		__u32 size;
		struct ktap_query query;
		struct ktap_load load;
		struct ktap_start start;
		struct ktap_stop stop;
		struct ktap_stats stats;
		char bytes[2 * 4096];
	} arg;
};

FIXTURE_VARIANT(ioctl)
{
	unsigned int cmd;
	__u32 size;
	__u32 min;
};

/* The first version of each struct never becomes longer. */
FIXTURE_VARIANT_ADD(ioctl, query)
{
	.cmd = KTAP_IOC_QUERY,
	.size = sizeof(struct ktap_query),
	.min = 40,
};

FIXTURE_VARIANT_ADD(ioctl, load)
{
	.cmd = KTAP_IOC_LOAD,
	.size = sizeof(struct ktap_load),
	.min = 72,
};

FIXTURE_VARIANT_ADD(ioctl, start)
{
	.cmd = KTAP_IOC_START,
	.size = sizeof(struct ktap_start),
	.min = 48,
};

FIXTURE_VARIANT_ADD(ioctl, stop)
{
	.cmd = KTAP_IOC_STOP,
	.size = sizeof(struct ktap_stop),
	.min = 8,
};

FIXTURE_VARIANT_ADD(ioctl, stats)
{
	.cmd = KTAP_IOC_STATS,
	.size = sizeof(struct ktap_stats),
	.min = 40,
};

/* Bring the session where the ioctl can succeed. */
FIXTURE_SETUP(ioctl)
{
	self->s.fd = -1;
	if (access(KTAP_FILE, F_OK))
		SKIP(return, "no " KTAP_FILE);
	sess_open(&self->s);
	img_nothing(&self->img);
	img_finish(&self->img);
	if (variant->cmd == KTAP_IOC_LOAD) {
		self->arg.load.image = (uintptr_t)self->img.data;
		self->arg.load.image_size = self->img.size;
	} else if (variant->cmd != KTAP_IOC_QUERY) {
		sess_load(&self->s, &self->img);
	}
	if (variant->cmd == KTAP_IOC_STOP)
		sess_start(&self->s);
	self->arg.size = variant->size;
}

FIXTURE_TEARDOWN(ioctl)
{
	if (self->s.fd < 0)
		return;
	sess_close(&self->s);
	img_free(&self->img);
}

#define DO_IOCTL()	ioctl(self->s.fd, variant->cmd, &self->arg)

TEST_F(ioctl, exact_size)
{
	ASSERT_EQ(0, DO_IOCTL());
	ASSERT_EQ(variant->size, self->arg.size);
}

TEST_F(ioctl, first_version)
{
	self->arg.size = variant->min;
	ASSERT_EQ(0, DO_IOCTL());
}

TEST_F(ioctl, size_0)
{
	self->arg.size = 0;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(EINVAL, errno);
}

TEST_F(ioctl, size_3)
{
	self->arg.size = 3;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(EINVAL, errno);
}

TEST_F(ioctl, below_first_version)
{
	self->arg.size = variant->min - 1;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(EINVAL, errno);
}

TEST_F(ioctl, later_version)
{
	self->arg.size = variant->size + 8;
	ASSERT_EQ(0, DO_IOCTL());
	ASSERT_EQ(variant->size + 8, self->arg.size);
}

TEST_F(ioctl, later_version_not_zero)
{
	self->arg.size = variant->size + 8;
	self->arg.bytes[variant->size + 7] = 1;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(E2BIG, errno);
}

TEST_F(ioctl, size_page)
{
	self->arg.size = 4096;
	ASSERT_EQ(0, DO_IOCTL());
}

TEST_F(ioctl, size_page_not_zero)
{
	self->arg.size = 4096;
	self->arg.bytes[4095] = 1;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(E2BIG, errno);
}

TEST_F(ioctl, size_more_than_page)
{
	self->arg.size = sysconf(_SC_PAGESIZE) + 1;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(E2BIG, errno);
}

TEST_F(ioctl, size_of_all_memory)
{
	self->arg.size = UINT_MAX;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(E2BIG, errno);
}

TEST_F(ioctl, size_more_than_memory)
{
	char *page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *arg = page + 4096 - variant->size;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	self->arg.size = 4096;
	memcpy(arg, &self->arg, variant->size);
	ASSERT_EQ(-1, ioctl(self->s.fd, variant->cmd, arg));
	ASSERT_EQ(EFAULT, errno);
}

TEST_F(ioctl, flags)
{
	/* @flags is the second member of each. */
	self->arg.query.flags = 1U << 31;
	ASSERT_EQ(-1, DO_IOCTL());
	ASSERT_EQ(EOPNOTSUPP, errno);
}

TEST_F(ioctl, null)
{
	ASSERT_EQ(-1, ioctl(self->s.fd, variant->cmd, NULL));
	ASSERT_EQ(EFAULT, errno);
}

TEST_F(ioctl, only_size_readable)
{
	char *page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u32 *size = (void *)page + 4096 - sizeof(*size);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	*size = variant->size;
	ASSERT_EQ(-1, ioctl(self->s.fd, variant->cmd, size));
	ASSERT_EQ(EFAULT, errno);
}

TEST_F(ioctl, not_writable)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	memcpy(page, &self->arg, variant->size);
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));
	ASSERT_EQ(-1, ioctl(self->s.fd, variant->cmd, page));
	ASSERT_EQ(EFAULT, errno);
}

TEST_F(ioctl, size_in_number)
{
	unsigned int cmd = _IOC(_IOC_READ | _IOC_WRITE, KTAP_IOC_MAGIC,
				_IOC_NR(variant->cmd), variant->size);

	ASSERT_EQ(-1, ioctl(self->s.fd, cmd, &self->arg));
	ASSERT_EQ(ENOTTY, errno);
}

/*
 * Numbers that are no ioctl
 */

KTAP_TEST(unknown_number)
{
	static const unsigned int cmds[] = {
		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE - 1),
		_IO(KTAP_IOC_MAGIC, KTAP_IOC_BASE + 5),
		_IO(KTAP_IOC_MAGIC, 0xff),
		_IO(KTAP_IOC_MAGIC, 0),
		_IO(KTAP_IOC_MAGIC + 1, KTAP_IOC_BASE),
		0, ~0U,
	};
	struct ktap_query query = { .size = sizeof(query) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		ASSERT_EQ(-1, ioctl(self->s.fd, cmds[i], &query));
		ASSERT_EQ(ENOTTY, errno);
	}
}

/*
 * QUERY
 */

KTAP_TEST(query_values)
{
	struct ktap_query query = { .size = sizeof(query) };

	ASSERT_EQ(0, ioctl(self->s.fd, KTAP_IOC_QUERY, &query));
	EXPECT_EQ(KTAP_ABI_VERSION, query.abi_version);
	/* A newer kernel may have more than these headers tell of. */
	EXPECT_LE(KTAP_OP_NR, query.nr_ops);
	EXPECT_LE(KTAP_VAR_NR, query.nr_vars);
	EXPECT_LE(KTAP_FUNC_NR, query.nr_funcs);
	EXPECT_LE(KTAP_STAT_NR, query.nr_stats);
	EXPECT_EQ(1U << KTAP_PROBE_EVENT, query.probes & (1U << KTAP_PROBE_EVENT));
	EXPECT_EQ(KTAP_IMG_MAX_SIZE, query.max_image);
	EXPECT_EQ(0, query.__reserved);
}

KTAP_TEST(query_reserved)
{
	struct ktap_query query = { .size = sizeof(query), .__reserved = 1 };

	ASSERT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_QUERY, &query));
	ASSERT_EQ(EINVAL, errno);
}

KTAP_TEST(query_any_state)
{
	struct ktap_query query = { .size = sizeof(query) };
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	ASSERT_EQ(0, ioctl(self->s.fd, KTAP_IOC_QUERY, &query));
	sess_start(&self->s);
	ASSERT_EQ(0, ioctl(self->s.fd, KTAP_IOC_QUERY, &query));
	sess_stop(&self->s);
	ASSERT_EQ(0, ioctl(self->s.fd, KTAP_IOC_QUERY, &query));
	img_free(&img);
}

/*
 * LOAD
 */

FIXTURE(load)
{
	struct sess s;
	struct img img;
};

FIXTURE_SETUP(load)
{
	self->s.fd = -1;
	if (access(KTAP_FILE, F_OK))
		SKIP(return, "no " KTAP_FILE);
	sess_open(&self->s);
	img_nothing(&self->img);
	img_finish(&self->img);
}

FIXTURE_TEARDOWN(load)
{
	if (self->s.fd < 0)
		return;
	sess_close(&self->s);
	img_free(&self->img);
}

#define LOAD()	__sess_load(&self->s, self->img.data, self->img.size)

TEST_F(load, twice)
{
	ASSERT_EQ(0, LOAD());
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(EBUSY, errno);
}

TEST_F(load, after_start)
{
	ASSERT_EQ(0, LOAD());
	sess_start(&self->s);
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(EBUSY, errno);
}

TEST_F(load, after_refusal)
{
	__u32 magic = KTAP_IMG_MAGIC;

	*(__u32 *)self->img.data = 0;
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(ENOEXEC, errno);
	ASSERT_STREQ("image: not a ktap image\n", self->s.log);
	*(__u32 *)self->img.data = magic;
	ASSERT_EQ(0, LOAD());
	sess_start(&self->s);
}

TEST_F(load, no_image)
{
	ASSERT_EQ(-1, __sess_load(&self->s, NULL, self->img.size));
	ASSERT_EQ(EFAULT, errno);
}

TEST_F(load, image_of_no_size)
{
	ASSERT_EQ(-1, __sess_load(&self->s, self->img.data, 0));
	ASSERT_EQ(EINVAL, errno);
}

TEST_F(load, image_too_large)
{
	ASSERT_EQ(-1, __sess_load(&self->s, self->img.data, KTAP_IMG_MAX_SIZE + 1));
	ASSERT_EQ(E2BIG, errno);
}

TEST_F(load, image_longer_than_memory)
{
	void *page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	ASSERT_EQ(-1, __sess_load(&self->s, page, 4097));
	ASSERT_EQ(EFAULT, errno);
}

TEST_F(load, ring_too_small)
{
	self->s.load.ring_size = 1;
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(EINVAL, errno);
	ASSERT_STREQ("the buffer of each cpu can be from 16384 bytes to 1073741824\n", self->s.log);
	self->s.load.ring_size = 0;
	ASSERT_EQ(0, LOAD());
}

TEST_F(load, ring_too_large)
{
	self->s.load.ring_size = UINT_MAX;
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(EINVAL, errno);
	ASSERT_STREQ("the buffer of each cpu can be from 16384 bytes to 1073741824\n", self->s.log);
}

TEST_F(load, heap_too_small)
{
	self->s.load.heap_size = 1;
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(EINVAL, errno);
	ASSERT_STREQ("memory can be from 16384 bytes to 17179869184\n", self->s.log);
	self->s.load.heap_size = 0;
	ASSERT_EQ(0, LOAD());
}

TEST_F(load, heap_too_large)
{
	self->s.load.heap_size = ULLONG_MAX;
	ASSERT_EQ(-1, LOAD());
	ASSERT_EQ(EINVAL, errno);
	ASSERT_STREQ("memory can be from 16384 bytes to 17179869184\n", self->s.log);
}

TEST_F(load, log_not_writable)
{
	struct ktap_load load = {
		.size = sizeof(load),
		.image = (uintptr_t)self->img.data,
		.image_size = self->img.size,
		.log = 8,
		.log_size = 100,
	};

	*(__u32 *)self->img.data = 0;
	ASSERT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_LOAD, &load));
	ASSERT_EQ(EFAULT, errno);
}

/* The log is cut to the room there is, and its whole length is told. */
TEST_F(load, log_truncated)
{
	static const char text[] = "image: not a ktap image\n";
	char log[sizeof(text) + 8];
	__u32 size;

	*(__u32 *)self->img.data = 0;
	for (size = 0; size < sizeof(log); size++) {
		__u32 len = size < sizeof(text) ? size : sizeof(text);
		struct ktap_load load = {
			.size = sizeof(load),
			.image = (uintptr_t)self->img.data,
			.image_size = self->img.size,
			.log = (uintptr_t)log,
			.log_size = size,
		};

		memset(log, 'x', sizeof(log));
		ASSERT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_LOAD, &load));
		ASSERT_EQ(ENOEXEC, errno);
		ASSERT_EQ(sizeof(text), load.log_len);
		if (len) {
			ASSERT_EQ(0, memcmp(log, text, len - 1));
			ASSERT_EQ(0, log[len - 1]);
		}
		ASSERT_EQ('x', log[len]);
	}
}

TEST_F(load, log_empty)
{
	self->s.log[0] = 'x';
	ASSERT_EQ(0, LOAD());
	ASSERT_EQ(1, self->s.load.log_len);
	ASSERT_STREQ("", self->s.log);
}

TEST_F(load, log_of_any_size)
{
	struct ktap_load load = {
		.size = sizeof(load),
		.image = (uintptr_t)self->img.data,
		.image_size = self->img.size,
		.log = (uintptr_t)self->s.log,
		.log_size = UINT_MAX,
	};

	ASSERT_EQ(0, ioctl(self->s.fd, KTAP_IOC_LOAD, &load));
	ASSERT_EQ(1, load.log_len);
}

/* However large the buffer is, the kernel keeps no more. The script has a long name. */
TEST_F(load, log_too_long)
{
	char *log = malloc(2 * KTAP_LOG_MAX), *name = malloc(2 * KTAP_LOG_MAX);
	struct ktap_load load = {
		.size = sizeof(load),
		.log = (uintptr_t)log,
		.log_size = 2 * KTAP_LOG_MAX,
	};
	struct ktap_img_header *hdr;
	struct img img = {};
	__u32 str;

	ASSERT_NE(NULL, log);
	ASSERT_NE(NULL, name);
	memset(log, 'x', 2 * KTAP_LOG_MAX);
	memset(name, 'n', 2 * KTAP_LOG_MAX - 1);
	name[2 * KTAP_LOG_MAX - 1] = 0;

	img_func(&img, MAIN, 1, MOVE(0, 9), RET());
	str = img_str(&img, name);
	img_finish(&img);
	hdr = (void *)img.data;
	hdr->name = str;
	load.image = (uintptr_t)img.data;
	load.image_size = img.size;
	ASSERT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_LOAD, &load));
	ASSERT_EQ(EINVAL, errno);
	ASSERT_LT(2 * KTAP_LOG_MAX, load.log_len);
	ASSERT_EQ(KTAP_LOG_MAX - 1, strlen(log));
	ASSERT_EQ('x', log[KTAP_LOG_MAX]);
	img_free(&img);
	free(name);
	free(log);
}

/*
 * START, STOP and STATS
 */

KTAP_TEST(start_without_image)
{
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(EBUSY, errno);
	ASSERT_EQ(KTAP_IMG_NONE, self->s.start.event);
}

KTAP_TEST(start_twice)
{
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(KTAP_IMG_NONE, self->s.start.event);
	ASSERT_EQ(0, self->s.start.nr_attached);
	ASSERT_EQ(1, self->s.start.log_len);
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(EBUSY, errno);
	img_free(&img);
}

KTAP_TEST(start_after_end)
{
	struct img img;

	img_nothing(&img);
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(EBUSY, errno);
	img_free(&img);
}

/* What could not be started can be, when the event is there. */
KTAP_TEST(start_after_failure)
{
	struct counter c;

	counter_init(&c, "nosuch:event", NULL);
	sess_load(&self->s, &c.img);
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(ENOENT, errno);
	ASSERT_EQ(0, self->s.start.event);
	ASSERT_EQ(0, self->s.start.nr_attached);
	ASSERT_EQ(strlen(self->s.log) + 1, self->s.start.log_len);
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(ENOENT, errno);
	ASSERT_EQ(-1, __sess_stop(&self->s, 0));
	ASSERT_EQ(EBUSY, errno);
	img_free(&c.img);
}

KTAP_TEST(stop_without_image)
{
	ASSERT_EQ(-1, __sess_stop(&self->s, 0));
	ASSERT_EQ(EBUSY, errno);
}

KTAP_TEST(stop_before_start)
{
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	ASSERT_EQ(-1, __sess_stop(&self->s, KTAP_STOP_NOW));
	ASSERT_EQ(EBUSY, errno);
	img_free(&img);
}

KTAP_TEST(stop_again)
{
	struct img img;

	img_nothing(&img);
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	sess_stop(&self->s);
	sess_stop_now(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	sess_stop(&self->s);
	ASSERT_EQ(NULL, sess_next(&self->s));
	img_free(&img);
}

KTAP_TEST(stop_unknown_flag)
{
	struct img img;

	img_nothing(&img);
	sess_run(&self->s, &img);
	ASSERT_EQ(-1, __sess_stop(&self->s, KTAP_STOP_NOW << 1));
	ASSERT_EQ(EOPNOTSUPP, errno);
	img_free(&img);
}

KTAP_TEST(stats_without_image)
{
	__u64 stats[KTAP_STAT_NR];

	ASSERT_EQ(-1, __sess_stats(&self->s, stats));
	ASSERT_EQ(EBUSY, errno);
}

KTAP_TEST(stats_reserved)
{
	struct ktap_stats arg = { .size = sizeof(arg), .__reserved = 1 };
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	ASSERT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_STATS, &arg));
	ASSERT_EQ(EINVAL, errno);
	img_free(&img);
}

KTAP_TEST(stats_not_writable)
{
	struct ktap_stats arg = {
		.size = sizeof(arg),
		.stats = 8,
		.nr_stats = 1,
	};
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	ASSERT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_STATS, &arg));
	ASSERT_EQ(EFAULT, errno);
	img_free(&img);
}

/* As many counters as there is room for, and no more. */
KTAP_TEST(stats_room)
{
	__u64 stats[KTAP_STAT_NR + 64];
	struct img img;
	__u32 nr, i;

	img_nothing(&img);
	self->s.load.heap_size = 1 << 20;
	sess_run(&self->s, &img);
	for (nr = 0; nr < ARRAY_SIZE(stats); nr += nr < KTAP_STAT_NR ? 1 : 60) {
		struct ktap_stats arg = {
			.size = sizeof(arg),
			.stats = nr ? (uintptr_t)stats : 0,
			.nr_stats = nr,
		};

		memset(stats, 0xff, sizeof(stats));
		ASSERT_EQ(0, ioctl(self->s.fd, KTAP_IOC_STATS, &arg));
		ASSERT_LE(KTAP_STAT_NR, arg.nr_stats);
		ASSERT_EQ(1 << 20, arg.heap_size);
		ASSERT_LT(0, arg.heap_used);
		ASSERT_GT(arg.heap_size, arg.heap_used);
		for (i = 0; i < nr && i < KTAP_STAT_NR; i++)
			ASSERT_EQ(0, stats[i]);
		for (i = nr; i < ARRAY_SIZE(stats); i++)
			ASSERT_EQ(ULLONG_MAX, stats[i]);
	}
	img_free(&img);
}

/*
 * read(), poll() and what the file does not do
 */

static int set_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int poll_now(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&pfd, 1, 0);
	return pfd.revents;
}

KTAP_TEST(read_without_image)
{
	char buf[16];

	ASSERT_EQ(-1, read(self->s.fd, buf, sizeof(buf)));
	ASSERT_EQ(EBUSY, errno);
	ASSERT_EQ(POLLERR, poll_now(self->s.fd));
}

KTAP_TEST(read_before_start)
{
	struct img img;
	char buf[16];

	img_nothing(&img);
	sess_load(&self->s, &img);
	ASSERT_EQ(0, poll_now(self->s.fd));
	ASSERT_EQ(0, set_nonblock(self->s.fd));
	ASSERT_EQ(-1, read(self->s.fd, buf, sizeof(buf)));
	ASSERT_EQ(EAGAIN, errno);
	img_free(&img);
}

KTAP_TEST(read_nothing_there)
{
	struct img img;
	char buf[16];

	img_nothing(&img);
	sess_run(&self->s, &img);
	ASSERT_EQ(0, poll_now(self->s.fd));
	ASSERT_EQ(0, set_nonblock(self->s.fd));
	ASSERT_EQ(-1, read(self->s.fd, buf, sizeof(buf)));
	ASSERT_EQ(EAGAIN, errno);
	img_free(&img);
}

/* poll() wakes up for each record and stays at the end. */
KTAP_TEST(poll_in_all_states)
{
	struct pollfd pfd = { .fd = self->s.fd, .events = POLLIN };
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	ASSERT_EQ(POLLIN, pfd.revents);
	sess_expect(&self->s, RUNNING);
	ASSERT_EQ(0, poll_now(self->s.fd));
	sess_stop(&self->s);
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	ASSERT_EQ(POLLIN, pfd.revents);
	ASSERT_EQ(0, sess_end(&self->s));
	ASSERT_EQ(POLLIN | POLLHUP, poll_now(self->s.fd));
	img_free(&img);
}

/* A record that does not fit stays, whatever the size of the buffer. */
KTAP_TEST(read_small_buffers)
{
	struct pollfd pfd = { .fd = self->s.fd, .events = POLLIN };
	char buf[KTAP_REC_MAX];
	struct ktap_rec *rec;
	struct img img;
	size_t size;

	memset(&img, 0, sizeof(img));
	img_func(&img, MAIN, 1, LOADI(0, 42), CALLB(0, PRINT, 1), RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	for (size = 0; size < 32; size++) {
		ASSERT_EQ(-1, read(self->s.fd, buf, size));
		ASSERT_EQ(EMSGSIZE, errno);
	}
	/* Room for this one, but not for the next. */
	ASSERT_EQ(32, read(self->s.fd, buf, 32));
	rec = (void *)buf;
	ASSERT_EQ(32, rec->size);
	ASSERT_EQ(KTAP_REC_PRINT, rec->type);
	ASSERT_EQ(42, rec_int(rec, 0));
	sess_expect(&self->s, RUNNING);
	img_free(&img);
}

KTAP_TEST(read_bad_pointer)
{
	struct pollfd pfd = { .fd = self->s.fd, .events = POLLIN };
	struct img img;

	img_nothing(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	ASSERT_EQ(-1, syscall(SYS_read, self->s.fd, 8, 4096));
	ASSERT_EQ(EFAULT, errno);
	/* It is still there. */
	sess_expect(&self->s, RUNNING);
	img_free(&img);
}

KTAP_TEST(read_after_end)
{
	struct img img;
	char buf[64];
	int i;

	img_nothing(&img);
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, read(self->s.fd, buf, sizeof(buf)));
	ASSERT_EQ(0, set_nonblock(self->s.fd));
	ASSERT_EQ(0, read(self->s.fd, buf, sizeof(buf)));
	img_free(&img);
}

static void ignore_signal(int sig)
{
}

/* A reader that waits is woken by a signal, and the session goes on. */
KTAP_TEST(read_interrupted)
{
	struct sigaction act = { .sa_handler = ignore_signal };
	int i, status;
	struct img img;
	pid_t pid;

	img_nothing(&img);
	sess_run(&self->s, &img);
	ASSERT_EQ(0, sigaction(SIGUSR1, &act, NULL));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		char buf[64];

		_exit(read(self->s.fd, buf, sizeof(buf)) == -1 && errno == EINTR ?
		      0 : 1);
	}
	/* The first ones may come before it waits. */
	for (i = 0; i < 10000; i++) {
		usleep(5000);
		kill(pid, SIGUSR1);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	ASSERT_TRUE(WIFEXITED(status));
	ASSERT_EQ(0, WEXITSTATUS(status));
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

static void *reader_thread(void *arg)
{
	char buf[64];

	return (void *)(long)read(*(int *)arg, buf, sizeof(buf));
}

/* One who waits before the start gets what comes then. */
KTAP_TEST(read_waits_for_start)
{
	pthread_t thread;
	struct img img;
	void *len;

	img_nothing(&img);
	sess_load(&self->s, &img);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reader_thread, &self->s.fd));
	usleep(20000);
	sess_start(&self->s);
	ASSERT_EQ(0, pthread_join(thread, &len));
	ASSERT_EQ(sizeof(struct ktap_rec), (long)len);
	img_free(&img);
}

/* Readers share the records, and all of them see the end. */
KTAP_TEST(read_from_many_threads)
{
	pthread_t threads[8];
	long records = 0;
	struct img img;
	void *len;
	int i;

	img_nothing(&img);
	sess_run(&self->s, &img);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, reader_thread,
					    &self->s.fd));
	sess_stop(&self->s);
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &len));
		records += !!(long)len;
	}
	ASSERT_EQ(1, records);
	img_free(&img);
}

KTAP_TEST(no_other_calls)
{
	char buf[8] = {};

	EXPECT_EQ(-1, lseek(self->s.fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->s.fd, buf, sizeof(buf), 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, write(self->s.fd, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->s.fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

/*
 * Who may open it. Each test is a process of its own, which gives up what it has.
 */

static void drop_caps(struct __test_metadata *_metadata, __u64 keep)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = keep, .permitted = keep },
		{ .effective = keep >> 32, .permitted = keep >> 32 },
	};

	ASSERT_EQ(0, syscall(SYS_capset, &hdr, data));
}

static int try_open(void)
{
	int fd = open(KTAP_FILE, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd;
}

KTAP_TEST(open_as_nobody)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(try_open() == -1 && errno == EACCES ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
}

KTAP_TEST(open_as_root_without_capabilities)
{
	drop_caps(_metadata, 0);
	ASSERT_EQ(-1, try_open());
	ASSERT_EQ(EPERM, errno);
	/* That is so that the fixture can end. */
	sess_close(&self->s);
}

KTAP_TEST(open_with_other_capabilities)
{
	drop_caps(_metadata, ~(1ULL << CAP_PERFMON | 1ULL << CAP_SYS_ADMIN) &
		  ((1ULL << (CAP_LAST_CAP + 1)) - 1));
	ASSERT_EQ(-1, try_open());
	ASSERT_EQ(EPERM, errno);
	sess_close(&self->s);
}

KTAP_TEST(open_with_perfmon)
{
	drop_caps(_metadata, 1ULL << CAP_PERFMON);
	ASSERT_LE(0, try_open());
	sess_close(&self->s);
}

KTAP_TEST(open_with_sys_admin)
{
	drop_caps(_metadata, 1ULL << CAP_SYS_ADMIN);
	ASSERT_LE(0, try_open());
	sess_close(&self->s);
}

KTAP_TEST(file_mode)
{
	struct stat st;

	ASSERT_EQ(0, stat(KTAP_FILE, &st));
	ASSERT_EQ(0, st.st_mode & 0077);
	ASSERT_EQ(0, st.st_uid);
}

TEST_HARNESS_MAIN
