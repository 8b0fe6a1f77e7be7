// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - All phases of the compiler
 */
#include <string.h>

#include "check.h"
#include "codegen.h"
#include "compile.h"
#include "parse.h"
#include "proto.h"

/**
 * ktap_script_init - Prepare to compile a script
 * @script: the script
 * @name: its name for messages
 * @text: the script, with a NUL behind it; it must stay where it is
 * @size: its length, at most KTAP_MAX_SOURCE
 */
void ktap_script_init(struct script *script, const char *name, const char *text,
		      size_t size)
{
	memset(script, 0, sizeof(*script));
	script->source.name = name;
	script->source.text = text;
	script->source.size = size;
	script->diag.src = &script->source;
	script->diag.out = stderr;
	script->names.arena = &script->arena;
}

/**
 * ktap_script_destroy - Free what was made of a script
 * @script: the script
 */
void ktap_script_destroy(struct script *script)
{
	ktap_proto_forget(script);
	ktap_source_destroy(&script->source);
	ktap_strtab_destroy(&script->names);
	ktap_arena_destroy(&script->arena);
}

/**
 * ktap_compile - Make an image of a script
 * @script: the script, with arguments if it has any
 * @image: the image; it must be empty
 *
 * Each phase runs only if those before it had no error.
 *
 * Return: False if there was an error, which was told.
 */
bool ktap_compile(struct script *script, struct strbuf *image)
{
	struct diag *diag = &script->diag;
	struct image img;

	ktap_parse(script);
	if (!diag->nr_errors)
		ktap_check(script);
	if (!diag->nr_errors) {
		ktap_image_init(&img);
		ktap_codegen(script, &img);
		if (!diag->nr_errors &&
		    ktap_image_write(&img, script->source.name, image))
			ktap_error(diag, 0, "the program is too large");
		ktap_image_destroy(&img);
	}
	if (ktap_too_many_errors(diag))
		fprintf(diag->out, "%s: too many errors\n",
			script->source.name);
	return !diag->nr_errors;
}
