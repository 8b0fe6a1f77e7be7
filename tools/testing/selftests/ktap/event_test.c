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

KTAP_TEST(field_that_is_not_there_by_name)
{
	static const char * const names[] = { "fd", "nosuchfield" };
	struct img img;

	img_print_fields(&img, "syscalls:sys_enter_lseek", NULL, names, 2);
	sess_load(&self->s, &img);
	ASSERT_EQ(-1, __sess_start(&self->s));
	ASSERT_EQ(EINVAL, errno);
	ASSERT_STREQ("event sys_enter_lseek has no field 'nosuchfield'\n",
		     self->s.log);
	ASSERT_EQ(0, self->s.start.event);
	img_free(&img);
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

/* Arrays are nothing that a script can hold. */
KTAP_TEST(field_with_array)
{
	static const char * const names[] = { "arr", "after" };
	struct ktap_rec *rec;
	struct worker w;
	struct img img;
	char filter[64];
	int fd;

	if (!own_event("arr=+0($stack):u8[16]", "after=\\7:u8"))
		SKIP(return, "no kprobe events");
	fd = open("/proc/self/exe", O_RDONLY);
	worker_start(&w, work_read, (void *)(long)fd);
	pid_filter(filter, sizeof(filter), w.pid);
	img_print_fields(&img, OWN, filter, names, 2);
	sess_run(&self->s, &img);
	worker_run(&w);
	rec = sess_expect(&self->s, PRINT);
	EXPECT_EQ(7, rec_int(rec, 1));
	sess_close(&self->s);
	worker_end(&w);
	own_event_remove(_metadata);
	img_free(&img);
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
	__u64 received = 0, lost;
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
	while ((rec = sess_next(&self->s)) && rec->type == KTAP_REC_PRINT)
		received++;
	ASSERT_EQ(KTAP_REC_END, rec->type);
	lost = sess_stat(&self->s, RING_FULL);
	EXPECT_LT(0, lost);
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
 * Beside ftrace
 */

struct beside {
	struct counter c;
	struct worker w;
};

static void beside_begin(struct __test_metadata *_metadata, struct beside *b,
			 struct sess *s)
{
	char filter[64];

	worker_start(&b->w, work_getppid, (void *)100);
	pid_filter(filter, sizeof(filter), b->w.pid);
	counter_init(&b->c, EVENT, filter);
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

static void expect_enable(struct __test_metadata *_metadata, const char *text)
{
	char buf[16];

	tfs_read("events/" EVENT_DIR "/enable", buf);
	EXPECT_STREQ(text, buf);
}

/* Nothing of ours is in the trace buffer. */
KTAP_TEST(beside_nothing)
{
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	beside_run(_metadata, &self->s);
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", "sys_getppid"));
	EXPECT_EQ(100, counter_end(_metadata, &self->s));
	beside_end(_metadata, &b);
}

KTAP_TEST(enabled_before)
{
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	tfs_write("events/" EVENT_DIR "/enable", "1");
	expect_enable(_metadata, "1\n");
	beside_run(_metadata, &self->s);
	expect_enable(_metadata, "1*\n");
	worker_run(&b.w);
	EXPECT_EQ(100, trace_lines(_metadata, "", "sys_getppid"));
	EXPECT_EQ(100, counter_end(_metadata, &self->s));
	expect_enable(_metadata, "1\n");
	worker_run(&b.w);
	EXPECT_EQ(200, trace_lines(_metadata, "", "sys_getppid"));
	tfs_write("events/" EVENT_DIR "/enable", "0");
	beside_end(_metadata, &b);
}

KTAP_TEST(enabled_meanwhile)
{
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	beside_run(_metadata, &self->s);
	expect_enable(_metadata, "0*\n");
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", "sys_getppid"));
	tfs_write("events/" EVENT_DIR "/enable", "1");
	worker_run(&b.w);
	EXPECT_EQ(100, trace_lines(_metadata, "", "sys_getppid"));
	tfs_write("events/" EVENT_DIR "/enable", "0");
	worker_run(&b.w);
	EXPECT_EQ(100, trace_lines(_metadata, "", "sys_getppid"));
	expect_enable(_metadata, "0*\n");
	EXPECT_EQ(300, counter_end(_metadata, &self->s));
	beside_end(_metadata, &b);
}

/* "echo > set_event" is about ftrace's events, not ours. */
KTAP_TEST(all_disabled_meanwhile)
{
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	tfs_write("events/" EVENT_DIR "/enable", "1");
	beside_run(_metadata, &self->s);
	tfs_write("set_event", "\n");
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", "sys_getppid"));
	EXPECT_EQ(100, counter_end(_metadata, &self->s));
	expect_enable(_metadata, "0\n");
	beside_end(_metadata, &b);
}

/* What ftrace filters out we still get. */
KTAP_TEST(filtered_by_ftrace)
{
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	tfs_write("events/" EVENT_DIR "/filter", "common_pid == 0x7fffffff");
	tfs_write("events/" EVENT_DIR "/enable", "1");
	beside_run(_metadata, &self->s);
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", "sys_getppid"));
	EXPECT_EQ(100, counter_end(_metadata, &self->s));
	tfs_write("events/" EVENT_DIR "/enable", "0");
	tfs_write("events/" EVENT_DIR "/filter", "0");
	beside_end(_metadata, &b);
}

KTAP_TEST(tracing_off)
{
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	tfs_write("events/" EVENT_DIR "/enable", "1");
	tfs_write("tracing_on", "0");
	beside_run(_metadata, &self->s);
	worker_run(&b.w);
	EXPECT_EQ(0, trace_lines(_metadata, "", "sys_getppid"));
	EXPECT_EQ(100, counter_end(_metadata, &self->s));
	tfs_write("events/" EVENT_DIR "/enable", "0");
	tfs_write("tracing_on", "1");
	beside_end(_metadata, &b);
}

KTAP_TEST(instance)
{
	const char *dir = TRACEFS "/instances/ktap_test";
	const char *enable = "instances/ktap_test/events/" EVENT_DIR "/enable";
	struct beside b;

	ASSERT_EQ(0, mkdir(dir, 0755));
	beside_begin(_metadata, &b, &self->s);
	beside_run(_metadata, &self->s);
	tfs_write(enable, "1");
	worker_run(&b.w);
	EXPECT_LE(100, trace_lines(_metadata, "instances/ktap_test/",
				   "sys_getppid"));
	EXPECT_EQ(0, trace_lines(_metadata, "", "sys_getppid"));
	EXPECT_EQ(100, counter_end(_metadata, &self->s));
	tfs_write(enable, "0");
	ASSERT_EQ(0, rmdir(dir));
	beside_end(_metadata, &b);
}

/* Triggers of others are shown, work, and can be taken away, and ours stays. */
KTAP_TEST(other_triggers)
{
	char buf[4096];
	struct beside b;

	beside_begin(_metadata, &b, &self->s);
	tfs_write("events/" EVENT_DIR "/trigger", "hist:keys=common_pid:size=256");
	beside_run(_metadata, &self->s);
	tfs_read("events/" EVENT_DIR "/trigger", buf);
	EXPECT_NE(NULL, strstr(buf, "hist:keys=common_pid"));
	worker_run(&b.w);
	EXPECT_LE(100, hist_hits(_metadata, EVENT_DIR));
	tfs_write("events/" EVENT_DIR "/trigger", "!hist:keys=common_pid:size=256");
	worker_run(&b.w);
	/* This takes away all of them. */
	close(open(TRACEFS "/events/" EVENT_DIR "/trigger", O_WRONLY | O_TRUNC));
	worker_run(&b.w);
	EXPECT_EQ(300, counter_end(_metadata, &self->s));
	tfs_event_idle(EVENT_DIR);
	beside_end(_metadata, &b);
}

TEST_HARNESS_MAIN
