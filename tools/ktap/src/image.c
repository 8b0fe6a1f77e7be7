// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Program images
 *
 * Making one, and finding one's way in one that may have come from a file. What
 * makes an image valid is for the kernel to say; here it is only seen to that
 * nothing outside of it is read.
 */
#include <stdlib.h>
#include <string.h>

#include "image.h"

#define RECORD_SIZE(name, nr, type)					\
	[KTAP_SEC_##name] = sizeof(type),
static const uint32_t record_size[KTAP_SEC_NR] = {
	___KTAP_SECTION_MAPPER(RECORD_SIZE)
};

#undef RECORD_SIZE

/**
 * ktap_image_init - Begin an image
 * @img: the image
 */
void ktap_image_init(struct image *img)
{
	memset(img, 0, sizeof(*img));
	img->strs.arena = &img->arena;
	img->consts.arena = &img->arena;
	img->fields.arena = &img->arena;
}

/**
 * ktap_image_destroy - Free an image
 * @img: the image
 */
void ktap_image_destroy(struct image *img)
{
	size_t i;

	for (i = 0; i < KTAP_SEC_NR; i++)
		free(img->sec[i].rec);
	ktap_strtab_destroy(&img->strs);
	ktap_strtab_destroy(&img->consts);
	ktap_strtab_destroy(&img->fields);
	ktap_arena_destroy(&img->arena);
	memset(img, 0, sizeof(*img));
}

/* Appends a record to a section, and gives its index. */
static uint32_t add_record(struct image *img, enum ktap_section id,
			   const void *rec)
{
	struct section *sec = &img->sec[id];
	size_t size = record_size[id];

	sec->rec = ktap_grow(sec->rec, sec->nr, &sec->cap, size);
	memcpy((char *)sec->rec + sec->nr * size, rec, size);
	return sec->nr++;
}

/**
 * ktap_image_str - Enter a string
 * @img: the image
 * @str: its bytes
 * @len: their number
 *
 * Return: Its index; that of the same string if it was entered before.
 */
uint32_t ktap_image_str(struct image *img, const char *str, size_t len)
{
	struct strent *ent = ktap_strtab_get(&img->strs, str, len);
	struct ktap_img_str rec;
	size_t i;

	if (ent->idx != ~0u)
		return ent->idx;
	rec = (struct ktap_img_str){ img->sec[KTAP_SEC_TEXT].nr, len };
	for (i = 0; i <= len; i++)
		add_record(img, KTAP_SEC_TEXT, &ent->str[i]);
	ent->idx = add_record(img, KTAP_SEC_STR, &rec);
	return ent->idx;
}

static uint32_t add_const(struct image *img, uint32_t type, uint64_t val)
{
	struct ktap_img_const rec = { .type = type, .val = val };
	struct strent *ent;

	ent = ktap_strtab_get(&img->consts, (const char *)&rec, sizeof(rec));
	if (ent->idx == ~0u)
		ent->idx = add_record(img, KTAP_SEC_CONST, &rec);
	return ent->idx;
}

/**
 * ktap_image_int - Enter a constant integer
 * @img: the image
 * @num: its value
 *
 * Return: The index of the constant.
 */
uint32_t ktap_image_int(struct image *img, int64_t num)
{
	return add_const(img, KTAP_T_INT, num);
}

/**
 * ktap_image_const_str - Enter a constant string
 * @img: the image
 * @str: its bytes
 * @len: their number
 *
 * Return: The index of the constant.
 */
uint32_t ktap_image_const_str(struct image *img, const char *str, size_t len)
{
	return add_const(img, KTAP_T_STR, ktap_image_str(img, str, len));
}

/**
 * ktap_image_field - Enter a field of events
 * @img: the image
 * @kind: what is read
 * @name: its name, or NULL
 * @index: its number, or 0
 *
 * Return: The index of the field.
 */
uint32_t ktap_image_field(struct image *img, enum ktap_field_kind kind,
			  const struct strent *name, uint32_t index)
{
	struct ktap_img_field rec = {
		.kind = kind,
		.name = KTAP_IMG_NONE,
		.index = index,
	};
	struct strent *ent;

	if (name)
		rec.name = ktap_image_str(img, name->str, name->len);
	ent = ktap_strtab_get(&img->fields, (const char *)&rec, sizeof(rec));
	if (ent->idx == ~0u)
		ent->idx = add_record(img, KTAP_SEC_FIELD, &rec);
	return ent->idx;
}

/**
 * ktap_image_global - Enter a top-level variable
 * @img: the image
 * @name: its name
 *
 * Return: Its index.
 */
uint32_t ktap_image_global(struct image *img, const struct strent *name)
{
	struct ktap_img_global rec = { 0 };

	rec.name = ktap_image_str(img, name->str, name->len);
	return add_record(img, KTAP_SEC_GLOBAL, &rec);
}

/**
 * ktap_image_insn - Append an instruction
 * @img: the image
 * @insn: the instruction
 * @lc: where it comes from
 *
 * Return: Its index.
 */
uint32_t ktap_image_insn(struct image *img, struct ktap_insn insn,
			 struct linecol lc)
{
	const struct section *lines = &img->sec[KTAP_SEC_LINE];
	const struct ktap_img_line *last = NULL;
	struct ktap_img_line line = { 0 };

	if (lines->nr)
		last = (const struct ktap_img_line *)lines->rec + lines->nr - 1;
	if (!last || last->line != lc.line || last->col != lc.col) {
		line.insn = img->sec[KTAP_SEC_INSN].nr;
		line.line = lc.line;
		line.col = lc.col;
		add_record(img, KTAP_SEC_LINE, &line);
	}
	return add_record(img, KTAP_SEC_INSN, &insn);
}

/**
 * ktap_image_proto - Append a function
 * @img: the image
 * @proto: what it is
 */
void ktap_image_proto(struct image *img, struct ktap_img_proto proto)
{
	add_record(img, KTAP_SEC_PROTO, &proto);
}

/**
 * ktap_image_event - Append an event
 * @img: the image
 * @event: what it is
 */
void ktap_image_event(struct image *img, struct ktap_img_event event)
{
	add_record(img, KTAP_SEC_EVENT, &event);
}

static void write_section(struct image *img, enum ktap_section id,
			  struct ktap_img_section *place, struct strbuf *out)
{
	const struct section *sec = &img->sec[id];

	place->off = out->len;
	place->count = sec->nr;
	ktap_strbuf_add(out, sec->rec, sec->nr * record_size[id]);
	ktap_strbuf_fill(out, 0, -out->len & (KTAP_IMG_ALIGN - 1));
}

/**
 * ktap_image_write - Put an image together
 * @img: all of its parts
 * @name: of the script, for messages of the kernel
 * @out: the image; it must be empty
 *
 * Return: 0, or -1 if it would be too large.
 */
int ktap_image_write(struct image *img, const char *name, struct strbuf *out)
{
	struct ktap_img_header header = {
		.magic = KTAP_IMG_MAGIC,
		.version = KTAP_IMG_VERSION,
		.nr_sections = KTAP_SEC_NR,
	};
	uint64_t size = sizeof(header);
	size_t i;

	header.name = ktap_image_str(img, name, strlen(name));
	for (i = 0; i < KTAP_SEC_NR; i++)
		size += (uint64_t)(img->sec[i].nr + 1) * record_size[i];
	if (size > KTAP_IMG_MAX_SIZE)
		return -1;

	ktap_strbuf_add(out, &header, sizeof(header));
	for (i = 0; i < KTAP_SEC_NR; i++)
		write_section(img, i, &header.sec[i], out);
	header.size = out->len;
	memcpy(out->str, &header, sizeof(header));
	return 0;
}

/**
 * ktap_image_is - Whether something is an image and no script
 * @data: its bytes
 * @size: their number
 *
 * Return: True if it begins as an image does, on this machine or another one.
 */
bool ktap_image_is(const void *data, size_t size)
{
	return size >= 4 && (!memcmp(data, "KTAP", 4) ||
			     !memcmp(data, "PATK", 4));
}

/**
 * ktap_image_open - Prepare to read an image
 * @view: what is used to read it
 * @data: the image, at a multiple of eight; it must stay where it is
 * @size: its size in bytes
 *
 * Return: NULL, or what is wrong with the image.
 */
const char *ktap_image_open(struct image_view *view, const void *data,
			    size_t size)
{
	const struct ktap_img_header *header = data;
	const struct ktap_img_section *sec;
	uint32_t i;

	view->data = data;
	view->size = size;
	view->header = header;
	if (size < sizeof(*header))
		return "it is too short";
	if (header->magic != KTAP_IMG_MAGIC)
		return "it was made for a machine of another byte order";
	if (header->version != KTAP_IMG_VERSION ||
	    header->nr_sections < KTAP_SEC_NR)
		return "it was made by another version of ktap";
	for (i = 0; i < KTAP_SEC_NR; i++) {
		sec = &header->sec[i];
		if (sec->off % KTAP_IMG_ALIGN || sec->off > size ||
		    sec->count > (size - sec->off) / record_size[i])
			return "it is damaged";
	}
	return NULL;
}

/**
 * ktap_image_section - Find the records of a section
 * @view: an image that could be opened
 * @sec: the section
 * @nr: number of its records
 *
 * Return: The first one.
 */
const void *ktap_image_section(const struct image_view *view,
			       enum ktap_section sec, uint32_t *nr)
{
	*nr = view->header->sec[sec].count;
	return view->data + view->header->sec[sec].off;
}

/**
 * ktap_image_string - Find a string
 * @view: an image that could be opened
 * @idx: index of the string
 * @str: its first byte
 * @len: number of bytes
 *
 * Return: False if there is no such string.
 */
bool ktap_image_string(const struct image_view *view, uint32_t idx,
		       const char **str, size_t *len)
{
	uint32_t nr, nr_text;
	const struct ktap_img_str *strs;
	const char *text;

	strs = ktap_image_section(view, KTAP_SEC_STR, &nr);
	text = ktap_image_section(view, KTAP_SEC_TEXT, &nr_text);
	if (idx >= nr || strs[idx].off > nr_text ||
	    strs[idx].len > nr_text - strs[idx].off)
		return false;
	*str = text + strs[idx].off;
	*len = strs[idx].len;
	return true;
}

/**
 * ktap_image_calls - Whether a program calls a builtin function
 * @view: an image that could be opened
 * @func: the function
 *
 * Return: True if it does anywhere.
 */
bool ktap_image_calls(const struct image_view *view, enum ktap_func func)
{
	const struct ktap_insn *insn;
	uint32_t nr;

	insn = ktap_image_section(view, KTAP_SEC_INSN, &nr);
	for (; nr; nr--, insn++)
		if (insn->op == KTAP_OP_CALLB && insn->b == func)
			return true;
	return false;
}

/**
 * ktap_image_name - Name of the script that an image was made of
 * @view: an image that could be opened
 *
 * Return: The name.
 */
const char *ktap_image_name(const struct image_view *view)
{
	const char *str;
	size_t len;

	if (!ktap_image_string(view, view->header->name, &str, &len) ||
	    str + len >= view->data + view->size || str[len])
		return "?";
	return str;
}
