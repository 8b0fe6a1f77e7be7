/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the core needs of the kernel
 *
 * The core (heap, tables, image, verifier, interpreter) includes this header and
 * headers of its own directory only, so that tools/testing/ktap can build the
 * same files in user space with stand-ins for what is listed here.
 */
#ifndef _KTAP_CORE_INTERNAL_H
#define _KTAP_CORE_INTERNAL_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stringhash.h>
#include <linux/string.h>
#include <linux/time.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include <linux/ktap.h>
#include <linux/ktap_bc.h>

#endif /* _KTAP_CORE_INTERNAL_H */
