// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of targets: whose events are counted, and whose are not
 *
 * What is counted is a system call that only the tests make, as often as each
 * process was told to, beside others that do the same. A hist trigger counts all of
 * them in the same run.
 */
#include <pthread.h>

#include "ksess.h"

#define EVENT		"syscalls:sys_enter_getppid"
#define EVENT_DIR	"syscalls/sys_enter_getppid"

/* An own program, without the C library of another in between. */
#define EXEC_ENV	"KTAP_TARGET_TEST_EXEC"
#define EXEC_CALLS	70

__attribute__((constructor)) static void exec_begin(void)
{
	if (!getenv(EXEC_ENV))
		return;
	work_getppid((void *)EXEC_CALLS);
	_exit(0);
}

static void exec_self(void)
{
	setenv(EXEC_ENV, "1", 1);
	execl("/proc/self/exe", "self", NULL);
	_exit(1);
}

static void hist_begin(struct __test_metadata *_metadata)
{
	tfs_write("events/" EVENT_DIR "/trigger", "hist:keys=common_pid:size=8192");
}

static void hist_remove(struct __test_metadata *_metadata)
{
	tfs_write("events/" EVENT_DIR "/trigger", "!hist:keys=common_pid:size=8192");
}

/* All hits, whoever had them. */
static long hist_end(struct __test_metadata *_metadata)
{
	static char buf[1 << 20];
	char *hits;

	tfs_read("events/" EVENT_DIR "/hist", buf);
	hits = strstr(buf, "Hits: ");
	ASSERT_NE(NULL, hits);
	hist_remove(_metadata);
	return atol(hits + 6);
}

static void target_run(struct __test_metadata *_metadata, struct sess *s,
		       struct counter *c, __u32 flags, pid_t pid)
{
	counter_init(c, EVENT, NULL);
	s->start.flags = flags;
	s->start.pid = pid;
	sess_run(s, &c->img);
}

static __s64 target_end(struct __test_metadata *_metadata, struct sess *s,
			struct counter *c)
{
	__s64 n;

	sess_stop(s);
	n = rec_int(sess_expect(s, PRINT), 0);
	ASSERT_EQ(0, sess_end(s));
	EXPECT_EQ(n, sess_stat(s, HITS));
	EXPECT_EQ(0, sess_stat(s, NESTED));
	img_free(&c->img);
	return n;
}

/*
 * Processes
 */

static void *thread_getppid(void *arg)
{
	work_getppid(arg);
	return NULL;
}

#define THREADS		4

static void work_threads(void *arg)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread_getppid, arg);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

KTAP_TEST(pid_is_all_threads_and_nobody_else)
{
	struct worker w, other;
	struct counter c;

	worker_start(&w, work_threads, (void *)500);
	worker_start(&other, work_threads, (void *)300);
	hist_begin(_metadata);
	target_run(_metadata, &self->s, &c, KTAP_START_PID, w.pid);
	worker_run(&w);
	worker_run(&other);
	worker_run(&w);
	EXPECT_EQ(2 * THREADS * 500, target_end(_metadata, &self->s, &c));
	EXPECT_EQ(2 * THREADS * 500 + THREADS * 300, hist_end(_metadata));
	worker_end(&w);
	worker_end(&other);
}

/* Threads that were there before. */
struct crowd {
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	bool there;
};

static struct crowd crowd;

static void *crowd_thread(void *arg)
{
	pthread_barrier_wait(&crowd.barrier);
	pthread_barrier_wait(&crowd.barrier);
	work_getppid(arg);
	return NULL;
}

static void work_crowd(void *arg)
{
	int i;

	if (!crowd.there) {
		crowd.there = true;
		pthread_barrier_init(&crowd.barrier, NULL, THREADS + 1);
		for (i = 0; i < THREADS; i++)
			pthread_create(&crowd.threads[i], NULL, crowd_thread, arg);
		pthread_barrier_wait(&crowd.barrier);
		return;
	}
	pthread_barrier_wait(&crowd.barrier);
	for (i = 0; i < THREADS; i++)
		pthread_join(crowd.threads[i], NULL);
}

KTAP_TEST(pid_is_threads_that_were_there)
{
	struct counter c;
	struct worker w;

	worker_start(&w, work_crowd, (void *)100);
	worker_run(&w);
	target_run(_metadata, &self->s, &c, KTAP_START_PID | KTAP_START_CHILDREN,
		   w.pid);
	worker_run(&w);
	EXPECT_EQ(THREADS * 100, target_end(_metadata, &self->s, &c));
	worker_end(&w);
}

#define CHILDREN	20

/* Children, each with a child of its own that outlives it, and one that execs. */
static void work_family(void *arg)
{
	int end[2], i;
	char ch;

	work_getppid(arg);
	if (pipe(end))
		return;
	for (i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid) {
			work_getppid(arg);
			if (fork())
				_exit(0);
			close(end[0]);
			usleep(1000);
			work_threads(arg);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	if (!vfork())
		exec_self();
	close(end[1]);
	/* Until nobody has the other end any more. */
	while (read(end[0], &ch, 1) > 0)
		;
	close(end[0]);
	while (wait(NULL) > 0)
		;
}

#define FAMILY(calls)	((calls) + CHILDREN * ((calls) + THREADS * (calls)) + EXEC_CALLS)

KTAP_TEST(children_and_theirs)
{
	struct worker w, other;
	struct counter c;

	worker_start(&w, work_family, (void *)10);
	worker_start(&other, work_family, (void *)7);
	hist_begin(_metadata);
	target_run(_metadata, &self->s, &c, KTAP_START_PID | KTAP_START_CHILDREN,
		   w.pid);
	worker_run(&w);
	worker_run(&other);
	EXPECT_EQ(FAMILY(10), target_end(_metadata, &self->s, &c));
	EXPECT_EQ(FAMILY(10) + FAMILY(7), hist_end(_metadata));
	worker_end(&w);
	worker_end(&other);
}

KTAP_TEST(children_are_not_asked_for)
{
	struct counter c;
	struct worker w;

	worker_start(&w, work_family, (void *)10);
	target_run(_metadata, &self->s, &c, KTAP_START_PID, w.pid);
	worker_run(&w);
	EXPECT_EQ(10, target_end(_metadata, &self->s, &c));
	worker_end(&w);
}

/* A child, made by a thread, that waits until it is let go twice: see work_crowd(). */
static struct {
	pid_t pid;
	int go[2];
} grandchild;

static void *thread_fork(void *arg)
{
	char ch;

	if (pipe(grandchild.go))
		return NULL;
	grandchild.pid = fork();
	if (!grandchild.pid) {
		if (read(grandchild.go[0], &ch, 1) == 1)
			work_getppid(arg);
		_exit(0);
	}
	return NULL;
}

static void work_grandchild(void *arg)
{
	pthread_t thread;

	if (grandchild.pid) {
		if (write(grandchild.go[1], "", 1) == 1)
			waitpid(grandchild.pid, NULL, 0);
		return;
	}
	pthread_create(&thread, NULL, thread_fork, arg);
	pthread_join(thread, NULL);
}

/* Those who were there before tracing began are meant, too, and theirs; others are not. */
KTAP_TEST(children_of_before)
{
	struct worker w, parent, other;
	struct counter c;

	worker_start(&other, work_grandchild, (void *)7);
	worker_run(&other);
	worker_start(&w, work_getppid, (void *)50);
	worker_start(&parent, work_grandchild, (void *)20);
	worker_run(&parent);
	target_run(_metadata, &self->s, &c, KTAP_START_PID | KTAP_START_CHILDREN,
		   getpid());
	worker_run(&w);
	worker_run(&parent);
	work_getppid((void *)3);
	EXPECT_EQ(73, target_end(_metadata, &self->s, &c));
	worker_end(&parent);

	sess_close(&self->s);
	sess_open(&self->s);
	worker_start(&parent, work_grandchild, (void *)20);
	worker_run(&parent);
	target_run(_metadata, &self->s, &c, KTAP_START_PID | KTAP_START_CHILDREN,
		   parent.pid);
	worker_run(&w);
	worker_run(&parent);
	worker_run(&other);
	EXPECT_EQ(20, target_end(_metadata, &self->s, &c));
	worker_end(&w);
	worker_end(&parent);
	worker_end(&other);
}

#define FORKS		200

static void work_forks(void *arg)
{
	int i;

	for (i = 0; i < FORKS; i++) {
		pid_t pid = fork();

		if (!pid) {
			work_getppid(arg);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* Processes come and go everywhere at once. */
KTAP_TEST(children_among_many)
{
	struct worker w[4];
	struct counter c;
	char ch;
	int i;

	for (i = 0; i < 4; i++)
		worker_start(&w[i], work_forks, (void *)3);
	hist_begin(_metadata);
	target_run(_metadata, &self->s, &c, KTAP_START_PID | KTAP_START_CHILDREN,
		   w[2].pid);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(1, write(w[i].go, "", 1));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(1, read(w[i].done, &ch, 1));
	EXPECT_EQ(FORKS * 3, target_end(_metadata, &self->s, &c));
	EXPECT_EQ(4 * FORKS * 3, hist_end(_metadata));
	for (i = 0; i < 4; i++)
		worker_end(&w[i]);
}

/* A process that was told to ends in another program. */
static void work_exec(void *arg)
{
	work_getppid(arg);
	exec_self();
}

/* And here the thread that executes it is not the first one. */
static void *thread_exec(void *arg)
{
	work_exec(arg);
	return NULL;
}

static void work_thread_exec(void *arg)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_exec, arg);
	pthread_join(thread, NULL);
}

static void worker_let_exec(struct __test_metadata *_metadata, struct worker *w)
{
	siginfo_t info;

	ASSERT_EQ(1, write(w->go, "", 1));
	/* It stays what it is, for worker_end(). */
	ASSERT_EQ(0, waitid(P_PID, w->pid, &info, WEXITED | WNOWAIT));
	ASSERT_EQ(CLD_EXITED, info.si_code);
	ASSERT_EQ(0, info.si_status);
}

KTAP_TEST(exec_goes_on)
{
	static void (* const works[])(void *) = { work_exec, work_thread_exec };
	static const __u32 flags[] = { 0, KTAP_START_CHILDREN };
	unsigned int i, j;

	sess_close(&self->s);
	for (i = 0; i < ARRAY_SIZE(works); i++) {
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			struct counter c;
			struct worker w;
			struct sess s;

			sess_open(&s);
			worker_start(&w, works[i], (void *)5);
			target_run(_metadata, &s, &c, KTAP_START_PID | flags[j],
				   w.pid);
			worker_let_exec(_metadata, &w);
			EXPECT_EQ(5 + EXEC_CALLS, target_end(_metadata, &s, &c));
			worker_end(&w);
			sess_close(&s);
		}
	}
}

KTAP_TEST(exec_begins)
{
	static void (* const works[])(void *) = { work_exec, work_thread_exec };
	static const __u32 flags[] = { 0, KTAP_START_CHILDREN };
	unsigned int i, j;

	sess_close(&self->s);
	for (i = 0; i < ARRAY_SIZE(works); i++) {
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			struct counter c;
			struct worker w;
			struct sess s;

			sess_open(&s);
			worker_start(&w, works[i], (void *)5);
			target_run(_metadata, &s, &c, KTAP_START_PID |
				   KTAP_START_EXEC | flags[j], w.pid);
			/* Others that execute programs are not meant. */
			if (!vfork())
				exec_self();
			wait(NULL);
			worker_let_exec(_metadata, &w);
			EXPECT_EQ(EXEC_CALLS, target_end(_metadata, &s, &c));
			worker_end(&w);
			sess_close(&s);
		}
	}
}

/* The event of the execution itself is the first one. */
KTAP_TEST(exec_is_seen)
{
	struct counter c;
	struct worker w;

	worker_start(&w, work_exec, (void *)5);
	counter_init(&c, "sched:sched_process_exec", NULL);
	self->s.start.flags = KTAP_START_PID | KTAP_START_EXEC;
	self->s.start.pid = w.pid;
	sess_run(&self->s, &c.img);
	worker_let_exec(_metadata, &w);
	EXPECT_EQ(1, target_end(_metadata, &self->s, &c));
	worker_end(&w);
}

/* The session goes on when its process has ended, without events. */
KTAP_TEST(process_ends)
{
	struct counter c;
	struct worker w;

	worker_start(&w, work_getppid, (void *)10);
	target_run(_metadata, &self->s, &c, KTAP_START_PID | KTAP_START_CHILDREN,
		   w.pid);
	worker_run(&w);
	worker_end(&w);
	work_forks((void *)3);
	EXPECT_EQ(10, target_end(_metadata, &self->s, &c));
}

/*
 * CPUs
 */

static bool pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static void work_cpus(void *arg)
{
	if (pin(1))
		work_getppid(arg);
	if (pin(0))
		work_forks((void *)1);
}

KTAP_TEST(cpu)
{
	static const struct {
		__u32 flags;
		__u32 cpu;
		bool of_worker;
		int hits;
	} cases[] = {
		{ KTAP_START_CPU, 1, false, 2 * 300 },
		{ KTAP_START_CPU, 0, false, 2 * FORKS },
		{ KTAP_START_CPU | KTAP_START_PID, 1, true, 300 },
		{ KTAP_START_CPU | KTAP_START_PID, 0, true, 0 },
		{ KTAP_START_CPU | KTAP_START_PID | KTAP_START_CHILDREN, 0, true,
		  FORKS },
	};
	struct worker w, other;
	unsigned int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU");
	sess_close(&self->s);
	worker_start(&w, work_cpus, (void *)300);
	worker_start(&other, work_cpus, (void *)300);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct counter c;
		struct sess s;

		sess_open(&s);
		s.start.cpu = cases[i].cpu;
		target_run(_metadata, &s, &c, cases[i].flags,
			   cases[i].of_worker ? w.pid : 0);
		worker_run(&w);
		worker_run(&other);
		EXPECT_EQ(cases[i].hits, target_end(_metadata, &s, &c)) {
			TH_LOG("case %u", i);
		}
		sess_close(&s);
	}
	worker_end(&w);
	worker_end(&other);
}

/*
 * Sessions
 */

/* Each has its own. */
KTAP_TEST(two_sessions)
{
	struct worker w[2];
	struct counter c[2];
	struct sess second;

	sess_open(&second);
	worker_start(&w[0], work_getppid, (void *)100);
	worker_start(&w[1], work_forks, (void *)1);
	target_run(_metadata, &self->s, &c[0], KTAP_START_PID, w[0].pid);
	target_run(_metadata, &second, &c[1],
		   KTAP_START_PID | KTAP_START_CHILDREN, w[1].pid);
	worker_run(&w[0]);
	worker_run(&w[1]);
	EXPECT_EQ(100, target_end(_metadata, &self->s, &c[0]));
	worker_run(&w[1]);
	EXPECT_EQ(2 * FORKS, target_end(_metadata, &second, &c[1]));
	worker_end(&w[0]);
	worker_end(&w[1]);
	sess_close(&second);
}

KTAP_TEST(dry)
{
	struct counter c;
	char buf[64];

	counter_init(&c, "task:task_rename", NULL);
	self->s.start.flags = KTAP_START_DRY;
	sess_run(&self->s, &c.img);
	/* The event is enabled all the same. */
	tfs_read("events/task/task_rename/enable", buf);
	EXPECT_STREQ("0*\n", buf);
	prctl(PR_SET_NAME, "renamed");
	EXPECT_EQ(0, target_end(_metadata, &self->s, &c));
}

static void fails(struct __test_metadata *_metadata, int err, __u32 flags,
		  pid_t pid, __u32 cpu, const char *text)
{
	struct counter c;
	struct sess s;

	sess_open(&s);
	counter_init(&c, EVENT, NULL);
	sess_load(&s, &c.img);
	s.start.flags = flags;
	s.start.pid = pid;
	s.start.cpu = cpu;
	EXPECT_EQ(-1, __sess_start(&s));
	EXPECT_EQ(err, errno) {
		TH_LOG("flags %x pid %d cpu %u", flags, pid, cpu);
	}
	EXPECT_STREQ(text, s.log);
	/* Where there is a text the target was looked for. */
	EXPECT_EQ(*text ? KTAP_IMG_NONE : 0, s.start.event);
	sess_close(&s);
	img_free(&c.img);
}

static pid_t other_tid;

static void *thread_tid(void *barrier)
{
	other_tid = syscall(SYS_gettid);
	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	return NULL;
}

KTAP_TEST(errors)
{
	pthread_barrier_t barrier;
	pthread_t thread;
	char text[64];
	pid_t pid;

	fails(_metadata, EOPNOTSUPP, 1U << 31, 0, 0, "");
	fails(_metadata, EINVAL, KTAP_START_CHILDREN, 0, 0, "");
	fails(_metadata, EINVAL, KTAP_START_EXEC, 0, 0, "");
	fails(_metadata, EINVAL, 0, 1, 0, "");
	fails(_metadata, EINVAL, 0, 0, 1, "");
	fails(_metadata, ESRCH, KTAP_START_PID, 0, 0, "there is no process 0\n");
	fails(_metadata, ESRCH, KTAP_START_PID, -1, 0, "there is no process -1\n");
	fails(_metadata, ENXIO, KTAP_START_CPU, 0, 100000,
	      "there is no cpu 100000\n");
	fails(_metadata, ENXIO, KTAP_START_CPU, 0, -1U,
	      "there is no cpu 4294967295\n");
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	snprintf(text, sizeof(text), "there is no process %d\n", pid);
	fails(_metadata, ESRCH, KTAP_START_PID, pid, 0, text);
	/* A thread is no process. */
	pthread_barrier_init(&barrier, NULL, 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_tid, &barrier));
	pthread_barrier_wait(&barrier);
	snprintf(text, sizeof(text), "there is no process %d\n", other_tid);
	fails(_metadata, ESRCH, KTAP_START_PID, other_tid, 0, text);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}

/* A session that cannot start for another reason can have a target as well. */
KTAP_TEST(error_of_event)
{
	struct counter c;

	counter_init(&c, "syscalls:no_such_event", NULL);
	sess_load(&self->s, &c.img);
	self->s.start.flags = KTAP_START_PID | KTAP_START_CHILDREN | KTAP_START_EXEC;
	self->s.start.pid = getpid();
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(ENOENT, errno);
	img_free(&c.img);
}

/* In a pid namespace: the numbers are those that the caller sees. */
static int in_namespace(struct __test_metadata *_metadata)
{
	struct counter c;
	struct worker w;
	struct sess s;

	worker_start(&w, work_getppid, (void *)60);
	if (w.pid != 2)
		return 1;
	sess_open(&s);
	target_run(_metadata, &s, &c, KTAP_START_PID, w.pid);
	worker_run(&w);
	work_getppid((void *)5);
	if (target_end(_metadata, &s, &c) != 60)
		return 2;
	sess_close(&s);
	worker_end(&w);
	return 0;
}

KTAP_TEST(pid_namespace)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		SKIP(return, "no pid namespaces");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(in_namespace(_metadata));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
