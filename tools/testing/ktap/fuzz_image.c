// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Images for libFuzzer
 */
#include "exercise.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct exercise ex = {};

	if (size)
		exercise(&ex, data, size);
	if (ex.wrong)
		abort();
	return 0;
}
