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

#include "suggest.h"
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

/**
 * ktap_tracefs_line - Take a line off a text
 * @text: the text, which is changed; what is left of it
 *
 * Return: The line, or NULL at the end.
 */
char *ktap_tracefs_line(char **text)
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

/**
 * ktap_tracefs_format - Read the description of an event
 * @dir: where tracefs is mounted, NULL for the usual places
 * @event: the event, "system:name"
 * @text: the lines of its format file are added
 *
 * Return: 0, or a negative errno.
 */
int ktap_tracefs_format(const char *dir, const char *event, struct strbuf *text)
{
	const char *colon = strchr(event, ':');
	struct strbuf path = { 0 };
	int ret;

	ktap_strbuf_addf(&path, "events/%.*s/%s/format", (int)(colon - event),
			 event, colon + 1);
	ret = ktap_tracefs_read(dir, path.str, text);
	ktap_strbuf_destroy(&path);
	return ret;
}

static void show_fields(const char *dir, const char *event, FILE *out)
{
	struct strbuf text = { 0 };
	unsigned int nr = 0;
	char *rest, *line;

	if (!ktap_tracefs_format(dir, event, &text)) {
		rest = text.str;
		while ((line = ktap_tracefs_line(&rest)))
			if (strstr(line, "field:") && !strstr(line, " common_"))
				show_field(line, nr++, out);
	}
	ktap_strbuf_destroy(&text);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

/**
 * ktap_tracefs_events - Read which events there are
 * @dir: where tracefs is mounted, NULL for the usual places
 * @text: gets what their names are in
 * @nr: gets their number
 * @err: gets 0, or a negative errno
 *
 * Return: The names in ascending order, to be freed.
 */
char **ktap_tracefs_events(const char *dir, struct strbuf *text, size_t *nr,
			   int *err)
{
	char **events = NULL, *rest, *line;
	size_t cap = 0;

	*nr = 0;
	*err = ktap_tracefs_read(dir, "available_events", text);
	if (*err)
		return NULL;
	rest = text->str;
	while ((line = ktap_tracefs_line(&rest))) {
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

	events = ktap_tracefs_events(dir, &text, &nr, &err);
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
		ktap_suggest_event(dir, glob, stderr);
	}
	free(events);
	ktap_strbuf_destroy(&text);
	return shown ? 0 : KTAP_EXIT_FAILED;
}
