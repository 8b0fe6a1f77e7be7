// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the life of sessions: who keeps them alive, how they end, and
 * that nothing is left when they have ended, whatever they were doing
 */
#include "ksess.h"

#define EVENT	"syscalls:sys_enter_getppid"
#define EVENT_DIR	"syscalls/sys_enter_getppid"
/* One that is enabled in soft mode, which shows. */
#define SOFT		"task:task_rename"
#define SOFT_DIR	"task/task_rename"

/* Main, probe and trace_end that do nothing, and the events. */
static void img_idle(struct img *img)
{
	__u32 probe;

	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	probe = img_func(img, PROBE, 0, RET());
	img_event(img, probe, EVENT, NULL);
	img_event(img, probe, "sched:sched_switch", "next_pid == 1");
	img_event(img, probe, SOFT, NULL);
}

/* Main prints without end; what is read is never enough. */
static void img_chatty_main(struct img *img)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 1, LOADI(0, 1), CALLB(0, PRINT, 1), JMP(-3));
}

static void event_is_enabled(struct __test_metadata *_metadata)
{
	char buf[16];

	tfs_read("events/" SOFT_DIR "/enable", buf);
	ASSERT_STREQ("0*\n", buf);
}

static void event_is_idle(struct __test_metadata *_metadata)
{
	tfs_event_idle(EVENT_DIR);
	tfs_event_idle("sched/sched_switch");
	tfs_event_idle(SOFT_DIR);
	tfs_wait_idle();
}

/*
 * Closing in each state
 */

KTAP_TEST(close_new)
{
	sess_close(&self->s);
	event_is_idle(_metadata);
}

KTAP_TEST(close_loaded)
{
	struct img img;

	img_idle(&img);
	sess_load(&self->s, &img);
	sess_close(&self->s);
	event_is_idle(_metadata);
}

KTAP_TEST(close_started)
{
	struct img img;

	img_idle(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	sess_close(&self->s);
	event_is_idle(_metadata);
}

KTAP_TEST(close_running)
{
	struct img img;

	img_idle(&img);
	sess_run(&self->s, &img);
	event_is_enabled(_metadata);
	sess_close(&self->s);
	event_is_idle(_metadata);
}

KTAP_TEST(close_stopped)
{
	struct img img;

	img_idle(&img);
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	sess_close(&self->s);
	event_is_idle(_metadata);
}

KTAP_TEST(close_ended)
{
	struct img img;

	img_idle(&img);
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	sess_close(&self->s);
	event_is_idle(_metadata);
}

/* At the end all is detached, though the session is still there to be asked. */
KTAP_TEST(end_detaches)
{
	struct img img;

	img_idle(&img);
	sess_run(&self->s, &img);
	ASSERT_EQ(3, self->s.start.nr_attached);
	event_is_enabled(_metadata);
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	event_is_idle(_metadata);
	sess_stat(&self->s, HITS);
}

KTAP_TEST(close_while_main_waits_for_room)
{
	struct pollfd pfd = { .fd = self->s.fd, .events = POLLIN };
	struct img img;

	img_chatty_main(&img);
	self->s.load.ring_size = 16 << 10;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	sess_close(&self->s);
	event_is_idle(_metadata);
}

/*
 * Who keeps a session alive
 */

/* A session lives as long as any process has the file. */
KTAP_TEST(fork_keeps)
{
	int go[2], status;
	struct img img;
	pid_t pid;
	char c;

	img_idle(&img);
	sess_run(&self->s, &img);
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		/* Who has it can use it as well. */
		_exit(read(go[0], &c, 1) || __sess_stop(&self->s, 0));
	}
	close(self->s.fd);
	self->s.fd = -1;
	event_is_enabled(_metadata);
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	event_is_idle(_metadata);
}

KTAP_TEST(dup_keeps)
{
	struct img img;
	int fd;

	img_idle(&img);
	sess_run(&self->s, &img);
	fd = dup(self->s.fd);
	ASSERT_LE(0, fd);
	close(self->s.fd);
	self->s.fd = fd;
	event_is_enabled(_metadata);
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
}

/* Run "cat" with the session inherited or not, and look at the event meanwhile. */
static void exec_with_session(struct __test_metadata *_metadata, struct sess *s,
			      bool cloexec)
{
	int in[2], out[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(in, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(out, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		fcntl(s->fd, F_SETFD, cloexec ? FD_CLOEXEC : 0);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp("cat", "cat", NULL);
		_exit(1);
	}
	close(s->fd);
	s->fd = -1;
	/* When it answers it has been executed. */
	ASSERT_EQ(1, write(in[1], "x", 1));
	ASSERT_EQ(1, read(out[0], &c, 1));
	if (cloexec)
		event_is_idle(_metadata);
	else
		event_is_enabled(_metadata);
	close(in[0]);
	close(in[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	event_is_idle(_metadata);
}

KTAP_TEST(exec_keeps)
{
	struct img img;

	img_idle(&img);
	sess_run(&self->s, &img);
	exec_with_session(_metadata, &self->s, false);
}

KTAP_TEST(exec_closes)
{
	struct img img;

	img_idle(&img);
	sess_run(&self->s, &img);
	exec_with_session(_metadata, &self->s, true);
}

/* The program that is loaded is not the memory that it was loaded from. */
KTAP_TEST(image_is_copied)
{
	struct counter c;

	counter_init(&c, NULL, NULL);
	sess_load(&self->s, &c.img);
	memset(c.img.data, 0xff, c.img.size);
	sess_start(&self->s);
	sess_expect(&self->s, RUNNING);
	sess_stop(&self->s);
	ASSERT_EQ(0, rec_int(sess_expect(&self->s, PRINT), 0));
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&c.img);
}

/*
 * kill -9
 */

/* What a child does until it is killed. */
enum life {
	LIFE_IDLE,		/* events that are hit now and then */
	LIFE_MAIN_LOOPS,	/* main uses up its budget */
	LIFE_MAIN_WAITS,	/* main waits for a reader that there is not */
	LIFE_PROBES_PRINT,	/* the buffer is full of what handlers print */
	LIFE_END_LOOPS,		/* trace_end uses up its budget */
	LIFE_END_WAITS,		/* trace_end waits for the reader */
	LIFE_NR
};

static void img_life(struct img *img, enum life life)
{
	__u32 probe;

	if (life == LIFE_IDLE) {
		img_idle(img);
		return;
	}
	memset(img, 0, sizeof(*img));
	if (life == LIFE_MAIN_LOOPS)
		img_func(img, MAIN, 0, JMP(-1));
	else if (life == LIFE_MAIN_WAITS)
		img_func(img, MAIN, 1, LOADI(0, 1), CALLB(0, PRINT, 1), JMP(-3));
	else
		img_func(img, MAIN, 0, RET());
	probe = img_func(img, PROBE, 2, VAR(0, NSECS), VAR(1, ARGSTR),
			 CALLB(0, PRINT, 2), RET());
	if (life == LIFE_END_LOOPS)
		img_func(img, END, 0, JMP(-1));
	else if (life == LIFE_END_WAITS)
		img_func(img, END, 1, LOADI(0, 1), CALLB(0, PRINT, 1), JMP(-3));
	img_event(img, probe, EVENT, NULL);
	img_event(img, probe, "sched:sched_switch", NULL);
}

#define LIFE_STEPS	7

/* Go through a life and say after each step that it was made. */
static void live(enum life life, int tell)
{
	struct pollfd pfd;
	struct sess s = {};
	struct img img;
	int i, step;

	img_life(&img, life);
	img_finish(&img);
	for (step = 0; step < LIFE_STEPS; step++) {
		switch (step) {
		case 0:
			if (__sess_open(&s))
				_exit(1);
			s.buf = malloc(SESS_BUF);
			s.load.ring_size = 16 << 10;
			s.load.heap_size = 64 << 10;
			s.load.proc_budget = 1ULL << 40;
			break;
		case 1:
			if (__sess_load(&s, img.data, img.size))
				_exit(1);
			break;
		case 2:
			if (__sess_start(&s))
				_exit(1);
			break;
		case 3:
			/* Main that loops never gets further. */
			pfd = (struct pollfd){ .fd = s.fd, .events = POLLIN };
			poll(&pfd, 1, life == LIFE_MAIN_LOOPS ? 10 : -1);
			break;
		case 4:
			for (i = 0; i < 2000; i++)
				syscall(SYS_getppid);
			break;
		case 5:
			__sess_stop(&s, 0);
			break;
		case 6:
			if (life != LIFE_MAIN_LOOPS && life != LIFE_END_LOOPS)
				__sess_next(&s);
			break;
		}
		if (write(tell, "", 1) != 1)
			_exit(1);
	}
	for (;;)
		pause();
}

/* Kill a child after @steps steps; with @more as soon as possible after them. */
static void kill_after(struct __test_metadata *_metadata, enum life life,
		       int steps, unsigned int more)
{
	int tell[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(tell, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(tell[0]);
		live(life, tell[1]);
	}
	close(tell[1]);
	while (steps--) {
		ASSERT_EQ(1, read(tell[0], &c, 1)) {
			TH_LOG("life %d ended at %d before it had to", life, steps);
		}
	}
	if (more)
		usleep(more);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	close(tell[0]);
}

/* After each step of each life. What is left is looked at each time. */
KTAP_TEST(kill_after_each_step)
{
	int life, steps;

	sess_close(&self->s);
	for (life = 0; life < LIFE_NR; life++) {
		for (steps = 0; steps <= LIFE_STEPS; steps++) {
			kill_after(_metadata, life, steps, 0);
			event_is_idle(_metadata);
		}
	}
}

/* At moments that come as they come. */
KTAP_TEST(kill_any_time)
{
	int i;

	sess_close(&self->s);
	for (i = 0; i < 60; i++) {
		kill_after(_metadata, i % LIFE_NR, i % (LIFE_STEPS - 1),
			   1 + i * 7919 % 5000);
		event_is_idle(_metadata);
	}
}

/* In the middle of the allocations of LOAD, of which the log is not to tell. */
KTAP_TEST(kill_while_loading)
{
	int log = log_open();
	int i, status;
	struct img img;
	pid_t pid;

	ASSERT_LE(0, log);
	sess_close(&self->s);
	img_idle(&img);
	img_finish(&img);
	for (i = 0; i < 100; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		while (!pid) {
			struct sess s;

			if (__sess_open(&s))
				_exit(1);
			s.load.ring_size = 1 << 20;
			if (__sess_load(&s, img.data, img.size))
				_exit(1);
			close(s.fd);
		}
		usleep(1000 + i * 7919 % 10000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	log_is_silent(log);
	img_free(&img);
}

/*
 * Memory
 */

/* Areas of virtual memory that ktap asked for. */
static int count_areas(void)
{
	FILE *file = fopen("/proc/vmallocinfo", "re");
	char line[512];
	int areas = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (strstr(line, " ktap_") || strstr(line, " ioc_load"))
			areas++;
	}
	if (file)
		fclose(file);
	return areas;
}

/* A line of /proc/meminfo in kilobytes. */
static long mem_kbytes(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	size_t len = strlen(name);
	char line[128];
	long kbytes = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, len) && line[len] == ':')
			kbytes = atol(line + len + 1);
	}
	if (file)
		fclose(file);
	return kbytes;
}

static void whole_life(struct __test_metadata *_metadata, struct img *img,
		       int round)
{
	struct sess s;

	sess_open(&s);
	if (round % 4 > 0)
		sess_load(&s, img);
	if (round % 4 > 1)
		sess_start(&s);
	if (round % 4 > 2) {
		/* What is printed may come before RUNNING. */
		while (sess_next(&s)->type != KTAP_REC_RUNNING)
			;
		work_getppid((void *)10);
		sess_stop(&s);
		while (sess_next(&s))
			;
	}
	sess_close(&s);
}

KTAP_TEST(memory_comes_back)
{
	long available, percpu;
	struct img img;
	int i;

	sess_close(&self->s);
	img_life(&img, LIFE_PROBES_PRINT);
	/* What is allocated once and kept is no leak. */
	for (i = 0; i < 8; i++)
		whole_life(_metadata, &img, i);
	ASSERT_EQ(0, count_areas());
	available = mem_kbytes("MemAvailable");
	percpu = mem_kbytes("Percpu");
	for (i = 0; i < 200; i++)
		whole_life(_metadata, &img, i);
	ASSERT_EQ(0, count_areas());
	/* Each of them had more than four megabytes. */
	EXPECT_LT(available - mem_kbytes("MemAvailable"), 64 << 10);
	EXPECT_LE(mem_kbytes("Percpu"), percpu + 1024);
	img_free(&img);
}

/* This is so that count_areas() is known to see anything. */
KTAP_TEST(memory_is_seen)
{
	struct img img;

	img_idle(&img);
	sess_load(&self->s, &img);
	ASSERT_LT(0, count_areas());
	img_free(&img);
}

/*
 * Several sessions
 */

KTAP_TEST(sessions_at_the_same_event)
{
	struct sess s[8];
	struct counter c;
	char filter[64];
	int i;

	snprintf(filter, sizeof(filter), "common_pid == %d", getpid());
	counter_init(&c, EVENT, filter);
	img_event(&c.img, c.probe, SOFT, "common_pid == -1");
	for (i = 0; i < 8; i++) {
		sess_open(&s[i]);
		sess_run(&s[i], &c.img);
	}
	/* Each sees what comes until it ends, whatever the order. */
	for (i = 0; i < 8; i++) {
		int which = i * 3 % 8;

		work_getppid((void *)100);
		sess_stop(&s[which]);
		ASSERT_EQ(100 * (i + 1),
			  rec_int(sess_expect(&s[which], PRINT), 0));
		ASSERT_EQ(0, sess_end(&s[which]));
		if (i < 7)
			event_is_enabled(_metadata);
		sess_close(&s[which]);
	}
	event_is_idle(_metadata);
	img_free(&c.img);
}

/* One event twice in a program calls both handlers. */
KTAP_TEST(event_twice_in_a_session)
{
	struct counter c;
	char filter[64];

	snprintf(filter, sizeof(filter), "common_pid == %d", getpid());
	counter_init(&c, EVENT, filter);
	img_event(&c.img, c.probe, "syscalls:sys_enter_getpp*", filter);
	sess_run(&self->s, &c.img);
	ASSERT_EQ(2, self->s.start.nr_attached);
	work_getppid((void *)50);
	sess_stop(&self->s);
	ASSERT_EQ(100, rec_int(sess_expect(&self->s, PRINT), 0));
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&c.img);
}

/* Many sessions begin and end at the same time. */
KTAP_TEST(sessions_come_and_go)
{
	pid_t pids[4];
	int i, j, status;

	sess_close(&self->s);
	for (i = 0; i < 4; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (pids[i])
			continue;
		for (j = 0; j < 10; j++) {
			struct img img;

			img_life(&img, LIFE_PROBES_PRINT);
			whole_life(_metadata, &img, 3);
			img_free(&img);
		}
		_exit(0);
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		ASSERT_EQ(0, status);
	}
	event_is_idle(_metadata);
}

/*
 * How sessions end
 */

/* print(n) in main, trace_end and, on each hit, in the handler. */
static void img_numbers(struct img *img)
{
	__u32 probe;

	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 1, LOADI(0, 1), CALLB(0, PRINT, 1), RET());
	probe = img_func(img, PROBE, 1, LOADI(0, 2), CALLB(0, PRINT, 1), RET());
	img_func(img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	img_func(img, END, 1, LOADI(0, 4), CALLB(0, PRINT, 1), RET());
	img_event(img, probe, EVENT, NULL);
}

static int next_number(struct __test_metadata *_metadata, struct sess *s)
{
	return rec_int(sess_expect(s, PRINT), 0);
}

KTAP_TEST(stop_runs_trace_end)
{
	struct img img;

	img_numbers(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, next_number(_metadata, &self->s));
	sess_expect(&self->s, RUNNING);
	work_getppid((void *)1);
	ASSERT_EQ(2, next_number(_metadata, &self->s));
	sess_stop(&self->s);
	ASSERT_EQ(3, next_number(_metadata, &self->s));
	ASSERT_EQ(4, next_number(_metadata, &self->s));
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

KTAP_TEST(stop_now_leaves_trace_end_out)
{
	struct img img;

	img_numbers(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, next_number(_metadata, &self->s));
	sess_expect(&self->s, RUNNING);
	sess_stop_now(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

/* A handler does not run after STOP has returned. */
KTAP_TEST(stop_stops_handlers)
{
	struct img img;

	img_numbers(&img);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, next_number(_metadata, &self->s));
	sess_expect(&self->s, RUNNING);
	sess_stop(&self->s);
	work_getppid((void *)100);
	ASSERT_EQ(3, next_number(_metadata, &self->s));
	ASSERT_EQ(0, sess_stat(&self->s, HITS));
	img_free(&img);
}

/* Main that loops is ended by STOP; trace_end still runs. */
KTAP_TEST(stop_ends_main)
{
	struct img img = {};

	img_func(&img, MAIN, 0, JMP(-1));
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	self->s.load.proc_budget = 1ULL << 40;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	sess_stop(&self->s);
	ASSERT_EQ(3, next_number(_metadata, &self->s));
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

KTAP_TEST(stop_now_ends_main)
{
	struct img img = {};

	img_func(&img, MAIN, 0, JMP(-1));
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	self->s.load.proc_budget = 1ULL << 40;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	sess_stop_now(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

KTAP_TEST(stop_now_ends_trace_end)
{
	struct img img = {};

	img_func(&img, MAIN, 0, RET());
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), JMP(-1));
	self->s.load.proc_budget = 1ULL << 40;
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	ASSERT_EQ(3, next_number(_metadata, &self->s));
	sess_stop_now(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

/* Main that waits for room goes on when there is some, and loses nothing. */
KTAP_TEST(main_waits_for_room)
{
	struct img img = {};
	int i;

	/* for (r0 = 0; r0 < 5000; r0++) print(r0) */
	img_func(&img, MAIN, 4, LOADI(0, 0), LOADI(1, 5000), LOADI(2, 1),
		 LT(0, 0, 1), JMP(4),
		 MOVE(3, 0), CALLB(3, PRINT, 1), ADD(0, 0, 2), JMP(-6), RET());
	self->s.load.ring_size = 16 << 10;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	for (i = 0; i < 5000; i++)
		ASSERT_EQ(i, next_number(_metadata, &self->s));
	sess_expect(&self->s, RUNNING);
	ASSERT_EQ(0, sess_stat(&self->s, RING_FULL));
	ASSERT_EQ(5000, sess_stat(&self->s, RECORDS));
	img_free(&img);
}

KTAP_TEST(stop_now_while_main_waits)
{
	struct pollfd pfd = { .fd = self->s.fd, .events = POLLIN };
	struct ktap_rec *rec;
	struct img img;

	img_chatty_main(&img);
	self->s.load.ring_size = 16 << 10;
	self->s.load.proc_budget = 1ULL << 40;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	sess_stop_now(&self->s);
	while ((rec = sess_next(&self->s)) && rec->type == KTAP_REC_PRINT)
		;
	ASSERT_NE(NULL, rec);
	ASSERT_EQ(KTAP_REC_END, rec->type);
	ASSERT_EQ(NULL, sess_next(&self->s));
	img_free(&img);
}

KTAP_TEST(exit_in_main)
{
	struct img img = {};
	__u32 probe;

	img_func(&img, MAIN, 1, LOADI(0, 42), CALLB(0, EXIT, 1), RET());
	probe = img_func(&img, PROBE, 0, RET());
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	img_event(&img, probe, EVENT, NULL);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	/* Nothing was ever enabled, so there is no RUNNING. */
	ASSERT_EQ(3, next_number(_metadata, &self->s));
	ASSERT_EQ(42, sess_end(&self->s));
	img_free(&img);
}

KTAP_TEST(exit_in_handler)
{
	struct img img = {};
	__u32 probe;

	img_func(&img, MAIN, 0, RET());
	probe = img_func(&img, PROBE, 1, LOADI(0, 7), CALLB(0, EXIT, 1), RET());
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	img_event(&img, probe, EVENT, NULL);
	sess_run(&self->s, &img);
	work_getppid((void *)10);
	ASSERT_EQ(3, next_number(_metadata, &self->s));
	ASSERT_EQ(7, sess_end(&self->s));
	ASSERT_EQ(1, sess_stat(&self->s, HITS));
	img_free(&img);
}

/* exit() in trace_end ends it, and the ones that would come after. */
KTAP_TEST(exit_in_trace_end)
{
	struct img img = {};

	img_func(&img, MAIN, 0, RET());
	img_func(&img, END, 1, LOADI(0, -1), CALLB(0, EXIT, 1), RET());
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	ASSERT_EQ(-1, sess_end(&self->s));
	img_free(&img);
}

KTAP_TEST(exit_without_status)
{
	struct img img = {};

	img_func(&img, MAIN, 1, CALLB(0, EXIT, 0), RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

/*
 * Run-time errors
 */

/* An error, at the line of instruction @insn of its function, and the end. */
static void expect_error(struct __test_metadata *_metadata, struct sess *s,
			 enum ktap_error code, __u32 insn, const char *text)
{
	struct ktap_rec_error *err = sess_error(s);

	EXPECT_EQ(code, err->code);
	EXPECT_EQ(1, err->nr_frames);
	EXPECT_EQ(insn + 1, err->frames[0].line);
	EXPECT_EQ(1, err->col);
	EXPECT_EQ(strlen(text), err->len);
	EXPECT_EQ(0, strncmp(text, err->text, err->len)) {
		TH_LOG("%.*s", err->len, err->text);
	}
	ASSERT_EQ(1, sess_end(s));
}

KTAP_TEST(error_in_main)
{
	struct img img = {};

	img_func(&img, MAIN, 2, LOADI(0, 1), LOADI(1, 0), DIV(0, 0, 1), RET());
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	expect_error(_metadata, &self->s, KTAP_E_DIVIDE, 2, "divide 0");
	img_free(&img);
}

KTAP_TEST(error_in_handler)
{
	struct img img = {};
	__u32 probe;

	img_func(&img, MAIN, 0, RET());
	probe = img_func(&img, PROBE, 2, VAR(0, EXECNAME), FIELD(1, 0),
			 GETT(0, 1, 0), RET());
	img_func(&img, END, 1, LOADI(0, 3), CALLB(0, PRINT, 1), RET());
	img_field(&img, "common_pid");
	img_event(&img, probe, EVENT, NULL);
	/* The verifier knows that no field is a table, but not whether it comes so far. */
	img_finish(&img);
	ASSERT_EQ(0, __sess_load(&self->s, img.data, img.size));
	EXPECT_NE(NULL, strstr(self->s.log, ": the run ends here\n"));
	sess_close(&self->s);
	sess_open(&self->s);
	img_free(&img);

	memset(&img, 0, sizeof(img));
	img_func(&img, MAIN, 0, RET());
	probe = img_func(&img, PROBE, 2, FIELD(0, 0), LOADK(1, 0), LT(0, 0, 1),
			 JMP(0), RET());
	img_field(&img, "common_pid");
	img_text(&img, "text");
	img_event(&img, probe, EVENT, NULL);
	sess_run(&self->s, &img);
	work_getppid((void *)1);
	expect_error(_metadata, &self->s, KTAP_E_COMPARE, 2,
		     "cannot compare integer with string");
	event_is_idle(_metadata);
	img_free(&img);
}

KTAP_TEST(error_in_trace_end)
{
	struct img img = {};

	img_func(&img, MAIN, 1, LOADK(0, 0), SETG(0, 0), RET());
	img_func(&img, END, 2, GETG(0, 0), LOADI(1, 1), ADD(0, 0, 1), RET());
	img_global(&img, "g");
	img_text(&img, "text");
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	expect_error(_metadata, &self->s, KTAP_E_ARITH, 2,
		     "cannot do arithmetic on a string value");
	img_free(&img);
}

/* The first of several errors is told. */
KTAP_TEST(error_once)
{
	struct img img = {};
	__u32 probe;

	img_func(&img, MAIN, 0, RET());
	probe = img_func(&img, PROBE, 2, LOADI(0, 1), LOADI(1, 0), DIV(0, 0, 1),
			 RET());
	img_event(&img, probe, EVENT, NULL);
	img_event(&img, probe, EVENT, NULL);
	img_event(&img, probe, "sched:*", NULL);
	sess_run(&self->s, &img);
	work_getppid((void *)100);
	expect_error(_metadata, &self->s, KTAP_E_DIVIDE, 2, "divide 0");
	img_free(&img);
}

/*
 * Budgets
 */

#define BUDGET_TEXT	"loop execute count exceed max limit"

KTAP_TEST(budget_of_main)
{
	struct img img = {};

	img_func(&img, MAIN, 1, LOADI(0, 1), JMP(-1));
	img_func(&img, END, 0, RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	expect_error(_metadata, &self->s, KTAP_E_BUDGET, 1, BUDGET_TEXT);
	img_free(&img);
}

KTAP_TEST(budget_of_first_instruction)
{
	struct img img = {};

	img_func(&img, MAIN, 1, JMP(-1));
	img_func(&img, END, 1, LOADI(0, 1), RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	expect_error(_metadata, &self->s, KTAP_E_BUDGET, 0, BUDGET_TEXT);
	img_free(&img);
}

KTAP_TEST(budget_of_handler)
{
	struct img img = {};
	__u32 probe;

	img_func(&img, MAIN, 1, LOADI(0, 1), LOADI(0, 1), RET());
	probe = img_func(&img, PROBE, 0, JMP(-1));
	img_event(&img, probe, EVENT, NULL);
	sess_run(&self->s, &img);
	work_getppid((void *)1);
	expect_error(_metadata, &self->s, KTAP_E_BUDGET, 0, BUDGET_TEXT);
	img_free(&img);
}

KTAP_TEST(budget_of_trace_end)
{
	struct img img = {};

	img_func(&img, MAIN, 1, LOADI(0, 1), LOADI(0, 1), RET());
	img_func(&img, END, 1, LOADI(0, 1), LOADI(0, 1), JMP(-1));
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	expect_error(_metadata, &self->s, KTAP_E_BUDGET, 2, BUDGET_TEXT);
	img_free(&img);
}

/* for (r0 = 0; r0 < n; r0++): just enough or not. */
static void img_loop(struct img *img, int n)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 3, LOADI(0, 0), LOADI(1, n), LOADI(2, 1),
		 LT(0, 0, 1), JMP(2), ADD(0, 0, 2), JMP(-4), RET());
}

KTAP_TEST(budget_as_asked)
{
	struct img img;

	img_loop(&img, 1000);
	self->s.load.proc_budget = 10000;
	sess_run(&self->s, &img);
	sess_close(&self->s);

	sess_open(&self->s);
	self->s.load.proc_budget = 1000;
	sess_load(&self->s, &img);
	sess_start(&self->s);
	expect_error(_metadata, &self->s, KTAP_E_BUDGET, 6, BUDGET_TEXT);
	img_free(&img);
}

/* What goes through a table uses its budget, wherever the cursor was put. */
static void budget_of_cursor(struct __test_metadata *_metadata, struct sess *s,
			     __s64 cursor)
{
	struct img img = {};

	/* for (;;) { cursor = K; next } */
	img_func(&img, MAIN, 5, NEWTAB(0), ITER(0), LOADK(1, 0), NEXT(0), JMP(-3),
		 JMP(-4));
	img_int(&img, cursor);
	s->load.proc_budget = 100000;
	sess_load(s, &img);
	sess_start(s);
	sess_error(s);
	ASSERT_EQ(1, sess_end(s));
	img_free(&img);
}

KTAP_TEST(budget_cursor_at_start)
{
	budget_of_cursor(_metadata, &self->s, 0);
}

KTAP_TEST(budget_cursor_past_end)
{
	budget_of_cursor(_metadata, &self->s, 0x7fffffff);
}

KTAP_TEST(budget_cursor_far_past_end)
{
	budget_of_cursor(_metadata, &self->s, INT64_MAX);
}

KTAP_TEST(budget_cursor_before_start)
{
	budget_of_cursor(_metadata, &self->s, INT64_MIN);
}

TEST_HARNESS_MAIN
