/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the fuzzer of scripts has of the core
 */
#ifndef _KTAP_FUZZ_SCRIPT_H
#define _KTAP_FUZZ_SCRIPT_H

#include <stddef.h>

const char *fuzz_run(const void *image, size_t size);

#endif /* _KTAP_FUZZ_SCRIPT_H */
