// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of naming addresses of user code
 *
 * What processes map is made up, or is that of programs that are compiled here and
 * tell where their functions are.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ktap.h>

#include "demangle.h"
#include "flame.h"
#include "inline.h"
#include "inside.h"
#include "json.h"
#include "perfmap.h"
#include "symtab.h"
#include "test.h"
#include "usym.h"
#include "value.h"

static bool same_text(const char *got, const char *want)
{
	if (!strcmp(got, want))
		return true;
	printf("got '%s', not '%s'\n", got, want);
	return false;
}

static uint32_t noise(void)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return state >> 8;
}

/*
 * Mappings that are made up
 */

static struct maps maps;

static void map_into(struct maps *to, uint32_t pid, uint64_t time, uint64_t start,
		     uint64_t end, const char *path)
{
	struct map_event event = {
		.kind = MAP_MMAP,
		.pid = pid,
		.time = time,
		.start = start,
		.len = end - start,
		.offset = start,
		.ino = 1,
		.path = path,
	};

	ktap_maps_event(to, &event);
}

static void map_at(uint32_t pid, uint64_t time, uint64_t start, uint64_t end,
		   const char *path)
{
	map_into(&maps, pid, time, start, end, path);
}

static void happen(enum map_event_kind kind, uint32_t pid, uint32_t parent,
		   uint64_t time)
{
	struct map_event event = {
		.kind = kind,
		.pid = pid,
		.parent = parent,
		.time = time,
	};

	ktap_maps_event(&maps, &event);
}

/* The name and the offset in the file of what is at an address. */
static const char *what_at(uint32_t pid, uint64_t ts, uint64_t addr)
{
	static char text[200];
	const struct mapping *map;
	struct process *proc;

	map = ktap_maps_find(&maps, pid, ts, addr, &proc);
	if (!map)
		return "nothing";
	snprintf(text, sizeof(text), "%s+%llx", map->file->name,
		 (unsigned long long)(addr - map->start + map->offset));
	return text;
}

static void expect_at(uint32_t pid, uint64_t ts, uint64_t addr, const char *want,
		      const char *name)
{
	ok(same_text(what_at(pid, ts, addr), want), name);
}

/* Numbers that no process has. */
#define PID	0x7fff0000
#define CHILD	0x7fff0001
#define OTHER	0x7fff1000

static void test_order(void)
{
	ktap_maps_init(&maps);
	expect_at(PID, 100, 0x1000, "nothing", "a process that nobody knows");
	map_at(PID, 10, 0x1000, 0x5000, "/lib/a.so");
	expect_at(PID, 10, 0x1000, "a.so+1000", "the first address of a mapping");
	expect_at(PID, 10, 0x4fff, "a.so+4fff", "the last one");
	expect_at(PID, 10, 0x5000, "nothing", "the one behind it");
	expect_at(PID, 10, 0xfff, "nothing", "the one before it");
	expect_at(PID, 9, 0x2000, "nothing", "what is mapped later");
	map_at(PID, 20, 0x2000, 0x3000, "/lib/b.so");
	expect_at(PID, 19, 0x2800, "a.so+2800", "what was mapped before");
	expect_at(PID, 20, 0x2800, "b.so+2800", "what is mapped in place of it");
	expect_at(PID, 20, 0x1fff, "a.so+1fff", "what is left in front");
	expect_at(PID, 20, 0x3000, "a.so+3000", "what is left behind");
	map_at(PID, 30, 0, 0x10000, "/lib/c.so");
	expect_at(PID, 30, 0x3000, "c.so+3000", "what is mapped in place of all");
	expect_at(PID, 25, 0x2000, "b.so+2000", "what was in the middle");
	expect_at(PID, 25, 0x4000, "a.so+4000", "what was around it");
	map_at(PID, 40, 0, 0x10000, "/lib/c.so");
	expect_at(PID, 35, 0x3000, "c.so+3000", "what is mapped twice");
	ktap_maps_destroy(&maps);
}

static void test_fork(void)
{
	ktap_maps_init(&maps);
	map_at(PID, 10, 0x1000, 0x5000, "/bin/a");
	happen(MAP_FORK, CHILD, PID, 20);
	expect_at(CHILD, 20, 0x1000, "a+1000", "a child has what its parent has");
	map_at(PID, 30, 0x6000, 0x7000, "/lib/p.so");
	map_at(CHILD, 30, 0x6000, 0x7000, "/lib/c.so");
	expect_at(PID, 40, 0x6000, "p.so+6000", "but not what that maps later");
	expect_at(CHILD, 40, 0x6000, "c.so+6000", "nor the other way round");
	happen(MAP_FORK, CHILD, CHILD, 41);
	expect_at(CHILD, 42, 0x1000, "a+1000", "a thread is no process");
	happen(MAP_EXEC, CHILD, 0, 50);
	map_at(CHILD, 51, 0x1000, 0x2000, "/bin/b");
	expect_at(CHILD, 60, 0x1000, "b+1000", "what a child executes");
	expect_at(CHILD, 45, 0x1000, "a+1000", "what it was before");
	expect_at(CHILD, 60, 0x3000, "a+3000", "a key from then that is printed later");
	expect_at(PID, 60, 0x1000, "a+1000", "the parent does not execute it");
	happen(MAP_EXIT, CHILD, 0, 70);
	expect_at(CHILD, 80, 0x1000, "b+1000", "a process that has ended");
	happen(MAP_FORK, CHILD, PID, 90);
	expect_at(CHILD, 100, 0x1000, "a+1000", "another one of that number");
	expect_at(CHILD, 80, 0x1000, "b+1000", "the first one");
	ktap_maps_destroy(&maps);
}

static void test_follow(void)
{
	ktap_maps_init(&maps);
	ktap_maps_follow(&maps, PID);
	map_at(PID, 10, 0x1000, 0x5000, "/bin/a");
	map_at(OTHER, 10, 0x1000, 0x5000, "/bin/a");
	happen(MAP_FORK, CHILD, PID, 20);
	expect_at(PID, 30, 0x1000, "a+1000", "a process that is followed");
	expect_at(OTHER, 30, 0x1000, "nothing", "one that is not");
	expect_at(CHILD, 30, 0x1000, "nothing", "a child that is not");
	maps.children = true;
	happen(MAP_FORK, CHILD, PID, 20);
	happen(MAP_FORK, OTHER, CHILD, 30);
	expect_at(OTHER, 30, 0x1000, "a+1000", "a child's child that is");
	ktap_maps_destroy(&maps);
}

static void test_ended(void)
{
	uint32_t i;

	ktap_maps_init(&maps);
	maps.max_ended = 10;
	map_at(PID, 1, 0x1000, 0x5000, "/bin/a");
	for (i = 0; i < 100; i++) {
		happen(MAP_FORK, CHILD + i, PID, 10 * i);
		happen(MAP_EXIT, CHILD + i, PID, 10 * i + 5);
	}
	ok(maps.nr_ended == 10 && maps.nr_forgotten == 90,
	   "not all that have ended are remembered");
	expect_at(CHILD + 90, 2000, 0x1000, "a+1000", "the last ones are");
	expect_at(CHILD + 89, 2000, 0x1000, "nothing", "the others are not");
	ktap_maps_destroy(&maps);
}

/* In megabytes, the most that there ever was. */
static long memory_used(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss >> 10;
}

#define MANY_MAPPINGS	20000
#define MANY_CHILDREN	400

/* A process with many mappings, and what it forks. */
static void test_many(void)
{
	long before = memory_used();
	uint32_t i;

	ktap_maps_init(&maps);
	maps.told = true;
	for (i = 0; i < MANY_MAPPINGS; i++)
		map_at(PID, 1, 0x10000 + 0x2000 * i, 0x11000 + 0x2000 * i, "/many");
	for (i = 0; i < MANY_CHILDREN; i++) {
		happen(MAP_FORK, CHILD + i, PID, 10);
		happen(MAP_EXEC, CHILD + i, 0, 20);
		happen(MAP_EXIT, CHILD + i, 0, 30);
	}
	ok(memory_used() < before + 100 && !maps.nr_forgotten,
	   "programs that many mappings are forked for");
	expect_at(CHILD, 15, 0x10000, "nothing", "the first of them");
	expect_at(CHILD, 15, 0x9c4e000, "many+9c4e000", "the last of them");
	for (i = 0; i < MANY_CHILDREN; i++) {
		happen(MAP_FORK, OTHER + i, PID, 40);
		happen(MAP_EXIT, OTHER + i, 0, 50);
		map_at(PID, 60 + i, 0x1000, 0x2000, i & 1 ? "/odd" : "/even");
	}
	ok(maps.nr_forgotten > 2 * MANY_CHILDREN - 100 && maps.nr_ended > 10,
	   "mappings of processes that have ended are bounded");
	expect_at(OTHER + i - 1, 45, 0x10000, "many+10000", "the last one is kept");
	ktap_maps_destroy(&maps);
	ok(!maps.nr_kept, "and counted");
}

static struct map_file *file_of(uint64_t addr)
{
	struct process *proc;

	return ktap_maps_find(&maps, PID, 100, addr, &proc)->file;
}

static void map_gen(uint64_t start, uint64_t gen, const char *path)
{
	struct map_event event = {
		.kind = MAP_MMAP,
		.pid = PID,
		.time = 1,
		.start = start,
		.len = 0x1000,
		.ino = 7,
		.gen = gen,
		.path = path,
	};

	ktap_maps_event(&maps, &event);
}

static void test_files(void)
{
	ktap_maps_init(&maps);
	map_gen(0x1000, 1, "/tmp/a");
	map_gen(0x2000, 1, "/tmp/a (deleted)");
	map_gen(0x3000, 2, "/tmp/a");
	map_gen(0x4000, 0, "/tmp/a");
	map_gen(0x5000, 1, "/tmp/b");
	ok(file_of(0x1000) == file_of(0x2000), "a file that is deleted is the same one");
	ok(file_of(0x1000) != file_of(0x3000), "one that has its number later is not");
	ok(file_of(0x4000) == file_of(0x3000), "of an unknown one the last one is taken");
	ok(file_of(0x1000) != file_of(0x5000), "other names are other files");
	map_gen(0x6000, 0, "//anon");
	map_gen(0x7000, 0, "[heap]");
	map_gen(0x8000, 0, "[vdso]");
	map_gen(0x9000, 0, "/memfd:jit (deleted)");
	map_gen(0xa000, 0, "/tmp/\033[2J");
	ok(file_of(0x6000) == file_of(0x7000) && file_of(0x6000)->anon &&
	   file_of(0x9000)->anon, "memory is no file");
	ok(!file_of(0x8000)->anon && same_text(file_of(0x8000)->name, "vdso"),
	   "but the library of the kernel is");
	ok(same_text(file_of(0xa000)->name, "?[2J"), "names are fit to be shown");
	ktap_maps_destroy(&maps);
}

/* What each page is at each time, in a straightforward way. */
#define PAGES	64
#define TIMES	600

static void test_model(void)
{
	static const char *model[TIMES][PAGES];
	static const char * const paths[] = { "/a", "/b", "/c", "/d" };
	uint32_t time, from, to, i, page;
	char want[50];
	bool same = true;

	ktap_maps_init(&maps);
	for (time = 1; time < TIMES; time++) {
		from = noise() % PAGES;
		to = from + 1 + noise() % (PAGES - from);
		i = noise() % 4;
		memcpy(model[time], model[time - 1], sizeof(model[0]));
		for (page = from; page < to; page++)
			model[time][page] = paths[i];
		map_at(PID, time, from << 12, (uint64_t)to << 12, paths[i]);
	}
	for (i = 0; i < 20000 && same; i++) {
		/* Of more than this the oldest may be forgotten. */
		time = TIMES - 1 - noise() % 100;
		page = noise() % PAGES;
		snprintf(want, sizeof(want), "%s+%x", model[time][page] + 1,
			 page << 12);
		same = same_text(what_at(PID, time, (uint64_t)page << 12), want);
	}
	ok(same, "each page at each time");
	ktap_maps_destroy(&maps);
}

/*
 * Names that a process writes down
 */

static char jit_path[50];

static void write_jit(const char *mode, const char *text)
{
	FILE *file = fopen(jit_path, mode);

	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

/* Name and offset of code that this process has made. */
static const char *jit_at(struct usym *us, uint64_t addr)
{
	struct usym_addr at = {
		.pid = getpid(),
		.addr = addr,
		.ts = ktap_maps_now(),
	};
	static struct strbuf text;
	struct usym_name name;

	ktap_usym_find(us, &at, &name);
	text.len = 0;
	ktap_usym_add_frame(&text, &name);
	return text.str;
}

static void test_jit(void)
{
	struct usym us;

	snprintf(jit_path, sizeof(jit_path), "/tmp/perf-%d.map", (int)getpid());
	unlink(jit_path);
	ktap_usym_init(&us, false);
	us.foreign = false;
	map_into(&us.maps, getpid(), 1, 0x10000, 0x20000, "//anon");
	ok(same_text(jit_at(&us, 0x10008), "0x10008"), "code without a file of names");
	write_jit("w", "10000 100 first\n0x10100 0x80 js: two (a.js:3)\n"
		  "nonsense\n10400 zz bad\n10500 0 empty\n10600 10 cut");
	ok(same_text(jit_at(&us, 0x10008), "first+0x8 [jit]"), "code that has a name");
	ok(same_text(jit_at(&us, 0x1017f), "js: two (a.js:3)+0x7f [jit]"),
	   "a name of several words");
	ok(same_text(jit_at(&us, 0x10180), "0x10180"), "code between two names");
	ok(same_text(jit_at(&us, 0x10500), "0x10500"), "code of no length");
	ok(same_text(jit_at(&us, 0x10604), "0x10604"), "a line that is not complete");
	write_jit("a", " no more\n10700 10 \033[2J\n");
	ok(same_text(jit_at(&us, 0x10604), "cut no more+0x4 [jit]"), "when it is");
	ok(same_text(jit_at(&us, 0x10700), "?[2J+0x0 [jit]"), "a name that is no name");
	write_jit("a", "10080 100 over\n10800 8 last\n");
	jit_at(&us, 0x10800);
	ok(same_text(jit_at(&us, 0x10090), "over+0x10 [jit]"), "code in place of other code");
	ok(same_text(jit_at(&us, 0x10070), "first+0x70 [jit]"), "what it leaves");
	write_jit("w", "10900 8 new\n");
	ok(same_text(jit_at(&us, 0x10900), "new+0x0 [jit]"), "a file that is made anew");
	ok(same_text(jit_at(&us, 0x10090), "0x10090"), "what was in the old one");
	unlink(jit_path);
	ok(symlink("/etc/passwd", jit_path) ||
	   same_text(jit_at(&us, 0x11000), "0x11000"), "a file that is a link");
	unlink(jit_path);
	ktap_usym_destroy(&us);
}

static unsigned int open_fds(void)
{
	unsigned int nr = 0;
	DIR *fds = opendir("/proc/self/fd");

	while (fds && readdir(fds))
		nr++;
	if (fds)
		closedir(fds);
	return nr;
}

/* The /tmp of a container is open once, however many of its processes make code. */
static void test_jit_inside(void)
{
	char root[] = "/tmp/ktap-names-XXXXXX", tmp[64];
	unsigned int before = open_fds(), i;
	pid_t pid;

	if (!mkdtemp(root))
		return;
	snprintf(tmp, sizeof(tmp), "%s/tmp", root);
	mkdir(tmp, 0700);
	pid = begin_inside(root);
	ktap_maps_init(&maps);
	maps.told = true;
	for (i = 0; pid > 0 && i < 300; i++) {
		map_at(pid, 1 + 2 * i, 0x10000, 0x20000, "//anon");
		happen(MAP_EXIT, pid, 0, 2 + 2 * i);
	}
	ok(pid < 0 || (before && open_fds() == before + 1), "the /tmp of others");
	ktap_maps_destroy(&maps);
	ok(open_fds() == before, "is closed");
	end_inside(pid);
	rmdir(tmp);
	rmdir(root);
}

/*
 * Programs
 */

static char dir[] = "/tmp/ktap-names-XXXXXX";

static const char program[] =
	"#include <stdio.h>\n"
	"#include <unistd.h>\n"
	"int leaf(int a) { __asm__ volatile(\"nop\\n.globl inside\\ninside: nop\"); return a + 1; }\n"
	"static int __attribute__((noinline)) hidden(int a) { return leaf(a) + 2; }\n"
	"int __mid(int a) { return hidden(a) * 2; }\n"
	"int mid(int a) __attribute__((alias(\"__mid\")));\n"
	"__asm__(\".text\\nbare: nop\\nnop\\n.global bare\\n\");\n"
	"extern char bare[];\n"
	"int main(void) { char c;\n"
	"printf(\"%p %p %p %p %p\\n\", (void *)leaf, (void *)hidden, (void *)mid,\n"
	"(void *)main, (void *)bare);\n"
	"fflush(stdout); return read(0, &c, 1) + mid(1) - 6; }\n";

enum { LEAF, HIDDEN, MID, MAIN, BARE, NR_FUNCS };

/* struct child - a program that waits for the end of its input */
struct child {
	int pid;
	int in;
	unsigned long addr[NR_FUNCS];
};

__ktap_printf(1, 2)
static bool sh(const char *fmt, ...)
{
	char cmd[2000];
	int len;
	va_list ap;

	len = snprintf(cmd, sizeof(cmd), "exec >/dev/null 2>&1; cd %s || exit; ", dir);
	va_start(ap, fmt);
	vsnprintf(cmd + len, sizeof(cmd) - len, fmt, ap);
	va_end(ap);
	return !system(cmd);
}

static bool write_source(const char *name, const char *text)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file)
		return false;
	fputs(text, file);
	return !fclose(file);
}

static bool begin_child(struct child *child, const char *name)
{
	char path[100], line[200] = "";
	int in[2], out[2];
	unsigned long *a = child->addr;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return false;
	child->pid = fork();
	if (!child->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(path, path, NULL);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	child->in = in[1];
	if (read(out[0], line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	close(out[0]);
	return sscanf(line, "%lx %lx %lx %lx %lx", a, a + 1, a + 2, a + 3, a + 4) == 5;
}

static void end_child(const struct child *child)
{
	close(child->in);
	waitpid(child->pid, NULL, 0);
}

static const char *text_at(struct usym *us, const struct child *child, uint64_t addr,
			   bool caller, bool frame)
{
	struct usym_addr at = {
		.pid = child->pid,
		.addr = addr,
		.ts = ktap_maps_now(),
		.caller = caller,
		.frame = frame,
	};
	static struct strbuf text;
	struct usym_name name;

	ktap_usym_find(us, &at, &name);
	text.len = 0;
	ktap_usym_add_frame(&text, &name);
	return text.str;
}

static const char *name_at(struct usym *us, const struct child *child, uint64_t addr,
			   bool caller)
{
	return text_at(us, child, addr, caller, false);
}

static void expect_names(struct usym *us, const struct child *child, const char *dso,
			 bool hidden, const char *name)
{
	static const char * const names[] = { "leaf", "hidden", "mid", "main", "bare" };
	char want[100];
	bool same = true;
	int i;

	for (i = 0; i < NR_FUNCS; i++) {
		/* Without all symbols that is part of no function. */
		if (!hidden && (i == HIDDEN || i == BARE))
			continue;
		snprintf(want, sizeof(want), "%s+0x1 [%s]", names[i], dso);
		same &= same_text(name_at(us, child, child->addr[i] + 1, false), want);
	}
	ok(same, name);
}

static void begin_usym(struct usym *us, const struct child *child)
{
	ktap_usym_init(us, false);
	us->foreign = false;
	ktap_maps_follow(&us->maps, child->pid);
}

/* For what the kernel tells of this process and its children, if it does. */
static bool begin_told_usym(struct usym *us, bool exec, const char *what)
{
	ktap_usym_init(us, false);
	us->foreign = false;
	ktap_usym_open(us, getpid(), true, exec);
	if (us->maps.told)
		return true;
	printf("%s: skipped, there are no events of perf\n", what);
	ktap_usym_destroy(us);
	return false;
}

/* Compiles a program and names its functions while it runs, and when it has ended. */
static void test_program(const char *flags, const char *after, const char *name,
			 bool hidden)
{
	struct child child;
	struct usym us;
	char title[200];

	snprintf(title, sizeof(title), "%s is compiled and run", name);
	if (!sh("cc -O1 %s prog.c -o %s && %s", flags, name, after) ||
	    !begin_child(&child, name)) {
		ok(false, title);
		return;
	}
	begin_usym(&us, &child);
	snprintf(title, sizeof(title), "names of %s", name);
	expect_names(&us, &child, name, hidden, title);
	ktap_usym_destroy(&us);

	begin_usym(&us, &child);
	ktap_maps_scan(&us.maps);
	end_child(&child);
	snprintf(title, sizeof(title), "names of %s when it has ended", name);
	expect_names(&us, &child, name, hidden, title);
	ktap_usym_destroy(&us);
}

/* Its symbols go to another file, which @where moves; by its name if @link is set. */
static void test_debug_file(const char *name, bool link, const char *where)
{
	char after[1000];

	snprintf(after, sizeof(after), "objcopy --only-keep-debug %s %s.debug && strip -s %s",
		 name, name, name);
	if (link)
		snprintf(after + strlen(after), sizeof(after) - strlen(after),
			 " && objcopy --add-gnu-debuglink=%s.debug %s", name, name);
	snprintf(after + strlen(after), sizeof(after) - strlen(after), " && %s", where);
	test_program(link ? "-Wl,--build-id=none" : "-Wl,--build-id", after, name, true);
}

static void test_debug_files(void)
{
	static const char by_id[] =
		"id=$(readelf -n build-id.debug | sed -n 's/.*Build ID: //p') && "
		"to=.build-id/${id%${id#??}} && mkdir -p $to && "
		"mv build-id.debug $to/${id#??}.debug";
	char far[200];

	setenv("KTAP_DEBUG_DIR", dir, 1);
	test_program("-rdynamic", "strip -s dynamic", "dynamic", false);
	test_debug_file("build-id", false, by_id);
	test_debug_file("linked", true, "true");
	test_debug_file("hidden", true, "mkdir -p .debug && mv hidden.debug .debug");
	snprintf(far, sizeof(far), "mkdir -p .%s && mv far.debug .%s", dir, dir);
	test_debug_file("far", true, far);
	unsetenv("KTAP_DEBUG_DIR");
}

/* One that belongs to another file must not be taken. */
static void test_wrong_debug_file(void)
{
	struct child child;
	struct usym us;

	if (!sh("cp linked wrong && echo >> linked.debug") || !begin_child(&child, "wrong")) {
		ok(false, "a program with a wrong debug file runs");
		return;
	}
	begin_usym(&us, &child);
	ok(!strncmp(name_at(&us, &child, child.addr[HIDDEN], false), "wrong+0x", 8),
	   "a file with another sum is not taken");
	ktap_usym_destroy(&us);
	end_child(&child);
}

static void test_deleted(void)
{
	struct child child;
	struct usym us;

	if (!sh("cp pie deleted") || !begin_child(&child, "deleted"))
		return;
	begin_usym(&us, &child);
	sh("rm deleted; cp linked deleted");
	/* Only the privileged may. */
	if (geteuid())
		printf("a file that was replaced: skipped\n");
	else
		expect_names(&us, &child, "deleted", true, "a file that was replaced");
	ktap_usym_destroy(&us);
	begin_usym(&us, &child);
	ktap_maps_scan(&us.maps);
	end_child(&child);
	ok(!strncmp(name_at(&us, &child, child.addr[LEAF], false), "deleted+0x", 10),
	   "another file in its place is not taken for it");
	ktap_usym_destroy(&us);
}

static void test_callers(void)
{
	struct child child;
	struct usym us;
	const char *leaf;

	if (!begin_child(&child, "pie")) {
		ok(false, "a program runs");
		return;
	}
	begin_usym(&us, &child);
	/* What follows the last byte of a function is where its callee returns to. */
	leaf = name_at(&us, &child, child.addr[HIDDEN], true);
	ok(!strncmp(leaf, "leaf+0x", 7) && strcmp(leaf, "leaf+0x0 [pie]"),
	   "a call at the end of a function");
	ok(same_text(name_at(&us, &child, child.addr[HIDDEN], false),
		     "hidden+0x0 [pie]"), "the beginning of the next one");
	ok(same_text(name_at(&us, &child, 0, true), "0x0"), "no address");
	ok(same_text(name_at(&us, &child, 0x10, false), "0x10"),
	   "an address where nothing is");
	end_child(&child);
	ktap_usym_destroy(&us);
}

/* What print() makes of a stack; one of @flags other than KTAP_STACK_USER may be set. */
static void expect_stack(struct usym *us, const struct child *child, uint32_t flags,
			 const uint64_t *addrs, size_t nr, const char *want,
			 const char *name)
{
	struct {
		struct ktap_val head;
		struct ktap_val_stack stack;
		uint64_t addr[2];
	} val = {
		.head = { KTAP_T_STACK, sizeof(val.stack) + nr * sizeof(*addrs) },
		.stack = { .flags = KTAP_STACK_USER | flags, .pid = child->pid },
	};
	struct value_reader vr = {
		.pos = (char *)&val,
		.end = (char *)(val.addr + nr),
		.usym = us,
		.ts = ktap_maps_now(),
	};
	struct strbuf text = { 0 };

	memcpy(val.addr, addrs, nr * sizeof(*addrs));
	ktap_values_print(&text, &vr);
	ok(same_text(text.str, want), name);
	ktap_strbuf_destroy(&text);
}

static void test_stack(void)
{
	struct child child;
	struct usym us;
	uint64_t addrs[2];

	if (!begin_child(&child, "pie")) {
		ok(false, "a program runs");
		return;
	}
	begin_usym(&us, &child);
	addrs[0] = child.addr[LEAF];
	addrs[1] = child.addr[MID] + 2;
	expect_stack(&us, &child, 0, addrs, 2, "leaf+0x0 [pie]\nmid+0x2 [pie]\n",
		     "a stack is printed");
	expect_stack(&us, &child, KTAP_STACK_SYMBOL, addrs, 1, "leaf [pie]\n",
		     "where a function begins its name alone is a symbol");
	expect_stack(&us, &child, KTAP_STACK_SYMBOL, addrs + 1, 1, "mid+0x2 [pie]\n",
		     "in it there is an offset");
	addrs[0] = 0;
	expect_stack(&us, &child, KTAP_STACK_SYMBOL, addrs, 1, "0x0\n", "no symbol");
	end_child(&child);
	ktap_usym_destroy(&us);
}

static void test_vdso(void)
{
	uint64_t start = getauxval(AT_SYSINFO_EHDR), i;
	struct child self = { .pid = getpid() };
	bool found = false;
	struct usym us;

	if (!start) {
		printf("the library of the kernel: skipped\n");
		return;
	}
	begin_usym(&us, &self);
	for (i = 0; i < 0x2000 && !found; i++)
		found = strstr(name_at(&us, &self, start + i, false), "getcpu+0x0 [vdso]");
	ok(found, "the library of the kernel");
	ktap_usym_destroy(&us);
}

static int open_in_dir(const char *name, int flags)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

/* Whatever is in a file, it is only read. */
static void test_damaged(void)
{
	struct strbuf file = { 0 }, reason = { 0 };
	struct symtab *tab;
	char path[100], *copy;
	uint64_t pos, off;
	int fd, i, j, nr = 0;

	snprintf(path, sizeof(path), "%s/pie", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ktap_read_file(fd, &file)) {
		ok(false, "a file to be damaged");
		return;
	}
	close(fd);
	copy = ktap_alloc(file.len);
	snprintf(path, sizeof(path), "%s/damaged", dir);
	for (i = 0; i < 400; i++) {
		memcpy(copy, file.str, file.len);
		/* In turn in the header, in those of sections, and anywhere. */
		for (j = 0; j < 1 + i % 7; j++) {
			pos = noise() % (i % 3 == 0 ? 64 : i % 3 == 1 ? 0x900 : file.len);
			copy[i % 3 == 1 ? file.len - 1 - pos : pos] = noise();
		}
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (ktap_write_all(fd, copy, file.len - (i % 4 ? 0 : noise() % file.len)))
			break;
		tab = ktap_symtab_open(fd, path, &reason);
		for (pos = 0; tab && pos < file.len; pos += 64)
			nr += !!ktap_symtab_find(tab, pos, &off);
		ktap_symtab_free(tab);
		reason.len = 0;
	}
	ok(i == 400 && nr > 1000, "files that are damaged");
	free(copy);
	ktap_strbuf_destroy(&file);
	ktap_strbuf_destroy(&reason);
}

#if defined(__x86_64__)
#define TABLES		600
#define SYMBOLS		10000
#define NAME_LEN	30000

/* All of it at most once: tables that are the same one, and a name that is many. */
struct repeating {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	Elf64_Shdr shdr[2 + TABLES];
	Elf64_Sym syms[SYMBOLS];
	char names[1 + NAME_LEN + 1];
};

static void fill_repeating(struct repeating *file)
{
	Elf64_Shdr *shdr;
	uint32_t i;

	file->ehdr = (Elf64_Ehdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_phoff = offsetof(struct repeating, phdr),
		.e_shoff = offsetof(struct repeating, shdr),
		.e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 2 + TABLES,
	};
	file->phdr = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		.p_filesz = sizeof(*file), .p_memsz = sizeof(*file),
	};
	file->shdr[1] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct repeating, names),
		.sh_size = sizeof(file->names),
	};
	for (shdr = file->shdr + 2; shdr < file->shdr + 2 + TABLES; shdr++)
		*shdr = (Elf64_Shdr) {
			.sh_type = SHT_SYMTAB, .sh_link = 1,
			.sh_offset = offsetof(struct repeating, syms),
			.sh_size = sizeof(file->syms), .sh_entsize = sizeof(Elf64_Sym),
		};
	for (i = 0; i < SYMBOLS; i++)
		file->syms[i] = (Elf64_Sym) {
			.st_name = 1 + i, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			.st_shndx = 1, .st_value = i, .st_size = 1,
		};
	memset(file->names + 1, 'f', NAME_LEN);
}

/* A small file must not become much memory. */
static void test_repeating(void)
{
	struct repeating *file = ktap_alloc(sizeof(*file));
	struct strbuf reason = { 0 };
	long before = memory_used();
	uint64_t off = 0;
	struct symtab *tab;
	const char *name;
	int fd = open_in_dir("repeating", O_RDWR | O_CREAT | O_TRUNC);

	fill_repeating(file);
	if (fd < 0 || ktap_write_all(fd, file, sizeof(*file)))
		exit(1);
	tab = ktap_symtab_open(fd, "repeating", &reason);
	name = tab ? ktap_symtab_find(tab, SYMBOLS - 1, &off) : NULL;
	ok(name && name[0] == 'f' && !off && memory_used() < before + 100,
	   "a file that repeats tables and names");
	ktap_symtab_free(tab);
	ktap_strbuf_destroy(&reason);
	free(file);
}
#endif

static bool has_demangle(void)
{
	struct arena arena = { 0 };
	bool is = !strcmp(ktap_demangle(&arena, "_Z1fv"), "f");

	ktap_arena_destroy(&arena);
	return is;
}

static void test_demangle(void)
{
	static const char * const names[][2] = {
		{ "_ZN3foo3barEv", "foo::bar" },
		{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
		  "std::vector<int, std::allocator<int> >::push_back" },
		{ "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE",
		  "core::fmt::Write::write_fmt" },
		{ "_RNvCs1234_7mycrate4main", "mycrate::main" },
		{ "_Z", "_Z" },
		{ "_R0", "_R0" },
		{ "main", "main" },
	};
	struct arena arena = { 0 };
	bool same = true;
	size_t i;

	if (!has_demangle()) {
		printf("names of C++ and Rust: skipped, there is no libiberty\n");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++)
		same &= same_text(ktap_demangle(&arena, names[i][0]), names[i][1]);
	ok(same, "names of C++ and Rust");
	ktap_arena_destroy(&arena);
}

/*
 * Functions that are inlined
 */

/* There is a byte of code in each of them, and one behind the call that inlines it. */
static const char inlined[] =
	"#include <stdio.h>\n"
	"#include <unistd.h>\n"
	"#define at(label) __asm__ volatile(\".globl \" #label \"\\n\" #label \": nop\")\n"
	"#ifdef __cplusplus\n"
	"#define PLACES extern \"C\" char at_outer[], at_shallow[], at_deep[], behind[];\n"
	"namespace space { struct thing {\n"
	"static inline __attribute__((always_inline)) void deep(int) { at(at_deep); }\n"
	"}; }\n"
	"using space::thing;\n"
	"#define deep() thing::deep(1)\n"
	"#else\n"
	"#define PLACES extern char at_outer[], at_shallow[], at_deep[], behind[];\n"
	"static inline __attribute__((always_inline)) void deep(void) { at(at_deep); }\n"
	"#endif\n"
	"static inline __attribute__((always_inline)) void shallow(int a) {\n"
	"at(at_shallow); if (a) deep(); at(behind); }\n"
	"__attribute__((noinline)) int outer(int a) {\n"
	"at(at_outer); shallow(1); __asm__ volatile(\"\"); return a; }\n"
	"PLACES\n"
	"int main(void) { char c;\n"
	"printf(\"%p %p %p %p %p\\n\", (void *)outer, (void *)at_outer,\n"
	"(void *)at_shallow, (void *)at_deep, (void *)behind);\n"
	"fflush(stdout); return read(0, &c, 1) + outer(1) - 1; }\n";

enum { OUTER, AT_OUTER, AT_SHALLOW, AT_DEEP, BEHIND };

static bool text_is(struct usym *us, const struct child *child, int place, bool caller,
		    const char *dso, const char *const *names)
{
	struct strbuf want = { 0 };
	bool same;

	for (; *names; names++)
		ktap_strbuf_addf(&want, "%s (inlined) [%s]\n", *names, dso);
	ktap_strbuf_addf(&want, "outer+0x%lx [%s]", child->addr[place] - child->addr[OUTER],
			 dso);
	same = same_text(text_at(us, child, child->addr[place], caller, true), want.str);
	ktap_strbuf_destroy(&want);
	return same;
}

/* @deep is the name of the innermost one. */
static void expect_inlined(struct usym *us, const struct child *child, const char *dso,
			   const char *deep, const char *name)
{
	const char * const names[] = { deep, "shallow", NULL };
	bool same;

	same = text_is(us, child, AT_OUTER, false, dso, names + 2);
	same &= text_is(us, child, AT_SHALLOW, false, dso, names + 1);
	same &= text_is(us, child, AT_DEEP, false, dso, names);
	same &= text_is(us, child, BEHIND, false, dso, names + 1);
	/* What was called last is in front of it. */
	same &= text_is(us, child, BEHIND, true, dso, names);
	ok(same, name);
}

/* Compiles a program by @cmd, if there is what that needs. */
static void test_inlined(const char *cmd, const char *name, const char *deep)
{
	struct child child;
	struct usym us;
	char title[200];

	snprintf(title, sizeof(title), "functions inlined into %s", name);
	if (!sh("%s -o %s", cmd, name)) {
		printf("%s: skipped, it cannot be compiled\n", title);
		return;
	}
	if (!begin_child(&child, name)) {
		ok(false, title);
		return;
	}
	begin_usym(&us, &child);
	expect_inlined(&us, &child, name, deep, title);
	ktap_usym_destroy(&us);
	end_child(&child);
}

/* One with a separate file, which is found by its build-id. */
static void test_inlined_debug_file(void)
{
	struct child child;
	struct usym us;
	bool run;

	run = sh("cc -g -O2 -Wl,--build-id inlined.c -o far-off && "
		 "objcopy --only-keep-debug far-off other && strip -s far-off && "
		 "id=$(readelf -n other | sed -n 's/.*Build ID: //p') && "
		 "to=.build-id/${id%%${id#??}} && mkdir -p $to && "
		 "mv other $to/${id#??}.debug") && begin_child(&child, "far-off");
	if (!run) {
		ok(false, "a program with a separate file runs");
		return;
	}
	setenv("KTAP_DEBUG_DIR", dir, 1);
	begin_usym(&us, &child);
	expect_inlined(&us, &child, "far-off", "deep", "inlined functions of a separate file");
	unsetenv("KTAP_DEBUG_DIR");
	ktap_usym_destroy(&us);
	end_child(&child);
}

/* Whoever asks first. */
static void test_inlined_late(void)
{
	struct child child;
	struct usym us;

	if (!begin_child(&child, "c")) {
		ok(false, "a program runs");
		return;
	}
	begin_usym(&us, &child);
	ok(!strncmp(name_at(&us, &child, child.addr[AT_DEEP], false), "outer+0x", 8),
	   "a symbol has no inlined functions");
	expect_inlined(&us, &child, "c", "deep", "a stack has them after a symbol");
	ktap_usym_destroy(&us);
	end_child(&child);
}

/* The file is held open until it was read twice. */
static void test_inlined_deleted(void)
{
	unsigned int held;
	struct child child;
	char path[100];
	struct usym us;

	if (!begin_told_usym(&us, true, "a deleted file"))
		return;
	if (!sh("cp c gone") || !begin_child(&child, "gone")) {
		ok(false, "a program runs");
		return;
	}
	end_child(&child);
	ktap_usym_read(&us);
	/* Not by a program, which would be held open as well. */
	snprintf(path, sizeof(path), "%s/gone", dir);
	unlink(path);
	held = us.maps.nr_fds;
	expect_inlined(&us, &child, "gone", "deep", "inlined functions of a deleted file");
	ok(us.maps.nr_fds == held - 1, "which is not held open any more");
	ktap_usym_destroy(&us);
}

static void expect_json(struct usym *us, const char *want, const char *record, size_t len)
{
	struct json json = { .usym = us };
	struct strbuf text = { 0 };
	const char *values;

	ktap_json_record(&json, (const struct ktap_rec *)record, &text);
	text.str[text.len - 1] = '\0';
	values = strstr(text.str, "\"values\":");
	ok(len && values && same_text(values, want), "inlined functions as JSON");
	ktap_json_destroy(&json);
	ktap_strbuf_destroy(&text);
}

static void expect_folded(struct usym *us, const char *want, const char *value, size_t len)
{
	struct value_reader vr = {
		.pos = value,
		.end = value + len,
		.usym = us,
		.ts = ktap_maps_now(),
	};
	struct strbuf text = { 0 };
	struct flame flame;
	struct value val;

	ktap_flame_init(&flame);
	ok(ktap_value_next(&vr, &val), "a stack can be read");
	ktap_flame_add(&flame, &val, 3);
	ktap_flame_fold(&flame, "", &text);
	ok(same_text(text.str, want), "inlined functions in a line");
	ktap_flame_destroy(&flame);
	ktap_strbuf_destroy(&text);
}

/* What becomes of a stack that has them. */
static void test_inlined_output(void)
{
	struct {
		struct ktap_rec rec;
		struct ktap_val head;
		struct ktap_val_stack stack;
		uint64_t addrs[2];
	} print = {
		.rec = { .type = KTAP_REC_PRINT, .size = sizeof(print) },
		.head = { KTAP_T_STACK, sizeof(print.stack) + sizeof(print.addrs) },
		.stack = { .flags = KTAP_STACK_USER },
	};
	struct strbuf want = { 0 };
	unsigned long off[2];
	struct child child;
	struct usym us;

	if (!begin_child(&child, "c")) {
		ok(false, "a program runs");
		return;
	}
	begin_usym(&us, &child);
	print.rec.ts = ktap_maps_now();
	print.stack.pid = child.pid;
	print.addrs[0] = child.addr[AT_DEEP];
	print.addrs[1] = child.addr[AT_OUTER] + 1;
	off[0] = child.addr[AT_DEEP] - child.addr[OUTER];
	off[1] = child.addr[AT_OUTER] + 1 - child.addr[OUTER];

	ktap_strbuf_addf(&want, "deep (inlined) [c]\nshallow (inlined) [c]\n"
			 "outer+0x%lx [c]\nouter+0x%lx [c]\n", off[0], off[1]);
	expect_stack(&us, &child, 0, print.addrs, 2, want.str, "inlined functions as text");
	want.len = 0;
	ktap_strbuf_addf(&want, "outer+0x%lx [c]\n", off[0]);
	expect_stack(&us, &child, KTAP_STACK_SYMBOL, print.addrs, 1, want.str,
		     "a symbol as text");
	expect_folded(&us, "outer [c];outer [c];shallow (inlined) [c];deep (inlined) [c] 3\n",
		      (char *)&print.head, sizeof(print) - sizeof(print.rec));
	want.len = 0;
	ktap_strbuf_addf(&want, "\"values\":[["
			 "{\"name\":\"deep\",\"dso\":\"c\",\"inlined\":true,\"addr\":\"0x%lx\"},"
			 "{\"name\":\"shallow\",\"dso\":\"c\",\"inlined\":true,\"addr\":\"0x%lx\"},"
			 "{\"name\":\"outer\",\"dso\":\"c\",\"offset\":%lu,\"addr\":\"0x%lx\"},"
			 "{\"name\":\"outer\",\"dso\":\"c\",\"offset\":%lu,\"addr\":\"0x%lx\"}]]}",
			 child.addr[AT_DEEP], child.addr[AT_DEEP],
			 off[0], child.addr[AT_DEEP], off[1], child.addr[AT_OUTER] + 1);
	expect_json(&us, want.str, (char *)&print, sizeof(print));
	ktap_strbuf_destroy(&want);
	ktap_usym_destroy(&us);
	end_child(&child);
}

/* Where a section of an ELF file is in it. */
static bool find_section(const struct strbuf *file, const char *name, uint64_t *start,
			 uint64_t *size)
{
	const ElfW(Ehdr) *ehdr = (const void *)file->str;
	const ElfW(Shdr) *shdr = (const void *)(file->str + ehdr->e_shoff);
	const char *names = file->str + shdr[ehdr->e_shstrndx].sh_offset;
	int i;

	for (i = 0; i < ehdr->e_shnum; i++) {
		if (strcmp(names + shdr[i].sh_name, name))
			continue;
		*start = shdr[i].sh_offset;
		*size = shdr[i].sh_size;
		return *size;
	}
	return false;
}

/* Looks for inlined functions in all code of a file. Returns how many there were. */
static int find_all(int fd, uint64_t start, uint64_t size)
{
	const char *names[KTAP_MAX_INLINED];
	size_t room = 1 << 20;
	struct strbuf reason = { 0 };
	struct inlines *inl;
	uint64_t pos;
	int nr = 0;

	inl = ktap_inline_open(fd, "damaged", &room, &reason);
	for (pos = start; inl && pos < start + size; pos++)
		nr += ktap_inline_find(inl, pos, names);
	ktap_inline_free(inl);
	ktap_strbuf_destroy(&reason);
	return room == 1 << 20 ? nr : -1;
}

static void test_inlined_damaged(void)
{
	static const char * const sections[] = {
		".debug_info", ".debug_abbrev", ".debug_str", ".debug_rnglists",
	};
	uint64_t text, text_size, start, size;
	struct strbuf file = { 0 };
	int fd = open_in_dir("c", O_RDONLY), i, j, nr, all, total = 0;
	char *copy;

	if (fd < 0 || ktap_read_file(fd, &file) ||
	    !find_section(&file, ".text", &text, &text_size)) {
		ok(false, "a file with inlined functions");
		return;
	}
	all = find_all(fd, text, text_size);
	ok(all > 3, "inlined functions by where they are in the file");
	copy = ktap_alloc(file.len);
	for (i = 0, nr = 0; i < 600 && nr >= 0; i++) {
		if (!find_section(&file, sections[i % 4], &start, &size))
			continue;
		memcpy(copy, file.str, file.len);
		for (j = 0; j < 1 + i % 5; j++)
			copy[start + noise() % size] = noise();
		fd = open_in_dir("damaged", O_RDWR | O_CREAT | O_TRUNC);
		if (ktap_write_all(fd, copy, file.len))
			break;
		nr = find_all(fd, text, text_size);
		total += nr;
	}
	ok(i == 600 && nr >= 0 && total > 100 * all && total < 600 * all,
	   "debugging information that is damaged");
	free(copy);
	ktap_strbuf_destroy(&file);
}

static void test_inlined_room(void)
{
	struct strbuf reason = { 0 };
	size_t room = 100;

	ok(!ktap_inline_open(open_in_dir("c", O_RDONLY), "c", &room, &reason) &&
	   room == 100 && same_text(reason.str, "no inlined functions of 'c': too much DWARF"),
	   "debugging information that there is no room for");
	ktap_strbuf_destroy(&reason);
}

/* Units with a long list of abbreviations, which all of them share. */
static const char many[] =
	"__asm__(\".section .debug_abbrev\\n\"\n"
	"\".set i, 1\\n.rept 4000\\n.uleb128 i\\n.byte 0x2e, 0, 0, 0\\n.set i, i + 1\\n.endr\\n\"\n"
	"\".uleb128 i\\n.byte 0x11, 0, 0x11, 1, 0x12, 6, 0, 0, 0\\n\"\n"
	"\".section .debug_info\\n.rept 4000\\n.long 2f - 1f\\n\"\n"
	"\"1: .short 4\\n.long 0\\n.byte 8\\n.uleb128 i\\n.quad main\\n.long 1\\n2:\\n.endr\\n\"\n"
	"\".text\\n\");\n"
	"int main(void) { return 0; }\n";

static void test_inlined_many(void)
{
	struct strbuf reason = { 0 };
	struct rusage before, after;
	size_t room = 8 << 20;
	struct inlines *inl;

	if (sizeof(long) < 8 || !write_source("many.c", many) || !sh("cc many.c -o many")) {
		printf("many units: skipped, they cannot be compiled\n");
		return;
	}
	getrusage(RUSAGE_SELF, &before);
	inl = ktap_inline_open(open_in_dir("many", O_RDONLY), "many", &room, &reason);
	getrusage(RUSAGE_SELF, &after);
	ok(inl, "many units that share abbreviations");
	ktap_inline_free(inl);
	ok(after.ru_maxrss - before.ru_maxrss < 64 << 10, "do not take all memory");
	ok(room == 8 << 20, "and give back what they take");
	ktap_strbuf_destroy(&reason);
}

/* Each entry says that its first child is its sibling, too. */
static const char circles[] =
	"__asm__(\".section .debug_abbrev\\n.byte 1, 0x11, 1, 0x11, 1, 0x12, 6, 0, 0\\n\"\n"
	"\".byte 2, 0x39, 1, 1, 0x13, 0, 0, 0\\n.section .debug_info\\n.long 2f - 1f\\n\"\n"
	"\"1: .short 4\\n.long 0\\n.byte 8, 1\\n.quad main\\n.long 1\\n.set i, 29\\n\"\n"
	"\".rept 60\\n.byte 2\\n.long i\\n.set i, i + 5\\n.endr\\n\"\n"
	"\".rept 61\\n.byte 0\\n.endr\\n2:\\n.text\\n\");\n"
	"int main(void) { return 0; }\n";

static void test_inlined_circles(void)
{
	uint64_t start, size;
	struct strbuf file = { 0 };
	clock_t before;
	int fd, nr;

	if (sizeof(long) < 8 || !write_source("circles.c", circles) ||
	    !sh("cc circles.c -o circles")) {
		printf("entries that are siblings of their children: skipped, they cannot be compiled\n");
		return;
	}
	fd = open_in_dir("circles", O_RDONLY);
	if (ktap_read_file(fd, &file) || !find_section(&file, ".text", &start, &size))
		return;
	before = clock();
	nr = find_all(fd, start, size);
	/* Nobody would see the end of the 2^60 ways through them. */
	ok(!nr && clock() - before < 5 * CLOCKS_PER_SEC,
	   "entries that are siblings of their children");
	ktap_strbuf_destroy(&file);
}

#ifdef HAVE_LIBDW
static bool libdw_hidden;

/* In place of the C library's. */
void *dlopen(const char *name, int flags)
{
	void *(*next)(const char *name, int flags);

	next = (__typeof__(next))dlsym(RTLD_NEXT, "dlopen");
	return next(libdw_hidden ? "libdw-hidden.so" : name, flags);
}

static void test_inlined_no_libdw(void)
{
	struct strbuf reason = { 0 };
	size_t room = 1 << 20;

	libdw_hidden = true;
	ok(!ktap_inline_open(open_in_dir("c", O_RDONLY), "c", &room, &reason) &&
	   room == 1 << 20 &&
	   same_text(reason.str, "no inlined functions: libdw-hidden.so: cannot open "
		     "shared object file: No such file or directory"),
	   "a machine without libdw");
	libdw_hidden = false;
	ktap_strbuf_destroy(&reason);
}

static bool has_libdw(void)
{
	return dlopen("libdw.so.1", RTLD_NOW);
}
#else
static void test_inlined_no_libdw(void)
{
}

static bool has_libdw(void)
{
	return false;
}
#endif

static void test_inlines(void)
{
	if (!write_source("inlined.c", inlined) || !sh("cc -g -O2 inlined.c -o c")) {
		ok(false, "a program with inlined functions is compiled");
		return;
	}
	test_inlined_no_libdw();
	if (!has_libdw()) {
		printf("inlined functions: skipped, there is no libdw\n");
		return;
	}
	test_inlined("cc -g -O2 inlined.c", "c", "deep");
	test_inlined("cc -gdwarf-4 -O2 inlined.c", "dwarf-4", "deep");
	test_inlined("cc -gdwarf-4 -O2 -no-pie -ffunction-sections inlined.c", "no-pie", "deep");
	test_inlined("cc -g -gz -O2 inlined.c", "compressed", "deep");
	test_inlined("clang -g -O2 inlined.c", "clang", "deep");
	test_inlined("clang -gdwarf-4 -O2 inlined.c", "clang-4", "deep");
	if (has_demangle())
		test_inlined("c++ -x c++ -g -O2 inlined.c", "c++", "space::thing::deep");
	test_inlined_debug_file();
	test_inlined_late();
	test_inlined_deleted();
	test_inlined_output();
	test_inlined_damaged();
	test_inlined_room();
	test_inlined_many();
	test_inlined_circles();
}

/*
 * What the kernel tells, where it does
 */

static void test_sideband(void)
{
	struct child self = { .pid = getpid() }, child;
	struct usym us;

	if (!begin_told_usym(&us, false, "what the kernel tells"))
		return;
	if (!begin_child(&child, "pie")) {
		ok(false, "a program runs");
		return;
	}
	end_child(&child);
	expect_names(&us, &child, "pie", true, "a program that the kernel told of");
	ok(!strncmp(name_at(&us, &self, (uint64_t)test_sideband, false),
		    "test_sideband+0x0 [", 19), "this program, which was there before");
	ktap_usym_destroy(&us);
}

static bool has_libelf(void)
{
	struct strbuf reason = { 0 };
	struct symtab *tab;

	tab = ktap_symtab_open(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "self",
			       &reason);
	ktap_symtab_free(tab);
	ktap_strbuf_destroy(&reason);
	return tab;
}

static void test_programs(void)
{
	if (!has_libelf() || !mkdtemp(dir) || !write_source("prog.c", program) ||
	    !sh("cc --version && objcopy --version && readelf --version && strip --version")) {
		printf("programs: skipped, there is no compiler or no libelf\n");
		return;
	}
#if defined(__x86_64__)
	test_repeating();
#endif
	test_program("-fPIE -pie", "true", "pie", true);
	test_program("-no-pie", "true", "no-pie", true);
	test_debug_files();
	test_wrong_debug_file();
	test_deleted();
	test_callers();
	test_stack();
	test_vdso();
	test_damaged();
	test_sideband();
	test_inlines();
	sh("rm -rf %s", dir);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_order();
	test_fork();
	test_follow();
	test_ended();
	test_many();
	test_files();
	test_model();
	test_jit();
	test_jit_inside();
	test_demangle();
	test_programs();
	return failed;
}
