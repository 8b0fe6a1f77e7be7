// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of timers: ticks in process context, profile on each processor
 *
 * How long anything takes is up to the machine. What holds on any is that no timer
 * is early, that ticks are run in the order in which they were due, and that those
 * which were run and those which were lost are together as many as there were
 * periods.
 */
#include <time.h>

#include "ksess.h"

#define MS	1000000LL

static __s64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static __u32 img_timer(struct img *img, enum ktap_probe_kind kind, __u32 proto,
		       __s64 period)
{
	char spec[32];

	snprintf(spec, sizeof(spec), "%lld", (long long)period);
	return img_event_of(img, kind, proto, spec, NULL, NULL, 0);
}

static void img_main(struct img *img)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
}

/* Goes round until so many nanoseconds have gone by, with R1 to R3. */
#define BUSY(k)								\
	VAR(1, NSECS), LOADK(2, k), ADD(2, 1, 2),			\
	VAR(3, NSECS), LT(1, 3, 2), JMP(-3)

/* Stops; returns how many lines were still printed, and the exit status. */
static int stop_and_drain(struct __test_metadata *_metadata, struct sess *s, int *status)
{
	struct ktap_rec *rec;
	int nr = 0;

	*status = -1;
	sess_stop(s);
	while ((rec = sess_next(s))) {
		ASSERT_NE(KTAP_REC_ERROR, rec->type);
		if (rec->type == KTAP_REC_END)
			*status = ((struct ktap_rec_end *)(rec + 1))->status;
		nr += rec->type == KTAP_REC_PRINT;
	}
	return nr;
}

/*
 * Ticks
 */

/* Each tick is run once, or counted as lost, and none is early. */
static void count_ticks(struct __test_metadata *_metadata, struct sess *s,
			__s64 period, __s64 busy, int nr)
{
	__s64 begin, running, stop, end, ticks;
	struct ktap_rec *rec;
	struct img img;
	int i, status;

	memset(&img, 0, sizeof(img));
	img_global(&img, "n");
	img_func(&img, MAIN, 1, LOADI(0, 0), SETG(0, 0), RET());
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 5, LOADI(0, 1), UPDG(0, ADD, 0),
			   BUSY(img_int(&img, busy)), GETG(0, 0),
			   CALLB(0, PRINT, 1), RET()), period);
	sess_load(s, &img);
	begin = now_ns();
	sess_start(s);
	sess_expect(s, RUNNING);
	running = now_ns();
	for (i = 0; i < nr; i++) {
		rec = sess_expect(s, PRINT);
		EXPECT_LE(begin + (i + 1) * period, (__s64)rec->ts);
		sess_expect(s, TICK);
	}
	stop = now_ns();
	i += stop_and_drain(_metadata, s, &status);
	end = now_ns();
	EXPECT_EQ(0, status);
	ticks = sess_stat(s, HITS) + sess_stat(s, TICKS);
	TH_LOG("%llu run, %llu lost of %lld", (long long)sess_stat(s, HITS),
	       (long long)sess_stat(s, TICKS), (long long)((end - begin) / period));
	EXPECT_LE((stop - running) / period, ticks);
	EXPECT_GE((end - begin) / period, ticks);
	EXPECT_LE(sess_stat(s, HITS) - 1, i);
	EXPECT_GE(sess_stat(s, HITS), i);
	/* While a handler is busy all but one are lost. */
	EXPECT_LE((nr - 1) * (busy / period - 2), (__s64)sess_stat(s, TICKS));
	img_free(&img);
}

KTAP_TEST(tick_each_ms)
{
	count_ticks(_metadata, &self->s, MS, 0, 30);
}

KTAP_TEST(tick_shortest)
{
	count_ticks(_metadata, &self->s, KTAP_TIMER_MIN, 0, 100);
}

KTAP_TEST(tick_lost_while_busy)
{
	count_ticks(_metadata, &self->s, MS, 50 * MS, 4);
}

KTAP_TEST(tick_has_name)
{
	struct img img;
	char *name;
	int status;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 1, VAR(0, PROBENAME), CALLB(0, PRINT, 1),
			   RET()), 2 * MS);
	sess_run(&self->s, &img);
	name = rec_str(sess_expect(&self->s, PRINT), 0);
	EXPECT_STREQ("tick-2000000ns", name);
	free(name);
	stop_and_drain(_metadata, &self->s, &status);
	img_free(&img);
}

static __u32 img_print_tick(struct img *img, int id)
{
	return img_func(img, TICK, 1, LOADI(0, id), CALLB(0, PRINT, 1), RET());
}

/*
 * The first is busy until all of them are due, twice. Then they are run in the
 * order in which they were due, not in that of the program.
 */
KTAP_TEST(ticks_in_order)
{
	static const int order[] = { 1, 1, 3, 2 };
	struct img img;
	unsigned int i;
	int status;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 4, LOADI(0, 1), CALLB(0, PRINT, 1),
			   BUSY(img_int(&img, 3000 * MS)), RET()), 50 * MS);
	img_timer(&img, KTAP_PROBE_TICK, img_print_tick(&img, 2), 2500 * MS);
	img_timer(&img, KTAP_PROBE_TICK, img_print_tick(&img, 3), 1500 * MS);
	sess_run(&self->s, &img);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		EXPECT_EQ(order[i], rec_int(sess_expect(&self->s, PRINT), 0));
		sess_expect(&self->s, TICK);
	}
	stop_and_drain(_metadata, &self->s, &status);
	img_free(&img);
}

/* All that a tick prints has one end; one that prints nothing has none. */
KTAP_TEST(tick_ends)
{
	struct img img = {};
	int i, status;

	img_global(&img, "n");
	img_func(&img, MAIN, 1, LOADI(0, 0), SETG(0, 0), RET());
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 2, LOADI(0, 1), UPDG(0, ADD, 0), GETG(0, 0),
			   INSN(ANDI, 1, 0, 1), INSN(EQI, 1, 1, 0), JMP(4),
			   MOVE(1, 0), CALLB(1, PRINT, 1), MOVE(1, 0),
			   CALLB(1, PRINT, 1), RET()), 2 * MS);
	sess_run(&self->s, &img);
	for (i = 1; i < 20; i += 2) {
		EXPECT_EQ(i, rec_int(sess_expect(&self->s, PRINT), 0));
		EXPECT_EQ(i, rec_int(sess_expect(&self->s, PRINT), 0));
		sess_expect(&self->s, TICK);
	}
	stop_and_drain(_metadata, &self->s, &status);
	img_free(&img);
}

KTAP_TEST(tick_exits)
{
	struct img img = {};

	img_global(&img, "n");
	img_func(&img, MAIN, 1, LOADI(0, 0), SETG(0, 0), RET());
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 2, LOADI(0, 1), UPDG(0, ADD, 0), GETG(0, 0),
			   INSN(EQI, 0, 0, 3), JMP(2), LOADI(0, 7), CALLB(0, EXIT, 1),
			   RET()), MS);
	img_func(&img, END, 1, GETG(0, 0), CALLB(0, PRINT, 1), RET());
	sess_run(&self->s, &img);
	EXPECT_EQ(3, rec_int(sess_expect(&self->s, PRINT), 0));
	EXPECT_EQ(7, sess_end(&self->s));
	EXPECT_EQ(3, sess_stat(&self->s, HITS));
	img_free(&img);
}

/* What was due meanwhile is lost, and counted. */
KTAP_TEST(tick_due_at_end)
{
	struct img img;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 4, BUSY(img_int(&img, 500 * MS)), LOADI(0, 0),
			   CALLB(0, EXIT, 1), RET()), 20 * MS);
	sess_run(&self->s, &img);
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(1, sess_stat(&self->s, HITS));
	EXPECT_LE(1, sess_stat(&self->s, TICKS));
	img_free(&img);
}

KTAP_TEST(tick_fails)
{
	struct ktap_rec_error *err;
	struct img img;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 2, LOADI(0, 1), LOADI(1, 0), DIV(0, 0, 1),
			   RET()), MS);
	sess_run(&self->s, &img);
	err = sess_error(&self->s);
	EXPECT_EQ(KTAP_E_DIVIDE, err->code);
	EXPECT_EQ(3, err->frames[0].line);
	EXPECT_EQ(1, sess_end(&self->s));
	EXPECT_EQ(1, sess_stat(&self->s, HITS));
	img_free(&img);
}

/* A tick has the budget of main, and can be stopped wherever it is. */
KTAP_TEST(tick_stops_in_loop)
{
	struct img img;
	int status;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 1, LOADI(0, 1), CALLB(0, PRINT, 1), JMP(-1)),
		  MS);
	self->s.load.probe_budget = 1000;
	self->s.load.proc_budget = 1LL << 50;
	sess_run(&self->s, &img);
	sess_expect(&self->s, PRINT);
	EXPECT_EQ(0, stop_and_drain(_metadata, &self->s, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, sess_stat(&self->s, HITS));
	img_free(&img);
}

/* What only process context may do: sort, print a histogram. */
KTAP_TEST(tick_sorts_and_prints)
{
	struct img img = {};
	struct ktap_rec *rec;
	int i, status;

	img_global(&img, "t");
	img_func(&img, MAIN, 3, NEWTAB(0), LOADI(1, 1), LOADI(2, 30), SETT(0, 1, 2),
		 LOADI(1, 2), LOADI(2, 10), SETT(0, 1, 2), LOADI(1, 3),
		 LOADI(2, 20), SETT(0, 1, 2), SETG(0, 0), RET());
	/* for (k, v in sort_pairs(t)) { print(v) } */
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 6, GETG(0, 0), LOADNIL(1), LOADNIL(2),
			   LOADNIL(3), INSN(SORT, 0, 0, 0), JMP(2),
			   MOVE(4, 3), CALLB(4, PRINT, 1),
			   INSN(NEXTS, 0, 0, 0), JMP(-4), INSN(ENDS, 0, 0, 0), GETG(0, 0), CALLB(0, PRINT_HIST, 1),
			   RET()), MS);
	sess_run(&self->s, &img);
	for (i = 3; i > 0; i--) {
		rec = sess_expect(&self->s, PRINT);
		EXPECT_EQ(i * 10, rec_int(rec, 0));
	}
	sess_expect(&self->s, AGG);
	for (i = 0; i < 3; i++)
		sess_expect(&self->s, ITEM);
	sess_expect(&self->s, AGG_END);
	sess_expect(&self->s, TICK);
	stop_and_drain(_metadata, &self->s, &status);
	img_free(&img);
}

/* It waits for the reader, and nothing is lost. */
KTAP_TEST(tick_waits_for_reader)
{
	struct img img;
	int i;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 6, LOADI(0, 1), LOADI(1, 5000), LOADI(2, 1),
			   FORPREP(0, 2), MOVE(3, 0), CALLB(3, PRINT, 1),
			   FORLOOP(0, 2), CALLB(0, EXIT, 0), RET()), MS);
	self->s.load.ring_size = 16 << 10;
	sess_run(&self->s, &img);
	for (i = 1; i <= 5000; i++)
		ASSERT_EQ(i, rec_int(sess_expect(&self->s, PRINT), 0));
	sess_expect(&self->s, TICK);
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(0, sess_stat(&self->s, RING_FULL));
	img_free(&img);
}

/* Ticks and probes that interrupt them change the same. */
KTAP_TEST(tick_beside_probes)
{
	__s64 in_table, in_global;
	struct ktap_rec *rec;
	struct worker w[3];
	struct img img = {};
	__u32 t, n;
	int i;

	t = img_global(&img, "t");
	n = img_global(&img, "n");
	img_func(&img, MAIN, 1, NEWTAB(0), SETG(0, t), LOADI(0, 0), SETG(0, n),
		 RET());
	img_event(&img, img_func(&img, PROBE, 3, GETG(0, t), LOADI(1, 5), LOADI(2, 1),
				 ADDT(0, 1, 2), UPDG(2, ADD, n), RET()),
		  "syscalls:sys_enter_getppid", NULL);
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 3, GETG(0, t), LOADI(1, 5), LOADI(2, 1),
			   ADDT(0, 1, 2), UPDG(2, ADD, n), RET()), KTAP_TIMER_MIN);
	/* Once that is in the table it must not be lost among other keys. */
	img_timer(&img, KTAP_PROBE_TICK,
		  img_func(&img, TICK, 5, GETG(0, t), VAR(1, NSECS), LOADI(2, 1),
			   SETT(0, 1, 2), LOADNIL(2), SETT(0, 1, 2),
			   LOADI(1, 5), LOADI(2, 1), ADDT(0, 1, 2),
			   UPDG(2, ADD, n), RET()), KTAP_TIMER_MIN * 3);
	img_func(&img, END, 2, GETG(0, t), LOADI(1, 5), GETT(0, 0, 1), GETG(1, n),
		 CALLB(0, PRINT, 2), RET());
	for (i = 0; i < 3; i++)
		worker_start(&w[i], work_getppid, (void *)30000);
	sess_run(&self->s, &img);
	for (i = 0; i < 3; i++)
		worker_run(&w[i]);
	sess_stop(&self->s);
	rec = sess_expect(&self->s, PRINT);
	in_table = rec_int(rec, 0);
	in_global = rec_int(rec, 1);
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(0, sess_stat(&self->s, NESTED));
	EXPECT_LT(90000, in_global);
	/* One tick may have been stopped on its way. */
	EXPECT_LE((__s64)sess_stat(&self->s, HITS) - 1, in_global);
	EXPECT_GE((__s64)sess_stat(&self->s, HITS), in_global);
	EXPECT_EQ(in_global, in_table + (__s64)sess_stat(&self->s, LOCK_BUSY));
	for (i = 0; i < 3; i++)
		worker_end(&w[i]);
	img_free(&img);
}

KTAP_TEST(tick_dry)
{
	struct img img;
	int status;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_TICK, img_print_tick(&img, 1), MS);
	self->s.start.flags = KTAP_START_DRY;
	sess_run(&self->s, &img);
	usleep(50000);
	EXPECT_EQ(0, stop_and_drain(_metadata, &self->s, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, sess_stat(&self->s, HITS));
	img_free(&img);
}

KTAP_TEST(periods_that_are_none)
{
	static const char * const specs[] = {
		"", "x", "0", "-5", "99999", "1000000 ", "1ms", "0x100000",
		"4611686018427387905", "99999999999999999999999",
	};
	static const enum ktap_probe_kind kinds[] = {
		KTAP_PROBE_TICK, KTAP_PROBE_PROFILE,
	};
	unsigned int i;
	struct sess s;
	struct img img;

	for (i = 0; i < 2 * ARRAY_SIZE(specs); i++) {
		enum ktap_probe_kind kind = kinds[i % 2];
		__u32 proto;

		sess_open(&s);
		img_main(&img);
		proto = kind == KTAP_PROBE_TICK ? img_func(&img, TICK, 0, RET()) :
			img_func(&img, PROBE, 0, RET());
		img_event_of(&img, kind, proto, specs[i / 2], NULL, NULL, 0);
		sess_load(&s, &img);
		ASSERT_EQ(-1, __sess_start(&s));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_NE(NULL, strstr(s.log, "nanoseconds")) {
			TH_LOG("'%s': %s", specs[i / 2], s.log);
		}
		EXPECT_EQ(0, s.start.event);
		sess_close(&s);
		img_free(&img);
	}
}

/*
 * Profile
 */

/* It may run on one CPU before the session has said that it runs on all. */
static struct ktap_rec *next_hit(struct __test_metadata *_metadata, struct sess *s)
{
	struct ktap_rec *rec;

	do {
		rec = sess_next(s);
		ASSERT_NE(NULL, rec);
	} while (rec->type == KTAP_REC_RUNNING);
	ASSERT_EQ(KTAP_REC_PRINT, rec->type);
	return rec;
}

static void img_profile(struct img *img, __s64 period)
{
	img_main(img);
	img_timer(img, KTAP_PROBE_PROFILE,
		  img_func(img, PROBE, 2, VAR(0, CPU), VAR(1, PID),
			   CALLB(0, PRINT, 2), RET()), period);
}

KTAP_TEST(profile_on_each_cpu)
{
	long nr = sysconf(_SC_NPROCESSORS_ONLN), seen = 0, i, hits = 0;
	__s64 begin = now_ns(), end, most;
	__u64 cpus[1024] = {};
	struct img img;
	int status;

	img_profile(&img, 5 * MS);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	while (seen < nr) {
		i = rec_int(next_hit(_metadata, &self->s), 0);
		ASSERT_GT(ARRAY_SIZE(cpus), i);
		seen += ++cpus[i] == 20;
		hits++;
	}
	hits += stop_and_drain(_metadata, &self->s, &status);
	end = now_ns();
	most = (end - begin) / (5 * MS) * nr;
	TH_LOG("%ld hits, %llu lost on %ld cpus, at most %lld", hits,
	       (long long)sess_stat(&self->s, TICKS), nr, (long long)most);
	EXPECT_EQ(hits, sess_stat(&self->s, HITS) - sess_stat(&self->s, RING_FULL));
	EXPECT_EQ(0, sess_stat(&self->s, NESTED));
	EXPECT_GE(most, sess_stat(&self->s, HITS) + sess_stat(&self->s, TICKS));
	img_free(&img);
}

static bool pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/*
 * From its first time to its last one it was run or lost once in each period. What was
 * lost may be before and behind.
 */
KTAP_TEST(profile_of_busy_cpu)
{
	__s64 before, begin, first = 0, last = 0, ticks, end;
	struct ktap_rec *rec;
	struct img img;

	if (!pin(0))
		SKIP(return, "no CPU 0");
	img_main(&img);
	img_timer(&img, KTAP_PROBE_PROFILE, img_says(&img, 1), MS);
	self->s.start.flags = KTAP_START_CPU;
	before = now_ns();
	sess_run(&self->s, &img);
	begin = now_ns();
	while (now_ns() - begin < 200 * MS)
		;
	sess_stop(&self->s);
	while ((rec = sess_next(&self->s))) {
		if (rec->type != KTAP_REC_PRINT)
			continue;
		last = rec->ts;
		first = first ?: last;
	}
	end = now_ns();
	ticks = sess_stat(&self->s, HITS) + sess_stat(&self->s, TICKS);
	EXPECT_LT(0, ticks);
	EXPECT_LE((last - first) / MS, ticks);
	EXPECT_GE((end - before) / MS + 2, ticks);
	img_free(&img);
}

KTAP_TEST(profile_on_one_cpu)
{
	struct img img;
	int i, status;

	img_profile(&img, MS);
	self->s.start.flags = KTAP_START_CPU;
	self->s.start.cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	for (i = 0; i < 50; i++)
		EXPECT_EQ(self->s.start.cpu,
			  rec_int(next_hit(_metadata, &self->s), 0));
	stop_and_drain(_metadata, &self->s, &status);
	img_free(&img);
}

static pid_t spin(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			;
	}
	return pid;
}

KTAP_TEST(profile_of_process)
{
	pid_t busy[2] = { spin(), spin() };
	struct img img;
	int i, status;

	img_profile(&img, MS);
	self->s.start.flags = KTAP_START_PID;
	self->s.start.pid = busy[1];
	sess_load(&self->s, &img);
	sess_start(&self->s);
	for (i = 0; i < 50; i++)
		EXPECT_EQ(busy[1], rec_int(next_hit(_metadata, &self->s), 1));
	stop_and_drain(_metadata, &self->s, &status);
	for (i = 0; i < 2; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	img_free(&img);
}

/* Where it was: there is nothing else to read, and of that one thing. */
KTAP_TEST(profile_fields)
{
	struct ktap_rec *rec;
	struct img img;
	pid_t busy = spin();
	int status;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_PROFILE,
		  img_func(&img, PROBE, 4,
			   FIELD(0, img_field_of(&img, KTAP_FIELD_IP, 0)),
			   FIELD(1, img_field_of(&img, KTAP_FIELD_NTH, 0)),
			   FIELD(2, img_field(&img, "ip")),
			   FIELD(3, img_field_of(&img, KTAP_FIELD_NTH, 1)),
			   CALLB(0, PRINT, 4), RET()), MS);
	self->s.start.flags = KTAP_START_PID;
	self->s.start.pid = busy;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	rec = next_hit(_metadata, &self->s);
	EXPECT_NE(0, rec_int(rec, 0));
	EXPECT_EQ(rec_int(rec, 0), rec_int(rec, 1));
	EXPECT_EQ(rec_int(rec, 0), rec_int(rec, 2));
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 3)->type);
	stop_and_drain(_metadata, &self->s, &status);
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	img_free(&img);
}

KTAP_TEST(profile_lacks_field)
{
	struct img img;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_PROFILE,
		  img_func(&img, PROBE, 1, FIELD(0, img_field(&img, "addr")), RET()),
		  MS);
	sess_load(&self->s, &img);
	ASSERT_EQ(-1, __sess_start(&self->s));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("event profile-1000000ns has no field 'addr'\n", self->s.log);
	img_free(&img);
}

/* Many sessions with timers come and go. */
KTAP_TEST(timers_come_and_go)
{
	struct sess s[8];
	struct img img;
	int i, j;

	img_main(&img);
	img_timer(&img, KTAP_PROBE_PROFILE, img_func(&img, PROBE, 0, RET()), MS);
	img_timer(&img, KTAP_PROBE_TICK, img_func(&img, TICK, 0, RET()), MS);
	for (i = 0; i < 10; i++) {
		for (j = 0; j < 8; j++) {
			sess_open(&s[j]);
			sess_load(&s[j], &img);
			sess_start(&s[j]);
			if (j % 3)
				sess_expect(&s[j], RUNNING);
		}
		for (j = 0; j < 8; j++)
			sess_close(&s[j]);
	}
	img_free(&img);
}

TEST_HARNESS_MAIN
