/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - A generator of programs that the verifier should mostly accept
 */
#ifndef _KTAP_GEN_H
#define _KTAP_GEN_H

#include "core_internal.h"

/**
 * struct gen_source - where the generator's decisions come from
 * @data: bytes, when @seed is 0; behind their end all is 0
 * @size: their number
 * @pos: those that were used
 * @seed: random number, or 0
 */
struct gen_source {
	const u8 *data;
	size_t size;
	size_t pos;
	u64 seed;
};

u32 gen_below(struct gen_source *src, u32 nr);
void *gen_image(struct gen_source *src, u32 *size);

#endif /* _KTAP_GEN_H */
