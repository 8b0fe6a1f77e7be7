/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Types of the kernel, as BTF has them
 */
#ifndef _KTAP_BTF_H
#define _KTAP_BTF_H

#include <linux/btf.h>

#include "nearest.h"

#define KTAP_BTF_KIND(name)	(1U << BTF_KIND_##name)
#define KTAP_BTF_STRUCTS	(KTAP_BTF_KIND(STRUCT) | KTAP_BTF_KIND(UNION))

/**
 * struct btf - types of the kernel or of a module
 * @base: those of the kernel, which a module refers to; or NULL
 * @data: what a type begins with has a place in here
 * @types: these places, by number from @first on
 * @first: number of the first type of its own
 * @end: number behind the last one; 0 is void, and no type
 * @strs: names
 * @str_first: offset that the first one of its own has
 * @str_end: offset behind the last one
 * @ptr_size: bytes of a pointer
 */
struct btf {
	const struct btf *base;
	const char *data;
	uint32_t *types;
	uint32_t first;
	uint32_t end;
	const char *strs;
	uint32_t str_first;
	uint32_t str_end;
	uint32_t ptr_size;
};

/**
 * struct btf_place - a member of a structure
 * @type: its type
 * @bit: where it begins, in bits
 * @bits: how many it has, 0 if it is no bitfield
 */
struct btf_place {
	uint32_t type;
	uint64_t bit;
	uint32_t bits;
};

const char *ktap_btf_init(struct btf *btf, const void *data, size_t size,
			  const struct btf *base);
void ktap_btf_destroy(struct btf *btf);

uint32_t ktap_btf_kind(const struct btf *btf, uint32_t id);
const char *ktap_btf_name(const struct btf *btf, uint32_t id);
uint32_t ktap_btf_find(const struct btf *btf, uint32_t kinds, const char *name);
void ktap_btf_nearest(const struct btf *btf, uint32_t kinds,
		      struct nearest *near);
uint32_t ktap_btf_strip(const struct btf *btf, uint32_t id);
uint32_t ktap_btf_target(const struct btf *btf, uint32_t id);
uint32_t ktap_btf_element(const struct btf *btf, uint32_t id, uint32_t *nr);
uint64_t ktap_btf_size(const struct btf *btf, uint32_t id);
uint32_t ktap_btf_int(const struct btf *btf, uint32_t id);
bool ktap_btf_is_signed(const struct btf *btf, uint32_t id);
bool ktap_btf_same(const struct btf *a_btf, uint32_t a, const struct btf *b_btf,
		   uint32_t b);
bool ktap_btf_member(const struct btf *btf, uint32_t id, const char *name,
		     struct btf_place *place);
void ktap_btf_nearest_member(const struct btf *btf, uint32_t id,
			     struct nearest *near);
uint32_t ktap_btf_nr_params(const struct btf *btf, uint32_t proto);
const char *ktap_btf_param(const struct btf *btf, uint32_t proto, uint32_t nr,
			   uint32_t *type);
void ktap_btf_text(const struct btf *btf, uint32_t id, struct strbuf *sb);

#endif /* _KTAP_BTF_H */
