// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of trace events: which are hit, what their fields are, that
 * nothing is lost without being counted, and that ftrace goes on beside us
 *
 * Counts and texts are compared with what ftrace itself makes of the same hits.
 */
#include <fnmatch.h>

#include "ksess.h"

#define EVENT		"syscalls:sys_enter_getppid"
#define EVENT_DIR	"syscalls/sys_enter_getppid"

static void pid_filter(char *buf, size_t size, pid_t pid)
{
	snprintf(buf, size, "common_pid == %d", pid);
}

/* A handler that prints fields; a name "#N" is the field with that index. */
static void img_print_fields(struct img *img, const char *spec,
			     const char *filter, const char * const *names,
			     int nr)
{
	struct ktap_insn insns[KTAP_MAX_ARGS + 2];
	int i;

	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	for (i = 0; i < nr; i++) {
		__u32 field = names[i][0] == '#' ?
			      img_field_of(img, KTAP_FIELD_NTH, atoi(names[i] + 1)) :
			      img_field(img, names[i]);

		insns[i] = FIELD(i, field);
	}
	insns[nr] = (struct ktap_insn)CALLB(0, PRINT, nr);
	insns[nr + 1] = (struct ktap_insn)RET();
	img_event(img, __img_func(img, KTAP_PROTO_PROBE, nr, insns, nr + 2),
		  spec, filter);
}

/* A handler that prints the event as text. */
static void img_print_argstr(struct img *img, const char *spec,
			     const char *filter)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	img_event(img, img_func(img, PROBE, 1, VAR(0, ARGSTR), CALLB(0, PRINT, 1),
				RET()), spec, filter);
}

/* What a session's counter has come to. */
static __s64 counter_end(struct __test_metadata *_metadata, struct sess *s)
{
	__s64 n;

	sess_stop(s);
	n = rec_int(sess_expect(s, PRINT), 0);
	ASSERT_EQ(0, sess_end(s));
	return n;
}

/* The hits that a hist trigger counted. */
static long hist_hits(struct __test_metadata *_metadata, const char *event)
{
	char path[200], buf[16384], *hits;

	snprintf(path, sizeof(path), "events/%s/hist", event);
	tfs_read(path, buf);
	hits = strstr(buf, "Hits: ");
	ASSERT_NE(NULL, hits);
	return atol(hits + 6);
}

/* Number of lines in the trace buffer with @text in it. */
static int trace_lines(struct __test_metadata *_metadata, const char *dir,
		       const char *text)
{
	static char buf[1 << 20];
	char path[200], *line;
	int lines = 0;

	snprintf(path, sizeof(path), "%strace", dir);
	tfs_read(path, buf);
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line != '#' && strstr(line, text))
			lines++;
	}
	return lines;
}

/*
 * Counts and filters
 */

KTAP_TEST(count_as_hist)
{
	struct counter c;
	struct worker w;
	char filter[64];

	worker_start(&w, work_getppid, (void *)10000);
	pid_filter(filter, sizeof(filter), w.pid);
	counter_init(&c, EVENT, filter);
	sess_run(&self->s, &c.img);
	tfs_write("events/" EVENT_DIR "/trigger", "hist:keys=common_pid if %s",
		  filter);
	worker_run(&w);
	EXPECT_EQ(10000, hist_hits(_metadata, EVENT_DIR));
	tfs_write("events/" EVENT_DIR "/trigger", "!hist:keys=common_pid if %s",
		  filter);
	EXPECT_EQ(10000, counter_end(_metadata, &self->s));
	EXPECT_EQ(10000, sess_stat(&self->s, HITS));
	EXPECT_EQ(0, sess_stat(&self->s, NESTED));
	worker_end(&w);
	img_free(&c.img);
}

static void work_lseek(void *arg)
{
	int i;

	for (i = 0; i < 100; i++) {
		syscall(SYS_lseek, 1000 + i % 10, -5L, 99);
		syscall(SYS_getppid);
	}
}

KTAP_TEST(filter_hits_and_misses)
{
	static const struct {
		const char *filter;
		int hits;
	} cases[] = {
		{ "fd == 1003", 10 },
		{ "fd > 1004", 50 },
		{ "fd == 1003 || fd == 1004", 20 },
		{ "fd != 1003 && !(fd == 1004)", 80 },
		{ "whence & 2", 100 },
		{ "fd == 5000", 0 },
		{ "fd >= 1000", 100 },
		{ "fd == 0x3e8", 10 },
	};
	struct counter c;
	struct worker w;
	char filter[200];
	unsigned int i;

	sess_close(&self->s);
	worker_start(&w, work_lseek, NULL);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sess s;

		snprintf(filter, sizeof(filter), "common_pid == %d && (%s)",
			 w.pid, cases[i].filter);
		sess_open(&s);
		counter_init(&c, "syscalls:sys_enter_lseek", filter);
		sess_run(&s, &c.img);
		worker_run(&w);
		EXPECT_EQ(cases[i].hits, counter_end(_metadata, &s)) {
			TH_LOG("%s", filter);
		}
		EXPECT_EQ(cases[i].hits, sess_stat(&s, HITS));
		sess_close(&s);
		img_free(&c.img);
	}
	worker_end(&w);
}

static void work_rename(void *arg)
{
	prctl(PR_SET_NAME, "fifteen-letters");
	prctl(PR_SET_NAME, "x");
	prctl(PR_SET_NAME, "");
}

/* Strings in filters, with globs, at an event that has them. */
KTAP_TEST(filter_strings)
{
	static const struct {
		const char *filter;
		int hits;
	} cases[] = {
		{ "newcomm == \"fifteen-letters\"", 1 },
		{ "newcomm ~ \"fif*ters\"", 1 },
		{ "newcomm != \"x\"", 2 },
		{ "oldcomm == 'x'", 1 },
		{ "newcomm == \"\"", 1 },
	};
	struct counter c;
	struct worker w;
	char filter[200];
	unsigned int i;

	sess_close(&self->s);
	worker_start(&w, work_rename, NULL);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sess s;

		snprintf(filter, sizeof(filter), "common_pid == %d && %s", w.pid,
			 cases[i].filter);
		sess_open(&s);
		counter_init(&c, "task:task_rename", filter);
		sess_run(&s, &c.img);
		worker_run(&w);
		EXPECT_EQ(cases[i].hits, counter_end(_metadata, &s)) {
			TH_LOG("%s", filter);
		}
		sess_close(&s);
		img_free(&c.img);
	}
	worker_end(&w);
}

/*
 * Fields
 */

KTAP_TEST(fields_of_system_call)
{
	static const char * const names[] = {
		"__syscall_nr", "fd", "offset", "whence", "common_pid", "#0", "#1",
		"#2", "#3",
	};
	static const __s64 values[] = {
		SYS_lseek, 1000, -5, 99, 0, SYS_lseek, 1000, -5, 99,
	};
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64];
	int i;

	worker_start(&w, work_lseek, NULL);
	snprintf(filter, sizeof(filter), "common_pid == %d && fd == 1000", w.pid);
	img_print_fields(&img, "syscalls:sys_enter_lseek", filter, names,
			 ARRAY_SIZE(names));
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	for (i = 0; i < (int)ARRAY_SIZE(names); i++)
		EXPECT_EQ(values[i] ?: w.pid, rec_int(rec, i));
	worker_end(&w);
	img_free(&img);
}

/* What an event does not have is nil, if its number was given or a glob matched. */
KTAP_TEST(fields_that_are_not_there)
{
	static const char * const names[] = { "nosuchfield", "#3", "#4", "#1000000" };
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64];

	worker_start(&w, work_lseek, NULL);
	snprintf(filter, sizeof(filter), "common_pid == %d && fd == 1000", w.pid);
	img_print_fields(&img, "syscalls:sys_enter_lsee*", filter, names, 4);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 0)->type);
	EXPECT_EQ(99, rec_int(rec, 1));
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 2)->type);
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 3)->type);
	worker_end(&w);
	img_free(&img);
}

/* Some names are known to filters of all events, but are in no record. */
KTAP_TEST(field_that_is_not_there_by_name)
{
	static const char * const names[] = {
		"nosuchfield", "cpu", "common_cpu", "comm", "COMM", "stacktrace",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char * const fields[] = { "fd", names[i] };
		struct img img;
		struct sess s;
		char text[80];

		sess_open(&s);
		img_print_fields(&img, "syscalls:sys_enter_lseek", NULL, fields, 2);
		sess_load(&s, &img);
		EXPECT_EQ(-1, __sess_start(&s));
		EXPECT_EQ(EINVAL, errno);
		snprintf(text, sizeof(text), "event sys_enter_lseek has no field '%s'\n",
			 names[i]);
		EXPECT_STREQ(text, s.log);
		EXPECT_EQ(0, s.start.event);
		sess_close(&s);
		img_free(&img);
	}
}

/* Arguments and results that the system call has not, of the handler's own event. */
KTAP_TEST(arguments_that_are_not_there)
{
	static const struct {
		const char *event;
		enum ktap_field_kind kind;
		__u32 index;
		const char *text;
	} cases[] = {
		{ "syscalls:sys_enter_lseek", KTAP_FIELD_ARG, 3,
		  "event sys_enter_lseek has no args[3]\n" },
		{ "syscalls:sys_exit_lseek", KTAP_FIELD_ARG, 0,
		  "event sys_exit_lseek has no args[0]\n" },
		{ "syscalls:sys_enter_lseek", KTAP_FIELD_RETVAL, 0,
		  "event sys_enter_lseek has no result\n" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct img img = {};
		struct sess s;

		sess_open(&s);
		img_func(&img, MAIN, 0, RET());
		img_event(&img, img_func(&img, PROBE, 1,
					 FIELD(0, img_field_of(&img, cases[i].kind,
							       cases[i].index)),
					 RET()), cases[i].event, NULL);
		sess_load(&s, &img);
		EXPECT_EQ(-1, __sess_start(&s));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_STREQ(cases[i].text, s.log);
		sess_close(&s);
		img_free(&img);
	}
}

/* Of a list one event is enough, wherever it stands; for the others it is nil. */
KTAP_TEST(fields_of_list)
{
	static const char * const names[] = { "offset", "newcomm" };
	static const char * const events[][3] = {
		{ "task:task_rename", "syscalls:sys_enter_lseek", NULL },
		{ "syscalls:sys_enter_lseek", "task:task_rename", NULL },
		{ "task:task_rename", "sched:sched_process_exit", "refused" },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		struct img img;
		struct sess s;

		sess_open(&s);
		img_print_fields(&img, events[i][0], NULL, names, 2);
		img_event(&img, 1, events[i][1], NULL);
		sess_load(&s, &img);
		if (events[i][2]) {
			EXPECT_EQ(-1, __sess_start(&s));
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(1, s.start.event);
			EXPECT_STREQ("event sched_process_exit has no field 'offset'\n",
				     s.log);
		} else {
			s.start.flags = KTAP_START_PID;
			s.start.pid = getpid();
			sess_start(&s);
			sess_expect(&s, RUNNING);
			prctl(PR_SET_NAME, "renamed");
			lseek(1000, 99, SEEK_SET);
			sess_stop(&s);
			for (j = 0; j < 2; j++) {
				struct ktap_rec *rec = sess_expect(&s, PRINT);

				EXPECT_EQ(j ? KTAP_T_INT : KTAP_T_NIL, rec_val(rec, 0)->type);
				EXPECT_EQ(j ? KTAP_T_NIL : KTAP_T_STR, rec_val(rec, 1)->type);
			}
			EXPECT_EQ(0, sess_end(&s));
		}
		sess_close(&s);
		img_free(&img);
	}
}

KTAP_TEST(fields_with_strings)
{
	static const char * const names[] = { "oldcomm", "newcomm" };
	static const char * const texts[] = { "fifteen-letters", "x", "" };
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64];
	int i;

	worker_start(&w, work_rename, NULL);
	pid_filter(filter, sizeof(filter), w.pid);
	img_print_fields(&img, "task:task_rename", filter, names, 2);
	sess_run(&self->s, &img);
	worker_run(&w);
	for (i = 0; i < 3; i++) {
		char *old, *new;

		rec = sess_expect(&self->s, PRINT);
		old = rec_str(rec, 0);
		new = rec_str(rec, 1);
		if (i)
			EXPECT_STREQ(texts[i - 1], old);
		EXPECT_STREQ(texts[i], new);
		free(old);
		free(new);
	}
	worker_end(&w);
	img_free(&img);
}

static void work_exec(void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* A string that is behind the fixed part of the record. */
KTAP_TEST(field_with_dynamic_string)
{
	static const char * const names[] = { "filename", "pid" };
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char *name;

	worker_start(&w, work_exec, NULL);
	img_print_fields(&img, "sched:sched_process_exec",
			 "filename == \"/bin/true\"", names, 2);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	name = rec_str(rec, 0);
	EXPECT_STREQ("/bin/true", name);
	EXPECT_LT(w.pid, rec_int(rec, 1));
	free(name);
	worker_end(&w);
	img_free(&img);
}

/*
 * An event of our own, for fields of all kinds
 */

#define OWN		"ktap_test:own"
#define OWN_DIR		"ktap_test/own"

/* Make it, with these fields. Returns false if this kernel cannot. */
#define own_event(...)							\
	_own_event(_metadata, (const char *[]){ __VA_ARGS__, NULL })

static bool _own_event(struct __test_metadata *_metadata, const char **fields)
{
	char text[900] = "p:ktap_test/own vfs_read";

	if (access(TRACEFS "/kprobe_events", F_OK))
		return false;
	while (*fields) {
		strcat(text, " ");
		strcat(text, *fields++);
	}
	ASSERT_EQ(0, __tfs_write("kprobe_events", true, text)) {
		TH_LOG("%s: %s", text, strerror(errno));
	}
	return true;
}

static int __own_event_remove(void)
{
	return __tfs_write("kprobe_events", true, "-:ktap_test/own");
}

static void own_event_remove(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, __own_event_remove()) {
		TH_LOG("remove: %s", strerror(errno));
	}
}

static void work_read(void *arg)
{
	char c;

	if (pread((long)arg, &c, 1, 0) != 1)
		_exit(1);
}

KTAP_TEST(fields_of_all_sizes)
{
	static const char * const names[] = {
		"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "text", "empty",
	};
	static const __s64 values[] = {
		-5, 251, -5, 65531, -5, 4294967291, -5, -5,
	};
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64], *text;
	int fd, i;

	if (!own_event("s8=\\-5:s8", "u8=\\251:u8", "s16=\\-5:s16",
		       "u16=\\65531:u16", "s32=\\-5:s32", "u32=\\4294967291:u32",
		       "s64=\\-5:s64", "u64=\\-5:u64", "text=\\\"text\":string",
		       "empty=\\\"\":string"))
		SKIP(return, "no kprobe events");
	fd = open("/proc/self/exe", O_RDONLY);
	worker_start(&w, work_read, (void *)(long)fd);
	pid_filter(filter, sizeof(filter), w.pid);
	img_print_fields(&img, OWN, filter, names, ARRAY_SIZE(names));
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	for (i = 0; i < (int)ARRAY_SIZE(values); i++)
		EXPECT_EQ(values[i], rec_int(rec, i)) {
			TH_LOG("field number %d", i);
		}
	text = rec_str(rec, 8);
	EXPECT_STREQ("text", text);
	free(text);
	text = rec_str(rec, 9);
	EXPECT_STREQ("", text);
	free(text);
	sess_close(&self->s);
	worker_end(&w);
	own_event_remove(_metadata);
	img_free(&img);
}

/* Arrays are text, as ftrace prints them. */
KTAP_TEST(field_with_array)
{
	static const char * const names[] = { "arr", "after" };
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64], *text, *pos;
	int fd, i;

	if (!own_event("arr=+0($stack):u8[16]", "after=\\7:u8"))
		SKIP(return, "no kprobe events");
	fd = open("/proc/self/exe", O_RDONLY);
	worker_start(&w, work_read, (void *)(long)fd);
	pid_filter(filter, sizeof(filter), w.pid);
	img_print_fields(&img, OWN, filter, names, 2);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	text = rec_str(rec, 0);
	EXPECT_EQ(0, strncmp(text, "{0x", 3));
	EXPECT_EQ('}', text[strlen(text) - 1]);
	for (i = 0, pos = text; (pos = strstr(pos, ",0x")); i++)
		pos++;
	EXPECT_EQ(15, i) {
		TH_LOG("%s", text);
	}
	free(text);
	EXPECT_EQ(7, rec_int(rec, 1));
	sess_close(&self->s);
	worker_end(&w);
	own_event_remove(_metadata);
	img_free(&img);
}

static void work_six(void *arg)
{
	syscall(SYS_getppid, 1, -2L, 0x33, 0, 5, 0x123456789L);
}

KTAP_TEST(field_with_array_of_longs)
{
	static const char * const names[] = { "args", "id" };
	char filter[64], *text;
	struct ktap_rec *rec;
	struct worker w;
	struct img img;

	worker_start(&w, work_six, NULL);
	snprintf(filter, sizeof(filter), "common_pid == %d && id == %d", w.pid,
		 SYS_getppid);
	img_print_fields(&img, "raw_syscalls:sys_enter", filter, names, 2);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	text = rec_str(rec, 0);
	EXPECT_STREQ(sizeof(long) == 8 ?
		     "{0x1,0xfffffffffffffffe,0x33,0x0,0x5,0x123456789}" :
		     "{0x1,0xfffffffe,0x33,0x0,0x5,0x23456789}", text);
	free(text);
	EXPECT_EQ(SYS_getppid, rec_int(rec, 1));
	worker_end(&w);
	img_free(&img);
}

/* CPUs are as the event's own text has them. */
KTAP_TEST(field_with_cpus)
{
	char *mask, *text, want[400];
	struct ktap_rec *rec;
	struct img img = {};
	__u32 field;
	int i;

	if (access(TRACEFS "/events/ipi/ipi_send_cpumask", F_OK) ||
	    sysconf(_SC_NPROCESSORS_ONLN) < 3)
		SKIP(return, "no ipi_send_cpumask, or few CPUs");
	img_func(&img, MAIN, 0, RET());
	field = img_field(&img, "cpumask");
	img_event(&img, img_func(&img, PROBE, 2, FIELD(0, field), VAR(1, ARGSTR),
				 CALLB(0, PRINT, 2), RET()),
		  "ipi:ipi_send_cpumask", NULL);
	sess_load(&self->s, &img);
	sess_start(&self->s);
	/* Changing code sends some, also when the event is enabled. */
	for (i = 0; i < 3; i++) {
		tfs_write("events/task/enable", "1");
		tfs_write("events/task/enable", "0");
	}
	do
		rec = sess_next(&self->s);
	while (rec->type == KTAP_REC_RUNNING);
	mask = rec_str(rec, 0);
	text = rec_str(rec, 1);
	EXPECT_LT(0, strlen(mask));
	EXPECT_EQ(strlen(mask), strspn(mask, "0123456789abcdef,"));
	snprintf(want, sizeof(want), "cpumask=%s ", mask);
	EXPECT_NE(NULL, strstr(text, want)) {
		TH_LOG("%s: %s", mask, text);
	}
	free(mask);
	free(text);
	img_free(&img);
}

/*
 * System calls, which are hooked directly
 */

/* What is counted must be what hist triggers count, with the same filters. */
KTAP_TEST(calls_as_hist)
{
	static const struct {
		const char *event;
		const char *filter;
		long hits;
	} cases[] = {
		{ "sys_enter_lseek", "common_pid == %d", 100 },
		{ "sys_exit_lseek", "common_pid == %d", 100 },
		{ "sys_enter_lseek", "common_pid == %d && fd == 1003", 10 },
		{ "sys_enter_lseek", "common_pid == %d && (fd == 1 || whence == 99)",
		  100 },
		{ "sys_exit_lseek", "common_pid == %d && ret == 0", 0 },
		{ "sys_exit_lseek", "common_pid == %d && ret < 0", 100 },
		{ "sys_enter_getppid", "common_pid == %d", 100 },
		{ "sys_exit_getppid", "common_pid == %d && ret > 0", 100 },
		{ "sys_enter_lseek", "common_pid == %d && common_flags == 0xff", 0 },
		{ "sys_enter_lseek", "common_pid == %d && common_preempt_count == 0",
		  100 },
	};
	struct counter c[ARRAY_SIZE(cases)];
	struct sess s[ARRAY_SIZE(cases)];
	char name[64], path[200], filter[200];
	struct worker w;
	unsigned int i;

	worker_start(&w, work_lseek, NULL);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(filter, sizeof(filter), cases[i].filter, w.pid);
		snprintf(name, sizeof(name), "syscalls:%s", cases[i].event);
		sess_open(&s[i]);
		counter_init(&c[i], name, filter);
		sess_run(&s[i], &c[i].img);
	}
	/* All sessions count while the triggers come one after the other. */
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(filter, sizeof(filter), cases[i].filter, w.pid);
		snprintf(name, sizeof(name), "syscalls/%s", cases[i].event);
		snprintf(path, sizeof(path), "events/%s/trigger", name);
		tfs_write(path, "hist:keys=common_pid:size=128 if %s", filter);
		worker_run(&w);
		EXPECT_EQ(cases[i].hits, hist_hits(_metadata, name));
		tfs_write(path, "!hist:keys=common_pid:size=128 if %s", filter);
		EXPECT_EQ((i + 1) * cases[i].hits, counter_end(_metadata, &s[i])) {
			TH_LOG("%s %s", name, filter);
		}
		EXPECT_EQ((i + 1) * cases[i].hits, sess_stat(&s[i], HITS));
		EXPECT_EQ(0, sess_stat(&s[i], NESTED));
		sess_close(&s[i]);
		img_free(&c[i].img);
	}
	worker_end(&w);
}

/* Arguments and results by number; what one of two events has not is nil. */
KTAP_TEST(calls_with_arguments)
{
	static const __s64 values[] = { 1000, -5, 99 };
	struct ktap_insn insns[10];
	struct ktap_rec *rec;
	struct img img = {};
	char filter[64];
	struct worker w;
	__u32 i, probe;

	worker_start(&w, work_lseek, NULL);
	img_func(&img, MAIN, 0, RET());
	for (i = 0; i < 3; i++)
		insns[i] = FIELD(i, img_field_of(&img, KTAP_FIELD_ARG, i));
	insns[3] = FIELD(3, img_field_of(&img, KTAP_FIELD_RETVAL, 0));
	insns[4] = (struct ktap_insn)CALLB(0, PRINT, 4);
	insns[5] = (struct ktap_insn)RET();
	probe = __img_func(&img, KTAP_PROTO_PROBE, 4, insns, 6);
	snprintf(filter, sizeof(filter), "common_pid == %d && fd == 1000", w.pid);
	img_event(&img, probe, "syscalls:sys_enter_lseek", filter);
	snprintf(filter, sizeof(filter), "common_pid == %d && ret == %d", w.pid,
		 -EBADF);
	img_event(&img, probe, "syscalls:sys_exit_lseek", filter);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(values[i], rec_int(rec, i));
	EXPECT_EQ(KTAP_T_NIL, rec_val(rec, 3)->type);
	rec = sess_expect(&self->s, PRINT);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(KTAP_T_NIL, rec_val(rec, i)->type);
	EXPECT_EQ(-EBADF, rec_int(rec, 3));
	worker_end(&w);
	img_free(&img);
}

/* The event is not even enabled for that. */
KTAP_TEST(calls_without_event)
{
	struct counter c;
	struct worker w;
	char buf[64];

	worker_start(&w, work_getppid, (void *)100);
	counter_init(&c, "syscalls:sys_*_getppid", NULL);
	self->s.start.flags = KTAP_START_PID;
	self->s.start.pid = w.pid;
	sess_run(&self->s, &c.img);
	tfs_read("events/" EVENT_DIR "/enable", buf);
	EXPECT_STREQ("0\n", buf);
	worker_run(&w);
	EXPECT_EQ(200, counter_end(_metadata, &self->s));
	worker_end(&w);
	img_free(&c.img);
}

static void work_open(void *arg)
{
	close(openat(AT_FDCWD, "/proc/ktap-test-none", 0));
}

/* Handlers of one event run in the order of the script. */
KTAP_TEST(events_in_order)
{
	struct img img = {};
	struct sess *s = &self->s;
	char filter[64];
	int i;

	pid_filter(filter, sizeof(filter), getpid());
	img_func(&img, MAIN, 0, RET());
	for (i = 1; i <= 4; i++)
		img_event(&img, img_says(&img, i), "task:task_rename", filter);
	sess_run(s, &img);
	for (i = 0; i < 5; i++)
		prctl(PR_SET_NAME, "renamed");
	sess_stop(s);
	expect_order(s, 4, 5);
	EXPECT_EQ(0, sess_end(s));
	img_free(&img);
}

/*
 * Handlers of one system call run in the order of the script, also if one of them
 * needs what only the event itself has.
 */
KTAP_TEST(calls_in_order)
{
	struct img img = {};
	struct worker w;
	char filter[64];
	__u32 probe[3];
	int i;

	worker_start(&w, work_open, NULL);
	pid_filter(filter, sizeof(filter), w.pid);
	img_func(&img, MAIN, 0, RET());
	probe[0] = img_func(&img, PROBE, 1, LOADI(0, 10), CALLB(0, PRINT, 1), RET());
	probe[1] = img_func(&img, PROBE, 1, VAR(0, ARGSTR), CALLB(0, PRINT, 1), RET());
	probe[2] = img_func(&img, PROBE, 1, LOADI(0, 12), CALLB(0, PRINT, 1), RET());
	for (i = 0; i < 3; i++)
		img_event(&img, probe[i], "syscalls:sys_enter_openat", filter);
	sess_run(&self->s, &img);
	worker_run(&w);
	EXPECT_EQ(10, rec_int(sess_expect(&self->s, PRINT), 0));
	EXPECT_EQ(KTAP_T_STR, rec_val(sess_expect(&self->s, PRINT), 0)->type);
	EXPECT_EQ(12, rec_int(sess_expect(&self->s, PRINT), 0));
	worker_end(&w);
	img_free(&img);
}

/* Text that the event takes from user memory. */
KTAP_TEST(calls_with_user_text)
{
	static const char * const names[] = { "__filename_val", "dfd" };
	static const char * const filters[] = {
		"common_pid == %d",
		"common_pid == %d && __filename_val ~ \"*test-none\"",
	};
	char filter[200], buf[4096], *text;
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	unsigned int i;

	tfs_read("events/syscalls/sys_enter_openat/format", buf);
	if (!strstr(buf, names[0]))
		SKIP(return, "the event has no such field");
	sess_close(&self->s);
	worker_start(&w, work_open, NULL);
	for (i = 0; i < ARRAY_SIZE(filters); i++) {
		struct sess s;

		snprintf(filter, sizeof(filter), filters[i], w.pid);
		img_print_fields(&img, "syscalls:sys_enter_openat", filter, names, 2);
		sess_open(&s);
		sess_run(&s, &img);
		worker_run(&w);
		rec = sess_expect(&s, PRINT);
		text = rec_str(rec, 0);
		EXPECT_STREQ("/proc/ktap-test-none", text);
		free(text);
		EXPECT_EQ(AT_FDCWD, (int)rec_int(rec, 1));
		sess_close(&s);
		img_free(&img);
	}
	worker_end(&w);
}

/* No system call is left out or told twice. */
KTAP_TEST(calls_of_all_kinds)
{
	char buf[4096], filter[64];
	struct counter c;
	struct worker w;
	long hits;

	worker_start(&w, work_lseek, NULL);
	pid_filter(filter, sizeof(filter), w.pid);
	counter_init(&c, "syscalls:*", filter);
	sess_run(&self->s, &c.img);
	EXPECT_LT(400, self->s.start.nr_attached);
	tfs_write("events/raw_syscalls/sys_enter/trigger", "hist:keys=common_pid if %s",
		  filter);
	tfs_write("events/raw_syscalls/sys_exit/trigger", "hist:keys=common_pid if %s",
		  filter);
	worker_run(&w);
	hits = hist_hits(_metadata, "raw_syscalls/sys_enter") +
	       hist_hits(_metadata, "raw_syscalls/sys_exit");
	tfs_write("events/raw_syscalls/sys_enter/trigger", "!hist:keys=common_pid if %s",
		  filter);
	tfs_write("events/raw_syscalls/sys_exit/trigger", "!hist:keys=common_pid if %s",
		  filter);
	/* It works, and says so with a write(); then it waits in a read(). */
	EXPECT_LE(2 * 200, hits);
	EXPECT_EQ(hits, counter_end(_metadata, &self->s));
	tfs_read("set_event", buf);
	EXPECT_STREQ("", buf);
	worker_end(&w);
	img_free(&c.img);
}

/* An event stays until the session that has it is closed. */
KTAP_TEST(own_event_in_use)
{
	struct counter c;

	if (!own_event("one=\\1:u8"))
		SKIP(return, "no kprobe events");
	counter_init(&c, OWN, NULL);
	sess_run(&self->s, &c.img);
	ASSERT_EQ(-1, __own_event_remove());
	ASSERT_EQ(EBUSY, errno);
	sess_stop(&self->s);
	sess_expect(&self->s, PRINT);
	ASSERT_EQ(0, sess_end(&self->s));
	ASSERT_EQ(-1, __own_event_remove());
	ASSERT_EQ(EBUSY, errno);
	sess_close(&self->s);
	own_event_remove(_metadata);
	img_free(&c.img);
}

/*
 * A record whose texts are longer than a record can be: they are cut, and what
 * comes behind them is still there.
 */
KTAP_TEST(text_longer_than_record)
{
	struct ktap_insn insns[KTAP_MAX_ARGS + 2];
	struct ktap_rec *rec;
	struct img img = {};
	bool short_records;
	char filter[64];
	struct worker w;
	int fd, i;

	if (!own_event("a=@linux_banner:x8[64]", "b=@linux_banner:x8[64]",
		       "c=@linux_banner:x8[64]", "d=@linux_banner:x8[32]"))
		SKIP(return, "no kprobe events");
	fd = open("/proc/self/exe", O_RDONLY);
	worker_start(&w, work_read, (void *)(long)fd);
	pid_filter(filter, sizeof(filter), w.pid);
	img_func(&img, MAIN, 0, RET());
	for (i = 0; i < KTAP_MAX_ARGS - 1; i++)
		insns[i] = VAR(i, ARGSTR);
	insns[i++] = LOADI(KTAP_MAX_ARGS - 1, 42);
	insns[i++] = (struct ktap_insn)CALLB(0, PRINT, KTAP_MAX_ARGS);
	insns[i++] = (struct ktap_insn)RET();
	img_event(&img, __img_func(&img, KTAP_PROTO_PROBE, KTAP_MAX_ARGS, insns, i),
		  OWN, filter);
	sess_run(&self->s, &img);
	worker_run(&w);
	/* There are kernels whose ring buffer takes no event longer than a page. */
	short_records = sess_stat(&self->s, TOO_LONG);
	if (!short_records) {
		rec = sess_expect(&self->s, PRINT);
		EXPECT_LT(KTAP_REC_MAX - 4096, rec->size);
		EXPECT_EQ(42, rec_int(rec, KTAP_MAX_ARGS - 1));
	}
	sess_close(&self->s);
	worker_end(&w);
	own_event_remove(_metadata);
	img_free(&img);
	if (short_records)
		SKIP(return, "records of this kernel cannot be that long");
}

/*
 * The event as text
 */

static void work_mixed(void *arg)
{
	char name[16];
	int i, fd;

	for (i = 0; i < 10; i++) {
		syscall(SYS_getppid);
		syscall(SYS_lseek, -1L, -5L, 99);
		fd = open("/dev/null", O_RDONLY);
		close(fd);
		snprintf(name, sizeof(name), "name%d", i);
		prctl(PR_SET_NAME, name);
		usleep(1);
	}
}

/* The text is what the trace file has for the same hits. */
static void text_as_trace(struct __test_metadata *_metadata, struct sess *s,
			  const char *system, const char *name, const char *field)
{
	static char trace[1 << 20];
	char path[200], filter[100], spec[100], *line, *end;
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	int lines = 0;

	worker_start(&w, work_mixed, NULL);
	snprintf(filter, sizeof(filter), "%s == %d", field, w.pid);
	snprintf(spec, sizeof(spec), "%s:%s", system, name);
	tfs_write("trace", "\n");
	tfs_write("options/context-info", "0");
	snprintf(path, sizeof(path), "events/%s/%s/filter", system, name);
	tfs_write(path, "%s", filter);
	snprintf(path, sizeof(path), "events/%s/%s/enable", system, name);
	tfs_write(path, "1");

	sess_open(s);
	img_print_argstr(&img, spec, filter);
	sess_run(s, &img);
	worker_run(&w);
	tfs_write("tracing_on", "0");
	sess_stop(s);
	tfs_write(path, "0");

	tfs_read("trace", trace);
	for (line = trace; *line; line = end + 1) {
		const char *text;

		end = strchr(line, '\n');
		ASSERT_NE(NULL, end);
		*end = 0;
		if (*line == '#' || !*line)
			continue;
		rec = sess_expect(s, PRINT);
		text = rec_str(rec, 0);
		EXPECT_STREQ(line, text);
		free((void *)text);
		lines++;
	}
	EXPECT_LT(0, lines);
	/* A switch may come after tracing was off, but before the stop. */
	while ((rec = sess_next(s)) && rec->type == KTAP_REC_PRINT)
		EXPECT_STREQ("sched_switch", name);
	sess_close(s);

	tfs_write("tracing_on", "1");
	tfs_write("options/context-info", "1");
	tfs_write("trace", "\n");
	snprintf(path, sizeof(path), "events/%s/%s/filter", system, name);
	tfs_write(path, "0");
	worker_end(&w);
	img_free(&img);
}

KTAP_TEST(text_of_system_calls)
{
	sess_close(&self->s);
	text_as_trace(_metadata, &self->s, "syscalls", "sys_enter_getppid",
		      "common_pid");
	text_as_trace(_metadata, &self->s, "syscalls", "sys_enter_lseek",
		      "common_pid");
	text_as_trace(_metadata, &self->s, "syscalls", "sys_exit_lseek",
		      "common_pid");
	text_as_trace(_metadata, &self->s, "syscalls", "sys_enter_openat",
		      "common_pid");
}

KTAP_TEST(text_of_events)
{
	sess_close(&self->s);
	text_as_trace(_metadata, &self->s, "task", "task_rename", "common_pid");
	text_as_trace(_metadata, &self->s, "sched", "sched_switch", "next_pid");
	text_as_trace(_metadata, &self->s, "sched", "sched_waking", "pid");
}

/*
 * Which events
 */

/* How many events there are with a system and a name that match. */
static unsigned int count_events(struct __test_metadata *_metadata,
				 const char *spec)
{
	static char events[1 << 20];
	unsigned int found = 0;
	char *line;

	tfs_read("available_events", events);
	for (line = strtok(events, "\n"); line; line = strtok(NULL, "\n")) {
		/* No colon is in a system or a name. */
		if (strncmp(line, "ftrace:", 7) && !fnmatch(spec, line, 0))
			found++;
	}
	return found;
}

KTAP_TEST(globs)
{
	static const char * const specs[] = {
		"syscalls:sys_enter_getppid", "syscalls:sys_enter_getp*",
		"syscalls:sys_*_getppid", "s*s:sys_enter_getppid", "*:sched_switch",
		"sched:*", "sched:sched_[sw]*", "*:*_rename", "task:task_??????",
		"syscalls:sys_enter_*",
	};
	unsigned int i, events;

	sess_close(&self->s);
	for (i = 0; i < ARRAY_SIZE(specs); i++) {
		struct counter c;
		struct sess s;

		events = count_events(_metadata, specs[i]);
		ASSERT_LT(0, events);
		/* No hit fits, for this is about which are found. */
		counter_init(&c, specs[i], "common_pid == 0x7fffffff");
		sess_open(&s);
		sess_load(&s, &c.img);
		sess_start(&s);
		EXPECT_EQ(events, s.start.nr_attached) {
			TH_LOG("%s", specs[i]);
		}
		sess_close(&s);
		img_free(&c.img);
	}
}

/* Everything there is at once, with all that this brings about itself. */
KTAP_TEST(all_events)
{
	struct counter c;
	__u64 hits;

	counter_init(&c, "*:*", NULL);
	sess_run(&self->s, &c.img);
	EXPECT_LT(500, self->s.start.nr_attached);
	work_mixed(NULL);
	sess_stop(&self->s);
	hits = rec_int(sess_expect(&self->s, PRINT), 0);
	ASSERT_EQ(0, sess_end(&self->s));
	EXPECT_LT(100, hits);
	EXPECT_EQ(hits, sess_stat(&self->s, HITS));
	sess_close(&self->s);
	tfs_wait_idle();
	img_free(&c.img);
}

/* START of a program with this one event, as the second one. */
static void start_fails(struct __test_metadata *_metadata, struct sess *s,
			const char *spec, const char *filter, int err,
			const char *text)
{
	struct counter c;

	counter_init(&c, EVENT, NULL);
	img_event(&c.img, c.probe, spec, filter);
	sess_load(s, &c.img);
	ASSERT_EQ(-1, __sess_start(s));
	EXPECT_EQ(err, errno) {
		TH_LOG("%s: %s", strerror(errno), s->log);
	}
	EXPECT_STREQ(text, s->log);
	EXPECT_EQ(1, s->start.event);
	EXPECT_EQ(0, s->start.nr_attached);
	sess_close(s);
	tfs_event_idle(EVENT_DIR);
	tfs_wait_idle();
	img_free(&c.img);
}

KTAP_TEST(no_such_event)
{
	start_fails(_metadata, &self->s, "sched:nosuchevent", NULL, ENOENT,
		    "no event matches 'sched:nosuchevent'\n");
}

/* An event that is there, and cannot be attached to. */
KTAP_TEST(event_probe)
{
	struct counter c;

	if (__tfs_write("dynamic_events", true,
			"e:ktap_test/probe task/task_rename oom=$oom_score_adj:s16"))
		SKIP(return, "no event probes");
	counter_init(&c, "ktap_test:probe", NULL);
	sess_load(&self->s, &c.img);
	EXPECT_EQ(-1, __sess_start(&self->s));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("'ktap_test:probe' is an event probe or a user event, which can go away while it is traced\n",
		     self->s.log);
	ASSERT_EQ(0, __tfs_write("dynamic_events", true, "-:ktap_test/probe"));
	img_free(&c.img);
}

KTAP_TEST(no_such_system)
{
	start_fails(_metadata, &self->s, "nosuch*:sched_switch", NULL, ENOENT,
		    "no event matches 'nosuch*:sched_switch'\n");
}

/* Those of ftrace itself cannot be enabled. */
KTAP_TEST(no_ftrace_events)
{
	start_fails(_metadata, &self->s, "ftrace:*", NULL, ENOENT,
		    "no event matches 'ftrace:*'\n");
}

KTAP_TEST(event_without_system)
{
	start_fails(_metadata, &self->s, "sched_switch", NULL, EINVAL,
		    "'sched_switch' is not of the form system:event\n");
}

KTAP_TEST(event_without_name)
{
	start_fails(_metadata, &self->s, "sched:", NULL, EINVAL,
		    "'sched:' is not of the form system:event\n");
}

KTAP_TEST(filter_with_unknown_field)
{
	start_fails(_metadata, &self->s, "sched:sched_switch", "nosuchfield == 1",
		    EINVAL,
		    "nosuchfield == 1\n            ^\nparse_error: Field not found\n");
}

KTAP_TEST(filter_with_unknown_operator)
{
	start_fails(_metadata, &self->s, "sched:sched_switch", "next_pid ** 1",
		    EINVAL,
		    "next_pid ** 1\n          ^\nparse_error: Invalid operator\n");
}

KTAP_TEST(filter_with_unbalanced_parentheses)
{
	start_fails(_metadata, &self->s, "sched:sched_switch", "(next_pid == 1",
		    EINVAL,
		    "(next_pid == 1\n^\nparse_error: Too many '('\n");
}

/* Of many events the filter has to fit one at least. */
KTAP_TEST(filter_that_fits_none)
{
	struct counter c;

	counter_init(&c, "sched:*", "nosuchfield == 1");
	sess_load(&self->s, &c.img);
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(EINVAL, errno);
	ASSERT_NE(NULL, strstr(self->s.log, "Field not found"));
	img_free(&c.img);
}

KTAP_TEST(filter_that_fits_some)
{
	struct counter c;

	counter_init(&c, "sched:*", "next_pid == 0x7fffffff");
	sess_load(&self->s, &c.img);
	sess_start(&self->s);
	EXPECT_LE(1, self->s.start.nr_attached);
	EXPECT_GT(count_events(_metadata, "sched:*"), self->s.start.nr_attached);
	EXPECT_STREQ("", self->s.log);
	img_free(&c.img);
}

/*
 * Nothing is lost without being counted
 */

static void img_print_number(struct img *img, const char *filter)
{
	memset(img, 0, sizeof(*img));
	img_func(img, MAIN, 0, RET());
	img_event(img, img_func(img, PROBE, 1, VAR(0, NSECS), CALLB(0, PRINT, 1),
				RET()), EVENT, filter);
}

KTAP_TEST(ring_full)
{
	__u64 received = 0, told = 0, lost;
	const struct ktap_rec_lost *gap;
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64];

	worker_start(&w, work_getppid, (void *)5000);
	pid_filter(filter, sizeof(filter), w.pid);
	img_print_number(&img, filter);
	self->s.load.ring_size = 16 << 10;
	sess_run(&self->s, &img);
	worker_run(&w);
	sess_stop(&self->s);
	while ((rec = sess_next(&self->s)) && rec->type != KTAP_REC_END) {
		gap = (const void *)(rec + 1);
		if (rec->type == KTAP_REC_PRINT)
			received++;
		else if (rec->type == KTAP_REC_LOST)
			told += gap->count;
		else
			ASSERT_EQ(KTAP_REC_PRINT, rec->type);
	}
	lost = sess_stat(&self->s, RING_FULL);
	EXPECT_LT(0, lost);
	EXPECT_EQ(lost, told);
	EXPECT_LT(0, received);
	EXPECT_EQ(5000, received + lost);
	EXPECT_EQ(received, sess_stat(&self->s, RECORDS));
	EXPECT_EQ(5000, sess_stat(&self->s, HITS));
	worker_end(&w);
	img_free(&img);
}

/* A line that is longer than a record can be is counted, not cut. */
KTAP_TEST(record_too_long)
{
	struct img img = {};
	char text[4001];
	__u32 k;

	memset(text, 'x', 4000);
	text[4000] = 0;
	k = img_text(&img, text);
	/* A string of the image is not in the record, so make new ones. */
	img_func(&img, MAIN, 9,
		 LOADK(0, k), LOADI(1, 1),
		 CONCAT(2, 0, 1), CONCAT(3, 0, 1), CONCAT(4, 0, 1), CONCAT(5, 0, 1),
		 CONCAT(6, 0, 1), CALLB(2, PRINT, 5), CALLB(1, PRINT, 1), RET());
	sess_load(&self->s, &img);
	sess_start(&self->s);
	sess_expect(&self->s, LOST);
	ASSERT_EQ(1, rec_int(sess_expect(&self->s, PRINT), 0));
	sess_expect(&self->s, RUNNING);
	EXPECT_EQ(1, sess_stat(&self->s, TOO_LONG));
	EXPECT_EQ(1, sess_stat(&self->s, RECORDS));
	img_free(&img);
}

/* Records are in the order of their time stamps, on each CPU and altogether. */
KTAP_TEST(order)
{
	__u64 last = 0, last_of_cpu[1024] = {};
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int i, nr = cpus < 4 ? 4 : cpus;
	struct worker w[256];
	struct ktap_rec *rec;
	struct img img;
	long received = 0;
	char c;

	if (nr > 256)
		nr = 256;
	for (i = 0; i < nr; i++) {
		cpu_set_t set;

		worker_start(&w[i], work_getppid, (void *)2000);
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		/* If it may not run there it runs elsewhere. */
		sched_setaffinity(w[i].pid, sizeof(set), &set);
	}
	img_print_number(&img, NULL);
	self->s.load.ring_size = 4 << 20;
	sess_run(&self->s, &img);
	for (i = 0; i < nr; i++)
		ASSERT_EQ(1, write(w[i].go, "", 1));
	for (i = 0; i < nr; i++)
		ASSERT_EQ(1, read(w[i].done, &c, 1));
	sess_stop(&self->s);
	while ((rec = sess_next(&self->s)) && rec->type == KTAP_REC_PRINT) {
		ASSERT_GT(ARRAY_SIZE(last_of_cpu), rec->cpu);
		ASSERT_LE(last_of_cpu[rec->cpu], rec->ts);
		ASSERT_LE(last, rec->ts);
		/* It was read before the record was reserved. */
		ASSERT_LE(rec_int(rec, 0), rec->ts);
		last_of_cpu[rec->cpu] = rec->ts;
		last = rec->ts;
		received++;
	}
	ASSERT_EQ(KTAP_REC_END, rec->type);
	EXPECT_LE(nr * 2000L, received);
	EXPECT_EQ(0, sess_stat(&self->s, RING_FULL));
	for (i = 0; i < nr; i++)
		worker_end(&w[i]);
	img_free(&img);
}

/*
 * Beside ftrace, with an event that we are a trigger of and with a system call
 */

static void work_renames(void *arg)
{
	long i;

	for (i = 0; i < (long)arg; i++)
		prctl(PR_SET_NAME, "renamed");
}

/**
 * struct beside_event - an event that both of us have
 * @name: as we name it
 * @dir: below events
 * @text: how a line of it in the trace buffer can be known
 * @work: what has it
 * @soft: it is enabled in soft mode for us
 */
struct beside_event {
	const char *name;
	const char *dir;
	const char *text;
	void (*work)(void *arg);
	bool soft;
};

static const struct beside_event by_trigger = {
	"task:task_rename", "task/task_rename", "task_rename:", work_renames, true,
};

static const struct beside_event by_hook = {
	EVENT, EVENT_DIR, "sys_getppid", work_getppid, false,
};

#define BESIDE_TEST(name)						\
	static void name(struct __test_metadata *_metadata, struct sess *s, \
			 const struct beside_event *event);		\
	KTAP_TEST(name##_by_trigger)					\
	{								\
		name(_metadata, &self->s, &by_trigger);			\
	}								\
	KTAP_TEST(name##_by_hook)					\
	{								\
		name(_metadata, &self->s, &by_hook);			\
	}								\
	static void name(struct __test_metadata *_metadata, struct sess *s, \
			 const struct beside_event *event)

struct beside {
	struct counter c;
	struct worker w;
};

static void beside_begin(struct __test_metadata *_metadata, struct beside *b,
			 struct sess *s, const struct beside_event *event)
{
	char filter[64];

	worker_start(&b->w, event->work, (void *)100);
	pid_filter(filter, sizeof(filter), b->w.pid);
	counter_init(&b->c, event->name, filter);
	tfs_write("trace", "\n");
	sess_load(s, &b->c.img);
}

static void beside_run(struct __test_metadata *_metadata, struct sess *s)
{
	sess_start(s);
	sess_expect(s, RUNNING);
}

static void beside_end(struct __test_metadata *_metadata, struct beside *b)
{
	worker_end(&b->w);
	img_free(&b->c.img);
	tfs_write("trace", "\n");
}

static void event_write(struct __test_metadata *_metadata,
			const struct beside_event *event, const char *file,
			const char *text)
{
	char path[200];

	snprintf(path, sizeof(path), "events/%s/%s", event->dir, file);
	tfs_write(path, "%s", text);
}

static void expect_enable(struct __test_metadata *_metadata,
			  const struct beside_event *event, const char *text)
{
	char path[200], buf[16];

	snprintf(path, sizeof(path), "events/%s/enable", event->dir);
	tfs_read(path, buf);
	EXPECT_STREQ(text, buf);
}

/* Nothing of ours is in the trace buffer. */
BESIDE_TEST(beside_nothing)
{
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	beside_run(_metadata, s);
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", event->text));
	EXPECT_EQ(100, counter_end(_metadata, s));
	beside_end(_metadata, &b);
}

BESIDE_TEST(enabled_before)
{
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	event_write(_metadata, event, "enable", "1");
	expect_enable(_metadata, event, "1\n");
	beside_run(_metadata, s);
	expect_enable(_metadata, event, event->soft ? "1*\n" : "1\n");
	worker_run(&b.w);
	EXPECT_EQ(100, trace_lines(_metadata, "", event->text));
	EXPECT_EQ(100, counter_end(_metadata, s));
	expect_enable(_metadata, event, "1\n");
	worker_run(&b.w);
	EXPECT_EQ(200, trace_lines(_metadata, "", event->text));
	event_write(_metadata, event, "enable", "0");
	beside_end(_metadata, &b);
}

BESIDE_TEST(enabled_meanwhile)
{
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	beside_run(_metadata, s);
	expect_enable(_metadata, event, event->soft ? "0*\n" : "0\n");
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", event->text));
	event_write(_metadata, event, "enable", "1");
	worker_run(&b.w);
	EXPECT_EQ(100, trace_lines(_metadata, "", event->text));
	event_write(_metadata, event, "enable", "0");
	worker_run(&b.w);
	EXPECT_EQ(100, trace_lines(_metadata, "", event->text));
	expect_enable(_metadata, event, event->soft ? "0*\n" : "0\n");
	EXPECT_EQ(300, counter_end(_metadata, s));
	beside_end(_metadata, &b);
}

/* "echo > set_event" is about ftrace's events, not ours. */
BESIDE_TEST(all_disabled_meanwhile)
{
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	event_write(_metadata, event, "enable", "1");
	beside_run(_metadata, s);
	tfs_write("set_event", "\n");
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", event->text));
	EXPECT_EQ(100, counter_end(_metadata, s));
	expect_enable(_metadata, event, "0\n");
	beside_end(_metadata, &b);
}

/* What ftrace filters out we still get. */
BESIDE_TEST(filtered_by_ftrace)
{
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	event_write(_metadata, event, "filter", "common_pid == 0x7fffffff");
	event_write(_metadata, event, "enable", "1");
	beside_run(_metadata, s);
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", event->text));
	EXPECT_EQ(100, counter_end(_metadata, s));
	event_write(_metadata, event, "enable", "0");
	event_write(_metadata, event, "filter", "0");
	beside_end(_metadata, &b);
}

BESIDE_TEST(tracing_off)
{
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	event_write(_metadata, event, "enable", "1");
	tfs_write("tracing_on", "0");
	beside_run(_metadata, s);
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", event->text));
	EXPECT_EQ(100, counter_end(_metadata, s));
	event_write(_metadata, event, "enable", "0");
	tfs_write("tracing_on", "1");
	beside_end(_metadata, &b);
}

BESIDE_TEST(instance)
{
	const char *dir = TRACEFS "/instances/ktap_test";
	char enable[200];
	struct beside b;

	snprintf(enable, sizeof(enable), "instances/ktap_test/events/%s/enable",
		 event->dir);
	ASSERT_EQ(0, mkdir(dir, 0755));
	beside_begin(_metadata, &b, s, event);
	beside_run(_metadata, s);
	tfs_write(enable, "1");
	worker_run(&b.w);
	EXPECT_LE(100, trace_lines(_metadata, "instances/ktap_test/", event->text));
	EXPECT_EQ(0, trace_lines(_metadata, "", event->text));
	EXPECT_EQ(100, counter_end(_metadata, s));
	tfs_write(enable, "0");
	ASSERT_EQ(0, rmdir(dir));
	beside_end(_metadata, &b);
}

/* Triggers of others are shown, work, and can be taken away, and ours stays. */
BESIDE_TEST(other_triggers)
{
	char path[200], buf[4096];
	struct beside b;

	beside_begin(_metadata, &b, s, event);
	event_write(_metadata, event, "trigger", "hist:keys=common_pid:size=256");
	beside_run(_metadata, s);
	snprintf(path, sizeof(path), "events/%s/trigger", event->dir);
	tfs_read(path, buf);
	EXPECT_NE(NULL, strstr(buf, "hist:keys=common_pid"));
	worker_run(&b.w);
	EXPECT_LE(100, hist_hits(_metadata, event->dir));
	event_write(_metadata, event, "trigger", "!hist:keys=common_pid:size=256");
	worker_run(&b.w);
	/* This takes away all of them. */
	snprintf(path, sizeof(path), TRACEFS "/events/%s/trigger", event->dir);
	close(open(path, O_WRONLY | O_TRUNC));
	worker_run(&b.w);
	EXPECT_EQ(300, counter_end(_metadata, s));
	tfs_event_idle(event->dir);
	beside_end(_metadata, &b);
}

TEST_HARNESS_MAIN
