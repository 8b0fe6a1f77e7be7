// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of functions and markers of programs
 *
 * What is traced is this program itself: processes made by the tests call functions
 * as often as they were told to, and uprobe_events counts the same hits. Where
 * functions are in the file is read from /proc/self/maps.
 */
#include <time.h>

#include "ksess.h"

#define noinline	__attribute__((noinline, noclone))

/*
 * What is traced
 */

static volatile long sink;

/* Gives back what is easily known from what it gets. */
static noinline long traced(long a, const char *b, long c, long d, long e, long f,
			    long g)
{
	asm volatile("" : : "r" (b) : "memory");
	sink = d + e + f + g;
	return a * 1000 + c;
}

static noinline long nested(long depth)
{
	asm volatile("" : : : "memory");
	if (depth > 1)
		sink = nested(depth - 1);
	asm volatile("" : : : "memory");
	return depth;
}

/* As what <sys/sdt.h> makes, and as large as what the kernel counts in. */
static volatile unsigned short semaphore __attribute__((section(".probes")));

extern const char marker_place[], trap_place[], many_places[];

static noinline void marker(long a, long b)
{
#ifdef __x86_64__
	asm volatile(".globl marker_place\nmarker_place: nop" : : "D" (a), "S" (b));
#else
	asm volatile(".globl marker_place\nmarker_place: nop" : : "r" (a), "r" (b));
#endif
}

#ifdef __x86_64__
#define MANY		1000
#define MANY_SIZE	8

/* Many functions, and one that is a breakpoint itself. */
asm(".pushsection .text\n"
    ".balign 8\n"
    "many_places:\n"
    ".rept 1000\n"
    "mov %rdi, %rax\n"
    "ret\n"
    ".balign 8\n"
    ".endr\n"
    "trap_place: int3\n"
    "ret\n"
    ".popsection\n");
#endif

/*
 * Where that is
 */

static char self_path[256];

/* Offset in the file of something in this program. */
static __u64 file_offset(const volatile void *addr)
{
	unsigned long start, end, off, at = (unsigned long)addr;
	FILE *maps = fopen("/proc/self/maps", "re");
	__u64 offset = 0;
	char line[512];

	while (maps && !offset && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &off) == 3 &&
		    at >= start && at < end)
			offset = at - start + off;
	}
	if (maps)
		fclose(maps);
	return offset;
}

static const char *spec_at(const volatile void *addr)
{
	static char spec[400];

	if (!self_path[0])
		assert(readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) > 0);
	snprintf(spec, sizeof(spec), "%s:0x%llx", self_path,
		 (unsigned long long)file_offset(addr));
	return spec;
}

static const char *marker_spec(void)
{
	static char spec[500];

	snprintf(spec, sizeof(spec), "%s(0x%llx)", spec_at(marker_place),
		 (unsigned long long)file_offset(&semaphore));
	return spec;
}

/* What uprobe_events counts at the same place. */
static void profile_begin(struct __test_metadata *_metadata, const char *spec)
{
	tfs_write("uprobe_events", "p:ktap_user_test/hits %s", spec);
	tfs_write("events/ktap_user_test/hits/enable", "1");
}

static long profile_end(struct __test_metadata *_metadata)
{
	char buf[8192], *line, *name;
	long hits = -1;

	tfs_read("uprobe_profile", buf);
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		name = strstr(line, " hits ");
		if (name)
			hits = atol(name + 6);
	}
	tfs_write("events/ktap_user_test/hits/enable", "0");
	ASSERT_EQ(0, __tfs_write("uprobe_events", true, "-:ktap_user_test/hits"));
	return hits;
}

/*
 * Programs
 */

static void count_user(struct counter *c, const char *spec, __u32 flags)
{
	counter_init(c, NULL, NULL);
	img_event_of(&c->img, KTAP_PROBE_USER, c->probe, spec, NULL, NULL, flags);
}

static __s64 count_end(struct __test_metadata *_metadata, struct sess *s,
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

/* struct want - a field that is printed */
struct want {
	enum ktap_field_kind kind;
	__u32 index;
	const char *name;
};

/* A handler that prints fields. */
static void print_fields(struct img *img, const char *spec, const char *fetch,
			 __u32 flags, const struct want *wants, int nr)
{
	struct ktap_insn insns[KTAP_MAX_ARGS + 2];
	__u32 event;
	int i;

	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	for (i = 0; i < nr; i++) {
		__u32 field = wants[i].name ? img_field(img, wants[i].name) :
			      img_field_of(img, wants[i].kind, wants[i].index);

		insns[i] = FIELD(i, field);
	}
	insns[nr] = (struct ktap_insn)CALLB(0, PRINT, nr);
	insns[nr + 1] = (struct ktap_insn)RET();
	event = img_event_of(img, KTAP_PROBE_USER,
			     __img_func(img, KTAP_PROTO_PROBE, nr, insns, nr + 2),
			     spec, NULL, fetch, flags);
	((struct ktap_img_event *)img->sec[KTAP_SEC_EVENT].data)[event].name =
		img_str(img, "traced+0x0");
}

#define EXPECT_NIL(rec, i)	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, i)->type)
#define EXPECT_TEXT(text, rec, i)					\
	do {								\
		char *__text = rec_str(rec, i);				\
									\
		EXPECT_STREQ(text, __text);				\
		free(__text);						\
	} while (0)

/*
 * Processes
 */

static void work_traced(void *arg)
{
	long i;

	for (i = 0; i < (long)arg; i++)
		traced(i, "text", 7, 1, 2, 3, 4);
}

static void work_nested(void *arg)
{
	nested((long)arg);
}

/* struct seen - what a process tells of itself */
struct seen {
	unsigned short semaphore;
	unsigned char code;
};

static struct seen *seen;

static void seen_init(struct __test_metadata *_metadata)
{
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	ASSERT_NE(MAP_FAILED, seen);
}

/* The first byte of a function, where a breakpoint would be. */
static unsigned char first_byte(void)
{
	return *(volatile unsigned char *)(unsigned long)traced;
}

static void look(void *arg)
{
	if (!seen)
		return;
	seen->semaphore = semaphore;
	seen->code = first_byte();
}

static void work_marker(void *arg)
{
	long i;

	look(NULL);
	for (i = 0; i < (long)arg; i++)
		marker(i, i * 2);
}

/*
 * Counts
 */

KTAP_TEST(count_as_profile)
{
	struct worker w[4];
	struct counter c;
	int i;

	/* One is there before, the others come while it is traced. */
	worker_start(&w[0], work_traced, (void *)1000);
	profile_begin(_metadata, spec_at(traced));
	count_user(&c, spec_at(traced), 0);
	sess_run(&self->s, &c.img);
	EXPECT_EQ(1, self->s.start.nr_attached);
	for (i = 1; i < 4; i++)
		worker_start(&w[i], work_traced, (void *)1000);
	for (i = 0; i < 4; i++)
		worker_run(&w[i]);
	EXPECT_EQ(4000, profile_end(_metadata));
	EXPECT_EQ(4000, count_end(_metadata, &self->s, &c));
	for (i = 0; i < 4; i++)
		worker_end(&w[i]);
}

/* After the session has ended nothing is left in the code. */
KTAP_TEST(breakpoint_goes)
{
	unsigned char before = first_byte();
	struct counter c;

	count_user(&c, spec_at(traced), 0);
	sess_run(&self->s, &c.img);
	EXPECT_NE(before, first_byte());
	work_traced((void *)10);
	EXPECT_EQ(10, count_end(_metadata, &self->s, &c));
	EXPECT_EQ(before, first_byte());
	work_traced((void *)10);
	EXPECT_EQ(10, sess_stat(&self->s, HITS));
}

/* Sessions come and go, and one that stays counts each call once. */
KTAP_TEST(others_come_and_go)
{
	struct counter c, other;
	struct sess s;
	int i;

	count_user(&c, spec_at(traced), 0);
	sess_run(&self->s, &c.img);
	for (i = 0; i < 50; i++) {
		sess_open(&s);
		count_user(&other, spec_at(traced), i & 1 ? KTAP_EVENT_RETURN : 0);
		sess_run(&s, &other.img);
		work_traced((void *)10);
		EXPECT_EQ(10, count_end(_metadata, &s, &other));
		sess_close(&s);
		work_traced((void *)10);
	}
	EXPECT_EQ(1000, count_end(_metadata, &self->s, &c));
}

/* Handlers of a session run in the order of the script. */
static void in_order(struct __test_metadata *_metadata, __u32 flags)
{
	struct img img = {};
	struct sess s;
	int i;

	sess_open(&s);
	img_func(&img, MAIN, 0, RET());
	for (i = 1; i <= 4; i++)
		img_event_of(&img, KTAP_PROBE_USER, img_says(&img, i), spec_at(traced),
			     NULL, NULL, flags);
	sess_run(&s, &img);
	work_traced((void *)10);
	sess_stop(&s);
	expect_order(&s, 4, 10);
	EXPECT_EQ(0, sess_end(&s));
	sess_close(&s);
	img_free(&img);
}

KTAP_TEST(order)
{
	in_order(_metadata, 0);
	in_order(_metadata, KTAP_EVENT_RETURN);
}

#ifdef __x86_64__
typedef long (*many_fn)(long);

static long since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 +
	       (now.tv_nsec - from->tv_nsec) / 1000000;
}

KTAP_TEST(many)
{
	struct timespec from;
	struct counter c;
	long i;

	counter_init(&c, NULL, NULL);
	for (i = 0; i < MANY; i++)
		img_event_of(&c.img, KTAP_PROBE_USER, c.probe,
			     spec_at(many_places + i * MANY_SIZE), NULL, NULL, 0);
	sess_load(&self->s, &c.img);
	clock_gettime(CLOCK_MONOTONIC, &from);
	sess_start(&self->s);
	TH_LOG("%d places found in %ld ms", MANY, since(&from));
	EXPECT_EQ(MANY, self->s.start.nr_attached);
	sess_expect(&self->s, RUNNING);
	TH_LOG("and attached to in %ld ms", since(&from));
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(i, ((many_fn)(many_places + i * MANY_SIZE))(i));
	clock_gettime(CLOCK_MONOTONIC, &from);
	EXPECT_EQ(MANY, count_end(_metadata, &self->s, &c));
	TH_LOG("and detached from in %ld ms", since(&from));
}

/* Of several places, what cannot be probed is left out and told of. */
KTAP_TEST(skipped)
{
	struct counter c;

	counter_init(&c, NULL, NULL);
	img_event_of(&c.img, KTAP_PROBE_USER, c.probe, spec_at(trap_place), NULL, NULL, 0);
	img_event_of(&c.img, KTAP_PROBE_USER, c.probe, spec_at(traced), NULL, NULL, 0);
	sess_run(&self->s, &c.img);
	EXPECT_EQ(1, self->s.start.nr_attached);
	EXPECT_EQ(1, self->s.start.nr_skipped);
	EXPECT_NE(NULL, strstr(self->s.log, "cannot be probed"));
	work_traced((void *)10);
	EXPECT_EQ(10, count_end(_metadata, &self->s, &c));
}

/* If nothing is left there is nothing to wait for. */
KTAP_TEST(skipped_all)
{
	struct counter c;

	counter_init(&c, NULL, NULL);
	img_event_of(&c.img, KTAP_PROBE_USER, c.probe, spec_at(trap_place), NULL, NULL, 0);
	img_event_of(&c.img, KTAP_PROBE_USER, c.probe, spec_at(trap_place), NULL, NULL, 0);
	sess_load(&self->s, &c.img);
	EXPECT_EQ(-1, __sess_start(&self->s));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, self->s.start.event);
	EXPECT_NE(NULL, strstr(self->s.log, " cannot be probed, and nothing else matches\n")) {
		TH_LOG("%s", self->s.log);
	}
	img_free(&c.img);
}

/*
 * What can be read
 */

KTAP_TEST(arguments)
{
	static const struct want wants[] = {
		{ KTAP_FIELD_ARG, 0 },
		{ KTAP_FIELD_ARG, 2 },
		{ KTAP_FIELD_ARG, 5 },
		{ KTAP_FIELD_NTH, 0 },
		{ KTAP_FIELD_NTH, 1 },
		{ KTAP_FIELD_NTH, 2 },
		{ KTAP_FIELD_NTH, 3 },
		{ KTAP_FIELD_NAME, 0, "b" },
		{ KTAP_FIELD_FUNC },
		{ KTAP_FIELD_IP },
		{ KTAP_FIELD_ADDR },
	};
	struct ktap_rec *rec;
	struct img img;

	print_fields(&img, spec_at(traced), "a=%di:s32 b=+0(%si):string", 0, wants,
		     ARRAY_SIZE(wants));
	sess_run(&self->s, &img);
	traced(-5, "some text", 7, 1, 2, 3, 4);
	sess_stop(&self->s);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(-5, rec_int(rec, 0));
	EXPECT_EQ(7, rec_int(rec, 1));
	EXPECT_EQ(3, rec_int(rec, 2));
	EXPECT_EQ((long)traced, rec_int(rec, 3));
	EXPECT_EQ(-5, rec_int(rec, 4));
	EXPECT_TEXT("some text", rec, 5);
	EXPECT_NIL(rec, 6);
	EXPECT_TEXT("some text", rec, 7);
	EXPECT_TEXT("traced", rec, 8);
	EXPECT_EQ((long)traced, rec_int(rec, 9));
	EXPECT_NIL(rec, 10);
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

/* What is not in memory is nil, and counted. */
KTAP_TEST(bad_address)
{
	static const struct want wants[] = { { KTAP_FIELD_NAME, 0, "b" } };
	struct ktap_rec *rec;
	struct img img;

	print_fields(&img, spec_at(traced), "b=+0(%si):string", 0, wants, 1);
	sess_run(&self->s, &img);
	traced(1, (char *)16, 7, 1, 2, 3, 4);
	sess_stop(&self->s);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_NIL(rec, 0);
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(1, sess_stat(&self->s, BAD_READ));
	img_free(&img);
}

/* Memory of the file itself, wherever it was loaded. */
static volatile unsigned int in_file = 0x12345678;

KTAP_TEST(file_memory)
{
	static const struct want wants[] = { { KTAP_FIELD_NAME, 0, "x" } };
	unsigned long first = (unsigned long)traced - file_offset(traced);
	struct ktap_rec *rec;
	char fetch[64];
	struct img img;

	snprintf(fetch, sizeof(fetch), "x=@+0x%lx:u32", (unsigned long)&in_file - first);
	print_fields(&img, spec_at(traced), fetch, 0, wants, 1);
	sess_run(&self->s, &img);
	work_traced((void *)1);
	sess_stop(&self->s);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(0x12345678, rec_int(rec, 0));
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

KTAP_TEST(text)
{
	char want[200];
	struct img img = { 0 };

	img_func(&img, MAIN, 0, RET());
	img_event_of(&img, KTAP_PROBE_USER,
		     img_func(&img, PROBE, 1, VAR(0, ARGSTR), CALLB(0, PRINT, 1), RET()),
		     spec_at(traced), NULL, "a=%di:s32 b=+0(%si):string", 0);
	sess_run(&self->s, &img);
	traced(-5, "some text", 7, 1, 2, 3, 4);
	sess_stop(&self->s);
	snprintf(want, sizeof(want), "%s: (0x%lx) a=-5 b=\"some text\"",
		 strrchr(spec_at(traced), '/') + 1, (long)traced);
	EXPECT_TEXT(want, sess_expect(&self->s, PRINT), 0);
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&img);
}
#endif /* __x86_64__ */

/*
 * Returns
 */

KTAP_TEST(return_value)
{
	static const struct want wants[] = {
		{ KTAP_FIELD_RETVAL },
		{ KTAP_FIELD_ENTRY_NS },
		{ KTAP_FIELD_NTH, 0 },
		{ KTAP_FIELD_FUNC },
	};
	struct timespec from;
	struct ktap_rec *rec;
	struct img img;
	long ns, i;

	print_fields(&img, spec_at(traced), NULL, KTAP_EVENT_RETURN, wants,
		     ARRAY_SIZE(wants));
	sess_run(&self->s, &img);
	for (i = -1; i < 2; i++) {
		clock_gettime(CLOCK_MONOTONIC, &from);
		EXPECT_EQ(i * 1000 + 7, traced(i, "", 7, 1, 2, 3, 4));
		ns = (since(&from) + 1) * 1000000;
		rec = sess_expect(&self->s, PRINT);
		EXPECT_EQ(i * 1000 + 7, rec_int(rec, 0));
		EXPECT_LT(0, rec_int(rec, 1));
		EXPECT_LE(rec_int(rec, 1), ns);
		EXPECT_EQ((long)traced, rec_int(rec, 2));
		EXPECT_TEXT("traced", rec, 3);
	}
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

/* Each of the calls returns, the innermost first, and took less than those around. */
KTAP_TEST(nested_returns)
{
	static const struct want wants[] = {
		{ KTAP_FIELD_RETVAL },
		{ KTAP_FIELD_ENTRY_NS },
	};
	struct ktap_rec *rec;
	struct img img;
	__s64 ns = 0;
	int i;

	print_fields(&img, spec_at(nested), NULL, KTAP_EVENT_RETURN, wants, 2);
	sess_run(&self->s, &img);
	EXPECT_EQ(20, nested(20));
	for (i = 1; i <= 20; i++) {
		rec = sess_expect(&self->s, PRINT);
		EXPECT_EQ(i, rec_int(rec, 0));
		EXPECT_LT(ns, rec_int(rec, 1));
		ns = rec_int(rec, 1);
	}
	sess_stop(&self->s);
	EXPECT_EQ(0, sess_end(&self->s));
	EXPECT_EQ(0, sess_stat(&self->s, MISSED));
	img_free(&img);
}

/* The kernel hooks only so many returns of a task at once. */
KTAP_TEST(missed_returns)
{
	struct counter c;
	struct worker w;
	__s64 n;

	worker_start(&w, work_nested, (void *)100);
	count_user(&c, spec_at(nested), KTAP_EVENT_RETURN);
	sess_run(&self->s, &c.img);
	worker_run(&w);
	n = count_end(_metadata, &self->s, &c);
	EXPECT_LT(n, 100);
	EXPECT_LT(10, n);
	EXPECT_EQ(100, n + sess_stat(&self->s, MISSED));
	worker_end(&w);
}

/* Both sides of the same calls, by two sessions and by one. */
KTAP_TEST(entry_and_return)
{
	struct counter c, both;
	struct worker w;
	struct sess s;

	worker_start(&w, work_traced, (void *)500);
	count_user(&c, spec_at(traced), KTAP_EVENT_RETURN);
	sess_run(&self->s, &c.img);
	sess_open(&s);
	count_user(&both, spec_at(traced), KTAP_EVENT_RETURN);
	img_event_of(&both.img, KTAP_PROBE_USER, both.probe, spec_at(traced), NULL,
		     NULL, 0);
	sess_run(&s, &both.img);
	worker_run(&w);
	EXPECT_EQ(1000, count_end(_metadata, &s, &both));
	EXPECT_EQ(500, count_end(_metadata, &self->s, &c));
	sess_close(&s);
	worker_end(&w);
}

/*
 * Markers
 */

KTAP_TEST(semaphore_held)
{
	struct worker before, later;
	struct counter c;

	seen_init(_metadata);
	worker_start(&before, work_marker, (void *)100);
	worker_run(&before);
	EXPECT_EQ(0, seen->semaphore);
	count_user(&c, marker_spec(), KTAP_EVENT_MARKER);
	sess_run(&self->s, &c.img);
	EXPECT_EQ(1, semaphore);
	worker_run(&before);
	EXPECT_EQ(1, seen->semaphore);
	worker_start(&later, work_marker, (void *)100);
	worker_run(&later);
	EXPECT_EQ(1, seen->semaphore);
	EXPECT_EQ(200, count_end(_metadata, &self->s, &c));
	EXPECT_EQ(0, semaphore);
	worker_run(&before);
	EXPECT_EQ(0, seen->semaphore);
	worker_run(&later);
	EXPECT_EQ(0, seen->semaphore);
	worker_end(&before);
	worker_end(&later);
}

/* As many as uprobe_events counts, which holds the same semaphore. */
KTAP_TEST(markers_as_profile)
{
	struct counter c;
	struct worker w;

	seen_init(_metadata);
	worker_start(&w, work_marker, (void *)500);
	profile_begin(_metadata, marker_spec());
	count_user(&c, marker_spec(), KTAP_EVENT_MARKER);
	sess_run(&self->s, &c.img);
	worker_run(&w);
	EXPECT_EQ(1, seen->semaphore);
	EXPECT_EQ(500, profile_end(_metadata));
	worker_run(&w);
	EXPECT_EQ(1, seen->semaphore);
	EXPECT_EQ(1000, count_end(_metadata, &self->s, &c));
	worker_end(&w);
}

/* A tracer that is killed leaves nothing. */
KTAP_TEST(semaphore_after_kill)
{
	unsigned char before = first_byte();
	struct counter c;
	struct sess s;
	pid_t pid;
	char ok;
	int fd[2], i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, pipe2(fd, O_CLOEXEC));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			sess_open(&s);
			count_user(&c, marker_spec(), KTAP_EVENT_MARKER);
			img_event_of(&c.img, KTAP_PROBE_USER, c.probe,
				     spec_at(traced), NULL, NULL, 0);
			sess_run(&s, &c.img);
			if (write(fd[1], "", 1) != 1)
				_exit(1);
			for (;;)
				work_marker((void *)10);
		}
		close(fd[1]);
		ASSERT_EQ(1, read(fd[0], &ok, 1));
		close(fd[0]);
		EXPECT_EQ(1, semaphore);
		EXPECT_NE(before, first_byte());
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		tfs_wait_idle();
		EXPECT_EQ(0, semaphore);
		EXPECT_EQ(before, first_byte());
	}
}

/* uprobes know one semaphore for a place; what is in the way is told of. */
KTAP_TEST(semaphores_differ)
{
	struct counter c;

	count_user(&c, spec_at(marker_place), 0);
	img_event_of(&c.img, KTAP_PROBE_USER, c.probe, marker_spec(), NULL, NULL,
		     KTAP_EVENT_MARKER);
	sess_load(&self->s, &c.img);
	EXPECT_EQ(-1, __sess_start(&self->s));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, self->s.start.event);
	EXPECT_NE(NULL, strstr(self->s.log, "both with and without a semaphore"));
	img_free(&c.img);
}

KTAP_TEST(semaphore_of_others)
{
	struct ktap_rec_error *err;
	struct counter c;
	char text[128];
	struct sess s;

	count_user(&c, spec_at(marker_place), 0);
	sess_run(&self->s, &c.img);
	img_free(&c.img);
	sess_open(&s);
	count_user(&c, marker_spec(), KTAP_EVENT_MARKER);
	sess_load(&s, &c.img);
	sess_start(&s);
	err = sess_error(&s);
	snprintf(text, sizeof(text), "%s: cannot be enabled, error %d",
		 strrchr(spec_at(marker_place), '/') + 1, EINVAL);
	EXPECT_STREQ(text, err->text);
	EXPECT_EQ(1, err->nr_frames);
	EXPECT_EQ(1, err->frames[0].line);
	EXPECT_EQ(1, sess_end(&s));
	sess_close(&s);
	img_free(&c.img);
}

#ifdef __x86_64__
/* An argument that could not be decoded is left out, and nil. */
KTAP_TEST(marker_arguments)
{
	static const struct want wants[] = {
		{ KTAP_FIELD_ARG, 0 },
		{ KTAP_FIELD_ARG, 1 },
		{ KTAP_FIELD_ARG, 2 },
		{ KTAP_FIELD_ARG, 3 },
		{ KTAP_FIELD_NTH, 0 },
		{ KTAP_FIELD_NTH, 1 },
		{ KTAP_FIELD_NTH, 2 },
		{ KTAP_FIELD_NTH, 3 },
		{ KTAP_FIELD_NTH, 4 },
		{ KTAP_FIELD_NAME, 0, "arg3" },
	};
	struct ktap_rec *rec;
	struct img img;

	print_fields(&img, marker_spec(), "arg1=%di:s32 arg3=%si:u8 arg4=\\-3:s32",
		     KTAP_EVENT_MARKER, wants, ARRAY_SIZE(wants));
	sess_run(&self->s, &img);
	marker(-7, 0x155);
	sess_stop(&self->s);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(-7, rec_int(rec, 0));
	EXPECT_NIL(rec, 1);
	EXPECT_EQ(0x55, rec_int(rec, 2));
	EXPECT_EQ(-3, rec_int(rec, 3));
	EXPECT_EQ((long)marker_place, rec_int(rec, 4));
	EXPECT_EQ(-7, rec_int(rec, 5));
	EXPECT_NIL(rec, 6);
	EXPECT_EQ(0x55, rec_int(rec, 7));
	EXPECT_EQ(-3, rec_int(rec, 8));
	EXPECT_EQ(0x55, rec_int(rec, 9));
	EXPECT_EQ(0, sess_end(&self->s));
	img_free(&img);
}
#endif

/*
 * Targets
 */

static void work_fork(void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		work_traced(arg);
		look(NULL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Others have no breakpoint, and a child loses the one it got at its first hit. */
KTAP_TEST(target_process)
{
	unsigned char before = first_byte();
	struct worker target, parent;
	struct counter c;

	seen_init(_metadata);
	worker_start(&target, work_traced, (void *)100);
	worker_start(&parent, work_fork, (void *)100);
	count_user(&c, spec_at(traced), 0);
	self->s.start.flags = KTAP_START_PID;
	self->s.start.pid = target.pid;
	sess_run(&self->s, &c.img);
	EXPECT_EQ(before, first_byte());
	worker_run(&target);
	worker_run(&parent);
	EXPECT_EQ(before, seen->code);
	EXPECT_EQ(100, count_end(_metadata, &self->s, &c));
	worker_end(&target);

	sess_close(&self->s);
	sess_open(&self->s);
	count_user(&c, spec_at(traced), 0);
	self->s.start.flags = KTAP_START_PID;
	self->s.start.pid = parent.pid;
	sess_run(&self->s, &c.img);
	worker_run(&parent);
	EXPECT_EQ(before, seen->code);
	EXPECT_EQ(0, count_end(_metadata, &self->s, &c));
	worker_end(&parent);
}

KTAP_TEST(target_children)
{
	unsigned char before = first_byte();
	struct worker parent;
	struct counter c;

	seen_init(_metadata);
	worker_start(&parent, work_fork, (void *)100);
	count_user(&c, spec_at(traced), 0);
	self->s.start.flags = KTAP_START_PID | KTAP_START_CHILDREN;
	self->s.start.pid = parent.pid;
	sess_run(&self->s, &c.img);
	worker_run(&parent);
	EXPECT_NE(before, seen->code);
	EXPECT_EQ(100, count_end(_metadata, &self->s, &c));
	worker_end(&parent);
}

#ifdef __x86_64__
#define FORK_PLACES	100
#define FORK_CHILDREN	100

/* struct forked - what a family tells of itself, with the children of before RUNNING */
static volatile struct forked {
	int nr;
	int bare;
	bool running;
} *forked;

/* Fork while the session attaches; each child looks at all places when it has. */
static void work_forks(void *arg)
{
	int ends[2], i, nr = 0;
	char c;

	if (pipe(ends))
		_exit(1);
	while (!forked->running && nr < FORK_CHILDREN) {
		pid_t pid = fork();

		if (!pid) {
			close(ends[1]);
			/* It ends with the pipe. */
			if (read(ends[0], &c, 1))
				_exit(1);
			for (i = 0; i < FORK_PLACES; i++)
				if (many_places[i * MANY_SIZE] == (char)0x48)
					__sync_fetch_and_add(&forked->bare, 1);
			_exit(0);
		}
		nr += pid > 0;
		forked->nr = nr;
	}
	while (!forked->running)
		usleep(1000);
	close(ends[1]);
	close(ends[0]);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* A child that is in the making gets its breakpoints, though nobody knows it yet. */
KTAP_TEST(target_children_in_the_making)
{
	struct worker parent;
	struct counter c;
	char done;
	int i;

	forked = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)forked);
	ASSERT_EQ(0x48, many_places[0]);
	worker_start(&parent, work_forks, NULL);
	counter_init(&c, NULL, NULL);
	for (i = 0; i < FORK_PLACES; i++)
		img_event_of(&c.img, KTAP_PROBE_USER, c.probe,
			     spec_at(many_places + i * MANY_SIZE), NULL, NULL, 0);
	self->s.start.flags = KTAP_START_PID | KTAP_START_CHILDREN;
	self->s.start.pid = parent.pid;
	sess_load(&self->s, &c.img);
	ASSERT_EQ(1, write(parent.go, "", 1));
	while (forked->nr < 3)
		usleep(100);
	sess_start(&self->s);
	sess_expect(&self->s, RUNNING);
	forked->running = true;
	ASSERT_EQ(1, read(parent.done, &done, 1));
	TH_LOG("%d children", forked->nr);
	EXPECT_EQ(0, forked->bare);
	EXPECT_EQ(0, count_end(_metadata, &self->s, &c));
	worker_end(&parent);
}
#endif

/* The function returns on another CPU than where it was called. */
static noinline long moves(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static void work_moves(void *arg)
{
	int i;

	for (i = 0; i < 10; i++) {
		moves(1);
		moves(0);
	}
}

KTAP_TEST(target_cpu_of_call)
{
	struct counter c;
	struct worker w;
	struct sess s;
	int cpu;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU");
	worker_start(&w, work_moves, NULL);
	worker_run(&w);
	for (cpu = 0; cpu < 2; cpu++) {
		sess_open(&s);
		count_user(&c, spec_at(moves), KTAP_EVENT_RETURN);
		s.start.flags = KTAP_START_PID | KTAP_START_CPU;
		s.start.pid = w.pid;
		s.start.cpu = cpu;
		sess_run(&s, &c.img);
		worker_run(&w);
		EXPECT_EQ(10, count_end(_metadata, &s, &c));
		sess_close(&s);
	}
	worker_end(&w);
}

/* Others hit the breakpoint of another session, and lose it when that ends. */
KTAP_TEST(target_beside_others)
{
	unsigned char before = first_byte();
	struct worker target, other;
	struct counter c, all;
	struct sess s;

	seen_init(_metadata);
	worker_start(&target, work_traced, (void *)100);
	worker_start(&other, work_fork, (void *)100);
	sess_open(&s);
	count_user(&all, spec_at(traced), 0);
	sess_run(&s, &all.img);
	count_user(&c, spec_at(traced), 0);
	self->s.start.flags = KTAP_START_PID;
	self->s.start.pid = target.pid;
	sess_run(&self->s, &c.img);
	worker_run(&target);
	worker_run(&other);
	EXPECT_NE(before, seen->code);
	EXPECT_EQ(200, count_end(_metadata, &s, &all));
	sess_close(&s);
	worker_run(&target);
	worker_run(&other);
	EXPECT_EQ(before, seen->code);
	EXPECT_EQ(200, count_end(_metadata, &self->s, &c));
	worker_end(&target);
	worker_end(&other);
}

#define EXEC_ENV	"KTAP_USER_TEST_EXEC"

__attribute__((constructor)) static void exec_begin(void)
{
	if (!getenv(EXEC_ENV))
		return;
	work_traced((void *)70);
	_exit(semaphore);
}

/* A program that is executed while it is traced has breakpoints and semaphores. */
KTAP_TEST(exec)
{
	struct counter c;
	int status;
	pid_t pid;

	count_user(&c, spec_at(traced), 0);
	img_event_of(&c.img, KTAP_PROBE_USER, c.probe, marker_spec(), NULL, NULL,
		     KTAP_EVENT_MARKER);
	sess_run(&self->s, &c.img);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		setenv(EXEC_ENV, "1", 1);
		execl("/proc/self/exe", "self", NULL);
		_exit(100);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(1, WEXITSTATUS(status));
	EXPECT_EQ(70, count_end(_metadata, &self->s, &c));
}

/*
 * What is refused
 */

KTAP_TEST(bad)
{
	char self_bad[3][500];
	const struct {
		const char *spec;
		const char *fetch;
		int err;
		const char *text;
	} cases[] = {
		{ "/no/such/file:0x10", NULL, ENOENT, "cannot find '/no/such/file'" },
		{ "/tmp:0x10", NULL, EINVAL, "not a regular file" },
		{ "/proc/self/status:0x10", NULL, EIO, "without uprobes" },
		{ "/etc/passwd:0x10", NULL, EINVAL, "'/etc/passwd' is not an ELF file\n" },
		{ "/bin/true", NULL, EINVAL, "not of the form" },
		{ ":0x10", NULL, EINVAL, "not of the form" },
		{ "/bin/true:", NULL, EINVAL, "not of the form" },
		{ "/bin/true:main", NULL, EINVAL, "not of the form" },
		{ "/bin/true:0x10(0x20", NULL, EINVAL, "not of the form" },
		{ "/bin/true:0x10()", NULL, EINVAL, "not of the form" },
		{ "/bin/true:0x10(x)", NULL, EINVAL, "not of the form" },
		{ "/bin/true:-1", NULL, EINVAL, "not of the form" },
		{ "/bin/true:0xffffffffffffffff", NULL, EINVAL, "not of the form" },
		{ "/bin/true:0x7fffffffffffffff", NULL, EINVAL, "is not in" },
		{ "/bin/true:0x40000000", NULL, EINVAL, "offset 0x40000000 is not in" },
		{ self_bad[0], NULL, EINVAL, "semaphore 0x40000000 is not in" },
		{ self_bad[1], NULL, EINVAL, "semaphore 0x11 is not in" },
		{ self_bad[2], "x=%nonesuch", EINVAL, "x=%nonesuch" },
		{ self_bad[2], "x=@jiffies", EINVAL, "x=@jiffies" },
#ifdef __x86_64__
		{ spec_at(trap_place), NULL, EINVAL, "cannot be probed" },
#endif
	};
	struct counter c;
	unsigned int i;
	struct sess s;

	snprintf(self_bad[0], 500, "%s:0x1000(0x40000000)", self_path);
	snprintf(self_bad[1], 500, "%s:0x1000(0x11)", self_path);
	snprintf(self_bad[2], 500, "%s:0x%llx", self_path,
		 (unsigned long long)file_offset(traced));
	sess_close(&self->s);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sess_open(&s);
		counter_init(&c, NULL, NULL);
		img_event_of(&c.img, KTAP_PROBE_USER, c.probe, cases[i].spec, NULL,
			     cases[i].fetch, 0);
		sess_load(&s, &c.img);
		EXPECT_EQ(-1, __sess_start(&s));
		EXPECT_EQ(cases[i].err, errno) {
			TH_LOG("%s: %s", cases[i].spec, strerror(errno));
		}
		EXPECT_NE(NULL, strstr(s.log, cases[i].text)) {
			TH_LOG("%s: %s", cases[i].spec, s.log);
		}
		EXPECT_EQ(0, s.start.event);
		sess_close(&s);
		img_free(&c.img);
	}
}

/* A file of which the kernel knows no more than that it is for 32-bit programs. */
static const char *elf32_spec(struct __test_metadata *_metadata)
{
	static char spec[64];
	unsigned char elf[64] = "\177ELF\1\1\1";
	char path[] = "/tmp/ktap_elf32_XXXXXX";
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(elf), write(fd, elf, sizeof(elf)));
	close(fd);
	snprintf(spec, sizeof(spec), "%s:0x10", path);
	return spec;
}

/* What cannot be known is refused, not nil for ever. */
KTAP_TEST(bad_field)
{
	const char *elf32 = elf32_spec(_metadata);
	const struct {
		const char *spec;
		__u32 flags;
		struct want want;
		const char *text;
	} cases[] = {
		{ spec_at(traced), 0, { KTAP_FIELD_NAME, 0, "nonesuch" },
		  "traced+0x0 has no fetch argument 'nonesuch'\n" },
		{ spec_at(traced), 0, { KTAP_FIELD_ARG, 7 }, "args[7] is not known here\n" },
		{ spec_at(traced), 0, { KTAP_FIELD_RETVAL },
		  "only known when a function returns\n" },
		{ spec_at(traced), 0, { KTAP_FIELD_ENTRY_NS },
		  "only known when a function returns\n" },
		{ spec_at(traced), KTAP_EVENT_RETURN, { KTAP_FIELD_ARG, 0 },
		  "args[0] is not known when a function of a program returns\n" },
#ifdef __x86_64__
		{ elf32, 0, { KTAP_FIELD_ARG, 0 },
		  "args[0] is not known in a 32-bit program\n" },
#endif
	};
	unsigned int i;
	struct img img;
	struct sess s;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sess_open(&s);
		print_fields(&img, cases[i].spec, NULL, cases[i].flags, &cases[i].want, 1);
		sess_load(&s, &img);
		EXPECT_EQ(-1, __sess_start(&s));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_STREQ(cases[i].text, s.log);
		sess_close(&s);
		img_free(&img);
	}
	*strrchr(elf32, ':') = 0;
	unlink(elf32);
}

/* What other tests do to the log is their affair; here it stays silent. */
KTAP_TEST(log_silent)
{
	int log = log_open(), i;
	struct counter c;
	struct sess s;

	sess_close(&self->s);
	for (i = 0; i < 20; i++) {
		sess_open(&s);
		count_user(&c, marker_spec(), KTAP_EVENT_MARKER);
		sess_run(&s, &c.img);
		work_marker((void *)10);
		if (i & 1) {
			EXPECT_EQ(10, count_end(_metadata, &s, &c));
		} else {
			img_free(&c.img);
		}
		sess_close(&s);
	}
	log_is_silent(log);
}

TEST_HARNESS_MAIN
