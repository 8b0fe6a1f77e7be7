/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What processes have mapped
 */
#ifndef _KTAP_MAPS_H
#define _KTAP_MAPS_H

#include <sys/types.h>

#include "perfmap.h"
#include "util.h"

struct inlines;
struct symtab;

/**
 * struct map_file - a file that is or was mapped for code, or what is like one
 * @next: with the same name and number, but another generation
 * @path: as the process that mapped it sees it; "[vdso]" and the like for what is no
 *        file, empty for memory without a name
 * @name: its name without directories or brackets, fit to be shown
 * @ino: its number; of a vDSO whether it is below 4G, so that of a 32-bit process
 * @gen: tells it from others that had the number; 0 if it is not known
 * @anon: it is memory that code was written to
 * @fd: the file, which may be deleted meanwhile; -1 if it was not opened
 * @symtab: its symbols, see usym.c
 * @tried: they were looked for
 * @inlines: its inlined functions, see usym.c
 * @inlines_tried: they were looked for
 */
struct map_file {
	struct map_file *next;
	const char *path;
	const char *name;
	uint64_t ino;
	uint64_t gen;
	bool anon;
	int fd;
	struct symtab *symtab;
	bool tried;
	struct inlines *inlines;
	bool inlines_tried;
};

/**
 * struct mapping - where code is in the memory of a process
 * @start: its first address
 * @end: behind its last address
 * @offset: of @start in the file
 * @since: when it was mapped, 0 if it was there before anybody looked
 * @file: what is mapped
 */
struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	uint64_t since;
	struct map_file *file;
};

/**
 * struct process - a process, which may have ended
 * @next: in the same bucket, older ones behind newer ones
 * @later: the one that ended after it
 * @pid: its number in the initial namespace
 * @ended: it has ended
 * @since: when it was made, 0 if that is not known
 * @scanned: when its mappings were read from /proc, 0 if never
 * @set: its mappings
 * @jit: names of code that it has made, or NULL
 * @parent_jit: the same of its parent, or NULL
 */
struct process {
	struct process *next;
	struct process *later;
	uint32_t pid;
	bool ended;
	uint64_t since;
	uint64_t scanned;
	struct map_set *set;
	struct perfmap *jit;
	struct perfmap *parent_jit;
};

#define MAPS_BUCKETS	1024

/**
 * struct maps - processes and what they have mapped
 * @arena: where files and their names live
 * @files: files by number and path
 * @buckets: processes by pid
 * @first_ended: the one that ended first, of those that are known
 * @last_ended: the one that ended last
 * @nr_ended: their number
 * @max_ended: how many of them are kept
 * @nr_forgotten: how many were not
 * @nr_kept: mappings for which they have memory that they do not share with others
 * @nr_fds: files that are open
 * @tmps: directories that are
 * @all: every process is of interest, else those that ktap_maps_follow() named
 * @children: what such processes make is of interest
 * @told: somebody tells what happens
 * @lost: the last time that something may not have been told
 */
struct maps {
	struct arena arena;
	struct strtab files;
	struct process *buckets[MAPS_BUCKETS];
	struct process *first_ended;
	struct process *last_ended;
	unsigned int nr_ended;
	unsigned int max_ended;
	uint64_t nr_forgotten;
	size_t nr_kept;
	unsigned int nr_fds;
	struct tmp_dirs tmps;
	bool all;
	bool children;
	bool told;
	uint64_t lost;
};

enum map_event_kind {
	MAP_MMAP,
	MAP_FORK,
	MAP_EXEC,
	MAP_EXIT,
};

/**
 * struct map_event - what happened to a process
 * @kind: what
 * @pid: the process
 * @parent: of MAP_FORK, who made it
 * @time: when, in nanoseconds of the monotonic clock
 * @start: of MAP_MMAP, first address
 * @len: its length
 * @offset: where in the file it begins
 * @dev: device of the file
 * @ino: its number there
 * @gen: generation of that number
 * @path: of the file
 */
struct map_event {
	enum map_event_kind kind;
	uint32_t pid;
	uint32_t parent;
	uint64_t time;
	uint64_t start;
	uint64_t len;
	uint64_t offset;
	uint64_t dev;
	uint64_t ino;
	uint64_t gen;
	const char *path;
};

void ktap_maps_init(struct maps *maps);
void ktap_maps_destroy(struct maps *maps);
void ktap_maps_follow(struct maps *maps, uint32_t pid);
void ktap_maps_scan(struct maps *maps);
void ktap_maps_event(struct maps *maps, const struct map_event *event);
const struct mapping *ktap_maps_find(struct maps *maps, uint32_t pid, uint64_t ts,
				     uint64_t addr, struct process **proc);
int ktap_maps_open(const struct map_file *file, uint32_t pid, uint64_t start,
		   uint64_t end);
uint64_t ktap_maps_now(void);

#endif /* _KTAP_MAPS_H */
