// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what many CPUs do to the same variables and tables at once
 *
 * Each update is exact: N threads that make M system calls each give N * M,
 * whatever interrupts them meanwhile.
 */
#include <pthread.h>

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
	work_getppid((void *)ROUNDS);
	free(m);
	return NULL;
}

/* At least four threads, two on each CPU, that wait. */
static void crowd_begin(struct __test_metadata *_metadata, struct crowd *c)
{
	struct member *m;
	int i;

	c->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	c->nr = 2 * c->cpus;
	c->nr = c->nr < 4 ? 4 : c->nr > MAX_THREADS ? MAX_THREADS : c->nr;
	pthread_barrier_init(&c->barrier, NULL, c->nr + 1);
	for (i = 0; i < c->nr; i++) {
		m = malloc(sizeof(*m));
		ASSERT_NE(NULL, m);
		*m = (struct member){ c, i };
		ASSERT_EQ(0, pthread_create(&c->threads[i], NULL, crowd_thread, m));
	}
	pthread_barrier_wait(&c->barrier);
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
	img_func(img, END, 1, GETG(0, n), CALL(0, PRINT, 1),
		 GETG(0, big), CALL(0, PRINT, 1), GETG(0, m), CALL(0, PRINT, 1),
		 RET());
	/* for (r2, r3 in s) print(r2, r3) */
	img_func(img, END, 6, GETG(0, s), ITER(0), JMP(3),
		 MOVE(4, 2), MOVE(5, 3), CALL(4, PRINT, 2), NEXT(0), JMP(-5), RET());
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
	img_func(&img, END, 1, GETG(0, s), CALL(0, LEN, 1), CALL(0, PRINT, 1),
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
	img_func(&img, END, 2, GETG(0, n), GETG(1, s), CALL(1, LEN, 1),
		 CALL(0, PRINT, 1), MOVE(0, 1), CALL(0, PRINT, 1), RET());
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

TEST_HARNESS_MAIN
