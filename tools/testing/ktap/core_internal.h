/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the core needs of the kernel, in user space
 *
 * The guard is that of kernel/trace/ktap/core_internal.h, and the compiler is
 * told to include this header first, so that the core's own is empty. The
 * stand-ins are sorted as in tools/testing/vma.
 */
#ifndef _KTAP_CORE_INTERNAL_H
#define _KTAP_CORE_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/types.h>

/* DUPLICATE typedefs, which the other headers need. */
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#include "include/stubs.h"
#include "include/dup.h"
#include "include/custom.h"

#include <linux/ktap.h>
#include <linux/ktap_bc.h>

#endif /* _KTAP_CORE_INTERNAL_H */
