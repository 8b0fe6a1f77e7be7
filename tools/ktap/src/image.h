/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Program images
 */
#ifndef _KTAP_IMAGE_H
#define _KTAP_IMAGE_H

#include <linux/ktap_bc.h>

#include "srcpos.h"

/**
 * struct section - a section that is being made
 * @rec: its records
 * @nr: their number
 * @cap: number of records that there is room for
 */
struct section {
	void *rec;
	size_t nr;
	size_t cap;
};

/**
 * struct image - an image that is being made
 * @arena: where the tables live
 * @strs: strings, their index is that in STR
 * @consts: constants by type and value
 * @fields: fields by name or number
 * @sec: the sections, by &enum ktap_section
 */
struct image {
	struct arena arena;
	struct strtab strs;
	struct strtab consts;
	struct strtab fields;
	struct section sec[KTAP_SEC_NR];
};

void ktap_image_init(struct image *img);
void ktap_image_destroy(struct image *img);
uint32_t ktap_image_str(struct image *img, const char *str, size_t len);
uint32_t ktap_image_int(struct image *img, int64_t num);
uint32_t ktap_image_const_str(struct image *img, const char *str, size_t len);
uint32_t ktap_image_field(struct image *img, enum ktap_field_kind kind,
			  const struct strent *name, uint32_t index);
uint32_t ktap_image_global(struct image *img, const struct strent *name);
uint32_t ktap_image_insn(struct image *img, struct ktap_insn insn,
			 struct linecol lc);
void ktap_image_proto(struct image *img, struct ktap_img_proto proto);
void ktap_image_event(struct image *img, struct ktap_img_event event);
int ktap_image_write(struct image *img, const char *name, struct strbuf *out);

/**
 * struct image_view - an image as it is loaded, wherever it comes from
 * @data: the image
 * @size: in bytes
 * @header: of the image
 */
struct image_view {
	const char *data;
	size_t size;
	const struct ktap_img_header *header;
};

bool ktap_image_is(const void *data, size_t size);
const char *ktap_image_open(struct image_view *view, const void *data,
			    size_t size);
const void *ktap_image_section(const struct image_view *view,
			       enum ktap_section sec, uint32_t *nr);
bool ktap_image_string(const struct image_view *view, uint32_t idx,
		       const char **str, size_t *len);
bool ktap_image_calls(const struct image_view *view, enum ktap_func func);
const char *ktap_image_name(const struct image_view *view);

#endif /* _KTAP_IMAGE_H */
