// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names of addresses of user code
 *
 * From an address of a process to what was mapped there, from that to a place in a
 * file, and from that to a symbol. The symbols of a file are read when the first
 * address in it is to be named, however many processes have it mapped, and what was
 * inlined when that is a frame of a stack.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "perfmap.h"
#include "symtab.h"
#include "usym.h"

/* Number of the initial namespace of processes; see <linux/nsfs.h>. */
#define INITIAL_PID_NS	0xeffffffcU

/* A larger one is none. */
#define MAX_VDSO	(1024 * 1024)

__ktap_printf(2, 3)
static void tell_once(struct usym *us, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!us->verbose || us->told)
		return;
	us->told = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ktap_msg("%s", text);
}

/**
 * ktap_usym_init - Know nothing yet
 * @us: to be filled in
 * @verbose: tell why there are no names
 */
void ktap_usym_init(struct usym *us, bool verbose)
{
	struct stat st;

	memset(us, 0, sizeof(*us));
	us->side.epoll = -1;
	us->verbose = verbose;
	us->inline_room = KTAP_INLINE_ROOM;
	us->foreign = !stat("/proc/self/ns/pid", &st) && st.st_ino != INITIAL_PID_NS;
	ktap_maps_init(&us->maps);
}

/**
 * ktap_usym_open - Begin to take note of what processes map
 * @us: as ktap_usym_init() leaves it
 * @pid: the process that is traced, 0 for all
 * @children: and its descendants
 * @exec: not before it executes a program
 *
 * Where the kernel does not tell, /proc is read when an address is to be named.
 */
void ktap_usym_open(struct usym *us, uint32_t pid, bool children, bool exec)
{
	int err;

	if (us->foreign) {
		tell_once(us, "user code has no names: ktap is not in the initial pid namespace");
		return;
	}
	us->maps.children = children;
	if (pid)
		ktap_maps_follow(&us->maps, pid);
	err = ktap_sideband_open(&us->side);
	us->maps.told = !err;
	if (err)
		tell_once(us, "processes that end leave no names: cannot open an event of perf: %s",
			  strerror(-err));
	if (!exec)
		ktap_maps_scan(&us->maps);
}

/**
 * ktap_usym_read - Take note of what processes have mapped until now
 * @us: what is known
 *
 * To be called when @us->side.epoll can be read.
 */
void ktap_usym_read(struct usym *us)
{
	ktap_sideband_read(&us->side, &us->maps);
}

/*
 * Symbols
 */

static bool read_memory(uint32_t pid, uint64_t start, size_t size,
			struct strbuf *image)
{
	char path[32];
	ssize_t nr;
	int fd;

	image->len = 0;
	ktap_strbuf_fill(image, 0, size);
	snprintf(path, sizeof(path), "/proc/%u/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	nr = pread(fd, image->str, size, start);
	close(fd);
	return nr > 0;
}

/* The library that the kernel shows to processes is in no file. */
static bool read_vdso(const struct process *proc, const struct mapping *map,
		      size_t size, struct strbuf *image)
{
	uint64_t own = getauxval(AT_SYSINFO_EHDR);

	if (!proc->ended && read_memory(proc->pid, map->start, size, image))
		return true;
	/* All have the same one, but for 32-bit processes. */
	return !map->file->ino && own && read_memory(getpid(), own, size, image);
}

static struct symtab *load_vdso(const struct process *proc, const struct mapping *map,
				struct strbuf *reason)
{
	uint64_t size = map->end - map->start;
	struct strbuf image = { 0 };
	struct symtab *tab = NULL;

	if (size <= MAX_VDSO && read_vdso(proc, map, size, &image))
		tab = ktap_symtab_open_memory(image.str, size, "[vdso]", reason);
	ktap_strbuf_destroy(&image);
	return tab;
}

/* Opens the file of a mapping. What was held open is for the @last that reads it. */
static int open_file(struct maps *maps, const struct process *proc,
		     const struct mapping *map, bool last)
{
	struct map_file *file = map->file;
	int fd = file->fd;

	if (fd < 0)
		return ktap_maps_open(file, proc->ended ? 0 : proc->pid, map->start,
				      map->end);
	if (!last)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	maps->nr_fds--;
	file->fd = -1;
	return fd;
}

static struct symtab *load_file(struct maps *maps, const struct process *proc,
				const struct mapping *map, bool last,
				struct strbuf *reason)
{
	const char *path = map->file->path;
	int fd = open_file(maps, proc, map, last);

	if (fd >= 0)
		return ktap_symtab_open(fd, path, reason);
	ktap_strbuf_addf(reason, "no symbols of '%s': the file that was mapped is not there",
			 path);
	return NULL;
}

/* @last says that its inlined functions will not be read now. */
static struct symtab *symbols_of(struct usym *us, const struct process *proc,
				 const struct mapping *map, bool last)
{
	struct map_file *file = map->file;
	struct strbuf reason = { 0 };

	if (file->tried)
		return file->symtab;
	file->tried = true;
	if (file->path[0] == '/')
		file->symtab = load_file(&us->maps, proc, map, last, &reason);
	else if (!strcmp(file->path, "[vdso]"))
		file->symtab = load_vdso(proc, map, &reason);
	if (reason.len)
		tell_once(us, "%s", reason.str);
	ktap_strbuf_destroy(&reason);
	return file->symtab;
}

static struct inlines *inlines_of(struct usym *us, const struct process *proc,
				  const struct mapping *map)
{
	struct map_file *file = map->file;
	struct strbuf reason = { 0 };
	int fd = -1;

	if (file->inlines_tried)
		return file->inlines;
	file->inlines_tried = true;
	if (file->path[0] == '/')
		fd = open_file(&us->maps, proc, map, true);
	if (fd >= 0)
		file->inlines = ktap_inline_open(fd, file->path, &us->inline_room, &reason);
	if (reason.len)
		tell_once(us, "%s", reason.str);
	ktap_strbuf_destroy(&reason);
	return file->inlines;
}

/*
 * Names
 */

/* Gives code that was made when the program ran the name that its maker gave it. */
static void find_jit(const struct process *proc, uint64_t ts, uint64_t addr,
		     struct usym_name *name)
{
	uint64_t offset;

	if (proc->jit)
		name->name = ktap_perfmap_find(proc->jit, ts, addr, &offset);
	if (!name->name && proc->parent_jit)
		name->name = ktap_perfmap_find(proc->parent_jit, ts, addr, &offset);
	if (!name->name)
		return;
	name->dso = "jit";
	name->offset = offset;
}

static void find_symbol(struct usym *us, const struct process *proc,
			const struct mapping *map, uint64_t addr, bool frame,
			struct usym_name *name)
{
	struct symtab *tab = symbols_of(us, proc, map, !frame);
	uint64_t pos = addr - map->start + map->offset;

	name->dso = map->file->name;
	name->offset = pos;
	if (tab)
		name->name = ktap_symtab_find(tab, pos, &name->offset);
	if (frame)
		name->nr_inlined = ktap_inline_find(inlines_of(us, proc, map), pos,
						    name->inlined);
}

/**
 * ktap_usym_find - Find a name for an address
 * @us: what is known
 * @addr: the address
 * @name: set to what is known of it
 */
void ktap_usym_find(struct usym *us, const struct usym_addr *addr,
		    struct usym_name *name)
{
	/* A call may be the last thing that a function does. */
	uint64_t at = addr->addr - (addr->caller && addr->addr);
	const struct mapping *map;
	struct process *proc;

	*name = (struct usym_name){ .offset = addr->addr };
	if (us->foreign)
		return;
	if (addr->ts > us->side.until)
		ktap_usym_read(us);
	map = ktap_maps_find(&us->maps, addr->pid, addr->ts, at, &proc);
	if (!map)
		return;
	if (map->file->anon)
		find_jit(proc, addr->ts, at, name);
	else
		find_symbol(us, proc, map, at, addr->frame, name);
	if (name->dso)
		name->offset += addr->addr - at;
}

/* With an offset of 0 in a function only if @start is set. */
static void add_function(struct strbuf *sb, const struct usym_name *name, bool start)
{
	const char *first = name->name ? name->name : name->dso;

	if (first)
		ktap_strbuf_add(sb, first, strlen(first));
	if (start || !name->name || name->offset)
		ktap_strbuf_addf(sb, "%s0x%llx", first ? "+" : "",
				 (unsigned long long)name->offset);
	if (name->name)
		ktap_strbuf_addf(sb, " [%s]", name->dso);
}

/**
 * ktap_usym_add_frame - Append what is known of a frame of a stack
 * @sb: where to
 * @name: "name+offset [dso]", "dso+offset" or the address, in a line behind lines
 *        "name (inlined) [dso]"
 */
void ktap_usym_add_frame(struct strbuf *sb, const struct usym_name *name)
{
	size_t i;

	for (i = 0; i < name->nr_inlined; i++)
		ktap_strbuf_addf(sb, "%s (inlined) [%s]\n", name->inlined[i], name->dso);
	add_function(sb, name, true);
}

/**
 * ktap_usym_add_symbol - Append what is known of an address alone
 * @sb: where to
 * @name: the same in one line, and "name [dso]" where a function begins
 */
void ktap_usym_add_symbol(struct strbuf *sb, const struct usym_name *name)
{
	add_function(sb, name, false);
}

/**
 * ktap_usym_show_lost - Tell what was not noted
 * @us: what is known
 */
void ktap_usym_show_lost(const struct usym *us)
{
	if (us->side.lost)
		ktap_msg("%llu records of mappings lost; names of user code may be wrong",
			 (unsigned long long)us->side.lost);
	if (us->maps.nr_forgotten && us->verbose)
		ktap_msg("mappings of %llu processes that had ended were forgotten",
			 (unsigned long long)us->maps.nr_forgotten);
}

/**
 * ktap_usym_destroy - Forget all
 * @us: what is known
 */
void ktap_usym_destroy(struct usym *us)
{
	struct map_file *file;
	struct strent *ent;

	for (ent = us->maps.files.first; ent; ent = ent->all)
		for (file = ent->ptr; file; file = file->next) {
			ktap_symtab_free(file->symtab);
			ktap_inline_free(file->inlines);
		}
	ktap_sideband_close(&us->side);
	ktap_maps_destroy(&us->maps);
}
