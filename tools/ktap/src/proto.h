/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Prototypes of the kernel's functions that are traced
 */
#ifndef _KTAP_PROTO_H
#define _KTAP_PROTO_H

#include "ast.h"
#include "btf.h"

/**
 * struct param - a parameter of all functions that are traced
 * @btf: where its type is
 * @type: the type
 * @nr: its number, from 0 on
 */
struct param {
	const struct btf *btf;
	uint32_t type;
	uint32_t nr;
};

const struct btf *ktap_proto_types(struct script *script, uint32_t pos);
bool ktap_proto_param(struct script *script, struct event *events, uint32_t pos,
		      const char *name, struct param *param);
bool ktap_proto_result(struct script *script, struct event *events, uint32_t pos,
		       struct param *result);
void ktap_proto_forget(struct script *script);

#endif /* _KTAP_PROTO_H */
