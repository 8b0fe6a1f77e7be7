/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Values of a record that a test makes
 */
#ifndef _KTAP_TESTS_BODY_H
#define _KTAP_TESTS_BODY_H

#include <stdint.h>
#include <string.h>

#include <linux/ktap.h>
#include <linux/ktap_bc.h>

#include "util.h"

static struct strbuf body;

static void add_value(uint32_t type, uint32_t len, const void *data)
{
	struct ktap_val head = { type, len };

	ktap_strbuf_add(&body, &head, sizeof(head));
	if (data)
		ktap_strbuf_add(&body, data, len);
	ktap_strbuf_fill(&body, 0, -body.len & (KTAP_REC_ALIGN - 1));
}

static void add_str(const char *str)
{
	add_value(KTAP_T_STR, strlen(str), str);
}

static void add_num(int64_t num)
{
	add_value(KTAP_T_INT, sizeof(num), &num);
}

#endif /* _KTAP_TESTS_BODY_H */
