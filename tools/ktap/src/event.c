// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Events of "trace" statements
 *
 * What the script calls an event is looked at twice. The parser asks where it comes
 * from, so that what cannot be one is told of at its place; nothing but names is
 * looked at then. The checker asks for the places that it stands for: the period of
 * a timer, or the offsets of all functions of a program that a glob means. What
 * functions and events the kernel has, the kernel knows, and it is asked when the
 * script is run.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "perf.h"
#include "tracefs.h"
#include "user.h"

#define GLOB_CHARS	"*?["

/* What events are called, by how that begins; the last one is all others. */
static const struct form {
	const char *prefix;
	enum ktap_probe_kind kind;
	const char *note;
} forms[] = {
	{ "tick-", KTAP_PROBE_TICK, "a timer is tick-1s, tick-10ms or tick-100hz" },
	{ "profile-", KTAP_PROBE_PROFILE,
	  "a timer is profile-1s, profile-10ms or profile-99hz" },
	{ "probe:", KTAP_PROBE_FUNC,
	  "a probe is probe:FUNCTION, probe:MODULE:FUNCTION or probe:/path/to/program:FUNCTION" },
	{ "sdt:", KTAP_PROBE_USER,
	  "a marker is sdt:/path/to/program:NAME or sdt:/path/to/program:PROVIDER:NAME" },
	{ "perf:", KTAP_PROBE_PERF,
	  "a perf event is perf:NAME, perf:NAME:PERIOD or perf:NAME:FREQUENCYhz" },
	{ "mem:", KTAP_PROBE_MEM,
	  "a watchpoint is mem:VARIABLE or mem:0xADDRESS, then :LENGTH and :rw" },
	{ "ftrace:function", KTAP_PROBE_FTRACE,
	  "ftrace:function has a filter as in ftrace:function /ip==mutex_*/" },
	{ "", KTAP_PROBE_EVENT,
	  "an event is system:name, as in sched:sched_switch; ktap -le lists them" },
};

/* What other tracers call them. */
static const struct {
	const char *prefix;
	const char *note;
} foreign[] = {
	{ "kprobe:", "here that is trace probe:FUNCTION" },
	{ "kretprobe:", "here that is trace probe:FUNCTION%return" },
	{ "fentry:", "here that is trace probe:FUNCTION" },
	{ "fexit:", "here that is trace probe:FUNCTION%return" },
	{ "uprobe:", "here that is trace probe:PROGRAM:FUNCTION" },
	{ "uretprobe:", "here that is trace probe:PROGRAM:FUNCTION%return" },
	{ "usdt:", "here that is trace sdt:PROGRAM:NAME" },
	{ "tracepoint:", "here that is trace system:name, as in sched:sched_switch" },
	{ "interval:", "here that is tick-1s, without 'trace'" },
	{ "profile:", "here that is profile-99hz, without 'trace'" },
	{ "hardware:", "here that is trace perf:NAME:PERIOD" },
	{ "software:", "here that is trace perf:NAME:PERIOD" },
	{ "watchpoint:", "here that is trace mem:VARIABLE or mem:0xADDRESS, then :LENGTH and :rw" },
};

static const struct form *find_form(const struct event *event)
{
	const struct form *form = forms;

	while (strncmp(event->str, form->prefix, strlen(form->prefix)))
		form++;
	return form;
}

/* What is behind the first part of its name. */
static const char *rest_of(const struct event *event)
{
	return event->str + strlen(find_form(event)->prefix);
}

/**
 * ktap_event_foreign - What an event is here that has its name from another tracer
 * @name: the name
 *
 * Return: A note, or NULL if that is not known.
 */
const char *ktap_event_foreign(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		if (!strncmp(name, foreign[i].prefix, strlen(foreign[i].prefix)))
			return foreign[i].note;
	return NULL;
}

static bool no_event(struct script *script, const struct event *event)
{
	const char *note = ktap_event_foreign(event->str);

	ktap_error(&script->diag, event->pos, "'%.*s' is no event",
		   event->len > 60 ? 60 : (int)event->len, event->str);
	ktap_note(&script->diag, "%s", note ? note : find_form(event)->note);
	return false;
}

static struct event *new_event(struct script *script, uint32_t pos,
			       const struct strbuf *name)
{
	struct event *event = ktap_arena_alloc(&script->arena, sizeof(*event));

	event->pos = pos;
	event->str = ktap_arena_dup(&script->arena, name->str, name->len);
	event->len = name->len;
	return event;
}

/* Appends an argument of the script in place of $N at @pos, and moves *@pos behind it. */
static bool add_arg(struct script *script, struct strbuf *name, uint32_t *pos)
{
	const char *source = script->source.text;
	uint32_t start = (*pos)++;
	uint64_t nr = 0;

	while (ktap_is_digit(source[*pos]) && nr < script->nr_args)
		nr = 10 * nr + ktap_digit(source[(*pos)++]);
	if (nr < script->nr_args) {
		ktap_strbuf_add(name, script->args[nr], strlen(script->args[nr]));
		return true;
	}
	while (ktap_is_digit(source[*pos]))
		(*pos)++;
	ktap_error(&script->diag, start, "the event needs an argument of the script, %.*s",
		   (int)(*pos - start), source + start);
	ktap_note(&script->diag, "arguments are given behind the script");
	return false;
}

/* Appends part of the name of an event. */
static bool add_part(struct script *script, struct strbuf *name, struct text text)
{
	const char *source = script->source.text;
	uint32_t pos = text.pos, end = pos + text.len;

	while (pos < end) {
		if (source[pos] == '$' && pos + 1 < end &&
		    ktap_is_digit(source[pos + 1])) {
			if (!add_arg(script, name, &pos))
				return false;
		} else {
			ktap_strbuf_addc(name, source[pos++]);
		}
	}
	return true;
}

/**
 * ktap_event_new - Make an event of what stands in the script
 * @script: the script
 * @text: what it is called; $1 in it is the first argument of the script
 * @more: the rest of that, which may be empty
 *
 * Return: The event, or NULL if an argument is missing, which was told.
 */
struct event *ktap_event_new(struct script *script, struct text text,
			     struct text more)
{
	struct event *event = NULL;
	struct strbuf name = { 0 };

	if (add_part(script, &name, text) && add_part(script, &name, more))
		event = new_event(script, text.pos, &name);
	ktap_strbuf_destroy(&name);
	return event;
}

/**
 * ktap_event_named - Make an event by its name
 * @script: the script
 * @pos: place for messages
 * @prefix: what is put in front of the name
 * @name: the name
 * @len: length of @name
 *
 * Return: The event.
 */
struct event *ktap_event_named(struct script *script, uint32_t pos,
			       const char *prefix, const char *name, size_t len)
{
	struct strbuf text = { 0 };
	struct event *event;

	ktap_strbuf_add(&text, prefix, strlen(prefix));
	ktap_strbuf_add(&text, name, len);
	event = new_event(script, pos, &text);
	ktap_strbuf_destroy(&text);
	return event;
}

/* Whether this is a module of the kernel that runs. */
static bool is_module(const char *name)
{
	struct strbuf path = { 0 };
	bool is;

	ktap_strbuf_addf(&path, "/sys/module/%s", name);
	is = !access(path.str, F_OK);
	ktap_strbuf_destroy(&path);
	return is;
}

/*
 * Whether the function of a probe is one of a program or library. With two names
 * the first one is a module if there is a module of that name, else a program if
 * there is one, else a module that is not there now.
 */
static bool is_user(struct script *script, const char *rest)
{
	const char *colon = strchr(rest, ':'), *name;
	struct strbuf reason = { 0 };
	char *path;

	if (*rest == '/' || *rest == '.')
		return true;
	if (!colon)
		return false;
	name = ktap_arena_dup(&script->arena, rest, colon - rest);
	if (strstr(name, ".so"))
		return true;
	if (is_module(name))
		return false;
	path = ktap_user_path(name, script->pid, &reason);
	ktap_strbuf_destroy(&reason);
	free(path);
	return path;
}

/* Takes "%return" off the end. */
static void take_return(struct script *script, struct event *event)
{
	static const char suffix[] = "%return";
	size_t len = strlen(suffix);

	if (event->len < len || strcmp(event->str + event->len - len, suffix))
		return;
	event->len -= len;
	event->str = ktap_arena_dup(&script->arena, event->str, event->len);
	event->flags |= KTAP_EVENT_RETURN;
}

/* [MODULE:]NAME[+OFFSET], or PATH:NAME */
static bool parse_probe(struct script *script, struct event *event)
{
	const char *rest, *plus, *colon, *name;
	uint64_t offset;
	bool wraps;

	take_return(script, event);
	rest = rest_of(event);
	if (is_user(script, rest))
		event->kind = KTAP_PROBE_USER;
	colon = strchr(rest, ':');
	if (!*rest || colon == rest || (colon && !colon[1]) ||
	    (event->kind == KTAP_PROBE_USER && !colon) ||
	    strpbrk(rest, "%()=\"'"))
		return no_event(script, event);
	name = colon ? colon + 1 : rest;
	plus = strrchr(name, '+');
	if (!plus)
		return true;
	if (!ktap_parse_int(plus + 1, strlen(plus + 1), &offset, &wraps) ||
	    wraps || plus == name) {
		ktap_error(&script->diag, event->pos,
			   "'%s' is no offset into a function", plus);
		ktap_note(&script->diag, "probe:FUNCTION+0x10 is an address");
		return false;
	}
	if (event->flags & KTAP_EVENT_RETURN) {
		ktap_error(&script->diag, event->pos,
			   "a return has no offset");
		ktap_note(&script->diag,
			  "'%%return' is whenever the function returns");
		return false;
	}
	if (strpbrk(name, GLOB_CHARS)) {
		ktap_error(&script->diag, event->pos,
			   "an offset belongs to one function, not to a glob");
		return false;
	}
	return true;
}

/* PATH:[PROVIDER:]NAME */
static bool parse_marker(struct script *script, struct event *event)
{
	const char *rest = rest_of(event), *colon = strchr(rest, ':');

	event->flags = KTAP_EVENT_MARKER;
	if (!colon || colon == rest || !colon[1] || event->str[event->len - 1] == ':')
		return no_event(script, event);
	return true;
}

/* SYSTEM:NAME */
static bool parse_tracepoint(struct script *script, struct event *event)
{
	const char *colon = strchr(event->str, ':');
	const char *so = strstr(event->str, ".so");

	if (so && colon && so < colon) {
		no_event(script, event);
		ktap_note(&script->diag,
			  "a function of a library is probe:LIBRARY:FUNCTION");
		return false;
	}
	if (colon && colon > event->str && colon[1] && !strchr(colon + 1, ':'))
		return true;
	return no_event(script, event);
}

/**
 * ktap_event_parse - Find where an event comes from
 * @script: the script
 * @event: the event; its kind and flags are set
 *
 * Return: False if it is none, which was told.
 */
bool ktap_event_parse(struct script *script, struct event *event)
{
	event->kind = find_form(event)->kind;
	if (strlen(event->str) != event->len)
		return no_event(script, event);
	if (event->kind != KTAP_PROBE_FUNC && strchr(event->str, '%')) {
		ktap_error(&script->diag, event->pos,
			   "only functions return, and this is none");
		ktap_note(&script->diag, "'%%return' belongs to 'probe:...'");
		return false;
	}
	switch (event->kind) {
	case KTAP_PROBE_FUNC:
		return parse_probe(script, event);
	case KTAP_PROBE_USER:
		return parse_marker(script, event);
	case KTAP_PROBE_EVENT:
		return parse_tracepoint(script, event);
	default:
		break;
	}
	/* The function tracer is the only one without anything behind its name. */
	if (!*rest_of(event) == (event->kind == KTAP_PROBE_FTRACE))
		return true;
	return no_event(script, event);
}

/**
 * ktap_event_can_fetch - Whether a value can be fetched
 * @script: the script
 * @events: what it is fetched from
 * @name: its name
 * @fetch: all that belongs to it
 *
 * Return: False if it cannot, which was told.
 */
bool ktap_event_can_fetch(struct script *script, const struct event *events,
			  const struct text *name, const struct text *fetch)
{
	const struct event *event;

	for (event = events; event; event = event->next) {
		if (event->kind == KTAP_PROBE_FUNC ||
		    (event->kind == KTAP_PROBE_USER &&
		     !(event->flags & KTAP_EVENT_MARKER)))
			continue;
		ktap_error(&script->diag, fetch->pos,
			   "NAME=... fetches from functions, and '%s' is none",
			   event->str);
		if (event->kind == KTAP_PROBE_EVENT)
			ktap_note(&script->diag,
				  "args.NAME is a field of the event");
		else if (event->flags & KTAP_EVENT_MARKER)
			ktap_note(&script->diag,
				  "args[N] is an argument of the marker");
		return false;
	}
	if (fetch->len == name->len + 1) {
		ktap_error(&script->diag, fetch->pos,
			   "what is to be fetched is missing behind '='");
		ktap_note(&script->diag, "fd=%%di, name=+0(%%si):string");
		return false;
	}
	if (name->len > 31) {
		ktap_error(&script->diag, fetch->pos,
			   "the name of a fetched value has at most 31 characters");
		return false;
	}
	return true;
}

/**
 * struct search - places of an event that are being found
 * @script: the script
 * @event: the event
 * @path: file that they are in
 * @link: where the next one is entered
 */
struct search {
	struct script *script;
	struct event *event;
	const char *path;
	struct place **link;
};

static struct place *add_place(struct search *search, const char *spec,
			       size_t len)
{
	struct arena *arena = &search->script->arena;
	struct place *place = ktap_arena_alloc(arena, sizeof(*place));

	place->spec = ktap_arena_dup(arena, spec, len);
	*search->link = place;
	search->link = &place->next;
	return place;
}

/* A function or marker, as uprobe_events has them. */
static void add_user(void *arg, const struct user_place *user)
{
	struct search *search = arg;
	struct arena *arena = &search->script->arena;
	struct strbuf spec = { 0 };
	struct place *place;

	ktap_strbuf_addf(&spec, "%s:0x%llx", search->path,
			 (unsigned long long)user->offset);
	if (user->semaphore)
		ktap_strbuf_addf(&spec, "(0x%llx)",
				 (unsigned long long)user->semaphore);
	place = add_place(search, spec.str, spec.len);
	place->name = ktap_arena_dup(arena, user->name, strlen(user->name));
	if (user->fetch && *user->fetch)
		place->fetch = ktap_arena_dup(arena, user->fetch,
					      strlen(user->fetch));
	ktap_strbuf_destroy(&spec);
}

/* The offset is given, and nothing is looked for. */
static bool add_offset(struct search *search, const char *name,
		       struct strbuf *reason)
{
	struct user_place user = { .name = name };
	uint64_t offset;
	bool wraps;

	if (!ktap_parse_int(name, strlen(name), &offset, &wraps) || wraps) {
		ktap_strbuf_addf(reason, "'%s' is no offset into a file", name);
		return false;
	}
	user.offset = offset;
	add_user(search, &user);
	return true;
}

static bool find_markers(struct search *search, char *name,
			 struct strbuf *reason)
{
	char *colon = strchr(name, ':'), *provider = NULL;

	if (colon) {
		*colon = '\0';
		provider = name;
		name = colon + 1;
	}
	return ktap_user_markers(search->path, provider, name, add_user, search,
				 reason);
}

static bool find_user(struct search *search, struct strbuf *reason)
{
	struct script *script = search->script;
	const struct event *event = search->event;
	char *text, *name, *path;
	bool found;

	text = ktap_arena_dup(&script->arena, rest_of(event),
			      strlen(rest_of(event)));
	name = strchr(text, ':');
	*name++ = '\0';
	path = ktap_user_path(text, script->pid, reason);
	if (!path)
		return false;
	search->path = path;
	if (event->flags & KTAP_EVENT_MARKER)
		found = find_markers(search, name, reason);
	else if (ktap_is_digit(*name))
		found = add_offset(search, name, reason);
	else
		found = ktap_user_functions(path, name, add_user, search,
					    reason);
	free(path);
	return found;
}

/* Timers, perf events and watchpoints are numbers for the kernel. */
static bool find_numbers(struct search *search, struct strbuf *reason)
{
	const struct event *event = search->event;
	const char *rest = rest_of(event), *name = rest;
	struct strbuf spec = { 0 };
	struct place *place;
	bool found;

	switch (event->kind) {
	case KTAP_PROBE_PERF:
		found = ktap_perf_spec(rest, strlen(rest), &spec, reason);
		break;
	case KTAP_PROBE_MEM:
		found = ktap_mem_spec(rest, strlen(rest), &spec, reason);
		break;
	default:
		found = ktap_timer_spec(event->str, event->len, &spec, reason);
		name = event->str;
		break;
	}
	if (found) {
		place = add_place(search, spec.str, spec.len);
		place->name = name;
	}
	ktap_strbuf_destroy(&spec);
	return found;
}

static bool find_places(struct search *search, struct strbuf *reason)
{
	const struct event *event = search->event;
	const char *spec = event->str;

	switch (event->kind) {
	case KTAP_PROBE_FTRACE:
		spec = "function";
		break;
	case KTAP_PROBE_FUNC:
		spec = rest_of(event);
		break;
	case KTAP_PROBE_USER:
		return find_user(search, reason);
	case KTAP_PROBE_EVENT:
		break;
	default:
		return find_numbers(search, reason);
	}
	add_place(search, spec, strlen(spec));
	return true;
}

/**
 * ktap_event_resolve - Find all places that an event stands for
 * @script: the script
 * @event: the event, which was parsed; its places are set
 *
 * Return: False if there are none, which was told.
 */
bool ktap_event_resolve(struct script *script, struct event *event)
{
	struct search search = {
		.script = script,
		.event = event,
		.link = &event->places,
	};
	struct strbuf reason = { 0 };
	bool found;
	char *note;

	found = find_places(&search, &reason);
	/* What is behind the first line of the reason is a hint. */
	note = reason.str ? strchr(reason.str, '\n') : NULL;
	if (note)
		*note++ = '\0';
	if (!found)
		ktap_error(&script->diag, event->pos, "%s",
			   reason.str ? reason.str : "there is no such event");
	if (!found && note && *note)
		ktap_note(&script->diag, "%s", note);
	ktap_strbuf_destroy(&reason);
	return found;
}

/* Whether this can be an event of system calls. */
static bool is_syscall(const struct event *event)
{
	size_t len = strcspn(event->str, ":");
	char *system = strndup(event->str, len);
	bool is = system && !fnmatch(system, "syscalls", 0);

	free(system);
	return is;
}

/* Whether it can be the end of one; a glob is as good as its beginning. */
static bool is_exit(const struct event *event)
{
	static const char exits[] = "sys_exit_";
	const char *name = strchr(event->str, ':') + 1;
	size_t len = strcspn(name, GLOB_CHARS);

	if (!name[len] || len > strlen(exits))
		len = strlen(exits);
	return is_syscall(event) && !strncmp(name, exits, len);
}

/* Whether something can be read from an event of this kind. */
static bool reads(const struct event *event, enum ktap_field_kind kind)
{
	uint32_t functions = 1U << KTAP_PROBE_FUNC | 1U << KTAP_PROBE_USER;
	uint32_t is = 1U << event->kind;

	switch (kind) {
	case KTAP_FIELD_ARG:
		if (event->kind == KTAP_PROBE_EVENT)
			return is_syscall(event);
		/* What a program's function was called with is not kept. */
		if (event->kind == KTAP_PROBE_USER)
			return !(event->flags & KTAP_EVENT_RETURN);
		return event->kind == KTAP_PROBE_FUNC;
	case KTAP_FIELD_RETVAL:
		if (event->kind == KTAP_PROBE_EVENT)
			return is_exit(event);
		return event->flags & KTAP_EVENT_RETURN;
	case KTAP_FIELD_ENTRY_NS:
		return event->flags & KTAP_EVENT_RETURN;
	case KTAP_FIELD_FUNC:
		return is & (functions | 1U << KTAP_PROBE_FTRACE);
	case KTAP_FIELD_IP:
		return event->kind != KTAP_PROBE_EVENT &&
			event->kind != KTAP_PROBE_TICK;
	case KTAP_FIELD_ADDR:
		return is & (1U << KTAP_PROBE_MEM | 1U << KTAP_PROBE_PERF);
	default:
		return true;
	}
}

/**
 * ktap_event_reads - Whether something can be read from one of several events
 * @events: the events
 * @kind: what is to be read
 *
 * Return: False if none of them has it.
 */
bool ktap_event_reads(const struct event *events, enum ktap_field_kind kind)
{
	for (; events; events = events->next)
		if (reads(events, kind))
			return true;
	return false;
}

static bool has_id(const struct script *script, const char *event, uint64_t id)
{
	const char *colon = strchr(event, ':');
	struct strbuf path = { 0 }, text = { 0 };
	bool has;

	ktap_strbuf_addf(&path, "events/%.*s/%s/id", (int)(colon - event),
			 event, colon + 1);
	has = !ktap_tracefs_read(script->tracefs, path.str, &text) &&
		text.len && strtoull(text.str, NULL, 10) == id;
	ktap_strbuf_destroy(&path);
	ktap_strbuf_destroy(&text);
	return has;
}

/**
 * ktap_event_of_id - Find the event that has a number
 * @script: the script
 * @id: the number
 *
 * Return: Its name, or NULL if there is none, or tracefs cannot be read.
 */
const char *ktap_event_of_id(struct script *script, uint64_t id)
{
	struct strbuf text = { 0 };
	const char *found = NULL;
	char *line, *rest;

	if (!ktap_tracefs_read(script->tracefs, "available_events", &text) &&
	    text.len) {
		for (line = strtok_r(text.str, "\n", &rest); line && !found;
		     line = strtok_r(NULL, "\n", &rest))
			if (strchr(line, ':') && has_id(script, line, id))
				found = ktap_arena_dup(&script->arena, line,
						       strlen(line));
	}
	ktap_strbuf_destroy(&text);
	return found;
}
