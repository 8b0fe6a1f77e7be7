// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What processes have mapped
 *
 * An address in a stack says something only together with what the process had
 * mapped there at that time, and the process may have ended since. So the mappings of
 * code are kept: those that /proc has when tracing begins, and what the kernel tells
 * from then on, see sideband.c. That something is unmapped it does not tell; what is
 * mapped in its place it does.
 *
 * What is mapped now is sorted by address, what was before, also before an exec, is in
 * the order in which it went away: a stack that is a key is printed long after the
 * code ran. A process that is forked has the mappings of its parent, and shares the
 * memory for them until one of the two maps something.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "maps.h"

/* What is kept of each process, and of those that have ended. */
#define MAX_NOW		65536
#define MAX_PAST	1024
#define MAX_ENDED	8192
/* What those that have ended have mapped, all of them together. */
#define MAX_KEPT	1048576

/* Files that are held open so that they may be deleted. */
#define MAX_FDS		128

/**
 * struct map_set - mappings of a process, or of several after a fork
 * @refs: number of processes
 * @ended: how many of them have ended
 * @now: what is mapped, by address
 * @nr: how many of them
 * @cap: for how many there is room
 * @past: what was mapped, in the order in which it went away
 * @nr_past: how many of them
 * @cap_past: for how many there is room
 */
struct map_set {
	unsigned int refs;
	unsigned int ended;
	struct mapping *now;
	size_t nr;
	size_t cap;
	struct mapping *past;
	size_t nr_past;
	size_t cap_past;
};

/**
 * ktap_maps_now - Read the clock that all times here are of
 *
 * Return: Nanoseconds of the monotonic clock.
 */
uint64_t ktap_maps_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/*
 * Files
 */

/* Memory that has no file, or one that nobody else can look at. */
static bool is_anon(const char *path)
{
	static const char * const names[] = {
		"//", "[heap]", "[stack", "[anon", "/memfd:", "/dev/zero",
		"/anon_hugepage", "/SYSV",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(path, names[i], strlen(names[i])))
			return true;
	return !*path;
}

/* Length of a path without what the kernel adds when the file is deleted. */
static size_t path_len(const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(path), tail = sizeof(deleted) - 1;

	return len > tail && !strcmp(path + len - tail, deleted) ? len - tail : len;
}

static const char *short_name(struct maps *maps, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		path = slash + 1;
	else if (*path == '[')
		path++;
	return ktap_arena_text(&maps->arena, path, slash ? strlen(path) :
			       strcspn(path, "]"));
}

static struct map_file *new_file(struct maps *maps, const struct map_event *event,
				 const char *path)
{
	struct map_file *file = ktap_arena_alloc(&maps->arena, sizeof(*file));

	file->path = path;
	file->name = short_name(maps, path);
	file->ino = event->ino;
	file->gen = event->gen;
	file->anon = is_anon(path);
	file->fd = -1;
	return file;
}

/* Finds the file of a mapping. Where the generation is not known any one will do. */
static struct map_file *get_file(struct maps *maps, const struct map_event *event)
{
	struct map_file *file;
	struct strbuf key = { 0 };
	struct strent *ent;

	ktap_strbuf_add(&key, &event->dev, sizeof(event->dev));
	ktap_strbuf_add(&key, &event->ino, sizeof(event->ino));
	ktap_strbuf_add(&key, event->path, path_len(event->path));
	ent = ktap_strtab_get(&maps->files, key.str, key.len);
	ktap_strbuf_destroy(&key);
	for (file = ent->ptr; file; file = file->next) {
		if (!file->gen)
			file->gen = event->gen;
		if (!event->gen || file->gen == event->gen)
			return file;
	}
	file = new_file(maps, event,
			ent->str + sizeof(event->dev) + sizeof(event->ino));
	file->next = ent->ptr;
	ent->ptr = file;
	return file;
}

static int open_if_same(const struct map_file *file, const char *path, bool surely)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (surely || st.st_ino == file->ino))
		return fd;
	close(fd);
	return -1;
}

static bool links_to(const char *link, const char *path)
{
	size_t len = strlen(path);
	char text[4096];
	ssize_t nr;

	nr = readlink(link, text, sizeof(text) - 1);
	if (nr < 0)
		return false;
	text[nr] = '\0';
	return path_len(text) == len && !memcmp(text, path, len);
}

/**
 * ktap_maps_open - Open a file that is or was mapped
 * @file: the file
 * @pid: process that has it mapped, or 0 if that has ended
 * @start: first address where it is, or was, in that process
 * @end: behind its last address
 *
 * Return: The open file, or -1 if it cannot be had any more.
 */
int ktap_maps_open(const struct map_file *file, uint32_t pid, uint64_t start,
		   uint64_t end)
{
	char path[64];
	struct strbuf inside = { 0 };
	int fd = -1;

	if (pid) {
		/* That is the very file, wherever it is now. */
		snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", pid,
			 (unsigned long long)start, (unsigned long long)end);
		fd = open_if_same(file, path, links_to(path, file->path));
	}
	if (fd < 0 && pid) {
		ktap_strbuf_addf(&inside, "/proc/%u/root%s", pid, file->path);
		fd = open_if_same(file, inside.str, false);
		ktap_strbuf_destroy(&inside);
	}
	return fd < 0 ? open_if_same(file, file->path, false) : fd;
}

/* Others may delete it as soon as it is not needed any more. */
static void hold_file(struct maps *maps, struct map_file *file,
		      const struct map_event *event)
{
	if (file->anon || file->path[0] != '/' || file->tried || file->fd >= 0 ||
	    maps->nr_fds >= MAX_FDS)
		return;
	file->fd = ktap_maps_open(file, event->pid, event->start,
				  event->start + event->len);
	maps->nr_fds += file->fd >= 0;
}

/*
 * Sets of mappings
 */

static struct map_set *new_set(void)
{
	struct map_set *set = ktap_alloc(sizeof(*set));

	set->refs = 1;
	return set;
}

/* What of a set is kept for processes that have ended alone. */
static size_t kept_of(const struct map_set *set)
{
	return set->refs == set->ended ? set->cap + set->cap_past : 0;
}

static void put_set(struct maps *maps, struct map_set *set, bool ended)
{
	maps->nr_kept -= kept_of(set);
	set->refs--;
	set->ended -= ended;
	if (set->refs) {
		maps->nr_kept += kept_of(set);
		return;
	}
	free(set->now);
	free(set->past);
	free(set);
}

static struct mapping *copy_mappings(const struct mapping *from, size_t nr)
{
	struct mapping *copy = nr ? ktap_alloc(nr * sizeof(*copy)) : NULL;

	if (nr)
		memcpy(copy, from, nr * sizeof(*copy));
	return copy;
}

/* A set that may be changed. */
static struct map_set *own_set(struct maps *maps, struct process *proc)
{
	struct map_set *shared = proc->set, *set;

	if (shared->refs == 1)
		return shared;
	set = new_set();
	set->nr = shared->nr;
	set->cap = shared->nr;
	set->now = copy_mappings(shared->now, shared->nr);
	set->nr_past = shared->nr_past;
	set->cap_past = shared->nr_past;
	set->past = copy_mappings(shared->past, shared->nr_past);
	put_set(maps, shared, false);
	proc->set = set;
	return set;
}

static void add_past(struct map_set *set, const struct mapping *map)
{
	if (set->nr_past == MAX_PAST) {
		set->nr_past /= 2;
		memmove(set->past, set->past + MAX_PAST - set->nr_past,
			set->nr_past * sizeof(*map));
	}
	set->past = ktap_grow(set->past, set->nr_past, &set->cap_past, sizeof(*map));
	set->past[set->nr_past++] = *map;
}

/* The first mapping that ends behind an address. */
static size_t first_behind(const struct map_set *set, uint64_t addr)
{
	return ktap_find_upto(set->now, set->nr, sizeof(*set->now),
			      offsetof(struct mapping, end), addr);
}

static bool overlaps(const struct map_set *set, size_t idx,
		     const struct mapping *map)
{
	return idx < set->nr && set->now[idx].start < map->end;
}

static bool same_mapping(const struct mapping *a, const struct mapping *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->offset == b->offset && a->file == b->file;
}

/* Puts @nr mappings in place of those from @from to @to. */
static void replace(struct map_set *set, size_t from, size_t to,
		    const struct mapping *maps, size_t nr)
{
	size_t tail = set->nr - to;

	while (set->cap < from + nr + tail)
		set->now = ktap_grow(set->now, set->cap, &set->cap,
				     sizeof(*set->now));
	if (tail)
		memmove(set->now + from + nr, set->now + to,
			tail * sizeof(*set->now));
	memcpy(set->now + from, maps, nr * sizeof(*maps));
	set->nr = from + nr + tail;
}

/* Maps something, in place of what is there. */
static void insert(struct map_set *set, const struct mapping *map)
{
	size_t from = first_behind(set, map->start), to, nr = 0;
	struct mapping parts[3], *old;

	if (overlaps(set, from, map) && same_mapping(&set->now[from], map))
		return;
	if (overlaps(set, from, map) && set->now[from].start < map->start) {
		parts[nr] = set->now[from];
		parts[nr++].end = map->start;
	}
	parts[nr++] = *map;
	for (to = from; overlaps(set, to, map); to++) {
		old = &set->now[to];
		add_past(set, old);
		if (old->end <= map->end)
			continue;
		parts[nr] = *old;
		parts[nr].offset += map->end - old->start;
		parts[nr++].start = map->end;
	}
	replace(set, from, to, parts, nr);
}

/* The last ones of what is mapped are past, as far as there is room. */
static void add_past_of(struct map_set *set, const struct map_set *from)
{
	size_t i = from->nr > MAX_PAST ? from->nr - MAX_PAST : 0;

	for (; i < from->nr; i++)
		add_past(set, &from->now[i]);
}

static void forget_now(struct map_set *set)
{
	add_past_of(set, set);
	free(set->now);
	set->now = NULL;
	set->nr = 0;
	set->cap = 0;
}

/* The same for a process whose set may be that of others, of which no copy is made. */
static void forget_now_of(struct maps *maps, struct process *proc)
{
	struct map_set *shared = proc->set, *set;

	if (shared->refs == 1) {
		forget_now(shared);
		return;
	}
	set = new_set();
	set->nr_past = shared->nr_past;
	set->cap_past = shared->nr_past;
	set->past = copy_mappings(shared->past, shared->nr_past);
	add_past_of(set, shared);
	put_set(maps, shared, false);
	proc->set = set;
}

static bool covers(const struct mapping *map, uint64_t ts, uint64_t addr)
{
	return map->start <= addr && addr < map->end && map->since <= ts;
}

/* What was mapped at some time, or the last time before. */
static const struct mapping *find_in(const struct map_set *set, uint64_t ts,
				     uint64_t addr)
{
	size_t idx = first_behind(set, addr);

	if (idx < set->nr && covers(&set->now[idx], ts, addr))
		return &set->now[idx];
	for (idx = set->nr_past; idx-- > 0;)
		if (covers(&set->past[idx], ts, addr))
			return &set->past[idx];
	return NULL;
}

/*
 * Processes
 */

static struct process **bucket(struct maps *maps, uint32_t pid)
{
	return &maps->buckets[pid % MAPS_BUCKETS];
}

static struct process *next_of(struct process *proc, uint32_t pid)
{
	while (proc && proc->pid != pid)
		proc = proc->next;
	return proc;
}

/* The last process of that number, which may have ended. */
static struct process *find_process(struct maps *maps, uint32_t pid)
{
	return next_of(*bucket(maps, pid), pid);
}

static struct process *find_alive(struct maps *maps, uint32_t pid)
{
	struct process *proc = find_process(maps, pid);

	return proc && !proc->ended ? proc : NULL;
}

static struct process *new_process(struct maps *maps, uint32_t pid)
{
	struct process *proc = ktap_alloc(sizeof(*proc));

	proc->pid = pid;
	proc->set = new_set();
	proc->next = *bucket(maps, pid);
	*bucket(maps, pid) = proc;
	return proc;
}

static void free_process(struct maps *maps, struct process *proc)
{
	struct process **pos = bucket(maps, proc->pid);

	while (*pos != proc)
		pos = &(*pos)->next;
	*pos = proc->next;
	put_set(maps, proc->set, proc->ended);
	ktap_perfmap_put(proc->jit);
	ktap_perfmap_put(proc->parent_jit);
	free(proc);
}

static void forget_oldest(struct maps *maps)
{
	struct process *proc = maps->first_ended;

	maps->first_ended = proc->later;
	if (!maps->first_ended)
		maps->last_ended = NULL;
	maps->nr_ended--;
	maps->nr_forgotten++;
	free_process(maps, proc);
}

static void end_process(struct maps *maps, struct process *proc)
{
	maps->nr_kept -= kept_of(proc->set);
	proc->ended = true;
	proc->set->ended++;
	maps->nr_kept += kept_of(proc->set);
	if (maps->last_ended)
		maps->last_ended->later = proc;
	else
		maps->first_ended = proc;
	maps->last_ended = proc;
	maps->nr_ended++;
	while (maps->nr_ended > maps->max_ended ||
	       (maps->nr_ended && maps->nr_kept > MAX_KEPT))
		forget_oldest(maps);
}

static struct mapping mapping_of(struct maps *maps, const struct map_event *event)
{
	return (struct mapping){
		.start = event->start,
		.end = event->start + event->len,
		.offset = event->offset,
		.since = event->time,
		.file = get_file(maps, event),
	};
}

/* What the kernel calls a file of its own begins at its first address. */
static void normalize(struct map_event *event)
{
	if (event->path[0] == '/' && event->path[1] != '/')
		return;
	event->dev = 0;
	event->gen = 0;
	event->ino = !strcmp(event->path, "[vdso]") && event->start >> 32 == 0;
	event->offset = 0;
	if (is_anon(event->path))
		event->path = "";
}

/* Code in memory without a file may have names that its maker wrote down. */
static void note_jit(struct maps *maps, struct process *proc, const struct map_file *file)
{
	if (file->anon && !proc->jit)
		proc->jit = ktap_perfmap_open(&maps->tmps, proc->pid);
}

/*
 * /proc
 */

/* Reads a line of /proc/PID/maps; true if that is code. */
static bool read_line(char *line, struct map_event *event)
{
	unsigned long long start, end, offset, ino;
	const char *flags = strchr(line, ' ');
	unsigned int major, minor;
	int pos = 0;

	if (!flags || strlen(flags) < 4 || flags[3] != 'x')
		return false;
	if (sscanf(line, "%llx-%llx %*s %llx %x:%x %llu %n", &start, &end, &offset,
		   &major, &minor, &ino, &pos) < 6 || end <= start)
		return false;
	*event = (struct map_event){
		.start = start,
		.len = end - start,
		.offset = offset,
		.dev = (uint64_t)major << 32 | minor,
		.ino = ino,
		.path = line + pos,
	};
	normalize(event);
	return true;
}

/* What is known already is better known: this only fills gaps. */
static void add_scanned(struct maps *maps, struct process *proc,
			const struct map_event *event)
{
	struct mapping map = mapping_of(maps, event);

	note_jit(maps, proc, map.file);
	if (!overlaps(proc->set, first_behind(proc->set, map.start), &map))
		insert(own_set(maps, proc), &map);
}

static FILE *open_maps(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	return fopen(path, "re");
}

static void scan_file(struct maps *maps, struct process *proc, FILE *file)
{
	struct map_event event;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	proc->scanned = ktap_maps_now();
	while ((len = getline(&line, &cap, file)) > 0) {
		line[len - 1] = '\0';
		if (read_line(line, &event))
			add_scanned(maps, proc, &event);
	}
	free(line);
}

/* Reads what a process has mapped, if it still is there. */
static void scan_process(struct maps *maps, uint32_t pid)
{
	struct process *proc = find_alive(maps, pid);
	FILE *file = open_maps(pid);

	if (!file)
		return;
	scan_file(maps, proc ? proc : new_process(maps, pid), file);
	fclose(file);
}

/* Those that exist already, but not those of the kernel, which map nothing. */
static void scan_all(struct maps *maps)
{
	DIR *dir = opendir("/proc");
	struct dirent *ent;

	if (!dir)
		return;
	while ((ent = readdir(dir)))
		if (ktap_is_digit(ent->d_name[0]))
			scan_process(maps, strtoul(ent->d_name, NULL, 10));
	closedir(dir);
}

/**
 * ktap_maps_scan - Read what processes have mapped when tracing begins
 * @maps: the processes; all of them are read, or those that are known
 */
void ktap_maps_scan(struct maps *maps)
{
	struct process *proc;
	size_t i;

	if (maps->all) {
		scan_all(maps);
		return;
	}
	for (i = 0; i < MAPS_BUCKETS; i++)
		for (proc = maps->buckets[i]; proc; proc = proc->next)
			scan_process(maps, proc->pid);
}

/* May there be mappings of a process that are not known? */
static bool may_scan(const struct maps *maps, const struct process *proc,
		     uint64_t ts)
{
	if (proc->ended)
		return false;
	if (!proc->scanned)
		return true;
	return ts > proc->scanned &&
	       (!maps->told || maps->lost > proc->scanned);
}

/*
 * What the kernel tells
 */

static void on_mmap(struct maps *maps, const struct map_event *told)
{
	struct process *proc = find_alive(maps, told->pid);
	struct map_event event = *told;
	struct map_set *set;
	struct mapping map;

	if (!proc && !maps->all)
		return;
	if (!proc)
		proc = new_process(maps, told->pid);
	normalize(&event);
	map = mapping_of(maps, &event);
	if (map.end <= map.start)
		return;
	hold_file(maps, map.file, &event);
	note_jit(maps, proc, map.file);
	set = own_set(maps, proc);
	/* That much may only be what was unmapped again. */
	if (set->nr == MAX_NOW) {
		forget_now(set);
		proc->scanned = 0;
	}
	insert(set, &map);
}

static void on_fork(struct maps *maps, const struct map_event *event)
{
	struct process *parent = find_alive(maps, event->parent);
	struct process *old = find_alive(maps, event->pid), *proc;

	/* A thread is none. */
	if (event->pid == event->parent || (!maps->all && !(parent && maps->children)))
		return;
	if (old)
		end_process(maps, old);
	proc = new_process(maps, event->pid);
	proc->since = event->time;
	if (!parent)
		return;
	put_set(maps, proc->set, false);
	proc->set = parent->set;
	proc->set->refs++;
	proc->scanned = parent->scanned ? event->time : 0;
	proc->parent_jit = ktap_perfmap_get(parent->jit ? parent->jit :
					    parent->parent_jit);
}

static void on_exec(struct maps *maps, const struct map_event *event)
{
	struct process *proc = find_alive(maps, event->pid);

	if (!proc)
		return;
	forget_now_of(maps, proc);
	/* All that it maps from now on is told. */
	proc->scanned = event->time;
}

static void on_exit_of(struct maps *maps, const struct map_event *event)
{
	struct process *proc = find_alive(maps, event->pid);

	if (proc)
		end_process(maps, proc);
}

/**
 * ktap_maps_event - Take note of what happened to a process
 * @maps: the processes
 * @event: what happened; later than all that was told of this process before
 */
void ktap_maps_event(struct maps *maps, const struct map_event *event)
{
	switch (event->kind) {
	case MAP_MMAP:
		on_mmap(maps, event);
		break;
	case MAP_FORK:
		on_fork(maps, event);
		break;
	case MAP_EXEC:
		on_exec(maps, event);
		break;
	case MAP_EXIT:
		on_exit_of(maps, event);
		break;
	}
}

static const struct mapping *find(struct maps *maps, uint32_t pid, uint64_t ts,
				  uint64_t addr, struct process **proc)
{
	const struct mapping *map;

	*proc = find_process(maps, pid);
	for (; *proc; *proc = next_of((*proc)->next, pid)) {
		if ((*proc)->since > ts)
			continue;
		map = find_in((*proc)->set, ts, addr);
		if (map)
			return map;
	}
	return NULL;
}

/**
 * ktap_maps_find - Find what a process had mapped
 * @maps: the processes
 * @pid: number of the process
 * @ts: when
 * @addr: where
 * @proc: set to the process
 *
 * Return: The mapping that was there at that time or, if there was none, the last one
 * before; NULL if nothing is known.
 */
const struct mapping *ktap_maps_find(struct maps *maps, uint32_t pid, uint64_t ts,
				     uint64_t addr, struct process **proc)
{
	const struct mapping *map = find(maps, pid, ts, addr, proc);
	struct process *last = find_process(maps, pid);

	if (map || (last && !may_scan(maps, last, ts)))
		return map;
	scan_process(maps, pid);
	return find(maps, pid, ts, addr, proc);
}

/*
 * All of it
 */

/**
 * ktap_maps_init - Begin without any process
 * @maps: to be filled in; every process is of interest
 */
void ktap_maps_init(struct maps *maps)
{
	memset(maps, 0, sizeof(*maps));
	maps->files.arena = &maps->arena;
	maps->max_ended = MAX_ENDED;
	maps->all = true;
}

/**
 * ktap_maps_follow - Name a process that is of interest
 * @maps: the processes; others are of none from now on
 * @pid: its number
 */
void ktap_maps_follow(struct maps *maps, uint32_t pid)
{
	maps->all = false;
	if (!find_alive(maps, pid))
		new_process(maps, pid);
}

/**
 * ktap_maps_destroy - Forget all processes and close all files
 * @maps: the processes; symbols of files are for the caller to free
 */
void ktap_maps_destroy(struct maps *maps)
{
	struct map_file *file;
	struct strent *ent;
	size_t i;

	for (i = 0; i < MAPS_BUCKETS; i++)
		while (maps->buckets[i])
			free_process(maps, maps->buckets[i]);
	for (ent = maps->files.first; ent; ent = ent->all)
		for (file = ent->ptr; file; file = file->next)
			if (file->fd >= 0)
				close(file->fd);
	ktap_strtab_destroy(&maps->files);
	ktap_arena_destroy(&maps->arena);
}
