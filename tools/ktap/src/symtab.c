// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names of places in programs and libraries
 *
 * The symbols of a file are sorted once, by where they are in the file; of those at
 * one place the name that people know is kept. The file is closed then. What has no
 * size reaches up to the next symbol or to the end of its section, so that stubs and
 * padding do not get the name of what happens to be before them. Labels inside of
 * functions are left out.
 */
#include <stdlib.h>
#include <string.h>

#include "demangle.h"
#include "dso.h"
#include "symtab.h"

/* How many functions may be around another one. */
#define MAX_NESTED	64

/**
 * struct code_symbol - a symbol of code
 * @start: where it is in the file
 * @end: behind its last byte
 * @reach: behind the last byte of all up to this one
 * @name: its name
 * @plain: @name is as it is in the source, as far as possible
 */
struct code_symbol {
	uint64_t start;
	uint64_t end;
	uint64_t reach;
	const char *name;
	bool plain;
};

/**
 * struct symtab - the symbols of a program or library
 * @arena: where their names live
 * @syms: the symbols by @start
 * @nr: their number
 */
struct symtab {
	struct arena arena;
	struct code_symbol *syms;
	size_t nr;
};

/* struct found - a symbol as it is in the file, and where that is */
struct found {
	struct dso_symbol sym;
	uint64_t start;
};

/* struct search - all of them */
struct search {
	struct dso *dso;
	struct found *found;
	size_t nr;
	size_t cap;
};

static void add_found(void *data, const struct dso_symbol *sym)
{
	struct search *search = data;
	uint64_t start;

	if (!ktap_dso_code(search->dso, sym->addr, &start))
		return;
	search->found = ktap_grow(search->found, search->nr, &search->cap,
				  sizeof(*search->found));
	search->found[search->nr++] = (struct found){ *sym, start };
}

/* By place; of those at one place the best first. */
static int compare_found(const void *a, const void *b)
{
	const struct found *fa = a, *fb = b;

	if (fa->start != fb->start)
		return fa->start < fb->start ? -1 : 1;
	if (fa->sym.func != fb->sym.func)
		return fa->sym.func ? -1 : 1;
	if (!fa->sym.size != !fb->sym.size)
		return fa->sym.size ? -1 : 1;
	return ktap_dso_compare_names(&fa->sym, &fb->sym);
}

static void add_symbol(struct symtab *tab, const struct found *found)
{
	uint64_t size = found->sym.size ? found->sym.size : found->sym.room;
	struct code_symbol *sym = &tab->syms[tab->nr++];

	sym->start = found->start;
	sym->end = size < UINT64_MAX - sym->start ? sym->start + size : UINT64_MAX;
	sym->name = ktap_arena_text(&tab->arena, found->sym.name, found->sym.len);
}

/* A label that is in what has a size. */
static bool is_inside(const struct found *found, uint64_t reach)
{
	return !found->sym.func && !found->sym.size && found->start < reach;
}

static void take_found(struct symtab *tab, const struct search *search)
{
	const struct found *found = search->found, *end = found + search->nr;
	const struct found *last = NULL;
	uint64_t reach = 0, sized = 0;
	struct code_symbol *sym;

	tab->syms = ktap_alloc(search->nr * sizeof(*tab->syms));
	for (; found < end; found++) {
		if ((last && last->start == found->start) || is_inside(found, sized))
			continue;
		sym = &tab->syms[tab->nr];
		if (last && !last->sym.size && sym[-1].end > found->start)
			sym[-1].end = found->start;
		add_symbol(tab, found);
		if (found->sym.size && sym->end > sized)
			sized = sym->end;
		last = found;
	}
	for (sym = tab->syms; sym < tab->syms + tab->nr; sym++) {
		reach = sym->end > reach ? sym->end : reach;
		sym->reach = reach;
	}
}

static struct symtab *read_symbols(struct dso *dso)
{
	struct search search = { .dso = dso };
	struct symtab *tab;

	if (!dso)
		return NULL;
	tab = ktap_alloc(sizeof(*tab));
	ktap_dso_symbols(dso, add_found, &search);
	if (search.nr)
		qsort(search.found, search.nr, sizeof(*search.found), compare_found);
	take_found(tab, &search);
	free(search.found);
	ktap_dso_close(dso);
	return tab;
}

/**
 * ktap_symtab_open - Read the symbols of a program or library
 * @fd: the file, which is closed
 * @path: its path
 * @reason: gets why there are none
 *
 * Return: The symbols, or NULL.
 */
struct symtab *ktap_symtab_open(int fd, const char *path, struct strbuf *reason)
{
	return read_symbols(ktap_dso_open_fd(fd, path, reason));
}

/**
 * ktap_symtab_open_memory - Read the symbols of a library that is in memory
 * @image: as it would be in a file
 * @size: in bytes
 * @name: what to call it
 * @reason: gets why there are none
 *
 * Return: The symbols, or NULL.
 */
struct symtab *ktap_symtab_open_memory(void *image, size_t size, const char *name,
				       struct strbuf *reason)
{
	return read_symbols(ktap_dso_open_memory(image, size, name, reason));
}

/**
 * ktap_symtab_free - Forget symbols
 * @tab: the symbols, or NULL
 */
void ktap_symtab_free(struct symtab *tab)
{
	if (!tab)
		return;
	free(tab->syms);
	ktap_arena_destroy(&tab->arena);
	free(tab);
}

/* The innermost symbol around a place. */
static struct code_symbol *find_symbol(const struct symtab *tab, uint64_t pos)
{
	size_t nr = ktap_find_upto(tab->syms, tab->nr, sizeof(*tab->syms),
				   offsetof(struct code_symbol, start), pos), i;

	for (i = 0; i < MAX_NESTED && i < nr; i++) {
		if (tab->syms[nr - i - 1].reach <= pos)
			break;
		if (tab->syms[nr - i - 1].end > pos)
			return &tab->syms[nr - i - 1];
	}
	return NULL;
}

/**
 * ktap_symtab_find - Find the name of a place
 * @tab: the symbols
 * @pos: where it is in the file
 * @offset: set to how far that is behind the beginning of what has the name
 *
 * Return: The name, or NULL.
 */
const char *ktap_symtab_find(struct symtab *tab, uint64_t pos, uint64_t *offset)
{
	struct code_symbol *sym = find_symbol(tab, pos);

	if (!sym)
		return NULL;
	if (!sym->plain) {
		sym->name = ktap_demangle(&tab->arena, sym->name);
		sym->plain = true;
	}
	*offset = pos - sym->start;
	return sym->name;
}
