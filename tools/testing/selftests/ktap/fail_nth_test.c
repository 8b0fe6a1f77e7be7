// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of all ways out of memory
 *
 * A session is loaded and started again and again, and the Nth allocation of the
 * process fails, for each N until there are no more. Whatever fails is told with
 * ENOMEM, nothing of it is left, and the kernel has nothing to say in its log.
 */
#include "ksess.h"

#define EVENT_DIR	"syscalls/sys_enter_getppid"

/* More allocations than these sequences make. */
#define MAX_NTH		2000

/* Let every kind of allocation fail, quietly. Returns false if none can. */
static bool fault_injection(void)
{
	static const struct {
		const char *name;
		const char *value;
	} files[] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
	};
	bool found = false;
	unsigned int i;
	char path[100];

	if (access("/proc/self/fail-nth", W_OK))
		return false;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		int fd;

		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", files[i].name);
		fd = open(path, O_WRONLY);
		if (fd < 0)
			continue;
		if (write(fd, files[i].value, 1) == 1)
			found = true;
		close(fd);
	}
	return found;
}

/**
 * struct nth - a sweep over the allocations of a system call
 * @fd: where the kernel is told which of them is to fail
 * @log: kernel log
 * @c: the program that is loaded
 */
struct nth {
	int fd;
	int log;
	struct counter c;
};

static void nth_init(struct __test_metadata *_metadata, struct nth *nth)
{
	nth->fd = open("/proc/thread-self/fail-nth", O_RDWR);
	ASSERT_LE(0, nth->fd);
	nth->log = log_open();
	ASSERT_LE(0, nth->log);
	counter_init(&nth->c, "syscalls:sys_enter_getppid", "common_pid != 0");
	img_event(&nth->c.img, nth->c.probe, "task:*", NULL);
	img_finish(&nth->c.img);
}

static void nth_destroy(struct __test_metadata *_metadata, struct nth *nth)
{
	log_is_silent(nth->log);
	tfs_event_idle(EVENT_DIR);
	tfs_wait_idle();
	img_free(&nth->c.img);
	close(nth->fd);
}

/* Let the Nth allocation from now on fail. */
static void __nth_begin(struct __test_metadata *_metadata, int fd, int nth)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%d", nth);

	ASSERT_EQ(len, pwrite(fd, buf, len, 0));
}

/* No more of this. Returns false if there were not as many. */
static bool __nth_end(struct __test_metadata *_metadata, int fd)
{
	char buf[16] = "";

	/* These two may be what fails. */
	if (pread(fd, buf, sizeof(buf) - 1, 0) < 0)
		buf[0] = '1';
	if (pwrite(fd, "0", 1, 0) != 1)
		ASSERT_EQ(1, pwrite(fd, "0", 1, 0));
	return atoi(buf) == 0;
}

#define nth_begin(nth, i)	__nth_begin(_metadata, (nth)->fd, i)
#define nth_end(nth)		__nth_end(_metadata, (nth)->fd)

KTAP_TEST(open)
{
	int i, ret, err, fd, failed = 0;
	struct nth nth;

	if (!fault_injection())
		SKIP(return, "no CONFIG_FAILSLAB");
	sess_close(&self->s);
	nth_init(_metadata, &nth);
	for (i = 1; i < MAX_NTH; i++) {
		nth_begin(&nth, i);
		fd = open(KTAP_FILE, O_RDWR);
		err = errno;
		if (!nth_end(&nth))
			break;
		if (fd >= 0) {
			close(fd);
			continue;
		}
		failed++;
		ASSERT_EQ(ENOMEM, err);
	}
	ASSERT_GT(MAX_NTH, i);
	ASSERT_LT(0, failed);
	ASSERT_LE(0, fd);
	ret = close(fd);
	ASSERT_EQ(0, ret);
	nth_destroy(_metadata, &nth);
}

KTAP_TEST(load)
{
	int i, ret, err, failed = 0;
	struct nth nth;
	struct sess s;

	if (!fault_injection())
		SKIP(return, "no CONFIG_FAILSLAB");
	sess_close(&self->s);
	nth_init(_metadata, &nth);
	for (i = 1; i < MAX_NTH; i++) {
		sess_open(&s);
		nth_begin(&nth, i);
		ret = __sess_load(&s, nth.c.img.data, nth.c.img.size);
		err = errno;
		if (!nth_end(&nth))
			break;
		if (ret) {
			failed++;
			ASSERT_EQ(ENOMEM, err);
			/* The session is as it was before. */
			ASSERT_EQ(0, __sess_load(&s, nth.c.img.data,
						 nth.c.img.size));
		}
		sess_close(&s);
	}
	TH_LOG("%d allocations, %d of them needed", i - 1, failed);
	ASSERT_GT(MAX_NTH, i);
	ASSERT_LT(10, failed);
	ASSERT_EQ(0, ret);
	sess_close(&s);
	nth_destroy(_metadata, &nth);
}

/* Threads that wait for the session do not get to see what failed. */
KTAP_TEST(start)
{
	int i, ret, err, failed = 0;
	struct nth nth;
	struct sess s;

	if (!fault_injection())
		SKIP(return, "no CONFIG_FAILSLAB");
	sess_close(&self->s);
	nth_init(_metadata, &nth);
	for (i = 1; i < MAX_NTH; i++) {
		sess_open(&s);
		ASSERT_EQ(0, __sess_load(&s, nth.c.img.data, nth.c.img.size));
		nth_begin(&nth, i);
		ret = __sess_start(&s);
		err = errno;
		if (!nth_end(&nth))
			break;
		if (ret) {
			failed++;
			ASSERT_EQ(ENOMEM, err) {
				TH_LOG("allocation %d: %s: %s", i, strerror(err),
				       s.log);
			}
			ASSERT_EQ(0, s.start.nr_attached);
			ASSERT_EQ(0, __sess_start(&s));
		}
		sess_expect(&s, RUNNING);
		sess_stop(&s);
		sess_expect(&s, PRINT);
		ASSERT_EQ(0, sess_end(&s));
		sess_close(&s);
	}
	TH_LOG("%d allocations, %d of them needed", i - 1, failed);
	ASSERT_GT(MAX_NTH, i);
	ASSERT_LT(3, failed);
	ASSERT_EQ(0, ret);
	sess_close(&s);
	nth_destroy(_metadata, &nth);
}

/* Of the rest of a session's life nothing fails. */
KTAP_TEST(run)
{
	struct nth nth;
	struct sess s;
	int i, ret;

	if (!fault_injection())
		SKIP(return, "no CONFIG_FAILSLAB");
	sess_close(&self->s);
	nth_init(_metadata, &nth);
	for (i = 1; i < MAX_NTH; i++) {
		__u64 stats[KTAP_STAT_NR];
		bool more;

		sess_open(&s);
		ASSERT_EQ(0, __sess_load(&s, nth.c.img.data, nth.c.img.size));
		sess_start(&s);
		sess_expect(&s, RUNNING);
		nth_begin(&nth, i);
		work_getppid((void *)3);
		ret = __sess_stop(&s, 0);
		ret |= __sess_stats(&s, stats);
		ret |= !__sess_next(&s);
		more = nth_end(&nth);
		ASSERT_EQ(0, ret);
		sess_expect(&s, END);
		nth_begin(&nth, i);
		close(s.fd);
		more |= nth_end(&nth);
		s.fd = -1;
		sess_close(&s);
		if (!more)
			break;
	}
	ASSERT_GT(MAX_NTH, i);
	nth_destroy(_metadata, &nth);
}

TEST_HARNESS_MAIN
