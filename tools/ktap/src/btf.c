// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Types of the kernel, as BTF has them
 *
 * BTF is a list of types without an index, which refer to each other by number and
 * to names by offset. It is read once to find where each type begins; then a type
 * is found by its number at once, and by its name by looking at all of them. That
 * costs less than a table of names would, as a script asks for few.
 *
 * The file may be anything. All types lie within it when it was opened, and all
 * names end. Numbers and offsets are looked at when they are used. Chains of types
 * end after so many steps, as they may go in circles.
 */
#include <stdlib.h>
#include <string.h>

#include "btf.h"

/* Most types in a chain, and most anonymous structures inside each other. */
#define MAX_CHAIN	64
#define MAX_NESTED	32
/* Most members to look at for one name; the largest structures have a thousand. */
#define MAX_MEMBERS	1000000

/* Headers of older kernels have fewer bits for these, the others being 0. */
#define INFO_KIND(info)	((info) >> 24 & 0x7f)
#define INFO_VLEN(info)	((info) & 0xffffff)
#define INFO_FLAG(info)	((info) >> 31)

/* What every header has; newer ones add where the layout is. */
#define HEADER_MIN	(offsetof(struct btf_header, str_len) + sizeof(uint32_t))
#define HEADER_LAYOUT	(HEADER_MIN + 2 * sizeof(uint32_t))

/**
 * struct layout - what follows a type of some kind
 * @info: bytes that every one has
 * @elem: bytes of each of its elements
 * @__reserved: flags that none has yet
 */
struct layout {
	uint8_t info;
	uint8_t elem;
	uint16_t __reserved;
};

static const struct layout layouts[] = {
	[BTF_KIND_INT] = { .info = sizeof(uint32_t) },
	[BTF_KIND_ARRAY] = { .info = sizeof(struct btf_array) },
	[BTF_KIND_STRUCT] = { .elem = sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { .elem = sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { .elem = sizeof(struct btf_enum) },
	[BTF_KIND_FUNC_PROTO] = { .elem = sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { .info = sizeof(struct btf_var) },
	[BTF_KIND_DATASEC] = { .elem = sizeof(struct btf_var_secinfo) },
	[BTF_KIND_DECL_TAG] = { .info = sizeof(struct btf_decl_tag) },
	[BTF_KIND_ENUM64] = { .elem = sizeof(struct btf_enum64) },
};

/* A part of the file. */
struct part {
	const char *data;
	size_t size;
};

static bool find_part(struct part *part, const struct part *body, uint32_t off,
		      uint32_t len)
{
	if (off > body->size || len > body->size - off)
		return false;
	part->data = body->data + off;
	part->size = len;
	return true;
}

/* What follows a type of this kind; what is new since has to be told by the file. */
static const struct layout *find_layout(uint32_t kind, const struct part *told)
{
	const struct layout *layout = (const void *)told->data;

	if (kind && kind < ARRAY_SIZE(layouts))
		return &layouts[kind];
	if (!kind || kind >= told->size / sizeof(*layout))
		return NULL;
	return &layout[kind];
}

static const struct btf_type *type_at(const struct btf *btf, uint32_t id)
{
	while (btf && id < btf->first)
		btf = btf->base;
	if (!btf || id >= btf->end)
		return NULL;
	return (const void *)(btf->data + btf->types[id - btf->first]);
}

static const char *name_at(const struct btf *btf, uint32_t off)
{
	while (btf && off < btf->str_first)
		btf = btf->base;
	if (!btf || off >= btf->str_end)
		return "";
	return btf->strs + (off - btf->str_first);
}

/* The size of a pointer is that of a long, which is one of the first types. */
static void look_at_long(struct btf *btf, const struct btf_type *type)
{
	const char *name = name_at(btf, type->name_off);

	if (type->size <= sizeof(uint64_t) &&
	    (!strcmp(name, "long unsigned int") || !strcmp(name, "long int") ||
	     !strcmp(name, "unsigned long") || !strcmp(name, "long")))
		btf->ptr_size = type->size;
}

static const char *find_types(struct btf *btf, const struct part *types,
			      const struct part *told)
{
	const struct layout *layout;
	const struct btf_type *type;
	size_t pos = 0, left, size;

	btf->data = types->data;
	btf->types = ktap_alloc(types->size / sizeof(*type) *
				sizeof(*btf->types) + 1);
	while (pos < types->size) {
		left = types->size - pos;
		type = (const void *)(types->data + pos);
		if (left < sizeof(*type))
			return "it is damaged";
		layout = find_layout(INFO_KIND(type->info), told);
		if (!layout)
			return "it has types of a kind that this ktap does not know";
		size = sizeof(*type) + layout->info +
			(size_t)layout->elem * INFO_VLEN(type->info);
		if (size > left || size % sizeof(uint32_t))
			return "it is damaged";
		if (INFO_KIND(type->info) == BTF_KIND_INT)
			look_at_long(btf, type);
		btf->types[btf->end++ - btf->first] = pos;
		pos += size;
	}
	return NULL;
}

/**
 * ktap_btf_init - Prepare to read types
 * @btf: what is used to read them; must be destroyed in any case
 * @data: a file, at a multiple of four; it must stay where it is
 * @size: its size
 * @base: types that it refers to, if it is that of a module; else NULL
 *
 * Return: NULL, or what is wrong with the file.
 */
const char *ktap_btf_init(struct btf *btf, const void *data, size_t size,
			  const struct btf *base)
{
	const struct btf_header *header = data;
	struct part body, types, strs, told = { 0 };
	const uint32_t *more;

	memset(btf, 0, sizeof(*btf));
	if (size < HEADER_MIN)
		return "it is too short";
	if (header->magic == (BTF_MAGIC >> 8 | (BTF_MAGIC & 0xff) << 8))
		return "it is for a machine of another byte order";
	if (header->magic != BTF_MAGIC || header->version != BTF_VERSION)
		return "it is no BTF";
	if (header->hdr_len < HEADER_MIN || header->hdr_len > size ||
	    header->hdr_len % sizeof(uint32_t) ||
	    header->type_off % sizeof(uint32_t))
		return "it is damaged";
	body.data = (const char *)data + header->hdr_len;
	body.size = size - header->hdr_len;
	if (!find_part(&types, &body, header->type_off, header->type_len) ||
	    !find_part(&strs, &body, header->str_off, header->str_len) ||
	    (strs.size ? strs.data[strs.size - 1] : !base))
		return "it is damaged";
	more = (const void *)((const char *)data + HEADER_MIN);
	if (header->hdr_len >= HEADER_LAYOUT &&
	    (more[0] % sizeof(uint32_t) || !find_part(&told, &body, more[0], more[1])))
		return "it is damaged";

	btf->base = base;
	btf->first = base ? base->end : 1;
	btf->end = btf->first;
	btf->strs = strs.data;
	btf->str_first = base ? base->str_end : 0;
	btf->str_end = btf->str_first + strs.size;
	btf->ptr_size = base ? base->ptr_size : sizeof(void *);
	return find_types(btf, &types, &told);
}

/**
 * ktap_btf_destroy - Forget types
 * @btf: the types, or all zero
 */
void ktap_btf_destroy(struct btf *btf)
{
	free(btf->types);
}

/**
 * ktap_btf_kind - What kind of type this is
 * @btf: the types
 * @id: number of the type
 *
 * Return: BTF_KIND_*; BTF_KIND_UNKN for void and what there is not.
 */
uint32_t ktap_btf_kind(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = type_at(btf, id);

	return type ? INFO_KIND(type->info) : BTF_KIND_UNKN;
}

/* Whether it is of one of the kinds in a set. */
static bool is_kind(const struct btf *btf, uint32_t id, uint32_t kinds)
{
	uint32_t kind = ktap_btf_kind(btf, id);

	return kind < 32 && kinds >> kind & 1;
}

/**
 * ktap_btf_name - Name of a type or function
 * @btf: the types
 * @id: its number
 *
 * Return: The name, which is empty if it has none.
 */
const char *ktap_btf_name(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = type_at(btf, id);

	return type ? name_at(btf, type->name_off) : "";
}

/**
 * ktap_btf_find - Find a type or function by its name
 * @btf: the types; those of the kernel are looked at last
 * @kinds: set of KTAP_BTF_KIND()
 * @name: its name
 *
 * Return: Its number, or 0 if there is none.
 */
uint32_t ktap_btf_find(const struct btf *btf, uint32_t kinds, const char *name)
{
	const struct btf_type *type;
	const char *str;
	uint32_t id;

	for (; btf; btf = btf->base) {
		for (id = btf->first; id < btf->end; id++) {
			type = (const void *)(btf->data +
					      btf->types[id - btf->first]);
			if (!(kinds >> (INFO_KIND(type->info) & 31) & 1))
				continue;
			str = name_at(btf, type->name_off);
			if (*str == *name && !strcmp(str, name) &&
			    is_kind(btf, id, kinds))
				return id;
		}
	}
	return 0;
}

/**
 * ktap_btf_nearest - Try names of types
 * @btf: the types
 * @kinds: set of KTAP_BTF_KIND()
 * @near: what they should be like
 */
void ktap_btf_nearest(const struct btf *btf, uint32_t kinds,
		      struct nearest *near)
{
	const char *name;
	uint32_t id;

	for (; btf; btf = btf->base) {
		for (id = btf->first; id < btf->end; id++) {
			name = ktap_btf_name(btf, id);
			if (*name && is_kind(btf, id, kinds))
				ktap_nearest_try(near, name);
		}
	}
}

/**
 * ktap_btf_strip - What a type is, without other names and qualifiers
 * @btf: the types
 * @id: number of the type
 *
 * Return: The number of what is behind them, 0 for void and what there is not.
 */
uint32_t ktap_btf_strip(const struct btf *btf, uint32_t id)
{
	const uint32_t kinds = KTAP_BTF_KIND(TYPEDEF) | KTAP_BTF_KIND(VOLATILE) |
		KTAP_BTF_KIND(CONST) | KTAP_BTF_KIND(RESTRICT) |
		KTAP_BTF_KIND(TYPE_TAG);
	unsigned int i;

	for (i = 0; i < MAX_CHAIN; i++) {
		if (!is_kind(btf, id, kinds))
			return type_at(btf, id) ? id : 0;
		id = type_at(btf, id)->type;
	}
	return 0;
}

/**
 * ktap_btf_target - What a pointer points to, a function is, or returns
 * @btf: the types
 * @id: number of the pointer, the function or its prototype
 *
 * Return: The number of that type.
 */
uint32_t ktap_btf_target(const struct btf *btf, uint32_t id)
{
	const uint32_t kinds = KTAP_BTF_KIND(PTR) | KTAP_BTF_KIND(FUNC) |
		KTAP_BTF_KIND(FUNC_PROTO);

	return is_kind(btf, id, kinds) ? type_at(btf, id)->type : 0;
}

/**
 * ktap_btf_element - What an array consists of
 * @btf: the types
 * @id: number of the array
 * @nr: number of its elements
 *
 * Return: The number of their type, 0 if this is no array.
 */
uint32_t ktap_btf_element(const struct btf *btf, uint32_t id, uint32_t *nr)
{
	const struct btf_array *array;

	if (ktap_btf_kind(btf, id) != BTF_KIND_ARRAY)
		return 0;
	array = (const void *)(type_at(btf, id) + 1);
	*nr = array->nelems;
	return array->type;
}

/**
 * ktap_btf_size - Size of a type
 * @btf: the types
 * @id: its number
 *
 * Return: The bytes that it has in memory, 0 if that is not known.
 */
uint64_t ktap_btf_size(const struct btf *btf, uint32_t id)
{
	const uint32_t kinds = KTAP_BTF_KIND(INT) | KTAP_BTF_KIND(ENUM) |
		KTAP_BTF_KIND(ENUM64) | KTAP_BTF_KIND(FLOAT) | KTAP_BTF_STRUCTS;
	uint32_t i, nr;
	uint64_t all = 1;

	for (i = 0; i < MAX_CHAIN; i++) {
		id = ktap_btf_strip(btf, id);
		if (is_kind(btf, id, kinds))
			return all * type_at(btf, id)->size;
		if (ktap_btf_kind(btf, id) == BTF_KIND_PTR)
			return all * btf->ptr_size;
		id = ktap_btf_element(btf, id, &nr);
		if (!id)
			return 0;
		all *= nr;
	}
	return 0;
}

/**
 * ktap_btf_int - How many bits there are of an integer
 * @btf: the types
 * @id: number of an integer, pointer or enumeration
 *
 * Return: 1 to 64; 0 if it is something else or larger.
 */
uint32_t ktap_btf_int(const struct btf *btf, uint32_t id)
{
	const uint32_t kinds = KTAP_BTF_KIND(INT) | KTAP_BTF_KIND(ENUM) |
		KTAP_BTF_KIND(ENUM64) | KTAP_BTF_KIND(PTR);
	uint64_t size = ktap_btf_size(btf, id), bits = size * 8;

	if (!is_kind(btf, id, kinds) || size > sizeof(uint64_t) ||
	    size & (size - 1))
		return 0;
	/* Bitfields were such integers once. */
	if (ktap_btf_kind(btf, id) == BTF_KIND_INT)
		bits = BTF_INT_BITS(*(const uint32_t *)(type_at(btf, id) + 1));
	return bits <= size * 8 ? bits : 0;
}

/**
 * ktap_btf_is_signed - Whether an integer has a sign
 * @btf: the types
 * @id: number of the integer or enumeration
 *
 * Return: True if it has.
 */
bool ktap_btf_is_signed(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = type_at(btf, id);

	if (is_kind(btf, id, KTAP_BTF_KIND(ENUM) | KTAP_BTF_KIND(ENUM64)))
		return INFO_FLAG(type->info);
	return ktap_btf_kind(btf, id) == BTF_KIND_INT &&
		BTF_INT_ENCODING(*(const uint32_t *)(type + 1)) & BTF_INT_SIGNED;
}

/* Types of the kernel have the same number whichever module refers to them. */
static bool same_id(const struct btf *a_btf, uint32_t a, const struct btf *b_btf,
		    uint32_t b)
{
	return a == b && (a_btf == b_btf || a < a_btf->first || a < b_btf->first);
}

/**
 * ktap_btf_same - Whether two types are the same, but for names and qualifiers
 * @a_btf: types of which the first one is
 * @a: its number
 * @b_btf: types of which the second one is
 * @b: its number
 *
 * Return: True if what one is read as is what the other one is read as.
 */
bool ktap_btf_same(const struct btf *a_btf, uint32_t a, const struct btf *b_btf,
		   uint32_t b)
{
	unsigned int i;

	for (i = 0; i < MAX_CHAIN; i++) {
		a = ktap_btf_strip(a_btf, a);
		b = ktap_btf_strip(b_btf, b);
		if (same_id(a_btf, a, b_btf, b))
			return true;
		if (ktap_btf_kind(a_btf, a) != BTF_KIND_PTR ||
		    ktap_btf_kind(b_btf, b) != BTF_KIND_PTR)
			return false;
		a = ktap_btf_target(a_btf, a);
		b = ktap_btf_target(b_btf, b);
	}
	return false;
}

/**
 * struct search - members of a structure that are looked at
 * @btf: the types
 * @name: what is looked for, or NULL
 * @near: gets all names, or NULL
 * @place: where it was found
 * @left: number of members that may still be looked at
 */
struct search {
	const struct btf *btf;
	const char *name;
	struct nearest *near;
	struct btf_place place;
	uint32_t left;
};

static void set_place(struct search *search, const struct btf_type *type,
		      const struct btf_member *member, uint64_t bit)
{
	search->place.type = member->type;
	search->place.bit = bit + member->offset;
	search->place.bits = 0;
	if (!INFO_FLAG(type->info))
		return;
	search->place.bit = bit + BTF_MEMBER_BIT_OFFSET(member->offset);
	search->place.bits = BTF_MEMBER_BITFIELD_SIZE(member->offset);
}

/* What is inside of a member without a name belongs to what it is inside of. */
static bool search_members(struct search *search, uint32_t id, uint64_t bit,
			   unsigned int depth)
{
	const struct btf_type *type = type_at(search->btf, id);
	const struct btf_member *member;
	const char *name;
	uint32_t i;

	if (!is_kind(search->btf, id, KTAP_BTF_STRUCTS) || depth > MAX_NESTED)
		return false;
	member = (const void *)(type + 1);
	for (i = INFO_VLEN(type->info); i-- && search->left; member++) {
		search->left--;
		name = name_at(search->btf, member->name_off);
		set_place(search, type, member, bit);
		if (!*name) {
			if (search_members(search, ktap_btf_strip(search->btf,
								  member->type),
					   search->place.bit, depth + 1))
				return true;
		} else if (search->near) {
			ktap_nearest_try(search->near, name);
		} else if (!strcmp(name, search->name)) {
			return true;
		}
	}
	return false;
}

/**
 * ktap_btf_member - Find a member of a structure or union
 * @btf: the types
 * @id: number of the structure
 * @name: the member
 * @place: where it is
 *
 * Return: False if it has no such member.
 */
bool ktap_btf_member(const struct btf *btf, uint32_t id, const char *name,
		     struct btf_place *place)
{
	struct search search = {
		.btf = btf,
		.name = name,
		.left = MAX_MEMBERS,
	};

	if (!search_members(&search, id, 0, 0))
		return false;
	*place = search.place;
	return true;
}

/**
 * ktap_btf_nearest_member - Try names of members
 * @btf: the types
 * @id: number of the structure
 * @near: what they should be like
 */
void ktap_btf_nearest_member(const struct btf *btf, uint32_t id,
			     struct nearest *near)
{
	struct search search = {
		.btf = btf,
		.near = near,
		.left = MAX_MEMBERS,
	};

	search_members(&search, id, 0, 0);
}

/**
 * ktap_btf_nr_params - Number of parameters of a function
 * @btf: the types
 * @proto: its prototype
 *
 * Return: How many there are.
 */
uint32_t ktap_btf_nr_params(const struct btf *btf, uint32_t proto)
{
	if (ktap_btf_kind(btf, proto) != BTF_KIND_FUNC_PROTO)
		return 0;
	return INFO_VLEN(type_at(btf, proto)->info);
}

/**
 * ktap_btf_param - A parameter of a function
 * @btf: the types
 * @proto: its prototype
 * @nr: number of the parameter, less than ktap_btf_nr_params() is
 * @type: its type
 *
 * Return: Its name.
 */
const char *ktap_btf_param(const struct btf *btf, uint32_t proto, uint32_t nr,
			   uint32_t *type)
{
	const struct btf_param *param = (const void *)(type_at(btf, proto) + 1);

	*type = param[nr].type;
	return name_at(btf, param[nr].name_off);
}

/* What a declaration of a type begins with. */
static const char *prefix_of(uint32_t kind, bool flag)
{
	switch (kind) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum ";
	case BTF_KIND_FWD:
		return flag ? "union " : "struct ";
	case BTF_KIND_CONST:
		return "const ";
	case BTF_KIND_VOLATILE:
		return "volatile ";
	default:
		return "";
	}
}

/**
 * ktap_btf_text - Write a type as C has it
 * @btf: the types
 * @id: its number
 * @sb: where to
 */
void ktap_btf_text(const struct btf *btf, uint32_t id, struct strbuf *sb)
{
	const uint32_t inner = KTAP_BTF_KIND(CONST) | KTAP_BTF_KIND(VOLATILE) |
		KTAP_BTF_KIND(RESTRICT) | KTAP_BTF_KIND(TYPE_TAG);
	struct strbuf tail = { 0 };
	const struct btf_type *type;
	unsigned int i, stars = 0;
	uint32_t nr;

	for (i = 0; i < MAX_CHAIN && (type = type_at(btf, id)); i++) {
		ktap_strbuf_addf(sb, "%s", prefix_of(INFO_KIND(type->info),
						     INFO_FLAG(type->info)));
		if (ktap_btf_kind(btf, id) == BTF_KIND_PTR) {
			stars++;
			id = type->type;
		} else if (ktap_btf_kind(btf, id) == BTF_KIND_ARRAY) {
			id = ktap_btf_element(btf, id, &nr);
			ktap_strbuf_addf(&tail, "[%u]", nr);
		} else if (is_kind(btf, id, inner)) {
			id = type->type;
		} else {
			break;
		}
	}
	if (!type)
		ktap_strbuf_addf(sb, "void");
	else if (ktap_btf_kind(btf, id) == BTF_KIND_FUNC_PROTO)
		ktap_strbuf_addf(sb, "function");
	else
		ktap_strbuf_addf(sb, "%s", *ktap_btf_name(btf, id) ?
				 ktap_btf_name(btf, id) : "{ ... }");
	if (stars || tail.len)
		ktap_strbuf_addc(sb, ' ');
	ktap_strbuf_fill(sb, '*', stars);
	ktap_strbuf_add(sb, tail.str ? tail.str : "", tail.len);
	ktap_strbuf_destroy(&tail);
}
