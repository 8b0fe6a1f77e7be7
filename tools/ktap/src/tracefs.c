// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What tracefs tells
 *
 * Opening the control file, with a reason if that fails, and the events that this
 * kernel has.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "nearest.h"
#include "tracefs.h"

#define TRACEFS_MAGIC	0x74726163

/* Events that tracefs does not list, as a script can have them. */
static const char * const other_events[] = {
	"ftrace:function",
	"perf:cpu-clock:99hz",
	"perf:page-faults",
	"profile-99hz",
	"tick-1s",
};

static const char * const places[] = {
	"/sys/kernel/tracing",
	"/sys/kernel/debug/tracing",
};

static bool is_tracefs(const char *dir)
{
	struct statfs fs;

	return !statfs(dir, &fs) && (unsigned long)fs.f_type == TRACEFS_MAGIC;
}

static bool is_missing(int err)
{
	return err == ENOENT || err == ENOTDIR;
}

/* Opens a file of tracefs, wherever that is mounted. */
static int open_in(const char *dir, const char *name, int flags)
{
	struct strbuf path = { 0 };
	int fd, err = ENOENT;
	size_t i;

	for (i = 0; i < (dir ? 1 : ARRAY_SIZE(places)); i++) {
		path.len = 0;
		ktap_strbuf_addf(&path, "%s/%s", dir ? dir : places[i], name);
		fd = open(path.str, flags | O_CLOEXEC);
		if (fd >= 0) {
			ktap_strbuf_destroy(&path);
			return fd;
		}
		/* What is there and cannot be opened tells more. */
		if (is_missing(err))
			err = errno;
	}
	ktap_strbuf_destroy(&path);
	return -err;
}

static bool is_mounted(const char *dir)
{
	size_t i;

	if (dir)
		return is_tracefs(dir);
	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (is_tracefs(places[i]))
			return true;
	return false;
}

static void explain(const char *dir, const char *name, int err)
{
	if (err == EACCES || err == EPERM)
		ktap_msg("no permission to trace: this needs root, with CAP_PERFMON");
	else if (!is_missing(err))
		ktap_msg("cannot open '%s' in tracefs: %s", name,
			 strerror(err));
	else if (!is_mounted(dir))
		ktap_msg("tracefs is not mounted: mount -t tracefs none %s",
			 dir ? dir : places[0]);
	else
		ktap_msg("this kernel has no ktap (CONFIG_KTAP)");
}

/**
 * ktap_tracefs_open - Open the control file
 * @dir: where tracefs is mounted, NULL for the usual places
 *
 * Return: A file descriptor, or -1 when the reason was told.
 */
int ktap_tracefs_open(const char *dir)
{
	int fd = open_in(dir, "ktap", O_RDWR | O_NONBLOCK);

	if (fd >= 0)
		return fd;
	explain(dir, "ktap", -fd);
	return -1;
}

/**
 * ktap_tracefs_read - Read a file
 * @dir: where tracefs is mounted, NULL for the usual places
 * @name: the file
 * @text: what it says is added
 *
 * Return: 0, or a negative errno.
 */
int ktap_tracefs_read(const char *dir, const char *name, struct strbuf *text)
{
	int fd = open_in(dir, name, O_RDONLY), ret;

	if (fd < 0)
		return fd;
	ret = ktap_read_file(fd, text);
	close(fd);
	return ret;
}

/* Takes a line off @text; NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	return line;
}

/* Shows "field:TYPE NAME;" as argN, name and type. */
static void show_field(char *line, unsigned int nr, FILE *out)
{
	char *field = strstr(line, "field:"), *end, *name, *size;

	if (!field)
		return;
	field += strlen("field:");
	end = strchr(field, ';');
	if (!end)
		return;
	*end = '\0';
	size = strchr(field, '[');
	name = size && strncmp(field, "__data_loc", 10) &&
	       strncmp(field, "__rel_loc", 9) ? size : end;
	while (name > field && name[-1] != ' ')
		name--;
	if (name == field)
		return;
	name[-1] = '\0';
	size = strchr(name, '[');
	if (size)
		*size = '\0';
	fprintf(out, "    %s%-2u  %-24s %s%s%s\n", nr < 10 ? "arg" : "   ", nr,
		name, field, size ? "[" : "", size ? size + 1 : "");
}

static void show_fields(const char *dir, const char *event, FILE *out)
{
	const char *colon = strchr(event, ':');
	struct strbuf path = { 0 }, text = { 0 };
	unsigned int nr = 0;
	char *rest, *line;

	ktap_strbuf_addf(&path, "events/%.*s/%s/format", (int)(colon - event),
			 event, colon + 1);
	if (!ktap_tracefs_read(dir, path.str, &text)) {
		rest = text.str;
		while ((line = next_line(&rest)))
			if (strstr(line, "field:") && !strstr(line, " common_"))
				show_field(line, nr++, out);
	}
	ktap_strbuf_destroy(&path);
	ktap_strbuf_destroy(&text);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

/* Splits available_events into a sorted vector. */
static char **read_events(const char *dir, struct strbuf *text, size_t *nr,
			  int *err)
{
	char **events = NULL, *rest, *line;
	size_t cap = 0;

	*nr = 0;
	*err = ktap_tracefs_read(dir, "available_events", text);
	if (*err)
		return NULL;
	rest = text->str;
	while ((line = next_line(&rest))) {
		if (!strchr(line, ':'))
			continue;
		events = ktap_grow(events, *nr, &cap, sizeof(*events));
		events[(*nr)++] = line;
	}
	if (*nr)
		qsort(events, *nr, sizeof(*events), compare_lines);
	return events;
}

/**
 * ktap_tracefs_list - Print the events that there are
 * @dir: where tracefs is mounted, NULL for the usual places
 * @glob: which ones, NULL for all
 * @fields: print the fields of each, too
 * @out: where to
 *
 * Return: The exit status: a failure if there are none.
 */
int ktap_tracefs_list(const char *dir, const char *glob, bool fields, FILE *out)
{
	struct strbuf text = { 0 };
	size_t nr, i, shown = 0;
	char **events;
	int err;

	events = read_events(dir, &text, &nr, &err);
	if (err)
		explain(dir, "available_events", -err);
	for (i = 0; i < nr; i++) {
		if (glob && fnmatch(glob, events[i], 0))
			continue;
		fprintf(out, "%s\n", events[i]);
		if (fields)
			show_fields(dir, events[i], out);
		shown++;
	}
	for (i = 0; i < ARRAY_SIZE(other_events); i++) {
		if (err || (glob && fnmatch(glob, other_events[i], 0)))
			continue;
		fprintf(out, "%s\n", other_events[i]);
		shown++;
	}
	if (!err && !shown) {
		ktap_msg("no event matches '%s'", glob);
		ktap_tracefs_suggest(dir, glob, stderr);
	}
	free(events);
	ktap_strbuf_destroy(&text);
	return shown ? 0 : KTAP_EXIT_FAILED;
}

/* The name of a kernel function that is looked for: no module, no offset. */
static char *function_name(const char *spec)
{
	const char *colon = strrchr(spec, ':');
	char *name = strdup(colon ? colon + 1 : spec);

	if (name)
		name[strcspn(name, "+")] = '\0';
	return name;
}

static void try_functions(struct nearest *near, struct strbuf *text)
{
	char *rest = text->str, *line;

	while ((line = next_line(&rest))) {
		/* The module stands behind the name. */
		line[strcspn(line, " \t")] = '\0';
		ktap_nearest_try(near, line);
	}
}

static void tell_nearest(const struct nearest *near, FILE *out)
{
	struct strbuf sb = { 0 };

	ktap_nearest_tell(near, &sb);
	if (sb.len)
		fprintf(out, "note: %s\n", sb.str);
	ktap_strbuf_destroy(&sb);
}

/**
 * ktap_tracefs_suggest - Name events that are like one that does not exist
 * @dir: where tracefs is mounted, NULL for the usual places
 * @spec: the event
 * @out: where to
 */
void ktap_tracefs_suggest(const char *dir, const char *spec, FILE *out)
{
	struct strbuf text = { 0 };
	struct nearest near;
	char **events;
	size_t nr, i;
	int err;

	ktap_nearest_init(&near, spec);
	events = read_events(dir, &text, &nr, &err);
	for (i = 0; i < nr; i++)
		ktap_nearest_try(&near, events[i]);
	tell_nearest(&near, out);
	free(events);
	ktap_strbuf_destroy(&text);
}

/**
 * ktap_tracefs_suggest_function - Name kernel functions that are like one
 * @dir: where tracefs is mounted, NULL for the usual places
 * @spec: function that does not exist, with its module and offset
 * @out: where to
 */
void ktap_tracefs_suggest_function(const char *dir, const char *spec, FILE *out)
{
	char *name = function_name(spec);
	struct strbuf text = { 0 };
	struct nearest near;

	if (name && !ktap_tracefs_read(dir, "available_filter_functions", &text)) {
		ktap_nearest_init(&near, name);
		try_functions(&near, &text);
		tell_nearest(&near, out);
	}
	ktap_strbuf_destroy(&text);
	free(name);
}
