// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what many CPUs do to the same variables and tables at once
 *
 * Each update is exact: N threads that make M system calls each give N * M,
 * whatever interrupts them meanwhile.
 */
#include <pthread.h>
#include <time.h>

#include "ksess.h"

#define ROUNDS		3000
#define MAX_THREADS	64

struct crowd {
	pthread_barrier_t barrier;
	pthread_t threads[MAX_THREADS];
	pid_t tids[MAX_THREADS];
	int nr;
	int cpus;
};

struct member {
	struct crowd *crowd;
	int nr;
	void (*work)(struct member *m);
};

static void *crowd_thread(void *arg)
{
	struct member *m = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(m->nr % m->crowd->cpus, &set);
	sched_setaffinity(0, sizeof(set), &set);
	m->crowd->tids[m->nr] = syscall(SYS_gettid);
	/* All are known; all begin. */
	pthread_barrier_wait(&m->crowd->barrier);
	pthread_barrier_wait(&m->crowd->barrier);
	m->work(m);
	free(m);
	return NULL;
}

/* @nr threads that wait. */
static void __crowd_begin(struct __test_metadata *_metadata, struct crowd *c, int nr,
			  void (*work)(struct member *m))
{
	struct member *m;
	int i;

	c->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	c->nr = nr > MAX_THREADS ? MAX_THREADS : nr;
	pthread_barrier_init(&c->barrier, NULL, c->nr + 1);
	for (i = 0; i < c->nr; i++) {
		m = malloc(sizeof(*m));
		ASSERT_NE(NULL, m);
		*m = (struct member){ c, i, work };
		ASSERT_EQ(0, pthread_create(&c->threads[i], NULL, crowd_thread, m));
	}
	pthread_barrier_wait(&c->barrier);
}

static void crowd_work(struct member *m)
{
	work_getppid((void *)ROUNDS);
}

/* At least four of them, two on each CPU. */
static void crowd_begin(struct __test_metadata *_metadata, struct crowd *c)
{
	int nr = 2 * sysconf(_SC_NPROCESSORS_ONLN);

	__crowd_begin(_metadata, c, nr < 4 ? 4 : nr, crowd_work);
}

static void crowd_run(struct __test_metadata *_metadata, struct crowd *c)
{
	int i;

	pthread_barrier_wait(&c->barrier);
	for (i = 0; i < c->nr; i++)
		ASSERT_EQ(0, pthread_join(c->threads[i], NULL));
}

/* System calls of this process only. Its threads have their own common_pid. */
static void crowd_filter(const struct crowd *c, char *buf, size_t size)
{
	size_t len = 0;
	int i;

	for (i = 0; i < c->nr && len < size; i++)
		len += snprintf(buf + len, size - len, "%scommon_pid == %d",
				i ? " || " : "", c->tids[i]);
}

/* No update was given up. */
static void no_losses(struct __test_metadata *_metadata, struct sess *s)
{
	EXPECT_EQ(0, sess_stat(s, NESTED));
	EXPECT_EQ(0, sess_stat(s, HEAP_FULL));
	EXPECT_EQ(0, sess_stat(s, LOCK_BUSY));
	EXPECT_EQ(0, sess_stat(s, RING_FULL));
}

/*
 * s[tid] += 1, n += 1, s[probename] += 1, big += 2^61, s[n % 8] -= 3 and, if
 * @others, m += 1 for each event of timers and interrupts.
 */
static void img_crowd(struct img *img, const char *filter, bool others)
{
	__u32 s, n, m, big, k_big, k_three, k_seven, probe;

	memset(img, 0, sizeof(*img));
	s = img_global(img, "s");
	n = img_global(img, "n");
	m = img_global(img, "m");
	big = img_global(img, "big");
	k_big = img_int(img, 1LL << 61);
	k_three = img_int(img, -3);
	k_seven = img_int(img, 7);
	img_func(img, MAIN, 1, NEWTAB(0), SETG(0, s), LOADI(0, 0), SETG(0, n),
		 SETG(0, m), SETG(0, big), RET());
	probe = img_func(img, PROBE, 6,
			 GETG(0, s), VAR(1, TID), LOADI(2, 1), ADDT(0, 1, 2),
			 UPDG(2, ADD, n),
			 VAR(1, PROBENAME), ADDT(0, 1, 2),
			 LOADK(3, k_big), UPDG(3, ADD, big),
			 /* A few keys that all fight about. */
			 VAR(4, NSECS), LOADK(5, k_seven), INSN(AND, 4, 4, 5),
			 LOADK(5, k_three), ADDT(0, 4, 5), RET());
	img_event(img, probe, "syscalls:sys_enter_getppid", filter);
	if (others) {
		probe = img_func(img, PROBE, 2, LOADI(0, 1), UPDG(0, ADD, m),
				 GETG(1, s), ADDT(1, 0, 0), RET());
		img_event(img, probe, "timer:*", NULL);
		img_event(img, probe, "irq:*", NULL);
		img_event(img, probe, "irq_vectors:*", NULL);
		img_event(img, probe, "sched:sched_wak*", NULL);
	}
	img_func(img, END, 1, GETG(0, n), CALLB(0, PRINT, 1),
		 GETG(0, big), CALLB(0, PRINT, 1), GETG(0, m), CALLB(0, PRINT, 1),
		 RET());
	/* for (r2, r3 in s) print(r2, r3) */
	img_func(img, END, 6, GETG(0, s), ITER(0), JMP(3),
		 MOVE(4, 2), MOVE(5, 3), CALLB(4, PRINT, 2), NEXT(0), JMP(-5), RET());
}

static void crowd_counts(struct __test_metadata *_metadata, struct sess *s,
			 bool others)
{
	__s64 n, m, by_name = 0, by_key = 0, by_tid[MAX_THREADS] = {};
	static char filter[MAX_THREADS * 32];
	struct ktap_rec *rec;
	struct crowd c;
	struct img img;
	int i;

	crowd_begin(_metadata, &c);
	crowd_filter(&c, filter, sizeof(filter));
	img_crowd(&img, filter, others);
	sess_run(s, &img);
	crowd_run(_metadata, &c);
	sess_stop(s);

	n = (__s64)c.nr * ROUNDS;
	EXPECT_EQ(n, rec_int(sess_expect(s, PRINT), 0));
	EXPECT_EQ((__s64)((__u64)n << 61), rec_int(sess_expect(s, PRINT), 0));
	m = rec_int(sess_expect(s, PRINT), 0);
	EXPECT_EQ(others, m > 0);
	while ((rec = sess_next(s)) && rec->type == KTAP_REC_PRINT) {
		if (rec_val(rec, 0)->type == KTAP_T_STR) {
			by_name += rec_int(rec, 1);
			continue;
		}
		for (i = 0; i < c.nr; i++) {
			if (rec_int(rec, 0) == c.tids[i])
				by_tid[i] += rec_int(rec, 1);
		}
		if (rec_int(rec, 0) < 8)
			by_key += rec_int(rec, 1);
	}
	ASSERT_NE(NULL, rec);
	ASSERT_EQ(KTAP_REC_END, rec->type);
	EXPECT_EQ(n, by_name);
	/* Those of the others have the key 1. */
	EXPECT_EQ(m - 3 * n, by_key);
	for (i = 0; i < c.nr; i++)
		EXPECT_EQ(ROUNDS, by_tid[i]);
	EXPECT_EQ(n + m, sess_stat(s, HITS));
	if (!others)
		no_losses(_metadata, s);
	img_free(&img);
}

KTAP_TEST(counts_are_exact)
{
	crowd_counts(_metadata, &self->s, false);
}

KTAP_TEST(counts_are_exact_with_interrupts)
{
	crowd_counts(_metadata, &self->s, true);
}

/* Keys that come and go all the time, in a memory that holds few of them. */
KTAP_TEST(inserts_and_deletes)
{
	static char filter[MAX_THREADS * 32];
	unsigned long long drops = 0;
	__u32 s, k_mask, probe;
	struct img img = {};
	struct ktap_rec *rec;
	struct crowd c;

	crowd_begin(_metadata, &c);
	crowd_filter(&c, filter, sizeof(filter));
	s = img_global(&img, "s");
	k_mask = img_int(&img, 63);
	img_func(&img, MAIN, 1, NEWTAB(0), SETG(0, s), RET());
	/* k = nsecs & 63 .. "-key"; s[k] = tid; s[k] = nil */
	probe = img_func(&img, PROBE, 5,
			 GETG(0, s), VAR(1, NSECS), LOADK(2, k_mask),
			 INSN(AND, 1, 1, 2), LOADK(2, 1), CONCAT(1, 1, 2),
			 VAR(3, TID), SETT(0, 1, 3), LOADNIL(3), SETT(0, 1, 3),
			 RET());
	img_text(&img, "-a-key-that-is-longer-than-thirty-two-bytes");
	img_func(&img, END, 1, GETG(0, s), CALLB(0, LEN, 1), CALLB(0, PRINT, 1),
		 RET());
	img_event(&img, probe, "syscalls:sys_enter_getppid", filter);
	self->s.load.heap_size = 64 << 10;
	sess_run(&self->s, &img);
	crowd_run(_metadata, &c);
	sess_stop(&self->s);
	/* Who set it deleted it, if nobody else had. */
	EXPECT_EQ(0, rec_int(sess_expect(&self->s, PRINT), 0));
	/*
	 * What was deleted is not used again before all who may still look at it
	 * have ended. In a guest a CPU can be stopped for long just then.
	 */
	rec = sess_next(&self->s);
	if (rec && rec->type == KTAP_REC_DROPS) {
		drops = ((struct ktap_rec_drops *)(rec + 1))->count;
		TH_LOG("%llu of %d entries had no room", drops, c.nr * ROUNDS);
		rec = sess_next(&self->s);
	}
	ASSERT_NE(NULL, rec);
	ASSERT_EQ(KTAP_REC_END, rec->type);
	EXPECT_EQ(drops, sess_stat(&self->s, HEAP_FULL));
	EXPECT_EQ(c.nr * ROUNDS, sess_stat(&self->s, HITS));
	EXPECT_EQ(0, sess_stat(&self->s, NESTED));
	EXPECT_EQ(0, sess_stat(&self->s, LOCK_BUSY));
	img_free(&img);
}

/* When the memory is full, what has no room is counted and named. */
KTAP_TEST(memory_full)
{
	struct img img = {};
	struct ktap_rec_drops *drops;
	static char filter[MAX_THREADS * 32];
	struct crowd c;
	__u32 s, n, probe;
	__s64 len;

	crowd_begin(_metadata, &c);
	crowd_filter(&c, filter, sizeof(filter));
	n = img_global(&img, "n");
	s = img_global(&img, "s");
	img_func(&img, MAIN, 1, LOADI(0, 0), SETG(0, n), NEWTAB(0), SETG(0, s),
		 RET());
	/* A key of its own for each hit: the time, on a CPU */
	probe = img_func(&img, PROBE, 4, GETG(0, s), VAR(1, NSECS), VAR(2, TID),
			 CONCAT(1, 1, 2), LOADI(3, 1), ADDT(0, 1, 3),
			 UPDG(3, ADD, n), RET());
	img_func(&img, END, 2, GETG(0, n), GETG(1, s), CALLB(1, LEN, 1),
		 CALLB(0, PRINT, 1), MOVE(0, 1), CALLB(0, PRINT, 1), RET());
	img_event(&img, probe, "syscalls:sys_enter_getppid", filter);
	self->s.load.heap_size = 64 << 10;
	sess_run(&self->s, &img);
	crowd_run(_metadata, &c);
	sess_stop(&self->s);
	EXPECT_EQ(c.nr * ROUNDS, rec_int(sess_expect(&self->s, PRINT), 0));
	len = rec_int(sess_expect(&self->s, PRINT), 0);
	EXPECT_LT(100, len);
	EXPECT_GT((64 << 10) / 64, len);
	drops = (void *)(sess_expect(&self->s, DROPS) + 1);
	EXPECT_EQ(s, drops->global);
	EXPECT_LT(0, drops->count);
	/* Each hit made an entry, found one, or is counted. */
	EXPECT_GE(c.nr * ROUNDS, len + (__s64)drops->count);
	EXPECT_EQ(drops->count, sess_stat(&self->s, HEAP_FULL));
	sess_expect(&self->s, END);
	img_free(&img);
}

/* Several sessions at the same event, each of them exact. */
KTAP_TEST(sessions_at_once)
{
	static char filter[MAX_THREADS * 32];
	struct counter counter;
	struct sess s[4];
	struct crowd c;
	int i;

	sess_close(&self->s);
	crowd_begin(_metadata, &c);
	crowd_filter(&c, filter, sizeof(filter));
	counter_init(&counter, "syscalls:sys_enter_getppid", filter);
	for (i = 0; i < 4; i++) {
		sess_open(&s[i]);
		sess_run(&s[i], &counter.img);
	}
	crowd_run(_metadata, &c);
	for (i = 0; i < 4; i++) {
		sess_stop(&s[i]);
		EXPECT_EQ(c.nr * ROUNDS, rec_int(sess_expect(&s[i], PRINT), 0));
		ASSERT_EQ(0, sess_end(&s[i]));
		no_losses(_metadata, &s[i]);
		sess_close(&s[i]);
	}
	img_free(&counter.img);
}

/*
 * Updates from task, softirq and hardirq context at the same time
 *
 * Each hit goes LOOPS times through a loop that updates a table, a global and
 * statistics, and IRQ_LOOPS times in an interrupt, so that there is time left between
 * those. How many hits there must be is known from the system calls that are made, and
 * for the other two contexts from records that each hit writes.
 */

/* A million updates of each kind in a thread, and those of the interrupts. */
#define LOOPS		1000
#define IRQ_LOOPS	100
#define TASK_HITS	1000
#define MIXED_RUNS	3

/* Keys of what the contexts count for themselves, and the values they print. */
enum context { TASK = -1, SOFTIRQ = -2, HARDIRQ = -3 };

static __u64 loops(enum context context)
{
	return context == TASK ? LOOPS : IRQ_LOOPS;
}

/*
 * The handler of a context: for (i = 0; i < loops; i++) { s[context] += 1;
 * s["all"] += 1; n += 1; h[context] <<< i; h["all"] <<< i; h <<< i }
 */
static void img_mixed_event(struct img *img, enum context context, const char *event,
			    const char *filter)
{
	__u32 probe;

	probe = img_func(img, PROBE, 8, GETG(0, 0), GETG(1, 2), LOADI(2, context),
			 LOADI(3, 1), LOADK(4, 0),
			 LOADI(5, 0), LOADI(6, loops(context) - 1), LOADI(7, 1), FORPREP(5, 6),
			 ADDT(0, 2, 3), ADDT(0, 4, 3), UPDG(3, ADD, 1),
			 FEEDT(1, 2, 5), FEEDT(1, 4, 5), FEED(1, 5), FORLOOP(5, 6),
			 MOVE(3, 2), CALLB(3, PRINT, 1), RET());
	img_event(img, probe, event, filter);
}

static void img_mixed(struct img *img, const char *filter)
{
	__u32 all;

	memset(img, 0, sizeof(*img));
	img_global(img, "s");
	img_global(img, "n");
	img_global(img, "h");
	all = img_text(img, "all");
	img_func(img, MAIN, 1, NEWTAB(0), SETG(0, 0), LOADI(0, 0), SETG(0, 1),
		 CALLB(0, HIST, 0), SETG(0, 2), RET());
	img_mixed_event(img, TASK, "syscalls:sys_enter_getppid", filter);
	img_mixed_event(img, SOFTIRQ, "irq:softirq_entry", NULL);
	img_mixed_event(img, HARDIRQ, "timer:hrtimer_expire_entry", NULL);
	img_func(img, END, 5, GETG(0, 0),
		 LOADI(3, TASK), GETT(1, 0, 3), LOADI(3, SOFTIRQ), GETT(2, 0, 3),
		 LOADI(3, HARDIRQ), GETT(3, 0, 3), LOADK(4, all), GETT(0, 0, 4),
		 GETG(4, 1), CALLB(0, PRINT, 5),
		 GETG(0, 2), CALLB(0, PRINT_HIST, 1), RET());
}

/* How many of the numbers from 0 to @nr - 1 are in a range: 0, 1, 2 to 3, 4 to 7, ... */
static __u64 in_range(__u32 range, __u64 nr)
{
	__u64 first = range ? 1ULL << (range - 1) : 0;
	__u64 next = range ? 1ULL << range : 1;

	return nr <= first ? 0 : (nr < next ? nr : next) - first;
}

/* What a statistic must have that was fed 0 to LOOPS - 1 so many times, ... */
static void expect_stat(struct __test_metadata *_metadata,
			const struct ktap_val *val, __u64 tasks, __u64 irqs)
{
	const struct ktap_val_stat *stat = (void *)(val + 1);
	__u64 count = tasks * LOOPS + irqs * IRQ_LOOPS;
	__u64 sum = tasks * (LOOPS - 1) * LOOPS / 2 + irqs * (IRQ_LOOPS - 1) * IRQ_LOOPS / 2;
	__u64 most = tasks ? LOOPS : IRQ_LOOPS;
	__u32 i;

	ASSERT_EQ(KTAP_T_STAT, val->type);
	ASSERT_EQ(sizeof(*stat) + stat->nr_ranges * sizeof(stat->ranges[0]), val->len);
	EXPECT_EQ(KTAP_AGG_HIST, stat->kind);
	EXPECT_EQ(0, stat->flags);
	EXPECT_EQ(count, stat->count);
	EXPECT_EQ(sum, stat->sum);
	EXPECT_EQ(0, stat->min);
	EXPECT_EQ(most - 1, stat->max);
	EXPECT_EQ(sum / count, stat->avg);
	for (i = 0; i < stat->nr_ranges; i++) {
		EXPECT_EQ(i, stat->ranges[i].range);
		EXPECT_EQ(tasks * in_range(i, LOOPS) + irqs * in_range(i, IRQ_LOOPS),
			  stat->ranges[i].count);
	}
	/* All of them are there: what would be in the next one is nothing. */
	EXPECT_NE(0, in_range(i - 1, most));
	EXPECT_EQ(0, in_range(i, most));
}

/* The items of print_hist(h), in any order. */
static void expect_stats(struct __test_metadata *_metadata, struct sess *s,
			 const __u64 *hits)
{
	__u64 irqs = hits[1] + hits[2];
	const struct ktap_val *key;
	struct ktap_rec *rec;
	int seen = 0;
	__s64 nr;

	sess_expect(s, AGG);
	while ((rec = sess_next(s)) && rec->type == KTAP_REC_ITEM) {
		key = rec_val(rec, 0);
		if (key->type == KTAP_T_INT) {
			nr = -1 - rec_int(rec, 0);
			ASSERT_EQ(true, nr >= 0 && nr < 3);
			expect_stat(_metadata, rec_val(rec, 1), nr ? 0 : hits[0],
				    nr ? hits[nr] : 0);
			seen |= 1 << nr;
		} else {
			expect_stat(_metadata, rec_val(rec, 1), hits[0], irqs);
			seen |= key->type == KTAP_T_NIL ? 8 : 16;
		}
	}
	ASSERT_NE(NULL, rec);
	EXPECT_EQ(KTAP_REC_AGG_END, rec->type);
	EXPECT_EQ(31, seen);
}

static void mixed_signal(int sig)
{
}

/* With a timer, whose interrupts come on this CPU. */
static void mixed_work(struct member *m)
{
	struct itimerspec often = {
		.it_interval.tv_nsec = 20000000,
		.it_value.tv_nsec = 20000000,
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGUSR1,
		._sigev_un._tid = m->crowd->tids[m->nr],
	};
	timer_t timer;

	signal(SIGUSR1, mixed_signal);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &often, NULL))
		abort();
	work_getppid((void *)TASK_HITS);
	timer_delete(timer);
}

/* The next record, which is counted if it is what a hit printed. */
static struct ktap_rec *mixed_hit(struct __test_metadata *_metadata, struct sess *s,
				  __u64 *hits)
{
	struct ktap_rec *rec = sess_next(s);
	__s64 nr;

	ASSERT_NE(NULL, rec);
	if (rec->type != KTAP_REC_PRINT)
		return rec;
	nr = -1 - rec_int(rec, 0);
	ASSERT_LT(nr, 3);
	if (nr >= 0)
		hits[nr]++;
	return rec;
}

static void mixed_contexts(struct __test_metadata *_metadata, struct sess *s, int run)
{
	static char filter[MAX_THREADS * 32];
	__u64 hits[3] = {}, updates;
	struct ktap_rec *rec;
	struct crowd c;
	struct img img;
	int i;

	__crowd_begin(_metadata, &c, sysconf(_SC_NPROCESSORS_ONLN), mixed_work);
	crowd_filter(&c, filter, sizeof(filter));
	img_mixed(&img, filter);
	s->load.ring_size = 4 << 20;
	sess_load(s, &img);
	sess_start(s);
	/* Interrupts come as soon as their event is enabled. */
	while (mixed_hit(_metadata, s, hits)->type != KTAP_REC_RUNNING)
		;
	crowd_run(_metadata, &c);
	sess_stop(s);

	do {
		rec = mixed_hit(_metadata, s, hits);
		ASSERT_EQ(KTAP_REC_PRINT, rec->type);
	} while (rec_int(rec, 0) < 0);
	updates = hits[0] * LOOPS + (hits[1] + hits[2]) * IRQ_LOOPS;
	EXPECT_EQ((__u64)c.nr * TASK_HITS, hits[0]);
	EXPECT_LT(0, hits[1]);
	EXPECT_LT(0, hits[2]);
	EXPECT_EQ(updates, rec_int(rec, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(hits[i] * loops(-1 - i), rec_int(rec, 1 + i));
	EXPECT_EQ(updates, rec_int(rec, 4));
	expect_stats(_metadata, s, hits);
	ASSERT_EQ(0, sess_end(s));
	EXPECT_EQ(hits[0] + hits[1] + hits[2], sess_stat(s, HITS));
	no_losses(_metadata, s);
	TH_LOG("run %d, %d cpus: hits in tasks %llu, softirqs %llu, hardirqs %llu", run,
	       c.nr, hits[0], hits[1], hits[2]);
	img_free(&img);
}

/* With KASAN and lockdep, emulated, it takes its time. */
TEST_F_TIMEOUT(ktap, million_updates_from_all_contexts, 3600)
{
	int run;

	sess_close(&self->s);
	for (run = 1; run <= MIXED_RUNS; run++) {
		sess_open(&self->s);
		mixed_contexts(_metadata, &self->s, run);
		sess_close(&self->s);
	}
}

/*
 * Ten million pairs of an insert and a delete, each of a key of its own, in a
 * memory that has room for 4096 entries
 */

#define PAIRS		10000000
#define PAIRS_OF_HIT	10000
/* Bytes, and entries that have room besides the table itself. */
#define POOL		(4096 * 64)
#define ENTRIES		4000

/*
 * Nothing was lost, and all that was freed can be used: print(len(s)), and once more
 * with as many entries as there is room for
 */
static void img_pairs_end(struct img *img, __u32 tab)
{
	img_func(img, END, 5, GETG(0, tab), MOVE(1, 0), CALLB(1, LEN, 1), CALLB(1, PRINT, 1),
		 LOADI(2, 0), LOADI(3, ENTRIES - 1), LOADI(4, 1), FORPREP(2, 1),
		 SETT(0, 2, 2), FORLOOP(2, 1), CALLB(0, LEN, 1), CALLB(0, PRINT, 1), RET());
}

static void expect_pairs_end(struct __test_metadata *_metadata, struct sess *s)
{
	struct ktap_stats stats = { .size = sizeof(stats) };

	EXPECT_EQ(0, rec_int(sess_expect(s, PRINT), 0));
	EXPECT_EQ(ENTRIES, rec_int(sess_expect(s, PRINT), 0));
	ASSERT_EQ(0, sess_end(s));
	no_losses(_metadata, s);
	ASSERT_EQ(0, ioctl(s->fd, KTAP_IOC_STATS, &stats));
	EXPECT_EQ(POOL, stats.heap_size);
	EXPECT_GE(POOL, stats.heap_used);
}

/* for (i = 0; i < PAIRS; i++) { s[i] = i; s[i] = nil } */
KTAP_TEST(pairs_in_main)
{
	struct img img = {};
	__u32 tab;

	tab = img_global(&img, "s");
	img_func(&img, MAIN, 5, NEWTAB(0), SETG(0, tab), LOADNIL(1), LOADI(2, 0),
		 LOADI(3, PAIRS - 1), LOADI(4, 1), FORPREP(2, 2), SETT(0, 2, 2),
		 SETT(0, 2, 1), FORLOOP(2, 2), RET());
	img_pairs_end(&img, tab);
	self->s.load.heap_size = POOL;
	self->s.load.proc_budget = 10ULL * PAIRS;
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	expect_pairs_end(_metadata, &self->s);
	img_free(&img);
}

/* Each hit gets the first of its keys from here. */
static void pairs_work(struct member *m)
{
	__s64 key = (__s64)m->nr << 40;
	int i;

	for (i = 0; i < PAIRS / PAIRS_OF_HIT / m->crowd->nr; i++) {
		syscall(SYS_lseek, -1, key, SEEK_SET);
		key += PAIRS_OF_HIT;
	}
}

KTAP_TEST(pairs_on_all_cpus)
{
	int nr = sysconf(_SC_NPROCESSORS_ONLN);
	static char filter[MAX_THREADS * 32];
	__u32 tab, field, probe;
	struct img img = {};
	struct crowd c;

	__crowd_begin(_metadata, &c, nr, pairs_work);
	crowd_filter(&c, filter, sizeof(filter));
	tab = img_global(&img, "s");
	field = img_field(&img, "offset");
	img_func(&img, MAIN, 1, NEWTAB(0), SETG(0, tab), RET());
	probe = img_func(&img, PROBE, 7, GETG(0, tab), LOADNIL(1), FIELD(5, field),
			 LOADI(2, 0), LOADI(3, PAIRS_OF_HIT - 1), LOADI(4, 1),
			 FORPREP(2, 3), ADD(6, 5, 2), SETT(0, 6, 2), SETT(0, 6, 1),
			 FORLOOP(2, 3), RET());
	img_event(&img, probe, "syscalls:sys_enter_lseek", filter);
	img_pairs_end(&img, tab);
	self->s.load.heap_size = POOL;
	sess_run(&self->s, &img);
	crowd_run(_metadata, &c);
	sess_stop(&self->s);
	expect_pairs_end(_metadata, &self->s);
	EXPECT_EQ(PAIRS / PAIRS_OF_HIT / nr * nr, sess_stat(&self->s, HITS));
	img_free(&img);
}

TEST_HARNESS_MAIN
