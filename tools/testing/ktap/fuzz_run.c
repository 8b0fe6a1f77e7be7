// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The core, for the fuzzer of scripts
 */
#include "exercise.h"
#include "fuzz_script.h"

/**
 * fuzz_run - Load and run an image of the compiler
 * @image: image
 * @size: its size
 *
 * Return: NULL, or what is wrong. The verifier may only refuse what is too much for
 * it, and what can only fail because of the types that variables have.
 */
const char *fuzz_run(const void *image, size_t size)
{
	static struct exercise ex;

	memset(&ex, 0, sizeof(ex));
	exercise(&ex, image, size);
	if (ex.wrong)
		return "it does not run as it should";
	if (ex.accepted || strstr(ex.text, "too complex") || strstr(ex.text, "not possible"))
		return NULL;
	return ex.text;
}
