// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The KUnit suites of the core
 *
 * usage: suites [SUITE]
 */
#include "shared.h"

int main(int argc, char **argv)
{
	return kunit_run(argc > 1 ? argv[1] : NULL);
}
