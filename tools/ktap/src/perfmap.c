// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names that processes give the code that they make
 *
 * Compilers at run time write a line to /tmp/perf-PID.map, as perf has taught them, for
 * each function that they make: address, size and name. In a container it is the /tmp
 * of that, and the number that the process has there. Both are found out when the
 * process maps memory for such code, and so are known when it has ended.
 *
 * Code moves, and other code takes its place, so a line is worth more than those
 * before it. Anybody can write to /tmp: only what belongs to the process or to root
 * is taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maps.h"
#include "perfmap.h"

/* Longer names are cut, and no more is read of a file at once. */
#define MAX_NAME	1024
#define MAX_READ	(64 << 20)

/* Directories that are held open, one for all processes that have the same one. */
#define MAX_TMPS	128

/* How long what was found is believed without looking at the file. */
#define CHECK_NS	1000000000ULL

/**
 * struct jit_code - code that was made
 * @start: its first address
 * @end: behind its last address
 * @nr: number of its line
 * @name: its name
 */
struct jit_code {
	uint64_t start;
	uint64_t end;
	uint64_t nr;
	const char *name;
};

/**
 * struct tmp_dir - the /tmp of others, which is not ours
 * @next: another one
 * @refs: who needs it
 * @fd: the directory
 * @dev: its device
 * @ino: its number there
 */
struct tmp_dir {
	struct tmp_dir *next;
	unsigned int refs;
	int fd;
	dev_t dev;
	ino_t ino;
};

/**
 * struct perfmap - the file of a process
 * @refs: processes that have such code, the maker and what it has forked
 * @pid: number of the process in its own namespace
 * @dirs: all that are open
 * @tmp: its /tmp if that is not ours
 * @hidden: it is not ours, and too many are open
 * @owner: who it belongs to
 * @checked: when the file was looked at
 * @ino: number of the file
 * @pos: how far it was read
 * @nr_lines: lines that were read
 * @code: what they say, without what was replaced, by address
 * @nr: how many of them
 * @cap: for how many there is room
 * @arena: where names live
 */
struct perfmap {
	unsigned int refs;
	uint32_t pid;
	struct tmp_dirs *dirs;
	struct tmp_dir *tmp;
	bool hidden;
	uid_t owner;
	uint64_t checked;
	uint64_t ino;
	off_t pos;
	uint64_t nr_lines;
	struct jit_code *code;
	size_t nr;
	size_t cap;
	struct arena arena;
};

/* The number that the process has for itself is the last one. */
static uint32_t own_pid(uint32_t pid)
{
	char path[32], line[256], *last;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		last = strrchr(line, '\t');
		pid = last ? strtoul(last, NULL, 10) : pid;
		break;
	}
	if (file)
		fclose(file);
	return pid;
}

static struct tmp_dir *get_tmp(struct tmp_dirs *dirs, const struct stat *st)
{
	struct tmp_dir *tmp = dirs->first;

	while (tmp && (tmp->dev != st->st_dev || tmp->ino != st->st_ino))
		tmp = tmp->next;
	if (tmp)
		tmp->refs++;
	return tmp;
}

static struct tmp_dir *add_tmp(struct tmp_dirs *dirs, const struct stat *st, int fd)
{
	struct tmp_dir *tmp = ktap_alloc(sizeof(*tmp));

	*tmp = (struct tmp_dir){ dirs->first, 1, fd, st->st_dev, st->st_ino };
	dirs->first = tmp;
	dirs->nr++;
	return tmp;
}

static void put_tmp(struct tmp_dirs *dirs, struct tmp_dir *tmp)
{
	struct tmp_dir **pos = &dirs->first;

	if (!tmp || --tmp->refs)
		return;
	while (*pos != tmp)
		pos = &(*pos)->next;
	*pos = tmp->next;
	dirs->nr--;
	close(tmp->fd);
	free(tmp);
}

/*
 * Finds the /tmp of a process if that is another one than ours. Kept open it stays where
 * it is when the process has ended, also if that was the last one of a container.
 */
static void find_tmp(struct perfmap *map, uint32_t pid)
{
	struct stat own, other;
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/root/tmp", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &other) && !stat("/tmp", &own) &&
	    (own.st_dev != other.st_dev || own.st_ino != other.st_ino)) {
		map->tmp = get_tmp(map->dirs, &other);
		map->hidden = !map->tmp && map->dirs->nr == MAX_TMPS;
		if (!map->tmp && !map->hidden) {
			map->tmp = add_tmp(map->dirs, &other, fd);
			return;
		}
	}
	close(fd);
}

/**
 * ktap_perfmap_open - Begin to look for the names of a process
 * @dirs: what is open of others
 * @pid: the process
 *
 * Return: What ktap_perfmap_find() takes; there need not be any names.
 */
struct perfmap *ktap_perfmap_open(struct tmp_dirs *dirs, uint32_t pid)
{
	struct perfmap *map = ktap_alloc(sizeof(*map));
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	map->refs = 1;
	map->pid = own_pid(pid);
	map->dirs = dirs;
	find_tmp(map, pid);
	map->owner = stat(path, &st) ? (uid_t)-1 : st.st_uid;
	return map;
}

/**
 * ktap_perfmap_get - Share names
 * @map: the names, or NULL
 *
 * Return: @map.
 */
struct perfmap *ktap_perfmap_get(struct perfmap *map)
{
	if (map)
		map->refs++;
	return map;
}

static void forget(struct perfmap *map)
{
	free(map->code);
	ktap_arena_destroy(&map->arena);
	map->code = NULL;
	map->nr = 0;
	map->cap = 0;
	map->pos = 0;
}

/**
 * ktap_perfmap_put - Do without names
 * @map: the names, or NULL
 */
void ktap_perfmap_put(struct perfmap *map)
{
	if (!map || --map->refs)
		return;
	forget(map);
	put_tmp(map->dirs, map->tmp);
	free(map);
}

/* Reads "START SIZE NAME". */
static bool read_code(struct perfmap *map, char *line, struct jit_code *code)
{
	unsigned long long start, size;
	int pos = 0;

	if (sscanf(line, "%llx %llx %n", &start, &size, &pos) < 2 || !pos ||
	    !line[pos] || !size || start + size < start)
		return false;
	code->start = start;
	code->end = start + size;
	code->nr = map->nr_lines++;
	code->name = ktap_arena_text(&map->arena, line + pos,
				     strnlen(line + pos, MAX_NAME));
	return true;
}

static int compare_codes(const void *a, const void *b)
{
	const struct jit_code *ca = a, *cb = b;

	if (ca->start != cb->start)
		return ca->start < cb->start ? -1 : 1;
	return (ca->nr > cb->nr) - (ca->nr < cb->nr);
}

/* Leaves no two codes at one place: what came later is what is there. */
static void sort_codes(struct perfmap *map)
{
	struct jit_code *code, *last;
	size_t i, nr = 0;

	qsort(map->code, map->nr, sizeof(*code), compare_codes);
	for (i = 0; i < map->nr; i++) {
		code = &map->code[i];
		last = nr ? &map->code[nr - 1] : NULL;
		if (last && last->end > code->start) {
			if (last->nr > code->nr)
				continue;
			/* What is left of it is not used any more. */
			last->end = code->start;
			if (last->start == last->end)
				nr--;
		}
		map->code[nr++] = *code;
	}
	map->nr = nr;
}

/* Takes whole lines; the last one may still be written. */
static void read_lines(struct perfmap *map, char *text, size_t len)
{
	char *pos = text, *eol;
	struct jit_code code;

	while ((eol = memchr(pos, '\n', text + len - pos))) {
		*eol = '\0';
		if (read_code(map, pos, &code)) {
			map->code = ktap_grow(map->code, map->nr, &map->cap,
					      sizeof(code));
			map->code[map->nr++] = code;
		}
		pos = eol + 1;
	}
	map->pos += pos - text;
	if (pos != text)
		sort_codes(map);
}

static void read_more(struct perfmap *map, int fd, const struct stat *st)
{
	size_t size;
	ssize_t nr;
	char *text;

	if (map->ino != st->st_ino || map->pos > st->st_size)
		forget(map);
	map->ino = st->st_ino;
	size = st->st_size - map->pos < MAX_READ ? st->st_size - map->pos : MAX_READ;
	if (!size)
		return;
	text = ktap_alloc(size);
	nr = pread(fd, text, size, map->pos);
	if (nr > 0)
		read_lines(map, text, nr);
	free(text);
}

static void check_file(struct perfmap *map)
{
	struct stat st;
	char path[32];
	int fd;

	map->checked = ktap_maps_now();
	if (map->hidden)
		return;
	snprintf(path, sizeof(path), "%sperf-%u.map", map->tmp ? "" : "/tmp/",
		 map->pid);
	fd = openat(map->tmp ? map->tmp->fd : AT_FDCWD, path,
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (!st.st_uid || st.st_uid == geteuid() || st.st_uid == map->owner))
		read_more(map, fd, &st);
	close(fd);
}

static const struct jit_code *find(const struct perfmap *map, uint64_t addr)
{
	size_t i = ktap_find_upto(map->code, map->nr, sizeof(*map->code),
				  offsetof(struct jit_code, end), addr);

	return i < map->nr && map->code[i].start <= addr ? &map->code[i] : NULL;
}

/**
 * ktap_perfmap_find - Find a name for code
 * @map: names of the process
 * @ts: when the code ran
 * @addr: its address
 * @offset: set to how far the address is behind the beginning of the code
 *
 * Return: The name, or NULL.
 */
const char *ktap_perfmap_find(struct perfmap *map, uint64_t ts, uint64_t addr,
			      uint64_t *offset)
{
	const struct jit_code *code = find(map, addr);

	/* The file may say something by now, or something else. */
	if (ts > map->checked && (!code || ts - map->checked > CHECK_NS)) {
		check_file(map);
		code = find(map, addr);
	}
	if (!code)
		return NULL;
	*offset = addr - code->start;
	return code->name;
}
