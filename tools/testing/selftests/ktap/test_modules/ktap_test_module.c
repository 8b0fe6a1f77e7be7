// SPDX-License-Identifier: GPL-2.0
/*
 * Something to trace that comes and goes: writing N to the parameter "calls" calls a
 * function N times, which has an event. With "init_ms" it takes its time to load, with
 * "fail" it does not in the end.
 */
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#define CREATE_TRACE_POINTS
#include "ktap_test_event.h"

int ktap_test_function(int nr, const char *text);

noinline int ktap_test_function(int nr, const char *text)
{
	trace_ktap_test_event(nr, text);
	return 2 * nr;
}

static int calls_set(const char *val, const struct kernel_param *kp)
{
	int nr, i, ret;
	int sum = 0;

	ret = kstrtoint(val, 0, &nr);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		sum += ktap_test_function(i, i & 1 ? "odd" : "even");
	*(int *)kp->arg = sum;
	return 0;
}

static const struct kernel_param_ops calls_ops = {
	.set = calls_set,
	.get = param_get_int,
};

static int calls;
module_param_cb(calls, &calls_ops, &calls, 0644);
MODULE_PARM_DESC(calls, "call a function so many times; reads as the sum of its results");

static int init_ms;
module_param(init_ms, int, 0444);
MODULE_PARM_DESC(init_ms, "milliseconds that loading the module takes");

static bool fail;
module_param(fail, bool, 0444);
MODULE_PARM_DESC(fail, "do not load it then");

static int __init ktap_test_init(void)
{
	msleep(init_ms);
	return fail ? -ENODEV : 0;
}
module_init(ktap_test_init);

static void __exit ktap_test_exit(void)
{
}
module_exit(ktap_test_exit);

MODULE_DESCRIPTION("Something for the selftests of ktap to trace");
MODULE_LICENSE("GPL");
