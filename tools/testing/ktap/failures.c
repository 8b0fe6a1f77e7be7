// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Each allocation fails once
 *
 * All that is done with a program before it runs is done again and again, and the
 * first, the second, ... allocation of memory fails, until none does. Each time
 * the error has to say so, and nothing may be left behind.
 */
#include "run.h"
#include "shared.h"

static const struct test_prog good = {
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(RET)),
	.probe = CODE(OP(FIELD, 0, 1), OP(GETG, 1, 0), OP(ADDT, 1, 0, 0), OP(RET)),
};

static const struct test_prog bad = {
	.main = CODE(OP(LOADI, 0, 1), OP(GETT, 0, 1, 0), OP(RET)),
};

static int try(const struct test_prog *prog)
{
	struct test_run *run = calloc(1, sizeof(*run));
	int ret = test_run_load(run, prog);

	if (ret == -ENOMEM && run->log[0]) {
		tap_note("a reason, for what has none: %s", run->log);
		ret = -EIO;
	}
	test_run_unload(run);
	free(run);
	return ret;
}

static bool sweep(const struct test_prog *prog, int last, const char *what)
{
	long live = test_alloc.live;
	unsigned long nr;
	int ret;

	for (nr = 1; nr < 1000; nr++) {
		bool failed;

		test_alloc.countdown = nr;
		ret = try(prog);
		failed = !test_alloc.countdown;
		test_alloc.countdown = 0;
		if (ret != (failed ? -ENOMEM : last)) {
			tap_note("%s: allocation %lu: %d", what, nr, ret);
			return false;
		}
		if (test_alloc.live != live) {
			tap_note("%s: allocation %lu: %ld pieces of memory lost", what,
				 nr, test_alloc.live - live);
			return false;
		}
		if (!failed) {
			tap_note("%s: %lu allocations", what, nr - 1);
			return nr > 10;
		}
	}
	return false;
}

int main(void)
{
	tap_result(sweep(&good, 0, "a program"), "each allocation for a program");
	tap_result(sweep(&bad, -EINVAL, "a program that is refused"),
		   "each allocation for a program that is refused");
	return tap_end();
}
