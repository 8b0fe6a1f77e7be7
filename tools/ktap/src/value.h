/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Values that come in records
 */
#ifndef _KTAP_VALUE_H
#define _KTAP_VALUE_H

#include <linux/ktap.h>

#include "image.h"
#include "usym.h"

/**
 * struct value - a value
 * @type: &enum ktap_type, or another number from a newer kernel
 * @num: an integer, or the number of a table or function
 * @str: characters of a string, parts of a compound key, &struct ktap_val_stat of a
 *       statistic, which may be unaligned
 * @len: their number
 * @image: where constant strings and functions are
 * @usym: what names addresses of user code, or NULL
 * @ts: when it was printed
 */
struct value {
	uint32_t type;
	int64_t num;
	const char *str;
	size_t len;
	const struct image_view *image;
	struct usym *usym;
	uint64_t ts;
};

/**
 * struct value_reader - the values of a record
 * @pos: the next one
 * @end: behind the last one
 * @image: where constant strings and functions are
 * @usym: what names addresses of user code, or NULL
 * @ts: when the record was made
 */
struct value_reader {
	const char *pos;
	const char *end;
	const struct image_view *image;
	struct usym *usym;
	uint64_t ts;
};

typedef void (*value_frame_fn)(void *data, const struct usym_name *name, uint64_t addr);

struct value_reader ktap_value_parts(const struct value *val);
bool ktap_value_next(struct value_reader *vr, struct value *val);
void ktap_value_add(struct strbuf *sb, const struct value *val);
void ktap_value_stat(const struct value *val, struct ktap_val_stat *stat);
void ktap_value_frames(const struct value *val, value_frame_fn fn, void *data);
bool ktap_value_has_stack(const struct value *val);
void ktap_values_print(struct strbuf *sb, struct value_reader *vr);
void ktap_values_printf(struct strbuf *sb, struct value_reader *vr);

#endif /* _KTAP_VALUE_H */
