// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Random programs
 *
 * usage: programs [-v] [NUMBER [SEED]]
 *        programs -w DIRECTORY
 *
 * Programs of the generator (gen.c) are run as exercise.c does it. The seed of the
 * program that went wrong is shown. With -v all that is refused says why. With -w
 * decisions for the generator are written, for a fuzzer to begin with.
 */
#include <sanitizer/common_interface_defs.h>

#include "exercise.h"
#include "gen.h"
#include "shared.h"

/* Of programs that are accepted, in percent. */
#define LEAST_RATE	80

/* Files of decisions, and the size of each. */
#define NR_FILES	100
#define FILE_SIZE	1500

static u64 seed_now;

static void say_which(void)
{
	tap_note("programs 1 %llu", (unsigned long long)seed_now);
}

static int write_decisions(const char *dir)
{
	u64 seed = 1;
	u32 i, len;

	for (i = 0; i < NR_FILES; i++) {
		char path[256];
		FILE *file;
		bool ok;

		snprintf(path, sizeof(path), "%s/decisions-%u", dir, i + 1);
		file = fopen(path, "wb");
		for (len = 0; file && len < FILE_SIZE; len++)
			fputc(test_below(&seed, 256), file);
		ok = file && !ferror(file);
		if (!file || fclose(file) || !ok) {
			fprintf(stderr, "programs: %s: %s\n", path, strerror(errno));
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	char **args = argv + verbose;
	unsigned long nr = argc - verbose > 1 ? strtoul(args[1], NULL, 0) : 5000, i, rate;
	u64 seed = argc - verbose > 2 ? strtoull(args[2], NULL, 0) : 1;
	struct exercise ex = {};

	if (argc == 3 && !strcmp(argv[1], "-w"))
		return write_decisions(argv[2]);
	__sanitizer_set_death_callback(say_which);
	for (i = 0; i < nr; i++) {
		unsigned long accepted = ex.accepted, wrong = ex.wrong;
		struct gen_source src = {};
		void *image;
		u32 size;

		seed_now = seed + i;
		src.seed = seed_now * 0x9e3779b97f4a7c15ULL | 1;
		image = gen_image(&src, &size);
		exercise(&ex, image, size);
		free(image);
		if (ex.wrong != wrong)
			say_which();
		if (verbose && accepted == ex.accepted)
			tap_note("%llu: %s", (unsigned long long)seed_now, ex.text);
	}
	rate = ex.accepted * 100 / nr;
	tap_note("%lu programs, %lu%% accepted", nr, rate);
	tap_note("runs: %lu returned, %lu exited, %lu stopped, %lu failed", ex.ended[0],
		 ex.ended[1], ex.ended[2], ex.ended[3]);
	for (i = 0; i < KTAP_E_NR; i++)
		tap_note("error %lu: %lu", i, ex.errors[i]);
	tap_result(!ex.wrong, "random programs");
	tap_result(rate >= LEAST_RATE || nr == 1, "most are accepted");
	return tap_end();
}
