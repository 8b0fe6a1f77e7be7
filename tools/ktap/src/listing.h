/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Bytecode as text
 */
#ifndef _KTAP_LISTING_H
#define _KTAP_LISTING_H

#include "image.h"

void ktap_listing(const struct image_view *image, struct source *src, FILE *out);

#endif /* _KTAP_LISTING_H */
