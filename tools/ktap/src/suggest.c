// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What was perhaps meant by an event that the kernel refuses
 *
 * The kernel says what it does not have. What it has instead stands in files, which
 * are read only then: names that are like the one that is missing are told.
 */
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "lex.h"
#include "nearest.h"
#include "suggest.h"
#include "tracefs.h"
#include "user.h"

static void tell_nearest(const struct nearest *near, FILE *out)
{
	struct strbuf sb = { 0 };

	ktap_nearest_tell(near, &sb);
	if (sb.len)
		fprintf(out, "note: %s\n", sb.str);
	ktap_strbuf_destroy(&sb);
}

/**
 * ktap_suggest_event - Name events that are like one that does not exist
 * @dir: where tracefs is mounted, NULL for the usual places
 * @spec: the event
 * @out: where to
 */
void ktap_suggest_event(const char *dir, const char *spec, FILE *out)
{
	const char *foreign = ktap_event_foreign(spec);
	struct strbuf text = { 0 };
	struct nearest near;
	char **events;
	size_t nr, i;
	int err;

	if (foreign) {
		fprintf(out, "note: %s\n", foreign);
		return;
	}
	ktap_nearest_init(&near, spec);
	events = ktap_tracefs_events(dir, &text, &nr, &err);
	for (i = 0; i < nr; i++)
		ktap_nearest_try(&near, events[i]);
	tell_nearest(&near, out);
	free(events);
	ktap_strbuf_destroy(&text);
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

	while ((line = ktap_tracefs_line(&rest))) {
		/* The module stands behind the name. */
		line[strcspn(line, " \t")] = '\0';
		ktap_nearest_try(near, line);
	}
}

/* A colon is for a module, or for a program that is in PATH. */
static bool tell_no_module(const char *spec, FILE *out)
{
	const char *colon = strchr(spec, ':');
	struct strbuf path = { 0 }, library = { 0 };
	char *name;
	bool missing;

	name = colon ? strndup(spec, colon - spec) : NULL;
	if (!name)
		return false;
	ktap_strbuf_addf(&path, "/sys/module/%s", name);
	missing = access(path.str, F_OK);
	if (missing) {
		fprintf(out, "note: there is no module '%s', and no such program in PATH\n",
			name);
		ktap_user_library(name, &library);
	}
	if (library.len)
		fprintf(out, "note: %s\n", library.str);
	ktap_strbuf_destroy(&library);
	ktap_strbuf_destroy(&path);
	free(name);
	return missing;
}

/**
 * ktap_suggest_function - Name kernel functions that are like one
 * @dir: where tracefs is mounted, NULL for the usual places
 * @spec: function that does not exist, with its module and offset
 * @out: where to
 */
void ktap_suggest_function(const char *dir, const char *spec, FILE *out)
{
	struct strbuf text = { 0 };
	struct nearest near;
	char *name;

	if (tell_no_module(spec, out))
		return;
	name = function_name(spec);
	if (name && !ktap_tracefs_read(dir, "available_filter_functions", &text)) {
		ktap_nearest_init(&near, name);
		try_functions(&near, &text);
		tell_nearest(&near, out);
	}
	ktap_strbuf_destroy(&text);
	free(name);
}

/* Lines are "address type name", and of modules "[module]" as well. */
static void try_symbols(struct nearest *near, struct strbuf *text)
{
	char *rest = text->str, *line, *name;

	while ((line = ktap_tracefs_line(&rest))) {
		name = strchr(line, ' ');
		if (!name || strlen(name) < 4)
			continue;
		name += 3;
		name[strcspn(name, " \t")] = '\0';
		ktap_nearest_try(near, name);
	}
}

/**
 * ktap_suggest_symbol - Name symbols of the kernel that are like one
 * @spec: watchpoint of a symbol that does not exist
 * @out: where to
 */
void ktap_suggest_symbol(const char *spec, FILE *out)
{
	char *name = strndup(spec, strcspn(spec, ":"));
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	struct strbuf text = { 0 };
	struct nearest near;

	if (name && fd >= 0 && !ktap_read_file(fd, &text)) {
		ktap_nearest_init(&near, name);
		try_symbols(&near, &text);
		tell_nearest(&near, out);
	}
	if (fd >= 0)
		close(fd);
	ktap_strbuf_destroy(&text);
	free(name);
}

/* The name in "field:TYPE NAME;" or "field:TYPE NAME[N];", ended there. */
static char *field_name(char *line)
{
	char *end, *name = strstr(line, "field:");

	if (!name || strstr(name, " common_"))
		return NULL;
	end = strchr(name, ';');
	if (!end)
		return NULL;
	*end = '\0';
	/* Behind the type there may be brackets as well, which are not the last. */
	if (end[-1] == ']') {
		end = strrchr(name, '[');
		if (end)
			*end = '\0';
	}
	end = strrchr(name, ' ');
	return end ? end + 1 : NULL;
}

/**
 * struct fields - fields of the events of a glob
 * @names: each name once
 * @nr: their number
 * @cap: for how many there is room
 * @arena: where they are
 */
struct fields {
	const char **names;
	size_t nr;
	size_t cap;
	struct arena arena;
};

static bool has_field(const struct fields *fields, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < fields->nr; i++)
		if (!strncmp(fields->names[i], name, len) && !fields->names[i][len])
			return true;
	return false;
}

static void add_fields(struct fields *fields, const char *dir, const char *event)
{
	struct strbuf text = { 0 };
	char *rest, *line, *name;

	if (!ktap_tracefs_format(dir, event, &text)) {
		rest = text.str;
		while ((line = ktap_tracefs_line(&rest))) {
			name = field_name(line);
			if (!name || has_field(fields, name, strlen(name)))
				continue;
			fields->names = ktap_grow(fields->names, fields->nr,
						  &fields->cap,
						  sizeof(*fields->names));
			fields->names[fields->nr++] =
				ktap_arena_dup(&fields->arena, name, strlen(name));
		}
	}
	ktap_strbuf_destroy(&text);
}

static void find_fields(struct fields *fields, const char *dir, const char *spec)
{
	struct strbuf text = { 0 };
	char **events;
	size_t nr, i;
	int err;

	events = ktap_tracefs_events(dir, &text, &nr, &err);
	for (i = 0; i < nr; i++)
		if (!fnmatch(spec, events[i], 0))
			add_fields(fields, dir, events[i]);
	free(events);
	ktap_strbuf_destroy(&text);
}

/* Names that are like @name, or all if none is. */
static void tell_fields(const struct fields *fields, const char *name, FILE *out)
{
	struct nearest near;
	size_t i;

	ktap_nearest_init(&near, name);
	for (i = 0; i < fields->nr; i++)
		ktap_nearest_try(&near, fields->names[i]);
	if (near.nr) {
		tell_nearest(&near, out);
		return;
	}
	for (i = 0; i < fields->nr; i++)
		fprintf(out, "%s%s", i ? ", " : "note: there is ", fields->names[i]);
	if (i)
		fputc('\n', out);
}

static void destroy_fields(struct fields *fields)
{
	free(fields->names);
	ktap_arena_destroy(&fields->arena);
}

/**
 * ktap_suggest_field - Name the fields of an event that are like one
 * @dir: where tracefs is mounted, NULL for the usual places
 * @spec: the event, as a glob
 * @name: field that does not exist
 * @out: where to
 */
void ktap_suggest_field(const char *dir, const char *spec, const char *name,
			FILE *out)
{
	struct fields fields = { 0 };

	find_fields(&fields, dir, spec);
	tell_fields(&fields, name, out);
	destroy_fields(&fields);
}

/* What a filter can name besides fields. */
static bool is_common(const char *name, size_t len)
{
	static const char * const names[] = {
		"COMM", "CPU", "comm", "cpu", "stacktrace", "STACKTRACE",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return len > 7 && !memcmp(name, "common_", 7);
}

/* The first name of a filter that is no field: names stand before operators. */
static char *unknown_field(const struct fields *fields, const char *filter)
{
	const char *pos = filter, *start;
	char quote;

	while (*pos) {
		if (*pos == '"' || *pos == '\'') {
			quote = *pos++;
			while (*pos && *pos++ != quote)
				;
		} else if (ktap_is_alpha(*pos)) {
			start = pos;
			while (ktap_is_alpha(*pos) || ktap_is_digit(*pos))
				pos++;
			if (!is_common(start, pos - start) &&
			    !has_field(fields, start, pos - start))
				return strndup(start, pos - start);
			/* Its value may be a word, too. */
			pos += strcspn(pos, "&|)");
		} else {
			pos++;
		}
	}
	return NULL;
}

/**
 * ktap_suggest_filter - Name fields that are like the one that a filter asks for
 * @dir: where tracefs is mounted, NULL for the usual places
 * @spec: the event, as a glob
 * @filter: filter that the kernel refuses
 * @out: where to
 */
void ktap_suggest_filter(const char *dir, const char *spec, const char *filter,
			 FILE *out)
{
	struct fields fields = { 0 };
	char *name;

	find_fields(&fields, dir, spec);
	name = unknown_field(&fields, filter);
	if (name)
		tell_fields(&fields, name, out);
	destroy_fields(&fields);
	free(name);
}

/**
 * ktap_suggest_fetch - Tell what the kernel said about fetch arguments
 * @dir: where tracefs is mounted, NULL for the usual places
 * @out: where to
 *
 * Its error_log has a line with a time stamp and the reason, one with the argument
 * and one with a caret for each error; the last error is the one.
 */
void ktap_suggest_fetch(const char *dir, FILE *out)
{
	struct strbuf text = { 0 };
	char *last = NULL, *pos;

	if (!ktap_tracefs_read(dir, "error_log", &text) && text.len) {
		for (pos = text.str; pos; pos = strstr(pos + 1, "\n["))
			last = pos;
		last = strstr(last, "error: ");
	}
	if (last)
		fprintf(out, "%s", last);
	ktap_strbuf_destroy(&text);
}
