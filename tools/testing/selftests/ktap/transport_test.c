// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the way of records to the reader: rates, losses, output of any size
 *
 * A handler prints the argument of a system call, so whoever makes the calls says
 * what has to arrive: on each processor numbers that count up, of which as many are
 * missing in each place as records were told to be lost there.
 *
 * KTAP_TEST_RECORDS is the number of records of the longest test, by default a
 * million, at least 100000, and of the others in proportion.
 */
#include <time.h>

#include "ksess.h"

#define EVENT		"syscalls:sys_enter_close"
/* Numbers that no file has. */
#define FIRST		0x100000
#define FILTER		"fd >= 1048576"

#define MAX_CPUS	4
#define SMALL_RING	(16U << 10)

static long total_records(void)
{
	const char *env = getenv("KTAP_TEST_RECORDS");
	long nr = env ? atol(env) : 0;

	return nr >= 100000 ? nr : 1000000;
}

static __s64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Processors that this process may use, at most MAX_CPUS. */
static int find_cpus(int *cpus)
{
	cpu_set_t set;
	int cpu, nr = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (cpu = 0; cpu < CPU_SETSIZE && nr < MAX_CPUS; cpu++) {
		if (CPU_ISSET(cpu, &set))
			cpus[nr++] = cpu;
	}
	return nr;
}

static int first_cpu(void)
{
	int cpus[MAX_CPUS] = { 0 };

	find_cpus(cpus);
	return cpus[0];
}

/* struct load - calls on one processor */
struct load {
	int cpu;
	long nr;
};

static void work_close(void *arg)
{
	const struct load *load = arg;
	cpu_set_t set;
	long i;

	CPU_ZERO(&set);
	CPU_SET(load->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
	for (i = 0; i < load->nr; i++)
		syscall(SYS_close, FIRST + i);
}

/* A program whose handler does printf("%d\n", fd), and a global that is 0. */
static void img_printf(struct img *img)
{
	__u32 probe;

	memset(img, 0, sizeof(*img));
	img_field(img, "fd");
	img_text(img, "%d\n");
	img_global(img, "n");
	img_func(img, MAIN, 1, LOADI(0, 0), SETG(0, 0), RET());
	probe = img_func(img, PROBE, 2, LOADK(0, 0), FIELD(1, 0), CALLB(0, PRINTF, 2),
			 RET());
	img_event(img, probe, EVENT, FILTER);
}

/**
 * struct seen - what came from a processor
 * @next: the number that has to come next
 * @got: how many came
 * @lost: how many were told to be lost
 * @ts: when the last one was written
 */
struct seen {
	__s64 next;
	__u64 got;
	__u64 lost;
	__u64 ts;
};

static void see(struct __test_metadata *_metadata, struct seen *seen, const struct ktap_rec *rec)
{
	struct ktap_rec_lost lost;

	ASSERT_LE(seen->ts, rec->ts);
	seen->ts = rec->ts;
	if (rec->type == KTAP_REC_LOST) {
		memcpy(&lost, rec + 1, sizeof(lost));
		ASSERT_LT(0, lost.count);
		seen->lost += lost.count;
		seen->next += lost.count;
		return;
	}
	/* Behind what each of them has printed. */
	if (rec->type == KTAP_REC_TICK)
		return;
	ASSERT_EQ(KTAP_REC_PRINTF, rec->type);
	ASSERT_EQ(FIRST + seen->next, rec_int(rec, 1));
	seen->next++;
	seen->got++;
}

/* In a process of its own: let them work at the same time, then end the session. */
static void drive(struct sess *s, struct worker *workers, int nr)
{
	char c;
	int i;

	for (i = 0; i < nr; i++) {
		if (write(workers[i].go, "", 1) != 1)
			_exit(1);
	}
	for (i = 0; i < nr; i++) {
		if (read(workers[i].done, &c, 1) != 1)
			_exit(1);
	}
	_exit(__sess_stop(s, 0) ? 1 : 0);
}

/**
 * struct flood - records at full speed from all processors
 * @cpus: the processors
 * @nr: their number
 * @each: records of each
 * @workers: who makes them
 * @loads: and how many
 * @driver: the process that lets them
 */
struct flood {
	int cpus[MAX_CPUS];
	int nr;
	long each;
	struct worker workers[MAX_CPUS];
	struct load loads[MAX_CPUS];
	pid_t driver;
};

#define flood_begin(f, s, records)	_flood_begin(_metadata, f, s, records)
#define flood_end(f)			_flood_end(_metadata, f)

static void _flood_begin(struct __test_metadata *_metadata, struct flood *f,
			 struct sess *s, long records)
{
	int i;

	f->nr = find_cpus(f->cpus);
	ASSERT_LT(0, f->nr);
	f->each = records / f->nr;
	for (i = 0; i < f->nr; i++) {
		f->loads[i] = (struct load){ f->cpus[i], f->each };
		worker_start(&f->workers[i], work_close, &f->loads[i]);
	}
	f->driver = fork();
	ASSERT_LE(0, f->driver);
	if (!f->driver)
		drive(s, f->workers, f->nr);
}

static void _flood_end(struct __test_metadata *_metadata, struct flood *f)
{
	int i, status;

	ASSERT_EQ(f->driver, waitpid(f->driver, &status, 0));
	ASSERT_EQ(0, status);
	for (i = 0; i < f->nr; i++)
		worker_end(&f->workers[i]);
}

/* What was received and what was told to be lost is what was sent. */
static __u64 add_up(struct __test_metadata *_metadata, struct sess *s,
		    const struct flood *f, const struct seen *seen)
{
	__u64 got = 0, lost = 0;
	int i;

	for (i = 0; i < f->nr; i++) {
		const struct seen *cpu = &seen[f->cpus[i]];

		EXPECT_EQ(f->each, cpu->got + cpu->lost);
		got += cpu->got;
		lost += cpu->lost;
	}
	EXPECT_EQ(0, sess_stat(s, NESTED));
	EXPECT_EQ(0, sess_stat(s, TOO_LONG));
	EXPECT_EQ(lost, sess_stat(s, RING_FULL));
	TH_LOG("%llu records from %d processors, %llu more lost", got, f->nr, lost);
	return lost;
}

/* The next record, for a reader that is busy with what it read. */
static struct ktap_rec *next_slowly(struct __test_metadata *_metadata, struct sess *s)
{
	if (s->pos == s->len)
		usleep(1000);
	return sess_next(s);
}

/* Full speed. Returns how many were lost. */
static __u64 flood(struct __test_metadata *_metadata, struct sess *s, long records)
{
	static struct seen seen[CPU_SETSIZE];
	struct ktap_rec *rec;
	struct flood f;
	struct img img;

	memset(seen, 0, sizeof(seen));
	img_printf(&img);
	sess_run(s, &img);
	flood_begin(&f, s, records);
	for (;;) {
		rec = s->load.ring_size ? next_slowly(_metadata, s) : sess_next(s);
		ASSERT_NE(NULL, rec);
		if (rec->type == KTAP_REC_END)
			break;
		ASSERT_LT(rec->cpu, CPU_SETSIZE);
		see(_metadata, &seen[rec->cpu], rec);
	}
	ASSERT_EQ(NULL, sess_next(s));
	flood_end(&f);
	EXPECT_EQ(f.nr * f.each, sess_stat(s, HITS));
	img_free(&img);
	return add_up(_metadata, s, &f, seen);
}

KTAP_TEST(full_speed)
{
	flood(_metadata, &self->s, total_records());
}

KTAP_TEST(full_speed_overwrite)
{
	self->s.load.flags = KTAP_LOAD_OVERWRITE;
	flood(_metadata, &self->s, total_records() / 4);
}

/* The same where most are lost. */
KTAP_TEST(full_speed_small)
{
	self->s.load.ring_size = SMALL_RING;
	EXPECT_NE(0, flood(_metadata, &self->s, total_records() / 4));
}

KTAP_TEST(full_speed_small_overwrite)
{
	self->s.load.ring_size = SMALL_RING;
	self->s.load.flags = KTAP_LOAD_OVERWRITE;
	EXPECT_NE(0, flood(_metadata, &self->s, total_records() / 4));
}

/* Reads what there is without waiting. */
static void see_now(struct __test_metadata *_metadata, struct sess *s, struct seen *seen,
		    int cpu)
{
	struct ktap_rec *rec;

	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	while ((rec = __sess_next(s))) {
		ASSERT_EQ(cpu, rec->cpu);
		see(_metadata, seen, rec);
	}
	ASSERT_EQ(EAGAIN, errno);
	fcntl(s->fd, F_SETFL, 0);
}

/* Who does not want to wait does not, though another one waits with the lock held. */
KTAP_TEST(reads_without_waiting)
{
	struct counter c;
	char byte;
	pid_t pid;

	/* Nothing is to come. */
	counter_init(&c, "syscalls:sys_enter_lseek", NULL);
	sess_run(&self->s, &c.img);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(read(self->s.fd, &byte, 1) < 0 ? 0 : 1);
	}
	ASSERT_TRUE(wait_in_call(pid, SYS_read));
	fcntl(self->s.fd, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(-1, read(self->s.fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
	fcntl(self->s.fd, F_SETFL, 0);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	sess_stop(&self->s);
	sess_expect(&self->s, PRINT);
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&c.img);
}

#define STILL	4000

/*
 * With nobody reading meanwhile it is known which ones are there: the first ones, or
 * with @overwrite the last ones.
 */
static void keep(struct __test_metadata *_metadata, struct sess *s, bool overwrite)
{
	struct load load = { first_cpu(), STILL };
	struct seen seen = {};
	struct worker w;
	struct img img;

	img_printf(&img);
	s->load.ring_size = SMALL_RING;
	s->load.flags = overwrite ? KTAP_LOAD_OVERWRITE : 0;
	sess_run(s, &img);
	worker_start(&w, work_close, &load);
	worker_run(&w);
	see_now(_metadata, s, &seen, load.cpu);
	EXPECT_LT(100, seen.got);
	/* What is overwritten is known from what comes after it. */
	EXPECT_EQ(overwrite ? STILL : (__s64)seen.got, seen.next);
	worker_end(&w);
	sess_stop(s);
	/* Or else it is told before the end. */
	if (!overwrite)
		see(_metadata, &seen, sess_expect(s, LOST));
	EXPECT_EQ(0, sess_end(s));
	EXPECT_EQ(STILL, seen.lost + seen.got);
	EXPECT_EQ(seen.lost, sess_stat(s, RING_FULL));
	img_free(&img);
}

KTAP_TEST(keeps_first)
{
	keep(_metadata, &self->s, false);
}

KTAP_TEST(keeps_last)
{
	keep(_metadata, &self->s, true);
}

/*
 * 50,000 records a second
 */

#define BURST		500
#define BURST_NS	10000000LL
/* The default buffer has room for some 200 ms of them. */
#define AWAY_NS		100000000LL

static void work_paced(void *arg)
{
	struct load *load = arg;
	long nr = load->nr, i;
	struct timespec next;
	__s64 begin = 0;

	load->nr = 0;
	work_close(load);
	for (i = 0; i < nr; i++) {
		if (i % BURST == 0)
			begin = now_ns();
		syscall(SYS_close, FIRST + i);
		if (i % BURST < BURST - 1)
			continue;
		next.tv_sec = (begin + BURST_NS) / 1000000000;
		next.tv_nsec = (begin + BURST_NS) % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

/* Nothing is lost if the reader is let read at least now and then. */
KTAP_TEST(paced)
{
	long nr = total_records() / 10 / BURST * BURST;
	struct load load = { first_cpu(), nr };
	struct seen seen = {};
	__s64 begin, last, away = 0;
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	pid_t driver;
	int status;

	img_printf(&img);
	sess_run(&self->s, &img);
	worker_start(&w, work_paced, &load);
	driver = fork();
	ASSERT_LE(0, driver);
	if (!driver)
		drive(&self->s, &w, 1);
	begin = now_ns();
	last = begin;
	while ((rec = sess_next(&self->s)) && rec->type != KTAP_REC_END) {
		see(_metadata, &seen, rec);
		if (self->s.pos < self->s.len)
			continue;
		if (now_ns() - last > away)
			away = now_ns() - last;
		last = now_ns();
	}
	ASSERT_EQ(driver, waitpid(driver, &status, 0));
	ASSERT_EQ(0, status);
	worker_end(&w);
	TH_LOG("%lld records a second, the longest pause between two reads was %lld us",
	       (long long)(nr * 1000000000LL / (now_ns() - begin)), away / 1000);
	EXPECT_EQ(nr, seen.got + seen.lost);
	if (seen.lost && away > AWAY_NS)
		SKIP(goto out, "the reader was not let read for %lld ms", away / 1000000);
	EXPECT_EQ(0, seen.lost);
out:
	img_free(&img);
}

/*
 * Output of any size
 */

#define LINE	2000

/* Prints so many lines with numbers, when there is nothing to trace any more. */
static void img_lines(struct img *img, long nr)
{
	char half[LINE / 2 + 1];

	memset(img, 0, sizeof(*img));
	memset(half, 'x', LINE / 2);
	half[LINE / 2] = '\0';
	img_text(img, half);
	img_int(img, nr);
	img_func(img, MAIN, 0, RET());
	img_func(img, END, 6, LOADK(0, 0), MOVE(1, 0), CONCAT(0, 0, 1), LOADI(1, 1),
		 LOADK(2, 1), LOADI(3, 1), FORPREP(1, 3), MOVE(4, 1), MOVE(5, 0),
		 CALLB(4, PRINT, 2), FORLOOP(1, 3), RET());
}

static void see_lines(struct __test_metadata *_metadata, struct sess *s, long nr)
{
	struct ktap_rec *rec;
	long i;

	for (i = 1; i <= nr; i++) {
		rec = next_slowly(_metadata, s);
		ASSERT_NE(NULL, rec);
		ASSERT_EQ(KTAP_REC_PRINT, rec->type);
		ASSERT_EQ(i, rec_int(rec, 0));
		ASSERT_EQ(LINE, rec_val(rec, 1)->len);
	}
}

static void whole(struct __test_metadata *_metadata, struct sess *s, __u32 flags)
{
	long nr = total_records() / 20;
	struct img img;

	img_lines(&img, nr);
	s->load.flags = flags;
	s->load.ring_size = SMALL_RING;
	sess_run(s, &img);
	sess_stop(s);
	see_lines(_metadata, s, nr);
	EXPECT_EQ(0, sess_end(s));
	EXPECT_EQ(0, sess_stat(s, RING_FULL));
	TH_LOG("%ld lines of %d bytes", nr, LINE);
	img_free(&img);
}

KTAP_TEST(trace_end_is_whole)
{
	whole(_metadata, &self->s, 0);
}

KTAP_TEST(trace_end_is_whole_overwrite)
{
	whole(_metadata, &self->s, KTAP_LOAD_OVERWRITE);
}

/* What ticks print arrives, however many records of handlers are lost beside it. */
static void ticks(struct __test_metadata *_metadata, struct sess *s, __u32 flags)
{
	static struct seen seen[CPU_SETSIZE];
	struct ktap_rec *rec;
	struct img img;
	struct flood f;
	long nr = 0;

	memset(seen, 0, sizeof(seen));
	img_printf(&img);
	img_event_of(&img, KTAP_PROBE_TICK,
		     img_func(&img, TICK, 4, LOADI(0, 1), LOADI(1, 20), LOADI(2, 1),
			      FORPREP(0, 4), LOADI(3, 1), UPDG(3, ADD, 0), GETG(3, 0),
			      CALLB(3, PRINT, 1), FORLOOP(0, 4), RET()),
		     "2000000", NULL, NULL, 0);
	s->load.flags = flags;
	s->load.ring_size = SMALL_RING;
	sess_run(s, &img);
	flood_begin(&f, s, total_records() / 4);
	while ((rec = next_slowly(_metadata, s)) && rec->type != KTAP_REC_END) {
		if (rec->type != KTAP_REC_PRINT) {
			see(_metadata, &seen[rec->cpu], rec);
			continue;
		}
		ASSERT_EQ(++nr, rec_int(rec, 0));
	}
	ASSERT_NE(NULL, rec);
	flood_end(&f);
	EXPECT_LT(0, nr);
	EXPECT_NE(0, add_up(_metadata, s, &f, seen));
	img_free(&img);
}

KTAP_TEST(ticks_are_whole)
{
	ticks(_metadata, &self->s, 0);
}

KTAP_TEST(ticks_are_whole_overwrite)
{
	ticks(_metadata, &self->s, KTAP_LOAD_OVERWRITE);
}

TEST_HARNESS_MAIN
