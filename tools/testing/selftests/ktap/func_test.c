// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of kernel functions and the function tracer: which are hit, what is
 * read of a call and a return, what is refused, that nothing is lost without being
 * counted
 *
 * Counts are compared with the number of system calls that a process makes, and with
 * what a kprobe event counts of the same ones.
 */
#include <limits.h>
#include <time.h>

#include "ksess.h"

/* Functions of system calls have names that depend on the architecture. */
#if defined(__x86_64__)
#define SYS_FUNC(name)	"__x64_sys_" name
#elif defined(__aarch64__)
#define SYS_FUNC(name)	"__arm64_sys_" name
#elif defined(__s390x__)
#define SYS_FUNC(name)	"__s390x_sys_" name
#elif defined(__riscv)
#define SYS_FUNC(name)	"__riscv_sys_" name
#else
#define SYS_FUNC(name)	"sys_" name
#endif

#define GETPPID		SYS_FUNC("getppid")

/* Nodes for returns that one function has on few CPUs. */
#define NODES		1024

/* A handler's field: NAME, or "#N" for that with the index. */
static __u32 field_of(struct img *img, const char *name)
{
	static const struct {
		const char *name;
		enum ktap_field_kind kind;
	} kinds[] = {
		{ "#", KTAP_FIELD_NTH },
		{ "@arg", KTAP_FIELD_ARG },
		{ "@retval", KTAP_FIELD_RETVAL },
		{ "@entry_ns", KTAP_FIELD_ENTRY_NS },
		{ "@func", KTAP_FIELD_FUNC },
		{ "@ip", KTAP_FIELD_IP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].name);

		if (!strncmp(name, kinds[i].name, len))
			return img_field_of(img, kinds[i].kind, atoi(name + len));
	}
	return img_field(img, name);
}

/**
 * struct probe - an event of functions
 * @kind: KTAP_PROBE_FUNC or KTAP_PROBE_FTRACE
 * @spec: which functions
 * @filter: of KTAP_PROBE_FTRACE
 * @fetch: fetch arguments
 * @flags: KTAP_EVENT_RETURN or 0
 */
struct probe {
	enum ktap_probe_kind kind;
	const char *spec;
	const char *filter;
	const char *fetch;
	__u32 flags;
};

#define FUNC(...)	(&(struct probe){ KTAP_PROBE_FUNC, __VA_ARGS__ })
#define RETURNS(s, ...)	FUNC(.spec = s, .flags = KTAP_EVENT_RETURN, ##__VA_ARGS__)
#define TRACER(f, ...)	(&(struct probe){ KTAP_PROBE_FTRACE, "function", .filter = f, \
					  ##__VA_ARGS__ })

static void add_probe(struct img *img, __u32 proto, const struct probe *p)
{
	img_event_of(img, p->kind, proto, p->spec, p->filter, p->fetch, p->flags);
}

/* A program that prints fields of an event. */
static void img_prints(struct img *img, const struct probe *p, const char * const *names,
		       int nr)
{
	struct ktap_insn insns[16];
	int i;

	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	for (i = 0; i < nr; i++)
		insns[i] = FIELD(i, field_of(img, names[i]));
	insns[nr] = (struct ktap_insn)CALLB(0, PRINT, nr);
	insns[nr + 1] = (struct ktap_insn)RET();
	add_probe(img, __img_func(img, KTAP_PROTO_PROBE, nr, insns, nr + 2), p);
}

#define IMG_PRINTS(img, p, ...)						\
	({								\
		const char * const __names[] = { __VA_ARGS__ };		\
									\
		img_prints(img, p, __names, ARRAY_SIZE(__names));	\
	})

/* Only what a worker does. */
static void want(struct sess *s, const struct worker *w)
{
	s->start.flags = KTAP_START_PID;
	s->start.pid = w->pid;
}

static void counter_for(struct counter *c, const struct probe *p)
{
	counter_init(c, NULL, NULL);
	add_probe(&c->img, c->probe, p);
}

static __s64 counter_end(struct __test_metadata *_metadata, struct sess *s)
{
	__s64 n;

	sess_stop(s);
	n = rec_int(sess_expect(s, PRINT), 0);
	ASSERT_EQ(0, sess_end(s));
	return n;
}

/* Run a worker under a counter of its own session. */
static __s64 count_worker(struct __test_metadata *_metadata, const struct probe *p,
			  struct worker *w, struct sess *s)
{
	struct counter c;
	__s64 n;

	sess_open(s);
	want(s, w);
	counter_for(&c, p);
	sess_run(s, &c.img);
	worker_run(w);
	n = counter_end(_metadata, s);
	img_free(&c.img);
	return n;
}

/* Address of a symbol, as /proc/kallsyms has it. */
static unsigned long long symbol(const char *name)
{
	unsigned long long addr, found = 0;
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], sym[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %255s", &addr, sym) == 2 && !strcmp(sym, name)) {
			found = addr;
			break;
		}
	}
	if (file)
		fclose(file);
	return found;
}

/* What LOAD says of an event, or START. */
static int start_error(struct __test_metadata *_metadata, struct sess *s,
		       const struct probe *p, const char *field)
{
	struct img img;
	int err;

	sess_open(s);
	IMG_PRINTS(&img, p, field);
	img_finish(&img);
	err = __sess_load(s, img.data, img.size) || __sess_start(s) ? errno : 0;
	img_free(&img);
	return err;
}

/* The name has to be in memory: nothing is faulted in for a handler. */
static void work_open(void *arg)
{
	char name[] = "/ktap/none";

	syscall(SYS_openat, -7, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
}

#define OPEN	"do_sys_openat2"

/*
 * Entries
 */

/* What an event of kprobes counts of a process, beside a session. */
static void count_as_event(struct __test_metadata *_metadata, const struct probe *p,
			   const char *event, void (*work)(void *), void *arg)
{
	struct counter c;
	struct worker w;
	struct sess s;
	char buf[4096], *hits;
	__s64 n;

	worker_start(&w, work, arg);
	counter_for(&c, p);
	sess_open(&s);
	want(&s, &w);
	ASSERT_EQ(0, __tfs_write("kprobe_events", true, event));
	tfs_write("events/ktap_test/count/trigger",
		  "hist:keys=common_pid if common_pid == %d", w.pid);
	sess_run(&s, &c.img);
	worker_run(&w);
	tfs_read("events/ktap_test/count/hist", buf);
	hits = strstr(buf, "Hits: ");
	ASSERT_NE(NULL, hits);
	n = counter_end(_metadata, &s);
	EXPECT_LE((long)arg, n);
	EXPECT_EQ(atol(hits + 6), n);
	EXPECT_EQ(n, sess_stat(&s, HITS));
	EXPECT_EQ(0, sess_stat(&s, NESTED));
	EXPECT_EQ(0, sess_stat(&s, MISSED));
	EXPECT_EQ(1, s.start.nr_attached);
	EXPECT_EQ(0, s.start.nr_skipped);
	sess_close(&s);
	tfs_write("events/ktap_test/count/trigger",
		  "!hist:keys=common_pid if common_pid == %d", w.pid);
	ASSERT_EQ(0, __tfs_write("kprobe_events", true, "-:ktap_test/count"));
	worker_end(&w);
	img_free(&c.img);
}

static void work_opens(void *arg)
{
	long i;

	for (i = 0; i < (long)arg; i++)
		work_open(NULL);
}

KTAP_TEST(count_as_kprobe_event)
{
	count_as_event(_metadata, FUNC(GETPPID), "p:ktap_test/count " GETPPID,
		       work_getppid, (void *)10000);
	count_as_event(_metadata, RETURNS(GETPPID), "r:ktap_test/count " GETPPID,
		       work_getppid, (void *)10000);
	count_as_event(_metadata, TRACER(OPEN), "p:ktap_test/count " OPEN, work_opens,
		       (void *)1000);
}

static void work_gets(void *arg)
{
	int i;

	for (i = 0; i < 150; i++)
		syscall(i % 3 ? SYS_getppid : SYS_getpgid, 0);
}

/* One attachment for all functions, each hit with its name. */
KTAP_TEST(glob)
{
	struct img img = {};
	struct worker w;
	struct sess *s = &self->s;
	char *name, *func;
	int i, n = 0;

	worker_start(&w, work_gets, NULL);
	img_func(&img, MAIN, 0, RET());
	add_probe(&img, img_func(&img, PROBE, 3, VAR(0, PROBENAME),
				 FIELD(1, field_of(&img, "@func")),
				 FIELD(2, field_of(&img, "#0")), CALLB(0, PRINT, 3), RET()),
		  FUNC(SYS_FUNC("getp[gp]*id")));
	want(s, &w);
	sess_run(s, &img);
	EXPECT_LE(2, s->start.nr_attached);
	worker_run(&w);
	sess_stop(s);
	for (i = 0; i < 150; i++) {
		struct ktap_rec *rec = sess_expect(s, PRINT);

		name = rec_str(rec, 0);
		func = rec_str(rec, 1);
		EXPECT_STREQ(i % 3 ? GETPPID : SYS_FUNC("getpgid"), name);
		EXPECT_STREQ(name, func);
		n += (unsigned long long)rec_int(rec, 2) == symbol(name);
		free(name);
		free(func);
	}
	EXPECT_EQ(150, n);
	EXPECT_EQ(0, sess_end(s));
	worker_end(&w);
	img_free(&img);
}

/* The first instruction is the place of the tracer, the next one that of a kprobe. */
KTAP_TEST(offset)
{
	static const char * const specs[] = { GETPPID "+4", GETPPID "+5", GETPPID "+8",
					      GETPPID "+9" };
	struct worker w;
	struct sess s;
	unsigned int i;
	int done = 0;

	worker_start(&w, work_getppid, (void *)1000);
	for (i = 0; i < ARRAY_SIZE(specs); i++) {
		int err = start_error(_metadata, &s, FUNC(specs[i]), "#0");

		sess_close(&s);
		if (err) {
			EXPECT_EQ(EINVAL, err);
			continue;
		}
		EXPECT_EQ(1000, count_worker(_metadata, FUNC(specs[i]), &w, &s));
		sess_close(&s);
		done++;
	}
	EXPECT_LE(1, done);
	/* The kprobe at the start is another way to the same count. */
	EXPECT_EQ(1000, count_worker(_metadata, FUNC(GETPPID "+0"), &w, &s));
	sess_close(&s);
	worker_end(&w);
}

/* Many functions are found, attached and let go; how long it takes is shown. */
static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void many(struct __test_metadata *_metadata, struct sess *s, const struct probe *p)
{
	double start, running, stopped;
	struct counter c;

	counter_for(&c, p);
	sess_load(s, &c.img);
	start = seconds();
	sess_start(s);
	sess_expect(s, RUNNING);
	running = seconds();
	EXPECT_LE(3000, s->start.nr_attached);
	usleep(10000);
	stopped = seconds();
	EXPECT_LT(0, counter_end(_metadata, s));
	TH_LOG("%u functions attached in %.3f s, detached in %.3f s, %u skipped",
	       s->start.nr_attached, running - start, seconds() - stopped,
	       s->start.nr_skipped);
	img_free(&c.img);
}

KTAP_TEST(attach_many)
{
	many(_metadata, &self->s, FUNC("[a-d]*"));
}

KTAP_TEST(attach_many_returns)
{
	many(_metadata, &self->s, RETURNS("[a-d]*"));
}

/* What a glob means is what ftrace has by that name. */
KTAP_TEST(glob_as_ftrace)
{
	char line[256];
	struct counter c;
	unsigned int nr = 0;
	FILE *file = fopen(TRACEFS "/available_filter_functions", "re");

	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		nr += !strncmp(line, "vfs_", 4);
	fclose(file);
	counter_for(&c, FUNC("vfs_*"));
	sess_load(&self->s, &c.img);
	sess_start(&self->s);
	EXPECT_EQ(nr, self->s.start.nr_attached);
	EXPECT_LT(10, nr);
	img_free(&c.img);
}

/*
 * Returns
 */

static void work_fail(void *arg)
{
	int i;

	for (i = 0; i < 10; i++)
		syscall(SYS_lseek, 1000 + i, 0L, SEEK_SET);
}

KTAP_TEST(retval)
{
	struct img img;
	struct worker w;
	int i;

	worker_start(&w, work_fail, NULL);
	IMG_PRINTS(&img, RETURNS(SYS_FUNC("lseek")), "@retval", "#0", "@func");
	want(&self->s, &w);
	sess_run(&self->s, &img);
	worker_run(&w);
	sess_stop(&self->s);
	for (i = 0; i < 10; i++) {
		struct ktap_rec *rec = sess_expect(&self->s, PRINT);
		char *func = rec_str(rec, 2);

		EXPECT_EQ(-EBADF, rec_int(rec, 0));
		EXPECT_EQ(symbol(func), (unsigned long long)rec_int(rec, 1));
		EXPECT_STREQ(SYS_FUNC("lseek"), func);
		free(func);
	}
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(0, sess_stat(&self->s, MISSED));
	worker_end(&w);
	img_free(&img);
}

static void work_sleep(void *arg)
{
	struct timespec ts = { .tv_nsec = 20000000 };

	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL);
}

/* Not less than it slept, not more than it took altogether. */
KTAP_TEST(entry_ns)
{
	struct img img;
	struct worker w;
	double before;
	__s64 ns;

	worker_start(&w, work_sleep, NULL);
	IMG_PRINTS(&img, RETURNS(SYS_FUNC("clock_nanosleep")), "@entry_ns");
	want(&self->s, &w);
	sess_run(&self->s, &img);
	before = seconds();
	worker_run(&w);
	ns = rec_int(sess_expect(&self->s, PRINT), 0);
	EXPECT_LE(20000000, ns);
	EXPECT_LE(ns / 1e9, seconds() - before);
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	worker_end(&w);
	img_free(&img);
}

/* Sessions hook the same functions, one inside of the other, twice each. */
KTAP_TEST(returns_nested)
{
	struct counter c[2][2];
	struct worker w;
	struct sess s[2];
	int i, j;

	worker_start(&w, work_getppid, (void *)1000);
	for (i = 0; i < 2; i++) {
		counter_for(&c[i][0], RETURNS(GETPPID));
		add_probe(&c[i][0].img, c[i][0].probe, RETURNS(GETPPID));
		add_probe(&c[i][0].img, c[i][0].probe, FUNC(GETPPID));
		add_probe(&c[i][0].img, c[i][0].probe, RETURNS("*sys_getp?id"));
		sess_open(&s[i]);
		want(&s[i], &w);
		sess_run(&s[i], &c[i][0].img);
	}
	for (j = 0; j < 3; j++)
		worker_run(&w);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(12000, counter_end(_metadata, &s[i]));
		EXPECT_EQ(0, sess_stat(&s[i], MISSED));
		EXPECT_EQ(0, sess_stat(&s[i], NESTED));
		sess_close(&s[i]);
		img_free(&c[i][0].img);
	}
	worker_end(&w);
}

static void work_getresuid(void *arg)
{
	uid_t id[3];
	long i;

	for (i = 0; i < (long)arg; i++)
		syscall(SYS_getresuid, &id[0], &id[1], &id[2]);
}

/* Handlers of a session run in the order of the script, whatever calls them. */
static void in_order(struct __test_metadata *_metadata, struct worker *w, int times,
		     const struct probe *p, const struct probe *q)
{
	struct img img = {};
	struct sess s;

	sess_open(&s);
	img_func(&img, MAIN, 0, RET());
	add_probe(&img, img_says(&img, 1), p);
	add_probe(&img, img_says(&img, 2), q);
	add_probe(&img, img_says(&img, 3), p);
	add_probe(&img, img_says(&img, 4), q);
	want(&s, w);
	sess_run(&s, &img);
	EXPECT_EQ(4, s.start.nr_attached);
	worker_run(w);
	sess_stop(&s);
	expect_order(&s, 4, times);
	EXPECT_EQ(0, sess_end(&s));
	EXPECT_EQ(0, sess_stat(&s, NESTED));
	sess_close(&s);
	img_free(&img);
}

KTAP_TEST(order)
{
	struct worker w;

	worker_start(&w, work_open, NULL);
	in_order(_metadata, &w, 1, FUNC(OPEN), FUNC(OPEN));
	in_order(_metadata, &w, 1, TRACER(OPEN), TRACER(OPEN));
	in_order(_metadata, &w, 1, FUNC(OPEN), TRACER(OPEN));
	in_order(_metadata, &w, 1, RETURNS(OPEN), RETURNS(OPEN));
	worker_end(&w);
}

/* The same with kprobes, and with kretprobes. */
KTAP_TEST(order_without_ftrace)
{
	struct worker w;

	if (!symbol("__put_user_4"))
		SKIP(return, "no __put_user_4");
	worker_start(&w, work_getresuid, (void *)10);
	in_order(_metadata, &w, 30, FUNC("__put_user_4"), FUNC("__put_user_4"));
	in_order(_metadata, &w, 30, RETURNS("__put_user_4"), RETURNS("__put_user_4"));
	worker_end(&w);
}

static bool pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !syscall(SYS_sched_setaffinity, 0, sizeof(set), &set);
}

/* Each of these calls returns on another CPU than where it began. */
static void work_move(void *arg)
{
	int i;

	for (i = 0; i < 10; i++) {
		pin(1);
		pin(0);
	}
}

/* Of a target that is a CPU it is the call that counts. */
KTAP_TEST(return_on_other_cpu)
{
	struct worker w;
	int cpu;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU");
	worker_start(&w, work_move, NULL);
	worker_run(&w);
	sess_close(&self->s);
	for (cpu = 0; cpu < 2; cpu++) {
		struct img img;
		struct sess s;
		int i;

		sess_open(&s);
		IMG_PRINTS(&img, RETURNS(SYS_FUNC("sched_setaffinity")), "@retval");
		want(&s, &w);
		s.start.flags |= KTAP_START_CPU;
		s.start.cpu = cpu;
		sess_run(&s, &img);
		worker_run(&w);
		sess_stop(&s);
		for (i = 0; i < 10; i++) {
			struct ktap_rec *rec = sess_expect(&s, PRINT);

			EXPECT_EQ(0, rec_int(rec, 0));
			EXPECT_EQ(!cpu, rec->cpu);
		}
		EXPECT_EQ(0, sess_end(&s));
		EXPECT_EQ(0, sess_stat(&s, MISSED));
		sess_close(&s);
		img_free(&img);
	}
	worker_end(&w);
}

/* A function that the tracer has no place in: kprobes and kretprobes. */
KTAP_TEST(without_ftrace)
{
	struct worker w;
	struct sess s;

	if (!symbol("__put_user_4"))
		SKIP(return, "no __put_user_4");
	worker_start(&w, work_getresuid, (void *)1000);
	EXPECT_EQ(3000, count_worker(_metadata, FUNC("__put_user_4"), &w, &s));
	EXPECT_EQ(0, sess_stat(&s, MISSED));
	sess_close(&s);
	EXPECT_EQ(3000, count_worker(_metadata, RETURNS("__put_user_4"), &w, &s));
	EXPECT_EQ(0, sess_stat(&s, MISSED));
	sess_close(&s);
	worker_end(&w);
}

/* All kprobes can be switched off, which is found out when the first one is enabled. */
KTAP_TEST(kprobes_off)
{
	static const char path[] = "/sys/kernel/debug/kprobes/enabled";
	struct ktap_rec_error *err;
	struct counter c;
	char text[80];
	int fd;

	if (!symbol("__put_user_4"))
		SKIP(return, "no __put_user_4");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "no %s", path);
	ASSERT_EQ(1, write(fd, "0", 1));
	counter_for(&c, FUNC("__put_user_4"));
	sess_load(&self->s, &c.img);
	sess_start(&self->s);
	err = sess_error(&self->s);
	snprintf(text, sizeof(text), "__put_user_4: cannot be enabled, error %d", EBUSY);
	EXPECT_STREQ(text, err->text);
	EXPECT_EQ(1, sess_end(&self->s));
	ASSERT_EQ(1, write(fd, "1", 1));
	close(fd);
	img_free(&c.img);
}

/* Calls that no node was left for are missed returns, and counted. */
KTAP_TEST(missed)
{
	static pid_t pids[NODES + 76];
	struct counter c;
	unsigned int i;
	__s64 n;

	if (sysconf(_SC_NPROCESSORS_CONF) > NODES / 2)
		SKIP(return, "more nodes here");
	counter_for(&c, RETURNS(SYS_FUNC("pause")));
	sess_run(&self->s, &c.img);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			syscall(SYS_pause);
			_exit(0);
		}
	}
	/* The last ones find none, as soon as all are there. */
	for (i = 0; i < 100000 && sess_stat(&self->s, MISSED) < 76; i++)
		usleep(1000);
	EXPECT_EQ(76, sess_stat(&self->s, MISSED));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		kill(pids[i], SIGTERM);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		ASSERT_EQ(pids[i], waitpid(pids[i], NULL, 0));
	n = counter_end(_metadata, &self->s);
	EXPECT_EQ(NODES, n);
	EXPECT_EQ(ARRAY_SIZE(pids), n + sess_stat(&self->s, MISSED));
	img_free(&c.img);
}

/* Functions that have not returned when the session ends do so later. */
KTAP_TEST(ends_before_return)
{
	struct counter c;
	pid_t pid;
	int status;

	counter_for(&c, RETURNS(SYS_FUNC("pause")));
	sess_run(&self->s, &c.img);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		signal(SIGUSR1, SIG_DFL);
		syscall(SYS_pause);
		_exit(0);
	}
	usleep(100000);
	sess_stop(&self->s);
	EXPECT_EQ(0, rec_int(sess_expect(&self->s, PRINT), 0));
	EXPECT_EQ(0, sess_end(&self->s));
	sess_close(&self->s);
	kill(pid, SIGUSR1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGUSR1, WTERMSIG(status));
	img_free(&c.img);
	self->s.fd = -1;
	tfs_wait_idle();
}

/*
 * Arguments
 */

KTAP_TEST(arguments)
{
	struct img img;
	struct worker w;
	struct ktap_rec *rec;

	worker_start(&w, work_open, NULL);
	IMG_PRINTS(&img, FUNC(OPEN), "@arg0", "@ip", "@arg1");
	want(&self->s, &w);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(-7, (int)rec_int(rec, 0));
	EXPECT_EQ(symbol(OPEN), (unsigned long long)rec_int(rec, 1));
	EXPECT_NE(0, rec_int(rec, 2));
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	worker_end(&w);
	img_free(&img);
}

/* The arguments of a call are known when it returns. */
KTAP_TEST(arguments_of_return)
{
	struct img img;
	struct worker w;
	struct ktap_rec *rec;

	worker_start(&w, work_open, NULL);
	IMG_PRINTS(&img, RETURNS(OPEN, .fetch = "r=$retval:s32 d=$arg1:s32"), "@arg0",
		   "r", "#1", "d", "@arg2");
	want(&self->s, &w);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(-7, (int)rec_int(rec, 0));
	EXPECT_EQ(-ENOENT, rec_int(rec, 1));
	EXPECT_EQ(-ENOENT, rec_int(rec, 2));
	EXPECT_EQ(-7, rec_int(rec, 3));
	EXPECT_NE(0, rec_int(rec, 4));
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	worker_end(&w);
	img_free(&img);
}

#define FETCH_OPEN	"dfd=$arg1:s32 low=$arg1:u8 name=+0($arg2):ustring "	\
			"flags=+0($arg3):x64 bits=+0($arg3):b3@0/32 "		\
			"bytes=+0($arg3):u8[3] comm=$comm:string bad=+0(\\8):u32 " \
			"text=\\\"abc\":string at=@linux_banner:char none=+u0(\\8):string " \
			"no=\\8:string nouser=\\8:ustring"

KTAP_TEST(fetch)
{
	char *str, comm[32], bytes[32];
	struct img img;
	struct worker w;
	struct ktap_rec *rec;
	__s64 flags;

	worker_start(&w, work_open, NULL);
	IMG_PRINTS(&img, FUNC(OPEN, .fetch = FETCH_OPEN), "dfd", "low", "name", "flags",
		   "bits", "bytes", "comm", "bad", "text", "at", "none", "no", "nouser", "#4",
		   "#99");
	want(&self->s, &w);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(-7, rec_int(rec, 0));
	EXPECT_EQ(0xf9, rec_int(rec, 1));
	str = rec_str(rec, 2);
	EXPECT_STREQ("/ktap/none", str);
	free(str);
	flags = rec_int(rec, 3);
	EXPECT_EQ(O_CLOEXEC | O_NOFOLLOW, flags & (O_CLOEXEC | O_NOFOLLOW | O_ACCMODE));
	EXPECT_EQ(flags & 7, rec_int(rec, 4));
	snprintf(bytes, sizeof(bytes), "{%u,%u,%u}", ((__u8 *)&flags)[0],
		 ((__u8 *)&flags)[1], ((__u8 *)&flags)[2]);
	str = rec_str(rec, 5);
	EXPECT_STREQ(bytes, str);
	free(str);
	ASSERT_EQ(0, prctl(PR_GET_NAME, comm));
	str = rec_str(rec, 6);
	EXPECT_STREQ(comm, str);
	free(str);
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 7)->type);
	str = rec_str(rec, 8);
	EXPECT_STREQ("abc", str);
	free(str);
	EXPECT_EQ('L', rec_int(rec, 9));
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 10)->type);
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 11)->type);
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 12)->type);
	EXPECT_EQ(rec_int(rec, 3), rec_int(rec, 13));
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 14)->type);
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(4, sess_stat(&self->s, BAD_READ));
	worker_end(&w);
	img_free(&img);
}

/* The arguments are shown as in the kernel's own event of the same function. */
KTAP_TEST(argstr)
{
	const char *fetch = "dfd=$arg1:s32 name=+0($arg2):ustring x=\\0x12:x16 "
			    "a=+0($arg3):u8[3] c=+u1($arg2):char";
	static char buf[65536];
	struct img img = {};
	struct worker w;
	char *str, *line;

	worker_start(&w, work_open, NULL);
	img_func(&img, MAIN, 0, RET());
	add_probe(&img, img_func(&img, PROBE, 1, VAR(0, ARGSTR), CALLB(0, PRINT, 1), RET()),
		  FUNC(OPEN, .fetch = fetch));
	snprintf(buf, sizeof(buf), "p:ktap_test/" OPEN " " OPEN " %s", fetch);
	ASSERT_EQ(0, __tfs_write("kprobe_events", true, buf));
	tfs_write("events/ktap_test/" OPEN "/filter", "common_pid == %d", w.pid);
	tfs_write("trace", "\n");
	tfs_write("events/ktap_test/" OPEN "/enable", "1");
	want(&self->s, &w);
	sess_run(&self->s, &img);
	worker_run(&w);
	str = rec_str(sess_expect(&self->s, PRINT), 0);
	tfs_write("events/ktap_test/" OPEN "/enable", "0");
	tfs_read("trace", buf);
	line = strstr(buf, ": " OPEN ": (");
	ASSERT_NE(NULL, line);
	line[strcspn(line, "\n")] = 0;
	EXPECT_EQ(0, strncmp(str, OPEN ": (" OPEN "+0x0", strlen(OPEN ": (" OPEN "+0x0")));
	ASSERT_NE(NULL, strstr(str, ") "));
	EXPECT_STREQ(strstr(line, ") "), strstr(str, ") "));
	free(str);
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	ASSERT_EQ(0, __tfs_write("kprobe_events", true, "-:ktap_test/" OPEN));
	tfs_write("trace", "\n");
	worker_end(&w);
	img_free(&img);
}

/* Parameters by name, where the kernel knows them. */
KTAP_TEST(parameters)
{
	struct img img;
	struct worker w;
	struct ktap_rec *rec;
	int i;

	if (access("/sys/kernel/btf/vmlinux", F_OK))
		SKIP(return, "no BTF");
	worker_start(&w, work_open, NULL);
	for (i = 0; i < 2; i++) {
		struct sess s;

		sess_open(&s);
		IMG_PRINTS(&img, i ? RETURNS(OPEN) : FUNC(OPEN), "dfd", i ? "@retval" : "#0");
		want(&s, &w);
		sess_run(&s, &img);
		worker_run(&w);
		rec = sess_expect(&s, PRINT);
		EXPECT_EQ(-7, rec_int(rec, 0));
		if (i)
			EXPECT_EQ(-ENOENT, rec_int(rec, 1));
		sess_stop(&s);
		EXPECT_EQ(0, sess_end(&s));
		sess_close(&s);
		img_free(&img);
	}
	worker_end(&w);
}

/*
 * What is refused
 */

KTAP_TEST(errors)
{
	static const struct {
		struct probe probe;
		const char *field;
		int err;
		const char *text;
	} cases[] = {
		{ { KTAP_PROBE_FUNC, "no_such_function" }, "#0", ENOENT,
		  "no function matches 'no_such_function'\n" },
		{ { KTAP_PROBE_FUNC, "no_such_*" }, "#0", ENOENT,
		  "no function matches 'no_such_*'\n" },
		{ { KTAP_PROBE_FUNC, "nomod:vfs_read" }, "#0", ENOENT,
		  "no function matches 'vfs_read' in module nomod\n" },
		{ { KTAP_PROBE_FUNC, "vfs_*+4" }, "#0", EINVAL,
		  "an offset needs the name of one function\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read+x" }, "#0", EINVAL, "bad offset 'x'\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read+1" }, "#0", EINVAL,
		  "'vfs_read' cannot be probed: " },
		{ { KTAP_PROBE_FUNC, "vfs_read+4", .flags = KTAP_EVENT_RETURN }, "#0", EINVAL,
		  "functions return from where they were called: no offset\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read", .filter = "a == 1" }, "#0", EINVAL,
		  "image: event 0: events of that kind have no filter\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read", .flags = KTAP_EVENT_MARKER }, "#0", EINVAL,
		  "image: event 0: events of that kind have no such flag\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read" }, "@retval", EINVAL,
		  "only known when a function returns\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read" }, "@entry_ns", EINVAL,
		  "only known when a function returns\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read" }, "@arg99", EINVAL,
		  "args[99] is not known here\n" },
		{ { KTAP_PROBE_FUNC, "vfs_read" }, "nix", EINVAL,
		  "there is no fetch argument 'nix'" },
		{ { KTAP_PROBE_FUNC, "vfs_read", .fetch = "a=%di b=%nix" }, "a", EINVAL,
		  "bad fetch argument 'b=%nix'" },
		{ { KTAP_PROBE_FUNC, "vfs_read", .fetch = "a=$retval" }, "a", EINVAL,
		  "bad fetch argument 'a=$retval'" },
		{ { KTAP_PROBE_FUNC, "vfs_read", .fetch = "a=@no_such_symbol" }, "a", EINVAL,
		  "bad fetch argument 'a=@no_such_symbol'" },
		{ { KTAP_PROBE_FUNC, "vfs_read", .fetch = "a=$arg1 a=$arg2" }, "a", EINVAL,
		  "bad fetch argument 'a=$arg2'" },
		{ { KTAP_PROBE_FUNC, "__switch_to", .flags = KTAP_EVENT_RETURN }, "#0", EINVAL,
		  "'__switch_to' cannot be probed: the kernel does not allow it\n" },
		{ { KTAP_PROBE_FTRACE, "functions" }, "#0", EINVAL,
		  "the function tracer has nothing but functions\n" },
		{ { KTAP_PROBE_FTRACE, "function", "no_such_*" }, "#0", ENOENT,
		  "no function matches 'no_such_*'\n" },
		{ { KTAP_PROBE_FTRACE, "function", "!vfs_read" }, "#0", EINVAL,
		  "'!vfs_read' is no name of functions\n" },
		{ { KTAP_PROBE_FTRACE, "function", .fetch = "a=%di" }, "#0", EINVAL,
		  "image: event 0: events of that kind have no fetch arguments\n" },
		{ { KTAP_PROBE_FTRACE, "function" }, "@retval", EINVAL,
		  "functions have no such field here" },
		{ { KTAP_PROBE_FTRACE, "function" }, "@arg3", EINVAL,
		  "functions have no such field here" },
	};
	unsigned int i;
	struct sess s;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(cases[i].err, start_error(_metadata, &s, &cases[i].probe,
						    cases[i].field)) {
			TH_LOG("%s", cases[i].text);
		}
		EXPECT_EQ(0, strncmp(s.log, cases[i].text, strlen(cases[i].text))) {
			TH_LOG("'%s' for '%s'", s.log, cases[i].text);
		}
		sess_close(&s);
	}
}

/* In a list a return has what an entry has not, and what another source has. */
KTAP_TEST(list)
{
	const struct probe *lists[][2] = {
		{ RETURNS(OPEN), FUNC(OPEN) },
		{ FUNC(OPEN), RETURNS(OPEN) },
		{ TRACER(OPEN), RETURNS(OPEN) },
		{ RETURNS(OPEN), TRACER(OPEN) },
	};
	struct worker w;
	unsigned int i;

	worker_start(&w, work_open, NULL);
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		struct img img;
		struct sess s;

		sess_open(&s);
		IMG_PRINTS(&img, lists[i][0], "@retval");
		add_probe(&img, 1, lists[i][1]);
		want(&s, &w);
		sess_run(&s, &img);
		worker_run(&w);
		sess_stop(&s);
		EXPECT_EQ(KTAP_T_NIL, rec_val(sess_expect(&s, PRINT), 0)->type);
		EXPECT_EQ(-ENOENT, (int)rec_int(sess_expect(&s, PRINT), 0));
		EXPECT_EQ(0, sess_end(&s));
		sess_close(&s);
		img_free(&img);
	}
	worker_end(&w);
}

/* A function that kprobes may not be in and that ftrace does not know. */
static bool find_blacklisted(char *name)
{
	static char known[4 << 20];
	FILE *ftrace = fopen(TRACEFS "/available_filter_functions", "re");
	FILE *file = fopen("/sys/kernel/debug/kprobes/blacklist", "re");
	char line[512], sym[300];
	bool found = false;

	if (ftrace)
		known[fread(known, 1, sizeof(known) - 1, ftrace)] = 0;
	while (!found && ftrace && file && fgets(line, sizeof(line), file)) {
		sym[0] = '\n';
		if (sscanf(line, "%*s %255s", sym + 1) != 1 || strchr(sym, '.'))
			continue;
		strcpy(name, sym + 1);
		strcat(sym, "\n");
		found = !strstr(known, sym) && symbol(name);
	}
	if (ftrace)
		fclose(ftrace);
	if (file)
		fclose(file);
	return found;
}

KTAP_TEST(blacklisted)
{
	char name[256];
	struct sess s;

	if (!find_blacklisted(name))
		SKIP(return, "no blacklist");
	EXPECT_EQ(EINVAL, start_error(_metadata, &s, FUNC(name), "#0"));
	EXPECT_NE(NULL, strstr(s.log, "cannot be probed: the kernel does not allow it\n")) {
		TH_LOG("%s: %s", name, s.log);
	}
	sess_close(&s);
}

/* What a glob means and cannot be hooked is counted, and named. */
KTAP_TEST(skipped)
{
	struct counter c;

	counter_for(&c, RETURNS("__switch_t*"));
	sess_load(&self->s, &c.img);
	sess_start(&self->s);
	EXPECT_LE(1, self->s.start.nr_skipped);
	EXPECT_EQ(0, strncmp(self->s.log, "cannot be traced: ", 18));
	EXPECT_NE(NULL, strstr(self->s.log, "__switch_to")) {
		TH_LOG("%s", self->s.log);
	}
	img_free(&c.img);
	sess_close(&self->s);

	sess_open(&self->s);
	counter_for(&c, FUNC("*"));
	sess_load(&self->s, &c.img);
	sess_start(&self->s);
	EXPECT_LT(16, self->s.start.nr_skipped);
	EXPECT_NE(NULL, strstr(self->s.log, " more\n")) {
		TH_LOG("%s", self->s.log);
	}
	img_free(&c.img);
}

/* Events that come behind do not take that away, and a reason is not mixed with it. */
KTAP_TEST(skipped_and_more)
{
	struct ktap_start start;
	struct counter c;
	char text[10];

	counter_for(&c, RETURNS("__switch_t*"));
	img_event(&c.img, c.probe, "task:task_ren*", NULL);
	sess_load(&self->s, &c.img);
	sess_start(&self->s);
	EXPECT_NE(NULL, strstr(self->s.log, "__switch_to")) {
		TH_LOG("%s", self->s.log);
	}
	sess_close(&self->s);

	sess_open(&self->s);
	img_event(&c.img, c.probe, "task:no_such_event", NULL);
	sess_load(&self->s, &c.img);
	EXPECT_EQ(-1, __sess_start(&self->s));
	EXPECT_STREQ("no event matches 'task:no_such_event'\n", self->s.log);

	/* Without room for the names the reason is lost with them, which is told. */
	start = (struct ktap_start){
		.size = sizeof(start),
		.log = (uintptr_t)text,
		.log_size = sizeof(text),
	};
	EXPECT_EQ(-1, ioctl(self->s.fd, KTAP_IOC_START, &start));
	EXPECT_LT(sizeof(text), start.log_len);
	EXPECT_STREQ("", text);
	EXPECT_EQ(start.log_len, self->s.start.log_len);
	img_free(&c.img);
}

/* What a handler calls itself is lost if it is probed, and counted. */
KTAP_TEST(own_calls)
{
	struct img img = {};
	struct sess *s = &self->s;
	struct worker w;
	__u32 addr;
	int i;

	worker_start(&w, work_getppid, (void *)100);
	addr = img_int(&img, symbol("linux_banner"));
	img_func(&img, MAIN, 0, RET());
	add_probe(&img, img_func(&img, PROBE, 2, LOADK(0, addr), LOADI(1, 8),
				 CALLB(0, KERNEL_READ, 2), CALLB(0, PRINT, 1), RET()),
		  FUNC(GETPPID));
	add_probe(&img, img_func(&img, PROBE, 0, RET()), FUNC("copy_from_kernel_nofault"));
	want(s, &w);
	sess_run(s, &img);
	worker_run(&w);
	sess_stop(s);
	for (i = 0; i < 100; i++)
		EXPECT_EQ('L', rec_int(sess_expect(s, PRINT), 0) & 0xff);
	EXPECT_EQ(0, sess_end(s));
	EXPECT_EQ(100, sess_stat(s, NESTED));
	EXPECT_EQ(100, sess_stat(s, HITS));
	worker_end(&w);
	img_free(&img);
}

/* An instruction of a function behind its first one, or NULL if there is none. */
static const char *find_offset(struct __test_metadata *_metadata, const char *func)
{
	static const int offsets[] = { 4, 5, 8, 9 };
	static char spec[64];
	unsigned int i;
	struct sess s;
	int err;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		snprintf(spec, sizeof(spec), "%s+%d", func, offsets[i]);
		err = start_error(_metadata, &s, FUNC(spec), "#0");
		sess_close(&s);
		if (!err)
			return spec;
	}
	return NULL;
}

/* What is hit in the handler of another kprobe is lost for all that share one. */
KTAP_TEST(own_calls_of_kprobes)
{
	const char *inner = find_offset(_metadata, "copy_from_kernel_nofault");
	struct img img = {};
	struct sess *s = &self->s;
	struct worker w;
	__u32 addr;

	if (!inner || !symbol("__put_user_4"))
		SKIP(return, "no place for a kprobe");
	worker_start(&w, work_getresuid, (void *)100);
	addr = img_int(&img, symbol("linux_banner"));
	img_func(&img, MAIN, 0, RET());
	add_probe(&img, img_func(&img, PROBE, 2, LOADK(0, addr), LOADI(1, 8),
				 CALLB(0, KERNEL_READ, 2), RET()), FUNC("__put_user_4"));
	add_probe(&img, img_func(&img, PROBE, 0, RET()), FUNC(inner));
	add_probe(&img, img_func(&img, PROBE, 0, RET()), FUNC(inner));
	want(s, &w);
	sess_run(s, &img);
	worker_run(&w);
	sess_stop(s);
	EXPECT_EQ(0, sess_end(s));
	EXPECT_EQ(300, sess_stat(s, HITS));
	EXPECT_LE(2 * 300, sess_stat(s, NESTED));
	EXPECT_EQ(0, sess_stat(s, MISSED));
	worker_end(&w);
	img_free(&img);
}

/*
 * The function tracer
 */

KTAP_TEST(tracer)
{
	struct img img;
	struct worker w;
	struct sess *s = &self->s;
	int i;

	worker_start(&w, work_open, NULL);
	IMG_PRINTS(&img, TRACER("do_s[xy]s_openat2"), "#0", "#1", "@func", "ip",
		   "parent_ip");
	want(s, &w);
	sess_run(s, &img);
	for (i = 0; i < 10; i++)
		worker_run(&w);
	sess_stop(s);
	for (i = 0; i < 10; i++) {
		struct ktap_rec *rec = sess_expect(s, PRINT);
		char *func = rec_str(rec, 2);

		EXPECT_STREQ(OPEN, func);
		EXPECT_EQ(symbol(func), (unsigned long long)rec_int(rec, 0));
		EXPECT_NE(0, rec_int(rec, 1));
		EXPECT_EQ(rec_int(rec, 0), rec_int(rec, 3));
		EXPECT_EQ(rec_int(rec, 1), rec_int(rec, 4));
		free(func);
	}
	EXPECT_EQ(0, sess_end(s));
	worker_end(&w);
	img_free(&img);
}

KTAP_TEST(tracer_text)
{
	struct img img = {};
	struct worker w;
	char *str;

	worker_start(&w, work_open, NULL);
	img_func(&img, MAIN, 0, RET());
	add_probe(&img, img_func(&img, PROBE, 1, VAR(0, ARGSTR), CALLB(0, PRINT, 1), RET()),
		  TRACER(OPEN));
	want(&self->s, &w);
	sess_run(&self->s, &img);
	worker_run(&w);
	str = rec_str(sess_expect(&self->s, PRINT), 0);
	EXPECT_EQ(0, strncmp(str, OPEN " <-", strlen(OPEN " <-"))) {
		TH_LOG("%s", str);
	}
	free(str);
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	worker_end(&w);
	img_free(&img);
}

/* All functions there are: of them the system call is called as often as it is. */
KTAP_TEST(tracer_all)
{
	struct counter c;
	struct worker w;
	__s64 n;

	worker_start(&w, work_getppid, (void *)10000);
	counter_for(&c, TRACER(NULL));
	want(&self->s, &w);
	sess_run(&self->s, &c.img);
	worker_run(&w);
	n = counter_end(_metadata, &self->s);
	EXPECT_LE(10000, n);
	EXPECT_EQ(n, sess_stat(&self->s, HITS));
	worker_end(&w);
	img_free(&c.img);
}

TEST_HARNESS_MAIN
