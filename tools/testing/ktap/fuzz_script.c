// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Scripts for libFuzzer
 *
 * What the compiler makes of a script must be accepted by the verifier, and is run.
 * Else it must have said why not. Bytes that begin as an image are listed, as the
 * tool does it with a file. Types are those that tests/btfs.c of the tool makes, in
 * the file KTAP_FUZZ_TYPES.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ktap/src/compile.h"
#include "../../ktap/src/image.h"
#include "../../ktap/src/listing.h"
#include "fuzz_script.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static FILE *nowhere;
static const char *types;

static void list(const void *data, size_t size, struct source *src)
{
	struct image_view view;
	const char *wrong = ktap_image_open(&view, data, size);

	if (!wrong)
		ktap_listing(&view, src, nowhere);
	if (wrong && src) {
		fprintf(stderr, "an image that cannot be used: %s\n", wrong);
		abort();
	}
}

static void compile(char *text, size_t size)
{
	static const char * const args[] = { "fuzz.kp", "12", "text" };
	struct strbuf image = { 0 };
	struct script script;
	size_t said_len = 0;
	char *said = NULL;
	const char *wrong;
	FILE *out;

	out = open_memstream(&said, &said_len);
	ktap_script_init(&script, "fuzz.kp", text, size);
	script.args = args;
	script.nr_args = 3;
	/* What the machine has as events and types is of no interest. */
	script.tracefs = "/nowhere";
	script.dump = DUMP_ALL;
	script.btf = types;
	script.diag.out = out;
	if (ktap_compile(&script, &image)) {
		list(image.str, image.len, &script.source);
		wrong = fuzz_run(image.str, image.len);
		if (wrong) {
			fprintf(stderr, "%s\n", wrong);
			abort();
		}
	} else {
		fflush(out);
		if (!strstr(said, ": error: ")) {
			fprintf(stderr, "refused without a reason: %s\n", said);
			abort();
		}
	}
	fclose(out);
	free(said);
	ktap_strbuf_destroy(&image);
	ktap_script_destroy(&script);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text;

	if (!nowhere) {
		nowhere = fopen("/dev/null", "w");
		types = getenv("KTAP_FUZZ_TYPES") ?: "/nowhere";
	}
	if (ktap_image_is(data, size)) {
		list(data, size, NULL);
		return 0;
	}
	/* A copy, so that the sanitizer sees where it ends. */
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	compile(text, size);
	free(text);
	return 0;
}
