/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the tests that are programs say
 */
#ifndef _KTAP_TESTS_TEST_H
#define _KTAP_TESTS_TEST_H

#include <stdbool.h>
#include <stdio.h>

static int failed;

static void ok(bool is, const char *name)
{
	printf("%sok - %s\n", is ? "" : "not ", name);
	failed |= !is;
}

#endif /* _KTAP_TESTS_TEST_H */
