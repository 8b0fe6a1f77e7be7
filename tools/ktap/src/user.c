// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Where programs and libraries are, and lists of what can be traced in them
 *
 * A bare name is looked for as the loader looks for libraries and the shell for
 * programs. With a process at hand it is what that process has mapped, else what it
 * would find: in the file system that it sees, which "/proc/PID/root" leads to.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nearest.h"
#include "user.h"

/**
 * struct place - where files are looked for
 * @pid: process, or 0
 * @root: what is put in front of absolute paths
 * @found: file that was found, else NULL
 */
struct place {
	int pid;
	struct strbuf root;
	char *found;
};

static const char *root_of(const struct place *place)
{
	return place->root.str ? place->root.str : "";
}


static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* Does a process see the files that we see? The root may be the same, and mounts not. */
static bool same_mounts(int pid)
{
	struct strbuf ns = { 0 };
	bool same;

	ktap_strbuf_addf(&ns, "/proc/%d/ns/mnt", pid);
	same = same_file(ns.str, "/proc/self/ns/mnt");
	ktap_strbuf_destroy(&ns);
	return same;
}

/* The file system of the process, if that is not ours. */
static void find_root(struct place *place)
{
	struct stat st;

	if (!place->pid)
		return;
	ktap_strbuf_addf(&place->root, "/proc/%d/root", place->pid);
	if (stat(place->root.str, &st) ||
	    (same_file(place->root.str, "/") && same_mounts(place->pid)))
		ktap_strbuf_destroy(&place->root);
}

/* What of an ELF header says whom it is for is the same in all of them. */
static bool read_ident(const char *path, Elf32_Ehdr *ehdr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = -1;

	if (fd >= 0) {
		len = read(fd, ehdr, sizeof(*ehdr));
		close(fd);
	}
	return len == sizeof(*ehdr) && !memcmp(ehdr->e_ident, ELFMAG, SELFMAG);
}

/* Would the loader take it for programs that are like this one? */
static bool is_library(const char *path)
{
	Elf32_Ehdr own, ehdr;

	if (!is_file(path) || !read_ident(path, &ehdr))
		return false;
	return !read_ident("/proc/self/exe", &own) ||
	       (own.e_machine == ehdr.e_machine &&
		own.e_ident[EI_CLASS] == ehdr.e_ident[EI_CLASS]);
}

/* Or for other ones, as on a machine that runs 32-bit programs as well? */
static bool is_any_library(const char *path)
{
	Elf32_Ehdr ehdr;

	return is_file(path) && read_ident(path, &ehdr);
}

static bool is_program(const char *path)
{
	return is_file(path) && !access(path, X_OK);
}

/* Takes DIR/NAME if it is what is looked for. */
static bool try_in(struct place *place, const char *dir, size_t len,
		   const char *name, bool (*is)(const char *path))
{
	struct strbuf path = { 0 };

	ktap_strbuf_addf(&path, "%s%.*s/%s", root_of(place), (int)len, dir, name);
	if (!is(path.str)) {
		ktap_strbuf_destroy(&path);
		return false;
	}
	place->found = path.str;
	return true;
}

/* Directories between colons; one without a name is the current one. */
static bool try_list(struct place *place, const char *list, const char *name,
		     bool (*is)(const char *path))
{
	size_t len;

	for (; list; list = list[len] ? list + len + 1 : NULL) {
		len = strcspn(list, ":");
		if (len ? try_in(place, list, len, name, is) :
			  try_in(place, ".", 1, name, is))
			return true;
	}
	return false;
}

/* The cache that ldconfig makes; see <dl-cache.h> of the GNU C library. */
#define CACHE_FILE	"/etc/ld.so.cache"
#define CACHE_MAX	(16 << 20)
#define CACHE_OLD	"ld.so-1.7.0"
#define CACHE_MAGIC	"glibc-ld.so.cache1.1"

struct cache_old_entry {
	int32_t flags;
	uint32_t key;
	uint32_t value;
};

struct cache_old {
	char magic[sizeof(CACHE_OLD) - 1];
	uint32_t nr;
};

struct cache_entry {
	int32_t flags;
	uint32_t key;
	uint32_t value;
	uint32_t osversion;
	uint64_t hwcap;
};

struct cache {
	char magic[sizeof(CACHE_MAGIC) - 1];
	uint32_t nr;
	uint32_t unused[6];
	struct cache_entry entries[];
};

/* Where the cache begins in the file, behind one in the older form if need be. */
static const struct cache *cache_in(const struct strbuf *file)
{
	const struct cache_old *old = (const void *)file->str;
	const struct cache *cache = (const void *)file->str;
	size_t pos = 0;

	if (file->len >= sizeof(*old) &&
	    !memcmp(old->magic, CACHE_OLD, sizeof(old->magic)))
		pos = (sizeof(*old) + (size_t)old->nr *
		       sizeof(struct cache_old_entry) + 7) & ~(size_t)7;
	if (pos > file->len || file->len - pos < sizeof(*cache))
		return NULL;
	cache = (const void *)(file->str + pos);
	if (memcmp(cache->magic, CACHE_MAGIC, sizeof(cache->magic)) ||
	    (file->len - pos - sizeof(*cache)) / sizeof(cache->entries[0]) < cache->nr)
		return NULL;
	return cache;
}

/* Whose file system it is may have put anything there. */
static bool read_cache(const struct place *place, struct strbuf *file)
{
	struct strbuf path = { 0 };
	struct stat st;
	ssize_t nr = -1;
	int fd;

	ktap_strbuf_addf(&path, "%s%s", root_of(place), CACHE_FILE);
	fd = open(path.str, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= CACHE_MAX) {
		ktap_strbuf_fill(file, 0, st.st_size);
		nr = read(fd, file->str, st.st_size);
	}
	if (fd >= 0)
		close(fd);
	ktap_strbuf_destroy(&path);
	return nr > 0;
}

/* A text of the cache, which ends there; NULL if that is none. */
static const char *cache_text(const struct strbuf *file, const struct cache *cache,
			      uint32_t offset)
{
	size_t base = (const char *)cache - file->str;

	if (offset >= file->len - base ||
	    strnlen(file->str + base + offset, PATH_MAX) == PATH_MAX)
		return NULL;
	return file->str + base + offset;
}

/* struct library - one of the cache: its name, and where it is */
struct library {
	const char *name;
	const char *path;
};

static const struct cache *open_cache(const struct place *place, struct strbuf *file)
{
	return read_cache(place, file) ? cache_in(file) : NULL;
}

/* The next one of the cache, if there is any. */
static bool next_library(const struct strbuf *file, const struct cache *cache,
			 uint32_t *pos, struct library *lib)
{
	while (cache && *pos < cache->nr) {
		const struct cache_entry *entry = &cache->entries[(*pos)++];

		lib->name = cache_text(file, cache, entry->key);
		lib->path = cache_text(file, cache, entry->value);
		if (lib->name && lib->path)
			return true;
	}
	return false;
}

/* Goes through the libraries of the cache until one has this name, and is one. */
static bool try_cache(struct place *place, const char *name,
		      bool (*is)(const char *path), struct nearest *near,
		      struct strbuf *file)
{
	const struct cache *cache = open_cache(place, file);
	struct library lib;
	uint32_t pos = 0;

	while (next_library(file, cache, &pos, &lib)) {
		if (!strcmp(lib.name, name) && try_in(place, "", 0, lib.path + 1, is))
			return true;
		ktap_nearest_try(near, lib.name);
	}
	return false;
}

/* Where the loader looks. What is near the name is kept as long as @file is. */
static bool look_for_library(struct place *place, const char *name,
			     bool (*is)(const char *path), struct nearest *near,
			     struct strbuf *file)
{
	const char *env = place->pid ? NULL : getenv("LD_LIBRARY_PATH");

	ktap_nearest_init(near, name);
	return (env && *env && try_list(place, env, name, is)) ||
	       try_cache(place, name, is, near, file) ||
	       try_list(place, "/lib64:/usr/lib64:/lib:/usr/lib", name, is);
}

static bool find_library(struct place *place, const char *name,
			 struct strbuf *reason)
{
	struct strbuf file = { 0 }, other = { 0 };
	struct nearest near;
	bool found;

	found = look_for_library(place, name, is_library, &near, &file);
	if (!found && look_for_library(place, name, is_any_library, &near, &other)) {
		ktap_clean(place->found, strlen(place->found));
		ktap_strbuf_addf(reason, "library '%s' is not for programs of this machine's kind\nby its path it can be traced: %s",
				 name, place->found);
		free(place->found);
		place->found = NULL;
	} else if (!found) {
		ktap_strbuf_addf(reason, "there is no library '%s'\n", name);
		ktap_nearest_tell(&near, reason);
	}
	ktap_strbuf_destroy(&file);
	ktap_strbuf_destroy(&other);
	return found;
}

/* The library that is meant by a name which ends before its ".so", as others take it. */
static void tell_library(const struct place *place, const char *name,
			 struct strbuf *text)
{
	struct strbuf file = { 0 };
	const struct cache *cache = open_cache(place, &file);
	size_t len = strlen(name);
	struct library lib;
	uint32_t pos = 0;

	while (next_library(&file, cache, &pos, &lib)) {
		if (strncmp(lib.name, name, len) || strncmp(lib.name + len, ".so", 3))
			continue;
		ktap_strbuf_addf(text, "there is %s", lib.name);
		break;
	}
	ktap_strbuf_destroy(&file);
}

static bool find_program(struct place *place, const char *name,
			 struct strbuf *reason)
{
	const char *path = getenv("PATH");

	if (try_list(place, path ? path : "/bin:/usr/bin", name, is_program))
		return true;
	ktap_strbuf_addf(reason, "there is no program '%s' in PATH\n", name);
	tell_library(place, name, reason);
	return false;
}

/* Is it the file that is mapped, or does a link to that have the name? */
static bool is_mapped(struct place *place, const char *mapped, const char *name)
{
	const char *slash = strrchr(mapped, '/');
	struct strbuf file = { 0 }, link = { 0 };
	bool is;

	ktap_strbuf_addf(&file, "%s%s", root_of(place), mapped);
	ktap_strbuf_addf(&link, "%s%.*s/%s", root_of(place), (int)(slash - mapped),
			 mapped, name);
	is = same_file(file.str, link.str);
	ktap_strbuf_destroy(&link);
	if (is)
		place->found = file.str;
	else
		ktap_strbuf_destroy(&file);
	return is;
}

/* A file that was replaced since then is reached as long as it is mapped. */
static bool is_deleted(struct place *place, const char *line, const char *mapped,
		       const char *name)
{
	static const char deleted[] = " (deleted)";
	const char *slash = strrchr(mapped, '/') + 1;
	size_t len = strlen(name);
	struct strbuf path = { 0 };

	if (strncmp(slash, name, len) || strcmp(slash + len, deleted))
		return false;
	ktap_strbuf_addf(&path, "/proc/%d/map_files/%.*s", place->pid,
			 (int)strcspn(line, " "), line);
	place->found = path.str;
	return true;
}

/* Looks through what the process has mapped. */
static bool find_mapped(struct place *place, const char *name,
			struct strbuf *reason)
{
	struct strbuf maps = { 0 };
	char *line = NULL, *path;
	bool found = false;
	size_t cap = 0;
	ssize_t len;
	FILE *file;

	ktap_strbuf_addf(&maps, "/proc/%d/maps", place->pid);
	file = fopen(maps.str, "re");
	if (!file)
		ktap_strbuf_addf(reason, "cannot look at process %d: %s", place->pid,
				 strerror(errno));
	while (file && !found && (len = getline(&line, &cap, file)) > 0) {
		line[len - 1] = '\0';
		path = strchr(line, '/');
		found = path && (is_mapped(place, path, name) ||
				 is_deleted(place, line, path, name));
	}
	if (file)
		fclose(file);
	free(line);
	ktap_strbuf_destroy(&maps);
	return found;
}

static bool find_path(struct place *place, const char *path,
		      struct strbuf *reason)
{
	if (*path == '/' && place->root.len && try_in(place, "", 0, path + 1, is_file))
		return true;
	place->found = realpath(path, NULL);
	if (place->found)
		return true;
	ktap_strbuf_addf(reason, "cannot open '%s': %s", path, strerror(errno));
	return false;
}

static void find_name(struct place *place, const char *name,
		      struct strbuf *reason)
{
	char *found;

	if (place->pid && find_mapped(place, name, reason))
		return;
	if (reason->len)
		return;
	if (strstr(name, ".so") ? !find_library(place, name, reason) :
				  !find_program(place, name, reason))
		return;
	/* What another process sees may have links that lead elsewhere here. */
	if (place->root.len)
		return;
	found = realpath(place->found, NULL);
	if (found) {
		free(place->found);
		place->found = found;
	}
}

/**
 * ktap_user_path - Find a program or library
 * @name: its path, or a name without one
 * @pid: process that has it mapped or could find it, 0 for any
 * @reason: gets why it was not found
 *
 * Return: Its absolute path, to be freed by the caller, or NULL.
 */
char *ktap_user_path(const char *name, int pid, struct strbuf *reason)
{
	struct place place = { .pid = pid };

	find_root(&place);
	if (strchr(name, '/'))
		find_path(&place, name, reason);
	else
		find_name(&place, name, reason);
	ktap_strbuf_destroy(&place.root);
	return place.found;
}

/**
 * ktap_user_library - Name the library that is perhaps meant by a name without ".so"
 * @name: what is neither a program nor anything else
 * @text: gets what to tell, which is nothing if there is none
 */
void ktap_user_library(const char *name, struct strbuf *text)
{
	struct place place = { 0 };

	tell_library(&place, name, text);
}

/* struct list - what is to be printed, and where it lives */
struct list {
	struct arena arena;
	struct user_place *places;
	size_t nr;
	size_t cap;
};

/* Names are what somebody wrote into the file. */
static const char *list_dup(struct list *list, const char *str)
{
	return str ? ktap_arena_text(&list->arena, str, strlen(str)) : NULL;
}

static void add_place(void *data, const struct user_place *from)
{
	struct list *list = data;
	struct user_place *place;
	struct user_arg *args;
	size_t i;

	list->places = ktap_grow(list->places, list->nr, &list->cap,
				 sizeof(*list->places));
	place = &list->places[list->nr++];
	*place = *from;
	place->name = list_dup(list, from->name);
	place->provider = list_dup(list, from->provider);
	args = ktap_arena_alloc(&list->arena, from->nr_args * sizeof(*args));
	for (i = 0; i < from->nr_args; i++) {
		args[i].note = list_dup(list, from->args[i].note);
		args[i].fetch = list_dup(list, from->args[i].fetch);
	}
	place->args = args;
}

static int compare_names(const struct user_place *a, const struct user_place *b)
{
	int diff = a->provider ? strcmp(a->provider, b->provider) : 0;

	return diff ? diff : strcmp(a->name, b->name);
}

static int compare_places(const void *a, const void *b)
{
	const struct user_place *pa = a, *pb = b;
	int diff = compare_names(pa, pb);

	return diff ? diff : (pa->offset > pb->offset) - (pa->offset < pb->offset);
}

static void print_place(const struct user_place *place, FILE *out)
{
	size_t i;

	fprintf(out, "    offset 0x%llx", (unsigned long long)place->offset);
	if (place->size)
		fprintf(out, ", %llu bytes", (unsigned long long)place->size);
	if (place->semaphore)
		fprintf(out, ", semaphore 0x%llx",
			(unsigned long long)place->semaphore);
	fputc('\n', out);
	for (i = 0; i < place->nr_args; i++)
		fprintf(out, "    args[%zu]  %-20s %s\n", i, place->args[i].note,
			place->args[i].fetch ? place->args[i].fetch :
			"nil: it cannot be fetched");
}

/* Each name once, and if all is to be told each place of it. */
static void print_list(struct list *list, const char *path, bool verbose, FILE *out)
{
	struct user_place *place = list->places, *end = place + list->nr;

	qsort(list->places, list->nr, sizeof(*place), compare_places);
	for (; place < end; place++) {
		if (place == list->places || compare_names(place - 1, place)) {
			if (place->provider)
				fprintf(out, "sdt:%s:%s:%s\n", path, place->provider,
					place->name);
			else
				fprintf(out, "probe:%s:%s\n", path, place->name);
		}
		if (verbose)
			print_place(place, out);
	}
}

static void free_list(struct list *list)
{
	free(list->places);
	ktap_arena_destroy(&list->arena);
}

/**
 * ktap_user_list_functions - Print the functions of a program or library
 * @path: its file
 * @glob: which ones, or NULL for all
 * @verbose: print where they are, too
 * @out: where to
 * @reason: gets why there are none
 *
 * Return: False if there are none, or if the file cannot be used.
 */
bool ktap_user_list_functions(const char *path, const char *glob, bool verbose,
			      FILE *out, struct strbuf *reason)
{
	struct list list = { 0 };
	bool found;

	found = ktap_user_functions(path, glob ? glob : "*", add_place, &list, reason);
	if (found)
		print_list(&list, path, verbose, out);
	free_list(&list);
	return found;
}

/**
 * ktap_user_list_markers - Print the markers of a program or library
 * @path: its file
 * @glob: which ones, "NAME" or "PROVIDER:NAME", or NULL for all
 * @verbose: print where they and their arguments are, too
 * @out: where to
 * @reason: gets why there are none
 *
 * Return: False if there are none, or if the file cannot be used.
 */
bool ktap_user_list_markers(const char *path, const char *glob, bool verbose,
			    FILE *out, struct strbuf *reason)
{
	const char *colon = glob ? strchr(glob, ':') : NULL, *provider = NULL;
	struct list list = { 0 };
	bool found;

	if (colon)
		provider = ktap_arena_dup(&list.arena, glob, colon - glob);
	glob = colon ? colon + 1 : glob ? glob : "*";
	found = ktap_user_markers(path, provider, glob, add_place, &list, reason);
	if (found)
		print_list(&list, path, verbose, out);
	free_list(&list);
	return found;
}
