// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Prints the words of the language, each behind its kind, for syntax.sh
 */
#include <stdio.h>
#include <string.h>

#include "builtin.h"
#include "lex.h"

static const char * const kinds[] = {
	[NAME_VAR] = "variable",
	[NAME_FUNC] = "function",
	[NAME_ARG] = "variable",
	[NAME_ARG_TABLE] = "variable",
	[NAME_ARGS] = "variable",
	[NAME_FIELD] = "variable",
	[NAME_LOOP] = "function",
	[NAME_LIB_FUNC] = "function",
	[NAME_CAST] = "function",
};

#define KEYWORD(id, text)	text,
static const char * const keywords[] = { ___KTAP_KEYWORD_MAPPER(KEYWORD) };

int main(void)
{
	struct arena arena = { 0 };
	struct strtab names = { .arena = &arena };
	const struct strent *name;
	enum name_kind kind;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keywords); i++)
		printf("keyword %s\n", keywords[i]);
	ktap_enter_builtins(&names);
	for (name = names.first; name; name = name->all) {
		kind = ktap_name_kind(name);
		/* Libraries have functions of the kernel by names with a dot. */
		if (kind < ARRAY_SIZE(kinds) && kinds[kind] && !strchr(name->str, '.'))
			printf("%s %s\n", kinds[kind], name->str);
	}
	for (i = 0; i < LIB_NR; i++)
		if (ktap_builtin_libs[i].lib)
			printf("member %s.%s\n", ktap_builtin_libs[i].lib,
			       ktap_builtin_libs[i].name);
	ktap_strtab_destroy(&names);
	ktap_arena_destroy(&arena);
	return 0;
}
