// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names as their programmers wrote them
 *
 * C++ and Rust put types into the names of symbols. libiberty takes them apart; there
 * only is this where there is that, see nodemangle.c.
 */
#include <stdlib.h>
#include <string.h>

#include "demangle.h"

/* What is longer says little, and may have been made to take long. */
#define MAX_MANGLED	2048

/* As <demangle.h> of libiberty has it, which need not be where the library is. */
#define DMGL_ANSI	0x002
#define DMGL_AUTO	0x100

char *cplus_demangle(const char *mangled, int options);

static bool is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

/**
 * ktap_demangle - Give a symbol the name that it has in the source
 * @arena: where a new name is put
 * @name: name of the symbol
 *
 * Return: The name without types of arguments, or @name if there is no other.
 */
const char *ktap_demangle(struct arena *arena, const char *name)
{
	char *plain = NULL;

	if (is_mangled(name) && strnlen(name, MAX_MANGLED) < MAX_MANGLED)
		plain = cplus_demangle(name, DMGL_ANSI | DMGL_AUTO);
	if (!plain)
		return name;
	name = ktap_arena_dup(arena, plain, strlen(plain));
	free(plain);
	return name;
}
