// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Images and programs for libFuzzer
 *
 * Bytes that begin as an image are one. All others are decisions of the generator
 * (gen.c), whose programs mostly can run.
 */
#include "exercise.h"
#include "gen.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u32 magic = KTAP_IMG_MAGIC;
	struct exercise ex = {};

	if (size >= sizeof(magic) && !memcmp(data, &magic, sizeof(magic))) {
		exercise(&ex, data, size);
	} else {
		struct gen_source src = { .data = data, .size = size };
		u32 len;
		void *image = gen_image(&src, &len);

		exercise(&ex, image, len);
		free(image);
	}
	if (ex.wrong)
		abort();
	return 0;
}
