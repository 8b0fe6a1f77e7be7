// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The file in tracefs
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/init.h>

#include "../trace.h"
#include "ktap.h"

static int __init ktap_setup(void)
{
	int ret = tracing_init_dentry();

	if (ret)
		return ret;
	trace_create_file("ktap", 0600, NULL, NULL, &ktap_fops);
	return 0;
}
fs_initcall(ktap_setup);
