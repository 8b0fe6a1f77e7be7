// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what perf counts: events, watchpoints, processors that come
 *
 * Counts are compared with what perf counts for whoever opens a counter of the same,
 * or with what a program was told to do.
 */
#include <time.h>

#include <linux/perf_event.h>

#include "ksess.h"

#define PAGES		200
#define VARIABLE	"panic_timeout"
#define VARIABLE_FILE	"/proc/sys/kernel/panic"

static __u32 img_add_perf(struct img *img, enum ktap_probe_kind kind, __u32 proto,
			  const char *spec)
{
	return img_event_of(img, kind, proto, spec, NULL, NULL, 0);
}

static void perf_counter_init(struct counter *c, enum ktap_probe_kind kind,
			      const char *spec)
{
	counter_init(c, NULL, NULL);
	img_add_perf(&c->img, kind, c->probe, spec);
}

static void for_process(struct sess *s, pid_t pid)
{
	s->start.flags = KTAP_START_PID;
	s->start.pid = pid;
}

static void img_of(struct img *img, enum ktap_probe_kind kind, const char *spec)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	img_add_perf(img, kind, img_func(img, PROBE, 0, RET()), spec);
}

/* What a counter of a software event has come to. */
static __s64 counter_end(struct __test_metadata *_metadata, struct sess *s)
{
	__s64 n;

	sess_stop(s);
	n = rec_int(sess_expect(s, PRINT), 0);
	ASSERT_EQ(0, sess_end(s));
	EXPECT_EQ(n, sess_stat(s, HITS));
	EXPECT_EQ(0, sess_stat(s, NESTED));
	EXPECT_EQ(0, sess_stat(s, THROTTLED));
	EXPECT_EQ(0, sess_stat(s, UNCOUNTED));
	return n;
}

static int perf_open(__u32 type, __u64 config, pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
	};

	return syscall(SYS_perf_event_open, &attr, pid, cpu, -1,
		       PERF_FLAG_FD_CLOEXEC);
}

static __s64 perf_read(struct __test_metadata *_metadata, int fd)
{
	__s64 val;

	ASSERT_EQ(sizeof(val), read(fd, &val, sizeof(val)));
	return val;
}

/*
 * Perf events
 */

static char *pages;

static void map_pages(struct __test_metadata *_metadata)
{
	pages = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	madvise(pages, PAGES * 4096, MADV_NOHUGEPAGE);
}

static __attribute__((noinline)) void work_pages(void *arg)
{
	int i;

	madvise(pages, PAGES * 4096, MADV_DONTNEED);
	for (i = 0; i < PAGES; i++)
		*(volatile char *)(pages + i * 4096) = 1;
}

KTAP_TEST(page_faults)
{
	struct counter c;
	struct worker w;
	__s64 n;
	int fd;

	map_pages(_metadata);
	worker_start(&w, work_pages, NULL);
	fd = perf_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, w.pid, -1);
	ASSERT_LE(0, fd);
	perf_counter_init(&c, KTAP_PROBE_PERF, "1:2:1");
	for_process(&self->s, w.pid);
	sess_run(&self->s, &c.img);
	worker_run(&w);
	worker_run(&w);
	n = perf_read(_metadata, fd);
	EXPECT_EQ(n, counter_end(_metadata, &self->s));
	EXPECT_LE(2 * PAGES, n);
	close(fd);
	worker_end(&w);
	img_free(&c.img);
}

/* Handlers of one event run in the order of the script. */
KTAP_TEST(page_faults_in_order)
{
	struct sess *s = &self->s;
	struct img img = {};
	struct worker w;
	__u64 hits;
	int i;

	map_pages(_metadata);
	worker_start(&w, work_pages, NULL);
	img_func(&img, MAIN, 0, RET());
	for (i = 1; i <= 3; i++)
		img_add_perf(&img, KTAP_PROBE_PERF, img_says(&img, i), "1:2:1");
	for_process(s, w.pid);
	sess_run(s, &img);
	worker_run(&w);
	hits = sess_stat(s, HITS);
	EXPECT_LE(3 * PAGES, hits);
	EXPECT_EQ(0, hits % 3);
	sess_stop(s);
	expect_order(s, 3, hits / 3);
	EXPECT_EQ(0, sess_end(s));
	worker_end(&w);
	img_free(&img);
}

KTAP_TEST(page_fault_fields)
{
	struct ktap_rec *rec;
	struct worker w;
	struct img img = {};
	__s64 addr;
	int page = 0;

	map_pages(_metadata);
	worker_start(&w, work_pages, NULL);
	img_func(&img, MAIN, 0, RET());
	img_add_perf(&img, KTAP_PROBE_PERF,
		     img_func(&img, PROBE, 7,
			      FIELD(0, img_field_of(&img, KTAP_FIELD_ADDR, 0)),
			      FIELD(1, img_field_of(&img, KTAP_FIELD_NTH, 1)),
			      FIELD(2, img_field(&img, "addr")),
			      FIELD(3, img_field_of(&img, KTAP_FIELD_IP, 0)),
			      FIELD(4, img_field_of(&img, KTAP_FIELD_NTH, 0)),
			      FIELD(5, img_field(&img, "period")),
			      FIELD(6, img_field_of(&img, KTAP_FIELD_NTH, 3)),
			      CALLB(0, PRINT, 7), RET()), "1:0x2:1");
	for_process(&self->s, w.pid);
	sess_run(&self->s, &img);
	worker_run(&w);
	while (page < PAGES) {
		rec = sess_expect(&self->s, PRINT);
		addr = rec_int(rec, 0);
		EXPECT_EQ(addr, rec_int(rec, 1));
		EXPECT_EQ(addr, rec_int(rec, 2));
		EXPECT_EQ(rec_int(rec, 3), rec_int(rec, 4));
		EXPECT_EQ(1, rec_int(rec, 5));
		EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 6)->type);
		if (addr < (__s64)pages || addr >= (__s64)pages + PAGES * 4096)
			continue;
		EXPECT_EQ((__s64)pages + page * 4096, addr);
		EXPECT_LT((__s64)work_pages - 1, rec_int(rec, 3));
		EXPECT_GT((__s64)work_pages + 4096, rec_int(rec, 3));
		page++;
	}
	worker_end(&w);
	img_free(&img);
}

#define MAX_CPUS	256

/* Each tenth of all, on any processor. */
KTAP_TEST(page_faults_by_ten)
{
	int nr = sysconf(_SC_NPROCESSORS_ONLN), fd[MAX_CPUS], i;
	__s64 inner = 0, outer = 0, n;
	struct counter c;
	struct worker w;

	ASSERT_GE(MAX_CPUS, nr);
	map_pages(_metadata);
	worker_start(&w, work_pages, NULL);
	for (i = 0; i < nr; i++) {
		fd[i] = perf_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, -1, i);
		ASSERT_LE(0, fd[i]);
	}
	perf_counter_init(&c, KTAP_PROBE_PERF, "1:2:10");
	sess_run(&self->s, &c.img);
	for (i = 0; i < nr; i++)
		inner -= perf_read(_metadata, fd[i]);
	for (i = 0; i < 10; i++)
		worker_run(&w);
	for (i = 0; i < nr; i++)
		inner += perf_read(_metadata, fd[i]);
	n = counter_end(_metadata, &self->s);
	for (i = 0; i < nr; i++) {
		outer += perf_read(_metadata, fd[i]);
		close(fd[i]);
	}
	EXPECT_LE(10 * PAGES, inner);
	/* Each processor may be on its way to its next ten. */
	EXPECT_LE(inner, n * 10 + nr * 10);
	EXPECT_GE(outer, n * 10);
	worker_end(&w);
	img_free(&c.img);
}

#define TURNS		300

static int to_echo[2], from_echo[2];

static void use_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		_exit(1);
}

static pid_t start_echo(struct __test_metadata *_metadata)
{
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(to_echo, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(from_echo, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		use_cpu(0);
		while (read(to_echo[0], &c, 1) == 1 && write(from_echo[1], &c, 1) == 1)
			;
		_exit(0);
	}
	return pid;
}

/* Who answers is on the same processor, which has to change to it and back. */
static void work_turns(void *arg)
{
	char c = 0;
	int i;

	use_cpu(0);
	for (i = 0; i < TURNS; i++) {
		if (write(to_echo[1], &c, 1) != 1 || read(from_echo[0], &c, 1) != 1)
			_exit(1);
	}
}

KTAP_TEST(context_switches)
{
	__s64 inner, outer, n;
	struct counter c;
	struct worker w;
	pid_t echo;
	int fd;

	echo = start_echo(_metadata);
	worker_start(&w, work_turns, NULL);
	fd = perf_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, w.pid, -1);
	ASSERT_LE(0, fd);
	perf_counter_init(&c, KTAP_PROBE_PERF, "1:3:1");
	for_process(&self->s, w.pid);
	outer = -perf_read(_metadata, fd);
	sess_run(&self->s, &c.img);
	inner = -perf_read(_metadata, fd);
	worker_run(&w);
	inner += perf_read(_metadata, fd);
	n = counter_end(_metadata, &self->s);
	outer += perf_read(_metadata, fd);
	EXPECT_LE(TURNS, inner);
	EXPECT_LE(inner, n);
	EXPECT_GE(outer, n);
	close(fd);
	worker_end(&w);
	kill(echo, SIGKILL);
	waitpid(echo, NULL, 0);
	img_free(&c.img);
}

/* A frequency, in the context of whoever is busy. */
KTAP_TEST(clock_of_cpu)
{
	struct img img = {};
	struct ktap_rec *rec;
	pid_t busy = fork();
	int i = 0;

	if (!busy) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			;
	}
	img_func(&img, MAIN, 0, RET());
	img_add_perf(&img, KTAP_PROBE_PERF,
		     img_func(&img, PROBE, 1, VAR(0, PID), CALLB(0, PRINT, 1), RET()),
		     "1:0:500hz");
	for_process(&self->s, busy);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	while (i < 20) {
		rec = sess_next(&self->s);
		ASSERT_NE(NULL, rec);
		/* It may come from one processor before all are enabled. */
		if (rec->type == KTAP_REC_RUNNING)
			continue;
		EXPECT_EQ(busy, rec_int(rec, 0));
		i++;
	}
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	img_free(&img);
}

/* Where there is no hardware for it, that is said. */
KTAP_TEST(cycles)
{
	int fd = perf_open(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, -1);
	struct counter c;
	__s64 n;
	int i;

	perf_counter_init(&c, KTAP_PROBE_PERF, "0:0:100000");
	sess_load(&self->s, &c.img);
	if (fd < 0) {
		ASSERT_EQ(-1, __sess_start(&self->s));
		EXPECT_EQ(EOPNOTSUPP, errno);
		EXPECT_STREQ("this machine has no counter for perf event 0:0x0: that needs hardware which it, or what it runs in, does not offer\n",
			     self->s.log);
		img_free(&c.img);
		return;
	}
	close(fd);
	for_process(&self->s, getpid());
	sess_start(&self->s);
	sess_expect(&self->s, RUNNING);
	for (i = 0; i < 100; i++)
		work_getppid((void *)10000);
	sess_stop(&self->s);
	n = rec_int(sess_expect(&self->s, PRINT), 0);
	EXPECT_LT(0, n);
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&c.img);
}

/*
 * Watchpoints
 */

static void write_variable(struct __test_metadata *_metadata)
{
	int fd = open(VARIABLE_FILE, O_RDWR | O_CLOEXEC);
	char val[32];
	ssize_t len;

	ASSERT_LE(0, fd);
	len = read(fd, val, sizeof(val));
	ASSERT_LT(0, len);
	ASSERT_EQ(len, pwrite(fd, val, len, 0));
	close(fd);
}

static __s64 address_of(struct __test_metadata *_metadata, const char *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[600], name[512];
	unsigned long long addr;

	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %511s", &addr, name) == 2 &&
		    !strcmp(name, symbol)) {
			fclose(file);
			return addr;
		}
	}
	fclose(file);
	return 0;
}

/* Each time it is read and written once. */
KTAP_TEST(variable_is_touched)
{
	static const struct {
		const char *access;
		int hits;
	} cases[] = { { "w", 50 }, { "rw", 100 }, { "wr", 100 } };
	struct counter c;
	char spec[64];
	unsigned int i;
	int j;

	sess_close(&self->s);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sess s;

		sess_open(&s);
		snprintf(spec, sizeof(spec), VARIABLE ":4:%s", cases[i].access);
		perf_counter_init(&c, KTAP_PROBE_MEM, spec);
		sess_run(&s, &c.img);
		for (j = 0; j < 50; j++)
			write_variable(_metadata);
		EXPECT_EQ(cases[i].hits, counter_end(_metadata, &s));
		sess_close(&s);
		img_free(&c.img);
	}
}

KTAP_TEST(watchpoint_fields)
{
	__s64 addr = address_of(_metadata, VARIABLE);
	struct ktap_rec *rec;
	struct img img = {};
	char spec[64];

	ASSERT_NE(0, addr);
	snprintf(spec, sizeof(spec), "0x%llx:4:w", (long long)addr);
	img_func(&img, MAIN, 0, RET());
	img_add_perf(&img, KTAP_PROBE_MEM,
		     img_func(&img, PROBE, 6,
			      FIELD(0, img_field_of(&img, KTAP_FIELD_ADDR, 0)),
			      FIELD(1, img_field_of(&img, KTAP_FIELD_NTH, 0)),
			      FIELD(2, img_field_of(&img, KTAP_FIELD_IP, 0)),
			      FIELD(3, img_field_of(&img, KTAP_FIELD_NTH, 1)),
			      VAR(4, PID), FIELD(5, img_field(&img, "ip")),
			      CALLB(0, PRINT, 6), RET()), spec);
	sess_run(&self->s, &img);
	write_variable(_metadata);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(addr, rec_int(rec, 0));
	EXPECT_EQ(addr, rec_int(rec, 1));
	/* In the kernel. */
	EXPECT_GT(0, rec_int(rec, 2));
	EXPECT_EQ(rec_int(rec, 2), rec_int(rec, 3));
	EXPECT_EQ(rec_int(rec, 2), rec_int(rec, 5));
	EXPECT_EQ(getpid(), rec_int(rec, 4));
	img_free(&img);
}

static volatile int watched;

static void work_watched(void *arg)
{
	int i;

	for (i = 0; i < (long)arg; i++)
		watched = i;
}

/* Others have something else at the same address, and that is theirs. */
KTAP_TEST(variable_of_process)
{
	struct worker w, other;
	struct counter c;
	char spec[64];

	worker_start(&w, work_watched, (void *)70);
	worker_start(&other, work_watched, (void *)1000);
	snprintf(spec, sizeof(spec), "%p:4:w", &watched);
	perf_counter_init(&c, KTAP_PROBE_MEM, spec);
	for_process(&self->s, w.pid);
	sess_run(&self->s, &c.img);
	worker_run(&w);
	worker_run(&other);
	EXPECT_EQ(70, counter_end(_metadata, &self->s));
	worker_end(&w);
	worker_end(&other);
	img_free(&c.img);
}

KTAP_TEST(code_is_executed)
{
	struct counter c;
	struct worker w;

	worker_start(&w, work_getppid, (void *)500);
	perf_counter_init(&c, KTAP_PROBE_MEM, "__x64_sys_getppid:8:x");
	for_process(&self->s, w.pid);
	sess_run(&self->s, &c.img);
	worker_run(&w);
	EXPECT_EQ(500, counter_end(_metadata, &self->s));
	worker_end(&w);
	img_free(&c.img);
}

/* A processor has few; what is taken is given back. */
KTAP_TEST(watchpoints_run_out)
{
	struct img img;
	struct sess s;
	int i;

	img_of(&img, KTAP_PROBE_MEM, VARIABLE ":4:w");
	for (i = 0; i < 300; i++)
		img_add_perf(&img, KTAP_PROBE_MEM, 1, VARIABLE ":4:w");
	sess_load(&self->s, &img);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(-1, __sess_start(&self->s));
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_STREQ("all watchpoints that the processor has are in use\n",
			     self->s.log);
		EXPECT_NE(0, self->s.start.event);
	}
	img_free(&img);

	/* The one that failed holds none. */
	sess_open(&s);
	img_of(&img, KTAP_PROBE_MEM, VARIABLE ":4:w");
	sess_run(&s, &img);
	sess_close(&s);
	img_free(&img);
}

/*
 * What is refused
 */

KTAP_TEST(refused)
{
	static const struct {
		enum ktap_probe_kind kind;
		const char *spec;
		int err;
		const char *text;
	} cases[] = {
		{ KTAP_PROBE_PERF, "", EINVAL, "a perf event is type:config" },
		{ KTAP_PROBE_PERF, "1", EINVAL, "a perf event is type:config" },
		{ KTAP_PROBE_PERF, "1:2", EINVAL, "a perf event is type:config" },
		{ KTAP_PROBE_PERF, "x:2:1", EINVAL, "a perf event is type:config" },
		{ KTAP_PROBE_PERF, "1:x:1", EINVAL, "a perf event is type:config" },
		{ KTAP_PROBE_PERF, "1:2:0", EINVAL, "a period is from 1 to" },
		{ KTAP_PROBE_PERF, "1:2:hz", EINVAL, "a period is from 1 to" },
		{ KTAP_PROBE_PERF, "1:2:0hz", EINVAL, "a period is from 1 to" },
		{ KTAP_PROBE_PERF, "1:2:100001hz", EINVAL, "a period is from 1 to" },
		{ KTAP_PROBE_PERF, "1:2:9223372036854775808", EINVAL,
		  "a period is from 1 to" },
		{ KTAP_PROBE_PERF, "1:2:1:1", EINVAL, "a period is from 1 to" },
		{ KTAP_PROBE_PERF, "2:1:1", EINVAL, "trace events and watchpoints" },
		{ KTAP_PROBE_PERF, "5:1:1", EINVAL, "trace events and watchpoints" },
		{ KTAP_PROBE_PERF, "1:1000:1", EOPNOTSUPP,
		  "this machine has no counter for perf event 1:0x3e8\n" },
		{ KTAP_PROBE_MEM, "", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "a", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "a:4", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, ":4:w", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "a:0:w", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "a:4:", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "a:4:ww", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "a:4:q", EINVAL, "a watchpoint is symbol:length:rwx" },
		{ KTAP_PROBE_MEM, "no_such_symbol:4:w", ENOENT,
		  "the kernel has no symbol 'no_such_symbol'\n" },
		{ KTAP_PROBE_MEM, "0x12q:4:w", EINVAL, "'0x12q' is no address\n" },
		{ KTAP_PROBE_MEM, VARIABLE ":3:w", EINVAL,
		  "the processor cannot watch this access to 3 bytes" },
		{ KTAP_PROBE_MEM, "0x1001:4:w", EINVAL,
		  "the processor cannot watch this access to 4 bytes at 0x1001" },
	};
	unsigned int i;
	struct img img;
	struct sess s;

	sess_close(&self->s);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sess_open(&s);
		img_of(&img, cases[i].kind, cases[i].spec);
		sess_load(&s, &img);
		ASSERT_EQ(-1, __sess_start(&s)) {
			TH_LOG("'%s'", cases[i].spec);
		}
		EXPECT_EQ(cases[i].err, errno);
		EXPECT_NE(NULL, strstr(s.log, cases[i].text)) {
			TH_LOG("'%s': %s", cases[i].spec, s.log);
		}
		EXPECT_EQ(0, s.start.event);
		sess_close(&s);
		img_free(&img);
	}
}

KTAP_TEST(lacks_field)
{
	struct img img = {};

	img_func(&img, MAIN, 0, RET());
	img_add_perf(&img, KTAP_PROBE_MEM,
		     img_func(&img, PROBE, 1, FIELD(0, img_field(&img, "period")), RET()),
		     VARIABLE ":4:w");
	sess_load(&self->s, &img);
	ASSERT_EQ(-1, __sess_start(&self->s));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("event mem:" VARIABLE ":4:w has no field 'period'\n", self->s.log);
	img_free(&img);
}

/*
 * Processors that go and come
 */

static bool set_online(int cpu, bool online)
{
	char path[100];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write(fd, online ? "1" : "0", 1) == 1;
	close(fd);
	return done;
}

static void work_on_last_cpu(void *arg)
{
	int i;

	use_cpu((long)arg);
	for (i = 0; i < 100; i++)
		watched = i;
	work_pages(NULL);
}

/* Reads until the profile timer has run on a processor; false if it did so before. */
static bool wait_profile(struct __test_metadata *_metadata, struct sess *s, int cpu,
			 __u64 since, __u64 never)
{
	struct ktap_rec *rec;
	bool as_it_should = true;

	for (;;) {
		rec = sess_next(s);
		ASSERT_NE(NULL, rec);
		if (rec->type != KTAP_REC_PRINT || rec_int(rec, 0) != cpu)
			continue;
		if (rec->ts > never && rec->ts < since)
			as_it_should = false;
		if (rec->ts > since)
			return as_it_should;
	}
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * Three counters on a processor that goes and comes again. The profile timer is
 * the last of them, so when that has come the others are there.
 */
KTAP_TEST(processor_comes_again)
{
	int cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1, i;
	__u64 off, on, hits = 0;
	__s64 faults = 0, writes;
	struct ktap_rec *rec;
	struct img img = {};
	struct worker w;
	char spec[64];

	if (cpu < 1 || !set_online(cpu, false))
		SKIP(return, "no processor goes");
	ASSERT_TRUE(set_online(cpu, true));
	map_pages(_metadata);
	for (i = 0; i < 2; i++)
		img_global(&img, "n");
	snprintf(spec, sizeof(spec), "%p:4:w", &watched);
	img_func(&img, MAIN, 1, LOADI(0, 0), SETG(0, 0), SETG(0, 1), RET());
	img_add_perf(&img, KTAP_PROBE_PERF,
		     img_func(&img, PROBE, 1, LOADI(0, 1), UPDG(0, ADD, 0), RET()),
		     "1:2:1");
	img_add_perf(&img, KTAP_PROBE_MEM,
		     img_func(&img, PROBE, 1, LOADI(0, 1), UPDG(0, ADD, 1), RET()), spec);
	img_add_perf(&img, KTAP_PROBE_PROFILE,
		     img_func(&img, PROBE, 1, VAR(0, CPU), CALLB(0, PRINT, 1), RET()),
		     "1000000");
	img_func(&img, END, 2, GETG(0, 0), GETG(1, 1), CALLB(0, PRINT, 2),
		 CALLB(0, EXIT, 0), RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	EXPECT_TRUE(wait_profile(_metadata, &self->s, cpu, 0, ~0ULL));
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(set_online(cpu, false));
		off = now_ns();
		usleep(20000);
		on = now_ns();
		ASSERT_TRUE(set_online(cpu, true));
		EXPECT_TRUE(wait_profile(_metadata, &self->s, cpu, on, off));
		worker_start(&w, work_on_last_cpu, (void *)(long)cpu);
		worker_run(&w);
		worker_end(&w);
	}
	sess_stop(&self->s);
	do {
		rec = sess_next(&self->s);
		ASSERT_NE(NULL, rec);
		hits = rec->size;
	} while (rec->type != KTAP_REC_PRINT ||
		 hits == sizeof(*rec) + sizeof(struct ktap_val) + sizeof(__s64));
	faults = rec_int(rec, 0);
	writes = rec_int(rec, 1);
	EXPECT_LE(4 * PAGES, faults);
	EXPECT_EQ(4 * 100, writes);
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

/* Sessions start and end while it does. */
KTAP_TEST(processor_comes_beside_sessions)
{
	int cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1, i;
	struct img img;
	struct sess s;
	pid_t pid;

	if (cpu < 1 || !set_online(cpu, false))
		SKIP(return, "no processor goes");
	ASSERT_TRUE(set_online(cpu, true));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < 15; i++)
			if (!set_online(cpu, false) || !set_online(cpu, true))
				_exit(1);
		_exit(0);
	}
	img_of(&img, KTAP_PROBE_PROFILE, "1000000");
	img_add_perf(&img, KTAP_PROBE_PERF, 1, "1:2:1");
	img_add_perf(&img, KTAP_PROBE_PERF, 1, "1:3:5");
	img_add_perf(&img, KTAP_PROBE_MEM, 1, VARIABLE ":4:w");
	do {
		sess_open(&s);
		sess_load(&s, &img);
		sess_start(&s);
		sess_expect(&s, RUNNING);
		sess_close(&s);
	} while (!waitpid(pid, &i, WNOHANG));
	EXPECT_EQ(0, i);
	img_free(&img);
}

TEST_HARNESS_MAIN
