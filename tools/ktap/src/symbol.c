// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Functions of programs and libraries
 *
 * Functions are known by where they are in the file, and each place is found once,
 * however many symbols it has: those that are exported and those that are not, of
 * different versions, and aliases. Of those that match, the one that people know is
 * taken for its name.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "dso.h"
#include "lex.h"
#include "nearest.h"
#include "user.h"

/* struct func - a function that matches, and where it is in the file */
struct func {
	struct dso_symbol sym;
	uint64_t offset;
};

/**
 * struct search - functions that are looked for
 * @dso: in which file
 * @glob: which ones
 * @exact: @glob is no glob
 * @plus: how far behind the beginning of the function
 * @funcs: those found
 * @nr: their number
 * @cap: for how many there is room
 * @any: there is any function at all
 * @chosen: what matches is chosen when the program starts
 */
struct search {
	struct dso *dso;
	const char *glob;
	bool exact;
	uint64_t plus;
	struct func *funcs;
	size_t nr;
	size_t cap;
	bool any;
	bool chosen;
};

/* A copy that ends where the name does. */
static const char *bare_name(struct arena *arena, const char *name, size_t len)
{
	return name[len] ? ktap_arena_dup(arena, name, len) : name;
}

static bool matches(const struct search *search, const struct dso_symbol *sym)
{
	struct arena arena = { 0 };
	bool match;

	if (search->exact)
		return strlen(search->glob) == sym->len &&
		       !memcmp(search->glob, sym->name, sym->len);
	match = !fnmatch(search->glob, bare_name(&arena, sym->name, sym->len), 0);
	ktap_arena_destroy(&arena);
	return match;
}

static void add_func(void *data, const struct dso_symbol *sym)
{
	struct search *search = data;
	struct func *func;
	uint64_t offset;

	search->any |= sym->func;
	/* What assemblers make need not say that it is a function. */
	if (!sym->func && !sym->chosen && !search->exact)
		return;
	if (!matches(search, sym) ||
	    !ktap_dso_code(search->dso, sym->addr, &offset))
		return;
	if (sym->chosen) {
		search->chosen = true;
		return;
	}
	search->funcs = ktap_grow(search->funcs, search->nr, &search->cap,
				  sizeof(*search->funcs));
	func = &search->funcs[search->nr++];
	func->sym = *sym;
	func->offset = offset;
}

/* By offset; of those at the same one the best name first. */
static int compare_funcs(const void *a, const void *b)
{
	const struct func *fa = a, *fb = b;

	if (fa->offset != fb->offset)
		return fa->offset < fb->offset ? -1 : 1;
	return ktap_dso_compare_names(&fa->sym, &fb->sym);
}

static void tell_funcs(const struct search *search, user_place_fn fn, void *data)
{
	const struct func *func = search->funcs, *last = NULL;
	const struct func *end = func + search->nr;
	struct user_place place = { 0 };
	struct strbuf name = { 0 };

	for (; func < end; func++) {
		if (last && last->offset == func->offset)
			continue;
		last = func;
		name.len = 0;
		ktap_strbuf_add(&name, func->sym.name, func->sym.len);
		if (search->plus)
			ktap_strbuf_addf(&name, "+0x%llx",
					 (unsigned long long)search->plus);
		place.name = name.str;
		place.offset = func->offset + search->plus;
		place.size = func->sym.size;
		fn(data, &place);
	}
	ktap_strbuf_destroy(&name);
}

/* struct nearby - names like one that does not exist, and where they live */
struct nearby {
	struct nearest near;
	struct arena arena;
};

static void try_name(void *data, const struct dso_symbol *sym)
{
	struct nearby *nearby = data;

	if (sym->func)
		ktap_nearest_try(&nearby->near, bare_name(&nearby->arena, sym->name,
							  sym->len));
}

static void tell_missing(const struct search *search, const char *path,
			 struct strbuf *reason)
{
	struct nearby nearby = { 0 };

	if (search->chosen) {
		ktap_strbuf_addf(reason, "'%s' is chosen from several functions when the program starts\n"
				 "probe one of those; ktap -lf '%s' lists what has a name",
				 search->glob, path);
		return;
	}
	if (!search->any) {
		ktap_strbuf_addf(reason, "'%s' has no symbols\n"
				 "an offset works, as in probe:%s:0x1234", path, path);
		return;
	}
	ktap_strbuf_addf(reason, search->exact ? "'%s' has no function '%s'\n" :
			 "no function of '%s' matches '%s'\n", path, search->glob);
	ktap_nearest_init(&nearby.near, search->glob);
	ktap_dso_symbols(search->dso, try_name, &nearby);
	ktap_nearest_tell(&nearby.near, reason);
	ktap_arena_destroy(&nearby.arena);
}

/* Is the place inside of each function? Sizes that are not known are trusted. */
static bool check_plus(const struct search *search, struct strbuf *reason)
{
	const struct func *func = search->funcs;
	size_t i;

	for (i = 0; i < search->nr; i++, func++) {
		if (!func->sym.size || search->plus < func->sym.size)
			continue;
		ktap_strbuf_addf(reason, "'%s' has only %llu bytes", search->glob,
				 (unsigned long long)func->sym.size);
		return false;
	}
	return true;
}

/* Takes "+0x10" off the end of the name. */
static bool take_plus(struct search *search, char *name, struct strbuf *reason)
{
	char *plus = strrchr(name, '+');
	bool wraps;

	search->glob = name;
	search->exact = !strpbrk(name, "*?[");
	if (!plus || !search->exact)
		return true;
	if (!ktap_parse_int(plus + 1, strlen(plus + 1), &search->plus, &wraps) ||
	    wraps) {
		ktap_strbuf_addf(reason, "'%s' is no offset into a function", plus);
		return false;
	}
	*plus = '\0';
	return true;
}

static bool find_funcs(struct search *search, const char *path,
		       struct strbuf *reason)
{
	search->dso = ktap_dso_open(path, reason);
	if (!search->dso)
		return false;
	ktap_dso_symbols(search->dso, add_func, search);
	/* Another one of that name, of an old version, is not what is meant. */
	if (!search->nr || (search->exact && search->chosen)) {
		tell_missing(search, path, reason);
		return false;
	}
	qsort(search->funcs, search->nr, sizeof(*search->funcs), compare_funcs);
	return check_plus(search, reason);
}

/**
 * ktap_user_functions - Find functions of a program or library
 * @path: its file
 * @glob: their names as a glob, a name, or "NAME+0x10" for a place inside of one
 * @fn: called for each place, in the order of their offsets
 * @data: for @fn
 * @reason: gets why there are none
 *
 * Return: False if there are none, or if the file cannot be used.
 */
bool ktap_user_functions(const char *path, const char *glob, user_place_fn fn,
			 void *data, struct strbuf *reason)
{
	struct search search = { 0 };
	struct arena arena = { 0 };
	bool found;

	found = take_plus(&search, ktap_arena_dup(&arena, glob, strlen(glob)),
			  reason) && find_funcs(&search, path, reason);
	if (found)
		tell_funcs(&search, fn, data);
	ktap_dso_close(search.dso);
	free(search.funcs);
	ktap_arena_destroy(&arena);
	return found;
}
