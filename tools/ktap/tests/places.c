// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of finding functions and markers, in this program itself
 *
 * Where its functions are in the file is known from /proc/self/maps.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "test.h"
#include "user.h"

/*
 * What is to be found
 */

/* A marker as <sys/sdt.h> makes it; @args is not looked at by the assembler. */
#define MARKER(provider, name, semaphore, args)				\
	asm volatile(							\
	"990:	nop\n"							\
	".pushsection .note.stapsdt,\"?\",\"note\"\n"			\
	".balign 4\n"							\
	".4byte 992f-991f,994f-993f,3\n"				\
	"991:	.asciz \"stapsdt\"\n"					\
	"992:	.balign 4\n"						\
	"993:	.dc.a 990b,_.stapsdt.base," semaphore "\n"		\
	".asciz \"" provider "\",\"" name "\",\"" args "\"\n"		\
	"994:	.balign 4\n"						\
	".popsection\n"							\
	".ifndef _.stapsdt.base\n"					\
	".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
	".weak _.stapsdt.base\n"					\
	".hidden _.stapsdt.base\n"					\
	"_.stapsdt.base: .space 1\n"					\
	".size _.stapsdt.base,1\n"					\
	".popsection\n"							\
	".endif\n")

#define noinline	__attribute__((noinline, noclone, used))

int places_first(int a);
int places_second(int a);
void places_markers(void);

/* The two that follow must not be one, nor be taken for one another. */
noinline int places_first(int a)
{
	asm volatile("" : "+r" (a));
	return a + 1;
}

noinline int places_second(int a)
{
	asm volatile("" : "+r" (a));
	return a + 2;
}

extern int places_alias(int a) __attribute__((alias("places_first")));
extern int __places_alias(int a) __attribute__((alias("places_first")));

#if defined(__x86_64__)
static int (*resolve_chosen(void))(int)
{
	return places_first;
}

extern int places_chosen(int a) __attribute__((ifunc("resolve_chosen")));
#endif

volatile unsigned short places_semaphore __attribute__((section(".probes"))) = 0;
volatile int places_data[4] = { 1, 2, 3, 4 };

noinline void places_markers(void)
{
	MARKER("one", "plain", "0", "");
	MARKER("one", "held", "places_semaphore", "");
	MARKER("two", "twice", "0", "");
	MARKER("two", "twice", "0", "");
	MARKER("escapes", "escape\\033\\012[2Jd", "0", "8@\\033[5m");
#if defined(__x86_64__)
	MARKER("args", "registers", "0",
	       "-4@%edi 8@%rsi 2@%dx 1@%cl -8@%r8 4@%r10d 2@%r11w -1@%r15b 1@%sil");
	MARKER("args", "memory", "0",
	       "8@(%rsp) -4@-16(%rbp) 4@8+16(%rax) 8@-8+-4(%rbx) 2@0x10(%r12)");
	MARKER("args", "numbers", "0", "4@$5 -4@$-5 8@$0x10 -4@$2+3 %rax");
	MARKER("args", "symbols", "0",
	       "4@places_data(%rip) 4@places_data+8(%rip) 4@4+places_data(%rip) 4@places_data");
	MARKER("args", "odd", "0",
	       "8@(%rax,%rbx,8) -4@%edi 8f@%xmm0 4@%ah 8@%fs:16 16@%rax 8@nowhere(%rip) "
	       "8@places_data@GOTPCREL(%rip) 4@$places_data 3@%eax 8@ @ 4@%r8x 4@%r100 "
	       "8@-(%rax) 4@%r16 4@$ 1@%dil 8@4(%rax");
#endif
}

/*
 * How it is found
 */

static char self[PATH_MAX];

/* Offset in the file of something in this program. */
static uint64_t file_offset(const volatile void *addr)
{
	unsigned long start, end, off, at = (unsigned long)addr;
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t offset = 0;
	char line[PATH_MAX];

	while (maps && !offset && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &off) == 3 &&
		    at >= start && at < end)
			offset = at - start + off;
	if (maps)
		fclose(maps);
	return offset;
}

/* struct found - places that were found, the first one in more detail */
struct found {
	size_t nr;
	char name[100];
	char provider[100];
	char fetch[1000];
	uint64_t offset;
	uint64_t semaphore;
	size_t nr_args;
};

static void take(void *data, const struct user_place *place)
{
	struct found *found = data;

	if (found->nr++)
		return;
	snprintf(found->name, sizeof(found->name), "%s", place->name);
	snprintf(found->provider, sizeof(found->provider), "%s",
		 place->provider ? place->provider : "");
	snprintf(found->fetch, sizeof(found->fetch), "%s",
		 place->fetch ? place->fetch : "");
	found->offset = place->offset;
	found->semaphore = place->semaphore;
	found->nr_args = place->nr_args;
}

static struct strbuf reason;

static bool reason_is(const char *text)
{
	bool is = reason.str && strstr(reason.str, text);

	if (!is)
		printf("# '%s' is not in '%s'\n", text, reason.str ? reason.str : "");
	return is;
}

static struct found functions(const char *path, const char *glob)
{
	struct found found = { 0 };
	bool any;

	ktap_strbuf_destroy(&reason);
	any = ktap_user_functions(path, glob, take, &found, &reason);
	ok(any == !!found.nr && any == !reason.len, "there are functions or a reason");
	return found;
}

static struct found markers(const char *path, const char *provider,
			    const char *name)
{
	struct found found = { 0 };
	bool any;

	ktap_strbuf_destroy(&reason);
	any = ktap_user_markers(path, provider, name, take, &found, &reason);
	ok(any == !!found.nr && any == !reason.len, "there are markers or a reason");
	return found;
}

static void test_functions(void)
{
	uint64_t first = file_offset((void *)places_first);
	struct found found = functions(self, "places_first");

	ok(found.nr == 1 && found.offset == first && !strcmp(found.name, "places_first"),
	   "a function is where it is");
	found = functions(self, "places_second");
	ok(found.offset == file_offset((void *)places_second), "so is another one");
	found = functions(self, "places_alias");
	ok(found.nr == 1 && found.offset == first && !strcmp(found.name, "places_alias"),
	   "an alias is called as it was asked for");
	found = functions(self, "*places_alias");
	ok(found.nr == 1 && !strcmp(found.name, "places_alias"),
	   "of two names of one place the better one is taken");
	found = functions(self, "places_[fs]*");
	ok(found.nr == 2, "a glob finds each place once");
	found = functions(self, "places_first+0x1");
	ok(found.offset == first + 1 && !strcmp(found.name, "places_first+0x1"),
	   "an offset is added");
	functions(self, "places_first+0x10000");
	ok(reason_is("'places_first' has only "), "an offset behind the function");
	functions(self, "places_first+x");
	ok(reason_is("'+x' is no offset"), "an offset that is none");
	functions(self, "places_frist");
	ok(reason_is("has no function 'places_frist'\nthere is places_first"),
	   "the nearest name is told");
	functions(self, "nothing_*_such");
	ok(reason_is("no function of"), "a glob that nothing matches");
	functions(self, "places_data");
	ok(reason_is("has no function 'places_data'"), "data is no function");
#if defined(__x86_64__)
	functions(self, "places_chosen");
	ok(reason_is("is chosen from several functions"), "one that is chosen later");
#endif
}

static void test_markers(void)
{
	struct found found = markers(self, NULL, "plain");
	uint64_t start = file_offset((void *)places_markers);

	ok(found.nr == 1 && !strcmp(found.provider, "one") && !found.semaphore &&
	   found.offset >= start && found.offset < start + 256, "a marker");
	found = markers(self, "one", "held");
	ok(found.semaphore == file_offset(&places_semaphore), "its semaphore");
	found = markers(self, "two", "twice");
	ok(found.nr == 2, "a marker that is at two places");
	found = markers(self, "o*", "*");
	ok(found.nr == 2, "a provider's markers");
	markers(self, "two", "plain");
	ok(reason_is("has no marker 'two:plain'"), "a marker of another provider");
	markers(self, NULL, "plaim");
	ok(reason_is("has no marker 'plaim'\nthere is plain"), "its nearest name");
	markers(self, NULL, "x*");
	ok(reason_is("no marker of"), "a glob that nothing matches");
}

#if defined(__x86_64__)
/* Names go to a terminal. */
static void test_clean(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ktap_strbuf_destroy(&reason);
	ok(out && ktap_user_list_markers(self, "escapes:escape*", true, out, &reason),
	   "a marker whose name has an escape sequence");
	if (out)
		fclose(out);
	ok(text && strstr(text, ":escapes:escape??[2Jd\n") && strstr(text, " 8@?[5m") &&
	   !strchr(text, 033), "the terminal does not get it");
	free(text);
	markers(self, NULL, "escape");
	ok(reason_is("there is escape??[2Jd") && !strchr(reason.str, 033),
	   "nor does it where it is like another one");
}

static void expect_args(const char *name, size_t nr, const char *fetch)
{
	struct found found = markers(self, "args", name);
	bool same = found.nr_args == nr && !strcmp(found.fetch, fetch);

	ok(same, name);
	if (!same)
		printf("# %zu: '%s'\n# not '%s'\n", found.nr_args, found.fetch, fetch);
}

static void test_arguments(void)
{
	uint64_t first = (uint64_t)(uintptr_t)places_markers -
			 file_offset((void *)places_markers);
	uint64_t data = (uint64_t)(uintptr_t)places_data - first;
	char fetch[400];

	expect_args("registers", 9, "arg1=%di:s32 arg2=%si:u64 arg3=%dx:u16 arg4=%cx:u8 "
		    "arg5=%r8:s64 arg6=%r10:u32 arg7=%r11:u16 arg8=%r15:s8 arg9=%si:u8");
	expect_args("memory", 5, "arg1=+0(%sp):u64 arg2=-16(%bp):s32 arg3=+24(%ax):u32 "
		    "arg4=-12(%bx):u64 arg5=+16(%r12):u16");
	expect_args("numbers", 5,
		    "arg1=\\5:u32 arg2=\\-5:s32 arg3=\\16:u64 arg4=\\5:s32 arg5=%ax:u64");
	snprintf(fetch, sizeof(fetch), "arg1=@+0x%llx:u32 arg2=@+0x%llx:u32 "
		 "arg3=@+0x%llx:u32 arg4=@+0x%llx:u32", (unsigned long long)data,
		 (unsigned long long)data + 8, (unsigned long long)data + 4,
		 (unsigned long long)data);
	expect_args("symbols", 4, fetch);
	expect_args("odd", 19, "arg2=%di:s32 arg18=%di:u8");
}
#endif

/* A copy of this program with bytes of its header replaced. */
static const char *changed(size_t pos, const void *bytes, size_t len)
{
	static char path[] = "/tmp/ktap-places-XXXXXX";
	struct strbuf data = { 0 };
	int from, to;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	from = open(self, O_RDONLY | O_CLOEXEC);
	to = mkstemp(path);
	if (from < 0 || to < 0 || ktap_read_file(from, &data))
		exit(1);
	memcpy(data.str + pos, bytes, len);
	if (ktap_write_all(to, data.str, data.len))
		exit(1);
	close(from);
	close(to);
	ktap_strbuf_destroy(&data);
	return path;
}

static void expect_bad(size_t pos, const void *bytes, size_t len, const char *text)
{
	const char *path = changed(pos, bytes, len);

	functions(path, "places_first");
	ok(reason_is(text), text);
	markers(path, NULL, "plain");
	ok(reason_is(strstr(text, "symbols") ? "has no markers" : text), text);
	unlink(path);
}

static void test_bad_files(void)
{
	static const char zero[8];
	uint16_t machine = EM_AVR, type = ET_REL;
	unsigned char order = 3 - ELFDATA2LSB;
	uint32_t i;

	functions("/dev/null", "x");
	ok(reason_is("is no regular file"), "a device");
	functions("/etc/passwd", "x");
	ok(reason_is("is not an ELF file"), "a text");
	functions("/no/such/file", "x");
	ok(reason_is("cannot open '/no/such/file'"), "no file");
	expect_bad(0, zero, 4, "is not an ELF file");
	expect_bad(offsetof(Elf64_Ehdr, e_machine), &machine, 2, "is for another machine");
	expect_bad(offsetof(Elf64_Ehdr, e_type), &type, 2,
		   "is neither a program nor a library");
	expect_bad(EI_DATA, &order, 1, "'/tmp/ktap-places-");
	if (sizeof(long) == 8)
		expect_bad(offsetof(Elf64_Ehdr, e_shoff), zero, 8, "has no symbols");
	/* Whatever the headers say, it must end. */
	for (i = EI_CLASS; i < sizeof(Elf64_Ehdr); i++) {
		const char *path = changed(i, &(char){ i * 37 }, 1);
		struct strbuf text = { 0 };
		struct found found = { 0 };

		ktap_user_functions(path, "*", take, &found, &text);
		ktap_user_markers(path, NULL, "*", take, &found, &text);
		ktap_strbuf_destroy(&text);
		unlink(path);
	}
	ok(true, "headers that make no sense");
}

/*
 * Files by their names
 */

static bool path_is(const char *name, int pid, const char *want)
{
	char *path, *real = realpath(want, NULL);
	bool same;

	ktap_strbuf_destroy(&reason);
	path = ktap_user_path(name, pid, &reason);
	same = path && real && !strcmp(path, real);
	if (!same)
		printf("# '%s', not '%s': %s\n", path ? path : "", real ? real : "",
		       reason.str ? reason.str : "");
	free(path);
	free(real);
	return same;
}

static void no_path(const char *name, int pid, const char *text)
{
	char *path;

	ktap_strbuf_destroy(&reason);
	path = ktap_user_path(name, pid, &reason);
	ok(!path && reason_is(text), text);
	free(path);
}

static void test_paths(void)
{
	Dl_info libc = { 0 };

	ok(path_is(self, 0, self), "a path");
	ok(path_is("/proc/self/exe", 0, self), "a link");
	ok(path_is(strrchr(self, '/') + 1, getpid(), self), "a program of a process");
	setenv("PATH", "/no/such/dir:/usr/bin:/bin", 1);
	ok(path_is("sh", 0, access("/usr/bin/sh", X_OK) ? "/bin/sh" : "/usr/bin/sh"),
	   "a program in PATH");
	no_path("no-such-program", 0, "there is no program 'no-such-program' in PATH");
	no_path("libno-such.so.7", 0, "there is no library 'libno-such.so.7'");
	no_path("/no/such/file", 0, "cannot open '/no/such/file'");
	no_path("x", INT_MAX, "cannot look at process");
	if (!dladdr((void *)getenv, &libc) || !strstr(libc.dli_fname, "libc.so.6"))
		return;
	ok(path_is("libc.so.6", getpid(), libc.dli_fname), "a library of a process");
	ok(path_is("libc.so.6", 0, libc.dli_fname), "a library as the loader finds it");
	no_path("libc.so", 0, "libc.so.6");
	no_path("libc", 0, "there is no program 'libc' in PATH\nthere is libc.so.6");
}

/* What is there in place of the cache of the loader must not be waited for. */
static void test_inside(void)
{
	char root[] = "/tmp/ktap-places-XXXXXX", file[64];
	pid_t pid;
	int fd;

	if (!mkdtemp(root))
		return;
	snprintf(file, sizeof(file), "%s/etc", root);
	mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/etc/ld.so.cache", root);
	pid = begin_inside(root);
	if (pid > 0 && !mkfifo(file, 0600)) {
		alarm(20);
		no_path("libinside.so.1", pid, "there is no library 'libinside.so.1'");
		unlink(file);
		fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		ok(fd >= 0 && !ftruncate(fd, INT64_C(1) << 40), "a cache that is too large");
		no_path("libinside.so.2", pid, "there is no library 'libinside.so.2'");
		close(fd);
		alarm(0);
	}
	end_inside(pid);
	unlink(file);
	*strrchr(file, '/') = '\0';
	rmdir(file);
	rmdir(root);
}

int main(void)
{
	struct found found;

	if (!realpath("/proc/self/exe", self))
		return 1;
	test_paths();
	test_inside();
	found = functions(self, "places_first");
	if (!found.nr && strstr(reason.str, "without libelf")) {
		markers(self, NULL, "plain");
		ok(reason_is("without libelf"), "without libelf it is said so");
		return failed;
	}
	test_functions();
	test_markers();
	test_clean();
#if defined(__x86_64__)
	test_arguments();
#endif
	test_bad_files();
	ktap_strbuf_destroy(&reason);
	return failed;
}
