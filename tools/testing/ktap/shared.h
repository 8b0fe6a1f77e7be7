/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the test programs share
 */
#ifndef _KTAP_SHARED_H
#define _KTAP_SHARED_H

#include "core_internal.h"

int kunit_run(const char *only);

void tap_result(bool ok, const char *name);
__printf(1, 2)
void tap_note(const char *fmt, ...);
int tap_end(void);

/* A number below @nr. */
static inline u32 test_below(u64 *seed, u32 nr)
{
	return test_random(seed) % nr;
}

#endif /* _KTAP_SHARED_H */
