// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Filters of events
 *
 * A filter is one of three things: text for the kernel's event filter, which is
 * cheapest; a glob of functions for the function tracer; or an expression, which
 * becomes a test at the beginning of the handler. Only trace events have the
 * first, so a list that has others has an expression. With trace events a filter
 * is for the kernel
 *
 * - if it is no expression, as with "~";
 * - not if it has what only expressions have: args.NAME, argN, a call, an index,
 *   arithmetic;
 * - else if a name in it is none that the script has a meaning for;
 * - else if all names in it are fields of each event, as far as tracefs can be read;
 * - and not if it has no names at all.
 */
#include <fnmatch.h>
#include <string.h>

#include "builtin.h"
#include "filter.h"
#include "fold.h"
#include "tracefs.h"

/* Names that a filter may have; with more it is for the kernel. */
#define MAX_NAMES	32

/**
 * struct names - what a filter speaks of
 * @name: plain names
 * @nr: their number
 * @unknown: there are some that have no meaning for the script
 * @computes: it has what only an expression can have
 */
struct names {
	const struct strent *name[MAX_NAMES];
	unsigned int nr;
	bool unknown;
	bool computes;
};

static bool all_of_kind(const struct event *event, enum ktap_probe_kind kind)
{
	for (; event; event = event->next)
		if (event->kind != kind)
			return false;
	return true;
}

static bool skip(const char **pos, const char *end, const char *word)
{
	size_t len = strlen(word);

	while (*pos < end && ktap_is_space(**pos))
		++*pos;
	if ((size_t)(end - *pos) < len || strncmp(*pos, word, len))
		return false;
	*pos += len;
	return true;
}

/* "ip" "==" GLOB, which may be in quotes. Finds the place of the glob. */
static bool is_function_glob(const struct script *script, struct text *filter)
{
	const char *text = script->source.text, *pos = text + filter->pos;
	const char *end = pos + filter->len, *start;
	bool quoted;

	if (!skip(&pos, end, "ip") || !skip(&pos, end, "=="))
		return false;
	quoted = skip(&pos, end, "\"");
	start = pos;
	if (pos == end || ktap_is_digit(*pos))
		return false;
	while (pos < end && (ktap_is_alpha(*pos) || ktap_is_digit(*pos) ||
			     strchr(".*?[]!-", *pos)))
		pos++;
	filter->pos = start - text;
	filter->len = pos - start;
	return filter->len && (!quoted || skip(&pos, end, "\"")) && pos == end;
}

/**
 * ktap_filter_may_be_kernels - Whether a filter need not be an expression
 * @script: the script
 * @trace: events and their filter
 *
 * Return: False if it must be one.
 */
bool ktap_filter_may_be_kernels(const struct script *script,
				const struct trace *trace)
{
	struct text filter = trace->filter;

	if (all_of_kind(trace->events, KTAP_PROBE_FTRACE))
		return is_function_glob(script, &filter);
	return all_of_kind(trace->events, KTAP_PROBE_EVENT);
}

static void add_name(struct names *names, const struct strent *name)
{
	enum name_kind kind = ktap_name_kind(name);

	if (!name->ptr && (kind == NAME_ARG || kind == NAME_ARGS))
		names->computes = true;
	else if (!name->ptr && kind != NAME_VAR && kind != NAME_FIELD)
		names->unknown = true;
	else if (names->nr < MAX_NAMES)
		names->name[names->nr++] = name;
	else
		names->unknown = true;
}

static bool is_computed(enum token_type op)
{
	return op && op != TOK_BITAND && ktap_arith_of(op) != KTAP_A_NR;
}

static void find_names(struct names *names, const struct expr *ex)
{
	const struct expr *arg;

	switch (ex->kind) {
	case EX_NAME:
		add_name(names, ex->name);
		break;
	case EX_CHAIN:
	case EX_AND:
	case EX_OR:
		for (arg = ex->list; arg; arg = arg->next) {
			names->computes |= is_computed(arg->op);
			find_names(names, arg);
		}
		break;
	case EX_UNARY:
		names->computes |= ex->unary.op == TOK_BITNOT;
		find_names(names, ex->unary.arg);
		break;
	case EX_INT:
	case EX_STR:
		break;
	default:
		names->computes = true;
		break;
	}
}

/* Whether a line of a format file is of a field with this name. */
static bool is_field(const char *line, const struct strent *name)
{
	const char *end = strchr(line, ';'), *pos;

	if (!strstr(line, "field:") || !end)
		return false;
	/* What is behind the name is an array's size. */
	for (pos = strstr(line, name->str); pos && pos < end;
	     pos = strstr(pos + 1, name->str))
		if (pos > line && (pos[-1] == ' ' || pos[-1] == '*') &&
		    (pos[name->len] == ';' || pos[name->len] == '['))
			return true;
	return false;
}

static bool has_field(const struct strbuf *format, const struct strent *name)
{
	/* Every event has these, and no format shows them. */
	static const char * const common[] = { "CPU", "cpu", "COMM", "comm" };
	const char *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(common); i++)
		if (!strcmp(name->str, common[i]))
			return true;
	for (line = format->str; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (is_field(line, name))
			return true;
	}
	return false;
}

static bool has_fields(const struct script *script, const char *event,
		       const struct names *names)
{
	const char *colon = strchr(event, ':');
	struct strbuf path = { 0 }, format = { 0 };
	unsigned int i = 0;

	ktap_strbuf_addf(&path, "events/%.*s/%s/format", (int)(colon - event),
			 event, colon + 1);
	if (!ktap_tracefs_read(script->tracefs, path.str, &format) &&
	    format.len)
		while (i < names->nr && has_field(&format, names->name[i]))
			i++;
	ktap_strbuf_destroy(&path);
	ktap_strbuf_destroy(&format);
	return i == names->nr;
}

/* Whether one of the events that match has fields of all these names. */
static bool one_has_fields(const struct script *script, char *events,
			   const struct event *event,
			   const struct names *names)
{
	char *line, *end;
	bool has = false;

	for (line = events; line && *line && !has; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		has = strchr(line, ':') && !fnmatch(event->str, line, 0) &&
			has_fields(script, line, names);
		if (end)
			*end++ = '\n';
	}
	return has;
}

static bool all_have_fields(const struct script *script,
			    const struct event *event,
			    const struct names *names)
{
	struct strbuf events = { 0 };
	bool have;

	have = !ktap_tracefs_read(script->tracefs, "available_events",
				  &events) && events.len;
	for (; event && have; event = event->next)
		have = one_has_fields(script, events.str, event, names);
	ktap_strbuf_destroy(&events);
	return have;
}

static bool is_kernels(const struct script *script, const struct trace *trace)
{
	struct names names = { 0 };

	if (!trace->test)
		return true;
	if (!all_of_kind(trace->events, KTAP_PROBE_EVENT))
		return false;
	find_names(&names, trace->test);
	if (names.computes)
		return false;
	return names.unknown ||
		(names.nr && all_have_fields(script, trace->events, &names));
}

/**
 * ktap_filter_choose - Decide what evaluates a filter
 * @script: the script, with what is declared before the events
 * @trace: events and their filter; either text or expression is left of it
 */
void ktap_filter_choose(struct script *script, struct trace *trace)
{
	if (!trace->filter.len)
		return;
	if (all_of_kind(trace->events, KTAP_PROBE_FTRACE) &&
	    is_function_glob(script, &trace->filter))
		trace->test = NULL;
	else if (is_kernels(script, trace))
		trace->test = NULL;
	else
		trace->filter.len = 0;
}
