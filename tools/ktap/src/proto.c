// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Prototypes of the kernel's functions that are traced
 *
 * The types of the kernel are read when a script first asks for one, those of a
 * module when a function of it is asked for. A handler has one code for all of its
 * functions, so what it reads by name must be in the same place in all of them, and
 * of the same type.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto.h"
#include "tracefs.h"

#define BTF_DIR		"/sys/kernel/btf/"
#define BTF_KERNEL	"vmlinux"

#define NOTE_ARGS	\
	"args[N] is the N-th argument, and kernel_read(addr, size) reads memory"

/**
 * struct btf_file - types of the kernel or of a module
 * @next: those read before
 * @name: name of the file
 * @data: what is in it
 * @btf: its types
 * @wrong: why it cannot be used, or NULL
 */
struct btf_file {
	struct btf_file *next;
	const char *name;
	struct strbuf data;
	struct btf btf;
	const char *wrong;
};

/**
 * struct proto - prototype of a function
 * @next: that of another one that the same event stands for
 * @func: name of the function
 * @btf: where the types are
 * @id: number of the prototype
 */
struct proto {
	struct proto *next;
	const char *func;
	const struct btf *btf;
	uint32_t id;
};

static const char *read_types(struct btf_file *file, const char *path,
			      const struct btf *base)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return strerror(errno);
	err = ktap_read_file(fd, &file->data);
	close(fd);
	if (err)
		return strerror(-err);
	return ktap_btf_init(&file->btf, file->data.str, file->data.len, base);
}

/* Types from a file that is next to that of the kernel, or is that. */
static struct btf_file *open_types(struct script *script, const char *name,
				   const struct btf *base)
{
	const char *kernel = script->btf ? script->btf : BTF_DIR BTF_KERNEL;
	const char *slash = strrchr(kernel, '/');
	struct strbuf path = { 0 };
	struct btf_file *file;

	for (file = script->btfs; file; file = file->next)
		if (!strcmp(file->name, name))
			return file;
	if (!base)
		ktap_strbuf_addf(&path, "%s", kernel);
	else
		ktap_strbuf_addf(&path, "%.*s%s",
				 slash ? (int)(slash + 1 - kernel) : 0, kernel,
				 name);
	file = ktap_arena_alloc(&script->arena, sizeof(*file));
	file->name = ktap_arena_dup(&script->arena, name, strlen(name));
	file->wrong = read_types(file, path.str, base);
	file->next = script->btfs;
	script->btfs = file;
	ktap_strbuf_destroy(&path);
	return file;
}

/**
 * ktap_proto_types - The types of the kernel
 * @script: the script
 * @pos: what asks for them
 *
 * Return: The types, or NULL if there are none, which was told.
 */
const struct btf *ktap_proto_types(struct script *script, uint32_t pos)
{
	bool first = !script->btfs;
	struct btf_file *file = open_types(script, BTF_KERNEL, NULL);

	if (!file->wrong)
		return &file->btf;
	if (!first)
		return NULL;
	if (script->btf || !access(BTF_DIR BTF_KERNEL, F_OK)) {
		ktap_error(&script->diag, pos,
			   "cannot read types of the kernel from '%s': %s",
			   script->btf ? script->btf : BTF_DIR BTF_KERNEL,
			   file->wrong);
	} else {
		ktap_error(&script->diag, pos,
			   "this kernel has no BTF, so its types are not known");
		ktap_note(&script->diag,
			  "one with CONFIG_DEBUG_INFO_BTF has it");
	}
	ktap_note(&script->diag, NOTE_ARGS);
	return NULL;
}

/**
 * ktap_proto_forget - Forget all types that were read
 * @script: the script
 */
void ktap_proto_forget(struct script *script)
{
	struct btf_file *file;

	for (file = script->btfs; file; file = file->next) {
		ktap_btf_destroy(&file->btf);
		ktap_strbuf_destroy(&file->data);
	}
	script->btfs = NULL;
}

/**
 * struct search - prototypes of an event that are being found
 * @script: the script
 * @event: the event
 * @pos: what asks for them
 * @kernel: types of the kernel
 * @link: where the next one is entered
 */
struct search {
	struct script *script;
	struct event *event;
	uint32_t pos;
	const struct btf *kernel;
	struct proto **link;
};

static void add_proto(struct search *search, const struct btf *btf, uint32_t func)
{
	struct proto *proto;

	proto = ktap_arena_alloc(&search->script->arena, sizeof(*proto));
	proto->func = ktap_btf_name(btf, func);
	proto->btf = btf;
	proto->id = ktap_btf_target(btf, func);
	*search->link = proto;
	search->link = &proto->next;
}

/* Looks for a function in a module. */
static bool try_module(struct search *search, const char *module,
		       const char *name)
{
	struct btf_file *file = open_types(search->script, module,
					   search->kernel);
	uint32_t func;

	if (file->wrong)
		return false;
	func = ktap_btf_find(&file->btf, KTAP_BTF_KIND(FUNC), name);
	if (func < file->btf.first)
		return false;
	add_proto(search, &file->btf, func);
	return true;
}

static bool try_modules(struct search *search, const char *name)
{
	DIR *dir = search->script->btf ? NULL : opendir(BTF_DIR);
	const struct dirent *ent;
	bool found = false;

	while (dir && !found && (ent = readdir(dir)))
		if (ent->d_name[0] != '.' && strcmp(ent->d_name, BTF_KERNEL))
			found = try_module(search, ent->d_name, name);
	if (dir)
		closedir(dir);
	return found;
}

static bool no_function(struct search *search, const char *name)
{
	struct diag *diag = &search->script->diag;
	struct strbuf sb = { 0 };
	struct nearest near;

	ktap_error(diag, search->pos,
		   "the types of the kernel have no function '%s'", name);
	ktap_nearest_init(&near, name);
	ktap_btf_nearest(search->kernel, KTAP_BTF_KIND(FUNC), &near);
	ktap_nearest_tell(&near, &sb);
	if (sb.len)
		ktap_note(diag, "%s", sb.str);
	ktap_note(diag, NOTE_ARGS);
	ktap_strbuf_destroy(&sb);
	return false;
}

static bool find_one(struct search *search, const char *module,
		     const char *name)
{
	uint32_t func = 0;

	if (module)
		return try_module(search, module, name) ||
			no_function(search, name);
	func = ktap_btf_find(search->kernel, KTAP_BTF_KIND(FUNC), name);
	if (func)
		add_proto(search, search->kernel, func);
	return func || try_modules(search, name) || no_function(search, name);
}

/* A function that can be traced, as "NAME" or "NAME [MODULE]". */
static bool find_listed(struct search *search, const struct strtab *funcs,
			const char *glob, char *line)
{
	size_t len = strcspn(line, " \t");
	char *module = strchr(line, '['), *end;
	const struct strent *func;

	line[len] = '\0';
	if (fnmatch(glob, line, 0))
		return true;
	end = module ? strchr(module, ']') : NULL;
	if (end) {
		*end = '\0';
		return find_one(search, module + 1, line);
	}
	func = ktap_strtab_find(funcs, line, len);
	if (!func)
		return no_function(search, line);
	add_proto(search, search->kernel, func->idx);
	return true;
}

/* All functions that match and can be traced, as far as those can be listed. */
static bool find_glob(struct search *search, const char *glob)
{
	struct strtab funcs = { .arena = &search->script->arena };
	const struct btf *btf = search->kernel;
	struct strbuf text = { 0 };
	const struct strent *func;
	char *line, *rest;
	const char *name;
	bool found = true;
	uint32_t id;

	for (id = btf->first; id < btf->end; id++) {
		if (ktap_btf_kind(btf, id) != BTF_KIND_FUNC)
			continue;
		name = ktap_btf_name(btf, id);
		if (!fnmatch(glob, name, 0))
			ktap_strtab_get(&funcs, name, strlen(name))->idx = id;
	}
	if (!ktap_tracefs_read(search->script->tracefs,
			       "available_filter_functions", &text) && text.len) {
		for (line = strtok_r(text.str, "\n", &rest); line && found;
		     line = strtok_r(NULL, "\n", &rest))
			found = find_listed(search, &funcs, glob, line);
	} else {
		for (func = funcs.first; func; func = func->all)
			add_proto(search, btf, func->idx);
	}
	found = found && (search->event->protos || no_function(search, glob));
	ktap_strbuf_destroy(&text);
	ktap_strtab_destroy(&funcs);
	return found;
}

/* Finds what is known of all functions that an event stands for. */
static bool find_protos(struct script *script, struct event *event, uint32_t pos)
{
	const char *spec = event->places ? event->places->spec : NULL;
	struct search search = {
		.script = script,
		.event = event,
		.pos = pos,
		.link = &event->protos,
	};
	const char *colon, *module = NULL;
	bool found;

	if (event->protos)
		return true;
	search.kernel = ktap_proto_types(script, pos);
	if (!search.kernel || !spec)
		return false;
	if (strchr(spec, '+')) {
		ktap_error(&script->diag, pos,
			   "parameters are known where a function begins, not at '%s'",
			   spec);
		return false;
	}
	colon = strchr(spec, ':');
	if (colon)
		module = ktap_arena_dup(&script->arena, spec, colon - spec);
	spec = colon ? colon + 1 : spec;
	if (strpbrk(spec, "*?["))
		found = !module ? find_glob(&search, spec) :
			no_function(&search, spec);
	else
		found = find_one(&search, module, spec);
	if (!found)
		event->protos = NULL;
	return found;
}

/* Takes the type of the first function, or compares with it. */
static bool take_type(struct script *script, uint32_t pos, const char *what,
		      struct param *param, const struct proto **first,
		      const struct proto *proto, uint32_t type)
{
	struct strbuf one = { 0 }, other = { 0 };

	if (!*first) {
		*first = proto;
		param->btf = proto->btf;
		param->type = type;
		return true;
	}
	if (ktap_btf_same(param->btf, param->type, proto->btf, type))
		return true;
	ktap_btf_text(param->btf, param->type, &one);
	ktap_btf_text(proto->btf, type, &other);
	ktap_error(&script->diag, pos, "'%s' is '%s' in '%s', but '%s' in '%s'",
		   what, one.str, (*first)->func, other.str, proto->func);
	ktap_strbuf_destroy(&one);
	ktap_strbuf_destroy(&other);
	return false;
}

static bool no_param(struct script *script, uint32_t pos, const char *name,
		     const struct proto *proto)
{
	uint32_t nr = ktap_btf_nr_params(proto->btf, proto->id), i, type;
	struct strbuf sb = { 0 };

	for (i = 0; i < nr; i++)
		ktap_strbuf_addf(&sb, "%s%s", i ? ", " : "",
				 ktap_btf_param(proto->btf, proto->id, i, &type));
	ktap_error(&script->diag, pos, "'%s' has no parameter '%s'", proto->func,
		   name);
	if (nr)
		ktap_note(&script->diag, "its parameters are %s", sb.str);
	else
		ktap_note(&script->diag, "it has no parameters");
	ktap_strbuf_destroy(&sb);
	return false;
}

/* Whether a parameter is in one register, so that the next one is in the next. */
static bool is_in_register(const struct btf *btf, uint32_t type, bool itself)
{
	uint32_t id = ktap_btf_strip(btf, type);
	uint32_t bits = ktap_btf_int(btf, id);
	uint64_t size = ktap_btf_size(btf, id);

	if (bits || itself)
		return bits && bits <= 8 * btf->ptr_size;
	/* A small structure is in one where registers have 64 bits. */
	return (1U << ktap_btf_kind(btf, id) & KTAP_BTF_STRUCTS) &&
		btf->ptr_size == sizeof(uint64_t) && size &&
		size <= btf->ptr_size;
}

static bool is_in_place(struct script *script, uint32_t pos, const char *name,
			const struct proto *proto, uint32_t nr)
{
	struct strbuf sb = { 0 };
	uint32_t i, type;

	for (i = 0; i <= nr; i++) {
		ktap_btf_param(proto->btf, proto->id, i, &type);
		if (is_in_register(proto->btf, type, i == nr))
			continue;
		ktap_btf_text(proto->btf, type, &sb);
		ktap_error(&script->diag, pos,
			   "where '%s' gets '%s' is not known, because of a parameter of type '%s'",
			   proto->func, name, sb.str);
		ktap_note(&script->diag, NOTE_ARGS);
		ktap_strbuf_destroy(&sb);
		return false;
	}
	return true;
}

static bool take_param(struct script *script, uint32_t pos, const char *name,
		       struct param *param, const struct proto **first,
		       const struct proto *proto)
{
	uint32_t nr = ktap_btf_nr_params(proto->btf, proto->id), i, type = 0;

	for (i = 0; i < nr; i++)
		if (!strcmp(ktap_btf_param(proto->btf, proto->id, i, &type),
			    name))
			break;
	if (i == nr)
		return no_param(script, pos, name, proto);
	if (*first && param->nr != i) {
		ktap_error(&script->diag, pos,
			   "'%s' is parameter %u of '%s', but %u of '%s'", name,
			   param->nr, (*first)->func, i, proto->func);
		ktap_note(&script->diag,
			  "a handler for each of them can have either");
		return false;
	}
	param->nr = i;
	return is_in_place(script, pos, name, proto, i) &&
		take_type(script, pos, name, param, first, proto, type);
}

/**
 * ktap_proto_param - Find a parameter that all functions have in the same place
 * @script: the script
 * @events: the functions
 * @pos: what asks for it
 * @name: its name
 * @param: what is known of it
 *
 * Return: False if it is not known, which was told.
 */
bool ktap_proto_param(struct script *script, struct event *events, uint32_t pos,
		      const char *name, struct param *param)
{
	const struct proto *proto, *first = NULL;
	struct event *event;

	for (event = events; event; event = event->next) {
		if (!find_protos(script, event, pos))
			return false;
		for (proto = event->protos; proto; proto = proto->next)
			if (!take_param(script, pos, name, param, &first,
					proto))
				return false;
	}
	return true;
}

/**
 * ktap_proto_result - Find the type of what all functions return
 * @script: the script
 * @events: the functions; those without %return are left out
 * @pos: what asks for it
 * @result: its type
 *
 * Return: False if it is not known, which was told.
 */
bool ktap_proto_result(struct script *script, struct event *events, uint32_t pos,
		       struct param *result)
{
	const struct proto *proto, *first = NULL;
	struct event *event;

	for (event = events; event; event = event->next) {
		if (event->kind != KTAP_PROBE_FUNC ||
		    !(event->flags & KTAP_EVENT_RETURN))
			continue;
		if (!find_protos(script, event, pos))
			return false;
		for (proto = event->protos; proto; proto = proto->next)
			if (!take_type(script, pos, "retval", result, &first, proto,
				       ktap_btf_target(proto->btf, proto->id)))
				return false;
	}
	return first;
}
